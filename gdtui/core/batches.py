"""Mini-batches: which examples an iteration looks at, and the loss over these alone.

Each epoch walks through a permutation of the examples, drawn from the seed and the number of the
epoch, in batches of one size, the last of which may be smaller. So the batch of any iteration can
be found again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gdtui.core.model import Vector
from gdtui.core.quadratic import bowl_of, five_numbers

Indices = NDArray[np.intp]
BatchMeasure = Callable[[int, float, float], tuple[float, float, float]]

# Examples that are summed up at a time: enough that numpy's calls cost little for each batch, and
# few enough that one batch alone is had in about a millisecond.
BLOCK = 1024
# So many of these sums are kept: the runs of a sweep walk through the same ones.
KEPT_SUMS = 32


def shuffled(m: int, seed: int, epoch: int) -> Indices:
    """The order of m examples in an epoch."""
    return np.random.default_rng([seed, epoch]).permutation(m)


def batch(m: int, size: int, seed: int, iteration: int) -> Indices:
    """Which of m examples are the batch of an iteration."""
    epoch, number = divmod(iteration, -(-m // size))
    return shuffled(m, seed, epoch)[number * size : (number + 1) * size]


def batch_measurer(x: Vector, y: Vector, size: int, seed: int) -> BatchMeasure:
    """A function of (iteration, w, b): (loss, dL/dw, dL/db) over the batch of the iteration.

    It sums up the batches of many iterations at once, and keeps the last of these sums at hand. Any
    number of runs, in any threads, may share it.
    """
    m = len(x)
    # Small epochs are drawn several at a time, large ones summed up in parts.
    epochs, together = max(1, BLOCK // m), max(1, BLOCK // size)
    begins = np.add.outer(np.arange(epochs) * m, np.arange(0, m, size)).ravel()
    ends = np.append(begins[1:], epochs * m)

    @lru_cache(maxsize=1)
    def drawn(turn: int) -> Indices:
        numbers = range(turn * epochs, (turn + 1) * epochs)
        return np.concatenate([shuffled(m, seed, epoch) for epoch in numbers])

    @lru_cache(maxsize=KEPT_SUMS)
    def summed(turn: int, number: int) -> list[list[float]]:
        part = slice(number, number + together)
        begin, end = begins[part], ends[part]
        chosen = drawn(turn)[begin[0] : end[-1]]
        return _five_numbers(x[chosen], y[chosen], begin - begin[0], end - begin)

    held: tuple[int, list[list[float]]] = 0, []

    def measure(iteration: int, w: float, b: float) -> tuple[float, float, float]:
        nonlocal held
        first, sums = held
        if not first <= iteration < first + len(sums):
            turn, number = divmod(iteration, len(begins))
            number -= number % together
            held = first, sums = turn * len(begins) + number, summed(turn, number)
        return bowl_of(*sums[iteration - first])(w, b)

    return measure


def _five_numbers(x: Vector, y: Vector, begins: Indices, sizes: Indices) -> list[list[float]]:
    """The five numbers of each of the batches that x and y fall into."""

    def mean(values: Vector) -> Vector:
        return np.asarray(np.add.reduceat(values, begins) / sizes)

    def spread(of_each: Vector) -> Vector:
        return np.repeat(of_each, sizes)

    with np.errstate(all="ignore"):
        numbers: list[list[float]] = np.stack(five_numbers(x, y, mean, spread), axis=1).tolist()
    return numbers
