"""Sessions: the runs of a sitting as a small file, from which they are replayed to the bit.

A run is a pure function of its surface and its record, so its record is all that is kept of it.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from time import time
from typing import BinaryIO, NamedTuple

from gdtui.core.dataset import DataError
from gdtui.core.history import Entry, History
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.source import STDIN, Source
from gdtui.core.text import printable
from gdtui.loading import Loading
from gdtui.records import (
    Kept,
    fingerprint,
    kept_by_name,
    read_count,
    read_kept,
    read_number,
    read_source,
    read_text,
    refuse,
    source_by_name,
)
from gdtui.state import state_folder

FORMAT = 1
# What is kept on the disk: so many files, of so many bytes together.
MOST_FILES, MOST_BYTES = 50, 20_000_000
# Seconds between a change and its save: with the save itself, less than ten.
EVERY = 9.0
# Seconds that the last save may take: of an end that the user asked for, and of a forced one.
PATIENCE, LAST_MOMENT = 2.0, 0.2
SUFFIX, DAMAGED, TEMPORARY = ".json", ".corrupt", ".tmp"
PATH_CHARACTERS = 4096
# Whatever JSON of another shape makes of our reading of it.
_MISSHAPEN = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    OSError,
)


# What is saved


@dataclass(frozen=True)
class Origin:
    """Where the data are from, and what tells whether they are still the same."""

    source: Source
    title: str
    examples: int
    fingerprint: str

    @classmethod
    def of(cls, loading: Loading) -> Origin:
        """The origin of data that are loaded."""
        dataset, surface = loading.result()
        if dataset is None:
            return cls(loading.source, surface.title, 0, "")
        names = [printable(name) for name in (dataset.name, dataset.feature, dataset.label)]
        # It may be gone on with from another folder.
        path = loading.path if loading.source.is_stream else os.path.abspath(loading.path)
        return cls(
            source=loading.source._replace(path=path),
            title=f"{names[0]} · {names[1]} -> {names[2]}",
            examples=len(dataset.x),
            fingerprint=fingerprint(dataset),
        )

    def reopen(self, file: str | None = None, stream: BinaryIO | None = None) -> Loading:
        """The data, to be loaded again; from another file, if one is named."""
        source = self.source
        if source.surface is not None:
            return Loading.of_landscape(LANDSCAPES[source.surface])
        path = file or source.path or ""
        if path == STDIN and stream is None:
            raise DataError("its data came from standard input; pipe them in again, with FILE -")
        return Loading(path, source.x, source.y, stream)


@dataclass(frozen=True)
class Session:
    """The runs over some data, when they were saved, and the smallest loss that is known of them.

    The time is in seconds since the epoch.
    """

    saved: float
    origin: Origin
    runs: tuple[Kept, ...]
    best: float | None

    @classmethod
    def of(cls, loading: Loading, history: History) -> Session:
        """The session of these data and runs, as it is now."""
        kept = [entry for entry in history.entries if is_worth_keeping(entry)]
        losses = [entry.run.step.loss for entry in kept]
        return cls(
            saved=time(),
            origin=Origin.of(loading),
            runs=tuple(map(Kept.of, kept)),
            best=min(filter(math.isfinite, losses), default=None),
        )

    def history(self, loading: Loading) -> History:
        """The runs, to be replayed over the data; raises DataError if these are others now."""
        now = Origin.of(loading)
        _, surface = loading.result()
        if now.fingerprint != self.origin.fingerprint:
            raise DataError(
                f"{printable(os.path.basename(loading.path))} is not as it was when the session "
                f"was saved: {_count(self.origin.examples)} then, {_count(now.examples)} now, and "
                "not the same"
            )
        return History(
            Entry(kept.number, kept.run_on(surface), kept.parent, kept.name, kept.hidden)
            for kept in self.runs
        )

    def same_runs(self, other: Session) -> bool:
        """Whether the other one holds the same, so that there is nothing to save."""
        # Not by ==, since a memory may hold what does not equal itself.
        return repr(self.runs) == repr(other.runs)


def _count(examples: int) -> str:
    return "1 example" if examples == 1 else f"{examples:,} examples"


def is_worth_keeping(entry: Entry) -> bool:
    """Whether a run has made an iteration, or shown that it can make none."""
    record = entry.run.record
    start = record.start.iteration
    return record.reached > start or (record.exhausted and bool(entry.run.steps(start, start + 1)))


# As JSON


def to_json(session: Session) -> str:
    """A session as text."""
    whole = {
        "format": FORMAT,
        "saved": session.saved,
        "source": source_by_name(session.origin.source),
        "title": session.origin.title,
        "examples": session.origin.examples,
        "fingerprint": session.origin.fingerprint,
        "best": session.best,
        "runs": [kept_by_name(kept) for kept in session.runs],
    }
    return json.dumps(whole, allow_nan=False, separators=(",", ":"))


def from_json(text: str | bytes) -> Session:
    """The session of a text; raises ValueError for any other text."""
    try:
        whole = json.loads(text)
        if whole["format"] != FORMAT:
            raise _FormatError(whole["format"])
        session = Session(
            saved=read_number(whole["saved"]),
            origin=Origin(
                source=read_source(whole["source"]),
                title=read_text(whole["title"]),
                examples=read_count(whole["examples"]),
                fingerprint=read_text(whole["fingerprint"]),
            ),
            runs=tuple(read_kept(run) for run in whole["runs"]),
            best=None if whole["best"] is None else read_number(whole["best"]),
        )
        _check(session)
    except _FormatError:
        raise
    except _MISSHAPEN as error:
        raise ValueError(f"this is no session: {error!r}") from None
    return session


class _FormatError(ValueError):
    """A session of another version, which is not damaged."""


def _check(session: Session) -> None:
    datetime.fromtimestamp(session.saved)
    numbers = [run.number for run in session.runs]
    if len(set(numbers)) < len(numbers) or min(numbers, default=0) < 1:
        refuse("each run has a number of its own, and there is one at least")
    starts = [value for run in session.runs for value in run.record.start[1:3]]
    if not all(map(math.isfinite, starts)):
        refuse("no run that is kept starts at infinity")
    if session.origin.source.surface is not None:
        LANDSCAPES[session.origin.source.surface]


# In files


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


class Autosave:
    """Saves a session while it goes on, soon after a change, from a thread of its own.

    `touch` says that something has changed. A run that goes on is looked at again and again; while
    nothing happens, the thread sleeps. `trouble` is why the last save failed; whoever is to be
    told gets each such sentence once, in that thread.
    """

    def __init__(
        self,
        store: Store,
        loading: Loading,
        history: History,
        resumed: Saved | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.trouble: str | None = None
        self._tell = tell
        self._store, self._loading, self._history = store, loading, history
        self._name: str | None = None
        self._mark: Mark | None = None
        self._last: Session | None = None
        if resumed:
            self._name, self._last, self._mark = resumed
        self._lock = threading.Lock()
        self._touched, self._stopping = threading.Event(), threading.Event()

    def start(self) -> None:
        """Begin to save by itself."""
        threading.Thread(target=self._work, name="autosave", daemon=True).start()

    def touch(self) -> None:
        """Say that something has changed, or will: it is saved before long."""
        self._touched.set()

    def _work(self) -> None:
        while self._touched.wait() and not self._stopping.wait(EVERY):
            self._touched.clear()
            if self.save():
                self._touched.set()

    def save(self) -> bool:
        """Save now what has changed; returns whether something had. From any thread."""
        with self._lock:
            try:
                return self._save()
            except DataError as error:
                self._complain(str(error))
                return False

    def _complain(self, words: str) -> None:
        if words != self.trouble and self._tell:
            self._tell(words)
        self.trouble = words

    def _save(self) -> bool:
        session = Session.of(self._loading, self._history)
        if self._last.same_runs(session) if self._last else not session.runs:
            return False
        if self._name is None or self._store.mark(self._name) not in (None, self._mark):
            # Another program goes on with the same session: each one keeps its own.
            self._name = self._store.fresh_name()
        if session.runs:
            self._mark = self._store.save(self._name, session)
        else:
            self._store.remove(self._name)
        self._last, self.trouble = session, None
        return True

    def finish(self, patience: float = PATIENCE) -> None:
        """Save for the last time, within so many seconds. From any thread."""
        self._stopping.set()
        self._touched.set()
        last = threading.Thread(target=self.save, name="last save", daemon=True)
        last.start()
        last.join(patience)


class Keeper:
    """What the app needs to go on with a session, or to begin one: the store, and the choice."""

    def __init__(
        self,
        store: Store,
        choices: Iterable[Header] = (),
        file: str | None = None,
        stream: BinaryIO | None = None,
        history: History | None = None,
    ) -> None:
        self.choices = tuple(choices)
        self._store, self._file, self._stream = store, file, stream
        self._history = history
        self._resumed: Saved | None = None

    def choose(self, name: str) -> Loading:
        """Go on with this session; returns its data, to be loaded. Raises DataError."""
        self._resumed = self._store.load(name)
        return self._resumed.session.origin.reopen(self._file, self._stream)

    def begin(self, loading: Loading, tell: Callable[[str], None]) -> tuple[History, Autosave]:
        """The runs to go on with, if any, and what saves them. Raises DataError."""
        resumed = self._resumed
        history = resumed.session.history(loading) if resumed else self._history or History()
        return history, Autosave(self._store, loading, history, resumed, tell)

    def explain(self, error: DataError) -> DataError:
        """What is wrong with the data, with what it means for the session chosen."""
        if self._resumed is None:
            return error
        path = self._resumed.session.origin.source.path
        where = f", its data were in {printable(path, PATH_CHARACTERS)}" if path else ""
        return DataError(f"{error}; the session is kept{where}")
