"""Read a dataset of examples from text in columns."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import numpy as np

from gdtui.core.printable import printable
from gdtui.dataset.dataset import Array, DataError, Dataset, LineError, ReadRequest
from gdtui.dataset.layout import SAMPLE_CHARS, SAMPLE_ROWS, Layout, TextRow, layout_of
from gdtui.dataset.parse import Parser
from gdtui.dataset.source import Block, blocks_of, opened, rows_of


def read_text(request: ReadRequest) -> Dataset:
    """Read text in columns; raises DataError, in one sentence, for what is no such text."""
    name = request.name
    try:
        with opened(request.path, request.stream) as source:
            blocks = blocks_of(source, request.progress or _no_progress)
            ahead: list[Block] = []
            layout = layout_of(_sample(blocks, ahead), request.x, request.y)
            return _dataset(name, layout, chain(ahead, blocks), request.drop_missing)
    except LineError as error:
        place = f"{printable(name)}:{error.line}" if error.line else printable(name)
        raise DataError(f"{place}: {error}") from None


def _no_progress(_: float | None) -> None:
    pass


def _sample(blocks: Iterable[Block], ahead: list[Block]) -> list[TextRow]:
    """The first rows, as many as tell the layout; their blocks are put into the list."""
    rows: list[TextRow] = []
    chars = 0
    for block in blocks:
        ahead.append(block)
        for row in rows_of(block):
            rows.append(row)
            chars += len(row[1])
            if len(rows) == SAMPLE_ROWS or (len(rows) > 2 and chars > SAMPLE_CHARS):
                return rows
    return rows


def _dataset(name: str, layout: Layout, blocks: Iterable[Block], drop_missing: bool) -> Dataset:
    parser = Parser(layout, drop_missing)
    x, y = bytearray(), bytearray()  # of floats: bytes grow in place, arrays do not
    for block in blocks:
        table = parser.parse(block)
        x += table[:, 0].tobytes()
        y += table[:, 1].tobytes()
    if not x:
        raise LineError("no example is left without the rows where a number is missing")
    notes, caveats = [*layout.notes], [*layout.caveats]
    if parser.left_out:
        rows = "1 row is" if parser.left_out == 1 else f"{parser.left_out:,} rows are"
        notes.append(f"{rows} left out, where a number is missing")
        caveats.append(f"{rows.rpartition(' ')[0]} left out")
    feature, label = (layout.names[index] for index in layout.chosen)
    said = tuple(f"{printable(name)}: {note}" for note in notes)
    return Dataset(name, feature, label, _read_only(x), _read_only(y), said, ", ".join(caveats))


def _read_only(floats: bytearray) -> Array:
    array = np.frombuffer(floats, np.float64)
    array.setflags(write=False)
    return array
