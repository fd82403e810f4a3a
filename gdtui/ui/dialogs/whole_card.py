"""The card of a lesson over the plots, with more room than it has beside them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.markup import escape
from textual.widgets import Static

from gdtui.ui.dialogs.dialog import Dialog


class WholeCardScreen(Dialog[None]):
    """A heading, and a text that scrolls where even so it has too little room."""

    BINDINGS = [Binding("escape,enter,k,q", "dismiss", "Back")]

    def __init__(self, heading: str, text: Content) -> None:
        super().__init__()
        self._heading, self._text = heading, text

    def compose(self) -> ComposeResult:
        """The card."""
        with VerticalScroll(id="whole-card", classes="dialog") as box:
            # What stands in the frame is read as markup.
            box.border_title = escape(self._heading)
            box.border_subtitle = "up, down: scroll; escape: back"
            yield Static(self._text, markup=False)
