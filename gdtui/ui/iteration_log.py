"""The log of iterations: every line of a run, computed only while it can be seen."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from gdtui.core.descent import Step
from gdtui.ui.drawing import figure

StepsOf = Callable[[int, int], Sequence[Step]]
# The text beside the line of a step.
Beside = Callable[[Step], str]


def line(step: Step, width: int, beside: str = "") -> str:
    """A step in the lesson's format, with its loss in scientific notation where it is too wide.

    What belongs beside it is there if all of it fits.
    """
    start = f"Iteration {step.iteration:4d} => Loss: "
    text = start + figure(step.loss, width - len(start))
    return text + beside if len(text + beside) <= width else text


class IterationLog(ScrollView, can_focus=True):
    """Scrolls through the lines of a run; follows the newest until the user scrolls up."""

    COMPONENT_CLASSES = {"log--line", "log--closing"}
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="log")
        self.border_title = "Iterations"
        self._steps_of: StepsOf = lambda start, stop: ()
        self._beside: Beside | None = None
        self._seen: dict[int, Step] = {}
        self._lines = 0
        self._closing_text = ""
        self._words: list[str] = []
        self._following = True

    def follow(self, steps_of: StepsOf, beside: Beside | None = None) -> None:
        """Show another run, from its newest line, with a text beside each line if there is one."""
        self._steps_of, self._beside = steps_of, beside
        self._seen.clear()
        self._lines, self._closing_text, self._words = 0, "", []
        self.virtual_size = Size(0, 0)
        self._following = True
        self.scroll_to(y=0, animate=False, force=True)

    def show(self, lines: int, closing: str) -> None:
        """Show so many lines of the run, and closing words below them."""
        if lines == self._lines and closing == self._closing_text:
            return
        self._lines, self._closing_text = lines, closing
        self._lay_out()

    def _lay_out(self) -> None:
        width = max(self.size.width - 1, 1)
        self._words = [
            part for text in self._closing_text.splitlines() for part in textwrap.wrap(text, width)
        ]
        self._resize_content(Size(0, self._lines + len(self._words)))
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

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the newest line only while it is in sight."""
        super().watch_scroll_y(old_value, new_value)
        self._following = new_value >= self.max_scroll_y

    def render_line(self, y: int) -> Strip:
        """One line of the log, as Textual asks for it."""
        number, width = y + self.scroll_offset.y, self.size.width
        closing = number - self._lines
        if closing < 0:
            step = self._step(number)
            beside = self._beside(step) if self._beside else ""
            text, style = line(step, width, beside), "log--line"
        else:
            text = self._words[closing] if closing < len(self._words) else ""
            style = "log--closing"
        rich_style = self.get_component_rich_style(style)
        return Strip([Segment(text, rich_style)]).adjust_cell_length(width, rich_style)

    def _step(self, number: int) -> Step:
        """The step of a line; what is asked for is computed with all that is in sight."""
        if number not in self._seen:
            first = self.scroll_offset.y
            last = max(number, min(first + self.size.height, self._lines) - 1)
            steps = self._steps_of(min(first, number), last + 1)
            self._seen = {step.iteration: step for step in steps}
        return self._seen[number]
