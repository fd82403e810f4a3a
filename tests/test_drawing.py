"""Axes and their ticks: round numbers, whatever the range."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gdtui.drawing import Axis, figure, progress_bar, short

FINITE = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=5e-324, allow_nan=False, allow_infinity=False)
COUNTS = st.integers(-3, 60)


def assert_ticks_are_in_order(axis: Axis, count: int) -> None:
    places = [place for place, _ in axis.ticks(count)]
    assert places == sorted(places)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    assert all(label for _, label in axis.ticks(count))


@given(FINITE, FINITE)
@example(-1e308, 1e308)
@example(0.0, 5e-324)
@example(1.0, 1.0 + 2**-52)
@example(0.0, 0.0)
def test_an_axis_around_two_numbers_is_a_finite_range_of_some_width(
    low: float, high: float
) -> None:
    axis = Axis.around(low, high)
    assert axis.low < axis.high
    assert math.isfinite(axis.high - axis.low)


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_an_axis_around_two_numbers_holds_them_and_little_more(one: float, two: float) -> None:
    low, high = min(one, two), max(one, two)
    assume(high - low > 1e-9 * max(abs(low), abs(high)) and high - low > 1e-300)
    axis = Axis.around(low, high)
    slack = 1e-6 * (high - low)
    assert axis.low <= low + slack
    assert axis.high >= high - slack
    assert axis.high - axis.low <= 2 * (high - low)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.2, 3.9, Axis(-1, 4)),
        (0, 813, Axis(0, 1000)),
        (0.0011, 0.0049, Axis(0.001, 0.005)),
        (7, 7, Axis(2, 12)),
    ],
)
def test_an_axis_ends_at_round_numbers(low: float, high: float, expected: Axis) -> None:
    axis = Axis.around(low, high)
    assert (axis.low, axis.high) == pytest.approx((expected.low, expected.high))


@given(FINITE, FINITE, COUNTS)
@example(-1e308, 1e308, 5)
@example(0.0, 5e-324, 5)
@example(1.0, 1.0 + 2**-52, 5)
def test_ticks_ascend_within_the_axis(low: float, high: float, count: int) -> None:
    assert_ticks_are_in_order(Axis.around(low, high), count)


@given(POSITIVE, POSITIVE, COUNTS)
@example(1e308, 1.7e308, 5)
@example(5e-324, 5e-324, 30)
def test_ticks_ascend_within_a_log_axis(low: float, high: float, count: int) -> None:
    axis = Axis.decades(min(low, high), max(low, high))
    assert_ticks_are_in_order(axis, count)
    assert axis.low <= math.log10(min(low, high))
    assert axis.high >= math.log10(max(low, high)) - 1e-9


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6), st.integers(1, 40))
def test_there_are_no_more_ticks_than_asked_for(low: float, width: float, count: int) -> None:
    assert len(Axis.around(low, low + width).ticks(count)) <= count + 1


@pytest.mark.parametrize(
    ("axis", "count", "labels"),
    [
        (Axis(0, 100), 5, ["0", "20", "40", "60", "80", "100"]),
        (Axis(-1, 4), 5, ["-1", "0", "1", "2", "3", "4"]),
        (Axis(-0.5, 0.5), 2, ["-0.5", "0", "0.5"]),
        (Axis(0, 2e6), 2, ["0", "1e6", "2e6"]),
        (Axis(0, 2, log=True), 3, ["1", "10", "100"]),
        (Axis(0, 1, log=True), 9, ["1", "2", "5", "10"]),
        (Axis(0, 300, log=True), 3, ["1", "1e100", "1e200", "1e300"]),
    ],
)
def test_labels_of_ticks(axis: Axis, count: int, labels: list[str]) -> None:
    assert [label for _, label in axis.ticks(count)] == labels


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(2, 30))
def test_a_tick_stands_where_its_label_says(low: float, width: float, count: int) -> None:
    axis = Axis.around(low, low + width)
    assume(max(abs(axis.low), abs(axis.high)) < 1e3 * (axis.high - axis.low))
    for place, label in axis.ticks(count):
        assert place == pytest.approx(axis.unit(float(label)), abs=1e-2)


@pytest.mark.parametrize("width", [1e-3, 1e-6, 1e-9])
def test_labels_of_a_narrow_range_differ(width: float) -> None:
    labels = [label for _, label in Axis.around(1.8436928, 1.8436928 + width).ticks(4)]
    assert len(set(labels)) == len(labels)


def test_unit_maps_the_ends_of_a_range_to_0_and_1() -> None:
    assert Axis(-1, 4).unit([-1, 1.5, 4]).tolist() == [0, 0.5, 1]
    assert Axis(-1, 3, log=True).unit([0.1, 10, 1000]).tolist() == [0, 0.5, 1]


def test_what_a_log_axis_cannot_show_is_not_finite() -> None:
    assert not np.isfinite(Axis(0, 1, log=True).unit([0, -1, math.nan, math.inf])).any()


@given(st.floats(-1e308, 1e308))
def test_a_short_number_is_short_and_reads_back_as_about_the_same(value: float) -> None:
    text = short(value)
    assert len(text) <= 11
    assert float(text) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1000, "1000"),
        (0.25, "0.25"),
        (1e6, "1e6"),
        (2e-7, "2e-7"),
        (-0.0, "0"),
        (-1500000, "-1.5e6"),
        (99999, "99999"),
    ],
)
def test_short_numbers(value: float, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [
        (1.5, 20, "1.5000000000"),
        (1e15, 20, "1.0000000000e+15"),
        (999999.25, 40, "999999.2500000000"),
        (-1e6, 40, "-1.0000000000e+06"),
        (math.inf, 40, "inf"),
        (-1e300, 18, "-1.0000000000e+300"),
        (-1e300, 12, "-1.0000e+300"),
        (math.nan, 20, "nan"),
        (-1e-14, 20, "0.0000000000"),
        (-1e-9, 20, "-0.0000000010"),
    ],
)
def test_figures_are_in_scientific_notation_where_large(
    value: float, width: int, text: str
) -> None:
    assert figure(value, width) == text


@given(FINITE, st.integers(9, 40))
def test_a_figure_fits_and_keeps_its_size(value: float, width: int) -> None:
    text = figure(value, width)
    assert len(text) <= width
    assert float(text) == pytest.approx(value, rel=0.6, abs=1e-10) or abs(value) > 1e308


@given(st.floats(-300, 300), st.floats(0.01, 300), COUNTS)
def test_ticks_of_a_log_axis_between_powers_are_at_round_numbers_within_it(
    low: float, width: float, count: int
) -> None:
    axis = Axis(low, low + width, log=True)
    assert_ticks_are_in_order(axis, count)
    for place, label in axis.ticks(count):
        assert label.lstrip("0.")[:1] in "125"
        mantissa, _, exponent = label.partition("e")
        power = math.log10(float(mantissa)) + int(exponent or 0)
        assert place == pytest.approx((power - low) / width, abs=1e-6)


@given(POSITIVE, POSITIVE)
def test_an_axis_of_powers_begins_and_ends_at_its_numbers(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    axis = Axis.powers(low, high)
    assert (axis.low, axis.high, axis.log) == (math.log10(low), math.log10(high), True)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(1, 50), st.booleans())
def test_a_widened_axis_has_the_same_middle(
    low: float, width: float, times: float, log: bool
) -> None:
    axis = Axis(low, low + width, log)
    wide = axis.widened(times)
    assert wide.log == log
    assert wide.high - wide.low == pytest.approx(times * (axis.high - axis.low))
    assert wide.low + wide.high == pytest.approx(axis.low + axis.high, abs=1e-6)


@given(st.floats(-300, 300), st.floats(1e-3, 300), st.booleans(), st.floats(0, 1))
def test_a_place_on_an_axis_leads_back_to_itself(
    low: float, width: float, log: bool, place: float
) -> None:
    axis = Axis(low, min(low + width, 308), log)
    assume(axis.low < axis.high)
    back = axis.unit(axis.at(np.array([place])))
    assert back.tolist() == pytest.approx([place], abs=1e-6)


@pytest.mark.parametrize(
    ("part", "bar"),
    [
        (0, "──────────"),
        (0.5, "━━━━━─────"),
        (1, "━━━━━━━━━━"),
        (-1, "──────────"),
        (7, "━━━━━━━━━━"),
    ],
)
def test_a_progress_bar_is_filled_up_to_its_part(part: float, bar: str) -> None:
    assert progress_bar(part, 10) == bar


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 60))
def test_a_progress_bar_never_goes_back(one: float, other: float, width: int) -> None:
    low, high = (progress_bar(part, width) for part in sorted((one, other)))
    assert len(low) == len(high) == width
    assert low.count("━") <= high.count("━")
