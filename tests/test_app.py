"""The app: what it passes on to the workbench, the frames it gets, and bugs that must be heard."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from queue import Queue
from threading import Event, Thread

import pytest
from support.clock import VirtualClock, VirtualWorker
from support.desk import PIZZA, Desk, loaded, opened, pauses_until
from support.terminal import ENTER_ALTERNATE, MODES, Terminal
from textual import events
from textual.app import App
from textual.message import Message
from textual.widgets import Input
from textual.widgets._select import SelectOverlay

from gdtui.cli import main as cli
from gdtui.cli.parser import make_parser
from gdtui.core.settings import Settings
from gdtui.scene import Scene
from gdtui.ui.app import Laboratory, TurnTaking
from gdtui.ui.clock import LOCAL_FPS, REMOTE_FPS, TEXTUAL_WAITS
from gdtui.ui.textual_fixes.key_driver import KeyDriver
from gdtui.ui.textual_fixes.palette import Palette
from gdtui.ui.workbench import Workbench

ENDLESS = Settings(iterations=10**9)


class FrameClock(VirtualClock):
    """Notes for how long each frame waits for the next; its workers have no time."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.worked = 0.0

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.waits.append(seconds)

    def worker(self, turn: Event | None = None) -> VirtualWorker:
        return VirtualClock().worker()

    def work_time(self) -> float:
        return self.worked

    def spend(self, took: float, worked: float) -> None:
        self._now += took
        self.worked += worked


