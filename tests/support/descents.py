"""Descents walked to their end."""

from collections.abc import Generator

from gdtui.core.descent import Outcome, Step, descend
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface


def finish(descent: Generator[Step, None, Outcome]) -> tuple[list[Step], Outcome]:
    """All its steps, and how it ended."""
    steps: list[Step] = []
    while True:
        try:
            steps.append(next(descent))
        except StopIteration as end:
            return steps, end.value


def ended_as(surface: Surface, settings: Settings) -> Outcome:
    """How a descent with these settings ends."""
    return finish(descend(surface, settings))[1]
