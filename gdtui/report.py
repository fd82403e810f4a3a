"""A run as text: the lesson's lines, CSV or JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from itertools import chain, islice
from typing import Any

from gdtui import __version__
from gdtui.core.dataset import Dataset
from gdtui.core.descent import (
    Measured,
    Outcome,
    Point,
    Step,
    descend,
    starting_point,
    trajectory,
)
from gdtui.core.landscapes import Landscape
from gdtui.core.methods import sampled
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface, surface_of

Data = Dataset | Landscape
Lines = Generator[str, None, Outcome]
BatchLoss = Callable[[Measured | Step], float]
TEXT_LINE = "Iteration %4d => Loss: %.10f"
OF_BATCH = ", of the batch: %.10f"
# Steps that are written at once: they take a millisecond, which nobody waits for.
BURST = 512
# What a row has besides the fields of a step, where the feature is scaled.
SCALED = ("w_scaled", "b_scaled")
# And what it has where the method looks at a batch of the examples in each iteration.
BATCH_LOSS = "batch_loss"


class _Bursts:
    """The steps of a descent in bursts: every so manieth, and always the last."""

    def __init__(self, data: Data, settings: Settings, every: int) -> None:
        self.surface = surface_of(data, settings)
        self.batch_loss = batch_loss(self.surface, settings)
        self._settings = settings
        self._every = every
        self._last = starting_point(self.surface, settings)

    def __iter__(self) -> Iterator[list[Measured]]:
        whole = trajectory(self.surface, self._settings, self._last)
        path = islice(whole, self._settings.iterations)
        steps: list[Measured] = []
        while burst := list(islice(path, BURST)):
            steps = burst
            self._last = Point(*steps[-1][:3], steps[-1][6])
            yield steps[-steps[0][0] % self._every :: self._every]
        if self._last.iteration % self._every:
            yield steps[-1:]

    @property
    def outcome(self) -> Outcome:
        """How the descent ends, once there are no more bursts: its last step is taken again."""
        descent = descend(self.surface, self._settings, self._last)
        while True:
            try:
                next(descent)
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome


def batch_loss(surface: Surface, settings: Settings) -> BatchLoss | None:
    """The loss over the batch of a step's iteration; None where all examples count."""
    measure = sampled(surface, settings)
    return None if measure is None else lambda step: measure(*step[:3])[0]


def beside(surface: Surface, settings: Settings) -> Callable[[Step], str] | None:
    """What stands beside the text line of a step, if anything does: the loss of its batch."""
    of_batch = batch_loss(surface, settings)
    return None if of_batch is None else lambda step: OF_BATCH % of_batch(step)


def text_line(step: Step) -> str:
    """A step in the lesson's format."""
    return TEXT_LINE % (step.iteration, step.loss)


def answer(step: Step, bias: bool) -> str:
    """The parameters reached, in the lesson's format."""
    return f"w={step.w:.10f}, b={step.b:.10f}" if bias else f"w={step.w:.10f}"


def as_text(data: Data, settings: Settings, every: int = 1) -> Lines:
    """The lesson's lines, an empty one, and the parameters reached."""
    bursts = _Bursts(data, settings, every)
    of_batch = bursts.batch_loss
    line = TEXT_LINE + (OF_BATCH if of_batch else "") + "\n"
    for steps in bursts:
        figures: list[tuple[float, ...]] = [(step[0], step[3]) for step in steps]
        if of_batch:
            figures = [(*pair, of_batch(step)) for pair, step in zip(figures, steps, strict=True)]
        # One long format is filled in faster than many short ones.
        yield line * len(steps) % tuple(chain.from_iterable(figures))
    outcome = bursts.outcome
    # A slope over another feature takes another bias, be it trained or not.
    both = settings.bias or settings.standardize
    yield f"\n{answer(_raw(bursts.surface, outcome.step), both)}\n"
    return outcome


def as_csv(data: Data, settings: Settings, every: int = 1) -> Lines:
    """A header and a row for every step, in full precision."""
    bursts = _Bursts(data, settings, every)
    scaled, of_batch = SCALED if settings.standardize else (), bursts.batch_loss
    columns = Step._fields + scaled + ((BATCH_LOSS,) if of_batch else ())
    yield ",".join(columns) + "\n"
    row = ",".join(["%r"] * len(columns)) + "\n"
    for steps in bursts:
        rows: list[tuple[float, ...]] = [step[:6] for step in steps]
        if scaled:
            rows = [(*_raw(bursts.surface, Step._make(step)), *step[1:3]) for step in rows]
        if of_batch:
            rows = [(*one, of_batch(step)) for one, step in zip(rows, steps, strict=True)]
        yield row * len(rows) % tuple(chain.from_iterable(rows))
    return bursts.outcome


def as_json(data: Data, settings: Settings, every: int = 1) -> Lines:
    """JSON Lines: an object with data and settings, one for every step, one with the outcome."""
    yield _json(
        version=__version__,
        data=_described(data),
        settings={p.name: settings[p] for p in settings.hyperparameters},
    )
    bursts = _Bursts(data, settings, every)
    of_batch = bursts.batch_loss
    for step in chain.from_iterable(bursts):
        named = _named(bursts.surface, Step._make(step[:6]), settings)
        if of_batch:
            named[BATCH_LOSS] = _finite(of_batch(step))
        yield _json(**named)
    outcome = bursts.outcome
    last = _named(bursts.surface, outcome.step, settings).items()
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
