"""The loss as a surface over (w, b): five numbers stand for all the examples.

With the means xm and ym, the mean squared deviation vxx of x, the slope w_hat of the least-squares
line and the mean squared residual res around it, completing the square gives

    e = w - w_hat;  r = w*xm + b - ym
    L = res + vxx*e^2 + r^2;  dL/dw = 2*(vxx*e + xm*r);  dL/db = 2*r

Every term of L is a square, so nothing cancels, and the cost no longer depends on how many examples
there are.
"""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from gdtui.core.batches import BatchMeasure, batch_measurer
from gdtui.core.model import Vector

if TYPE_CHECKING:
    from gdtui.core.settings import Settings

Measure = Callable[[float, float], tuple[float, float, float]]


class Examples(Protocol):
    """What has examples: their features x and their labels y, both of shape (m,)."""

    @property
    def x(self) -> Vector:
        """The features."""

    @property
    def y(self) -> Vector:
        """The labels."""


class Minimum(NamedTuple):
    """A lowest point of a loss surface."""

    w: float
    b: float
    loss: float


class Surface(ABC):
    """A loss over (w, b), with what a descent and its pictures need to know of it."""

    @property
    def largest_loss(self) -> float:
        """Above this the loss counts as infinite."""
        return sys.float_info.max

    @abstractmethod
    def measurer(self) -> Measure:
        """A function of (w, b) that gives (loss, dL/dw, dL/db), as fast as Python can."""

    @abstractmethod
    def losses(self, w: Vector, b: Vector | float) -> Vector:
        """The losses at points of any shape, w and b broadcast against each other."""

    @abstractmethod
    def hessian(self, bias: bool, w: float = 0.0, b: float = 0.0) -> Vector:
        """The second derivatives at (w, b): shape (2, 2) with the bias, (1, 1) for w alone."""

    @abstractmethod
    def minimum(self, w: float, b: float, bias: bool) -> Minimum:
        """The minimum, or of several the one nearest to (w, b); with the bias off, along w."""

    def batch_measurer(self, size: int, seed: int) -> BatchMeasure:
        """A function of (iteration, w, b): the batch's (loss, dL/dw, dL/db) in this iteration.

        Where there are no examples to draw from, the batch is the whole surface.
        """
        measure = self.measurer()
        return lambda iteration, w, b: measure(w, b)

    @property
    def title(self) -> str:
        """What it is, in words, where no dataset says so."""
        return ""

    @property
    def is_quadratic(self) -> bool:
        """Whether the curvature is the same everywhere."""
        return False

    @property
    def is_standardized(self) -> bool:
        """Whether the feature is scaled."""
        return False

    def standardized(self) -> Surface:
        """The same over a scaled feature; itself where there is no feature to scale."""
        return self

    def raw(self, w: float, b: float) -> tuple[float, float]:
        """The parameters over the feature as it was before scaling."""
        return w, b

    def scaled(self, w: float, b: float) -> tuple[float, float]:
        """The parameters over the scaled feature."""
        return w, b

    def loss(self, w: float, b: float) -> float:
        """The loss at (w, b)."""
        return self.measurer()(w, b)[0]

    def gradient(self, w: float, b: float) -> tuple[float, float]:
        """The slopes (dL/dw, dL/db) at (w, b)."""
        return self.measurer()(w, b)[1:]

    def eigenvalues(self, bias: bool, w: float = 0.0, b: float = 0.0) -> tuple[float, ...]:
        """The curvatures along the surface's own axes, ascending; NaN where they overflow."""
        hessian = self.hessian(bias, w, b)
        if not np.isfinite(hessian).all():
            return (math.nan,) * len(hessian)
        return tuple(float(value) for value in np.linalg.eigvalsh(hessian))


def _no_examples() -> Vector:
    return np.empty(0)


