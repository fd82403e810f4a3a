"""The reader of datasets: what it accepts, what it refuses and in which words."""

import gzip
import io
import math
import os
import random
import warnings
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gdtui.dataset.text as dataset
from gdtui.core.printable import printable
from gdtui.dataset.text import DataError, Dataset, read_dataset

finite = st.floats(allow_nan=False, allow_infinity=False)
pairs = st.lists(st.tuples(finite, finite), min_size=1, max_size=40)
separators = st.sampled_from([",", ";", "\t", " ", "   ", ", ", " ; ", " \t "])
Reader = Callable[..., Dataset]


def read_bytes(data: bytes, x: str | None = None, y: str | None = None) -> Dataset:
    return read_dataset("-", x, y, stream=io.BytesIO(data))


def outcome(data: bytes | Path, x: str | None = None, y: str | None = None) -> object:
    """Everything that can be told about a reading, comparable bit for bit."""
    try:
        read = read_bytes(data, x, y) if isinstance(data, bytes) else read_dataset(data, x, y)
    except DataError as error:
        return str(error)
    assert read.x.shape == read.y.shape
    assert read.x.dtype == read.y.dtype == np.float64
    assert read.x.size >= 1
    assert np.isfinite(read.x).all()
    assert np.isfinite(read.y).all()
    return read.feature, read.label, read.x.tobytes(), read.y.tobytes()


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    def read_file(
        content: str | bytes, x: str | None = None, y: str | None = None, name: str = "pizza.txt"
    ) -> Dataset:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return read_dataset(tmp_path / name, x, y)

    return read_file


# What is accepted


@given(
    pairs,
    separators,
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "Reservations{}Pizzas", '"Reservations"{}"Pizzas"']),
    st.booleans(),
    st.sampled_from(["{!r}", '"{!r}"', "{:.17e}"]),
    st.sampled_from(["", " # so it is", "  "]),
    st.booleans(),
)
def test_what_is_written_is_read(
    table: list[tuple[float, float]],
    separator: str,
    end: str,
    header: str,
    bom: bool,
    number: str,
    tail: str,
    zipped: bool,
) -> None:
    rows = [separator.join(map(number.format, row)) + tail for row in table]
    lines = ["# examples", "", *([header.format(separator)] if header else []), *rows]
    data = ("\ufeff" * bom + end.join(lines) + end * (len(tail) != 2)).encode()
    read = read_bytes(gzip.compress(data) if zipped else data)
    expected = np.array(table)
    assert read.x.tobytes() == expected[:, 0].tobytes()
    assert read.y.tobytes() == expected[:, 1].tobytes()
    names = ("Reservations", "Pizzas") if header else ("column 1", "column 2")
    assert (read.feature, read.label) == names


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [
        ("13 33", [13], [33]),
        ("Reservations  Pizzas\n13             33\n2\t16\n", [13, 2], [33, 16]),
        ("  1 2\n3 4  \n", [1, 3], [2, 4]),
        ("1,5;2,5\n3;4.5\n", [1.5, 3], [2.5, 4.5]),
        ("1\t\t2\n3\t\t4\n", [1, 3], [2, 4]),
        ("Pizza size\tSold\n1\t2\n", [1], [2]),
        ('"a ""b"", c",d\n1,2\n', [1], [2]),
        ("when,where,what\n1,Bad Ühm,2\n3,x_y,4\n", [1, 3], [2, 4]),
        ('1,"a#b, c",2 # comment\n', [1], [2]),
        ("1,Anna Lee,2\n3,Bo,4\n", [1, 3], [2, 4]),
        ("1e300,+.5\n-1.,1E-3\n", [1e300, -1], [0.5, 1e-3]),
        ("1,1\n1,1\n\n   \n#\n1,1", [1, 1, 1], [1, 1, 1]),
        ("1,2#3\n", [1], [2]),
    ],
)
def test_tables(read: Reader, text: str, x: list[float], y: list[float]) -> None:
    found = read(text)
    assert found.x.tolist() == x
    assert found.y.tolist() == y


