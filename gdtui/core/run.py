"""A run: a descent driven at a pace, that remembers enough to show any of its steps again.

A run is a pure function of its surface and its settings, so it need not keep its steps: it keeps
evenly spaced checkpoints, and computes any other step again from the one before it.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from gdtui.core.descent import (
    Descent,
    Measured,
    Outcome,
    Point,
    Status,
    Step,
    measured_at,
    starting_point,
)
from gdtui.core.method import Memory
from gdtui.core.pacemaker import BURST, FULL_SPEED, Pace, Pacemaker, speed
from gdtui.core.settings import Settings
from gdtui.core.surface import Examples, Surface, surface_of
from gdtui.core.trail import Trail

# Kept as they are, so that the log's newest lines and the last change cost no replay.
RECENT = 512
# So many of the newest losses show whether the loss grows.
NEWEST = 4


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that a view needs of a run, as it was at one moment; it never changes afterwards.

    `step` is where the run stands, `memory` what its method remembers there, and `previous` the
    step before it; `losses` are the newest few, in order. `tunings` are the settings in turn, each
    with the iteration from which on they were in force. The trail begins at iteration `first`.
    """

    settings: Settings
    status: Status
    step: Step
    memory: Memory
    previous: Step | None
    losses: tuple[float, ...]
    outcome: Outcome | None
    tunings: tuple[tuple[int, Settings], ...]
    first: int
    spacing: int
    trail: dict[str, NDArray[np.float64]]

    @property
    def lines(self) -> int:
        """How many lines the log has: one for each update, and one where a descent converged."""
        return (self.outcome.lines if self.outcome else self.step.iteration) - self.first

    @property
    def reached(self) -> int:
        """The iteration where the run stands, or at which it ended."""
        return self.outcome.iteration if self.outcome else self.step.iteration

    @property
    def iterations(self) -> NDArray[np.float64]:
        """The iterations at which the stretches of the trail begin, of shape (rows,)."""
        return self.first + np.arange(len(self.trail["w"]), dtype=np.float64) * self.spacing


@dataclass(frozen=True)
class Record:
    """All that a run is made from: replayed, it gives the same steps to the bit.

    `tunings` are its settings in turn, each with the iteration from which on they are in force,
    and `reached` is the iteration at which the run stands. It may be `exhausted` there: converged,
    or diverged at the next one.
    """

    start: Point
    tunings: tuple[tuple[int, Settings], ...]
    reached: int
    exhausted: bool = False


