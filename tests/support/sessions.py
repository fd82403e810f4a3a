"""Runs and sessions, ready made."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from gdtui.core.descent import Point
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import surface_of
from gdtui.loading import Loading
from gdtui.runs.history import History
from gdtui.sessions.session import Session

PIZZA = Path(__file__).parents[2] / "data" / "pizza.txt"


@cache
def loaded(path: Path | None = None, landscape: str | None = None) -> Loading:
    if landscape:
        return Loading.of_landscape(LANDSCAPES[landscape])
    loading = Loading(str(path or PIZZA), None, None)
    loading.read()
    return loading


def made(count: int = 30, length: int = 100, w: float = 0.0, **changes: Any) -> Run:
    """A run from w that has made so many iterations, if it has not ended before."""
    settings = Settings(iterations=length, **changes)
    start = Point(0, w, 0.0, settings.chosen_method.memory)
    run = Run(surface_of(loaded().result()[1], settings), settings, start=start)
    run.advance(count)
    return run


def history_of(*runs: Run) -> History:
    history = History()
    for run in runs:
        history.add(run)
    return history


def session_of(*runs: Run) -> Session:
    return Session.of(loaded(), history_of(*runs))
