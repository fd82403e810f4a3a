"""From the first rows of a file to its layout: delimiter, header and choice of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from gdtui.core.printable import printable
from gdtui.dataset.cells import is_missing, is_name, is_numeric
from gdtui.dataset.dataset import LineError
from gdtui.dataset.fields import DELIMITERS, RowPiece, split, widths_of

# So many rows are looked at, and hardly more text than that.
SAMPLE_ROWS, SAMPLE_CHARS = 100, 1 << 16

TextRow = tuple[int, str]

_SEP = re.compile(r' *"?sep=(.*?)"? *', re.IGNORECASE)
_YEAR = re.compile(r"(?:1[5-9]|20|21)[0-9][0-9]")
# How pandas names the columns without a name of a file that it has read, and what
# many files name those of R.
_NAME_OF_ROW_NAMES = re.compile(r"|Unnamed: [0-9]+.*|row\.?names", re.DOTALL)
_HOW_TO_CHOOSE = "choose columns with --x and --y"


class Layout(NamedTuple):
    """How a row is divided into columns, and which columns are chosen."""

    delimiter: str
    names: list[str]
    above: int  # the last line above the examples, which holds the header; 0 if there is none
    chosen: tuple[int, int]
    is_guess: tuple[bool, bool]  # whether the user did not choose them
    notes: tuple[str, ...]
    caveats: tuple[str, ...]

    def column(self, index: int) -> str:
        """The number of a column, and its name if it has one of its own."""
        return _column(self.names, index)

    def advice(self, index: int) -> str:
        """What to do where a column that nobody chose holds no numbers."""
        guesses = [i for i, guess in zip(self.chosen, self.is_guess, strict=True) if guess]
        return f": {_HOW_TO_CHOOSE}" if index in guesses and len(self.names) > 2 else ""


@dataclass(frozen=True)
class _Table:
    """The first rows, divided by one delimiter, and how well that went."""

    delimiter: str
    first: list[RowPiece]
    below: list[list[RowPiece]]  # the rows of the same width
    is_short: bool  # whether the first row has one field fewer than those below it
    agreement: int  # of the first two rows, from 0 for a single column to 4
    share: float  # of the rows that are of the same width
    # Whether what may be a comment may as well be a field, below a header that is one name short.
    is_doubtful: bool = False

    @property
    def width(self) -> int:
        return len(self.first) + self.is_short

    def column(self, index: int) -> list[RowPiece]:
        """The cells below the first row that are not missing."""
        return [row[index] for row in self.below if not is_missing(row[index].text)]

    @cached_property
    def numbers(self) -> list[int]:
        """The columns of numbers: at least half of what is not missing in them is meant as such."""
        counts = [
            [is_numeric(cell.text) for cell in self.column(index)] for index in range(self.width)
        ]
        return [index for index, found in enumerate(counts) if 0 < len(found) <= 2 * sum(found)]

    def has_text_with(self, mark: str) -> bool:
        """Whether a cell that is neither a number nor in quotes holds the mark of another table."""
        return mark != self.delimiter and any(
            mark in cell.text and not (cell.is_quoted or is_numeric(cell.text))
            for row in (self.first, *self.below)
            for cell in row
        )

    def has_decimal_commas(self) -> bool:
        """Whether numbers are cut where the comma is taken for the delimiter."""
        cells = [cell.text for index in self.numbers for cell in self.column(index)]
        return any("," in cell and is_numeric(cell) for cell in cells)

    def fitness(self) -> tuple[int, int, float]:
        """How well the delimiter fits: rows agree, and two columns of numbers come out."""
        return self.agreement, min(2, len(self.numbers)), self.share


def layout_of(rows: list[TextRow], x: str | int | None, y: str | int | None) -> Layout:
    """Find the layout from the first rows; x and y are the names or numbers of columns, if any.

    Raises LineError where there is none, or no such column.
    """
    above, forced = 0, None
    if rows and (found := _SEP.fullmatch(rows[0][1])):
        above, forced = rows[0][0], _forced_delimiter(found[1], rows[0][0])
        rows = rows[1:]
    if not rows:
        raise LineError("the file is empty")
    line = rows[0][0]
    table = _table(rows, forced)
    headed = _is_header(table)
    if table.is_short and not headed:
        table = replace(table, below=[], is_short=False)  # the second row is the one to be refused
    if headed and len(rows) == 1:
        raise LineError("there are no examples below the header")
    if table.width < 2:
        raise LineError("there is only one column, but a feature and a label take two", line)
    names = _names(table, headed, line)
    row_names = _row_names(table, names, headed)
    notes, caveats = _notes_on_header(table, headed, line)
    wishes = [None if wish is None else _choose(names, wish) for wish in (x, y)]
    chosen = _with_defaults(wishes, table, row_names)
    numbers = [index for index in table.numbers if index not in row_names]
    if note := _note_on_choice(names, wishes, chosen, numbers):
        notes.append(note)
    is_guess = wishes[0] is None, wishes[1] is None
    above = line if headed else above
    return Layout(table.delimiter, names, above, chosen, is_guess, tuple(notes), tuple(caveats))


# Delimiter


def _forced_delimiter(mark: str, line: int) -> str:
    """What Excel's first line says, `sep=;`."""
    mark = {"": " ", "\\t": "\t"}.get(mark, mark)
    if mark not in DELIMITERS:
        what = f"'{printable(mark)}' is no delimiter that can be read: take one of ; | , or a tab"
        raise LineError(what, line)
    return mark


