"""The numbers that a suspicion leaves open, found from the lines.

The first lines give them as roots of an equation each, more lines then their last digits, by
Newton's method for least squares; and of all numbers that agree with the lines, those with the
fewest digits are taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from gdtui.core.model import Vector
from gdtui.diagnosis.comparing import Reading, agreement, losses_at
from gdtui.diagnosis.variant import RATE, STARTS, Variant

# Learning rates that are tried.
_RATES = np.geomspace(1e-9, 1e4, 157)
# Shares that are tried: of what a method remembers, how much it keeps.
_SHARES = 1 - np.geomspace(1, 1e-5, 61)
# A number tells in one of the first lines, if at all: what is remembered, after two updates.
_LATEST = 3
# Starts that are tried: this far from the minimum, in units of what the loss at the start tells.
_DISTANCES = np.concatenate([[0.0], np.geomspace(1e-3, 1e2, 36)])
_DIRECTIONS = 180
# More lines than these do not make the numbers more exact.
_MOST_LINES = 400
_HALVINGS = 48
_NEWTON_STEPS = 4
# An equation that comes this near to 0 is taken to touch it.
_TOUCHING = 1e-6
# A fit that is so many times as far off as the digits allow will not come to fit.
_FAR_OFF = 1e3
# As exact as a float can be.
_DIGITS = 17

Curve = Callable[[float], float]


def solved(variant: Variant, numbers: tuple[str, ...], reading: Reading) -> Iterator[Variant]:
    """The variants with their numbers found that agree with the first lines, each once."""
    target = _Target(reading)
    if target.size < len(numbers):
        return
    seen: list[list[float]] = []
    for begin in _begins(variant, numbers, target):
        found = target.fitted(begin, numbers)
        if found is None:
            continue
        values = found.numbers(numbers)
        if any(np.allclose(values, other, rtol=1e-9, atol=0) for other in seen):
            continue
        seen.append(values)
        yield found


def rounded(variant: Variant, numbers: tuple[str, ...], reading: Reading) -> Variant | None:
    """The variant with the fewest digits in its numbers that agrees with all lines, if one does."""
    for digits in range(1, _DIGITS + 1):
        shorter = _shortened(variant, numbers, digits)
        if agreement(shorter, reading).at is None:
            for name in numbers if len(numbers) > 1 else ():
                shorter = _shortest(shorter, name, reading)
            return shorter
    return variant if agreement(variant, reading).at is None else None


def _shortest(variant: Variant, name: str, reading: Reading) -> Variant:
    """The same, where one number alone can do with fewer digits than the others."""
    tried = (_shortened(variant, (name,), digits) for digits in range(1, _DIGITS))
    return next((one for one in tried if agreement(one, reading).at is None), variant)


def _shortened(variant: Variant, names: tuple[str, ...], digits: int) -> Variant:
    return variant.with_numbers(
        names, [float(f"{value:.{digits - 1}e}") for value in variant.numbers(names)]
    )


class _Target:
    """The losses that are to be met: where they were measured, and how exact they are."""

    def __init__(self, reading: Reading) -> None:
        finite: list[tuple[int, float, float]] = []
        for point, printed in zip(reading.points, reading.transcript, strict=True):
            if not math.isfinite(printed.loss) or len(finite) == _MOST_LINES:
                break
            finite.append((point, printed.loss, printed.unit))
        columns = np.array(finite).reshape(-1, 3).T
        self.points, self.losses, self.units = columns
        self.size = len(finite)

    def fitted(self, variant: Variant, numbers: tuple[str, ...]) -> Variant | None:
        """The variant with its numbers as exact as all lines make them; None where none fit."""
        count = min(len(numbers) + 2, self.size)
        while True:
            found = self._newton(variant, numbers, count)
            if found is None:
                return None
            variant = found
            if count == self.size:
                return variant
            count = min(2 * count, self.size)

    def _newton(self, variant: Variant, numbers: tuple[str, ...], count: int) -> Variant | None:
        """Newton's method for least squares over the first lines; None where they are not met."""
        points, losses = self.points[:count], self.losses[:count]
        exact = self.units[:count] / 2 + 1e-13 * np.abs(losses)
        values = np.array(variant.numbers(numbers))
        best, best_off = variant, math.inf
        for step_number in range(_NEWTON_STEPS):
            here = variant.with_numbers(numbers, values.tolist())
            off = (losses_at(here, points) - losses) / exact
            size = float(np.max(np.abs(off)))
            if not math.isfinite(size):
                break
            if size < best_off:
                best, best_off = here, size
            if size < 0.1 or (step_number and best_off > _FAR_OFF):
                break
            slopes = np.stack([_slopes(here, name, points) / exact for name in numbers], axis=1)
            if not np.isfinite(slopes).all():
                break
            scale = np.max(np.abs(slopes), axis=0)
            if not scale.all():
                break
            step = np.linalg.lstsq(slopes / scale, off, rcond=None)[0] / scale
            values = values - step
        # What is left over may be rounding that has grown.
        return best if best_off < _FAR_OFF else None


