"""Sessions: as text, in a folder, and saved while they go on."""

from __future__ import annotations

import json
import math
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sessions import PIZZA, history_of, made, problem, read, replayed, session_of
from support.strategies import wait_until

import gdtui.sessions.autosave as autosave_module
import gdtui.sessions.store as store_module
from gdtui.core.descent import Point
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.core.run import Record, Run
from gdtui.core.settings import Settings
from gdtui.dataset import DataError
from gdtui.loading import Loading
from gdtui.problem import Problem, Source
from gdtui.runs.guess import Guess
from gdtui.runs.history import Branch, Entry, History
from gdtui.sessions.autosave import Autosave
from gdtui.sessions.opening import Opening
from gdtui.sessions.session import Origin, Session, from_json, is_worth_keeping, to_json
from gdtui.sessions.store import MOST_FILES, SessionSummary, Store
from gdtui.ui.app import Laboratory

FINITE = st.floats(-1e3, 1e3)


# As text


@st.composite
def histories(draw: st.DrawFn, method: str, about: Problem) -> History:
    """A run tuned on its way, one that leaves it somewhere, and the marks of a user."""
    settings = Settings(
        method=method,
        lr=draw(st.floats(1e-7, 1e-2)),
        iterations=draw(st.integers(40, 400)),
        w_start=draw(FINITE),
        b_start=draw(FINITE),
        bias=draw(st.booleans()),
        standardize=about.dataset is not None and draw(st.booleans()),
        tolerance=draw(st.sampled_from([0.0, 1e-3])),
    )
    run = Run(about.surface, settings)
    for count in draw(st.lists(st.integers(1, 60), max_size=4)):
        run.advance(count)
        tuned = run.settings.replace(lr=draw(st.floats(1e-7, 1e-2)))
        if run.can_tune(tuned):
            run.tune(tuned)
    run.advance(draw(st.integers(1, 60)))
    history = history_of(run)
    past = run.snapshot_at(draw(st.integers(0, run.snapshot().step.iteration)))
    start = Point(*past.step[:3], past.memory)
    branch = Run(about.surface, run.settings.replace(iterations=500), start=start)
    branch.advance(draw(st.integers(1, 60)))
    history.add(branch, Branch(1, start.iteration))
    history.rename(1, draw(st.text(max_size=10)))
    history.hide(2, draw(st.booleans()))
    history.guess(2, Guess(within=draw(st.integers(0, 99))))
    return history


def check_inverse(history: History, about: Problem) -> None:
    session = Session.of(about, history)
    text = to_json(session)
    again = from_json(text)
    # Not by ==, since a memory may hold what does not equal itself.
    assert repr(again) == repr(session)
    assert to_json(again) == text
    other = replayed(again.history(about))
    saved = [entry for entry in history.entries if is_worth_keeping(entry)]
    assert len(other.entries) == len(saved)
    for one, two in zip(saved, other.entries, strict=True):
        assert marks(one) == marks(two)
        assert one.run.steps(0, 1000) == two.run.steps(0, 1000)
        assert one.run.snapshot().outcome == two.run.snapshot().outcome
        assert repr(one.run.record) == repr(two.run.record)


def marks(entry: Entry) -> tuple[object, ...]:
    return entry.number, entry.name, entry.hidden, entry.parent, entry.guess


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_a_session_comes_back_from_its_text(method: str, data: st.DataObject) -> None:
    check_inverse(data.draw(histories(method, problem())), problem())


@pytest.mark.parametrize("name", LANDSCAPES)
@given(data=st.data())
def test_over_a_landscape_too(name: str, data: st.DataObject) -> None:
    about = problem(landscape=name)
    method = data.draw(st.sampled_from(list(METHODS)))
    check_inverse(data.draw(histories(method, about)), about)


def test_a_memory_that_is_not_finite_comes_back() -> None:
    start = Point(3, 1.0, 2.0, ((math.inf, math.nan), (-math.inf, 0.1)))
    run = Run(problem().surface, Settings(method="adam"), start=start)
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
    check_inverse(history_of(run), problem())
    assert session_of(run).runs