class Run:
    """A descent that can be driven, looked at and looked back on, from any thread.

    It begins where the settings say, or goes on from any other point. `pace` is in iterations a
    second, or a schedule of them; FULL_SPEED takes as many as the machine can.
    """

    def __init__(
        self,
        data: Examples | Surface,
        settings: Settings,
        pace: Pace = FULL_SPEED,
        start: Point | None = None,
    ) -> None:
        self.surface = surface = surface_of(data, settings)
        start = start or starting_point(surface, settings)
        self.pace = pace
        self.start_point = start
        self._lock = threading.Lock()
        self._settings = settings
        self._tunings: list[tuple[int, Settings]] = [(start.iteration, settings)]
        # What a replay has still to do: at which iterations, with which settings from there.
        self._plan: deque[tuple[int, Settings | None]] = deque()
        self._replayed: Record | None = None
        self._trail = Trail(start.iteration)
        self._recent: deque[Measured] = deque(maxlen=RECENT)
        self._outcome: Outcome | None = None
        self._running = self._hurrying = False
        self._pacemaker = Pacemaker()
        self._step = measured_at(surface, start)
        self._point = start
        self._descent = Descent.of(surface, settings, start)
        first = self._descent.take(1)
        if first:
            self._keep(first)
        else:
            self._outcome = self._descent.outcome()
        self._check_finished()

    @classmethod
    def replayed(cls, data: Examples | Surface, record: Record, pace: Pace = FULL_SPEED) -> Run:
        """A run that takes the iterations of a record at once, as it is driven or advanced."""
        (_, settings), *later = record.tunings
        run = cls(data, settings, pace, record.start)
        if not run.ended:
            # The iteration after the last shows how it ended.
            run._plan = deque([*later, (record.reached + record.exhausted, None)])
            run._replayed, run._running = record, True
            run._follow_plan()
        return run

    @property
    def replaying(self) -> bool:
        """Whether a replay has still to come to its end."""
        return bool(self._plan)

    @property
    def record(self) -> Record:
        """What a run is made from that would be the same."""
        with self._lock:
            if self._plan and self._replayed:
                return self._replayed
            exhausted = self.status in (Status.CONVERGED, Status.DIVERGED)
            tunings = tuple(self._tunings)
            return Record(self.start_point, tunings, self._step.iteration, exhausted)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    @property
    def status(self) -> Status:
        """Where the run stands."""
        if self._outcome:
            return self._outcome.status
        if self._running:
            return Status.RUNNING
        begun = self._step.iteration > self.start_point.iteration
        return Status.PAUSED if begun else Status.READY

    @property
    def step(self) -> Step:
        """The step at which the run stands."""
        return self._step

    @property
    def iteration(self) -> int:
        """Where the run stands."""
        return self._step.iteration

    @property
    def taken(self) -> int:
        """How many iterations there have been since the start of the run."""
        return self._step.iteration - self.start_point.iteration

    @property
    def speed(self) -> float:
        """The iterations a second that the pace asks for where the run stands."""
        return speed(self.pace, self.taken)

    @property
    def ended(self) -> bool:
        """Whether the run has finished, converged or diverged."""
        return self._outcome is not None

    def start(self) -> None:
        """Run at the pace, unless the run has ended."""
        with self._lock:
            self._running = not self.ended
            self._hurrying = False
            self._pacemaker.restart()

    def finish(self) -> None:
        """Run to the end at full speed, whatever the pace."""
        with self._lock:
            self._running = self._hurrying = not self.ended

    def pause(self) -> None:
        """Stop between two iterations."""
        with self._lock:
            self._running = self._hurrying = False

    def can_tune(self, settings: Settings) -> bool:
        """Whether the run can go on with these settings; if not, they need a new run.

        A run that has ended can only be extended, by more iterations or another tolerance.
        """
        if not settings.same_start(self._settings) or settings.iterations < self._step.iteration:
            return False
        extended = self._settings.replace(
            iterations=settings.iterations, tolerance=settings.tolerance
        )
        return not self.ended or (self.status is not Status.DIVERGED and settings == extended)

    def tune(self, settings: Settings) -> None:
        """Go on with other settings from the next iteration; raises ValueError if it can't."""
        with self._lock:
            if not self.can_tune(settings):
                raise ValueError("these settings need a new run")
            self._plan.clear()
            self._tune(settings)

    def _tune(self, settings: Settings) -> None:
        """Go on with other settings; the lock is held."""
        self._settings = settings
        if self._tunings[-1][0] == self._step.iteration:
            self._tunings.pop()
        self._tunings.append((self._step.iteration, settings))
        self._outcome = None
        self._descent = Descent.of(self.surface, settings, self._point)
        self._descent.take(1)
        self._check_finished()

    def advance(self, count: int) -> int:
        """Take so many iterations at once, fewer if the run ends; returns how many."""
        taken = 0
        while taken < count:
            with self._lock:
                if self.ended:
                    break
                taken += self._burst(min(count - taken, BURST))
        return taken

    def drive(self, now: float) -> float | None:
        """Take the iterations that are due at a time in seconds, one burst of them at most.

        Returns the seconds until more are due, or None when the run is not running.
        """
        with self._lock:
            if not self._running:
                return None
            pace = FULL_SPEED if self._hurrying or self._plan else self.pace
            return self._pacemaker.drive(now, pace, self.taken, self._burst)

    def _burst(self, count: int) -> int:
        """Take up to `count` iterations; the lock is held."""
        count = min(count, self._settings.iterations - self._step.iteration)
        if self._plan:
            count = min(count, self._plan[0][0] - self._step.iteration)
        steps = self._descent.take(count)
        if steps:
            self._keep(steps)
        if self._descent.status:
            self._plan.clear()
            self._end(self._descent.outcome())
        self._check_finished()
        self._follow_plan()
        return len(steps)

    def _follow_plan(self) -> None:
        """Do what a replay has to do at this iteration; at its end the run stands still."""
        while self._plan and self._plan[0][0] <= self._step.iteration:
            settings = self._plan.popleft()[1]
            if settings:
                self._tune(settings)
            self._running = bool(self._plan)

    def _keep(self, steps: list[Measured]) -> None:
        self._trail.extend(steps)
        self._recent.extend(steps[-RECENT:])
        self._step = Step._make(steps[-1][:6])
        self._point = Point(*steps[-1][:3], steps[-1][6:])

    def _check_finished(self) -> None:
        iteration = self._step.iteration
        if not self.ended and iteration >= self._settings.iterations:
            self._end(Outcome(Status.FINISHED, iteration, iteration, self._step))

    def _end(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._running = self._hurrying = False
        if self._trail.spacing == 1:
            # Every step is a checkpoint, and had again at once; a session has many short runs.
            for _ in range(len(self._recent) - NEWEST):
                self._recent.popleft()

    def snapshot(self) -> Snapshot:
        """The run as it is now."""
        with self._lock:
            previous = Step._make(self._recent[-2][:6]) if len(self._recent) > 1 else None
            return Snapshot(
                settings=self._settings,
                status=self.status,
                step=self._step,
                memory=self._point.memory,
                previous=previous,
                losses=tuple(step[3] for step in islice(reversed(self._recent), NEWEST))[::-1],
                outcome=self._outcome,
                tunings=tuple(self._tunings),
                first=self._trail.first,
                spacing=self._trail.spacing,
                trail=self._trail.columns(),
            )

    def snapshot_at(self, iteration: int) -> Snapshot:
        """The run as it was when it stood at an iteration.

        Raises IndexError for an iteration that the run has not reached.
        """
        measured = self._measured(iteration - NEWEST + 1, iteration + 1)
        if not measured or measured[-1][0] != iteration:
            raise IndexError(f"iteration {iteration} is not in this run")
        here, before = measured[-1], measured[:-1]
        with self._lock:
            began = iteration == self.start_point.iteration
            starts = [start for start, _ in self._tunings]
            return Snapshot(
                settings=self._tunings[bisect_right(starts, iteration) - 1][1],
                status=Status.READY if began else Status.PAUSED,
                step=Step._make(here[:6]),
                memory=here[6:],
                previous=Step._make(before[-1][:6]) if before else None,
                losses=tuple(step[3] for step in measured),
                outcome=None,
                tunings=tuple(t for t in self._tunings if t[0] <= iteration),
                first=self._trail.first,
                spacing=self._trail.spacing,
                trail=self._trail.columns(iteration),
            )

    def next_hundredth(self, iteration: int, up: bool) -> int:
        """The next hundredth of the run, as long as it is to be, after or before an iteration."""
        first, last = self.start_point.iteration, self.settings.iterations
        hundredths = [first + part * (last - first) // 100 for part in range(101)]
        if up:
            return min((h for h in hundredths if h > iteration), default=last)
        return max((h for h in hundredths if h < iteration), default=first)

    def first_at_most(self, loss: float) -> int | None:
        """The first iteration with a loss of at most this, if the run has come to one."""
        with self._lock:
            begin, spacing = self._trail.first_at_most(loss), self._trail.spacing
        if begin is None:
            return None
        return next(s.iteration for s in self.steps(begin, begin + spacing) if s.loss <= loss)

    def step_at(self, iteration: int) -> Step:
        """The step of any iteration so far, equal to the digit to what was first measured.

        Raises IndexError for an iteration that the run has not reached.
        """
        steps = self.steps(iteration, iteration + 1)
        if not steps:
            raise IndexError(f"iteration {iteration} is not in this run")
        return steps[0]

    def steps(self, start: int, stop: int) -> list[Step]:
        """The steps of the iterations from `start` up to but not including `stop`."""
        return [Step._make(measured[:6]) for measured in self._measured(start, stop)]

    def table(self) -> dict[str, NDArray[np.float64]]:
        """Every step so far as columns of shape (n,), read-only: a data frame can be made of it.

        The columns are `iteration`, `w`, `b`, `loss` (in units of the label, squared), `dw` and
        `db`. Over a scaled feature w and b are those of the feature as it was; `w_scaled` and
        `b_scaled` are what the run walks along, and dw and db the slopes along these.
        """
        steps = self.steps(self.start_point.iteration, self.iteration + 1)
        columns = dict(zip(Step._fields, np.array(steps, dtype=np.float64).T.copy(), strict=True))
        if self.surface.is_standardized:
            columns |= {"w_scaled": columns["w"], "b_scaled": columns["b"]}
            raw = [self.surface.raw(step.w, step.b) for step in steps]
            columns["w"], columns["b"] = np.array(raw, dtype=np.float64).T.copy()
        for column in columns.values():
            column.setflags(write=False)
        return columns

    def _measured(self, start: int, stop: int) -> list[Measured]:
        start = max(start, self.start_point.iteration)
        with self._lock:
            stop = min(stop, self._step.iteration + 1)
            if start >= stop or not self._recent:
                return []
            first = self._recent[0][0]
            recent = list(self._recent) if start >= first else []
            point, tunings = self._trail.before(start), list(self._tunings)
        if recent:
            return recent[start - first : stop - first]
        return Descent(self.surface, tunings, point).take(stop - point.iteration)[
            start - point.iteration :
        ]
