"""What a plot view says and a canvas draws: axes and layers, in the units of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from gdtui.core.ladder import rung_at_least
from gdtui.core.model import Vector

# What roles have in common that differ in colour alone.
_OTHER_RUN = "Another run of the session; each has a colour and a mark of its own."
_HEIGHT = "The height of the ground, the loss: from low (blue) to high (yellow)."


class Role(StrEnum):
    """What a piece of the screen stands for, and words that say it; the style sheet colours it."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Role:
        """The value is the name in the style sheet."""
        role = str.__new__(cls, value)
        role._value_ = value
        role.meaning = meaning
        return role

    PLAIN = "plain", "Words and figures that need no colour of their own."
    QUIET = "quiet", "What matters less than the rest: labels, stems, and lines that mark a place."
    FRAME = "frame", "The frame of a panel, with its title above and a note below."
    CHOSEN = "chosen", "The frame or the name of the plot that is chosen."
    AXIS = "axis", "The axes of a plot, with round numbers to read places by."
    CURVE = "curve", "The loss along one parameter, while the other one is held."
    CONTOUR = "contour", "Lines of equal loss, as the lines of equal height on a map."
    EXAMPLE = "example", "The examples that the line is fitted to, each a row of the data."
    RESIDUAL = (
        "residual",
        "How far each example is from the line: the mean of the squares is the loss.",
    )
    GHOST_1 = "ghost-1", _OTHER_RUN
    GHOST_2 = "ghost-2", _OTHER_RUN
    GHOST_3 = "ghost-3", _OTHER_RUN
    GHOST_4 = "ghost-4", _OTHER_RUN
    GHOST_5 = "ghost-5", _OTHER_RUN
    GHOST_6 = "ghost-6", _OTHER_RUN
    GHOST_7 = "ghost-7", _OTHER_RUN
    GHOST_8 = "ghost-8", _OTHER_RUN
    GHOST_9 = "ghost-9", _OTHER_RUN
    PROGRAM = "program", "The losses that a program of your own printed."
    LIVE = "live", "The run that is looked at, and whatever is live just now."
    PATH = "path", "The way that the run has come, step by step."
    GRADIENT = "gradient", "The gradient: how steep the loss is here, and which way is uphill."
    STEP = "step", "The next step: from where we are to where the next iteration will land."
    MINIMUM = "minimum", "The minimum, the smallest loss that can be reached, and what is good."
    WALKER = "walker", "Where we are: the place at which the run stands."
    ALARM = "alarm", "What diverges or has failed, and the limit above which runs diverge."
    BAND_1 = "band-1", _HEIGHT
    BAND_2 = "band-2", _HEIGHT
    BAND_3 = "band-3", _HEIGHT
    BAND_4 = "band-4", _HEIGHT
    BAND_5 = "band-5", _HEIGHT
    BAND_6 = "band-6", _HEIGHT
    BAND_7 = "band-7", _HEIGHT
    BAND_8 = "band-8", _HEIGHT
    BAND_9 = "band-9", _HEIGHT
    BAND_10 = "band-10", _HEIGHT
    BAND_11 = "band-11", _HEIGHT
    BAND_12 = "band-12", _HEIGHT


# Those of other runs, in turn.
GHOST_ROLES = tuple(role for role in Role if role.startswith("ghost"))

# Those of heights, from the lowest up: what lies beneath all else.
BAND_ROLES = tuple(role for role in Role if role.startswith("band"))

Span = tuple[str, Role]
# A row of the screen: its characters, each one cell wide, and what they stand for.
Row = tuple[Span, ...]


# A quarter of the largest float: the difference of two such numbers, rounded up, is finite.
LARGEST = 4e307


# A range narrower than this is one point to floats: below it steps of it vanish.
NARROWEST, NARROWEST_PART = 1e-300, 1e-12


# From here on nobody counts the digits before the point.
LARGE = 1e6


def short(value: float, digits: int = 6) -> str:
    """A number in few characters, for a tick: 1000, 0.25, 1e6, 2e-7."""
    if abs(value) >= 10 ** min(digits, 5) or 0 < abs(value) < 1e-3:
        mantissa, _, exponent = f"{value:.{digits - 3}e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}" if exponent else mantissa
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def figure(value: float, width: int) -> str:
    """A number with ten decimals as in the lesson, or in scientific notation where it is large.

    It is large from a million on, or where it is too wide; what rounds to 0 has no sign.
    """
    text = f"{value:z.10f}"
    if len(text) <= width and not abs(value) >= LARGE:
        return text
    beside = len(f"{value:.1e}") - 1
    return f"{value:.{max(0, min(10, width - beside))}e}"


def progress_bar(part: float, width: int) -> str:
    """A bar of so many cells, filled up to a part of it."""
    full = round(max(0.0, min(1.0, part)) * width)
    return "━" * full + "─" * (width - full)


