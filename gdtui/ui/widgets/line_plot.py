"""A plot of its own, of a drawing that is handed to it."""

from __future__ import annotations

from textual import events

from gdtui.drawing import Drawing, Role
from gdtui.ui.canvas.canvas import Canvas
from gdtui.ui.widgets.rows import Rows, framed


class LinePlot(Rows):
    """Shows the drawing last given to it."""

    def __init__(self) -> None:
        super().__init__()
        self._canvas = Canvas()
        self._drawing: Drawing | None = None

    def show(self, drawing: Drawing) -> None:
        """Draw this from now on."""
        self._drawing = drawing
        width, height = self.size.width - 2, self.size.height - 2
        if width >= 0 and height >= 0:
            rows = self._canvas.render(drawing, width, height)
            self.show_rows(framed(rows, width, drawing.title, drawing.note, Role.FRAME))

    def on_resize(self, event: events.Resize) -> None:
        """Draw again at the new size."""
        if self._drawing:
            self.show(self._drawing)
