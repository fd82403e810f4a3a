"""The card of a lesson: what it says, its hints, and what to notice once it is done."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.markup import escape
from textual.widgets import Static


class LessonCard(VerticalScroll, can_focus=False):
    """Shows a card beside what it is about; it scrolls where there is little room."""

    def __init__(self) -> None:
        super().__init__(id="lesson")
        self._text = Static("", markup=False)
        self._told = 0

    def compose(self) -> ComposeResult:
        """One text."""
        yield self._text

    def show(self, heading: str, text: Content, keys: str, told: int = 0) -> None:
        """Show these; nothing is drawn where nothing has changed.

        Where more is `told` at the end than before, the card scrolls there.
        """
        if self._text.content != text:
            self._text.update(text)
        # What stands in the frame is read as markup.
        title, subtitle = escape(heading), escape(keys)
        if title != self.border_title:
            self.border_title, self._told = title, told
            self.scroll_home(animate=False)
        if told > self._told:
            # Once the longer text is laid out: below a dialog that takes a frame more.
            self.call_after_refresh(self.scroll_end, animate=False)
        self._told = told
        if subtitle != self.border_subtitle:
            self.border_subtitle = subtitle
