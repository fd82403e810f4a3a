"""Two ways of parsing, blocks of any size and files of any bytes: they all say the same."""

import csv
import gzip
import io
import os
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from gdtui.dataset import DataError, Dataset, read_dataset, source
from gdtui.dataset.parse import Parser

finite = st.floats(allow_nan=False, allow_infinity=False)


def read_bytes(data: bytes, x: str | None = None, y: str | None = None) -> Dataset:
    return read_dataset("-", x, y, stream=io.BytesIO(data))


def outcome(
    data: bytes | Path, x: str | None = None, y: str | None = None, drop: bool = False
) -> object:
    """Everything that can be told about a reading, comparable bit for bit."""
    stream = io.BytesIO(data) if isinstance(data, bytes) else None
    path = "-" if isinstance(data, bytes) else data
    try:
        read = read_dataset(path, x, y, stream=stream, drop_missing=drop)
    except DataError as error:
        return str(error)
    assert read.x.shape == read.y.shape
    assert read.x.dtype == read.y.dtype == np.float64
    assert read.x.size >= 1
    assert np.isfinite(read.x).all()
    assert np.isfinite(read.y).all()
    assert all(map(str.isprintable, (*read.notes, read.caveat)))
    assert bool(read.caveat) <= bool(read.notes)
    return read.feature, read.label, read.x.tobytes(), read.y.tobytes(), read.notes, read.caveat


# An independent reading


words = st.sampled_from(["a", "b c", "Anna", "x#y", "é", "3 km", "a;b"])
numbers = st.integers(-9999, 9999).map(str) | finite.map(repr)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str, list[list[str]]]:
    """A delimiter, a CSV and its cells: columns of numbers and of words, with cells missing."""
    mark = draw(st.sampled_from([",", "\t", "|", ";"]))
    columns = draw(st.lists(st.sampled_from([numbers, words]), min_size=2, max_size=5))
    empty = draw(st.integers(2, 9))
    rows = [
        [draw(kind) if draw(st.integers(0, empty)) else "" for kind in columns]
        for _ in range(draw(st.integers(1, 9)))
    ]
    if draw(st.booleans()):
        rows.insert(0, list("pqrst"[: len(columns)]))
    text = io.StringIO()
    quoting: Literal[0, 1] = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    csv.writer(text, delimiter=mark, quoting=quoting, lineterminator="\n").writerows(rows)
    return mark, text.getvalue(), rows


@settings(max_examples=300)
@given(written(), st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 2]), st.booleans())
@example(
    (("\t"), "p\tq\tr\n\t1\t2\n\t3\t4\n", [["p", "q", "r"], ["", "1", "2"], ["", "3", "4"]]),
    None,
    None,
    False,
)
# A header that leaves the only column chosen without a name.
@example((",", ",a,0\n0,,\n0,,\n", [["", "a", "0"], ["0", "", ""], ["0", "", ""]]), 1, 1, False)
def test_what_is_read_is_what_stands_in_the_columns(
    table: tuple[str, str, list[list[str]]], x: int | None, y: int | None, drop: bool
) -> None:
    """Whatever is accepted: no cell is taken for that of another column, and no row vanishes."""
    mark, text, rows = table
    try:
        read = read_dataset("-", x, y, stream=io.BytesIO(text.encode()), drop_missing=drop)
    except DataError:
        return
    assert list(csv.reader(io.StringIO(text), delimiter=mark)) == rows
    names = [f"column {number}" for number in range(1, len(rows[0]) + 1)]
    if read.feature not in names or read.label not in names:
        names, rows = (
            [name or number for name, number in zip(rows[0], names, strict=True)],
            rows[1:],
        )
    assume(names.count(read.feature) == names.count(read.label) == 1)
    columns = [names.index(read.feature), names.index(read.label)]
    if names == [f"column {number}" for number in range(1, len(names) + 1)]:
        # A number is never missing without a word: a header has left the columns without a name.
        rows = rows[not any(rows[0][column] for column in columns) :]
    pairs = [[row[column] for column in columns] for row in rows if any(map(str.strip, row))]
    if drop:
        pairs = [pair for pair in pairs if all(pair)]
    assert [*zip(read.x, read.y, strict=True)] == [tuple(map(float, pair)) for pair in pairs]


