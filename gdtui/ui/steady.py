"""Screens that keep up with a window that is resized faster than they are laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.app import App


class Steady:
    """A mixin for screens: ignores the news of a size that is no longer the app's.

    Textual lays a screen out for each such size and then tells it of the change: of two sizes on
    their way at once, each would call for the other, for ever.
    """

    app: App[object]

    def on_resize(self, event: events.Resize) -> None:
        """Let only the size of the moment pass."""
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()
