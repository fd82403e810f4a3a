"""Runs taken away: as a command, as files of their steps, and read back."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import shlex
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.strategies import another
from support.writing import objects, problem_of

from gdtui.cli.parser import make_parser, read_options
from gdtui.core.descent import Point, Status
from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.core.run import Run
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import LossSurface
from gdtui.dataset import Dataset
from gdtui.export.command import command, not_carried
from gdtui.export.files import ExportError, safe_name, write_new
from gdtui.export.reports import REPORTS
from gdtui.export.runs import read_runs, runs_as_csv, runs_as_json
from gdtui.problem import Source
from gdtui.runs.history import Branch, Entry, differences
from gdtui.serialization import SavedRun, read_record, record_by_name, source_by_name

PIZZA = Source("data/pizza.txt")
BIAS = Settings(lr=0.004, bias=True, iterations=60)


def taken(surface: LossSurface, settings: Settings, count: int | None = None) -> Run:
    run = Run(surface, settings)
    run.advance(settings.iterations + 1 if count is None else count)
    return run


def tuned(surface: LossSurface) -> Run:
    run = taken(surface, BIAS, 20)
    run.tune(BIAS.replace(lr=0.002))
    run.advance(10)
    run.tune(BIAS.replace(lr=0.001, iterations=70))
    run.advance(100)
    return run


def branched(surface: LossSurface) -> Run:
    settings = Settings(method="adam", lr=0.1, bias=True, iterations=50)
    before = taken(surface, settings)
    snapshot = before.snapshot_at(13)
    start = Point(13, snapshot.step.w, snapshot.step.b, snapshot.memory)
    run = Run(surface, settings.replace(lr=0.01), start=start)
    run.advance(30)
    return run


# The command


def understood(line: str) -> tuple[Source, Settings]:
    """What gdtui makes of a command line."""
    program, *arguments = shlex.split(line)
    assert program == "gdtui"
    options, settings = read_options(arguments)
    surface = options.surface.name if options.surface else None
    asked = options.file, options.x, options.y, surface
    return Source(*asked, drop_missing=options.drop_missing), settings


def assert_read_back(source: Source, settings: Settings) -> None:
    line = command(source, settings)
    assert understood(line) == (source, settings)
    # Equal is not enough: 0 is equal to -0.
    assert repr(understood(line)[1]) == repr(settings)


def every_change(settings: Settings) -> list[Settings]:
    """The settings with each hyperparameter at other values than it has."""
    changed = [settings]
    for parameter in settings.hyperparameters:
        if parameter.name == "method":
            continue
        changed.append(settings.change(parameter, another(parameter)))
        changed += [
            settings.change(parameter, float(bound))
            for bound in (parameter.low, parameter.high)
            if math.isfinite(bound)
        ]
    return changed


@pytest.mark.parametrize("method", METHODS)
def test_the_command_gives_the_same_settings_for_every_hyperparameter(method: str) -> None:
    for settings in every_change(Settings(method=method)):
        assert_read_back(PIZZA, settings)
        for name in LANDSCAPES:
            if not settings.standardize:
                assert_read_back(Source(surface=name), settings)


def test_a_landscape_at_its_own_settings_is_named_alone() -> None:
    for name, landscape in LANDSCAPES.items():
        own = Settings(**landscape.defaults)  # type: ignore[arg-type]
        assert command(Source(surface=name), own) == f"gdtui --surface {name}"


@given(
    st.floats(1e-12, 1e6), st.floats(-1e100, 1e100), st.floats(-1e100, 1e100), st.integers(1, 10**9)
)
@example(0.1 + 0.2, -0.0, -1e-300, 10**9)
def test_numbers_in_the_command_are_exact(lr: float, w: float, b: float, count: int) -> None:
    assert_read_back(PIZZA, Settings(lr=lr, w_start=w, b_start=b, iterations=count))


def test_only_what_differs_is_in_the_command() -> None:
    assert command(PIZZA, Settings(lr=0.005, bias=True)) == "gdtui data/pizza.txt --lr 0.005 --bias"
    assert command(Source(), Settings()) == "gdtui"
    assert command(Source(), Settings(method="adagrad", lr=0.01)) == "gdtui --method adagrad"
    assert (
        command(Source(), Settings(method="adagrad", lr=0.001))
        == "gdtui --method adagrad --lr 0.001"
    )
    dropping = Source("data.csv", drop_missing=True)
    assert command(dropping, Settings()) == "gdtui data.csv --drop-missing"
    assert_read_back(dropping, Settings())
    named = Source("my data.csv", x="Height (cm)", y="2")
    assert command(named, Settings()) == "gdtui 'my data.csv' --x 'Height (cm)' --y 2"


@given(
    *[st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)] * 3
)
@example("-odd.csv", "-x", "--y")
@example("--", "--", "-")
@example("a\x1b[31m'\\b\n", "größe\u202e", "$(ls) `ls` !! ~")
def test_any_name_is_quoted_so_that_a_shell_gives_it_back(path: str, x: str, y: str) -> None:
    line = command(Source(path, x, y), Settings())
    assert line.isprintable()
    shell = subprocess.run(
        ["bash", "-c", f"gdtui() {{ printf '%s\\0' \"$@\"; }}; {line}"],
        capture_output=True,
        env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]},
        check=True,
    )
    options = make_parser().parse_args(shell.stdout.decode().split("\0")[:-1])
    wanted = f"./{path}" if path.startswith("-") and path != "-" else path
    assert (options.file, options.x, options.y) == (wanted, x, y)


def test_what_the_command_cannot_carry(surface: LossSurface) -> None:
    assert not_carried(PIZZA, taken(surface, BIAS)) == ""
    (second,) = differences(BIAS, BIAS.replace(lr=0.002))
    (third,) = differences(BIAS, BIAS.replace(lr=0.001))
    assert not_carried(PIZZA, tuned(surface)) == (
        "The command can't carry what was changed within the run: "
        f"{second} from iteration 20; {third} from iteration 30."
    )
    assert not_carried(PIZZA, branched(surface), Branch(1, 13)) == (
        "The command can't carry that the run began at iteration 13, where it left run 1."
    )
    assert not_carried(Source("-"), branched(surface)) == (
        "The command can't carry the data from standard input (pipe them in again), "
        "nor that the run began at iteration 13."
    )


def test_the_command_carries_a_run_that_was_only_made_longer(surface: LossSurface) -> None:
    run = taken(surface, BIAS)
    run.tune(BIAS.replace(iterations=80))
    run.advance(100)
    assert not_carried(PIZZA, run) == ""
    assert command(PIZZA, run.settings).endswith("--iterations 80 --bias")


# All steps


def as_csv(*runs: Run) -> str:
    return "".join(runs_as_csv([Entry(number, run) for number, run in enumerate(runs, 1)]))


def as_json(data: Dataset, *runs: Run) -> str:
    entries = [Entry(number, run) for number, run in enumerate(runs, 1)]
    return "".join(runs_as_json(problem_of(data, PIZZA), entries))


@pytest.mark.parametrize(
    "settings",
    [
        BIAS,
        Settings(),
        Settings(lr=0.005, bias=True, iterations=5000),
        Settings(lr=0.1, bias=True, standardize=True),
        Settings(method="search", lr=0.01, iterations=300),
        Settings(tolerance=1),
        Settings(method="sgd", batch=7, seed=1),
        Settings(w_start=1e100, lr=1e6),
    ],
)
def test_a_whole_run_is_written_as_plain_output_writes_it(
    pizza: Dataset, surface: LossSurface, settings: Settings
) -> None:
    run = taken(surface.standardized() if settings.standardize else surface, settings)
    assert as_csv(run) == "".join(REPORTS["csv"](problem_of(pizza), settings, 1))
    head, *rest = as_json(pizza, run).splitlines(keepends=True)
    plain_head, *plain_rest = REPORTS["json"](problem_of(pizza), settings, 1)
    assert rest == plain_rest
    told, told_plainly = json.loads(head), json.loads(plain_head)
    # An export says where the run stands; a report is written while it goes on.
    for content in (told, told_plainly):
        del content["record"]["reached"], content["record"]["exhausted"]
    # The report here is of data that nobody has named.
    named = told_plainly | {"source": source_by_name(PIZZA)}
    assert all(told[name] == value for name, value in named.items())


@pytest.mark.parametrize("make", [tuned, branched])
@pytest.mark.parametrize("burst", [7, 512])
def test_the_steps_written_are_those_of_the_run(
    surface: LossSurface,
    pizza: Dataset,
    make: Callable[[LossSurface], Run],
    burst: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gdtui.export.lines.WRITTEN_AT_ONCE", burst)
    run = make(surface)
    first, reached = run.start_point.iteration, run.snapshot().reached
    steps = run.steps(first, reached)
    rows = list(csv.DictReader(io.StringIO(as_csv(run))))
    assert [tuple(map(float, list(row.values())[:6])) for row in rows] == steps
    head, *written, last = objects(as_json(pizza, run))
    assert [tuple(one.values()) for one in written] == steps
    assert (last["iteration"], last["loss"]) == (reached, run.step_at(reached).loss)
    assert last["outcome"] == run.status.value
    assert head["record"]["start"]["iteration"] == first


def test_what_was_tuned_has_a_column(surface: LossSurface) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(tuned(surface)))))
    rates = [float(row["lr"]) for row in rows]
    assert rates == [0.004] * 20 + [0.002] * 10 + [0.001] * 40
    assert "iterations" not in rows[0]


@pytest.mark.parametrize(("count", "status"), [(0, Status.READY), (9, Status.PAUSED)])
def test_a_run_that_stands_still_is_written_as_far_as_it_is(
    pizza: Dataset, surface: LossSurface, count: int, status: Status
) -> None:
    *_, last = written = objects(as_json(pizza, taken(surface, BIAS, count)))
    assert len(written) == count + 2
    assert (last["outcome"], last["iteration"]) == (status, count)


def test_runs_together_are_told_apart(pizza: Dataset, surface: LossSurface) -> None:
    scaled = taken(surface.standardized(), Settings(standardize=True, lr=0.1, iterations=3))
    runs = tuned(surface), scaled
    rows = list(csv.DictReader(io.StringIO(as_csv(*runs))))
    assert [row["run"] for row in rows] == ["1"] * 70 + ["2"] * 3
    assert [row["lr"] for row in rows[-4:]] == ["0.001", "0.1", "0.1", "0.1"]
    assert (rows[0]["w_scaled"], float(rows[-1]["w_scaled"])) == ("", scaled.step_at(2).w)
    lines = objects(as_json(pizza, *runs))
    assert [line["run"] for line in lines] == [1] * 72 + [2] * 5


# And back


def assert_same_record(record: object, other: object) -> None:
    assert repr(record) == repr(other)


@pytest.mark.parametrize("make", [tuned, branched])
def test_a_run_read_back_is_the_same(
    tmp_path: Path, pizza: Dataset, surface: LossSurface, make: Callable[[LossSurface], Run]
) -> None:
    run = make(surface)
    entry = Entry(3, run, Branch(2, 13), "größe \x1b[1m")
    path = write_new(tmp_path, "run", ".jsonl", runs_as_json(problem_of(pizza, PIZZA), [entry]))
    read = read_runs(str(path))
    assert (read.source, read.fingerprint) == (PIZZA, pizza.fingerprint)
    (found,) = read.runs
    assert (found.number, found.name, found.parent) == (3, entry.name, entry.parent)
    assert_same_record(found.record, run.record)
    again = found.run_on(surface)
    while again.drive(0.0) is not None:
        pass
    assert again.steps(0, 100) == run.steps(0, 100)
    assert again.record == run.record


@given(st.lists(st.floats(), min_size=4, max_size=4), st.integers(0, 10**9))
def test_records_are_read_back_exactly(values: list[float], iteration: int) -> None:
    run = branched(LossSurface(1, 2, 3, 4, 5))
    # Adam's second number is a mean of squares.
    memory = (values[0], abs(values[1])), (values[2], abs(values[3]))
    start = Point(13, values[0], values[1], memory)
    record = replace(run.record, start=start)
    assert_same_record(read_record(json.loads(json.dumps(record_by_name(record)))), record)


def test_a_hyperparameter_that_is_missing_has_its_default() -> None:
    record = branched(LossSurface(1, 2, 3, 4, 5)).record
    content = record_by_name(record)
    for name in ("beta1", "w_start"):
        del content["tunings"][0]["settings"][name]
    assert_same_record(read_record(content), record)


def test_the_fingerprint_tells_data_apart(pizza: Dataset) -> None:
    changed = pizza.x.copy()
    changed[7] += 1e-12
    assert replace(pizza, name="other").fingerprint == pizza.fingerprint
    assert replace(pizza, x=changed).fingerprint != pizza.fingerprint
    assert replace(pizza, x=pizza.y, y=pizza.x).fingerprint != pizza.fingerprint


def exported(surface: LossSurface, pizza: Dataset) -> list[str]:
    runs = [Entry(1, tuned(surface)), Entry(2, branched(surface), Branch(1, 13), "x")]
    return "".join(runs_as_json(problem_of(pizza, PIZZA), runs)).splitlines()


def changed(line: str, path: str, value: object) -> str:
    """A line of JSON with one value in it replaced."""
    content = json.loads(line)
    *outer, last = path.split(".")
    place = content
    for key in outer:
        place = place[int(key) if isinstance(place, list) else key]
    place[int(last) if isinstance(place, list) else last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("source", 5, "it does not say where the data are"),
        ("source.path", 5, "a text is missing"),
        ("fingerprint", None, "a text is missing"),
        ("number", -1, "a whole number is missing"),
        ("number", True, "a whole number is missing"),
        ("parent", [1], "the parent of the run is not a run and an iteration"),
        ("record", [], "the record of the run is damaged"),
        ("record.start", None, "the record of the run is damaged"),
        ("record.start.w", "x", "a number is missing"),
        ("record.start.w", 10**400, "a number is too large"),
        ("record.start.memory", [1.0], "gd remembers 0 numbers"),
        ("record.start.iteration", 4, "the run has no settings for its start"),
        ("record.tunings", [], "the run has no settings"),
        ("record.tunings.1.iteration", 0, "the settings of the run are not in their order"),
        ("record.tunings.1.iteration", 31, "the settings of the run are not in their order"),
        ("record.tunings.0.settings.iterations", 10, "the settings of the run are not in their"),
        ("record.tunings.1.settings.bias", False, "the run has settings that can't change"),
        ("record.tunings.1.settings.lr", -1, "learning rate: -1 is out of bounds"),
        ("record.tunings.1.settings.lr", "\x1b[1m" * 99, "learning rate: "),
        ("record.tunings.1.settings.method", [], "method has no value"),
        ("record.tunings.1.settings.method", "x", "method: 'x' is none of"),
        ("record.tunings.1.settings.lr", None, "lr has no value"),
        ("record.tunings.1.settings.tolerance", None, "tolerance has no value"),
        ("record.tunings.1.settings.iterations", None, "iterations has no value"),
        ("record.tunings.1.settings.momentum", 1, "gd has no hyperparameter momentum"),
        ("record.reached", 71, "the run has not the iterations that its settings ask for"),
        ("record.exhausted", True, "the run has not the iterations that its settings ask for"),
        ("record.exhausted", 1, "a yes or no is missing"),
    ],
)
def test_what_is_wrong_with_a_record_is_told_with_its_line(
    tmp_path: Path, surface: LossSurface, pizza: Dataset, path: str, value: object, reason: str
) -> None:
    first, *rest = exported(surface, pizza)
    file = tmp_path / "runs.jsonl"
    file.write_text("\n".join([changed(first, path, value), *rest]))
    with pytest.raises(ExportError) as caught:
        read_runs(str(file))
    assert str(caught.value).startswith(f"runs.jsonl:1: {reason}")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


def test_what_is_wrong_with_a_file_is_told_with_its_line(
    tmp_path: Path, surface: LossSurface, pizza: Dataset
) -> None:
    file = tmp_path / "runs.jsonl"
    lines = exported(surface, pizza)
    head = lines[72]
    other = changed(head, "fingerprint", "0")
    cases = [
        ([], "1: the file is empty"),
        (["w=1"], "1: this is not JSON"),
        (["5"], "1: this is no object of JSON"),
        (["[" * 100_000], "1: this is not JSON"),
        (["9" * 5000], "1: this is not JSON"),
        (["{}"], "1: this is not what gdtui exports as a run"),
        (lines[1:], "1: this is not what gdtui exports as a run"),
        (lines[:50], "50: the file ends within a run"),
        ([*lines[:2], '{"x": NaN}'], "3: this is not JSON"),
        ([*lines[:2], *lines], "3: this is not what gdtui exports as a run"),
        ([*lines[:72], other], "73: this run is over other data than the one above"),
        (lines[:72] * 2, "73: there is a run 1 above already"),
        (["\x00\udcff"], "1: this is not JSON"),
    ]
    for content, reason in cases:
        file.write_text("\n".join(content), errors="surrogateescape")
        with pytest.raises(ExportError) as caught:
            read_runs(str(file))
        assert str(caught.value) == f"runs.jsonl:{reason}"


@pytest.mark.parametrize(
    ("path", "reason"), [("nofile", "nofile: there is no such file"), (".", "can't be read")]
)
def test_a_file_that_is_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExportError, match=reason):
        read_runs(path)


@given(data=st.data())
def test_a_mangled_file_gives_runs_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory,
    surface: LossSurface,
    pizza: Dataset,
    data: st.DataObject,
) -> None:
    """Keys, values and bytes of the two headers, and the order of the lines."""
    lines = exported(surface, pizza)
    for number in (0, 72):
        lines[number] = json.dumps(data.draw(_mangled(json.loads(lines[number]))))
    raw = bytearray("\n".join(lines).encode())
    for _ in range(data.draw(st.integers(0, 2))):
        raw[data.draw(st.integers(0, 1500))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.getbasetemp() / "mangled.jsonl"
    file.write_bytes(raw)
    reason, runs = "mangled.jsonl:", tuple[SavedRun, ...]()
    try:
        runs = read_runs(str(file)).runs
    except ExportError as error:
        reason = str(error)
    assert reason.isprintable()
    assert reason.startswith("mangled.jsonl:")
    for run in runs:
        run.run_on(surface).advance(100)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 100),
    st.just(10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["inf", "nan", "", "adam", "x" * 500]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["iteration", "settings", "w"]), st.integers(), max_size=2),
)


@st.composite
def _mangled(draw: st.DrawFn, content: Any) -> Any:
    """JSON with one place in it made something else, or taken away."""
    if not isinstance(content, dict | list) or not content or draw(st.integers(0, 9)) == 0:
        return draw(JUNK)
    copy: Any = content.copy()
    keys = list(range(len(copy))) if isinstance(copy, list) else list(copy)
    # What is not read is not worth a change.
    keys = [key for key in keys if key not in ("version", "data", "settings") or len(keys) < 5]
    key = draw(st.sampled_from(keys))
    if draw(st.integers(0, 9)) == 0:
        del copy[key]
    else:
        copy[key] = draw(_mangled(copy[key]))
    return copy


# New files


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    paths = [write_new(tmp_path, "run", ".csv", text) for text in ("one", "two", ["th", "ree"])]
    assert [path.name for path in paths] == ["run.csv", "run-2.csv", "run-3.csv"]
    assert [path.read_text() for path in paths] == ["one", "two", "three"]
    assert sorted(os.listdir(tmp_path)) == ["run-2.csv", "run-3.csv", "run.csv"]


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "run.csv").symlink_to(tmp_path / "elsewhere")
    assert write_new(tmp_path, "run", ".csv", "text").name == "run-2.csv"
    assert not (tmp_path / "elsewhere").exists()


def test_without_links_a_file_is_never_overwritten_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    test_a_new_file_never_takes_the_place_of_another(tmp_path)


def test_a_file_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def parts() -> Any:
        yield "text"
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportError) as caught:
        write_new(tmp_path, "run", ".csv", parts())
    assert str(caught.value) == f"{tmp_path}/run.csv can't be written: No space left on device"
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_none_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"can't be written: No such file or directory$"):
        write_new(tmp_path / "no\x1b[1m", "run", ".csv", "")
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=r"can't be written: Not a directory$") as caught:
        write_new(tmp_path / "file", "run\x1b", ".csv", "")
    assert str(caught.value).isprintable()


def test_others_may_read_a_new_file_as_any_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    path = write_new(tmp_path, "run", ".csv", "")
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, tmp_path / "plain")]
    assert modes[0] == modes[1]


@given(st.text())
@example("../../etc/passwd")
@example("-rf")
@example(".bashrc")
@example("a\x1b[1m\n\udcff\u3164b")
@example("x" * 300)
@example("größe" * 30)
def test_names_of_files_are_harmless(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert safe.isprintable()
    assert "/" not in safe
    assert safe[0] not in "-."
    assert len(safe.encode()) <= 100
    assert safe_name(safe) == safe


def test_ordinary_names_stay_as_they_are() -> None:
    assert safe_name("größe_2-b.1") == "größe_2-b.1"
    assert safe_name("my data (1)") == "my-data-1"
    assert safe_name("") == safe_name("...") == "run"


def test_hyperparameters_differ_in_name() -> None:
    """Settings are read back by name."""
    for method in METHODS.values():
        named: list[Hyperparameter] = [*SHARED, *method.hyperparameters]
        assert len({parameter.name for parameter in named}) == len(named)
