"""The mean squared error of a line as a quadratic bowl_of: five numbers stand for all the examples.

With the means xm and ym, the mean squared deviation vxx of x, the slope w_hat of the least-squares
line and the mean squared residual res around it, completing the square gives

    e = w - w_hat;  r = w*xm + b - ym
    L = res + vxx*e^2 + r^2;  dL/dw = 2*(vxx*e + xm*r);  dL/db = 2*r

Every term of L is a square, so nothing cancels, and the cost no longer depends on how many examples
there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gdtui.core.model import Vector

# A float, or an array of floats.
Number = Any
# From a point (w, b) to the loss there and its slopes dL/dw and dL/db.
Measure = Callable[[Number, Number], tuple[Number, Number, Number]]

# Deviations whose squares are smaller than this lose digits, or vanish.
SMALLEST_SQUARE = 1e-290
# So small a part of a variance is the rounding of the floats that it is the mean of.
ROUNDING = 1e-28

# xm, ym, vxx, w_hat and res: of shape (), or of shape (k,) for k bowls.
FiveNumbers = tuple[Vector, Vector, Vector, Vector, Vector]


def bowl_of(xm: float, ym: float, vxx: float, w_hat: float, res: float) -> Measure:
    """A function of (w, b) that gives (loss, dL/dw, dL/db), for floats or arrays of them."""

    def measure(w: Number, b: Number) -> tuple[Number, Number, Number]:
        e = w - w_hat
        r = w * xm + b - ym
        return res + vxx * e * e + r * r, 2 * (vxx * e + xm * r), 2 * r

    return measure


def five_numbers(
    x: Vector,
    y: Vector,
    mean: Callable[[Vector], Vector] = np.mean,
    spread: Callable[[Vector], Vector] = np.asarray,
) -> FiveNumbers:
    """The five numbers of the examples x and y of shape (m,), in two passes.

    The first finds a pilot line, the second sums up what is left relative to it, so that offsets a
    billion times the deviations cost no digit. `mean` may take the means of k groups of examples
    instead, of shape (k,), which `spread` then gives back to the examples of each, of shape (m,).
    Deviations whose squares are too small for a float count as none.
    """
    xm, ym = mean(x), mean(y)
    dx, dy = x - spread(xm), y - spread(ym)
    pilot = slope(mean(dx * dy), mean(dx * dx))
    xm_left, ym_left = rounded_off(mean(dx), mean(dx * dx)), rounded_off(mean(dy), mean(dy * dy))
    dx, dy = dx - spread(xm_left), dy - spread(ym_left)
    left = dy - spread(pilot) * dx
    vxx = mean(dx * dx)
    slope_left = rounded_off(slope(mean(dx * left), vxx), pilot * pilot)
    w_hat = np.where(vxx > SMALLEST_SQUARE, pilot + slope_left, 0.0)
    res = mean((left - spread(w_hat - pilot) * dx) ** 2)
    vxx = np.where(vxx > SMALLEST_SQUARE, vxx, 0.0)
    return xm + xm_left, ym + ym_left, vxx, w_hat, res


def rounded_off(left: Vector, square: Vector) -> Vector:
    """What rounding has left out of a number, as far as it shows beside a square; else 0.

    What is left of a mean shows beside the variance where the values are far from 0 for their
    deviations, or all the same.
    """
    return np.where(left * left > ROUNDING * square, left, 0.0)


def slope(covariance: Vector, variance: Vector) -> Vector:
    """The slope of a least-squares line; where x does not vary any fits as well, and 0 is one."""
    varies = variance > SMALLEST_SQUARE
    return np.where(varies, covariance / np.where(varies, variance, 1.0), 0.0)