@st.composite
def gaps(draw: st.DrawFn) -> str:
    """Rows of unlike numbers, so that it shows which column a number is from, with empty cells."""
    mark = draw(st.sampled_from([",", ";", "|", "\t", " \t", "\t "]))
    width = draw(st.integers(2, 5))
    cells = [
        [str(10 * row + column) if draw(st.integers(0, 3)) else "" for column in range(width)]
        for row in range(1, draw(st.integers(2, 6)))
    ]
    short = draw(st.integers(0, 1))
    header = [[f"n{column}" for column in range(short, width)]] * draw(st.integers(0, 1))
    return "".join(mark.join(row) + "\n" for row in [*header, *cells])


@settings(max_examples=500)
@given(gaps(), st.sampled_from([None, "1", "2"]), st.booleans())
@example("n1\tn2\n\t12\t13\n", None, False)
@example("n1\tn2\n11\t\t13\n", None, False)
@example("n0 n1 n2\n10\t\t12 13\n", None, False)
def test_no_cell_is_taken_for_that_of_another_column(text: str, y: str | None, drop: bool) -> None:
    try:
        read = read_dataset("-", None, y, stream=io.BytesIO(text.encode()), drop_missing=drop)
    except DataError:
        return
    for name, values in ((read.feature, read.x), (read.label, read.y)):
        column = int(name[1:]) if name.startswith("n") else None
        if column is None and name.startswith("column "):
            column = int(name.removeprefix("column ")) - 1
        ones = {value % 10 for value in values.tolist()}
        # Numbers that stand in the header, where its first cell is empty, name their column, too.
        assert ones == {int(name) % 10 if column is None else column}


# Two parsers, many blocks, any bytes

