"""How a run ended, why, and what to do, in words."""

from __future__ import annotations

import math
from typing import NamedTuple

from gdtui.core.descent import Outcome, Status, Step
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.theory.goal import Place, gap
from gdtui.theory.prediction import predicted_iterations
from gdtui.theory.verdict import Verdict, advised_rate, stability


class Explanation(NamedTuple):
    """What happened to a run, why, and what to do; the last two may be empty."""

    what: str
    why: str = ""
    advice: str = ""

    def __str__(self) -> str:
        sentence = f"{self.what}: {self.why}" if self.why else self.what
        return f"{sentence}; {self.advice}" if self.advice else sentence


def explanation(surface: Surface, settings: Settings, outcome: Outcome) -> Explanation:
    """How a descent ended, and why, in words."""
    if outcome.status is Status.DIVERGED:
        return _diverged(surface, settings, outcome)
    if outcome.status is Status.CONVERGED:
        return _converged(surface, settings, outcome)
    return _finished(surface, settings, outcome)


def warning(surface: Surface, settings: Settings, place: Place) -> str:
    """That the learning rate is above the critical one, and what to do; empty where it is not."""
    too_large = _too_large(surface, settings, place)
    return "; ".join(words for words in too_large if words) if too_large else ""


def _too_large(surface: Surface, settings: Settings, place: Place) -> tuple[str, str] | None:
    """That the learning rate is above the critical one, and a better one; None where it is not."""
    found = stability(surface, settings, place)
    if found.verdict is not Verdict.DIVERGES:
        return None
    advised = advised_rate(surface, settings, place)
    return found.why, f"try {advised:g}" if advised else _scaling(surface)


def _scaling(surface: Surface) -> str:
    """What helps where every learning rate is too large."""
    has_feature = surface.examples is not None and not surface.is_standardized
    return "standardize the feature" if has_feature else ""


def _diverged(surface: Surface, settings: Settings, outcome: Outcome) -> Explanation:
    what, step = f"diverged at iteration {outcome.iteration}", outcome.step
    if outcome.iteration == 0:
        return Explanation(what, "the loss at the start is not a finite number", _nearer(surface))
    too_large = _too_large(surface, settings, (step.w, step.b))
    if too_large:
        return Explanation(what, *too_large)
    why = "the loss is no longer a finite number"
    if not surface.is_quadratic:
        why = f"the learning rate {settings.lr:g} is too large for the gradients on the way"
    return Explanation(what, why, "try a smaller learning rate")


def _nearer(surface: Surface) -> str:
    """What helps where the start is too high; empty where no start is low enough."""
    return "start nearer" if surface.minimum(0.0, 0.0, True).loss < math.inf else ""


def _converged(surface: Surface, settings: Settings, outcome: Outcome) -> Explanation:
    what, step = f"converged at iteration {outcome.iteration}", outcome.step
    length = math.hypot(step.dw, step.db if settings.bias else 0.0)
    too_early = length < settings.tolerance
    short = f"the gradient is shorter than {settings.tolerance:g}"
    why = short if too_early else "no step lowers the loss"
    left = gap(surface, step, settings)
    if not left.percent > 1:
        return Explanation(what, why)
    smaller = "tolerance" if too_early else "learning rate"
    return Explanation(what, f"{why}, yet it is {left}", f"try a smaller {smaller}")


def _finished(surface: Surface, settings: Settings, outcome: Outcome) -> Explanation:
    what, step = f"finished after {outcome.iteration} iterations", outcome.step
    left = gap(surface, step, settings)
    if left.percent <= 1:
        return Explanation(what, f"the loss is {left}")
    too_large = _too_large(surface, settings, (step.w, step.b))
    if too_large:
        return Explanation(what, *too_large)
    return Explanation(what, f"the loss is still {left}", _to_go_on(surface, settings, step))


def _to_go_on(surface: Surface, settings: Settings, step: Step) -> str:
    """What brings a descent nearer that has ended too early; empty where nobody can tell."""
    place = step.w, step.b
    if stability(surface, settings, place).verdict is Verdict.CRAWLS:
        # Where the curvature changes, half the critical rate may be too much on the way.
        if not surface.is_quadratic:
            return "try a larger learning rate"
        return f"try {advised_rate(surface, settings, place):g}"
    if settings.chosen_method.remembers:
        # A step does not hold it, and so not how fast the descent goes.
        return ""
    more = predicted_iterations(surface, settings, place)
    if more is None or math.isinf(more):
        return ""
    return f"{more:.0f} more iterations bring it within 1%"
