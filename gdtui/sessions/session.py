"""A session: the runs of a sitting, from which they are replayed to the bit.

A run is a pure function of its surface and its record, so its record is all that is kept of it.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from datetime import datetime
from time import time
from typing import BinaryIO

from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.printable import printable
from gdtui.dataset.text import DataError
from gdtui.loading import Loading
from gdtui.problem import STDIN, Source
from gdtui.runs.history import Entry, History
from gdtui.serialization import (
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

FORMAT = 1


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
