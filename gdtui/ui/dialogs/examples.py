"""The table of examples: what each one says of the step that it was opened at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from gdtui.core.descent import Step
from gdtui.core.surface import LossSurface
from gdtui.drawing import short
from gdtui.ui.dialogs.dialog import Dialog

COLUMN_HEADS = ("example", "x", "y", "prediction", "error", "of dL/dw", "of dL/db")
# What the sign, the point and the exponent of a figure take, besides its digits.
SIGN_CELLS = 5


@dataclass(frozen=True)
class Columns:
    """How many digits the figures have, and how many blanks stand at least between them."""

    digits: int
    gap: int

    def line(self, texts: Sequence[str]) -> str:
        """The number of an example and the texts beside it, at the right ends of their columns."""
        number, *figures = texts
        width = self.digits + SIGN_CELLS + self.gap
        return number.rjust(9) + "".join(text.rjust(width) for text in figures)

    @property
    def heads(self) -> str:
        """The line above the table."""
        return self.line(COLUMN_HEADS)


# The narrow ones, with a scroll bar and in their frame, take the 80 columns of a small terminal.
WIDE, NARROW = Columns(digits=6, gap=2), Columns(digits=5, gap=1)


def example_row(surface: LossSurface, step: Step, number: int) -> tuple[float, ...]:
    """x, y, prediction, error, and the parts of dL/dw and dL/db that come from one example."""
    x, y = float(surface.x[number]), float(surface.y[number])
    prediction = x * step.w + step.b
    error = prediction - y
    return x, y, prediction, error, 2 * x * error / surface.m, 2 * error / surface.m


class ExamplesTable(ScrollView, can_focus=True):
    """A row for each example, made only while it can be seen."""

    ALLOW_SELECT = False

    columns = reactive(WIDE)

    def __init__(self, surface: LossSurface, step: Step) -> None:
        super().__init__()
        self._surface, self._step = surface, step

    def on_resize(self) -> None:
        """Give the figures as many digits as there is room for, with a scroll bar or without."""
        room = self.outer_size.width - self.styles.scrollbar_size_vertical
        self.columns = WIDE if len(WIDE.heads) <= room else NARROW
        self.virtual_size = Size(len(self.columns.heads), self._surface.m)

    def render_line(self, y: int) -> Strip:
        """One example, as Textual asks for it."""
        across, down = self.scroll_offset
        number = y + down
        text = ""
        if number < self._surface.m:
            figures = example_row(self._surface, self._step, number)
            digits = self.columns.digits
            text = self.columns.line([str(number + 1), *(short(f, digits) for f in figures)])
        strip = Strip([Segment(text, self.rich_style)])
        return strip.crop_extend(across, across + self.size.width, self.rich_style)


class ExamplesScreen(Dialog[None]):
    """The examples one by one, over the workbench."""

    BINDINGS = [Binding("escape,enter,q", "dismiss", "Back")]

    def __init__(self, surface: LossSurface, step: Step, names: tuple[str, str]) -> None:
        super().__init__()
        self._surface, self._step, self._names = surface, step, names

    def compose(self) -> ComposeResult:
        """What the columns are, the table, and the sums."""
        surface, step = self._surface, self._step
        with Vertical(id="examples") as box:
            box.border_title = f"Iteration {step.iteration}: each example's part in the gradient"
            box.border_subtitle = "escape: back"
            feature, label = self._names
            standardized = "the standardized " if surface.is_standardized else ""
            yield Static(f"x is {standardized}{feature}, y is {label}", markup=False)
            yield Static(id="columns", markup=False)
            yield ExamplesTable(surface, step)
            sums = f"sums: dL/dw = {short(step.dw)}, dL/db = {short(step.db)}"
            yield Static(f"{sums}; loss = {short(step.loss)}", markup=False)

    def on_mount(self) -> None:
        """Let the heads go along with the columns, and where the table is scrolled to the side."""
        for name in ("columns", "scroll_x"):
            self.watch(self.query_one(ExamplesTable), name, self._place_heads)

    def _place_heads(self) -> None:
        table = self.query_one(ExamplesTable)
        heads = table.columns.heads[round(table.scroll_x) :]
        self.query_one("#columns", Static).update(heads)
