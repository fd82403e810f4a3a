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
    content: str | bytes | Iterable[str],
    pause: Callable[[], None] = lambda: None,
) -> Path:
    """Write a text, whole or in parts, or bytes to a file that was not there; returns where.

    It gets its name once it is complete; where that is taken it is name-2, name-3 and so on. Every
    few parts there is a pause, which may raise to have nothing written.
    """
    wanted = Path(folder) / f"{safe_name(name)}{suffix}"
    return _written(wanted, content, pause, _named_new)


def write_at(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file that was not there, under this very name, once it is complete."""
    return _written(Path(path), content, lambda: None, _rename)


def working_folder() -> str:
    """The folder that new files go to; it may have been removed."""
    try:
        return os.getcwd()
    except OSError:
        return os.curdir


def refuse_existing(path: str | os.PathLike[str]) -> None:
    """Raise ExportError where there is something of that name."""
    if os.path.lexists(path):
        raise _cannot_write(Path(path), "it is there already, and no file is written over")


def _cannot_write(path: Path, reason: str) -> ExportError:
    return ExportError(f"{printable(str(path), 200)} can't be written: {printable(reason, 100)}")


def _written(
    wanted: Path,
    content: str | bytes | Iterable[str],
    pause: Callable[[], None],
    give_name: Callable[[Path, Path], Path],
) -> Path:
    """Write a file, and give it its name once it is complete."""
    unfinished = wanted.parent / f".gdtui-{secrets.token_hex(8)}.tmp"
    try:
        with open(unfinished, "xb") as file:
            parts = iter([content] if isinstance(content, str | bytes) else content)
            while some := list(islice(parts, PARTS)):
                file.writelines(map(_encoded, some))
                pause()
        return give_name(unfinished, wanted)
    except OSError as error:
        raise _cannot_write(wanted, error.strerror or str(error)) from None
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _encoded(part: str | bytes) -> bytes:
    return part if isinstance(part, bytes) else part.encode("utf-8", "backslashreplace")


def _named_new(unfinished: Path, wanted: Path) -> Path:
    for number in range(1, SAME_NAMES):
        path = wanted.with_stem(wanted.stem + f"-{number}") if number > 1 else wanted
        with suppress(FileExistsError):
            return _rename(unfinished, path)
    raise OSError(f"there are {SAME_NAMES - 1} such files already")


def _rename(unfinished: Path, path: Path) -> Path:
    """Give a file its name, and return it; raises FileExistsError where another has it."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system knows links: there the name is taken first, and filled after.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(unfinished, path)
    return path


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
