"""The registry of methods, each method's rule, its arithmetic and what theory knows of it."""

import math
import re
from itertools import islice

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.strategies import another

from gdtui.core.descent import Outcome, Status, descend, starting_point, trajectory
from gdtui.core.equations import in_numbers
from gdtui.core.hyperparameter import Value
from gdtui.core.methods import METHODS, Method, State, Update, method
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.theory.verdict import critical_rate

every_method = pytest.mark.parametrize("chosen", METHODS.values(), ids=METHODS)
# Its minimum is at w = 3, b = -1, with a loss of 2.
BOWL = LossSurface(xm=0.0, ym=-1.0, vxx=1.0, w_hat=3.0, res=2.0)


@every_method
def test_a_method_is_complete(chosen: Method) -> None:
    assert METHODS[chosen.key] is chosen
    assert chosen.name
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
    assert Settings().change(SHARED[1], chosen.lr).lr == chosen.lr
    shared = {parameter.name for parameter in SHARED}
    assert not shared & {parameter.name for parameter in chosen.hyperparameters}


def test_names_are_unique() -> None:
    assert len({method.name for method in METHODS.values()}) == len(METHODS)


@every_method
def test_an_update_is_pure(chosen: Method) -> None:
    update = chosen.rule(BOWL, Settings(method=chosen.key, bias=True))
    here = 7, 1.0, 2.0, *BOWL.gradient(1, 2), chosen.memory
    first = update(*here)
    update(8, 5.0, 5.0, *BOWL.gradient(5, 5), chosen.memory)
    again = chosen.rule(BOWL, Settings(method=chosen.key, bias=True))(*here)
    assert update(*here) == first == again
    assert first is not None
    assert len(first[2]) == len(chosen.memory)


def odd_settings(chosen: Method, bias: bool) -> Settings:
    """None of the method's own hyperparameters at its default."""
    odd = Settings(method=chosen.key, lr=0.003, bias=bias, w_start=-1.5, b_start=4.0)
    for own in chosen.hyperparameters:
        odd = odd.change(own, another(own))
    return odd


finite = st.floats(allow_nan=False, allow_infinity=False)


@every_method
@given(
    st.lists(st.tuples(finite, finite), min_size=1, max_size=5),
    st.sampled_from([0, 1, 1_000_000_000]),
    st.data(),
)
def test_no_slopes_make_an_update_raise(
    chosen: Method, slopes: list[tuple[float, float]], iteration: int, data: st.DataObject
) -> None:
    odd = Settings(method=chosen.key, lr=data.draw(st.sampled_from([1e-12, 0.1, 1e6])), bias=True)
    for own in chosen.hyperparameters:
        odd = odd.change(own, data.draw(st.sampled_from([own.low, own.default, own.high])))
    update = chosen.rule(BOWL, odd)
    memory, w, b = chosen.memory, data.draw(finite), data.draw(finite)
    for number, (dw, db) in enumerate(slopes):
        after = update(iteration + number, w, b, dw, db, memory)
        if after is None:
            break
        w, b, memory = after
        assert {type(value) for value in (w, b, *memory)} == {float}


@pytest.mark.parametrize("key", ["adagrad", "rmsprop", "adam"])
def test_without_slope_and_eps_a_method_stands_still(key: str) -> None:
    update = METHODS[key].rule(BOWL, Settings(method=key, bias=True, own={"eps": 0}))
    after = update(0, 3.0, 5.0, 0.0, 2.0, METHODS[key].memory)
    assert after is not None
    assert after[0] == 3
    assert after[1] < 5


@every_method
@pytest.mark.parametrize("bias", [False, True])
def test_a_method_lowers_the_loss(surface: LossSurface, chosen: Method, bias: bool) -> None:
    steps = list(descend(surface, Settings(method=chosen.key, bias=bias)))
    assert steps[-1].loss < steps[0].loss


