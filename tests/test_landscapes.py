"""The classic surfaces: formulas against finite differences, minima against what is known."""

import math
import warnings
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdtui.core.descent import Step, descend
from gdtui.core.landscapes import LANDSCAPES, Landscape
from gdtui.core.methods import METHODS
from gdtui.core.settings import Settings
from gdtui.core.surface import Minimum

every_landscape = pytest.mark.parametrize("surface", LANDSCAPES.values(), ids=LANDSCAPES)
near = st.floats(-5, 5)
far = st.floats(allow_nan=False, allow_infinity=False)


def own_settings(surface: Landscape, **others: object) -> Settings:
    return Settings(**(surface.defaults | others))  # type: ignore[arg-type]


def grid(surface: Landscape) -> Iterator[tuple[float, float]]:
    for w in np.linspace(*surface.window.w, 13).tolist():
        for b in np.linspace(*surface.window.b, 13).tolist():
            yield w, b


@every_landscape
def test_a_landscape_is_complete(surface: Landscape) -> None:
    assert LANDSCAPES[surface.name] is surface
    assert surface.help.endswith(".")
    assert surface.source.endswith(".")
    (w_low, w_high), (b_low, b_high) = surface.window
    for w, b in (surface.start, *(minimum[:2] for minimum in surface.minima)):
        assert w_low < w < w_high
        assert b_low < b < b_high


@every_landscape
@given(near, near)
def test_gradient_is_the_slope_of_the_loss(surface: Landscape, w: float, b: float) -> None:
    h = 1e-5
    expected = (
        (surface.loss(w + h, b) - surface.loss(w - h, b)) / (2 * h),
        (surface.loss(w, b + h) - surface.loss(w, b - h)) / (2 * h),
    )
    scale = 1 + surface.loss(w, b) + np.abs(surface.hessian(True, w, b)).max()
    assert surface.gradient(w, b) == pytest.approx(expected, rel=1e-6, abs=1e-8 * scale)


@every_landscape
@given(near, near)
def test_hessian_is_the_slope_of_the_gradient(surface: Landscape, w: float, b: float) -> None:
    h = 1e-5
    rows = (
        np.subtract(surface.gradient(w + h, b), surface.gradient(w - h, b)) / (2 * h),
        np.subtract(surface.gradient(w, b + h), surface.gradient(w, b - h)) / (2 * h),
    )
    hessian = surface.hessian(True, w, b)
    scale = 1 + np.abs(hessian).max() + np.abs(surface.gradient(w, b)).max()
    assert hessian == pytest.approx(np.stack(rows), rel=1e-6, abs=1e-7 * scale)
    assert surface.hessian(False, w, b) == hessian[:1, :1]


