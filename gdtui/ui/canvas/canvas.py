"""The one place where plotext draws.

The engine aborts the whole process on NaN, and takes gigabytes for a line that runs far outside
its limits. So all that reaches it has been clipped to the window and mapped to the unit box: it
only ever sees floats in [0, 1].
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gdtui.clipping import pieces_within
from gdtui.core.model import Vector
from gdtui.drawing import (
    BAND_ROLES,
    BRAILLE,
    CROWD,
    Axis,
    Contours,
    Drawing,
    Layer,
    Role,
    Row,
    Span,
    evened,
)
from gdtui.ui.canvas.labels import labelled
from gdtui.ui.canvas.plotext_kernel import add, signal_of_points
from gdtui.ui.canvas.plotext_manual import plotext

_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
# Roles travel through the engine as colours of the 256-colour palette, from this number on.
_FIRST_COLOUR = 16
_COLOURS = {role: _FIRST_COLOUR + number for number, role in enumerate(Role)}
_ROLES = {f"38;5;{colour}": role for role, colour in _COLOURS.items()}
_THEME = "gdtui"
# Labels of the vertical axis are at least this wide, so that the axis holds still.
_LABEL_WIDTH = 5
# What part of a line of equal height may lie this near, in dots, to the lines drawn before it.
_CROWDED, _APART = 0.3, 2
# The engine puts the outermost points so many cells further in, measured at 10 to 100 cells: it
# decides on which side a place between two cells is.
_INWARDS = 0.00155
# From so many ticks on a height can be read, and so many rows may be left blank for them.
_ENOUGH_TICKS, _MOST_UNUSED = 3, 2
# So many points are counted at once: what is made of them stays in the processor's cache.
_BLOCK = 1 << 14
# Below this the engine has no room for axes.
_LEAST_WIDTH, _LEAST_HEIGHT = 12, 4


def _pixel(role: Role) -> Any:
    return plotext.pixel(foreground=_COLOURS[role])


class Grid(NamedTuple):
    """The dots of a plot: two a cell to the right, four a cell up."""

    x: Axis
    y: Axis
    columns: int
    rows: int


class Canvas:
    """Draws one plot, again and again; not to be shared between threads."""

    def __init__(self) -> None:
        plotext.terminal.limit(False, False)
        plotext.add_theme(_THEME, text=_pixel(Role.AXIS))
        self._figure = type(plotext.figure)(plotext.terminal)
        self._signals: dict[tuple[Layer | Contours, Grid], list[Any]] = {}
        self._bands: dict[tuple[Layer | Contours, Grid], list[Row]] = {}
        # What lies beneath the rows drawn last: for each row of the box its bands, from the left.
        self.ground: list[Row] = []
        # Where the box of the plot drawn last begins, and what is along it.
        self._box: tuple[int, Grid] | None = None
        self._ticked: dict[str, tuple[tuple[Axis, int, int], int]] = {}
        self._figure.theme(_THEME)
        self._figure.canvas("default")
        self._figure.legend(False)
        self._figure.axes(False, axis="x", side="upper")
        self._figure.axes(False, axis="y", side="right")
        for axis in ("x", "y"):
            self._figure.ruler(axis).lim(0, 1)

    def render(self, drawing: Drawing, width: int, height: int) -> list[Row]:
        """The drawing as `height` rows of `width` cells; blank where there is no room for it."""
        blank: list[Row] = [((" " * max(width, 0), Role.PLAIN),)] * max(height, 0)
        self.ground, self._box = [], None
        if width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
            return blank
        figure, x, y = self._figure, drawing.x, drawing.y
        unused = 0 if drawing.even else _rows_unused(y, height)
        height -= unused
        figure.clear.data()
        figure.plot_size(width, height)
        inner_height = height - 2
        upward = _tick_count(height), inner_height
        inner_width = width - self._ticks("y", y, *upward) - 1
        if drawing.even:
            x, y = evened(x, y, 2 * inner_width, 4 * inner_height)
            inner_width = width - self._ticks("y", y, *upward) - 1
        if inner_width < 2:
            return blank
        self._ticks("x", x, max(1, inner_width // 7))
        grid = Grid(x, y, 2 * inner_width, 4 * inner_height)
        self._box = width - inner_width, grid
        # A layer that was in the last frame too, and lies as it did, is not made anew.
        before, self._signals = self._signals, {}
        bands_before, self._bands = self._bands, {}
        for layer in drawing.layers:
            key = layer, grid
            self._signals[key] = before[key] if key in before else signals_of(layer, grid)
            if isinstance(layer, Contours):
                bands = bands_before.get(key) or band_rows(layer, grid, width - inner_width)
                self.ground = self._bands[key] = bands
            for signal in self._signals[key]:
                add(figure, signal)
        rows = [_row(line) for line in figure.build().string().split("\n")[:height]]
        drawn = labelled(rows, width - inner_width, replace(drawing, x=x, y=y))
        return drawn + blank[:unused]

    def place_at(self, column: int, row: int, nearest: bool = False) -> tuple[float, float] | None:
        """What the middle of a cell stands for in the plot drawn last, if it lies in its box.

        The nearest place of the box, where that is asked for.
        """
        if self._box is None:
            return None
        left, grid = self._box
        places = (column - left + 0.5) / (grid.columns / 2), 1 - (row + 0.5) / (grid.rows / 4)
        if not (nearest or all(0 <= place <= 1 for place in places)):
            return None
        x, y = (
            float(axis.at(np.clip(place, 0, 1)))
            for axis, place in zip((grid.x, grid.y), places, strict=True)
        )
        return x, y

    def _ticks(self, axis: str, scale: Axis, count: int, cells: int = 0) -> int:
        """Set the ticks of an axis, unless they are set; returns how wide its labels are."""
        before = self._ticked.get(axis)
        if before and before[0] == (scale, count, cells):
            return before[1]
        ticks = evenly_spaced(scale, count, cells) if axis == "y" else scale.ticks(count)
        labels = [label for _, label in ticks]
        width = max(_LABEL_WIDTH, *map(len, labels)) if labels else _LABEL_WIDTH
        if axis == "y":
            labels = [label.rjust(width) for label in labels]
        self._figure.ruler(axis).ticks([place for place, _ in ticks], labels)
        self._ticked[axis] = (scale, count, cells), width
        return width


# The same axes are asked for in every frame.
@lru_cache(maxsize=64)
def evenly_spaced(axis: Axis, count: int, cells: int) -> list[tuple[float, str]]:
    """As many ticks, up to about `count`, as may be had that are as many cells apart.

    They are every second, third ... of the usual ones, or of finer ones, 0 among them where it is
    on the axis. Those that are no even steps, as of 1, 2 and 5 on a log axis, stay as they are.
    """
    usual = axis.ticks(count)
    if len(usual) < 3:
        return usual
    found = [[usual[0], usual[-1]]]
    for ticks in (usual, axis.ticks(2 * count), axis.ticks(4 * count)):
        places = np.array([place for place, _ in ticks])
        apart = np.diff(places)
        if np.ptp(apart) > 1e-6:
            return usual if ticks is usual else max(found, key=len)
        rows = _cell(1 - places, cells)
        first = round(axis.low / (apart[0] * (axis.high - axis.low)) + places[0] / apart[0])
        for every in range(1, len(ticks)):
            chosen = slice(-first % every, None, every)
            some = ticks[chosen]
            if 1 < len(some) <= max(count, len(usual)) and not np.ptp(np.diff(rows[chosen])):
                found.append(some)
    return max(found, key=len)


def _tick_count(height: int) -> int:
    """How many ticks an axis of so many rows has, about."""
    return max(2, height // 3)


def _rows_unused(axis: Axis, height: int) -> int:
    """How many rows a plot leaves blank at its foot, so that enough ticks are evenly spaced."""
    few = min(_ENOUGH_TICKS, len(axis.ticks(_tick_count(height))))
    for unused in range(_MOST_UNUSED + 1):
        rows = height - unused
        if rows >= _LEAST_HEIGHT and len(evenly_spaced(axis, _tick_count(rows), rows - 2)) >= few:
            return unused
    return 0


def signals_of(layer: Layer | Contours, grid: Grid) -> list[Any]:
    """What the engine draws for a layer, one after the other."""
    if isinstance(layer, Contours):
        return [_apart(*contour_dots(layer, grid), BRAILLE, layer.role)]
    columns, rows = grid.columns, grid.rows
    if layer.counted:
        x, y, counts = count_points(layer, grid)
        glyphs = [layer.glyph, *"23456789", CROWD]
        groups = [(glyph, counts == number) for number, glyph in enumerate(glyphs, 1)]
        groups = [(glyph, chosen) for glyph, chosen in groups if np.any(chosen)]
        return [_apart(x[chosen], y[chosen], glyph, layer.role) for glyph, chosen in groups]
    x, y = grid.x.unit(layer.x), grid.y.unit(layer.y)
    if layer.line:
        return [filled(*clip_line(*thin(x, y, columns), columns, rows), layer.glyph, layer.role)]
    return [_apart(*clip_points(x, y, columns, rows), layer.glyph, layer.role)]


def _apart(x: Vector, y: Vector, glyph: str, role: Role) -> Any:
    """A signal of points within the unit box, none of them joined to another."""
    return filled(x, y, np.zeros(len(x), dtype=bool), glyph, role)


def filled(x: Vector, y: Vector, joined: NDArray[np.bool_], glyph: str, role: Role) -> Any:
    """A signal of points within the unit box, each joined to the one before it or not."""
    return signal_of_points(x, y, joined, plotext.marker(glyph, _pixel(role)))


def contour_dots(contours: Contours, grid: Grid) -> tuple[Vector, Vector]:
    """The dots at which a height passes one of the levels on the way to the next dot.

    The lines are drawn from the highest down: one that runs along others would only fill the space
    between them, and is left out.
    """
    u, v = np.linspace(0, 1, grid.columns), np.linspace(0, 1, grid.rows)
    heights = contours.height(grid.x.at(u), grid.y.at(v)[:, None])
    bands = np.searchsorted(contours.levels, heights)
    dots, taken = np.zeros(bands.shape, dtype=bool), np.zeros(bands.shape, dtype=bool)
    for band in range(len(contours.levels), 0, -1):
        line = _border(bands >= band)
        if np.count_nonzero(line & taken) <= _CROWDED * np.count_nonzero(line):
            dots |= line
            taken |= _surroundings(line)
    up, right = np.nonzero(dots)
    return u[right], v[up]


def band_rows(contours: Contours, grid: Grid, left: int) -> list[Row]:
    """The band in which the middle of each cell of the box lies, as rows of blanks from the top.

    `left` cells before the box are in no band, and so are those whose height is no number.
    """
    columns, rows = grid.columns // 2, grid.rows // 4
    u, v = (np.arange(columns) + 0.5) / columns, 1 - (np.arange(rows) + 0.5) / rows
    heights = contours.height(grid.x.at(u), grid.y.at(v)[:, None])
    bands = np.minimum(np.searchsorted(contours.levels, heights), len(BAND_ROLES) - 1)
    bands[np.isnan(heights)] = -1
    return [((" " * left, Role.PLAIN), *_runs(row)) for row in bands]


def _runs(bands: NDArray[np.int64]) -> Row:
    """Spans of blanks, one for each run of cells in the same band."""
    ends = [*(np.flatnonzero(np.diff(bands)) + 1).tolist(), len(bands)]
    starts = [0, *ends[:-1]]
    return tuple(
        (" " * (end - start), BAND_ROLES[bands[start]] if bands[start] >= 0 else Role.PLAIN)
        for start, end in zip(starts, ends, strict=True)
    )


def _border(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The dots with a neighbour, to the right or above, on the other side."""
    border = np.zeros_like(inside)
    border[:, :-1] |= inside[:, 1:] != inside[:, :-1]
    border[:-1] |= inside[1:] != inside[:-1]
    return border