@every_method
def test_with_the_bias_off_b_stays_where_it_starts(surface: LossSurface, chosen: Method) -> None:
    for begin in (Settings(method=chosen.key), odd_settings(chosen, bias=False)):
        begin = begin.change(SHARED[4], 5.5)
        assert {step.b for step in descend(surface, begin)} == {5.5}


@pytest.mark.parametrize("key", ["adagrad", "rmsprop", "adam"])
def test_with_the_bias_off_b_stays_even_without_eps(surface: LossSurface, key: str) -> None:
    begin = Settings(method=key, b_start=5.5, own={"eps": 0})
    assert {step.b for step in descend(surface, begin)} == {5.5}


@given(st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9), st.floats(-9, 9), st.floats(1e-6, 1))
def test_gradient_descent_steps_against_the_gradient(
    w: float, b: float, dw: float, db: float, lr: float
) -> None:
    update = METHODS["gd"].rule(BOWL, Settings(lr=lr))
    assert update(0, w, b, dw, db, ()) == (w - lr * dw, b - lr * db, ())


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
    update = METHODS["search"].rule(BOWL, Settings(method="search", lr=0.5, bias=True))
    assert update(0, *here, 0.0, 0.0, ()) == (after and (*after, ()))


def test_step_search_without_bias_knows_only_w() -> None:
    update = METHODS["search"].rule(BOWL, Settings(method="search", lr=0.5))
    assert update(0, 3.0, 9.0, 0.0, 0.0, ()) is None


def test_a_decorated_rule_enters_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdtui.core.methods.METHODS", registry := dict(METHODS))

    @method(
        "rest",
        "rest",
        formula=("w <- w",),
        when="Never.",
        source="Newton, Principia, 1687",
        bound="no bound",
        remembers=("pulse",),
        lr=0.5,
    )
    def rest(surface: Surface, settings: Settings) -> Update:
        """Stay
        where we are.
        """
        return lambda iteration, w, b, dw, db, memory: (w, b, memory)

    assert registry["rest"] == Method(
        "rest",
        "rest",
        "Stay where we are.",
        rest,
        memory=(0.0, 0.0),
        remembers=("pulse",),
        lr=0.5,
        formula=("w <- w",),
        when="Never.",
        source="Newton, Principia, 1687",
        bound="no bound",
    )


# Stochastic descent


def test_stochastic_descent_steps_against_the_slope_of_its_batch(surface: LossSurface) -> None:
    begin = Settings(method="sgd", bias=True, own={"batch": 7, "seed": 3})
    measure = surface.batch_measurer(7, 3)
    update = METHODS["sgd"].rule(surface, begin)
    for iteration in (0, 1, 4, 5, 1000):
        _, dw, db = measure(iteration, 1.5, 2.5)
        expected = 1.5 - begin.lr * dw, 2.5 - begin.lr * db, ()
        assert update(iteration, 1.5, 2.5, 0.0, 0.0, ()) == expected


def test_on_batches_of_all_examples_it_is_gradient_descent(surface: LossSurface) -> None:
    whole = Settings(method="sgd", bias=True, own={"batch": 30})
    assert list(descend(surface, whole)) == list(descend(surface, Settings(bias=True)))


def test_another_seed_is_another_run(surface: LossSurface) -> None:
    ends = {
        next(islice(descend(surface, Settings(method="sgd", own={"seed": seed})), 50, None)).w
        for seed in range(4)
    }
    assert len(ends) == 4


# The arithmetic of one iteration


def states(surface: LossSurface, begin: Settings) -> list[State]:
    path = islice(trajectory(surface, begin, starting_point(surface, begin)), 60)
    return [
        State(iteration, w, b, dw, db if begin.bias else 0.0, memory)
        for iteration, w, b, _, dw, db, memory in path
        if iteration in (0, 1, 2, 7, 59)
    ]