def _slopes(variant: Variant, name: str, points: Vector) -> Vector:
    """How the losses printed change with a number."""
    (value,) = variant.numbers((name,))
    nudge = 1e-6 * (abs(value) or 1.0)
    above, below = (variant.with_numbers((name,), [value + by]) for by in (nudge, -nudge))
    return (losses_at(above, points) - losses_at(below, points)) / (2 * nudge)


def _begins(variant: Variant, numbers: tuple[str, ...], target: _Target) -> Iterator[Variant]:
    """Variants whose numbers meet as many of the first losses as there are numbers."""
    if set(numbers) == set(STARTS):
        yield from _starts(variant, target)
        return
    # The start tells in the first line, the rate in the next, and what is remembered thereafter.
    first, *second = sorted(numbers, key=lambda name: (name not in STARTS, name != RATE))
    for begin in _met(variant, first, target, 0):
        if second:
            yield from _met(begin, second[0], target, 1)
        else:
            yield begin


def _met(variant: Variant, number: str, target: _Target, after: int) -> Iterator[Variant]:
    """Variants with one number such that they meet the first loss that depends on it."""
    tried = _tried(variant, number, target)
    ends = [variant.with_numbers((number,), [end]) for end in tried[[0, -1]].tolist()]
    for at in range(after, min(after + _LATEST, target.size)):
        points = target.points[at : at + 1]
        low, high = (float(losses_at(end, points)[0]) for end in ends)
        if low != high:
            break
    else:
        return
    loss = _squared(variant, float(target.losses[at]))

    def off(value: float) -> float:
        there = variant.with_numbers((number,), [value])
        return _squared(there, float(losses_at(there, points)[0])) - loss

    if _is_parabola(variant, number, int(points[0])):
        near = _squared(variant, float(target.losses[at] + target.units[at])) - loss
        roots = _roots_of_parabola(off, near, *variant.numbers((number,)))
    else:
        roots = _roots(off, tried)
    for value in roots:
        if number in STARTS or value > 0:
            yield variant.with_numbers((number,), [value])


def _tried(variant: Variant, number: str, target: _Target) -> Vector:
    """The values that are tried for a number."""
    if number == RATE:
        return _RATES
    return _tried_starts(variant, number, target) if number in STARTS else _SHARES


def _is_parabola(variant: Variant, number: str, point: int) -> bool:
    """Whether the squared error at a point is a quadratic function of a number."""
    updates = point + variant.after_update
    method = variant.settings.chosen_method
    if not variant.surface.is_quadratic or variant.prints == "amounts":
        return False
    if number == RATE:
        # The first step is in proportion to it.
        return updates == 1 and not variant.first and method.rule is not None
    if number not in STARTS:
        return False
    return updates == 0 or (method.linear is not None and variant.descends == "squares")


