"""Lines of which one is taken: lessons, answers, guesses."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gdtui.ui.dialogs.dialog import Dialog, LineList


class LineScreen(Dialog[int | None]):
    """Lines under a title, of which one is taken; ends with its number."""

    BINDINGS = [Binding("escape,q", "dismiss", "Back")]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._title, self._lines = title, lines

    def compose(self) -> ComposeResult:
        """The lines, as plain text: they may come from any file."""
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            box.border_subtitle = "enter: take it · escape: back"
            yield LineList(*(Option(Content(line)) for line in self._lines), compact=True)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_index)
