"""How many iterations are due, as time goes by."""

from __future__ import annotations

from collections.abc import Callable

FULL_SPEED = float("inf")


# Iterations between two looks at the lock: a few milliseconds, so that a key is obeyed at once.
BURST = 2000


# Seconds between two bursts at a pace: no pace wakes the machine more often than this.
LEAST_WAIT = 0.005


class Pacemaker:
    """Says how many iterations are due, as time goes by."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew: the first iteration is due at once."""
        self._due = 1.0
        self._clock: float | None = None

    def drive(self, now: float, pace: float, take: Callable[[int], int]) -> float:
        """Take the iterations that are due at a time in seconds, one burst of them at most.

        `take` says how many it has taken. Returns the seconds until more are due.
        """
        if pace == FULL_SPEED:
            take(BURST)
            self._clock, self._due = None, 0.0
            return 0.0
        waited = 0.0 if self._clock is None else now - self._clock
        self._clock = now
        # A second's worth at most: what a stall has missed is not made up for in a rush.
        self._due = min(self._due + waited * pace, pace + 1)
        if self._due >= 1:
            self._due -= take(min(int(self._due), BURST))
        return 0.0 if self._due >= BURST else max(LEAST_WAIT, (1 - self._due) / pace)
