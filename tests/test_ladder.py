"""The 1-2-5 ladder."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdtui.core.ladder import rung_above, rung_at_least, rung_below

values = st.floats(1e-300, 1e300)
rungs = st.builds(lambda m, d: float(f"{m}e{d}"), st.sampled_from([1, 2, 5]), st.integers(-99, 99))


def is_rung(value: float) -> bool:
    digits = Decimal(repr(value)).normalize().as_tuple().digits
    return digits in {(1,), (2,), (5,)}


@pytest.mark.parametrize(
    ("value", "below", "at_least", "above"),
    [
        (1, 0.5, 1, 2),
        (2, 1, 2, 5),
        (5, 2, 5, 10),
        (3, 2, 5, 5),
        (0.001, 0.0005, 0.001, 0.002),
        (0.0049, 0.002, 0.005, 0.005),
        (99.9, 50, 100, 100),
        (0.1 + 0.1 + 0.3, 0.2, 0.5, 1),
        (0.1 * 3 - 0.1, 0.1, 0.2, 0.5),
        (0.3 - 0.1, 0.1, 0.2, 0.5),
    ],
)
def test_rungs_around_a_value(value: float, below: float, at_least: float, above: float) -> None:
    assert (rung_below(value), rung_at_least(value), rung_above(value)) == (below, at_least, above)


@given(values)
def test_rungs_enclose_their_value(value: float) -> None:
    below, at_least, above = rung_below(value), rung_at_least(value), rung_above(value)
    assert is_rung(below)
    assert is_rung(at_least)
    assert is_rung(above)
    assert below < value < above
    assert value <= at_least * (1 + 1e-8)
    assert at_least in (rung_above(below), above)
    assert above <= below * 5.001


@given(rungs)
def test_a_step_up_and_a_step_down_cancel(rung: float) -> None:
    assert rung_at_least(rung) == rung
    assert rung_below(rung_above(rung)) == rung
    assert rung_above(rung_below(rung)) == rung
