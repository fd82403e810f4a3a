"""The descent itself: a generator that measures where it stands, yields, and takes a step."""

from __future__ import annotations

import math
from collections.abc import Generator
from enum import StrEnum
from typing import NamedTuple

from gdtui.core.methods import Memory, gradient_descent
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface


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


# A Step's fields and then the method's memory. The inner loop yields it as a plain tuple, since
# making a NamedTuple of each would double the time of an iteration.
Measured = tuple[int, float, float, float, float, float, Memory]


def starting_point(surface: Surface, settings: Settings) -> Point:
    """Where the settings say that a descent begins: their start is never in scaled units."""
    w, b = surface.scaled(settings.w_start, settings.b_start)
    return Point(0, w, b, settings.chosen_method.memory)


def trajectory(
    surface: Surface, settings: Settings, start: Point
) -> Generator[Measured, None, Status]:
    """The points of a descent, without end unless it converges or diverges; returns which.

    A point is yielded only while its loss and gradient are finite.
    """
    if isinstance(surface, LossSurface) and settings.chosen_method.rule is gradient_descent:
        return _lesson(surface, settings, start)
    return _trajectory(surface, settings, start)


def _trajectory(
    surface: Surface, settings: Settings, start: Point
) -> Generator[Measured, None, Status]:
    """Any method on any surface."""
    measure = surface.measurer()
    update = settings.chosen_method.rule(surface, settings)
    bias, tolerance = settings.bias, settings.tolerance
    largest = surface.largest_loss
    iteration, w, b, memory = start
    while True:
        loss, dw, db = measure(w, b)
        # Infinity times 0 is NaN, which compares as false and so ends the descent as well.
        if not (loss <= largest and dw * 0.0 == db * 0.0):
            return Status.DIVERGED
        yield iteration, w, b, loss, dw, db, memory
        if tolerance and math.hypot(dw, db if bias else 0.0) < tolerance:
            return Status.CONVERGED
        after = update(iteration, w, b, dw, db if bias else 0.0, memory)
        if after is None:
            return Status.CONVERGED
        w, b, memory = after
        iteration += 1


def _lesson(
    surface: LossSurface, settings: Settings, start: Point
) -> Generator[Measured, None, Status]:
    """The lesson's case, written out: the same numbers in two thirds of the time."""
    xm, ym, vxx, w_hat, res = surface.xm, surface.ym, surface.vxx, surface.w_hat, surface.res
    lr, bias, tolerance = settings.lr, settings.bias, settings.tolerance
    largest = surface.largest_loss
    iteration, w, b, memory = start
    while True:
        e = w - w_hat
        r = w * xm + b - ym
        loss, dw, db = res + vxx * e * e + r * r, 2 * (vxx * e + xm * r), 2 * r
        if not (loss <= largest and dw * 0.0 == db * 0.0):
            return Status.DIVERGED
        yield iteration, w, b, loss, dw, db, memory
        if tolerance and math.hypot(dw, db if bias else 0.0) < tolerance:
            return Status.CONVERGED
        w -= lr * dw
        if bias:
            b -= lr * db
        iteration += 1


def measured_at(surface: Surface, point: Point) -> Step:
    """The step at a point, finite or not."""
    return Step(point.iteration, point.w, point.b, *surface.measurer()(point.w, point.b))


def ended(status: Status, last: Step, finite: bool = True) -> Outcome:
    """The outcome of a descent whose trajectory ended by itself with this status."""
    if status is Status.CONVERGED:
        return Outcome(status, last.iteration, last.iteration + 1, last)
    diverged = last.iteration + 1 if finite else last.iteration
    return Outcome(status, diverged, diverged, last)


def descend(
    surface: Surface, settings: Settings, start: Point | None = None
) -> Generator[Step, None, Outcome]:
    """Yield a Step before each update, `settings.iterations` in all; return the Outcome.

    Starts where the settings say, or goes on from any other point.
    """
    start = start or starting_point(surface, settings)
    path = trajectory(surface, settings, start)
    last, finite = measured_at(surface, start), False
    while True:
        try:
            step = Step._make(next(path)[:6])
        except StopIteration as end:
            return ended(end.value, last, finite)
        if step.iteration >= settings.iterations:
            return Outcome(Status.FINISHED, step.iteration, step.iteration, step)
        yield step
        last, finite = step, True
