"""The descent against the lesson's own loop, the known figures and the theory."""

import math
from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.descents import ended_as, finish
from support.strategies import plain_critical
from support.writing import problem_of

from gdtui.core.descent import (
    Descent,
    Measured,
    Outcome,
    Point,
    Status,
    Step,
    descend,
    measured_at,
    starting_point,
)
from gdtui.core.method import METHODS, Method
from gdtui.core.methods import gradient_descent
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.dataset import Dataset
from gdtui.export import lines as report


def lesson(data: Dataset, lr: float, bias: bool) -> Iterator[tuple[float, float, float]]:
    """The loop of the lesson: loss, w and b of every iteration."""
    x, y, w, b = data.x, data.y, 0.0, 0.0
    while True:
        error = x * w + b - y
        yield float(np.average(error**2)), w, b
        w -= lr * 2 * float(np.average(x * error))
        b -= lr * 2 * float(np.average(error)) * bias


def digits(loss: float) -> int:
    """The loss as it is printed, counted in units of the tenth digit."""
    return int(f"{loss:.10f}".replace(".", ""))


def test_default_run_is_that_of_the_lesson(pizza: Dataset, reference: str) -> None:
    assert "".join(report.as_text(problem_of(pizza), Settings())) == reference


def test_descent_with_bias_is_that_of_the_lesson(pizza: Dataset, surface: LossSurface) -> None:
    steps, outcome = finish(descend(surface, Settings(bias=True, iterations=20_000)))
    loop = lesson(pizza, lr=0.001, bias=True)
    losses = [digits(loss) for loss, _, _ in islice(loop, 20_000)]
    apart = [abs(digits(s.loss) - loss) for s, loss in zip(steps, losses, strict=True)]
    assert max(apart) <= 1
    assert report.text_line(steps[-1]) == "Iteration 19999 => Loss: 22.8427367616"
    assert report.answer(outcome.step, bias=True) == "w=1.0811301700, b=13.1722676564"
    assert outcome[:3] == (Status.FINISHED, 20_000, 20_000)
    assert outcome.step[1:3] == pytest.approx(next(loop)[1:], rel=1e-12)


def test_divergence_ends_with_the_last_finite_loss(surface: LossSurface) -> None:
    steps, outcome = finish(descend(surface, Settings(lr=0.005, bias=True, iterations=10**9)))
    shown = [f"{step.loss:.10f}" for step in steps[:3]]
    assert shown == ["812.8666666667", "1131.8941261333", "1587.8389543973"]
    assert f"{steps[99].loss:.4e}" == "1.6417e+18"
    assert [step.iteration for step in steps] == list(range(1961))
    assert all(math.isfinite(value) for step in steps for value in step)
    assert outcome == Outcome(Status.DIVERGED, 1961, 1961, steps[-1])


@pytest.mark.parametrize(
    ("bias", "last", "loss", "w", "b"),
    [(False, 184, 69.123947, 1.84, 0.0), (True, 1551, 22.863567, 1.1, 12.93)],
)
def test_step_search_stops_by_itself(
    surface: LossSurface, bias: bool, last: int, loss: float, w: float, b: float
) -> None:
    steps, outcome = finish(
        descend(surface, Settings(method="search", lr=0.01, bias=bias, iterations=10_000))
    )
    assert outcome == Outcome(Status.CONVERGED, last, last + 1, steps[-1])
    assert steps[-1].iteration == last
    assert steps[-1][1:4] == pytest.approx((w, b, loss), abs=1e-6)


@pytest.mark.parametrize(("lr", "within"), [(0.001, 4979), (0.003, 1659), (0.0045, 1106)])
def test_iterations_to_come_near_the_minimum(surface: LossSurface, lr: float, within: int) -> None:
    near = 1.01 * surface.minimum(0, 0, bias=True).loss
    steps = descend(surface, Settings(lr=lr, bias=True, iterations=10_000))
    assert next(step.iteration for step in steps if step.loss <= near) == within


@pytest.mark.parametrize("bias", [False, True])
def test_a_step_is_measured_before_its_update(surface: LossSurface, bias: bool) -> None:
    begin = Settings(w_start=-3, b_start=7, bias=bias)
    steps = list(descend(surface, begin))
    assert steps[0][:3] == (0, -3, 7)
    for step in steps:
        assert step == measured_at(surface, Point(step.iteration, step.w, step.b, ((), ())))
        assert step[3:] == (surface.loss(step.w, step.b), *surface.gradient(step.w, step.b))


