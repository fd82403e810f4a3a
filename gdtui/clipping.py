"""What a line shows of itself within the unit box."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gdtui.core.model import Vector


def pieces_within(x: Vector, y: Vector) -> Vector:
    """The pieces of a line, of shape (n, 4), each from x, y to x, y, cut off at the unit box.

    The points x and y have shape (n,) and may be NaN, which parts the line, or infinite; what
    comes out is in [0, 1]. Clipping by Liang and Barsky, ACM Transactions on Graphics 3 (1984), on
    all pieces at once.
    """
    # Far outside, only the direction counts: this keeps the arithmetic below finite.
    x, y = np.clip(x, -1e9, 1e9), np.clip(y, -1e9, 1e9)
    if len(x) == 1:
        x, y = np.repeat(x, 2), np.repeat(y, 2)
    inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    shown = inside[:-1] & inside[1:]
    pieces = np.column_stack([x[:-1], y[:-1], x[1:], y[1:]])
    # Most lines lie within the box but for a few pieces; a piece to or from NaN is none.
    crossing = np.flatnonzero(~shown & ~np.isnan(pieces.sum(axis=1)))
    if len(crossing):
        pieces[crossing], shown[crossing] = _clipped(pieces[crossing])
    return np.clip(pieces[shown], 0, 1)


def _clipped(pieces: Vector) -> tuple[Vector, NDArray[np.bool_]]:
    """Pieces of shape (n, 4) cut off at the unit box, and whether anything is left of each."""
    x0, y0 = pieces[:, 0], pieces[:, 1]
    dx, dy = pieces[:, 2] - x0, pieces[:, 3] - y0
    enter, leave = np.zeros(len(pieces)), np.ones(len(pieces))
    visible = np.ones(len(pieces), dtype=bool)
    with np.errstate(all="ignore"):
        for p, q in ((-dx, x0), (dx, 1 - x0), (-dy, y0), (dy, 1 - y0)):
            t = q / p
            enter = np.where(p < 0, np.maximum(enter, t), enter)
            leave = np.where(p > 0, np.minimum(leave, t), leave)
            visible &= (p != 0) | (q >= 0)
    ends = (x0 + enter * dx, y0 + enter * dy, x0 + leave * dx, y0 + leave * dy)
    return np.column_stack(ends), visible & (enter <= leave)
