"""The 1-2-5 ladder: the round values that learning rates, paces and axis limits step along."""

from __future__ import annotations

import math

# A value this close to a rung, relatively, is taken to stand on it: 0.1 + 0.2 is on the rung 0.3.
_SAME = 1e-9


def _rungs(value: float) -> list[float]:
    """The rungs around a positive value, from one decade below to one above."""
    decade = math.floor(math.log10(value))
    # Read from text, so that each rung is the float nearest to its decimal digits.
    return [float(f"{m}e{d}") for d in range(decade - 1, decade + 2) for m in (1, 2, 5)]


def rung_above(value: float) -> float:
    """The smallest of ... 0.1, 0.2, 0.5, 1, 2, 5, 10 ... that is above a positive value."""
    return min(rung for rung in _rungs(value) if rung > value * (1 + _SAME))


def rung_below(value: float) -> float:
    """The largest rung of the ladder that is below a positive value."""
    return max(rung for rung in _rungs(value) if rung < value * (1 - _SAME))


def rung_at_least(value: float) -> float:
    """The smallest rung of the ladder that is not less than a positive value."""
    return min(rung for rung in _rungs(value) if rung >= value * (1 - _SAME))
