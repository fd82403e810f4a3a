"""How the distance from the minimum goes on along one axis of a quadratic surface.

With the curvature k and z = lr*k, gradient descent multiplies the distance c by 1 - z; a method
with momentum keeps a part q of what the last step changed (each method declares its own):

    c[t+1] = c[t] - z*c[t] + q*(c[t] - c[t-1])

and the loss lies above that of the minimum by the sum of k/2 * c^2 over the axes.
Source: Goh, "Why Momentum Really Works", Distill, 2017.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from gdtui.core.settings import Settings

# Steeper than this an axis is not told from others: the square must not overflow.
_STEEPEST = 1e150


# The logarithm of the largest float, about.
_LARGEST = 709.0


@dataclass(frozen=True)
class AxisMotion:
    """How the distance from the minimum goes on along one axis: c[t+1] = c - z*c + q*(c - c[t-1]).

    From rest, the first step multiplies it by `first`.
    """

    z: float
    q: float
    first: float

    @cached_property
    def roots(self) -> tuple[complex, complex]:
        """The two factors an iteration whose mixture the distance follows, the larger first.

        They are given less 1, which the small steps along a flat axis would else drown in.
        """
        far = (1 - self.q + self.z + cmath.sqrt(self._discriminant)) / 2
        near = self.z / far if far else far
        return (-far, -near) if abs(1 - far) > abs(1 - near) else (-near, -far)

    @property
    def _discriminant(self) -> float:
        """Below 0 where the distance goes in waves."""
        # (1 - q + z)^2 - 4*z, which rounding could take below 0 where q is 0.
        return (1 - self.z) ** 2 - 2 * self.q * (1 + self.z) + self.q * self.q

    @property
    def factor(self) -> float:
        """What the distance is multiplied by an iteration, in the long run and in size."""
        return abs(1 + self.roots[0])

    @property
    def swings(self) -> bool:
        """Whether the distance changes its sign."""
        # One of two real factors is negative where their product q is, or else their sum.
        return self.is_wave or self.jumps or min(self.q, self.first) < 0

    @property
    def is_wave(self) -> bool:
        """Whether it does so in waves of several steps, not from one step to the next."""
        return self._discriminant < 0

    @property
    def jumps(self) -> bool:
        """Whether it changes its sign at more than every second step."""
        return 1 + self.q < self.z

    def distances(self) -> Iterator[float]:
        """The distances of the iterations, from 1."""
        here, change = 1.0, self.first - 1
        while True:
            yield here
            here += change
            change = self.q * change - self.z * here

    @property
    def is_geometric(self) -> bool:
        """Whether every iteration multiplies the distance by the same factor."""
        return not self.q and self.first == 1 - self.z

    def log_distance(self) -> Callable[[int], float]:
        """The logarithm of the size of the distance after t > 1 iterations, as a function of t.

        It holds where every iteration has the same factor, or where nothing swings.
        """
        slow, quick = (root.real for root in self.roots)
        rate = _log1p(slow)
        if self.is_geometric or slow == -1:
            return lambda t: t * rate
        apart, share = _log1p(quick) - rate, (self.first - 1 - slow) / (1 + slow)

        def log_distance(t: int) -> float:
            mixed = math.expm1(t * apart) / math.expm1(apart) if apart else t
            return t * rate + math.log1p(share * mixed)

        return log_distance

    def bound(self, t: int) -> float:
        """A size that the distance after t iterations does not exceed."""
        one, other = (1 + root for root in self.roots)
        if one == other:
            return math.inf
        parts = abs(self.first - other) + abs(self.first - one)
        return parts / abs(one - other) * exp_or_infinity(t * _log1p(self.factor - 1))


def _log1p(value: float) -> float:
    """The logarithm of the size of 1 + value."""
    if value < -1:
        value = -2 - value
    return math.log1p(value) if value > -1 else -math.inf


def exp_or_infinity(value: float) -> float:
    """e to the power of a value, infinite where that is too large for a float."""
    return math.exp(value) if value < _LARGEST else math.inf


def axis_of(settings: Settings, curvature: float) -> AxisMotion | None:
    """How the method goes on along an axis of this curvature; None where it is not linear."""
    linear, z = settings.chosen_method.linear, min(settings.lr * curvature, _STEEPEST)
    return AxisMotion(z, *linear(z, **dict(settings.own))) if linear and math.isfinite(z) else None
