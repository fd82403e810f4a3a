"""Runs as text, written at once."""

import json
from typing import Any

from gdtui.core.descent import Outcome
from gdtui.core.settings import Settings
from gdtui.export.lines import FORMATS, Data


def written(form: str, data: Data, settings: Settings, every: int = 1) -> tuple[str, Outcome]:
    lines: list[str] = []
    report = FORMATS[form](data, settings, every)
    while True:
        try:
            lines.append(next(report))
        except StopIteration as end:
            return "".join(lines), end.value


def objects(text: str) -> list[dict[str, Any]]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]
