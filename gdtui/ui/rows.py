"""A widget of ready rows, which repaints just those that changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from gdtui.ui.drawing import Role, Row


class Rows(Widget):
    """Rows of text whose roles the style sheet colours, as `.rows--ROLE`."""

    COMPONENT_CLASSES = {f"rows--{role}" for role in Role}
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: Sequence[Row] = ()
        self._styles_by_role: dict[Role, Style] = {}

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows from now on."""
        before, self._rows = self._rows, rows
        if len(before) != len(rows):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def style_of(self, role: Role) -> Style:
        """The style that the style sheet gives a role."""
        if role not in self._styles_by_role:
            self._styles_by_role[role] = self.get_component_rich_style(f"rows--{role}")
        return self._styles_by_role[role]

    def notify_style_update(self) -> None:
        """Forget the styles when the theme changes."""
        self._styles_by_role.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One row of the widget, as Textual asks for it."""
        base = self.style_of(Role.PLAIN)
        row = self._rows[y] if y < len(self._rows) else ()
        segments = [Segment(text, self.style_of(role)) for text, role in row]
        return Strip(segments).adjust_cell_length(self.size.width, base)