def _table(rows: list[TextRow], forced: str | None) -> _Table:
    marks = (forced,) if forced else DELIMITERS
    tables = [_divided(rows, mark) for mark in marks]
    table = tables[0] if forced else _best(tables)
    if not table.first:
        line, text = rows[0]
        try:
            split(text, table.delimiter)
        except LineError as error:
            raise LineError(str(error), line) from None
    if table.is_doubtful:
        raise LineError("a comment may begin here, or a field go on: put it in quotes", rows[1][0])
    return table


def _best(tables: list[_Table]) -> _Table:
    """The table whose delimiter fits best, where no cell can be a part of another one's."""
    tab, blank = (tables[DELIMITERS.index(mark)] for mark in "\t ")
    if tab.agreement == 4:
        return tab  # as many tabs in both rows
    alike = [table for table in tables if table.agreement == 4]
    # Between tabs, a run of blanks would pass over empty cells.
    if tab.agreement == 3 or any(blank.has_text_with(table.delimiter) for table in alike):
        tables = [table for table in tables if table is not blank]
    table = max(tables, key=_Table.fitness)
    for other in alike:
        if _is_as_good(other, table):
            raise LineError(
                f"the rows can be divided by '{table.delimiter}' and by '{other.delimiter}' "
                "alike, so say which it is in the first line, as in sep=;"
            )
    return table


def _is_as_good(other: _Table, table: _Table) -> bool:
    """Whether another table says other numbers, and may as well be the right one."""
    if other is table or len(other.numbers) < 2:
        return False
    if other.delimiter == "," and other.fitness() == table.fitness():
        return table.has_text_with(",")
    return table.delimiter == "," and other.has_decimal_commas()


def _divided(rows: list[TextRow], delimiter: str) -> _Table:
    widths = [widths_of(text, delimiter) for _, text in rows]
    first, second = widths[0], widths[min(1, len(rows) - 1)]
    if not first:
        return _Table(delimiter, [], [], False, 1, 0.0)  # better than no columns
    is_short = is_doubtful = False
    if both := first & second:
        width, agreement = min([w for w in both if w > 1] or both), 4
        is_doubtful = width + 1 in second - first and {width} not in widths[1:]
    elif not (delimiter == " " and "\t" in rows[1][1]) and (
        shorter := {w for w in first if w > 1 and w + 1 in second}
    ):
        width, agreement, is_short = min(shorter) + 1, 3, True
    else:
        width, agreement = min(first), 2
    fields = split(rows[0][1], delimiter, width - is_short)
    # A row alone is compared with itself.
    below = [
        split(text, delimiter, width)
        for (_, text), found in zip(rows[1:] or rows, widths[1:] or widths, strict=True)
        if width in found
    ]
    share = len(below) / max(1, len(rows) - 1)
    agreement = agreement if width > 1 else 0
    return _Table(delimiter, fields, below, is_short, agreement, share, is_doubtful)


