"""The registry of methods, each method's rule, its arithmetic and what theory knows of it."""

import math
import re
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.descents import ended_as
from support.strategies import another

from gdtui.core.arithmetic import State, arithmetic
from gdtui.core.descent import Descent, Status, descend
from gdtui.core.equations import in_numbers
from gdtui.core.method import Method, Remembered, Search, Update, method, search_method
from gdtui.core.methods import METHODS
from gdtui.core.settings import LEARNING_RATE, SHARED, Settings
from gdtui.core.surface import LossSurface
from gdtui.theory.verdict import critical_rate

WITH_A_RULE = {key: chosen for key, chosen in METHODS.items() if chosen.rule}
every_method = pytest.mark.parametrize("chosen", METHODS.values(), ids=METHODS)
every_rule = pytest.mark.parametrize("chosen", WITH_A_RULE.values(), ids=WITH_A_RULE)
# Its minimum is at w = 3, b = -1, with a loss of 2.
BOWL = LossSurface(xm=0.0, ym=-1.0, vxx=1.0, w_hat=3.0, res=2.0)


def update_of(begin: Settings) -> Update:
    rule = begin.chosen_method.rule
    assert rule
    return rule(**begin.numbers)


def odd_settings(chosen: Method, bias: bool) -> Settings:
    """None of the method's own hyperparameters at its default."""
    odd = Settings(method=chosen.key, lr=0.003, bias=bias, w_start=-1.5, b_start=4.0)
    for own in chosen.hyperparameters:
        odd = odd.change(own, another(own))
    return odd


# The registry


def test_methods_are_complete() -> None:
    shared = {parameter.name for parameter in SHARED}
    for key, chosen in METHODS.items():
        assert chosen.key == key
        assert (chosen.rule is None) == (chosen.search is not None)
        for sentence in (chosen.help, chosen.when):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert sentence.isascii()
            assert "\n" not in sentence
        assert re.search(r"\b(1[89]|20)\d\d\b", chosen.source)
        assert chosen.bound.startswith("diverges above ") == (chosen.critical is not None)
        assert chosen.bound
        assert 1 <= len(chosen.formula) <= 5
        assert all(line.isascii() and len(line) <= 58 for line in chosen.formula)
        assert chosen.formula[-1].startswith("w <- ")
        assert Settings().change(LEARNING_RATE, chosen.lr).lr == chosen.lr
        assert not shared & {parameter.name for parameter in chosen.hyperparameters}
    assert len({chosen.name for chosen in METHODS.values()} - {""}) == len(METHODS)


def test_a_decorated_rule_enters_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdtui.core.method.METHODS", registry := dict(METHODS))
    words: dict[str, Any] = {
        "formula": ("w <- w",),
        "when": "Never.",
        "source": "Newton, Principia, 1687",
        "bound": "no bound",
    }

    @method("rest", "at rest", remembers=("pulse",), lr=0.5, **words)
    def rest(lr: float) -> Update:
        """Stay
        where we are.
        """
        return lambda g, memory, t: (0.0, memory)

    @search_method("stay", "stays", **words)
    def stay(lr: float) -> Search:
        """Stay."""
        return lambda measure, w, b, bias: None

    assert registry["rest"] == Method(
        "rest", "at rest", "Stay where we are.", rest, remembers=("pulse",), lr=0.5, **words
    )
    assert registry["stay"] == Method("stay", "stays", "Stay.", search=stay, **words)


def test_a_memory_is_that_of_w_and_that_of_b() -> None:
    remembered: dict[str, Remembered] = {
        "gd": ((), ()),
        "momentum": (1.0, 2.0),
        "adam": ((1.0, 2.0), (3.0, 4.0)),
    }
    for key, memory in remembered.items():
        numbers = (1.0, 2.0, 3.0, 4.0)[: 2 * len(METHODS[key].remembers)]
        assert METHODS[key].remembering(numbers) == memory
        assert METHODS[key].numbers_of(memory) == numbers
    for chosen in METHODS.values():
        assert chosen.numbers_of(chosen.memory) == (0.0,) * 2 * len(chosen.remembers)


# The rules


