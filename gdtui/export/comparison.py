"""Exported runs brought together again: over their data, in one history, and in a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.printable import printable
from gdtui.core.surface import Surface
from gdtui.dataset import DataError
from gdtui.export.files import ExportError
from gdtui.export.runs import RunsFile, read_runs
from gdtui.loading import Loading
from gdtui.problem import Problem, Source
from gdtui.runs.history import Branch, Entry, History, Summary

TABLE_HEADS = ("run", "name", "changed", "iterations", "loss", "gap", "within 1%", "status")
# Columns of numbers end together, those of words begin together.
NUMBERS = {"run", "iterations", "loss", "within 1%"}
ANYWHERE = "if they are elsewhere, say where: gdtui FILE --compare …"


class Comparison(NamedTuple):
    """Runs in one history, what they are about, and what to know of their files, in sentences."""

    problem: Problem
    history: History
    notes: tuple[str, ...]


def compared(paths: Sequence[str], instead: Source) -> Comparison:
    """The runs of some files over the data that these name, or that are named instead.

    Raises ExportError, in words, for files that can't be read, or data that are not theirs.
    """
    files = [read_runs(path) for path in paths]
    first = files[0]
    for file in files:
        if file.fingerprint != first.fingerprint:
            raise ExportError(f"{first.name} and {file.name} are of runs over different data")
    problem = _problem(first, instead)
    notes = tuple(note for file in files for note in file.notes)
    return Comparison(problem, _history(files, problem.surface), notes)


def _problem(file: RunsFile, instead: Source) -> Problem:
    """What a file's runs are about, read again."""
    if file.source.surface is not None:
        return _landscape(file, file.source.surface, instead)
    source = file.source.found_again
    if instead.path is not None:
        source = source._replace(path=instead.path, sample=None)
    source = source._replace(
        x=source.x if instead.x is None else instead.x,
        y=source.y if instead.y is None else instead.y,
        drop_missing=source.drop_missing or instead.drop_missing,
    )
    if source.is_stream and not instead.is_stream:
        raise ExportError(
            f"the data of {file.name} came from standard input: "
            "save them as a file, and name it: gdtui FILE --compare …"
        )
    loading = Loading(source)
    loading.read()
    try:
        problem = loading.result()
    except DataError as error:
        raise ExportError(f"the data of {file.name} can't be had: {error}; {ANYWHERE}") from None
    if file.fingerprint not in ("", problem.fingerprint):
        path = printable(source.path or problem.source.name)
        raise ExportError(f"{path} has other data than the runs of {file.name}; {ANYWHERE}")
    return problem


def _landscape(file: RunsFile, name: str, instead: Source) -> Problem:
    if instead != Source():
        raise ExportError(f"the runs of {file.name} are over a surface: they take no data")
    if name not in LANDSCAPES or file.fingerprint not in ("", name):
        raise ExportError(f"{file.name} has runs over no surface that gdtui knows")
    return Problem.of_landscape(LANDSCAPES[name])


def _history(files: Sequence[RunsFile], surface: Surface) -> History:
    """The runs of all files, each where it stood; they are numbered anew."""
    entries: list[Entry] = []
    for file in files:
        numbers = {run.number: len(entries) + at for at, run in enumerate(file.runs, 1)}
        for kept in file.runs:
            run = kept.run_on(surface)
            while run.drive(0.0) is not None:
                pass
            several = f" {kept.number}" if len(file.runs) > 1 else ""
            parent = kept.parent if kept.parent and kept.parent.number in numbers else None
            if parent:
                parent = Branch(numbers[parent.number], parent.iteration)
            entry = Entry(numbers[kept.number], run, parent, kept.name or f"{file.name}{several}")
            entries.append(entry)
    return History(entries)


def table(history: History) -> str:
    """A line for each run, below the names of the columns."""
    rows = [TABLE_HEADS, *(_row(history[one.number], one) for one in history.summaries())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if head in NUMBERS else cell.ljust(width)
            for head, cell, width in zip(TABLE_HEADS, row, widths, strict=True)
        )
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _row(entry: Entry, summary: Summary) -> tuple[str, ...]:
    return (
        str(summary.number),
        printable(entry.name),
        summary.changes or "-",
        str(summary.iterations),
        f"{summary.loss:.10g}",
        str(summary.gap),
        "-" if summary.within is None else str(summary.within),
        summary.status.value,
    )
