"""The folder of sessions, each in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

from gdtui.core.printable import PATH_CHARACTERS, printable
from gdtui.dataset import DataError
from gdtui.paths import state_folder
from gdtui.serialization import refuse
from gdtui.sessions.session import Session, from_json, to_json

# What is kept on the disk: so many files, of so many bytes together.
MOST_FILES, MOST_BYTES = 50, 20_000_000


SUFFIX, TEMPORARY = ".json", ".tmp"


class SessionSummary(NamedTuple):
    """A session in a line of a list."""

    name: str
    saved: float
    title: str
    runs: int
    best: float | None

    @classmethod
    def of(cls, name: str, session: Session) -> SessionSummary:
        """The line of this one."""
        title, runs = session.origin.title, len(session.runs)
        return cls(name, session.saved, title, runs, session.best)

    @property
    def line(self) -> str:
        """When it was saved, the data, how many runs, and how low the best of them is."""
        runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
        best = "" if self.best is None else f"  loss {self.best:g}"
        when = datetime.fromtimestamp(self.saved)
        return f"{when:%Y-%m-%d %H:%M}  {printable(self.title, 130)}  {runs}{best}"


class StoredSession(NamedTuple):
    """A session as it was read from a file, and the version of this file."""

    name: str
    session: Session
    version: FileVersion


class FileVersion(NamedTuple):
    """A file and the time of its last change, in ns: another one's save makes another version."""

    inode: int
    changed: int


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
        # Whether a file can be read, for each version of one that was looked at.
        self._readable: dict[tuple[str, FileVersion], bool] = {}

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
        while self.version(name):
            number += 1
            name = f"{first}-{number}"
        return name

    def version(self, name: str) -> FileVersion | None:
        """What tells whether a session is still what it was; None where there is none."""
        try:
            found = os.stat(self._path(name))
        except OSError:
            return None
        return FileVersion(found.st_ino, found.st_mtime_ns)

    def _path(self, name: str) -> Path:
        return self.folder / (name + SUFFIX)

    def save(self, name: str, session: Session) -> FileVersion | None:
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
        version = self.version(name)
        self._tidy(path)
        return version

    def _tidy(self, own: Path) -> None:
        """Keep our own file, and of the others as many as there is room for, newest first.

        What can't be read may be of another version, or not ours at all: it is let be.
        """
        files = sorted(self._files(), key=lambda f: (f[0] != own, -f[1].st_mtime_ns, f[0].name))
        if len(files) <= MOST_FILES and sum(found.st_size for _, found in files) <= MOST_BYTES:
            return
        number = size = 0
        for path, found in files:
            ours = path == own or path.suffix == TEMPORARY or self._can_be_read(path.stem)
            if not ours:
                continue
            number, size = number + 1, size + found.st_size
            if path != own and (number > MOST_FILES or size > MOST_BYTES):
                with suppress(OSError):
                    path.unlink()

    def _can_be_read(self, name: str) -> bool:
        version = self.version(name)
        if version is None:
            return False
        if (name, version) not in self._readable:
            try:
                self.load(name)
            except DataError:
                self._readable[name, version] = False
            else:
                self._readable[name, version] = True
        return self._readable[name, version]

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """What is ours in the folder, what others are just writing included."""
        with suppress(OSError):
            for entry in os.scandir(self.folder):
                path = Path(entry.path)
                ours = path.suffix in (SUFFIX, TEMPORARY)
                with suppress(OSError):
                    if ours and entry.is_file(follow_symlinks=False):
                        yield path, entry.stat(follow_symlinks=False)

    def remove(self, name: str) -> None:
        """Take a session away, if it is there."""
        with suppress(OSError):
            self._path(name).unlink()

    def summaries(self) -> tuple[list[SessionSummary], list[str]]:
        """The sessions, newest first; and what was wrong with others, each in a sentence."""
        summaries, troubles = [], []
        for path, _ in self._files():
            if path.suffix != SUFFIX:
                continue
            try:
                session = self.load(path.stem).session
            except DataError as error:
                troubles.append(str(error))
            else:
                summaries.append(SessionSummary.of(path.stem, session))
        return sorted(summaries, key=lambda s: (s.saved, s.name), reverse=True), troubles

    def load(self, name: str) -> StoredSession:
        """Read a session."""
        path, version = self._path(name), self.version(name) or FileVersion(0, 0)
        with _in_words("this session can't be read:", path), open(path, "rb") as file:
            text = file.read(MOST_BYTES + 1)
        try:
            if len(text) > MOST_BYTES:
                refuse("this is too much for a session")
            return StoredSession(name, from_json(text, version.changed / 1e9), version)
        except ValueError as reason:
            shown = printable(os.fspath(path), PATH_CHARACTERS)
            why = printable(str(reason), 200)
            raise DataError(f"this session can't be read, and is let be: {shown}: {why}") from None
