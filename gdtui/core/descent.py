"""The descent itself: it measures where it stands, and then takes a step downhill."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from enum import StrEnum
from itertools import islice, pairwise
from typing import NamedTuple

from gdtui.core.arithmetic import batch_measure
from gdtui.core.method import Memory, Remembered, Search, Update
from gdtui.core.methods import gradient_descent
from gdtui.core.settings import Settings
from gdtui.core.surface import Examples, LossSurface, Surface, surface_of


class Status(StrEnum):
    """Where a run stands."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CONVERGED = "converged"
    DIVERGED = "diverged"


class Step(NamedTuple):
    """The record of one iteration, all measured at one point: before the update."""

    iteration: int
    w: float
    b: float
    loss: float
    dw: float
    db: float


class Point(NamedTuple):
    """A place where a descent can start or go on, with the memory of its method."""

    iteration: int
    w: float
    b: float
    memory: Memory


class Outcome(NamedTuple):
    """How a descent ended: at which iteration, after how many lines, with what last finite step."""

    status: Status
    iteration: int
    lines: int
    step: Step


# A Step's fields and then what the method remembers for w and for b. The inner loop yields it as a
# plain, flat tuple, since making a NamedTuple of each would double the time of an iteration.
Measured = tuple[int, float, float, float, float, float, Remembered, Remembered]
# Settings in turn, each with the iteration from which on they are in force.
Tunings = Sequence[tuple[int, Settings]]


def starting_point(surface: Surface, settings: Settings) -> Point:
    """Where the settings say that a descent begins: their start is never in scaled units."""
    w, b = surface.scaled(settings.w_start, settings.b_start)
    return Point(0, w, b, settings.chosen_method.memory)


def measured_at(surface: Surface, point: Point) -> Step:
    """The step at a point, finite or not."""
    return Step(point.iteration, point.w, point.b, *surface.measurer()(point.w, point.b))


class Descent:
    """A descent from a point on, without end unless it converges or diverges.

    Its points are had by `take`, each only while its loss and gradient are finite; `status` then
    says how it ended, and is None while it goes on. Where the settings change on the way, `tunings`
    are these settings in turn, each with the iteration from which on they are in force.
    """

    def __init__(self, surface: Surface, tunings: Tunings, start: Point) -> None:
        self.surface = surface
        self.status: Status | None = None
        self._last = start
        self._measured = self._path(tunings, start)

    @classmethod
    def of(
        cls, data: Examples | Surface, settings: Settings, start: Point | None = None
    ) -> Descent:
        """The descent over some data with the same settings throughout, from their start."""
        surface = surface_of(data, settings)
        start = start or starting_point(surface, settings)
        return cls(surface, [(start.iteration, settings)], start)

    def take(self, count: int) -> list[Measured]:
        """The next points, as many as asked for, or fewer where the descent ends."""
        points = list(islice(self._measured, count))
        if points:
            self._last = Point(*points[-1][:3], points[-1][6:])
        return points

    def outcome(self) -> Outcome:
        """How it ended, or else that it is finished where it stands."""
        last = measured_at(self.surface, self._last)
        at = last.iteration
        if self.status is Status.DIVERGED:
            at += self.surface.is_finite(*last[3:])
            return Outcome(self.status, at, at, last)
        if self.status is Status.CONVERGED:
            return Outcome(self.status, at, at + 1, last)
        return Outcome(Status.FINISHED, at, at, last)

    def _path(self, tunings: Tunings, start: Point) -> Iterator[Measured]:
        part = bisect_right([iteration for iteration, _ in tunings], start.iteration) - 1
        if part == len(tunings) - 1:
            # As it is: to hand on each of its points would cost time in all of a run.
            return self._walk(tunings[part][1], start)
        return self._walk_in_parts(tunings[part:], start)

    def _walk_in_parts(self, tunings: Tunings, point: Point) -> Iterator[Measured]:
        for (_, settings), (until, _) in pairwise(tunings):
            for measured in self._walk(settings, point):
                if measured[0] == until:
                    point = Point(*measured[:3], measured[6:])
                    break
                yield measured
            else:
                return
        yield from self._walk(tunings[-1][1], point)

    def _walk(self, settings: Settings, start: Point) -> Iterator[Measured]:
        method = settings.chosen_method
        if method.search:
            return self._searched(method.search(**settings.numbers), settings, start)
        if isinstance(self.surface, LossSurface) and method.rule is gradient_descent:
            return self._lesson(self.surface, settings, start)
        assert method.rule
        return self._stepped(method.rule(**settings.numbers), settings, start)

    def _stepped(self, update: Update, settings: Settings, start: Point) -> Iterator[Measured]:
        """By any rule, on any surface."""
        measure, largest = self.surface.measurer(), self.surface.largest_loss
        bias, tolerance = settings.bias, settings.tolerance
        of_batch = batch_measure(self.surface, settings)
        iteration, w, b, (of_w, of_b) = start
        while True:
            loss, dw, db = measure(w, b)
            if not (loss <= largest and dw * 0.0 == db * 0.0):
                self.status = Status.DIVERGED
                return
            yield iteration, w, b, loss, dw, db, of_w, of_b
            if tolerance and _length(dw, db, bias) < tolerance:
                self.status = Status.CONVERGED
                return
            if of_batch:
                _, dw, db = of_batch(iteration, w, b)
            iteration += 1
            step, of_w = update(dw, of_w, iteration)
            w -= step
            if bias:
                step, of_b = update(db, of_b, iteration)
                b -= step

    def _searched(self, search: Search, settings: Settings, start: Point) -> Iterator[Measured]:
        """By a rule that looks at losses alone."""
        measure, bias, tolerance = self.surface.measurer(), settings.bias, settings.tolerance
        iteration, w, b, (of_w, of_b) = start
        while True:
            loss, dw, db = measure(w, b)
            if not self.surface.is_finite(loss, dw, db):
                self.status = Status.DIVERGED
                return
            yield iteration, w, b, loss, dw, db, of_w, of_b
            place = search(measure, w, b, bias)
            if place is None or (tolerance and _length(dw, db, bias) < tolerance):
                self.status = Status.CONVERGED
                return
            iteration, (w, b) = iteration + 1, place

    def _lesson(self, surface: LossSurface, settings: Settings, start: Point) -> Iterator[Measured]:
        """The lesson's case, written out: the same numbers in two thirds of the time."""
        xm, ym, vxx, w_hat, res = surface.xm, surface.ym, surface.vxx, surface.w_hat, surface.res
        lr, bias, tolerance = settings.lr, settings.bias, settings.tolerance
        largest = surface.largest_loss
        iteration, w, b, (of_w, of_b) = start
        while True:
            e = w - w_hat
            r = w * xm + b - ym
            loss, dw, db = res + vxx * e * e + r * r, 2 * (vxx * e + xm * r), 2 * r
            if not (loss <= largest and dw * 0.0 == db * 0.0):
                self.status = Status.DIVERGED
                return
            yield iteration, w, b, loss, dw, db, of_w, of_b
            if tolerance and _length(dw, db, bias) < tolerance:
                self.status = Status.CONVERGED
                return
            w -= lr * dw
            if bias:
                b -= lr * db
            iteration += 1


def _length(dw: float, db: float, bias: bool) -> float:
    """The length of the gradient; what is held has no part in it."""
    return math.hypot(dw, db if bias else 0.0)


def descend(
    data: Examples | Surface, settings: Settings, start: Point | None = None
) -> Generator[Step, None, Outcome]:
    """Yield a Step before each update, `settings.iterations` in all; return the Outcome.

    Starts where the settings say, or goes on from any other point.
    """
    descent = Descent.of(data, settings, start)
    while True:
        points = descent.take(1)
        if not points or points[0][0] >= settings.iterations:
            return descent.outcome()
        yield Step._make(points[0][:6])
