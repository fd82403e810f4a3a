"""A run as text: the lesson's lines, CSV or JSON Lines, and the words on how it ended."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

from gdtui import __version__
from gdtui.core.dataset import Dataset
from gdtui.core.descent import Outcome, Status, Step, descend
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface

Lines = Generator[str, None, Outcome]


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


def as_text(dataset: Dataset, settings: Settings, every: int = 1) -> Lines:
    """The lesson's lines, an empty one, and the parameters reached."""
    steps = _Steps(LossSurface.of(dataset.x, dataset.y), settings, every)
    for step in steps:
        yield text_line(step) + "\n"
    yield f"\n{answer(steps.outcome.step, settings.bias)}\n"
    return steps.outcome


def as_csv(dataset: Dataset, settings: Settings, every: int = 1) -> Lines:
    """A header and a row for every step, in full precision."""
    yield ",".join(Step._fields) + "\n"
    steps = _Steps(LossSurface.of(dataset.x, dataset.y), settings, every)
    for step in steps:
        yield ",".join(map(repr, step)) + "\n"
    return steps.outcome


def as_json(dataset: Dataset, settings: Settings, every: int = 1) -> Lines:
    """JSON Lines: an object with data and settings, one for every step, one with the outcome."""
    yield _json(
        version=__version__,
        data={
            "name": dataset.name,
            "feature": dataset.feature,
            "label": dataset.label,
            "examples": len(dataset.x),
        },
        settings={p.name: settings[p] for p in settings.hyperparameters},
    )
    steps = _Steps(LossSurface.of(dataset.x, dataset.y), settings, every)
    for step in steps:
        yield _json(**step._asdict())
    outcome = steps.outcome
    reached = {name: _finite(value) for name, value in outcome.step._asdict().items()}
    yield _json(outcome=outcome.status, **(reached | {"iteration": outcome.iteration}))
    return outcome


def _json(**content: Any) -> str:
    """A line of ASCII: it can be written in any encoding, and holds nothing a terminal obeys."""
    return json.dumps(content, allow_nan=False).replace("\x7f", "\\u007f") + "\n"


def _finite(value: float) -> float | None:
    """JSON has no infinity: null stands for it."""
    return value if abs(value) < float("inf") else None


FORMATS: dict[str, Callable[[Dataset, Settings, int], Lines]] = {
    "text": as_text,
    "csv": as_csv,
    "json": as_json,
}


def hint(surface: Surface, settings: Settings) -> str:
    """A warning that the learning rate is above the critical one; empty where it is not."""
    critical = settings.critical(surface)
    if critical is None or settings.lr <= critical:
        return ""
    times = f"{settings.lr / critical:.2f} times" if critical else "above"
    return (
        f"the learning rate {settings.lr:g} is {times} the critical {critical:.4g}: "
        "each step overshoots the minimum further than the last"
    )


def closing(surface: Surface, settings: Settings, outcome: Outcome) -> str:
    """How a descent ended, and why, in a sentence."""
    status, at, why = outcome.status, outcome.iteration, hint(surface, settings)
    if status is Status.DIVERGED:
        return f"diverged at iteration {at}: {why or 'the loss is no longer a finite number'}"
    if status is Status.CONVERGED:
        step = outcome.step
        slope = math.hypot(step.dw, step.db if settings.bias else 0.0)
        near = f"the gradient is shorter than {settings.tolerance:g}"
        far = "no step lowers the loss"
        return f"converged at iteration {at}: {near if slope < settings.tolerance else far}"
    return f"finished after {at} iterations" + (f": {why}" if why else "")
