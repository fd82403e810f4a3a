"""What is worked around is still at fault in the library, and mended by what is in its place.

A test of the first kind that fails says that the library has been mended: the fix can go.
"""

from __future__ import annotations

import asyncio
import os
import select
import selectors
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import plotext
import pytest
from rich.color import ColorSystem
from rich.console import Console
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.errors import NoWidget
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widgets import Label, OptionList, Select
from textual.widgets._select import SelectOverlay
from textual.worker import WorkerFailed

import gdtui.ui.textual_fixes
from gdtui.core.model import Vector
from gdtui.ui.canvas.plotext_kernel import signal_of_points
from gdtui.ui.textual_fixes import key_driver
from gdtui.ui.textual_fixes.changed_cells import Painter
from gdtui.ui.textual_fixes.dialog_dismissal import OnceDismissed
from gdtui.ui.textual_fixes.empty_option_lists import PagesWithRoom
from gdtui.ui.textual_fixes.key_driver import KeyDriver
from gdtui.ui.textual_fixes.late_screens import LateScreens
from gdtui.ui.textual_fixes.palette import Palette
from gdtui.ui.textual_fixes.prompt_repaint import PromptRepaint
from gdtui.ui.textual_fixes.select_page_keys import PAGE_KEYS, WithoutPageKeys
from gdtui.ui.textual_fixes.stale_sizes import IgnoresStaleSizes
from gdtui.ui.textual_fixes.styled_once import StyledOnce
from gdtui.ui.textual_fixes.suspend import resume

SIZE = (40, 10)


async def turns(count: int) -> None:
    """Let everything else that waits go on, so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


class SteadyScreen(IgnoresStaleSizes, Screen[None]):
    """A screen with the fix alone."""


class InOneWidth(Screen[None]):
    """A screen with a breakpoint, and something in it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-any")]

    def compose(self) -> ComposeResult:
        yield Label("a")


class InOneWidthOnce(StyledOnce[None], InOneWidth):
    """The same with the fix."""


class OptionsWithRoom(PagesWithRoom, OptionList):
    """A list with the fix alone."""


async def takes_a_stale_size(kind: type[Screen[None]]) -> bool:
    app, stale = App[None](), Size(7, 7)
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(screen := kind())
        screen.post_message(events.Resize(stale, stale))
        await pilot.pause()
        return screen._compositor.size == stale


async def ends_the_screen_above(kind: type[ModalScreen[None]]) -> bool:
    app = App[None]()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(below := kind())
        await app.push_screen(above := Screen[None]())
        below.dismiss()
        await pilot.pause()
        return app.screen is not above


async def ends_the_screen_below(kind: type[ModalScreen[None]]) -> bool:
    """Dismissed twice."""
    app = App[None]()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(below := Screen[None]())
        await app.push_screen(above := kind())
        above.dismiss()
        above.dismiss()
        await pilot.pause()
        return app.screen is not below


async def turns_pages_without_room(kind: type[OptionList]) -> bool:
    app, options = App[None](), kind("one", "two")
    options.display = False
    async with app.run_test(size=SIZE) as pilot:
        await app.mount(options)
        await pilot.pause()
        return fails_to_turn(options)


def fails_to_turn(options: OptionList) -> bool:
    options.highlighted = 0
    try:
        options.action_page_down()  # type: ignore[no-untyped-call]
    except KeyError:
        return True
    return False


async def page_keys_reach_the_list_of_a_select(kind: type[Select[str]]) -> bool:
    app = App[None]()
    async with app.run_test(size=SIZE):
        await app.mount(kind([("one", "1"), ("two", "2")]))
        options = app.query_one(SelectOverlay)
        bound = set(PAGE_KEYS) <= set(options._bindings.key_to_bindings)
        return bound and fails_to_turn(options)


async def lets_a_change_wait(kind: type[Screen[None]]) -> bool:
    app = App[None]()
    async with app.run_test(size=SIZE):
        await app.push_screen(screen := kind())
        await screen.mount(label := Label("a"))
        screen._dirty_widgets.add(label)
        await screen._on_idle(events.Idle())
        return bool(screen._dirty_widgets)


class Searching(Screen[None]):
    """A screen that looks for its widgets."""

    def on_mount(self) -> None:
        self.query_one(Label)


async def ends_with_a_bug(kind: type[App[None]]) -> bool:
    """Where a screen opens as the app ends."""
    app = kind()
    with suppress(NoMatches):
        async with app.run_test(size=SIZE):
            app.exit()
            app.push_screen(Searching())
            await turns(50)
    return app._exception is not None


async def searches_once_closed(kind: type[CommandPalette]) -> bool:
    app = App[None]()
    with suppress(WorkerFailed):
        async with app.run_test(size=SIZE) as pilot:
            await app.push_screen(palette := kind())
            await palette.dismiss()
            palette._gather_commands("a")
            await pilot.pause()
    return app._exception is not None


