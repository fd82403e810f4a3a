"""Settings: every hyperparameter once, checked, and changed into new Settings."""

import pytest
from support.strategies import another

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.methods import METHODS, Method
from gdtui.core.settings import METHOD, SHARED, Settings

names = [parameter.name for parameter in SHARED]


def test_every_field_is_a_shared_hyperparameter() -> None:
    assert [*names, "own"] == [*Settings.__annotations__]


def test_defaults_are_those_of_the_lesson() -> None:
    assert [Settings()[parameter] for parameter in SHARED] == [
        "gd",
        0.001,
        100,
        0,
        0,
        False,
        False,
        0,
    ]


@pytest.mark.parametrize("parameter", SHARED, ids=names)
def test_a_shared_hyperparameter_is_complete(parameter: Hyperparameter) -> None:
    assert parameter.label
    assert parameter.help
    assert Settings()[parameter] == parameter.default == parameter.check(parameter.default)


def test_methods_to_choose_from_are_those_registered() -> None:
    method = next(parameter for parameter in SHARED if parameter.name == "method")
    assert method.choices is METHODS


@pytest.mark.parametrize("parameter", SHARED, ids=names)
def test_a_change_gives_new_settings_that_differ_in_it_alone(parameter: Hyperparameter) -> None:
    before, value = Settings(), another(parameter)
    after = before.change(parameter, value)
    assert before == Settings()
    assert after[parameter] == getattr(after, parameter.name) == value != parameter.default
    assert all(after[other] == other.default for other in SHARED if other is not parameter)


@pytest.mark.parametrize("parameter", SHARED, ids=names)
def test_only_what_is_tunable_keeps_the_start(parameter: Hyperparameter) -> None:
    changed = Settings().change(parameter, another(parameter))
    assert changed.same_start(Settings()) == Settings().same_start(changed) == parameter.tunable


def test_a_run_can_be_tuned_in_these() -> None:
    assert {p.name for p in SHARED if p.tunable} == {"lr", "iterations", "tolerance"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"lr": 0}, "learning rate: 0 is out of bounds: from 1e-12 to 1000000"),
        ({"lr": float("nan")}, "learning rate: nan is not a finite number"),
        ({"iterations": 0}, "iterations: 0 is out of bounds: from 1 to 1000000000"),
        ({"iterations": 1.5}, "iterations: 1.5 is not a whole number"),
        ({"w_start": 1e200}, "w start: 1e+200 is out of bounds: from -1e+100 to 1e+100"),
        ({"b_start": float("inf")}, "b start: inf is not a finite number"),
        ({"tolerance": -1}, "tolerance: -1 is out of bounds: from 0 to 1e+100"),
        ({"method": "adma"}, f"method: 'adma' is none of {', '.join(METHODS)}"),
    ],
)
def test_bad_values_are_refused_in_words(values: dict[str, Value], reason: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        Settings(**values)  # type: ignore[arg-type]
    assert str(caught.value) == reason


def test_values_take_the_type_of_their_default() -> None:
    settings = Settings(lr=1, iterations=1e3, w_start=2)  # type: ignore[arg-type]
    assert [repr(settings[parameter]) for parameter in SHARED[1:4]] == ["1.0", "1000", "2.0"]


def test_settings_never_change() -> None:
    settings = Settings()
    with pytest.raises(AttributeError, match=r"^lr "):
        settings.lr = 1  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"^lr "):
        del settings.lr
    assert settings == Settings()


@pytest.mark.parametrize("parameter", SHARED, ids=names)
def test_equal_settings_have_equal_values(parameter: Hyperparameter) -> None:
    one, other = Settings(), Settings().replace(**{parameter.name: another(parameter)})
    assert one == Settings() != other == Settings().change(parameter, another(parameter))
    assert one != vars(one)
    assert eval(repr(other)) == other


def test_a_value_without_a_hyperparameter_is_a_bug() -> None:
    for values in ({"rate": 1}, {"hyperparameters": ()}):
        with pytest.raises(TypeError, match=f"^Settings have no {min(values)}$"):
            Settings(**values)
        with pytest.raises(TypeError, match=f"^Settings have no {min(values)}$"):
            Settings().replace(**values)


def test_hyperparameters_of_a_method(heavy_ball: Method) -> None:
    (inertia,) = heavy_ball.hyperparameters
    settings = Settings(method="ball")
    assert settings.chosen_method is heavy_ball
    assert settings.hyperparameters == (*SHARED, inertia)
    assert settings.own == {"inertia": 0.9}
    changed = settings.change(inertia, 0.5)
    assert (settings[inertia], changed[inertia]) == (0.9, 0.5)
    assert changed == Settings(method="ball", own={"inertia": 0.5})
    assert not changed.same_start(settings)
    with pytest.raises(ValueError, match=r"^inertia: 2 is out of bounds: from 0 to 0\.999$"):
        settings.change(inertia, 2)


def test_hyperparameters_of_one_name_are_not_mixed_up() -> None:
    of_adagrad, of_adam = (
        next(p for p in METHODS[key].hyperparameters if p.name == "eps")
        for key in ("adagrad", "adam")
    )
    adagrad = Settings(method="adagrad", own={"eps": 0.5})
    assert (adagrad[of_adagrad], adagrad[of_adam]) == (0.5, 1e-8)
    adam = adagrad.change(METHOD, "adam")
    assert (adam[of_adagrad], adam[of_adam]) == (1e-10, 1e-8)


def test_a_change_of_method_keeps_what_both_have() -> None:
    momentum = Settings(method="momentum", own={"momentum": 0.5})
    assert momentum.change(METHOD, "nesterov").own == {"momentum": 0.5}
    rmsprop = Settings(method="rmsprop", own={"alpha": 0.5, "eps": 0.25})
    assert rmsprop.change(METHOD, "adam").own == {"beta1": 0.9, "beta2": 0.999, "eps": 0.25}


def test_a_change_to_no_method_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"^method: 'adma' is none of "):
        Settings().change(METHOD, "adma")


@pytest.mark.parametrize(("method", "lr"), [("gd", 0.001), ("adagrad", 0.01), ("rmsprop", 0.01)])
def test_without_a_learning_rate_the_method_has_its_own(method: str, lr: float) -> None:
    assert Settings(method=method).lr == METHODS[method].lr == lr
    assert Settings(method=method, iterations=7, bias=True).lr == lr


@pytest.mark.parametrize("lr", [0.001, 0.01, 0.5])
def test_a_learning_rate_that_was_given_is_kept(lr: float) -> None:
    for method in METHODS:
        assert Settings(method=method, lr=lr).lr == lr
        assert Settings(lr=lr).change(METHOD, method).lr == lr


def test_what_is_foreign_to_the_method_is_dropped(heavy_ball: Method) -> None:
    settings = Settings(method="ball", own={"inertia": 0.5, "wind": 3})
    assert settings.own == {"inertia": 0.5}
    assert settings.change(METHOD, "gd") == Settings()
    assert not settings.same_start(Settings())
