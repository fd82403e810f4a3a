"""Why a learning rate works or not: the curvature against the step, before a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context
from enum import StrEnum

from gdtui.core.settings import LEARNING_RATE, Settings
from gdtui.core.surface import Minimum, Surface
from gdtui.theory.axis import AxisMotion, axis_of
from gdtui.theory.goal import Place, nearest_minimum
from gdtui.theory.prediction import predicted_iterations

# Below this part of the critical rate a descent crawls: half the critical rate, still without a
# step past the minimum, takes less than a tenth of the iterations along every axis.
_CRAWLING = 0.05


class Verdict(StrEnum):
    """What the critical learning rate says of a learning rate."""

    CRAWLS = "crawls"
    GOOD = "good"
    OSCILLATES = "oscillates"
    DIVERGES = "diverges"
    NO_BOUND = "no bound"


@dataclass(frozen=True)
class Stability:
    """The curvatures of a surface, ascending, and what they say of a learning rate.

    `critical` is what the screen calls the limit of the learning rate: above it the method
    diverges. The verdict is about the steepest axis, where a step goes too far first; `predicted`,
    the iteration at which the loss is within 1% of the minimum, tells of the flattest. It is
    infinite where that never comes, and None where no closed form tells.
    """

    eigenvalues: tuple[float, ...]
    condition: float
    critical: float | None
    ratio: float | None
    verdict: Verdict
    short: str
    why: str
    predicted: float | None

    @property
    def outlook(self) -> str:
        """The predicted iterations in a few words."""
        if self.predicted is None:
            return "no closed form"
        if math.isinf(self.predicted):
            return "never within 1%"
        count = f"{self.predicted:.0f}" if self.predicted <= 1e9 else f"{self.predicted:.2g}"
        return f"within 1% after {count}" if self.predicted else "within 1% at the start"


def stability(surface: Surface, settings: Settings, near: Place | None = None) -> Stability:
    """The curvature at the minimum nearest to a place, else to the start, against the settings."""
    minimum = nearest_minimum(surface, settings, near)
    values = surface.eigenvalues(settings.bias, minimum.w, minimum.b)
    critical = _critical(settings, values[-1])
    ratio = None
    if critical is not None and critical < math.inf:
        ratio = settings.lr / critical if critical else math.inf
    axis = axis_of(settings, values[-1])
    verdict = _verdict(ratio, axis)
    place = None if surface.is_quadratic else minimum
    return Stability(
        eigenvalues=values,
        condition=values[-1] / values[0] if values[0] > 0 else math.inf,
        critical=critical,
        ratio=ratio,
        verdict=verdict,
        short=_short(verdict, axis, critical),
        why=_why(settings, verdict, axis, critical, place),
        predicted=predicted_iterations(surface, settings),
    )


def critical_rate(surface: Surface, settings: Settings, near: Place | None = None) -> float | None:
    """The learning rate above which the method diverges; None where theory has no such bound.

    It is infinite on a flat surface, and 0 where the curvature is too large for a float. Where the
    curvature changes, that at the minimum nearest to a place, else to the start, counts.
    """
    minimum = nearest_minimum(surface, settings, near)
    return _critical(settings, surface.eigenvalues(settings.bias, minimum.w, minimum.b)[-1])


def advised_rate(surface: Surface, settings: Settings, near: Place | None = None) -> float | None:
    """Half the critical learning rate, rounded down to two digits; None where there is none."""
    critical = critical_rate(surface, settings, near)
    if critical is None or math.isinf(critical):
        return None
    half = float(Context(prec=2, rounding=ROUND_FLOOR).create_decimal(critical / 2))
    return min(half, LEARNING_RATE.high) if half >= LEARNING_RATE.low else None


def _critical(settings: Settings, steepest: float) -> float | None:
    critical = settings.chosen_method.critical
    if critical is None:
        return None
    if math.isnan(steepest):
        return 0.0
    return critical(steepest, **dict(settings.own)) if steepest > 0 else math.inf


def _verdict(ratio: float | None, axis: AxisMotion | None) -> Verdict:
    if ratio is None:
        return Verdict.NO_BOUND
    if ratio > 1:
        return Verdict.DIVERGES
    if axis.jumps if axis else ratio > 0.5:
        return Verdict.OSCILLATES
    # What swings is already as quick along the steepest axis as its momentum lets it be.
    crawls = ratio < _CRAWLING and not (axis and axis.swings)
    return Verdict.CRAWLS if crawls else Verdict.GOOD


def _short(verdict: Verdict, axis: AxisMotion | None, critical: float | None) -> str:
    if verdict is Verdict.NO_BOUND:
        return "no limit known" if critical is None else "flat at the minimum"
    if not axis:
        return {
            Verdict.CRAWLS: "far below the limit",
            Verdict.GOOD: "well below the limit",
            Verdict.OSCILLATES: "close to the limit",
            Verdict.DIVERGES: "above the limit",
        }[verdict]
    if verdict is Verdict.CRAWLS:
        return f"goes {_part(axis)} of the way"
    if verdict is Verdict.GOOD and not axis.swings:
        return "never past the minimum"
    return "swings, then settles" if axis.is_wave else f"lands {_times(axis.factor)} as far"


def _why(
    settings: Settings,
    verdict: Verdict,
    axis: AxisMotion | None,
    critical: float | None,
    place: Minimum | None,
) -> str:
    if critical is None:
        return f"theory knows no limit of the learning rate for {settings.chosen_method.name}"
    if verdict is Verdict.NO_BOUND:
        return "the surface is flat at the minimum: no learning rate is too large there"
    times = _times(settings.lr / critical) if critical else "above"
    where = f" at the minimum {_at(place)}" if place else ""
    compared = f"the learning rate {settings.lr:g} is {times} the limit {critical:.4g}{where}"
    if place and verdict is Verdict.DIVERGES:
        # What a step does is known beside the minimum alone, and a descent may be far from there.
        return f"{compared}: the descent can't settle there"
    return f"{compared}: {_effect(verdict, axis)}"


def _at(place: Minimum) -> str:
    return f"({place.w:.4g}, {place.b:.4g})"


def _effect(verdict: Verdict, axis: AxisMotion | None) -> str:
    """What each step does along the steepest axis."""
    if verdict is Verdict.DIVERGES:
        if not axis:
            return "each step overshoots the minimum further than the last"
        times = _times(axis.factor)
        return f"each step overshoots the minimum and lands {times} as far on the other side"
    if verdict is Verdict.CRAWLS:
        part = f"only {_part(axis)} of" if axis else "little of"
        return f"each step goes {part} the way to the minimum along the steepest axis"
    if not axis:
        return "a step along the steepest axis brings the minimum nearer"
    if axis.is_wave:
        return "it swings across the minimum along the steepest axis, and settles"
    if verdict is Verdict.GOOD:
        return "no step goes past the minimum along the steepest axis"
    times = _times(axis.factor)
    return f"each step lands on the other side of the minimum, {times} as far from it"


def _part(axis: AxisMotion) -> str:
    return f"{-100 * axis.roots[0].real:.2g}%"


def _times(ratio: float) -> str:
    if 0.995 <= ratio < 1.005:
        # Two digits would hide on which side of 1 it is.
        return f"{ratio:.6g} times"
    return f"{ratio:.2f} times" if 0.1 <= ratio < 1000 else f"{ratio:.2g} times"
