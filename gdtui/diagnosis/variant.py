"""A descent as a learner may have written it: what it reads, computes, updates and prints."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any, Literal, NamedTuple

import numpy as np

from gdtui.core.arithmetic import batch_measure
from gdtui.core.descent import starting_point
from gdtui.core.model import Vector, predict
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface

DOUBLE, SINGLE = 2.0**-52, 2.0**-23
# How large x and y are taken to be on a surface that has none, for the rounding there.
_USUAL_SIZE = 10.0
# So many surfaces of changed examples are kept; each may be as large as the data.
_KEPT = 8

# The fields of a variant that hold a number which may be anything.
RATE, STARTS = "rate", ("w", "b")

# What an error counts as: squared, squared and then the root of the mean, or its amount.
ErrorKind = Literal["squares", "root", "amounts"]


class Replayed(NamedTuple):
    """A loss, and by how much the rounding of its own terms may change it."""

    loss: float
    rounding: float


def _by_sample(x: Vector) -> Vector:
    return np.asarray((x - np.mean(x)) / np.std(x, ddof=1))


def _between_0_and_1(x: Vector) -> Vector:
    return np.asarray((x - np.min(x)) / np.ptp(x))


def _by_largest(x: Vector) -> Vector:
    return np.asarray(x / np.max(np.abs(x)))


def _centred(x: Vector) -> Vector:
    return np.asarray(x - np.mean(x))


AS_IT_IS = "as it is in the data"
STANDARDIZED = "standardized to mean 0 and deviation 1"
# What may be done to the feature, in words; what is standardized is so by the surface itself.
SCALINGS: dict[str, Callable[[Vector], Vector] | None] = {
    AS_IT_IS: None,
    STANDARDIZED: None,
    "standardized by the deviation of a sample, which divides by m - 1": _by_sample,
    "scaled to lie between 0 and 1": _between_0_and_1,
    "divided by its largest value": _by_largest,
    "shifted to mean 0": _centred,
}


@dataclass(frozen=True)
class Variant:
    """A descent in which each thing that a learner may do otherwise is a field.

    `left_out` are the examples that are not read. What the gradient has along w and b is
    multiplied by the factors, and by the number of examples where it is summed. `first` is the
    parameter whose update comes before the gradient of the other is taken, or "" for none.
    """

    data: Surface
    settings: Settings
    rate: float
    w: float
    b: float
    trains_b: bool
    scaling: str
    left_out: Literal["", "first", "last"] = ""
    swapped: bool = False
    w_factor: float = 1.0
    b_factor: float = 1.0
    w_summed: bool = False
    b_summed: bool = False
    w_without_x: bool = False
    descends: ErrorKind = "squares"
    first: Literal["", "w", "b"] = ""
    after_update: bool = False
    prints: ErrorKind = "squares"
    print_factor: float = 1.0
    print_summed: bool = False
    precision: float = DOUBLE

    @classmethod
    def asked_for(cls, data: Surface, settings: Settings) -> Variant:
        """The descent that some settings ask for; `data` are not scaled yet."""
        surface = data.standardized() if settings.standardize else data
        start = starting_point(surface, settings)
        scaling = STANDARDIZED if surface.is_standardized else AS_IT_IS
        return cls(data, settings, settings.lr, start.w, start.b, settings.bias, scaling)

    def numbers(self, names: Sequence[str]) -> list[float]:
        """The rate, the starts and the method's own hyperparameters, by their names."""
        return [
            float(getattr(self if name in (RATE, *STARTS) else self.settings, name))
            for name in names
        ]

    def with_numbers(self, names: Sequence[str], values: Sequence[float]) -> Variant:
        """The same with other numbers; those of hyperparameters are kept within their bounds."""
        changes: dict[str, Any] = dict(zip(names, values, strict=True))
        own = {name: changes.pop(name) for name in names if name not in (RATE, *STARTS)}
        if own:
            bounds = {one.name: one for one in self.settings.chosen_method.hyperparameters}
            held = {
                name: min(max(value, bounds[name].low), bounds[name].high)
                for name, value in own.items()
            }
            changes["settings"] = self.settings.replace(**held)
        return replace(self, **changes)

    @property
    def surface(self) -> Surface:
        """What is descended: of the examples that are read, as they are read."""
        return _surface(self.data, self.left_out, self.swapped, self.scaling)

    @property
    def example_count(self) -> int:
        """Over how many examples means are taken; a surface without any counts as one."""
        examples = self.surface.examples
        return len(examples.x) if examples else 1

    def replay(self, jitter: Random | None = None) -> Iterator[Replayed]:
        """The losses that it prints, without end.

        With a jitter, every number is moved by about as much as rounding may move it: two programs
        that sum up in another order differ by no more.
        """
        sizes = _Sizes(self)
        printed, shift = _Printing(self, sizes), _Shift(sizes, jitter)
        w, b = self.w, self.b
        step = self._stepper(shift)
        iteration = 0
        while True:
            if not self.after_update:
                yield printed(w, b)
            w, b = step(iteration, shift.of_parameter(w), shift.of_parameter(b))
            iteration += 1
            if self.after_update:
                yield printed(w, b)

    def _stepper(self, shift: _Shift) -> Callable[[int, float, float], tuple[float, float]]:
        """A function of (iteration, w, b) that gives the next (w, b), with a memory of its own."""
        method, measure = self.settings.chosen_method, self.surface.measurer()
        trains_b = self.trains_b
        rate = shift.of_parameter(self.rate)
        numbers = self.settings.numbers | {"lr": rate}
        if method.search:
            search = method.search(**numbers)
            return lambda iteration, w, b: search(measure, w, b, trains_b) or (w, b)
        assert method.rule
        update, gradient = method.rule(**numbers), self._gradient(shift)
        first = self.first if trains_b else ""
        of_w, of_b = method.memory

        def stepped(iteration: int, w: float, b: float) -> tuple[float, float]:
            nonlocal of_w, of_b
            dw, db = gradient(iteration, w, b)
            if first == "b":
                step, of_b = update(db, of_b, iteration + 1)
                b -= step
                dw, _ = gradient(iteration, w, b)
            step, of_w = update(dw, of_w, iteration + 1)
            w -= step
            if trains_b and first != "b":
                if first == "w":
                    _, db = gradient(iteration, w, b)
                step, of_b = update(db, of_b, iteration + 1)
                b -= step
            return w, b

        return stepped

    def _gradient(self, shift: _Shift) -> Callable[[int, float, float], tuple[float, float]]:
        """A function of (iteration, w, b) that gives the gradient which the program takes."""
        surface, measure = self.surface, self.surface.measurer()
        of_batch = batch_measure(surface, self.settings)
        w_factor = self.w_factor * (self.example_count if self.w_summed else 1)
        b_factor = self.b_factor * (self.example_count if self.b_summed else 1)
        of_root, without_x = self.descends == "root", self.w_without_x
        of_amounts = _amounts(surface) if self.descends == "amounts" else None

        def gradient(iteration: int, w: float, b: float) -> tuple[float, float]:
            loss, dw, db = of_batch(iteration, w, b) if of_batch else measure(w, b)
            if of_amounts:
                _, dw, db = of_amounts(w, b)
            dw, db = shift.of_gradient(dw, db, loss, w, b)
            if of_root:
                twice = 2 * math.sqrt(loss) if loss >= 0 else math.nan
                dw, db = (dw / twice, db / twice) if twice else (math.nan, math.nan)
            return (db if without_x else dw) * w_factor, db * b_factor

        return gradient


