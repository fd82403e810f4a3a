"""The script of a run prints, by itself, what gdtui prints for it."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.strategies import plain_critical
from support.writing import Data, problem_of, written

from gdtui.core.descent import Point, Status, starting_point
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.method import METHODS, Method
from gdtui.core.run import Record, Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, surface_of
from gdtui.dataset import Dataset
from gdtui.export.files import ExportError
from gdtui.export.lines import ReportedSteps, text_lines
from gdtui.export.script import MOST_EXAMPLES, script


def printed(text: str) -> str:
    """What a script prints, with no name but its own."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(text, "script.py", "exec", dont_inherit=True), {})
    return output.getvalue()


def printed_alone(text: str, folder: Path) -> str:
    """What a script prints where there is nothing but it, Python and numpy."""
    file = folder / "script.py"
    file.write_text(text, encoding="utf-8")
    # Isolated, it finds nothing of this project.
    result = subprocess.run(
        [sys.executable, "-I", str(file)],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        timeout=60,
        check=True,
    )
    return result.stdout


def record_of(data: Data, settings: Settings) -> Record:
    return Run(surface_of(data, settings), settings).record


def assert_prints_the_same(data: Data, settings: Settings) -> Status:
    text, outcome = written("text", data, settings)
    assert printed(script(problem_of(data), record_of(data, settings))) == text
    return outcome.status


@pytest.mark.parametrize("method", METHODS)
def test_a_script_runs_by_itself(pizza: Dataset, tmp_path: Path, method: str) -> None:
    odd = replace(pizza, name="größe · coding: rot13")
    settings = Settings(method=method, bias=True, standardize=True, lr=0.05)
    text = written("text", pizza, settings)[0]
    assert printed_alone(script(problem_of(odd), record_of(odd, settings)), tmp_path) == text


@pytest.mark.parametrize("method", METHODS)
def test_a_script_prints_what_plain_output_does(pizza: Dataset, method: str) -> None:
    for bias, standardize in product((False, True), repeat=2):
        settings = Settings(method=method, bias=bias, standardize=standardize, w_start=5 + 1 / 3)
        assert_prints_the_same(pizza, settings.replace(iterations=1234))
        if METHODS[method].critical:
            steep = 3 * plain_critical(surface_of(pizza, settings), bias)
            diverging = settings.replace(lr=steep, iterations=100_000)
            assert assert_prints_the_same(pizza, diverging) is Status.DIVERGED


@pytest.mark.parametrize("changes", [{"tolerance": 0.5}, {"method": "search", "lr": 0.01}])
def test_a_script_converges_where_the_run_does(pizza: Dataset, changes: dict[str, Any]) -> None:
    for bias in (False, True):
        settings = Settings(bias=bias, lr=0.003, iterations=50_000).replace(**changes)
        assert assert_prints_the_same(pizza, settings) is Status.CONVERGED


def test_a_long_script_prints_the_same_to_its_end(pizza: Dataset) -> None:
    assert_prints_the_same(pizza, Settings(bias=True, iterations=50_000))


@pytest.mark.parametrize("name", LANDSCAPES)
@pytest.mark.parametrize("method", ["gd", "adam", "search", "sgd"])
def test_a_script_of_a_landscape(name: str, method: str) -> None:
    landscape = LANDSCAPES[name]
    settings = Settings(method=method, iterations=300, **landscape.defaults)  # type: ignore[arg-type]
    assert_prints_the_same(landscape, settings)
    assert_prints_the_same(landscape, settings.replace(lr=10, bias=False))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([5, 5, 5], [1, 2, 4]),
        ([0, 0], [0, 1]),
        ([0.1, 0.1, 0.1], [1, 1, 1]),
        ([7], [3]),
        ([1e-300, 2e-300, 3e-300], [1, 2, 3]),
        ([1e200, -1e200], [1, 2]),
        ([1, 2], [1e200, 1]),
        ([-0.0, 1], [-0.0, 0]),
    ],
)
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_script_of_strange_data(x: list[float], y: list[float], standardize: bool) -> None:
    data = Dataset("odd", "x", "y", np.array(x, float), np.array(y, float))
    settings = Settings(bias=True, standardize=standardize, lr=0.1, iterations=300, w_start=1e100)
    assert_prints_the_same(data, settings)


def test_a_slope_that_is_not_finite_ends_a_script_as_it_ends_a_run() -> None:
    data = Dataset("odd", "x", "y", np.array([1e200]), np.array([0.0]))
    assert assert_prints_the_same(data, Settings(w_start=1e-80)) is Status.DIVERGED


@pytest.mark.parametrize("eps", [0, 1e-300])
def test_a_script_with_hyperparameters_of_the_method(pizza: Dataset, eps: float) -> None:
    settings = Settings(method="adam", lr=0.1, bias=True, beta1=0, beta2=0.5, eps=eps)
    assert_prints_the_same(pizza, settings)


def tuned(surface: LossSurface) -> Run:
    settings = Settings(method="momentum", bias=True, iterations=80, momentum=0.5)
    run = Run(surface, settings)
    run.advance(20)
    run.tune(settings.replace(lr=0.0005, momentum=0.8))
    run.advance(20)
    run.tune(settings.replace(lr=0.0005, tolerance=1e-3, iterations=30_000))
    run.advance(30_000)
    return run


