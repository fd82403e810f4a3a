"""The five numbers of a bowl_of, and the loss by them, against exact rationals."""

import itertools
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdtui
from gdtui.core.batches import batch
from gdtui.core.model import Vector
from gdtui.core.quadratic import bowl_of, five_numbers
from gdtui.core.surface import LossSurface

Rationals = list[Fraction]


def rational(values: Vector) -> Rationals:
    return [Fraction(value) for value in values.tolist()]


def mean(values: Rationals) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def exact_numbers(x: Vector, y: Vector) -> Rationals:
    """The five numbers by their definitions."""
    xs, ys = rational(x), rational(y)
    xm, ym = mean(xs), mean(ys)
    vxx = mean([(a - xm) ** 2 for a in xs])
    w_hat = mean([(a - xm) * (b - ym) for a, b in zip(xs, ys, strict=True)]) / vxx
    left = [(b - ym - w_hat * (a - xm)) ** 2 for a, b in zip(xs, ys, strict=True)]
    return [xm, ym, vxx, w_hat, mean(left)]


def exact_loss(x: Vector, y: Vector, w: float, b: float) -> Fraction:
    pairs = zip(rational(x), rational(y), strict=True)
    return mean([(Fraction(w) * one + Fraction(b) - label) ** 2 for one, label in pairs])


def off_by(number: float, exact: Fraction) -> float:
    """How far a number is from the exact one, relatively."""
    return float(abs((Fraction(number) - exact) / exact))


def far_examples(count: int, most: float = 9) -> Iterator[tuple[Vector, Vector]]:
    """Sets of examples whose means are up to 10**most times their deviations."""
    source = np.random.default_rng(13)
    for _ in range(count):
        m, (x_offset, y_offset) = int(source.integers(3, 60)), 10.0 ** source.uniform(-3, most, 2)
        x_size, y_size = 10.0 ** source.uniform(-6, 6, 2)
        spread = source.normal(size=m)
        noise = source.normal(size=m) * 10.0 ** source.uniform(-2, 1)
        signs = source.choice([-1.0, 1.0], 3)
        yield (
            x_size * (spread + signs[0] * x_offset),
            y_size * (signs[2] * spread + noise + signs[1] * y_offset),
        )


def test_however_far_the_examples_are_from_0_no_digit_is_lost() -> None:
    for x, y in far_examples(200):
        found, exact = map(float, five_numbers(x, y)), exact_numbers(x, y)
        assert max(map(off_by, found, exact)) < 1e-11


def test_nor_in_a_batch() -> None:
    for x, y in far_examples(20, most=6):
        measure = LossSurface.of(x, y).batch_measurer(3, 1)
        for iteration in (0, 1, 17):
            chosen = batch(len(x), 3, 1, iteration)
            if len(chosen) < 2:
                continue
            xm, ym, _, w_hat, _ = exact_numbers(x[chosen], y[chosen])
            # There the loss is what is left around the line of the batch.
            w, b = float(w_hat), float(ym - w_hat * xm)
            exact = exact_loss(x[chosen], y[chosen], w, b)
            assert measure(iteration, w, b)[0] == pytest.approx(float(exact), rel=1e-9)


def test_numbers_too_far_from_0_for_their_deviations() -> None:
    i = np.arange(10.0)
    for offset in (1e12, 1e15, -1e15, 4e15):
        x = offset + i
        for y in (3 * i, 3 * i + 1e15, i * i - 5e14):
            found, exact = map(float, five_numbers(x, y)), exact_numbers(x, y)
            *first, res = map(float, exact)
            assert [*found] == pytest.approx([*first, res], rel=1e-14, abs=1e-14)


def test_where_all_are_the_same_their_mean_is_that_one_and_nothing_varies() -> None:
    for m, one in itertools.product((1, 3, 7, 1000), (0.1, 1e6 + 0.1, -3.3e-9, 1e16 / 3)):
        same, others = np.full(m, one), np.arange(m, dtype=np.float64)
        xm, _, vxx, w_hat, _ = map(float, five_numbers(same, others))
        assert (xm, vxx, w_hat) == (one, 0, 0)
        _, ym, _, w_hat, res = map(float, five_numbers(others, same))
        assert (ym, w_hat, res) == (one, 0, 0)


@given(st.integers(-100, 100), st.sampled_from([-1.0, 1.0]), st.integers(-9, 9))
def test_deviations_too_small_for_a_float_count_as_none(power: int, sign: float, b: int) -> None:
    w = sign * 10.0**power
    i, doubling = np.arange(5.0), np.array([1.0, 2, 4, 8, 16])
    sets: list[tuple[Vector, Vector]] = [
        (np.asarray(i * 1e-162), doubling),
        (np.full(5, 1e-160), doubling),
        (np.asarray(1 + i * 1e-16), np.ones(5)),
    ]
    for x, y in sets:
        assert off_by(LossSurface.of(x, y).loss(w, b + 0.5), exact_loss(x, y, w, b + 0.5)) < 1e-12


def test_the_loss_and_its_slopes_are_those_of_the_definition_to_the_last_digits() -> None:
    for x, y in far_examples(50):
        xm, ym, vxx, w_hat, res = exact_numbers(x, y)
        measure = bowl_of(float(xm), float(ym), float(vxx), float(w_hat), float(res))
        # Where r is next to 0, its last digits are those of w*xm and ym: stay away from there.
        w, b = 3.0 * float(w_hat), float(-ym)
        loss, dw, db = measure(w, b)
        terms = list(zip(rational(x), rational(y), strict=True))
        errors = [Fraction(w) * a + Fraction(b) - c for a, c in terms]
        assert off_by(loss, exact_loss(x, y, w, b)) < 1e-9
        assert off_by(dw, 2 * mean([e * a for e, (a, _) in zip(errors, terms, strict=True)])) < 1e-9
        assert off_by(db, 2 * mean(errors)) < 1e-9


def test_the_formula_stands_in_two_places_at_most() -> None:
    """As a textbook has it, and written out where a function call would cost too much."""
    formula = re.compile(r"vxx\s*\*\s*(?:(\w+)\s*\*\s*\1\b|\w+\s*\*\*\s*2)")
    package = Path(gdtui.__file__).parent
    places = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for _ in formula.finditer(path.read_text(encoding="utf-8"))
    ]
    assert sorted(places) == ["core/descent.py", "core/quadratic.py"]
