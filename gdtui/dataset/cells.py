"""What a cell says: a number, that one is missing, or something else."""

from __future__ import annotations

import re
from math import isinf

from gdtui.core.printable import printable
from gdtui.dataset.dataset import LineError

# What R, pandas and spreadsheets write where there is no number.
_MISSING = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none"})
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE | re.ASCII)
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_COMMAS_OF_THOUSANDS = re.compile(r"([+-]?[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]*)?")
_POINTS_OF_THOUSANDS = re.compile(r"([+-]?[0-9]{1,3}(?:\.[0-9]{3})+)(,[0-9]*)?")
_FORMS = (_NUMBER, _COMMA, _COMMAS_OF_THOUSANDS, _POINTS_OF_THOUSANDS, _INFINITE)
_BEGINS_LIKE_A_NUMBER = re.compile(r"[+\-$£€¥]*[.,]?[0-9]")


def is_missing(cell: str) -> bool:
    """Whether the cell is empty or says that there is no value."""
    return cell.lower() in _MISSING


def is_numeric(cell: str) -> bool:
    """Whether the cell is meant as a number, in this or in another way of writing them."""
    return any(form.fullmatch(cell) for form in _FORMS)


def is_name(cell: str) -> bool:
    """Whether the cell, over numbers, is a name: it has letters, and is no number with a unit."""
    return not (
        is_missing(cell)
        or is_numeric(cell)
        or _BEGINS_LIKE_A_NUMBER.match(cell)
        or not any(map(str.isalpha, cell))
    )


def decimal_mark(cell: str) -> str:
    """The point or comma in a cell that is a number, or nothing."""
    mark = "," if "," in cell else "." if "." in cell else ""
    return mark if mark and _NUMBER.fullmatch(cell.replace(",", ".")) else ""


def number(cell: str, column: str, delimiter: str) -> float:
    """The number in a cell that is not missing; raises LineError, which names the column."""
    # Between semicolons a comma is the decimal mark of much of the world.
    text = cell.replace(",", ".") if delimiter == ";" else cell
    if not _NUMBER.fullmatch(text):
        raise LineError(f"'{printable(cell)}' in {column} {_why_no_number(cell, delimiter)}")
    value = float(text)
    if isinf(value):
        raise LineError(f"'{printable(cell)}' in {column} is too large")
    return value


def _why_no_number(cell: str, delimiter: str) -> str:
    if _INFINITE.fullmatch(cell):
        return "is not a finite number"
    for form, marks in ((_COMMAS_OF_THOUSANDS, "commas"), (_POINTS_OF_THOUSANDS, "points")):
        if found := form.fullmatch(cell):
            whole = found[1].replace(",", "").replace(".", "")
            rest = (found[2] or "").replace(",", ".")
            if marks == "commas" and cell.count(",") == 1 and not rest:
                decimal = printable(cell.replace(",", "."))
                return f"has a comma: write {printable(whole)}, or {decimal} if it is a decimal one"
            return f"has {marks} of thousands: write {printable(whole + rest)}"
    if delimiter != ";" and _NUMBER.fullmatch(cell.replace(",", ".")):
        return "has a decimal comma instead of a point"
    return "is not a number"
