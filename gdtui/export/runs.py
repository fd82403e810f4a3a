"""All steps of a run, or of several, as CSV or JSON Lines, and read back from these."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gdtui.core.printable import printable
from gdtui.export.files import ExportError
from gdtui.export.lines import Bursts, Data, csv_line, csv_lines, header, json_line, json_lines
from gdtui.problem import Source
from gdtui.runs.history import Entry
from gdtui.serialization import (
    Kept,
    fingerprint,
    kept_by_name,
    read_kept,
    read_source,
    read_text,
    refuse,
    source_by_name,
)

# The column and the field that tell one run from another, where there are several.
RUN = "run"


def runs_as_csv(entries: Sequence[Entry]) -> Iterator[str]:
    """A header and a row for every step; of several runs, each with the number of its run.

    What was tuned within a run has a column of its own.
    """
    runs = [(entry.number, Bursts(entry.run.surface, entry.run.record)) for entry in entries]
    found = dict.fromkeys(name for _, bursts in runs for name in bursts.columns)
    several = len(runs) > 1
    columns = [RUN, *found] if several else list(found)
    yield csv_line(columns)
    for number, bursts in runs:
        fixed = {p.name: p.format(bursts.settings[p]) for p in bursts.settings.hyperparameters}
        yield from csv_lines(bursts, columns, fixed | {RUN: str(number)})


def runs_as_json(data: Data, source: Source, entries: Sequence[Entry]) -> Iterator[str]:
    """For each run an object with all that it is made from, one for every step, and the outcome.

    Where there are several, each object has the number of its run.
    """
    mark = fingerprint(data)
    for entry in entries:
        kept = Kept.of(entry)
        fixed = {RUN: entry.number} if len(entries) > 1 else {}
        yield json_line(
            {
                **fixed,
                **header(data, kept.record.tunings[0][1]),
                "source": source_by_name(source),
                "fingerprint": mark,
                **kept_by_name(kept),
            }
        )
        yield from json_lines(Bursts(entry.run.surface, kept.record), fixed)


# A run, and the source and the fingerprint of its data.
_Found = tuple[Source, str, Kept]


@dataclass(frozen=True)
class RunsFile:
    """The runs of a file, and the data they ran over."""

    name: str
    source: Source
    fingerprint: str
    runs: tuple[Kept, ...]


def read_runs(path: str) -> RunsFile:
    """Read runs that were exported as JSON Lines; raises ExportError with file and line."""
    name, line = printable(Path(path).name or path) or "''", 0
    found: list[_Found] = []
    is_open = False
    try:
        for number, text in _lines(path, name):
            line = number
            content = _object(text)
            if "record" in content and not is_open:
                found.append(_read_run(content))
                _check_fits(found)
            elif "iteration" not in content or not is_open:
                refuse("this is not what gdtui exports as a run")
            is_open = "outcome" not in content
        if is_open or not found:
            refuse("the file ends within a run" if found else "the file is empty")
    except ValueError as reason:
        raise ExportError(f"{name}:{max(line, 1)}: {printable(str(reason), 200)}") from None
    source, mark, _ = found[0]
    return RunsFile(name, source, mark, tuple(run for _, _, run in found))


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


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        refuse("this is not JSON")
    if not isinstance(content, dict):
        refuse("this is not what gdtui exports as a run")
    return content


def _check_fits(found: Sequence[_Found]) -> None:
    """Refuse a run that does not belong to those above it."""
    *before, (_, mark, run) = found
    if before and before[0][1] != mark:
        refuse("this run is over other data than the one above")
    if run.number in [other.number for *_, other in before]:
        refuse(f"there is a run {run.number} above already")


def _read_run(content: Mapping[str, Any]) -> _Found:
    source = read_source(content.get("source"))
    return source, read_text(content.get("fingerprint")), read_kept(content)