@every_rule
def test_an_update_is_pure(chosen: Method) -> None:
    begin = odd_settings(chosen, bias=True)
    update, memory = update_of(begin), chosen.memory[0]
    first = update(-2.0, memory, 8)
    kept = update(1.0, first[1], 9)
    update(5.0, memory, 3)
    assert (update(-2.0, memory, 8), update(1.0, first[1], 9)) == (first, kept)
    assert update_of(begin)(1.0, first[1], 9) == kept


finite = st.floats(allow_nan=False, allow_infinity=False)


@every_rule
@given(st.lists(finite, min_size=1, max_size=5), st.sampled_from([1, 2, 10**9]), st.data())
def test_no_slopes_make_an_update_raise(
    chosen: Method, slopes: list[float], iteration: int, data: st.DataObject
) -> None:
    odd = Settings(method=chosen.key, lr=data.draw(st.sampled_from([1e-100, 0.1, 1e6])), bias=True)
    for own in chosen.hyperparameters:
        odd = odd.change(own, data.draw(st.sampled_from([own.low, own.default, own.high])))
    update, memory = update_of(odd), chosen.memory[0]
    for number, g in enumerate(slopes):
        step, memory = update(g, memory, iteration + number)
        numbers = chosen.numbers_of((memory, memory))
        assert {type(value) for value in (step, *numbers)} == {float}


@pytest.mark.parametrize("key", ["adagrad", "rmsprop", "adam"])
def test_without_slope_and_eps_a_method_stands_still(surface: LossSurface, key: str) -> None:
    begin = Settings(method=key, b_start=5.5, eps=0)
    update, memory = update_of(begin), begin.chosen_method.memory[0]
    assert update(0.0, memory, 1)[0] == 0
    assert update(2.0, memory, 1)[0] > 0
    assert {step.b for step in descend(surface, begin)} == {5.5}


@every_method
@pytest.mark.parametrize("bias", [False, True])
def test_a_method_lowers_the_loss(surface: LossSurface, chosen: Method, bias: bool) -> None:
    for begin in (Settings(method=chosen.key, bias=bias), odd_settings(chosen, bias)):
        begin = begin.replace(b_start=5.5)
        steps = list(descend(surface, begin))
        assert steps[-1].loss < steps[0].loss
        # With the bias off b stays where it starts.
        assert bias or {step.b for step in steps} == {5.5}


@pytest.mark.parametrize(
    ("here", "after"),
    [
        ((2.0, -1.0), (2.5, -1.0)),
        ((4.0, -1.0), (3.5, -1.0)),
        ((3.0, -2.0), (3.0, -1.5)),
        ((3.0, 0.0), (3.0, -0.5)),
        ((2.0, 9.0), (2.5, 9.0)),
        ((3.0, -1.0), None),
        ((2.75, -1.25), None),
    ],
)
def test_step_search_takes_the_first_step_that_lowers_the_loss(
    here: tuple[float, float], after: tuple[float, float] | None
) -> None:
    assert METHODS["search"].search
    search = METHODS["search"].search(lr=0.5)
    assert search(BOWL.measurer(), *here, True) == after
    # Without the bias it knows only w.
    along_w = after and after[1] == here[1]
    assert search(BOWL.measurer(), *here, False) == (after if along_w else None)


steep = st.floats(-1e150, 1e150)


@given(st.floats(1e-3, 1e3), st.lists(steep, min_size=1, max_size=20))
def test_no_step_of_adagrad_or_rmsprop_is_longer_than_its_bound(
    lr: float, slopes: list[float]
) -> None:
    for key, longest in (("adagrad", lr), ("rmsprop", lr / math.sqrt(1 - 0.99))):
        update, memory = update_of(Settings(method=key, lr=lr)), METHODS[key].memory[0]
        for t, g in enumerate(slopes, 1):
            step, memory = update(g, memory, t)
            assert abs(step) <= longest * (1 + 1e-9)


# Stochastic descent


def test_stochastic_descent_steps_against_the_slope_of_its_batch(surface: LossSurface) -> None:
    begin = Settings(method="sgd", bias=True, batch=7, seed=3, iterations=50)
    measure = surface.batch_measurer(7, 3)
    steps = list(descend(surface, begin))
    for here, there in pairwise(steps):
        _, dw, db = measure(*here[:3])
        assert there[1:3] == (here.w - begin.lr * dw, here.b - begin.lr * db)


