"""A run: driven at any pace, tuned in mid-run, and looked back on to the digit."""

import math
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count, pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.clock import VirtualClock
from support.descents import finish
from support.strategies import another, wait_until

from gdtui.core import run as run_module
from gdtui.core.descent import Descent, Measured, Point, Status, Step, descend, starting_point
from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.method import METHODS, Method
from gdtui.core.pacemaker import BURST, FULL_SPEED, LEAST_WAIT, Schedule
from gdtui.core.run import Run, Snapshot
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import LossSurface
from gdtui.core.trail import Trail
from gdtui.core.worker import Worker
from gdtui.runs.history import branch_point

LONG = Settings(bias=True, iterations=1_000_000_000)
STEEP = LossSurface.of(np.array([1e100, 2e100]), np.array([1.0, 2.0]))
DIVERGING = Settings(lr=0.005, bias=True, iterations=10_000)


@contextmanager
def little_memory() -> Iterator[None]:
    """Let few iterations be many: little is kept, and bursts are short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trail, "ROWS", 16)
        patch.setattr(run_module, "BURST", 7)
        patch.setattr(run_module, "RECENT", 5)
        yield


class ByHand:
    """The oracle: a descent walked by hand, and walked on with other settings when tuned."""

    def __init__(self, surface: LossSurface, settings: Settings) -> None:
        self.surface, self.descent = surface, Descent.of(surface, settings)
        self.measured: list[Measured] = self.descent.take(1)

    def advance(self, iterations: int) -> int:
        taken = self.descent.take(iterations)
        self.measured += taken
        return len(taken)

    def tune(self, settings: Settings) -> None:
        last = self.measured[-1]
        self.descent = Descent.of(self.surface, settings, Point(*last[:3], last[6:]))
        self.descent.take(1)

    @property
    def steps(self) -> list[Step]:
        return [Step._make(measured[:6]) for measured in self.measured]


def fingerprint(snapshot: Snapshot) -> str:
    columns = {name: column.tolist() for name, column in snapshot.trail.items()}
    return repr(vars(snapshot) | {"trail": columns})


def check_trail(snapshot: Snapshot, steps: list[Step]) -> None:
    """Each row tells of its stretch exactly what the steps themselves tell."""
    spacing, starts = snapshot.spacing, range(0, len(steps), snapshot.spacing)
    assert snapshot.iterations.tolist() == list(starts)
    assert len(starts) <= Trail.ROWS
    assert spacing == 1 or len(starts) > Trail.ROWS // 2
    expected = []
    for start in starts:
        losses = [step.loss for step in steps[start : start + spacing]]
        following = steps[min(start + (spacing > 1), len(steps) - 1)]
        expected.append((*steps[start][1:4], min(losses), max(losses), *following[1:4]))
    assert list(snapshot.trail) == list(Trail.COLUMNS)
    rows = zip(*(column.tolist() for column in snapshot.trail.values()), strict=True)
    assert list(rows) == expected


# Looking back

advances = st.tuples(st.just("advance"), st.integers(1, 90))
tunings = st.tuples(st.just("tune"), st.sampled_from([1e-4, 0.001, 0.003, 0.0045, 0.006]))


@pytest.mark.long(keep=4)
@pytest.mark.parametrize("key", [*METHODS, "ball"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(advances | tunings, max_size=12), st.booleans(), st.randoms(use_true_random=False))
def test_every_step_comes_back_to_the_digit(
    surface: LossSurface,
    heavy_ball: Method,
    key: str,
    actions: list[tuple[str, float]],
    bias: bool,
    chance: random.Random,
) -> None:
    begin = Settings(method=key, lr=0.002, bias=bias, iterations=10_000)
    with little_memory():
        run, oracle = Run(surface, begin), ByHand(surface, begin)
        seen: list[tuple[Snapshot, str]] = []
        for action, value in actions:
            if action == "advance":
                assert run.advance(int(value)) == oracle.advance(int(value))
            elif not run.ended:
                tuned = run.settings.replace(lr=value)
                run.tune(tuned)
                oracle.tune(tuned)
            snapshot = run.snapshot()
            seen.append((snapshot, fingerprint(snapshot)))
            check_trail(snapshot, oracle.steps)
        steps = oracle.steps
        assert [run.step_at(iteration) for iteration in range(len(steps))] == steps
        for _ in range(5):
            start, stop = chance.randint(-5, len(steps) + 5), chance.randint(-5, len(steps) + 5)
            assert run.steps(start, stop) == steps[max(start, 0) : max(stop, 0)]
        for beyond in (-1, len(steps)):
            with pytest.raises(IndexError):
                run.step_at(beyond)
        last = run.snapshot()
        assert last.step == steps[-1]
        assert last.previous == (steps[-2] if len(steps) > 1 else None)
        assert all(fingerprint(snapshot) == before for snapshot, before in seen)


def test_memory_is_bounded_and_the_first_step_still_known(surface: LossSurface) -> None:
    run = Run(surface, LONG)
    run.advance(9_999)
    steps = list(descend(surface, LONG.replace(iterations=10_000)))
    snapshot = run.snapshot()
    assert snapshot.spacing == 4
    check_trail(snapshot, steps)
    assert run.steps(0, 10_000) == steps
    assert run.steps(4_321, 4_323) == steps[4_321:4_323]


def test_a_snapshot_cannot_be_written(surface: LossSurface) -> None:
    run = Run(surface, LONG)
    run.advance(9)
    snapshot = run.snapshot()
    with pytest.raises(ValueError, match="read-only"):
        snapshot.trail["w"][0] = 1
    with pytest.raises(AttributeError):
        snapshot.step = Step(0, 0, 0, 0, 0, 0)  # type: ignore[misc]


# How it ends

ENDINGS = [
    Settings(),
    Settings(iterations=1),
    Settings(tolerance=0.5, bias=True, iterations=20_000),
    Settings(tolerance=1e6, bias=True),
    Settings(method="search", lr=0.01, iterations=10_000),
    Settings(method="search", lr=0.01, iterations=185),
    Settings(method="search", lr=0.01, iterations=184),
    DIVERGING,
    DIVERGING.replace(iterations=1960),
    DIVERGING.replace(iterations=1961),
    DIVERGING.replace(iterations=1962),
]


@pytest.mark.parametrize("begin", ENDINGS, ids=str)
@pytest.mark.parametrize("burst", [7, 1000, 10**9])
def test_a_run_ends_as_the_descent_does(surface: LossSurface, begin: Settings, burst: int) -> None:
    steps, outcome = finish(descend(surface, begin))
    run = Run(surface, begin)
    taken = 0
    while not run.ended:
        taken += run.advance(burst)
    snapshot = run.snapshot()
    assert snapshot.outcome == outcome
    assert (run.status, snapshot.status) == (outcome.status, outcome.status)
    assert taken == outcome.step.iteration
    assert (snapshot.lines, snapshot.reached) == (len(steps), outcome.iteration)
    assert run.steps(0, snapshot.lines) == steps
    assert run.advance(10) == 0
    run.start()
    assert run.drive(0.0) is None
    assert fingerprint(run.snapshot()) == fingerprint(snapshot)


def test_divergence_at_the_start_leaves_an_empty_log() -> None:
    run = Run(STEEP, Settings(w_start=1e100))
    snapshot = run.snapshot()
    assert run.status is snapshot.status is Status.DIVERGED
    assert snapshot.outcome is not None
    assert snapshot.outcome[:3] == (Status.DIVERGED, 0, 0)
    assert (snapshot.lines, snapshot.reached, snapshot.previous) == (0, 0, None)
    assert snapshot.step[:3] == (0, 1e100, 0)
    assert not math.isfinite(snapshot.step.loss)
    assert snapshot.iterations.size == snapshot.trail["loss"].size == 0
    assert run.steps(0, 10) == []
    with pytest.raises(IndexError):
        run.step_at(0)
    run.start()
    run.finish()
    assert run.drive(0.0) is None
    assert run.advance(5) == 0
    assert not run.can_tune(run.settings.replace(iterations=200))


def test_status_follows_the_commands(surface: LossSurface) -> None:
    run = Run(surface, Settings(iterations=3), pace=1)
    seen = [run.status]
    for command in (run.start, run.pause, lambda: run.advance(1), run.start, run.pause, run.finish):
        command()
        seen.append(run.status)
    assert seen == ["ready", "running", "ready", "paused", "running", "paused", "running"]
    run.drive(0.0)
    assert run.status is Status.FINISHED


# At a pace


def iterations_of(run: Run) -> int:
    return run.snapshot().step.iteration


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 0.9), max_size=40))
def test_iterations_are_the_pace_times_the_time(
    surface: LossSurface, pace: float, waits: list[float]
) -> None:
    run, now = Run(surface, LONG, pace), 1000.0
    run.start()
    run.drive(now)
    assert iterations_of(run) == 1
    for wait in waits:
        now += wait
        run.drive(now)
    due = 1 + pace * (now - 1000)
    assert due - 1 - 1e-6 <= iterations_of(run) <= due + 1e-6


@pytest.mark.parametrize("pace", [0.1, 0.5, 3, 60, 1000, 100_000])
def test_driven_when_it_asks_for_it_a_run_keeps_its_pace(surface: LossSurface, pace: float) -> None:
    run, now = Run(surface, LONG, pace), 0.0
    run.start()
    for _ in range(50):
        delay = run.drive(now)
        assert delay is not None
        assert delay >= LEAST_WAIT
        late = pace * LEAST_WAIT + 1
        assert pace * now - late <= iterations_of(run) - 1 <= pace * now + 1e-6
        now += delay


# How many iterations a watched run of so many has taken after 0, 1 ... 6 seconds.
WATCHED_RUNS = {
    5: (1, 4, 5, 5, 5, 5, 5),
    20: (1, 4, 7, 10, 13, 16, 20),
    100: (1, 4, 8, 15, 29, 54, 100),
    10_000: (1, 4, 12, 57, 315, 1770, 10_000),
    1_000_000: (1, 4, 19, 267, 4127, 64_227, 1_000_000),
}


def test_a_watched_run_begins_slowly_and_is_over_in_six_seconds(surface: LossSurface) -> None:
    for iterations, expected in WATCHED_RUNS.items():
        clock, run = VirtualClock(), watched(surface, iterations)
        run.start()
        clock.worker().drive(run)
        clock.advance(0.0)
        for taken in expected[:-1]:
            # A frame's wait at most is between two looks at what is due.
            late = run.speed * LEAST_WAIT + 1
            assert taken - late <= iterations_of(run) <= taken, iterations
            clock.advance(1.0)
        # So many as a burst can't be taken in no time.
        clock.advance(0.3)
        assert run.status is Status.FINISHED
        assert iterations_of(run) == iterations


@given(st.lists(st.floats(0.01, 0.9), max_size=12))
def test_a_schedule_is_the_same_however_often_one_looks(
    surface: LossSurface, waits: list[float]
) -> None:
    run, now = watched(surface, 100), 0.0
    run.start()
    run.drive(now)
    for wait in waits:
        now += wait
        run.drive(now)
    assert iterations_of(run) == min(100, int(1 + Schedule(100).ahead(1, now) + 1e-6))


def test_a_schedule_goes_on_where_the_run_stands(surface: LossSurface) -> None:
    run = watched(surface, 10_000)
    assert run.speed == 3
    run.advance(1770)
    run.start()
    run.drive(50.0)
    assert iterations_of(run) == 1771
    for tick in range(1, 9):
        run.drive(50 + tick / 10)
    run.pause()
    at, speed = iterations_of(run), run.speed
    assert at == 1771 + int(Schedule(10_000).ahead(1771, 0.8))
    run.start()
    run.drive(90.0)
    assert (iterations_of(run), run.speed > speed) == (at + 1, True)
    branch = Run(
        surface, run.settings, run.pace, starting_point(surface, LONG)._replace(iteration=500)
    )
    assert branch.speed == 3


def test_a_stall_makes_a_watched_run_catch_up_with_a_second_at_most(surface: LossSurface) -> None:
    run = watched(surface, 10_000)
    run.start()
    for now in (0.0, 1e6):
        run.drive(now)
    assert iterations_of(run) == 4


def watched(surface: LossSurface, iterations: int) -> Run:
    return Run(surface, LONG.replace(iterations=iterations), Schedule(iterations))


def test_full_speed_takes_whole_bursts_whatever_the_clock(surface: LossSurface) -> None:
    run = Run(surface, LONG)
    run.start()
    for bursts in (1, 2, 3):
        assert run.drive(5.0) == 0
        assert iterations_of(run) == bursts * BURST


def test_time_at_full_speed_is_not_owed_at_another_pace(surface: LossSurface) -> None:
    run = Run(surface, LONG)
    run.start()
    run.drive(0.0)
    run.pace = 10
    run.drive(100.0)
    assert iterations_of(run) == BURST
    run.drive(100.15)
    assert iterations_of(run) == BURST + 1
    run.pace = FULL_SPEED
    run.drive(100.16)
    assert iterations_of(run) == 2 * BURST + 1


def test_time_in_a_pause_is_not_owed(surface: LossSurface) -> None:
    run = Run(surface, LONG, pace=10)
    run.start()
    run.drive(0.0)
    run.pause()
    assert run.drive(0.5) is None
    assert iterations_of(run) == 1
    run.start()
    run.drive(50.0)
    assert iterations_of(run) == 2


@pytest.mark.parametrize("pace", [10, 1000, 100_000])
def test_a_stall_makes_a_run_catch_up_with_a_second_at_most(
    surface: LossSurface, pace: int
) -> None:
    run = Run(surface, LONG, pace)
    run.start()
    run.drive(0.0)
    run.drive(50.0)
    while run.drive(50.0) == 0:
        pass
    # On top of it come the iteration that was under way, and at a high pace a burst.
    most = pace + (1 if pace < BURST else BURST)
    assert 1 < iterations_of(run) - 1 <= most


def test_finish_ignores_the_pace(surface: LossSurface) -> None:
    run = Run(surface, LONG.replace(iterations=3 * BURST), pace=0.1)
    run.start()
    run.drive(0.0)
    run.finish()
    assert [run.drive(0.0) for _ in range(4)] == [0, 0, 0, None]
    assert run.status is Status.FINISHED


def test_a_pause_ends_the_hurry(surface: LossSurface) -> None:
    run = Run(surface, LONG, pace=10)
    run.finish()
    run.drive(0.0)
    run.pause()
    assert run.drive(0.0) is None
    run.start()
    run.drive(1.0)
    assert iterations_of(run) == BURST + 1


def test_advance_takes_steps_without_running(surface: LossSurface) -> None:
    run = Run(surface, LONG)
    assert run.advance(2 * BURST + 3) == 2 * BURST + 3
    assert run.status is Status.PAUSED
    assert run.drive(0.0) is None


# Tuning


@pytest.mark.parametrize("parameter", SHARED, ids=[parameter.name for parameter in SHARED])
def test_only_what_is_tunable_can_be_tuned(surface: LossSurface, parameter: Hyperparameter) -> None:
    run = Run(surface, Settings())
    run.advance(5)
    changed = run.settings.change(parameter, another(parameter))
    assert run.can_tune(changed) == parameter.tunable
    if parameter.tunable:
        run.tune(changed)
        assert run.settings == run.snapshot().settings == changed
    else:
        before = fingerprint(run.snapshot())
        with pytest.raises(ValueError, match="new run"):
            run.tune(changed)
        assert fingerprint(run.snapshot()) == before
    assert run.advance(5) == 5


def test_hyperparameters_of_a_method_need_a_new_run(
    surface: LossSurface, heavy_ball: Method
) -> None:
    run = Run(surface, Settings(method="ball"))
    assert not run.can_tune(run.settings.change(heavy_ball.hyperparameters[0], 0.5))


def test_a_run_is_not_tuned_to_end_in_its_past(surface: LossSurface) -> None:
    run = Run(surface, Settings())
    run.advance(50)
    assert not run.can_tune(Settings(iterations=49))
    run.start()
    run.tune(Settings(iterations=50))
    assert run.status is Status.FINISHED
    assert run.drive(0.0) is None


def test_tuning_keeps_a_run_running(surface: LossSurface) -> None:
    run = Run(surface, LONG)
    run.start()
    run.tune(LONG.replace(lr=0.002))
    assert run.status is Status.RUNNING


def test_settings_that_were_in_force_for_no_iteration_are_forgotten(surface: LossSurface) -> None:
    run = Run(surface, LONG)
    run.advance(5)
    for lr in (0.002, 0.003):
        run.tune(LONG.replace(lr=lr))
    assert run.record.tunings == ((0, LONG), (5, LONG.replace(lr=0.003)))


def test_what_can_be_tuned_once_ended(surface: LossSurface) -> None:
    run = Run(surface, Settings())
    run.advance(100)
    assert run.can_tune(Settings(iterations=200))
    assert run.can_tune(Settings(iterations=200, tolerance=1e-3))
    assert not run.can_tune(Settings(lr=0.002))
    assert not run.can_tune(Settings(lr=0.002, iterations=200))
    assert not run.can_tune(Settings(iterations=99))


def test_what_has_diverged_is_never_extended(surface: LossSurface) -> None:
    run = Run(surface, DIVERGING)
    run.advance(10_000)
    assert not run.can_tune(DIVERGING.replace(iterations=20_000))
    with pytest.raises(ValueError, match="new run"):
        run.tune(DIVERGING.replace(iterations=20_000))
    assert run.status is Status.DIVERGED


@pytest.mark.parametrize(
    ("begin", "extended"),
    [
        (Settings(), Settings(iterations=250)),
        (Settings(tolerance=5, iterations=10_000), Settings(tolerance=0.01, iterations=10_000)),
        (Settings(tolerance=5), Settings(iterations=300)),
        (
            Settings(method="search", lr=0.01, iterations=1000),
            Settings(method="search", lr=0.01, iterations=2000),
        ),
    ],
)
def test_an_extended_run_is_as_if_it_had_been_longer_from_the_start(
    surface: LossSurface, begin: Settings, extended: Settings
) -> None:
    with little_memory():
        run = Run(surface, begin)
        run.advance(10_000)
        assert run.ended
        run.tune(extended)
        assert run.status is Status.PAUSED
        run.advance(10_000)
        steps, outcome = finish(descend(surface, extended))
        assert run.snapshot().outcome == outcome
        assert run.steps(0, run.snapshot().lines) == steps
        check_trail(run.snapshot(), run.steps(0, 10_000))
        assert [run.step_at(i) for i in range(len(steps))] == steps


# In its thread


def test_a_worker_drives_runs_to_their_end(surface: LossSurface, worker: Worker) -> None:
    for begin in (LONG.replace(iterations=30_000), DIVERGING, Settings(method="search", lr=0.1)):
        run = Run(surface, begin)
        run.start()
        worker.drive(run)
        wait_until(lambda run=run: run.ended)  # type: ignore[misc]
        assert run.snapshot().outcome == finish(descend(surface, begin))[1]


def test_a_worker_drives_at_a_pace(surface: LossSurface, worker: Worker) -> None:
    run = Run(surface, LONG, pace=200)
    run.start()
    worker.drive(run)
    wait_until(lambda: iterations_of(run) >= 5)
    run.pause()
    assert iterations_of(run) < BURST


def test_a_worker_obeys_between_two_bursts(surface: LossSurface, worker: Worker) -> None:
    run, other = Run(surface, LONG), Run(surface, Settings())
    run.start()
    worker.drive(run)
    wait_until(lambda: iterations_of(run) > 0)
    run.pause()
    paused = fingerprint(run.snapshot())
    other.start()
    worker.drive(other)
    wait_until(lambda: other.ended)
    assert fingerprint(run.snapshot()) == paused
    run.start()
    worker.drive(run)
    wait_until(lambda: fingerprint(run.snapshot()) != paused)


def test_a_worker_that_waits_for_a_slow_run_can_be_stopped(surface: LossSurface) -> None:
    run, thread = Run(surface, LONG, pace=0.1), Worker()
    run.start()
    thread.start()
    thread.drive(run)
    wait_until(lambda: iterations_of(run) == 1)
    thread.stop()
    assert not thread.is_alive()


def test_a_worker_that_was_never_started_can_be_stopped() -> None:
    Worker().stop()


@pytest.fixture
def restless() -> Iterator[None]:
    """Let the threads take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_looking_back_while_the_worker_runs(
    surface: LossSurface, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trail, "ROWS", 256)
    monkeypatch.setattr(run_module, "BURST", 50)
    monkeypatch.setattr(run_module, "RECENT", 20)
    steps = list(descend(surface, LONG.replace(iterations=20_000)))
    run, chance = Run(surface, LONG), random.Random(1)
    run.start()
    worker.drive(run)
    for _ in count():
        snapshot = run.snapshot()
        reached = min(snapshot.step.iteration, len(steps) - 1)
        at = chance.randint(max(0, reached - 25), reached) if chance.random() < 0.9 else 0
        assert run.step_at(at) == steps[at]
        assert run.steps(at - 3, at + 1) == steps[max(0, at - 3) : at + 1]
        assert snapshot.trail["loss"].size == snapshot.step.iteration // snapshot.spacing + 1
        if snapshot.step.iteration >= len(steps):
            break
    assert run.status is Status.RUNNING
    run.pause()


