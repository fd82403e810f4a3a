"""Exported runs brought together again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.terminal import ROOT, Terminal
from support.writing import Data, problem_of

from gdtui.cli.main import main
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import surface_of
from gdtui.dataset import Dataset, read_dataset
from gdtui.export.comparison import compared, table
from gdtui.export.files import ExportError, write_new
from gdtui.export.reports import REPORTS
from gdtui.export.runs import runs_as_json
from gdtui.problem import Source
from gdtui.runs.history import Branch, Entry, History, differences

SLOW = Settings(lr=0.0001, bias=True)


def run_of(data: Data, settings: Settings, count: int = 10**6) -> Run:
    run = Run(surface_of(data, settings), settings)
    run.advance(count)
    return run


def write(name: str, data: Data, source: Source, *entries: Entry, folder: Path = Path()) -> str:
    return write_new(folder, name, ".jsonl", runs_as_json(problem_of(data, source), entries)).name


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pizza: Dataset) -> list[str]:
    """Two files of runs over the same data, in the working directory."""
    monkeypatch.chdir(tmp_path)
    slow, paused = run_of(pizza, SLOW), run_of(pizza, SLOW.replace(lr=0.005), 40)
    paused.tune(SLOW.replace(lr=0.001, iterations=200))
    paused.advance(7)
    scaled = run_of(pizza, Settings(standardize=True, bias=True, lr=0.1))
    several = Entry(4, slow), Entry(7, paused, Branch(4, 0), "mine")
    return [
        write("a", pizza, Source("pizza.txt"), *several),
        write("b", pizza, Source(), Entry(1, scaled, Branch(3, 9))),
    ]


def test_the_runs_of_all_files_are_one_history(files: list[str]) -> None:
    problem, history, notes = compared(files, Source())
    assert problem.source == Source(sample="pizza.txt")
    assert notes == ()
    surface = problem.surface
    found = [(e.number, e.name, e.parent) for e in history.entries]
    assert found == [(1, "a.jsonl 4", None), (2, "mine", Branch(1, 0)), (3, "b.jsonl", None)]
    standing = [(e.run.snapshot().reached, e.run.status) for e in history.entries]
    assert standing == [(100, "finished"), (47, "paused"), (100, "finished")]
    # The views keep what they drew of a surface.
    on = [surface, surface, surface.standardized()]
    assert all(e.run.surface is wanted for e, wanted in zip(history.entries, on, strict=True))


def test_without_a_screen_a_table_is_printed(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--compare", *files]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert re.split("  +", head) == [
        *("run", "name", "changed", "iterations"),
        *("loss", "gap", "within 1%", "status"),
    ]
    first, second, third = (re.split("  +", row.strip()) for row in rows)
    after = SLOW.replace(lr=0.001, iterations=200)
    changes = [", ".join(differences(*pair)) for pair in ((Settings(), SLOW), (SLOW, after))]
    assert first[:4] == ["1", "a.jsonl 4", changes[0], "100"]
    assert second[1:4] == ["mine", changes[1], "47"]
    assert (third[1], third[-1]) == ("b.jsonl", "finished")
    assert first[-2:] == ["-", "finished"]
    assert second[-1] == "paused"


def test_names_in_a_table_are_harmless(pizza: Dataset) -> None:
    run = run_of(pizza, SLOW)
    assert table(History([Entry(1, run, name="\x1b[1m\n")])).replace("\n", "").isprintable()


def test_a_landscape_needs_no_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    bowl = LANDSCAPES["bowl"]
    source = Source(surface="bowl")
    run = run_of(bowl, Settings(method="adam", **bowl.defaults))  # type: ignore[arg-type]
    file = write("bowl", bowl, source, Entry(1, run))
    assert main(["--compare", file]) == 0
    assert "method adam" in capsys.readouterr().out
    assert main(["pizza.txt", "--compare", file]) == 2
    assert capsys.readouterr().err == (
        "gdtui: the runs of bowl.jsonl are over a surface: they take no data\n"
    )
    lines = Path(file).read_text().replace('"surface": "bowl"', '"surface": "hill"')
    Path("hill.jsonl").write_text(lines)
    assert main(["--compare", "hill.jsonl"]) == 2
    assert "hill.jsonl has runs over no surface that gdtui knows" in capsys.readouterr().err


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said where nothing can be shown."""
    assert main(arguments) == 2
    output, error = capsys.readouterr()
    assert output == ""
    assert error.startswith("gdtui: ")
    assert error.endswith("\n")
    assert error[:-1].isprintable()
    return error[len("gdtui: ") : -1]