# Equal to itself alone: others may have the same five numbers from other examples.
@dataclass(frozen=True, eq=False)
class LossSurface(Surface):
    """The mean squared error of a line over m examples, as a function of (w, b).

    The examples themselves, x and y of shape (m,), serve whoever looks at them one by one. Once
    standardized, x is the feature less `shift`, divided by `scale`, and so w and b are others:
    `raw` gives them for the feature as it was.
    """

    xm: float
    ym: float
    vxx: float
    w_hat: float
    res: float
    m: int = 1
    x: Vector = field(default_factory=_no_examples, repr=False)
    y: Vector = field(default_factory=_no_examples, repr=False)
    shift: float = 0.0
    scale: float = 1.0

    @property
    def largest_loss(self) -> float:
        """Above this the loss is not finite by its definition: the sum of squares overflows."""
        return sys.float_info.max / self.m

    @classmethod
    def of(cls, x: Vector, y: Vector) -> LossSurface:
        """The surface of the examples x and y, both of shape (m,) with m >= 1."""
        with np.errstate(over="ignore", invalid="ignore"):
            # Where all x are equal their mean is too, though np.mean would round it.
            xm, ym = x[0] if np.all(x == x[0]) else np.mean(x), np.mean(y)
            dx, dy = x - xm, y - ym
            vxx = np.mean(dx * dx)
            # Where all x are equal any slope fits as well: 0 is as good as another.
            w_hat = np.mean(dx * dy) / vxx if vxx > 0 else np.float64(0)
            res = np.mean((dy - w_hat * dx) ** 2)
        five = float(xm), float(ym), float(vxx), float(w_hat), float(res)
        return cls(*five, len(x), x, y)

    def measurer(self) -> Measure:
        """A function of (w, b) that gives (loss, dL/dw, dL/db), as fast as Python can."""
        xm, ym, vxx, w_hat, res = self.xm, self.ym, self.vxx, self.w_hat, self.res

        def measure(w: float, b: float) -> tuple[float, float, float]:
            e = w - w_hat
            r = w * xm + b - ym
            return res + vxx * e * e + r * r, 2 * (vxx * e + xm * r), 2 * r

        return measure

    def batch_measurer(self, size: int, seed: int) -> BatchMeasure:
        """A function of (iteration, w, b): the batch's (loss, dL/dw, dL/db) in this iteration.

        `gdtui.core.batches` tells which `size` examples the seed gives each iteration.
        """
        if size >= len(self.x):
            return super().batch_measurer(size, seed)
        return self._batches(size, seed)

    @cached_property
    def _batches(self) -> Callable[[int, int], BatchMeasure]:
        """What measures batches, the last one kept: the runs of a sweep share it."""
        return lru_cache(maxsize=1)(partial(batch_measurer, self.x, self.y))

    def losses(self, w: Vector, b: Vector | float) -> Vector:
        """The losses at points of any shape, w and b broadcast against each other."""
        with np.errstate(over="ignore", invalid="ignore"):
            e = w - self.w_hat
            r = w * self.xm + b - self.ym
            return np.asarray(self.res + self.vxx * e * e + r * r)

    def hessian(self, bias: bool, w: float = 0.0, b: float = 0.0) -> Vector:
        """The second derivatives, the same everywhere: shape (2, 2), or (1, 1) for w alone."""
        ww, wb = 2 * (self.vxx + self.xm * self.xm), 2 * self.xm
        return np.array([[ww, wb], [wb, 2.0]] if bias else [[ww]])

    def eigenvalues(self, bias: bool, w: float = 0.0, b: float = 0.0) -> tuple[float, ...]:
        """The curvatures along the surface's own axes, ascending; NaN where they overflow."""
        # The Hessian of a mean of squares has no negative curvature: below 0 is rounding. In this
        # order, max keeps a NaN.
        values = tuple(max(value, 0.0) for value in super().eigenvalues(bias))
        if bias and values[-1] > 0:
            # Their product is 4*vxx. The smallest by itself is known only to the rounding of the
            # largest.
            return min(4 * (self.vxx / values[-1]), values[-1]), values[-1]
        return values

    def minimum(self, w: float, b: float, bias: bool) -> Minimum:
        """The least-squares minimum; where there are many, the one nearest to (w, b).

        With the bias off b is held, and the minimum is the lowest point along w.
        """
        if not bias:
            curvature = self.vxx + self.xm * self.xm
            if curvature > 0:
                w = (self.vxx * self.w_hat + self.xm * (self.ym - b)) / curvature
        elif self.vxx > 0:
            w, b = self.w_hat, self.ym - self.w_hat * self.xm
        else:
            # All x equal: the minima are the line w*xm + b = ym; go there at a right angle.
            short = (self.ym - w * self.xm - b) / (1 + self.xm * self.xm)
            w, b = w + short * self.xm, b + short
        return Minimum(w, b, self.loss(w, b))

    @property
    def is_quadratic(self) -> bool:
        """Whether the curvature is the same everywhere."""
        return True

    @property
    def is_standardized(self) -> bool:
        """Whether the feature is scaled."""
        return (self.shift, self.scale) != (0.0, 1.0)

    def standardized(self) -> LossSurface:
        """The same examples with their feature scaled to mean 0 and standard deviation 1.

        A feature that is the same in all examples has no deviation: it is only shifted.
        """
        return self if self.is_standardized else self._standardized

    @cached_property
    def _standardized(self) -> LossSurface:
        """Made once, so that all runs over it have the same surface."""
        deviation = self.x - self.xm
        # Divided by the largest first: squares of large numbers overflow.
        largest = float(np.max(np.abs(deviation))) or 1.0
        scale = largest * math.sqrt(float(np.mean((deviation / largest) ** 2))) or 1.0
        surface = LossSurface.of(deviation / scale, self.y)
        # The variance before may have been too small for a float.
        vxx = 1.0 if np.any(deviation) else 0.0
        return replace(surface, xm=0.0, vxx=vxx, shift=self.xm, scale=scale)

    def raw(self, w: float, b: float) -> tuple[float, float]:
        """The parameters of the same line over the feature as it was before scaling."""
        w = w / self.scale
        return w, b - w * self.shift

    def scaled(self, w: float, b: float) -> tuple[float, float]:
        """The parameters over the scaled feature of a line over the feature as it was."""
        return w * self.scale, b + w * self.shift if self.shift else b


def surface_of(data: Examples | Surface, settings: Settings) -> Surface:
    """The surface of the data that a descent with these settings runs over."""
    surface = data if isinstance(data, Surface) else LossSurface.of(data.x, data.y)
    return surface.standardized() if settings.standardize else surface
