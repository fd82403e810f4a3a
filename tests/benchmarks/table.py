"""A figure, the measurements that give figures, and the table they make."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the table: something measured beside its yardstick, in the same run."""

    what: str
    measured: str
    yardstick: str
    ratio: float
    wanted: str
    met: bool


Measurement = Callable[[], Iterator[Figure]]
MEASUREMENTS: dict[str, Measurement] = {}


def measurement(function: Measurement) -> Measurement:
    """Enter a measurement under its function's name."""
    MEASUREMENTS[function.__name__] = function
    return function


def at_least(what: str, measured: str, yardstick: str, ratio: float, wanted: float) -> Figure:
    """A figure whose ratio to the yardstick should not be smaller than wanted."""
    return Figure(what, measured, yardstick, ratio, f"≥ {wanted:g}", ratio >= wanted)


def at_most(what: str, measured: str, yardstick: str, ratio: float, wanted: float) -> Figure:
    """A figure whose ratio to the yardstick should not be larger than wanted."""
    return Figure(what, measured, yardstick, ratio, f"≤ {wanted:g}", ratio <= wanted)


def milliseconds(seconds: float) -> str:
    """A time, for the table."""
    return f"{seconds * 1e3:.3g} ms"


def medians_of(count: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each of several measurements; the first time does not count.

    They are taken in turns: so a slow minute of the machine is one for all of them.
    """
    turns = [[measure() for measure in measures] for _ in range(count + 1)]
    return [statistics.median(taken) for taken in zip(*turns[1:], strict=True)]


def row(figure: Figure) -> str:
    """The figure as a row in Markdown."""
    verdict = "" if figure.met else "**not met**"
    ratio = f"{figure.ratio:.3g}"
    cells = (figure.what, figure.measured, figure.yardstick, ratio, figure.wanted, verdict)
    return f"| {' | '.join(cells)} |"
