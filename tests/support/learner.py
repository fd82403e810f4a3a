"""Programs as learners write them: right ones in several styles, and wrong ones by what was done.

They are written out by the textbook, on the examples, and know nothing of how gdtui replays them.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

import numpy as np

from gdtui.core.model import Vector
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.diagnosis.judgement import Cause, Judgement, judged
from gdtui.transcript import Transcript, read_transcript

Mean = Callable[[Vector], float]


def _looped(values: Vector) -> float:
    total = 0.0
    for value in values.tolist():
        total += value
    return total / len(values)


def _exact(values: Vector) -> float:
    try:
        return math.fsum(values) / len(values)
    except (OverflowError, ValueError):
        return math.inf


# How a mean is taken: each rounds in a way of its own.
STYLES: dict[str, Mean] = {
    "mean": lambda values: float(np.mean(values)),
    "sum": lambda values: float(np.sum(values) / len(values)),
    "average": lambda values: float(np.average(values)),
    "loop": _looped,
    "dot": lambda values: float(np.dot(values, np.ones(len(values))) / len(values)),
    "exact": _exact,
    "backwards": lambda values: _looped(values[::-1]),
}


@dataclass
class Learner:
    """A program: its data, what it was told to do, and what it does otherwise."""

    x: Vector
    y: Vector
    settings: Settings
    style: str = "mean"
    form: str = "%.10f"
    every: int = 1
    counts_from: int = 0
    mistakes: frozenset[str] = frozenset()
    numbers: dict[str, float] = field(default_factory=dict)

    @property
    def lines(self) -> str:
        """What it prints."""
        with np.errstate(all="ignore"):
            return "".join(
                f"Iteration {i + self.counts_from:4d} => Loss: {self.form % loss}\n"
                for i, loss in enumerate(self.losses())
                if i % self.every == 0
            )

    def does(self, mistake: str) -> bool:
        return mistake in self.mistakes

    @property
    def trains_b(self) -> bool:
        return self.settings.bias != self.does("b toggled")

    @property
    def mean(self) -> Mean:
        return np.mean if self.does("float32") else STYLES[self.style]

    @property
    def cast(self) -> Callable[[float], float]:
        return _in_single if self.does("float32") else float

    def _read(self) -> tuple[Vector, Vector]:
        x, y = self.x, self.y
        if self.does("first missing"):
            x, y = x[1:], y[1:]
        if self.does("last missing"):
            x, y = x[:-1], y[:-1]
        if self.does("swapped"):
            x, y = y, x
        if self.does("standardized"):
            x = (x - np.mean(x)) / np.std(x)
        if self.does("sample"):
            x = (x - np.mean(x)) / np.std(x, ddof=1)
        if self.does("min-max"):
            x = (x - np.min(x)) / (np.max(x) - np.min(x))
        if self.does("by largest"):
            x = x / np.max(np.abs(x))
        if self.does("centred"):
            x = x - np.mean(x)
        return x, y

    def losses(self) -> list[float]:
        x, y = self._read()
        if self.does("float32"):
            x, y = x.astype(np.float32), y.astype(np.float32)
        cast, mean, trains_b = self.cast, self.mean, self.trains_b
        settings, numbers = self.settings, self.numbers
        w, b = cast(numbers.get("w", settings.w_start)), cast(numbers.get("b", settings.b_start))
        lr = cast(numbers.get("rate", settings.lr))
        stepper = _Stepper(self, lr)
        printed = []
        for i in range(settings.iterations):
            if not self.does("after update"):
                printed.append(self._printed(x, y, w, b, mean))
            if stepper.method == "search":
                w, b = self._searched(x, y, w, b, lr, trains_b)
            else:
                w, b = self._updated(x, y, w, b, stepper, i + 1)
            if self.does("after update"):
                printed.append(self._printed(x, y, w, b, mean))
        return printed

    def _updated(
        self, x: Vector, y: Vector, w: float, b: float, stepper: _Stepper, t: int
    ) -> tuple[float, float]:
        trains_b, mean, cast = self.trains_b, self.mean, self.cast
        dw, db = self._gradient(x, y, w, b, mean)
        if self.does("b first") and trains_b:
            b = cast(b - stepper("b", db, t))
            dw, _ = self._gradient(x, y, w, b, mean)
        w = cast(w - stepper("w", dw, t))
        if self.does("w first"):
            _, db = self._gradient(x, y, w, b, mean)
        if trains_b and not self.does("b first"):
            b = cast(b - stepper("b", db, t))
        return w, b

    def _searched(
        self, x: Vector, y: Vector, w: float, b: float, lr: float, trains_b: bool
    ) -> tuple[float, float]:
        tried = [(w + lr, b), (w - lr, b), *([(w, b + lr), (w, b - lr)] if trains_b else [])]
        here = np.mean((x * w + b - y) ** 2)
        lower = (place for place in tried if np.mean((x * place[0] + place[1] - y) ** 2) < here)
        return next(lower, (w, b))

    def _printed(self, x: Vector, y: Vector, w: float, b: float, mean: Mean) -> float:
        error = x * w + b - y
        loss = mean(np.abs(error)) if self.does("prints amounts") else mean(error**2)
        if self.does("prints root"):
            loss = loss**0.5
        if self.does("prints sum"):
            loss = loss * len(x)
        return loss / 2 if self.does("prints half") else loss

    def _gradient(
        self, x: Vector, y: Vector, w: float, b: float, mean: Mean
    ) -> tuple[float, float]:
        error = x * w + b - y
        factor = 1 if self.does("without 2") else 2
        dw, db = factor * mean(x * error), factor * mean(error)
        if self.does("without x"):
            dw = db
        if self.does("descends root"):
            root = math.sqrt(mean(error**2))
            dw, db = dw / (2 * root), db / (2 * root)
        if self.does("descends amounts"):
            dw, db = mean(x * np.sign(error)), mean(np.sign(error))
        if self.does("w without 2"):
            dw = dw / 2
        if self.does("b without 2"):
            db = db / 2
        if self.does("summed") or self.does("w summed"):
            dw = dw * len(x)
        if self.does("summed") or self.does("b summed"):
            db = db * len(x)
        if self.does("uphill") or self.does("w uphill"):
            dw = -dw
        if self.does("uphill") or self.does("b uphill"):
            db = -db
        return dw, db


class _Stepper:
    """The step of a method, by its textbook, with PyTorch's defaults."""

    def __init__(self, learner: Learner, lr: float) -> None:
        named = [m.removeprefix("method ") for m in learner.mistakes if m.startswith("method ")]
        self.method = named[0] if named else learner.settings.method
        self.lr = lr
        self.kept: dict[str, tuple[float, float]] = {}

    def __call__(self, parameter: str, g: float, t: int) -> float:
        first, second = self.kept.get(parameter, (0.0, 0.0))
        step = g
        if self.method in ("momentum", "nesterov"):
            first = 0.9 * first + g
            step = first if self.method == "momentum" else g + 0.9 * first
        elif self.method == "adagrad":
            second = second + g**2
            step = g / (math.sqrt(second) + 1e-10)
        elif self.method == "rmsprop":
            second = 0.99 * second + 0.01 * g**2
            step = g / (math.sqrt(second) + 1e-8)
        elif self.method == "adam":
            first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
            unbiased = math.sqrt(second / (1 - 0.999**t))
            step = first / (1 - 0.9**t) / (unbiased + 1e-8)
        self.kept[parameter] = first, second
        return self.lr * step


