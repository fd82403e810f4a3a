"""The app: it waits for the data, opens the workbench, and ends as the system asks it to."""

from __future__ import annotations

import asyncio
import gc
import selectors
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from threading import Event, Timer

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events, on, work
from textual._compositor import CompositorUpdate
from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme, ThemeProvider
from textual.widgets import Input, OptionList
from textual.worker import WorkerFailed

from gdtui.core.settings import Settings
from gdtui.dataset.text import DataError
from gdtui.faults import log_fault
from gdtui.loading import Loading
from gdtui.sessions.autosave import LAST_MOMENT, Autosave
from gdtui.sessions.resume import Keeper
from gdtui.ui.dialogs.loading import LoadingScreen
from gdtui.ui.dialogs.sessions import SessionsScreen
from gdtui.ui.textual_fixes.painter import Painter, Repaint
from gdtui.ui.textual_fixes.stale_sizes import Steady
from gdtui.ui.textual_fixes.terminal import KeyDriver, end_by_force, resume

# In these the accent, for what is live, and the warning, for where we are, differ to the eye.
DARK = Theme(
    "gdtui-dark",
    primary="#5fafff",
    secondary="#7f9fbf",
    accent="#3fd0e0",
    success="#5fd75f",
    warning="#ffd75f",
    error="#ff6b6b",
    foreground="#e0e0e0",
    background="#101418",
    surface="#1a2027",
    panel="#20272f",
    dark=True,
)
LIGHT = Theme(
    "gdtui-light",
    primary="#005f9f",
    secondary="#4f6f8f",
    accent="#007f8f",
    success="#147a14",
    warning="#9a6a00",
    error="#c02020",
    foreground="#202428",
    background="#fbfbf8",
    surface="#efefea",
    panel="#e4e6e4",
    dark=False,
)


# Seconds that an end by a signal may take before it is forced.
GRACE = 0.6
# Seconds after which a thread that wants the interpreter gets it: a key should not wait for more.
SWITCH = 0.001


class TurnTaking(selectors.DefaultSelector):
    """Lets the worker work only while the event loop has nothing to do.

    Drawing lets go of the interpreter with every call of plotext's engine, and would each time
    wait for a burst of the worker.
    """

    def __init__(self, turn: Event) -> None:
        super().__init__()
        self._turn = turn

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for events; the event loop asks for no wait while it has more to do."""
        if timeout is None or timeout > 0:
            self._turn.set()
        try:
            return super().select(timeout)
        finally:
            self._turn.clear()


# What the parts of a palette tell it, and what it would hand to them.
_OF_PARTS = Input.Changed, Input.Submitted, OptionList.OptionHighlighted, OptionList.OptionSelected


class Palette(Steady, CommandPalette):
    """The command palette, which needs its parts neither before they are there nor afterwards.

    Textual's goes on to search while it closes, and fails where it looks for its list.
    """

    _dismissed = False

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close, once, and search no more."""
        if self._dismissed or not self.is_active:
            return AwaitComplete()
        self._dismissed = True
        self._cancel_gather_commands()
        self._stop_busy_countdown()
        self._stop_no_matches_countdown()
        return super().dismiss(result)

    async def _dispatch_message(self, message: Message) -> None:
        if not (self._dismissed and isinstance(message, (*_OF_PARTS, events.Key))):
            await super()._dispatch_message(message)

    @work(exclusive=True, group=CommandPalette._GATHER_COMMANDS_GROUP)
    async def _gather_commands(self, search_value: str) -> None:
        gather = CommandPalette._gather_commands.__wrapped__  # type: ignore[attr-defined]
        with suppress(NoMatches):
            await gather(self, search_value)

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError, NoMatches):
            super()._action_command_list(action)


