"""A session: the runs of a sitting, from which they are replayed to the bit.

A run is a pure function of its surface and its record, so its record is all that is kept of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from time import time
from typing import Any, BinaryIO

from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.printable import printable
from gdtui.dataset import DataError
from gdtui.loading import Loading
from gdtui.problem import Problem, Source
from gdtui.runs.history import Entry, History
from gdtui.serialization import (
    FORMAT,
    SavedRun,
    read_count,
    read_number,
    read_object,
    read_saved_runs,
    read_source,
    read_string,
    refuse,
    saved_run_by_name,
    shown_names,
    source_by_name,
    unknown_fields,
)


@dataclass(frozen=True)
class Origin:
    """Where the data are from, and what tells whether they are still the same."""

    source: Source
    title: str
    examples: int
    fingerprint: str

    @classmethod
    def of(cls, problem: Problem) -> Origin:
        """The origin of a problem: it may be gone on with from another folder."""
        return cls(
            source=problem.source.from_anywhere,
            title=problem.title if problem.dataset is None else _title(problem),
            examples=problem.example_count,
            fingerprint=problem.fingerprint,
        )

    def reopen(self, file: str | None = None, stream: BinaryIO | None = None) -> Loading:
        """The data, to be loaded again; from another file, if one is named."""
        source = self.source
        if source.surface is not None:
            return Loading.done_with(Problem.of_landscape(LANDSCAPES[source.surface]))
        if file is not None:
            source = source._replace(path=file, sample=None)
        if source.is_stream and stream is None:
            raise DataError("its data came from standard input; pipe them in again, with FILE -")
        return Loading(source.found_again, stream)


def _title(problem: Problem) -> str:
    return f"{printable(problem.name)} · {' -> '.join(problem.names)}"


@dataclass(frozen=True)
class Session:
    """The runs over some data, when they were saved, and the smallest loss that is known of them.

    The time is in seconds since the epoch. `unknown` are the names of the fields that a later
    version wrote, and this one can't keep.
    """

    saved: float
    origin: Origin
    runs: tuple[SavedRun, ...]
    best: float | None
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, problem: Problem, history: History) -> Session:
        """The session of these data and runs, as it is now."""
        kept = [entry for entry in history.entries if is_worth_keeping(entry)]
        losses = [entry.run.step.loss for entry in kept]
        return cls(
            saved=time(),
            origin=Origin.of(problem),
            runs=tuple(map(SavedRun.of, kept)),
            best=min(filter(math.isfinite, losses), default=None),
        )

    def history(self, problem: Problem) -> History:
        """The runs, to be replayed over the data; raises DataError if these are others now."""
        now = Origin.of(problem)
        if self.origin.fingerprint not in ("", now.fingerprint):
            raise DataError(
                f"{printable(problem.name)} is not as it was when the session was saved: "
                f"{_count(self.origin.examples)} then, {_count(now.examples)} now, and not the same"
            )
        return History(kept.entry_with(kept.run_on(problem.surface)) for kept in self.runs)

    @property
    def notes(self) -> Iterator[str]:
        """What whoever goes on with it should know, in sentences that are safe to show."""
        if self.unknown:
            yield (
                f"a later gdtui wrote more into this session ({shown_names(self.unknown)}): its "
                "file stays as it is, and what changes is saved in another"
            )
        if self.origin.source.surface is None and not self.origin.fingerprint:
            yield "nothing in this session tells whether its data are still the same"

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


def to_json(session: Session) -> str:
    """A session as text."""
    return json.dumps(_by_name(session), allow_nan=False, separators=(",", ":"))


def _by_name(session: Session) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "saved": session.saved,
        "source": source_by_name(session.origin.source),
        "title": session.origin.title,
        "examples": session.origin.examples,
        "fingerprint": session.origin.fingerprint,
        "best": session.best,
        "runs": [saved_run_by_name(kept) for kept in session.runs],
    }


def from_json(text: str | bytes, saved: float = 0.0) -> Session:
    """The session of a text; raises ValueError, in words, for any other text.

    `saved` is the time of one that does not say when it was saved.
    """
    whole = read_object(text)
    runs, best = whole.get("runs"), whole.get("best")
    if not isinstance(runs, list) or not runs:
        refuse("there are no runs in it")
    session = Session(
        saved=read_number(whole.get("saved", saved)),
        origin=_read_origin(whole),
        runs=read_saved_runs(runs),
        best=None if best is None else read_number(best),
    )
    _check(session)
    known = _by_name(session) | {"source": session.origin.source._asdict()}
    return replace(session, unknown=tuple(unknown_fields(whole, known)))


def _read_origin(whole: Mapping[str, Any]) -> Origin:
    source = read_source(whole.get("source", {}))
    if source.surface is not None and source.surface not in LANDSCAPES:
        refuse(f"there is no surface {printable(source.surface)}")
    return Origin(
        source=source,
        title=read_string(whole.get("title", source.name)),
        examples=read_count(whole.get("examples", 0)),
        fingerprint=read_string(whole.get("fingerprint", "")),
    )


def _check(session: Session) -> None:
    try:
        datetime.fromtimestamp(session.saved)
    except (ValueError, OverflowError, OSError):
        refuse("no calendar has the time at which it was saved")
    numbers = [run.number for run in session.runs]
    if len(set(numbers)) < len(numbers) or min(numbers) < 1:
        refuse("each run has a number of its own, from 1")
    starts = [value for run in session.runs for value in run.record.start[1:3]]
    if not all(map(math.isfinite, starts)):
        refuse("no run that is kept starts at infinity")
