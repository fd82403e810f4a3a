"""Screens that keep up with a window that is resized faster than they are laid out.

Without it: a screen lays itself out for each size that it is told of, though the window has another
by then, and tells itself of that change. Of two sizes on their way at once, each calls for the
other, for ever, and the program is busy until the next resize.
Seen in Textual 8.2.8, with a window dragged by hand; no upstream issue found. All of it is public.
"""

from __future__ import annotations

from textual import events
from textual.geometry import Size


class IgnoresStaleSizes:
    """A mixin for screens: ignores the news of a size that is no longer the app's."""

    # A screen's size is that of the window at this moment.
    size: Size

    def on_resize(self, event: events.Resize) -> None:
        """Let only the size of the moment pass."""
        if event.size != self.size:
            event.stop()
            event.prevent_default()