def _surroundings(dots: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The dots, and those at most _APART from one of them."""
    for _ in range(2):
        padded = np.pad(dots, ((0, 0), (_APART, _APART)))
        width = dots.shape[1]
        shifts = [padded[:, shift : shift + width] for shift in range(2 * _APART + 1)]
        dots = np.logical_or.reduce(shifts).T
    return dots


def _row(line: str) -> Row:
    """A line of the engine's text, split at its escape codes."""
    spans: list[Span] = []
    role = Role.PLAIN
    for number, part in enumerate(_ESCAPE.split(line)):
        if number % 2:
            role = _ROLES.get(part, Role.PLAIN)
        elif part:
            spans.append((part, role))
    return tuple(spans)


def thin(x: Vector, y: Vector, columns: int) -> tuple[Vector, Vector]:
    """Keep of each column's points the lowest and the highest, so that no oscillation is missed.

    Only a line that runs from left to right is thinned; x and y have shape (n,).
    """
    if len(x) <= 2 * columns or not np.all(x[1:] >= x[:-1]):
        return x, y
    column = np.floor(np.clip(x, -1, 2) * columns)
    first = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    last = np.append(first[1:], len(x)) - 1
    lowest, highest = np.fmin.reduceat(y, first), np.fmax.reduceat(y, first)
    kept_x = np.column_stack([x[first], x[first], x[first], x[last]])
    kept_y = np.column_stack([y[first], lowest, highest, y[last]])
    return kept_x.ravel(), kept_y.ravel()


def clip_points(x: Vector, y: Vector, columns: int, rows: int) -> tuple[Vector, Vector]:
    """The points within the unit box, no two of them on one dot of the grid."""
    inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    x, y = x[inside], y[inside]
    first = np.unique(dots_of(x, y, columns, rows), return_index=True)[1]
    return x[first], y[first]


def count_points(layer: Layer, grid: Grid) -> tuple[Vector, Vector, NDArray[np.int64]]:
    """The cells of a plot that hold points of a layer.

    Returns where the engine has the middle of each, and how many points it holds: at most 10.
    """
    columns, rows = grid.columns // 2, grid.rows // 4
    all_x, all_y = np.asarray(layer.x), np.asarray(layer.y)
    counts = np.zeros(columns * rows, dtype=np.int64)
    for start in range(0, len(all_x), _BLOCK):
        block = slice(start, start + _BLOCK)
        x, y = grid.x.unit(all_x[block]), grid.y.unit(all_y[block])
        inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
        right, up = _cell(x[inside], columns), rows - 1 - _cell(1 - y[inside], rows)
        counts += np.bincount((right * rows + up).astype(np.intp), minlength=len(counts))
    held = np.flatnonzero(counts)
    right, up = np.divmod(held, rows)
    return right / (columns - 1), up / (rows - 1), np.minimum(counts[held], 10)


def _cell(units: Vector, cells: float, dots: int = 1) -> Vector:
    """In which of so many cells, from the left or the top, the engine puts places in [0, 1].

    Or on which dot, where each cell has several.
    """
    return np.floor(((units - 0.5) * (cells - 1 - 2 * _INWARDS) + cells / 2) * dots)


def dots_of(x: Vector, y: Vector, columns: int, rows: int) -> Vector:
    """The number of the dot, among so many columns and rows of them, on which a point falls."""
    return _cell(x, columns / 2, 2) * rows + _cell(1 - y, rows / 4, 4)


def clip_line(
    x: Vector, y: Vector, columns: int, rows: int
) -> tuple[Vector, Vector, NDArray[np.bool_]]:
    """What a line shows of itself within the unit box: points, and whether each is joined to the
    one before it. Pieces that fall on the same dots of the grid are kept once.
    """
    return _chain(pieces_within(x, y), columns, rows)


def _chain(pieces: Vector, columns: int, rows: int) -> tuple[Vector, Vector, NDArray[np.bool_]]:
    """Pieces of shape (n, 4) as points, each joined to the one before it or not."""
    start = dots_of(pieces[:, 0], pieces[:, 1], columns, rows).astype(np.int64)
    end = dots_of(pieces[:, 2], pieces[:, 3], columns, rows).astype(np.int64)
    first = np.sort(np.unique(start * columns * rows + end, return_index=True)[1])
    pieces, start, end = pieces[first], start[first], end[first]
    parted = np.ones(len(pieces), dtype=bool)
    parted[1:] = start[1:] != end[:-1]
    # The start of a piece is a point of its own only where the piece before ended elsewhere.
    kept = np.column_stack([parted, np.ones_like(parted)]).ravel()
    joined = np.tile([False, True], len(pieces))[kept]
    points = pieces.reshape(-1, 2)[kept]
    return points[:, 0], points[:, 1], joined
