"""Runs in what JSON knows, without the loss of a digit, and read back from it.

What is read may be of another version and may hold anything. A missing field is its default, and
one that we do not know is named by `unknown_fields`; but each `read_...` raises ValueError, in
words, for what can't be, and for what would make another run of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

from gdtui.core.descent import Point
from gdtui.core.hyperparameter import Value
from gdtui.core.printable import printable
from gdtui.core.run import Record, Run
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.problem import Source
from gdtui.runs.guess import DOES, Guess
from gdtui.runs.history import Branch, Entry
from gdtui.theory.verdict import Verdict

# How runs are written here; what can't be read as this has another number.
FORMAT = 1
# The field of a run that says all that it is made from.
RECORD = "record"
SOURCE_TEXTS = ("path", "x", "y", "surface", "sample")
NAMES_SHOWN = 100
# As RFC 8259 has it, of whole numbers beyond this not every reader knows each digit.
LARGEST_COUNT = 2**53 - 1


@dataclass(frozen=True)
class SavedRun:
    """A run as it is kept: what it is made from, and what its user made of it."""

    number: int
    record: Record
    parent: Branch | None = None
    name: str = ""
    hidden: bool = False
    guess: Guess | None = None

    @classmethod
    def of(cls, entry: Entry) -> SavedRun:
        """What is kept of a run of the history."""
        made = entry.name, entry.hidden, entry.guess
        return cls(entry.number, entry.run.record, entry.parent, *made)

    def run_on(self, surface: Surface) -> Run:
        """The run over the surface of its data; it has yet to be driven to where it stood."""
        return Run.replayed(surface, self.record)

    def entry_with(self, run: Run) -> Entry:
        """What its user made of it, with this run."""
        return Entry(self.number, run, self.parent, self.name, self.hidden, self.guess)


# Written


def saved_run_by_name(kept: SavedRun) -> dict[str, Any]:
    """A run, and what its user made of it."""
    return {
        "number": kept.number,
        "name": kept.name,
        "hidden": kept.hidden,
        "parent": None if kept.parent is None else list(kept.parent),
        **({"guess": kept.guess._asdict()} if kept.guess else {}),
        RECORD: record_by_name(kept.record),
    }


def record_by_name(record: Record) -> dict[str, Any]:
    """All that a run is made from."""
    start, method = record.start, record.tunings[0][1].chosen_method
    return {
        "start": {
            "iteration": start.iteration,
            "w": _number(start.w),
            "b": _number(start.b),
            "memory": [_number(value) for value in method.numbers_of(start.memory)],
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
    return settings.values


def source_by_name(source: Source) -> dict[str, str | bool]:
    """What was asked for of the data, as far as it is not what is taken anyway."""
    default = Source()
    return {name: v for name, v in source._asdict().items() if v != getattr(default, name)}


def _number(value: float) -> float | str:
    """JSON has no infinity: its name stands for it."""
    return value if math.isfinite(value) else repr(value)


# Read back


def refuse(what: str) -> NoReturn:
    """What is wrong with what was read, in words."""
    raise ValueError(what)


def read_object(text: str | bytes) -> dict[str, Any]:
    """An object of JSON of this format; a text that says nothing of its format is of the first."""
    try:
        content = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        refuse("this is not JSON")
    if not isinstance(content, dict):
        refuse("this is no object of JSON")
    if content.get("format", FORMAT) != FORMAT:
        refuse("this is of another version of gdtui")
    return content


def unknown_fields(content: Any, known: Any) -> Iterator[str]:
    """The names of what stands in a piece of JSON but not in what we know of it."""
    if isinstance(content, dict) and isinstance(known, dict):
        for name, value in content.items():
            if name not in known:
                yield name
            else:
                yield from unknown_fields(value, known[name])
    elif isinstance(content, list) and isinstance(known, list):
        for value, counterpart in zip(content, known, strict=True):
            yield from unknown_fields(value, counterpart)


def shown_names(names: Iterable[str]) -> str:
    """Names of unknown fields, each once, in few words that are safe to print."""
    return printable(", ".join(dict.fromkeys(names)), NAMES_SHOWN)


def read_saved_runs(contents: Iterable[Any]) -> tuple[SavedRun, ...]:
    """Runs in their order; one without a number has the next after those above it."""
    runs: list[SavedRun] = []
    for content in contents:
        runs.append(read_saved_run(content, next_number(runs)))
    return tuple(runs)


def next_number(runs: Iterable[SavedRun]) -> int:
    """The number of a run that comes after these."""
    return 1 + max((run.number for run in runs), default=0)


def read_saved_run(content: Any, number: int = 1) -> SavedRun:
    """A run, and what its user made of it; without a number of its own it has this one."""
    if not isinstance(content, dict):
        refuse("a run is missing")
    parent = content.get("parent")
    if parent is not None:
        if not isinstance(parent, list) or len(parent) != 2:
            refuse("the parent of the run is not a run and an iteration")
        parent = Branch(*map(read_count, parent))
    return SavedRun(
        number=read_count(content.get("number", number)),
        record=read_record(content.get(RECORD)),
        parent=parent,
        name=read_string(content.get("name", "")),
        hidden=read_switch(content.get("hidden", False)),
        guess=_read_guess(content["guess"]) if content.get("guess") is not None else None,
    )


def _read_guess(content: Any) -> Guess:
    """What was guessed of a run."""
    if not isinstance(content, dict):
        refuse("the guess of the run is damaged")
    verdict, within, w = (content.get(name) for name in Guess._fields)
    if verdict is not None:
        if verdict not in list(DOES):
            refuse("the guess of the run is no verdict")
        return Guess(verdict=Verdict(verdict))
    return Guess(within=read_count(within)) if w is None else Guess(w=read_number(w))


def read_record(content: Any) -> Record:
    """All that a run is made from; it can be replayed."""
    try:
        start = content.get("start", {})
        first = read_count(start.get("iteration", 0))
        tunings = tuple(_read_tunings(content.get("tunings", [{}]), first))
        if not tunings:
            refuse("the run has no settings for its start")
        point = _read_start(start, first, tunings[0][1])
        reached = read_count(content.get("reached", tunings[-1][0]))
        exhausted = read_switch(content.get("exhausted", False))
    except (LookupError, TypeError, AttributeError):
        raise ValueError("the record of the run is damaged") from None
    record = Record(point, tunings, reached, exhausted)
    _check(record)
    return record


def _read_tunings(contents: Iterable[Any], first: int) -> Iterator[tuple[int, Settings]]:
    for number, content in enumerate(contents):
        since = content["iteration"] if number else content.get("iteration", first)
        yield read_count(since), read_settings(content.get("settings", {}))


def _read_start(content: Mapping[str, Any], iteration: int, settings: Settings) -> Point:
    """Where a run began: without a word, at iteration 0 where its settings say."""
    method = settings.chosen_method
    # Where a branch began, or what that is in units of a scaled feature, no settings say.
    if (iteration or settings.standardize) and not {"w", "b", "memory"} <= content.keys():
        refuse("it does not say where the run began")
    memory = content.get("memory", method.numbers_of(method.memory))
    remembered = tuple(map(read_number, memory))
    if len(remembered) != 2 * len(method.remembers):
        refuse(f"{method.key} remembers {2 * len(method.remembers)} numbers")
    w = read_number(content.get("w", settings.w_start))
    b = read_number(content.get("b", settings.b_start))
    start = Point(iteration, w, b, method.remembering(remembered))
    _check_memory(start, settings)
    return start


def _check_memory(start: Point, settings: Settings) -> None:
    """Refuse what the method can't have remembered: a mean of squares below 0, say."""
    rule = settings.chosen_method.rule
    if rule is None:
        return
    update = rule(**settings.numbers)
    try:
        for of_each in start.memory:
            update(0.0, of_each, start.iteration + 1)
    except (ArithmeticError, ValueError):
        refuse(f"{settings.method} can't have remembered these numbers")


