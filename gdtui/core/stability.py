"""Why a learning rate works or not: the curvature against the step, before and after a run.

On a quadratic surface the distance c from the minimum goes on along each axis of the surface by
itself. With the curvature k and z = lr*k, gradient descent multiplies it by 1 - z; a method with
momentum keeps a part q of what the last step changed (each method declares its own, in methods.py):

    c[t+1] = c[t] - z*c[t] + q*(c[t] - c[t-1])

and the loss lies above that of the minimum by the sum of k/2 * c^2 over the axes.
Source: Goh, "Why Momentum Really Works", Distill, 2017.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gdtui.core.descent import Outcome, Status, Step, starting_point
from gdtui.core.model import Vector
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import LossSurface, Minimum, Surface

# This near to the minimum, relatively, counts as there.
NEAR = 0.01
# So few percent of a loss are not worth telling.
_NOTHING = 1e-9
# Below this part of the critical rate a descent crawls: half the critical rate, still without a
# step past the minimum, takes less than a tenth of the iterations along every axis.
_CRAWLING = 0.05
# Parameters are taken to be known to so many digits: what they change in the loss is rounding.
_ROUNDING = 1e-12
# With momentum the loss goes up and down: so many iterations, the fewest that are enough, are
# looked at one by one.
_SCANNED = 2, 125, 250, 500, 1000, 2000
# A count of iterations beyond which the rounding of floats decides.
_ENDLESS = 2**62
# Steeper than this an axis is not told from others: the square must not overflow.
_STEEPEST = 1e150
# The logarithm of the largest float, about.
_LARGEST = 709.0

# A point (w, b).
Place = tuple[float, float]

LR = next(parameter for parameter in SHARED if parameter.name == "lr")


# How near


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
    start, minimum = _start(surface, settings), _minimum(surface, settings, near)
    rounding = _rounding(surface, settings.bias, minimum)
    if NEAR * minimum.loss > rounding:
        return Goal(minimum, minimum.loss, OF_MINIMUM)
    return Goal(minimum, max(surface.loss(*start) - minimum.loss, rounding / NEAR), OF_START)


def _rounding(surface: Surface, bias: bool, minimum: Minimum) -> float:
    """What the last digits of the parameters change in the loss of a minimum."""
    hessian = np.abs(surface.hessian(bias, minimum.w, minimum.b))
    with np.errstate(over="ignore", invalid="ignore"):
        last = _ROUNDING * np.abs(minimum[: len(hessian)])
        return float(last @ hessian @ last) / 2


def gap(surface: Surface, step: Step, settings: Settings) -> Gap:
    """How far the loss of a step is above the minimum nearest to it."""
    return goal(surface, settings, (step.w, step.b)).gap(step.loss)


# Along one axis


@dataclass(frozen=True)
class Axis:
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
        return parts / abs(one - other) * _exp(t * _log1p(self.factor - 1))


def _log1p(value: float) -> float:
    """The logarithm of the size of 1 + value."""
    if value < -1:
        value = -2 - value
    return math.log1p(value) if value > -1 else -math.inf


def _exp(value: float) -> float:
    return math.exp(value) if value < _LARGEST else math.inf


# Before a run


class Verdict(StrEnum):
    """What the critical learning rate says of a learning rate."""

    CRAWLS = "crawls"
    GOOD = "good"
    OSCILLATES = "oscillates"
    DIVERGES = "diverges"
    NO_BOUND = "no bound"


@dataclass(frozen=True)
class Stability:
    """The curvatures of a surface, ascending, and what they say of a learning rate.

    The verdict is about the steepest axis, where a step goes too far first; `predicted`, the
    iteration at which the loss is within 1% of the minimum, tells of the flattest. It is infinite
    where that never comes, and None where no closed form tells.
    """

    eigenvalues: tuple[float, ...]
    condition: float
    critical: float | None
    ratio: float | None
    verdict: Verdict
    short: str
    why: str
    predicted: float | None

    @property
    def outlook(self) -> str:
        """The predicted iterations in a few words."""
        if self.predicted is None:
            return "no closed form"
        if math.isinf(self.predicted):
            return "never within 1%"
        count = f"{self.predicted:.0f}" if self.predicted <= 1e9 else f"{self.predicted:.2g}"
        return f"within 1% after {count}" if self.predicted else "within 1% at the start"


def stability(surface: Surface, settings: Settings, near: Place | None = None) -> Stability:
    """The curvature at the minimum nearest to a place, else to the start, against the settings."""
    minimum = _minimum(surface, settings, near)
    values = _curvatures(surface, settings, minimum)
    critical = _critical(settings, values[-1])
    ratio = None
    if critical is not None and critical < math.inf:
        ratio = settings.lr / critical if critical else math.inf
    axis = axis_of(settings, values[-1])
    verdict = _verdict(ratio, axis)
    place = None if surface.is_quadratic else minimum
    return Stability(
        eigenvalues=values,
        condition=values[-1] / values[0] if values[0] > 0 else math.inf,
        critical=critical,
        ratio=ratio,
        verdict=verdict,
        short=_short(verdict, axis, critical),
        why=_why(settings, verdict, axis, critical, place),
        predicted=predicted_iterations(surface, settings),
    )


def critical_rate(surface: Surface, settings: Settings, near: Place | None = None) -> float | None:
    """The learning rate above which the method diverges; None where theory has no such bound.

    It is infinite on a flat surface, and 0 where the curvature is too large for a float. Where the
    curvature changes, that at the minimum nearest to a place, else to the start, counts.
    """
    minimum = _minimum(surface, settings, near)
    return _critical(settings, _curvatures(surface, settings, minimum)[-1])


def advised_rate(surface: Surface, settings: Settings, near: Place | None = None) -> float | None:
    """Half the critical learning rate, rounded down to two digits; None where there is none."""
    critical = critical_rate(surface, settings, near)
    if critical is None or math.isinf(critical):
        return None
    half = float(Context(prec=2, rounding=ROUND_FLOOR).create_decimal(critical / 2))
    return min(half, LR.high) if half >= LR.low else None


def _start(surface: Surface, settings: Settings) -> Place:
    return starting_point(surface, settings)[1:3]


def _minimum(surface: Surface, settings: Settings, near: Place | None) -> Minimum:
    """The minimum nearest to a place, else to the start."""
    return surface.minimum(*(near or _start(surface, settings)), settings.bias)


def _curvatures(surface: Surface, settings: Settings, minimum: Minimum) -> tuple[float, ...]:
    """The eigenvalues at a minimum, ascending."""
    values = surface.eigenvalues(settings.bias, minimum.w, minimum.b)
    if isinstance(surface, LossSurface) and settings.bias and values[-1] > 0:
        # Their product is 4*vxx. The smallest by itself is known only to the rounding of the
        # largest.
        return min(4 * (surface.vxx / values[-1]), values[-1]), values[-1]
    return values


def _critical(settings: Settings, steepest: float) -> float | None:
    critical = settings.chosen_method.critical
    if critical is None:
        return None
    if math.isnan(steepest):
        return 0.0
    return critical(steepest, settings) if steepest > 0 else math.inf


def axis_of(settings: Settings, curvature: float) -> Axis | None:
    """How the method goes on along an axis of this curvature; None where it is not linear."""
    linear, z = settings.chosen_method.linear, min(settings.lr * curvature, _STEEPEST)
    return Axis(z, *linear(z, settings)) if linear and math.isfinite(z) else None


def _verdict(ratio: float | None, axis: Axis | None) -> Verdict:
    if ratio is None:
        return Verdict.NO_BOUND
    if ratio > 1:
        return Verdict.DIVERGES
    if axis.jumps if axis else ratio > 0.5:
        return Verdict.OSCILLATES
    # What swings is already as quick along the steepest axis as its momentum lets it be.
    crawls = ratio < _CRAWLING and not (axis and axis.swings)
    return Verdict.CRAWLS if crawls else Verdict.GOOD


def _short(verdict: Verdict, axis: Axis | None, critical: float | None) -> str:
    if verdict is Verdict.NO_BOUND:
        return "no critical rate" if critical is None else "flat at the minimum"
    if not axis:
        return {
            Verdict.CRAWLS: "far below the critical",
            Verdict.GOOD: "well below the critical",
            Verdict.OSCILLATES: "close to the critical",
            Verdict.DIVERGES: "above the critical",
        }[verdict]
    if verdict is Verdict.CRAWLS:
        return f"goes {_part(axis)} of the way"
    if verdict is Verdict.GOOD and not axis.swings:
        return "never past the minimum"
    return "swings, then settles" if axis.is_wave else f"lands {_times(axis.factor)} as far"


def _why(
    settings: Settings,
    verdict: Verdict,
    axis: Axis | None,
    critical: float | None,
    place: Minimum | None,
) -> str:
    if critical is None:
        return f"theory knows no critical learning rate for {settings.chosen_method.name}"
    if verdict is Verdict.NO_BOUND:
        return "the surface is flat at the minimum: no learning rate is too large there"
    times = _times(settings.lr / critical) if critical else "above"
    where = f" at the minimum {_at(place)}" if place else ""
    compared = f"the learning rate {settings.lr:g} is {times} the critical {critical:.4g}{where}"
    if place and verdict is Verdict.DIVERGES:
        # What a step does is known beside the minimum alone, and a descent may be far from there.
        return f"{compared}: the descent can't settle there"
    return f"{compared}: {_effect(verdict, axis)}"


def _at(place: Minimum) -> str:
    return f"({place.w:.4g}, {place.b:.4g})"


def _effect(verdict: Verdict, axis: Axis | None) -> str:
    """What each step does along the steepest axis."""
    if verdict is Verdict.DIVERGES:
        if not axis:
            return "each step overshoots the minimum further than the last"
        times = _times(axis.factor)
        return f"each step overshoots the minimum and lands {times} as far on the other side"
    if verdict is Verdict.CRAWLS:
        part = f"only {_part(axis)} of" if axis else "little of"
        return f"each step goes {part} the way to the minimum along the steepest axis"
    if not axis:
        return "a step along the steepest axis brings the minimum nearer"
    if axis.is_wave:
        return "it swings across the minimum along the steepest axis, and settles"
    if verdict is Verdict.GOOD:
        return "no step goes past the minimum along the steepest axis"
    times = _times(axis.factor)
    return f"each step lands on the other side of the minimum, {times} as far from it"


def _part(axis: Axis) -> str:
    return f"{-100 * axis.roots[0].real:.2g}%"


def _times(ratio: float) -> str:
    if 0.995 <= ratio < 1.005:
        # Two digits would hide on which side of 1 it is.
        return f"{ratio:.6g} times"
    return f"{ratio:.2f} times" if 0.1 <= ratio < 1000 else f"{ratio:.2g} times"


# When it is near


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
    parts = _parts(surface, settings, place or _start(surface, settings))
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
_Parts = list[tuple[Axis, float]]


def _parts(surface: Surface, settings: Settings, place: Place) -> _Parts:
    minimum = _minimum(surface, settings, place)
    values = _curvatures(surface, settings, minimum)
    if not math.isfinite(values[-1]):
        return [(Axis(0.0, 0.0, 1.0), math.inf)]
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
    settled = (n for n in _SCANNED if _bound(swinging, n) <= _ROUNDING * margin)
    scanned = _SCANNED[-1] if grows else next(settled, _SCANNED[-1])
    near = np.flatnonzero(_left(parts, scanned) <= margin)
    if len(near):
        return int(near[0])
    left = _bound(swinging, scanned)
    if left > _ROUNDING * margin:
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
        return sum(_exp(log + 2 * log_distance(t)) for log, log_distance in logs)

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


# After a run


class Explanation(NamedTuple):
    """What happened to a run, why, and what to do; the last two may be empty."""

    what: str
    why: str = ""
    advice: str = ""

    def __str__(self) -> str:
        sentence = f"{self.what}: {self.why}" if self.why else self.what
        return f"{sentence}; {self.advice}" if self.advice else sentence


def explanation(surface: Surface, settings: Settings, outcome: Outcome) -> Explanation:
    """How a descent ended, and why, in words."""
    if outcome.status is Status.DIVERGED:
        return _diverged(surface, settings, outcome)
    if outcome.status is Status.CONVERGED:
        return _converged(surface, settings, outcome)
    return _finished(surface, settings, outcome)


def warning(surface: Surface, settings: Settings, place: Place) -> str:
    """That the learning rate is above the critical one, and what to do; empty where it is not."""
    too_large = _too_large(surface, settings, place)
    return "; ".join(words for words in too_large if words) if too_large else ""


def _too_large(surface: Surface, settings: Settings, place: Place) -> tuple[str, str] | None:
    """That the learning rate is above the critical one, and a better one; None where it is not."""
    found = stability(surface, settings, place)
    if found.verdict is not Verdict.DIVERGES:
        return None
    advised = advised_rate(surface, settings, place)
    return found.why, f"try {advised:g}" if advised else _scaling(surface)


def _scaling(surface: Surface) -> str:
    """What helps where every learning rate is too large."""
    has_feature = isinstance(surface, LossSurface) and not surface.is_standardized
    return "standardize the feature" if has_feature else ""


def _diverged(surface: Surface, settings: Settings, outcome: Outcome) -> Explanation:
    what, step = f"diverged at iteration {outcome.iteration}", outcome.step
    if outcome.iteration == 0:
        return Explanation(what, "the loss at the start is not a finite number", _nearer(surface))
    too_large = _too_large(surface, settings, (step.w, step.b))
    if too_large:
        return Explanation(what, *too_large)
    why = "the loss is no longer a finite number"
    if not surface.is_quadratic:
        why = f"the learning rate {settings.lr:g} is too large for the slopes on the way"
    return Explanation(what, why, "try a smaller learning rate")


def _nearer(surface: Surface) -> str:
    """What helps where the start is too high; empty where no start is low enough."""
    return "start nearer" if surface.minimum(0.0, 0.0, True).loss < math.inf else ""


def _converged(surface: Surface, settings: Settings, outcome: Outcome) -> Explanation:
    what, step = f"converged at iteration {outcome.iteration}", outcome.step
    slope = math.hypot(step.dw, step.db if settings.bias else 0.0)
    too_early = slope < settings.tolerance
    short = f"the gradient is shorter than {settings.tolerance:g}"
    why = short if too_early else "no step lowers the loss"
    left = gap(surface, step, settings)
    if not left.percent > 1:
        return Explanation(what, why)
    smaller = "tolerance" if too_early else "learning rate"
    return Explanation(what, f"{why}, yet it is {left}", f"try a smaller {smaller}")


def _finished(surface: Surface, settings: Settings, outcome: Outcome) -> Explanation:
    what, step = f"finished after {outcome.iteration} iterations", outcome.step
    left = gap(surface, step, settings)
    if left.percent <= 1:
        return Explanation(what, f"the loss is {left}")
    too_large = _too_large(surface, settings, (step.w, step.b))
    if too_large:
        return Explanation(what, *too_large)
    return Explanation(what, f"the loss is still {left}", _to_go_on(surface, settings, step))


def _to_go_on(surface: Surface, settings: Settings, step: Step) -> str:
    """What brings a descent nearer that has ended too early; empty where nobody can tell."""
    place = step.w, step.b
    if stability(surface, settings, place).verdict is Verdict.CRAWLS:
        # Where the curvature changes, half the critical rate may be too much on the way.
        if not surface.is_quadratic:
            return "try a larger learning rate"
        return f"try {advised_rate(surface, settings, place):g}"
    if settings.chosen_method.memory:
        # A step does not hold it, and so not how fast the descent goes.
        return ""
    more = predicted_iterations(surface, settings, place)
    if more is None or math.isinf(more):
        return ""
    return f"{more:.0f} more iterations bring it within 1%"
