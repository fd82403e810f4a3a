"""Exported runs brought together again: over their data, in one history, and in a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.printable import printable
from gdtui.core.surface import Surface
from gdtui.dataset.text import DataError
from gdtui.export.files import ExportError
from gdtui.export.runs import RunsFile, read_runs
from gdtui.loading import Loading
from gdtui.problem import Source
from gdtui.runs.history import Branch, Entry, History, Summary
from gdtui.serialization import fingerprint

HEADS = ("run", "name", "changed", "iterations", "loss", "gap", "within 1%", "status")
# Columns of numbers end together, those of words begin together.
NUMBERS = {"run", "iterations", "loss", "within 1%"}
ANYWHERE = "if they are elsewhere, say where: gdtui FILE --compare …"


def compared(
    paths: Sequence[str], instead: Source, find: Callable[[str | None], str]
) -> tuple[Loading, History]:
    """The runs of some files over the data that these name, or that are named instead.

    Raises ExportError, in words, for files that can't be read, or data that are not theirs.
    """
    files = [read_runs(path) for path in paths]
    first = files[0]
    for file in files:
        if file.fingerprint != first.fingerprint:
            raise ExportError(f"{first.name} and {file.name} are of runs over different data")
    loading = _loaded(first, instead, find)
    _, surface = loading.result()
    return loading, _history(files, surface)


def _loaded(file: RunsFile, instead: Source, find: Callable[[str | None], str]) -> Loading:
    """The data of a file's runs, read."""
    source = file.source
    if source.surface is not None:
        return _landscape(file, source.surface, instead)
    source = Source(
        instead.path or source.path,
        source.x if instead.x is None else instead.x,
        source.y if instead.y is None else instead.y,
    )
    if source.is_stream and not instead.is_stream:
        raise ExportError(
            f"the data of {file.name} came from standard input: "
            "save them as a file, and name it: gdtui FILE --compare …"
        )
    loading = Loading(find(source.path), source.x, source.y, source=source)
    loading.read()
    try:
        dataset, _ = loading.result()
    except DataError as error:
        raise ExportError(f"the data of {file.name} can't be had: {error}; {ANYWHERE}") from None
    if dataset is None or fingerprint(dataset) != file.fingerprint:
        path = printable(source.path or loading.path)
        raise ExportError(f"{path} has other data than the runs of {file.name}; {ANYWHERE}")
    return loading


def _landscape(file: RunsFile, name: str, instead: Source) -> Loading:
    if instead != Source():
        raise ExportError(f"the runs of {file.name} are over a surface: they take no data")
    if name not in LANDSCAPES or name != file.fingerprint:
        raise ExportError(f"{file.name} has runs over no surface that gdtui knows")
    return Loading.of_landscape(LANDSCAPES[name])


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
    rows = [HEADS, *(_row(history[one.number], one) for one in history.summaries())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if head in NUMBERS else cell.ljust(width)
            for head, cell, width in zip(HEADS, row, widths, strict=True)
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
