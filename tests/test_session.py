"""Sessions: as text, in a folder, and saved while they go on."""

from __future__ import annotations

import json
import math
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sessions import history_of, loaded, made, session_of

import gdtui.sessions.autosave as autosave_module
import gdtui.sessions.store as store_module
from gdtui.core.descent import Point
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.core.run import Record, Run
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.dataset.text import DataError
from gdtui.loading import Loading
from gdtui.runs.history import Branch, Entry, History
from gdtui.sessions.autosave import Autosave
from gdtui.sessions.resume import Keeper
from gdtui.sessions.session import Origin, Session, from_json, is_worth_keeping, to_json
from gdtui.sessions.store import MOST_FILES, Header, Store
from gdtui.ui.app import Laboratory

PIZZA = Path(__file__).parents[1] / "data" / "pizza.txt"
FINITE = st.floats(-1e3, 1e3)


def surface_of(loading: Loading, settings: Settings) -> Surface:
    surface = loading.result()[1]
    return surface.standardized() if settings.standardize else surface


def replayed(history: History) -> History:
    for entry in history.entries:
        while entry.run.drive(0.0) is not None:
            pass
    return history


# As text


@st.composite
def histories(draw: st.DrawFn, method: str, loading: Loading) -> History:
    """A run tuned on its way, one that leaves it somewhere, and the marks of a user."""
    on_data = loading.result()[0] is not None
    settings = Settings(
        method=method,
        lr=draw(st.floats(1e-7, 1e-2)),
        iterations=draw(st.integers(40, 400)),
        w_start=draw(FINITE),
        b_start=draw(FINITE),
        bias=draw(st.booleans()),
        standardize=on_data and draw(st.booleans()),
        tolerance=draw(st.sampled_from([0.0, 1e-3])),
    )
    surface = surface_of(loading, settings)
    run = Run(surface, settings)
    for count in draw(st.lists(st.integers(1, 60), max_size=4)):
        run.advance(count)
        tuned = run.settings.replace(lr=draw(st.floats(1e-7, 1e-2)))
        if run.can_tune(tuned):
            run.tune(tuned)
    run.advance(draw(st.integers(1, 60)))
    history = history_of(run)
    past = run.snapshot_at(draw(st.integers(0, run.snapshot().step.iteration)))
    start = Point(*past.step[:3], past.memory)
    branch = Run(surface, run.settings.replace(iterations=500), start=start)
    branch.advance(draw(st.integers(1, 60)))
    history.add(branch, Branch(1, start.iteration))
    history.rename(1, draw(st.text(max_size=10)))
    history.hide(2, draw(st.booleans()))
    return history


def check_inverse(history: History, loading: Loading) -> None:
    session = Session.of(loading, history)
    text = to_json(session)
    again = from_json(text)
    # Not by ==, since a memory may hold what does not equal itself.
    assert repr(again) == repr(session)
    assert to_json(again) == text
    other = replayed(again.history(loading))
    saved = [entry for entry in history.entries if is_worth_keeping(entry)]
    assert len(other.entries) == len(saved)
    for one, two in zip(saved, other.entries, strict=True):
        assert (one.number, one.name, one.hidden, one.parent) == two_marks(two)
        assert one.run.steps(0, 1000) == two.run.steps(0, 1000)
        assert one.run.snapshot().outcome == two.run.snapshot().outcome
        assert repr(one.run.record) == repr(two.run.record)


def two_marks(entry: Entry) -> tuple[int, str, bool, Branch | None]:
    return entry.number, entry.name, entry.hidden, entry.parent


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_a_session_comes_back_from_its_text(method: str, data: st.DataObject) -> None:
    check_inverse(data.draw(histories(method, loaded())), loaded())


@pytest.mark.parametrize("name", LANDSCAPES)
@given(data=st.data())
def test_over_a_landscape_too(name: str, data: st.DataObject) -> None:
    loading = loaded(landscape=name)
    method = data.draw(st.sampled_from(list(METHODS)))
    check_inverse(data.draw(histories(method, loading)), loading)


def test_own_hyperparameters_come_back() -> None:
    run = made(method="adam", own={"beta1": 0.5, "eps": 1e-3})
    (kept,) = from_json(to_json(session_of(run))).runs
    assert kept.record.tunings[0][1].own == run.settings.own
    assert run.settings.own["beta1"] == 0.5


