"""The list of saved sessions, to choose one to go on with."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gdtui.sessions.store import SessionSummary
from gdtui.ui.dialogs.dialog import LineList
from gdtui.ui.textual_fixes.stale_sizes import IgnoresStaleSizes


class SessionsScreen(IgnoresStaleSizes, Screen[None]):
    """The sessions, newest first."""

    class Chosen(Message):
        """The session of this name is to be gone on with."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    BINDINGS = [Binding("escape,q", "app.quit", "Quit")]

    def __init__(self, sessions: Sequence[SessionSummary]) -> None:
        super().__init__()
        self._sessions = sessions

    def compose(self) -> ComposeResult:
        """A line for each, as plain text: names may hold anything."""
        options = [Option(Content(session.line)) for session in self._sessions]
        sessions = LineList(*options, id="sessions")
        sessions.border_title = "Go on with which session?"
        sessions.border_subtitle = "enter: open · escape: leave"
        yield sessions

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.post_message(self.Chosen(self._sessions[event.option_index].name))
