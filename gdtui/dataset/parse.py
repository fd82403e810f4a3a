"""From blocks of lines to the numbers in the chosen columns.

Each block is parsed in one of two ways. The fast way looks at the whole block at once and accepts
only plain tables of numbers; whatever it does not accept goes row by row through the strict way,
which knows quotes and comments, and which finds the line and the column of whatever is wrong.
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from gdtui.core.printable import printable
from gdtui.dataset.cells import decimal_mark, is_missing, number
from gdtui.dataset.dataset import Array, LineError
from gdtui.dataset.fields import EMPTY_BETWEEN_TABS, fields_of
from gdtui.dataset.layout import Layout
from gdtui.dataset.source import Block, rows_of

# The bytes of plain text without quotes and comments.
_ORDINARY = bytes({9, 10, *range(32, 127)} - {*b'"#'})
_NUMBER_WITH = r"(?<![^;\n])[ \t]*[+-]?(?:[0-9]+{0}[0-9]*|{0}[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*[;\n]"
_NUMBERS_WITH = {
    mark: re.compile(_NUMBER_WITH.format(re.escape(mark)).encode()) for mark in (",", ".")
}
_EMPTY_BETWEEN_TABS = re.compile(EMPTY_BETWEEN_TABS.encode(), re.MULTILINE)


class Parser:
    """Parses the blocks of a file, one after the other."""

    def __init__(self, layout: Layout, drop_missing: bool) -> None:
        self.left_out = 0  # rows, so far
        self._layout = layout
        self._drop_missing = drop_missing
        # Between semicolons a number may have a decimal point or a decimal comma: which of them
        # the file has, and where its first one stands.
        self._mark = ""
        self._mark_line = 0

    def parse(self, block: Block) -> Array:
        """Features and labels of a block, of shape (examples, 2); raises LineError."""
        table = self._parse_fast(block)
        return self._parse_strictly(block) if table is None else table

    # The fast way

    def _parse_fast(self, block: Block) -> Array | None:
        """The same of a plain block, or None to leave it to the strict way."""
        if block.line <= self._layout.above or not self._is_plain(block.data):
            return None
        data = block.data
        if self._layout.delimiter == ";":
            if not self._has_one_mark(block):
                return None
            data = data.replace(b",", b".")
        try:
            table = self._load(str(memoryview(data)[:-1], "ascii"))
        except ValueError:
            return None
        return table if np.isfinite(table).all() else None

    def _is_plain(self, data: bytes) -> bool:
        """Whether all bytes are ordinary and the marks make as many fields in each row."""
        delimiter = self._layout.delimiter
        if delimiter == " ":
            # At runs of blanks, loadtxt itself sees to it that all rows have as many fields.
            is_ordinary = not data.isspace() and not data.translate(None, _ORDINARY)
            return is_ordinary and not (b"\t" in data and _EMPTY_BETWEEN_TABS.search(data))
        marks = delimiter.encode()
        bones = data.translate(None, _ORDINARY.translate(None, marks + b"\n"))
        row = marks * (len(self._layout.names) - 1) + b"\n"
        return bones == row * (len(bones) // len(row))

    def _has_one_mark(self, block: Block) -> bool:
        """Whether all numbers of a plain block have the decimal mark of the file, if any."""
        if not self._mark:
            found = [pattern.search(block.data) for pattern in _NUMBERS_WITH.values()]
            firsts = [match.start() for match in found if match]
            if len(firsts) == 1:
                self._mark = "," if found[0] else "."
                self._mark_line = block.line + block.data.count(b"\n", 0, firsts[0])
            return len(firsts) < 2
        other = "." if self._mark == "," else ","
        return other.encode() not in block.data or not _NUMBERS_WITH[other].search(block.data)

    def _load(self, text: str) -> Array:
        x, y = self._layout.chosen
        width, delimiter = len(self._layout.names), self._layout.delimiter
        if delimiter == " ":
            table = np.loadtxt(text.split("\n"), comments=None, ndmin=2)
            if table.shape[1] != width:
                raise ValueError("rows of other columns")
            return table[:, (x, y)]  # a copy: a view would keep all columns in memory
        load = partial(np.loadtxt, delimiter=delimiter, comments=None)
        if {x, y} == set(range(width)):
            # One long row is read faster than many short ones, but no column can be left out of it.
            table = load([text.replace("\n", delimiter)], ndmin=1).reshape(-1, 2)
            return table if x < y else table[:, ::-1]
        return load(text.split("\n"), usecols=(x, y), ndmin=2)

    # The strict way

    def _parse_strictly(self, block: Block) -> Array:
        """The same row by row, or what is wrong in which line."""
        examples: list[tuple[float, float]] = []
        for line, text in rows_of(block):
            if line <= self._layout.above:
                continue
            try:
                example = self._example(line, text)
            except LineError as error:
                raise LineError(str(error), line) from None
            if example is None:
                self.left_out += 1
            else:
                examples.append(example)
        return np.array(examples, dtype=np.float64).reshape(-1, 2)

    def _example(self, line: int, text: str) -> tuple[float, float] | None:
        """The numbers of a row, or None if one is missing and such rows are left out."""
        layout = self._layout
        width = len(layout.names)
        fields = fields_of(text, layout.delimiter, width)
        if len(fields) != width:
            count = "is 1 column" if len(fields) == 1 else f"are {len(fields)} columns"
            raise LineError(f"there {count} here instead of {width}")
        if layout.delimiter == ";":
            self._refuse_another_mark(fields, line)
        x, y = layout.chosen
        if self._drop_missing and (is_missing(fields[x]) or is_missing(fields[y])):
            return None
        return self._number(fields, x), self._number(fields, y)

    def _refuse_another_mark(self, fields: list[str], line: int) -> None:
        for index, field in enumerate(fields):
            mark = decimal_mark(field)
            if mark and not self._mark:
                self._mark, self._mark_line = mark, line
            elif mark and mark != self._mark:
                kinds = {".": "point", ",": "comma"}
                raise LineError(
                    f"'{printable(field)}' in {self._layout.column(index)} has a decimal "
                    f"{kinds[mark]}, but the file has a decimal {kinds[self._mark]} in line "
                    f"{self._mark_line}: write all numbers with the same mark"
                )

    def _number(self, fields: list[str], index: int) -> float:
        layout, field = self._layout, fields[index]
        column = layout.column(index)
        if is_missing(field):
            what = (
                f"'{printable(field)}' in {column} is no number" if field else f"{column} is empty"
            )
            raise LineError(f"{what}: --drop-missing leaves such rows out")
        try:
            return number(field, column, layout.delimiter)
        except LineError as error:
            advice = layout.advice(index) if str(error).endswith("is not a number") else ""
            raise LineError(f"{error}{advice}") from None
