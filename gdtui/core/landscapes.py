"""The classic loss surfaces, tamest first. A new one is one more definition at the end.

A landscape is a formula: from a weight and a bias it gives the loss there and its two slopes. It is
made of products and never of powers: where a number grows too large a product is infinite, but a
power raises an error. So the same formula serves for floats and for numpy arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gdtui.core.hyperparameter import Value
from gdtui.core.model import Vector
from gdtui.core.quadratic import Number
from gdtui.core.surface import Measure, Minimum, Surface, Window

Formula = Callable[[Number, Number], tuple[Number, Number, Number]]
# d2L/dw2, d2L/dwdb and d2L/db2: a function of a weight and a bias, or the same everywhere.
Curvature = tuple[float, float, float]
Curvatures = Callable[[float, float], Curvature] | Curvature

# Places along w: evenly spaced within the window, ever wider apart on each side, and then within
# the gap that holds the lowest of them.
WITHIN, PLACES_BESIDE, CLOSE = 401, 200, 201
# How often the gap found there is halved: to the last digit, even of a small number.
HALVINGS = 100
# How far to look on each side, in units of the window, and beyond a point that is farther out.
FAR, FARTHER, FARTHEST = 1e6, 2, 1e300


@dataclass(frozen=True)
class Landscape(Surface):
    """A classic surface: its minima are known, and where a descent over it begins well."""

    name: str
    help: str
    source: str
    shown: Window
    start: tuple[float, float]
    lr: float
    lowest: tuple[Minimum, ...]
    formula: Formula = field(repr=False)
    curvatures: Curvatures = field(repr=False)

    @property
    def title(self) -> str:
        """What it is, in words."""
        return f"surface {self.name} · {self.help}"

    @property
    def window(self) -> Window:
        """The ranges of w and b that a picture shows."""
        return self.shown

    @property
    def minima(self) -> tuple[Minimum, ...]:
        """All its minima."""
        return self.lowest

    @property
    def has_like_parameters(self) -> bool:
        """Whether a unit of w is as much as a unit of b."""
        return True

    @property
    def is_quadratic(self) -> bool:
        """Whether the curvature is the same everywhere."""
        return isinstance(self.curvatures, tuple)

    @property
    def defaults(self) -> dict[str, Value]:
        """The hyperparameters that are this landscape's own, unless the user sets them."""
        w, b = self.start
        return {"w_start": w, "b_start": b, "lr": self.lr, "bias": True}

    def measurer(self) -> Measure:
        """A function of (w, b) that gives (loss, dL/dw, dL/db)."""
        return self.formula

    def losses(self, w: Vector, b: Vector | float) -> Vector:
        """The losses at points of any shape, w and b broadcast against each other."""
        with np.errstate(all="ignore"):
            return np.asarray(self.formula(w, b)[0])

    def hessian(self, bias: bool, w: float = 0.0, b: float = 0.0) -> Vector:
        """The second derivatives at (w, b): shape (2, 2) with the bias, (1, 1) for w alone."""
        found = self.curvatures
        ww, wb, bb = found if isinstance(found, tuple) else found(w, b)
        return np.array([[ww, wb], [wb, bb]] if bias else [[ww]])

    def minimum(self, w: float, b: float, bias: bool) -> Minimum:
        """The known minimum nearest to (w, b); with the bias off, the lowest point along w."""
        if bias:
            return min(self.minima, key=lambda known: math.hypot(known.w - w, known.b - b))
        lowest = self._lowest_along_w(w, b)
        return Minimum(lowest, b, self.loss(lowest, b))

    def _lowest_along_w(self, w: float, b: float) -> float:
        """The lowest place that is found by looking around, or w where none is lower."""
        around = self._gap(self._places(w), b)
        low, found, high = self._gap(np.linspace(around[0], around[2], CLOSE), b)
        if self.gradient(low, b)[0] < 0 < self.gradient(high, b)[0]:
            found = self._level(low, high, b)
        return found if self.loss(found, b) < self.loss(w, b) else w

    def _level(self, low: float, high: float, b: float) -> float:
        """A place along w where the loss neither falls nor rises, between one of each."""
        for _ in range(HALVINGS):
            middle = low + (high - low) / 2
            slope = self.gradient(middle, b)[0]
            if slope == 0:
                return middle
            low, high = (middle, high) if slope < 0 else (low, middle)
        return high

    def _places(self, w: float) -> Vector:
        """Places along w to look at, in ascending order; those on both sides reach beyond w."""
        low, high = self.window.w
        middle, reach = (low + high) / 2, (high - low) / 2
        last = max(FAR * reach, min(FARTHER * abs(w - middle), FARTHEST))
        beside = np.geomspace(reach, last, PLACES_BESIDE)
        within = np.linspace(low, high, WITHIN)
        # No place comes twice: the gap around the lowest has a width on both sides.
        return np.concatenate([(middle - beside)[:0:-1], within, (middle + beside)[1:]])

    def _gap(self, places: Vector, b: float) -> tuple[float, float, float]:
        """The lowest of some places along w, between its two neighbours."""
        losses = self.losses(places, b)
        at = int(np.argmin(np.where(np.isnan(losses), np.inf, losses)))
        gap = places[max(at - 1, 0)], places[at], places[min(at + 1, len(places) - 1)]
        return float(gap[0]), float(gap[1]), float(gap[2])