@every_method
@pytest.mark.parametrize("bias", [False, True])
def test_the_arithmetic_is_that_of_the_rule(
    surface: LossSurface, chosen: Method, bias: bool
) -> None:
    begin = odd_settings(chosen, bias)
    update = chosen.rule(surface, begin)
    for state in states(surface, begin):
        after = update(*state)
        assert after is not None
        for parameter, reached in zip("wb"[: 1 + bias], after, strict=False):
            told = chosen.arithmetic(surface, begin, state, parameter, repr)
            assert told[-1].name == parameter
            assert told[-1].value == pytest.approx(reached, rel=1e-12)
            kept = {equation.name: equation.value for equation in told}
            half = len(chosen.remembers)
            memory = after[2][:half] if parameter == "w" else after[2][half:]
            expected = dict(zip(chosen.remembers, memory, strict=True))
            assert {name: kept[name] for name in chosen.remembers} == pytest.approx(expected)


@every_method
@pytest.mark.parametrize("bias", [False, True])
def test_the_numbers_of_the_arithmetic_give_its_values(
    surface: LossSurface, chosen: Method, bias: bool
) -> None:
    begin = odd_settings(chosen, bias)
    known = {"lr", "g", "t", "w", "b", "L", "sqrt", *chosen.remembers}
    known |= {parameter.name for parameter in chosen.hyperparameters}
    functions = {"sqrt": math.sqrt, "L": surface.loss}
    for state in states(surface, begin):
        for parameter in "wb"[: 1 + bias]:
            before = set(known)
            for equation in chosen.arithmetic(surface, begin, state, parameter, repr):
                assert set(re.findall(r"\b[A-Za-z]\w*", equation.formula)) <= before
                assert eval(equation.numbers, functions) == pytest.approx(equation.value)
                before.add(equation.name)


def test_the_arithmetic_in_words_and_figures(surface: LossSurface) -> None:
    begin = Settings(method="momentum", lr=0.001, own={"momentum": 0.9})
    state = State(5, 1.8436, 0.0, -3.4, 0.0, (1.25, 0.0))
    told = METHODS["momentum"].arithmetic(surface, begin, state, "w", "{:.6g}".format)
    assert [tuple(equation[:3]) for equation in told] == [
        ("buffer", "momentum * buffer + g", "0.9 * 1.25 + (-3.4)"),
        ("w", "w - lr * buffer", "1.8436 - 0.001 * (-2.275)"),
    ]
    assert [equation.value for equation in told] == pytest.approx([-2.275, 1.845875])


def test_the_arithmetic_of_stochastic_descent_takes_the_slope_of_the_batch(
    surface: LossSurface,
) -> None:
    begin = Settings(method="sgd", own={"batch": 4})
    (told,) = METHODS["sgd"].arithmetic(surface, begin, State(9, 2, 0, 0, 0, ()), "w", repr)
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
    state = State(0, *here, 0.0, 0.0, ())
    told = METHODS["search"].arithmetic(BOWL, begin, state, parameter, repr)
    assert [equation.formula for equation in told] == formulas


# What theory says of the learning rate


WITH_A_BOUND = [chosen for chosen in METHODS.values() if chosen.critical]
with_a_bound = pytest.mark.parametrize("chosen", WITH_A_BOUND, ids=lambda chosen: chosen.key)
momenta = st.integers(0, 95).map(lambda n: n / 100)


def on_a_bowl(curvature: float) -> LossSurface:
    return LossSurface(xm=0.0, ym=0.0, vxx=curvature / 2, w_hat=0.0, res=0.0)


def begin_at(surface: LossSurface, begin: Settings, part: float) -> Settings:
    critical = critical_rate(surface, begin)
    assert critical is not None
    return begin.change(SHARED[1], part * critical)


def with_momentum(chosen: Method, momentum: float, bias: bool = False) -> Settings:
    own: dict[str, Value] = {parameter.name: momentum for parameter in chosen.hyperparameters}
    return Settings(method=chosen.key, bias=bias, w_start=1.0, iterations=20_000, own=own)


