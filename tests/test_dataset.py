"""The reader of datasets: what it accepts, what it refuses and in which words."""

import bz2
import gzip
import io
import lzma
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdtui.core.printable import printable
from gdtui.dataset import DataError, Dataset, read_dataset, source

finite = st.floats(allow_nan=False, allow_infinity=False)
pairs = st.lists(st.tuples(finite, finite), min_size=1, max_size=40)
separators = st.sampled_from([",", ";", "\t", "|", " ", "   ", ", ", " ; ", " \t ", " | "])
Reader = Callable[..., Dataset]


def read_bytes(data: bytes, x: str | None = None, y: str | None = None) -> Dataset:
    return read_dataset("-", x, y, stream=io.BytesIO(data))


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
        ("1,5;2,5\n3;4\n", [1.5, 3], [2.5, 4]),
        ("1\t\t2\n3\t\t4\n", [1, 3], [2, 4]),
        ("Pizza size\tSold\n1\t2\n", [1], [2]),
        ('"a ""b"", c",d\n1,2\n', [1], [2]),
        ("when,where,what\n1,Bad Ühm,2\n3,x_y,4\n", [1, 3], [2, 4]),
        ('1,"a#b, c",2 # comment\n', [1], [2]),
        ("1,Anna Lee,2\n3,Bo,4\n", [1, 3], [2, 4]),
        ("1e300,+.5\n-1.,1E-3\n", [1e300, -1], [0.5, 1e-3]),
        ("1,1\n1,1\n\n   \n#\n1,1", [1, 1, 1], [1, 1, 1]),
        # A comment begins a line or follows a blank after the last field, and nothing else.
        ("1,x#b,2\n3,#c,4\n", [1, 3], [2, 4]),
        ("x,name,y\n1,a #b,2 # c, d\n3,z,4\n", [1, 3], [2, 4]),
        ("Item #,Price\n5,3\n", [5], [3]),
        ('1,"a",2 # c\n', [1], [2]),
        ("1\t#5\t2\n3\t#6\t4 # c\n", [1, 3], [2, 4]),
        ("1 #5 2 # 3\n4 #6 5\n", [1, 4], [2, 5]),
        ('1 "#" 2 #"\n4 "a b" 5\n', [1, 4], [2, 5]),
        ("sep=;\na,b;c\n1,5;2\n", [1.5], [2]),
        ('"sep=,"\n1,2\n', [1], [2]),
        ("sep=\t\n1 ; 0\t2\t5\n", [2], [5]),
        ("| a | b |\n| 1 | 2 |\n", [1], [2]),
        # What is between semicolons is not read as what is between commas.
        ("1,5;a;b;c;d;2,5\n3,5;a;b;c;d;4,5\n", [1.5, 3.5], [2.5, 4.5]),
        ("1,2,a;b;c\n3,4,d;e;f\n", [1, 3], [2, 4]),
        ("12 Main St,5,7,Apt 4\n13 Main St,6,8,Apt 9\n", [5, 6], [7, 8]),
        ('1 "a, b" 2\n3 "c, d" 4\n', [1, 3], [2, 4]),
        ("x;n;y\n1,5;v. 1.2,3;2\n3,5;4.x;4\n", [1.5, 3.5], [2, 4]),
    ],
)
def test_tables(read: Reader, text: str, x: list[float], y: list[float]) -> None:
    found = read(text)
    assert found.x.tolist() == x
    assert found.y.tolist() == y


def test_many_rows_with_a_text_and_decimal_commas(read: Reader) -> None:
    """Beyond the first block, in two columns of three."""
    found = read("x;y;name\n" + "1,5;2,5;a, b.\n" * 9000)
    assert found.x.tolist() == [1.5] * 9000
    assert found.y.tolist() == [2.5] * 9000


def test_names_are_raw_and_stripped(read: Reader) -> None:
    found = read('" a ""b"" ",\u202ec \n1,2\n', name="da\u200bta.csv")
    assert (found.name, found.feature, found.label) == ("da\u200bta.csv", 'a "b"', "\u202ec")


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
        ("a,b\n1,x\n", "1", "pizza.txt:2: 'x' in column 2 (b) is not a number"),
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


