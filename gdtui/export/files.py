"""New files, never over others."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from gdtui.core.printable import printable
from gdtui.problem import Problem

# How a data file's name may begin the name of a new file, in bytes: few systems take over 255.
NAME_BYTES = 100


# What may stand in the name of a new file, besides letters and digits.
NAME_MARKS = "-_."


# How many files of one name there may be.
SAME_NAMES = 10_000


# Parts of a text to write between two pauses: about a millisecond's work.
PARTS = 100


class ExportError(Exception):
    """Why something can't be written or read back, in one sentence that is safe to print."""


def write_new(
    folder: str | os.PathLike[str],
    name: str,
    suffix: str,
    text: Iterable[str],
    pause: Callable[[], None] = lambda: None,
) -> Path:
    """Write a text, whole or in parts, to a file that was not there; returns where.

    It gets its name once it is complete; where that is taken it is name-2, name-3 and so on. Every
    few parts there is a pause, which may raise to have nothing written.
    """
    home = Path(folder)
    unfinished = home / f".gdtui-{secrets.token_hex(8)}.tmp"
    try:
        with open(unfinished, "x", encoding="utf-8", errors="backslashreplace", newline="") as file:
            parts = iter([text] if isinstance(text, str) else text)
            while some := list(islice(parts, PARTS)):
                file.writelines(some)
                pause()
        return _named_new(unfinished, home, safe_name(name), suffix)
    except OSError as error:
        reason = printable(error.strerror or str(error), 100)
        place = printable(str(home / f"{safe_name(name)}{suffix}"), 200)
        raise ExportError(f"{place} can't be written: {reason}") from None
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _named_new(unfinished: Path, home: Path, name: str, suffix: str) -> Path:
    for number in range(1, SAME_NAMES):
        path = home / f"{name}{f'-{number}' if number > 1 else ''}{suffix}"
        with suppress(FileExistsError):
            _rename(unfinished, path)
            return path
    raise OSError(f"there are {SAME_NAMES - 1} such files already")


def _rename(unfinished: Path, path: Path) -> None:
    """Give a file its name; raises FileExistsError where another has it."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system knows links: there the name is taken first, and filled after.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(unfinished, path)


def safe_name(name: str) -> str:
    """A name for a file, made from a name that may be anything."""
    kept = "".join(char if _fits_a_name(char) else "-" for char in name)
    short = re.sub("-+", "-", kept).encode()[:NAME_BYTES].decode(errors="ignore")
    return short.strip("-.") or "run"


def _fits_a_name(char: str) -> bool:
    return char in NAME_MARKS or (char.isalnum() and printable(char) == char)


def stem(problem: Problem) -> str:
    """What the files of a problem are called."""
    return safe_name(Path(problem.name).stem)
