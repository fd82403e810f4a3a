"""The app: it waits for the data, opens the workbench, and ends as the system asks it to."""

from __future__ import annotations

import asyncio
import gc
import selectors
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from textual import on
from textual.actions import parse
from textual.app import SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.command import CommandPalette
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import ThemeProvider

from gdtui.core.settings import Settings
from gdtui.dataset import DataError
from gdtui.faults import log_fault
from gdtui.loading import Loading, sample_problem
from gdtui.problem import Problem
from gdtui.runs.history import History
from gdtui.sessions.autosave import LAST_MOMENT, Autosave
from gdtui.sessions.opening import Opening
from gdtui.ui.ascii import InASCII
from gdtui.ui.clock import Clock
from gdtui.ui.commands import Commands, Explains
from gdtui.ui.dialogs.loading import LoadingScreen
from gdtui.ui.dialogs.sessions import SessionsScreen
from gdtui.ui.elsewhere import Elsewhere
from gdtui.ui.textual_fixes.changed_cells import ChangedCells
from gdtui.ui.textual_fixes.exception_hook import ExceptionHook
from gdtui.ui.textual_fixes.forced_end import ForcedEnd
from gdtui.ui.textual_fixes.key_driver import KeyDriver
from gdtui.ui.textual_fixes.late_screens import LateScreens
from gdtui.ui.textual_fixes.palette import Palette
from gdtui.ui.textual_fixes.suspend import Suspending
from gdtui.ui.theme import DARK, LIGHT, ROLE_SHEET

if TYPE_CHECKING:
    from gdtui.following.reading import LineReader
    from gdtui.lessons.course import Course
    from gdtui.scene import Program

# Seconds after which a thread that wants the interpreter gets it: a key should not wait for more.
SWITCH = 0.001


# Rich's names of what has 16 colours at most, too few to shade with.
_FEW_COLOURS = (None, "standard", "windows")


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


def _leave_alone_what_is_there() -> None:
    """Look for garbage from now on, and only in what is new.

    What is there by now stays to the end: to look through it, again and again, took a tenth of the
    time of each frame.
    """
    gc.freeze()
    gc.enable()


