"""A judgement in words."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gdtui.core.settings import Settings
from gdtui.diagnosis.comparing import Reading, losses_at
from gdtui.diagnosis.judgement import Cause, Judgement
from gdtui.diagnosis.variant import RATE, STARTS, Variant
from gdtui.transcript import Transcript

# Other numbers that give the same lines are named up to so many.
_NAMED = 3
# Losses in a row whose differences tell the rate of decay, and how far it may vary.
_FEWEST, _STEADY = 4, 0.05
# A difference is known where it is so many times what the last digit is worth.
_KNOWN = 50


@np.errstate(all="ignore")
def verdict_of(judgement: Judgement, transcript: Transcript, settings: Settings) -> list[str]:
    """What was found, in sentences, a line each."""
    if judgement.right:
        return [_same(judgement, transcript)]
    found = [_different(judgement, transcript), *_diagnosis(judgement, transcript)]
    if not judgement.explanations and settings.chosen_method.has_batches:
        found.append("Batches are drawn anew by each program, and so their losses seldom agree.")
    return found


def _losses(transcript: Transcript, of: str = "explained") -> str:
    count = len(transcript)
    return f"all {count:,} losses are {of}" if count > 1 else f"the one loss is {of}"


def _counted(offset: int) -> str:
    return "; the program counts its iterations from 1" if offset else ""


def _same(judgement: Judgement, transcript: Transcript) -> str:
    counted, told = _counted(judgement.offset), ""
    if judgement.unsure:
        told = f"; from line {judgement.unsure.line} on rounding decides, and nothing can be told"
    those = "those" if len(transcript) > 1 else "that"
    agree = _losses(transcript, f"{those} of this run, to the digits printed")
    if judgement.length is None:
        return f"The same: {agree}{counted}{told}."
    last = transcript[-1].iteration
    ends = "stops" if last + judgement.offset < judgement.length else "goes on"
    place = "after" if ends == "stops" else "to"
    updates = "1 iteration" if judgement.length == 1 else f"{judgement.length:,} iterations"
    return (
        f"Another number of iterations: {agree}{counted}{told}; "
        f"but the program {ends} {place} iteration {last}, and this run makes {updates}."
    )


def _different(judgement: Judgement, transcript: Transcript) -> str:
    differs = judgement.differs
    assert differs
    printed, expected = (
        _spelled(value, differs.unit) for value in (differs.loss, judgement.expected)
    )
    return (
        f"Different: line {differs.line} says {printed} for iteration {differs.iteration}, "
        f"where this run has {expected}."
    )


def _spelled(value: float, unit: float) -> str:
    """A loss with digits as far as they were printed."""
    if not math.isfinite(value):
        return str(value)
    if not unit or abs(value) >= 1e16:
        return f"{value:.10g}"
    decimals = max(0, -round(math.log10(unit)))
    if unit > 1 or decimals > 12:
        digits = max(0, math.floor(math.log10(abs(value) or 1) - math.log10(unit)))
        return f"{value:.{min(digits, 16)}e}"
    return f"{value:.{decimals}f}"


def _diagnosis(judgement: Judgement, transcript: Transcript) -> Iterator[str]:
    clauses = list(_clauses(judgement))
    if not clauses:
        yield "No diagnosis: no mistake that is known here, and no two of them, give these losses."
        yield from _likeliest(judgement, transcript)
        return
    all_ = _losses(transcript)
    if len(clauses) == 1:
        yield f"Diagnosis: {clauses[0]}. So {all_}."
    else:
        yield f"Diagnosis: either {', or '.join(clauses)}. Either way {all_}."


def _clauses(judgement: Judgement) -> Iterator[str]:
    """A clause for each set of hypotheses, with the numbers that were found for it."""
    together: dict[tuple[str, ...], list[Cause]] = {}
    for one in judgement.explanations:
        key = *(accusation.hypothesis.words for accusation in one.accusations), str(one.offset)
        together.setdefault(key, []).append(one)
    # What needs no number to be found is the likelier.
    for group in sorted(together.values(), key=lambda group: bool(group[0].numbers)):
        first, *others = sorted(group, key=lambda one: _likelihood(one, judgement.asked))
        numbers = [" and ".join(one.numbers) for one in others[:_NAMED]]
        counted = ", counting from 1" if first.offset else ""
        more = f" (or {'; or '.join(numbers)})" if any(numbers) else ""
        yield first.words + more + counted


def _likelihood(explained: Cause, asked: Variant) -> tuple[int, float]:
    """Numbers of few digits come first, and then those near to what was asked for."""
    names = [one.hypothesis.number for one in explained.accusations if one.number is not None]
    far = sum(
        abs(number - (asked.numbers((name,))[0]))
        for name, number in zip(names, explained.variant.numbers(names), strict=True)
        if name in (RATE, *STARTS)
    )
    return sum(map(len, explained.numbers)), far


def _likeliest(judgement: Judgement, transcript: Transcript) -> Iterator[str]:
    """What can be read off the lines without a cause: where they start, and how they decay."""
    reading, asked = Reading(transcript, judgement.offset), judgement.asked
    points = np.fromiter(reading.points, float)
    expected = losses_at(asked, points)
    first = transcript[0]
    unit = first.unit
    yield (
        f"The first loss is {_spelled(first.loss, unit)}, where this run has "
        f"{_spelled(float(expected[0]), unit)}."
    )
    losses = [printed.loss for printed in transcript]
    units = [printed.unit for printed in transcript]
    theirs, ours = _decay(losses, units), _decay(expected.tolist(), units)
    if theirs is not None:
        compared = "" if ours is None else f", where this run has {ours:.4g}"
        yield f"From line to line the change of the loss is multiplied by {theirs:.4g}{compared}."


def _decay(losses: list[float], units: list[float]) -> float | None:
    """By what the change of the loss is multiplied from line to line at last, if that is steady."""
    changes = np.diff(losses)
    known = np.isfinite(changes) & (np.abs(changes) > _KNOWN * np.array(units[1:]))
    count = len(changes) if known.all() else int(np.argmin(known))
    ratios = (changes[1:count] / changes[: max(count - 1, 0)])[-_FEWEST:]
    if len(ratios) < _FEWEST or np.ptp(ratios) > _STEADY * abs(float(np.mean(ratios))):
        return None
    return float(np.median(ratios))
