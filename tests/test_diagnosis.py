"""Judging a learner's program by the losses that it printed.

`GDTUI_CHECKED=500` judges as many right and wrong programs; `tests/benchmarks/diagnosis.py` prints
a table of what is found.
"""

import io
import os
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from support.learner import (
    MISTAKES,
    NEEDS_B,
    STYLES,
    Finding,
    Learner,
    finding,
    judgement_of,
    right_program,
    wrong_program,
)

from gdtui.core.descent import descend
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.dataset import Dataset
from gdtui.diagnosis.hypotheses import HYPOTHESES
from gdtui.diagnosis.judgement import judged
from gdtui.diagnosis.report import verdict_of
from gdtui.export.lines import as_text
from gdtui.problem import Problem
from gdtui.transcript import read_transcript

RIGHT, WRONG = (int(os.environ.get("GDTUI_CHECKED", count)) for count in (40, 12))
# What is asked for by default, and so no mistake of the list.
NOT_LISTED = {"the feature is as it is in the data", "the method is gradient descent (gd)"}
# What methods keep, which a program may do otherwise only if it has such a method.
SHARES = {"momentum is ", "alpha is ", "beta1 is ", "beta2 is "}


def told(program: Learner) -> list[str]:
    """What is said of a program."""
    transcript = read_transcript("-", stream=io.BytesIO(program.lines.encode()))
    return verdict_of(judgement_of(program), transcript, program.settings)


def of_pizza(pizza: Dataset, *mistakes: str, **numbers: float) -> Learner:
    settings = Settings(bias=bool(NEEDS_B & {*mistakes}))
    mistakes = (*mistakes, *numbers)
    return Learner(pizza.x, pizza.y, settings, mistakes=frozenset(mistakes), numbers=numbers)


@pytest.mark.parametrize("seed", range(RIGHT))
def test_a_right_program_is_accepted(seed: int) -> None:
    program = right_program(Random(seed))
    judgement = judgement_of(program)
    assert judgement.is_same, (program, judgement.differs, judgement.expected)


@pytest.mark.parametrize("seed", range(WRONG))
def test_a_wrong_program_is_never_explained_by_another_thing(seed: int) -> None:
    assert finding(wrong_program(Random(seed))) is not Finding.OTHER


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named_with_the_data_of_the_lesson(pizza: Dataset, mistake: str) -> None:
    numbers = {mistake: {"rate": 0.0012, "w": 1.5, "b": 2.0}[mistake]} if len(mistake) < 5 else {}
    program = of_pizza(pizza, mistake, **numbers)
    assert finding(program) in (Finding.ALONE, Finding.AMONG)
    found = [
        {
            one.hypothesis.number: one.number
            for one in explained.accusations
            if one.hypothesis.number
        }
        for explained in judgement_of(program).explanations
    ]
    assert numbers in found or not numbers


def test_each_hypothesis_is_a_mistake_that_is_tried() -> None:
    for hypothesis in HYPOTHESES:
        words = hypothesis.words.replace("{}", "")
        named = any(words.startswith(mistake.strip()) for mistake in MISTAKES.values())
        assert named != (words in NOT_LISTED | SHARES), words


@pytest.mark.parametrize(
    ("asked", "done"),
    [
        ({}, {"method": "momentum", "momentum": 0.5}),
        ({}, {"method": "rmsprop", "alpha": 0.9}),
        ({"method": "adam"}, {"beta2": 0.99}),
        ({"method": "momentum"}, {"momentum": 0.8, "lr": 0.002}),
    ],
)
def test_what_a_method_keeps_is_found(
    pizza: Dataset, asked: dict[str, Any], done: dict[str, Any]
) -> None:
    problem = Problem.of_dataset(pizza)
    settings = Settings(bias=True).replace(**asked)
    lines = "".join(as_text(problem, settings.replace(**done)))
    transcript = read_transcript("-", stream=io.BytesIO(lines.encode()))
    explanations = judged(problem.surface, settings, transcript).explanations
    named = {"method": "the method is ", "lr": "the learning rate is "}
    for explained in explanations:
        for name, value in done.items():
            number = "" if name == "method" else f"{value}"
            assert f"{named.get(name, f'{name} is ')}{number}" in explained.words
    assert explanations


@pytest.mark.parametrize("style", STYLES)
def test_a_run_from_beside_the_minimum_that_diverges_is_accepted(
    pizza: Dataset, surface: LossSurface, style: str
) -> None:
    """Each iteration multiplies what rounding made of the start, in each style another."""
    lowest = surface.minimum(0, 0, True)
    beside = lowest.w * (1 + 1e-14)
    settings = Settings(lr=0.02, bias=True, iterations=60, w_start=beside, b_start=lowest.b)
    judgement = judgement_of(Learner(pizza.x, pizza.y, settings, style=style))
    assert judgement.is_same
    assert judgement.unsure