def branched(surface: LossSurface) -> Run:
    before = Run(surface, Settings(method="adam", lr=0.1, bias=True, iterations=50))
    before.advance(50)
    snapshot = before.snapshot_at(13)
    start = Point(13, snapshot.step.w, snapshot.step.b, snapshot.memory)
    run = Run(surface, before.settings.replace(lr=0.5), start=start)
    run.advance(50)
    return run


@pytest.mark.parametrize("make", [tuned, branched])
def test_a_script_of_a_run_with_a_past(
    pizza: Dataset, surface: LossSurface, make: Callable[[LossSurface], Run]
) -> None:
    record = make(surface).record
    text = "".join(text_lines(ReportedSteps(surface, record)))
    assert printed(script(problem_of(pizza), record)) == text


def test_a_run_that_stands_still_has_a_script_to_its_end(pizza: Dataset) -> None:
    settings = Settings(iterations=7)
    run = Run(surface_of(pizza, settings), settings)
    run.advance(3)
    assert printed(script(problem_of(pizza), run.record)) == written("text", pizza, settings)[0]


@pytest.mark.parametrize(
    "name", ["coding: rot13", 'a"""\nimport os', "\r\x1b[1m\u2028\udcff", "größe\x00", "\\\n x=1"]
)
def test_names_of_data_are_no_part_of_the_program(pizza: Dataset, name: str) -> None:
    odd = replace(pizza, name=name, feature=name, label=name)
    plain = script(problem_of(pizza), record_of(pizza, Settings()))
    hostile = script(problem_of(odd), record_of(odd, Settings()))
    assert ast.dump(ast.parse(hostile)) == ast.dump(ast.parse(plain))
    assert assert_prints_the_same(odd, Settings(iterations=3)) is Status.FINISHED


def code_of(data: Dataset, settings: Settings) -> list[str]:
    """The lines of a script, but for words and the examples."""
    lines = script(problem_of(data), record_of(data, settings)).splitlines()
    assert max(map(len, lines)) <= 100
    rest = re.compile(r"#|[xy] = np.array|[\d\s.,\])-]*$")
    return [line for line in lines if not rest.match(line)]


@pytest.mark.parametrize(("method", "most"), [("gd", 12), ("momentum", 14), ("adam", 19)])
def test_a_script_is_short(pizza: Dataset, method: str, most: int) -> None:
    lines = code_of(pizza, Settings(method=method))
    assert len(lines) <= most
    assert "    return np.mean(e * e), 2 * np.mean(x * e), 2 * np.mean(e)" in lines


def test_where_the_textbook_rounds_otherwise_a_script_sums_up_as_gdtui(pizza: Dataset) -> None:
    settings = Settings(bias=True, iterations=20_000)
    lines = code_of(pizza, settings)
    assert len(lines) <= 45
    assert "        return (res + vxx * e * e + r * r, 2 * (vxx * e + xm * r), 2 * r)" in lines
    assert_prints_the_same(pizza, settings)


def test_a_script_draws_the_same_batches(pizza: Dataset) -> None:
    sampled = Settings(method="sgd", seed=3)
    for batch, bias, iterations in product((1, 7, 30, 500), (False, True), (50, 3000)):
        settings = sampled.replace(batch=batch, bias=bias, iterations=iterations)
        assert_prints_the_same(pizza, settings)


def test_a_new_method_needs_no_edit_here(pizza: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    formula = ("x <- momentum * x + g * t", "w <- w - lr * (x + g)")
    new = METHODS["momentum"]._replace(key="new", formula=formula, remembers=("x",))
    monkeypatch.setitem(METHODS, "new", new)
    text = printed(
        script(problem_of(pizza), record_of(pizza, Settings(method="new", iterations=2)))
    )
    first = surface_of(pizza, Settings()).loss(0, 0)
    dw = surface_of(pizza, Settings()).gradient(0, 0)[0]
    second = surface_of(pizza, Settings()).loss(-0.001 * 2 * dw, 0)
    assert text.splitlines()[:2] == [
        f"Iteration    0 => Loss: {first:.10f}",
        f"Iteration    1 => Loss: {second:.10f}",
    ]


def test_what_has_no_short_script_is_refused_in_words(pizza: Dataset, heavy_ball: Method) -> None:
    many = np.zeros(MOST_EXAMPLES + 1)
    huge = replace(pizza, x=many, y=many)
    hidden = replace(LANDSCAPES["bowl"], formula=eval("lambda w, b: (w, b, 0)"))
    cases: list[tuple[Data, Settings, str]] = [
        (pizza, Settings(method="ball"), "heavy ball has no script: nothing says its formula"),
        (huge, Settings(), "a script holds its examples, 1000 at most, and these are 1001"),
        (hidden, Settings(), "the formula of bowl can't be read"),
    ]
    for data, settings, reason in cases:
        start = starting_point(surface_of(pizza, settings), settings)
        with pytest.raises(ExportError, match=reason):
            script(problem_of(data), Record(start, ((0, settings),), 0))


def test_as_many_examples_as_may_be() -> None:
    values = np.random.default_rng(1).normal(size=MOST_EXAMPLES)
    data = Dataset("many", "x", "y", values, values**2)
    assert_prints_the_same(data, Settings(bias=True, lr=0.1))
