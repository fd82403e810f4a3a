"""Surfaces, learning rates and other values that tests draw from or ask for."""

import threading
import time
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.theory.verdict import critical_rate

# Surfaces of small data sets, raw or scaled, and any learning rate.
_hundreds = st.integers(-100, 100).map(float)


_shapes = st.tuples(st.just(2), st.integers(1, 12))


_data_sets = _shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=_hundreds))


bowls = st.builds(
    lambda data, scaled: LossSurface.of(*data).standardized() if scaled else LossSurface.of(*data),
    _data_sets,
    st.booleans(),
)


lrs = st.floats(-12, 6).map(lambda exponent: 10**exponent)


def another(parameter: Hyperparameter) -> Value:
    """A value that is not the default."""
    if isinstance(parameter.default, bool):
        return not parameter.default
    if isinstance(parameter.default, str):
        return next(choice for choice in parameter.choices if choice != parameter.default)
    return parameter.stepped(parameter.default, up=True)


def plain_critical(surface: Surface, bias: bool) -> float:
    """The learning rate above which gradient descent diverges."""
    critical = critical_rate(surface, Settings(bias=bias))
    assert critical is not None
    return critical


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that is sure to happen; fail if it never does."""
    deadline, breath = time.monotonic() + 60, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        breath.wait(0.001)