@every_landscape
@given(far, far)
def test_a_descent_may_go_anywhere(surface: Landscape, w: float, b: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, dw, db = surface.measurer()(w, b)
        assert not loss < 0
        assert all(isinstance(value, float) for value in (loss, dw, db))
        assert surface.losses(np.array([w]), b)[0] == pytest.approx(loss, nan_ok=True)
        for bias in (False, True):
            surface.hessian(bias, w, b)
            surface.eigenvalues(bias, w, b)
            minimum = surface.minimum(w, b, bias)
            assert not surface.loss(w, b) < minimum.loss
            assert bias or minimum.b == b


@every_landscape
def test_losses_take_points_of_any_shape(surface: Landscape) -> None:
    w, b = np.linspace(-3, 3, 7), np.linspace(-2, 2, 5)[:, np.newaxis]
    losses = surface.losses(w, b)
    assert losses.shape == (5, 7)
    expected = [[surface.loss(one, other) for one in w.tolist()] for other in b.ravel().tolist()]
    assert losses == pytest.approx(np.array(expected), rel=1e-12)
    assert surface.losses(w, 1.0).shape == (7,)


# Minima


@every_landscape
def test_a_known_minimum_is_one(surface: Landscape) -> None:
    for w, b, loss in surface.minima:
        assert surface.loss(w, b) == pytest.approx(loss, abs=1e-25)
        assert surface.gradient(w, b) == pytest.approx((0, 0), abs=1e-12)
        assert min(surface.eigenvalues(True, w, b)) > 0


@every_landscape
def test_no_other_place_of_the_window_is_lower(surface: Landscape) -> None:
    lowest = min(minimum.loss for minimum in surface.minima)
    assert min(surface.loss(w, b) for w, b in grid(surface)) >= lowest


@every_landscape
def test_of_several_minima_it_is_the_nearest(surface: Landscape) -> None:
    for w, b in grid(surface):
        found = surface.minimum(w, b, bias=True)
        distances = [math.dist((w, b), known[:2]) for known in surface.minima]
        assert found in surface.minima
        assert math.dist((w, b), found[:2]) == min(distances)


def test_minima_of_himmelblau() -> None:
    surface = LANDSCAPES["himmelblau"]
    assert [(round(w, 6), round(b, 6)) for w, b, _ in surface.minima] == [
        (3, 2),
        (-2.805118, 3.131313),
        (-3.77931, -3.283186),
        (3.584428, -1.848127),
    ]


def beale_slope(b: float) -> list[float]:
    factors = [b**power - 1 for power in (1, 2, 3)]
    constant = sum(c * u for c, u in zip((1.5, 2.25, 2.625), factors, strict=True))
    return [2 * sum(u * u for u in factors), 2 * constant]


# The coefficients of dL/dw as a polynomial in w, the highest power first, worked out by hand.
SLOPES_ALONG_W: dict[str, Callable[[float], list[float]]] = {
    "bowl": lambda b: [2, 0],
    "canyon": lambda b: [1, 0],
    "saddle": lambda b: [2, 0],
    "rosenbrock": lambda b: [400, 0, 2 - 400 * b, -2],
    "himmelblau": lambda b: [4, 0, 4 * b - 42, 2 * b * b - 14],
    "beale": beale_slope,
}


def lowest_along_w(name: str, b: float) -> list[float]:
    """The lowest places along w; there may be two, equally low."""
    surface = LANDSCAPES[name]
    roots = np.roots(SLOPES_ALONG_W[name](b))
    places = [float(root.real) for root in roots if abs(root.imag) < 1e-6]
    lowest = min(surface.loss(place, b) for place in places)
    return [p for p in places if surface.loss(p, b) == pytest.approx(lowest, rel=1e-12)]


@pytest.mark.parametrize("name", SLOPES_ALONG_W)
@given(st.integers(-500, 500).filter(lambda n: n != 100), st.floats(-30, 30))
def test_with_the_bias_off_the_minimum_is_the_lowest_point_along_w(
    name: str, hundredths: int, w: float
) -> None:
    surface, b = LANDSCAPES[name], hundredths / 100
    found = surface.minimum(w, b, bias=False)
    assert found[1:] == (b, surface.loss(found.w, b))
    assert any(found.w == pytest.approx(place, abs=1e-6) for place in lowest_along_w(name, b))


@pytest.mark.parametrize("w", [0.0, 3.0, -1e6, 1e150])
def test_on_the_plain_too_the_lowest_point_along_w_is_found(w: float) -> None:
    assert LANDSCAPES["plateau"].minimum(w, 2, bias=False)[:2] == pytest.approx((0, 2), abs=1e-9)


@pytest.mark.parametrize("w", [0.0, -7.25, 1e9])
def test_where_no_weight_is_lower_the_minimum_is_the_one_that_there_is(w: float) -> None:
    surface = LANDSCAPES["beale"]
    assert surface.minimum(w, 1, bias=False) == Minimum(w, 1, surface.loss(w, 1))


def test_the_lowest_point_along_w_may_be_outside_of_the_window() -> None:
    b = 1 - 1e-4
    (place,) = lowest_along_w("beale", b)
    found = LANDSCAPES["beale"].minimum(0, b, bias=False)
    assert found.w > 1000
    assert found.w == pytest.approx(place, rel=1e-6)


# Descents


def descent(surface: Landscape, settings: Settings) -> list[Step]:
    return list(descend(surface, settings))


@every_landscape
def test_gradient_descent_arrives_with_the_landscapes_own_settings(surface: Landscape) -> None:
    steps = descent(surface, own_settings(surface, method="gd", iterations=10_000))
    assert len(steps) == 10_000
    assert steps[0][1:3] == surface.start
    last = steps[-1]
    minimum = surface.minimum(last.w, last.b, bias=True)
    assert math.dist(last[1:3], minimum[:2]) < 0.05
    assert last.loss < steps[0].loss / 2


@every_landscape
def test_at_its_own_learning_rate_a_minimum_attracts(surface: Landscape) -> None:
    for w, b, _ in surface.minima:
        assert surface.lr < 2 / surface.eigenvalues(True, w, b)[-1]


@every_landscape
def test_every_method_takes_steps_on_every_landscape(surface: Landscape) -> None:
    # The landscape's own learning rate suits gradient descent: others need a smaller one.
    slow = own_settings(surface, iterations=50, lr=surface.lr / 10)
    for method, bias in product(METHODS, (False, True)):
        steps = descent(surface, slow.replace(method=method, bias=bias))
        assert min(step.loss for step in steps) < steps[0].loss
        assert bias or {step.b for step in steps} == {surface.start[1]}


def test_on_the_plain_descent_all_but_stands_still() -> None:
    first, *_, last = descent(LANDSCAPES["plateau"], own_settings(LANDSCAPES["plateau"]))
    assert last.loss > 0.95 * first.loss


def test_on_the_ridge_of_the_saddle_descent_lingers() -> None:
    surface = LANDSCAPES["saddle"]
    losses = [step.loss for step in descent(surface, own_settings(surface))]
    slowest = min(range(1, len(losses)), key=lambda i: losses[i - 1] - losses[i] + (i > 60))
    assert losses[slowest] > 0.9
    assert losses[-1] < 0.01
