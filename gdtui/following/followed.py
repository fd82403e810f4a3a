"""The losses that a program has printed so far, and the newest of its lines."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gdtui.core.model import Vector
from gdtui.core.printable import PATH_CHARACTERS, printable
from gdtui.following.forms import LossFinder, without_codes
from gdtui.following.keeping import GrowingNumbers, KeptNumbers, NewestLines
from gdtui.transcript import LARGEST_ITERATION, LineSplitter

# The most stretches that stand for all losses in a plot.
STRETCHES = 4096


class Noted(NamedTuple):
    """Where a loss was printed: as which one of them all, counted from 0, and in which line."""

    at: int
    line: int
    loss: float


class Followed:
    """The losses that a program has printed so far, each at the iteration that its line named.

    Where a line names none, it is the one after the last. Where the program begins to count again,
    as in each epoch, the count goes on; `begins_again` is the first such line.

    One thread feeds it, others may look: all below `count` is there to stay. A loss takes eight
    bytes, its iteration and its line none where they go on evenly, and else two to four each.
    """

    def __init__(self, name: str, pattern: re.Pattern[str] | None = None) -> None:
        self.name = name
        self.has_pattern = pattern is not None
        """Whether its lines are read by the user's own pattern."""
        self.has_ended = False
        """Whether no more will come."""
        self.trouble = ""
        """Why it can't be read, if so."""
        self.count = 0
        self.lines = 0
        self.newest_lines = NewestLines()
        self.lowest: Noted | None = None
        self.last: Noted | None = None
        self.broken: Noted | None = None
        """The first loss that is no finite number."""
        self.before_broken: Noted | None = None
        self.broken_count = 0
        self.begins_again: int | None = None
        self.envelope: tuple[int, Vector] = 1, np.empty((3, 0))
        """How many losses make a stretch; of each that is whole the iteration at which it begins,
        the lowest loss and the highest."""
        self._find = LossFinder(pattern).find
        self._splitter = LineSplitter()
        self._losses, self._iterations, self._numbers = (
            KeptNumbers(),
            GrowingNumbers(),
            GrowingNumbers(),
        )
        # The iteration that was named last, what the count is ahead of it, and the last iteration.
        self._named: int | None = None
        self._offset, self._iteration = 0, -1

    @property
    def short_name(self) -> str:
        """The name without the folders."""
        return os.path.basename(self.name) or self.name

    # What comes

    def feed(self, block: bytes) -> None:
        """Read the next bytes."""
        self._read(self._splitter.feed(block))

    def end(self) -> None:
        """Read what is left: no more will come."""
        self._read(self._splitter.end())
        self.has_ended = True

    def _read(self, lines: Sequence[str]) -> None:
        self.newest_lines.extend(lines)
        find, count_on = self._find, self._count_on
        losses: list[float] = []
        iterations: list[int] = []
        numbers: list[int] = []
        # Plain tuples while they come: to make a Noted of each would take a third of the time.
        last, lowest = None, self.lowest
        least = lowest.loss if lowest else math.inf
        for number, line in enumerate(lines, self.lines + 1):
            found = find(without_codes(line) if "\x1b" in line else line)
            if found is None:
                continue
            named, loss = found
            at = self.count + len(losses)
            iterations.append(count_on(named, number))
            losses.append(loss)
            numbers.append(number)
            if loss - loss != 0.0:
                self._note_broken(Noted(at, number, loss), Noted(*last) if last else self.last)
                continue
            last = at, number, loss
            if loss < least:
                lowest, least = Noted(*last), loss
        self._iterations.extend(iterations)
        self._numbers.extend(numbers)
        self._losses.extend(losses)
        self.count = self._losses.count
        self.lowest = lowest
        self.last = Noted(*last) if last else self.last
        self.lines += len(lines)
        self._widen()

    def _count_on(self, named: int | None, line: int) -> int:
        """The iteration of the next loss."""
        last = self._iteration
        if named is None:
            iteration = last + 1
        elif self._named is None or named > self._named:
            iteration = max(self._offset + named, last + 1)
        elif named == self._named:
            iteration = last + 1
        else:
            self.begins_again = self.begins_again or line
            iteration = last + max(named, 1)
        if iteration > LARGEST_ITERATION:
            iteration = last + 1
        if named is not None:
            self._named, self._offset = named, iteration - named
        self._iteration = iteration
        return iteration

    def _note_broken(self, place: Noted, before: Noted | None) -> None:
        self.broken_count += 1
        if self.broken is None:
            self.broken, self.before_broken = place, before

    def _widen(self) -> None:
        """Sum up the stretches that have become whole."""
        spacing, rows = self.envelope
        done = rows.shape[1] * spacing
        if self.count < done + spacing:
            return
        whole = self.losses(done, self.count // spacing * spacing).reshape(-1, spacing)
        begun = [self.iteration(done + row * spacing) for row in range(len(whole))]
        summed = [begun, np.fmin.reduce(whole, axis=1), np.fmax.reduce(whole, axis=1)]
        rows = np.hstack([rows, summed])
        while rows.shape[1] > STRETCHES:
            even = rows[:, : rows.shape[1] // 2 * 2]
            at, low, high = even[:, 0::2], even[1, 1::2], even[2, 1::2]
            rows = np.stack([at[0], np.fmin(at[1], low), np.fmax(at[2], high)])
            spacing *= 2
        self.envelope = spacing, rows

    # What there is

    def losses(self, start: int, stop: int) -> Vector:
        """Some of the losses, of shape (stop - start,)."""
        return self._losses.between(start, stop)

    def loss(self, at: int) -> float:
        """One of the losses."""
        return float(self.losses(at, at + 1)[0])

    def curve(self) -> tuple[Vector, Vector]:
        """The loss over the iterations, with both extremes of each stretch."""
        count, (spacing, rows) = self.count, self.envelope
        done = rows.shape[1] * spacing
        if done < count:
            rest = self.losses(done, count)
            last = self.iteration(done), np.fmin.reduce(rest), np.fmax.reduce(rest)
            rows = np.column_stack([rows, last])
        if spacing == 1 or not count:
            return rows[0], rows[1]
        newest = self.iteration(count - 1)
        middle = (rows[0] + np.append(rows[0, 1:], newest)) / 2
        x = np.column_stack([rows[0], middle]).ravel()
        y = np.column_stack([rows[1], rows[2]]).ravel()
        return np.append(x, newest), np.append(y, self.losses(count - 1, count))

    def iteration(self, at: int) -> int:
        """The iteration of a loss."""
        return self._iterations[at]

    def line(self, at: int) -> int:
        """The line of a loss, counted from 1."""
        return self._numbers[at]

    def at_iteration(self, iteration: int) -> int:
        """The last loss that is not after an iteration; the first where all are."""
        return max(self._iterations.last_not_beyond(iteration, self.count), 0)

    def at_line(self, line: int) -> int:
        """The last loss that is not below a line; the first where all are."""
        return max(self._numbers.last_not_beyond(line, self.count), 0)

    def losses_in_lines(self, first: int, last: int) -> dict[int, int]:
        """Which of the losses stand in some lines, from the first to the last, by these."""
        begin = self._numbers.last_not_beyond(first - 1, self.count) + 1
        end = self._numbers.last_not_beyond(last, self.count) + 1
        return {self.line(at): at for at in range(begin, end)}


def source_name(path: str) -> str:
    """How a source of lines is named on screen."""
    return "standard input" if path == "-" else printable(path, PATH_CHARACTERS)