def how_it_ends(surface: LossSurface, begin: Settings) -> Status:
    steps = descend(surface, begin)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome.status


def spectral_radius(chosen: Method, begin: Settings, curvature: float) -> float:
    """Of the matrix that takes w and its memory to the next, on a parabola."""
    update = chosen.rule(on_a_bowl(curvature), begin)
    columns = []
    for w, *kept in np.eye(1 + len(chosen.remembers)).tolist():
        after = update(0, w, 0.0, curvature * w, 0.0, (*kept, *(0.0 for _ in kept)))
        assert after is not None
        columns.append([after[0], *after[2][: len(kept)]])
    return float(np.max(np.abs(np.linalg.eigvals(np.array(columns).T))))


def test_methods_with_a_bound() -> None:
    assert {chosen.key for chosen in WITH_A_BOUND} == {"gd", "momentum", "nesterov"}


@with_a_bound
@given(momenta, st.floats(1e-3, 1e3), st.floats(0.01, 0.999))
def test_at_the_critical_rate_the_spectral_radius_passes_1(
    chosen: Method, momentum: float, curvature: float, part: float
) -> None:
    surface, begin = on_a_bowl(curvature), with_momentum(chosen, momentum)
    assert spectral_radius(chosen, begin_at(surface, begin, part), curvature) < 1
    assert spectral_radius(chosen, begin_at(surface, begin, 1 / part), curvature) > 1
    at = spectral_radius(chosen, begin_at(surface, begin, 1), curvature)
    assert at == pytest.approx(1, abs=1e-9)


@with_a_bound
@settings(max_examples=20)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(-9, 9), momenta)
def test_just_below_the_critical_rate_a_run_comes_to_rest(
    chosen: Method, x: list[int], y: int, momentum: float
) -> None:
    feature = np.array(x, dtype=np.float64)
    assume(np.any(feature))
    surface = LossSurface.of(feature, np.full(len(x), float(y)))
    begin = begin_at(surface, with_momentum(chosen, momentum), 0.98)
    last = next(islice(descend(surface, begin), 3000, None))
    assert last.w == pytest.approx(surface.minimum(1, 0, bias=False).w, abs=1e-6)


@with_a_bound
@settings(max_examples=20)
@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(-9, 9), momenta, st.booleans()
)
def test_just_above_the_critical_rate_a_run_diverges(
    chosen: Method, x: list[int], y: int, momentum: float, bias: bool
) -> None:
    feature = np.array(x, dtype=np.float64)
    assume(np.any(feature))
    surface = LossSurface.of(feature, np.full(len(x), float(y)))
    begin = begin_at(surface, with_momentum(chosen, momentum, bias), 1.02)
    low = surface.minimum(1, 0, bias)
    way = np.array([1 - low.w, -low.b][: 1 + bias])
    # What starts on the flatter axis alone stays there, but for rounding.
    assume(abs(np.linalg.eigh(surface.hessian(bias))[1][:, -1] @ way) > 1e-3)
    assert how_it_ends(surface, begin) is Status.DIVERGED


steep = st.floats(-1e150, 1e150)


@given(st.floats(1e-3, 1e3), st.lists(st.tuples(steep, steep), min_size=1, max_size=20))
def test_no_step_of_adagrad_or_rmsprop_is_longer_than_its_bound(
    lr: float, slopes: list[tuple[float, float]]
) -> None:
    for key, longest in (("adagrad", lr), ("rmsprop", lr / math.sqrt(1 - 0.99))):
        update = METHODS[key].rule(BOWL, Settings(method=key, lr=lr, bias=True))
        memory = METHODS[key].memory
        for dw, db in slopes:
            after = update(0, 0.0, 0.0, dw, db, memory)
            assert after is not None
            w, b, memory = after
            assert max(abs(w), abs(b)) <= longest * (1 + 1e-9)
