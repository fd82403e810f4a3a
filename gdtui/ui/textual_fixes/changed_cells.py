"""Fewer bytes for a slow link: only the cells that changed are sent to the terminal.

Without it: Textual repaints from a widget's left edge to the last changed column, and names every
colour again for every piece of text. Here each update is compared with what the terminal shows
already, and a colour is sent only where it changes.
Seen in Textual 8.2.8; no upstream issue found. Measured: a frame of a run at 120x36 is
184 bytes in place of 3,281, at 80x24 141 in place of 1,941, in 0.3 ms and 0.15 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from rich.color import Color, ColorSystem
from rich.console import COLOR_SYSTEMS, Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App, ReturnType
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip

# Attributes, foreground and background, each as the codes of a select-graphic-rendition sequence.
Pen = tuple[str, str, str]
Cell = tuple[str, Pen]

_PLAIN: Pen = ("", "", "")
# Unchanged cells between two changed ones that are cheaper to send than a move of the cursor.
_BRIDGE = 4


class Painter:
    """Knows what the terminal shows, and turns updates into what has to be sent."""

    def __init__(self, colors: ColorSystem) -> None:
        self._colors = colors
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


class Repaint(CompositorUpdate):
    """An update that is painted when, and only if, Textual sends it."""

    def __init__(self, painter: Painter, update: CompositorUpdate) -> None:
        self._painter, self._update = painter, update
        self.sent = False

    def render_segments(self, console: Console) -> str:
        """The bytes, as Textual asks for them."""
        self.sent = True
        return self._painter.paint(self._update)


class ChangedCells(App[ReturnType]):
    """An app that sends only the cells that changed."""

    def __init__(self) -> None:
        super().__init__()
        self._painter = Painter(COLOR_SYSTEMS[self.console.color_system or "truecolor"])

    def sent(self, screen: Screen[object]) -> None:
        """Called as soon as a change of a screen is sent; without a terminal, would be."""

    def on_mount(self) -> None:
        """Send all anew after a stop of the program."""
        self.app_resume_signal.subscribe(self, lambda app: self._painter.forget())

    def on_resize(self) -> None:
        """Send all anew, even at the same size: it may have been a smaller one meanwhile."""
        self._painter.forget()
        for screen in self.screen_stack[-1:]:
            screen.refresh()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if not isinstance(renderable, CompositorUpdate):
            return super()._display(screen, renderable)
        repaint = Repaint(self._painter, renderable)
        super()._display(screen, repaint)
        if repaint.sent or self.is_headless:
            self.sent(screen)
