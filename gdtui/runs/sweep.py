"""A sweep: the same run with one learning rate after another, to see where the wall is."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gdtui.core.descent import Descent, Measured, Status
from gdtui.core.pacemaker import BURST
from gdtui.core.settings import LEARNING_RATE, Settings
from gdtui.core.surface import Surface
from gdtui.theory.goal import goal
from gdtui.theory.verdict import critical_rate

# How many learning rates, besides the current one and those beside the critical one.
SPACED = 57
# From where to where, in parts of the critical learning rate, or else of the current one.
_AROUND_CRITICAL, _AROUND_CURRENT = (1e-3, 3.0), (1e-3, 1e3)
# The last rate that holds and the first that doesn't, in parts of the critical one: nearer to it,
# a descent takes longer to show its nature than a run lasts.
BELOW, ABOVE = 0.99, 1.01
# Learning rates are the same when they differ, relatively, by less than a line is wide.
_SAME = 1e-6


class Trial(NamedTuple):
    """How the run went with one learning rate.

    `iteration` is where it ended, or at which it diverged; `loss` is the last that was finite, and
    `lowest` the smallest. `within` is the first iteration within 1% of the minimum, if any was.
    """

    lr: float
    status: Status
    iteration: int
    loss: float
    lowest: float
    within: int | None


def rates(surface: Surface, settings: Settings) -> tuple[float, ...]:
    """The learning rates to try, ascending and evenly spaced in their logarithm.

    They reach from a thousandth of the critical one to beyond it, with one rate close to it on
    each side. Where the method has no critical rate they lie around the current one, which is
    among them in any case.
    """
    critical, lr = critical_rate(surface, settings), settings.lr
    close: tuple[float, ...] = ()
    if critical and _fits(critical * ABOVE) and _fits(critical * BELOW):
        low, high = (part * critical for part in _AROUND_CRITICAL)
        close = critical * BELOW, critical * ABOVE
    else:
        low, high = (part * lr for part in _AROUND_CURRENT)
    spaced = _spaced(max(low, LEARNING_RATE.low), min(high, LEARNING_RATE.high))
    # What is chosen takes the place of what merely fills the gaps.
    chosen = [lr, *(rate for rate in close if not _same(rate, lr))]
    gap = close or (lr, lr)
    others = [
        rate
        for rate in spaced
        if not gap[0] < rate < gap[1] and not any(_same(rate, one) for one in chosen)
    ]
    return tuple(sorted([*others, *chosen]))


def _fits(rate: float) -> bool:
    return LEARNING_RATE.low <= rate <= LEARNING_RATE.high


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_SAME)


def _spaced(low: float, high: float) -> list[float]:
    step = math.log(high / low) / (SPACED - 1)
    return [low, *(low * math.exp(i * step) for i in range(1, SPACED - 1)), high]


# One trial


def _attempt(surface: Surface, settings: Settings) -> Generator[int, None, Trial]:
    """Run with these settings, and yield after every burst how many points it has measured."""
    allowed, points = goal(surface, settings).allowed, settings.iterations + 1
    descent, made, lowest, within = Descent.of(surface, settings), 0, math.inf, None
    while burst := descent.take(min(BURST, points - made)):
        losses = [measured[3] for measured in burst]
        lowest = min(lowest, *losses)
        if within is None and lowest <= allowed:
            within = made + next(i for i, loss in enumerate(losses) if loss <= allowed)
        made += len(burst)
        if _is_settled(settings, burst):
            break
        yield made
    outcome = descent.outcome()
    loss = outcome.step.loss
    # What has settled before its end would stay so to the end.
    at = outcome.iteration if descent.status else settings.iterations
    return Trial(settings.lr, outcome.status, at, loss, min(lowest, loss), within)


def _is_settled(settings: Settings, burst: list[Measured]) -> bool:
    """Whether the descent has come to where every iteration leaves all as it is.

    A method that is always the same never leaves such a point.
    """
    is_linear = settings.chosen_method.linear is not None
    return is_linear and len(burst) > 1 and burst[-1][1:] == burst[-2][1:]


# All of them


def sweep(
    surface: Surface, settings: Settings, chosen: Iterable[float] | None = None
) -> Generator[Trial, None, None]:
    """Run with each of the chosen learning rates, else with those of `rates`; yield the trials.

    Raises ValueError, in words, for a learning rate that is out of bounds.
    """
    whole = Sweep(surface, settings, chosen)
    while not whole.done:
        seen = len(whole.trials)
        whole.drive()
        yield from whole.trials[seen:]


@dataclass(frozen=True)
class SweepSnapshot:
    """A sweep as it was at one moment: the trials so far, and which part of all is made.

    `critical` is the learning rate above which the method diverges, where theory knows it.
    """

    surface: Surface
    settings: Settings
    critical: float | None
    rates: tuple[float, ...]
    trials: tuple[Trial, ...]
    progress: float
    done: bool


class Sweep:
    """A sweep that can be driven, looked at and cancelled, from any thread.

    A Worker drives it as it drives a Run.
    """

    def __init__(
        self, surface: Surface, settings: Settings, chosen: Iterable[float] | None = None
    ) -> None:
        self.surface = surface
        self.settings = settings
        self._critical = critical_rate(surface, settings)
        self.rates = tuple(rates(surface, settings) if chosen is None else chosen)
        self._lock = threading.Lock()
        self._left = [_attempt(surface, settings.replace(lr=rate)) for rate in self.rates[::-1]]
        self._trials: tuple[Trial, ...] = ()
        self._made = 0

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials so far, in the order of the rates."""
        return self._trials

    @property
    def done(self) -> bool:
        """Whether no more trials come: all are there, or the sweep is cancelled."""
        return not self._left

    def cancel(self) -> None:
        """Try no more, and keep the trials so far."""
        with self._lock:
            self._left.clear()
            self._made = 0

    def drive(self, now: float = 0.0) -> float | None:
        """Make one burst of iterations; returns 0 while more are due, else None."""
        with self._lock:
            if self._left:
                self._burst()
            return 0.0 if self._left else None

    def _burst(self) -> None:
        try:
            self._made = next(self._left[-1])
        except StopIteration as end:
            self._left.pop()
            self._made = 0
            self._trials = (*self._trials, end.value)

    def snapshot(self) -> SweepSnapshot:
        """The sweep as it is now."""
        with self._lock:
            return SweepSnapshot(
                self.surface,
                self.settings,
                self._critical,
                self.rates,
                self._trials,
                self._progress(),
                self.done,
            )

    @property
    def progress(self) -> float:
        """Which part of all trials is made, from 0 to 1."""
        with self._lock:
            return self._progress()

    def _progress(self) -> float:
        under_way = self._made / (self.settings.iterations + 1)
        return (len(self._trials) + under_way) / len(self.rates) if self.rates else 1.0