def _in_single(value: float) -> float:
    return np.float32(value)  # type: ignore[return-value]


# Mistakes, and by which words the diagnosis tells each.
MISTAKES = {
    "without 2": "the factor 2 is missing in the gradient",
    "summed": "the gradient is a sum over the examples",
    "uphill": "the sign of the gradient is wrong",
    "w without 2": "the factor 2 is missing in dL/dw",
    "b without 2": "the factor 2 is missing in dL/db",
    "w summed": "dL/dw alone is a sum",
    "b summed": "dL/db alone is a sum",
    "w uphill": "the sign of dL/dw alone",
    "b uphill": "the sign of dL/db alone",
    "without x": "the factor x is missing",
    "descends root": "the gradient is that of the root",
    "descends amounts": "the gradient is that of the mean absolute error",
    "rate": "the learning rate is",
    "w": "w starts at",
    "b": "b starts at",
    "first missing": "the first example is not read",
    "last missing": "the last example is not read",
    "swapped": "x and y are swapped",
    "standardized": "the feature is standardized to mean 0",
    "sample": "the feature is standardized by the deviation",
    "min-max": "the feature is scaled to lie between 0 and 1",
    "by largest": "the feature is divided by its largest value",
    "centred": "the feature is shifted to mean 0",
    "b toggled": "b is ",
    "w first": "dL/db is taken after w",
    "b first": "dL/dw is taken after b",
    "after update": "the loss is printed after the update",
    "prints root": "the loss printed is the root",
    "prints amounts": "the loss printed is the mean absolute error",
    "prints sum": "the loss printed is a sum",
    "prints half": "the loss printed is half",
    "float32": "it computes in single precision",
    "method search": "the method is step search",
    "method momentum": "the method is momentum",
    "method nesterov": "the method is Nesterov",
    "method adagrad": "the method is Adagrad",
    "method rmsprop": "the method is RMSprop",
    "method adam": "the method is Adam",
}
# Of each of these groups a program can do one thing alone.
EXCLUSIVE = (
    {"without 2", "w without 2", "b without 2"},
    {"summed", "w summed", "b summed"},
    {"uphill", "w uphill", "b uphill"},
    {"without x", "descends amounts", "descends root"},
    {"first missing", "last missing"},
    {"standardized", "sample", "min-max", "by largest", "centred"},
    {"w first", "b first"},
    {"prints root", "prints amounts"},
    {mistake for mistake in MISTAKES if mistake.startswith("method ")},
)
NEEDS_B = {m for m in MISTAKES if m[:2] in ("w ", "b ")} - {"b toggled"}


