"""Where the reader guesses, what, and that it says so."""

import io
from pathlib import Path

import pytest

from gdtui.dataset import DataError, Dataset, read_dataset

DATA = Path(__file__).parents[1] / "data"
HOW = "choose columns with --x and --y"
SHORT = "the header has one name fewer than there are columns: the first has none"


def read(text: str, x: str | None = None, y: str | None = None, *, drop: bool = False) -> Dataset:
    return read_dataset("-", x, y, stream=io.BytesIO(text.encode()), drop_missing=drop)


def notes(found: Dataset) -> list[str]:
    return [note.removeprefix("standard input: ") for note in found.notes]


def taken(feature: str, label: str, others: str = "") -> str:
    rest = f"; other columns of numbers are {others}" if others else ""
    return f"the feature is {feature} and the label {label}{rest}; {HOW}"


@pytest.mark.parametrize(
    ("text", "feature", "label", "count"),
    [
        # Text over a number in any column, letters first.
        ("x,2020\n1,2\n", "x", "2020", 1),
        ("x,nan\n1,2\n", "x", "nan", 1),
        ("inf,y\n1,2\n", "inf", "y", 1),
        ("x,2020\n,5\n3,4\n", "x", "2020", 1),
        ("abc 33\n2 16\n", "abc", "33", 1),
        ("größe,3\n1,2\n", "größe", "3", 1),
        # Quotes over plain numbers, and no number beside them.
        ('"2019","2020"\n1.5,2.5\n', "2019", "2020", 1),
        ('"5" 6\n1 2\n', "5", "6", 1),
        ("$5,$3\n1,2\n", "$5", "$3", 1),
        # No header: numbers, with or without quotes, a missing one, and a number with a unit.
        ('"1","2"\n"3","4"\n', "column 1", "column 2", 2),
        ('3,"1"\n4,"2"\n', "column 1", "column 2", 2),
        ("1990,2000\n1991,2001\n", "column 1", "column 2", 2),
        ("2019,5.5\n2.5,3.5\n", "column 1", "column 2", 2),
        ("Anna,1,2\nBo,3,4\n", "column 2", "column 3", 2),
        ("1,2\n", "column 1", "column 2", 1),
        # The first column has no name, but is none of row names.
        (",b\n0.5,2\n1.5,3\n", "column 1", "b", 2),
    ],
)
def test_header(text: str, feature: str, label: str, count: int) -> None:
    found = read(text, drop=True)
    caveat = "1 row left out" if ",5\n3" in text else ""
    assert (found.feature, found.label, found.x.size, found.caveat) == (
        feature,
        label,
        count,
        caveat,
    )


@pytest.mark.parametrize(
    ("text", "names", "said", "caveat"),
    [
        ("2019,2020\n1.5,2\n", ("column 1", "column 2"), ["2019, 2020"], "no header found"),
        ("0,1\n0.5,1.5\n", ("column 1", "column 2"), ["0, 1"], "no header found"),
        (
            "Country,2019,2020\nFrance,1,2\n",
            ("column 2", "column 3"),
            ["Country, 2019, 2020", taken("column 2", "column 3")],
            "no header found",
        ),
        (
            ",0,1\n0,1.5,2.5\n1,3,4\n",
            ("0", "1"),
            [", 0, 1", taken("column 2 (0)", "column 3 (1)")],
            "header guessed",
        ),
    ],
)
def test_numbers_over_numbers(
    text: str, names: tuple[str, str], said: list[str], caveat: str
) -> None:
    found = read(text)
    row, *rest = said
    if caveat == "header guessed":
        row = f"line 1 ({row}) is read as the header, because its first cell is empty"
    else:
        row = (
            f"no header was found: line 1 ({row}) is read as an example; "
            "if it is a header, put its names in quotes"
        )
    assert (found.feature, found.label, found.caveat) == (*names, caveat)
    assert notes(found) == [row, *rest]


