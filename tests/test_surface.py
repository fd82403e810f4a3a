"""The loss surface against the definitions, least squares by numpy, and the known figures."""

import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import ArrayLike, DTypeLike, NDArray
from support.strategies import plain_critical

from gdtui.core import model
from gdtui.core.descent import descend
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Minimum, surface_of
from gdtui.dataset import Dataset

Vector = NDArray[np.float64]

thousandths = st.integers(-1_000_000, 1_000_000).map(lambda n: n / 1000)
hundreds = st.integers(-100, 100).map(float)
weights = st.floats(-1000, 1000)


def examples(elements: st.SearchStrategy[float]) -> st.SearchStrategy[Vector]:
    shapes = st.tuples(st.just(2), st.integers(1, 20))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=elements))


def least_squares(x: Vector, y: Vector, w: float, b: float, bias: bool) -> tuple[float, float]:
    """The minimum nearest to (w, b), by numpy: lstsq finds the shortest way there."""
    matrix = np.stack([x, np.ones_like(x)], axis=1)[:, : 1 + bias]
    way = np.linalg.lstsq(matrix, y - (w * x + b))[0]
    return w + float(way[0]), b + float(way[1]) if bias else b


@given(examples(thousandths), weights, weights)
def test_loss_and_gradient_are_those_of_the_definition(data: Vector, w: float, b: float) -> None:
    x, y = data
    surface = LossSurface.of(x, y)
    size = np.abs(w * x) + abs(b) + np.abs(y)  # of the terms whose rounding counts
    loss, slopes = surface.loss(w, b), surface.gradient(w, b)
    assert loss == pytest.approx(model.loss(x, y, w, b), rel=1e-9, abs=1e-12 * np.mean(size**2))
    expected = model.gradient(x, y, w, b)
    scales = np.mean(np.abs(x) * size), np.mean(size)
    for slope, value, scale in zip(slopes, expected, scales, strict=True):
        assert slope == pytest.approx(value, rel=1e-9, abs=1e-12 * scale)
    assert surface.measurer()(w, b) == (loss, *slopes)


@given(examples(thousandths), arrays(np.float64, (2, 3), elements=weights), weights)
def test_losses_are_the_loss_of_each_weight(data: Vector, w: Vector, b: float) -> None:
    surface = LossSurface.of(*data)
    losses = surface.losses(w, b)
    assert losses.shape == w.shape
    assert losses.ravel().tolist() == [surface.loss(one, b) for one in w.ravel().tolist()]


@pytest.mark.parametrize("bias", [False, True])
@given(examples(hundreds), hundreds, hundreds)
def test_minimum_is_the_least_squares_solution(
    bias: bool, data: Vector, w: float, b: float
) -> None:
    x, y = data
    surface = LossSurface.of(x, y)
    minimum = surface.minimum(w, b, bias)
    assert minimum[:2] == pytest.approx(least_squares(x, y, w, b, bias), rel=1e-9, abs=1e-7)
    assert minimum.loss == surface.loss(minimum.w, minimum.b)
    assert minimum.loss <= model.loss(x, y, w, b) * (1 + 1e-9) + 1e-9


def test_where_all_x_are_equal_the_minimum_is_the_nearest() -> None:
    labels = np.array([1.0, 2, 4, 8, 16, 32, 64])
    for x in ([0.0], [4.0], [2.0, 2, 2], [0.1, 0.1, 0.1], [1e6 + 0.1] * 7):
        feature, label = np.array(x), labels[: len(x)]
        for w, b in ((0.0, 0.0), (3.0, -2.0), (-50.0, 1000.0)):
            minimum = LossSurface.of(feature, label).minimum(w, b, bias=True)
            expected = least_squares(feature, label, w, b, bias=True)
            assert minimum[:2] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_with_x_zero_and_no_bias_any_weight_is_a_minimum() -> None:
    surface = LossSurface.of(np.zeros(3), np.array([1.0, 2, 3]))
    assert surface.minimum(5, 1, bias=False) == Minimum(5, 1, surface.loss(0, 1))


def test_minimum_of_pizza(surface: LossSurface) -> None:
    alone, both = surface.minimum(0, 0, bias=False), surface.minimum(0, 0, bias=True)
    assert f"{alone.w:.10f} {alone.loss:.10f}" == "1.8436928702 69.1209628275"
    # The lesson's 20,000 iterations end close to it.
    assert both[:2] == pytest.approx((1.0811301700, 13.1722676564), abs=1e-3)
    assert 22.8427367616 - 1e-7 < both.loss < 22.8427367616


