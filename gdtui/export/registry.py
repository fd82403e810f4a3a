"""What can be taken away as files. A new kind of file is one more function here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gdtui.export.figures import FORMS
from gdtui.export.files import stem, write_new
from gdtui.export.runs import runs_as_csv, runs_as_json
from gdtui.export.script import script
from gdtui.problem import Problem
from gdtui.runs.history import Entry


class ExportRequest(NamedTuple):
    """What files are made from, and how they are written.

    `plots` draws those on screen as files of a form, by the name of their view; `pause` comes every
    few lines, and may raise to have nothing written.
    """

    folder: str
    problem: Problem
    entry: Entry
    entries: Sequence[Entry]
    plots: Callable[[str], Mapping[str, bytes]]
    pause: Callable[[], None]

    @property
    def run_name(self) -> str:
        """What the files of the run that is looked at are called."""
        return f"{stem(self.problem)}-run{self.entry.number}"

    def write(self, name: str, suffix: str, content: bytes | Iterable[str]) -> Path:
        """Write a new file; returns where."""
        return write_new(self.folder, name, suffix, content, self.pause)


# Writes new files, and says where they are; raises ExportError.
Exporter = Callable[[ExportRequest], list[Path]]
EXPORTERS: dict[str, Exporter] = {}


def exporter(label: str) -> Callable[[Exporter], Exporter]:
    """Enter a function into EXPORTERS, in the order in which they are offered."""

    def enter(function: Exporter) -> Exporter:
        EXPORTERS[label] = function
        return function

    return enter


@exporter("this run as CSV")
def _run_as_csv(request: ExportRequest) -> list[Path]:
    return [request.write(request.run_name, ".csv", runs_as_csv([request.entry]))]


@exporter("this run as JSON Lines")
def _run_as_json(request: ExportRequest) -> list[Path]:
    lines = runs_as_json(request.problem, [request.entry])
    return [request.write(request.run_name, ".jsonl", lines)]


@exporter("all runs as CSV")
def _all_as_csv(request: ExportRequest) -> list[Path]:
    name = f"{stem(request.problem)}-runs"
    return [request.write(name, ".csv", runs_as_csv(request.entries))]


@exporter("all runs as JSON Lines")
def _all_as_json(request: ExportRequest) -> list[Path]:
    lines = runs_as_json(request.problem, request.entries)
    return [request.write(f"{stem(request.problem)}-runs", ".jsonl", lines)]


@exporter("this run as a numpy script")
def _run_as_script(request: ExportRequest) -> list[Path]:
    text = script(request.problem, request.entry.run.record)
    return [request.write(request.run_name, ".py", text)]


def _plots_as(form: str) -> Exporter:
    def export(request: ExportRequest) -> list[Path]:
        return [
            request.write(f"{request.run_name}-{view.lower().replace(' ', '-')}", f".{form}", file)
            for view, file in request.plots(form).items()
        ]

    return export


for _form in FORMS:
    exporter(f"the plots on screen as {_form.upper()}")(_plots_as(_form))