def test_a_session_knows_its_best_run() -> None:
    runs = made(1), made(100), made(5)
    assert session_of(*runs).best == runs[1].snapshot().step.loss
    assert session_of(made(0)).best is None


def test_saved_in_mid_replay_nothing_is_lost() -> None:
    text = to_json(session_of(made(100)))
    halfway = from_json(text).history(problem())
    halfway[1].run.advance(10)
    again = Session.of(problem(), halfway)
    assert again.runs[0].record == from_json(text).runs[0].record
    assert again.same_runs(from_json(text))


def test_the_scaled_surface_is_that_of_the_workbench() -> None:
    history = from_json(to_json(session_of(made(standardize=True)))).history(problem())
    surface = problem().surface
    assert history[1].run.surface is surface.standardized() is surface.standardized()


VALID = to_json(session_of(made(), made(standardize=True, method="adam")))


def changed(old: str, new: str) -> bytes:
    """What is right otherwise, with the first such part of it changed."""
    assert old in VALID
    return VALID.replace(old, new, 1).encode()


# What a file holds that is no session that can be gone on with, and what is said of it; what is
# wrong with a record is refused in words of its own, which are tested with exported runs.
UNREADABLE = {
    "empty": (b"", "this is not JSON"),
    "cut": (VALID[:-1].encode(), "this is not JSON"),
    "bytes": (b"\xff" * 9, "this is not JSON"),
    "zeros": (b"\x00" * 99, "this is not JSON"),
    "deep": (b"[" * 100_000, "this is not JSON"),
    "null": (b"null", "this is no object of JSON"),
    "list": (b"[]", "this is no object of JSON"),
    "object": (b"{}", "there are no runs in it"),
    "runs": (b'{"runs":[]}', "there are no runs in it"),
    "later": (changed('"format":1', '"format":2'), "this is of another version of gdtui"),
    "method": (changed('"gd"', '"\\u001b[1m"'), "method: '\\x1b[1m' is none of"),
    "hyperparameter": (changed('"lr"', '"clip":1,"lr"'), "gd has no hyperparameter clip"),
    "surface": (changed('"sample"', '"surface"'), "there is no surface pizza.txt"),
    "saved": (changed('"saved":', '"saved":1e300,"was":'), "no calendar has the time at which"),
    "same": (changed('"number":1', '"number":2'), "each run has a number of its own, from 1"),
    "zero": (changed('"number":1', '"number":0'), "each run has a number of its own, from 1"),
    "start": (changed('"w":0.0', '"w":"nan"'), "no run that is kept starts at infinity"),
}


# The last is the largest that Python reads: one more can't be written.
HUGE = [2**53 - 1, 2**53, 10**400, 10**4300 - 1]
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


@settings(max_examples=10 * settings().max_examples)
@given(data=st.data())
def test_whatever_stands_in_it_it_is_refused_or_can_be_replayed(data: st.DataObject) -> None:
    whole = json.loads(VALID)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(list(places(whole))))
        container[key] = data.draw(ANYTHING)
    check_is_gone_on_with(whole)


def test_however_large_its_numbers_it_is_refused_or_can_be_replayed() -> None:
    for number in range(len(list(places(json.loads(VALID))))):
        for huge in HUGE:
            whole = json.loads(VALID)
            container, key = list(places(whole))[number]
            container[key] = huge
            check_is_gone_on_with(whole)


def check_is_gone_on_with(whole: Any) -> None:
    """Or it is refused."""
    try:
        session = from_json(json.dumps(whole))
        history = session.history(problem())
    except (ValueError, DataError):
        return
    for entry in history.entries:
        entry.run.advance(1000)
    history.add(made())
    assert to_json(Session.of(problem(), history))
    SessionSummary.of("name", session).line.encode("ascii", "backslashreplace")


# The data