def test_on_batches_of_all_examples_it_is_gradient_descent(surface: LossSurface) -> None:
    whole = Settings(method="sgd", bias=True, batch=30)
    assert list(descend(surface, whole)) == list(descend(surface, Settings(bias=True)))


def test_another_seed_is_another_run(surface: LossSurface) -> None:
    begin = Settings(method="sgd", iterations=50)
    assert len({ended_as(surface, begin.replace(seed=seed)).step.w for seed in range(4)}) == 4


# The arithmetic of one iteration


@every_method
@pytest.mark.parametrize("bias", [False, True])
def test_the_arithmetic_is_that_of_the_descent(
    surface: LossSurface, chosen: Method, bias: bool
) -> None:
    """Its values are where the descent goes, and its numbers give its values."""
    begin = odd_settings(chosen, bias)
    known = {"g", "t", "w", "b", "L", "sqrt", *chosen.remembers, *begin.numbers}
    functions = {"sqrt": math.sqrt, "L": surface.loss}
    path, half = Descent.of(surface, begin).take(61), len(chosen.remembers)
    for iteration in (0, 1, 2, 7, 59):
        here, after = path[iteration], path[iteration + 1]
        memory = chosen.numbers_of(after[6:])
        for parameter, reached, kept in (
            ("w", after[1], memory[:half]),
            ("b", after[2], memory[half:]),
        )[: 1 + bias]:
            told = arithmetic(
                surface, begin, State(*here[:3], *here[4:6], here[6:]), parameter, repr
            )
            values = {equation.name: equation.value for equation in told}
            expected = {**dict(zip(chosen.remembers, kept, strict=True)), parameter: reached}
            assert {name: values[name] for name in expected} == pytest.approx(expected, rel=1e-12)
            assert told[-1].name == parameter
            before = set(known)
            for equation in told:
                assert set(re.findall(r"\b[A-Za-z]\w*", equation.formula)) <= before
                assert eval(equation.numbers, functions) == pytest.approx(equation.value)
                before.add(equation.name)


def test_the_arithmetic_in_words_and_figures(surface: LossSurface) -> None:
    begin = Settings(method="momentum", lr=0.001, momentum=0.9)
    state = State(5, 1.8436, 0.0, -3.4, 0.0, (1.25, 0.0))
    told = arithmetic(surface, begin, state, "w", "{:.6g}".format)
    assert [tuple(equation[:3]) for equation in told] == [
        ("buffer", "momentum * buffer + g", "0.9 * 1.25 + (-3.4)"),
        ("w", "w - lr * buffer", "1.8436 - 0.001 * (-2.275)"),
    ]
    assert [equation.value for equation in told] == pytest.approx([-2.275, 1.845875])


def test_the_arithmetic_of_stochastic_descent_takes_the_slope_of_the_batch(
    surface: LossSurface,
) -> None:
    begin = Settings(method="sgd", batch=4)
    (told,) = arithmetic(surface, begin, State(9, 2, 0, 0, 0, ((), ())), "w", repr)
    slope = surface.batch_measurer(4, 0)(9, 2, 0)[1]
    assert told.numbers == in_numbers("w - lr * g", {"w": 2, "lr": 0.001, "g": slope}, repr)


@pytest.mark.parametrize(
    ("here", "parameter", "formulas"),
    [
        ((2.0, -1.0), "w", ["L(w, b)", "L(w + lr, b)", "w + lr"]),
        ((2.0, -1.0), "b", ["L(w, b)", "b"]),
        ((4.0, -1.0), "w", ["L(w, b)", "L(w + lr, b)", "L(w - lr, b)", "w - lr"]),
        ((3.0, -2.0), "w", ["L(w, b)", "L(w + lr, b)", "L(w - lr, b)", "w"]),
        ((3.0, -2.0), "b", ["L(w, b)", "L(w, b + lr)", "b + lr"]),
        ((3.0, 0.0), "b", ["L(w, b)", "L(w, b + lr)", "L(w, b - lr)", "b - lr"]),
        ((3.0, -1.0), "b", ["L(w, b)", "L(w, b + lr)", "L(w, b - lr)", "b"]),
    ],
)
def test_the_arithmetic_of_the_search_says_what_was_tried_and_taken(
    here: tuple[float, float], parameter: str, formulas: list[str]
) -> None:
    begin = Settings(method="search", lr=0.5, bias=True)
    told = arithmetic(BOWL, begin, State(0, *here, 0.0, 0.0, ((), ())), parameter, repr)
    assert [equation.formula for equation in told] == formulas


