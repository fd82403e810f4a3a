"""Sessions: the runs of a sitting as a small file, from which they are replayed to the bit.

A run is a pure function of its surface and its record, so its record is all that is kept of it.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp
from time import time
from typing import Any, BinaryIO, NamedTuple

from gdtui.core.dataset import DataError
from gdtui.core.descent import Point
from gdtui.core.history import Branch, Entry, History
from gdtui.core.hyperparameter import Value
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.run import Record, Run
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import Surface
from gdtui.core.text import printable
from gdtui.loading import Loading
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

    path: str
    x: str | None
    y: str | None
    surface: str | None
    title: str
    examples: int
    fingerprint: str

    @classmethod
    def of(cls, loading: Loading) -> Origin:
        """The source of data that are loaded."""
        dataset, surface = loading.result()
        if dataset is None:
            return cls("", None, None, loading.path, surface.title, 0, "")
        names = [printable(name) for name in (dataset.name, dataset.feature, dataset.label)]
        return cls(
            path=loading.path if loading.path == "-" else os.path.abspath(loading.path),
            x=loading.x,
            y=loading.y,
            surface=None,
            title=f"{names[0]} · {names[1]} -> {names[2]}",
            examples=len(dataset.x),
            fingerprint=dataset.fingerprint,
        )

    def reopen(self, file: str | None = None, stream: BinaryIO | None = None) -> Loading:
        """The data, to be loaded again; from another file, if one is named."""
        if self.surface is not None:
            return Loading.of_landscape(LANDSCAPES[self.surface])
        path = file or self.path
        if path == "-" and stream is None:
            raise DataError("its data came from standard input; pipe them in again, with FILE -")
        return Loading(path, self.x, self.y, stream)


@dataclass(frozen=True)
class Kept:
    """A run as it is saved; `loss` is that of where it stands, as far as it is known."""

    number: int
    record: Record
    parent: Branch | None = None
    name: str = ""
    hidden: bool = False
    loss: float | None = None

    @classmethod
    def of(cls, entry: Entry) -> Kept | None:
        """A run of the history, or nothing for one that has not made an iteration."""
        record = entry.run.record
        here = entry.run.steps(record.reached, record.reached + 1)
        moved = record.reached > record.start.iteration
        if not moved and not (record.exhausted and here):
            return None
        loss = here[0].loss if here else None
        return cls(entry.number, record, entry.parent, entry.name, entry.hidden, loss)


@dataclass(frozen=True)
class Session:
    """The runs over some data, and when they were saved, in seconds since the epoch."""

    saved: float
    source: Origin
    runs: tuple[Kept, ...]

    @classmethod
    def of(cls, loading: Loading, history: History) -> Session:
        """The session of these data and runs, as it is now."""
        kept = [Kept.of(entry) for entry in history.entries]
        return cls(time(), Origin.of(loading), tuple(run for run in kept if run))

    def history(self, loading: Loading) -> History:
        """The runs, to be replayed over the data; raises DataError if these are others now."""
        now = Origin.of(loading)
        _, surface = loading.result()
        if now.fingerprint != self.source.fingerprint:
            raise DataError(
                f"{printable(os.path.basename(loading.path))} is not as it was when the session "
                f"was saved: {_count(self.source.examples)} then, {_count(now.examples)} now, and "
                "not the same"
            )
        return History(_entry(run, surface) for run in self.runs)

    def same_runs(self, other: Session) -> bool:
        """Whether the other one holds the same, so that there is nothing to save."""
        mine, others = ([replace(run, loss=None) for run in s.runs] for s in (self, other))
        return mine == others

    @property
    def best(self) -> float | None:
        """The smallest loss at which a run stands."""
        return min((run.loss for run in self.runs if run.loss is not None), default=None)


def _count(examples: int) -> str:
    return "1 example" if examples == 1 else f"{examples:,} examples"


def _entry(kept: Kept, surface: Surface) -> Entry:
    settings = kept.record.tunings[0][1]
    run = Run.replayed(surface.standardized() if settings.standardize else surface, kept.record)
    return Entry(kept.number, run, kept.parent, kept.name, kept.hidden)


# As JSON


def to_json(session: Session) -> str:
    """A session as text."""
    whole = {
        "format": FORMAT,
        "saved": session.saved,
        "source": vars(session.source),
        "runs": [_kept_json(run) for run in session.runs],
    }
    return json.dumps(whole, allow_nan=False, separators=(",", ":"))


def from_json(text: str | bytes) -> Session:
    """The session of a text; raises ValueError for any other text."""
    try:
        whole = json.loads(text)
        if whole["format"] != FORMAT:
            raise _FormatError(whole["format"])
        session = Session(
            _finite(whole["saved"]),
            _source_from(whole["source"]),
            tuple(_kept_from(run) for run in whole["runs"]),
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
    if len(set(numbers)) < len(numbers) or not session.runs:
        raise ValueError("each run has a number of its own, and there is one at least")
    if session.source.surface is not None:
        LANDSCAPES[session.source.surface]


def _is(value: object, *types: type) -> Any:
    # JSON knows true and false, which Python takes for whole numbers.
    if type(value) not in types:
        raise TypeError(f"{value!r} is out of place")
    return value


def _whole(value: object, least: int = 0) -> int:
    number: int = _is(value, int)
    if number < least:
        raise ValueError(f"{number} is too small")
    return number


def _float(value: object) -> float:
    return float(_is(value, float, int, str))


def _finite(value: object) -> float:
    number = _float(value)
    if not math.isfinite(number):
        raise ValueError(f"{number} is not finite")
    return number


def _text(value: object) -> str:
    text: str = _is(value, str)
    return text


def _number_json(number: float) -> float | str:
    """JSON has no word for what is not finite; as a text, float reads it back."""
    return number if math.isfinite(number) else repr(number)


def _source_from(part: Mapping[str, Any]) -> Origin:
    return Origin(
        path=_text(part["path"]),
        x=_is(part["x"], str, type(None)),
        y=_is(part["y"], str, type(None)),
        surface=_is(part["surface"], str, type(None)),
        title=_text(part["title"]),
        examples=_whole(part["examples"]),
        fingerprint=_text(part["fingerprint"]),
    )


def _kept_json(kept: Kept) -> dict[str, object]:
    record = kept.record
    iteration, w, b, memory = record.start
    return {
        "number": kept.number,
        "name": kept.name,
        "hidden": kept.hidden,
        "parent": list(kept.parent) if kept.parent else None,
        "start": [iteration, w, b, [_number_json(value) for value in memory]],
        "tunings": list(_tunings_json(record.tunings)),
        "reached": record.reached,
        "exhausted": record.exhausted,
        "loss": kept.loss,
    }


def _kept_from(part: Mapping[str, Any]) -> Kept:
    parent, loss = part["parent"], part["loss"]
    return Kept(
        number=_whole(part["number"], 1),
        record=_record_from(part),
        parent=None if parent is None else Branch(_whole(parent[0], 1), _whole(parent[1])),
        name=_text(part["name"]),
        hidden=_is(part["hidden"], bool),
        loss=None if loss is None else _finite(loss),
    )


def _record_from(part: Mapping[str, Any]) -> Record:
    """A record that can be replayed: all that a run itself would make sure of is looked at."""
    iteration, w, b, memory = part["start"]
    start = Point(_whole(iteration), _finite(w), _finite(b), tuple(map(_float, memory)))
    tunings = tuple(_tunings_from(part["tunings"]))
    record = Record(start, tunings, _whole(part["reached"]), _is(part["exhausted"], bool))
    first = tunings[0][1]
    turns = [*(turn for turn, _ in tunings), record.reached]
    if (
        turns[0] != start.iteration
        or turns != sorted(turns)
        or len(set(turns[:-1])) < len(tunings)
        or len(start.memory) != len(first.chosen_method.memory)
        or not all(settings.same_start(first) for _, settings in tunings)
        or any(s.iterations < until for (_, s), until in zip(tunings, turns[1:], strict=True))
    ):
        raise ValueError("no run has such a record")
    return record


def _named(settings: Settings) -> dict[str, Value]:
    return {
        parameter.name: getattr(settings, parameter.name) for parameter in SHARED
    } | settings.own


def _tunings_json(tunings: Iterable[tuple[int, Settings]]) -> Iterator[list[object]]:
    """Each with its iteration; all settings of the first, and of the others what they change."""
    before: dict[str, Value] = {}
    for iteration, settings in tunings:
        values = _named(settings)
        yield [iteration, {k: v for k, v in values.items() if k not in before or before[k] != v}]
        before = values


def _tunings_from(part: Iterable[tuple[int, dict[str, Value]]]) -> Iterator[tuple[int, Settings]]:
    values: dict[str, Value] = {}
    shared = {parameter.name for parameter in SHARED}
    for iteration, changes in part:
        values = values | changes
        own = {name: value for name, value in values.items() if name not in shared}
        others = {name: value for name, value in values.items() if name in shared}
        settings = Settings(**others, own=own)  # type: ignore[arg-type]
        if set(_named(settings)) != set(values):
            raise ValueError("some hyperparameters are missing, or not the method's")
        yield _whole(iteration), settings


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
        title, runs = session.source.title, len(session.runs)
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
        return self._resumed.session.source.reopen(self._file, self._stream)

    def begin(self, loading: Loading, tell: Callable[[str], None]) -> tuple[History, Autosave]:
        """The runs to go on with, if any, and what saves them. Raises DataError."""
        resumed = self._resumed
        history = resumed.session.history(loading) if resumed else self._history or History()
        return history, Autosave(self._store, loading, history, resumed, tell)

    def explain(self, error: DataError) -> DataError:
        """What is wrong with the data, with what it means for the session chosen."""
        if self._resumed is None:
            return error
        path = self._resumed.session.source.path
        where = f", its data were in {printable(path, PATH_CHARACTERS)}" if path else ""
        return DataError(f"{error}; the session is kept{where}")
