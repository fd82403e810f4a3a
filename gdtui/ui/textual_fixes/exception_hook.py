"""Bugs that are heard of before they end the app.

Without it: Textual shows the traceback of an unhandled exception, which in a small window can't be
read, and offers no public way to learn of it. Upstream: Textualize/textual#2818, closed.
Seen in Textual 8.2.8.
"""

from __future__ import annotations

from textual.app import App, ReturnType
from textual.worker import WorkerFailed


class ExceptionHook(App[ReturnType]):
    """An app that is told of the bug that ends it."""

    def hear(self, bug: BaseException) -> None:
        """Learn of an exception that nobody has handled; the app ends after it."""

    def _handle_exception(self, error: Exception) -> None:
        self.hear(error.error if isinstance(error, WorkerFailed) else error)
        super()._handle_exception(error)
