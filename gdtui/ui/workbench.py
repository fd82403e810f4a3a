"""The workbench: panels, plots and log around one run; the one place that connects them."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from functools import cached_property, partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Label

from gdtui.core.dataset import Dataset
from gdtui.core.descent import Status
from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.ladder import rung_above, rung_below
from gdtui.core.run import FULL_SPEED, Run, Snapshot, Worker
from gdtui.core.settings import SHARED, Settings
from gdtui.core.stability import advised_rate, critical_rate
from gdtui.core.surface import LossSurface, Surface
from gdtui.core.sweep import Sweep, SweepSnapshot
from gdtui.core.text import printable
from gdtui.report import beside, closing
from gdtui.ui.drawing import figure
from gdtui.ui.examples import ExamplesScreen
from gdtui.ui.help_panel import HelpPanel
from gdtui.ui.iteration_log import IterationLog
from gdtui.ui.painter import SparingCompositor
from gdtui.ui.plot import Plot
from gdtui.ui.readout import Readout
from gdtui.ui.settings_panel import SettingsPanel
from gdtui.ui.steady import Steady
from gdtui.ui.views import SWEEP, THIS_STEP, VIEWS, Ghost, Scale, Scene

# Frames a second: on a machine of one's own, and over a network.
LOCAL_FPS, REMOTE_FPS = 16.0, 10.0
# Seconds that Textual may wait of its own accord between a change and its repaint.
TEXTUAL_WAITS = 0.03
# Seconds in which a run is watched at the default pace.
WATCHED = 5
# The pace at which the ladder ends, and full speed begins.
FASTEST = 1e6
# Earlier runs kept on the plots, and the glyphs that tell them apart.
GHOSTS = 6
GLYPHS = "123456789abcdefghijklmnopqrstuvwxyz"
# Columns that a plot needs to stand beside another one.
PLOT_COLUMNS = 42
# From this height on the plots stand in two rows.
TWO_ROWS = 50
# From this width on the title has room for every word.
WIDE = 100
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
        _key("left", "pick(-1)", "Lower rate", "in the sweep: a lower learning rate"),
        _key("right", "pick(1)", "Higher rate", "and a higher one"),
        _key("enter", "open", "Open", "adopt the rate picked; open this step's examples"),
        _key("escape", "escape", "Escape", "stop the sweep; leave help or a field"),
        _key("home", "log('scroll_home')", "First line", "log: the first line"),
        _key("end", "log('scroll_end')", "Newest line", "log: the newest, and follow it"),
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
        pace: float | None = None,
        run_at_once: bool = False,
        fps: float | None = None,
        turn: threading.Event | None = None,
    ) -> None:
        super().__init__()
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
        self._ghosts: deque[Ghost] = deque(maxlen=GHOSTS)
        self._runs = 0
        self._worker, self._sweeper = Worker(turn), Worker(turn)
        self._sweep: Sweep | None = None
        self._picked: int | None = None
        self.current_run = Run(self._surface_for(settings), settings, self._pace_for(settings))

    def compose(self) -> ComposeResult:
        """Title, hyperparameters and figures at the left, plots above the log, keys below."""
        with Horizontal(id="title"):
            yield Label("gdtui", id="name")
            yield Label(self._title(), id="what", markup=False)
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

    @property
    def _names(self) -> tuple[str, str]:
        """What the feature and the label are called."""
        if self._dataset is None:
            return "x", "y"
        return printable(self._dataset.feature), printable(self._dataset.label)

    def _title(self) -> str:
        data = self._dataset
        if data is None:
            return self._surfaces[False].title
        columns = " -> ".join(self._names)
        count = len(data.x)
        examples = "1 example" if count == 1 else f"{count:,} examples"
        return f"{printable(data.name)} · {columns} · {examples}"

    def on_mount(self) -> None:
        """Start the worker, idle; with --run, the run too."""
        self._worker.start()
        self._sweeper.start()
        self._follow(self.current_run)
        if self._run_at_once:
            self.action_toggle_run()

    def on_unmount(self) -> None:
        """Stop the workers."""
        self._worker.stop()
        self._sweeper.stop()

    # What is shown

    def _frame(self) -> bool:
        """Show all as it is now; returns whether what was shown will go on changing."""
        snapshot = self.current_run.snapshot()
        swept = self._sweep.snapshot() if self._sweep else None
        self._show(snapshot, swept)
        return snapshot.status is Status.RUNNING or (swept is not None and not swept.done)

    def _tick(self) -> None:
        """Show one frame after the other, for as long as something is going on."""
        for worker in (self._worker, self._sweeper):
            if worker.failure is not None:
                raise worker.failure
        begun = time.monotonic(), time.thread_time()
        self._ticking = self._frame()
        if self._ticking:
            # Not by call_after_refresh: it would rely on a palette above, which may close unasked.
            self._invoke_later(partial(self._await_tick, *begun), self)

    def _await_tick(self, begun: float, begun_working: float) -> None:
        """Wait for the next frame: longer where frames take much work, or a slow link blocks."""
        took, worked = time.monotonic() - begun, time.thread_time() - begun_working
        blocked = took - worked - TEXTUAL_WAITS
        self.set_timer(max(1 / self._fps - took, 2 * worked, blocked), self._tick)

    def _show(self, snapshot: Snapshot, swept: SweepSnapshot | None) -> None:
        surface = self.current_run.surface
        scene = Scene(
            surface,
            snapshot,
            tuple(self._ghosts),
            names=self._names,
            scale=self._scale,
            along=self._along,
            sweep=swept,
            picked=self._picked,
        )
        for plot in self._plots:
            plot.show(scene)
        self._readout.show(surface, snapshot, self.current_run.pace)
        self._log.show(snapshot.lines, self._closing_words(snapshot))
        self._show_status(snapshot)

    def _show_status(self, snapshot: Snapshot) -> None:
        place = f"{snapshot.reached} of {snapshot.settings.iterations}"
        if self.app.size.width >= WIDE:
            place = f"iteration {place}"
        scaled = "scaled · " if snapshot.settings.standardize else ""
        words = f"{scaled}{snapshot.status} · {place}"
        status = self._status
        if words != status.content:
            # A new layout of the screen is dear: only where the words take another width.
            status.update(words, layout=len(words) != status.size.width)
        if not status.has_class(f"-{snapshot.status}"):
            status.set_classes(f"-{snapshot.status}")

    def _closing_words(self, snapshot: Snapshot) -> str:
        """What stands below the log's last line: the answer, how the run ended, what to do."""
        outcome, settings, surface = snapshot.outcome, snapshot.settings, self.current_run.surface
        if outcome is None:
            return (
                "" if snapshot.step.iteration else "space runs, s takes one step, ? shows all keys"
            )
        critical = critical_rate(surface, settings, outcome.step[1:3])
        too_large = critical is not None and settings.lr > critical
        what_now = (
            "a starts again at half the critical rate, space as it was."
            if too_large
            else "Space runs again, - and + change the learning rate."
        )
        if outcome.status is Status.DIVERGED:
            return f"{closing(surface, settings, outcome)}. {what_now}"
        w, b = (figure(v, 20) for v in surface.raw(outcome.step.w, outcome.step.b))
        # Over a scaled feature, a bias that is held is another one for the feature as it was.
        both = settings.bias or settings.standardize
        answer = f"w={w}, b={b}" if both else f"w={w}"
        return f"{answer}\n{closing(surface, settings, outcome)}. {what_now}"

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

    # The run

    def _surface_for(self, settings: Settings) -> Surface:
        return self._surfaces[settings.standardize]

    def _pace_for(self, settings: Settings) -> float:
        return self._chosen_pace or max(settings.iterations / WATCHED, 1.0)

    def _follow(self, run: Run) -> None:
        self.current_run = run
        self._log.follow(run.steps, beside(run.surface, run.settings))
        self._worker.drive(run)
        self._frame()

    def _obeyed(self) -> None:
        """After a command to the run: wake the worker, and show what came of it."""
        self._worker.drive(self.current_run)
        if self._ticking:
            self._frame()
        else:
            self._tick()

    def _begin(self, settings: Settings) -> None:
        """A new run; the one before it stays on the plots as a ghost."""
        self.current_run.pause()
        before = self.current_run.snapshot()
        if before.step.iteration:
            glyph, label = GLYPHS[self._runs % len(GLYPHS)], _ghost_label(before.settings)
            self._runs += 1
            same = [ghost for ghost in self._ghosts if ghost.snapshot.settings == before.settings]
            for ghost in same:
                self._ghosts.remove(ghost)
            self._ghosts.append(Ghost(glyph, label, before, self.current_run.surface))
        self._follow(Run(self._surface_for(settings), settings, self._pace_for(settings)))

    def _adopt(self) -> None:
        """Bring the run to what the panel says: tune it, or begin another."""
        panel = self.query_one(SettingsPanel)
        panel.enter()
        wanted = panel.settings
        if wanted == self.current_run.settings:
            return
        try:
            self.current_run.tune(wanted)
        except ValueError:  # only the run can say: it may end at any moment
            self._begin(wanted)
        else:
            self.current_run.pace = self._pace_for(wanted)
            self._obeyed()

    @on(SettingsPanel.Changed)
    def _settings_changed(self) -> None:
        self._adopt()

    def action_toggle_run(self) -> None:
        """Run or pause; a run that has ended begins anew."""
        self._adopt()
        if self.current_run.status is Status.RUNNING:
            self.current_run.pause()
        else:
            if self.current_run.ended:
                self._begin(self.current_run.settings)
            self.current_run.start()
        self._obeyed()

    def action_step(self) -> None:
        """Take one iteration, and stand still."""
        self._adopt()
        self.current_run.pause()
        self.current_run.advance(1)
        self._obeyed()

    def action_finish(self) -> None:
        """Run to the end at full speed."""
        self._adopt()
        self.current_run.finish()
        self._obeyed()

    def action_restart(self) -> None:
        """Go back to the start, as a new run."""
        self._adopt()
        self._begin(self.current_run.settings)

    # Hyperparameters and pace

    def _set(self, parameter: Hyperparameter, value: Value) -> None:
        self.query_one(SettingsPanel).change(parameter, value)
        self._adopt()

    def action_rate(self, up: bool) -> None:
        """The next learning rate along 1-2-5."""
        self._adopt()
        parameter = PARAMETERS["lr"]
        self._set(parameter, parameter.stepped(self.current_run.settings.lr, up))

    def action_bias(self) -> None:
        """Train the bias, or hold it."""
        self._adopt()
        self._set(PARAMETERS["bias"], not self.current_run.settings.bias)

    def action_method(self) -> None:
        """The next method of the list."""
        self._adopt()
        keys = list(PARAMETERS["method"].choices)
        after = keys.index(self.current_run.settings.method) + 1
        self._set(PARAMETERS["method"], keys[after % len(keys)])

    def action_standardize(self) -> None:
        """Scale the feature, or take it as it is."""
        self._adopt()
        if self._dataset is None:
            self.notify("A surface has no feature to scale.")
            return
        standardize = not self.current_run.settings.standardize
        self._set(PARAMETERS["standardize"], standardize)

    def action_advised(self) -> None:
        """Start again at half the critical learning rate, where there is one."""
        self._adopt()
        step, settings = self.current_run.snapshot().step, self.current_run.settings
        advised = advised_rate(self.current_run.surface, settings, (step.w, step.b))
        if advised is None:
            self.notify(f"No learning rate is critical: {settings.chosen_method.bound}.")
            return
        self.query_one(SettingsPanel).change(PARAMETERS["lr"], advised)
        self._begin(settings.change(PARAMETERS["lr"], advised))
        self.current_run.start()
        self._obeyed()

    def action_pace(self, up: bool) -> None:
        """The next pace along 1-2-5, or full speed above the fastest."""
        current = min(self.current_run.pace, 2 * FASTEST)
        pace = rung_above(current) if up else max(rung_below(current), 1.0)
        self._chosen_pace = self.current_run.pace = FULL_SPEED if pace > FASTEST else pace
        self._obeyed()

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

    def action_zoom(self) -> None:
        """Give the chosen plot all the room, or take it back."""
        self._zoomed = not self._zoomed
        self._arrange()

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

    def action_pick(self, by: int) -> None:
        """Pick another trial of the sweep."""
        trials = self._sweep.trials if self._sweep else ()
        if not trials or self._view != SWEEP:
            return
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
            step = self.current_run.snapshot().step
            self.app.push_screen(ExamplesScreen(surface, step, self._names))

    def action_escape(self) -> None:
        """Stop the sweep, hide the help, or leave the field."""
        self._cancel_sweep()
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


def _ghost_label(settings: Settings) -> str:
    """What tells an earlier run from others, in a few words."""
    bias = (", bias" if settings.bias else "") + (", scaled" if settings.standardize else "")
    method = f"{settings.method} " if settings.method != Settings().method else ""
    return f"{method}lr {settings.lr:g}{bias}"
