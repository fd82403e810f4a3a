"""The yardstick: the lesson's own loop, numpy and nothing else."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PIZZA = Path(__file__).parents[2] / "data" / "pizza.txt"
Vector = NDArray[np.float64]


def predict(X: Vector, w: float, b: float) -> Vector:  # noqa: N803
    """The lesson's prediction."""
    return X * w + b


def loss(X: Vector, Y: Vector, w: float, b: float) -> float:  # noqa: N803
    """The lesson's loss."""
    return float(np.average((predict(X, w, b) - Y) ** 2))


def gradient(X: Vector, Y: Vector, w: float) -> float:  # noqa: N803
    """The lesson's gradient, for w alone."""
    return float(2 * np.average(X * (predict(X, w, 0) - Y)))


def train(iterations: int, print_lines: bool = False) -> float:
    """Descend for so many iterations at the lesson's learning rate."""
    X, Y = np.loadtxt(PIZZA, skiprows=1, unpack=True)  # noqa: N806
    w = 0.0
    for i in range(iterations):
        value = loss(X, Y, w, 0)
        if print_lines:
            print(f"Iteration {i:4d} => Loss: {value:.10f}")
        w -= gradient(X, Y, w) * 0.001
    return w


def seconds_an_iteration(iterations: int = 30_000) -> float:
    """How long the bare loop takes for one iteration."""
    begun = time.perf_counter()
    train(iterations)
    return (time.perf_counter() - begun) / iterations


if __name__ == "__main__":
    print(f"\nw={train(int(sys.argv[1]), print_lines=True):.10f}")
