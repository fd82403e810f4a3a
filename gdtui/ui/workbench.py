"""The workbench: panels, plots and log around one run; the one place that connects them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from functools import cached_property, partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Label

from gdtui.core.descent import Point, Status
from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.ladder import rung_above, rung_below
from gdtui.core.landscapes import Landscape
from gdtui.core.pacemaker import FULL_SPEED
from gdtui.core.printable import printable
from gdtui.core.run import Run, Snapshot
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.core.worker import Worker
from gdtui.dataset.text import Dataset
from gdtui.export.command import command, not_carried
from gdtui.export.files import ExportError
from gdtui.export.lines import beside
from gdtui.export.registry import EXPORTERS, Exporter, Taken
from gdtui.problem import Source
from gdtui.runs.history import Branch, Entry, History, branch_point
from gdtui.runs.race import Race
from gdtui.runs.sweep import Sweep, SweepSnapshot
from gdtui.sessions.autosave import Autosave
from gdtui.theory.verdict import advised_rate
from gdtui.ui import captions as words
from gdtui.ui.background_export import EXPORT, Pause, StoppedError
from gdtui.ui.dialogs.examples import ExamplesScreen
from gdtui.ui.dialogs.export import ExportScreen
from gdtui.ui.dialogs.question import Ask
from gdtui.ui.dialogs.runs import RaceScreen, RunsScreen
from gdtui.ui.drawing.svg import svg
from gdtui.ui.ghosts import Ghosts
from gdtui.ui.textual_fixes.painter import SparingCompositor
from gdtui.ui.textual_fixes.stale_sizes import Steady
from gdtui.ui.views import LOSS, SWEEP, THIS_STEP, VIEWS
from gdtui.ui.views.scene import Ghost, Scale, Scene
from gdtui.ui.widgets.help_panel import HelpPanel
from gdtui.ui.widgets.iteration_log import IterationLog
from gdtui.ui.widgets.plot import Plot
from gdtui.ui.widgets.readout import Readout
from gdtui.ui.widgets.settings_panel import SettingsPanel

# Frames a second: on a machine of one's own, and over a network.
LOCAL_FPS, REMOTE_FPS = 16.0, 10.0
# Seconds that Textual may wait of its own accord between a change and its repaint.
TEXTUAL_WAITS = 0.03
# Seconds in which a run is watched at the default pace.
WATCHED = 5
# The pace at which the ladder ends, and full speed begins.
FASTEST = 1e6
# Columns that a plot needs to stand beside another one.
PLOT_COLUMNS = 42
# From this height on the plots stand in two rows.
TWO_ROWS = 50
# From this width on the title has room for every word.
WIDE = 100
# Seconds for which words stay that are to be read or typed.
LONG = 12.0
# Said once on each visit to the past.
HOW_TO_BRANCH = "n starts a new run from here, with these settings; end lets them be."
# How much of a folder's name, and of a message, there is room for.
FOLDER, WORDS = 50, 400
# The width that the style sheet gives the left column.
LEFT_COLUMNS = 32

PARAMETERS: dict[str, Hyperparameter] = {parameter.name: parameter for parameter in SHARED}


_GROUPS: dict[str, Binding.Group] = {}


def _key(
    key: str,
    action: str,
    description: str,
    tooltip: str,
    display: str | None = None,
    group: str | None = None,
    priority: bool = False,
) -> Binding:
    """A key of the workbench; those with a place in the footer have a display or a group."""
    together = _GROUPS.setdefault(group, Binding.Group(group)) if group else None
    show = display is not None
    return Binding(
        key,
        action,
        description,
        show=show,
        key_display=display,
        priority=priority,
        tooltip=tooltip,
        group=together,
    )


class Workbench(Steady, Screen[None]):
    """Shows one run of descent on one surface, and obeys the keys."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-short"), (24, "-tall"), (30, "-roomy")]

    # Each key, once: the footer, the help panel, the palette and the README's table follow.
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("space", "toggle_run", "Run/Pause", "run, or pause", "space"),
        _key("s", "step", "Step", "one iteration", "s"),
        _key("f", "finish", "Finish", "run to the end at full speed"),
        _key("r", "restart", "Restart", "back to the start, as a new run", "r"),
        _key("minus", "rate(False)", "Lower lr", "learning rate down 1-2-5", "-", "Learning rate"),
        _key("plus,equals_sign", "rate(True)", "Raise lr", "and up", "+", "Learning rate"),
        _key("less_than_sign", "pace(False)", "Slower", "fewer iterations a second"),
        _key("greater_than_sign", "pace(True)", "Faster", "more of them, up to full speed"),
        _key("a", "advised", "Advised lr", "start again at half the critical learning rate"),
        _key("b", "bias", "Bias", "train the bias, or hold it"),
        _key("m", "method", "Method", "the next method"),
        _key("x", "standardize", "Standardize", "scale the feature, or take it as it is"),
        _key("l", "scale", "Scale", "loss: linear, log, log-log, or above the minimum"),
        _key("v", "along", "Cut", "valley along w, or along b"),
        _key("w", "sweep", "Try rates", "run with some sixty learning rates"),
        *(
            # In the footer one entry stands for all of them.
            _key(
                str(number),
                f"view({name!r})",
                "Plot" if number == 1 else name,
                f"plot: {name}",
                f"1-{len(VIEWS)}" if number == 1 else None,
            )
            for number, name in enumerate(VIEWS, 1)
        ),
        _key("z", "zoom", "Zoom", "only the chosen plot, or all"),
        _key("left", "move(-1)", "Back", "look an iteration back; sweep: a lower rate"),
        _key("right", "move(1)", "Forth", "and forth, at the end a step; sweep: a higher rate"),
        _key("shift+left", "move(-10)", "Ten back", "look ten iterations back"),
        _key("shift+right", "move(10)", "Ten forth", "and forth"),
        _key("ctrl+left", "percent(False)", "Percent back", "look a percent of the run back"),
        _key("ctrl+right", "percent(True)", "Percent forth", "and forth"),
        _key("home", "start", "To the start", "look at the start of the run"),
        _key("end", "live", "To the end", "look at the newest iteration, and follow it"),
        _key("g", "go", "Go to", "look at an iteration by its number"),
        _key("n", "branch", "Branch", "a new run from here, with the settings of the panel"),
        _key("h", "runs", "Runs", "all runs in a table: look, sort, hide, name, delete"),
        _key("t", "race", "Race", "methods and runs start together: which is first?"),
        _key("e", "export", "Export", "runs, plots or a script as new files"),
        _key("c", "copy", "Copy", "copy the command that repeats this run, and show it"),
        _key("enter", "open", "Open", "adopt the rate picked; open this step's examples"),
        _key("escape", "escape", "Escape", "stop sweep or export; leave help, field or message"),
        # With priority: the list of a select has no use for them, and fails where it has no height.
        _key("pageup", "log('page_up')", "Page up", "log: a page up", priority=True),
        _key("pagedown", "log('page_down')", "Page down", "log: a page down", priority=True),
        _key("question_mark", "help", "Help", "these keys, or hide them", "?"),
        _key("ctrl+p", "app.command_palette", "Palette", "every command, and the themes"),
        _key("q", "app.quit", "Quit", "leave gdtui", "q"),
    ]

    def __init__(
        self,
        dataset: Dataset | None,
        surface: Surface,
        settings: Settings,
        *,
        pace: float | None = None,
        run_at_once: bool = False,
        fps: float | None = None,
        turn: threading.Event | None = None,
        history: History | None = None,
        source: Source | None = None,
        autosave: Autosave | None = None,
    ) -> None:
        super().__init__()
        self._source = source or Source()
        self._autosave = autosave
        self._compositor = SparingCompositor()
        self._fps = fps or (REMOTE_FPS if "SSH_CONNECTION" in os.environ else LOCAL_FPS)
        self._ticking = False
        self._dataset = dataset
        # As the data are, and over the scaled feature: always the same two, for views that keep
        # what they drew of one.
        self._surfaces = {False: surface, True: surface.standardized()}
        self._chosen_pace = pace
        self._run_at_once = run_at_once
        self._scale = Scale.LINEAR
        self._along = "w"
        # The view chosen last comes last.
        self._views = list(VIEWS)[::-1]
        self._zoomed = False
        self._ghosts = Ghosts()
        self._race: Race | None = None
        # The iteration that is looked at; None for the newest.
        self._cursor: int | None = None
        # Whether the user knows what becomes of settings that are changed in the past.
        self._told = False
        self._turn = turn or threading.Event()
        self._turn.set()
        self._worker, self._sweeper = Worker(self._turn), Worker(self._turn)
        self._sweep: Sweep | None = None
        self._picked: int | None = None
        self.history = History() if history is None else history
        for entry in self.history.entries:
            entry.run.pace = self._pace_for(entry.run.settings)
        if not self.history.entries:
            pace = self._pace_for(settings)
            self.history.add(Run(self._surface_for(settings), settings, pace))
        self._entry = self.history.entries[-1]

    @property
    def current_run(self) -> Run:
        """The run that is looked at."""
        return self._entry.run

    def compose(self) -> ComposeResult:
        """Title, hyperparameters and figures at the left, plots above the log, keys below."""
        with Horizontal(id="title"):
            yield Label("gdtui", id="name")
            yield Label(words.title(self._dataset, self._surfaces[False]), id="what", markup=False)
            yield Label("", id="status", markup=False)
        with Horizontal(id="main"):
            with Vertical(id="left"):
                yield SettingsPanel(self.current_run.settings)
                yield Readout()
            with Vertical(id="right"):
                with Grid(id="plots"):
                    for name in VIEWS:
                        yield Plot(name)
                yield IterationLog()
        yield Footer(show_command_palette=False)
        yield HelpPanel(self.BINDINGS)

    # Kept once found: a search through the widgets in every frame would cost a tenth of it.

    @cached_property
    def _plots(self) -> list[Plot]:
        return list(self.query(Plot))

    @cached_property
    def _readout(self) -> Readout:
        return self.query_one(Readout)

    @cached_property
    def _log(self) -> IterationLog:
        return self.query_one(IterationLog)

    @cached_property
    def _status(self) -> Label:
        return self.query_one("#status", Label)

    def on_mount(self) -> None:
        """Start the worker, idle; with --run, the run too."""
        self._worker.start()
        self._sweeper.start()
        self._follow(self._entry)
        if self._run_at_once and not self._entry.run.replaying:
            self.action_toggle_run()

    def on_unmount(self) -> None:
        """Stop the workers."""
        self._worker.stop()
        self._sweeper.stop()

    # What is shown

    def _frame(self) -> bool:
        """Show all as it is now; returns whether what was shown will go on changing."""
        racing = self._race.snapshots() if self._race else []
        now = dict(zip(self._race.runs, racing, strict=True)) if self._race else {}
        live = now.get(self.current_run) or self.current_run.snapshot()
        past = None if self._cursor is None else self.current_run.snapshot_at(self._cursor)
        swept = self._sweep.snapshot() if self._sweep else None
        ghosts = self._ghosts.of(self.history.entries, self._entry.number, now)
        self._show(live, past, ghosts, swept)
        running = any(entry.run.status is Status.RUNNING for entry in self.history.entries)
        return running or (swept is not None and not swept.done)

    def _tick(self) -> None:
        """Show one frame after the other, for as long as something is going on."""
        for worker in (self._worker, self._sweeper):
            if worker.failure is not None:
                raise worker.failure
        begun = time.monotonic(), time.thread_time()
        self._worker.drive(self._driven)
        self._ticking = self._frame()
        if self._ticking:
            # Not by call_after_refresh: it would rely on a palette above, which may close unasked.
            self._invoke_later(partial(self._await_tick, *begun), self)

    def _await_tick(self, begun: float, begun_working: float) -> None:
        """Wait for the next frame: longer where frames take much work, or a slow link blocks."""
        took, worked = time.monotonic() - begun, time.thread_time() - begun_working
        blocked = took - worked - TEXTUAL_WAITS
        self.set_timer(max(1 / self._fps - took, 2 * worked, blocked), self._tick)

    def _show(
        self,
        live: Snapshot,
        past: Snapshot | None,
        ghosts: tuple[Ghost, ...],
        swept: SweepSnapshot | None,
    ) -> None:
        surface, snapshot = self.current_run.surface, past or live
        scene = Scene(
            surface,
            snapshot,
            ghosts,
            names=words.names(self._dataset),
            scale=self._scale,
            along=self._along,
            sweep=swept,
            picked=self._picked,
            live=live if past else None,
            winner=words.winner(self._winner),
        )
        for plot in self._plots:
            plot.show(scene)
        title = f"Now: run {self._entry.number}" if ghosts else "Now"
        self._readout.show(surface, snapshot, self._commanded.pace, title)
        closing = words.closing(live, surface)
        self._log.show(live.lines, closing, words.tunings(live), self._cursor)
        self._show_status(live)

    def _show_status(self, snapshot: Snapshot) -> None:
        text = words.status(snapshot, self._cursor, short=self.app.size.width < WIDE)
        status = self._status
        if text != status.content:
            # A new layout of the screen is dear: only where the words take another width.
            status.update(text, layout=len(text) != status.size.width)
        if not status.has_class(f"-{snapshot.status}"):
            status.set_classes(f"-{snapshot.status}")

    async def _on_idle(self, event: events.Idle) -> None:
        # Textual lets a change wait for the next sixtieth of a second; a key has waited enough.
        await super()._on_idle(event)
        if self._dirty_widgets:
            self._on_timer_update()

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the plots anew; they draw themselves again at their new sizes."""
        super().on_resize(event)
        self._arrange()
        self._show_status(self.current_run.snapshot())

    def _arrange(self) -> None:
        """Show the chosen plot and as many others as fit beside it."""
        narrow = self.app.size.width < self.HORIZONTAL_BREAKPOINTS[1][0]
        room = self.app.size.width - (0 if narrow or self._zoomed else LEFT_COLUMNS)
        fitting = 1 if self._zoomed else min(max(1, room // PLOT_COLUMNS), len(VIEWS))
        shown = self._views[-fitting:]
        for plot in self._plots:
            plot.display = plot.view in shown
            plot.chosen = plot.view == self._view and fitting > 1
        high = self.app.size.height >= TWO_ROWS
        columns = -(-fitting // 2) if high else fitting
        self.query_one("#plots", Grid).styles.grid_size_columns = columns
        self.set_class(self._zoomed, "-zoomed")

    @property
    def _view(self) -> str:
        """The view that was chosen last."""
        return self._views[-1]

    @property
    def _winner(self) -> tuple[Entry, int] | None:
        """Who was first in the race, once somebody was, unless it has been deleted since."""
        found = self._race.first if self._race else None
        if found is None:
            return None
        first, within = found
        return next(((e, within) for e in self.history.entries if e.run is first), None)

    # The run

    def _surface_for(self, settings: Settings) -> Surface:
        return self._surfaces[settings.standardize]

    def _pace_for(self, settings: Settings) -> float:
        return self._chosen_pace or max(settings.iterations / WATCHED, 1.0)

    def _follow(self, entry: Entry) -> None:
        """Look at another run."""
        self._entry, run = entry, entry.run
        self._leave_past()
        beside_it = beside(run.surface, run.settings)
        self._log.follow(run.steps, beside_it, run.start_point.iteration)
        self._obeyed()

    def _obeyed(self) -> None:
        """After a command to the run: wake the worker, have it saved, and show what came of it."""
        if self._autosave:
            self._autosave.touch()
        self._worker.drive(self._driven)
        if self._ticking:
            self._frame()
        else:
            self._tick()

    @property
    def _driven(self) -> Run | Race:
        """What the worker drives: first what replays have still to do, unless they are paused."""
        runs = [entry.run for entry in self.history.entries]
        going = (run for run in runs if run.replaying and run.status is Status.RUNNING)
        return next(going, self._commanded)

    @property
    def _commanded(self) -> Run | Race:
        """What keys start and stop."""
        return self._race or self.current_run

    def _begin(
        self, settings: Settings, start: Point | None = None, parent: Branch | None = None
    ) -> None:
        """A new run; the one before it stays in the table and on the plots."""
        self._part()
        surface, pace = self._surface_for(settings), self._pace_for(settings)
        self._follow(self.history.add(Run(surface, settings, pace, start), parent))

    def _part(self) -> None:
        """Stop what runs; a run that has not begun is not worth keeping."""
        self._commanded.pause()
        self._race = None
        for entry in self.history.entries[::-1]:
            if entry.run.status is Status.READY and not entry.run.replaying:
                self.history.drop(entry.number)

    def _adopt(self) -> None:
        """Bring the run to what the panel says: tune it, or begin another."""
        wanted = self._entered
        if wanted == self.current_run.settings:
            return
        # In the past they are those of a branch, if there comes one.
        if self._cursor is not None:
            return
        self._leave_race()
        try:
            self.current_run.tune(wanted)
        except ValueError:  # only the run can say: it may end at any moment
            self._begin(wanted)
        else:
            self.current_run.pace = self._pace_for(wanted)
            self._obeyed()

    def _leave_race(self) -> None:
        """Let the run that is looked at go on alone."""
        if self._race:
            goes_on = self.current_run.status is Status.RUNNING
            self._race.pause()
            self._race = None
            if goes_on:
                self.current_run.start()

    @property
    def _panel(self) -> SettingsPanel:
        return self.query_one(SettingsPanel)

    @property
    def _entered(self) -> Settings:
        """What the panel says, with what is typed in it."""
        self._panel.enter()
        return self._panel.settings

    @on(SettingsPanel.Changed)
    def _settings_changed(self) -> None:
        if self._cursor is not None and not self._told:
            self._told = True
            self.notify(HOW_TO_BRANCH)
        self._adopt()

    def action_toggle_run(self) -> None:
        """Run or pause; a run that has ended begins anew."""
        self._adopt()
        if self._is_running:
            self._commanded.pause()
        else:
            if self._has_ended:
                self._again()
            self._commanded.start()
        self._obeyed()

    @property
    def _is_running(self) -> bool:
        return self._race.running if self._race else self.current_run.status is Status.RUNNING

    @property
    def _has_ended(self) -> bool:
        return all(run.ended for run in (self._race.runs if self._race else [self.current_run]))

    def _again(self) -> None:
        """The same from the start: the run, or the race."""
        if self._race:
            self._begin_race([run.settings for run in self._race.runs])
        elif self._entry.parent:
            run = self.current_run
            self._begin(run.settings, run.start_point, self._entry.parent)
        else:
            self._begin(self._entered)

    def action_step(self) -> None:
        """Take one iteration, and stand still."""
        self._step(1)

    def _step(self, count: int) -> None:
        self._go_live()
        self._adopt()
        self._commanded.pause()
        self._commanded.advance(count)
        self._obeyed()

    def action_finish(self) -> None:
        """Run to the end at full speed."""
        self._adopt()
        self._commanded.finish()
        self._obeyed()

    def action_restart(self) -> None:
        """Go back to the start, as a new run."""
        self._adopt()
        self._again()

    # Hyperparameters and pace

    def _set(self, parameter: Hyperparameter, value: Value) -> None:
        self._panel.change(parameter, value)
        self._settings_changed()

    def action_rate(self, up: bool) -> None:
        """The next learning rate along 1-2-5."""
        self._adopt()
        parameter = PARAMETERS["lr"]
        self._set(parameter, parameter.stepped(self._panel.settings.lr, up))

    def action_bias(self) -> None:
        """Train the bias, or hold it."""
        self._adopt()
        self._set(PARAMETERS["bias"], not self._panel.settings.bias)

    def action_method(self) -> None:
        """The next method of the list."""
        self._adopt()
        keys = list(PARAMETERS["method"].choices)
        after = keys.index(self._panel.settings.method) + 1
        self._set(PARAMETERS["method"], keys[after % len(keys)])

    def action_standardize(self) -> None:
        """Scale the feature, or take it as it is."""
        self._adopt()
        if self._dataset is None:
            self.notify("A surface has no feature to scale.")
            return
        standardize = not self._panel.settings.standardize
        self._set(PARAMETERS["standardize"], standardize)

    def action_advised(self) -> None:
        """Start again at half the critical learning rate, where there is one."""
        self._adopt()
        step, settings = self.current_run.snapshot().step, self.current_run.settings
        advised = advised_rate(self.current_run.surface, settings, (step.w, step.b))
        if advised is None:
            self.notify(f"No learning rate is critical: {settings.chosen_method.bound}.")
            return
        self._panel.change(PARAMETERS["lr"], advised)
        self._begin(settings.change(PARAMETERS["lr"], advised))
        self.current_run.start()
        self._obeyed()

    def action_pace(self, up: bool) -> None:
        """The next pace along 1-2-5, or full speed above the fastest."""
        current = min(self._commanded.pace, 2 * FASTEST)
        pace = rung_above(current) if up else max(rung_below(current), 1.0)
        self._chosen_pace = FULL_SPEED if pace > FASTEST else pace
        self._commanded.pace = self.current_run.pace = self._chosen_pace
        self._obeyed()

    # The cursor

    @property
    def _shown(self) -> Snapshot:
        """The run as it is looked at."""
        run, at = self.current_run, self._cursor
        return run.snapshot() if at is None else run.snapshot_at(at)

    def _look_at(self, iteration: int) -> None:
        """Let all views stand at an iteration; at the newest one they go on with the run."""
        first, newest = self.current_run.start_point.iteration, self.current_run.iteration
        iteration = max(first, iteration)
        if iteration >= newest:
            self._go_live()
        else:
            self._cursor = iteration
        self._frame()

    def _go_live(self) -> None:
        """Look at the newest iteration again, with the settings that the run has."""
        if self._cursor is not None:
            self._leave_past()
            self._panel.adopt(self.current_run.settings)

    def _leave_past(self) -> None:
        """Let the cursor go along with the run; what was said about settings there is over."""
        for message in list(self.app._notifications):
            if message.message == HOW_TO_BRANCH:
                self.app._unnotify(message)
        self._cursor, self._told = None, False

    def action_move(self, by: int) -> None:
        """Look so many iterations further, or pick another trial of the sweep."""
        if self._view == SWEEP and self._sweep and self._sweep.trials:
            self._pick(by)
        elif self._cursor is None and by > 0:
            self._step(by)
        else:
            at = self.current_run.iteration if self._cursor is None else self._cursor
            self._look_at(at + by)

    def action_percent(self, up: bool) -> None:
        """Look at the neighbouring hundredth of the run."""
        run, at = self.current_run, self._cursor
        self._look_at(run.next_hundredth(run.iteration if at is None else at, up))

    async def action_start(self) -> None:
        """Look at the start of the run, or of the help while it is open."""
        if self._helping:
            await self.action_log("scroll_home")
        else:
            self._look_at(self.current_run.start_point.iteration)

    async def action_live(self) -> None:
        """Look at the newest iteration, and follow it."""
        await self.action_log("scroll_end")
        if not self._helping:
            self._go_live()
            self._frame()

    def action_go(self) -> None:
        """Ask for an iteration, and look at it."""
        run = self.current_run
        first, newest = run.start_point.iteration, run.iteration

        def check(text: str) -> int:
            limits = Hyperparameter("at", "iteration", 0, "", low=first, high=run.iteration)
            return int(limits.parse(text))

        def go(text: str | None) -> None:
            if text is not None:
                self._look_at(check(text))

        question = f"Go to iteration, {first} to {newest}"
        self.app.push_screen(Ask(question, "", check), go)

    @on(IterationLog.Chosen)
    def _line_chosen(self, event: IterationLog.Chosen) -> None:
        self._look_at(event.iteration)

    # Other runs

    def action_branch(self) -> None:
        """Begin a new run in the state that is looked at, with the settings of the panel."""
        settings, run, past = self._entered, self.current_run, self._shown
        if settings.iterations <= past.step.iteration:
            self.notify(
                f"Iteration {past.step.iteration} is the last: a branch needs more of them."
            )
            return
        start = branch_point(past, run.surface, settings, self._surface_for(settings))
        self._begin(settings, start, Branch(self._entry.number, start.iteration))

    def action_runs(self) -> None:
        """Show the table of all runs."""
        table = RunsScreen(self.history, self._entry.number, self._history_changed)
        self.app.push_screen(table, self._run_chosen)

    def _history_changed(self) -> None:
        self._entry = self.history[self._entry.number]
        self._obeyed()

    def _run_chosen(self, chosen: int | None) -> None:
        if chosen is None or chosen == self._entry.number:
            return
        entry = self.history[chosen]
        if self._race is None or entry.run not in self._race.runs:
            self._part()
        self._panel.adopt(entry.run.settings)
        self._follow(entry)

    def action_race(self) -> None:
        """Choose who races, and start."""
        self._adopt()
        self.app.push_screen(RaceScreen(self._entered, self.history.entries), self._race_chosen)

    def _race_chosen(self, chosen: list[Settings] | None) -> None:
        if chosen:
            self._begin_race(chosen)
            self._commanded.start()
            self._obeyed()

    def _begin_race(self, racers: Sequence[Settings]) -> None:
        """New runs that advance together; the first of them is looked at."""
        self._part()
        runs = [Run(self._surface_for(settings), settings) for settings in racers]
        self._race = Race(runs, self._pace_for(racers[0]))
        first, *_ = [self.history.add(run) for run in runs]
        self._panel.adopt(first.run.settings)
        self._follow(first)

    # What one looks at

    def action_scale(self) -> None:
        """The next scale of the loss."""
        scales = list(Scale)
        self._scale = scales[(scales.index(self._scale) + 1) % len(scales)]
        self._frame()

    def action_along(self) -> None:
        """Cut the valley along the other parameter."""
        self._along = "b" if self._along == "w" else "w"
        if self._along == "b" and not self.current_run.settings.bias:
            self._along = "w"
            self.notify("The valley runs along b once the bias is trained: b turns it on.")
        self._frame()

    def action_view(self, name: str) -> None:
        """Choose a plot."""
        self._views.remove(name)
        self._views.append(name)
        self._arrange()
        self._frame()

    @on(Plot.Chosen)
    def _plot_chosen(self, event: Plot.Chosen) -> None:
        self.action_view(event.view)
        if event.view == LOSS and event.x is not None:
            self._look_at(round(event.x))

    def action_zoom(self) -> None:
        """Give the chosen plot all the room, or take it back."""
        self._zoomed = not self._zoomed
        self._arrange()

    # What one takes away

    def action_export(self) -> None:
        """Choose what is written to a file."""
        choices = list(EXPORTERS)

        def export(number: int | None) -> None:
            if number is not None:
                self._export(EXPORTERS[choices[number]])

        self.app.push_screen(ExportScreen(choices, printable(_here(), FOLDER)), export)

    def _export(self, exporter: Exporter) -> None:
        """Write new files, in a thread of its own: a long run takes its time."""
        shown = [(p.view, p.rows, p.styles_by_role) for p in self._plots if p.display]
        data = self._dataset or self._surfaces[False]
        assert isinstance(data, Dataset | Landscape)
        entry = self.history[self._entry.number]

        def plots() -> dict[str, str]:
            return {view: svg(view, rows, styles) for view, rows, styles in shown}

        long = "A long export: esc stops it."
        pause = Pause(self._turn, partial(self.app.call_from_thread, self._tell, long))
        taken = Taken(_here(), data, self._source, entry, self.history.entries, plots, pause)

        def write() -> None:
            try:
                said = f"Written: {', '.join(str(path) for path in exporter(taken))}"
            except ExportError as reason:
                said = str(reason)
            except StoppedError:
                return
            self.app.call_from_thread(self._tell, printable(said, WORDS))

        self.run_worker(write, thread=True, group=EXPORT)

    def _tell(self, said: str) -> None:
        """Show words in which there may be names from files."""
        self.notify(said, timeout=LONG, markup=False)

    def action_copy(self) -> None:
        """Copy the command that repeats the run, and show it."""
        entry = self.history[self._entry.number]
        line = command(self._source, entry.run.settings)
        self.app.copy_to_clipboard(line)
        beside_it = not_carried(self._source, entry.run, entry.parent)
        self._tell("\n".join(filter(None, [printable(line, WORDS), beside_it])))

    # The sweep, and what enter opens

    def action_sweep(self) -> None:
        """Run with learning rates around the critical one, and show how each ends."""
        self._adopt()
        self._cancel_sweep()
        settings = self.current_run.settings
        self._sweep, self._picked = Sweep(self.current_run.surface, settings), None
        self._sweeper.drive(self._sweep)
        self.action_view(SWEEP)
        self._obeyed()

    def _cancel_sweep(self) -> None:
        if self._sweep:
            self._sweep.cancel()

    def _pick(self, by: int) -> None:
        """Pick another trial of the sweep."""
        trials = self._sweep.trials if self._sweep else ()
        if self._picked is None:
            lr = self.current_run.settings.lr
            self._picked = min(range(len(trials)), key=lambda i: abs(trials[i].lr - lr))
        else:
            self._picked = max(0, min(self._picked + by, len(trials) - 1))
        self._frame()

    def action_open(self) -> None:
        """Adopt the learning rate picked in the sweep, or open the table of the examples."""
        surface = self.current_run.surface
        if self._view == SWEEP and self._sweep and self._picked is not None:
            self._set(PARAMETERS["lr"], self._sweep.trials[self._picked].lr)
        elif self._view == THIS_STEP and isinstance(surface, LossSurface) and len(surface.x):
            self.app.push_screen(
                ExamplesScreen(surface, self._shown.step, words.names(self._dataset))
            )

    def action_escape(self) -> None:
        """Stop sweep and export, hide the help, leave the field, and take messages away."""
        self._cancel_sweep()
        self.app.clear_notifications()
        if self.workers.cancel_group(self, EXPORT):
            self.notify("The export is stopped; no unfinished file is left.")
        self.query_one(HelpPanel).display = False
        self.set_focus(None)

    async def action_log(self, action: str) -> None:
        """Let the log scroll, or the help while it is open, wherever the focus is."""
        shown = self.query_one(HelpPanel) if self._helping else self._log
        await shown.run_action(action)

    @property
    def _helping(self) -> bool:
        return self.query_one(HelpPanel).display

    def action_help(self) -> None:
        """Show all keys, or hide them."""
        panel = self.query_one(HelpPanel)
        panel.display = not panel.display


def _here() -> str:
    """The working directory, which may have been removed."""
    try:
        return os.getcwd()
    except OSError:
        return os.curdir