@asynccontextmanager
async def framed(fps: float | None) -> AsyncIterator[tuple[Desk, FrameClock]]:
    clock = FrameClock()
    app = Laboratory(loaded(), ENDLESS, 20.0, fps=fps, clock=clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await pauses_until(pilot, lambda: isinstance(app.screen, Workbench))
        await pilot.pause()
        yield Desk(app, pilot, clock), clock


# The frames that are asked for, the connection, the seconds that a frame took, and those that it
# worked; and how long it then is until the next one.
FRAMES: dict[str, tuple[float | None, str, float, float, float]] = {
    "by default": (None, "", 0, 0, 1 / LOCAL_FPS),
    "over ssh": (None, "1.2.3.4 5 6 7", 0, 0, 1 / REMOTE_FPS),
    "as is asked for over ssh": (30, "1.2.3.4 5 6 7", 0, 0, 1 / 30),
    "as few as is asked for": (1, "", 0, 0, 1),
    "as many as is asked for": (60, "", 0, 0, 1 / 60),
    "a quick frame": (10, "", 0.02, 0.01, 0.08),
    "a frame that takes much work": (10, "", 0.2, 0.2, 0.4),
    "a frame that took all its time": (10, "", 0.1, 0.04, 0.08),
    "a link that blocks": (10, "", 0.5, 0.01, 0.5 - 0.01 - TEXTUAL_WAITS),
}


@pytest.mark.parametrize(
    ("fps", "connection", "took", "worked", "wait"), FRAMES.values(), ids=list(FRAMES)
)
async def test_frames_are_as_many_as_are_wanted_and_machine_and_link_can_take(
    fps: float | None,
    connection: str,
    took: float,
    worked: float,
    wait: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", connection)
    if not connection:
        monkeypatch.delenv("SSH_CONNECTION")
    async with framed(fps) as (desk, clock):
        scene = desk.bench.scene

        def slow_scene() -> Scene:
            clock.spend(took, worked)
            return scene()

        monkeypatch.setattr(desk.bench, "scene", slow_scene)
        assert not clock.waits
        await desk.press("space")
        await pauses_until(desk.pilot, lambda: bool(clock.waits))
        assert clock.waits == [pytest.approx(wait)]


async def test_frames_go_on_when_a_palette_closes_between_a_frame_and_its_refresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never() -> None: ...

    async with framed(60.0) as (desk, clock):
        await desk.press("ctrl+p")
        palette = desk.app.screen
        assert isinstance(palette, Palette)
        monkeypatch.setattr(palette, "_invoke_and_clear_callbacks", never)
        desk.run.start()
        desk.workbench.show()
        await desk.pilot.pause()
        palette.dismiss()
        await pauses_until(desk.pilot, lambda: bool(clock.waits))


def test_the_frame_rate_of_the_command_line_arrives_at_the_app(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[float | None] = []
    for module in ("terminal", "main"):
        monkeypatch.setattr(f"gdtui.cli.{module}.is_terminal", lambda stream: True)
    monkeypatch.setattr(Laboratory, "obey_signals", lambda app: None)
    monkeypatch.setattr(Laboratory, "run_on_terminal", lambda app: seen.append(app._fps))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in (["--fps", "7"], []):
        cli.main([str(PIZZA), *arguments])
    assert seen == [7.0, None]


async def test_a_palette_that_closes_searches_no_more() -> None:
    """Textual's would look for its list, which is gone by then."""
    async with opened() as desk:
        for text in ("lr", "no such command"):
            await desk.press("ctrl+p")
            palette = desk.app.screen
            assert isinstance(palette, Palette)
            palette.query_one(Input).value = text
            for _ in range(3):
                await asyncio.sleep(0)
            palette._start_no_matches_countdown(text)
            timer = palette._no_matches_timer
            assert timer is not None
            palette.dismiss()
            await palette._dispatch_message(Input.Changed(palette.query_one(Input), text))
            assert all(worker.is_cancelled for worker in desk.app.workers)
            palette.dismiss()
            await desk.pilot.pause()
            assert timer._task is None or timer._task.done()
            assert desk.app.screen is desk.workbench
        assert desk.app._exception is None


async def test_a_palette_opens_while_another_closes() -> None:
    async with opened() as desk:
        await desk.press("ctrl+p")
        desk.app.screen.dismiss()
        desk.app.action_command_palette()
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, Palette)
        assert desk.app._exception is None


async def test_the_palette_of_themes_is_ours_too() -> None:
    async with opened() as desk:
        desk.app.search_themes()
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, Palette)


async def test_the_list_of_a_select_knows_no_page_keys() -> None:
    async with opened() as desk:
        await desk.press("tab", "enter")
        overlay = desk.workbench.query_one(SelectOverlay)
        assert overlay.has_focus
        before = overlay.highlighted
        for key in ("pagedown", "pageup"):
            assert not await desk.app._check_bindings(key)
            assert overlay.highlighted == before


async def test_no_click_begins_a_selection() -> None:
    """Textual's fails on a part of the footer that has gone by then."""
    async with opened() as desk:
        await desk.pilot.mouse_down("#what")
        assert desk.workbench._select_state is None


# A method with a bug in it, in the registry of the real program.
BROKEN = """
import sys
from gdtui.core.method import METHODS, Method

def fail(*arguments):
    raise ZeroDivisionError("a bug in a method")

METHODS["broken"] = Method("broken", "broken", "fails", lambda **own: fail)
from gdtui.cli.main import main
sys.exit(main([*sys.argv[1:], "--method", "broken"]))
"""


def test_a_bug_in_the_thread_of_the_run_ends_the_program_loudly(tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path)}
    with Terminal("-c", BROKEN, str(PIZZA), columns=300, environment=state) as terminal:
        terminal.wait_for("ready", "Quit")
        terminal.send(" ")
        assert terminal.wait_for_end() == 1
        after = terminal.output[terminal.output.rfind(MODES[0][1]) :]
        assert b"a bug in a method" in after
        assert b"Traceback" in after
        log = tmp_path / "gdtui" / "gdtui.log"
        assert f"a bug of gdtui; the details are in {log}".encode() in after
        assert "in fail\nZeroDivisionError: a bug in a method" in log.read_text()
        assert terminal.attributes_now() == terminal.attributes
        assert ENTER_ALTERNATE not in after


