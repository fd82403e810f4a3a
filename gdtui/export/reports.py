"""What a run can be printed as, by the name of the format."""

from __future__ import annotations

from collections.abc import Callable

from gdtui.core.settings import Settings
from gdtui.export.lines import Lines, as_csv, as_text
from gdtui.problem import Problem


def _as_json(problem: Problem, settings: Settings, every: int = 1) -> Lines:
    # Imported only when wanted: what it needs takes a tenth of the time of a short plain run.
    from gdtui.export.json_lines import as_json

    return as_json(problem, settings, every)


REPORTS: dict[str, Callable[[Problem, Settings, int], Lines]] = {
    "text": as_text,
    "csv": as_csv,
    "json": _as_json,
}