def test_names_are_raw_and_stripped(read: Reader) -> None:
    found = read('" a ""b"" ",\u202ec \n1,2\n', name="da\u200bta.csv")
    assert (found.name, found.feature, found.label) == ("da\u200bta.csv", 'a "b"', "\u202ec")


def test_a_header_may_leave_a_column_without_name(read: Reader) -> None:
    found = read(",b\n1,2\n")
    assert (found.feature, found.label) == ("column 1", "b")


def test_arrays_are_read_only(read: Reader) -> None:
    found = read("1 2\n")
    assert not found.x.flags.writeable
    assert not found.y.flags.writeable


def test_stream_is_standard_input_and_stays_open() -> None:
    stream = io.BytesIO(b"a,b\n1,2\n")
    assert read_dataset("-", stream=stream).name == "standard input"
    assert not stream.closed


def test_standard_input_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1 2\n")))
    assert read_dataset("-").y.tolist() == [2]


# Which columns


@pytest.mark.parametrize(
    ("x", "y", "names", "values"),
    [
        (None, None, ("a", "d"), (1, 4)),
        ("b", "a", ("b", "a"), (2, 1)),
        ("2", "4", ("b", "d"), (2, 4)),
        ("3", "1", ("c", "a"), (3, 1)),
        ("b", "b", ("b", "b"), (2, 2)),
        (" c ", None, ("c", "d"), (3, 4)),
    ],
)
def test_choice_of_columns(
    read: Reader, x: str, y: str, names: tuple[str, str], values: tuple[float, float]
) -> None:
    found = read("a,b,c,d\n1,2,3,4\n", x, y)
    assert (found.feature, found.label) == names
    assert (found.x[0], found.y[0]) == values


def test_two_columns_in_reverse(read: Reader) -> None:
    found = read("a,b\n1,2\n" + "3,4\n" * 40000, "b", "a")
    assert (found.x[-1], found.y[-1]) == (4, 3)


