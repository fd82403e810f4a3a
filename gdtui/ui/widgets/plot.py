"""The plots on screen: in each a view's drawing on a canvas of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.cells import chop_cells, set_cell_size
from textual import events
from textual.containers import Grid
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from gdtui.core.printable import printable
from gdtui.drawing import BRAILLE, Drawing, Page, Role, Row, Span
from gdtui.faults import log_fault, place_of
from gdtui.now import Now
from gdtui.scene import Scene
from gdtui.ui.canvas.canvas import Canvas
from gdtui.ui.widgets.rows import Rows, framed
from gdtui.views import VIEWS
from gdtui.views.view import TEXT, pieces, sign_of

# How much of an exception's words a plot has room for.
ERROR_CHARACTERS = 200


def page_rows(page: Page, width: int, height: int) -> list[Row]:
    """The lines of a page, wrapped, cut and filled up to the size."""
    lines = [(part, role) for span in page.lines for part, role in _wrapped(span, width - 2)]
    if len(lines) > height > 0:
        lines[height - 1 :] = [("…", Role.QUIET)]
    lines += [("", Role.PLAIN)] * (height - len(lines))
    return [((set_cell_size(f" {text}", width), role),) for text, role in lines]


def _wrapped(span: Span, width: int) -> list[Span]:
    """A line as several, of which all but the first are indented where it is an equation."""
    text, role = span
    indent = "    " if "= " in text or "<- " in text else ""
    parts = textwrap.wrap(text, max(width, 1), subsequent_indent=indent) or [""]
    return [(part, role) for part in parts]


class Plot(Rows):
    """Shows one view of the scene last given to it."""

    class Pointed(Message):
        """The mouse points at the plot, its button down; `place` is what stands for in it, if any.

        The button is let go where it is the `last` place.
        """

        def __init__(self, view: str, place: tuple[float, float] | None, last: bool) -> None:
            super().__init__()
            self.view = view
            self.place = place
            self.last = last

    chosen = reactive(False)

    def __init__(self, view: str) -> None:
        super().__init__(classes="plot bands")
        self.view = view
        self._number = list(VIEWS).index(view) + 1
        self._canvas = Canvas()
        self._scene: Scene | None = None
        # Whether the mouse's button is down, and has been since it was within the box.
        self._dragged = False
        self.shown: Drawing | Page | None = None
        """What the view has drawn last, if it has not failed."""
        # Where to find the traceback of each bug, by the place of the bug.
        self._details: dict[str, str] = {}

    def show(self, scene: Scene) -> None:
        """Draw the scene now if the plot can be seen, else when it comes to be."""
        self._scene = scene
        if self.display:
            self._draw()

    def _draw(self) -> None:
        width, height = self.size.width - 2, self.size.height - 2
        if self._scene is None or width < 0 or height < 0:
            return
        role = Role.CHOSEN if self.chosen else Role.FRAME
        ground: list[Row] = []
        self.shown = None
        try:
            shown = VIEWS[self.view](self._scene)
            title, note = shown.title, shown.note
            if isinstance(shown, Page):
                rows = page_rows(shown, width, height)
            else:
                rows = self._canvas.render(shown, width, height)
                # Within the frame: one row down, one cell to the right.
                ground = [(), *(((" ", Role.PLAIN), *row) for row in self._canvas.ground)]
        except Exception as error:  # a bug in a view must not end the run
            title, note = self.view, ""
            rows = self._apology(error, width, height)
        else:
            self.shown = shown
        self.show_rows(framed(rows, width, f"{self._number} {title}", note, role), ground)

    def _apology(self, error: Exception, width: int, height: int) -> list[Row]:
        """What to show in place of the plot; the traceback is logged once for each bug."""
        bug = place_of(error)
        if bug not in self._details:
            self._details[bug] = log_fault(f"the view {self.view!r} failed", error)
        words = (
            f"This plot has failed, the run goes on; {self._details[bug]}. "
            f"It was {printable(repr(error), ERROR_CHARACTERS)}."
        )
        # A word of wide characters has more cells than the line has characters.
        lines = [
            set_cell_size(piece, width)
            for line in textwrap.wrap(words, max(width, 1))
            for piece in chop_cells(line, max(width, 2))
        ]
        lines += [" " * width] * (height - len(lines))
        return [((line, Role.ALARM),) for line in lines[:height]]

    def watch_chosen(self) -> None:
        """Mark the frame."""
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw again at the new size."""
        self._draw()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Choose this plot, and a place in it."""
        place = self._canvas.place_at(event.x - 1, event.y - 1)
        self.post_message(self.Pointed(self.view, place, last=False))
        if place:
            self._dragged = True
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Choose another place while the button is down, else explain what is beneath."""
        self._drag(event, last=False)
        self.tooltip = None if self._dragged else self._explanation(event.x, event.y)

    def _explanation(self, column: int, row: int) -> Content | None:
        """What explains the piece of the drawing that is seen in a cell, if any is."""
        spans = self.rows[row] if 0 <= row < len(self.rows) else ()
        cells = [(character, role) for text, role in spans for character in text]
        if self._scene is None or self.shown is None or not 0 <= column < len(cells):
            return None
        character, role = cells[column]
        if character.isspace() or role not in {role for role, _ in pieces(self.shown)}:
            return None
        glyph = BRAILLE if "\u2800" <= character <= "\u28ff" else character
        sign = sign_of(self.view, role, TEXT if isinstance(self.shown, Page) else glyph)
        return Content(sign.explain(Now.of(self._scene)))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Choose the place where the button is let go."""
        self._drag(event, last=True)
        self._dragged = False
        self.release_mouse()

    def _drag(self, event: events.MouseEvent, last: bool) -> None:
        if self._dragged:
            place = self._canvas.place_at(event.x - 1, event.y - 1, nearest=True)
            self.post_message(self.Pointed(self.view, place, last))


class Plots(Grid):
    """The plots that are shown, in the order of their numbers; each is made when it first is."""

    def __init__(self) -> None:
        super().__init__(id="plots")
        self._plots: dict[str, Plot] = {}
        self._scene: Scene | None = None

    def lay_out(self, shown: Sequence[str], chosen: str, columns: int) -> None:
        """Show some views in so many columns; the frame of the `chosen` one is marked."""
        self.styles.grid_size_columns = columns
        following: Plot | None = None
        for view in reversed(VIEWS):
            if view in shown and view not in self._plots:
                self._plots[view] = self._made(view)
                self.mount(self._plots[view], before=following)
            if plot := self._plots.get(view):
                plot.display = view in shown
                plot.chosen = view == chosen
                following = plot

    def _made(self, view: str) -> Plot:
        plot = Plot(view)
        if self._scene:
            plot.show(self._scene)
        return plot

    def show(self, scene: Scene) -> None:
        """Draw the scene in each plot."""
        self._scene = scene
        for plot in self._plots.values():
            plot.show(scene)

    @property
    def shown(self) -> list[Plot]:
        """The plots that can be seen, in the order of their numbers."""
        made = [self._plots[view] for view in VIEWS if view in self._plots]
        return [plot for plot in made if plot.display]
