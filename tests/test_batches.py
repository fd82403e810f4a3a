"""Mini-batches against their definition, on the examples themselves."""

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gdtui.core import model
from gdtui.core.batches import BLOCK, batch, shuffled
from gdtui.core.model import Vector
from gdtui.core.surface import LossSurface

thousandths = st.integers(-1_000_000, 1_000_000).map(lambda n: n / 1000)
sizes = st.integers(1, 40)
weights = st.floats(-1000, 1000)


def many(m: int) -> tuple[Vector, Vector]:
    source = np.random.default_rng(5)
    x = source.normal(1000, 3, m)
    return x, 2 * x + source.normal(0, 1, m)


@given(sizes, sizes, st.integers(0, 10**9), st.integers(0, 10**6))
def test_an_epoch_looks_at_every_example_once(m: int, size: int, seed: int, epoch: int) -> None:
    count = math.ceil(m / size)
    seen = [batch(m, size, seed, epoch * count + number) for number in range(count)]
    assert [len(part) for part in seen[:-1]] == [size] * (count - 1)
    assert len(seen[-1]) == m - size * (count - 1)
    assert sorted(np.concatenate(seen).tolist()) == list(range(m))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    orders = {tuple(shuffled(30, seed, epoch)) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25
    assert shuffled(30, 2, 3).tolist() == np.random.default_rng([2, 3]).permutation(30).tolist()


@given(
    st.integers(1, 20).flatmap(lambda m: arrays(np.float64, (2, m), elements=thousandths)),
    st.integers(1, 25),
    st.integers(0, 9),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=3),
    weights,
    weights,
)
def test_a_batch_has_the_loss_and_the_slopes_of_the_definition(
    data: Vector, size: int, seed: int, iterations: list[int], w: float, b: float
) -> None:
    measure = LossSurface.of(*data).batch_measurer(size, seed)
    for iteration in iterations:
        x, y = data[:, batch(len(data[0]), size, seed, iteration)]
        spread = np.abs(w * x) + abs(b) + np.abs(y)  # of the terms whose rounding counts
        loss, *slopes = measure(iteration, w, b)
        rounding = 1e-12 * np.mean(spread**2)
        assert loss == pytest.approx(model.loss(x, y, w, b), rel=1e-9, abs=rounding)
        scales = np.mean(np.abs(x) * spread), np.mean(spread)
        for slope, value, scale in zip(slopes, model.gradient(x, y, w, b), scales, strict=True):
            assert slope == pytest.approx(value, rel=1e-9, abs=1e-12 * scale)


@pytest.mark.parametrize("m", [1, 30, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_batches_are_found_wherever_the_blocks_end(m: int) -> None:
    x, y = many(m)
    surface = LossSurface.of(x, y)
    for size in (1, 8, BLOCK - 1, BLOCK, BLOCK + 1):
        measure, count = surface.batch_measurer(size, 1), math.ceil(m / size)
        ends = {0, count - 1, count, 2 * count - 1, BLOCK // size, BLOCK, BLOCK // m * count}
        # Forth and back, so that none is measured only where the last one was.
        for iteration in (*sorted(ends), *sorted(ends, reverse=True)):
            chosen = batch(m, size, 1, iteration)
            loss = model.loss(x[chosen], y[chosen], 1.5, 9)
            slopes = model.gradient(x[chosen], y[chosen], 1.5, 9)
            assert measure(iteration, 1.5, 9) == pytest.approx((loss, *slopes), rel=1e-9)


def test_where_a_batch_has_one_x_only_nothing_is_lost() -> None:
    # The mean of three such x is rounded, so that each differs from it a little.
    for one, steep in itertools.product([0.1, 1e6 + 0.1, 1e-160], [1.0, 1e6, 1e12]):
        x, y = np.full(7, one), steep * np.arange(7.0)
        measure = LossSurface.of(x, y).batch_measurer(3, 0)
        chosen = batch(7, 3, 0, 1)
        at = x[chosen], y[chosen], 2.0, 1.0
        assert measure(1, 2.0, 1.0) == pytest.approx(
            (model.loss(*at), *model.gradient(*at)), rel=1e-12
        )


@pytest.mark.parametrize("size", [2, 3, 10**9])
def test_a_batch_as_large_as_the_data_is_the_whole_surface(size: int) -> None:
    surface = LossSurface.of(np.array([1.0, 2]), np.array([3.0, 5]))
    assert surface.batch_measurer(size, 0)(7, 0.5, 0.25) == surface.measurer()(0.5, 0.25)


def test_without_examples_a_batch_is_the_whole_surface() -> None:
    surface = LossSurface(xm=1.0, ym=-1.0, vxx=1.0, w_hat=3.0, res=2.0, m=50)
    assert surface.batch_measurer(1, 0)(7, 0.5, 0.25) == surface.measurer()(0.5, 0.25)


def test_batches_of_a_scaled_feature_are_those_of_the_feature(surface: LossSurface) -> None:
    scaled = surface.standardized()
    here = surface.batch_measurer(4, 0)(5, 2.0, 1.0)[0]
    assert scaled.batch_measurer(4, 0)(5, *scaled.scaled(2.0, 1.0))[0] == pytest.approx(here)


@pytest.mark.parametrize("size", [1e100, 1e160, 1e300])
def test_huge_data_gives_neither_exception_nor_warning(size: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = np.array([1.0, -1, 0.5]) * size
        LossSurface.of(x, x[::-1].copy()).batch_measurer(2, 0)(0, 1e300, 1.0)
