"""A run as text: the lesson's lines or CSV."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from gdtui.core.arithmetic import batch_measure
from gdtui.core.descent import (
    Descent,
    Measured,
    Outcome,
    Status,
    Step,
    starting_point,
)
from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.run import Record
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.problem import Problem

Lines = Generator[str, None, Outcome]
BatchLoss = Callable[[Measured | Step], float]
TEXT_LINE = "Iteration %4d => Loss: %.10f"
OF_BATCH = ", of the batch: %.10f"
# Steps that are written at once: they take a millisecond, which nobody waits for.
WRITTEN_AT_ONCE = 512
# What a row has besides the fields of a step, where the feature is scaled.
SCALED = ("w_scaled", "b_scaled")
# And what it has where the method looks at a batch of the examples in each iteration.
BATCH_LOSS = "batch_loss"


class ReportedSteps:
    """The steps of a run to be written, in bursts: one in every so many, and always the last."""

    def __init__(self, surface: Surface, record: Record, every: int = 1) -> None:
        self.surface = surface
        self.settings = record.tunings[0][1]
        self.batch_loss = batch_loss(surface, self.settings)
        self.tuned = tuned(record)
        self.record = record
        self._every = every
        self._descent = Descent(surface, record.tunings, record.start)

    @classmethod
    def whole(cls, problem: Problem, settings: Settings, every: int) -> ReportedSteps:
        """Those of a descent from its start to its end."""
        surface = problem.surface_for(settings)
        start = starting_point(surface, settings)
        return cls(surface, Record(start, ((0, settings),), settings.iterations), every)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the figures of a step, and of the hyperparameters tuned within the run."""
        scaled = SCALED if self.settings.standardize else ()
        beside = (BATCH_LOSS,) if self.batch_loss else ()
        return Step._fields + scaled + beside + tuple(p.name for p in self.tuned)

    def in_force(self, iteration: int) -> tuple[Value, ...]:
        """The values at an iteration of what was tuned within the run."""
        settings = [s for since, s in self.record.tunings if since <= iteration][-1]
        return tuple(settings[parameter] for parameter in self.tuned)

    def __iter__(self) -> Iterator[list[Measured]]:
        record = self.record
        left = record.reached + record.exhausted - record.start.iteration
        steps: list[Measured] = []
        while burst := self._descent.take(min(WRITTEN_AT_ONCE, left)):
            steps, left = burst, left - len(burst)
            yield steps[-steps[0][0] % self._every :: self._every]
        if steps and steps[-1][0] % self._every:
            yield steps[-1:]

    @property
    def outcome(self) -> Outcome:
        """How the run ends, once there are no more bursts."""
        self._descent.take(1)
        outcome = self._descent.outcome()
        if self._descent.status or outcome.iteration >= self.record.tunings[-1][1].iterations:
            return outcome
        begun = outcome.iteration > self.record.start.iteration
        return outcome._replace(status=Status.PAUSED if begun else Status.READY)


def tuned(record: Record) -> tuple[Hyperparameter, ...]:
    """The hyperparameters whose value changed within a run, but for how long it is."""
    (_, first), *later = record.tunings
    return tuple(
        parameter
        for parameter in first.hyperparameters
        if parameter.name != "iterations"
        and any(s[parameter] != first[parameter] for _, s in later)
    )


def batch_loss(surface: Surface, settings: Settings) -> BatchLoss | None:
    """The loss over the batch of a step's iteration; None where all examples count."""
    measure = batch_measure(surface, settings)
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


def as_text(problem: Problem, settings: Settings, every: int = 1) -> Lines:
    """The lesson's lines, an empty one, and the parameters reached."""
    return text_lines(ReportedSteps.whole(problem, settings, every))


def text_lines(reported: ReportedSteps) -> Lines:
    """A run in the lesson's lines, an empty one, and the parameters reached."""
    of_batch = reported.batch_loss
    line = TEXT_LINE + (OF_BATCH if of_batch else "") + "\n"
    for steps in reported:
        figures: list[tuple[float, ...]] = [(step[0], step[3]) for step in steps]
        if of_batch:
            figures = [(*pair, of_batch(step)) for pair, step in zip(figures, steps, strict=True)]
        # One long format is filled in faster than many short ones.
        yield line * len(steps) % tuple(chain.from_iterable(figures))
    outcome = reported.outcome
    yield f"\n{answer(raw_step(reported.surface, outcome.step), needs_both(reported.settings))}\n"
    return outcome


def needs_both(settings: Settings) -> bool:
    """Whether w alone does not say which line was reached."""
    # A slope over another feature takes another bias, be it trained or not.
    return settings.bias or settings.standardize


def as_csv(problem: Problem, settings: Settings, every: int = 1) -> Lines:
    """A header and a row for every step, in full precision."""
    reported = ReportedSteps.whole(problem, settings, every)
    yield csv_line(reported.columns)
    return (yield from csv_lines(reported, reported.columns))


def csv_line(fields: Iterable[str]) -> str:
    """A line of CSV; its fields are numbers, and names without a comma."""
    return ",".join(fields) + "\n"


def csv_lines(
    reported: ReportedSteps, columns: Sequence[str], fixed: Mapping[str, str] | None = None
) -> Lines:
    """A row for every step of a run, with what is fixed for all of them, or else nothing."""
    scaled, of_batch, in_force = (
        reported.settings.standardize,
        reported.batch_loss,
        reported.in_force,
    )
    fixed = fixed or {}
    row = csv_line("%r" if name in reported.columns else fixed.get(name, "") for name in columns)
    for steps in reported:
        rows: list[tuple[Value, ...]] = [step[:6] for step in steps]
        if scaled:
            rows = [
                (*raw_step(reported.surface, Step._make(step[:6])), *step[1:3]) for step in steps
            ]
        if of_batch:
            rows = [(*one, of_batch(step)) for one, step in zip(rows, steps, strict=True)]
        if reported.tuned:
            rows = [(*one, *in_force(step[0])) for one, step in zip(rows, steps, strict=True)]
        yield row * len(rows) % tuple(chain.from_iterable(rows))
    return reported.outcome


def raw_step(surface: Surface, step: Step) -> Step:
    """The step with its parameters for the feature as it was before scaling."""
    if not surface.is_standardized:
        return step
    w, b = surface.raw(step.w, step.b)
    return step._replace(w=w, b=b)
