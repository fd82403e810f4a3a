"""How many iterations are due, as time goes by."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

FULL_SPEED = float("inf")


# Iterations between two looks at the lock: a few milliseconds, so that a key is obeyed at once.
BURST = 2000


# Seconds between two bursts at a pace: no pace wakes the machine more often than this.
LEAST_WAIT = 0.005


# Iterations a second at which a watched run begins, slow enough to read what each one does.
READABLE = 3.0
# Seconds that a watched run takes, and those of them in which its pace does not grow.
WATCHED, LEAD = 6.0, 1.0
# The iteration at which the lead is over: the first comes at once.
_LED = 1 + LEAD * READABLE


@dataclass(frozen=True)
class Schedule:
    """The pace at which a run of so many iterations can be watched, its beginning above all.

    Three iterations a second at first, then faster and faster, by the same factor in each second,
    so that the last one comes after six seconds; a run of fewer than twenty ends sooner. The pace
    depends on the iteration alone: after a pause, or steps taken by hand, a run goes on from there.
    Iterations are counted from the start of the run, and may be fractions: how far it is to the
    next.
    """

    iterations: int

    @cached_property
    def growth(self) -> float:
        """By how much the pace grows with each iteration after the lead, in 1 / seconds."""
        low, high = 0.0, 20.0
        for _ in range(60):
            growth = (low + high) / 2
            if _LED + _gained(READABLE, growth, WATCHED - LEAD) < self.iterations:
                low = growth
            else:
                high = growth
        return low

    def speed(self, at: float) -> float:
        """Iterations a second at an iteration."""
        return READABLE + self.growth * max(at - _LED, 0.0)

    def ahead(self, at: float, seconds: float) -> float:
        """How many iterations come in so many seconds after an iteration."""
        lead = min(max((_LED - at) / READABLE, 0.0), seconds)
        led = lead * READABLE
        return led + _gained(self.speed(at + led), self.growth, seconds - lead)


# A number of iterations a second, or the schedule.
Pace = float | Schedule


def _gained(speed: float, growth: float, seconds: float) -> float:
    """Iterations in so many seconds at a speed that grows exponentially."""
    return speed * (math.expm1(growth * seconds) / growth if growth else seconds)


def speed(pace: Pace, at: float) -> float:
    """The iterations a second of a pace, at an iteration counted from the start of the run."""
    return pace.speed(at) if isinstance(pace, Schedule) else pace


def _ahead(pace: Pace, at: float, seconds: float) -> float:
    if isinstance(pace, Schedule):
        # More is never due, and would be beyond all floats after a long sleep.
        return pace.ahead(at, min(seconds, 1.0))
    return pace * seconds


class Pacemaker:
    """Says how many iterations are due, as time goes by."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew: the first iteration is due at once."""
        self._due = 1.0
        self._clock: float | None = None

    def drive(self, now: float, pace: Pace, at: int, take: Callable[[int], int]) -> float:
        """Take the iterations that are due at a time in seconds, one burst of them at most.

        `at` is how many there have been since the start of the run; `take` says how many it has
        taken. Returns the seconds until more are due.
        """
        if pace == FULL_SPEED:
            take(BURST)
            self._clock, self._due = None, 0.0
            return 0.0
        waited = 0.0 if self._clock is None else now - self._clock
        self._clock = now
        # A second's worth at most: what a stall has missed is not made up for in a rush.
        due = self._due + _ahead(pace, at + self._due, waited)
        self._due = min(due, _ahead(pace, at + 1, 1.0) + 1)
        if self._due >= 1:
            taken = take(min(int(self._due), BURST))
            self._due -= taken
            at += taken
        return 0.0 if self._due >= BURST else max(LEAST_WAIT, (1 - self._due) / speed(pace, at + 1))
