"""Millions of numbers and of lines, in little memory, that one thread adds and others read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gdtui.core.model import Vector

# Numbers that are kept in one piece, and those of whole ones: the fewer, the less they differ.
PIECE, WHOLE_PIECE = 1 << 15, 1 << 12
# The text that is kept, and what of it is in one block.
KEPT_BYTES, KEPT_BLOCK = 1 << 23, 1 << 16


class _Offsets:
    """Whole numbers in few bytes each: as what they are beyond the first of them."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        self._first = int(numbers[0])
        beyond = numbers - self._first
        self._beyond = beyond.astype(np.min_scalar_type(beyond[-1]))

    def __getitem__(self, at: int) -> int:
        return self._first + int(self._beyond[at])


class _Pieces:
    """Numbers in pieces, each of which is packed once it is full; all below `count` stay."""

    dtype: type[np.generic] = np.float64
    size = PIECE

    def __init__(self) -> None:
        self.count = 0
        self._pieces: list[Any] = []

    def extend(self, numbers: Sequence[float]) -> None:
        """Add some at the end."""
        fresh, at = np.array(numbers, self.dtype), 0
        while at < len(fresh):
            within = self.count % self.size
            if within == 0:
                self._pieces.append(np.empty(self.size, self.dtype))
            piece, part = self._pieces[-1], fresh[at : at + self.size - within]
            piece[within : within + len(part)] = part
            if within + len(part) == self.size:
                self._pieces[-1] = self.packed(piece)
            at += len(part)
            self.count += len(part)

    def packed(self, piece: NDArray[Any]) -> object:
        """A piece that has become full, in less room if that is possible."""
        return piece


class KeptNumbers(_Pieces):
    """Numbers, eight bytes each."""

    def between(self, start: int, stop: int) -> Vector:
        """Some of the numbers, of shape (stop - start,)."""
        if stop <= start:
            return np.empty(0)
        first, last = start // PIECE, (stop - 1) // PIECE
        joined: Vector = np.concatenate(self._pieces[first : last + 1])
        return joined[start - first * PIECE : stop - first * PIECE]


class GrowingNumbers(_Pieces):
    """Whole numbers, each larger than the one before.

    They take no room where they count evenly, and else two bytes each, or four where they leap.
    """

    dtype = np.int64
    size = WHOLE_PIECE

    def packed(self, piece: NDArray[np.int64]) -> range | _Offsets:
        """The numbers counted, or as offsets."""
        steps = np.diff(piece)
        if np.all(steps == steps[0]):
            return range(int(piece[0]), int(piece[-1]) + 1, int(steps[0]))
        return _Offsets(piece)

    def __getitem__(self, at: int) -> int:
        piece, within = divmod(at, WHOLE_PIECE)
        return int(self._pieces[piece][within])

    def __len__(self) -> int:
        return self.count

    def last_not_beyond(self, number: int, count: int) -> int:
        """The place of the last of the first `count` that is not larger; -1 where all are."""
        return bisect_right(self, number, 0, count) - 1


class NewestLines:
    """The newest lines of a text, as many as there is room for; they are counted from 0."""

    def __init__(self) -> None:
        self.count = 0
        # The first line of each block, and its lines.
        self._blocks: list[tuple[int, bytes]] = []
        self._size = 0

    def extend(self, lines: Sequence[str]) -> None:
        """Add some at the end; none has a line feed in it."""
        if not lines:
            return
        text, blocks = "\n".join(lines).encode(), self._blocks
        self._size += len(text) + 1
        if blocks and len(blocks[-1][1]) + len(text) < KEPT_BLOCK:
            first, begun = blocks[-1]
            blocks = [*blocks[:-1], (first, begun + b"\n" + text)]
        else:
            blocks = [*blocks, (self.count, text)]
        while self._size > KEPT_BYTES and len(blocks) > 1:
            self._size -= len(blocks.pop(0)[1]) + 1
        # Who reads has the blocks of before or these.
        self._blocks = blocks
        self.count += len(lines)

    def between(self, start: int, stop: int) -> dict[int, str]:
        """Those of some lines that are still there, by their numbers."""
        blocks = self._blocks
        at = max(bisect_right(blocks, start, key=lambda block: block[0]) - 1, 0)
        found: dict[int, str] = {}
        for first, text in blocks[at:]:
            if first >= stop:
                break
            lines = enumerate(text.decode().split("\n"), first)
            found |= {number: line for number, line in lines if start <= number < stop}
        return found
