"""Screens whose widgets are styled once as the screen opens, not three times.

Without it: Textual styles all widgets when they are mounted, again as the screen resumes, and again
for the classes of its breakpoints, which it sets only then.
Seen in Textual 8.2.8; no upstream issue found. All of it is public. Measured: a test opens
the workbench with 0.68 of the work.
"""

from __future__ import annotations

from textual import events
from textual.screen import Screen, ScreenResultType


class StyledOnce(Screen[ScreenResultType]):
    """A screen that has the classes of its breakpoints before its widgets are there."""

    _has_resumed = False

    def on_compose(self) -> None:
        """Set the classes for the size at which the screen opens."""
        width, height = self.app.size
        for length, breakpoints in (
            (width, self.HORIZONTAL_BREAKPOINTS),
            (height, self.VERTICAL_BREAKPOINTS),
        ):
            fitting = [name for least, name in sorted(breakpoints or []) if length >= least]
            self.add_class(*fitting[-1:], update=False)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Keep the styles that have just been found, the first time."""
        event.refresh_styles = event.refresh_styles and self._has_resumed
        self._has_resumed = True
