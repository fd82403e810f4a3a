"""Read a dataset of examples from text in columns.

The file is read in blocks of whole lines, and each block is parsed in one of two ways. The fast
way looks at the whole block at once and accepts only plain tables of numbers; whatever it does not
accept goes row by row through the strict way, which knows quotes and comments, and which finds the
line and the column of whatever is wrong.
"""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, islice, tee
from math import isinf
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from gdtui.core.printable import printable

Array = NDArray[np.float64]
Progress = Callable[[float | None], None]

STDIN_NAME = "standard input"
# The fields of one block should fit in the processor's cache: larger blocks are slower.
BLOCK_BYTES = 1 << 17

# A blank as delimiter stands for any run of blanks and tabs.
_DELIMITERS = (";", "\t", ",", " ")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# The bytes of decimal numbers but their points, and how many a number may have: a sign, a point and
# 18 digits, one less than 2^62 has. So no number has as many decimal places as bytes.
_DECIMAL = b"-0123456789"
_DECIMAL_BYTES = 20
_POWERS = np.array([float(10**places) for places in range(_DECIMAL_BYTES)])
# So much of a block is looked at first: some hundred numbers.
_FIRST_BYTES = 4096

# The bytes of plain text without quotes and comments.
_ORDINARY = bytes({9, 10, *range(32, 127)} - {*b'"#'})


class DataError(Exception):
    """What is wrong with the data and where, in one sentence that is safe to print."""


