"""The workbench: panels, plots and log; it hands keys to the bench and scenes to the widgets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property, partial

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Grid, Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Label

from gdtui.bench import Bench
from gdtui.core.descent import Step
from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.printable import printable
from gdtui.core.settings import Settings
from gdtui.drawing import Drawing, Page
from gdtui.export.command import command, not_carried
from gdtui.export.figures import caption, plot_files
from gdtui.export.files import ExportError, working_folder
from gdtui.export.lines import beside
from gdtui.export.registry import EXPORTERS, Exporter, ExportRequest
from gdtui.lessons.course import Course
from gdtui.now import Explained, Now, rows_explained, settings_explained
from gdtui.problem import Problem
from gdtui.runs.guess import EXPECTED, Guess
from gdtui.runs.history import History
from gdtui.scene import THIS_STEP, Program, Scene
from gdtui.schemes import ON_DARK, ON_LIGHT
from gdtui.sessions.autosave import Autosave
from gdtui.theory.divergence import ALARMING
from gdtui.ui import captions
from gdtui.ui.background_export import EXPORT, Pause, StoppedError
from gdtui.ui.clock import AppClock, Clock, frames_a_second, rest_after_frame
from gdtui.ui.dialogs.examples import ExamplesScreen
from gdtui.ui.dialogs.explain import ExplainScreen
from gdtui.ui.dialogs.export import ExportScreen
from gdtui.ui.dialogs.lines import LineScreen
from gdtui.ui.dialogs.question import Question
from gdtui.ui.dialogs.runs import RaceScreen, RunsScreen
from gdtui.ui.keys import ALWAYS, BINDINGS, GROUPS, HINTS, situation_of
from gdtui.ui.teaching import Teaching
from gdtui.ui.textual_fixes.prompt_repaint import PromptRepaint
from gdtui.ui.textual_fixes.stale_sizes import IgnoresStaleSizes
from gdtui.ui.textual_fixes.styled_once import StyledOnce
from gdtui.ui.widgets.help_panel import HelpPanel
from gdtui.ui.widgets.hint_row import HintRow
from gdtui.ui.widgets.iteration_log import IterationLog
from gdtui.ui.widgets.lesson_card import LessonCard
from gdtui.ui.widgets.plot import Plot, Plots
from gdtui.ui.widgets.readout import Readout
from gdtui.ui.widgets.settings_panel import Field, NumberField, SettingsPanel
from gdtui.ui.widgets.standings import Standings
from gdtui.ui.widgets.tab_strip import TabStrip
from gdtui.views import SHORT_NAMES, VIEWS
from gdtui.views.view import explained

# Columns that a plot needs to stand beside another one.
PLOT_COLUMNS = 42
# From this height on the plots stand in two rows.
TWO_ROWS = 50
# Below this size the plot needs the row that names the others.
TAB_COLUMNS, TAB_ROWS = 40, 12
# Below this height there is no log.
LOG_ROWS = 18
# From this width on the title has room for every word.
WIDE_SCREEN = 100
# Rows that a lesson's card takes, if that is no more than half of them.
CARD_ROWS = 12
# What else may be guessed of a run than what it does.
HOW_MANY = "after how many iterations it is within 1% of the minimum ..."
WHERE_TO = "where in the valley its first step leads: arrows, then enter"
# Seconds for which words stay that are to be read or typed.
LONG = 12.0
# How much of a folder's name, and of a message, there is room for.
FOLDER, WORDS = 50, 400
# The width that the style sheet gives the left column.
LEFT_COLUMNS = 32


class Workbench(IgnoresStaleSizes, StyledOnce[None], PromptRepaint[None]):
    """Keys go to the bench, and its scenes to the widgets; it does nothing else."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (WIDE_SCREEN, "-wide")]
    VERTICAL_BREAKPOINTS = [
        (0, "-low"),
        (LOG_ROWS, "-short"),
        (24, "-tall"),
        (30, "-roomy"),
        (36, "-high"),
        (50, "-towering"),
    ]
    BINDINGS = BINDINGS

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        *,
        pace: float | None = None,
        run_at_once: bool = False,
        fps: float | None = None,
        turn: threading.Event | None = None,
        history: History | None = None,
        autosave: Autosave | None = None,
        clock: Clock | None = None,
        course: Course | None = None,
        program: Program | None = None,
    ) -> None:
        super().__init__()
        self._fps = frames_a_second(fps)
        self._ticking = False
        self._run_at_once = run_at_once
        self._turn = turn or threading.Event()
        self._turn.set()
        self._clock = clock or AppClock(self)
        self._workers = self._clock.worker(self._turn), self._clock.worker(self._turn)
        self.bench = Bench(
            problem,
            settings,
            *self._workers,
            self._clock.now,
            views=list(VIEWS),
            pace=pace,
            history=history,
            program=program,
            changed=autosave.touch if autosave else lambda: None,
        )
        self._course = course
        # The views, the zoom and whether a lesson is on, that all was arranged for.
        self._arranged: tuple[list[str], bool, bool] = [], False, False
        # What gives the steps of the run in the log.
        self._followed: Callable[[int, int], Sequence[Step]] | None = None

    def compose(self) -> ComposeResult:
        """Title, hyperparameters and figures at the left, plots above the log, keys below."""
        with Horizontal(id="title"):
            yield Label("gdtui", id="name")
            yield Label(self.bench.problem.title, id="what", markup=False)
            yield Label("", id="status", markup=False)
        with Grid(id="main"):
            with Vertical(id="left"):
                yield SettingsPanel(self.bench.wanted)
                yield Readout()
            with Vertical(id="right"):
                yield TabStrip(SHORT_NAMES)
                yield Plots()
            with Horizontal(id="below"):
                yield IterationLog()
                yield Standings()
                yield LessonCard()
        yield HintRow()
        yield HelpPanel(GROUPS)

    # Kept once found: a search through the widgets in every frame would cost a tenth of it.

    @cached_property
    def _plots(self) -> Plots:
        return self.query_one(Plots)

    @cached_property
    def _tabs(self) -> TabStrip:
        return self.query_one(TabStrip)

    @cached_property
    def _hints(self) -> HintRow:
        return self.query_one(HintRow)

    @cached_property
    def _readout(self) -> Readout:
        return self.query_one(Readout)

    @cached_property
    def _log(self) -> IterationLog:
        return self.query_one(IterationLog)

    @cached_property
    def _standings(self) -> Standings:
        return self.query_one(Standings)

    @cached_property
    def _teaching(self) -> Teaching:
        card = self.query_one(LessonCard)
        return Teaching(
            self.app, lambda: self.bench, card, self.post_message, self.show, self.notify
        )

    @cached_property
    def _status(self) -> Label:
        return self.query_one("#status", Label)

    @cached_property
    def _panel(self) -> SettingsPanel:
        return self.query_one(SettingsPanel)

    @cached_property
    def _help(self) -> HelpPanel:
        return self.query_one(HelpPanel)

    def on_mount(self) -> None:
        """Start the workers, idle; with --run, the run too."""
        for worker in self._workers:
            worker.start()
        self.show()
        self.bench.tend()
        if self._course:
            self._teaching.begin(self._course)
        elif self.bench.program:
            self._teaching.show_check(self.bench.program)
            self._obey(self.bench.finish)
        if self._run_at_once and not self.bench.run.replaying:
            self._obey(self.bench.toggle_run)

    def on_unmount(self) -> None:
        """Stop the workers."""
        for worker in self._workers:
            worker.stop()

    # What is shown

    def show(self) -> None:
        """Show the bench as it is; while something goes on, frame after frame."""
        if self._arranged != self._arrangement:
            self._arrange()
        if self._ticking:
            self._frame()
        else:
            self._tick()

    @property
    def _arrangement(self) -> tuple[list[str], bool, bool]:
        return list(self.bench.views), self.bench.zoomed, self._teaching.is_on

    def _tick(self) -> None:
        for worker in self._workers:
            if worker.failure is not None:
                raise worker.failure
        begun = self._clock.now(), self._clock.work_time()
        self.bench.tend()
        self._ticking = self._frame()
        if self._ticking:
            self.call_once_shown(partial(self._await_tick, *begun))

    def _await_tick(self, begun: float, begun_working: float) -> None:
        """Wait for the next frame."""
        took = self._clock.now() - begun
        worked = self._clock.work_time() - begun_working
        self._clock.call_later(rest_after_frame(self._fps, took, worked), self._tick)

    def _frame(self) -> bool:
        """Show all as it is now; returns whether what is shown will go on changing."""
        if not self._panel.has_focus_within:  # what is set there is set for the run it shows
            self.bench.follow_leader()
        self._teaching.observe()
        scene = self.bench.scene()
        self._panel.show(scene.wanted)
        self._plots.show(scene)
        self._readout.show(scene, list(self._seen.values()))
        if self._followed != scene.steps:
            self._followed = scene.steps
            text_beside = beside(scene.surface, scene.newest.settings)
            self._log.follow(scene.steps, text_beside, scene.newest.first)
        closing = "\n".join(
            filter(None, [captions.closing(scene.newest, scene.surface), scene.answer])
        )
        self._log.set_class(scene.status in ALARMING, "-alarm")
        tunings = captions.tunings(scene.newest)
        self._log.show(scene.newest.lines, closing, tunings, scene.cursor)
        # In the past the lines of its run matter again.
        self.set_class(bool(scene.racers) and scene.cursor is None, "-racing")
        self._standings.show(scene)
        self._show_status(scene)
        self._show_hints(scene)
        return scene.goes_on

    def _show_hints(self, scene: Scene) -> None:
        in_field = isinstance(self.focused, NumberField)
        self._hints.show(HINTS[situation_of(self.bench, scene, in_field)], ALWAYS)

    def on_descendant_focus(self) -> None:
        """In a field other keys matter."""
        self._show_hints(self.bench.scene())

    def on_descendant_blur(self) -> None:
        """Other keys matter outside of a field."""
        self._show_hints(self.bench.scene())

    @on(HintRow.Pressed)
    def _hint_pressed(self, event: HintRow.Pressed) -> None:
        self.app.simulate_key(event.key)

    def _show_status(self, scene: Scene) -> None:
        text = captions.status(scene, short=self.app.size.width < WIDE_SCREEN)
        status = self._status
        if text != status.content:
            # A new layout of the screen is dear: only where the words take another width.
            status.update(text, layout=len(text) != status.size.width)
        if not status.has_class(f"-{scene.status}"):
            status.set_classes(f"-{scene.status}")

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the plots anew; they draw themselves again at their new sizes."""
        super().on_resize(event)
        self._arrange()
        self._show_status(self.bench.scene())

    def _arrange(self) -> None:
        """Show the chosen plot and as many others as fit beside it."""
        bench = self.bench
        self._arranged = self._arrangement
        narrow = self.app.size.width < self.HORIZONTAL_BREAKPOINTS[1][0]
        room = self.app.size.width - (0 if narrow or bench.zoomed else LEFT_COLUMNS)
        fitting = 1 if bench.zoomed else min(max(1, room // PLOT_COLUMNS), len(VIEWS))
        high = self.app.size.height >= TWO_ROWS
        columns = -(-fitting // 2) if high else fitting
        self._plots.lay_out(bench.views[-fitting:], bench.view if fitting > 1 else "", columns)
        self.set_class(bench.zoomed, "-zoomed")
        self.set_class(self._teaching.is_on, "-lesson")
        width, height = self.app.size
        self._tabs.display = width >= TAB_COLUMNS and height >= TAB_ROWS
        self._tabs.show(bench.view)
        self.query_one("#main", Grid).styles.grid_rows = self._heights(height, narrow)

    def _heights(self, height: int, narrow: bool) -> str:
        """The rows for figures, plots and log; the style sheet would round the quarter up."""
        below = height // 4 if height >= LOG_ROWS and not self.bench.zoomed else 0
        figures = ("5 " if below else "2 ") if narrow and not self.bench.zoomed else ""
        if self._teaching.is_on:
            below = min(max(CARD_ROWS, height // 4), height // 2)
        return f"{figures}1fr" + (f" {below}" if below else "")

    # Keys to the bench

    def _enter(self) -> None:
        """Take what is typed in the panel, as the enter key would."""
        for parameter, value in self._panel.entered():
            self._say(self.bench.want(parameter, value))

    def _obey(self, command: Callable[[], str | None]) -> None:
        """One command to the bench, with the settings that are typed; then show what came of it."""
        self._enter()
        self._look(command)

    def _look(self, command: Callable[[], str | None]) -> None:
        """One command that leaves what is being typed alone; then show what came of it."""
        self._say(command())
        self.show()

    def _say(self, words: str | None) -> None:
        if words:
            self.notify(words)

    @on(SettingsPanel.Asked)
    def _settings_asked(self, event: SettingsPanel.Asked) -> None:
        self._say(self.bench.want(event.parameter, event.value))
        self.show()

    @on(Field.Left)
    def _field_left(self) -> None:
        self.set_focus(None)

    def action_bench(self, command: str, *arguments: Value) -> None:
        """A command of the bench, with the settings that are typed."""
        self._obey(partial(getattr(self.bench, command), *arguments))

    def action_look(self, command: str, *arguments: Value) -> None:
        """A command of the bench that leaves what is being typed alone."""
        self._look(partial(getattr(self.bench, command), *arguments))

    def action_run(self) -> None:
        """Run or pause; a field gives the focus back."""
        self._obey(self.bench.toggle_run)
        if self._panel.has_focus_within:
            self.set_focus(None)

    async def action_start(self) -> None:
        """Look at the start of the run, or of the help while it is open."""
        if self._help.display:
            await self.action_log("scroll_home")
        else:
            self._look(self.bench.look_at_start)

    async def action_live(self) -> None:
        """Look at the newest iteration, and follow it."""
        await self.action_log("scroll_end")
        if not self._help.display:
            self._look(self.bench.follow_newest)

    def action_go(self) -> None:
        """Ask for an iteration, and look at it."""
        run = self.bench.run
        first, newest = run.start_point.iteration, run.iteration

        def check(text: str) -> int:
            limits = Hyperparameter("at", "iteration", 0, "", "", low=first, high=run.iteration)
            return int(limits.parse(text))

        def go(text: str | None) -> None:
            if text is not None:
                self._look(partial(self.bench.look_at, check(text)))

        question = f"Go to iteration, {first} to {newest}"
        self.app.push_screen(Question(question, "", check), go)

    @on(IterationLog.Chosen)
    def _line_chosen(self, event: IterationLog.Chosen) -> None:
        self._look(partial(self.bench.look_at, event.number))

    @on(Standings.Chosen)
    def _racer_chosen(self, event: Standings.Chosen) -> None:
        self._look(partial(self.bench.look_at_run, event.number))

    def action_explain(self) -> None:
        """Explain what the plots show, each figure of Now, and each setting."""
        self._enter()
        self.show()
        self.explain()

    def explain(self, name: str = "") -> None:
        """Explain the screen, from this name on."""
        self.app.push_screen(ExplainScreen(self.explanations(), name))

    def explanations(self) -> dict[str, list[Explained]]:
        """What explains the screen, by where it is to be seen; the chosen plot comes first."""
        scene = self.bench.scene()
        now = Now.of(scene)
        return {
            **{view: explained(view, shown, now) for view, shown in self._seen.items()},
            "Now": rows_explained(now),
            "Hyperparameters": settings_explained(scene.wanted),
        }

    @property
    def _seen(self) -> dict[str, Drawing | Page]:
        """What the plots on screen have drawn, by their views; the chosen one comes first."""
        plots = sorted(self._plots.shown, key=lambda plot: plot.view != self.bench.view)
        return {plot.view: plot.shown for plot in plots if plot.shown}

    def action_guess(self) -> None:
        """Ask what the run will do, before it does."""
        self._enter()
        self.bench.is_about_to_guess = True
        self.show()
        verdicts = list(EXPECTED)
        lines = [*EXPECTED.values(), HOW_MANY, WHERE_TO]

        def check(text: str) -> Guess:
            count = Hyperparameter("guess", "guess", 1, "", "", low=0)
            return Guess(within=int(count.parse(text)))

        def leave(command: Callable[[], str | None]) -> None:
            self.bench.is_about_to_guess = False
            self._look(command)

        def count(text: str | None) -> None:
            leave(partial(self.bench.guess, check(text)) if text is not None else lambda: None)

        def take(number: int | None) -> None:
            if number is None:
                leave(lambda: None)
            elif number < len(verdicts):
                leave(partial(self.bench.guess, Guess(verdict=verdicts[number])))
            elif lines[number] == HOW_MANY:
                self.app.push_screen(
                    Question("Within 1% after how many iterations?", "", check), count
                )
            else:
                leave(self.bench.begin_guess)

        self.app.push_screen(LineScreen("Your guess of this run", lines), take)

    def action_runs(self) -> None:
        """Show the table of all runs."""
        bench = self.bench

        def changed() -> None:
            self._look(bench.history_changed)

        def look_at(number: int | None) -> None:
            if number is not None:
                self._look(partial(bench.look_at_run, number))

        self.app.push_screen(RunsScreen(bench.history, bench.entry.number, changed), look_at)

    def action_race(self) -> None:
        """Choose who races, and start."""
        self._enter()
        self.show()

        def start(racers: list[Settings] | None) -> None:
            if racers:
                self._obey(partial(self.bench.start_race, racers))

        choice = RaceScreen(self.bench.wanted, self.bench.history.entries)
        self.app.push_screen(choice, start)

    @on(TabStrip.Chosen)
    def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        self._look(partial(self.bench.choose, event.view))

    @on(Plot.Pointed)
    def _plot_pointed(self, event: Plot.Pointed) -> None:
        self._look(partial(self.bench.choose, event.view))
        if event.place:
            self._obey(partial(self.bench.point_at, *event.place))
        if event.last:
            self._look(self.bench.put_down)

    def action_open(self) -> None:
        """Put the walker down, adopt the rate picked, go on in the lesson, or open the examples."""
        surface = self.bench.run.surface.examples
        if self.bench.placing or self.bench.guessing:
            self._look(self.bench.put_down)
        elif (words := self.bench.adopt_picked()) is not None:
            self._look(lambda: words)
        elif self._teaching.course:
            self._teaching.enter()
        elif self.bench.view == THIS_STEP and surface:
            step, names = self.bench.looked_at.step, self.bench.problem.names
            self.app.push_screen(ExamplesScreen(surface, step, names))

    def action_escape(self) -> None:
        """Stop sweep and export, hide the help, put walker and field back, take messages away.

        Where there is nothing of that, leave the lesson.
        """
        sweep = self.bench.sweep
        placing = self.bench.placing or self.bench.guessing
        busy = placing or (sweep is not None and not sweep.snapshot().done)
        if not (busy or self._help.display or self._panel.has_focus_within):
            self._teaching.leave()
        self.bench.cancel()
        self.app.clear_notifications()
        if self.workers.cancel_group(self, EXPORT):
            self.notify("The export is stopped; no unfinished file is left.")
        self._help.display = False
        self._panel.cancel()
        self.set_focus(None)
        self.show()

    # What one takes away

    def action_lessons(self) -> None:
        """Show the lessons there are."""
        self._teaching.choose()

    def action_leaf(self, by: int) -> None:
        """Take another card of the lesson in hand."""
        self._teaching.turn(by)

    def action_card(self) -> None:
        """Show the whole card over the plots."""
        self._teaching.show_whole()

    def action_export(self) -> None:
        """Choose what is written to a file."""
        choices = list(EXPORTERS)

        def export(number: int | None) -> None:
            if number is not None:
                self._export(EXPORTERS[choices[number]])

        self.app.push_screen(ExportScreen(choices, printable(working_folder(), FOLDER)), export)

    def _export(self, exporter: Exporter) -> None:
        """Write new files, in a thread of its own: a long run takes its time."""
        bench, scene = self.bench, self.bench.scene()
        shown = [plot.view for plot in self._plots.shown]
        words = caption(bench.problem, bench.entry, scene)
        scheme = ON_DARK if self.app.current_theme.dark else ON_LIGHT

        long = "A long export: esc stops it."
        tell = partial(self.app.call_from_thread, self._tell, long)
        pause = Pause(self._turn, tell, self._clock.now)
        request = ExportRequest(
            working_folder(),
            bench.problem,
            bench.entry,
            bench.history.entries,
            lambda form: plot_files(scene, shown, words, scheme, form),
            pause,
        )

        def write() -> None:
            try:
                said = f"Written: {', '.join(str(path) for path in exporter(request))}"
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
        entry, source = self.bench.entry, self.bench.problem.source
        line = command(source, entry.run.settings)
        self.app.copy_to_clipboard(line)
        beside_it = not_carried(source, entry.run, entry.parent)
        self._tell("\n".join(filter(None, [printable(line, WORDS), beside_it])))

    # Log and help

    async def action_log(self, action: str) -> None:
        """Let the log scroll, or the card or help in front of it, wherever the focus is."""
        below: Widget = self._teaching.card if self._teaching.is_on else self._log
        shown = self._help if self._help.display else below
        await shown.run_action(action)

    async def action_help(self) -> None:
        """Show all keys, or hide them."""
        await self._help.toggle()
