"""Runs in what JSON knows, without the loss of a digit, and read back from it.

What is read may hold anything: each `read_...` raises ValueError, in words, for what can't be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

from gdtui.core.descent import Point
from gdtui.core.hyperparameter import Value
from gdtui.core.landscapes import Landscape
from gdtui.core.printable import printable
from gdtui.core.run import Record, Run
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import Surface
from gdtui.dataset.text import Dataset
from gdtui.problem import Source
from gdtui.runs.history import Branch, Entry

SOURCE_FIELDS = ("path", "x", "y", "surface")


@dataclass(frozen=True)
class Kept:
    """A run as it is kept: what it is made from, and what its user made of it."""

    number: int
    record: Record
    parent: Branch | None = None
    name: str = ""
    hidden: bool = False

    @classmethod
    def of(cls, entry: Entry) -> Kept:
        """What is kept of a run of the history."""
        return cls(entry.number, entry.run.record, entry.parent, entry.name, entry.hidden)

    def run_on(self, surface: Surface) -> Run:
        """The run over the surface of its data; it has yet to be driven to where it stood."""
        settings = self.record.tunings[0][1]
        return Run.replayed(
            surface.standardized() if settings.standardize else surface, self.record
        )


def fingerprint(data: Dataset | Landscape) -> str:
    """What tells data from any other; of a landscape, its name."""
    return data.name if isinstance(data, Landscape) else data.fingerprint


# Written


def kept_by_name(kept: Kept) -> dict[str, Any]:
    """A run, and what its user made of it."""
    return {
        "number": kept.number,
        "name": kept.name,
        "hidden": kept.hidden,
        "parent": None if kept.parent is None else list(kept.parent),
        "record": record_by_name(kept.record),
    }


def record_by_name(record: Record) -> dict[str, Any]:
    """All that a run is made from."""
    start = record.start
    return {
        "start": {
            "iteration": start.iteration,
            "w": _number(start.w),
            "b": _number(start.b),
            "memory": [_number(value) for value in start.memory],
        },
        "tunings": [
            {"iteration": iteration, "settings": settings_by_name(settings)}
            for iteration, settings in record.tunings
        ],
        "reached": record.reached,
        "exhausted": record.exhausted,
    }


def settings_by_name(settings: Settings) -> dict[str, Value]:
    """The value of each hyperparameter."""
    return {p.name: settings[p] for p in settings.hyperparameters}


def source_by_name(source: Source) -> dict[str, str]:
    """What was asked for of the data."""
    given = {name: getattr(source, name) for name in SOURCE_FIELDS}
    return {name: value for name, value in given.items() if value is not None}


def _number(value: float) -> float | str:
    """JSON has no infinity: its name stands for it."""
    return value if math.isfinite(value) else repr(value)


# Read back


def refuse(what: str) -> NoReturn:
    """What is wrong with what was read, in words."""
    raise ValueError(what)


def read_kept(content: Mapping[str, Any]) -> Kept:
    """A run, and what its user made of it."""
    parent = content.get("parent")
    if parent is not None:
        if not isinstance(parent, list) or len(parent) != 2:
            refuse("the parent of the run is not a run and an iteration")
        parent = Branch(*map(read_count, parent))
    return Kept(
        number=read_count(content.get("number")),
        record=read_record(content.get("record")),
        parent=parent,
        name=read_text(content.get("name", "")),
        hidden=read_switch(content.get("hidden", False)),
    )


def read_record(content: Any) -> Record:
    """All that a run is made from; it can be replayed."""
    try:
        start = content["start"]
        memory = tuple(map(read_number, start["memory"]))
        w, b = read_number(start["w"]), read_number(start["b"])
        point = Point(read_count(start["iteration"]), w, b, memory)
        tunings = tuple(
            (read_count(each["iteration"]), read_settings(each["settings"]))
            for each in content["tunings"]
        )
        reached, exhausted = read_count(content["reached"]), read_switch(content["exhausted"])
    except (LookupError, TypeError, AttributeError, OverflowError):
        raise ValueError("the record of the run is damaged") from None
    record = Record(point, tunings, reached, exhausted)
    _check(record)
    return record


def _check(record: Record) -> None:
    """Refuse what no run can have been made from."""
    start, tunings = record.start, record.tunings
    if not tunings or tunings[0][0] != start.iteration:
        refuse("the run has no settings for its start")
    first = tunings[0][1]
    if len(start.memory) != len(first.chosen_method.memory):
        refuse(f"{first.method} remembers {len(first.chosen_method.memory)} numbers")
    for (since, before), (then, settings) in pairwise(tunings):
        if not since < then <= min(before.iterations, record.reached):
            refuse("the settings of the run are not in their order")
        if not settings.same_start(first):
            refuse("the run has settings that can't change within a run")
    if not start.iteration <= record.reached <= tunings[-1][1].iterations - record.exhausted:
        refuse("the run has not the iterations that its settings ask for")


def read_settings(content: Mapping[str, Value]) -> Settings:
    """Settings from the value of each hyperparameter."""
    values = dict(content)
    shared = {p.name: values.pop(p.name) for p in SHARED if p.name in values}
    method = shared.get("method", "gd")
    settings = Settings(**shared, own={})  # type: ignore[arg-type]
    known = [p.name for p in settings.chosen_method.hyperparameters]
    if unknown := [printable(name) for name in values if name not in known]:
        refuse(f"{method} has no {unknown[0]}")
    if missing := [p.name for p in settings.hyperparameters if p.name not in content]:
        refuse(f"there is no {missing[0]} in the settings of the run")
    return settings.replace(own=values)


def read_source(content: Any) -> Source:
    """What was asked for of the data."""
    if not isinstance(content, dict):
        refuse("it does not say where the data are")
    return Source(**{name: read_text(content[name]) for name in SOURCE_FIELDS if name in content})


def read_count(value: object) -> int:
    """A whole number from 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        refuse("a whole number is missing")
    return value


def read_number(value: object) -> float:
    """Any number, infinite ones included."""
    if isinstance(value, str) and value in ("inf", "-inf", "nan"):
        return float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        refuse("a number is missing")
    return float(value)


def read_text(value: object) -> str:
    """A text, whatever stands in it."""
    if not isinstance(value, str):
        refuse("a text is missing")
    return value


def read_switch(value: object) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        refuse("a yes or no is missing")
    return value
