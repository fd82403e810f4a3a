"""Screens that keep up with a window that is resized faster than they are laid out."""

from __future__ import annotations

from textual import events
from textual.geometry import Size


class Steady:
    """A mixin for screens: ignores the news of a size that is no longer the app's.

    Textual lays a screen out for each such size and then tells it of the change: of two sizes on
    their way at once, each would call for the other, for ever.
    """

    # A screen's size is that of the window at this moment.
    size: Size

    def on_resize(self, event: events.Resize) -> None:
        """Let only the size of the moment pass."""
        if event.size != self.size:
            event.stop()
            event.prevent_default()
