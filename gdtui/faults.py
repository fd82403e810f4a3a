"""Bugs of gdtui: their tracebacks go to a log file, whose path is shown."""

from __future__ import annotations

import logging
import os
import traceback
from contextlib import closing
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from gdtui.core.printable import PATH_CHARACTERS, printable
from gdtui.paths import state_folder

# What is known of an exception that was raised; logging has it so.
Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
# As long as a line of a traceback may be.
LINE_CHARACTERS = 4096


# Bytes after which the log begins anew; the one before it is kept.
LOG_BYTES = 1_000_000


def log_path() -> Path:
    """The log file, in the folder for our state; raises RuntimeError where there is no home."""
    return state_folder() / "gdtui.log"


def log_fault(what: str, error: BaseException) -> str:
    """Write the traceback of an exception; returns where to find it, in words."""
    try:
        path = log_path()
    except RuntimeError:
        return "there is no home folder for the details"
    shown = printable(os.fspath(path), PATH_CHARACTERS)
    raised = type(error), error, error.__traceback__
    record = logging.LogRecord("gdtui", logging.ERROR, "", 0, what, None, raised)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(_Log(path)) as log:
            log.handle(record)
    except OSError as failure:
        return f"{shown} can't be written: {failure.strerror}"
    return f"the details are in {shown}"


class _Log(RotatingFileHandler):
    """The log, which raises OSError where it can't be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
        self.setFormatter(_Harmless("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        # Called for what is being handled; by default it is printed over the screen.
        raise


class _Harmless(logging.Formatter):
    """Makes a traceback safe for whoever shows the file on a terminal."""

    def formatException(self, ei: Raised) -> str:  # noqa: N802
        lines = super().formatException(ei).splitlines()
        return "".join(printable(line, LINE_CHARACTERS) + "\n" for line in lines)


def place_of(error: Exception) -> str:
    """Where an exception was raised, and by way of where: of two, the same is the same bug."""
    return "".join(traceback.format_tb(error.__traceback__))
