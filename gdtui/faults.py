"""Bugs of gdtui: their tracebacks go to a log file, whose path is shown."""

from __future__ import annotations

import os
import traceback
from datetime import datetime
from pathlib import Path

from gdtui.core.printable import printable
from gdtui.paths import state_folder

# As long as a path may be, which is of no use cut short; and a line of a traceback.
PATH_CHARACTERS, LINE_CHARACTERS = 4096, 4096


def log_path() -> Path:
    """The log file, under the XDG state folder; raises RuntimeError where there is no home."""
    return state_folder() / "gdtui.log"


def log_fault(what: str, error: BaseException) -> str:
    """Write the traceback of an exception; returns where to find it, in words."""
    try:
        path = log_path()
    except RuntimeError:
        return "there is no home folder for the details"
    shown = printable(os.fspath(path), PATH_CHARACTERS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8") as log:
            log.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {what}\n{_lines(error)}\n")
    except OSError as failure:
        return f"{shown} can't be written: {failure.strerror}"
    return f"the details are in {shown}"


def _lines(error: BaseException) -> str:
    """The traceback, safe for whoever shows the file on a terminal."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    return "".join(printable(line, LINE_CHARACTERS) + "\n" for line in lines)


def place_of(error: Exception) -> str:
    """Where an exception was raised, and by way of where: of two, the same is the same bug."""
    return "".join(traceback.format_tb(error.__traceback__))