class _LineError(Exception):
    """What is wrong in which line; line 0 means the whole file."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples of one feature x and one label y; the arrays are read-only."""

    name: str
    feature: str
    label: str
    x: Array
    y: Array

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same examples in the same order, and for no others."""
        # Imported here: plain output has no use for it, and should not wait for it.
        from hashlib import sha256

        digest = sha256(np.ascontiguousarray(self.x).data)
        digest.update(np.ascontiguousarray(self.y).data)
        return digest.hexdigest()


def read_dataset(
    path: str | os.PathLike[str],
    x: str | int | None = None,
    y: str | int | None = None,
    progress: Progress | None = None,
    stream: BinaryIO | None = None,
) -> Dataset:
    """Read column x as the feature and column y as the label, or raise DataError.

    The path "-" is the stream, by default standard input. The progress is told the fraction of
    the bytes read so far, or None if there is no telling; it may raise to stop the reading.
    """
    path = os.fspath(path)
    name = STDIN_NAME if path == "-" else Path(path).name or path
    try:
        with _opened(path, stream) as source:
            blocks, ahead = tee(_blocks(_unix_lines(_chunks(source, progress or _no_progress))))
            first_rows = list(islice(chain.from_iterable(map(_rows, ahead)), 2))
            del ahead  # it would keep all blocks in memory
            layout = _layout(first_rows, x, y)
            return _dataset(name, layout, blocks)
    except _LineError as error:
        place = f"{printable(name)}:{error.line}" if error.line else printable(name)
        raise DataError(f"{place}: {error}") from None


def _no_progress(_: float | None) -> None:
    pass


def _dataset(name: str, layout: _Layout, blocks: Iterable[_Block]) -> Dataset:
    xs: list[Array] = []
    ys: list[Array] = []
    for block in blocks:
        x, y = _parse_fast(block, layout) or _parse_strictly(block, layout)
        xs.append(x)
        ys.append(y)
    feature, label = (layout.names[index] for index in layout.chosen)
    return Dataset(name, feature, label, _joined(xs), _joined(ys))


def _joined(parts: list[Array]) -> Array:
    whole = np.concatenate(parts)
    whole.setflags(write=False)
    return whole


# From bytes to blocks of lines


class _Source(NamedTuple):
    """The bytes, and how much of them is read, if that can be told."""

    data: BinaryIO
    fraction: Callable[[], float | None]


class _Block(NamedTuple):
    """Whole lines, each ended by LF, and the number of the first of them."""

    line: int
    data: bytes


@contextmanager
def _opened(path: str, stream: BinaryIO | None) -> Iterator[_Source]:
    with ExitStack() as stack:
        file: io.BufferedReader
        size = 0  # as the system says of pipes, too
        try:
            if path == "-":
                file = io.BufferedReader(cast(io.RawIOBase, stream or sys.stdin.buffer))
                stack.callback(file.detach)  # or the stream would be closed along with its reader
            else:
                file = stack.enter_context(open(path, "rb"))
                size = os.fstat(file.fileno()).st_size
            is_gzip = path.lower().endswith(".gz") or file.peek(2)[:2] == b"\x1f\x8b"
        except OSError as error:
            raise _LineError(_why_unreadable(error, path)) from None
        except ValueError:
            raise _LineError("this cannot be the name of a file") from None
        data = stack.enter_context(gzip.GzipFile(fileobj=file)) if is_gzip else file
        yield _Source(cast(BinaryIO, data), lambda: min(1.0, file.tell() / size) if size else None)


def _why_unreadable(error: OSError, path: str = "") -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if os.path.isdir(path):  # some systems refuse the permission to open a folder
        return "this is a folder, not a file"
    if isinstance(error, PermissionError):
        return "there is no permission to read it"
    return f"it cannot be read ({printable(error.strerror or str(error))})"


def _chunks(source: _Source, progress: Progress) -> Iterator[bytes]:
    """The bytes as they come; asking for the next chunk reports the progress so far."""
    while True:
        try:
            chunk = source.data.read(BLOCK_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise _LineError("the gzip file is damaged or cut short") from None
        except OSError as error:
            raise _LineError(_why_unreadable(error)) from None
        if not chunk:
            break
        yield chunk
        progress(source.fraction())
    progress(None if source.fraction() is None else 1.0)


def _unix_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text, where CRLF and CR have become LF."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""  # its LF may come with the next chunk
        text = text.removesuffix(held)
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield text
    if held:
        yield b"\n"


def _blocks(chunks: Iterable[bytes]) -> Iterator[_Block]:
    line = 1
    parts: list[bytes] = []
    # The last line may lack its end; if it does not, a blank line more does no harm.
    for chunk in chain(chunks, (b"\n",)):
        end = chunk.rfind(b"\n") + 1
        if end:
            data = b"".join((*parts, chunk[:end]))
            yield _Block(line, data.removeprefix(codecs.BOM_UTF8) if line == 1 else data)
            line += int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))
            parts = []
        else:
            _refuse_control(chunk, line)  # an endless line of zeros must not fill the memory
        parts.append(chunk[end:])


def _rows(block: _Block) -> Iterator[tuple[int, str]]:
    """The lines that hold more than blanks and a comment, and their numbers."""
    for line, raw in enumerate(block.data[:-1].split(b"\n"), block.line):
        _refuse_control(raw, line)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise _LineError(
                "this is not UTF-8 text, so save the file as UTF-8 first", line
            ) from None
        if text.strip(" \t").partition("#")[0]:
            yield line, text


def _refuse_control(raw: bytes, line: int) -> None:
    if found := _CONTROL.search(raw):
        what = f"the control byte 0x{found[0][0]:02x} is here, but a dataset is plain UTF-8 text"
        raise _LineError(what, line)


# From rows to their layout


class _Layout(NamedTuple):
    """How a row is divided into columns, and which columns are chosen."""

    delimiter: str
    names: list[str]
    header_line: int  # 0 if there is no header
    chosen: tuple[int, int]

    def column(self, index: int) -> str:
        """The number of a column, and its name if it has one of its own."""
        number, name = f"column {index + 1}", self.names[index]
        return number if name == number else f"{number} ({printable(name)})"


def _layout(rows: list[tuple[int, str]], x: str | int | None, y: str | int | None) -> _Layout:
    """Find the layout from the first two rows of the file, or from its only one."""
    if not rows:
        raise _LineError("the file is empty")
    line, first = rows[0]
    tried = {mark: [_try_fields(text, mark) for _, text in rows] for mark in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda mark: _fitness(tried[mark][0], tried[mark][-1]))
    try:
        fields = tried[delimiter][0] or _fields(first, delimiter)
    except _LineError as error:
        raise _LineError(str(error), line) from None
    has_header = _is_header(fields, tried[delimiter][-1])
    if has_header and len(rows) == 1:
        raise _LineError("there are no examples below the header")
    if len(fields) == 1:
        raise _LineError("there is only one column, but a feature and a label take two", line)
    names = [f"column {number}" for number in range(1, len(fields) + 1)]
    if has_header:
        names = [field or name for field, name in zip(fields, names, strict=True)]
    chosen = _choose(names, x, default=0), _choose(names, y, default=len(names) - 1)
    return _Layout(delimiter, names, line if has_header else 0, chosen)


def _fitness(columns: list[str], below: list[str]) -> tuple[int, float]:
    """How well a delimiter fits: it makes columns, as many in both rows, and numbers in them."""
    if len(columns) < 2:
        return (0 if columns else 1), 0.0  # a broken quote is better than no columns
    sample = below[:100]
    share = sum(map(_looks_numeric, sample)) / max(1, len(sample))
    return 2 + (len(columns) == len(below)), share


def _is_header(first: list[str], second: list[str]) -> bool:
    """Text in the first row where the second has numbers; a row with a number may be data."""
    has_text = any(field and not _looks_numeric(field) for field in first)
    pairs = zip(first, second, strict=False)
    return has_text and not any(_looks_numeric(a) and _looks_numeric(b) for a, b in pairs)


def _choose(names: list[str], wanted: str | int | None, default: int) -> int:
    """The index of the column of that name or, if there is none, of that number."""
    if wanted is None:
        return default
    wanted = str(wanted).strip(" \t")
    found = [index for index, name in enumerate(names) if name == wanted]
    if not found:
        found = [index for index in range(len(names)) if str(index + 1) == wanted]
    if not found:
        raise _LineError(f"there is no column '{printable(wanted)}' among {_listed(names)}")
    if len(found) > 1:
        numbers = _listed([str(index + 1) for index in found])
        raise _LineError(f"'{printable(wanted)}' is the name of columns {numbers}: give a number")
    return found[0]


def _listed(names: list[str]) -> str:
    return ", ".join([printable(name, 20) for name in names[:8]] + ["…"] * (len(names) > 8))


# From rows to fields


def _fields(text: str, delimiter: str) -> list[str]:
    """Divide a row into its fields, without blanks around them, quotes and comment."""
    if '"' in text:
        return _quoted_fields(text, delimiter)
    text = text.partition("#")[0]
    if delimiter == " ":
        return [field for field in text.replace("\t", " ").split(" ") if field]
    return [field.strip(" \t") for field in text.split(delimiter)]


def _quoted_fields(text: str, delimiter: str) -> list[str]:
    fields: list[str] = []
    text = text.lstrip(" " if delimiter == "\t" else " \t")
    start = 0
    while True:
        found = _FIELD[delimiter].match(text, start)
        if not found:
            column = f"column {len(fields) + 1}"
            if _QUOTED.match(text, start):
                raise _LineError(f"{column} goes on after its closing quote")
            raise _LineError(f"the quote in {column} is not closed on its line")
        quoted, plain, mark = found.groups()
        field = plain if quoted is None else quoted.replace('""', '"')
        fields.append(field.strip(" \t"))
        if mark is None:
            return fields
        start = found.end()


_QUOTED = re.compile('"([^"]*(?:""[^"]*)*)"(?!")')


def _field_pattern(delimiter: str) -> re.Pattern[str]:
    """A quoted or plain field, up to the end of the row or over the mark before the next field."""
    gap = " *" if delimiter == "\t" else "[ \t]*"
    plain = f'((?!")[^{delimiter}#]*)'
    mark = f"({delimiter}){gap}"
    if delimiter == " ":
        plain = '((?!")[^ \t#]*)'
        mark = "(?<=[ \t])()"  # the gap is the mark
    return re.compile(rf"(?:{_QUOTED.pattern}|{plain}){gap}(?:(?=#|\Z)|{mark})")


_FIELD = {delimiter: _field_pattern(delimiter) for delimiter in _DELIMITERS}


def _try_fields(text: str, delimiter: str) -> list[str]:
    """The fields of a row, or none if a quote in it is broken."""
    try:
        return _fields(text, delimiter)
    except _LineError:
        return []


def _looks_numeric(field: str) -> bool:
    point = field.replace(",", ".")
    return bool(_NUMBER.fullmatch(point) or _NOT_FINITE.fullmatch(point))


# From blocks to numbers


def _parse_fast(block: _Block, layout: _Layout) -> tuple[Array, Array] | None:
    """The chosen columns of a plain block, or None to leave it to the strict parser."""
    if block.line <= layout.header_line:
        return None
    data = block.data.replace(b",", b".") if layout.delimiter == ";" else block.data
    for parse in (_parse_decimals, _parse_floats):
        with suppress(ValueError):
            return parse(data, layout)
    return None


def _parse_decimals(data: bytes, layout: _Layout) -> tuple[Array, Array]:
    """Decimal numbers as integers over powers of ten, which are read much faster than floats.

    Other blocks raise ValueError.
    """
    width, mark = len(layout.names), layout.delimiter.encode()
    points = _points(data, width, mark)
    codes = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero((codes == ord(mark)) | (codes == ord("\n")))
    if np.diff(ends, prepend=-1).max() > _DECIMAL_BYTES + 1:
        raise ValueError("too many digits")
    negative = codes[np.append(0, ends[:-1] + 1)] == ord("-")
    if np.count_nonzero(negative) != np.count_nonzero(codes == ord("-")):
        raise ValueError("a sign within a number")
    digits = data[:-1].translate(bytes.maketrans(mark + b"\n", b",,"), b".").decode("ascii")
    integers = np.loadtxt([digits], np.int64, delimiter=",", comments=None, ndmin=1)
    if not integers[negative].all():
        raise ValueError("a negative zero, which no integer is")
    points_at = np.flatnonzero(codes == ord("."))

    def column(index: int) -> Array:
        places = np.zeros(1, np.intp)
        if points[index]:
            places = ends[index::width] - points_at[sum(points[:index]) :: sum(points)] - 1
        return _quotients(integers[index::width], _POWERS[places])

    x, y = layout.chosen
    return column(x), column(y)


def _quotients(integers: NDArray[np.int64], powers: Array) -> Array:
    """The floats nearest to integers below 2^62 over powers of ten up to 10^19.

    The quotient of the floats is corrected by its remainder, for which floats are multiplied in
    halves (T. J. Dekker, "A floating-point technique for extending the available precision",
    1971). What error is left, below 2^-103 of the quotient, does not reach across the middle
    between two floats: if such a number is not in the middle, it is 2^-99 or more away from it.
    Larger integers raise ValueError.
    """
    if integers.min() <= -(2**62) or integers.max() >= 2**62:
        raise ValueError("too large")
    floats = integers.astype(np.float64)
    rounded_off = integers - floats.astype(np.int64)
    quotients = floats / powers
    products = quotients * powers
    (a, b), (c, d) = _halves(quotients), _halves(powers)
    remainders = floats - products - (a * c - products + a * d + b * c + b * d)
    return quotients + (remainders + rounded_off) / powers


def _halves(floats: Array) -> tuple[Array, Array]:
    """Floats as sums of two with half as many bits, whose products are exact."""
    shifted = floats * (2.0**27 + 1)
    high = shifted - (shifted - floats)
    return high, floats - high


def _points(data: bytes, width: int, mark: bytes) -> list[bool]:
    """Which columns have a point in all their numbers, if the others have none."""
    # Most other blocks show what they are in their first rows: to look at all of them takes time.
    first = data[:_FIRST_BYTES].replace(b"\n", mark).split(mark)[:-1]
    if max(map(len, first), default=0) > _DECIMAL_BYTES:
        raise ValueError("too many digits")
    points = [field.translate(None, _DECIMAL) for field in first[:width]]
    if len(points) != width or not {b"", b"."}.issuperset(points):
        raise ValueError("other numbers, or none")
    bones, row = data.translate(None, _DECIMAL), mark.join(points) + b"\n"
    if bones != row * (len(bones) // len(row)):
        raise ValueError("rows of other numbers")
    return [point == b"." for point in points]


def _parse_floats(data: bytes, layout: _Layout) -> tuple[Array, Array]:
    """The chosen columns of a block of numbers of any form; other blocks raise ValueError."""
    if not _is_plain(data, layout):
        raise ValueError("quotes, comments or rows of other columns")
    x, y = _load_columns(data[:-1].decode("ascii"), layout)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("not finite")
    return x, y


def _is_plain(data: bytes, layout: _Layout) -> bool:
    """Whether all bytes are ordinary and the marks make as many fields in each row."""
    if layout.delimiter == " ":
        return not data.isspace() and not data.translate(None, _ORDINARY)
    marks = layout.delimiter.encode()
    bones = data.translate(None, _ORDINARY.translate(None, marks + b"\n"))
    row = marks * (len(layout.names) - 1) + b"\n"
    return bones == row * (len(bones) // len(row))


def _load_columns(text: str, layout: _Layout) -> tuple[Array, Array]:
    x, y = layout.chosen
    width = len(layout.names)
    if layout.delimiter == " ":
        # At runs of blanks, loadtxt itself sees to it that all rows have as many fields.
        table = np.loadtxt(text.split("\n"), comments=None, ndmin=2)
        if table.shape[1] != width:
            raise ValueError("rows of other columns")
        # A view would keep all columns in memory.
        return table[:, x].copy(), table[:, y].copy()
    load = partial(np.loadtxt, delimiter=layout.delimiter, comments=None)
    if {x, y} == set(range(width)):
        # One long row is read faster than many short ones, but no column can be left out of it.
        flat = load([text.replace("\n", layout.delimiter)], ndmin=1)
        return flat[x::2], flat[y::2]
    table = load(text.split("\n"), usecols=(x, y), ndmin=2)
    return table[:, 0], table[:, 1]


def _parse_strictly(block: _Block, layout: _Layout) -> tuple[Array, Array]:
    """The chosen columns row by row, or what is wrong in which line."""
    examples: list[tuple[float, float]] = []
    for line, text in _rows(block):
        if line != layout.header_line:
            try:
                examples.append(_example(text, layout))
            except _LineError as error:
                raise _LineError(str(error), line) from None
    table = np.array(examples, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _example(text: str, layout: _Layout) -> tuple[float, float]:
    fields = _fields(text, layout.delimiter)
    if len(fields) != len(layout.names):
        count = "is 1 column" if len(fields) == 1 else f"are {len(fields)} columns"
        raise _LineError(f"there {count} here instead of {len(layout.names)}")
    x, y = layout.chosen
    return _number(fields, x, layout), _number(fields, y, layout)


def _number(fields: list[str], index: int, layout: _Layout) -> float:
    field = fields[index]
    # Between semicolons a comma is the decimal mark of much of the world.
    number = field.replace(",", ".") if layout.delimiter == ";" else field
    if not _NUMBER.fullmatch(number):
        raise _LineError(_why_no_number(field, layout.column(index)))
    value = float(number)
    if isinf(value):
        raise _LineError(f"'{printable(field)}' in {layout.column(index)} is too large")
    return value


def _why_no_number(field: str, column: str) -> str:
    if not field:
        return f"{column} is empty"
    what = "is not a number"
    if _NOT_FINITE.fullmatch(field):
        what = "is not a finite number"
    elif _looks_numeric(field):
        what = "has a decimal comma instead of a point"
    return f"'{printable(field)}' in {column} {what}"