def test_a_run_into_infinity_is_accepted(pizza: Dataset) -> None:
    program = Learner(pizza.x, pizza.y, Settings(lr=0.1, iterations=400))
    assert "nan" in program.lines
    assert judgement_of(program).is_same


def test_a_mistake_that_leads_into_infinity_is_named(pizza: Dataset) -> None:
    program = of_pizza(pizza, "w summed")
    program.settings = program.settings.replace(lr=0.0011, iterations=400)
    assert program.lines.count("nan") > 100
    assert finding(program) is Finding.ALONE


def test_unsure_lines_accept_no_wrong_program(pizza: Dataset) -> None:
    program = Learner(pizza.x, pizza.y, Settings(lr=0.1, iterations=400))
    program.mistakes = frozenset({"without 2"})
    assert not judgement_of(program).right


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "The same: all 100 losses are those of this run, to the digits printed."),
        (
            {"counts_from": 1},
            "The same: all 100 losses are those of this run, to the digits printed; "
            "the program counts its iterations from 1.",
        ),
        (
            {"every": 10},
            "The same: all 10 losses are those of this run, to the digits printed.",
        ),
        (
            {"settings": Settings(iterations=101)},
            "The same: all 101 losses are those of this run, to the digits printed.",
        ),
        (
            {"settings": Settings(iterations=40)},
            "Another number of iterations: all 40 losses are those of this run, to the digits "
            "printed; but the program stops after iteration 39, and this run makes 100 iterations.",
        ),
        (
            {"settings": Settings(iterations=102)},
            "Another number of iterations: all 102 losses are those of this run, to the digits "
            "printed; but the program goes on to iteration 101, and this run makes 100 iterations.",
        ),
        (
            {"settings": Settings(iterations=1)},
            "Another number of iterations: the one loss is that of this run, to the digits "
            "printed; but the program stops after iteration 0, and this run makes 100 iterations.",
        ),
    ],
)
def test_what_is_right_is_told_in_a_sentence(
    pizza: Dataset, changes: dict[str, Any], sentence: str
) -> None:
    program = replace(Learner(pizza.x, pizza.y, Settings()), **changes)
    transcript = read_transcript("-", stream=io.BytesIO(program.lines.encode()))
    judgement = judged(LossSurface.of(pizza.x, pizza.y), Settings(), transcript)
    assert verdict_of(judgement, transcript, Settings()) == [sentence]
    assert judgement.is_same == sentence.startswith("The same")


@pytest.mark.parametrize(
    ("mistakes", "numbers", "diagnosis"),
    [
        (
            {"without 2"},
            {},
            "either the factor 2 is missing in the gradient, or the learning rate is 0.0005 "
            "(or 0.004070383912). Either way all 100 losses are explained.",
        ),
        (
            {"after update"},
            {},
            "either the loss is printed after the update, or w starts at 0.8068 (or 2.88058574). "
            "Either way all 100 losses are explained.",
        ),
        (
            {"summed", "prints root"},
            {},
            "either the gradient is a sum over the examples, and not divided by their number and "
            "the loss printed is the root of the mean squared error, or the learning rate is 0.03 "
            "and the loss printed is the root of the mean squared error. "
            "Either way all 100 losses are explained.",
        ),
        (
            {"w"},
            {"w": 1.5},
            "w starts at 1.5 (or 2.18738574). So all 100 losses are explained.",
        ),
    ],
)
def test_a_diagnosis_in_words(
    pizza: Dataset, mistakes: set[str], numbers: dict[str, float], diagnosis: str
) -> None:
    program = of_pizza(pizza, *mistakes)
    program.numbers = numbers
    assert told(program)[1] == f"Diagnosis: {diagnosis}"


def test_where_nothing_fits_nothing_is_claimed(pizza: Dataset) -> None:
    """A learning rate that shrinks is on no list."""
    w, lines = 0.0, []
    for i in range(60):
        error = pizza.x * w - pizza.y
        lines.append(f"Iteration {i:4d} => Loss: {np.mean(error**2):.10f}\n")
        w -= 0.0001 * 0.9**i * 2 * float(np.mean(pizza.x * error))
    transcript = read_transcript("-", stream=io.BytesIO("".join(lines).encode()))
    settings = Settings(lr=0.0001, iterations=60)
    judgement = judged(LossSurface.of(pizza.x, pizza.y), settings, transcript)
    assert not judgement.explanations
    different, nothing, start, decay = verdict_of(judgement, transcript, settings)
    assert different.startswith("Different: line 3 says ")
    assert nothing.startswith("No diagnosis: ")
    assert start == "The first loss is 812.8666666667, where this run has 812.8666666667."
    assert decay == (
        "From line to line the change of the loss is multiplied by 0.8998, "
        "where this run has 0.9144."
    )


