"""A run as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

from gdtui import __version__
from gdtui.core.descent import Step
from gdtui.core.hyperparameter import Value
from gdtui.core.run import Record
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.export.lines import BATCH_LOSS, Lines, ReportedSteps
from gdtui.problem import Problem
from gdtui.serialization import FORMAT, RECORD, record_by_name, settings_by_name, source_by_name


def as_json(problem: Problem, settings: Settings, every: int = 1) -> Lines:
    """JSON Lines: an object with data and settings, one for every step, one with the outcome."""
    reported = ReportedSteps.whole(problem, settings, every)
    yield json_line(header(problem, reported.record) | {RECORD: record_by_name(reported.record)})
    return (yield from json_lines(reported))


def header(problem: Problem, record: Record) -> dict[str, Any]:
    """What was descended, how, and by which version."""
    return {
        "format": FORMAT,
        "version": __version__,
        "data": problem.description,
        "settings": settings_by_name(record.tunings[0][1]),
        "source": source_by_name(problem.source),
        "fingerprint": problem.fingerprint,
    }


def json_lines(reported: ReportedSteps, fixed: Mapping[str, Value] | None = None) -> Lines:
    """An object for every step and one with the outcome, with what is fixed for all of them."""
    of_batch, fixed = reported.batch_loss, fixed or {}
    for step in chain.from_iterable(reported):
        named = _named(reported.surface, Step._make(step[:6]), reported.settings)
        if of_batch:
            named[BATCH_LOSS] = _finite(of_batch(step))
        yield json_line({**fixed, **named})
    outcome = reported.outcome
    last = _named(reported.surface, outcome.step, reported.settings).items()
    reached = {name: None if value is None else _finite(value) for name, value in last}
    ending = {"outcome": outcome.status, **reached, "iteration": outcome.iteration}
    yield json_line({**fixed, **ending})
    return outcome


def _named(surface: Surface, step: Step, settings: Settings) -> dict[str, float | None]:
    """The figures of a step by name; w and b of a scaled feature are there in both units."""
    if not settings.standardize:
        return step._asdict()
    w, b = surface.raw(step.w, step.b)
    both = {"w": _finite(w), "b": _finite(b), "w_scaled": step.w, "b_scaled": step.b}
    return step._asdict() | both


def json_line(content: Mapping[str, Any]) -> str:
    """A line of ASCII: it can be written in any encoding, and holds nothing a terminal obeys."""
    return json.dumps(content, ensure_ascii=True, allow_nan=False) + "\n"


def _finite(value: float) -> float | None:
    """JSON has no infinity: null stands for it."""
    return value if abs(value) < float("inf") else None