@given(examples(hundreds), hundreds, hundreds)
def test_hessian_is_the_slope_of_the_gradient(data: Vector, w: float, b: float) -> None:
    x, y = data
    gradient = [np.array(model.gradient(x, y, w + dw, b)) for dw in (-1, 1)]
    gradient += [np.array(model.gradient(x, y, w, b + db)) for db in (-1, 1)]
    expected = np.stack([gradient[1] - gradient[0], gradient[3] - gradient[2]]) / 2
    surface = LossSurface.of(x, y)
    assert surface.hessian(bias=True) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert surface.hessian(bias=False) == pytest.approx(expected[:1, :1], rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("bias", [False, True])
@given(examples(hundreds))
def test_eigenvalues_are_those_of_the_hessian(bias: bool, data: Vector) -> None:
    surface = LossSurface.of(*data)
    values, hessian = surface.eigenvalues(bias), surface.hessian(bias)
    assert list(values) == sorted(values)
    assert min(values) >= 0
    assert sum(values) == pytest.approx(float(np.trace(hessian)))
    determinant = 4 * surface.vxx if bias else hessian[0, 0]
    assert math.prod(values) == pytest.approx(determinant, rel=1e-9, abs=1e-9)


def test_curvature_of_pizza(surface: LossSurface) -> None:
    assert [f"{value:.2f}" for value in surface.eigenvalues(bias=True)] == ["0.53", "439.07"]
    assert f"{plain_critical(surface, True):.6f}" == "0.004555"
    assert f"{plain_critical(surface, False):.6f}" == "0.004570"


def test_a_flat_surface_has_no_critical_learning_rate() -> None:
    surface = LossSurface.of(np.zeros(3), np.array([1.0, 2, 3]))
    assert plain_critical(surface, False) == math.inf
    assert plain_critical(surface, True) == 1


@given(examples(hundreds))
def test_bias_never_raises_the_critical_learning_rate(data: Vector) -> None:
    surface = LossSurface.of(*data)
    with_bias = plain_critical(surface, True)
    assert with_bias <= plain_critical(surface, False) * (1 + 1e-12)


@given(examples(hundreds), st.integers(2, 5))
def test_only_the_distribution_of_the_examples_counts(data: Vector, times: int) -> None:
    assume(len(set(data[0].tolist())) > 1)
    one, many = LossSurface.of(*data), LossSurface.of(*np.tile(data, times))
    assert many.loss(3, -7) == pytest.approx(one.loss(3, -7))
    assert many.m == times * one.m
    assert many.largest_loss * times == pytest.approx(one.largest_loss)


@pytest.mark.parametrize("size", [5e-324, 1e-170, 1e150, 1.2e154, 1.3e154, 1e200, 1e300, 1.7e308])
def test_extreme_data_gives_neither_exception_nor_warning(size: float) -> None:
    warnings.simplefilter("error")
    for x in ([1.0], [1.0, 1.0], [1.0, -1.0, 0.5], [1.0, 0.99, 0.98]):
        feature = np.array(x) * size
        surface = LossSurface.of(feature, feature[::-1])
        for bias in (False, True):
            assert plain_critical(surface, bias) >= 0
            surface.eigenvalues(bias)
            surface.minimum(1, 1, bias)
            surface.losses(np.array([-1e300, 0.0, 1e300]), 1e300)
            steps = list(descend(surface, Settings(bias=bias, iterations=5)))
            assert all(math.isfinite(value) for step in steps for value in step)


@given(examples(hundreds))
def test_standardized_the_surface_is_round(data: Vector) -> None:
    scaled = LossSurface.of(*data).standardized()
    varied = bool(np.ptp(data[0]))
    assert scaled.eigenvalues(bias=True) == ((2, 2) if varied else (0, 2))
    assert np.mean(scaled.x) == pytest.approx(0, abs=1e-9)
    assert np.std(scaled.x) == pytest.approx(float(varied), rel=1e-9)


@given(examples(hundreds), weights, weights)
def test_a_line_has_the_same_loss_over_the_scaled_feature(data: Vector, w: float, b: float) -> None:
    surface = LossSurface.of(*data)
    scaled = surface.standardized()
    assert scaled.raw(*scaled.scaled(w, b)) == pytest.approx((w, b), rel=1e-9, abs=1e-6)
    assert scaled.loss(*scaled.scaled(w, b)) == pytest.approx(
        surface.loss(w, b), rel=1e-9, abs=1e-6
    )


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_standardizing_survives_numbers_of_any_size(size: float) -> None:
    scaled = LossSurface.of(np.array([-size, size]), np.array([1.0, 3.0])).standardized()
    assert scaled.minimum(0, 0, bias=True)[:2] == (1, 2)
    assert scaled.raw(1, 2) == (1 / size, 2)


def test_what_is_standardized_is_not_scaled_again(surface: LossSurface) -> None:
    scaled = surface.standardized()
    assert (surface.is_standardized, scaled.is_standardized) == (False, True)
    assert scaled.standardized() is scaled


def test_the_settings_say_which_surface_is_descended(pizza: Dataset, surface: LossSurface) -> None:
    for settings, expected in (
        (Settings(), surface),
        (Settings(standardize=True), surface.standardized()),
    ):
        for data in (pizza, surface, expected):
            # Surfaces are equal to themselves alone; their words tell all five numbers.
            assert repr(surface_of(data, settings)) == repr(expected)
        assert surface_of(LANDSCAPES["bowl"], settings) is LANDSCAPES["bowl"]


def test_without_scaling_all_is_raw(surface: LossSurface) -> None:
    for one in (surface, LANDSCAPES["bowl"]):
        assert one.raw(3, -0.0) == one.scaled(3, -0.0) == (3, 0)
        assert math.copysign(1, one.scaled(3, -0.0)[1]) == -1


# What notebooks hold


class Series:
    """As a data frame gives it after a filter: an array, and an index that does not begin at 0."""

    def __init__(self, values: ArrayLike) -> None:
        self._values = dict(enumerate(np.asarray(values), 100))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(list(self._values.values()), dtype=dtype)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: int) -> float:
        return float(self._values[index])


