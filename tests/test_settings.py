"""Settings: every hyperparameter once, checked, and changed into new Settings."""

import inspect
import pickle
from typing import Any, get_type_hints

import pytest
from support.strategies import another

from gdtui.core.method import Method
from gdtui.core.methods import METHODS, Own
from gdtui.core.settings import LEARNING_RATE, METHOD, SHARED, Settings

LESSON = ["gd", 0.001, 100, 0, 0, False, False, 0]


def test_what_an_editor_knows_is_what_the_methods_have() -> None:
    keywords = [*inspect.signature(Settings).parameters]
    assert [*(parameter.name for parameter in SHARED), "own"] == keywords
    assert keywords == [*Settings.__annotations__]
    of_methods = [p for chosen in METHODS.values() for p in chosen.hyperparameters]
    hints = get_type_hints(Own)
    assert {parameter.name for parameter in of_methods} == set(hints)
    assert all(type(parameter.default) is hints[parameter.name] for parameter in of_methods)


def test_shared_hyperparameters_are_complete_and_have_the_lessons_defaults() -> None:
    assert [Settings()[parameter] for parameter in SHARED] == LESSON
    for parameter in SHARED:
        assert parameter.label
        assert parameter.help
        assert parameter.default == parameter.check(parameter.default) == Settings()[parameter]
    assert METHOD.choices is METHODS
    assert {p.name for p in SHARED if p.tunable} == {"lr", "iterations", "tolerance"}


def test_a_change_gives_new_settings_that_differ_in_it_alone() -> None:
    before = Settings()
    for parameter in SHARED:
        value = another(parameter)
        after = before.change(parameter, value)
        assert before == Settings() != after == before.replace(**{parameter.name: value})
        assert after[parameter] == getattr(after, parameter.name) == value != parameter.default
        assert all(after[other] == other.default for other in SHARED if other is not parameter)
        # Only what is tunable keeps the start.
        assert after.same_start(before) == before.same_start(after) == parameter.tunable
        assert eval(repr(after)) == after
        assert len({before, after, before.change(parameter, value)}) == 2


def test_a_methods_own_hyperparameters_stand_beside_the_shared_ones(heavy_ball: Method) -> None:
    (inertia,) = heavy_ball.hyperparameters
    settings = Settings(method="ball")
    assert settings.chosen_method is heavy_ball
    assert settings.hyperparameters == (*SHARED, inertia)
    assert settings.values == dict(zip([p.name for p in SHARED], LESSON, strict=True)) | {
        "method": "ball",
        "inertia": 0.9,
    }
    changed = settings.change(inertia, 0.5)
    assert (settings[inertia], settings.inertia, changed[inertia]) == (0.9, 0.9, 0.5)
    assert changed == settings.replace(inertia=0.5) != settings
    assert eval(repr(changed)) == changed
    assert not changed.same_start(settings)
    assert not settings.same_start(Settings())
    with pytest.raises(ValueError, match=r"^inertia: 2 is out of bounds: from 0 to 0\.999$"):
        settings.change(inertia, 2)


def test_a_rule_is_given_numbers() -> None:
    assert Settings(method="adam", lr=0.5, beta1=0.8).numbers == {
        "lr": 0.5,
        "beta1": 0.8,
        "beta2": 0.999,
        "eps": 1e-8,
    }
    # An eps of 0 is the smallest float there is: nothing is divided by 0.
    assert Settings(method="adagrad", eps=0).numbers == {"lr": 0.01, "eps": 5e-324}
    assert Settings(method="adagrad", eps=0).eps == 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"lr": 0}, "learning rate: 0 is out of bounds: from 1e-100 to 1000000"),
    ({"lr": float("nan")}, "learning rate: nan is not a finite number"),
    ({"iterations": 0}, "iterations: 0 is out of bounds: from 1 to 1000000000"),
    ({"iterations": 1.5}, "iterations: 1.5 is not a whole number"),
    ({"w_start": 1e200}, "w start: 1e+200 is out of bounds: from -1e+100 to 1e+100"),
    ({"b_start": float("inf")}, "b start: inf is not a finite number"),
    ({"tolerance": -1}, "tolerance: -1 is out of bounds: from 0 to 1e+100"),
    ({"bias": 1}, "bias: 1 is neither on nor off"),
    ({"w_start": []}, "w start: [] is not a number"),
    ({"iterations": "ten"}, "iterations: 'ten' is not a number"),
    ({"w_start": 10**400}, "w start: inf is not a finite number"),
    ({"method": []}, f"method: [] is none of {', '.join(METHODS)}"),
    ({"method": "adma"}, f"method: 'adma' is none of {', '.join(METHODS)}"),
    ({"method": "adam", "beta1": 1}, "beta1: 1 is out of bounds: from 0 to 0.999999"),
]