numeral = st.sampled_from(["1", "-2.5", "3e5", "+.5", "5.", '"1"', "1,5", "1e999", "nan", "inf"])
text = st.sampled_from(["abc", "1_0", "0x1", ".", "1e", "e5", "\xa01", "é", "\u0664", '"a b"'])
trouble = st.sampled_from(["", " ", "\t", '"', "#", "# c", "\0", "\ufeff"])


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Mostly plausible tables with a few odd fields, rows and bytes in them."""
    mark = draw(st.sampled_from([",", ";", "\t", " ", "  "]))
    width = draw(st.integers(2, 3))
    number = st.integers(-99, 99).map(str) | finite.map(repr)
    cells = draw(st.lists(st.lists(number, min_size=width, max_size=width), min_size=1))
    for _ in range(draw(st.integers(0, 2))):
        row = draw(st.sampled_from(cells))
        row[draw(st.integers(0, width - 1))] = draw(numeral | text | trouble)
    lines = [mark.join(row) for row in cells]
    if draw(st.booleans()):
        lines.insert(0, mark.join("abc"[:width]))
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["", "#c", "  ", "1"])))
    return draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines).encode()


choices = st.sampled_from([None, "1", "2"])


@given(tables(), choices, choices)
@example(b"a,33\n2,foo\n", "2", "2")
@example(b"1,2\n\n3,4\n", None, None)
@example(b"1,x,2\n1,x,2\n3,a#b,4\n", None, None)
@example(b'1,x,2\n1,x,2\n3,"a,4\n', None, None)
@example(b"1,x,2\n1,x,2\n3,\x01,4\n", None, None)
@example(b"1,x,2\n1,x,2\n3,\xff,4\n", None, None)
@example(b"1 2\n3 4\n5 6 7\n", None, None)
@example(b"1 2 3\n4 5\n", None, "2")
@example(b"1 2\n3 4\n \n", None, None)
def test_fast_parser_agrees_with_strict(data: bytes, x: str | None, y: str | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parser, "_parse_fast", lambda *_: None)
        strict = outcome(data, x, y)
    assert outcome(data, x, y) == strict


@given(tables(), choices, choices, st.integers(1, 9))
@example(b"a,33\n2,foo\n", "2", "2", 1)
@example(b"\xef\xbb\xbf1,2\r\n3,x\r\n", None, None, 1)
def test_size_of_blocks_does_not_matter(
    data: bytes, x: str | None, y: str | None, size: int
) -> None:
    whole = outcome(data, x, y)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK_BYTES", size)
        assert outcome(data, x, y) == whole


@pytest.mark.parametrize(
    "text", ["1,2\n3,4\n", " 1  2\n 3\t4 ", "1;2,5\n3;4", "1\tx y\t2\r\n3\t\t4"]
)
def test_plain_numbers_need_no_strict_parser(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(Parser, "_parse_strictly", lambda *_: np.empty((0, 2)))
    assert read_bytes(text.encode()).x.tolist() == [1, 3]


@settings(max_examples=60)
@given(st.binary(), choices, choices)
@example(b"\x1f\x8b", None, None)
@example(b"\xff\xfe1\0,\x002\0", None, None)
def test_any_bytes(data: bytes, x: str | None, y: str | None) -> None:
    outcome(data, x, y)


@settings(max_examples=60)
@given(tables(), st.lists(st.tuples(st.integers(0, 300), st.binary(max_size=3)), max_size=4))
def test_any_mutation(data: bytes, changes: list[tuple[int, bytes]]) -> None:
    for place, piece in changes:
        data = data[:place] + piece + data[place + 1 :]
    said = outcome(data)
    if isinstance(said, str):
        assert said.isprintable()
    zipped = bytearray(gzip.compress(data))
    for place, piece in changes:
        zipped[place : place + 1] = piece
    outcome(bytes(zipped))


# Files of every kind

# In the environment, GDTUI_FILES is how many files are tried; each may then take a second.
FILES = int(os.environ.get("GDTUI_FILES", "0"))
SECOND = timedelta(seconds=1)

odd_numerals = st.sampled_from(
    [
        *("1e308", "-1e308", "1.8e308", "1e309", "-1e400", "1e-400", "5e-324", "1e+99999", "-0"),
        *("0x10", "0x1p3", "0b1", "1_000", "1,000", "1,000,000.5", "1.000,5", "1,5", ",5", "5,"),
        *("nan", "-nan", "NaN(1)", "inf", "-Infinity", "1e", "e1", "+", "-", ".", "+-1", "1..2"),
        *("1j", "1d5", "1f", "1L", "1%", "$1", "1 2", "0001", "1" * 400, "." + "0" * 400 + "1"),
        *("\u0661\u0662", "\uff11", "\u00bd", "\u2212" + "1", "1\u00a0000", "1\u200b", "\u221e"),
        *("None", "null", "NA", "True", "2024-01-01", "12:30", "=1+1", "#1", "1#", "\ufeff1"),
        *('"1"', '"1', '1"', '""', '"""1"""', '"a""b"', "'1'", '"1,2"', '"1"2', '"a\nb"', '"1" '),
    ]
)
# What is usual comes often, or hardly a file would be read beyond its first line.
usual_cells = st.integers(-99, 99).map(str) | finite.map(repr)
odd_cells = odd_numerals | finite.map(float.hex) | st.text(max_size=6)
cells = st.integers(0, 15).flatmap(lambda chance: usual_cells if chance else odd_cells)
odd_marks = [" \t", "|", ":", ",,", "\u2003", "\x0b"]
odd_ends = ["\n\n", "\n\r", "\x0c", "\x1e", "\u2028", "\u0085", ""]
marks = st.sampled_from([*[",", ";", "\t", " ", "  ", ", "] * 6, *odd_marks])
ends = st.sampled_from([*["\n", "\n", "\r\n", "\r"] * 8, *odd_ends])
odd_lines = st.sampled_from(
    ["", " ", "\t", "#", "# a comment", " #,", '"', '""', ",", ";;", "\\", "1", "a", "1,2,3,4,5,6"]
)
titles = st.sampled_from(["a", "Size", "größe", "宽", "", '"a, b"', "1", "x y", "\u202e", "a#b"])
odd_encodings = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "utf-7"]
encodings = st.sampled_from([*["utf-8"] * 40, *odd_encodings])
odd_wishes = ["0", "-1", "9" * 5000, "", "a", "\u00b2", '"']
wishes = st.sampled_from([*[None] * 30, "1", "2", *odd_wishes])
names = st.sampled_from([*["data.csv"] * 9, "data.csv.gz"])


@st.composite
def mixed_texts(draw: st.DrawFn) -> str:
    """Lines that mostly agree on a mark, a width and an end, with some that do not."""
    mark, end, width = draw(marks), draw(ends), draw(st.sampled_from([1, 2, 2, 2, 3, 4]))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))
    lines = [mark.join(row) for row in rows]
    if draw(st.booleans()):
        header = draw(st.lists(titles, min_size=width, max_size=width))
        lines.insert(0, mark.join(header))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        line = draw(odd_lines | st.lists(cells, max_size=6).map(draw(marks).join))
        lines.insert(draw(st.integers(0, len(lines))), line)
    if draw(st.integers(0, 3)) == 0:
        return "".join(line + draw(ends) for line in lines)
    return end.join(lines) + draw(st.sampled_from(["", end]))


@st.composite
def vast_texts(draw: st.DrawFn) -> str:
    """Thousands of columns or lines, fields of a megabyte, and what makes a parser go back."""
    cell, mark, end = draw(cells), draw(marks), draw(ends)
    few, many = draw(st.integers(1, 3)), draw(st.integers(1000, 20_000))
    columns, rows = draw(st.sampled_from([(many, few), (few, many), (few, few)]))
    line = mark.join([cell] * columns)
    if columns == rows:
        field = draw(st.sampled_from(["1", '"', '""', " ", "\t", ",", '" ', ' "', '",', "a", "#"]))
        line = draw(st.sampled_from(["", "1,", '"'])) + field * (100_000 * few // len(field))
    head = draw(st.sampled_from(["", "a,b", "1,2", mark.join("a" * columns)]))
    return end.join([head, *[line] * rows, draw(odd_lines)])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """What a person, a spreadsheet or a broken disk may leave behind."""
    text = draw(st.one_of(*[mixed_texts()] * 5, vast_texts()))
    data: bytes = text.encode(draw(encodings), errors="replace")
    for _ in range(draw(st.sampled_from([*[0] * 8, 1, 3]))):
        place, lost = draw(st.integers(0, 300)), draw(st.integers(0, 2))
        data = data[:place] + draw(st.binary(max_size=3)) + data[place + lost :]
    for _ in range(draw(st.sampled_from([*[0] * 8, 1, 1, 2]))):
        data = gzip.compress(data, mtime=0)
        damage = draw(st.sampled_from([*["none"] * 4, "cut", "bytes", "tail", "twice"]))
        place = draw(st.integers(0, len(data) - 1))
        if damage == "cut":
            data = data[:place]
        elif damage == "bytes":
            data = data[:place] + draw(st.binary(min_size=1, max_size=4)) + data[place + 1 :]
        elif damage in ("tail", "twice"):
            data += data if damage == "twice" else draw(st.binary(min_size=1, max_size=40))
    return data


@settings(
    max_examples=FILES or 40,
    deadline=SECOND if FILES else None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.one_of(*[files()] * 9, st.binary(max_size=200)), wishes, wishes, names)
@example(b"", None, None, "data.csv.gz")
@example(b"\x00" * 100_000, None, None, "data.csv")
@example(b"1 2\n" + b" " * 200_000, None, None, "data.csv")
@example(b"1,2\n3,1e309\n", None, None, "data.csv")
@example(b'"' * 200_000, None, None, "data.csv")
@example(b'1,"' * 100_000, None, None, "data.csv")
@example(b'"a",' * 50_000 + b'\n1,"', None, None, "data.csv")
def test_any_file_is_a_dataset_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, x: str | None, y: str | None, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = outcome(path, x, y)
    if isinstance(said, str):
        assert said.startswith(f"{name}:")
        assert said.isprintable()
        assert len(said) < 400
