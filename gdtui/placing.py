"""Placing the walker elsewhere: how far an arrow carries it, and with which settings it begins."""

from __future__ import annotations

from typing import NamedTuple

from gdtui.core.ladder import rung_below
from gdtui.core.run import Run
from gdtui.core.settings import B_START, W_START, Settings
from gdtui.core.surface import Surface
from gdtui.runs.history import Entry

# How many presses of an arrow lead from the start to the minimum, at least; and how many places
# the mouse may choose between two of theirs.
_STRIDES, _BETWEEN = 20, 10


class Lifted(NamedTuple):
    """What one looked at when the walker was taken up, and the run that begins where it is now."""

    entry: Entry
    wanted: Settings
    cursor: int | None
    placed: Run


def beginning_at(settings: Settings, surface: Surface, w: float, b: float) -> Settings:
    """The settings with a start at (w, b) in the surface's own units, as near as they may be."""
    # No more digits than a float has of a decimal number: 0.3, not 0.30000000000000004.
    raw = (float(f"{value:.12g}") for value in surface.raw(w, b))
    w_start, b_start = (
        max(parameter.low, min(parameter.high, value))
        for parameter, value in zip((W_START, B_START), raw, strict=True)
    )
    return settings.replace(w_start=w_start, b_start=b_start)


def strides(surface: Surface, start: tuple[float, float]) -> tuple[float, float]:
    """How far an arrow carries the walker along w and along b: round numbers."""
    if surface.window:
        reaches = [(high - low) / 2 for low, high in surface.window]
    else:
        lowest = surface.minimum(*start, bias=True)[:2]
        reaches = [abs(a - b) or abs(b) or 1.0 for a, b in zip(start, lowest, strict=True)]
    along_w, along_b = (rung_below(max(reach, 1e-100) / _STRIDES) for reach in reaches)
    return along_w, along_b


def carried(place: float, stride: float, by: int) -> float:
    """So many strides further, from one whole number of them to another."""
    return (round(place / stride) + by) * stride


def pointed_at(place: float, stride: float) -> float:
    """The nearest place that the mouse may choose."""
    return carried(place, stride / _BETWEEN, 0)