class Laboratory(App[DataError]):
    """The gradient-descent laboratory; ends with the DataError of a file it can't read."""

    CSS_PATH = "laboratory.tcss"
    TITLE = "gdtui"
    # A selection that begins on a key of the footer fails while the footer changes; with shift held
    # the terminal itself selects.
    ALLOW_SELECT = False
    BINDINGS = [
        Binding("ctrl+c", "interrupt", "Quit at once", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Back to the shell", show=False, priority=True),
    ]

    def __init__(
        self,
        loading: Loading | None,
        settings: Settings,
        pace: float | None = None,
        run_at_once: bool = False,
        fps: float | None = None,
        ascii_only: bool = False,
        keeper: Keeper | None = None,
    ) -> None:
        super().__init__()
        # A row that slides costs bytes on a slow link, and tells nothing.
        self.animation_level = "none"
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        colors = self.console._color_system or ColorSystem.TRUECOLOR
        self._painter = Painter(colors, ascii_only)
        self._loading = loading
        self._settings = settings
        self._pace = pace
        self._run_at_once = run_at_once
        self._fps = fps
        self._turn = Event()
        self._keeper = keeper
        self._autosave: Autosave | None = None
        self.fault: str | None = None
        """Where the details are of a bug that ended the app, if one did."""

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice, but for the terminals that it reads by looking again and again."""
        chosen = super().get_driver_class()
        return KeyDriver if chosen is LinuxDriver else chosen

    def run_on_terminal(self) -> DataError | None:
        """Run until the user leaves; returns what is wrong with the data, if so."""
        sys.setswitchinterval(SWITCH)

        def make_loop() -> asyncio.AbstractEventLoop:
            return asyncio.SelectorEventLoop(TurnTaking(self._turn))

        try:
            with asyncio.Runner(loop_factory=make_loop) as runner:
                return runner.run(self.run_async())
        finally:
            if self._autosave:
                self._autosave.finish()

    @property
    def trouble(self) -> str | None:
        """Why the session is not saved, if so."""
        return self._autosave.trouble if self._autosave else None

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if not isinstance(renderable, CompositorUpdate):
            return super()._display(screen, renderable)
        repaint = Repaint(self._painter, renderable)
        super()._display(screen, repaint)
        if isinstance(screen, LoadingScreen) and (repaint.sent or self.is_headless):
            screen.painted()

    def obey_signals(self) -> None:
        """End by the signals that ask for it, from now on, with the terminal as it was."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        """Called by Python itself: the loop may wait for a terminal that takes no more output."""
        if self._loop is None:
            sys.exit(128 + number)
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self.exit, None, 128 + number)
        self._force_soon(128 + number)

    def on_mount(self) -> None:
        """Wait for the data."""
        driver = self._driver
        if isinstance(driver, LinuxDriver):
            # By the loop: in its own handlers Textual may wait for a lock that it holds.
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTSTP, driver._sigtstp_application)
            loop.add_signal_handler(signal.SIGCONT, resume, driver)
        self.app_resume_signal.subscribe(self, lambda app: self._painter.forget())
        if self._loading:
            self.push_screen(LoadingScreen(self._loading))
        elif self._keeper:
            self.push_screen(SessionsScreen(self._keeper.choices))

    @on(SessionsScreen.Chosen)
    def _reopen(self, event: SessionsScreen.Chosen) -> None:
        if not self._keeper or self._loading:
            return
        try:
            self._loading = self._keeper.choose(event.name)
        except DataError as error:
            self.exit(error, return_code=2)
            return
        self.switch_screen(LoadingScreen(self._loading))

    def _tell(self, words: str) -> None:
        """Say something, from any thread."""
        if self._loop:
            told = partial(self.notify, words, severity="warning", markup=False)
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(told)

    def on_resize(self) -> None:
        """Send all anew, even at the same size: it may have been a smaller one meanwhile."""
        self._painter.forget()
        for screen in self.screen_stack[-1:]:
            screen.refresh()

    @on(LoadingScreen.Done)
    def _open(self) -> None:
        # Imported only now: the first paint does not wait for plotext.
        from gdtui.ui.workbench import Workbench

        if not self._loading:
            return
        history = None
        try:
            dataset, surface = self._loading.result()
            if self._keeper:
                history, self._autosave = self._keeper.begin(self._loading, self._tell)
                self._autosave.start()
        except DataError as error:
            self.exit(error, return_code=2)
            return
        workbench = Workbench(
            dataset,
            surface,
            self._settings,
            pace=self._pace,
            run_at_once=self._run_at_once,
            fps=self._fps,
            turn=self._turn,
            history=history,
            source=self._loading.source,
            autosave=self._autosave,
        )
        self.switch_screen(workbench)
        if not self.is_headless:
            # What is there by now stays to the end: to look through it for garbage, again and
            # again, took a tenth of the time of each frame.
            self.call_after_refresh(gc.freeze)

    def _handle_exception(self, error: Exception) -> None:
        # A screen that opens as the end comes is left without its widgets by Textual.
        if self._exit and isinstance(error, NoMatches):
            return
        if self.fault is None:
            # In a small window Textual's traceback can't be read.
            bug = error.error if isinstance(error, WorkerFailed) else error
            self.fault = log_fault("a bug ended gdtui", bug)
        super()._handle_exception(error)

    def action_command_palette(self) -> None:
        """Show the command palette."""
        if not isinstance(self.screen, CommandPalette):
            # Without Textual's id for it: the one before may still be closing.
            self.push_screen(Palette())

    def search_themes(self) -> None:
        """Show the palette of themes."""
        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

    def pop_screen(self) -> AwaitComplete:
        """Close what lies over the workbench, but never the workbench itself.

        Two quick clicks dismiss the command palette twice, and would take what is below it along.
        """
        if len(self.screen_stack) <= 2:
            return AwaitComplete()
        return super().pop_screen()

    def on_unmount(self) -> None:
        """Stop reading."""
        if self._loading:
            self._loading.cancel()

    def action_interrupt(self) -> None:
        """End as an interrupt from the terminal does."""
        self.exit(return_code=128 + signal.SIGINT)
        if not self.is_headless:
            self._force_soon(128 + signal.SIGINT)

    def _force_soon(self, status: int) -> None:
        """Textual waits for its output to be written: a lost terminal never lets that happen."""
        last_resort = Timer(GRACE, self._end_now, (self._driver, status))
        last_resort.daemon = True
        last_resort.start()

    def _end_now(self, driver: Driver | None, status: int) -> None:
        if self._autosave:
            self._autosave.finish(LAST_MOMENT)
        end_by_force(driver, status)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: all that a key does, and the themes."""
        for binding in screen.BINDINGS:
            if isinstance(binding, Binding) and binding.tooltip and binding.key != "ctrl+p":
                yield SystemCommand(
                    binding.description,
                    binding.tooltip,
                    lambda action=binding.action: screen.run_action(action),
                )
        yield SystemCommand("Theme", "light, dark and others", self.action_change_theme)
