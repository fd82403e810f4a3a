"""Whether printed losses are those of the run asked for, and else what explains them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from gdtui.core.descent import Descent, Status
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.diagnosis.comparing import Agreement, Reading, agreement, may_be_single
from gdtui.diagnosis.hypotheses import Hypothesis, Suspicion, alone, in_pairs
from gdtui.diagnosis.solving import rounded, solved
from gdtui.diagnosis.variant import SINGLE, Variant
from gdtui.transcript import PrintedLoss, Transcript

# So many losses beyond the numbers to be found, each another, have to agree with what is claimed.
_CONFIRMED = 3
# As many digits have to agree for each hypothesis, and as many more for each number.
_EVIDENCE = 6
# Iterations that are taken at once.
_AT_ONCE = 10_000
# As many digits of a number are told.
_DIGITS = 10
# A number is known if this part of its distance from what was asked for shows in the lines.
_FARTHER = 0.1


class Accusation(NamedTuple):
    """A hypothesis, and the number found for it if it has one."""

    hypothesis: Hypothesis
    number: float | None = None

    @property
    def words(self) -> str:
        """What was done, as a clause."""
        return self.hypothesis.words.format(self.spelled)

    @property
    def spelled(self) -> str:
        """The number, without what is rounding in it; empty where there is none."""
        return "" if self.number is None else f"{self.number:.{_DIGITS}g}"


class Cause(NamedTuple):
    """Hypotheses that together give all the lines, and the variant that they make."""

    accusations: tuple[Accusation, ...]
    variant: Variant
    offset: int

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers that were found."""
        return tuple(one.spelled for one in self.accusations if one.number is not None)

    @property
    def words(self) -> str:
        """All of them in one clause."""
        return " and ".join(one.words for one in self.accusations)


class Judgement(NamedTuple):
    """What was found in some lines: they are `right`, or else where they first differ and why.

    They are right, too, where there are more or fewer than asked for: `length` then says how many
    iterations the run has. From the line `unsure` on rounding decides, and nothing can be told.
    `differs` is the first line that differs, where the run has `expected`. Each of the
    explanations gives all the lines; there are several where these can't tell them apart.
    """

    right: bool
    asked: Variant
    offset: int
    length: int | None = None
    unsure: PrintedLoss | None = None
    differs: PrintedLoss | None = None
    expected: float = math.nan
    explanations: tuple[Cause, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether the lines are all those of the run, and no others."""
        return self.right and self.length is None


@np.errstate(all="ignore")
def judged(data: Surface, settings: Settings, transcript: Transcript) -> Judgement:
    """Compare the lines with the run that the settings ask for; `data` are not scaled yet."""
    asked = Variant.asked_for(data, settings)
    readings = list(_readings(transcript))
    found: list[tuple[Reading, Agreement]] = []
    for reading in readings:
        compared = agreement(asked, reading)
        if compared.at is None:
            unsure = None if compared.unsure is None else transcript[compared.unsure]
            length = _missed(data, settings, reading)
            return Judgement(True, asked, reading.offset, length, unsure)
        found.append((reading, compared))
    # The reading that agrees longest is the one meant.
    reading, compared = max(found, key=lambda one: one[1].at or 0)
    assert compared.at is not None
    return Judgement(
        False,
        asked,
        reading.offset,
        differs=transcript[compared.at],
        expected=compared.expected,
        explanations=tuple(_explanations(asked, readings)),
    )


def _missed(data: Surface, settings: Settings, reading: Reading) -> int | None:
    """How many iterations the run has, where the lines end at none that could be its last."""
    transcript = reading.transcript
    last = transcript[-1].iteration + reading.offset
    # Many print every tenth line.
    spacing = transcript[-1].iteration - transcript[-2].iteration if len(transcript) > 1 else 1
    count = min(settings.iterations, last + spacing + 1)
    descent = Descent.of(data, settings)
    left, walked = count, 0
    while left and (burst := descent.take(min(left, _AT_ONCE))):
        left, walked = left - len(burst), walked + len(burst)
    if walked == count:
        # The loss after the last update may be there, too.
        return None if count - spacing <= last <= settings.iterations else settings.iterations
    diverged = descent.outcome().status is Status.DIVERGED
    # Whether it ends an iteration earlier is up to rounding; and infinity may be printed for long.
    end = settings.iterations if diverged else walked + 1
    return None if walked - 1 - spacing <= last <= end else walked


def _readings(transcript: Transcript) -> Iterator[Reading]:
    """What the numbers of the lines may mean: many count from 1."""
    yield Reading(transcript)
    if transcript[0].iteration == 1:
        yield Reading(transcript, -1)


def _explanations(asked: Variant, readings: list[Reading]) -> list[Cause]:
    """The simplest hypotheses that give all lines: alone, or else in pairs."""
    singles = _confirmed(alone(asked), readings)
    if any(not _has_numbers(one) for one in singles):
        return singles
    pairs = in_pairs(asked)
    if singles:
        # Some number can be found for much; what needs none is named beside it.
        return singles + _confirmed((one for one in pairs if not one.numbers), readings)
    return _confirmed(pairs, readings)


def _has_numbers(explained: Cause) -> bool:
    return any(one.number is not None for one in explained.accusations)


def _confirmed(suspicions: Iterable[Suspicion], readings: list[Reading]) -> list[Cause]:
    return [
        Cause(_accusations(suspicion, variant), variant, reading.offset)
        for suspicion in suspicions
        for reading in readings
        for variant in _variants(suspicion, reading)
        if _is_confirmed(suspicion, variant, reading)
    ]


def _variants(suspicion: Suspicion, reading: Reading) -> Iterator[Variant]:
    variant, numbers = suspicion.variant, suspicion.numbers
    if variant.precision == SINGLE and not may_be_single(reading.transcript):
        return
    if not numbers:
        yield variant
        return
    if len(reading.transcript) < _CONFIRMED + len(numbers):
        return
    for found in solved(variant, numbers, reading):
        if few := rounded(found, numbers, reading):
            yield few


def _is_confirmed(suspicion: Suspicion, variant: Variant, reading: Reading) -> bool:
    """Whether a variant gives all lines, and these say enough to claim that it is the one."""
    compared = agreement(variant, reading)
    finite = sum(math.isfinite(printed.loss) for printed in reading.transcript)
    known = finite if compared.unsure is None else compared.unsure
    if compared.at is not None or 2 * known < finite:
        return False
    if not _is_determined(suspicion, variant, reading):
        return False
    numbers = len(suspicion.numbers)
    if numbers and compared.told < _CONFIRMED + numbers:
        return False
    return compared.digits >= _EVIDENCE * (len(suspicion.hypotheses) + numbers)


def _is_determined(suspicion: Suspicion, variant: Variant, reading: Reading) -> bool:
    """Whether the lines say how far each number found is from what was asked for."""
    for name in suspicion.numbers:
        (was,), (found,) = suspicion.variant.numbers((name,)), variant.numbers((name,))
        farther = variant.with_numbers((name,), [found + _FARTHER * (found - was)])
        if agreement(farther, reading).at is None:
            return False
    return True


def _accusations(suspicion: Suspicion, variant: Variant) -> tuple[Accusation, ...]:
    return tuple(
        Accusation(one, variant.numbers((one.number,))[0] if one.number else None)
        for one in suspicion.hypotheses
    )
