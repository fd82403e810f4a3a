"""All steps of a run, or of several, as CSV or JSON Lines, and read back from these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from gdtui.core.printable import printable
from gdtui.export.files import ExportError
from gdtui.export.json_lines import header, json_line, json_lines
from gdtui.export.lines import ReportedSteps, csv_line, csv_lines
from gdtui.problem import Problem, Source
from gdtui.runs.history import Entry
from gdtui.serialization import (
    RECORD,
    SavedRun,
    next_number,
    read_count,
    read_object,
    read_saved_run,
    read_source,
    read_string,
    refuse,
    saved_run_by_name,
    shown_names,
    unknown_fields,
)

# The column and the field that tell one run from another, where there are several.
RUN = "run"


def runs_as_csv(entries: Sequence[Entry]) -> Iterator[str]:
    """A header and a row for every step; of several runs, each with the number of its run.

    What was tuned within a run has a column of its own.
    """
    runs = [(entry.number, ReportedSteps(entry.run.surface, entry.run.record)) for entry in entries]
    found = dict.fromkeys(name for _, steps in runs for name in steps.columns)
    several = len(runs) > 1
    columns = [RUN, *found] if several else list(found)
    yield csv_line(columns)
    for number, steps in runs:
        fixed = {p.name: p.format(steps.settings[p]) for p in steps.settings.hyperparameters}
        yield from csv_lines(steps, columns, fixed | {RUN: str(number)})


def runs_as_json(problem: Problem, entries: Sequence[Entry]) -> Iterator[str]:
    """For each run an object with all that it is made from, one for every step, and the outcome.

    Where there are several, each object has the number of its run.
    """
    for entry in entries:
        kept = SavedRun.of(entry)
        fixed = {RUN: entry.number} if len(entries) > 1 else {}
        yield json_line({**fixed, **header(problem, kept.record), **saved_run_by_name(kept)})
        yield from json_lines(ReportedSteps(entry.run.surface, kept.record), fixed)


# What a run is written with that is read from elsewhere: for whoever reads it without gdtui.
BESIDE = ("format", RUN, "version", "data", "settings", "fingerprint")


class _Found(NamedTuple):
    """A run, the source and the fingerprint of its data, and the fields that we do not know."""

    source: Source
    fingerprint: str
    run: SavedRun
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class RunsFile:
    """The runs of a file, and the data they ran over; `unknown` are fields of a later version."""

    name: str
    source: Source
    fingerprint: str
    runs: tuple[SavedRun, ...]
    unknown: tuple[str, ...] = ()

    @property
    def notes(self) -> Iterator[str]:
        """What whoever looks at them should know, in sentences that are safe to print."""
        if self.unknown:
            left_out = shown_names(self.unknown)
            yield f"{self.name} is of a later gdtui, and this one leaves out {left_out}"
        if self.source.surface is None and not self.fingerprint:
            yield f"nothing in {self.name} tells whether its data are still the same"


def read_runs(path: str) -> RunsFile:
    """Read runs that were exported as JSON Lines; raises ExportError with file and line."""
    name, line = printable(Path(path).name or path) or "''", 0
    found: list[_Found] = []
    is_open = False
    try:
        for number, text in _lines(path, name):
            line = number
            content = read_object(text)
            if RECORD in content and not is_open:
                found.append(_read_run(content, next_number(one.run for one in found)))
                _check_fits(found)
            elif "iteration" not in content or not is_open:
                refuse("this is not what gdtui exports as a run")
            is_open = "outcome" not in content
        if is_open or not found:
            refuse("the file ends within a run" if found else "the file is empty")
    except ValueError as reason:
        raise ExportError(f"{name}:{max(line, 1)}: {printable(str(reason), 200)}") from None
    return RunsFile(
        name,
        found[0].source,
        found[0].fingerprint,
        tuple(one.run for one in found),
        tuple(field for one in found for field in one.unknown),
    )


def _lines(path: str, name: str) -> Iterator[tuple[int, str]]:
    """The lines of a file and their numbers; raises ExportError where it can't be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            yield from enumerate(file, 1)
    except FileNotFoundError:
        raise ExportError(f"{name}: there is no such file") from None
    except OSError as error:
        raise ExportError(f"{name}: it can't be read: {printable(str(error.strerror))}") from None
    except ValueError:
        raise ExportError(f"{name}: this can't be the name of a file") from None


def _check_fits(found: Sequence[_Found]) -> None:
    """Refuse a run that does not belong to those above it."""
    *before, last = found
    if before and before[0].fingerprint != last.fingerprint:
        refuse("this run is over other data than the one above")
    if last.run.number in [other.run.number for other in before]:
        refuse(f"there is a run {last.run.number} above already")


def _read_run(content: Mapping[str, Any], number: int) -> _Found:
    run = read_saved_run(content, read_count(content.get(RUN, number)))
    source = read_source(content.get("source", {}))
    known = {"source": source._asdict(), **dict.fromkeys(BESIDE), **saved_run_by_name(run)}
    fingerprint = read_string(content.get("fingerprint", ""))
    return _Found(source, fingerprint, run, tuple(unknown_fields(content, known)))
