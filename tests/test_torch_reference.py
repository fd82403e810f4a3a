"""Every method against PyTorch: the table in tests/data says how it was made."""

import csv
import itertools
from pathlib import Path
from typing import NamedTuple

import pytest

from gdtui.core.descent import descend
from gdtui.core.hyperparameter import Value
from gdtui.core.methods import METHODS
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface

Row = tuple[int, float, float, float]


class Case(NamedTuple):
    method: str
    lr: str
    own: str
    bias: str
    w_start: str
    b_start: str

    def settings(self) -> Settings:
        return Settings(
            method=self.method,
            lr=float(self.lr),
            iterations=301,
            w_start=float(self.w_start),
            b_start=float(self.b_start),
            bias=self.bias == "True",
            own={name: float(value) for name, _, value in map(split, self.own.split())},
        )


def split(setting: str) -> tuple[str, str, str]:
    return setting.partition("=")


def read_table() -> dict[Case, list[Row]]:
    path = Path(__file__).parent / "data" / "torch_reference.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return {
        case: [(int(row[6]), float(row[7]), float(row[8]), float(row[9])) for row in group]
        for case, group in itertools.groupby(rows, key=lambda row: Case(*row[:6]))
    }


TABLE = read_table()


def test_the_table_has_every_method_but_the_search_at_several_settings() -> None:
    assert {case.method for case in TABLE} == set(METHODS) - {"search"}
    for key in set(METHODS) - {"search"}:
        cases = [case for case in TABLE if case.method == key]
        assert len({(case.lr, case.own) for case in cases}) >= 2
        assert {case.bias for case in cases} == {"True", "False"}


@pytest.mark.parametrize("case", TABLE, ids=lambda case: "-".join(case))
def test_a_method_agrees_with_pytorch(surface: LossSurface, case: Case) -> None:
    steps = list(descend(surface, case.settings()))
    assert [row[0] for row in TABLE[case]] == [0, 1, 2, 3, 10, 100, 300]
    for iteration, w, b, loss in TABLE[case]:
        step = steps[iteration]
        assert (step.w, step.b, step.loss) == pytest.approx((w, b, loss), rel=1e-9, abs=1e-12)


def test_left_alone_a_method_has_the_defaults_of_pytorch() -> None:
    """As of torch.optim 2.13; PyTorch's momentum is 0 and its batch size 1, as the helps say."""
    chosen: dict[str, dict[str, Value]] = {
        key: {"lr": Settings(method=key).lr, **Settings(method=key).own} for key in METHODS
    }
    assert chosen["gd"] == chosen["search"] == {"lr": 0.001}
    assert chosen["adagrad"] == {"lr": 0.01, "eps": 1e-10}
    assert chosen["rmsprop"] == {"lr": 0.01, "alpha": 0.99, "eps": 1e-8}
    assert chosen["adam"] == {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