def test_tuned_while_the_worker_runs_every_step_still_comes_back(
    surface: LossSurface, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trail, "ROWS", 64)
    monkeypatch.setattr(run_module, "BURST", 10)
    run = Run(surface, LONG)
    run.start()
    worker.drive(run)
    rates = [0.001, 0.002, 0.0005, 0.004, 0.001]
    for lr in rates[1:]:
        before = iterations_of(run)
        wait_until(lambda before=before: iterations_of(run) > before)  # type: ignore[misc]
        run.tune(LONG.replace(lr=lr))
    reached = iterations_of(run)
    wait_until(lambda: iterations_of(run) > reached)
    run.pause()
    steps, tunings = run.steps(0, reached + 1), run.snapshot().tunings
    assert [settings.lr for _, settings in tunings] == rates
    for (since, tuned), (until, _) in pairwise([*tunings, (reached, LONG)]):
        for one, two in pairwise(steps[since : until + 1]):
            assert (two.w, two.b) == (one.w - tuned.lr * one.dw, one.b - tuned.lr * one.db)


# Branches, replays and the past


def branch_of(run: Run, iteration: int, settings: Settings) -> Run:
    start = branch_point(run.snapshot_at(iteration), run.surface, settings, run.surface)
    return Run(run.surface, settings, start=start)


@pytest.mark.parametrize("method", METHODS)
def test_a_branch_with_the_same_settings_takes_the_same_steps(
    method: str, surface: LossSurface
) -> None:
    settings = Settings(method=method, iterations=200, bias=True)
    run = Run(surface, settings)
    run.advance(200)
    branch = branch_of(run, 37, settings)
    assert branch.status is Status.READY
    assert branch.snapshot().step == run.step_at(37)
    branch.advance(1000)
    assert branch.steps(0, 1000) == run.steps(37, 1000)
    assert branch.snapshot().step == run.snapshot().step
    with pytest.raises(IndexError):
        branch.step_at(36)


def test_the_trail_of_a_branch_begins_where_it_left(surface: LossSurface) -> None:
    settings = Settings(iterations=50_000, bias=True)
    run = Run(surface, settings)
    run.advance(50_000)
    branch = branch_of(run, 12_345, settings)
    branch.advance(50_000)
    snapshot = branch.snapshot()
    assert snapshot.iterations[0] == 12_345
    for row in (0, 1, 7, -1):
        step = run.step_at(int(snapshot.iterations[row]))
        assert snapshot.trail["w"][row] == step.w
        assert snapshot.trail["loss"][row] == step.loss
        assert snapshot.trail["next_w"][row] == run.step_at(step.iteration + 1).w
    for iteration in (12_345, 12_346, 20_000, 49_999, 50_000):
        assert branch.step_at(iteration) == run.step_at(iteration)


