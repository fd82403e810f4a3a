"""A program to be followed: it descends in plain Python, and prints each loss."""

from __future__ import annotations

import sys
import time

X, Y = (13, 2, 14, 23, 13, 1, 18, 10), (33, 16, 32, 51, 27, 16, 34, 17)


def train(lines: int) -> None:
    """Print as many losses as asked for."""
    w = 0.0
    for i in range(lines):
        errors = [w * x - y for x, y in zip(X, Y, strict=True)]
        loss = sum(error * error for error in errors) / len(X)
        print(f"Iteration {i:4d} => Loss: {loss:.10f}")
        w -= 1e-6 * 2 * sum(x * error for x, error in zip(X, errors, strict=True)) / len(X)
    sys.stdout.flush()


if __name__ == "__main__":
    begun = time.perf_counter()
    train(int(sys.argv[1]))
    print(time.perf_counter() - begun, file=sys.stderr)
