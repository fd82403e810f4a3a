"""Fewer bytes for a slow link: only the cells that changed are sent to the terminal.

Textual repaints from a widget's left edge to the last changed column, and names every colour again
for every piece of text. Here each update is compared with what the terminal shows already, and a
colour is sent only where it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain

from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

# Attributes, foreground and background, each as the codes of a select-graphic-rendition sequence.
Pen = tuple[str, str, str]
Cell = tuple[str, Pen]

_PLAIN: Pen = ("", "", "")
# Unchanged cells between two changed ones that are cheaper to send than a move of the cursor.
_BRIDGE = 4


_ASCII = str.maketrans(
    {
        # Lines of boxes, and blocks: what is neither level nor upright is a corner, or full.
        **dict.fromkeys(map(chr, range(0x2500, 0x2580)), "+"),
        **dict.fromkeys(map(chr, range(0x2580, 0x25A0)), "#"),
        **dict.fromkeys("✚✛", "+"),
        **dict.fromkeys("─━┄┅┈┉╌╍═╴╶╸╺╼╾–—⎯▔▁", "-"),
        **dict.fromkeys("│┃┆┇┊┋╎╏║╵╷╹╻╽╿▏▕▎▍▌▋▊▐", "|"),
        **dict.fromkeys("●•○", "o"),
        **dict.fromkeys("←◀↙↖⌫", "<"),
        **dict.fromkeys("→▶↘↗🔎", ">"),
        **{
            "·": "-",
            "×": "x",
            "◇": "%",
            "…": "~",
            "↓": "v",
            "▼": "v",
            "↑": "^",
            "▲": "^",
            "⏎": "/",
            "⊕": "@",
        },
    }
)
# The dots of a braille character in its upper and in its lower half.
_UPPER, _LOWER = 0b00011011, 0b11100100


def in_ascii(text: str) -> str:
    """The text drawn with ASCII alone: as like as may be, and ? for what is like nothing."""
    return "".join(
        character if character.isascii() else _braille_in_ascii(character)
        for character in text.translate(_ASCII)
    )


def _braille_in_ascii(character: str) -> str:
    dots = ord(character) - 0x2800
    if not 0 <= dots < 256:
        # One for each cell, and so none for a mark over the letter before it.
        return "?" * cell_len(character)
    return " '.:"[bool(dots & _UPPER) + 2 * bool(dots & _LOWER)]


class Painter:
    """Knows what the terminal shows, and turns updates into what has to be sent."""

    def __init__(self, colors: ColorSystem, ascii_only: bool = False) -> None:
        self._colors = colors
        self._ascii_only = ascii_only
        self._size = Size()
        self._sent: list[str] = []
        self._pen = _PLAIN
        self._shown: dict[int, dict[int, Cell]] = {}

    def forget(self) -> None:
        """Send everything anew: who knows what the terminal shows by now."""
        self._shown.clear()

    def paint(self, update: CompositorUpdate) -> str:
        """The bytes for an update; empty where the terminal shows it all already."""
        self._sent, self._pen = [], _PLAIN
        if isinstance(update, LayoutUpdate):
            if update.region.size != self._size:
                # What a terminal does with its content when it is resized is its own affair.
                self.forget()
                self._size = update.region.size
            for y, strips in enumerate(update.strips, update.region.y):
                self._paint_row(y, update.region.x, chain.from_iterable(strips))
        elif isinstance(update, ChopsUpdate):
            for y, left, right in update.spans:
                ends = update.chop_ends[y]
                for end, (x, strip) in zip(ends, update.chops[y].items(), strict=False):
                    if strip is not None and x < right and end > left:
                        self._paint_row(y, x, strip)
        if self._pen != _PLAIN:
            self._sent.append("\x1b[0m")
        return "".join(self._sent)

    def _paint_row(self, y: int, x: int, segments: Iterable[Segment]) -> None:
        row = self._shown.setdefault(y, {})
        cells = self._cells(segments)
        changed: Sequence[int] = [i for i, cell in enumerate(cells) if row.get(x + i) != cell]
        if changed and any(len(text) != 1 for text, _ in cells):
            # Half of a wide character can't be repaired: the row is sent anew.
            changed = range(len(cells))
        at = None
        for i in changed:
            if at is None or i - at > _BRIDGE:
                self._sent.append(f"\x1b[{y + 1};{x + i + 1}H")
                at = i
            for cell in cells[at : i + 1]:
                self._put(cell)
            at = i + 1
        row.update(zip(range(x, x + len(cells)), cells, strict=True))

    def _put(self, cell: Cell) -> None:
        text, pen = cell
        if text and pen != self._pen:
            self._sent.append(_change(self._pen, pen))
            self._pen = pen
        self._sent.append(text)

    def _cells(self, segments: Iterable[Segment]) -> list[Cell]:
        """A cell for every column; a wide character is one cell and an empty one behind it."""
        cells: list[Cell] = []
        for text, style, control in segments:
            if control:
                continue
            pen = _pen_of(style, self._colors)
            width = Segment(text).cell_length
            if self._ascii_only and not text.isascii():
                text = in_ascii(text).ljust(width)[:width]
            if width == len(text):
                cells += [(character, pen) for character in text]
            else:
                # Where characters and columns don't agree, the text is one piece.
                cells.append((text, pen))
                cells += [("", pen)] * (width - 1)
        return cells


@lru_cache(maxsize=4096)
def _pen_of(style: Style | None, colors: ColorSystem) -> Pen:
    if style is None:
        return _PLAIN
    attributes = Strip.render_ansi(style.without_color, colors)
    return attributes, _codes(style.color, colors, True), _codes(style.bgcolor, colors, False)


def _codes(color: Color | None, colors: ColorSystem, foreground: bool) -> str:
    return ";".join(color.downgrade(colors).get_ansi_codes(foreground)) if color else ""


def _change(old: Pen, new: Pen) -> str:
    """The shortest sequence from one pen to another."""
    if old[0] != new[0] or (old[1] and not new[1]) or (old[2] and not new[2]):
        return f"\x1b[{';'.join(code for code in ('0', *new) if code)}m"
    changed = [after for before, after in zip(old, new, strict=True) if before != after]
    return f"\x1b[{';'.join(changed)}m"


class SparingCompositor(Compositor):
    """Renders only the widgets that can be seen where something changed.

    Textual renders all that lie within the smallest box around the changed regions, which is most
    of the screen when two opposite corners change, and what lies hidden behind them.
    """

    def render_partial_update(self) -> ChopsUpdate | None:
        """The changed regions, rendered."""
        every, dirty = self.visible_widgets, self._dirty_regions
        if self._cuts is None:
            # Kept by Textual from now on: they must be those of all widgets.
            self._cuts = self.cuts
        seen = {widget for region in dirty for widget in _seen(region, every)}
        # In their order still, which is from front to back.
        self._visible_widgets = {widget: every[widget] for widget in every if widget in seen}
        try:
            return super().render_partial_update()
        finally:
            self._visible_widgets = every


def _seen(region: Region, widgets: Mapping[Widget, tuple[Region, Region]]) -> Iterator[Widget]:
    """What can be seen in a region: from front to back, up to the first that covers it all."""
    for widget, (place, clip) in widgets.items():
        if place.overlaps(region):
            yield widget
            if place.intersection(clip).contains_region(region):
                return


class Repaint(CompositorUpdate):
    """An update that is painted when, and only if, Textual sends it."""

    def __init__(self, painter: Painter, update: CompositorUpdate) -> None:
        self._painter, self._update = painter, update
        self.sent = False

    def render_segments(self, console: Console) -> str:
        """The bytes, as Textual asks for them."""
        self.sent = True
        return self._painter.paint(self._update)