@given(st.integers(1, 2000), st.integers(0, 1000), st.integers(-5, 2000), st.booleans())
def test_the_next_hundredth_is_the_nearest_that_is_further(
    length: int, first: int, iteration: int, up: bool
) -> None:
    run = Run(STEEP, Settings(iterations=first + length), start=Point(first, 0.0, 0.0, ((), ())))
    found = run.next_hundredth(iteration, up)
    hundredths = {first + math.floor(part * length / 100) for part in range(101)}
    assert found in hundredths
    if up:
        assert found > iteration or found == max(hundredths)
        assert not hundredths & set(range(iteration + 1, found))
    else:
        assert found < iteration or found == min(hundredths)
        assert not hundredths & set(range(found + 1, iteration))


@pytest.mark.parametrize("made", [5, 100, 4096, 4097, 30_000])
def test_the_past_is_what_it_was(made: int, surface: LossSurface) -> None:
    """A run that went on has the same past as one that stopped there."""
    settings = Settings(method="momentum", iterations=30_000, bias=True)
    whole, stopped = Run(surface, settings), Run(surface, settings)
    whole.advance(30_000)
    stopped.advance(made)
    past, then = whole.snapshot_at(made), stopped.snapshot()
    assert past.step == then.step
    assert past.memory == then.memory
    assert past.previous == then.previous
    assert past.trail["w"][0] == then.trail["w"][0]
    assert past.iterations[-1] <= made
    # What is drawn of it came before.
    seen = stopped.steps(0, made + 1)
    lowest = min(step.loss for step in seen[int(past.iterations[-1]) :])
    assert past.trail["low"][-1] >= lowest
    assert set(past.trail["next_w"]) <= {step.w for step in seen}