def some_data(random: Random) -> tuple[Vector, Vector]:
    """Examples of a line with noise, of any size and place."""
    m = random.choice([4, 8, 15, 30, 60, 200])
    scale = 10 ** random.uniform(-1, 2)
    x = [random.gauss(random.uniform(-2, 3), 1) * scale for _ in range(m)]
    a, c, noise = random.gauss(0, 2), random.gauss(0, 5) * scale, 10 ** random.uniform(-2, 1)
    y = [a * one + c + random.gauss(0, noise * scale) for one in x]
    digits = random.choice([0, 1, 3]) if scale > 5 else 3
    return np.round(x, digits), np.round(y, digits)


def some_settings(random: Random, x: Vector, y: Vector) -> Settings:
    """Settings of a run that is worth printing: near the critical rate or far below, or beyond."""
    bias = random.random() < 0.6
    surface = LossSurface.of(x, y)
    critical = 2 / max(surface.eigenvalues(bias)[-1], 1e-9)
    part = random.choice([10 ** random.uniform(-2, -0.1), random.uniform(0.3, 1.15)])
    lr = float(f"{critical * part:.{random.choice([0, 1, 2, 12])}e}")
    starts = [random.choice([0.0, 0.0, round(random.gauss(0, 3), 1)]) for _ in "wb"]
    return Settings(
        lr=min(max(lr, 1e-9), 1e5),
        iterations=random.choice([20, 50, 100, 200]),
        w_start=starts[0],
        b_start=starts[1],
        bias=bias,
    )


