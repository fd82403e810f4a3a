"""A command palette that needs its parts neither before they are there nor afterwards.

Without it: Textual's goes on to search while it closes, and ends the app with a NoMatches where it
looks for its list; a key that opens the list may come before the list does; two quick clicks
dismiss it twice, and take what is below it along; and a click where there is no widget, outside of
a small window say, ends the app with a NoWidget. Its cursor blinks, which sends bytes for ever.
Seen in Textual 8.2.8; no upstream issue found.
"""

from __future__ import annotations

from contextlib import suppress

from textual import events, work
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.css.query import NoMatches
from textual.errors import NoWidget
from textual.message import Message
from textual.widgets import Input, OptionList

from gdtui.ui.textual_fixes.stale_sizes import IgnoresStaleSizes

# What the parts of a palette tell it, and what it would hand to them.
_OF_PARTS = Input.Changed, Input.Submitted, OptionList.OptionHighlighted, OptionList.OptionSelected


class Palette(IgnoresStaleSizes, CommandPalette):
    """The command palette; it closes once, and searches no more then."""

    _dismissed = False

    def on_mount(self) -> None:
        """Keep still while nothing is typed."""
        self.query_one(Input).cursor_blink = False

    def on_click(self, event: events.Click) -> None:
        """Let no click pass that meets nothing."""
        try:
            self.get_widget_at(event.screen_x, event.screen_y)
        except NoWidget:
            event.prevent_default()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close, once, and search no more."""
        if self._dismissed or not self.is_active:
            return AwaitComplete()
        self._dismissed = True
        self._cancel_gather_commands()
        self._stop_busy_countdown()
        self._stop_no_matches_countdown()
        return super().dismiss(result)

    async def _dispatch_message(self, message: Message) -> None:
        if not (self._dismissed and isinstance(message, (*_OF_PARTS, events.Key))):
            await super()._dispatch_message(message)

    @work(exclusive=True, group=CommandPalette._GATHER_COMMANDS_GROUP)
    async def _gather_commands(self, search_value: str) -> None:
        gather = CommandPalette._gather_commands.__wrapped__  # type: ignore[attr-defined]
        with suppress(NoMatches):
            await gather(self, search_value)

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError, NoMatches):
            super()._action_command_list(action)