def test_other_data_are_told_apart(tmp_path: Path) -> None:
    session = session_of(made())
    other = tmp_path / "pizza.txt"
    other.write_bytes(PIZZA.read_bytes().replace(b"13", b"14", 1))
    with pytest.raises(DataError, match=r"pizza.txt is not as it was .* 30 examples then"):
        session.history(problem(other))
    other.write_bytes(b"# a comment changes nothing\n" + PIZZA.read_bytes())
    assert session.history(read(Loading(Source(str(other))))).entries


def test_the_order_of_the_examples_counts(tmp_path: Path) -> None:
    file = tmp_path / "table"
    prints = set()
    for rows in ("1 2\n3 4\n", "3 4\n1 2\n", "2 1\n4 3\n", "1 3\n2 4\n"):
        file.write_text(rows)
        prints.add(read(Loading(Source(str(file)))).fingerprint)
    assert len(prints) == 4


def test_the_source_finds_the_data_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "table").write_text("1 2 3\n4 5 NA\n")
    monkeypatch.chdir(tmp_path / "there")
    origin = Origin.of(read(Loading(Source("table", y="3", drop_missing=True))))
    monkeypatch.chdir(tmp_path)
    wanted = Source(str(tmp_path / "there" / "table"), y="3", drop_missing=True)
    assert origin.source == wanted
    assert Origin.of(read(origin.reopen())) == origin
    assert origin.reopen("other").source == wanted._replace(path="other")


def test_data_from_a_pipe_must_be_piped_in_again() -> None:
    with open(PIZZA, "rb") as stream:
        origin = Origin.of(read(Loading(Source("-"), stream)))
    with pytest.raises(DataError, match="standard input"):
        origin.reopen()
    with open(PIZZA, "rb") as stream:
        assert Origin.of(read(origin.reopen("-", stream))) == origin


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
    sessions, troubles = store.summaries()
    assert [session.name for session in sessions] == ["a", "c", "b"]
    assert not troubles
    assert sessions[0].line == (
        "1970-01-12 13:46  pizza.txt · Reservations -> Pizzas  2 runs  loss 69.121"
    ).replace("1970-01-12 13:46", sessions[0].line[:16])


def test_a_title_is_shown_harmlessly(store: Store) -> None:
    session = session_of(made())
    hostile = replace(session.origin, title="\x1b[31m[red]\u202e" + "x" * 10_000)
    store.save("one", replace(session, origin=hostile))
    (header,) = store.summaries()[0]
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
    assert store.summaries() == ([], [])


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
    assert names(store) == ["s6.json", "s7.json", "s8.json"]
    # The own one stays even if it is too large.
    store.save("large", session_of(*[made()] * 9))
    assert names(store) == ["large.json"]


def test_what_a_dead_program_left_goes_in_the_end(store: Store) -> None:
    session = session_of(made())
    store.save("one", session)
    (store.folder / "x.tmp").write_text("left over")
    os.utime(store.folder / "x.tmp", (1, 1))
    for number in range(MOST_FILES - 1):
        store.save(f"s{number}", session)
    assert "x.tmp" not in names(store)


def test_what_cannot_be_read_is_told_and_stays_as_it_is(store: Store) -> None:
    store.save("right", session_of(made()))
    for number, (name, (text, _)) in enumerate(UNREADABLE.items()):
        (store.folder / f"{name}.json").write_bytes(text)
        when = 4_000_000_000 if number % 2 else 1
        os.utime(store.folder / f"{name}.json", (when, when))
    (store.folder / "old.corrupt").write_bytes(b"")
    before = names(store)
    sessions, troubles = store.summaries()
    assert [session.name for session in sessions] == ["right"]
    assert len(troubles) == len(UNREADABLE)
    for name, (_, why) in UNREADABLE.items():
        file = store.folder / f"{name}.json"
        (told,) = (one for one in troubles if f"{name}.json" in one)
        assert told.startswith(f"this session can't be read, and is let be: {file}: {why}")
        assert told.isprintable()
    # Neither does it make room, nor does it take the room of what can be read.
    for number in range(MOST_FILES + 3):
        store.save(f"s{number}", session_of(made()))
    assert set(before) - {"right.json"} <= set(names(store))
    assert len(store.summaries()[0]) == MOST_FILES
    for name, (text, _) in UNREADABLE.items():
        assert (store.folder / f"{name}.json").read_bytes() == text


