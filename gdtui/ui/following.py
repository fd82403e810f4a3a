"""Other programs on screen: the loss that they print, as it comes, and each of its lines."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import cached_property, partial

from textual import on
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Label

from gdtui.core.descent import Step
from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.printable import printable
from gdtui.drawing import Drawing, short
from gdtui.export.files import ExportError, working_folder
from gdtui.export.followed import FOLLOWED_EXPORTERS, FollowedRequest
from gdtui.following.followed import Followed
from gdtui.following.forms import without_codes
from gdtui.following.reading import LineReader
from gdtui.following.words import broken_words, tendency, without_loss
from gdtui.scene import Scale
from gdtui.schemes import ON_DARK, ON_LIGHT
from gdtui.ui.background_export import EXPORT, Pause, StoppedError
from gdtui.ui.clock import AppClock, Clock, frames_a_second, rest_after_frame
from gdtui.ui.dialogs.export import ExportScreen
from gdtui.ui.dialogs.question import Question
from gdtui.ui.follow_keys import (
    CHOSEN_BY_KEY,
    FOLLOW_BINDINGS,
    FOLLOW_KEYS,
    FOLLOW_NOTE,
    HINTS_OF_FOLLOWING,
    HINTS_OF_PAST,
)
from gdtui.ui.keys import ALWAYS, Hint
from gdtui.ui.textual_fixes.prompt_repaint import PromptRepaint
from gdtui.ui.textual_fixes.stale_sizes import IgnoresStaleSizes
from gdtui.ui.textual_fixes.styled_once import StyledOnce
from gdtui.ui.widgets.help_panel import HelpPanel
from gdtui.ui.widgets.hint_row import HintRow
from gdtui.ui.widgets.iteration_log import IterationLog, StyledLine, line
from gdtui.ui.widgets.line_plot import LinePlot
from gdtui.views.loss import loss_of_programs

# How much of a message, and of the name of a folder, there is room for.
MESSAGE, FOLDER_NAME = 400, 200


class FollowScreen(IgnoresStaleSizes, StyledOnce[None], PromptRepaint[None]):
    """The losses of one program or several; readers bring them, and nothing here waits for it."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (12, "-short"), (30, "-high")]
    BINDINGS = FOLLOW_BINDINGS

    class News(Message):
        """A program has printed something."""

    def __init__(
        self,
        readers: Sequence[LineReader],
        turn: threading.Event,
        fps: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self._readers = readers
        self._programs = [reader.followed for reader in readers]
        self._turn = turn
        self._turn.set()
        self._fps = frames_a_second(fps)
        self._clock = clock or AppClock(self)
        self._chosen = 0
        # Which loss is looked at, where that is not the newest.
        self._cursor: int | None = None
        self._scale = Scale.LINEAR
        self._resting = self._missed = False

    def compose(self) -> ComposeResult:
        """Title, plot, the lines, and the keys below."""
        with Horizontal(id="title"):
            yield Label("gdtui", id="name")
            yield Label("", id="what", markup=False)
            yield Label("", id="status", markup=False)
        yield LinePlot()
        yield IterationLog()
        yield HintRow()
        groups = {
            name: [key for key in keys if self.offers(key)] for name, keys in FOLLOW_KEYS.items()
        }
        yield HelpPanel(groups, FOLLOW_NOTE, ())

    @cached_property
    def _plot(self) -> LinePlot:
        return self.query_one(LinePlot)

    @cached_property
    def _log(self) -> IterationLog:
        return self.query_one(IterationLog)

    @cached_property
    def _help(self) -> HelpPanel:
        return self.query_one(HelpPanel)

    @property
    def _program(self) -> Followed:
        return self._programs[self._chosen]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether there is something for an action: with one program, none is chosen."""
        chosen = parameters[0] if action == "choose" else 0
        return action != "choose" or (isinstance(chosen, int) and 1 < len(self._programs) > chosen)

    def offers(self, key: Binding) -> bool:
        """Whether there is something for a key."""
        _, action, parameters = parse(key.action)
        return self.check_action(action, parameters)

    def on_mount(self) -> None:
        """Let the reading begin."""
        self._log.border_title = "Lines"
        self._choose(0)
        for reader in self._readers:
            reader.start(self._turn, self._hear)

    def _hear(self) -> None:
        """Called by the threads of the readers."""
        self.post_message(self.News())

    # What is shown

    def on_follow_screen_news(self) -> None:
        """Show it, or later where a frame was just shown."""
        if self._resting:
            self._missed = True
        else:
            self._frame()

    def _frame(self) -> None:
        """Show all as it is now, and rest."""
        begun = self._clock.now(), self._clock.work_time()
        self._resting, self._missed = True, False
        for reader in self._readers:
            reader.seen()
        self.show()
        self.call_once_shown(partial(self._rest, *begun))

    def _rest(self, begun: float, begun_working: float) -> None:
        took, worked = self._clock.now() - begun, self._clock.work_time() - begun_working
        self._clock.call_later(rest_after_frame(self._fps, took, worked), self._rested)

    def _rested(self) -> None:
        self._resting = False
        if self._missed:
            self._frame()

    def show(self) -> None:
        """Show what there is by now."""
        program = self._program
        self._plot.show(self._drawing)
        self._log.set_class(self._is_alarming, "-alarm")
        self._log.show(program.lines, self._last_words(), cursor=self._marked_line)
        status = self.query_one("#status", Label)
        status.update(self._standing())
        status.set_classes(self._status_class())
        last = min(len(self._programs), CHOSEN_BY_KEY)
        choice = [Hint("1", f"1-{last}", "Program")] if last > 1 else []
        broken = [Hint("n", "n", "Where it broke")] if program.broken else []
        hints = choice + broken + HINTS_OF_FOLLOWING
        self.query_one(HintRow).show(hints if self._cursor is None else HINTS_OF_PAST, ALWAYS)

    @property
    def _drawing(self) -> Drawing:
        return loss_of_programs(self._programs, self._chosen, self._scale, self._cursor)

    @property
    def _is_alarming(self) -> bool:
        return bool(self._program.broken or self._program.trouble)

    def _status_class(self) -> str:
        if self._is_alarming:
            return "-diverged"
        return "-finished" if self._program.has_ended else "-running"

    @property
    def _marked_line(self) -> int | None:
        """The line of the loss that is looked at, counted from 0."""
        return None if self._cursor is None else self._program.line(self._cursor) - 1

    def _standing(self) -> str:
        program, cursor = self._program, self._cursor
        state = "ended" if self._program.has_ended else "following"
        if program.broken:
            state = f"{program.broken.loss} in line {program.broken.line}"
        if not program.count:
            return state
        newest = f"iteration {program.iteration(program.count - 1)}"
        if cursor is None:
            return f"{state} · {newest} · loss {short(program.loss(program.count - 1))}"
        place = f"at {program.iteration(cursor)} · loss {short(program.loss(cursor))}"
        return f"{place} · {state} · {newest}"

    def _last_words(self) -> str:
        """What stands below the last line."""
        program = self._program
        if program.trouble:
            return program.trouble
        if program.broken:
            return broken_words(program)
        if not program.count:
            return without_loss(program) if program.has_ended else "No loss has been printed yet."
        return tendency(program) if program.has_ended else ""

    def _lines(self, start: int, stop: int, width: int) -> list[StyledLine]:
        """Some of the lines, counted from 0, as they were printed."""
        program = self._program
        texts = program.newest_lines.between(start, stop)
        losses = program.losses_in_lines(start + 1, stop)
        return [
            # A column is the scroll bar's.
            _styled_line(program, texts.get(number), losses.get(number + 1), max(width - 1, 1))
            for number in range(start, stop)
        ]

    # Keys

    def action_choose(self, number: int) -> None:
        """Show another program's lines, over the others'."""
        self._choose(number)

    def _choose(self, number: int) -> None:
        self._chosen, self._cursor = number, None
        self._log.follow_lines(self._lines)
        name = self._program.short_name
        self.query_one("#what", Label).update(
            f"{number + 1} {name}" if len(self._programs) > 1 else name
        )
        self.show()

    def action_next_scale(self) -> None:
        """Draw the loss on the next scale."""
        self._scale = self._scale.following
        self.show()

    def action_zoom(self) -> None:
        """Show only the plot, or the lines as well."""
        self.toggle_class("-zoomed")

    def _look_at(self, index: int) -> None:
        """Look at one of the losses; at the newest, follow it."""
        index = max(index, 0)
        self._cursor = index if index < self._program.count - 1 else None
        self.show()

    def action_move(self, by: int) -> None:
        """Look so many losses further."""
        at = self._program.count - 1 if self._cursor is None else self._cursor
        self._look_at(at + by)

    def action_move_percent(self, by: int) -> None:
        """Look so many hundredths of all losses further."""
        self.action_move(by * max(self._program.count // 100, 1))

    async def action_start(self) -> None:
        """Look at the first loss, or at the start of the help while it is open."""
        if self._help.display:
            await self.action_log("scroll_home")
        else:
            self._look_at(0)

    async def action_live(self) -> None:
        """Look at the newest loss, and follow it."""
        await self.action_log("scroll_end")
        if not self._help.display:
            self._look_at(self._program.count)

    def action_broken(self) -> None:
        """Look at the first loss that is no finite number."""
        if self._program.broken:
            self._look_at(self._program.broken.at)
        else:
            self.notify("Each loss so far is a finite number.")

    def action_go(self) -> None:
        """Ask for an iteration, and look at its loss."""
        program = self._program
        if not program.count:
            self.notify("No loss has been printed yet.")
            return
        first, newest = program.iteration(0), program.iteration(program.count - 1)

        def check(text: str) -> int:
            limits = Hyperparameter("at", "iteration", 0, "", "", low=first, high=newest)
            return int(limits.parse(text))

        def go(text: str | None) -> None:
            if text is not None:
                self._look_at(program.at_iteration(check(text)))

        self.app.push_screen(Question(f"Go to iteration, {first} to {newest}", "", check), go)

    @on(IterationLog.Chosen)
    def _line_chosen(self, event: IterationLog.Chosen) -> None:
        if self._program.count:
            self._look_at(self._program.at_line(event.number + 1))

    @on(HintRow.Pressed)
    def _hint_pressed(self, event: HintRow.Pressed) -> None:
        self.app.simulate_key(event.key)

    def action_export(self) -> None:
        """Choose what to take away, and write it."""
        if not self._program.count:
            self.notify("No loss has been printed yet.")
            return
        choices = list(FOLLOWED_EXPORTERS)

        def export(number: int | None) -> None:
            if number is not None:
                self._export(choices[number])

        folder = printable(working_folder(), FOLDER_NAME)
        self.app.push_screen(ExportScreen(choices, folder), export)

    def _export(self, choice: str) -> None:
        """Write a new file, in a thread of its own."""
        tell = partial(self.app.call_from_thread, self._tell, "A long export: esc stops it.")
        request = FollowedRequest(
            working_folder(),
            self._program,
            self._drawing,
            ON_DARK if self.app.current_theme.dark else ON_LIGHT,
            Pause(self._turn, tell, self._clock.now),
        )

        def write() -> None:
            try:
                said = f"Written: {FOLLOWED_EXPORTERS[choice](request)}"
            except ExportError as reason:
                said = str(reason)
            except StoppedError:
                return
            self.app.call_from_thread(self._tell, printable(said, MESSAGE))

        self.run_worker(write, thread=True, group=EXPORT)

    def _tell(self, said: str) -> None:
        """Show words in which there may be names from files."""
        self.notify(said, markup=False)

    def action_escape(self) -> None:
        """Hide the help, stop the export, take messages away."""
        self.app.clear_notifications()
        if self.workers.cancel_group(self, EXPORT):
            self._tell("The export is stopped; no unfinished file is left.")
        self._help.display = False

    async def action_log(self, action: str) -> None:
        """Let the lines scroll, or the help in front of them."""
        shown: Widget = self._help if self._help.display else self._log
        await shown.run_action(action)

    async def action_help(self) -> None:
        """Show all keys, or hide them."""
        await self._help.toggle()


def _styled_line(program: Followed, text: str | None, at: int | None, width: int) -> StyledLine:
    """A line as it was printed; of one that is no longer kept, which loss was there."""
    if text is not None:
        shown = printable(without_codes(text).expandtabs(), width)
    elif at is None:
        shown = "..."
    else:
        unknown = math.nan, math.nan
        shown = line(Step(program.iteration(at), *unknown, program.loss(at), *unknown), width)
    if at is None:
        return shown, "log--other"
    return shown, "log--line" if math.isfinite(program.loss(at)) else "log--broken"
