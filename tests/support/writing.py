"""Runs as text, written at once."""

import json
from typing import Any

from gdtui.core.descent import Outcome
from gdtui.core.landscapes import Landscape
from gdtui.core.settings import Settings
from gdtui.dataset import Dataset
from gdtui.export.reports import REPORTS
from gdtui.problem import Problem, Source

Data = Dataset | Landscape


def problem_of(data: Data, source: Source | None = None) -> Problem:
    """What a descent over these data is about."""
    if isinstance(data, Landscape):
        return Problem.of_landscape(data)
    return Problem.of_dataset(data, source)


def written(form: str, data: Data, settings: Settings, every: int = 1) -> tuple[str, Outcome]:
    lines: list[str] = []
    report = REPORTS[form](problem_of(data), settings, every)
    while True:
        try:
            lines.append(next(report))
        except StopIteration as end:
            return "".join(lines), end.value


def objects(text: str) -> list[dict[str, Any]]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]