@pytest.mark.parametrize(
    ("text", "x", "message"),
    [
        ("a,b\n1,2\n", "c", "pizza.txt: there is no column 'c' among a, b"),
        ("a,b\n1,2\n", "0", "pizza.txt: there is no column '0' among a, b"),
        ("1,2\n", "\x1b[1m", "pizza.txt: there is no column '\\x1b[1m' among column 1, column 2"),
        ("a,3,b\n1,x,2\n", "3", "pizza.txt:2: 'x' in column 2 (3) is not a number"),
        ("a,b,a\n1,2,3\n", "a", "pizza.txt: 'a' is the name of columns 1, 3: give a number"),
        (
            "a,b,c,d,e,f,g,h,i\n1,2,3,4,5,6,7,8,9\n",
            "z",
            "pizza.txt: there is no column 'z' among a, b, c, d, e, f, g, h, …",
        ),
    ],
)
def test_columns_that_cannot_be_chosen(read: Reader, text: str, x: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(text, x)
    assert str(caught.value) == message


# What is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty"),
        ("# nothing\n\n  \n", ": the file is empty"),
        ("a,b\n", ": there are no examples below the header"),
        ("a\n", ": there are no examples below the header"),
        ("1\n2\n", ":1: there is only one column, but a feature and a label take two"),
        ("# c\nabc 33\n2 16\n", ":2: 'abc' in column 1 is not a number"),
        (",\n1,2\n", ":1: column 1 is empty"),
        ("Reservations Pizzas\n1 2\n3 abc\n", ":3: 'abc' in column 2 (Pizzas) is not a number"),
        ("a,b\n1,2\n3,4,5\n", ":3: there are 3 columns here instead of 2"),
        ("a,b\n1,2\n3\n", ":3: there is 1 column here instead of 2"),
        ("a,b\n1,2,3\n", ":2: there are 3 columns here instead of 2"),
        ("1,2\n3,\n", ":2: column 2 is empty"),
        ("1,2\nNaN,4\n", ":2: 'NaN' in column 1 is not a finite number"),
        ("inf,2\n3,4\n", ":1: 'inf' in column 1 is not a finite number"),
        ("1,2\n3,-Infinity\n", ":2: '-Infinity' in column 2 is not a finite number"),
        ("1,2\n3,1e999\n", ":2: '1e999' in column 2 is too large"),
        ("1,2\n3,1_000\n", ":2: '1_000' in column 2 is not a number"),
        ("1,2\n3,0x10\n", ":2: '0x10' in column 2 is not a number"),
        ("1,2\n3,\u0664\n", ":2: '\u0664' in column 2 is not a number"),
        ("1,2\n3,\xa04\n", ":2: '\\xa04' in column 2 is not a number"),
        ("1,5 2,5\n", ":1: '1,5' in column 1 has a decimal comma instead of a point"),
        ("1;2\n3;1,2,3\n", ":2: '1,2,3' in column 2 is not a number"),
        ('1,2\n3,"4\n', ":2: the quote in column 2 is not closed on its line"),
        ('1,2\n3,"4""\n', ":2: the quote in column 2 is not closed on its line"),
        ('1,"2\n3,4\n', ":1: the quote in column 2 is not closed on its line"),
        ('1,2\n"3"4,5\n', ":2: column 1 goes on after its closing quote"),
        (
            "1,2\n3,\x004\n",
            ":2: the control byte 0x00 is here, but a dataset is plain UTF-8 text",
        ),
        (
            b"1,2\n3,4,\xff\n",
            ":2: this is not UTF-8 text, so save the file as UTF-8 first",
        ),
        (f"1,2\n3,{'é' * 50}\u202e\n", f":2: '{'é' * 39}…' in column 2 is not a number"),
        ("1,2\n3,\u202e\n", ":2: '\\u202e' in column 2 is not a number"),
    ],
)
def test_bad_text(read: Reader, text: str | bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(text)
    assert str(caught.value) == "pizza.txt" + message


def test_name_of_the_file_is_harmless(read: Reader) -> None:
    with pytest.raises(DataError) as caught:
        read("", name="\x1b[2J\n.csv")
    assert str(caught.value) == "\\x1b[2J\\n.csv: the file is empty"


def refusal(path: str | Path) -> str:
    with pytest.raises(DataError) as caught:
        read_dataset(path)
    return str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.csv") == "no.csv: there is no such file"
    assert refusal("") == ": there is no such file"


def test_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{printable(tmp_path.name)}: this is a folder, not a file"


def test_impossible_name() -> None:
    assert refusal("a\0b") == "a\\x00b: this cannot be the name of a file"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (PermissionError(13, "Permission denied"), "there is no permission to read it"),
        (OSError(5, "Input/output\nerror"), "it cannot be read (Input/output\\nerror)"),
    ],
)
def test_unreadable(monkeypatch: pytest.MonkeyPatch, fault: OSError, message: str) -> None:
    def refuse(*_: object) -> None:
        raise fault

    monkeypatch.setattr("builtins.open", refuse)
    assert refusal("pizza.txt") == f"pizza.txt: {message}"


def test_reading_breaks_off() -> None:
    class Broken(io.BytesIO):
        def readinto(self, _: object) -> int:
            raise OSError(5, "Input/output error")

    with pytest.raises(DataError, match=r"^standard input: it cannot be read \(Input/output error"):
        read_dataset("-", stream=Broken())


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:30] + b"x" * 99])
def test_damaged_gzip(read: Reader, damage: Callable[[bytes], bytes]) -> None:
    data = gzip.compress("".join(f"{n} {n * n}\n" for n in range(99)).encode())
    with pytest.raises(DataError) as caught:
        read(damage(data), name="pizza.txt.gz")
    assert str(caught.value) == "pizza.txt.gz: the gzip file is damaged or cut short"


