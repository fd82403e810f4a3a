"""The model, its loss and its gradient, as the textbook defines them on the examples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def predict(x: Vector, w: float, b: float) -> Vector:
    """The line's prediction w*x + b for every example; x and the result have shape (m,)."""
    return x * w + b


def loss(x: Vector, y: Vector, w: float, b: float) -> float:
    """Mean squared error of the predictions, over examples x and y of shape (m,)."""
    return float(np.mean((predict(x, w, b) - y) ** 2))


def gradient(x: Vector, y: Vector, w: float, b: float) -> tuple[float, float]:
    """The slopes (dL/dw, dL/db) of the loss at (w, b), over examples of shape (m,)."""
    error = predict(x, w, b) - y
    return float(2 * np.mean(x * error)), float(2 * np.mean(error))
