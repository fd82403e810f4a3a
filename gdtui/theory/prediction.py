"""After how many iterations a loss is near the minimum, where theory can tell."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gdtui.core.model import Vector
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.theory.axis import AxisMotion, axis_of, exp_or_infinity
from gdtui.theory.goal import LAST_DIGITS, Place, goal, nearest_minimum, start_of

# With momentum the loss goes up and down: so many iterations, the fewest that are enough, are
# looked at one by one.
_SCANNED = 2, 125, 250, 500, 1000, 2000


# A count of iterations beyond which the rounding of floats decides.
_ENDLESS = 2**62


def predicted_iterations(
    surface: Surface, settings: Settings, place: Place | None = None
) -> float | None:
    """How many iterations, from rest at a place, else from the start, to within 1% of the minimum.

    Infinite where that never comes; None where no closed form tells: the surface is not quadratic,
    the method not linear, or it swings for thousands of iterations.
    """
    if not surface.is_quadratic or not settings.chosen_method.linear:
        return None
    target = goal(surface, settings)
    parts = _parts(surface, settings, place or start_of(surface, settings))
    margin = target.allowed - target.minimum.loss
    total = sum(above for _, above in parts)
    if not math.isfinite(total):
        return math.inf
    if total <= margin:
        return 0
    if all(axis.is_geometric for axis, _ in parts):
        return _first(parts, margin, 0)
    return _first_with_momentum(parts, margin)


# Each axis, and how much of the loss above the minimum it holds at first.
_Parts = list[tuple[AxisMotion, float]]


def _parts(surface: Surface, settings: Settings, place: Place) -> _Parts:
    minimum = nearest_minimum(surface, settings, place)
    values = surface.eigenvalues(settings.bias, minimum.w, minimum.b)
    if not math.isfinite(values[-1]):
        return [(AxisMotion(0.0, 0.0, 1.0), math.inf)]
    vectors = np.linalg.eigh(surface.hessian(settings.bias))[1]
    with np.errstate(over="ignore", invalid="ignore"):
        away = np.array([place[0] - minimum.w, place[1] - minimum.b])
        along = away[: len(values)] @ vectors
    parts = zip(values, along.tolist(), strict=True)
    found = [(axis_of(settings, value), value / 2 * c * c) for value, c in parts]
    return [(axis, above) for axis, above in found if axis and above]


def _first_with_momentum(parts: _Parts, margin: float) -> float | None:
    swinging = [part for part in parts if part[0].swings]
    grows = any(axis.factor > 1 for axis, _ in swinging)
    settled = (n for n in _SCANNED if _bound(swinging, n) <= LAST_DIGITS * margin)
    scanned = _SCANNED[-1] if grows else next(settled, _SCANNED[-1])
    near = np.flatnonzero(_left(parts, scanned) <= margin)
    if len(near):
        return int(near[0])
    left = _bound(swinging, scanned)
    if left > LAST_DIGITS * margin:
        return math.inf if grows and left > margin else None
    return _first([part for part in parts if not part[0].swings], margin, scanned - 1)


def _bound(parts: _Parts, t: int) -> float:
    """What is left above the minimum after t iterations, at most."""
    bounds = [math.sqrt(above) * axis.bound(t) for axis, above in parts]
    return sum(bound * bound for bound in bounds)


def _left(parts: _Parts, count: int) -> Vector:
    """What is left above the minimum in each of so many iterations."""
    with np.errstate(over="ignore", invalid="ignore"):
        walks = [(above, np.fromiter(axis.distances(), float, count)) for axis, above in parts]
        return np.asarray(sum(above * walk * walk for above, walk in walks))


def _first(parts: _Parts, margin: float, after: int) -> float:
    """The first iteration after which no more than a margin is left above the minimum.

    A sum of powers of t is convex: it falls, and may rise again.
    """
    logs = [(math.log(above), axis.log_distance()) for axis, above in parts]

    def left(t: int) -> float:
        return sum(exp_or_infinity(log + 2 * log_distance(t)) for log, log_distance in logs)

    low, high = after, after + 1
    while left(high) > margin:
        if high > _ENDLESS:
            return math.inf
        if left(high + 1) > left(high):
            high = _bisected(low, high, lambda t: left(t + 1) > left(t))
            if left(high) > margin:
                return math.inf
            break
        low, high = high, 2 * high
    return _bisected(low, high, lambda t: left(t) <= margin)


def _bisected(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number above `low` from which on something holds, as it does at `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