def _check(record: Record) -> None:
    """Refuse what no run can have been made from."""
    start, tunings = record.start, record.tunings
    if not tunings or tunings[0][0] != start.iteration:
        refuse("the run has no settings for its start")
    first = tunings[0][1]
    for (since, before), (then, settings) in pairwise(tunings):
        if not since < then <= min(before.iterations, record.reached):
            refuse("the settings of the run are not in their order")
        if not settings.same_start(first):
            refuse("the run has settings that can't change within a run")
    if not start.iteration <= record.reached <= tunings[-1][1].iterations - record.exhausted:
        refuse("the run has not the iterations that its settings ask for")


def read_settings(content: Any) -> Settings:
    """Settings from the value of each hyperparameter; one that is missing has its default.

    A hyperparameter that the method does not have is refused: without it, the run would be another.
    """
    if not isinstance(content, dict):
        refuse("the settings of the run are missing")
    for name, value in content.items():
        if not isinstance(value, float | int | str):
            refuse(f"{printable(name)} has no value")
    try:
        return Settings(**content)
    except OverflowError:
        refuse("a number in the settings is too large")
    except TypeError as reason:
        raise ValueError(printable(str(reason), 200)) from None


def read_source(content: Any) -> Source:
    """What was asked for of the data."""
    if not isinstance(content, dict):
        refuse("it does not say where the data are")
    texts = {name: read_string(content[name]) for name in SOURCE_TEXTS if name in content}
    return Source(**texts, drop_missing=read_switch(content.get("drop_missing", False)))


def read_count(value: object) -> int:
    """A whole number from 0, that any reader of JSON knows exactly."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        refuse("a whole number is missing")
    if value > LARGEST_COUNT:
        refuse("a whole number is too large")
    return value


def read_number(value: object) -> float:
    """Any number, infinite ones included."""
    if isinstance(value, str) and value in ("inf", "-inf", "nan"):
        return float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        refuse("a number is missing")
    try:
        return float(value)
    except OverflowError:
        refuse("a number is too large")


def read_string(value: object) -> str:
    """A text, whatever stands in it."""
    if not isinstance(value, str):
        refuse("a text is missing")
    return value


def read_switch(value: object) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        refuse("a yes or no is missing")
    return value