def test_the_past_has_the_settings_of_its_time(surface: LossSurface) -> None:
    run = Run(surface, Settings(iterations=100))
    run.advance(10)
    run.tune(run.settings.replace(lr=0.002))
    run.advance(10)
    assert [run.snapshot_at(i).settings.lr for i in (0, 9, 10, 20)] == [0.001, 0.001, 0.002, 0.002]
    assert [run.snapshot_at(i).status for i in (0, 1)] == [Status.READY, Status.PAUSED]
    for outside in (-1, 21):
        with pytest.raises(IndexError):
            run.snapshot_at(outside)


def tuned_run(surface: LossSurface, method: str) -> Run:
    run = Run(surface, Settings(method=method, iterations=4000, bias=True))
    run.advance(1500)
    run.tune(run.settings.replace(lr=run.settings.lr / 2))
    run.advance(10_000)
    run.tune(run.settings.replace(iterations=6000))
    run.advance(1000)
    return run


MADE: dict[str, Callable[[LossSurface], Run]] = {
    "ready": lambda surface: Run(surface, LONG),
    "diverged": lambda surface: advanced(Run(surface, DIVERGING)),
    "diverged at the start": lambda surface: Run(surface, Settings(w_start=1e100, b_start=1e100)),
    "converged": lambda surface: advanced(Run(surface, Settings(method="search", lr=0.1))),
    "extended": lambda surface: advanced(tuned_run(surface, "gd")),
    "finished": lambda surface: advanced(Run(surface, Settings())),
    **{method: partial(tuned_run, method=method) for method in METHODS if method != "search"},
}


