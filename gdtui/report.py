"""A run as text: the lesson's lines, CSV or JSON Lines, and the words on how it ended."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

from gdtui import __version__
from gdtui.core.dataset import Dataset
from gdtui.core.descent import Outcome, Status, Step, descend
from gdtui.core.landscapes import Landscape
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface, surface_of

Data = Dataset | Landscape
Lines = Generator[str, None, Outcome]
# What a row has besides the fields of a step, where the feature is scaled.
SCALED = ("w_scaled", "b_scaled")


class _Steps:
    """The steps of a descent, every so manieth and always the last; keeps how it ended."""

    def __init__(self, surface: Surface, settings: Settings, every: int) -> None:
        self._descent = descend(surface, settings)
        self._every = every
        self.outcome: Outcome

    def __iter__(self) -> Iterator[Step]:
        return self._all() if self._every == 1 else self._thinned()

    def _all(self) -> Iterator[Step]:
        self.outcome = yield from self._descent

    def _thinned(self) -> Iterator[Step]:
        skipped = None
        for step in self._all():
            skipped = None if step.iteration % self._every == 0 else step
            if skipped is None:
                yield step
        if skipped is not None:
            yield skipped


def text_line(step: Step) -> str:
    """A step in the lesson's format."""
    return f"Iteration {step.iteration:4d} => Loss: {step.loss:.10f}"


def answer(step: Step, bias: bool) -> str:
    """The parameters reached, in the lesson's format."""
    return f"w={step.w:.10f}, b={step.b:.10f}" if bias else f"w={step.w:.10f}"


def as_text(data: Data, settings: Settings, every: int = 1) -> Lines:
    """The lesson's lines, an empty one, and the parameters reached."""
    surface = surface_of(data, settings)
    steps = _Steps(surface, settings, every)
    for step in steps:
        yield text_line(step) + "\n"
    # A slope over another feature takes another bias, be it trained or not.
    both = settings.bias or settings.standardize
    yield f"\n{answer(_raw(surface, steps.outcome.step), both)}\n"
    return steps.outcome


def as_csv(data: Data, settings: Settings, every: int = 1) -> Lines:
    """A header and a row for every step, in full precision."""
    scaled = SCALED if settings.standardize else ()
    yield ",".join(Step._fields + scaled) + "\n"
    surface = surface_of(data, settings)
    steps = _Steps(surface, settings, every)
    for step in steps:
        row = (*_raw(surface, step), step.w, step.b) if scaled else step
        yield ",".join(map(repr, row)) + "\n"
    return steps.outcome


def as_json(data: Data, settings: Settings, every: int = 1) -> Lines:
    """JSON Lines: an object with data and settings, one for every step, one with the outcome."""
    yield _json(
        version=__version__,
        data=_described(data),
        settings={p.name: settings[p] for p in settings.hyperparameters},
    )
    surface = surface_of(data, settings)
    steps = _Steps(surface, settings, every)
    for step in steps:
        yield _json(**_named(surface, step, settings))
    outcome = steps.outcome
    last = _named(surface, outcome.step, settings).items()
    reached = {name: None if value is None else _finite(value) for name, value in last}
    yield _json(outcome=outcome.status, **(reached | {"iteration": outcome.iteration}))
    return outcome


def _described(data: Data) -> dict[str, Any]:
    if isinstance(data, Landscape):
        return {"surface": data.name}
    return {
        "name": data.name,
        "feature": data.feature,
        "label": data.label,
        "examples": len(data.x),
    }


def _named(surface: Surface, step: Step, settings: Settings) -> dict[str, float | None]:
    """The figures of a step by name; w and b of a scaled feature are there in both units."""
    if not settings.standardize:
        return step._asdict()
    w, b = surface.raw(step.w, step.b)
    both = {"w": _finite(w), "b": _finite(b), "w_scaled": step.w, "b_scaled": step.b}
    return step._asdict() | both


def _raw(surface: Surface, step: Step) -> Step:
    """The step with its parameters for the feature as it was before scaling."""
    if not surface.is_standardized:
        return step
    w, b = surface.raw(step.w, step.b)
    return step._replace(w=w, b=b)


def _json(**content: Any) -> str:
    """A line of ASCII: it can be written in any encoding, and holds nothing a terminal obeys."""
    return json.dumps(content, ensure_ascii=True, allow_nan=False) + "\n"


def _finite(value: float) -> float | None:
    """JSON has no infinity: null stands for it."""
    return value if abs(value) < float("inf") else None


FORMATS: dict[str, Callable[[Data, Settings, int], Lines]] = {
    "text": as_text,
    "csv": as_csv,
    "json": as_json,
}


def hint(surface: Surface, settings: Settings, w: float = 0.0, b: float = 0.0) -> str:
    """A warning that the learning rate is above the critical one; empty where it is not.

    Where the curvature differs from place to place, that of the minimum nearest to (w, b) counts.
    """
    minimum = surface.minimum(w, b, settings.bias)
    critical = settings.critical(surface, minimum.w, minimum.b)
    if critical is None or settings.lr <= critical:
        return ""
    times = f"{settings.lr / critical:.2f} times" if critical else "above"
    compared = f"the learning rate {settings.lr:g} is {times} the critical {critical:.4g}"
    if not surface.is_quadratic:
        place = f"({minimum.w:.4g}, {minimum.b:.4g})"
        return f"{compared} at the minimum {place}: the descent can't settle there"
    return f"{compared}: each step overshoots the minimum further than the last"


def closing(surface: Surface, settings: Settings, outcome: Outcome) -> str:
    """How a descent ended, and why, in a sentence."""
    status, at, step = outcome.status, outcome.iteration, outcome.step
    why = hint(surface, settings, step.w, step.b)
    if status is Status.DIVERGED:
        return f"diverged at iteration {at}: {why or 'the loss is no longer a finite number'}"
    if status is Status.CONVERGED:
        slope = math.hypot(step.dw, step.db if settings.bias else 0.0)
        near = f"the gradient is shorter than {settings.tolerance:g}"
        far = "no step lowers the loss"
        return f"converged at iteration {at}: {near if slope < settings.tolerance else far}"
    return f"finished after {at} iterations" + (f": {why}" if why else "")
