"""A run as text, CSV and JSON, and the words about it."""

import csv
import io
import re
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.writing import objects, problem_of, written

from gdtui import __version__
from gdtui.cli import parser
from gdtui.core import model
from gdtui.core.batches import batch
from gdtui.core.descent import Status, Step, descend
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.method import Method
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, surface_of
from gdtui.dataset import Dataset
from gdtui.export.lines import answer, beside, text_line
from gdtui.export.reports import REPORTS

HUGE = Dataset("huge.csv", "x", "y", np.array([1e100, 2e100]), np.array([1.0, 2.0]))
AT_ONCE = Settings(w_start=1e100)
SEARCH = Settings(method="search", lr=0.01)
DIVERGING = Settings(lr=0.005, bias=True, iterations=10_000)


def csv_steps(text: str) -> list[Step]:
    rows = list(csv.DictReader(io.StringIO(text)))
    return [
        Step(int(row["iteration"]), *(float(row[name]) for name in Step._fields[1:]))
        for row in rows
    ]


def json_steps(text: str) -> list[Step]:
    return [Step(**one) for one in objects(text)[1:-1]]


def text_iterations(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^Iteration +(\d+) =>", text, re.MULTILINE)]


ITERATIONS: dict[str, Callable[[str], list[int]]] = {
    "text": text_iterations,
    "csv": lambda text: [step.iteration for step in csv_steps(text)],
    "json": lambda text: [step.iteration for step in json_steps(text)],
}
every_format = pytest.mark.parametrize("form", REPORTS)


def test_the_command_line_knows_every_format() -> None:
    assert tuple(REPORTS) == tuple(ITERATIONS) == parser.REPORT_NAMES


@every_format
@hypothesis_settings(max_examples=30)
@given(st.integers(1, 60), st.integers(1, 120))
def test_every_so_manieth_step_and_the_last(
    pizza: Dataset, form: str, iterations: int, every: int
) -> None:
    text, outcome = written(form, pizza, Settings(iterations=iterations), every)
    wanted = sorted({*range(0, iterations, every), iterations - 1})
    assert ITERATIONS[form](text) == wanted
    assert (outcome.status, outcome.lines) == (Status.FINISHED, iterations)


@every_format
def test_a_report_returns_the_outcome_of_the_descent(
    pizza: Dataset, surface: LossSurface, form: str
) -> None:
    for settings in (DIVERGING, AT_ONCE, SEARCH, Settings(tolerance=1), Settings(iterations=29)):
        *_, last = descend(surface, settings)
        for every in (1, 7, 10_000):
            text, outcome = written(form, pizza, settings, every)
            assert ITERATIONS[form](text)[-1] == last.iteration == outcome.lines - 1
            assert text.endswith("\n")
            # Where bursts end cannot be seen.
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("gdtui.export.lines.WRITTEN_AT_ONCE", 7)
                assert written(form, pizza, settings, every) == (text, outcome)


@every_format
def test_lines_come_long_before_the_end(pizza: Dataset, form: str) -> None:
    report = REPORTS[form](problem_of(pizza), Settings(iterations=1_000_000_000), 1)
    assert "".join(islice(report, 3)).count("\n") >= 3


@pytest.mark.parametrize(("form", "read"), [("csv", csv_steps), ("json", json_steps)])
@pytest.mark.parametrize("settings", [Settings(bias=True, w_start=1 / 3), DIVERGING])
def test_numbers_are_written_in_full(
    pizza: Dataset,
    surface: LossSurface,
    form: str,
    read: Callable[[str], list[Step]],
    settings: Settings,
) -> None:
    assert read(written(form, pizza, settings)[0]) == list(descend(surface, settings))


def test_csv_begins_with_the_names_of_its_columns(pizza: Dataset) -> None:
    assert written("csv", pizza, Settings())[0].startswith("iteration,w,b,loss,dw,db\n0,0.0,0.0,")


def test_json_begins_with_data_and_settings(pizza: Dataset, heavy_ball: Method) -> None:
    settings = Settings(method="ball", iterations=3)
    head = objects(written("json", pizza, settings)[0])[0]
    # What --compare reads.
    assert head.keys() == {
        *("format", "version", "data", "settings", "source", "fingerprint", "record"),
    }
    assert {name: head[name] for name in ("version", "data", "settings")} == {
        "version": __version__,
        "data": {
            "name": "pizza.txt",
            "feature": "Reservations",
            "label": "Pizzas",
            "examples": 30,
        },
        "settings": {
            "method": "ball",
            "lr": 0.001,
            "iterations": 3,
            "w_start": 0.0,
            "b_start": 0.0,
            "bias": False,
            "standardize": False,
            "tolerance": 0.0,
            "inertia": 0.9,
        },
    }


@pytest.mark.parametrize("settings", [Settings(), DIVERGING, Settings(tolerance=1)])
def test_json_closes_with_the_outcome(pizza: Dataset, settings: Settings) -> None:
    text, outcome = written("json", pizza, settings)
    step = outcome.step
    assert objects(text)[-1] == {
        "outcome": outcome.status.value,
        "iteration": outcome.iteration,
        **{name: getattr(step, name) for name in ("w", "b", "loss", "dw", "db")},
    }


@hypothesis_settings(max_examples=200)
@given(*[st.text(st.characters(), max_size=20)] * 3)
@example('a "b"\n.csv', "größe", "\u2028")
@example("\x1b]52;c;x\x07.csv", "\x9b31m\x7f\x00", "\u202e宽\U0001f600\udcff")
def test_json_keeps_foreign_names_in_lines_of_printable_ascii(
    name: str, feature: str, label: str
) -> None:
    odd = Dataset(name, feature, label, np.array([1.0]), np.array([2.0]))
    lines = written("json", odd, Settings(iterations=2))[0].split("\n")
    assert len(lines) == 5
    assert lines[0].isascii()
    assert lines[0].isprintable()
    kept = {"name": name, "feature": feature, "label": label, "examples": 1}
    assert objects(lines[0])[0]["data"] == kept


@every_format
def test_a_run_that_diverged_at_the_start_can_be_written(form: str) -> None:
    text, outcome = written(form, HUGE, AT_ONCE)
    assert ITERATIONS[form](text) == []
    assert outcome[:3] == (Status.DIVERGED, 0, 0)


def test_json_has_null_for_what_is_not_finite() -> None:
    last = objects(written("json", HUGE, AT_ONCE)[0])[-1]
    assert (last["outcome"], last["iteration"], last["w"]) == ("diverged", 0, 1e100)
    assert last["loss"] is None


def test_text_with_bias_ends_with_both_parameters(pizza: Dataset) -> None:
    text = written("text", pizza, Settings(bias=True, iterations=20_000), every=10_000)[0]
    assert text.splitlines()[1:] == [
        "Iteration 10000 => Loss: 22.8438317248",
        "Iteration 19999 => Loss: 22.8427367616",
        "",
        "w=1.0811301700, b=13.1722676564",
    ]


def test_lines_are_those_of_the_lesson() -> None:
    step = Step(7, 1.5, -2.25, 1234.5, 0, 0)
    assert text_line(step) == "Iteration    7 => Loss: 1234.5000000000"
    assert answer(step, bias=False) == "w=1.5000000000"
    assert answer(step, bias=True) == "w=1.5000000000, b=-2.2500000000"


# Standardized


def scaled_by_hand(data: Dataset, settings: Settings) -> list[dict[str, float]]:
    """The textbook's descent over the scaled feature; w and b follow from its predictions."""
    x = (data.x - data.x.mean()) / data.x.std()
    w, b = settings.w_start * data.x.std(), settings.b_start + settings.w_start * data.x.mean()
    found = []
    for _ in range(settings.iterations):
        error = x * w + b - data.y
        dw, db = 2 * np.mean(x * error), 2 * np.mean(error)
        raw_w, raw_b = np.polyfit(data.x, x * w + b, 1)
        step = {"w": raw_w, "b": raw_b, "loss": np.mean(error**2), "dw": dw, "db": db}
        found.append(step | {"w_scaled": w, "b_scaled": b})
        w, b = w - settings.lr * dw, b - settings.lr * db * settings.bias
    return found


def csv_rows(text: str) -> list[dict[str, float]]:
    rows = csv.DictReader(io.StringIO(text))
    return [{name: float(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("form", "first", "last"), [("csv", 0, None), ("json", 1, -1)])
def test_standardized_rows_are_those_of_a_descent_by_hand(
    pizza: Dataset, bias: bool, form: str, first: int, last: int | None
) -> None:
    settings = Settings(lr=0.1, bias=bias, standardize=True, iterations=40, w_start=-2.5, b_start=7)
    text = written(form, pizza, settings)[0]
    rows = (csv_rows if form == "csv" else objects)(text)[first:last]
    expected = scaled_by_hand(pizza, settings)
    assert len(rows) == len(expected) == 40
    for iteration, (row, step) in enumerate(zip(rows, expected, strict=True)):
        assert row.pop("iteration") == iteration
        assert list(row) == list(step)
        assert row == pytest.approx(step, rel=1e-9, abs=1e-9)
    assert (rows[0]["w"], rows[0]["b"]) == pytest.approx((-2.5, 7))


def test_standardized_the_outcome_is_in_both_units(pizza: Dataset) -> None:
    settings = Settings(lr=0.1, bias=True, standardize=True, iterations=200)
    text, outcome = written("json", pizza, settings, every=200)
    last, step = objects(text)[-1], outcome.step
    assert list(last) == ["outcome", "iteration", *Step._fields[1:], "w_scaled", "b_scaled"]
    assert (last["w_scaled"], last["b_scaled"], last["loss"]) == (step.w, step.b, step.loss)
    line = np.polyfit(pizza.x, pizza.y, 1)
    assert (last["w"], last["b"]) == pytest.approx(tuple(line))
    assert (step.w, step.b) == pytest.approx((line[0] * pizza.x.std(), pizza.y.mean()))


@pytest.mark.parametrize("bias", [False, True])
def test_standardized_text_ends_with_both_parameters_as_they_were(
    pizza: Dataset, bias: bool
) -> None:
    settings = Settings(lr=0.1, bias=bias, standardize=True, iterations=300)
    text, outcome = written("text", pizza, settings)
    w, b = np.polyfit(pizza.x, pizza.y, 1)
    # Held, the scaled bias stays 0: the line goes through 0 at the mean.
    b = b if bias else -w * pizza.x.mean()
    assert text.splitlines()[-1] == f"w={w:.10f}, b={b:.10f}"
    assert text.splitlines()[-3] == f"Iteration  299 => Loss: {outcome.step.loss:.10f}"


def test_standardized_numbers_that_overflow_are_null() -> None:
    tiny = Dataset("tiny.csv", "x", "y", np.array([0, 1e-300]), np.array([0, 1e150]))
    text = written("json", tiny, Settings(bias=True, standardize=True, lr=0.1, iterations=9))[0]
    assert objects(text)[-2]["w"] is None
    assert objects(text)[-2]["w_scaled"] == pytest.approx(0.416e150, rel=1e-3)


@every_format
def test_a_surface_is_written_like_data(form: str) -> None:
    surface = LANDSCAPES["beale"]
    settings = Settings(bias=True, lr=0.01, w_start=1, b_start=1.5, iterations=30)
    text, outcome = written(form, surface, settings)
    assert ITERATIONS[form](text) == list(range(30))
    assert outcome.step.loss == surface.loss(outcome.step.w, outcome.step.b)
    if form == "json":
        assert objects(text)[0]["data"] == {"surface": "beale"}


# Batches

SAMPLED = Settings(method="sgd", bias=True, iterations=37, batch=7, seed=3)


def batch_losses(data: Dataset, settings: Settings) -> list[float]:
    """The loss over the batch of each iteration, by the definition."""
    x = (data.x - data.x.mean()) / data.x.std() if settings.standardize else data.x
    size, seed = int(settings.batch), int(settings.seed)
    losses = []
    for step in descend(surface_of(data, settings), settings):
        chosen = batch(len(x), min(size, len(x)), seed, step.iteration)
        losses.append(model.loss(x[chosen], data.y[chosen], step.w, step.b))
    return losses


@pytest.mark.parametrize("every", [1, 10])
@pytest.mark.parametrize("changes", [{}, {"standardize": True}, {"batch": 50, "seed": 0}])
def test_the_loss_of_the_batch_stands_beside_that_of_all(
    pizza: Dataset, every: int, changes: dict[str, Any]
) -> None:
    settings = SAMPLED.replace(**changes)
    shown = sorted({*range(0, 37, every), 36})
    expected = pytest.approx([batch_losses(pizza, settings)[i] for i in shown], rel=1e-9)
    text, _ = written("text", pizza, settings, every)
    found = re.findall(
        r"^Iteration .* => Loss: [\d.]+, of the batch: ([\d.]+)$", text, re.MULTILINE
    )
    assert [float(loss) for loss in found] == expected
    assert [row["batch_loss"] for row in csv_rows(written("csv", pizza, settings, every)[0])] == (
        expected
    )
    steps = objects(written("json", pizza, settings, every)[0])[1:-1]
    assert [step["batch_loss"] for step in steps] == expected


@every_format
@pytest.mark.parametrize("standardize", [False, True])
def test_the_loss_of_the_batch_changes_nothing_else(
    pizza: Dataset, form: str, standardize: bool
) -> None:
    """A batch of all examples is gradient descent, but for what is said of the batch."""
    plain = Settings(bias=True, standardize=standardize, iterations=20)
    whole = plain.replace(method="sgd", batch=30, seed=0)
    beyond = {
        "text": r", of the batch: [\d.]+$",
        "csv": r",(batch_loss|[\d.]+)$",
        "json": r', "batch_loss": [\d.]+',
    }[form]
    first, last = (1, None) if form == "json" else (0, -2 if form == "text" else None)
    lines = written(form, pizza, whole)[0].splitlines()
    stripped = [re.sub(beyond, "", one, count=1) for one in lines[first:last]]
    assert stripped == written(form, pizza, plain)[0].splitlines()[first:last]
    assert "batch_loss" not in lines[-1]


def test_examples_too_near_each_other_for_a_slope_have_a_batch_loss() -> None:
    near = Dataset("near.csv", "x", "y", np.array([0, 1e-161, 1]), np.array([0, 1e150, 0]))
    settings = SAMPLED.replace(iterations=50, lr=1e-12, batch=2, seed=0)
    steps = objects(written("json", near, settings)[0])[1:-1]
    losses = batch_losses(near, settings)
    assert [step["batch_loss"] for step in steps] == pytest.approx(losses, rel=1e-12)


def test_beside_a_line_stands_the_loss_of_its_batch(pizza: Dataset, surface: LossSurface) -> None:
    text = written("text", pizza, SAMPLED)[0]
    of_batch = beside(surface, SAMPLED)
    assert of_batch is not None
    lines = [text_line(step) + of_batch(step) for step in descend(surface, SAMPLED)]
    assert lines == text.splitlines()[:-2]
    assert beside(surface, Settings()) is None