@pytest.mark.parametrize("bias", [False, True])
def test_tolerance_stops_at_the_first_gradient_that_is_shorter(
    surface: LossSurface, bias: bool
) -> None:
    begin = Settings(tolerance=0.5, bias=bias, b_start=1, iterations=20_000)
    steps, outcome = finish(descend(surface, begin))
    lengths = [math.hypot(step.dw, step.db * bias) for step in steps]
    assert all(length >= 0.5 for length in lengths[:-1])
    assert lengths[-1] < 0.5
    assert len(steps) > 10
    assert outcome == Outcome(Status.CONVERGED, len(steps) - 1, len(steps), steps[-1])


def test_a_gradient_as_long_as_the_tolerance_is_not_shorter() -> None:
    bowl = LossSurface(0.0, 0.0, 1.0, 0.0, 0.0)
    assert ended_as(bowl, Settings(w_start=1, tolerance=2)).iteration == 1


def test_no_tolerance_never_stops_at_the_minimum() -> None:
    flat = LossSurface(0.0, 0.0, 0.0, 0.0, 0.0)
    assert ended_as(flat, Settings()).status is Status.FINISHED
    assert ended_as(flat, Settings(tolerance=1e-9))[:3] == (Status.CONVERGED, 0, 1)


def test_divergence_at_the_start_yields_no_step() -> None:
    steep = LossSurface.of(np.array([1e100, 2e100]), np.array([1.0, 2.0]))
    steps, outcome = finish(descend(steep, Settings(w_start=1e100)))
    assert steps == []
    assert outcome[:3] == (Status.DIVERGED, 0, 0)
    assert outcome.step[:3] == (0, 1e100, 0)
    assert not math.isfinite(outcome.step.loss)


def test_a_loss_is_finite_as_long_as_its_sum_of_squares_is() -> None:
    x, y = np.ones(4), np.zeros(4)
    edge = math.sqrt(LossSurface.of(x, y).largest_loss)
    assert np.isfinite(np.sum((edge * x) ** 2 * (1 - 1e-15)))
    for w, status in ((edge * (1 - 1e-15), Status.FINISHED), (edge * 1.001, Status.DIVERGED)):
        start = Point(0, w, 0.0, ((), ()))
        path = descend(LossSurface.of(x, y), Settings(lr=1e-12, iterations=1), start)
        assert finish(path)[1].status is status


@pytest.mark.parametrize("key", [*METHODS, "ball"])
@pytest.mark.parametrize("bias", [False, True])
def test_a_descent_goes_on_from_any_point(
    surface: LossSurface, heavy_ball: Method, key: str, bias: bool
) -> None:
    begin = Settings(method=key, lr=0.002, bias=bias, w_start=5, iterations=300)
    whole = Descent.of(surface, begin).take(300)
    steps, outcome = finish(descend(surface, begin))
    assert steps == [Step._make(measured[:6]) for measured in whole]
    for measured in whole[::37]:
        point = Point(*measured[:3], measured[6:])
        assert finish(descend(surface, begin, point)) == (steps[point.iteration :], outcome)


@pytest.mark.parametrize("key", METHODS)
def test_settings_in_turn_are_descents_one_after_another(surface: LossSurface, key: str) -> None:
    begin, start = Settings(method=key, bias=True), Point(5, 2.0, 1.0, METHODS[key].memory)
    tunings = [(5, begin), (25, begin.replace(lr=0.003)), (60, begin.replace(lr=0.0002))]
    expected: list[Measured] = []
    point = start
    for (_, changed), length in zip(tunings, (20, 35, 41), strict=True):
        *points, last = Descent.of(surface, changed, point).take(length + 1)
        expected += points
        point = Point(*last[:3], last[6:])
    descent = Descent(surface, tunings, start)
    assert descent.take(30) + descent.take(66) == expected
    for measured in expected[::13]:
        later = Descent(surface, tunings, Point(*measured[:3], measured[6:]))
        assert later.take(101 - measured[0]) == expected[measured[0] - 5 :]


def test_settings_after_its_end_are_not_come_to(surface: LossSurface) -> None:
    tunings = [(0, Settings(lr=0.005, bias=True)), (3000, Settings(bias=True))]
    descent = Descent(surface, tunings, starting_point(surface, tunings[0][1]))
    assert descent.status is None
    assert len(descent.take(5000)) == 1961
    assert descent.take(1) == []
    assert descent.outcome() == ended_as(surface, tunings[0][1].replace(iterations=5000))