# What theory says of the learning rate


WITH_A_BOUND = {key: chosen for key, chosen in METHODS.items() if chosen.critical}
with_a_bound = pytest.mark.parametrize("chosen", WITH_A_BOUND.values(), ids=WITH_A_BOUND)
momenta = st.integers(0, 95).map(lambda n: n / 100)


def on_a_bowl(curvature: float) -> LossSurface:
    return LossSurface(xm=0.0, ym=0.0, vxx=curvature / 2, w_hat=0.0, res=0.0)


def begin_at(surface: LossSurface, begin: Settings, part: float) -> Settings:
    critical = critical_rate(surface, begin)
    assert critical is not None
    return begin.replace(lr=part * critical)


def with_momentum(chosen: Method, momentum: float, bias: bool = False) -> Settings:
    begin = Settings(method=chosen.key, bias=bias, w_start=1.0, iterations=20_000)
    return begin.replace(**{parameter.name: momentum for parameter in chosen.hyperparameters})


def spectral_radius(begin: Settings, curvature: float) -> float:
    """Of the matrix that takes w and what is remembered for it to the next, on a parabola."""
    update, chosen = update_of(begin), begin.chosen_method
    columns = []
    for w, *kept in np.eye(1 + len(chosen.remembers)).tolist():
        step, memory = update(curvature * w, chosen.remembering(kept * 2)[0], 1)
        columns.append([w - step, *chosen.numbers_of((memory, memory))[: len(kept)]])
    return float(np.max(np.abs(np.linalg.eigvals(np.array(columns).T))))


def test_methods_with_a_bound() -> None:
    assert set(WITH_A_BOUND) == {"gd", "momentum", "nesterov"}


@with_a_bound
@given(momenta, st.floats(1e-3, 1e3), st.floats(0.01, 0.999))
def test_at_the_critical_rate_the_spectral_radius_passes_1(
    chosen: Method, momentum: float, curvature: float, part: float
) -> None:
    surface, begin = on_a_bowl(curvature), with_momentum(chosen, momentum)
    assert spectral_radius(begin_at(surface, begin, part), curvature) < 1
    assert spectral_radius(begin_at(surface, begin, 1 / part), curvature) > 1
    at = spectral_radius(begin_at(surface, begin, 1), curvature)
    assert at == pytest.approx(1, abs=1e-9)


flat_labels = st.builds(
    lambda x, y: (np.array(x, dtype=np.float64), np.full(len(x), float(y))),
    st.lists(st.integers(-9, 9), min_size=1, max_size=6).filter(any),
    st.integers(-9, 9),
)


@with_a_bound
@settings(max_examples=20)
@given(flat_labels, momenta)
def test_just_below_the_critical_rate_a_run_comes_to_rest(
    chosen: Method, data: tuple[np.ndarray, np.ndarray], momentum: float
) -> None:
    surface = LossSurface.of(*data)
    begin = begin_at(surface, with_momentum(chosen, momentum), 0.98)
    last = next(islice(descend(surface, begin), 3000, None))
    assert last.w == pytest.approx(surface.minimum(1, 0, bias=False).w, abs=1e-6)


@with_a_bound
@settings(max_examples=20)
@given(flat_labels, momenta, st.booleans())
def test_just_above_the_critical_rate_a_run_diverges(
    chosen: Method, data: tuple[np.ndarray, np.ndarray], momentum: float, bias: bool
) -> None:
    surface = LossSurface.of(*data)
    begin = begin_at(surface, with_momentum(chosen, momentum, bias), 1.02)
    low = surface.minimum(1, 0, bias)
    way = np.array([1 - low.w, -low.b][: 1 + bias])
    # What starts on the flatter axis alone stays there, but for rounding.
    assume(abs(np.linalg.eigh(surface.hessian(bias))[1][:, -1] @ way) > 1e-3)
    assert ended_as(surface, begin).status is Status.DIVERGED
