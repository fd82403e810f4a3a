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
        self._keys = ""

    def compose(self) -> ComposeResult:
        """One text."""
        yield self._text

    def show(self, heading: str, text: Content, keys: str, told: int = 0) -> None:
        """Show these; nothing is drawn where nothing has changed.

        Where more is `told` at the end than before, the card scrolls there.
        """
        if self._text.content != text:
            self._text.update(text)
            self.call_after_refresh(self._show_keys)
        # What stands in the frame is read as markup.
        title = escape(heading)
        if title != self.border_title:
            self.border_title, self._told = title, told
            self.scroll_home(animate=False)
        if told > self._told:
            # Once the longer text is laid out: below a dialog that takes a frame more.
            self.call_after_refresh(self.scroll_end, animate=False)
        self._told, self._keys = told, keys
        self._show_keys()

    def _show_keys(self) -> None:
        """What the keys do, before them the one that shows what is out of sight."""
        page = "pgup" if self.scroll_y > 0 else "pgdn" if self.max_scroll_y > 0 else ""
        subtitle = escape(" · ".join(filter(None, [page, self._keys])))
        if subtitle != self.border_subtitle:
            self.border_subtitle = subtitle

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """There may be more above or below than before."""
        super().watch_scroll_y(old_value, new_value)
        self._show_keys()

    def on_resize(self) -> None:
        """At another size more of it is seen, or less."""
        self.call_after_refresh(self._show_keys)