@lru_cache(maxsize=_KEPT)
def _surface(data: Surface, left_out: str, swapped: bool, scaling: str) -> Surface:
    if left_out or swapped or SCALINGS[scaling]:
        examples = data.examples
        assert examples
        kept = {"": slice(None), "first": slice(1, None), "last": slice(None, -1)}[left_out]
        x, y = examples.x[kept], examples.y[kept]
        if swapped:
            x, y = y, x
        scale = SCALINGS[scaling]
        data = LossSurface.of(scale(x) if scale else x, y)
    return data.standardized() if scaling == STANDARDIZED else data


@lru_cache(maxsize=len(SCALINGS))
def can_scale(data: Surface, scaling: str) -> bool:
    """Whether the feature can be scaled so: one that is the same everywhere can't."""
    scale, examples = SCALINGS[scaling], data.examples
    if examples is None:
        return scaling == AS_IT_IS
    if scaling == AS_IT_IS:
        return True
    # With the first or the last example left out, and x and y swapped, there must be some left.
    parts = [part for values in (examples.x, examples.y) for part in (values[1:], values[:-1])]
    return all(
        len(part) > 1 and bool(np.ptp(part)) and bool(np.isfinite((scale or _centred)(part)).all())
        for part in parts
    )


def _amounts(surface: Surface) -> Callable[[float, float], tuple[float, float, float]]:
    """A function of (w, b): the mean amount of the errors, and its gradient."""
    examples = surface.examples
    assert examples
    x, y = examples.x, examples.y

    def measure(w: float, b: float) -> tuple[float, float, float]:
        errors = predict(x, w, b) - y
        signs = np.sign(errors)
        return float(np.mean(np.abs(errors))), float(np.mean(x * signs)), float(np.mean(signs))

    return measure