def test_the_worker_has_its_turn_while_the_event_loop_waits_and_only_then() -> None:
    turn = Event()

    async def work() -> None:
        assert not turn.is_set()
        await asyncio.sleep(0)
        assert not turn.is_set()
        assert await asyncio.to_thread(turn.wait, 20)
        assert not turn.is_set()

    def make_loop() -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(TurnTaking(turn))

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(work())


class Keyboard(KeyDriver):
    """A driver that reads a pipe byte by byte; its mouse goes on moving as it is turned off."""

    def __init__(self) -> None:
        before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
        super().__init__(App())
        for number, handler in before.items():
            signal.signal(number, handler)
        self.passed: Queue[str] = Queue()
        self.fileno, self.writer = os.pipe()
        self._key_thread = Thread(target=self._run_input_thread, daemon=True)
        self._key_thread.start()

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.Key):
            self.passed.put(message.key)

    def write(self, data: str) -> None:
        if "?1003l" in data:
            os.write(self.writer, b"\x1b[<35;1;1M" * 2)

    @property
    def is_reading(self) -> bool:
        return bool(self._key_thread and self._key_thread.is_alive())

    def keys(self, count: int) -> list[str]:
        return [self.passed.get(timeout=20) for _ in range(count)]


@pytest.fixture
async def keyboard(monkeypatch: pytest.MonkeyPatch) -> Keyboard:
    monkeypatch.setattr("gdtui.ui.textual_fixes.key_driver.KEYS", 1)
    return Keyboard()


async def test_keys_come_whole_however_they_arrive(keyboard: Keyboard) -> None:
    os.write(keyboard.writer, "é\x1b[A宽\x1b[1;5Dq".encode())
    assert keyboard.keys(5) == ["é", "up", "宽", "ctrl+left", "q"]
    os.write(keyboard.writer, b"\x1b")
    assert keyboard.keys(1) == ["escape"]


@pytest.mark.parametrize("noise", [b"\xe9", b"\xff\xfe", b"\x1b[1114112;1u", b"\x1b[%du" % 10**30])
async def test_what_is_no_key_is_no_end(keyboard: Keyboard, noise: bytes) -> None:
    os.write(keyboard.writer, noise + b"a")
    while keyboard.keys(1) != ["a"]:
        pass
    assert keyboard.is_reading


async def test_a_bug_in_the_thread_of_the_keys_ends_the_app_as_any_other(
    keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: Queue[tuple[Callable[[Exception], None], Exception]] = Queue()
    monkeypatch.setattr(keyboard._app, "call_later", lambda *call: called.put(call))
    bug = ZeroDivisionError("a bug")
    monkeypatch.setattr(keyboard, "process_message", lambda message: (_ for _ in ()).throw(bug))
    os.write(keyboard.writer, b"a")
    call, error = called.get(timeout=20)
    with pytest.raises(ZeroDivisionError) as caught:
        call(error)
    assert caught.value is bug


async def test_what_comes_after_the_end_of_input_is_not_left_for_the_shell(
    keyboard: Keyboard,
) -> None:
    keyboard.disable_input()
    assert not keyboard.is_reading
    assert keyboard.passed.empty()
    assert not select.select([keyboard.fileno], [], [], 0)[0]


async def test_the_loss_of_the_keyboard_ends_as_that_of_the_line(
    keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: Queue[tuple[int, int]] = Queue()
    monkeypatch.setattr("os.kill", lambda *signal: sent.put(signal))
    os.close(keyboard.writer)
    assert sent.get(timeout=20) == (os.getpid(), signal.SIGHUP)


async def test_help_names_only_themes_that_there_are() -> None:
    said = next(a for a in make_parser()._actions if "--theme" in a.option_strings).help
    assert said is not None
    async with opened() as desk:
        assert set(said.removeprefix("such as ").split(", ")) <= set(desk.app.available_themes)
