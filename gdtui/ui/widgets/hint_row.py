"""The last row: the keys that matter now, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.message import Message

from gdtui.drawing import Role, Span
from gdtui.ui.keys import Hint
from gdtui.ui.widgets.rows import Rows


def fitting(hints: Sequence[Hint], always: Sequence[Hint], width: int) -> list[Hint]:
    """The first hints that fit into a row beside those that are always there; no half of a pair."""
    for count in range(len(hints), 0, -1):
        is_whole = count == len(hints) or hints[count].words != hints[count - 1].words
        shown = [*hints[:count], *always]
        # The blank after the last word may be missing.
        if is_whole and sum(cell_len(text) for text, _ in spans(shown)) <= width + 1:
            return shown
    return list(always)


def spans(hints: Sequence[Hint]) -> list[Span]:
    """Two spans for each hint, its key and its words; neighbours with the same words share them."""
    row: list[Span] = []
    for at, hint in enumerate(hints):
        shared = at + 1 < len(hints) and hints[at + 1].words == hint.words
        row.append((f" {hint.display}", Role.LIVE))
        row.append(("" if shared else f" {hint.words} ", Role.PLAIN))
    return row


class HintRow(Rows):
    """Names keys with what they do; a click on one presses it."""

    class Pressed(Message):
        """A key was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__(id="hints")
        self._hints: Sequence[Hint] = ()
        self._always: Sequence[Hint] = ()

    def show(self, hints: Sequence[Hint], always: Sequence[Hint]) -> None:
        """Show as many hints as fit beside those that are always there."""
        if (hints, always) != (self._hints, self._always):
            self._hints, self._always = hints, always
            self._fit()

    @property
    def _shown(self) -> list[Hint]:
        return fitting(self._hints, self._always, self.size.width)

    def _fit(self) -> None:
        self.show_rows([tuple(spans(self._shown))])

    def on_resize(self, event: events.Resize) -> None:
        """Show as many as fit now."""
        self._fit()

    def on_click(self, event: events.Click) -> None:
        """Press the key that is named there."""
        end = 0
        for at, hint in enumerate(shown := self._shown):
            end += sum(cell_len(text) for text, _ in spans(shown)[2 * at : 2 * at + 2])
            if event.x < end:
                self.post_message(self.Pressed(hint.key))
                return
