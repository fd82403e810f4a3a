"""The registry of methods, and each method's rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdtui.core.descent import descend
from gdtui.core.methods import METHODS, Method, Update, method
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import LossSurface, Surface

every_method = pytest.mark.parametrize("chosen", METHODS.values(), ids=METHODS)
# Its minimum is at w = 3, b = -1, with a loss of 2.
BOWL = LossSurface(xm=0.0, ym=-1.0, vxx=1.0, w_hat=3.0, res=2.0)


@every_method
def test_a_method_is_complete(chosen: Method) -> None:
    assert METHODS[chosen.key] is chosen
    assert chosen.name
    assert chosen.help.endswith(".")
    assert "\n" not in chosen.help
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


@every_method
@pytest.mark.parametrize("bias", [False, True])
def test_a_method_lowers_the_loss(surface: LossSurface, chosen: Method, bias: bool) -> None:
    steps = list(descend(surface, Settings(method=chosen.key, bias=bias)))
    assert steps[-1].loss < steps[0].loss


@every_method
def test_with_the_bias_off_b_stays_where_it_starts(surface: LossSurface, chosen: Method) -> None:
    settings = Settings(method=chosen.key, b_start=5.5)
    assert {step.b for step in descend(surface, settings)} == {5.5}


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