class Laboratory(
    ChangedCells[DataError],
    ExceptionHook[DataError],
    ForcedEnd[DataError],
    LateScreens[DataError],
    Suspending[DataError],
):
    """The gradient-descent laboratory; ends with the DataError of a file it can't read."""

    CSS_PATH = "laboratory.tcss"
    CSS = ROLE_SHEET
    TITLE = "gdtui"
    # A selection that begins on a key of the footer fails while the footer changes; with shift held
    # the terminal itself selects.
    ALLOW_SELECT = False
    COMMANDS = {Commands}
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
        opening: Opening | None = None,
        clock: Clock | None = None,
        course: Course | None = None,
        program: Program | None = None,
        readers: Sequence[LineReader] = (),
    ) -> None:
        super().__init__()
        # A row that slides costs bytes on a slow link, and tells nothing.
        self.animation_level = "none"
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self._more_filters = [InASCII()] if ascii_only else []
        few = ascii_only or self.no_color or self.console.color_system in _FEW_COLOURS
        self.set_class(few, "-few-colours")
        self._loading = loading
        self._settings = settings
        self._pace = pace
        self._run_at_once = run_at_once
        self._fps = fps
        self._turn = Event()
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._opening = opening
        self._clock = clock
        self._course = course
        self._program = program
        self._readers = readers
        # The runs over the data, while a lesson goes on elsewhere.
        self._history: History | None = None
        self._autosave: Autosave | None = None
        self.fault: str | None = None
        """Where the details are of a bug that ended the app, if one did."""

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice, but for the terminals that it reads by looking again and again."""
        chosen = super().get_driver_class()
        return KeyDriver if chosen is LinuxDriver else chosen

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line of the screen goes through before it is shown."""
        return [*super().get_line_filters(), *self._more_filters]

    def run_on_terminal(self) -> DataError | None:
        """Run until the user leaves; returns what is wrong with the data, if so."""
        sys.setswitchinterval(SWITCH)

        def make_loop() -> asyncio.AbstractEventLoop:
            return asyncio.SelectorEventLoop(TurnTaking(self._turn))

        try:
            with asyncio.Runner(loop_factory=make_loop) as runner:
                return runner.run(self._run())
        finally:
            if self._autosave:
                self._autosave.finish()

    async def _run(self) -> DataError | None:
        try:
            return await self.run_async()
        finally:
            self._event_loop = None

    @property
    def trouble(self) -> str | None:
        """Why the session is not saved, if so."""
        return self._autosave.trouble if self._autosave else None

    def sent(self, screen: Screen[object]) -> None:
        """Let the reading begin, now that there is something to look at."""
        if isinstance(screen, LoadingScreen):
            screen.painted()

    def obey_signals(self) -> None:
        """End by the signals that ask for it, from now on, with the terminal as it was."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        """Called by Python itself: the loop may wait for a terminal that takes no more output."""
        if self._event_loop is None:
            sys.exit(128 + number)
        with suppress(RuntimeError):  # the loop has ended already
            self._event_loop.call_soon_threadsafe(self.exit, None, 128 + number)
        # Textual waits for its output to be written: a lost terminal never lets that happen.
        self.force_end_soon(128 + number)

    def on_load(self) -> None:
        """Know the event loop, for signals and other threads."""
        self._event_loop = asyncio.get_running_loop()

    def on_mount(self) -> None:
        """Wait for the data."""
        if self._loading:
            self.push_screen(LoadingScreen(self._loading))
        elif self._readers:
            # Imported only now, as the workbench is.
            from gdtui.ui.following import FollowScreen

            self.push_screen(FollowScreen(self._readers, self._turn, self._fps, self._clock))
            self._search_new_garbage()
        elif self._opening:
            self.push_screen(SessionsScreen(self._opening.choices))

    @on(SessionsScreen.Chosen)
    def _reopen(self, event: SessionsScreen.Chosen) -> None:
        if not self._opening or self._loading:
            return
        try:
            self._loading = self._opening.choose(event.name)
        except DataError as error:
            self.exit(error, return_code=2)
            return
        self.switch_screen(LoadingScreen(self._loading))

    def _tell(self, words: str) -> None:
        """Say something, from any thread."""
        if self._event_loop:
            told = partial(self.notify, words, severity="warning", markup=False)
            with suppress(RuntimeError):  # the loop has ended already
                self._event_loop.call_soon_threadsafe(told)

    @on(LoadingScreen.Done)
    def _open(self) -> None:
        if not self._loading:
            return
        try:
            problem = self._loading.result()
            if self._opening:
                self._history, self._autosave = self._opening.begin(problem, self._tell)
                self._autosave.start()
        except DataError as error:
            self.exit(error, return_code=2)
            return
        self._work_on(problem, self._settings, self._course)
        self._search_new_garbage()

    def _search_new_garbage(self) -> None:
        """Once all is shown, look for garbage; without a screen that is for others to say."""
        if not self.is_headless:
            self.call_after_refresh(_leave_alone_what_is_there)

    def _work_on(self, problem: Problem, settings: Settings, course: Course | None) -> None:
        """Open a workbench; only runs over what was loaded are kept."""
        # Imported only now: the first paint does not wait for plotext.
        from gdtui.ui.workbench import Workbench

        if isinstance(self.screen, Workbench) and self._is_loaded(self.screen.bench.problem):
            self._history = self.screen.bench.history
        own = self._is_loaded(problem)
        workbench = Workbench(
            problem,
            settings,
            pace=self._pace,
            run_at_once=self._run_at_once and not course,
            fps=self._fps,
            turn=self._turn,
            history=self._history if own else None,
            autosave=self._autosave if own else None,
            clock=self._clock,
            course=course,
            program=self._program if own else None,
        )
        self.switch_screen(workbench)

    def _is_loaded(self, problem: Problem) -> bool:
        return self._loading is not None and problem is self._loading.result()

    @on(Elsewhere)
    def _go_elsewhere(self, event: Elsewhere) -> None:
        from gdtui.core.landscapes import LANDSCAPES

        start, loaded = event.course.card.start, self._loading and self._loading.result()
        if event.surface:
            problem = Problem.of_landscape(LANDSCAPES[event.surface])
        elif loaded and loaded.dataset:
            problem = loaded
        else:
            problem = sample_problem()
        self._work_on(problem, start.settings if start else self._settings, event.course)

    def hear(self, bug: BaseException) -> None:
        """Log the first bug: in a small window Textual's traceback can't be read."""
        if self.fault is None:
            self.fault = log_fault("a bug ended gdtui", bug)

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
        for reader in self._readers:
            reader.stop()

    def action_interrupt(self) -> None:
        """End as an interrupt from the terminal does."""
        self.exit(return_code=128 + signal.SIGINT)
        if not self.is_headless:
            self.force_end_soon(128 + signal.SIGINT)

    def last_moment(self) -> None:
        """Save for the last time."""
        if self._autosave:
            self._autosave.finish(LAST_MOMENT)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: all that a key does, the themes, and what explains the screen."""
        for binding in screen.BINDINGS:
            if not isinstance(binding, Binding) or binding.key == "ctrl+p":
                continue
            _, action, parameters = parse(binding.action)
            if binding.tooltip and screen.check_action(action, parameters):
                yield SystemCommand(
                    binding.description,
                    binding.tooltip,
                    lambda action=binding.action: screen.run_action(action),
                )
        yield SystemCommand("Theme", "light, dark and others", self.action_change_theme)
        if isinstance(screen, Explains):
            told = {e.name: e.words for part in screen.explanations().values() for e in part}
            for name, words in told.items():
                explain = partial(screen.explain, name)
                yield SystemCommand(f"Explain: {name} (i)", words, explain, discover=False)
