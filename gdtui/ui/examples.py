"""The table of examples: what each one says of the step that it was opened at."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from gdtui.core.descent import Step
from gdtui.core.surface import LossSurface
from gdtui.ui.drawing import short
from gdtui.ui.steady import Steady

WIDTH = 12
COLUMNS = ("example", "x", "y", "prediction", "error", "of dL/dw", "of dL/db")


def cells(texts: Sequence[str]) -> str:
    """The texts in columns, each at the right end of its own."""
    return "".join(text.rjust(WIDTH + 2) for text in texts)


HEADS = cells(COLUMNS)


def example_row(surface: LossSurface, step: Step, number: int) -> tuple[float, ...]:
    """x, y, prediction, error, and the parts of dL/dw and dL/db that come from one example."""
    x, y = float(surface.x[number]), float(surface.y[number])
    prediction = x * step.w + step.b
    error = prediction - y
    return x, y, prediction, error, 2 * x * error / surface.m, 2 * error / surface.m


class ExamplesTable(ScrollView, can_focus=True):
    """A row for each example, made only while it can be seen."""

    ALLOW_SELECT = False

    def __init__(self, surface: LossSurface, step: Step) -> None:
        super().__init__()
        self._surface, self._step = surface, step
        self.virtual_size = Size(len(HEADS), surface.m)

    def render_line(self, y: int) -> Strip:
        """One example, as Textual asks for it."""
        across, down = self.scroll_offset
        number = y + down
        text = ""
        if number < self._surface.m:
            figures = example_row(self._surface, self._step, number)
            text = cells([str(number + 1), *map(short, figures)])
        strip = Strip([Segment(text, self.rich_style)])
        return strip.crop_extend(across, across + self.size.width, self.rich_style)


class ExamplesScreen(Steady, ModalScreen[None]):
    """The examples one by one, over the workbench."""

    BINDINGS = [Binding("escape,enter,q", "app.pop_screen", "Back")]

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
            yield Static(f"x is {feature}, y is {label}", markup=False)
            yield Static(HEADS, id="columns", markup=False)
            yield ExamplesTable(surface, step)
            slopes = f"sums: dL/dw = {short(step.dw)}, dL/db = {short(step.db)}"
            yield Static(f"{slopes}; loss = {short(step.loss)}", markup=False)

    def on_mount(self) -> None:
        """Let the heads of the columns go along where the table is scrolled to the side."""
        self.watch(self.query_one(ExamplesTable), "scroll_x", self._place_heads)

    def _place_heads(self, across: float) -> None:
        self.query_one("#columns", Static).update(HEADS[round(across) :])
