"""The standings of a race, the best first, in the place of the log."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from textual import events
from textual.message import Message

from gdtui.drawing import GHOST_ROLES, Role, Row, Span, short
from gdtui.now import above_best, first_that_fits, fitted
from gdtui.runs.race import Racer
from gdtui.scene import Scene, colour_of
from gdtui.theory.divergence import ALARMING, DIVERGING
from gdtui.ui import captions
from gdtui.ui.widgets.rows import Rows, framed, in_cells
from gdtui.views.marks import WALKER

# From this height on the frame has a lower edge.
LOWER_EDGE_ROWS = 8
# The cells between two racers in one row, and before the first figure of a racer.
_GUTTER, _BEFORE = 2, 4
_QUESTION = "Race: who is first within 1%?"


@dataclass(frozen=True)
class Figure:
    """What is told of a racer in so many cells, and what stands above it."""

    head: str
    width: int
    text: Callable[[Racer], str]
    is_bar: bool = False

    def right(self, racer: Racer) -> str:
        """The text at the right end of its cells."""
        return in_cells(self.text(racer).rjust(self.width), self.width)


def _far(racer: Racer) -> str:
    if racer.status in ALARMING:
        return racer.status
    return above_best(racer.gap) if racer.within is None else f"within 1% after {racer.within}"


def _far_briefly(racer: Racer) -> str:
    if racer.status in ALARMING:
        return racer.status
    if racer.within is None:
        # Within the narrowest cells: "12.3x best", "7.53% above", "31.3% left".
        words = above_best(racer.gap, 3).replace(" times", "x").replace("above best", "above")
        return words.replace("of start", "left")
    return f"1% at {racer.within}"


def _far_in_a_word(racer: Racer) -> str:
    if racer.status == DIVERGING:
        return "growing"
    words = _far_briefly(racer).removeprefix("1% ")
    return words.removesuffix(" best").removesuffix(" above").removesuffix(" left")


def _loss_briefly(racer: Racer) -> str:
    """In six cells; of a thousandth there is room for two digits."""
    return first_that_fits([fitted((racer.loss,), "", 6), f"{racer.loss:.2g}"], 6)


_NAME = Figure("method and rate", 24, lambda racer: racer.label)
_NARROW_NAME = Figure("method, rate", 17, lambda racer: racer.label)
_NARROWEST_NAME = Figure("method", 14, lambda racer: racer.label.replace(" lr ", " "))
_REACHED = Figure("iteration", 10, lambda racer: f"{racer.snapshot.reached}")
_LOSS = Figure("loss", 12, lambda racer: short(racer.loss, 8))
_NARROW_LOSS = Figure("loss", 6, _loss_briefly)
_WAY = Figure("the way to within 1%", 48, lambda racer: _bar(racer.way, 48), is_bar=True)
_FAR = Figure("how far", 21, _far)
_NARROW_FAR = Figure("how far", 11, _far_briefly)
_NARROWEST_FAR = Figure("how far", 8, _far_in_a_word)
# From all there is to tell to the most telling: the first that fits is shown.
_FORMS: tuple[tuple[Figure, ...], ...] = (
    (_NAME, _REACHED, _LOSS, _WAY, _FAR),
    (_NAME, _REACHED, _LOSS, _FAR),
    (_NAME, _LOSS, _FAR),
    (_NARROW_NAME, _LOSS, _FAR),
    (_NARROW_NAME, _NARROW_LOSS, _NARROW_FAR),
    (_NARROWEST_NAME, _NARROW_LOSS, _NARROW_FAR),
    (_NARROWEST_NAME, _NARROW_FAR),
    (_NARROWEST_NAME, _NARROWEST_FAR),
)


def _width_of(form: Sequence[Figure]) -> int:
    """The cells of a racer: before each figure but the first stands a blank."""
    return _BEFORE + sum(figure.width for figure in form) + len(form) - 1


@dataclass(frozen=True)
class Arrangement:
    """How many columns and rows of racers there are, whether under heads, and the words below."""

    columns: int
    rows: int
    heads: bool
    words: tuple[str, ...]

    @classmethod
    def of(cls, count: int, texts: Sequence[str], width: int, height: int) -> Arrangement:
        """As few columns as hold all racers, and the fullest of the texts that still has room.

        Where there is no room for all of them, it is for the first.
        """
        most = max(1, (width + _GUTTER) // (_width_of(_FORMS[-1]) + _GUTTER))
        for text in (*texts, ""):
            words = tuple(textwrap.wrap(text, max(width, 1)))
            for columns in range(1, most + 1):
                rows = -(-count // columns)
                if rows + len(words) <= height:
                    return cls(columns, rows, rows + len(words) < height, words)
        return cls(most, max(height, 1), False, ())


class Standings(Rows):
    """A racer a row, or several; a click on one looks at it."""

    class Chosen(Message):
        """A racer was clicked, the run of this number."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self) -> None:
        super().__init__(id="standings")
        self._scene: Scene | None = None
        self._arranged = Arrangement(1, 0, False, ())

    def show(self, scene: Scene) -> None:
        """Show how the racers stand."""
        self._scene = scene
        if not scene.racers or not self.size.height:
            return
        edges = 2 if self.size.height >= LOWER_EDGE_ROWS else 1
        width, height = self.size.width - 4, max(self.size.height - edges, 0)
        texts = captions.race(scene.racers)
        arranged = self._arranged = Arrangement.of(len(scene.racers), texts, width, height)
        unsaid = texts[-1] if texts and not arranged.words else _QUESTION
        title = f"Race: {scene.winner}, the first within 1%" if scene.winner else unsaid
        rows = self._filled(self._table(scene, width), width, height)
        self.show_rows(framed(rows, width + 2, title, "", Role.FRAME)[: height + edges])

    def _filled(self, rows: list[Row], width: int, height: int) -> list[Row]:
        """The rows with a margin on both sides, the words below, and blanks up to the height."""
        role = Role.MINIMUM if self._scene and self._scene.winner else Role.LIVE
        rows = [*rows, *(((text, role),) for text in self._arranged.words)]
        filled = [*rows, *[()] * (height - len(rows))][:height]
        return [((" ", Role.PLAIN), *_padded(row, width + 1)) for row in filled]

    def _table(self, scene: Scene, width: int) -> list[Row]:
        """The racers, one below the other, in as many columns as are needed."""
        columns, count = self._arranged.columns, self._arranged.rows
        room = (width - _GUTTER * (columns - 1)) // columns
        form = next((form for form in _FORMS if _width_of(form) <= room), _FORMS[-1])
        shown = scene.racers[: columns * count]
        blocks = [shown[at : at + count] for at in range(0, len(shown), count)]
        heads = [_head_row(form)] if self._arranged.heads else []
        stacks = [[*heads, *(_racer_row(r, form, scene.number) for r in block)] for block in blocks]
        gap: Row = ((" " * _GUTTER, Role.PLAIN),)
        return [
            tuple(span for row in line for span in (*_padded(row, room), *gap))[:-1]
            for line in zip_longest(*stacks, fillvalue=())
        ]

    def on_resize(self) -> None:
        """Show the same at the new size."""
        if self._scene:
            self.show(self._scene)

    def on_click(self, event: events.Click) -> None:
        """Look at the racer."""
        arranged = self._arranged
        line = event.y - 1 - arranged.heads
        if self._scene and 0 <= line < arranged.rows:
            column = (event.x - 2) * arranged.columns // max(self.size.width - 4, 1)
            at = column * arranged.rows + line
            if 0 <= at < len(self._scene.racers):
                self.post_message(self.Chosen(self._scene.racers[at].entry.number))


