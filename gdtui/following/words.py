"""What is said of the losses that a program has printed."""

from __future__ import annotations

import math

import numpy as np

from gdtui.drawing import short
from gdtui.following.followed import Followed, Noted
from gdtui.following.forms import FORMS_LOOKED_FOR

# How it ends is told by the last tenth of the losses, but by no fewer than these, which are half of
# all at most; a loss has grown against so many before it.
FEWEST_LAST, BEFORE = 10, 100
# A loss that changes by a smaller part is level; a change is clear beyond so many standard errors.
LEVEL_PART, CLEAR = 1e-3, 3.0
# A loss has grown that is so many times the median of those before it.
GROWN = 10.0
# Of a loss that is told.
_DIGITS = 10


def without_loss(followed: Followed) -> str:
    """That a program has printed no loss, and what one looks like."""
    if not followed.lines:
        return f"{followed.name}: there is no line in it"
    of = "the one line" if followed.lines == 1 else f"any of the {followed.lines} lines"
    return f"{followed.name}: there is no loss in {of}; {_looked_for(followed)}"


def _looked_for(followed: Followed) -> str:
    if followed.has_pattern:
        return "--pattern matches none"
    return f"one looks like {FORMS_LOOKED_FOR} (--pattern reads others)"


def summary(followed: Followed) -> list[str]:
    """What has been printed, in a few sentences; there is a loss."""
    losses = f"{followed.count} losses" if followed.count > 1 else "1 loss"
    lines = f"{followed.lines} lines" if followed.lines > 1 else "1 line"
    told = [f"{followed.name}: {losses} in {lines}."]
    if followed.lowest and followed.last:
        first = followed.loss(0)
        told.append(
            f"First {short(first, _DIGITS)} (iteration {followed.iteration(0)}), "
            f"last {_at(followed, followed.last)}, lowest {_at(followed, followed.lowest)}."
        )
    if trouble := broken_words(followed):
        told.append(trouble)
    else:
        told.append(tendency(followed))
    if followed.begins_again:
        told.append(
            f"Line {followed.begins_again} begins to count again; the iterations go on from there."
        )
    return told


def _at(followed: Followed, place: Noted) -> str:
    where = f"iteration {followed.iteration(place.at)}, line {place.line}"
    return f"{short(place.loss, _DIGITS)} ({where})"


def broken_words(followed: Followed) -> str:
    """Where the loss became no finite number, if it did, and what to look at."""
    place, before = followed.broken, followed.before_broken
    if not place:
        return ""
    kind = "no number (nan)" if math.isnan(place.loss) else f"infinite ({place.loss})"
    where = f"iteration {followed.iteration(place.at)}, line {place.line}"
    told = f"The loss is {kind} from {where} on"
    if followed.count - place.at > followed.broken_count:
        told = f"The loss is {kind} at {where}"
        if followed.broken_count > 1:
            told += f", and is not finite {followed.broken_count} times in all"
    return f"{told}. {_what_to_look_at(followed, place, before)}"


def _what_to_look_at(followed: Followed, place: Noted, before: Noted | None) -> str:
    if before is None:
        return (
            "It never was a number: look for missing values in the data, and for a division by 0 "
            "at the start."
        )
    known = followed.losses(max(0, before.at - BEFORE), before.at + 1)
    if before.loss > GROWN * float(np.median(np.abs(known))):
        return (
            f"It had grown up to {short(before.loss, _DIGITS)} before: the learning rate is likely "
            "too large; try a tenth of it, or clip the gradients."
        )
    return (
        f"It had not grown before, it was {short(before.loss, _DIGITS)}: look at the examples "
        "of that step for missing values, and for the logarithm of 0, a division by 0 or a root of "
        "less than 0."
    )


def tendency(followed: Followed) -> str:
    """Whether the loss still falls, is level or grows over the last tenth of the losses."""
    count = followed.count
    if count < 2 * FEWEST_LAST:
        return f"Too few losses to tell whether it still falls; {2 * FEWEST_LAST} would tell."
    part = max(count // 10, FEWEST_LAST)
    values = followed.losses(count - part, count)
    # In units of the largest, so that no square of it is infinite.
    values = values / (float(np.abs(values).max()) or 1.0)
    earlier, later = values[: part // 2], values[part // 2 :]
    before, after = float(earlier.mean()), float(later.mean())
    change = after - before
    error = math.sqrt(earlier.var() / len(earlier) + later.var() / len(later))
    since = f"over the last {part} losses, from iteration {followed.iteration(count - part)} on"
    if abs(change) <= max(CLEAR * error, LEVEL_PART * abs(before)):
        return f"It is level {since}."
    return f"It {'still falls' if change < 0 else 'grows'} {since}."
