"""The list of saved sessions, to choose one to go on with."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual._widget_navigation import Direction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gdtui.session import Header
from gdtui.ui.steady import Steady


class SessionsList(OptionList):
    """A list that has no pages to turn while there is no room for a line.

    Textual's looks for the line of an option, and fails where none is laid out.
    """

    def _move_page(self, direction: Direction) -> None:
        if self._index_to_line:
            super()._move_page(direction)


class SessionsScreen(Steady, Screen[None]):
    """The sessions, newest first."""

    class Chosen(Message):
        """The session of this name is to be gone on with."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    BINDINGS = [Binding("escape,q", "app.quit", "Quit")]

    def __init__(self, headers: Sequence[Header]) -> None:
        super().__init__()
        self._headers = headers

    def compose(self) -> ComposeResult:
        """A line for each, as plain text: names may hold anything."""
        options = [Option(Content(header.line)) for header in self._headers]
        sessions = SessionsList(*options, id="sessions")
        sessions.border_title = "Go on with which session?"
        sessions.border_subtitle = "enter: open · escape: leave"
        yield sessions

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.post_message(self.Chosen(self._headers[event.option_index].name))