def test_gzip_by_its_ending_and_by_its_first_bytes(read: Reader) -> None:
    assert read(gzip.compress(b"1 2\n"), name="a.dat").y.tolist() == [2]
    with pytest.raises(DataError, match=r"^a\.GZ: the gzip file is damaged or cut short$"):
        read("1 2\n", name="a.GZ")


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
        patch.setattr(dataset, "_parse_fast", lambda *_: None)
        strict = outcome(data, x, y)
    assert outcome(data, x, y) == strict


@st.composite
def decimal_columns(draw: st.DrawFn) -> list[list[str]]:
    """Rows of integers and of numbers with a point, each in columns of their own."""
    integer, pointed = (
        st.from_regex(form, fullmatch=True)
        for form in ("-?[0-9]{1,18}", r"-?(?:[0-9]{1,9}\.[0-9]{0,9}|\.[0-9]{1,18})")
    )
    columns = draw(st.lists(st.sampled_from([integer, pointed]), min_size=2, max_size=4))
    return draw(st.lists(st.tuples(*columns).map(list), min_size=1, max_size=9))


@given(decimal_columns(), st.sampled_from([",", ";", "\t", " "]), st.data())
def test_decimals_are_read_as_by_float(
    rows: list[list[str]], mark: str, data: st.DataObject
) -> None:
    x, y = (data.draw(st.integers(0, len(rows[0]) - 1)) for _ in "xy")
    text = "".join(mark.join(row) + "\n" for row in rows)
    read = read_bytes(text.encode(), str(x + 1), str(y + 1))
    for found, column in ((read.x, x), (read.y, y)):
        assert found.tobytes() == np.array([float(row[column]) for row in rows]).tobytes()


@st.composite
def near_the_middle_of_two_floats(draw: st.DrawFn) -> tuple[int, int]:
    """An integer, and how many decimal places make it a number near a middle."""
    places = draw(st.integers(0, 19))
    below = draw(st.floats(1e-12, 4.6e18 / 10**places))
    middle = (Fraction(below) + Fraction(math.nextafter(below, math.inf))) / 2
    return int(middle * 10**places) + draw(st.integers(0, 1)), places


@given(
    st.lists(
        near_the_middle_of_two_floats()
        | st.tuples(st.integers(1 - 2**62, 2**62 - 1), st.integers(0, 19)),
        min_size=1,
    )
)
def test_quotients_are_the_nearest_floats(numbers: list[tuple[int, int]]) -> None:
    integers, places = np.array(numbers).T
    found = dataset._quotients(integers, dataset._POWERS[places])
    assert found.tolist() == [float(f"{integer}e-{place}") for integer, place in numbers]


@pytest.mark.parametrize("integer", [2**62, -(2**62), 2**63 - 1, -(2**63)])
def test_quotients_of_too_large_integers(integer: int) -> None:
    with pytest.raises(ValueError, match="too large"):
        dataset._quotients(np.array([1, integer]), np.ones(2))


odd_signs = ["-.5", ".-5", "-5.", "1-2", "1.-2", "-", "-.", "-0", "-0.0", "-.0", "--1", "+1"]
odd_marks = [".", "", "1.2.3", "1e5", " 1", "1\n", "\u0661"]
large_integers = ["9007199254740993", "4611686018427387904", "9223372036854775807"]
larger_integers = ["-4611686018427387904", "-9223372036854775808", "18446744073709551617"]
long_fractions = ["900719925.4740993", "9223372036.854775807", ".00000000000000000001"]


@pytest.mark.parametrize("row", ["{},2.5", "2.5,{}", "{},{}"])
@pytest.mark.parametrize(
    "number", [*odd_signs, *odd_marks, *large_integers, *larger_integers, *long_fractions]
)
def test_odd_decimals_are_read_as_by_the_strict_parser(row: str, number: str) -> None:
    plain = "3.5" if "." in number else "3"
    data = "".join(row.format(text, text) + "\n" for text in (plain, number)).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "_FIRST_BYTES", 8)
        fast = outcome(data)
        patch.setattr(dataset, "_parse_fast", lambda *_: None)
        assert fast == outcome(data)