LANDSCAPES: dict[str, Landscape] = {}


def landscape(
    *,
    window: Window,
    start: tuple[float, float],
    lr: float,
    minima: tuple[Minimum, ...],
    curvatures: Curvatures,
) -> Callable[[Formula], Formula]:
    """Enter the decorated formula into LANDSCAPES by its name; its docstring is help and source."""

    def enter(formula: Formula) -> Formula:
        name = formula.__name__
        help, _, source = " ".join((formula.__doc__ or "").split()).partition(" Source: ")
        LANDSCAPES[name] = Landscape(
            name, help, source, window, start, lr, minima, formula, curvatures
        )
        return formula

    return enter


@landscape(
    window=Window((-5.0, 5.0), (-5.0, 5.0)),
    start=(-4.0, 3.0),
    lr=0.1,
    minima=(Minimum(0.0, 0.0, 0.0),),
    curvatures=(2.0, 0.0, 2.0),
)
def bowl(w: Number, b: Number) -> tuple[Number, Number, Number]:
    """A round bowl: the gradient points away from the minimum.

    Source: the sphere function, as in De Jong, An Analysis of the Behavior of a Class of Genetic
    Adaptive Systems, 1975.
    """
    return w * w + b * b, 2 * w, 2 * b


@landscape(
    window=Window((-12.0, 12.0), (-1.5, 1.5)),
    start=(10.0, 1.0),
    lr=0.018,
    minima=(Minimum(0.0, 0.0, 0.0),),
    curvatures=(1.0, 0.0, 100.0),
)
def canyon(w: Number, b: Number) -> tuple[Number, Number, Number]:
    """A long canyon, a hundred times as steep across as along.

    Source: Boyd and Vandenberghe, Convex Optimization, 2004, section 9.3.2.
    """
    return (w * w + 100 * b * b) / 2, w, 100 * b


@landscape(
    window=Window((-2.0, 2.0), (-1.6, 1.6)),
    start=(1.5, 0.01),
    lr=0.02,
    minima=(Minimum(0.0, 1.0, 0.0), Minimum(0.0, -1.0, 0.0)),
    curvatures=lambda w, b: (2.0, 0.0, 12 * b * b - 4),
)
def saddle(w: Number, b: Number) -> tuple[Number, Number, Number]:
    """A saddle between two minima, where descent lingers.

    Source: after Nesterov, Introductory Lectures on Convex Optimization, 2004, example 1.2.2.
    """
    rise = b * b - 1
    return w * w + rise * rise, 2 * w, 4 * b * rise