def _racer_row(racer: Racer, form: Sequence[Figure], followed: int) -> Row:
    is_followed = racer.entry.number == followed
    role = Role.LIVE if is_followed else GHOST_ROLES[colour_of(racer.entry)]
    mark = (WALKER, Role.WALKER) if is_followed else (racer.entry.glyph, role)
    alarm, there = racer.status in ALARMING, racer.within is not None
    far = Role.ALARM if alarm else Role.MINIMUM if there else Role.PLAIN
    first, *middle, last = form
    spans: list[Span] = [(f"{racer.place} ", Role.QUIET), mark, (" ", Role.PLAIN)]
    spans.append((in_cells(first.text(racer), first.width), role))
    spans += [(f" {each.right(racer)}", role if each.is_bar else Role.PLAIN) for each in middle]
    return (*spans, (" " + last.right(racer), far))


def _bar(part: float, width: int) -> str:
    """So much of a line of dots filled, behind two blanks."""
    full = round(part * (width - 2))
    return "  " + "▆" * full + "·" * (width - 2 - full)


def _head_row(form: Sequence[Figure]) -> Row:
    first, *others = form
    heads = "".join(f" {figure.head.rjust(figure.width)}" for figure in others)
    return ((" " * _BEFORE + first.head.ljust(first.width) + heads, Role.QUIET),)


def _padded(row: Row, width: int) -> Row:
    return (*row, (" " * (width - sum(cell_len(text) for text, _ in row)), Role.PLAIN))
