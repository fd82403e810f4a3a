"""Make torch_reference.csv: the parameters and losses that PyTorch reaches on the pizza data.

Made with torch 2.13.0 and numpy 2.4.6, in double precision. To make it again, in an environment of
its own, since nothing else here needs PyTorch:

    pip install torch numpy
    python tests/data/make_torch_reference.py
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

HERE = Path(__file__).parent
HEADER = ("method", "lr", "own", "bias", "w_start", "b_start", "iteration", "w", "b", "loss")
ITERATIONS = (0, 1, 2, 3, 10, 100, 300)
STARTS = ((0.0, 0.0), (-2.5, 20.0))


class Case(NamedTuple):
    """A method and what is set; the batches, where there are any, follow from size and seed."""

    method: str
    lr: float
    own: Mapping[str, float] = {}


# None in which rounding grows, as it does once steps of one length hop about the minimum.
CASES = (
    Case("gd", 0.001),
    Case("gd", 0.004),
    Case("sgd", 0.001, {"batch": 8, "seed": 0}),
    Case("sgd", 0.0005, {"batch": 1, "seed": 7}),
    Case("sgd", 0.001, {"batch": 30, "seed": 1}),
    Case("sgd", 0.0002, {"batch": 100, "seed": 1}),
    Case("momentum", 0.001, {"momentum": 0.9}),
    Case("momentum", 0.008, {"momentum": 0.9}),
    Case("momentum", 0.0001, {"momentum": 0.99}),
    Case("momentum", 0.002, {"momentum": 0.0}),
    Case("nesterov", 0.001, {"momentum": 0.9}),
    Case("nesterov", 0.003, {"momentum": 0.5}),
    Case("nesterov", 0.0001, {"momentum": 0.99}),
    Case("adagrad", 0.01, {"eps": 1e-10}),
    Case("adagrad", 1.0, {"eps": 1e-10}),
    Case("adagrad", 0.5, {"eps": 0.75}),
    Case("rmsprop", 0.01, {"alpha": 0.99, "eps": 1e-8}),
    Case("rmsprop", 0.005, {"alpha": 0.9, "eps": 1e-8}),
    Case("rmsprop", 0.05, {"alpha": 0.5, "eps": 0.25}),
    Case("adam", 0.001, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
    Case("adam", 0.1, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}),
    Case("adam", 0.05, {"beta1": 0.5, "beta2": 0.99, "eps": 0.125}),
)

OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "gd": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "sgd": lambda p, lr, batch, seed: torch.optim.SGD(p, lr=lr),
    "momentum": lambda p, lr, momentum: torch.optim.SGD(p, lr=lr, momentum=momentum),
    "nesterov": lambda p, lr, momentum: torch.optim.SGD(p, lr=lr, momentum=momentum, nesterov=True),
    "adagrad": lambda p, lr, eps: torch.optim.Adagrad(p, lr=lr, eps=eps),
    "rmsprop": lambda p, lr, alpha, eps: torch.optim.RMSprop(p, lr=lr, alpha=alpha, eps=eps),
    "adam": lambda p, lr, beta1, beta2, eps: torch.optim.Adam(
        p, lr=lr, betas=(beta1, beta2), eps=eps
    ),
}


def batches(m: int, case: Case) -> Iterator[Any]:
    """The indices that each iteration looks at: all of them, or a batch of the epoch's order."""
    if case.method != "sgd":
        while True:
            yield torch.arange(m)
    size, seed, epoch = int(case.own["batch"]), int(case.own["seed"]), 0
    while True:
        order = np.random.default_rng([seed, epoch]).permutation(m)
        yield from torch.from_numpy(order).split(size)
        epoch += 1


def walk(x: Any, y: Any, case: Case, start: tuple[float, float], bias: bool) -> Iterator[list[str]]:
    """Iteration, w, b and the loss over all examples, wherever the table has a row."""
    w, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in start)
    optimizer = OPTIMIZERS[case.method]([w, b] if bias else [w], case.lr, **case.own)
    loss = torch.nn.MSELoss()
    for iteration, chosen in zip(range(max(ITERATIONS) + 1), batches(len(x), case), strict=False):
        if iteration in ITERATIONS:
            reached = w.item(), b.item(), loss(x * w + b, y).item()
            yield [str(iteration), *map(repr, reached)]
        optimizer.zero_grad()
        loss(x[chosen] * w + b, y[chosen]).backward()
        optimizer.step()


def main() -> None:
    """Write the table beside this file."""
    table = np.loadtxt(HERE.parents[1] / "data" / "pizza.txt", skiprows=1)
    x, y = torch.from_numpy(table.T.copy())
    with (HERE / "torch_reference.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for case, start, bias in product(CASES, STARTS, (False, True)):
            own = " ".join(f"{name}={value!r}" for name, value in case.own.items())
            for row in walk(x, y, case, start, bias):
                writer.writerow([case.method, repr(case.lr), own, str(bias), *start, *row])


if __name__ == "__main__":
    main()