def test_a_number_that_the_lines_do_not_tell_is_not_claimed(pizza: Dataset) -> None:
    """Two losses agree with some learning rate, whatever the program did."""
    program = of_pizza(pizza, rate=0.0012)
    program.settings = program.settings.replace(iterations=3)
    assert finding(program) is Finding.NOTHING
    program.settings = program.settings.replace(iterations=6)
    assert finding(program) is Finding.ALONE


@pytest.mark.parametrize("name", LANDSCAPES)
def test_surfaces_can_be_checked_too(name: str) -> None:
    surface = LANDSCAPES[name]
    settings = Settings().replace(**surface.defaults)
    rates = settings.lr, settings.lr / 2
    for rate in rates:
        steps = descend(surface, settings.replace(lr=rate))
        lines = "".join(f"Iteration {step.iteration} => Loss: {step.loss:.10f}\n" for step in steps)
        transcript = read_transcript("-", stream=io.BytesIO(lines.encode()))
        judgement = judged(surface, settings, transcript)
        words = {one.words for one in judgement.explanations}
        assert judgement.is_same == (rate == settings.lr)
        assert judgement.is_same or "the factor 2 is missing in the gradient" in words


@pytest.mark.parametrize(
    "settings",
    [
        Settings(standardize=True, lr=0.1, bias=True),
        Settings(standardize=True, lr=0.1, bias=True, w_start=1, b_start=2),
        Settings(tolerance=0.01, bias=True, lr=0.004),
        Settings(method="search", lr=0.1, bias=True),
        Settings(method="sgd", bias=True),
    ],
    ids=str,
)
def test_what_gdtui_prints_is_accepted(pizza: Dataset, settings: Settings) -> None:
    problem = Problem.of_dataset(pizza)
    lines = "".join(as_text(problem, settings))
    transcript = read_transcript("-", stream=io.BytesIO(lines.encode()))
    assert judged(problem.surface, settings, transcript).is_same


@pytest.mark.parametrize(
    "examples", [([2.0], [3.0]), ([1e160, -1e160], [1.0, 2.0]), ([0.0] * 3, [1.0] * 3)]
)
@pytest.mark.parametrize(
    "losses",
    [
        ["0"],
        ["nan", "1", "inf", "2", "1e308", "-1"],
        ["1", "1", "1", "1", "1"],
        ["1e300", "1e200", "1e100", "1", "1e-100", "0.5"],
    ],
    ids=" ".join,
)
def test_odd_lines_and_data_are_judged_without_a_claim(
    examples: tuple[list[float], list[float]], losses: list[str]
) -> None:
    lines = "".join(f"Iteration {at} => Loss: {loss}\n" for at, loss in enumerate(losses))
    transcript = read_transcript("-", stream=io.BytesIO(lines.encode()))
    settings = Settings(bias=True, iterations=len(losses))
    judgement = judged(LossSurface.of(*examples), settings, transcript)
    assert verdict_of(judgement, transcript, settings)
    assert not judgement.explanations


@pytest.mark.parametrize("form", ["%.10f", "%s"])
def test_single_precision_is_known_by_its_digits(pizza: Dataset, form: str) -> None:
    program = of_pizza(pizza, "float32")
    program.form = form
    assert finding(program) is Finding.ALONE


@pytest.mark.parametrize("bias", [False, True])
def test_a_program_that_scales_as_asked_is_right(pizza: Dataset, bias: bool) -> None:
    scaled = Learner(pizza.x, pizza.y, Settings(lr=0.1, bias=bias), "loop")
    scaled.mistakes = frozenset({"standardized"})
    settings = Settings(lr=0.1, bias=bias, standardize=True)
    transcript = read_transcript("-", stream=io.BytesIO(scaled.lines.encode()))
    assert judged(LossSurface.of(pizza.x, pizza.y), settings, transcript).is_same
    plain = Learner(pizza.x, pizza.y, Settings(lr=0.1, bias=bias))
    transcript = read_transcript("-", stream=io.BytesIO(plain.lines.encode()))
    (explained,) = judged(LossSurface.of(pizza.x, pizza.y), settings, transcript).explanations
    assert explained.words == "the feature is as it is in the data"
