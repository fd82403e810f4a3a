"""Bugs that need not end the run: their tracebacks go to a log file, whose path is shown."""

from __future__ import annotations

import logging
import os
from pathlib import Path


def log_path() -> Path:
    """The log file, under the XDG state folder."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "gdtui" / "gdtui.log"


def log_fault(what: str) -> str:
    """Write the traceback of the exception at hand; returns where to find it, in words."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        return f"{path} can't be written: {error.strerror}"
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.Logger("gdtui")
    logger.addHandler(handler)
    logger.exception(what)
    handler.close()
    return f"the details are in {path}"