def test_data_are_looked_for_where_they_were(
    files: list[str], pizza: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine").mkdir()
    other = "".join(f"{x},{y}\n" for x, y in zip(pizza.x, pizza.y, strict=True))
    Path("mine/data.csv").write_text(other)
    file = write("c", pizza, Source("data.csv"), Entry(1, run_of(pizza, SLOW)))
    assert complaint(capsys, "--compare", file) == (
        "the data of c.jsonl can't be had: data.csv: there is no such file; "
        "if they are elsewhere, say where: gdtui FILE --compare …"
    )
    assert main(["mine/data.csv", "--compare", file]) == 0
    assert main(["mine/data.csv", "--x", "1", "--compare", file, files[0]]) == 0
    Path("data.csv").write_text(other.replace("13.0,33.0", "13.0,34.0"))
    capsys.readouterr()
    assert complaint(capsys, "--compare", file) == (
        "data.csv has other data than the runs of c.jsonl; "
        "if they are elsewhere, say where: gdtui FILE --compare …"
    )


def test_runs_over_different_data_are_not_compared(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    data = read_dataset(ROOT / "data" / "anscombe.csv")
    other = write("other", data, Source("anscombe.csv"), Entry(1, run_of(data, SLOW)))
    assert complaint(capsys, "--compare", files[0], other) == (
        "a.jsonl and other.jsonl are of runs over different data"
    )
    assert main(["--compare", other]) == 0


def test_the_columns_that_were_chosen_are_chosen_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = read_dataset(ROOT / "data" / "anscombe.csv", "x4", "y4")
    source = Source("anscombe.csv", "x4", "y4")
    file = write("four", data, source, Entry(1, run_of(data, SLOW)))
    assert compared([file], Source()).problem.source == source._replace(
        path=None, sample="anscombe.csv"
    )
    with pytest.raises(ExportError, match=r"has other data than the runs of four\.jsonl"):
        compared([file], Source(y="y2"))


def test_data_from_standard_input_are_asked_for(
    files: list[str], pizza: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("piped", pizza, Source("-"), Entry(1, run_of(pizza, SLOW)))
    assert complaint(capsys, "--compare", file) == (
        "the data of piped.jsonl came from standard input: "
        "save them as a file, and name it: gdtui FILE --compare …"
    )
    assert main(["pizza.txt", "--compare", file]) == 0


def test_what_is_no_file_of_runs_is_told(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("cut.jsonl").write_text("".join(Path(files[0]).read_text().splitlines(True)[:9]))
    assert complaint(capsys, "--compare", files[0], "cut.jsonl") == (
        "cut.jsonl:9: the file ends within a run"
    )
    assert complaint(capsys, "--compare", "nofile") == "nofile: there is no such file"
    assert complaint(capsys, "--compare", "") == "'': there is no such file"
    assert complaint(capsys, "--compare", "\0") == "\\x00: this can't be the name of a file"
    for report in set(REPORTS) - {"json"}:
        main(["--format", report, "--iterations", "3"])
        Path("plain").write_text(capsys.readouterr().out)
        assert complaint(capsys, "--compare", "plain") == "plain:1: this is not JSON"


@pytest.mark.parametrize(
    ("options", "ended"),
    [
        ("--iterations 3 --method adam --standardize", "finished"),
        ("--iterations 300 --lr 0.004 --tolerance 0.1", "converged"),
        ("--iterations 5000 --lr 0.01 --every 7", "diverged"),
        ("--iterations 40 --method momentum --bias --w-start 1", "finished"),
    ],
)
@pytest.mark.usefixtures("files")
def test_what_is_printed_as_json_is_compared_to_the_digit(
    options: str, ended: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--format", "json", *options.split()])
    printed = capsys.readouterr().out
    Path("printed.jsonl").write_text(printed)
    last = json.loads(printed.splitlines()[-1])
    assert main(["--compare", "printed.jsonl"]) == 0
    row = capsys.readouterr().out.splitlines()[1]
    assert f" {last['iteration']}  {last['loss']:.10g} " in row
    assert row.endswith(ended)
    assert last["outcome"] == ended


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        (["--lr", "0.1"], "--lr"),
        (["--w-start", "1"], "--w-start"),
        (["--momentum", "0.5"], "--momentum"),
        (["--surface", "bowl"], "--surface"),
        (["--format", "csv"], "--format"),
        (["--resume"], "--resume"),
    ],
)
def test_options_that_make_a_run_are_refused(
    capsys: pytest.CaptureFixture[str], options: list[str], flag: str
) -> None:
    assert complaint(capsys, "--compare", "a.jsonl", *options).startswith(
        f"argument {flag}: not with --compare, whose runs are as they are"
    )


def test_a_path_of_a_file_is_never_sent_raw(
    files: list[str], pizza: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ("\x1b[31m.csv", "\0", "\udc80", "\ud800", "x" * 5000):
        lines = Path(files[1]).read_text().splitlines()
        head = json.loads(lines[0])
        head["source"] = {"path": path}
        Path("hostile.jsonl").write_text("\n".join([json.dumps(head), *lines[1:]]))
        assert "the data of hostile.jsonl can't be had" in complaint(
            capsys, "--compare", "hostile.jsonl"
        )


def test_on_a_terminal_the_screen_opens(files: list[str]) -> None:
    paths = [str(Path(file).resolve()) for file in files]
    with Terminal("-m", "gdtui", "--compare", *paths) as terminal:
        terminal.wait_for("pizza.txt")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
