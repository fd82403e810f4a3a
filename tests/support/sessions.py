"""Runs and sessions, ready made."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from gdtui.core.descent import Point
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.loading import Loading
from gdtui.problem import Problem, Source
from gdtui.runs.history import History
from gdtui.sessions.session import Session

PIZZA = Path(__file__).parents[2] / "data" / "pizza.txt"


@cache
def problem(path: Path = PIZZA, landscape: str | None = None) -> Problem:
    if landscape:
        return Problem.of_landscape(LANDSCAPES[landscape])
    return read(Loading(Source(str(path))))


def read(loading: Loading) -> Problem:
    loading.read()
    return loading.result()


def replayed(history: History) -> History:
    """The runs, each driven to where it stood."""
    for entry in history.entries:
        while entry.run.drive(0.0) is not None:
            pass
    return history


def made(count: int = 30, length: int = 100, w: float = 0.0, **changes: Any) -> Run:
    """A run from w that has made so many iterations, if it has not ended before."""
    settings = Settings(iterations=length, **changes)
    start = Point(0, w, 0.0, settings.chosen_method.memory)
    run = Run(problem().surface_for(settings), settings, start=start)
    run.advance(count)
    return run


def history_of(*runs: Run) -> History:
    history = History()
    for run in runs:
        history.add(run)
    return history


def session_of(*runs: Run) -> Session:
    return Session.of(problem(), history_of(*runs))