@dataclass(frozen=True)
class Axis:
    """A range of one coordinate; on a log axis low and high are exponents of ten."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def around(cls, low: float, high: float) -> Axis:
        """The smallest range of round numbers that holds two numbers."""
        low, high = sorted(max(-LARGEST, min(LARGEST, value)) for value in (low, high))
        if high - low < max(NARROWEST, NARROWEST_PART * max(abs(low), abs(high))):
            margin = max(abs(low) / 2, 0.5)
            low, high = low - margin, high + margin
        step = rung_at_least((high - low) / 5)
        return cls(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step)

    @classmethod
    def decades(cls, low: float, high: float) -> Axis:
        """The whole decades that hold two positive numbers, as a log axis."""
        bottom = math.floor(math.log10(low))
        return cls(bottom, max(bottom + 1, math.ceil(math.log10(high))), log=True)

    @classmethod
    def powers(cls, low: float, high: float) -> Axis:
        """From one positive number to another, as a log axis."""
        return cls(math.log10(low), math.log10(high), log=True)

    def widened(self, times: float) -> Axis:
        """The same middle, and so many times the range."""
        more = (self.high - self.low) * (times - 1) / 2
        return replace(self, low=self.low - more, high=self.high + more)

    def unit(self, values: ArrayLike) -> Vector:
        """The values in units of the range: 0 at its low end, 1 at its high end."""
        with np.errstate(all="ignore"):
            data = np.asarray(values, dtype=np.float64)
            data = np.log10(data) if self.log else data
            return np.asarray((data - self.low) / (self.high - self.low))

    def at(self, units: Vector) -> Vector:
        """The values at places given in units of the range."""
        with np.errstate(all="ignore"):
            values = self.low + units * (self.high - self.low)
            return 10**values if self.log else values

    def ticks(self, count: int) -> list[tuple[float, str]]:
        """At most about `count` ticks at round numbers: each a place in [0, 1] and a label."""
        count = max(count, 1)
        if not 0 < self.high - self.low < math.inf:
            return []
        if self.log:
            return self._log_ticks(count)
        step = rung_at_least(max((self.high - self.low) / count, NARROWEST))
        if math.isinf(step):
            return []
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        values = [i * step for i in range(first, last + 1)]
        # As many digits as tell one tick from the next.
        digits = math.ceil(math.log10(max(abs(self.low), abs(self.high), step) / step)) + 1
        places = np.clip(self.unit(values), 0, 1).tolist()
        return [
            (place, short(value, max(digits, 6)))
            for place, value in zip(places, values, strict=True)
        ]

    def _log_ticks(self, count: int) -> list[tuple[float, str]]:
        decades = self.high - self.low
        every = max(1, int(rung_at_least(decades / count)))
        first = math.floor(self.low / every) * every
        within = (1, 2, 5) if decades * 3 <= count else (1,)
        found = [
            (float(e + math.log10(m) - self.low) / decades, _power(m, e))
            for e in range(first, math.floor(self.high) + 1, every)
            for m in within
        ]
        return [(place, label) for place, label in found if -1e-9 <= place <= 1 + 1e-9]


def _power(mantissa: int, exponent: int) -> str:
    """The label of a tick on a log axis, which may stand for more than the largest float."""
    return f"{mantissa}e{exponent}" if abs(exponent) >= 4 else short(mantissa * 10.0**exponent)


# No axis is widened more often than this, so that all is on one scale.
MOST_EVENED = 100


def evened(x: Axis, y: Axis, columns: float, rows: float) -> tuple[Axis, Axis]:
    """The axes, one of them widened so that a unit takes as many dots on both.

    Where that would make a speck of what is to be seen, they are as they were.
    """
    right, up = (x.high - x.low) / columns, (y.high - y.low) / rows
    if not 0 < min(right, up) <= max(right, up) <= MOST_EVENED * min(right, up):
        return x, y
    return (x.widened(up / right), y) if right < up else (x, y.widened(right / up))


BRAILLE = "braille"
# More points than a digit can count, all in one cell.
CROWD = "█"


@dataclass(frozen=True, eq=False)
class Layer:
    """Points of one role, of shape (n,); a NaN between two points parts the line there.

    The glyph is one character, or BRAILLE for fine dots; `line` joins the points. Where they are
    `counted`, those that share a cell are their number: a digit, or CROWD for more than nine.
    `word` is what they are, for a legend; a layer without one is part of another.
    """

    x: ArrayLike
    y: ArrayLike
    role: Role
    glyph: str = BRAILLE
    line: bool = False
    counted: bool = False
    word: str = ""

    @property
    def points(self) -> tuple[Vector, Vector]:
        """All x and all y, as arrays."""
        return np.asarray(self.x, dtype=np.float64), np.asarray(self.y, dtype=np.float64)


@dataclass(frozen=True)
class Contours:
    """Lines of equal height, of a function that takes arrays of x and y, broadcast together.

    The bands between them are shaded.
    """

    height: Callable[[Vector, Vector], Vector]
    levels: tuple[float, ...]
    role: Role


@dataclass(frozen=True)
class Label:
    """A few characters at a place, in front of all layers; those at one place stand in a row."""

    x: float
    y: float
    text: str
    role: Role


@dataclass(frozen=True, eq=False)
class Drawing:
    """A plot: axes, layers from back to front, labels, a title, and a note for its lower edge.

    `names` are those of the axes, x and y, harmless to show. Where it is `even`, one unit is as
    long to the right as it is up: the canvas widens an axis.
    """

    title: str
    x: Axis
    y: Axis
    layers: Sequence[Layer | Contours]
    note: str = ""
    even: bool = False
    names: tuple[str, str] = ("", "")
    labels: Sequence[Label] = ()


@dataclass(frozen=True, eq=False)
class Page:
    """A plot that is text: lines, each of one role, that are wrapped where they are too long."""

    title: str
    lines: Sequence[Span]
    note: str = ""