async def ends_what_is_below_the_palette(kind: type[CommandPalette]) -> bool:
    app = App[None]()
    async with app.run_test(size=SIZE) as pilot:
        await app.push_screen(below := Screen[None]())
        await app.push_screen(palette := kind())
        palette.dismiss()
        palette.dismiss()
        await pilot.pause()
        return app.screen is not below


async def looks_for_a_list_that_is_gone(kind: type[CommandPalette]) -> bool:
    app = App[None]()
    async with app.run_test(size=SIZE):
        await app.push_screen(palette := kind())
        await palette.dismiss()
        try:
            palette._action_command_list("cursor_down")
        except NoMatches:
            return True
        return False


async def ends_by_a_click_on_nothing(kind: type[CommandPalette]) -> bool:
    app = App[None]()
    with suppress(NoWidget):
        async with app.run_test(size=SIZE) as pilot:
            await app.push_screen(palette := kind())
            far = (SIZE[0] + 1, 0)
            palette.post_message(events.Click(palette, *far, 0, 0, 1, False, False, False, *far))
            await pilot.pause()
    return app._exception is not None


Paint = Callable[[CompositorUpdate], str]


def as_textual_does(update: CompositorUpdate) -> str:
    console = Console(color_system="truecolor", force_terminal=True)
    return update.render_segments(console)


async def sends_what_is_shown(paint: Paint) -> bool:
    app = App[None]()
    async with app.run_test(size=SIZE) as pilot:
        await app.mount(label := Label("a" * 30))
        await pilot.pause()
        compositor = app.screen._compositor
        sent = []
        for _ in range(2):
            label.refresh()
            compositor.update_widgets({label})
            update = compositor.render_partial_update()
            assert update is not None
            sent.append(paint(update))
        return sent[1] != ""


async def styles_what_it_has_just_styled(kind: type[Screen[None]]) -> bool:
    app, styled = App[None](), list[DOMNode]()
    async with app.run_test(size=SIZE) as pilot:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app, "update_styles", lambda node, **_: styled.append(node))
            await app.push_screen(screen := kind())
            await pilot.pause()
        assert screen.has_class("-any")
        return screen in styled


class StopError(Exception):
    """Ends what would go on."""