# Header


def _is_header(table: _Table) -> bool:
    """Whether the first row holds names."""
    first = [RowPiece("NA")] * table.is_short + table.first
    numbers = table.numbers
    if not numbers:
        texts = [field.text for field in first if not is_missing(field.text)]
        return bool(texts) and not any(map(is_numeric, texts))
    if any(is_name(first[index].text) for index in numbers):
        return True
    if any(_is_quoted_over_plain(first[index], table, index) for index in numbers):
        return True
    over_numbers = [first[index].text for index in numbers]
    if not any(is_missing(text) or is_numeric(text) for text in over_numbers):
        return True
    return _begins_empty(table)


def _is_quoted_over_plain(field: RowPiece, table: _Table, index: int) -> bool:
    needs_quotes = table.delimiter in field.text
    below = table.column(index)
    return (
        field.is_quoted
        and not (needs_quotes or is_missing(field.text))
        and not any(cell.is_quoted for cell in below)
    )


def _begins_empty(table: _Table) -> bool:
    """Whether only the first field is empty, over numbers, and the others can be names."""
    texts = [field.text for field in table.first]
    return (
        not (texts[0] or table.is_short)
        and 0 in table.numbers
        and not any(map(is_missing, texts[1:]))
        and len(set(texts)) == len(texts)
    )


def _looks_like_names(table: _Table) -> bool:
    """Whether a first row of numbers may be a header all the same.

    Years that stand over other numbers may be names, and so may the numbers of the columns.
    """
    first = [table.first[index].text for index in table.numbers]
    below = [[cell.text for cell in table.column(index)] for index in table.numbers]
    if len(set(first)) < len(first) or not first:
        return False
    if all(map(_YEAR.fullmatch, first)):
        return not all(_YEAR.fullmatch(cell) for cells in below for cell in cells)
    counted = [[str(i + start) for i in range(table.width)] for start in (0, 1)]
    return first in counted and all(re.search("[.,eE]", cell) for cells in below for cell in cells)


def _names(table: _Table, headed: bool, line: int) -> list[str]:
    numbered = [f"column {number}" for number in range(1, table.width + 1)]
    if not headed:
        return numbered
    if table.is_short and not _are_names_of_rows(table):
        raise LineError(
            f"the header has {len(table.first)} names for {table.width} columns, "
            "so give each column one, and end no row with a delimiter",
            line,
        )
    texts = [""] * table.is_short + [field.text for field in table.first]
    return [text or name for text, name in zip(texts, numbered, strict=True)]


def _are_names_of_rows(table: _Table) -> bool:
    """Whether the first column is what R writes without a name, and the last one is no slip."""
    cells = [row[0] for row in table.below]
    if not table.column(table.width - 1):
        return False  # a delimiter ends the rows
    is_text = not any(is_numeric(cell.text) or is_missing(cell.text) for cell in cells)
    is_quoted = all(cell.is_quoted for cell in cells)
    return is_text or is_quoted or (len(cells) > 1 and _is_count([cell.text for cell in cells]))


def _is_count(texts: Sequence[str]) -> bool:
    return any(list(texts) == [str(start + step) for step in range(len(texts))] for start in (0, 1))