def test_too_much_for_a_session_is_not_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save("one", session_of(made()))
    monkeypatch.setattr(store_module, "MOST_BYTES", 100)
    with pytest.raises(DataError, match="this is too much for a session"):
        store.load("one")
    assert names(store) == ["one.json"]


def test_what_is_no_file_is_no_session(store: Store, tmp_path: Path) -> None:
    store.save("one", session_of(made()))
    os.mkfifo(store.folder / "pipe.json")
    (store.folder / "folder.json").mkdir()
    (store.folder / "link.json").symlink_to(tmp_path)
    assert [session.name for session in store.summaries()[0]] == ["one"]
    assert store.summaries()[1] == []


@pytest.mark.usefixtures("homeless")
def test_without_a_home_folder_nothing_is_saved() -> None:
    autosave = Autosave(Store(), problem(), history_of(made()))
    assert not autosave.save()
    assert autosave.trouble == "sessions can't be saved: there is no home folder"


# While it goes on


def test_nothing_made_nothing_saved(store: Store) -> None:
    history = history_of(made(0))
    autosave = Autosave(store, problem(), history)
    assert not autosave.save()
    autosave.finish()
    assert not store.folder.exists()
    history[1].run.advance(1)
    assert autosave.save()
    assert len(names(store)) == 1


def test_what_is_as_it_was_is_not_written_again(store: Store) -> None:
    history = history_of(made())
    autosave = Autosave(store, problem(), history)
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
    autosave = Autosave(store, problem(), history)
    autosave.save()
    history.delete(1)
    assert autosave.save()
    assert names(store) == []
    assert not autosave.save()
    history.undo()
    assert autosave.save()
    assert len(names(store)) == 1


def resume(store: Store, name: str) -> tuple[History, Autosave]:
    opening = Opening(store)
    history, autosave = opening.begin(read(opening.choose(name)), print)
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
        Autosave(store, problem(), history_of(made(count))).save()
    assert len(store.summaries()[0]) == 2


def test_trouble_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "file").write_text("in the way")
    store, history = Store(tmp_path / "file" / "sessions"), history_of(made())
    autosave = Autosave(store, problem(), history, tell=told.append)
    for _ in range(3):
        assert not autosave.save()
        history[1].run.advance(1)
    assert told == [autosave.trouble]
    assert "can't be saved" in told[0]
    (tmp_path / "file").unlink()
    assert autosave.save()
    assert autosave.trouble is None


def test_it_saves_by_itself_what_has_changed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave_module, "EVERY", 0.001)
    history = history_of(made(0))
    autosave = Autosave(store, problem(), history)
    autosave.start()
    for made_so_far in (1, 2):
        history[1].run.advance(1)
        autosave.touch()
        wait_until(
            lambda so_far=made_so_far: (
                [  # type: ignore[misc]
                    run.record.reached
                    for h in store.summaries()[0]
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
    autosave = Autosave(store, problem(), history)
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
    autosave = Autosave(store, problem(), history_of(made()))
    autosave.finish(0.01)
    release.set()


def test_a_forced_end_saves_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    app = Laboratory(None, Settings())
    app._autosave = Autosave(store, problem(), history_of(made()))
    app.end_now(None, 143)
    assert ends == [143]
    assert len(store.summaries()[0]) == 1


def test_saved_while_runs_come_and_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    history = history_of(made())
    autosave = Autosave(store, problem(), history)
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
    start = Point(0, 0.0, 0.0, ((), ()))
    record = Record(start, ((0, Settings()),), 0)
    assert replayed(History([Entry(1, Run.replayed(problem().surface, record))]))