def on_a_pipe(kind: type[LinuxDriver]) -> tuple[LinuxDriver, int]:
    """A driver of an app, with the handlers of signals as they were, and what types for it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    driver = kind(App())
    for number, handler in before.items():
        signal.signal(number, handler)
    driver.fileno, typist = os.pipe()
    return driver, typist


async def looks_again_and_again(kind: type[LinuxDriver]) -> bool:
    """While no key comes."""
    driver, _ = on_a_pipe(kind)
    waits: list[float | None] = []

    def look(*waiting: Any) -> None:
        waits.append(waiting[-1])
        raise StopError

    with pytest.MonkeyPatch.context() as patch, suppress(StopError):
        patch.setattr(select, "select", look)
        patch.setattr(selectors.SelectSelector, "_select", staticmethod(look))
        driver.run_input_thread()
    return waits != [None]


async def ends_by_what_is_no_key(kind: type[LinuxDriver]) -> bool:
    return all(fails_by(noise, kind) for noise in (b"\xff", b"\x1b[1114112;1u"))


def fails_by(noise: bytes, kind: type[LinuxDriver]) -> bool:
    driver, typist = on_a_pipe(kind)

    def take(message: Message) -> None:
        if isinstance(message, events.Key) and message.key == "a":
            raise StopError

    os.write(typist, noise + b"a")
    with pytest.MonkeyPatch.context() as patch:
        # Byte by byte: what comes along with a key that is none is lost.
        patch.setattr(key_driver, "KEYS", 1)
        patch.setattr(driver, "process_message", take)
        try:
            driver.run_input_thread()
        except StopError:
            return False
        except ValueError:
            return True
    raise AssertionError("it has ended by itself")


async def reads_on_where_the_keyboard_is_gone(kind: type[LinuxDriver]) -> bool:
    driver, typist = on_a_pipe(kind)
    os.close(typist)
    reads: list[bytes] = []
    read = os.read

    def count(keyboard: int, size: int) -> bytes:
        reads.append(read(keyboard, size))
        if len(reads) == 3:
            raise StopError
        return reads[-1]

    def end(*signal: int) -> None:
        raise StopError

    with pytest.MonkeyPatch.context() as patch, suppress(StopError):
        patch.setattr(os, "read", count)
        patch.setattr(os, "kill", end)
        driver.run_input_thread()
    return len(reads) > 1


def go_on(driver: LinuxDriver) -> None:
    driver._sigcont_application()


async def takes_what_it_has_not_given_back(go_on: Callable[[LinuxDriver], None]) -> bool:
    """As the program is continued after a SIGSTOP."""
    driver, _ = on_a_pipe(LinuxDriver)
    done: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "tcgetpgrp", lambda terminal: os.getpgrp())
        patch.setattr(driver, "suspend_application_mode", lambda: done.append("given"))
        patch.setattr(driver, "resume_application_mode", lambda: done.append("taken"))
        go_on(driver)
    return done == ["taken"]


async def formats_its_manual(module: str) -> bool:
    """Once imported, in an interpreter of its own."""
    told = f"import sys, {module}; print(any('plotext._doc.sections' in m for m in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return ran.stdout == "True\n"


MakeSignal = Callable[[Vector, Vector, Any], Any]


def in_public(x: Vector, y: Vector, marker: Any) -> Any:
    return plotext.figure.signal(x.tolist(), y.tolist(), marker=marker)


def through_the_kernel(x: Vector, y: Vector, marker: Any) -> Any:
    return signal_of_points(x, y, np.zeros(len(x), dtype=bool), marker)


async def calls_for_every_point(make: MakeSignal) -> bool:
    marker = plotext.marker("x", plotext.pixel(foreground=16))
    points, calls = np.linspace(0, 1, 1000), 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        make(points, points, marker)
    finally:
        sys.setprofile(None)
    return calls > len(points)


# Each fault, the file that mends it, what is at fault, and what is not.
FAULTS: list[tuple[Callable[[Any], Awaitable[bool]], str, object, object]] = [
    (takes_a_stale_size, "stale_sizes", Screen, SteadyScreen),
    (ends_the_screen_above, "dialog_dismissal", ModalScreen, OnceDismissed),
    (ends_the_screen_below, "dialog_dismissal", ModalScreen, OnceDismissed),
    (turns_pages_without_room, "empty_option_lists", OptionList, OptionsWithRoom),
    (page_keys_reach_the_list_of_a_select, "select_page_keys", Select, WithoutPageKeys),
    (styles_what_it_has_just_styled, "styled_once", InOneWidth, InOneWidthOnce),
    (lets_a_change_wait, "prompt_repaint", Screen, PromptRepaint),
    (ends_with_a_bug, "late_screens", App, LateScreens),
    (searches_once_closed, "palette", CommandPalette, Palette),
    (ends_what_is_below_the_palette, "palette", CommandPalette, Palette),
    (looks_for_a_list_that_is_gone, "palette", CommandPalette, Palette),
    (ends_by_a_click_on_nothing, "palette", CommandPalette, Palette),
    (sends_what_is_shown, "changed_cells", as_textual_does, Painter(ColorSystem.TRUECOLOR).paint),
    (looks_again_and_again, "key_driver", LinuxDriver, KeyDriver),
    (ends_by_what_is_no_key, "key_driver", LinuxDriver, KeyDriver),
    (reads_on_where_the_keyboard_is_gone, "key_driver", LinuxDriver, KeyDriver),
    (takes_what_it_has_not_given_back, "suspend", go_on, resume),
    (formats_its_manual, "plotext_manual", "plotext", "gdtui.ui.canvas.plotext_manual"),
    (calls_for_every_point, "plotext_kernel", in_public, through_the_kernel),
]
NAMES = [fault.__name__ for fault, *_ in FAULTS]


@pytest.mark.parametrize(("is_at_fault", "fix", "plain", "mended"), FAULTS, ids=NAMES)
async def test_the_fault_is_still_there(
    is_at_fault: Callable[[object], Awaitable[bool]], fix: str, plain: object, mended: object
) -> None:
    assert await is_at_fault(plain), f"mended upstream: {fix} can go"


@pytest.mark.parametrize(("is_at_fault", "fix", "plain", "mended"), FAULTS, ids=NAMES)
async def test_the_fix_mends_it(
    is_at_fault: Callable[[object], Awaitable[bool]], fix: str, plain: object, mended: object
) -> None:
    assert not await is_at_fault(mended)


def test_textual_waits_for_its_output_however_long_that_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else `forced_end` can go."""
    waits: list[float | None] = []
    writer = WriterThread(sys.stdout)
    monkeypatch.setattr(writer, "join", lambda timeout=None: waits.append(timeout))
    writer.stop()
    assert waits == [None]


def test_textual_has_no_public_word_of_an_unhandled_exception() -> None:
    """Else `exception_hook` can go."""
    public = {name for name in dir(App) if not name.startswith("_")}
    assert not {name for name in public if "exception" in name or "error" in name}
    assert [error for error in vars(events) if "Exception" in error or "Error" in error] == []


def test_each_fix_has_a_test_of_its_fault() -> None:
    folder = Path(gdtui.ui.textual_fixes.__file__).parent
    files = {path.stem for path in folder.glob("[!_]*.py")}
    tested = {fix for _, fix, _, _ in FAULTS} | {"forced_end", "exception_hook"}
    assert tested == files | {"plotext_kernel", "plotext_manual"}
