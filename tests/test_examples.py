"""The table of examples: its rows are the definitions, and it scrolls through any number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desk import opened as desk_opened
from textual.app import App
from textual.pilot import Pilot

from gdtui.core.descent import Step
from gdtui.core.model import gradient, loss, predict
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.drawing import short
from gdtui.scene import THIS_STEP
from gdtui.ui import app as app_module
from gdtui.ui.dialogs.examples import (
    COLUMN_HEADS,
    NARROW,
    WIDE,
    ExamplesScreen,
    ExamplesTable,
    example_row,
)
from gdtui.ui.theme import DARK
from gdtui.views import VIEWS

NUMBERS = st.floats(-1e3, 1e3)
NAMES = "Reservations", "Pizzas"


def step_of(surface: LossSurface, w: float, b: float, iteration: int = 0) -> Step:
    return Step(iteration, w, b, *surface.measurer()(w, b))


def many(count: int) -> LossSurface:
    x = np.arange(count, dtype=np.float64)
    return LossSurface.of(x, 2 * x + 1)


# The rows


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9), NUMBERS, NUMBERS)
def test_a_row_is_by_the_definitions(points: list[tuple[float, float]], w: float, b: float) -> None:
    x, y = np.array(points).T
    surface = LossSurface.of(x, y)
    rows = np.array([example_row(surface, step_of(surface, w, b), i) for i in range(len(x))])
    assert rows[:, 0] == pytest.approx(x)
    assert rows[:, 1] == pytest.approx(y)
    assert rows[:, 2] == pytest.approx(predict(x, w, b))
    assert rows[:, 3] == pytest.approx(predict(x, w, b) - y)
    scale = 1e-12 * float(np.abs(rows).max(initial=1.0)) * len(x)
    assert rows[:, 4].sum() == pytest.approx(gradient(x, y, w, b)[0], abs=scale)
    assert rows[:, 5].sum() == pytest.approx(gradient(x, y, w, b)[1], abs=scale)
    assert np.mean(rows[:, 3] ** 2) == pytest.approx(loss(x, y, w, b))


@pytest.mark.parametrize("settings", [Settings(), Settings(bias=True, lr=0.004)])
def test_the_parts_of_the_examples_make_the_slopes_of_the_step(
    surface: LossSurface, settings: Settings
) -> None:
    run = Run(surface, settings)
    run.advance(17)
    step = run.snapshot().step
    rows = np.array([example_row(surface, step, number) for number in range(surface.m)])
    assert rows[:, 4].sum() == pytest.approx(step.dw)
    assert rows[:, 5].sum() == pytest.approx(step.db)


def test_over_a_scaled_feature_the_parts_are_those_of_the_scaled_slopes(
    surface: LossSurface,
) -> None:
    scaled = surface.standardized()
    step = step_of(scaled, 3.0, -2.0)
    rows = np.array([example_row(scaled, step, number) for number in range(scaled.m)])
    assert rows[:, 0].mean() == pytest.approx(0, abs=1e-12)
    assert rows[:, 0].std() == pytest.approx(1)
    assert rows[:, 4].sum() == pytest.approx(step.dw)


# The screen


class Host(App[None]):
    CSS_PATH = Path(app_module.__file__).with_name("laboratory.tcss")

    def on_mount(self) -> None:
        self.register_theme(DARK)
        self.theme = DARK.name
        self.animation_level = "none"


@asynccontextmanager
async def opened(
    surface: LossSurface,
    step: Step,
    size: tuple[int, int] = (120, 36),
    names: tuple[str, str] = NAMES,
) -> AsyncIterator[Pilot[None]]:
    async with Host().run_test(size=size) as pilot:
        await pilot.app.push_screen(ExamplesScreen(surface, step, names))
        await pilot.pause()
        yield pilot


def lines(app: App[Any]) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


def table(pilot: Pilot[None]) -> ExamplesTable:
    return pilot.app.screen.query_one(ExamplesTable)


def numbers_shown(pilot: Pilot[None]) -> list[int]:
    """The examples in sight, by their numbers."""
    shown = table(pilot)
    texts = [shown.render_line(y).text.split() for y in range(shown.size.height)]
    return [int(text[0]) for text in texts if text]


async def test_what_is_on_the_screen(surface: LossSurface) -> None:
    step = step_of(surface, 1.5, 0.25, iteration=7)
    async with opened(surface, step, size=(120, 60)) as pilot:
        text = "\n".join(lines(pilot.app))
    assert "Iteration 7: each example's part in the gradient" in text
    assert "x is Reservations, y is Pizzas" in text
    assert WIDE.heads in text
    for number in range(surface.m):
        figures = example_row(surface, step, number)
        assert WIDE.line([str(number + 1), *map(short, figures)]) in text
    slopes = f"sums: dL/dw = {short(step.dw)}, dL/db = {short(step.db)}"
    assert f"{slopes}; loss = {short(step.loss)}" in text


@pytest.mark.parametrize("count", [100, 1_000_000])
async def test_the_keys_scroll_through_all_examples(count: int) -> None:
    surface = many(count)
    async with opened(surface, step_of(surface, 1, 0)) as pilot:
        height = table(pilot).size.height
        assert numbers_shown(pilot) == list(range(1, height + 1))
        for key, first in (
            ("down", 2),
            ("down", 3),
            ("up", 2),
            ("home", 1),
            ("up", 1),
            ("pagedown", 1 + height),
            ("pagedown", 1 + 2 * height),
            ("pageup", 1 + height),
            ("end", count - height + 1),
            ("down", count - height + 1),
            ("up", count - height),
            ("home", 1),
        ):
            await pilot.press(key)
            await pilot.pause()
            assert numbers_shown(pilot) == list(range(first, first + height)), key


async def test_a_million_examples_are_not_looked_at_to_show_a_screen_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def counted(surface: LossSurface, step: Step, number: int) -> tuple[float, ...]:
        asked.append(number)
        return example_row(surface, step, number)

    monkeypatch.setattr("gdtui.ui.dialogs.examples.example_row", counted)
    surface = many(1_000_000)
    async with opened(surface, step_of(surface, 1, 0)) as pilot:
        await pilot.press("end")
        await pilot.pause()
        assert 999_999 in asked
        assert len(set(asked)) <= 4 * table(pilot).size.height


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 16)])
async def test_every_column_can_be_seen(size: tuple[int, int], surface: LossSurface) -> None:
    """Where there is no room for all of them, the table scrolls to the right with its heads."""
    async with opened(surface, step_of(surface, 1.5, 0), size) as pilot:
        figures = [1, *example_row(surface, step_of(surface, 1.5, 0), 0)]
        digits = 6 if size[0] > 80 else 5
        texts = [short(figure, digits) for figure in figures]
        unseen = dict(zip(COLUMN_HEADS, texts, strict=True))
        for _ in range(10):
            at = pilot.app.screen.query_one("#columns").region.y
            heads, first = lines(pilot.app)[at : at + 2]
            for column in [name for name in unseen if f" {name} " in heads]:
                # Under the head of its column.
                end = heads.index(f" {column} ") + 1 + len(column)
                assert first[:end].endswith(f" {unseen.pop(column)}")
            if not unseen:
                break
            assert size[0] < 80
            await pilot.press(*["right"] * 8)
            await pilot.pause()
        assert not unseen


@pytest.mark.parametrize("count", [3, 300])
async def test_the_figures_have_as_many_digits_as_there_is_room_for(count: int) -> None:
    """With a scroll bar or without."""
    surface = many(count)
    step = step_of(surface, 1.23456789, 0)
    async with opened(surface, step) as pilot:
        for width, columns in ((120, WIDE), (80, NARROW), (92, WIDE), (91, NARROW)):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            text = "\n".join(lines(pilot.app))
            figures = [short(figure, columns.digits) for figure in example_row(surface, step, 2)]
            assert columns.heads in text
            assert columns.line(["3", *figures]) in text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_figures_never_run_into_each_other(value: float) -> None:
    for columns in (WIDE, NARROW):
        line = columns.line(
            ["999999999", *[short(value, columns.digits)] * (len(COLUMN_HEADS) - 1)]
        )
        assert len(line.split()) == len(COLUMN_HEADS)
        assert len(line) == len(columns.heads)


async def test_over_a_scaled_feature_the_table_says_so(surface: LossSurface) -> None:
    scaled = surface.standardized()
    async with opened(scaled, step_of(scaled, 1, 0), (80, 24)) as pilot:
        assert "x is the standardized Reservations, y is Pizzas" in "\n".join(lines(pilot.app))


async def test_one_example_can_be_looked_at() -> None:
    surface = many(1)
    async with opened(surface, step_of(surface, 2, 1)) as pilot:
        assert numbers_shown(pilot) == [1]


@pytest.mark.parametrize("key", ["escape", "enter", "q"])
async def test_a_key_leads_back(key: str, surface: LossSurface) -> None:
    async with opened(surface, step_of(surface, 1, 0)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert not isinstance(pilot.app.screen, ExamplesScreen)
        assert pilot.app.is_running


HOSTILE = "[red]x[/red] [link='@click=app.quit']y"


async def test_names_from_a_file_are_shown_as_they_are(surface: LossSurface) -> None:
    async with opened(surface, step_of(surface, 1, 0), names=(HOSTILE, "[/]")) as pilot:
        assert f"x is {HOSTILE}, y is [/]" in "\n".join(lines(pilot.app))


@pytest.mark.long
async def test_enter_opens_the_examples_of_a_hostile_file(tmp_path: Path) -> None:
    path = tmp_path / "hostile.csv"
    path.write_text("[b]x[/b],\u202ey[red]\n1,2\n3,4\n5,1e300\n", encoding="utf-8")
    async with desk_opened(path=path) as desk:
        await desk.press(str(list(VIEWS).index(THIS_STEP) + 1), "enter")
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, ExamplesScreen)
        assert r"x is [b]x[/b], y is \u202ey[red]" in desk.text
        assert "\u202e" not in desk.text
        assert "1e300" in desk.text
