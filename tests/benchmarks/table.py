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


def median_of(count: int, measure: Callable[[], float]) -> float:
    """The median of several measurements, after one that does not count."""
    measure()
    return statistics.median(measure() for _ in range(count))


def row(figure: Figure) -> str:
    """The figure as a row in Markdown."""
    verdict = "" if figure.met else "**not met**"
    ratio = f"{figure.ratio:.3g}"
    cells = (figure.what, figure.measured, figure.yardstick, ratio, figure.wanted, verdict)
    return f"| {' | '.join(cells)} |"
