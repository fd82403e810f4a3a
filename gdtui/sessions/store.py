"""The folder of sessions, each in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

from gdtui.core.printable import printable
from gdtui.dataset.text import DataError
from gdtui.paths import state_folder
from gdtui.sessions.session import Session, _FormatError, from_json, to_json

# What is kept on the disk: so many files, of so many bytes together.
MOST_FILES, MOST_BYTES = 50, 20_000_000


SUFFIX, DAMAGED, TEMPORARY = ".json", ".corrupt", ".tmp"


PATH_CHARACTERS = 4096


class Header(NamedTuple):
    """What a list shows of a session."""

    name: str
    saved: float
    title: str
    runs: int
    best: float | None

    @classmethod
    def of(cls, name: str, session: Session) -> Header:
        """What a list shows of this one."""
        title, runs = session.origin.title, len(session.runs)
        return cls(name, session.saved, title, runs, session.best)

    @property
    def line(self) -> str:
        """When it was saved, the data, how many runs, and how low the best of them is."""
        runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
        best = "" if self.best is None else f"  loss {self.best:g}"
        when = datetime.fromtimestamp(self.saved)
        return f"{when:%Y-%m-%d %H:%M}  {printable(self.title, 130)}  {runs}{best}"


class Saved(NamedTuple):
    """A session as it was read from a file, and the mark of this file."""

    name: str
    session: Session
    mark: Mark


# The file itself and its last change: another one's save of it makes another mark.
Mark = tuple[int, int]


@contextmanager
def _in_words(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        shown = printable(os.fspath(path), PATH_CHARACTERS)
        raise DataError(f"{what} {shown}: {error.strerror or error}") from None


class Store:
    """A folder of sessions, each in a file; several programs may use it at once.

    What goes wrong is told by DataError, in one sentence.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """The folder, which need not be there yet."""
        if self._folder is None:
            try:
                self._folder = state_folder() / "sessions"
            except RuntimeError:
                raise DataError("sessions can't be saved: there is no home folder") from None
        return self._folder

    def fresh_name(self) -> str:
        """A name that no session has."""
        first = f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}"
        name, number = first, 1
        while self.mark(name):
            number += 1
            name = f"{first}-{number}"
        return name

    def mark(self, name: str) -> Mark | None:
        """What tells whether a session is still what it was; None where there is none."""
        try:
            found = os.stat(self._path(name))
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _path(self, name: str) -> Path:
        return self.folder / (name + SUFFIX)

    def save(self, name: str, session: Session) -> Mark | None:
        """Write a session whole or not at all, and take away the oldest of too many."""
        path = self._path(name)
        with _in_words("the session can't be saved in", self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = mkstemp(TEMPORARY, dir=self.folder)
            try:
                with open(handle, "w", encoding="ascii") as file:
                    file.write(to_json(session))
                os.replace(temporary, path)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary)
                raise
        mark = self.mark(name)
        self._tidy(path)
        return mark

    def _tidy(self, own: Path) -> None:
        """Keep our own file, and of the others as many as there is room for, newest first."""
        files = sorted(self._files(), key=lambda f: (f[0] != own, -f[1].st_mtime_ns, f[0].name))
        size = 0
        for number, (path, found) in enumerate(files, 1):
            size += found.st_size
            if path != own and (number > MOST_FILES or size > MOST_BYTES):
                with suppress(OSError):
                    path.unlink()

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """What is ours in the folder, what others are just writing included."""
        with suppress(OSError):
            for entry in os.scandir(self.folder):
                path = Path(entry.path)
                ours = path.suffix in (SUFFIX, DAMAGED, TEMPORARY)
                with suppress(OSError):
                    if ours and entry.is_file(follow_symlinks=False):
                        yield path, entry.stat(follow_symlinks=False)

    def remove(self, name: str) -> None:
        """Take a session away, if it is there."""
        with suppress(OSError):
            self._path(name).unlink()

    def headers(self) -> tuple[list[Header], list[str]]:
        """The sessions, newest first; and what was wrong with others, each in a sentence."""
        headers, troubles = [], []
        for path, _ in self._files():
            if path.suffix != SUFFIX:
                continue
            try:
                session = self.load(path.stem).session
            except DataError as error:
                troubles.append(str(error))
            else:
                headers.append(Header.of(path.stem, session))
        return sorted(headers, key=lambda h: (h.saved, h.name), reverse=True), troubles

    def load(self, name: str) -> Saved:
        """Read a session; a file that holds none is set aside."""
        path, mark = self._path(name), self.mark(name)
        with _in_words("this session can't be read:", path), open(path, "rb") as file:
            text = file.read(MOST_BYTES + 1)
        try:
            if len(text) > MOST_BYTES:
                raise ValueError("this is too much for a session")
            return Saved(name, from_json(text), mark or (0, 0))
        except _FormatError:
            raise DataError(
                f"the session {printable(name)} is of another version of gdtui"
            ) from None
        except ValueError:
            return self._set_aside(path)

    def _set_aside(self, path: Path) -> Saved:
        aside = path.with_suffix(DAMAGED)
        with _in_words("a damaged session can't be set aside:", path):
            os.replace(path, aside)
        shown = printable(os.fspath(aside), PATH_CHARACTERS)
        raise DataError(f"a damaged session is set aside, in {shown}")
