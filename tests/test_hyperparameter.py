"""How a hyperparameter is read, checked, shown and stepped."""

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.methods import METHODS
from gdtui.core.settings import SHARED


class Kind(NamedTuple):
    name: str


REAL = Hyperparameter("l_r", "rate", 0.5, "", "", low=0.25, high=4)
WHOLE = Hyperparameter("count", "count", 3, "", "", low=1, high=1e6, ladder=True)
SWITCH = Hyperparameter("switch", "switch", False, "", "")
KINDS = {"a": Kind("first"), "b": Kind("second")}
CHOICE = Hyperparameter("kind", "kind", "a", "", "", choices=KINDS)
FREE = Hyperparameter("free", "free", 0.0, "", "")
SHARE = Hyperparameter("share", "share", 0.9, "", "", low=0, high=0.999, complement=True)
DECLARED = SHARED + tuple(p for method in METHODS.values() for p in method.hyperparameters)


def values_of(parameter: Hyperparameter) -> st.SearchStrategy[Value]:
    if isinstance(parameter.default, bool):
        return st.booleans()
    if isinstance(parameter.default, str):
        return st.sampled_from(sorted(parameter.choices))
    if isinstance(parameter.default, int):
        return st.integers(int(parameter.low), int(parameter.high))
    return st.floats(parameter.low, parameter.high, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    "parameter", [*DECLARED, REAL, WHOLE, SWITCH, CHOICE, FREE, SHARE], ids=lambda p: p.name
)
@given(st.data())
def test_what_is_shown_reads_back_as_the_same_value(
    parameter: Hyperparameter, data: st.DataObject
) -> None:
    value = data.draw(values_of(parameter))
    read = parameter.parse(f" {parameter.format(value)} ")
    assert read == value
    assert type(read) is type(parameter.default)
    assert parameter.check(value) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "on"), (False, "off"), (0.0, "0"), (2.0, "2"), (0.001, "0.001"), (1e-12, "1e-12"),
     (100, "100"), (1e22, "1e+22"), ("gd", "gd")],
)  # fmt: skip
def test_values_are_shown_short(value: Value, shown: str) -> None:
    assert FREE.format(value) == shown


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (REAL, "1", 1.0),
        (REAL, "+2.5e-1", 0.25),
        (WHOLE, "1e3", 1000),
        (WHOLE, "7.0", 7),
        (CHOICE, " b ", "b"),
        *((SWITCH, text, True) for text in ("on", "YES", "true", "1")),
        *((SWITCH, text, False) for text in ("off", "No", "FALSE", "0")),
    ],
)
def test_texts_that_are_read(parameter: Hyperparameter, text: str, value: Value) -> None:
    read = parameter.parse(text)
    assert read == value
    assert type(read) is type(parameter.default)


@pytest.mark.parametrize(
    ("parameter", "text", "reason"),
    [
        (REAL, "", "a number is missing"),
        (REAL, "  ", "a number is missing"),
        (REAL, "abc", "'abc' is not a number"),
        (REAL, "1_0", "'1_0' is not a number"),
        (REAL, "\u0664", "'\u0664' is not a number"),
        (REAL, "0x1", "'0x1' is not a number"),
        (REAL, "1,5", "'1,5' is not a number"),
        (REAL, "nan", "nan is not a finite number"),
        (FREE, "-inf", "-inf is not a finite number"),
        (FREE, "1e999", "inf is not a finite number"),
        (REAL, "0.2", "0.2 is out of bounds: from 0.25 to 4"),
        (REAL, "4.5", "4.5 is out of bounds: from 0.25 to 4"),
        (WHOLE, "0", "0 is out of bounds: from 1 to 1000000"),
        (WHOLE, "1234567", "1234567 is out of bounds: from 1 to 1000000"),
        (REAL, "4.00000000001", "4.00000000001 is out of bounds: from 0.25 to 4"),
        (WHOLE, "1.00000001", "1.00000001 is not a whole number"),
        (WHOLE, "2.5", "2.5 is not a whole number"),
        (SWITCH, "maybe", "'maybe' is neither on nor off"),
        (CHOICE, "c", "'c' is none of a, b"),
        (Hyperparameter("n", "n", 1, "", "", low=1), "0", "0 is out of bounds: at least 1"),
    ],
)
def test_texts_that_are_refused(parameter: Hyperparameter, text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        parameter.parse(text)
    assert str(caught.value) == reason


def test_flag_is_the_name_with_hyphens() -> None:
    assert REAL.flag == "--l-r"


@pytest.mark.parametrize(
    ("parameter", "value", "up", "down"),
    [
        (REAL, 1.0, 2.0, 0.25),
        (REAL, 3.5, 4.0, 2.5),
        (WHOLE, 1, 2, 1),
        (WHOLE, 3, 5, 2),
        (WHOLE, 100, 200, 50),
        (WHOLE, 1_000_000, 1_000_000, 500_000),
        (FREE, -0.5, 0.5, -1.5),
        (SHARE, 0.0, 0.5, 0.0),
        (SHARE, 0.3, 0.5, 0.0),
        (SHARE, 0.5, 0.8, 0.0),
        (SHARE, 0.9, 0.95, 0.8),
        (SHARE, 0.995, 0.998, 0.99),
        (SHARE, 0.999, 0.999, 0.998),
    ],
)
def test_steps(parameter: Hyperparameter, value: float, up: Value, down: Value) -> None:
    assert parameter.stepped(value, up=True) == up
    assert parameter.stepped(value, up=False) == down


numeric = [p for p in DECLARED if isinstance(p.default, (int, float)) and p.default not in (False,)]


@pytest.mark.parametrize(
    "parameter", [p for p in numeric if type(p.default) is not bool], ids=lambda p: p.name
)
@given(st.data())
def test_steps_stay_within_the_bounds_and_go_the_way_asked_for(
    parameter: Hyperparameter, data: st.DataObject
) -> None:
    value = data.draw(values_of(parameter))
    assert isinstance(value, int | float)
    up, down = float(parameter.stepped(value, True)), float(parameter.stepped(value, False))
    assert parameter.low <= down <= value <= up <= parameter.high
    if abs(value) < 1e15:
        assert down < value or value == parameter.low
        assert up > value or value == parameter.high


@pytest.mark.parametrize("parameter", [p for p in DECLARED if p.ladder], ids=lambda p: p.name)
def test_a_ladder_can_be_climbed_from_its_lowest_value(parameter: Hyperparameter) -> None:
    value = parameter.check(parameter.low)
    for _ in range(3):
        value = parameter.stepped(float(value), up=True)
    assert math.isfinite(float(value))
    assert float(value) > parameter.low