@landscape(
    window=Window((-2.0, 2.0), (-1.0, 3.0)),
    start=(-1.2, 1.0),
    lr=0.001,
    minima=(Minimum(1.0, 1.0, 0.0),),
    curvatures=lambda w, b: (2 - 400 * (b - w * w) + 800 * w * w, -400 * w, 200.0),
)
def rosenbrock(w: Number, b: Number) -> tuple[Number, Number, Number]:
    """A bent valley: soon found, and slow to follow.

    Source: Rosenbrock, An automatic method for finding the greatest or least value of a function,
    The Computer Journal 3, 1960.
    """
    short, off = 1 - w, b - w * w
    return short * short + 100 * off * off, -2 * short - 400 * w * off, 200 * off


@landscape(
    window=Window((-5.0, 5.0), (-5.0, 5.0)),
    start=(-0.3, -1.0),
    lr=0.01,
    minima=(
        Minimum(3.0, 2.0, 0.0),
        Minimum(-2.805118086952745, 3.131312518250573, 0.0),
        Minimum(-3.779310253377747, -3.2831859912861696, 0.0),
        Minimum(3.5844283403304917, -1.8481265269644036, 0.0),
    ),
    curvatures=lambda w, b: (12 * w * w + 4 * b - 42, 4 * (w + b), 12 * b * b + 4 * w - 26),
)
def himmelblau(w: Number, b: Number) -> tuple[Number, Number, Number]:
    """Four minima around a hill: a little decides which.

    Source: Himmelblau, Applied Nonlinear Programming, 1972.
    """
    p, q = w * w + b - 11, w + b * b - 7
    return p * p + q * q, 4 * w * p + 2 * q, 2 * p + 4 * b * q


def _beale_curvatures(w: float, b: float) -> tuple[float, float, float]:
    squared = b * b
    # The three residuals, what w is multiplied by in each, and the first two derivatives of that.
    p, q, r = 1.5 + w * (b - 1), 2.25 + w * (squared - 1), 2.625 + w * (squared * b - 1)
    u, v, x = b - 1, squared - 1, squared * b - 1
    du, dv, dx = 1.0, 2 * b, 3 * squared
    ww = 2 * (u * u + v * v + x * x)
    wb = 2 * (w * (u * du + v * dv + x * dx) + p * du + q * dv + r * dx)
    bb = 2 * w * (w * (du * du + dv * dv + dx * dx) + 2 * q + 6 * b * r)
    return ww, wb, bb


@landscape(
    window=Window((-4.5, 4.5), (-4.5, 4.5)),
    # Where b is 1 the loss is the same for every w.
    start=(1.0, 1.5),
    lr=0.01,
    minima=(Minimum(3.0, 0.5, 0.0),),
    curvatures=_beale_curvatures,
)
def beale(w: Number, b: Number) -> tuple[Number, Number, Number]:
    """A flat floor between walls that throw steps far away.

    Source: Beale, On an iterative method for finding a local minimum of a function of more than
    one variable, 1958; as in Moré, Garbow and Hillstrom, Testing Unconstrained Optimization
    Software, 1981.
    """
    u, v, x = b - 1, b * b - 1, b * b * b - 1
    p, q, r = 1.5 + w * u, 2.25 + w * v, 2.625 + w * x
    return (
        p * p + q * q + r * r,
        2 * (p * u + q * v + r * x),
        2 * w * (p + 2 * b * q + 3 * b * b * r),
    )


def _plateau_curvatures(w: float, b: float) -> tuple[float, float, float]:
    part = 1 / (1 + w * w + b * b)
    even, bent = 2 * part * part, 8 * part * part * part
    return even - bent * w * w, -bent * w * b, even - bent * b * b


@landscape(
    window=Window((-5.0, 5.0), (-5.0, 5.0)),
    start=(4.0, 3.0),
    lr=0.5,
    minima=(Minimum(0.0, 0.0, 0.0),),
    curvatures=_plateau_curvatures,
)
def plateau(w: Number, b: Number) -> tuple[Number, Number, Number]:
    """A pit in a plain where the gradient all but vanishes.

    Source: Geman and McClure, Bayesian image analysis: an application to single photon emission
    tomography, 1985.
    """
    squares = w * w + b * b
    part = 1 / (1 + squares)
    return squares * part, 2 * w * part * part, 2 * b * part * part
