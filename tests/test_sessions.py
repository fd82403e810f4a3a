"""The real program: its runs outlive it, and it goes on with them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.sessions import PIZZA, made, session_of
from support.terminal import Terminal
from textual.widgets import OptionList

from gdtui.core.run import Record
from gdtui.core.settings import Settings
from gdtui.problem import Source
from gdtui.sessions.opening import Opening
from gdtui.sessions.store import Store
from gdtui.ui.app import Laboratory
from gdtui.ui.dialogs.sessions import SessionsScreen
from gdtui.ui.workbench import Workbench

SIZES = [(120, 36), (80, 24), (40, 12), (10, 3), (1, 1)]
# The program, which saves at once and not only after a while.
HASTY = """
import gdtui.sessions.autosave as autosave
from gdtui.cli.main import main
autosave.EVERY = 0.05
main()
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "gdtui" / "sessions")


def gdtui(tmp_path: Path, *arguments: str, code: str = "") -> Terminal:
    program = ("-c", code) if code else ("-m", "gdtui")
    return Terminal(*program, *arguments, environment={"XDG_STATE_HOME": str(tmp_path)})


def records(store: Store) -> list[Record]:
    (session,) = store.summaries()[0]
    return [run.record for run in store.load(session.name).session.runs]


def make_two_runs(terminal: Terminal) -> None:
    terminal.wait_for("ready")
    terminal.send("f")
    terminal.wait_for("finished")
    terminal.send("b")
    terminal.wait_for("ready")
    terminal.send("s")
    terminal.wait_for("iteration 1 of 100")


# What ends the program, and with which status.
ENDS: dict[str, tuple[Callable[[Terminal], None], int]] = {
    "SIGHUP": (lambda terminal: terminal.signal(signal.SIGHUP), 129),
    "SIGTERM": (lambda terminal: terminal.signal(signal.SIGTERM), 143),
    "SIGINT": (lambda terminal: terminal.signal(signal.SIGINT), 130),
    "ctrl+c": (lambda terminal: terminal.send("\x03"), 130),
    "q": (lambda terminal: terminal.send("q"), 0),
    "closed": (lambda terminal: terminal.close(), 129),
}


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("end", ENDS)
def test_its_runs_outlive_it(end: str, tmp_path: Path, store: Store) -> None:
    make_it_end, status = ENDS[end]
    with gdtui(tmp_path, str(PIZZA)) as terminal:
        make_two_runs(terminal)
        make_it_end(terminal)
        assert terminal.wait_for_end() == status
    first, second = records(store)
    assert (first.reached, second.reached) == (100, 1)
    assert second.tunings == ((0, Settings(bias=True)),)


@pytest.mark.long
def test_they_outlive_an_end_by_force(tmp_path: Path, store: Store) -> None:
    with gdtui(tmp_path, str(PIZZA), "--iterations", "1000000000", "--pace", "max") as terminal:
        terminal.wait_for("ready")
        terminal.send("f")
        terminal.wait_for("running")
        terminal.stall()
        terminal.signal(signal.SIGHUP)
        assert terminal.wait_for_end_unread() == 129
    assert records(store)[0].reached > 0


def test_even_kill_leaves_what_was_saved_on_the_way(tmp_path: Path, store: Store) -> None:
    with gdtui(tmp_path, str(PIZZA), code=HASTY) as terminal:
        make_two_runs(terminal)
        terminal.until(lambda: bool(store.summaries()[0]) and len(records(store)) == 2, "a save")
        terminal.signal(signal.SIGKILL)
        assert terminal.wait_for_end() == -signal.SIGKILL
    assert [record.reached for record in records(store)] == [100, 1]


def test_without_an_iteration_nothing_is_left(tmp_path: Path, store: Store) -> None:
    with gdtui(tmp_path, str(PIZZA)) as terminal:
        terminal.wait_for("ready")
        terminal.send("br")
        terminal.settle()
        terminal.send("q")
        assert terminal.wait_for_end() == 0
    assert not store.folder.exists()


def test_it_goes_on_where_it_was(tmp_path: Path, store: Store) -> None:
    store.save("one", session_of(made(100), made(7, bias=True)))
    with gdtui(tmp_path, "--resume", "1") as terminal:
        terminal.wait_for("pizza.txt", "paused · iteration 7 of 100")
        terminal.send("s")
        terminal.wait_for("iteration 8 of 100")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
    assert [record.reached for record in records(store)] == [100, 8]


def test_one_of_the_list_is_opened(tmp_path: Path, store: Store) -> None:
    for when, count in enumerate((3, 5, 9), 1_000_000_000):
        store.save(f"s{count}", replace(session_of(made(count)), saved=when))
    with gdtui(tmp_path, "--resume") as terminal:
        terminal.wait_for("Go on with which session?", "pizza.txt · Reservations -> Pizzas  1 run")
        terminal.send("\x1b[B\r")
        terminal.wait_for("paused · iteration 5 of 100")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
    assert len(store.summaries()[0]) == 3