def right_program(random: Random) -> Learner:
    """A right program, in any style."""
    x, y = some_data(random)
    settings = some_settings(random, x, y)
    method = random.choice(["gd"] * 4 + ["momentum", "nesterov", "adagrad", "rmsprop", "adam"])
    form = random.choice(["%.10f"] * 4 + ["%.2f", "%.6f", "%s", "%.4e", "%g"])
    return Learner(
        x,
        y,
        settings.replace(method=method),
        style=random.choice([*STYLES]),
        form=form,
        every=random.choice([1, 1, 1, 5]),
        counts_from=random.choice([0, 0, 0, 1]),
    )


def wrong_program(random: Random, count: int | None = None) -> Learner:
    """A program that does one thing otherwise, or two."""
    learner = right_program(random)
    learner.settings = learner.settings.replace(method="gd")
    learner.every, learner.counts_from = 1, 0
    count = count or random.choice([1, 1, 2])
    while len(learner.mistakes) < count:
        one = random.choice([*MISTAKES])
        if one in NEEDS_B and not learner.settings.bias:
            continue
        if "b toggled" in learner.mistakes | {one} and (learner.mistakes | {one}) & NEEDS_B:
            continue
        if any({one} | learner.mistakes <= group for group in EXCLUSIVE) and learner.mistakes:
            continue
        learner.mistakes |= {one}
        if one == "rate":
            learner.numbers["rate"] = float(f"{learner.settings.lr * random.uniform(0.3, 1.6):.1e}")
        elif one in ("w", "b"):
            asked = getattr(learner.settings, f"{one}_start")
            learner.numbers[one] = asked + random.choice([-1, 1]) * random.randint(1, 50) / 10
    return learner


class Finding(StrEnum):
    """What is found of a program."""

    ALONE = "named"
    AMONG = "named, with others that give the same lines"
    SIMPLER = "a part of it named that gives the same lines"
    NOTHING = "nothing claimed"
    ACCEPTED = "accepted: it prints the right lines"
    OTHER = "another thing claimed"


def judgement_of(program: Learner) -> Judgement:
    """What gdtui says of a program's lines."""
    return judged(LossSurface.of(program.x, program.y), program.settings, _transcript(program))


def _transcript(program: Learner) -> Transcript:
    return read_transcript("-", stream=io.BytesIO(program.lines.encode()))


def finding(program: Learner) -> Finding:
    """Whether what is said of a program is what it does."""
    judgement = judgement_of(program)
    explanations = judgement.explanations
    if judgement.right:
        return Finding.ACCEPTED
    if not explanations:
        return Finding.NOTHING
    named = [_mistakes(explained) == program.mistakes for explained in explanations]
    if any(named):
        return Finding.ALONE if all(named) else Finding.AMONG
    # With fewer mistakes, as found: does it print the same?
    simpler = all(
        len(_mistakes(explained)) < len(program.mistakes) and _prints_the_same(explained, program)
        for explained in explanations
    )
    return Finding.SIMPLER if simpler else Finding.OTHER


def _mistakes(explained: Cause) -> frozenset[str]:
    """What an explanation claims, by our names."""
    words = [accusation.words for accusation in explained.accusations]
    found = {name for name, begin in MISTAKES.items() if any(w.startswith(begin) for w in words)}
    assert len(found) == len(words)
    return frozenset(found)


def _prints_the_same(explained: Cause, program: Learner) -> bool:
    """Whether a program that does what is claimed, and nothing else, prints the same lines."""
    numbers = {
        one.hypothesis.number: one.number for one in explained.accusations if one.number is not None
    }
    claimed = replace(program, mistakes=_mistakes(explained), numbers=numbers)
    pairs = zip(_transcript(claimed), _transcript(program), strict=True)
    return all(
        abs(one.loss - other.loss) <= 1.01 * other.unit + 1e-12 * abs(other.loss)
        or not math.isfinite(one.loss + other.loss)
        for one, other in pairs
    )
