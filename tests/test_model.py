"""The definitions of the model, worked out by hand and against finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gdtui.core.model import gradient, loss, predict

X, Y = np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, 2.0])
numbers = st.integers(-50, 50).map(float)


def test_prediction_is_a_line() -> None:
    assert predict(X, 2, -1).tolist() == [1, 3, 7]


def test_loss_is_the_mean_of_the_squared_errors() -> None:
    assert loss(X, Y, 2, -1) == pytest.approx((4 + 4 + 25) / 3)


def test_loss_is_zero_on_the_line_through_all_examples() -> None:
    assert loss(X, 3 * X + 0.5, 3, 0.5) == 0


@given(arrays(np.float64, (5, 2), elements=numbers), numbers, numbers)
def test_gradient_is_the_slope_of_the_loss(
    examples: np.ndarray[tuple[int, int], np.dtype[np.float64]], w: float, b: float
) -> None:
    x, y = examples.T
    # The loss is quadratic, so the central difference is its slope, whatever its width.
    slope_w = (loss(x, y, w + 1, b) - loss(x, y, w - 1, b)) / 2
    slope_b = (loss(x, y, w, b + 1) - loss(x, y, w, b - 1)) / 2
    assert gradient(x, y, w, b) == pytest.approx((slope_w, slope_b), rel=1e-9, abs=1e-6)