@pytest.mark.parametrize(("key", "status"), [("\x1b", 0), ("q", 0), ("\x03", 130)])
def test_the_list_can_be_left(key: str, status: int, tmp_path: Path, store: Store) -> None:
    store.save("one", session_of(made()))
    with gdtui(tmp_path, "--resume") as terminal:
        terminal.wait_for("Go on with which session?")
        terminal.send(key)
        assert terminal.wait_for_end() == status
        assert terminal.attributes_now() == terminal.attributes
    assert records(store)


@pytest.mark.long
def test_other_data_are_refused_and_the_session_kept(tmp_path: Path, store: Store) -> None:
    session = session_of(made())
    moved = tmp_path / "moved.txt"
    source = Source(str(moved))
    store.save("one", replace(session, origin=replace(session.origin, source=source)))
    kept = f"the session is kept, its data were in {moved}"
    for text, why in ((None, "there is no such file"), ("1 2\n3 4\n", "is not as it was")):
        if text:
            moved.write_text(text)
        with gdtui(tmp_path, "--resume", "1") as terminal:
            assert terminal.wait_for_end() == 2
            shown = " ".join(terminal.text.split())
            assert "gdtui: moved.txt" in shown
            assert why in shown
            assert kept.replace(" ", "") in shown.replace(" ", "")
            assert b"Traceback" not in terminal.output
    assert len(records(store)) == 1
    with gdtui(tmp_path, "--resume", "1", str(PIZZA)) as terminal:
        terminal.wait_for("paused · iteration 30 of 100")


def test_a_damaged_session_is_told_and_left_alone(tmp_path: Path, store: Store) -> None:
    store.save("one", session_of(made()))
    (store.folder / "two.json").write_text("\x1b]0;x\x07{")
    with gdtui(tmp_path, "--resume", "1") as terminal:
        terminal.wait_for("paused · iteration 30 of 100")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert terminal.output.count(b"gdtui: this session can't be read, and is let be") == 1
    assert sorted(os.listdir(store.folder)) == ["one.json", "two.json"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "gdtui").write_text("in the way")
    with gdtui(tmp_path, str(PIZZA), code=HASTY) as terminal:
        make_two_runs(terminal)
        terminal.wait_for("the session can't be saved")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert terminal.output.endswith(b": Not a directory\r\n")
        assert b"Traceback" not in terminal.output


def listing(store: Store, count: int, title: str = "") -> Laboratory:
    session = session_of(made())
    if title:
        session = replace(session, origin=replace(session.origin, title=title))
    for number in range(count):
        store.save(f"s{number:02}", session)
    return Laboratory(None, Settings(), opening=Opening(store, store.summaries()[0]))


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("size", SIZES)
async def test_the_list_takes_every_key_at_every_size(size: tuple[int, int], store: Store) -> None:
    app = listing(store, 40)
    async with app.run_test(size=size) as pilot:
        await pilot.press("pagedown", "pageup", "end", "home", "up", "down", "ctrl+p", "escape")
        await pilot.resize_terminal(size[1], size[0])
        await pilot.press("pageup", "pagedown")
        assert isinstance(app.screen, SessionsScreen)
        await pilot.press("enter", "enter")
        for _ in range(100):
            await pilot.pause()
            if isinstance(app.screen, Workbench):
                break
        assert isinstance(app.screen, Workbench)
        assert app.screen.bench.history[1].run.record.reached == 30


async def test_what_a_later_version_wrote_is_told_on_screen(store: Store) -> None:
    store.save("one", session_of(made()))
    file = store.folder / "one.json"
    file.write_text(file.read_text().replace('"runs":', '"mood":1,"runs":'))
    app = Laboratory(None, Settings(), opening=Opening(store, store.summaries()[0]))
    async with app.run_test(notifications=True) as pilot:
        await pilot.press("enter")
        for _ in range(100):
            await pilot.pause()
            if app._notifications:
                break
        (told,) = app._notifications
        assert told.message.startswith("a later gdtui wrote more into this session (mood)")


async def test_hostile_names_are_shown_as_text(store: Store) -> None:
    app = listing(store, 1, "[red]x[/] [/nothing] \x1b[31m\u202e 宽")
    async with app.run_test(size=(120, 36)):
        (option,) = app.screen.query_one(OptionList).options
        assert "[red]x[/] [/nothing] \\x1b[31m\\u202e 宽" in str(option.prompt)
        shown = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "[red]x[/] [/nothing] \\x1b[31m\\u202e 宽" in shown