def test_a_memory_that_is_not_finite_comes_back() -> None:
    start = Point(3, 1.0, 2.0, (math.inf, math.nan, -math.inf, 0.1))
    run = Run(loaded().result()[1], Settings(method="adam"), start=start)
    run.advance(5)
    session = session_of(run)
    assert session.runs
    assert repr(from_json(to_json(session)).runs) == repr(session.runs)
    json.loads(to_json(session), parse_constant=pytest.fail)


def test_what_has_not_moved_is_not_saved() -> None:
    assert not session_of(made(0)).runs
    assert not session_of(made(5, w=1e300)).runs
    moved, ready = made(5), made(0)
    assert [run.number for run in session_of(ready, moved, ready).runs] == [2]


def test_a_run_that_diverges_at_its_first_update_is_saved() -> None:
    run = made(5, lr=1e6, w=1e152)
    assert run.record.reached == 0
    check_inverse(history_of(run), loaded())
    assert session_of(run).runs


def test_a_session_knows_its_best_run() -> None:
    runs = made(1), made(100), made(5)
    assert session_of(*runs).best == runs[1].snapshot().step.loss
    assert session_of(made(0)).best is None


def test_saved_in_mid_replay_nothing_is_lost() -> None:
    text = to_json(session_of(made(100)))
    halfway = from_json(text).history(loaded())
    halfway[1].run.advance(10)
    again = Session.of(loaded(), halfway)
    assert again.runs[0].record == from_json(text).runs[0].record
    assert again.same_runs(from_json(text))


def test_the_scaled_surface_is_that_of_the_workbench() -> None:
    history = from_json(to_json(session_of(made(standardize=True)))).history(loaded())
    surface = loaded().result()[1]
    assert history[1].run.surface is surface.standardized() is surface.standardized()


VALID = to_json(session_of(made(), made(standardize=True, method="adam")))


def spoiled(change: Callable[[Any], object]) -> str:
    whole = json.loads(VALID)
    change(whole)
    return json.dumps(whole)


def record_of(whole: Any, number: int = 0) -> Any:
    return whole["runs"][number]["record"]


def first_settings(whole: Any, number: int = 0) -> Any:
    return record_of(whole, number)["tunings"][0]["settings"]


def tune(whole: Any, iteration: int, changes: dict[str, object]) -> None:
    settings = first_settings(whole) | changes
    record_of(whole)["tunings"].append({"iteration": iteration, "settings": settings})