def _roots_of_parabola(off: Curve, near: float, middle: float) -> Iterator[float]:
    """The roots of a quadratic function, or where it all but touches 0: no farther than `near`."""
    reach = abs(middle) or 1.0
    below, here, above = off(middle - reach), off(middle), off(middle + reach)
    slope, bend = (above - below) / 2, (above + below) / 2 - here
    if not (math.isfinite(slope) and math.isfinite(bend)) or bend == 0:
        return
    left = slope * slope - 4 * bend * here
    if left < -4 * abs(bend) * near - _TOUCHING * slope * slope:
        return
    root = math.sqrt(max(left, 0.0))
    # In this form nothing cancels.
    larger = -(slope + math.copysign(root, slope)) / 2
    yield middle + reach * larger / bend
    if root and larger:
        yield middle + reach * here / larger


def _roots(off: Curve, tried: Vector) -> Iterator[float]:
    """Where an equation changes its sign between the values tried, or all but touches 0."""
    at = [off(value) for value in tried.tolist()]
    for place in range(len(tried) - 1):
        low, high = float(tried[place]), float(tried[place + 1])
        if at[place] == 0:
            yield low
        elif at[place] * at[place + 1] < 0:
            yield _bisected(off, low, high, at[place])
        elif place > 0 and abs(at[place]) < min(abs(at[place - 1]), abs(at[place + 1])):
            # It may cross 0 twice in between.
            yield from _roots_beside(off, float(tried[place - 1]), low, high, at[place])


def _roots_beside(
    off: Curve, low: float, middle: float, high: float, there: float
) -> Iterator[float]:
    sign = 1 if there > 0 else -1
    a, b = low, high
    for _ in range(_HALVINGS):
        one, other = a + (b - a) * 0.382, a + (b - a) * 0.618
        if sign * off(one) < sign * off(other):
            b = other
        else:
            a = one
    lowest = (a + b) / 2
    if sign * off(lowest) < 0:
        yield _bisected(off, low, lowest, sign * 1.0)
        yield _bisected(off, lowest, high, -sign * 1.0)
    else:
        yield lowest


def _bisected(off: Curve, low: float, high: float, at_low: float) -> float:
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if (off(middle) > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _tried_starts(variant: Variant, number: str, target: _Target) -> Vector:
    """Starts around the lowest point along one parameter, as far as the first loss may lie."""
    surface = variant.surface
    _, dw, db = surface.measurer()(variant.w, variant.b)
    of_w, of_b = np.diagonal(surface.hessian(True, variant.w, variant.b))
    value, slope, curvature = (variant.w, dw, of_w) if number == "w" else (variant.b, db, of_b)
    if not curvature > 0:
        curvature = 1.0
    lowest = value - slope / curvature
    loss = _squared(variant, float(target.losses[0]))
    reach = math.sqrt(2 * abs(loss) / curvature) or 1.0
    beside = reach * _DISTANCES
    return np.concatenate([lowest - beside[:0:-1], lowest + beside])


def _squared(variant: Variant, printed: float) -> float:
    """The mean squared error where a loss is printed; the square of what is no square."""
    factor = variant.print_factor * (variant.example_count if variant.print_summed else 1)
    loss = printed / factor
    return loss if variant.prints == "squares" else loss * loss


def _starts(variant: Variant, target: _Target) -> Iterator[Variant]:
    """Starts (w, b) that meet the first two losses: those of the first lie on an ellipse."""
    surface = variant.surface
    if target.size < 2 or not surface.is_quadratic or target.points[0] != 0:
        return
    lowest = surface.minimum(variant.w, variant.b, True)
    above = _squared(variant, float(target.losses[0])) - lowest.loss
    curvatures, axes = np.linalg.eigh(surface.hessian(True))
    if not above > 0 or not curvatures[0] > 0:
        return
    radii = np.sqrt(2 * above / curvatures)

    def place(angle: float) -> Variant:
        w, b = axes @ (radii * [math.cos(angle), math.sin(angle)])
        return variant.with_numbers(("w", "b"), [lowest.w + float(w), lowest.b + float(b)])

    def off(angle: float) -> float:
        return float(losses_at(place(angle), target.points[1:2])[0] - target.losses[1])

    for angle in _roots(off, np.linspace(-0.01, 2 * math.pi + 0.01, _DIRECTIONS)):
        yield place(angle)
