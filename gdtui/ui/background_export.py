"""A long export goes on beside all else: it gives way to the screen, tells of itself, and stops."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from textual.worker import get_current_worker

# The group of the workers that write files.
EXPORT = "export"
# Seconds after which an export is worth a word.
TELL_AFTER = 1.0


class StoppedError(Exception):
    """The export was stopped, by its user or by the end of the app."""


class Pause:
    """What comes every few lines of an export: a wait for the screen, and maybe the end.

    While the event loop has something to do, it is not the export's `turn`. Once it takes longer,
    `tell` is called.
    """

    def __init__(self, turn: Event, tell: Callable[[], None], now: Callable[[], float]) -> None:
        self._turn, self._now = turn, now
        self._tell: Callable[[], None] | None = tell
        self._begun = now()

    def __call__(self) -> None:
        """Give way; raises StoppedError where the export is to end."""
        self._turn.wait()
        if get_current_worker().is_cancelled:
            raise StoppedError
        if self._tell and self._now() - self._begun > TELL_AFTER:
            tell, self._tell = self._tell, None
            tell()
