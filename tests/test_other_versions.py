"""Sessions and exported runs of other versions: those of 0.1.0 for ever, and later ones."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sessions import PIZZA, history_of, made, read, replayed, session_of
from support.writing import objects

from gdtui.core.methods import METHODS
from gdtui.core.settings import Settings
from gdtui.dataset import DataError
from gdtui.export.command import command, not_carried
from gdtui.export.comparison import compared
from gdtui.export.files import ExportError
from gdtui.export.runs import read_runs, runs_as_json
from gdtui.loading import Loading
from gdtui.problem import Problem, Source
from gdtui.runs.history import Entry, History
from gdtui.serialization import SavedRun, read_record, record_by_name
from gdtui.sessions.opening import Opening
from gdtui.sessions.session import Session, from_json, to_json
from gdtui.sessions.store import Store

DATA = Path(__file__).parent / "data"
SAMPLE = Source(sample="pizza.txt")
# The file of runs and the session that 0.1.0 wrote of them, and what they are about.
OF_0_1_0 = [
    ("runs_0_1_0.jsonl", "session_0_1_0.json", SAMPLE),
    ("runs_landscape_0_1_0.jsonl", "session_landscape_0_1_0.json", Source(surface="rosenbrock")),
]
# What the records of 0.1.0 told of the place of data and of the program is told otherwise.
RETOLD = ("source", "format", "version")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "sessions")
    store.folder.mkdir()
    return store


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: in it is another file of the sample's name."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "pizza.txt").write_text("1 2\n3 4\n")
    monkeypatch.chdir(folder)
    return folder


def resumed(store: Store, name: str) -> tuple[Problem, History, list[str]]:
    """What a session is about, its runs where they stood, and what is told."""
    told: list[str] = []
    opening = Opening(store)
    problem = read(opening.choose(name))
    history, autosave = opening.begin(problem, told.append)
    replayed(history)
    assert not autosave.save()
    return problem, history, told


def entries_of(runs: tuple[SavedRun, ...], problem: Problem) -> tuple[Entry, ...]:
    marks = [(kept.number, kept.run_on(problem.surface), kept.parent, kept.name) for kept in runs]
    hidden = [kept.hidden for kept in runs]
    return replayed(
        History(Entry(*mark, hide) for mark, hide in zip(marks, hidden, strict=True))
    ).entries


# What 0.1.0 wrote


@pytest.mark.parametrize(("file", "session", "source"), OF_0_1_0)
def test_what_0_1_0_wrote_is_replayed_to_the_digit(
    store: Store, elsewhere: Path, file: str, session: str, source: Source
) -> None:
    (store.folder / session).write_bytes((DATA / session).read_bytes())
    (summary,), troubles = store.summaries()
    assert not troubles
    problem, history, told = resumed(store, summary.name)
    assert (problem.source, told) == (source, [])
    written = (DATA / file).read_text()
    exported = read_runs(str(DATA / file))
    assert not exported.unknown
    # The session has runs that the file has not.
    numbers = [run.number for run in exported.runs]
    of_session = tuple(entry for entry in history.entries if entry.number in numbers)
    for entries in (of_session, entries_of(exported.runs, problem)):
        again = "".join(runs_as_json(problem, entries))
        assert len(again.splitlines()) == len(written.splitlines())
        for new, old in zip(objects(again), objects(written), strict=True):
            for name in RETOLD if "record" in new else ():
                new.pop(name)
                old.pop(name, None)
            assert new == old


def test_the_runs_of_0_1_0_are_all_kinds() -> None:
    """What the two tests beside this one hold is worth as much as what the files hold."""
    runs = {run.number: run for run in from_json((DATA / "session_0_1_0.json").read_text()).runs}
    methods = [run.record.tunings[0][1].method for run in runs.values()]
    assert methods == ["gd", "adam", "adam", "sgd", "gd", "search", "gd"]
    assert len(runs[1].record.tunings) == 3
    assert (runs[3].parent, runs[3].hidden, runs[3].name) == ((2, 13), True, "branch")
    assert all(runs[3].record.start.memory[0])
    assert runs[6].record.tunings[0][1].standardize
    assert [run.record.exhausted for run in runs.values()][-2:] == [True, True]


@pytest.mark.parametrize(("file", "session", "source"), OF_0_1_0)
def test_the_runs_of_0_1_0_are_compared(
    elsewhere: Path, file: str, session: str, source: Source
) -> None:
    problem, history, notes = compared([str(DATA / file)], Source())
    assert (problem.source, notes) == (source, ())
    reached = [one["iteration"] for one in objects((DATA / file).read_text()) if "outcome" in one]
    assert [entry.run.snapshot().reached for entry in history.entries] == reached


# Fields that are missing, and fields of a later version

WRITTEN = session_of(made(), made(7, method="adam"))
Place = tuple[str | int, ...]


def optional(part: Any, path: Place = ()) -> Iterator[Place]:
    """Where something can be left out of what was written, since it is the default."""
    needed = {"record", "runs", "method", "reached", "settings", "tunings"}
    keys: Any = part if isinstance(part, dict) else range(len(part))
    for key in keys:
        if isinstance(part, dict) and key not in needed:
            yield (*path, key)
        if isinstance(part[key], dict | list):
            yield from optional(part[key], (*path, key))


def objects_in(part: Any) -> Iterator[dict[str, Any]]:
    """Each object in a piece of JSON."""
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part:
        if isinstance(inner, dict | list):
            yield from objects_in(inner)


def take_out(whole: Any, path: Place) -> None:
    """Take out a place, if it is not gone with one around it."""
    for key in path[:-1]:
        if isinstance(whole, dict) and key not in whole:
            return
        whole = whole[key]
    whole.pop(path[-1], None)


OPTIONAL = list(optional(json.loads(to_json(WRITTEN))))
KNOWN = {name for one in objects_in(json.loads(to_json(WRITTEN))) for name in one} | {
    *Source._fields
}
UNKNOWN = st.text(min_size=1).filter(lambda name: name not in KNOWN)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def test_many_fields_are_optional() -> None:
    ends = {path[-1] for path in OPTIONAL}
    assert {"format", "fingerprint", "source", "number", "memory", "w", "lr", "beta1"} <= ends


@given(st.sets(st.sampled_from(OPTIONAL)))
def test_what_is_missing_is_its_default(missing: set[Place]) -> None:
    whole = json.loads(to_json(WRITTEN))
    for path in missing:
        take_out(whole, path)
    again = from_json(json.dumps(whole))
    assert repr(again.runs) == repr(WRITTEN.runs)
    assert again.origin.source in (SAMPLE, Source())
    # Where nothing tells the data from others, that is said.
    assert len(list(again.notes)) == (("fingerprint",) in missing)
    problem = read(again.origin.reopen())
    steps = [entry.run.steps(0, 100) for entry in replayed(again.history(problem)).entries]
    assert steps == [made().steps(0, 100), made(7, method="adam").steps(0, 100)]


@given(data=st.data(), names=st.sets(UNKNOWN, min_size=1, max_size=3))
def test_what_is_not_known_does_no_harm_and_is_named(data: st.DataObject, names: set[str]) -> None:
    whole = json.loads(to_json(WRITTEN))
    places = [one for one in objects_in(whole) if "lr" not in one]
    for name in names:
        data.draw(st.sampled_from(places))[name] = data.draw(ANYTHING)
    again = from_json(json.dumps(whole))
    assert set(again.unknown) == names
    assert repr(again.runs) == repr(WRITTEN.runs)
    (note,) = again.notes
    assert note.isprintable()


@given(data=st.data(), name=UNKNOWN)
def test_a_hyperparameter_that_is_not_known_is_refused(data: st.DataObject, name: str) -> None:
    whole = json.loads(to_json(WRITTEN))
    places = [one for one in objects_in(whole) if "lr" in one]
    data.draw(st.sampled_from(places))[name] = 1
    with pytest.raises(ValueError, match="has no hyperparameter"):
        from_json(json.dumps(whole))


@pytest.mark.parametrize("run", [2, 4], ids=["branch", "scaled"])
@pytest.mark.parametrize("name", ["w", "b", "memory"])
def test_where_a_run_began_has_no_default_that_its_settings_do_not_say(run: int, name: str) -> None:
    whole = json.loads((DATA / "session_0_1_0.json").read_text())
    del whole["runs"][run]["record"]["start"][name]
    with pytest.raises(ValueError, match="it does not say where the run began"):
        from_json(json.dumps(whole))


def test_a_session_without_a_time_is_as_old_as_its_file(store: Store) -> None:
    whole = json.loads(to_json(WRITTEN))
    del whole["saved"]
    (store.folder / "one.json").write_text(json.dumps(whole))
    os.utime(store.folder / "one.json", (1_000_000, 1_000_000))
    assert store.load("one").session.saved == 1_000_000


def test_a_session_of_a_later_version_goes_on_in_another_file(store: Store) -> None:
    whole = json.loads(to_json(WRITTEN)) | {"mood": "good\x1b[1m"}
    text = json.dumps(whole)
    (store.folder / "later.json").write_text(text)
    opening, told = Opening(store), list[str]()
    problem = read(opening.choose("later"))
    history, autosave = opening.begin(problem, told.append)
    replayed(history)[1].run.advance(3)
    assert autosave.save()
    assert told == [
        "a later gdtui wrote more into this session (mood): its file stays as it is, "
        "and what changes is saved in another"
    ]
    assert (store.folder / "later.json").read_text() == text
    sessions = [store.load(summary.name).session for summary in store.summaries()[0]]
    assert sorted(session.runs[0].record.reached for session in sessions) == [30, 33]


def head_changed(tmp_path: Path, change: dict[str, Any], *without: str) -> str:
    """The path of the runs of 0.1.0, with the first line changed."""
    head, *rest = (DATA / "runs_0_1_0.jsonl").read_text().splitlines()
    content = {k: v for k, v in json.loads(head).items() if k not in without} | change
    file = tmp_path / "changed.jsonl"
    file.write_text("\n".join([json.dumps(content), *rest]))
    return str(file)


def test_a_file_of_runs_may_lack_what_is_default_and_have_more(tmp_path: Path) -> None:
    whole = read_runs(str(DATA / "runs_0_1_0.jsonl"))
    less = ("version", "data", "settings", "number", "parent", "hidden")
    file = read_runs(head_changed(tmp_path, {"mood": 1, "settings": {"clip": 1}}, *less))
    assert repr(file.runs) == repr(whole.runs)
    (note,) = file.notes
    assert note == "changed.jsonl is of a later gdtui, and this one leaves out mood"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": 2}, "changed.jsonl:1: this is of another version of gdtui"),
        ({"record": {"tunings": [{"settings": {"clip": 1}}]}}, "gd has no hyperparameter clip"),
        (
            {"fingerprint": "0"},
            r"changed.jsonl:\d+: this run is over other data than",
        ),
    ],
)
def test_a_file_of_runs_that_would_be_others_is_refused(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    with pytest.raises(ExportError, match=why):
        read_runs(head_changed(tmp_path, change))


def test_runs_that_do_not_tell_their_data_are_compared_and_that_is_told(tmp_path: Path) -> None:
    lines = (DATA / "runs_0_1_0.jsonl").read_text().splitlines()
    heads = [{k: v for k, v in json.loads(one).items() if k != "fingerprint"} for one in lines]
    (tmp_path / "bare.jsonl").write_text("\n".join(map(json.dumps, heads)))
    _, history, notes = compared([str(tmp_path / "bare.jsonl")], Source())
    assert len(history.entries) == 6
    assert notes == ("nothing in bare.jsonl tells whether its data are still the same",)


# A sample is known by its name


@pytest.mark.parametrize("source", [Source(), Source("pizza.txt"), Source(str(PIZZA)), SAMPLE])
def test_a_sample_is_remembered_by_its_name(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.chdir(tmp_path)
    problem = read(Loading(source))
    assert problem.source == SAMPLE
    assert command(problem.source, Settings()) == "gdtui pizza.txt"
    session = json.loads(to_json(Session.of(problem, history_of(made()))))
    assert session["source"] == {"sample": "pizza.txt"}
    head = next(runs_as_json(problem, [Entry(1, made())]))
    assert json.loads(head)["source"] == {"sample": "pizza.txt"}


def test_no_file_of_its_name_takes_the_place_of_a_sample(store: Store, elsewhere: Path) -> None:
    store.save("one", WRITTEN)
    problem, history, _ = resumed(store, "one")
    assert problem.example_count == 30
    run = history[1].run
    assert command(problem.source, run.settings) == "gdtui pizza.txt"
    assert not_carried(problem.source, run) == (
        "The command can't carry that pizza.txt is the sample "
        "(the file of this name goes before it here)."
    )
    (elsewhere / "pizza.txt").unlink()
    assert not_carried(problem.source, run) == ""


def test_a_file_of_the_name_of_a_sample_is_no_sample(store: Store, elsewhere: Path) -> None:
    problem = read(Loading(Source("pizza.txt")))
    assert problem.source.from_anywhere == Source(str(elsewhere / "pizza.txt"))
    with pytest.raises(DataError, match="is not as it was"):
        WRITTEN.history(problem)
    # A file of one's own that is gone is not looked for among the samples.
    gone = Source(str(elsewhere / "stuff" / "pizza.txt"))
    assert gone.found_again == gone


@pytest.mark.parametrize("path", ["\0", "\udc80", "x" * 5000, "", "data/"])
def test_a_path_that_can_be_none_is_no_sample(path: str) -> None:
    source = Source(path)
    assert source.found == source.found_again == source


def test_a_memory_that_no_run_can_have_is_refused() -> None:
    for key in ("adagrad", "rmsprop", "adam"):
        content = record_by_name(made(method=key, bias=True).record)
        assert read_record(content).start.memory == METHODS[key].memory
        content["start"]["memory"] = [-1.0] * len(content["start"]["memory"])
        with pytest.raises(ValueError, match=f"{key} can't have remembered these numbers"):
            read_record(content)