@pytest.mark.parametrize(
    ("text", "x", "y", "said"),
    [
        ("a,b\n1,2\n", None, None, []),
        ("when,where,what\n1,Bad Ühm,2\n", None, None, []),
        ("a,b,c\n1,2,3\n", "a", "b", []),
        ("a,b,c\n1,2,3\n", None, None, [taken("column 1 (a)", "column 3 (c)", "b")]),
        ("a,b,c\n1,2,3\n", "b", None, [taken("column 2 (b)", "column 3 (c)", "a")]),
        ("a,b,c\n1,2,3\n", None, "a", [taken("column 2 (b)", "column 1 (a)", "c")]),
        ("a,b\n1,2\n", "b", None, [taken("column 2 (b)", "column 1 (a)")]),
        ("1,2,3\n5,6,7\n", None, None, [taken("column 1", "column 3", "column 2")]),
        ("name,a,b\nAnna,1,2\n", None, None, [taken("column 2 (a)", "column 3 (b)")]),
        ("a,b,unit\n1,2,kg\n", None, None, [taken("column 1 (a)", "column 2 (b)")]),
        ("x,\x9b,y\n1,2,3\n", None, None, [taken("column 1 (x)", "column 3 (y)", "\\x9b")]),
        # Names of rows: unnamed, as pandas and R write them.
        (",a,b\n0,1,2\n1,2,3\n", None, None, [taken("column 2 (a)", "column 3 (b)")]),
        (",a,b\n17,1,2\n3,2,3\n", None, None, [taken("column 2 (a)", "column 3 (b)")]),
        (",a,b\nx,1,2\ny,2,3\n", None, None, [taken("column 2 (a)", "column 3 (b)")]),
        ('"",a,b\n"1",1,2\n', None, None, [taken("column 2 (a)", "column 3 (b)")]),
        ("Unnamed: 0,a,b\n0,1,2\n", None, None, [taken("column 2 (a)", "column 3 (b)")]),
        (",Unnamed: 0,a,b\n0,1,1,2\n", None, None, [taken("column 3 (a)", "column 4 (b)")]),
        ("rownames,a,b\n1,1,2\n", None, None, [taken("column 2 (a)", "column 3 (b)")]),
        ("0,5,6\n1,7,8\n2,5,9\n", None, None, [taken("column 2", "column 3")]),
        ('"7" 5 6\n"8" 7 8\n"a" 5 9\n', None, None, [taken("column 2", "column 3")]),
        (",a\n0,1\n1,2\n", "1", "a", []),
        # As write.table of R does: one name fewer than columns.
        ('a b\n"7" 5 6\n', None, None, [SHORT, taken("column 2 (a)", "column 3 (b)")]),
        ('"a" "b"\n"M 4" 5 6\n', None, None, [SHORT, taken("column 2 (a)", "column 3 (b)")]),
        ("a,b\n1,5,6\n2,7,8\n", None, None, [SHORT, taken("column 2 (a)", "column 3 (b)")]),
        ("a\tb\nr\t1\t2\n", None, None, [SHORT, taken("column 2 (a)", "column 3 (b)")]),
    ],
)
def test_choice_of_columns_is_said(
    text: str, x: str | None, y: str | None, said: list[str]
) -> None:
    assert notes(read(text, x, y)) == said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ",a\n0,5\n1,6\n",
            ": column 1 holds the names of rows, and too few columns of numbers are left: " + HOW,
        ),
        *(
            (
                text,
                ":1: the header has 2 names for 3 columns, "
                "so give each column one, and end no row with a delimiter",
            )
            for text in (
                "a,b\n7,2,3\n9,3,4\n",
                "a,b\n1,2,3\n",
                "a,b\n1,2,\n2,3,\n",
                "a\tb\n1\t\t3\n",
            )
        ),
        (
            "a\tb\nr1\t\t5\nr2\t1\t2\n",
            ":2: column 2 (a) is empty: --drop-missing leaves such rows out",
        ),
        ("NA,5\n3,4\n", ":1: 'NA' in column 1 is no number: --drop-missing leaves such rows out"),
        ("Anna,NA\nBo,5\n", ":1: 'Anna' in column 1 is not a number"),
    ],
)
def test_what_cannot_be_told(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(text)
    assert str(caught.value) == "standard input" + message


def test_samples() -> None:
    assert read_dataset(DATA / "pizza.txt").notes == ()
    assert read_dataset(DATA / "anscombe.csv").notes == (
        "anscombe.csv: " + taken("column 1 (x)", "column 6 (y1)", "x4, y4, y3, y2"),
    )
    assert read_dataset(DATA / "anscombe.csv", "x4", "y4").notes == ()


@pytest.mark.parametrize(
    ("text", "x", "y", "left_out"),
    [
        ("1,2\n3,4\n", [1, 3], [2, 4], None),
        ("1,2\nNA,4\n3,\n , 5\n5,6\n", [1, 5], [2, 6], "3 rows"),
        ("a,b\n1,2\n,4\n", [1], [2], "1 row"),
        (
            "a,b\n1,2\n3," + "\n3,".join(["NaN", "nan", "null", "None", "N/A", "#N/A", "<NA>"]),
            [1],
            [2],
            "7 rows",
        ),
        ("a\tb\n\t3\n1\t2\n", [1], [2], "1 row"),
        # What was not chosen may be missing.
        ("a,z,b\n1,,2\n,7,4\n3,NA,5\n", [1, 3], [2, 5], "1 row"),
        ("a,b\n" + "1,2\n" * 9000 + ",2\n" * 9000, [1] * 9000, [2] * 9000, "9,000 rows"),
    ],
)
def test_rows_left_out(text: str, x: list[float], y: list[float], left_out: str | None) -> None:
    found = read(text, "1", "b" if "b" in text else "2", drop=True)
    assert (found.x.tolist(), found.y.tolist()) == (x, y)
    assert found.caveat == (f"{left_out} left out" if left_out else "")
    verb = "is" if left_out == "1 row" else "are"
    said = [f"{left_out} {verb} left out, where a number is missing"] if left_out else []
    assert notes(found) == said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\nNA,3\n", ": no example is left without the rows where a number is missing"),
        ("a,b\n1,2\nx,3\n", ":3: 'x' in column 1 (a) is not a number"),
        ("a,b\n1,2\ninf,3\n", ":3: 'inf' in column 1 (a) is not a finite number"),
    ],
)
def test_what_is_wrong_is_not_left_out(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(text, "a", "b", drop=True)
    assert str(caught.value) == "standard input" + message


def test_caveats_are_joined() -> None:
    assert read("2019,2020\n1,2\n,3\n", drop=True).caveat == "no header found, 1 row left out"
