"""The log: every line of a run, or of what a program printed, computed only while it is seen."""

from __future__ import annotations

import textwrap
from bisect import bisect_left
from collections.abc import Callable, Sequence

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from gdtui.core.descent import Step
from gdtui.drawing import figure

StepsOf = Callable[[int, int], Sequence[Step]]
# The text beside the line of a step.
Beside = Callable[[Step], str]
# From which iteration on the settings were others, and what changed.
Tuning = tuple[int, str]
# A line and its style, one of COMPONENT_CLASSES.
StyledLine = tuple[str, str]
# The lines from one number to another, each of a width at most.
LinesOf = Callable[[int, int, int], Sequence[StyledLine]]


def line(step: Step, width: int, beside: str = "") -> str:
    """A step in the lesson's format, with its loss in scientific notation where it is large.

    What belongs beside it is there if all of it fits.
    """
    start = f"Iteration {step.iteration:4d} => Loss: "
    text = start + figure(step.loss, width - len(start))
    return text + beside if len(text + beside) <= width else text


class IterationLog(ScrollView, can_focus=True, inherit_bindings=False):
    """Scrolls through the lines of a run; follows the newest until the user scrolls up.

    Each iteration has a line, and so has each change of the settings in mid-run.
    """

    class Chosen(Message):
        """The line of an iteration was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    # The other keys that would scroll it move the cursor of the workbench.
    BINDINGS = [
        Binding("up", "scroll_up", "Up", show=False),
        Binding("down", "scroll_down", "Down", show=False),
    ]
    COMPONENT_CLASSES = {
        "log--line", "log--cursor", "log--tuning", "log--closing", "log--other", "log--broken"
    }  # fmt: skip
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="log")
        self.border_title = "Iterations"
        self._lines_of: LinesOf = lambda start, stop, width: ()
        self._first = 0
        self._seen: dict[int, StyledLine] = {}
        self._seen_width = 0
        self._lines = 0
        self._tunings: Sequence[Tuning] = ()
        self._closing_text = ""
        self._words: list[str] = []
        self._cursor: int | None = None
        self._following = True

    def follow(self, steps_of: StepsOf, beside: Beside | None = None, first: int = 0) -> None:
        """Show another run that begins at an iteration, from its newest line.

        There is a text beside each line where `beside` gives one.
        """

        def lines_of(start: int, stop: int, width: int) -> list[StyledLine]:
            steps = steps_of(start, stop)
            texts = (line(step, width, beside(step) if beside else "") for step in steps)
            return [(text, "log--line") for text in texts]

        self.follow_lines(lines_of, first)

    def follow_lines(self, lines_of: LinesOf, first: int = 0) -> None:
        """Show other lines, numbered from the first, from the newest."""
        self._lines_of, self._first = lines_of, first
        self._seen.clear()
        self._lines, self._tunings, self._closing_text, self._words = 0, (), "", []
        self._cursor = None
        self.virtual_size = Size(0, 0)
        self._following = True
        self.scroll_to(y=0, animate=False, force=True)

    def show(
        self,
        lines: int,
        closing: str,
        tunings: Sequence[Tuning] = (),
        cursor: int | None = None,
    ) -> None:
        """Show so many lines of the run, the changes of its settings, and closing words below.

        The line of the iteration at the cursor is marked and in sight.
        """
        shown = self._lines, self._closing_text, self._tunings, self._cursor
        if shown == (lines, closing, tunings, cursor):
            return
        moved = cursor != self._cursor
        self._lines, self._closing_text, self._tunings = lines, closing, tunings
        self._cursor = cursor
        self._following = self._following if not moved else cursor is None
        self._lay_out()
        if moved and cursor is not None:
            self._bring_into_sight(self._place_of(cursor))

    def _bring_into_sight(self, place: int) -> None:
        if not 0 <= place - self.scroll_offset.y < self.size.height:
            middle = place - self.size.height // 2
            self.scroll_to(y=max(middle, 0), animate=False, force=True)

    def _lay_out(self) -> None:
        width = max(self.size.width - 1, 1)
        self._words = [
            part for text in self._closing_text.splitlines() for part in textwrap.wrap(text, width)
        ]
        self._resize_content(Size(0, self._lines + len(self._tunings) + len(self._words)))
        if self._following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        if self.max_scroll_y and not self.show_vertical_scrollbar:
            self.call_after_refresh(self._place_scrollbar)
        self.refresh()

    def _resize_content(self, size: Size) -> None:
        """Set the virtual size; without a new layout of the screen where none is needed."""
        if self.show_vertical_scrollbar and size.height > self.size.height:
            self.set_reactive(Widget.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    def _place_scrollbar(self) -> None:
        """Tell a scroll bar that has just come to be where the log stands."""
        self.vertical_scrollbar.position = self.scroll_y

    def on_resize(self) -> None:
        """Wrap the closing words to the new width."""
        self._lay_out()

    def on_click(self, event: events.Click) -> None:
        """Choose the iteration of the line."""
        inside = event.get_content_offset(self)
        if inside is None:
            return
        clicked = self._line_at(inside.y + self.scroll_offset.y)
        if isinstance(clicked, int):
            self.post_message(self.Chosen(clicked))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the newest line only while it is in sight."""
        super().watch_scroll_y(old_value, new_value)
        self._following = self._cursor is None and new_value >= self.max_scroll_y

    def render_line(self, y: int) -> Strip:
        """One line of the log, as Textual asks for it."""
        width = self.size.width
        shown = self._line_at(y + self.scroll_offset.y)
        text, style = self._styled(shown) if isinstance(shown, int) else shown
        style = "log--cursor" if shown == self._cursor else style
        rich_style = self.get_component_rich_style(style)
        return Strip([Segment(text, rich_style)]).adjust_cell_length(width, rich_style)

    def _line_at(self, place: int) -> int | StyledLine:
        """What stands at a place from the top: an iteration, or other words and their style."""
        before = bisect_left(self._places_of_tunings, place)
        if before < len(self._tunings) and self._places_of_tunings[before] == place:
            return self._tunings[before][1], "log--tuning"
        number = place - before
        if number < self._lines:
            return self._first + number
        closing = number - self._lines
        return (self._words[closing] if closing < len(self._words) else ""), "log--closing"

    @property
    def _places_of_tunings(self) -> list[int]:
        """The places from the top of the lines on changed settings."""
        return [
            iteration - self._first + number for number, (iteration, _) in enumerate(self._tunings)
        ]

    def _place_of(self, iteration: int) -> int:
        """The place from the top of an iteration's line."""
        earlier = sum(tuned <= iteration for tuned, _ in self._tunings)
        return iteration - self._first + earlier

    def _styled(self, number: int) -> StyledLine:
        """A line by its number; what is asked for is computed with all that is in sight."""
        width = self.size.width
        if number not in self._seen or width != self._seen_width:
            top = self._line_at(self.scroll_offset.y)
            first = min(top, number) if isinstance(top, int) else number
            last = max(number + 1, min(first + self.size.height, self._first + self._lines))
            self._seen = dict(enumerate(self._lines_of(first, last, width), first))
            self._seen_width = width
        return self._seen[number]