LEAVE_OUT = ": --drop-missing leaves such rows out"
CHOOSE = ": choose columns with --x and --y"
OTHER_MARK = (
    "has a decimal {}, but the file has a decimal {} in line {}: "
    "write all numbers with the same mark"
)
NOT_CLOSED = (
    "the quote in column 2 is not closed on its line, and a field over several lines cannot be read"
)
ALIKE = (
    "the rows can be divided by '{}' and by '{}' alike, "
    "so say which it is in the first line, as in sep=;"
)
BETWEEN_TABS = "a cell may be empty between the tabs here, so put one tab between all columns"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the file is empty"),
        ("# nothing\n\n  \n", ": the file is empty"),
        ("a,b\n", ": there are no examples below the header"),
        ("a\n", ": there are no examples below the header"),
        ("1\n2\n", ":1: there is only one column, but a feature and a label take two"),
        ("sep=;\n", ": the file is empty"),
        ("# c\n5km 33\n2 16\n", ":2: '5km' in column 1 is not a number"),
        ("?,33\n2,16\n", ":1: '?' in column 1 is not a number"),
        (",\n1,2\n", f":1: column 1 is empty{LEAVE_OUT}"),
        ("a,b\n1,NA\n", f":2: 'NA' in column 2 (b) is no number{LEAVE_OUT}"),
        ("1,2\nNaN,4\n", f":2: 'NaN' in column 1 is no number{LEAVE_OUT}"),
        ("a,b\n1,2\n#N/A,2\n", f":3: '#N/A' in column 1 (a) is no number{LEAVE_OUT}"),
        ("Reservations Pizzas\n1 2\n3 abc\n", ":3: 'abc' in column 2 (Pizzas) is not a number"),
        ("a,b\n1,2\n3,4,5\n", ":3: there are 3 columns here instead of 2"),
        ("a,b\n1,2\n3\n", ":3: there is 1 column here instead of 2"),
        ("1,2\n3,4,5\n", ":2: there are 3 columns here instead of 2"),
        ("a b c\n1 2 3\n4  6\n", ":3: there are 2 columns here instead of 3"),
        ("1,2\n3,\n", f":2: column 2 is empty{LEAVE_OUT}"),
        ("inf,2\n3,4\n", ":1: 'inf' in column 1 is not a finite number"),
        ("1,2\n3,-Infinity\n", ":2: '-Infinity' in column 2 is not a finite number"),
        ("1,2\n3,1e999\n", ":2: '1e999' in column 2 is too large"),
        ("1,2\n3,1_000\n", ":2: '1_000' in column 2 is not a number"),
        ("1,2\n3,0x10\n", ":2: '0x10' in column 2 is not a number"),
        ("1,2\n3,\u0664\n", ":2: '\u0664' in column 2 is not a number"),
        ("1,2\n3,\xa04\n", ":2: '\\xa04' in column 2 is not a number"),
        ("1,2#3\n", ":1: '2#3' in column 2 is not a number"),
        ("1 2\n3#4 5\n", ":2: '3#4' in column 1 is not a number"),
        (
            "date,open,close\n1,2,3\n2020-01-01,2,3\n",
            f":3: '2020-01-01' in column 1 (date) is not a number{CHOOSE}",
        ),
        ("date,a,b\nx,1,y\n", f":2: 'x' in column 1 (date) is not a number{CHOOSE}"),
        # As many tabs in both rows divide them, whatever else might.
        (
            "t\ta,7,8,b\tu\nv\tc,9,1,d\tw\n",
            f":2: 'v' in column 1 (t) is not a number{CHOOSE}",
        ),
        ("sep=:\n1:2\n", ":1: ':' is no delimiter that can be read: take one of ; | , or a tab"),
        ("12.5;1,234\n", f":1: '1,234' in column 2 {OTHER_MARK.format('comma', 'point', 1)}"),
        ("1;2,5\n\n3;x;1.5\n", ":3: there are 3 columns here instead of 2"),
        (
            "a;b;c\n1;2,5;x\n" + "3;4,5;x\n" * 9000 + "3;4;1.5\n",
            f":9003: '1.5' in column 3 (c) {OTHER_MARK.format('point', 'comma', 2)}",
        ),
        (
            "a;b\n1;2\n" + "3;4\n" * 9000 + "3;4.5\n" * 9000 + '3;"4,5"\n',
            f":18003: '4,5' in column 2 (b) {OTHER_MARK.format('comma', 'point', 9003)}",
        ),
        (
            '1,"1,234"\n',
            ":1: '1,234' in column 2 has a comma: write 1234, or 1.234 if it is a decimal one",
        ),
        ('1,"1,234.5"\n', ":1: '1,234.5' in column 2 has commas of thousands: write 1234.5"),
        ("1\t1,234,567\n", ":1: '1,234,567' in column 2 has commas of thousands: write 1234567"),
        ("1;1.234,5\n", ":1: '1.234,5' in column 2 has points of thousands: write 1234.5"),
        ("1;1.234.567\n", ":1: '1.234.567' in column 2 has points of thousands: write 1234567"),
        ("1,5 x 2,5\n", ":1: '1,5' in column 1 has a decimal comma instead of a point"),
        ("1,2,7;8;9\n", f": {ALIKE.format(';', ',')}"),
        ('1,50 "q r" a,b 103 1,54\n', f": {ALIKE.format(',', ' ')}"),
        ("1,5 2,5\n", ":1: '1,5' in column 1 has a decimal comma instead of a point"),
        ("1;2\n3;1,2,3\n", ":2: '1,2,3' in column 2 is not a number"),
        ('1,2\n3,"4\n', f":2: {NOT_CLOSED}"),
        ('1,2\n3,"4""\n', f":2: {NOT_CLOSED}"),
        ('1,"2\n3,4\n', f":1: {NOT_CLOSED}"),
        ('1 2\n3 "4\n', f":2: {NOT_CLOSED}"),
        ('1 2\n3 "4"5\n', ":2: column 2 goes on after its closing quote"),
        # An empty cell between tabs is no gap between columns.
        ("a b c\n1 2 3\n4\t\t5 6\n", f":3: {BETWEEN_TABS}"),
        ("a b\n1 2\n\t3\t4\n", f":3: {BETWEEN_TABS}"),
        ("a b\n1 2\n3\t4\t\n", f":3: {BETWEEN_TABS}"),
        ("a b c\n1 2 3\na #b\t4\t\t5\n", f":3: {BETWEEN_TABS}"),
        (
            "n1,n2,n3\nr,1,a #b,2\n",
            ":2: a comment may begin here, or a field go on: put it in quotes",
        ),
        ("1\t2\n3\t4\t#5\n", ":2: there are 3 columns here instead of 2"),
        ('1\t2\n"3"\t4\t#5\n', ":2: there are 3 columns here instead of 2"),
        ('a b\n"q,r" \t1 2\n', ":2: there are 3 columns here instead of 2"),
        ("a b\n1 2\n" + "3\t4\n" * 9000 + "3\t\t4\n", f":9003: {BETWEEN_TABS}"),
        ("a\tb\tc\n1\t\t3\n2\t5\t\n", f":3: column 3 (c) is empty{LEAVE_OUT}"),
        ("a\tb c\n\t1 2\n", f":2: column 1 (a) is empty{LEAVE_OUT}"),
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