def test_bad_values_are_refused_in_words() -> None:
    for values, reason in BAD:
        for refusing in (Settings, Settings().replace):
            with pytest.raises(ValueError) as caught:  # noqa: PT011
                refusing(**values)
            assert str(caught.value) == reason


def test_a_name_that_the_method_does_not_have_is_named() -> None:
    foreign: list[tuple[str, dict[str, Any], str]] = [
        ("gd", {"rate": 1}, "rate"),
        ("momentum", {"momentm": 3}, "momentm"),
        ("momentum", {"beta1": 0.8, "momentum": 0.5, "alpha": 0.9}, "alpha, beta1"),
        ("adam", {"own": {"beta1": 0.8}}, "own"),
        ("gd", {"hyperparameters": ()}, "hyperparameters"),
    ]
    for method, values, named in foreign:
        with pytest.raises(TypeError, match=f"^{method} has no hyperparameter {named}$"):
            Settings(method=method, **values)
        with pytest.raises(TypeError, match=f"^{method} has no hyperparameter {named}$"):
            Settings(method=method).replace(**values)
    with pytest.raises(AttributeError, match=r"^these settings have no beta1$"):
        _ = Settings().beta1


def test_values_take_the_type_of_their_default() -> None:
    settings = Settings(method="sgd", lr=1, iterations=1e3, w_start=2, batch=7.0)  # type: ignore[arg-type]
    assert [repr(settings[parameter]) for parameter in SHARED[1:4]] == ["1.0", "1000", "2.0"]
    assert [repr(value) for value in (settings.batch, settings.seed)] == ["7", "0"]


def test_settings_never_change() -> None:
    settings = Settings()
    with pytest.raises(AttributeError, match=r" 'lr'$"):
        settings.lr = 1  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r" 'lr'$"):
        del settings.lr
    assert settings == Settings() == pickle.loads(pickle.dumps(settings)) != settings.values


def test_a_change_of_method_keeps_what_both_have() -> None:
    momentum, rmsprop = Settings(method="momentum", momentum=0.5), Settings(method="rmsprop")
    assert momentum.change(METHOD, "nesterov") == Settings(method="nesterov", momentum=0.5)
    changed = rmsprop.replace(alpha=0.5, eps=0.25).replace(method="adam", beta1=0.5)
    assert dict(changed.own) == {"beta1": 0.5, "beta2": 0.999, "eps": 0.25}
    assert changed.lr == 0.01
    with pytest.raises(ValueError, match=r"^method: 'adma' is none of "):
        momentum.change(METHOD, "adma")


def test_hyperparameters_of_one_name_are_not_mixed_up() -> None:
    of_adagrad, of_adam = (
        next(p for p in METHODS[key].hyperparameters if p.name == "eps")
        for key in ("adagrad", "adam")
    )
    adagrad = Settings(method="adagrad", eps=0.5)
    assert (adagrad[of_adagrad], adagrad[of_adam]) == (0.5, 1e-8)
    adam = adagrad.change(METHOD, "adam")
    assert (adam[of_adagrad], adam[of_adam]) == (1e-10, 1e-8)


def test_a_learning_rate_is_the_methods_own_unless_it_is_given() -> None:
    assert (METHODS["gd"].lr, METHODS["adagrad"].lr) == (LEARNING_RATE.default, 0.01)
    for method, chosen in METHODS.items():
        assert Settings(method=method, iterations=7, bias=True).lr == chosen.lr
        for lr in (0.001, 0.01, 0.5):
            assert Settings(method=method, lr=lr).lr == lr
            assert Settings(lr=lr).change(METHOD, method).lr == lr