def advanced(run: Run) -> Run:
    run.advance(10**6 if run.settings.iterations <= 10**6 else 5000)
    return run


@pytest.mark.parametrize("ending", MADE)
def test_a_record_replayed_is_the_same_run(ending: str, surface: LossSurface) -> None:
    run = MADE[ending](surface)
    again = Run.replayed(surface, run.record)
    assert again.record == run.record
    while again.drive(0.0) is not None:
        assert again.record == run.record
    one, other = run.snapshot(), again.snapshot()
    assert (one.step, one.memory, one.status) == (other.step, other.memory, other.status)
    assert one.outcome == other.outcome
    assert again.steps(0, 10_000) == run.steps(0, 10_000)
    assert again.record == run.record
    for column, values in one.trail.items():
        assert np.array_equal(values, other.trail[column])


def test_a_replay_can_be_taken_elsewhere(surface: LossSurface) -> None:
    """A change in the midst of a replay is a change of the run as it stands."""
    run = Run.replayed(surface, tuned_run(surface, "gd").record)
    run.advance(1000)
    run.pause()
    assert run.status is Status.PAUSED
    run.tune(run.settings.replace(lr=0.003))
    run.advance(10_000)
    assert run.record.tunings[-1] == (1000, run.settings)
    assert run.record.reached == run.settings.iterations


@pytest.mark.parametrize("lr", [0.001, 0.004, 0.005])
@pytest.mark.parametrize("loss", [0.0, 23.0, 66.0, 812.0, 1e6])
def test_the_first_iteration_with_a_loss_so_small(
    lr: float, loss: float, surface: LossSurface
) -> None:
    begin = Settings(lr=lr, bias=True, iterations=9000)
    run = Run(surface, begin)
    run.advance(9000)
    steps = run.steps(0, 10_000)
    expected = next((step.iteration for step in steps if step.loss <= loss), None)
    assert run.first_at_most(loss) == expected
