"""A widget of ready rows, which repaints just those that changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from gdtui.drawing import BAND_ROLES, Role, Row

# The bands where there are too few colours to tell them by: the higher, the fuller. None is what a
# line or a mark is drawn with in ASCII.
BAND_GLYPHS = dict(zip(BAND_ROLES, " `,;~=!*&$W#", strict=True))


def in_cells(text: str, width: int) -> str:
    """The text in so many cells, with a sign where it is cut."""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip() + "…"
    return set_cell_size(text, width)


def framed(rows: list[Row], width: int, title: str, note: str, role: Role) -> list[Row]:
    """The rows, each `width` cells wide, in a frame with a title above and a note below.

    Drawn here and not by the style sheet: Textual paints all of a widget for a new title, and goes
    a long way to frame a row.
    """
    return [
        (("╭", role), *_edge(title, width, role), ("╮", role)),
        *((("│", role), *row, ("│", role)) for row in rows),
        (("╰", role), *_edge(note, width, role), ("╯", role)),
    ]


def _edge(text: str, width: int, role: Role) -> Row:
    """A horizontal edge of the frame with a text in it, cut where it is too long."""
    if not text or width < 6:
        return (("─" * width, role),)
    if cell_len(text) > width - 4:
        text = set_cell_size(text, width - 5).rstrip() + "…"
    return (("─ ", role), (text, Role.PLAIN), (" " + "─" * (width - cell_len(text) - 3), role))


class Rows(Widget):
    """Rows of text whose roles the style sheet colours, as `.rows--ROLE`."""

    COMPONENT_CLASSES = {f"rows--{role}" for role in Role}
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: Sequence[Row] = ()
        self._ground: Sequence[Row] = ()
        self._styles_by_role: dict[Role, Style] = {}
        self._strips: dict[int, Strip] = {}

    def show_rows(self, rows: Sequence[Row], ground: Sequence[Row] = ()) -> None:
        """Show these rows from now on, and beneath them the bands of the ground."""
        before, self._rows = self._rows, rows
        if ground != self._ground:
            before = ()
        self._ground = ground
        if len(before) != len(rows):
            self._strips.clear()
            self.refresh()
            return
        changed = [y for y, old in enumerate(before) if old != rows[y]]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            height = changed[-1] + 1 - changed[0]
            self.refresh(Region(0, changed[0], self.size.width, height))

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown."""
        return self._rows

    def style_of(self, role: Role) -> Style:
        """The style that the style sheet gives a role."""
        if role not in self._styles_by_role:
            self._styles_by_role[role] = self.get_component_rich_style(f"rows--{role}")
        return self._styles_by_role[role]

    def notify_style_update(self) -> None:
        """Forget the styles when the theme changes."""
        self._styles_by_role.clear()
        self._strips.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One row of the widget, as Textual asks for it."""
        strip, width = self._strips.get(y), self.size.width
        if strip is None or strip.cell_length != width:
            row = self._rows[y] if y < len(self._rows) else ()
            ground = self._ground[y] if y < len(self._ground) else ()
            if any(role in BAND_GLYPHS for _, role in ground):
                segments = self._on_ground(row, ground)
            else:
                segments = [Segment(text, self.style_of(role)) for text, role in row]
            strip = Strip(segments).adjust_cell_length(width, self.style_of(Role.PLAIN))
            self._strips[y] = strip
        return strip

    def _on_ground(self, row: Row, ground: Row) -> list[Segment]:
        """The row over its bands: as backgrounds, or as glyphs where there are few colours."""
        bands = [role for text, role in ground for _ in text]
        # The style sheet gives bands no background where there are too few colours.
        colours = self.style_of(BAND_ROLES[0]).bgcolor != self.style_of(Role.PLAIN).bgcolor
        segments: list[Segment] = []
        x = 0
        for text, role in row:
            style = self.style_of(role)
            for character in text:
                band = bands[x] if x < len(bands) else Role.PLAIN
                x += cell_len(character)
                if band not in BAND_GLYPHS:
                    segments.append(Segment(character, style))
                elif colours:
                    shaded = style + Style(bgcolor=self.style_of(band).bgcolor)
                    segments.append(Segment(character, shaded))
                elif character in " \u2800":
                    segments.append(Segment(BAND_GLYPHS[band], self.style_of(Role.AXIS)))
                else:
                    segments.append(Segment(character, style))
        return list(Segment.simplify(segments))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some rows: they are ready, and have no border or padding of the style sheet's."""
        strips = [self.render_line(y) for y in crop.line_range]
        background = self.background_colors[1]
        for filter in self.get_line_filters():
            strips = [strip.apply_filter(filter, background) for strip in strips]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips
