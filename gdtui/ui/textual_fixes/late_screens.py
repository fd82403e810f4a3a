"""An end that no screen can spoil which opens meanwhile.

Without it: a screen that opens as the app ends is left without its widgets, does not find them, and
ends the app with a NoMatches as if that were a bug.
Seen in Textual 8.2.8; no upstream issue found.
"""

from __future__ import annotations

from textual.app import App, ReturnType
from textual.css.query import NoMatches


class LateScreens(App[ReturnType]):
    """An app whose end is not spoilt by what is missing then."""

    def _handle_exception(self, error: Exception) -> None:
        if not (self._exit and isinstance(error, NoMatches)):
            super()._handle_exception(error)