@pytest.mark.parametrize("standardize", [False, True])
def test_data_are_descended_as_their_surface_is(
    pizza: Dataset, surface: LossSurface, standardize: bool
) -> None:
    begin = Settings(standardize=standardize, bias=True, lr=0.05, w_start=-2.5, b_start=7)
    over = surface.standardized() if standardize else surface
    expected = finish(descend(over, begin))
    assert expected[0][0][1:3] == over.scaled(-2.5, 7)
    assert expected[0][0].loss == pytest.approx(surface.loss(-2.5, 7))
    for data in (pizza, surface):
        assert finish(descend(data, begin)) == expected
        run = Run(data, begin)
        run.advance(100)
        assert run.steps(0, 100) == expected[0]
        assert run.snapshot().outcome == expected[1]


def test_from_a_point_at_the_last_iteration_nothing_is_left(surface: LossSurface) -> None:
    point = Point(100, 1.5, 0.0, ((), ()))
    last = measured_at(surface, point)
    assert finish(descend(surface, Settings(), point)) == (
        [],
        Outcome(Status.FINISHED, 100, 100, last),
    )


def test_a_method_of_our_own_keeps_its_memory(surface: LossSurface, heavy_ball: Method) -> None:
    begin = Settings(method="ball", bias=True, iterations=200).replace(inertia=0.5)
    w = b = speed_w = speed_b = 0.0
    for step in descend(surface, begin):
        assert step[1:3] == (w, b)
        dw, db = surface.gradient(w, b)
        speed_w, speed_b = 0.5 * speed_w + 0.001 * dw, 0.5 * speed_b + 0.001 * db
        w, b = w - speed_w, b - speed_b


hundreds = st.integers(-100, 100).map(float)
surfaces = st.lists(st.tuples(hundreds, hundreds), min_size=2, max_size=9).map(
    lambda rows: LossSurface.of(*np.array(rows).T)
)


@given(
    surfaces,
    st.one_of(st.floats(1e-6, 2), st.just(1e6)),
    st.tuples(hundreds, hundreds),
    st.booleans(),
    st.sampled_from([0.0, 1e-3, 10.0]),
)
def test_the_lessons_case_written_out_is_the_same_to_the_bit(
    surface: LossSurface, lr: float, start: tuple[float, float], bias: bool, tolerance: float
) -> None:
    begin = Settings(lr=lr, bias=bias, w_start=start[0], b_start=start[1], tolerance=tolerance)
    # A rule that is not the one written out, but does the same.
    method = METHODS["gd"]._replace(rule=lambda *of, **by: gradient_descent(*of, **by))
    written_out = first_points(surface, begin)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(METHODS, "gd", method)
        assert written_out == first_points(surface, begin)


def first_points(surface: LossSurface, begin: Settings) -> tuple[list[Measured], Status | None]:
    descent = Descent.of(surface, begin)
    return descent.take(300), descent.status


@given(surfaces, st.floats(0.02, 0.98), hundreds, st.booleans())
def test_below_the_critical_rate_the_descent_converges_steadily(
    surface: LossSurface, fraction: float, w: float, bias: bool
) -> None:
    critical = plain_critical(surface, bias)
    assume(critical < math.inf)
    begin = Settings(lr=fraction * critical, bias=bias, w_start=w, iterations=100)
    steps, outcome = finish(descend(surface, begin))
    losses = [*(step.loss for step in steps), outcome.step.loss]
    assert all(b <= a * (1 + 1e-9) for a, b in pairwise(losses))
    # The way to the minimum shrinks along each axis of the bowl by 1 - lr * curvature a step.
    low = surface.minimum(w, 0, bias)
    curvatures, axes = np.linalg.eigh(surface.hessian(bias))
    way = axes.T @ np.array([w - low.w, 0 - low.b][: 1 + bias])
    left = axes @ ((1 - begin.lr * curvatures) ** 100 * way)
    reached = [low.w + left[0], low.b + left[1] if bias else 0.0]
    assert outcome.step[1:3] == pytest.approx(reached, rel=1e-6, abs=1e-6)


@settings(max_examples=30)
@given(surfaces, st.floats(1.05, 5), hundreds, st.booleans())
def test_above_the_critical_rate_the_descent_diverges(
    surface: LossSurface, fraction: float, w: float, bias: bool
) -> None:
    critical = plain_critical(surface, bias)
    assume(critical < math.inf)
    low = surface.minimum(w, 0, bias)
    assume(surface.loss(w, 0) > low.loss + 1)
    begin = Settings(lr=fraction * critical, bias=bias, w_start=w, iterations=20_000)
    steps, outcome = finish(descend(surface, begin))
    assert outcome.status is Status.DIVERGED
    assert len(steps) == outcome.lines == outcome.iteration
    assert outcome.step == steps[-1]
    losses = [step.loss for step in steps[-50:]]
    assert losses == sorted(losses)
