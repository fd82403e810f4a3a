"""A race: several runs that start together and advance iteration by iteration."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from gdtui.core.descent import Status
from gdtui.core.pacemaker import BURST, FULL_SPEED, Pace, Pacemaker, speed
from gdtui.core.run import Run, Snapshot
from gdtui.runs.history import first_within


class Race:
    """Runs of which none is ever ahead of another, from any thread; a Worker drives it.

    `pace` is in iterations a second of each run, or a schedule of them.
    """

    def __init__(self, runs: Sequence[Run], pace: Pace = FULL_SPEED) -> None:
        self.runs = tuple(runs)
        self.pace = pace
        self._lock = threading.Lock()
        self._hurrying = False
        self._pacemaker = Pacemaker()
        self._first: tuple[Run, int] | None = None

    @property
    def running(self) -> bool:
        """Whether any of the runs is."""
        return any(run.status is Status.RUNNING for run in self.runs)

    @property
    def _taken(self) -> int:
        """How many iterations the run that has come furthest has taken."""
        return max(run.taken for run in self.runs)

    @property
    def speed(self) -> float:
        """The iterations a second that the pace asks for where the race stands."""
        return speed(self.pace, self._taken)

    def start(self) -> None:
        """Let all run on that have not ended."""
        with self._lock:
            for run in self.runs:
                run.start()
            self._hurrying = False
            self._pacemaker.restart()

    def finish(self) -> None:
        """Run to the end at full speed, whatever the pace."""
        self.start()
        self._hurrying = True

    def pause(self) -> None:
        """Stop all between two iterations."""
        with self._lock:
            for run in self.runs:
                run.pause()

    def drive(self, now: float) -> float | None:
        """Take what is due at a time in seconds; returns the seconds until more is, or None."""
        with self._lock:
            if not self.running:
                return None
            pace = FULL_SPEED if self._hurrying else self.pace
            return self._pacemaker.drive(now, pace, self._taken, self._burst)

    def advance(self, count: int) -> int:
        """Take so many iterations with each run, fewer where it ends; returns the most of them."""
        with self._lock:
            return max(run.advance(count) for run in self.runs)

    def _burst(self, count: int) -> int:
        # Together they take no longer than one run with a burst of its own.
        count = min(count, max(1, BURST // len(self.runs)))
        return max(run.advance(count) for run in self.runs)

    def snapshots(self) -> list[Snapshot]:
        """All the runs as they are now, at one iteration."""
        with self._lock:
            return [run.snapshot() for run in self.runs]

    @property
    def first(self) -> tuple[Run, int] | None:
        """The run that was first within 1% of its minimum, if one was, and at which iteration."""
        with self._lock:
            if self._first is not None:
                return self._first
            arrived = [(run, at) for run in self.runs if (at := first_within(run)) is not None]
            # They are in step: whoever comes later is not first.
            self._first = min(arrived, key=lambda pair: pair[1], default=None)
            return self._first
