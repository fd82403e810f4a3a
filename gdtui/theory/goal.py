"""How near a loss is to the minimum, and when that is near enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gdtui.core.descent import Step, starting_point
from gdtui.core.settings import Settings
from gdtui.core.surface import Minimum, Surface

# This near to the minimum, relatively, counts as there.
NEAR = 0.01


# So few percent of a loss are not worth telling.
_NOTHING = 1e-9


# Parameters are taken to be known to so many digits: what they change in the loss is rounding.
LAST_DIGITS = 1e-12


# A point (w, b).
Place = tuple[float, float]


@dataclass(frozen=True)
class Goal:
    """Where a loss is within 1% of the minimum: 1% of `unit` above it, and `of` says of what."""

    minimum: Minimum
    unit: float
    of: str

    @property
    def allowed(self) -> float:
        """The largest loss that is near enough."""
        if self.of == OF_MINIMUM:
            return (1 + NEAR) * self.minimum.loss
        return self.minimum.loss + NEAR * self.unit

    def gap(self, loss: float) -> Gap:
        """How far a loss is above the minimum."""
        above = loss - self.minimum.loss
        if above <= 0:
            return Gap(0.0, self.of)
        # NaN compares as false: where floats overflow, no loss is known to be near.
        known = above < math.inf and 0 < self.unit < math.inf
        return Gap(100 * (above / self.unit) if known else math.inf, self.of)


class Gap(NamedTuple):
    """A distance from the minimum loss, in percent of what `of` says."""

    percent: float
    of: str

    def __str__(self) -> str:
        if self.percent < _NOTHING:
            return "at the minimum"
        if math.isinf(self.percent):
            return "far above the minimum"
        amount = f"{self.percent:,.0f}%" if 1000 <= self.percent < 1e7 else f"{self.percent:.3g}%"
        return f"{amount} above the minimum" if self.of == OF_MINIMUM else f"{amount} {self.of}"


OF_MINIMUM, OF_START = "of the minimum loss", "of the starting loss"


def goal(surface: Surface, settings: Settings, near: Place | None = None) -> Goal:
    """How low the loss must come: 1% above the minimum nearest to a place, else to the start.

    Where the minimum loss is 0, or so small that rounding decides, it is 1% of what the start has
    above it.
    """
    start, minimum = start_of(surface, settings), nearest_minimum(surface, settings, near)
    rounding = _rounding(surface, settings.bias, minimum)
    if NEAR * minimum.loss > rounding:
        return Goal(minimum, minimum.loss, OF_MINIMUM)
    return Goal(minimum, max(surface.loss(*start) - minimum.loss, rounding / NEAR), OF_START)


def _rounding(surface: Surface, bias: bool, minimum: Minimum) -> float:
    """What the last digits of the parameters change in the loss of a minimum."""
    hessian = np.abs(surface.hessian(bias, minimum.w, minimum.b))
    with np.errstate(over="ignore", invalid="ignore"):
        last = LAST_DIGITS * np.abs(minimum[: len(hessian)])
        return float(last @ hessian @ last) / 2


def gap(surface: Surface, step: Step, settings: Settings) -> Gap:
    """How far the loss of a step is above the minimum nearest to it."""
    return goal(surface, settings, (step.w, step.b)).gap(step.loss)


def start_of(surface: Surface, settings: Settings) -> Place:
    """Where a descent with these settings begins."""
    return starting_point(surface, settings)[1:3]


def nearest_minimum(surface: Surface, settings: Settings, near: Place | None) -> Minimum:
    """The minimum nearest to a place, else to the start."""
    return surface.minimum(*(near or start_of(surface, settings)), settings.bias)
