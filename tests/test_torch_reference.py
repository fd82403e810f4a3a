"""Every method against PyTorch: the table in tests/data says how it was made.

What PyTorch lacks is held against a recurrence that is written here, from the source alone.
"""

import csv
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gdtui.core import model
from gdtui.core.descent import descend
from gdtui.core.methods import METHODS
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.dataset import Dataset

Row = tuple[int, float, float, float]


class Case(NamedTuple):
    method: str
    lr: str
    own: str
    bias: str
    w_start: str
    b_start: str

    def settings(self) -> Settings:
        pairs = (each.split("=") for each in self.own.split())
        own: dict[str, Any] = {name: float(value) for name, value in pairs}
        return Settings(
            method=self.method,
            lr=float(self.lr),
            iterations=301,
            w_start=float(self.w_start),
            b_start=float(self.b_start),
            bias=self.bias == "True",
            **own,
        )


def read_table() -> dict[Case, list[Row]]:
    path = Path(__file__).parent / "data" / "torch_reference.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return {
        case: [(int(row[6]), float(row[7]), float(row[8]), float(row[9])) for row in group]
        for case, group in itertools.groupby(rows, key=lambda row: Case(*row[:6]))
    }


TABLE = read_table()


def compass(data: Dataset, lr: float, bias: bool) -> Iterator[tuple[float, float]]:
    """Hooke and Jeeves: along each axis one step forward, else one back, whichever is lower."""
    w = b = 0.0
    while True:
        yield w, b
        ways = [(lr, 0.0), (-lr, 0.0), (0.0, lr), (0.0, -lr)][: 4 if bias else 2]
        here = model.loss(data.x, data.y, w, b)
        lower = (way for way in ways if model.loss(data.x, data.y, w + way[0], b + way[1]) < here)
        way = next(lower, None)
        if way is None:
            return
        w, b = w + way[0], b + way[1]


# The places of every iteration until it ends, by (data, lr, bias), from the origin.
BY_HAND: dict[str, Callable[[Dataset, float, bool], Iterator[tuple[float, float]]]] = {
    "search": compass
}


def test_every_method_has_a_reference_at_several_settings() -> None:
    of_torch = {case.method for case in TABLE}
    assert of_torch | set(BY_HAND) == set(METHODS)
    assert not of_torch & set(BY_HAND)
    for key in of_torch:
        cases = [case for case in TABLE if case.method == key]
        assert len({(case.lr, case.own) for case in cases}) >= 2
        assert {case.bias for case in cases} == {"True", "False"}


@pytest.mark.parametrize("key", sorted(set(METHODS) - set(BY_HAND)))
def test_a_method_agrees_with_pytorch(surface: LossSurface, key: str) -> None:
    for case, rows in TABLE.items():
        if case.method != key:
            continue
        steps = list(descend(surface, case.settings()))
        assert [row[0] for row in rows] == [0, 1, 2, 3, 10, 100, 300]
        for iteration, *expected in rows:
            assert steps[iteration][1:4] == pytest.approx(expected, rel=1e-9, abs=1e-12), case


@pytest.mark.parametrize("key", BY_HAND)
def test_what_pytorch_lacks_agrees_with_its_recurrence(pizza: Dataset, key: str) -> None:
    for lr, bias in itertools.product((0.01, 0.3), (False, True)):
        begin = Settings(method=key, lr=lr, bias=bias, iterations=10_000)
        steps = [step[1:3] for step in descend(pizza, begin)]
        assert steps == list(BY_HAND[key](pizza, lr, bias))


def test_left_alone_a_method_has_the_defaults_of_pytorch() -> None:
    """As of torch.optim 2.13; PyTorch's momentum is 0 and its batch size 1, as the helps say."""
    chosen = {key: Settings(method=key).numbers for key in METHODS}
    assert chosen["gd"] == chosen["search"] == {"lr": 0.001}
    assert chosen["adagrad"] == {"lr": 0.01, "eps": 1e-10}
    assert chosen["rmsprop"] == {"lr": 0.01, "alpha": 0.99, "eps": 1e-8}
    assert chosen["adam"] == {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
