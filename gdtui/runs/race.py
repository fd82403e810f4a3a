"""A race: several runs that start together and advance iteration by iteration."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from gdtui.core.descent import Status, Step
from gdtui.core.pacemaker import BURST, FULL_SPEED, Pace, Pacemaker, speed
from gdtui.core.run import Run, Snapshot
from gdtui.runs.history import Entry
from gdtui.theory import divergence
from gdtui.theory.goal import NEAR, Gap, goal

# A run, where it stands, its gap now and at its start, and its status.
_Measured = tuple[Run, Snapshot, Gap, Gap, str]


@dataclass(frozen=True, eq=False)
class Racer:
    """A run in a race as it stands at one moment, the best at place 1.

    `began` is the gap at its start, `status` where it stands, in a word, and `within` the
    iteration at which it came within 1% of its minimum, if it did.
    """

    place: int
    entry: Entry
    snapshot: Snapshot
    gap: Gap
    began: Gap
    within: int | None
    status: str

    @property
    def label(self) -> str:
        """Its method and its rate, or the name it was given."""
        settings = self.entry.run.settings
        return self.entry.label if self.entry.name else f"{settings.method} lr {settings.lr:g}"

    @property
    def way(self) -> float:
        """The part of its way to within 1% behind it: each half of the gap is as far."""
        left, whole, near = self.gap.percent, self.began.percent, 100 * NEAR
        if self.within is not None:
            return 1.0
        if not near < left < whole < math.inf:
            return 0.0
        return math.log(whole / left) / math.log(whole / near)

    @property
    def loss(self) -> float:
        """The loss where it stands, or where it ended."""
        return _step(self.snapshot).loss


def winner_of(racers: Sequence[Racer]) -> Racer | None:
    """The one that was first within 1% and did not diverge since, unless it is deleted."""
    first = racers[0] if racers else None
    has_won = first and (first.place, first.status in divergence.ALARMING) == (1, False)
    return first if first and has_won and first.within is not None else None


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
        # When each that came within 1% did so.
        self._within: dict[Run, int] = {}

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

    def racers(self, entries: Sequence[Entry]) -> tuple[Racer, ...]:
        """How they stand, best first; one that is not among the entries leaves its place empty.

        Who was within 1% earlier is ahead of who was later, and both of who is still farther away;
        what diverges is last.
        """
        by_run = {entry.run: entry for entry in entries}
        found = [self._measured(*pair) for pair in zip(self.runs, self.snapshots(), strict=True)]
        return tuple(
            Racer(place, by_run[run], snapshot, left, began, self._within.get(run), status)
            for place, (run, snapshot, left, began, status) in enumerate(
                sorted(found, key=self._rank), 1
            )
            if run in by_run
        )

    def _measured(self, run: Run, snapshot: Snapshot) -> _Measured:
        step = _step(snapshot)
        near = goal(run.surface, snapshot.settings, (step.w, step.b))
        if run not in self._within and (at := run.first_at_most(near.allowed)) is not None:
            self._within[run] = at
        left, began = near.gap(step.loss), near.gap(float(snapshot.trail["loss"][0]))
        return run, snapshot, left, began, divergence.standing(snapshot, run.surface)

    def _rank(self, found: _Measured) -> tuple[int, float, float]:
        run, snapshot, left, _, status = found
        if status == Status.DIVERGED:
            return 2, -snapshot.reached, 0.0  # who held out longer is ahead
        diverges = status == divergence.DIVERGING
        return int(diverges), self._within.get(run, math.inf), left.percent


def _step(snapshot: Snapshot) -> Step:
    return snapshot.outcome.step if snapshot.outcome else snapshot.step
