"""Labels and the names of the axes, written into the rows of a plot without room of their own."""

from __future__ import annotations

import math
from itertools import groupby

from rich.cells import cell_len, set_cell_size

from gdtui.drawing import Axis, Drawing, Label, Role, Row, Span

# Rows from the top in which the name of the y axis may stand.
_UPPER_ROWS = 4


def labelled(rows: list[Row], left: int, drawing: Drawing) -> list[Row]:
    """The rows with the labels and the names of both axes; the box begins at column `left`.

    The name of x is in the line of its axis. That of y is beside its axis where there is room, else
    within the plot, where nothing is drawn.
    """
    (x_name, y_name), last = drawing.names, len(rows) - 2
    places = [(label, _place(label, drawing, last)) for label in drawing.labels]
    # Only the rows in which something may be written are taken apart.
    upper = range(min(_UPPER_ROWS + 1, last))
    cells = {at: _cells(rows[at]) for at in {*upper, last, *(at for _, (at, _) in places)}}
    _put(places, cells, left)
    if x_name:
        _write_along(cells[last], left, _in_words(x_name, drawing.x))
    top = [cells[at] for at in upper]
    if y_name and not _written_beside(top, left - 1, [y_name, "log"][: 1 + drawing.y.log]):
        _write_within(top, left, _in_words(y_name, drawing.y))
    return [_spans(cells[at]) if at in cells else row for at, row in enumerate(rows)]


def _place(label: Label, drawing: Drawing, rows: int) -> tuple[int, float]:
    """In which of the rows a label stands, and how far to the right in the plot; NaN outside it."""
    u, v = float(drawing.x.unit(label.x)), float(drawing.y.unit(label.y))
    if 0 <= u <= 1 and 0 <= v <= 1:
        return round((1 - v) * (rows - 1)), u
    return 0, math.nan


def _put(
    places: list[tuple[Label, tuple[int, float]]], rows: dict[int, list[Span]], left: int
) -> None:
    """Each label in its place, or as near to it in its row as there is room for it."""
    taken: set[tuple[int, int]] = set()
    for label, (row, u) in places:
        if math.isnan(u):
            continue
        width, end = cell_len(label.text), len(rows[row])
        place = left + round(u * (end - left - 1))
        for column in sorted(range(left, end - width + 1), key=lambda c: abs(c - place)):
            cells = {(row, column + cell) for cell in range(width)}
            if not taken & cells:
                taken |= cells
                _write(rows[row], column, label.text, label.role)
                break


def _in_words(name: str, axis: Axis) -> str:
    return f"{name}, log" if axis.log else name


def _cells(row: Row) -> list[Span]:
    """What is in each cell: of what is wider than a cell, the others have an empty text."""
    return [(character, role) for text, role in row for character in text]


def _spans(cells: list[Span]) -> Row:
    groups = groupby(cells, key=lambda cell: cell[1])
    return tuple(("".join(text for text, _ in group), role) for role, group in groups)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _write(cells: list[Span], column: int, text: str, role: Role = Role.QUIET) -> None:
    if cell_len(text) == len(text):
        written = [(character, role) for character in text]
    else:
        written = [(text, role), *[("", role)] * (cell_len(text) - 1)]
    cells[column : column + len(written)] = written


def _write_along(line: list[Span], left: int, name: str) -> None:
    """As far to the right in the line of the axis as no tick is hidden, else at its end."""
    text = f" {_cut(name, max(1, len(line) - left - 4))} "
    width, tick = cell_len(text), "┬"
    last = len(line) - width - 1
    free = (
        column
        for column in range(last, left + (last - left) // 2, -1)
        if tick not in (text for text, _ in line[column : column + width])
    )
    _write(line, next(free, max(last, left)), text)


def _written_beside(rows: list[list[Span]], width: int, words: list[str]) -> bool:
    """Whether there is room for some words, one a row, beside the axis; if so they are written."""
    if max(map(cell_len, words)) > width:
        return False
    for top in range(1, min(_UPPER_ROWS, len(rows) - len(words) + 1)):
        beside = rows[top : top + len(words)]
        if all(text == " " for cells in beside for text, _ in cells[:width]):
            for cells, word in zip(beside, words, strict=True):
                _write(cells, width - cell_len(word), word)
            return True
    return False


def _write_within(rows: list[list[Span]], left: int, name: str) -> None:
    """At the upper left of the plot, but over nothing; over the upper edge where all is full."""
    text = _cut(name, len(rows[0]) - left)
    width = cell_len(text)
    for cells in rows[:_UPPER_ROWS]:
        for column in range(left, (left + len(cells)) // 2):
            # At the axis, or with a blank before it.
            room = cells[max(column - 1, left) : column + width]
            if column + width <= len(cells) and all(text == " " for text, _ in room):
                _write(cells, column, text)
                return
    _write(rows[0], left, text)
