"""The loss as a surface over (w, b), with what a descent and its pictures need to know of it."""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from gdtui.core.batches import BatchMeasure, batch_measurer
from gdtui.core.model import Vector
from gdtui.core.quadratic import Measure, bowl_of, five_numbers
from gdtui.core.settings import Settings

__all__ = ["Examples", "LossSurface", "Measure", "Minimum", "Surface", "Window", "surface_of"]


class Examples(Protocol):
    """What has examples: their features x and their labels y, both of shape (m,)."""

    @property
    def x(self) -> ArrayLike:
        """The features."""

    @property
    def y(self) -> ArrayLike:
        """The labels."""


class Minimum(NamedTuple):
    """A lowest point of a loss surface."""

    w: float
    b: float
    loss: float


class Window(NamedTuple):
    """The ranges of w and b that a picture of a surface shows."""

    w: tuple[float, float]
    b: tuple[float, float]


class Surface(ABC):
    """A loss over (w, b), with what a descent and its pictures need to know of it."""

    @property
    def largest_loss(self) -> float:
        """Above this the loss counts as infinite."""
        return sys.float_info.max

    def is_finite(self, loss: float, dw: float, db: float) -> bool:
        """Whether a descent goes on where the loss and its slopes are these."""
        # Infinity times 0 is NaN, which compares as false and so ends the descent as well.
        return loss <= self.largest_loss and dw * 0.0 == db * 0.0

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
    def examples(self) -> LossSurface | None:
        """The surface itself where it has examples to look at one by one."""
        return None

    @property
    def window(self) -> Window | None:
        """The ranges of w and b that a picture shows; None where the run decides."""
        return None

    @property
    def minima(self) -> tuple[Minimum, ...]:
        """The minima that are known without looking."""
        return ()

    @property
    def has_like_parameters(self) -> bool:
        """Whether a unit of w is as much as a unit of b."""
        return self.is_standardized

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
        return float(self.measurer()(w, b)[0])

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
    def of(cls, x: ArrayLike, y: ArrayLike) -> LossSurface:
        """The surface of the examples x and y, of shape (m,) or (m, 1), of which it keeps a copy.

        Raises ValueError, in a sentence, for what is not as many finite numbers of each.
        """
        feature, label = _column("x", x), _column("y", y)
        if len(feature) != len(label):
            raise ValueError(f"x has {len(feature)} examples and y has {len(label)}")
        with np.errstate(all="ignore"):
            xm, ym, vxx, w_hat, res = map(float, five_numbers(feature, label))
        return cls(xm, ym, vxx, w_hat, res, len(feature), feature, label)

    def measurer(self) -> Measure:
        """A function of (w, b) that gives (loss, dL/dw, dL/db), as fast as Python can."""
        return bowl_of(self.xm, self.ym, self.vxx, self.w_hat, self.res)

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
        with np.errstate(all="ignore"):
            return np.asarray(self.measurer()(w, b)[0])

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
    def examples(self) -> LossSurface | None:
        """The surface itself where it has examples to look at one by one."""
        return self if len(self.x) else None

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


def _column(name: str, values: ArrayLike) -> Vector:
    """Values as a read-only array of finite floats, of shape (m,); raises ValueError."""
    finite = f"{name} must hold finite numbers alone"
    try:
        array = np.asarray(values)
        # As floats, numpy would take texts and dates too, and half of a complex number.
        if array.dtype.kind not in "biufO":
            raise TypeError
        array = array.astype(np.float64, copy=False)
    except OverflowError:
        raise ValueError(finite) from None
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold numbers alone") from None
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{name} must have the shape (m,) or (m, 1), not {array.shape}")
    if not len(array):
        raise ValueError(f"{name} holds no example")
    # Where nobody has imported it nothing is masked: to do so takes a tenth of a short plain run.
    masked = "numpy.ma" in sys.modules and np.ma.is_masked(values)
    if masked or not np.isfinite(array).all():
        raise ValueError(finite)
    if array.flags.writeable or not array.flags.owndata:
        array = array.copy()
        array.setflags(write=False)
    return array


def surface_of(data: Examples | Surface, settings: Settings) -> Surface:
    """The surface of the data that a descent with these settings runs over."""
    surface = data if isinstance(data, Surface) else LossSurface.of(data.x, data.y)
    return surface.standardized() if settings.standardize else surface