@given(tables(), choices, choices, st.integers(1, 9))
@example(b"a,33\n2,foo\n", "2", "2", 1)
@example(b"\xef\xbb\xbf1,2\r\n3,x\r\n", None, None, 1)
def test_size_of_blocks_does_not_matter(
    data: bytes, x: str | None, y: str | None, size: int
) -> None:
    whole = outcome(data, x, y)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "BLOCK_BYTES", size)
        assert outcome(data, x, y) == whole


@pytest.mark.parametrize(
    "text", ["1,2\n3,4\n", " 1  2\n\t3 4 ", "1;2,5\n3;4", "1\tx y\t2\r\n3\t\t4"]
)
def test_plain_numbers_need_no_strict_parser(
    read: Reader, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    nothing = np.empty(0), np.empty(0)
    monkeypatch.setattr(dataset, "_parse_strictly", lambda *_: nothing)
    assert read(text).x.tolist() == [1, 3]


@pytest.mark.parametrize(
    "text",
    [
        "1,2.5\n3,4.\n",
        "1;-2,5\n3;,4",
        "1 2\n3 4\n",
        "1\t-9.5\t2\r\n3\t.1\t4",
        "1,.0000000000000000001\n3,-0.34167937123456789\n",
    ],
)
def test_decimals_need_no_parser_of_floats(
    read: Reader, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    nothing = np.empty(0), np.empty(0)
    for parser in ("_parse_floats", "_parse_strictly"):
        monkeypatch.setattr(dataset, parser, lambda *_: nothing)
    assert read(text).x.tolist() == [1, 3]


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
    max_examples=FILES or 150,
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


# Progress


@pytest.mark.parametrize("zipped", [False, True])
def test_progress_rises_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setattr(dataset, "BLOCK_BYTES", 1 << 12)
    rng = random.Random(1)
    data = "".join(f"{rng.random():.5f} {rng.random():.5f}\n" for _ in range(1 << 13)).encode()
    assert len(data) % dataset.BLOCK_BYTES == 0  # so that the end comes as a surprise
    path = tmp_path / "data"
    padding = bytes(99999)  # which gzip is to pass over
    path.write_bytes(gzip.compress(data) + padding if zipped else data)
    told: list[float | None] = []
    read_dataset(path, progress=told.append)
    fractions = [fraction for fraction in told if fraction is not None]
    assert len(fractions) == len(told) > 9
    assert fractions == sorted(fractions)
    assert fractions[0] < 0.5
    assert fractions[-1] == 1


def test_progress_of_a_stream_is_unknown() -> None:
    told: list[float | None] = []
    read_dataset("-", progress=told.append, stream=io.BytesIO(b"1 2\n"))
    assert set(told) == {None}


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError, EOFError, ValueError])
def test_progress_may_stop_the_reading(tmp_path: Path, fault: type[BaseException]) -> None:
    def stop(_: float | None) -> None:
        raise fault("enough")

    (tmp_path / "data").write_bytes(b"1 2\n")
    with pytest.raises(fault, match="enough"):
        read_dataset(os.fspath(tmp_path / "data"), progress=stop)


# Showing


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pizza", "pizza"),
        ("\x1b]0;\n\u202e\u200b", "\\x1b]0;\\n\\u202e\\u200b"),
        ("\udc80\U000e0041", "\\udc80\\U000e0041"),
        ("a\u3164\u2764\ufe0f", "a\\u3164\u2764\\ufe0f"),
        ("e\u0301宽", "e\u0301宽"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "x" * 39 + "…"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(), st.integers(1, 50))
def test_printable_is_printable_and_short(text: str, limit: int) -> None:
    assert printable(text, limit).isprintable()
    assert len(printable(text, limit)) <= limit
