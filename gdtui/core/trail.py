"""The bounded record of a run: evenly spaced checkpoints, and what lay between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gdtui.core.descent import (
    Measured,
    Point,
)
from gdtui.core.method import Memory


class Trail:
    """The bounded record of a run: a row for every stretch of `spacing` iterations.

    A row holds the step that begins the stretch, the one after it, and the smallest and largest
    loss within. When all rows are taken, neighbours are merged and the spacing doubles. The first
    stretch begins at iteration `first`.
    """

    ROWS = 4096
    FIRST_ROWS = 64
    COLUMNS = ("w", "b", "loss", "low", "high", "next_w", "next_b", "next_loss")

    def __init__(self, first: int = 0) -> None:
        self.first = first
        self.spacing = 1
        self.memories: list[Memory] = []
        self._table = np.empty((min(self.FIRST_ROWS, self.ROWS), len(self.COLUMNS)))

    def extend(self, steps: list[Measured]) -> None:
        """Record the steps that follow the last one recorded."""
        at = 0
        while at < len(steps):
            into = (steps[at][0] - self.first) % self.spacing
            if into == 0 and len(self.memories) == self.ROWS:
                self._thin()
                continue
            part = steps[at : at + self.spacing - into]
            self._record(into, part)
            at += len(part)

    def _record(self, into: int, part: list[Measured]) -> None:
        """Record steps of one stretch, the first of which is number `into` in it."""
        losses = [step[3] for step in part]
        low, high = min(losses), max(losses)
        if into == 0:
            if len(self.memories) == len(self._table):
                self._grow()
            self._table[len(self.memories)] = (*part[0][1:4], low, high, *part[0][1:4])
            self.memories.append(part[0][6:])
        row = self._table[len(self.memories) - 1]
        row[3], row[4] = min(row[3], low), max(row[4], high)
        if into <= 1 < into + len(part):
            row[5:8] = part[1 - into][1:4]

    def _grow(self) -> None:
        """Make room for twice as many rows: most runs are short, and a session has many."""
        rows = min(2 * len(self._table), self.ROWS)
        grown = np.empty((rows, len(self.COLUMNS)))
        grown[: len(self._table)] = self._table
        self._table = grown

    def _thin(self) -> None:
        half = self.ROWS // 2
        even, odd = self._table[0::2], self._table[1::2]
        merged = even.copy()
        merged[:, 3] = np.minimum(even[:, 3], odd[:, 3])
        merged[:, 4] = np.maximum(even[:, 4], odd[:, 4])
        if self.spacing == 1:
            merged[:, 5:8] = odd[:, 0:3]
        self._table[:half] = merged
        del self.memories[1::2]
        self.spacing *= 2

    def before(self, iteration: int) -> Point:
        """The last checkpoint that is not after an iteration already recorded."""
        row = (iteration - self.first) // self.spacing
        w, b = self._table[row, 0:2].tolist()
        return Point(self.first + row * self.spacing, w, b, self.memories[row])

    def first_at_most(self, loss: float) -> int | None:
        """Where the first stretch begins that has a loss of at most this, if one has."""
        rows = np.flatnonzero(self._table[: len(self.memories), 3] <= loss)
        return self.first + int(rows[0]) * self.spacing if len(rows) else None

    def columns(self, until: int | None = None) -> dict[str, NDArray[np.float64]]:
        """A copy of the table so far, or as it was at an iteration; columns of shape (rows,)."""
        rows, into = len(self.memories), self.spacing
        if until is not None:
            row, into = divmod(until - self.first, self.spacing)
            rows = min(row + 1, rows)
        table = self._table[:rows].T.copy()
        if until is not None:
            # What came after it in its stretch was not there yet.
            table[3:5, -1] = table[2, -1]
        if into == 0:
            table[5:8, -1] = table[0:3, -1]
        table.setflags(write=False)
        return dict(zip(self.COLUMNS, table, strict=True))