def _notes_on_header(table: _Table, headed: bool, line: int) -> tuple[list[str], list[str]]:
    """What to say where the header is a guess, in sentences and for the title."""
    shown = _listed([field.text for field in table.first])
    if not headed and table.below and _looks_like_names(table):
        what = f"no header was found: line {line} ({shown}) is read as an example"
        return [f"{what}; if it is a header, put its names in quotes"], ["no header found"]
    if headed and table.is_short:
        return ["the header has one name fewer than there are columns: the first has none"], []
    is_all_numbers = all(is_numeric(field.text) for field in table.first[1:])
    if headed and is_all_numbers and _begins_empty(table):
        what = f"line {line} ({shown}) is read as the header, because its first cell is empty"
        return [what], ["header guessed"]
    return [], []


# Columns


def _row_names(table: _Table, names: list[str], headed: bool) -> set[int]:
    """The columns of numbers that are but the names of rows."""
    if not headed:
        return {0} if _is_counted_without_header(table) else set()
    found = set()
    for index in range(table.width):
        given = "" if index == 0 and names[0] == "column 1" else names[index]
        texts = [cell.text for cell in table.column(index)]
        is_whole = len(set(texts)) == len(texts) and all(text.isdecimal() for text in texts)
        if not _NAME_OF_ROW_NAMES.fullmatch(given) or not is_whole:
            break
        found.add(index)
    return found


def _is_counted_without_header(table: _Table) -> bool:
    """Whether the first of more than two columns of numbers only counts three rows or more."""
    texts = [row[0].text for row in (table.first, *table.below)]
    quoted = [row[0].is_quoted for row in (table.first, *table.below)]
    plain = not any(row[-1].is_quoted for row in table.below)
    is_name = _is_count(texts) or (all(quoted) and plain)
    return len(texts) > 2 and len(table.numbers) > 2 and table.numbers[0] == 0 and is_name


def _choose(names: list[str], wanted: str | int) -> int:
    """The index of the column of that name or, if there is none, of that number."""
    wanted = str(wanted).strip(" \t")
    found = [index for index, name in enumerate(names) if name == wanted]
    if not found:
        found = [index for index in range(len(names)) if str(index + 1) == wanted]
    if not found:
        raise LineError(f"there is no column '{printable(wanted)}' among {_listed(names)}")
    if len(found) > 1:
        numbers = _listed([str(index + 1) for index in found])
        raise LineError(f"'{printable(wanted)}' is the name of columns {numbers}: give a number")
    return found[0]


def _with_defaults(wishes: list[int | None], table: _Table, row_names: set[int]) -> tuple[int, int]:
    """The wished columns, or the first and the last column of numbers but the other wish."""
    x, y = wishes
    free = [i for i in table.numbers if i not in (x, y, *row_names)]
    missing = (x is None) + (y is None)
    if len(free) >= missing:
        return free[0] if x is None else x, free[-1] if y is None else y
    if row_names:
        raise LineError(
            "column 1 holds the names of rows, and too few columns of numbers are left: "
            f"{_HOW_TO_CHOOSE}"
        )
    # There are too few columns of numbers: the first cell that is none says so.
    others = [index for index in range(table.width) if index not in (x, y)]
    return others[0] if x is None else x, others[-1] if y is None else y


def _note_on_choice(
    names: list[str], wishes: list[int | None], chosen: tuple[int, int], numbers: list[int]
) -> str:
    """Which columns were taken where that is a guess, and which others there are."""
    ends = (0, len(names) - 1)
    guesses = [
        (index, end) for wish, index, end in zip(wishes, chosen, ends, strict=True) if wish is None
    ]
    if not guesses or (len(numbers) < 3 and all(index == end for index, end in guesses)):
        return ""
    x, y = (_column(names, index) for index in chosen)
    others = [names[index] for index in numbers if index not in chosen]
    rest = f"; other columns of numbers are {_listed(others)}" if others else ""
    return f"the feature is {x} and the label {y}{rest}; {_HOW_TO_CHOOSE}"


def _column(names: list[str], index: int) -> str:
    number, name = f"column {index + 1}", names[index]
    return number if name == number else f"{number} ({printable(name)})"


def _listed(names: list[str]) -> str:
    return ", ".join([printable(name, 20) for name in names[:8]] + ["…"] * (len(names) > 8))
