"""A sweep: each trial is a run of its own, however it is driven."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.descents import finish
from support.strategies import bowls, lrs, plain_critical, wait_until

from gdtui.core import batches
from gdtui.core.descent import Status, descend
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.method import METHODS, Method, Update
from gdtui.core.pacemaker import BURST
from gdtui.core.settings import LEARNING_RATE, Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.core.worker import Worker
from gdtui.dataset import Dataset
from gdtui.runs import sweep as sweep_module
from gdtui.runs.sweep import ABOVE, BELOW, Sweep, Trial, rates, sweep
from gdtui.theory.goal import goal
from gdtui.theory.verdict import stability

Vector = NDArray[np.float64]

FLAT = LossSurface.of(np.zeros(2), np.array([1.0, 3.0]))
STEEP = LossSurface.of(np.array([1e100, 2e100]), np.array([1.0, 2.0]))
LONG = Settings(bias=True, iterations=1_000_000)

surfaces: st.SearchStrategy[Surface] = bowls | st.sampled_from(list(LANDSCAPES.values()))


def expected(surface: Surface, settings: Settings) -> Trial:
    """The trial as a plain descent tells it."""
    steps, outcome = finish(descend(surface, settings))
    if outcome.status is Status.FINISHED:
        steps.append(outcome.step)
    allowed = goal(surface, settings).allowed
    return Trial(
        settings.lr,
        outcome.status,
        outcome.iteration,
        outcome.step.loss,
        min((step.loss for step in steps), default=outcome.step.loss),
        next((step.iteration for step in steps if step.loss <= allowed), None),
    )


@contextmanager
def short_bursts(length: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep_module, "BURST", length)
        yield


def first_trials(whole: Sweep, count: int) -> tuple[Trial, ...]:
    while len(whole.trials) < count:
        assert whole.drive() == 0
    return whole.trials


# The learning rates


WITH_A_BOUND = [key for key, chosen in METHODS.items() if chosen.critical]


@given(bowls | st.just(LANDSCAPES["saddle"]), st.sampled_from(WITH_A_BOUND), lrs, st.booleans())
def test_rates_show_the_wall_from_both_sides(
    surface: Surface, key: str, lr: float, bias: bool
) -> None:
    begin = Settings(method=key, lr=lr, bias=bias)
    chosen, critical = rates(surface, begin), stability(surface, begin).critical
    assert lr in chosen
    assert list(chosen) == sorted(set(chosen))
    assert LEARNING_RATE.low <= chosen[0] < chosen[-1] <= LEARNING_RATE.high
    assert 50 <= len(chosen) <= 60
    assert critical is not None
    if critical == math.inf:
        return
    beside = [rate for rate in chosen if 0.98 * critical < rate < 1.02 * critical and rate != lr]
    close = [part * critical for part in (BELOW, ABOVE)]
    assert all(any(math.isclose(rate, one, rel_tol=1e-5) for rate in chosen) for one in close)
    assert all(rate <= close[0] or rate >= close[1] for rate in beside)
    low, high = (part * critical for part in (1e-3, 3))
    spaced = [rate for rate in chosen if rate != lr]
    assert spaced[0] == pytest.approx(low)
    assert spaced[-1] == pytest.approx(high)


def test_rates_are_evenly_spaced_in_their_logarithm(surface: LossSurface) -> None:
    begin = Settings(bias=True)
    critical = plain_critical(surface, True)
    chosen = rates(surface, begin)
    assert len(chosen) == 60
    special = {begin.lr, BELOW * critical, ABOVE * critical}
    spaced = np.log10([rate for rate in chosen if rate not in special])
    assert np.diff(spaced) == pytest.approx(math.log10(3000) / 56)
    with_all = np.diff(np.log10(chosen))
    assert max(with_all) < 0.07


@given(st.floats(1e5, 9.8e5))
def test_close_to_the_wall_there_is_one_rate_on_each_side(critical: float) -> None:
    """Also where the bounds of the learning rate shift the others."""
    surface = LossSurface(0.0, 0.0, 1 / critical, 0.0, 0.0)
    close = [part * plain_critical(surface, False) for part in (BELOW, ABOVE)]
    chosen = rates(surface, Settings(lr=1e-6))
    assert [rate for rate in chosen if close[0] <= rate <= close[1]] == close


def test_no_rate_is_tried_twice(surface: LossSurface) -> None:
    critical = plain_critical(surface, False)
    for lr in (BELOW * critical * (1 + 1e-9), 3 * critical * (1 - 1e-9)):
        chosen = rates(surface, Settings(lr=lr))
        assert [rate for rate in chosen if math.isclose(rate, lr, rel_tol=1e-6)] == [lr]


def test_without_a_bound_rates_lie_around_the_current_one() -> None:
    for surface, key in ((FLAT, "gd"), (FLAT, "search"), (STEEP, "gd")):
        for lr in (1e-12, 1e-10, 0.001, 1e4, 1e6):
            chosen = rates(surface, Settings(method=key, lr=lr))
            assert lr in chosen
            assert chosen[0] == max(lr / 1000, LEARNING_RATE.low)
            assert chosen[-1] == min(lr * 1000, LEARNING_RATE.high)
            assert len(chosen) in (57, 58)


# The trials


@pytest.mark.parametrize("key", [*METHODS, "ball"])
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    surfaces,
    st.lists(lrs, max_size=6),
    st.booleans(),
    st.integers(1, 60),
    st.sampled_from([0.0, 1e-3, 10.0]),
    st.sampled_from([1, 2, 7, BURST]),
)
def test_each_trial_is_a_run_with_its_rate(
    heavy_ball: Method,
    key: str,
    surface: Surface,
    chosen: list[float],
    bias: bool,
    iterations: int,
    tolerance: float,
    burst: int,
) -> None:
    begin = Settings(
        method=key, bias=bias, iterations=iterations, tolerance=tolerance, w_start=1.5, b_start=-2
    )
    with short_bursts(burst):
        trials = list(sweep(surface, begin, chosen))
    assert trials == [expected(surface, begin.replace(lr=lr)) for lr in chosen]


@pytest.mark.parametrize("bias", [False, True])
def test_the_trials_of_pizza(surface: LossSurface, bias: bool) -> None:
    begin = Settings(bias=bias, iterations=5_000)
    trials = list(sweep(surface, begin))
    assert [trial.lr for trial in trials] == list(rates(surface, begin))
    assert trials == [expected(surface, begin.replace(lr=trial.lr)) for trial in trials]
    critical = plain_critical(surface, bias)
    for trial in trials:
        rises = trial.status is Status.DIVERGED or trial.loss > trial.lowest * (1 + 1e-9)
        assert rises == (trial.lr > critical)


def test_known_trials(surface: LossSurface) -> None:
    begin = Settings(bias=True, iterations=10_000)
    trials = list(sweep(surface, begin, [0.001, 0.003, 0.0045, 0.005]))
    assert [trial.within for trial in trials] == [4979, 1659, 1106, None]
    assert [trial.status for trial in trials] == ["finished"] * 3 + ["diverged"]
    assert trials[-1].iteration == 1961
    assert trials[-1].lowest == surface.loss(0, 0)


def test_a_run_that_diverges_at_the_start_is_a_trial() -> None:
    (trial,) = sweep(STEEP, Settings(w_start=1e100), [1])
    assert trial[:3] == (1, Status.DIVERGED, 0)
    assert not math.isfinite(trial.loss)
    assert trial.within is None


def test_a_run_that_moves_no_more_is_not_walked_to_its_end(surface: LossSurface) -> None:
    begin = Settings(iterations=1_000_000_000)
    (trial,) = sweep(surface, begin, [0.002])
    short = expected(surface, begin.replace(lr=0.002, iterations=20_000))
    assert trial == short._replace(iteration=1_000_000_000)
    assert trial.status is Status.FINISHED


def test_a_method_that_only_pauses_is_walked_to_its_end(
    surface: LossSurface, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rule(lr: float) -> Update:
        return lambda g, memory, t: (0.0 if t <= 50 else lr * g, memory)

    monkeypatch.setitem(METHODS, "late", Method("late", "late", "wait, then go", rule))
    begin = Settings(method="late", iterations=100)
    with short_bursts(10):
        (trial,) = sweep(surface, begin, [0.001])
    assert trial == expected(surface, begin)
    assert trial.loss < surface.loss(0, 0)


def test_trials_share_their_batches(monkeypatch: pytest.MonkeyPatch, pizza: Dataset) -> None:
    drawn: list[int] = []
    shuffled = batches.shuffled

    def watched(m: int, seed: int, epoch: int) -> batches.Indices:
        drawn.append(epoch)
        return shuffled(m, seed, epoch)

    shared = LossSurface.of(pizza.x, pizza.y)
    begin = Settings(method="sgd", iterations=1000)
    with monkeypatch.context() as patch:
        patch.setattr(batches, "shuffled", watched)
        trials = list(sweep(shared, begin, [1e-5, 1e-4, 1e-3]))
    assert len(drawn) == len(set(drawn)) >= 250
    assert trials == [expected(shared, begin.replace(lr=trial.lr)) for trial in trials]


@pytest.mark.parametrize(("rate", "shown"), [(0, "0"), (1e7, "10000000")])
def test_rates_out_of_bounds_are_refused_at_once(
    surface: LossSurface, rate: float, shown: str
) -> None:
    with pytest.raises(ValueError, match=f"^learning rate: {shown} is out of bounds"):
        Sweep(surface, Settings(), [0.001, rate])


# Driven


def test_a_sweep_makes_a_burst_at_a_time(surface: LossSurface) -> None:
    whole = Sweep(surface, LONG.replace(iterations=2 * BURST), [1e-5, 1e-4])
    seen = [whole.snapshot()]
    while whole.drive() is not None:
        seen.append(whole.snapshot())
    seen.append(whole.snapshot())
    assert [len(snapshot.trials) for snapshot in seen] == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert [snapshot.progress for snapshot in seen] == pytest.approx(
        [0, 0.25, 0.5, 0.5, 0.5, 0.75, 1, 1, 1], abs=1e-3
    )
    assert [snapshot.done for snapshot in seen] == [False] * 8 + [True]
    assert seen[-1].progress == whole.progress == 1
    assert whole.drive() is None
    assert seen[-1].trials == whole.trials


def test_a_snapshot_never_changes(surface: LossSurface) -> None:
    whole = Sweep(surface, Settings())
    snapshot = whole.snapshot()
    before = repr(snapshot)
    first_trials(whole, 3)
    assert repr(snapshot) == before
    assert repr(whole.snapshot()) != before
    with pytest.raises(FrozenInstanceError):
        snapshot.progress = 1.0  # type: ignore[misc]


def test_a_sweep_over_nothing_is_done(surface: LossSurface) -> None:
    whole = Sweep(surface, Settings(), [])
    assert whole.done
    assert whole.drive() is None
    assert whole.snapshot().progress == 1
    assert list(sweep(surface, Settings(), [])) == []


def test_a_cancelled_sweep_keeps_what_it_has(surface: LossSurface) -> None:
    whole = Sweep(surface, LONG.replace(iterations=3000), [1e-6, 1e-5, 1e-4])
    trials = first_trials(whole, 1)
    whole.drive()
    whole.cancel()
    assert whole.done
    assert whole.drive() is None
    assert whole.trials == trials == whole.snapshot().trials
    assert whole.progress == pytest.approx(1 / 3)
    assert trials[0] == expected(surface, LONG.replace(iterations=3000, lr=1e-6))


# In a thread


def test_a_worker_drives_a_sweep_as_it_drives_a_run(surface: LossSurface, worker: Worker) -> None:
    whole = Sweep(surface, Settings(bias=True, iterations=500))
    worker.drive(cast(Any, whole))
    seen = [whole.snapshot()]
    while not seen[-1].done:
        seen.append(whole.snapshot())
        assert seen[-1].trials == whole.trials[: len(seen[-1].trials)]
    assert all(one.progress <= two.progress for one, two in pairwise(seen))
    assert whole.trials == tuple(sweep(surface, Settings(bias=True, iterations=500)))


def test_a_sweep_is_cancelled_while_a_worker_drives_it(
    surface: LossSurface, worker: Worker
) -> None:
    whole = Sweep(surface, LONG.replace(iterations=1_000_000_000), [1e-12, 1e-11])
    worker.drive(cast(Any, whole))
    wait_until(lambda: whole.progress > 0)
    whole.cancel()
    assert whole.trials == ()
    other = Sweep(surface, Settings(), [0.001])
    worker.drive(cast(Any, other))
    wait_until(lambda: other.done)
    assert whole.trials == ()