# Each changes one thing in JSON that is right otherwise.
SPOILED: dict[str, Callable[[Any], object]] = {
    "no version": lambda whole: whole.pop("format"),
    "another version": lambda whole: whole.update(format=99),
    "no runs": lambda whole: whole.update(runs=[]),
    "runs of one number": lambda whole: whole["runs"][0].update(number=2),
    "a number below one": lambda whole: whole["runs"][0].update(number=0),
    "a method there is not": lambda whole: first_settings(whole).update(method="magic"),
    "a hyperparameter there is not": lambda whole: first_settings(whole).update(z=1),
    "one missing": lambda whole: first_settings(whole, 1).pop("beta1"),
    "one out of bounds": lambda whole: first_settings(whole).update(lr=-1),
    "beyond its iterations": lambda whole: record_of(whole).update(reached=101),
    "before its start": lambda whole: record_of(whole)["start"].update(iteration=31),
    "a start that is not finite": lambda whole: record_of(whole)["start"].update(w="nan"),
    "a memory too long": lambda whole: record_of(whole)["start"].update(memory=[1.0]),
    "no tunings": lambda whole: record_of(whole).update(tunings=[]),
    "tunings at one iteration": lambda whole: tune(whole, 0, {}),
    "a tuning after the end": lambda whole: tune(whole, 31, {}),
    "a tuning that can't be": lambda whole: tune(whole, 9, {"bias": True}),
    "an end in the past": lambda whole: tune(whole, 9, {"iterations": 8}),
    "a switch that is a number": lambda whole: record_of(whole).update(exhausted=1),
    "a count that is a switch": lambda whole: whole["runs"][0].update(number=True),
    "a surface there is not": lambda whole: whole["source"].update(surface="moon"),
    "a time that no calendar has": lambda whole: whole.update(saved=1e300),
}


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_spoiled_is_refused(what: str) -> None:
    from_json(VALID)
    with pytest.raises(ValueError, match=r"."):
        from_json(spoiled(SPOILED[what]))


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "7", "[" * 100_000, VALID[:-9], b"\xff\xfe", b"\x00" * 99]
)
def test_other_text_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Each container within a piece of JSON, with each of its keys."""
    keys: Any = part if isinstance(part, dict) else range(len(part))
    for key in keys:
        yield part, key
        if isinstance(part[key], (dict, list)):
            yield from places(part[key])


@given(data=st.data())
def test_whatever_stands_in_it_it_is_refused_or_can_be_replayed(data: st.DataObject) -> None:
    whole = json.loads(VALID)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(list(places(whole))))
        container[key] = data.draw(ANYTHING)
    try:
        session = from_json(json.dumps(whole))
        history = session.history(loaded())
    except (ValueError, DataError):
        return
    for entry in history.entries:
        entry.run.advance(1000)
    Header.of("name", session).line.encode("ascii", "backslashreplace")


# The data


def test_other_data_are_told_apart(tmp_path: Path) -> None:
    session = session_of(made())
    other = tmp_path / "pizza.txt"
    other.write_bytes(PIZZA.read_bytes().replace(b"13", b"14", 1))
    with pytest.raises(DataError, match=r"pizza.txt is not as it was .* 30 examples then"):
        session.history(loaded(other))
    other.write_bytes(b"# a comment changes nothing\n" + PIZZA.read_bytes())
    moved = Loading(str(other), None, None)
    moved.read()
    assert session.history(moved).entries


def test_the_order_of_the_examples_counts(tmp_path: Path) -> None:
    file = tmp_path / "table"
    prints = set()
    for rows in ("1 2\n3 4\n", "3 4\n1 2\n", "2 1\n4 3\n", "1 3\n2 4\n"):
        file.write_text(rows)
        loading = Loading(str(file), None, None)
        loading.read()
        prints.add(Origin.of(loading).fingerprint)
    assert len(prints) == 4


def test_the_source_finds_the_data_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PIZZA.parent)
    loading = Loading("pizza.txt", None, "2")
    loading.read()
    source = Origin.of(loading)
    monkeypatch.chdir(tmp_path)
    again = source.reopen()
    again.read()
    assert (again.path, again.y) == (str(PIZZA), "2")
    assert Origin.of(again) == source
    assert source.reopen("other").path == "other"


def test_data_from_a_pipe_must_be_piped_in_again() -> None:
    origin = Origin.of(loaded())
    source = replace(origin, source=origin.source._replace(path="-"))
    with pytest.raises(DataError, match="standard input"):
        source.reopen()
    with open(PIZZA, "rb") as stream:
        again = source.reopen("-", stream)
        again.read()
    assert Origin.of(again).fingerprint == source.fingerprint


# In a folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state" / "sessions")


def saved_at(store: Store, name: str, when: float, session: Session) -> None:
    store.save(name, replace(session, saved=when))
    os.utime(store.folder / f"{name}.json", (when, when))


def names(store: Store) -> list[str]:
    return sorted(path.name for path in store.folder.iterdir())


def test_what_is_saved_is_loaded_and_nobody_else_s(store: Store) -> None:
    session = session_of(made())
    mark = store.save("one", session)
    assert store.load("one") == ("one", session, mark)
    assert stat.S_IMODE((store.folder / "one.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert names(store) == ["one.json"]


def test_the_newest_comes_first(store: Store) -> None:
    session = session_of(made(100), made(1))
    for when, name in enumerate("bca", 1_000_000):
        saved_at(store, name, when, session)
    headers, troubles = store.headers()
    assert [header.name for header in headers] == ["a", "c", "b"]
    assert not troubles
    assert headers[0].line == (
        "1970-01-12 13:46  pizza.txt · Reservations -> Pizzas  2 runs  loss 69.121"
    ).replace("1970-01-12 13:46", headers[0].line[:16])


def test_a_title_is_shown_harmlessly(store: Store) -> None:
    session = session_of(made())
    hostile = replace(session.origin, title="\x1b[31m[red]\u202e" + "x" * 10_000)
    store.save("one", replace(session, origin=hostile))
    (header,) = store.headers()[0]
    assert header.line.isprintable()
    assert len(header.line) < 200


def test_a_save_that_fails_leaves_what_was_there(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(made())
    store.save("one", session)

    def full(*names: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DataError, match=r"the session can't be saved in .*: No space left"):
        store.save("one", session_of(made(), made()))
    assert names(store) == ["one.json"]
    assert store.load("one").session == session


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "sessions")
    with pytest.raises(DataError, match=r"can't be saved in .*sessions: Not a directory"):
        store.save("one", session_of(made()))
    assert store.headers() == ([], [])


def test_only_the_newest_are_kept(store: Store) -> None:
    session = session_of(made())
    for when in range(MOST_FILES + 9):
        saved_at(store, f"s{when:02}", 1_000_000 + when, session)
    (store.folder / "foreign.txt").write_text("not ours")
    store.save("own", session)
    kept = [f"s{when:02}.json" for when in range(10, MOST_FILES + 9)]
    assert names(store) == ["foreign.txt", "own.json", *kept]


def test_no_more_bytes_are_kept_than_allowed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(made())
    monkeypatch.setattr(store_module, "MOST_BYTES", int(3.5 * len(to_json(session))))
    for when in range(9):
        saved_at(store, f"s{when}", 1_000_000 + when, session)
    # The own one stays even if it is the oldest.
    os.utime(store.folder / "s7.json", (1, 1))
    store._tidy(store.folder / "s7.json")
    assert names(store) == ["s6.json", "s7.json", "s8.json"]
    store.save("large", session_of(*[made()] * 9))
    assert names(store) == ["large.json"]


def test_what_a_dead_program_left_goes_in_the_end(store: Store) -> None:
    session = session_of(made())
    store.save("one", session)
    for name in ("x.tmp", "y.corrupt"):
        (store.folder / name).write_text("left over")
        os.utime(store.folder / name, (1, 1))
    for number in range(MOST_FILES - 1):
        store.save(f"s{number}", session)
    assert not {"x.tmp", "y.corrupt"} & set(names(store))


@pytest.mark.parametrize("text", [b"", b"{}", VALID[:-1].encode(), b"\xff" * 9])
def test_a_damaged_session_is_set_aside(text: bytes, store: Store) -> None:
    store.save("right", session_of(made()))
    (store.folder / "wrong.json").write_bytes(text)
    headers, troubles = store.headers()
    assert [header.name for header in headers] == ["right"]
    assert troubles == [f"a damaged session is set aside, in {store.folder / 'wrong.corrupt'}"]
    assert names(store) == ["right.json", "wrong.corrupt"]
    assert (store.folder / "wrong.corrupt").read_bytes() == text
    assert store.headers() == (headers, [])


def test_too_much_for_a_session_is_set_aside(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save("one", session_of(made()))
    monkeypatch.setattr(store_module, "MOST_BYTES", 100)
    with pytest.raises(DataError, match="set aside"):
        store.load("one")


def test_a_session_of_another_version_is_left_alone(store: Store) -> None:
    store.save("one", session_of(made()))
    text = VALID.replace('"format":1', '"format":2')
    (store.folder / "later.json").write_text(text)
    headers, troubles = store.headers()
    assert [header.name for header in headers] == ["one"]
    assert troubles == ["the session later is of another version of gdtui"]
    assert (store.folder / "later.json").read_text() == text


def test_what_is_no_file_is_no_session(store: Store, tmp_path: Path) -> None:
    store.save("one", session_of(made()))
    os.mkfifo(store.folder / "pipe.json")
    (store.folder / "folder.json").mkdir()
    (store.folder / "link.json").symlink_to(tmp_path)
    assert [header.name for header in store.headers()[0]] == ["one"]
    assert store.headers()[1] == []


def test_without_a_home_folder_nothing_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lost)
    autosave = Autosave(Store(), loaded(), history_of(made()))
    assert not autosave.save()
    assert autosave.trouble == "sessions can't be saved: there is no home folder"


# While it goes on


def test_nothing_made_nothing_saved(store: Store) -> None:
    history = history_of(made(0))
    autosave = Autosave(store, loaded(), history)
    assert not autosave.save()
    autosave.finish()
    assert not store.folder.exists()
    history[1].run.advance(1)
    assert autosave.save()
    assert len(names(store)) == 1


def test_what_is_as_it_was_is_not_written_again(store: Store) -> None:
    history = history_of(made())
    autosave = Autosave(store, loaded(), history)
    assert autosave.save()
    (store.folder / names(store)[0]).unlink()
    assert not autosave.save()
    assert names(store) == []
    for change in (
        lambda: history[1].run.advance(1),
        lambda: history.rename(1, "best"),
        lambda: history.hide(1, True),
        lambda: history.add(made(3)),
    ):
        change()
        assert autosave.save()
        assert not autosave.save()
    assert len(names(store)) == 1


def test_when_nothing_is_left_the_file_goes(store: Store) -> None:
    history = history_of(made())
    autosave = Autosave(store, loaded(), history)
    autosave.save()
    history.delete(1)
    assert autosave.save()
    assert names(store) == []
    assert not autosave.save()
    history.undo()
    assert autosave.save()
    assert len(names(store)) == 1


def resume(store: Store, name: str) -> tuple[History, Autosave]:
    keeper = Keeper(store)
    loading = keeper.choose(name)
    loading.read()
    history, autosave = keeper.begin(loading, print)
    return replayed(history), autosave


def test_a_session_goes_on_in_its_file(store: Store) -> None:
    store.save("one", session_of(made(30)))
    history, autosave = resume(store, "one")
    assert not autosave.save()
    history[1].run.advance(12)
    history.add(made(3))
    assert autosave.save()
    assert names(store) == ["one.json"]
    assert [run.record.reached for run in store.load("one").session.runs] == [42, 3]


def test_two_that_go_on_with_one_session_keep_each_its_own(store: Store) -> None:
    store.save("one", session_of(made(30)))
    (first, saves_first), (second, saves_second) = resume(store, "one"), resume(store, "one")
    for count in (1, 2):
        first[1].run.advance(count)
        second[1].run.advance(10 * count)
        assert saves_first.save()
        assert saves_second.save()
    sessions = [store.load(Path(name).stem).session for name in names(store)]
    assert sorted(run.record.reached for s in sessions for run in s.runs) == [33, 60]
    assert len(sessions) == 2


def test_two_that_begin_keep_each_its_own(store: Store) -> None:
    for count in (5, 6):
        Autosave(store, loaded(), history_of(made(count))).save()
    assert len(store.headers()[0]) == 2


def test_trouble_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "file").write_text("in the way")
    store, history = Store(tmp_path / "file" / "sessions"), history_of(made())
    autosave = Autosave(store, loaded(), history, tell=told.append)
    for _ in range(3):
        assert not autosave.save()
        history[1].run.advance(1)
    assert told == [autosave.trouble]
    assert "can't be saved" in told[0]
    (tmp_path / "file").unlink()
    assert autosave.save()
    assert autosave.trouble is None


def wait_until(condition: Callable[[], bool]) -> None:
    deadline, breath = time.monotonic() + 60, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        breath.wait(0.001)


def test_it_saves_by_itself_what_has_changed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave_module, "EVERY", 0.001)
    history = history_of(made(0))
    autosave = Autosave(store, loaded(), history)
    autosave.start()
    for made_so_far in (1, 2):
        history[1].run.advance(1)
        autosave.touch()
        wait_until(
            lambda so_far=made_so_far: (
                [  # type: ignore[misc]
                    run.record.reached
                    for h in store.headers()[0]
                    for run in store.load(h.name)[1].runs
                ]
                == [so_far]
            )
        )
    autosave.finish()


def test_it_sleeps_while_nothing_happens(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave_module, "EVERY", 0.0)
    looks: list[bool] = []
    history = history_of(made())
    autosave = Autosave(store, loaded(), history)
    save = autosave.save

    def looked() -> bool:
        looks.append(save())
        return looks[-1]

    monkeypatch.setattr(autosave, "save", looked)
    autosave.start()
    for after in (2, 3, 4):
        # One look finds the change, and one that there is no other.
        autosave.touch()
        wait_until(lambda after=after: len(looks) == after)  # type: ignore[misc]
        wait_until(lambda: not autosave._touched.is_set())
    assert looks == [True, False, False, False]


def test_a_last_save_that_hangs_is_not_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(store, "save", lambda name, session: release.wait())
    autosave = Autosave(store, loaded(), history_of(made()))
    autosave.finish(0.01)
    release.set()


def test_a_forced_end_saves_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    app = Laboratory(None, Settings())
    app._autosave = Autosave(store, loaded(), history_of(made()))
    app._end_now(None, 143)
    assert ends == [143]
    assert len(store.headers()[0]) == 1


def test_saved_while_runs_come_and_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    history = history_of(made())
    autosave = Autosave(store, loaded(), history)
    stop, failures = threading.Event(), []

    def save_on() -> None:
        while not stop.is_set():
            try:
                autosave.save()
            except BaseException as failure:  # seen by the test
                failures.append(failure)

    saver = threading.Thread(target=save_on)
    saver.start()
    for _ in range(300):
        number = history.add(made(3)).number
        history.delete(number)
    stop.set()
    saver.join()
    assert not failures


def test_a_record_of_nothing_is_at_its_end() -> None:
    start = Point(0, 0.0, 0.0, ())
    record = Record(start, ((0, Settings()),), 0)
    assert replayed(History([Entry(1, Run.replayed(loaded().result()[1], record))]))
