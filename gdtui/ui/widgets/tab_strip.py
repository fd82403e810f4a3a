"""A row that names all plots that there are, with their keys, and marks the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from textual import events
from textual.message import Message

from gdtui.drawing import Role, Row
from gdtui.ui.widgets.rows import Rows

# How far names are cut, at most, that all of them fit.
FEWEST_LETTERS = 3


def tabs(names: Sequence[str], width: int) -> list[str]:
    """The names with their keys 1, 2, ...: in full with blanks around them, or cut until all fit.

    Each has a cell before it, and the row one at its end, for the mark of the chosen one.
    """
    numbered = [*enumerate(names, 1)]
    longest = max(map(len, names), default=0)
    ways = [
        [f" {key} {name} " for key, name in numbered],
        *(
            [f"{key} {name[:letters]}" for key, name in numbered]
            for letters in range(longest, FEWEST_LETTERS - 1, -1)
        ),
    ]
    room = width - len(names) - 1
    return next((way for way in ways if sum(map(len, way)) <= room), ways[-1])


def tab_row(cut: Sequence[str], chosen: int) -> Row:
    """The tabs side by side, with the chosen one in brackets."""
    between = [
        "[" if at == chosen else "]" if at == chosen + 1 else " " for at in range(len(cut) + 1)
    ]
    spans = [(between[0], Role.CHOSEN)]
    for at, text in enumerate(cut):
        spans.append((text, Role.CHOSEN if at == chosen else Role.QUIET))
        spans.append((between[at + 1], Role.CHOSEN))
    return tuple(spans)


class TabStrip(Rows):
    """Names the views in the order of their keys; a click on a name chooses its view."""

    class Chosen(Message):
        """The name of a view was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    def __init__(self, short_names: dict[str, str]) -> None:
        """Take the short name of every view."""
        super().__init__(id="tabs")
        self._views = list(short_names)
        self._short_names = list(short_names.values())
        self._chosen = 0

    def show(self, view: str) -> None:
        """Mark the chosen view."""
        self._chosen = self._views.index(view)
        self.show_rows([tab_row(self._tabs, self._chosen)])

    @property
    def _tabs(self) -> list[str]:
        return tabs(self._short_names, self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Cut the names anew."""
        self.show_rows([tab_row(self._tabs, self._chosen)])

    def on_click(self, event: events.Click) -> None:
        """Choose the view whose name is there."""
        ends = accumulate(len(text) + 1 for text in self._tabs)
        at = next((at for at, end in enumerate(ends) if event.x < end), None)
        if at is not None:
            self.post_message(self.Chosen(self._views[at]))
