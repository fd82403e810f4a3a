"""Whether a replay gives the losses that were printed, to the digits that were printed.

Two right programs may sum up in another order, and so their losses differ in the last digits of a
float. That is mostly less than what is printed; but where a run diverges, it grows from iteration
to iteration. How far it may have grown is measured: the replay is repeated with all
its numbers moved as rounding may move them (stochastic arithmetic: Vignes, "A stochastic arithmetic
for reliable scientific computation", 1993).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np

from gdtui.core.model import Vector
from gdtui.diagnosis.variant import SINGLE, Replayed, Variant
from gdtui.transcript import PrintedLoss, Transcript

# Repeated replays, and how many times their deviation may be exceeded: a false accusation is worse
# than a difference in the last digits that goes unseen.
_REPEATED, _GENEROUS = 4, 8
# Beyond this a sum of squares may be infinite in one program and finite in another.
_OVERFLOWS = 1e290
# A loss that rounding may change by more than this part of it says nothing any more.
_TELLS_NOTHING = 1e-3
# A float has no more.
_MOST_DIGITS = 15.0
# Numbers in single precision are known by so many digits, of all lines together, beyond their own.
_FINER = 3


@dataclass(frozen=True)
class Reading:
    """The printed losses, and how the points of the run at which they were measured are counted.

    `offset` is added to the iteration that a line names: -1 where the first one is called 1.
    """

    transcript: Transcript
    offset: int = 0

    @property
    def points(self) -> Iterator[int]:
        """How many updates lie before each of the losses."""
        return (printed.iteration + self.offset for printed in self.transcript)


class Agreement(NamedTuple):
    """How far a replay agrees with the lines.

    `at` is the index of the first line that differs, where the replay has `expected`; None if all
    agree. From the index `unsure` on, rounding decides and so nothing is known; before, `told`
    different losses were compared, which have so many `digits` together.
    """

    at: int | None
    expected: float
    unsure: int | None
    told: int
    digits: float


def agreement(variant: Variant, reading: Reading) -> Agreement:
    """Compare what a variant prints with the lines."""
    # Most agree, or differ at once: that needs one replay.
    found = _agreement(reading, _exact(variant, reading.points))
    return found if found.at is None else _agreement(reading, _expected(variant, reading.points))


def _agreement(reading: Reading, expected: Iterator[Replayed]) -> Agreement:
    unsure, told, digits, last = None, 0, 0.0, math.inf
    for at, (printed, (loss, rounding)) in enumerate(
        zip(reading.transcript, expected, strict=True)
    ):
        if not agrees(printed, loss, rounding):
            return Agreement(at, loss, unsure, told, digits)
        if unsure is None and not _is_known(printed, loss, rounding):
            unsure = at
        if unsure is None and abs(printed.loss - last) > printed.unit:
            told += 1
            digits += _digits(printed)
        last = printed.loss
    return Agreement(None, math.nan, unsure, told, digits)


def _digits(printed: PrintedLoss) -> float:
    """How many digits of a loss tell something."""
    size = abs(printed.loss)
    if not printed.unit < size < math.inf:
        return 0.0
    return min(math.log10(size) - math.log10(printed.unit), _MOST_DIGITS)


def _is_known(printed: PrintedLoss, loss: float, rounding: float) -> bool:
    """Whether it says something that a loss agrees."""
    if not math.isfinite(printed.loss):
        return not abs(loss) < _OVERFLOWS
    return math.isfinite(loss) and rounding <= _TELLS_NOTHING * abs(loss) + printed.unit


def agrees(printed: PrintedLoss, loss: float, rounding: float) -> bool:
    """Whether a loss, known up to its rounding, is printed so."""
    if not math.isfinite(printed.loss):
        return not abs(loss) + rounding < _OVERFLOWS
    if not math.isfinite(loss):
        return not math.isfinite(rounding)
    # NaN, which nothing is known of, compares as false.
    return not abs(printed.loss - loss) > printed.unit * (0.5 + 1e-6) + rounding


def _exact(variant: Variant, points: Iterable[int]) -> Iterator[Replayed]:
    """What a variant prints at some points, in ascending order."""
    replay, at = variant.replay(), -1
    for point in points:
        for _ in range(point - at):
            replayed = next(replay)
        at = point
        yield replayed


def _expected(variant: Variant, points: Iterable[int]) -> Iterator[Replayed]:
    """The same, and by how much it may vary: farther than its own rounding, where that grows."""
    exact = variant.replay()
    moved = [variant.replay(Random(seed)) for seed in range(_REPEATED)]
    at = -1
    for point in points:
        for _ in range(point - at):
            loss, rounding = next(exact)
            others = [next(other).loss for other in moved]
        at = point
        yield Replayed(loss, 2 * rounding + _GENEROUS * _deviation(loss, others))


def _deviation(loss: float, others: list[float]) -> float:
    deviation = max(abs(other - loss) for other in others)
    return math.inf if math.isnan(deviation) else deviation


def losses_at(variant: Variant, points: Vector) -> Vector:
    """What a variant prints at some points, in ascending order."""
    return np.array([loss for loss, _ in _exact(variant, map(int, points.tolist()))])


def may_be_single(transcript: Transcript) -> bool:
    """Whether each loss is a number in single precision, as far as its digits tell."""
    finer = 0.0
    for _, _, loss, unit in transcript:
        if not math.isfinite(loss):
            continue
        if abs(float(np.float32(loss)) - loss) > unit:
            return False
        finer += max(0.0, math.log10(max(abs(loss), unit) * SINGLE / unit))
    return finer > _FINER
