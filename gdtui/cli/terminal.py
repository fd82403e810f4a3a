"""The terminal: standard streams that may be closed or no terminal, its keyboard, its locale."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO, TextIO

# What Python sets LC_CTYPE to by itself, where the locale is C or is not installed.
COERCED_LOCALES = ("C.UTF-8", "C.utf8", "UTF-8")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream is a terminal; it is None where it was closed."""
    return stream is not None and stream.isatty()


def can_show() -> bool:
    """Whether there is a terminal that a screen can be drawn on."""
    return is_terminal(sys.stdout) and os.environ.get("TERM", "dumb") != "dumb"


def knows_only_ascii() -> bool:
    """Whether to draw with ASCII alone: the locale or the Linux console know no braille."""
    return not _locale_has_unicode() or os.environ.get("TERM") == "linux"


def _locale_has_unicode() -> bool:
    """Whether the locale asks for UTF-8, or for nothing at all, as in many containers."""
    variables = ["LC_ALL", "LC_CTYPE", "LANG"]
    if os.environ.get("LANG") and os.environ.get("LC_CTYPE") in COERCED_LOCALES:
        # It says what Python would like (PEP 538), and not what the terminal knows.
        variables.remove("LC_CTYPE")
    wanted = next((os.environ[name] for name in variables if os.environ.get(name)), "UTF-8")
    return "utf8" in wanted.lower().replace("-", "")


def take_keyboard() -> BinaryIO | None:
    """Let standard input be the terminal, if it is none; returns what it was before, if so.

    Raises OSError where there is no terminal to take keys from.
    """
    if is_terminal(sys.stdin):
        return None
    terminal = os.open("/dev/tty", os.O_RDONLY)
    data = None if sys.stdin is None else os.fdopen(os.dup(0), "rb")
    if terminal:
        os.dup2(terminal, 0)
        os.close(terminal)
    if sys.stdin is None:
        sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)  # type: ignore[misc]
    return data


def draw_on_output() -> None:
    """Let Textual, which draws on standard error, do so where standard output is."""
    if not is_terminal(sys.__stderr__):
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]


def let_go(stream: TextIO | None) -> None:
    """Drop what a lost terminal takes no more: Python would end with 120 for it."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        drop(stream)


def drop(stream: TextIO) -> None:
    """Let what is still buffered go nowhere: at exit it would be written, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
