"""From a row to its fields: delimiters, quotes and comments."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from gdtui.dataset.dataset import LineError

# A blank as delimiter stands for any run of blanks and tabs. The comma comes last: where another
# one divides the rows as well, it may be a decimal comma.
DELIMITERS = ("\t", ";", "|", " ", ",")

# A tab is no blank where it is the delimiter.
_COMMENT = {mark: re.compile(" #" if mark == "\t" else "[ \t]#") for mark in DELIMITERS}
_COMMENTS = 10  # so many that may be one are looked at
# Between tabs, an empty cell may stand where a run of blanks and tabs says that there is none.
EMPTY_BETWEEN_TABS = r"^ *\t|\t *\t|\t.*\t *$"


class RowPiece(NamedTuple):
    """The text of a field without the blanks around it, and whether it was in quotes."""

    text: str
    is_quoted: bool = False


def fields_of(text: str, delimiter: str, width: int | None = None) -> list[str]:
    """The texts of the fields of a row, without blanks around them, quotes and comment.

    A comment follows a blank after the last field of the row, which is the width-th; without a
    width it follows any field. Raises LineError for a quote that is broken.
    """
    if '"' in text:
        return [field.text for field in split(text, delimiter, width)]
    if delimiter == " ":
        _refuse_empty_between_tabs(text)
        fields = text.replace("\t", " ").split()
        return fields if "#" not in text else fields[: _comment_at(fields, width)]
    if "#" in text:
        text = _without_comment(text, delimiter, width)
    return [field.strip(" \t") for field in text.split(delimiter)]


def split(text: str, delimiter: str, width: int | None = None) -> list[RowPiece]:
    """The same, with what is known of their quotes."""
    if '"' not in text:
        return [RowPiece(field) for field in fields_of(text, delimiter, width)]
    return _split_at_blanks(text, width) if delimiter == " " else _split(text, delimiter, width)


def widths_of(text: str, delimiter: str) -> set[int]:
    """How many fields a row may have: more than one where a comment may begin in it.

    None if a quote is broken.
    """
    ends = [found.start() for found in islice(_COMMENT[delimiter].finditer(text), _COMMENTS)]
    found = set()
    for end in (len(text), *ends):
        with suppress(LineError):
            found.add(len(fields_of(text[:end], delimiter, sys.maxsize)))
    return found


def _refuse_empty_between_tabs(text: str) -> None:
    if "\t" in text and re.search(EMPTY_BETWEEN_TABS, text):
        raise LineError(
            "a cell may be empty between the tabs here, so put one tab between all columns"
        )


def _comment_at(fields: list[str], width: int | None) -> int:
    """The index of the first field that begins a comment, or their number."""
    first = max(1, width or 1)
    starts = (i for i in range(first, len(fields)) if fields[i].startswith("#"))
    return next(starts, len(fields))


def _without_comment(text: str, delimiter: str, width: int | None) -> str:
    start = 0
    for _ in range((width or 1) - 1):
        start = text.find(delimiter, start) + 1
        if not start:
            return text
    found = _COMMENT[delimiter].search(text, start)
    return text[: found.start()] if found else text


def _split(text: str, delimiter: str, width: int | None) -> list[RowPiece]:
    inner, last = _FIELD[delimiter]
    fields: list[RowPiece] = []
    text = text.lstrip(" " if delimiter == "\t" else " \t")
    start = 0
    while True:
        pattern = last if len(fields) >= (width or 1) - 1 else inner
        found = pattern.match(text, start)
        if not found:
            raise LineError(_why_broken(text, start, len(fields) + 1))
        quoted, plain, mark = found.groups()
        fields.append(_field(quoted, plain))
        if mark is None:
            return fields
        start = found.end()


def _split_at_blanks(text: str, width: int | None) -> list[RowPiece]:
    _refuse_empty_between_tabs(text)
    fields: list[RowPiece] = []
    text = text.strip(" \t")
    start = 0
    while start < len(text):
        if text[start] == "#" and len(fields) >= max(1, width or 1):
            break
        found = _FIELD_AND_BLANKS.match(text, start)
        if not found:
            raise LineError(_why_broken(text, start, len(fields) + 1))
        fields.append(_field(*found.groups()))
        start = found.end()
    return fields


def _field(quoted: str | None, plain: str) -> RowPiece:
    if quoted is None:
        return RowPiece(plain.strip(" \t"))
    return RowPiece(quoted.replace('""', '"').strip(" \t"), True)


def _why_broken(text: str, start: int, column: int) -> str:
    if _QUOTED.match(text, start):
        return f"column {column} goes on after its closing quote"
    return (
        f"the quote in column {column} is not closed on its line, "
        "and a field over several lines cannot be read"
    )


_QUOTED = re.compile('"([^"]*(?:""[^"]*)*)"(?!")')
_FIELD_AND_BLANKS = re.compile(rf'(?:{_QUOTED.pattern}|((?!")[^ \t]+))(?:[ \t]+|\Z)')


def _field_patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A field up to the end of the row or over its mark; the second one may end at a comment."""
    blank = " " if delimiter == "\t" else "[ \t]"
    end = rf"{blank}*\Z|{blank}*({re.escape(delimiter)}){blank}*"
    inner = rf'(?:{_QUOTED.pattern}|((?!")[^{delimiter}]*))(?:{end})'
    plain = rf'(?!")(?:(?!{blank}#)[^{delimiter}])*'
    last = rf"(?:{_QUOTED.pattern}|({plain}))(?:{blank}+(?=#)|{end})"
    return re.compile(inner), re.compile(last)


_FIELD = {delimiter: _field_patterns(delimiter) for delimiter in DELIMITERS if delimiter != " "}