class _Sizes:
    """How large the numbers are that a program computes with, and so their rounding."""

    def __init__(self, variant: Variant) -> None:
        surface = variant.surface
        self.precision = variant.precision
        self.x = self.y = _USUAL_SIZE
        if isinstance(surface, LossSurface):
            self.x = math.hypot(math.sqrt(surface.vxx), surface.xm)
            slope = surface.w_hat * math.sqrt(surface.vxx)
            self.y = math.hypot(math.sqrt(surface.res), slope, surface.ym)
        # Rounding errors of a sum add up like a random walk.
        self.sum = 2 + math.sqrt(variant.example_count)

    def of_error(self, w: float, b: float) -> float:
        """The rounding of the error of an example."""
        return self.precision * (abs(w) * self.x + abs(b) + self.y)


class _Printing:
    """What a variant prints at a point."""

    def __init__(self, variant: Variant, sizes: _Sizes) -> None:
        self._sizes = sizes
        self._measure = variant.surface.measurer()
        self._prints = variant.prints
        self._amounts = _amounts(variant.surface) if variant.prints == "amounts" else None
        self._factor = variant.print_factor
        if variant.print_summed:
            self._factor *= variant.example_count

    def __call__(self, w: float, b: float) -> Replayed:
        sizes, factor = self._sizes, self._factor
        of_error = sizes.of_error(w, b)
        relative = sizes.precision * sizes.sum
        if self._amounts:
            loss = self._amounts(w, b)[0]
            return Replayed(factor * loss, factor * (relative * loss + of_error))
        loss = self._measure(w, b)[0]
        if not loss >= 0 or loss == math.inf:
            return Replayed(factor * loss, 0.0)
        root = math.sqrt(loss)
        if self._prints == "root":
            return Replayed(factor * root, factor * (relative * root + of_error))
        rounding = relative * loss + of_error * (2 * root + of_error)
        return Replayed(factor * loss, factor * rounding)


class _Shift:
    """Moves numbers as their rounding may, if it jitters."""

    def __init__(self, sizes: _Sizes, jitter: Random | None) -> None:
        self._jitter, self._sizes = jitter, sizes

    def of_parameter(self, value: float) -> float:
        """A parameter, or the learning rate."""
        if self._jitter is None:
            return value
        return value * (1 + self._sizes.precision * self._sign())

    def of_gradient(
        self, dw: float, db: float, loss: float, w: float, b: float
    ) -> tuple[float, float]:
        """The gradient at (w, b)."""
        if self._jitter is None or not loss >= 0:
            return dw, db
        sizes = self._sizes
        of_mean = sizes.of_error(w, b) + sizes.precision * sizes.sum * math.sqrt(loss)
        return dw + 2 * self._sign() * of_mean * sizes.x, db + 2 * self._sign() * of_mean

    def _sign(self) -> int:
        assert self._jitter
        return 1 if self._jitter.getrandbits(1) else -1