def zipped(name: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, "1,2\n")
    return data.getvalue()


WORKBOOK = "this is a workbook of a spreadsheet, so save its sheet as CSV first"
UTF16 = "this is UTF-16 text, so save the file as UTF-8 first"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped("data.csv"), "this is a zip archive, so unpack it first, with unzip"),
        (zipped("[Content_Types].xml"), WORKBOOK),
        (zipped("mimetype"), WORKBOOK),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(99), WORKBOOK),
        (lzma.compress(b"1,2\n"), "this is packed by xz, so unpack it first, with unxz"),
        (bz2.compress(b"1,2\n"), "this is packed by bzip2, so unpack it first, with bunzip2"),
        (b"\x28\xb5\x2f\xfd\x04", "this is packed by zstd, so unpack it first, with unzstd"),
        (b"PAR1\x15\x04\x15", "this is a Parquet file, so save its table as CSV first"),
        *(
            (f"{bom}1,2\n".encode(code), UTF16)
            for bom, code in [
                ("\ufeff", "utf-16-le"),
                ("\ufeff", "utf-16-be"),
                ("", "utf-16-le"),
                ("", "utf-16-be"),
            ]
        ),
    ],
)
def test_files_that_are_no_text(read: Reader, data: bytes, message: str) -> None:
    """By their first bytes, whatever they are called, and packed by gzip besides."""
    for content in (data, gzip.compress(data)):
        with pytest.raises(DataError) as caught:
            read(content)
        assert str(caught.value) == f"pizza.txt: {message}"


def test_names_that_begin_like_such_files(read: Reader) -> None:
    for name in ("PAR1", "BZh1", "PK"):
        assert read(f"{name},y\n1,2\n").feature == name


# Progress


@pytest.mark.parametrize("zipped", [False, True])
def test_progress_rises_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setattr(source, "BLOCK_BYTES", 1 << 12)
    rng = random.Random(1)
    data = "".join(f"{rng.random():.5f} {rng.random():.5f}\n" for _ in range(1 << 13)).encode()
    assert len(data) % source.BLOCK_BYTES == 0  # so that the end comes as a surprise
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