X, Y = np.array([1.0, 2, 4, 8]), np.array([3.0, 1, 4, 1.5])
HELD: dict[str, Callable[[Vector], Any]] = {
    "a column": lambda values: values[:, np.newaxis],
    "a list": lambda values: values.tolist(),
    "a list of rows": lambda values: values[:, np.newaxis].tolist(),
    "float32": lambda values: values.astype(np.float32),
    "numbers as objects": lambda values: values.astype(object),
    "every second number": lambda values: np.repeat(values, 2)[::2],
    "a Series": Series,
    "what can't be written": lambda values: np.frombuffer(values.tobytes()),
}


@pytest.mark.parametrize("held", HELD)
def test_what_a_notebook_holds_is_copied_as_floats(held: str) -> None:
    expected = LossSurface.of(X, Y)
    for x, y in ((HELD[held](X), Y), (X, HELD[held](Y)), (HELD[held](X), HELD[held](Y))):
        surface = LossSurface.of(x, y)
        assert repr(surface) == repr(expected)
        for kept, values in ((surface.x, X), (surface.y, Y)):
            assert (kept.dtype.name, kept.tolist()) == ("float64", values.tolist())
            with pytest.raises(ValueError, match="read-only"):
                kept[0] = 7


def test_what_is_written_over_afterwards_changes_no_surface() -> None:
    x, column, below = X.copy(), Y[:, np.newaxis].copy(), X.copy()
    view = below[:]
    view.setflags(write=False)
    for surface in (LossSurface.of(x, column), LossSurface.of(view, column)):
        x[:], column[:], below[:] = 9, 9, 9
        assert surface.x.tolist() == X.tolist()
        assert surface.batch_measurer(2, 0)(0, 1, 1) == LossSurface.of(X, Y).batch_measurer(2, 0)(
            0, 1, 1
        )
        x[:], column[:, 0], below[:] = X, Y, X


NOT_FINITE = "must hold finite numbers alone"
NO_NUMBERS = "must hold numbers alone"
REFUSED: list[tuple[Any, str]] = [
    ([], "holds no example"),
    (np.empty((0, 1)), "holds no example"),
    ([1, math.nan], NOT_FINITE),
    ([1, -math.inf], NOT_FINITE),
    ([1, 10**400], NOT_FINITE),
    (np.ma.masked_array([1.0, 2.0], [False, True]), NOT_FINITE),
    (3.5, "must have the shape (m,) or (m, 1), not ()"),
    ([[1, 2], [3, 4]], "must have the shape (m,) or (m, 1), not (2, 2)"),
    ([[1, 2]], "must have the shape (m,) or (m, 1), not (1, 2)"),
    ([[1], [2, 3]], NO_NUMBERS),
    (["one", "two"], NO_NUMBERS),
    (["1", "2"], NO_NUMBERS),
    ([1, None], NOT_FINITE),
    (np.array([1j, 2]), NO_NUMBERS),
    (np.array(["2026-01-01"], "M8[D]"), NO_NUMBERS),
    ({1: 2}, NO_NUMBERS),
]


def test_what_is_no_example_is_refused_in_a_sentence() -> None:
    for values, why in REFUSED:
        for name, arguments in (("x", (values, X)), ("y", (X, values))):
            with pytest.raises(ValueError, match=f"^{re.escape(f'{name} {why}')}$"):
                LossSurface.of(*arguments)
    with pytest.raises(ValueError, match=r"^x has 4 examples and y has 3$"):
        LossSurface.of(X, Y[1:])
