"""The whole screen, driven by keys; the runs are driven by hand, so nothing depends on time."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.desk import (
    PIZZA,
    PIZZA_DATA,
    PIZZA_SURFACE,
    Desk,
    Touched,
    loaded,
    messages,
    opened,
    pauses_until,
)
from support.strategies import plain_critical
from textual.binding import Binding
from textual.widgets import DataTable, Input, SelectionList
from textual.widgets._footer import FooterKey
from textual.widgets.data_table import RowKey

from gdtui.core.descent import Status
from gdtui.core.hyperparameter import Value
from gdtui.core.ladder import rung_above, rung_below
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS, Method
from gdtui.core.pacemaker import FULL_SPEED
from gdtui.core.run import Run
from gdtui.core.settings import SHARED, Settings
from gdtui.dataset.text import DataError
from gdtui.export.lines import as_text
from gdtui.export.registry import EXPORTERS
from gdtui.loading import Loading
from gdtui.runs.history import Entry, History
from gdtui.runs.sweep import Sweep
from gdtui.ui.app import Laboratory, Palette
from gdtui.ui.dialogs.examples import ExamplesScreen
from gdtui.ui.dialogs.export import ExportScreen
from gdtui.ui.dialogs.question import Ask
from gdtui.ui.dialogs.runs import COLUMNS, RACERS, RaceScreen, Row, RunsScreen
from gdtui.ui.views import SWEEP, THIS_STEP, VIEWS
from gdtui.ui.views.scene import Scale
from gdtui.ui.widgets.help_panel import HelpPanel
from gdtui.ui.widgets.plot import Plot
from gdtui.ui.widgets.settings_panel import Choice, NumberField, SettingsPanel, Toggle
from gdtui.ui.workbench import Workbench

pytestmark = pytest.mark.usefixtures("idle")

# Where only one plot has to be drawn.
SMALL = (80, 24)
SIZES = [(40, 12), (80, 24), (120, 36), (200, 55)]
LAST_LINE = "Iteration   99 => Loss: 69.1209628275"


# What is shown


@pytest.mark.long(keep=3)
@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_ready_with_all_drawn(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        assert desk.run.status is Status.READY
        assert "ready" in desk.lines[0]
        assert "pizza.txt" in desk.lines[0]
        assert "812.8666666667" in desk.text
        plots = [name for name in VIEWS if desk.plot(name).display]
        assert len(plots) == {120: 2, 200: 4}.get(size[0], 1)
        for number, name in enumerate(VIEWS, 1):
            assert (f"─ {number} {name}" in desk.text) == (name in plots)
        assert "●" in desk.text
        assert {len(line) for line in desk.lines} == {size[0]}


@pytest.mark.parametrize("size", SIZES[1:])
async def test_with_room_nothing_is_cut_off(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        assert "…" not in desk.text
        for word in ("Hyperparameters", "Now", "Iterations", "Reservations -> Pizzas", "q Quit"):
            assert word in desk.text
        for parameter in SHARED:
            assert parameter.label in desk.text
        for words in ("0.22 × 0.0045704", "within 1%", "condition"):
            assert words in desk.text
        for panel in ("#settings", "#readout", "#log"):
            assert not desk.workbench.query_one(panel).show_vertical_scrollbar


async def test_a_surface_takes_the_place_of_data() -> None:
    surface = LANDSCAPES["saddle"]
    settings = Settings(**surface.defaults)  # type: ignore[arg-type]
    app = Laboratory(Loading.of_landscape(surface), settings)
    async with app.run_test(size=(120, 36)) as pilot:
        await pauses_until(pilot, lambda: isinstance(app.screen, Workbench))
        desk = Desk(app, pilot)
        assert "surface saddle · A saddle between two minima" in desk.lines[0]
        await desk.advance(100)
        assert desk.run.snapshot().step.loss < 0.001
        assert "finished" in desk.lines[0]


async def test_the_verdict_is_there_before_the_start() -> None:
    async with opened(Settings(lr=0.004)) as desk:
        for key, word in (("", "oscillates"), ("+", "diverges"), ("-", "good")):
            await desk.press(*key)
            assert any(line.startswith(f"│ {word} ") for line in desk.lines)
        assert desk.run.status is Status.READY


async def test_the_finished_run_shows_its_answer() -> None:
    async with opened() as desk:
        await desk.press("f")
        await desk.advance(1000)
        assert desk.run.status is Status.FINISHED
        assert "finished · iteration 100 of 100" in desk.lines[0]
        assert LAST_LINE in desk.text
        assert "w=1.8436928702" in desk.text
        now = [line[:32] for line in desk.lines if line.startswith("│ w ")]
        assert any("1.8436928702" in line for line in now)
        above = next(line[:32] for line in desk.lines if line.startswith("│ above min"))
        assert "0%" in above


async def test_the_diverged_run_is_explained_and_the_next_one_works() -> None:
    async with opened(Settings(lr=0.005, bias=True, iterations=100_000)) as desk:
        await desk.press("space")
        await desk.advance(100_000)
        assert "diverged · iteration 1961 of 100000" in desk.lines[0]
        words = " ".join(desk.text.split())
        assert "diverged at iteration 1961" in words
        assert "1.10 times the critical" in words
        await desk.press("-", "space")
        assert desk.run.settings.lr == 0.002
        assert desk.run.status is Status.RUNNING
        await desk.advance(50)
        assert "iteration 50 of 100000" in desk.lines[0]


async def test_the_converged_run_says_why() -> None:
    async with opened(Settings(method="search", lr=0.01, iterations=1000)) as desk:
        await desk.advance(1000)
        assert "converged · iteration 184 of 1000" in desk.lines[0]
        assert "Iteration  184 => Loss: 69.1239" in desk.text
        assert "no step lowers the loss" in " ".join(desk.text.split())


async def test_the_status_shown_is_what_the_run_says() -> None:
    async with opened() as desk:
        for act in ("space", "space", "s", "r", "s", "f", "space", "f"):
            await desk.press(act)
            assert f"{desk.run.status} · " in desk.lines[0]
        await desk.advance(10**6)
        assert f"{desk.run.status} · " in desk.lines[0]


@pytest.mark.long
async def test_after_odd_sizes_all_is_as_before() -> None:
    async with opened() as desk:
        await desk.advance(40)
        before = desk.text
        for size in ((1, 1), (5, 3), (39, 11), (71, 17), (300, 100), (13, 60), (120, 5)):
            await desk.resize(*size)
            assert {len(line) for line in desk.lines} == {size[0]}
            assert len(desk.lines) == size[1]
            await desk.press(*"l" * len(Scale), "z", "z")
            await desk.resize(120, 36)
            assert desk.text == before


async def test_resizing_redraws_the_plots_at_their_new_size() -> None:
    async with opened() as desk:
        await desk.advance(40)
        before = desk.text
        for size in ((40, 12), (200, 55), (120, 36)):
            await desk.resize(*size)
            for plot in desk.workbench.query(Plot):
                if plot.display:
                    assert plot.render_line(0).text.endswith("╮")
                    assert plot.render_line(plot.size.height - 1).text.endswith("╯")
        assert desk.text == before


async def test_a_file_that_cannot_be_read_ends_the_app(tmp_path: Path) -> None:
    app = Laboratory(loaded(tmp_path / "nosuch"), Settings())
    async with app.run_test() as pilot:
        await pauses_until(pilot, lambda: app._exit)
    assert isinstance(app.return_value, DataError)
    assert app.return_code == 2


# Keys. For each of them: what it acts on, and what must hold of that before and after.

Check = Callable[[object, object], bool]


def _running(desk: Desk) -> object:
    return desk.run.status is Status.RUNNING


def _iteration(desk: Desk) -> object:
    return desk.run.snapshot().step.iteration


def _lr(desk: Desk) -> object:
    return desk.run.settings.lr


def _pace(desk: Desk) -> object:
    return desk.run.pace


def _chosen(desk: Desk) -> object:
    """The plots marked as chosen; where there is room for one, the one that is shown."""
    one = desk.app.size.width < 120
    plots = {name: desk.plot(name) for name in VIEWS}
    return [name for name, plot in plots.items() if (plot.display if one else plot.chosen)]


def _scroll(desk: Desk) -> object:
    return desk.log.scroll_offset.y, desk.log.max_scroll_y


def _cursor(desk: Desk) -> object:
    return desk.workbench._cursor


def _opened(desk: Desk) -> object:
    return type(desk.app.screen)


def _at_the_start(before: object, after: object) -> bool:
    return isinstance(after, tuple) and after[0] == 0 and after[1][0] == 0


def _raised(before: object, after: object) -> bool:
    return isinstance(before, float) and after == rung_above(before)


def _lowered(before: object, after: object) -> bool:
    return isinstance(before, float) and after == rung_below(before)


def _differs(before: object, after: object) -> bool:
    return before != after


def _next_method(before: object, after: object) -> bool:
    keys = list(METHODS)
    return after == keys[(keys.index(str(before)) + 1) % len(keys)]


def _begun_anew(before: object, after: object) -> bool:
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    return after[0] is not before[0] and after[1] is True


def _swept(before: object, after: object) -> bool:
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    return after[0] is not before[0] and after[1] == [SWEEP]


def _view_shown(number: int) -> tuple[Callable[[Desk], object], Check]:
    return _chosen, lambda before, after: after == [list(VIEWS)[number - 1]]


def _scrolled(holds: Callable[[int, int, int], bool]) -> Check:
    def check(before: object, after: object) -> bool:
        assert isinstance(before, tuple)
        assert isinstance(after, tuple)
        return holds(before[0], after[0], after[1])

    return check


EFFECTS: dict[str, tuple[Callable[[Desk], object], Check]] = {
    "space": (_running, _differs),
    "s": (_iteration, lambda before, after: after == 61),
    "f": (_running, lambda before, after: after is True),
    "r": (lambda desk: desk.run, lambda before, after: after is not before),
    "minus": (_lr, _lowered),
    "plus": (_lr, _raised),
    "equals_sign": (_lr, _raised),
    "less_than_sign": (_pace, _lowered),
    "greater_than_sign": (_pace, _raised),
    "a": (lambda desk: (desk.run, _running(desk)), _begun_anew),
    "b": (lambda desk: desk.run.settings.bias, _differs),
    "m": (lambda desk: desk.run.settings.method, _next_method),
    "x": (lambda desk: desk.run.settings.standardize, _differs),
    "l": (lambda desk: desk.workbench._scale, _differs),
    "v": (lambda desk: (desk.workbench._along, len(messages(desk))), _differs),
    "w": (lambda desk: (desk.workbench._sweep, _chosen(desk)), _swept),
    **{str(number): _view_shown(number) for number in range(1, len(VIEWS) + 1)},
    "z": (lambda desk: desk.workbench.query_one("#left").display, _differs),
    "left": (_cursor, lambda before, after: after == 59),
    "right": (_iteration, lambda before, after: after == 61),
    "shift+left": (_cursor, lambda before, after: after == 50),
    "shift+right": (_iteration, lambda before, after: after == 70),
    "ctrl+left": (_cursor, lambda before, after: after == 59),
    "ctrl+right": (_cursor, lambda before, after: after is None),
    "home": (lambda desk: (_cursor(desk), _scroll(desk)), _at_the_start),
    "end": (_scroll, _scrolled(lambda before, after, end: after == end)),
    "g": (_opened, lambda before, after: after is Ask),
    "h": (_opened, lambda before, after: after is RunsScreen),
    "t": (_opened, lambda before, after: after is RaceScreen),
    "e": (_opened, lambda before, after: after is ExportScreen),
    "c": (lambda desk: desk.app.clipboard, lambda before, after: str(after).startswith("gdtui ")),
    "n": (lambda desk: desk.run.start_point.iteration, lambda before, after: after == 60),
    "pageup": (_scroll, _scrolled(lambda before, after, end: 0 < after < before)),
    "pagedown": (_scroll, _scrolled(lambda before, after, end: before < after < end)),
    "question_mark": (lambda desk: desk.workbench.query_one(HelpPanel).display, _differs),
    "ctrl+p": (_opened, lambda before, after: after is Palette),
}
# These end the app, and have tests of their own.
LAST = {"q"}
# These do something in one plot or state alone, and have tests of their own.
ELSEWHERE = {"enter", "escape"}
# Pressed once more, to take back what hides the rest.
TWICE = {"z", "question_mark", "x"}
DIGITS = {str(number): str(number) for number in range(1, len(VIEWS) + 1)}
SPELLED = {"minus": "-", "plus": "+", "e": "e", **DIGITS}
# In a text these move the cursor.
EDITING = {"home", "end", "left", "right", "shift+left", "shift+right", "ctrl+left", "ctrl+right"}
CHARACTERS = {
    **SPELLED,
    "equals_sign": "=",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "question_mark": "?",
}
KEYS = [
    key
    for binding in Workbench.BINDINGS
    if isinstance(binding, Binding)
    for key in binding.key.split(",")
]
PLACES: dict[str, str | None] = {
    "nowhere": None,
    "a number field": "lr",
    "the select": "method",
    "the switch": "bias",
    "the log": "",
}


def test_every_key_has_a_test() -> None:
    assert set(KEYS) == set(EFFECTS) | LAST | ELSEWHERE


def focus(desk: Desk, place: str | None) -> None:
    if place is None:
        desk.workbench.set_focus(None)
        return
    widget = desk.control(place) if place else desk.log
    widget.focus()


async def prepared(desk: Desk, place: str | None) -> None:
    """At iteration 60 of an unended run, with the log in its midst and the focus in its place."""
    desk.workbench._look_at(desk.run.iteration)
    run = desk.run
    if run.iteration != 60 or run.ended or run.start_point.iteration:
        desk.workbench._begin(desk.run.settings)
        await desk.advance(60)
    if desk.log.scroll_offset.y != 30:
        desk.log.scroll_to(y=30, animate=False, force=True)
        await desk.pilot.pause()
    focus(desk, place)


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("place", list(PLACES.values()), ids=list(PLACES))
async def test_every_key_does_what_it_says_wherever_the_focus_is(place: str | None) -> None:
    typed = {*SPELLED, *EDITING} if place == "lr" else set()
    wrong: list[tuple[str, object, object]] = []
    async with opened(pace=20.0, size=SMALL) as desk:
        for key in [key for key in KEYS if key not in typed | LAST | ELSEWHERE]:
            await prepared(desk, place)
            observe, holds = EFFECTS[key]
            if key == "1":
                await desk.press("2")
            before = observe(desk)
            await desk.press(CHARACTERS.get(key, key))
            after = observe(desk)
            if not holds(before, after):
                wrong.append((key, before, after))
            if key in TWICE:
                await desk.press(CHARACTERS.get(key, key))
                assert observe(desk) == before
            if desk.app.screen is not desk.workbench:
                await desk.press("escape")
    assert not wrong


async def test_a_key_that_spells_a_number_is_typed_in_a_number_field() -> None:
    async with opened(size=SMALL) as desk:
        before = desk.run.settings, _chosen(desk)
        for character in SPELLED.values():
            await desk.type("lr", character)
            control = desk.control("lr")
            assert isinstance(control, NumberField)
            assert control.value == character
            assert (desk.run.settings, _chosen(desk)) == before


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("place", list(PLACES.values()), ids=list(PLACES))
async def test_q_ends_the_app_wherever_the_focus_is(place: str | None) -> None:
    async with opened(size=SMALL) as desk:
        focus(desk, place)
        await desk.press("q")
        assert desk.app._exit
    assert desk.app.return_code == 0


async def test_ctrl_c_ends_the_app_like_an_interrupt() -> None:
    async with opened() as desk:
        await desk.type("lr", "5")
        await desk.press("ctrl+c")
    assert desk.app.return_code == 130


async def test_the_learning_rate_walks_along_the_ladder() -> None:
    async with opened(Settings(lr=0.003), size=SMALL) as desk:
        rates = []
        for key in "+=+---":
            await desk.press(key)
            rates.append(desk.run.settings.lr)
        assert rates == [0.005, 0.01, 0.02, 0.01, 0.005, 0.002]
        assert "0.002" in next(line for line in desk.lines if "learning rate" in line)


async def test_the_pace_climbs_to_full_speed_and_back() -> None:
    async with opened(pace=1.0, size=SMALL) as desk:
        seen = []
        while desk.run.pace != FULL_SPEED:
            seen.append(desk.run.pace)
            desk.workbench.action_pace(True)
        assert seen == [m * 10.0**d for d in range(6) for m in (1, 2, 5)] + [1e6]
        assert "full speed" in desk.text
        desk.workbench.action_pace(True)
        assert desk.run.pace == FULL_SPEED
        back = []
        for _ in range(25):
            desk.workbench.action_pace(False)
            back.append(desk.run.pace)
        assert back[: len(seen)] == seen[::-1]
        assert set(back[len(seen) :]) == {1.0}


async def test_by_default_a_run_takes_about_five_seconds() -> None:
    async with opened(Settings(iterations=1000)) as desk:
        assert desk.run.pace == 200


async def test_a_chosen_pace_outlives_the_run() -> None:
    async with opened() as desk:
        await desk.press(">", ">", "s", "r")
        assert desk.run.pace == 100


async def test_finish_hurries_whatever_the_pace() -> None:
    async with opened(pace=1.0) as desk:
        await desk.press("f")
        desk.run.drive(0.0)
        await desk.advance(0)
        assert "finished" in desk.lines[0]


async def test_with_run_it_starts_at_once() -> None:
    async with opened(run_at_once=True) as desk:
        assert desk.run.status is Status.RUNNING
        assert "running" in desk.lines[0]


@pytest.mark.long
async def test_zoom_gives_the_chosen_plot_all_the_room() -> None:
    async with opened() as desk:
        for number, name in enumerate(VIEWS, 1):
            await desk.press(str(number), "z")
            assert [other for other in VIEWS if desk.plot(other).display] == [name]
            assert desk.plot(name).size.width == 120
            assert "Hyperparameters" not in desk.text
            await desk.press("z")
            assert "Hyperparameters" in desk.text


async def test_where_one_plot_fits_the_keys_change_it() -> None:
    async with opened(size=(80, 24)) as desk:
        for number, name in enumerate(VIEWS, 1):
            await desk.press(str(number))
            assert [other for other in VIEWS if desk.plot(other).display] == [name]
            assert "●" in desk.text


async def test_a_click_chooses_a_plot() -> None:
    async with opened(size=(200, 55)) as desk:
        for name in ("Valley", "Contour", "Fit", "Loss by iteration"):
            await desk.pilot.click(desk.plot(name))
            assert _chosen(desk) == [name]


async def test_help_names_every_key_and_covers_nothing_when_hidden() -> None:
    async with opened(size=(200, 55)) as desk:
        before = desk.text
        await desk.press("?")
        for binding in Workbench.BINDINGS:
            assert isinstance(binding, Binding)
            assert binding.tooltip in desk.text
        await desk.press("?")
        assert desk.text == before


async def test_the_palette_has_every_key_that_help_explains() -> None:
    async with opened() as desk:
        titles = {command.title for command in desk.app.get_system_commands(desk.app.screen)}
        for binding in Workbench.BINDINGS:
            assert isinstance(binding, Binding)
            assert binding.tooltip
            assert binding.description in titles or binding.key == "ctrl+p"


@pytest.mark.long
async def test_a_command_of_the_palette_does_what_its_key_does() -> None:
    bound = [binding for binding in Workbench.BINDINGS if isinstance(binding, Binding)]
    async with opened(pace=20.0, size=SMALL) as desk:
        for command in desk.app.get_system_commands(desk.app.screen):
            key = next((b.key.split(",")[0] for b in bound if b.description == command.title), "q")
            if key in LAST | ELSEWHERE:
                continue
            await prepared(desk, None)
            observe, holds = EFFECTS[key]
            before = observe(desk)
            await command.callback()
            await desk.pilot.pause()
            assert holds(before, observe(desk)), command.title
            if key in TWICE:
                await command.callback()
            if desk.app.screen is not desk.workbench:
                await desk.press("escape")


# Views, sweep and the table of examples


async def finish_sweep(desk: Desk) -> Sweep:
    sweep = desk.workbench._sweep
    assert sweep is not None
    while sweep.drive() is not None:
        pass
    desk.workbench._frame()
    await desk.pilot.pause()
    return sweep


async def test_as_many_plots_as_fit_and_the_last_chosen_ones() -> None:
    async with opened() as desk:
        for key, shown in (
            ("3", {"Loss by iteration", "Fit"}),
            ("5", {"Fit", THIS_STEP}),
            ("5", {"Fit", THIS_STEP}),
            ("2", {"Valley", THIS_STEP}),
        ):
            await desk.press(key)
            assert {name for name in VIEWS if desk.plot(name).display} == shown
        await desk.resize(200, 55)
        assert sum(desk.plot(name).display for name in VIEWS) == 4
        rows = {desk.plot(name).region.y for name in VIEWS if desk.plot(name).display}
        assert len(rows) == 2


async def test_a_rate_is_picked_in_the_sweep_and_adopted() -> None:
    async with opened() as desk:
        await desk.press("w")
        assert "0%, escape stops" in desk.text
        sweep = await finish_sweep(desk)
        await desk.press("enter", "right")
        assert desk.run.settings.lr == 0.001
        picked = desk.workbench._picked
        assert picked is not None
        assert sweep.trials[picked].lr == 0.001
        await desk.press("left", "left", "right")
        assert f"lr {sweep.trials[picked - 1].lr:.3g}: loss" in desk.text
        await desk.press("enter")
        assert desk.run.settings.lr == sweep.trials[picked - 1].lr
        for key, near, end in (("left", 1, 0), ("right", -2, len(sweep.trials) - 1)):
            desk.workbench._picked = range(len(sweep.trials))[near]
            await desk.press(key, key, key)
            assert desk.workbench._picked == end


async def test_escape_stops_the_sweep_and_keeps_its_trials() -> None:
    async with opened() as desk:
        await desk.press("w")
        sweep = desk.workbench._sweep
        assert sweep is not None
        for _ in range(5):
            sweep.drive()
        await desk.press("escape")
        assert sweep.done
        assert 0 < len(sweep.trials) < len(sweep.rates)
        await desk.press("right")
        assert "enter adopts" in desk.text


async def test_left_and_right_pick_nothing_outside_the_sweep() -> None:
    async with opened() as desk:
        await desk.press("left", "enter", "6", "left", "enter")
        assert desk.workbench._picked is None
        await desk.press("w")
        await finish_sweep(desk)
        await desk.press("1", "left", "enter")
        assert desk.workbench._picked is None
        assert desk.run.settings == Settings()


async def test_escape_leaves_a_field_and_the_help() -> None:
    async with opened() as desk:
        focus(desk, "lr")
        await desk.press("?", "escape")
        assert desk.workbench.focused is None
        assert not desk.workbench.query_one(HelpPanel).display


async def test_enter_opens_the_examples_of_the_step_and_back() -> None:
    async with opened() as desk:
        await desk.advance(7)
        await desk.press("5", "enter")
        assert isinstance(desk.app.screen, ExamplesScreen)
        assert "Iteration 7: each example" in desk.text
        assert "x is Reservations, y is Pizzas" in desk.text
        await desk.press("escape")
        assert isinstance(desk.app.screen, Workbench)
        await desk.press("enter", "q")
        assert isinstance(desk.app.screen, Workbench)


@pytest.mark.parametrize("lr", [0.005, 0.001])
async def test_advised_is_half_the_critical_rate_and_runs(lr: float) -> None:
    settings = Settings(lr=lr, bias=True)
    async with opened(settings) as desk:
        await desk.advance(50)
        await desk.press("a")
        half = plain_critical(PIZZA_SURFACE, bias=True) / 2
        assert 0.95 * half < desk.run.settings.lr <= half
        assert desk.run.status is Status.RUNNING
        control = desk.control("lr")
        assert isinstance(control, NumberField)
        assert float(control.value) == desk.run.settings.lr


async def test_where_theory_knows_no_bound_nothing_is_advised() -> None:
    async with opened(Settings(method="adam")) as desk:
        before = desk.run
        await desk.press("a")
        assert desk.run is before
        assert len(messages(desk)) == 1


async def test_scaling_is_always_in_sight_and_its_answer_raw() -> None:
    async with opened(Settings(bias=True, lr=0.1, iterations=1000)) as desk:
        await desk.press("x")
        for size in SIZES:
            await desk.resize(*size)
            assert "scaled · ready" in desk.lines[0]
        await desk.resize(120, 36)
        await desk.advance(1000)
        assert "w=1.0811119573, b=13.1725818736" in desk.text
        w, b = (next(i for i in desk.lines if i.startswith(f"│ {name} scaled")) for name in "wb")
        assert "8.2587016022" in w
        assert "26.8666666667" in b
        await desk.resize(80, 24)
        figures = [line[:32].split() for line in desk.lines]
        assert ["│", "scaled", "8.2587,", "26.8667", "│"] in figures
        assert ["│", "condition", "2/2=1", "│"] in figures


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("bias", [True, False])
async def test_no_figure_is_cut_at_80x24(bias: bool) -> None:
    slopes, last = ("slopes", "condition") if bias else ("slope", "curvature")
    async with opened(Settings(bias=bias), size=(80, 24)) as desk:
        for standardize in (False, True):
            seen = set()
            for _ in METHODS:
                seen.add(desk.run.settings.method)
                assert desk.run.settings.standardize == standardize
                left = [line[2:32].split()[:1] for line in desk.lines]
                for label in ("loss", "w", "b", slopes, "minimum", "above", last):
                    assert [label] in left, (desk.run.settings.method, label)
                assert any(" scaled " in line[:32] for line in desk.lines) == standardize
                assert any(line[2:].startswith("tolerance") for line in desk.lines)
                for parameter in desk.run.settings.hyperparameters:
                    assert any(parameter.label in line[:32] for line in desk.lines)
                await desk.press("m")
            assert seen == set(METHODS)
            await desk.press("x")


async def test_a_key_in_the_footer_is_as_wide_before_it_is_bound() -> None:
    async with opened(size=SMALL) as desk:
        keys = desk.workbench.query(FooterKey)
        before = [key.render().plain for key in keys]
        for key in keys:
            key.compact = True
        await desk.pilot.pause()
        assert [key.render().plain for key in keys] == before
        assert " space Run/Pause  s Step " in desk.text


async def test_a_surface_of_its_own_opens_without_data() -> None:
    surface = LANDSCAPES["rosenbrock"]
    app = Laboratory(Loading.of_landscape(surface), Settings(**surface.defaults))  # type: ignore[arg-type]
    async with app.run_test(size=(200, 55)) as pilot:
        await pauses_until(pilot, lambda: isinstance(app.screen, Workbench))
        await pilot.pause()
        desk = Desk(app, pilot)
        assert "surface rosenbrock" in desk.lines[0]
        assert "no data to fit" in desk.text
        await desk.press("x", "5", "enter")
        assert not desk.run.settings.standardize
        assert isinstance(app.screen, Workbench)


async def test_help_scrolls_and_has_a_card_for_every_method() -> None:
    async with opened(size=(200, 55)) as desk:
        await desk.press("?")
        panel = desk.workbench.query_one(HelpPanel)
        seen = desk.text
        while panel.scroll_offset.y < panel.max_scroll_y:
            await desk.press("pagedown")
            seen += desk.text
        for chosen in METHODS.values():
            assert f"--method {chosen.key}" in seen
            assert all(line in seen for line in chosen.formula)
        assert desk.log.scroll_offset.y == desk.log.max_scroll_y


# Runs and settings


async def test_a_learning_rate_changed_in_mid_run_tunes_the_run() -> None:
    async with opened() as desk:
        await desk.press("space")
        await desk.advance(20)
        run, step = desk.run, desk.run.snapshot().step
        await desk.press("+")
        assert desk.run is run
        assert run.status is Status.RUNNING
        await desk.advance(1)
        assert run.snapshot().step.w == step.w - 0.002 * step.dw
        assert run.step_at(20) == step


CHANGES: dict[str, Value] = {
    "method": "search",
    "w_start": 3,
    "b_start": 2,
    "bias": True,
    "standardize": True,
}


def test_every_change_that_needs_a_new_run_has_a_test() -> None:
    assert set(CHANGES) == {p.name for p in SHARED if not p.tunable}


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("name", list(CHANGES))
async def test_a_change_of_the_start_makes_a_new_run_and_leaves_a_ghost(name: str) -> None:
    async with opened() as desk:
        await desk.advance(20)
        before = desk.run
        control, value = desk.control(name), CHANGES[name]
        if isinstance(control, NumberField):
            await desk.type(name, f"{value}")
            await desk.press("enter")
        elif isinstance(control, Toggle):
            control.focus()
            await desk.press("enter")
        elif isinstance(control, Choice):
            control.value = str(value)
            await desk.pilot.pause()
        assert desk.run is not before
        parameter = next(p for p in SHARED if p.name == name)
        assert desk.run.settings == before.settings.change(parameter, value)
        assert desk.run.status is Status.READY
        assert "─ 1 lr 0.001 ─" in desk.text


async def test_a_run_that_took_no_step_leaves_no_ghost() -> None:
    async with opened() as desk:
        await desk.press("b", "m", "r")
        assert "1 lr" not in desk.text
        assert len(desk.workbench.history.entries) == 1


async def test_after_the_end_another_learning_rate_makes_a_new_run() -> None:
    async with opened() as desk:
        await desk.advance(100)
        before = desk.run
        await desk.press("-")
        assert desk.run is not before
        assert (desk.run.settings.lr, desk.run.status) == (0.0005, Status.READY)
        await desk.advance(100)
        await desk.press("-")
        assert "─ 2 lr 0.0005 · 1 lr 0.001 ─" in desk.text


async def test_after_the_end_space_runs_anew() -> None:
    async with opened() as desk:
        await desk.advance(100)
        before = desk.run
        await desk.press("space")
        assert desk.run is not before
        assert desk.run.status is Status.RUNNING


async def test_more_iterations_extend_a_finished_run() -> None:
    async with opened() as desk:
        await desk.advance(100)
        before = desk.run
        await desk.type("iterations", "150")
        await desk.press("enter")
        assert desk.run is before
        assert "paused · iteration 100 of 150" in desk.lines[0]
        await desk.advance(100)
        assert "finished · iteration 150 of 150" in desk.lines[0]
        assert "Iteration  149 => Loss" in desk.text


TAKERS = ["enter", "tab", "shift+tab", "space", "s", "f", "r", "b", "m"]


@pytest.mark.long
async def test_a_typed_value_counts_from_the_next_action_on() -> None:
    async with opened(size=SMALL) as desk:
        for number, key in enumerate(TAKERS, 1):
            before = desk.run.settings.lr
            await desk.type("lr", f"{number}")
            assert desk.run.settings.lr == before
            await desk.press(key)
            assert (key, desk.run.settings.lr) == (key, number)
            assert desk.workbench.query_one(SettingsPanel).settings == desk.run.settings
        await desk.type("lr", "0.002")
        await desk.press("=")
        assert desk.run.settings.lr == 0.005


@pytest.mark.long
async def test_a_wrong_value_leaves_the_last_good_one_in_force() -> None:
    async with opened(size=SMALL) as desk:
        for key in ("enter", "tab", "space", "s", "r"):
            await desk.type("lr", "1e")
            await desk.press(key)
            assert (key, desk.run.settings.lr) == (key, 0.001)
            assert "'1e' is not a number" in " ".join(desk.text.split())


async def test_the_panel_and_the_run_agree_after_every_change() -> None:
    async with opened(size=SMALL) as desk:
        for parameter in SHARED:
            before = desk.run.settings
            control = desk.control(parameter.name)
            control.focus()
            await desk.press("up" if isinstance(control, NumberField) else "enter")
            if isinstance(control, Choice):
                await desk.press("up", "enter")
            assert desk.run.settings[parameter] != before[parameter]
            assert desk.run.settings == desk.workbench.query_one(SettingsPanel).settings


async def test_the_log_keeps_its_place_while_the_run_goes_on() -> None:
    async with opened(Settings(iterations=1000)) as desk:
        await desk.advance(100)
        assert "Iteration   99" in desk.text
        await desk.press("home")
        await desk.advance(100)
        assert "Iteration    0 => Loss: 812.8666666667" in desk.text
        await desk.press("end")
        await desk.advance(100)
        assert "Iteration  299" in desk.text


async def test_only_so_many_ghosts_are_kept() -> None:
    async with opened(size=(200, 55)) as desk:
        for number in range(9):
            lr = 0.001 + number * 1e-4
            desk.workbench._begin(desk.run.settings.replace(lr=lr))
            desk.run.advance(10)
        desk.workbench._begin(Settings())
        await desk.pilot.pause()
        note = desk.plot(next(iter(VIEWS))).render_line(
            desk.plot(next(iter(VIEWS))).size.height - 1
        )
        assert note.text.count(" lr ") == 6
        assert "9 lr 0.0018" in note.text


async def test_the_same_settings_leave_one_ghost() -> None:
    async with opened(size=(200, 55)) as desk:
        for _ in range(3):
            await desk.advance(10)
            await desk.press("r")
        plot = desk.plot(next(iter(VIEWS)))
        assert plot.render_line(plot.size.height - 1).text.count("lr 0.001") == 1


# The past, branches, races and the table of runs


def readout(desk: Desk, label: str) -> str:
    """What stands beside a label in the readout."""
    return [line[1:31] for line in desk.lines if line.startswith(f"│ {label} ")][-1].split()[-1]


async def test_every_view_stands_at_the_cursor() -> None:
    settings = Settings(iterations=50_000, bias=True)
    async with opened(settings, size=(200, 55)) as desk:
        await desk.advance(20_000)
        for keys, at in (
            (["left"], 19_999),
            (["shift+left", "shift+left"], 19_979),
            (["ctrl+left"], 19_500),
            (["home", "right", "right", "shift+right"], 12),
            (["ctrl+right"], 500),
            (["g", *"7777", "enter"], 7777),
        ):
            await desk.press(*keys)
            step = desk.run.step_at(at)
            assert desk.workbench._cursor == at
            assert f"at {at} · paused · iteration 20000 of 50000" in desk.lines[0]
            assert readout(desk, "loss") == f"{step.loss:.10f}"
            assert readout(desk, "w") == f"{step.w:.10f}"
            assert f"Iteration {at:4d} => Loss: {step.loss:.10f}" in desk.text
            assert f"y = {step.w:.5f}" in desk.text
            assert f"at b = {step.b:.4g}" in desk.text
        await desk.press("5")
        assert "gradient descent, iteration 7777" in desk.text
        await desk.press("end")
        assert desk.workbench._cursor is None
        assert "at 7777" not in desk.text
        assert "Iteration 19999 =>" in desk.text
        assert readout(desk, "loss") == f"{desk.run.step_at(20_000).loss:.10f}"


async def test_the_past_stays_while_the_run_goes_on() -> None:
    async with opened(Settings(iterations=10_000)) as desk:
        await desk.advance(100)
        await desk.press("space", "home", "right")
        for _ in range(3):
            await desk.advance(1000)
            assert "at 1 · running" in desk.lines[0]
            assert readout(desk, "loss") == f"{desk.run.step_at(1).loss:.10f}"
        await desk.press("end")
        await desk.advance(1)
        assert "Iteration 3100 =>" in desk.text


async def test_the_cursor_never_leaves_the_run() -> None:
    async with opened() as desk:
        await desk.press("left", "home", "shift+left", "ctrl+left", "ctrl+right", "end")
        assert desk.workbench._cursor is None
        assert desk.run.iteration == 0
        await desk.press("right", "shift+right")
        assert desk.run.iteration == 11
        await desk.press("home", "left", "ctrl+left")
        assert desk.workbench._cursor == 0
        await desk.press(*["shift+right"] * 2)
        assert (desk.workbench._cursor, desk.run.iteration) == (None, 11)


async def test_going_to_an_iteration_that_is_not_there_is_refused_in_words() -> None:
    async with opened() as desk:
        await desk.advance(50)
        await desk.press("g")
        assert "Go to iteration, 0 to 50" in desk.text
        for text, words in (("51", "out of bounds: from 0 to 50"), ("x", "not a number")):
            desk.app.screen.query_one(Input).value = text
            await desk.press("enter")
            assert isinstance(desk.app.screen, Ask)
            assert words in desk.text
        await desk.press("escape")
        assert (desk.app.screen, desk.workbench._cursor) == (desk.workbench, None)


async def test_a_click_in_the_loss_plot_or_on_a_line_of_the_log_goes_there() -> None:
    async with opened(Settings(iterations=1000)) as desk:
        await desk.advance(1000)
        plot = desk.plot(next(iter(VIEWS)))
        await desk.pilot.click(plot, offset=(plot.size.width // 2, 8))
        at = desk.workbench._cursor
        assert at is not None
        assert 350 < at < 650
        assert f"Iteration  {at} =>" in desk.text
        await desk.press("home")
        await desk.pilot.click(desk.log, offset=(8, 4))
        assert desk.workbench._cursor == 3
        await desk.pilot.click(desk.log, offset=(0, 0))
        assert desk.workbench._cursor == 3


async def test_settings_tuned_in_mid_run_have_a_line_in_the_log() -> None:
    async with opened(Settings(iterations=1000)) as desk:
        await desk.advance(40)
        await desk.press("-")
        await desk.advance(3)
        lines = [line[33:80].strip(" │") for line in desk.lines]
        at = lines.index("from here: lr 0.0005")
        assert lines[at - 1].startswith("Iteration   39 =>")
        assert lines[at + 1].startswith("Iteration   40 =>")
        assert lines[at + 3].startswith("Iteration   42 =>")


HOW_TO_BRANCH = "n starts a new run from here, with these settings; end lets them be."


async def test_a_branch_leaves_its_parent_where_the_cursor_is() -> None:
    """A run at 0.005 with bias; back to iteration 3, the learning rate halved twice, and off."""
    async with opened(Settings(lr=0.005, bias=True, iterations=3000), size=(200, 55)) as desk:
        await desk.advance(3000)
        parent = desk.run
        await desk.press("home", "right", "right", "right", "-", "-")
        assert (desk.run, desk.run.settings.lr) == (parent, 0.005)
        assert messages(desk) == [HOW_TO_BRANCH]
        await desk.press("n")
        assert not messages(desk)
        assert "space runs, s takes one step" in desk.text
        child, point = desk.run, parent.snapshot_at(3)
        assert child.settings == parent.settings.replace(lr=0.001)
        assert (child.start_point[:3], child.status) == (point.step[:3], Status.READY)
        assert desk.workbench._entry.parent == (1, 3)
        await desk.advance(500)
        assert child.step_at(3) == point.step
        assert "Iteration    3 =>" not in desk.text
        assert "Iteration  502 =>" in desk.text
        assert desk.text.count("◇") == 2
        assert "1 lr 0.005, bias" in desk.text
        await desk.press("home")
        assert "Iteration    3 =>" in desk.text
        assert "Iteration    2 =>" not in desk.text


@pytest.mark.parametrize("key", ["left", "shift+left", "ctrl+left", "home"])
async def test_before_a_run_there_is_no_past(key: str) -> None:
    async with opened() as desk:
        await desk.press(key, "-")
        assert (desk.workbench._cursor, messages(desk)) == (None, [])
        assert desk.run.settings.lr == 0.0005


async def test_settings_changed_in_the_past_are_those_of_a_branch_or_of_none() -> None:
    async with opened() as desk:
        await desk.advance(50)
        await desk.press("left", "-", "b")
        assert desk.run.record.tunings == ((0, Settings()),)
        assert messages(desk) == [HOW_TO_BRANCH]
        await desk.press("c")
        await desk.press("end")
        (kept,) = messages(desk)
        assert "gdtui" in kept
        assert desk.workbench._panel.settings == desk.run.settings == Settings()


async def test_a_branch_takes_the_state_of_its_method_along() -> None:
    async with opened(Settings(iterations=200, bias=True), size=SMALL) as desk:
        seen = set()
        for _ in METHODS:
            seen.add(desk.run.settings.method)
            await desk.advance(50)
            parent = desk.run
            await desk.press("left", "n")
            assert desk.run.start_point.memory == parent.snapshot_at(49).memory
            await desk.advance(1)
            assert desk.run.step_at(50) == parent.step_at(50)
            await desk.press("m")
        assert seen == set(METHODS)


async def test_a_branch_over_a_scaled_feature_begins_on_the_same_line() -> None:
    async with opened(Settings(iterations=200, bias=True), size=SMALL) as desk:
        await desk.advance(50)
        await desk.press("left", "x", "n")
        run = desk.run
        assert run.surface.is_standardized
        line = run.surface.raw(run.start_point.w, run.start_point.b)
        assert line == pytest.approx(desk.workbench.history[1].run.step_at(49)[1:3])


async def test_at_the_end_there_is_nothing_to_branch_off_for() -> None:
    async with opened() as desk:
        await desk.advance(100)
        before = desk.run
        await desk.press("n")
        assert desk.run is before
        assert any("is the last" in words for words in messages(desk))
        await desk.press("escape")
        assert not messages(desk)


async def test_a_run_deleted_while_it_is_chosen_is_not_looked_at() -> None:
    async with opened() as desk:
        await desk.finish(2, of=100)
        await desk.advance(100)
        await desk.press("h")
        screen, table = desk.app.screen, desk.app.screen.query_one(DataTable)
        desk.workbench.history.delete(2)
        screen.post_message(DataTable.RowSelected(table, 1, RowKey("2")))
        await desk.pilot.pause()
        assert desk.app.screen is screen


async def test_the_table_of_runs_shows_hides_names_deletes_and_brings_back() -> None:
    async with opened(Settings(bias=True), size=(160, 40)) as desk:
        await desk.finish(3, of=100)
        await desk.advance(10)
        history = desk.workbench.history
        await desk.press("h")
        loss = f"{desk.run.snapshot().step.loss:.5f}"
        for words in ("lr 0.0005", loss, "finished", "paused"):
            assert words in desk.text
        await desk.press("up", "space")
        assert history[3].hidden
        await desk.press("n", *"slow one", "enter")
        assert history[3].name == "slow one"
        assert "slow one" in desk.text
        await desk.press("up", "d")
        assert 2 not in history
        await desk.press("u")
        assert 2 in history
        await desk.press("down", "d")
        assert [entry.number for entry in history.entries] == [1, 2, 4]
        await desk.press("down", "down", "d")
        assert 4 in history
        await desk.press("up", "up", "up", "enter")
        assert desk.workbench._entry.number == 1
        assert desk.workbench._panel.settings == desk.run.settings
        assert "finished · iteration 100 of 100" in desk.lines[0]
        assert "4 lr 0.0001, bias" in desk.text
        assert "3 slow one" not in desk.text


async def test_each_change_in_the_table_of_runs_is_saved_soon_and_seen() -> None:
    async with opened(Settings(bias=True), size=(160, 40)) as desk:
        await desk.finish(2, of=100)
        await desk.advance(10)
        saver = desk.workbench._autosave = Touched()
        await desk.press("h")
        for count, keys in enumerate([["up", "space"], ["n", *"slow", "enter"], ["d"], ["u"]], 1):
            await desk.press(*keys)
            assert saver.touches == count
        await desk.press("space", "escape")
        assert "2 slow" in desk.text


@pytest.mark.long
async def test_the_table_sorts_by_every_column() -> None:
    async with opened(Settings(bias=True, iterations=20), size=(160, 40)) as desk:
        await desk.finish(4, of=20)
        await desk.press("h")
        table = desk.app.screen.query_one(DataTable)
        for column in COLUMNS:
            rows = [
                Row(*pair)
                for pair in zip(
                    desk.workbench.history.entries, desk.workbench.history.summaries(), strict=True
                )
            ]
            expected = [str(r.entry.number) for r in sorted(rows, key=column.key)]
            assert [str(table.get_row_at(i)[0]) for i in range(len(rows))] == expected
            assert f"{column.head} ▲" in desk.text
            await desk.press("s")


async def test_a_hostile_name_is_shown_harmless() -> None:
    async with opened(size=(160, 40)) as desk:
        await desk.advance(100)
        desk.workbench.history.rename(1, "[red]\x1b[31m")
        await desk.press("-", "h")
        assert "\x1b" not in desk.text
        assert "[red]" in desk.text


async def test_methods_race_in_step_and_the_first_is_marked() -> None:
    settings = Settings(bias=True, iterations=3000, lr=0.001)
    async with opened(settings, size=(200, 55)) as desk:
        await desk.press("t")
        for name in (method.name for method in METHODS.values()):
            assert name in desk.text
        await desk.press("enter")
        race = desk.workbench._race
        assert race is not None
        assert [run.settings.method for run in race.runs] == list(METHODS)
        assert "running" in desk.lines[0]
        race.advance(500)
        desk.workbench._frame()
        await desk.pilot.pause()
        going = [run for run in race.runs if not run.ended]
        assert {run.iteration for run in going} == {500}
        await desk.press("s")
        assert {run.iteration for run in race.runs if not run.ended} == {501}
        race.advance(10_000)
        await desk.press("h")
        assert race.first is not None
        number = 1 + race.runs.index(race.first[0])
        table = desk.app.screen.query_one(DataTable)
        firsts = [
            row for row in map(table.get_row_at, range(table.row_count)) if "first" in str(row)
        ]
        assert [str(cell) for cell in firsts[0]][:1] == [str(number)]
        assert f"{race.first[1]} first" in [str(cell) for cell in firsts[0]]
        assert len(firsts) == 1
        await desk.press("escape")
        assert f"run {number} first within 1%, after {race.first[1]} · " in desk.text


async def test_a_race_of_more_than_can_be_told_apart_does_not_start() -> None:
    async with opened(size=(120, 40)) as desk:
        await desk.finish(3, of=100)
        await desk.press("t")
        screen = desk.app.screen
        screen.query_one(SelectionList).select_all()
        await desk.press("enter")
        assert desk.app.screen is screen
        assert any(f"takes {RACERS} at most" in words for words in messages(desk))


async def test_runs_race_again_and_a_race_that_is_over_starts_anew() -> None:
    async with opened(Settings(bias=True)) as desk:
        await desk.advance(100)
        await desk.press("-")
        await desk.advance(100)
        await desk.press("t")
        choice = desk.app.screen.query_one(SelectionList)
        choice.deselect_all()
        await desk.press("enter")
        assert isinstance(desk.app.screen, RaceScreen)
        for number in range(2):
            choice.select(len(METHODS) + number)
        await desk.press("enter")
        first = desk.workbench._race
        assert first is not None
        assert [run.settings.lr for run in first.runs] == [0.001, 0.0005]
        first.advance(100)
        await desk.press("space")
        again = desk.workbench._race
        assert again is not None
        assert again is not first
        assert again.running
        await desk.press("-")
        assert desk.workbench._race is None
        assert again.runs[1].status is not Status.RUNNING


# Taking it away


async def exported(desk: Desk, label: str) -> str:
    """What is shown after a choice in the list of exports."""
    await desk.press("e", *["down"] * list(EXPORTERS).index(label), "enter")
    await desk.app.workers.wait_for_complete()
    await desk.pilot.pause()
    return messages(desk)[-1]


async def test_every_export_is_a_new_file_whose_path_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(Settings(bias=True)) as desk:
        await desk.advance(100)
        await desk.press("-")
        await desk.advance(100)
        for number, label in enumerate(EXPORTERS):
            folder = tmp_path / str(number)
            folder.mkdir()
            monkeypatch.chdir(folder)
            first = await exported(desk, label)
            files = {path: path.read_bytes() for path in folder.iterdir()}
            assert files
            assert all(str(path) in first for path in files)
            second = await exported(desk, label)
            assert second != first
            assert len(list(folder.iterdir())) == 2 * len(files)
            assert all(path.read_bytes() == content for path, content in files.items())
            if "all runs" in label:
                assert all(b"1," in c or b'"run": 1' in c for c in files.values())
                assert all(b"2," in c or b'"run": 2' in c for c in files.values())


async def test_the_exported_script_prints_what_plain_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begin = Settings(lr=0.002, bias=True)
    async with opened(begin) as desk:
        await desk.advance(100)
        await exported(desk, "this run as a numpy script")
    (script,) = tmp_path.glob("*.py")
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert PIZZA_DATA is not None
    assert ran.stdout == "".join(as_text(PIZZA_DATA, begin))


async def test_what_cannot_be_exported_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heavy_ball: Method
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(Settings(method=heavy_ball.key)) as desk:
        assert "nothing says its formula" in await exported(desk, "this run as a numpy script")
        assert not list(tmp_path.iterdir())
        tmp_path.rmdir()
        assert "can't be written" in await exported(desk, "this run as CSV")


async def test_the_command_is_copied_and_shown_with_what_it_cannot_carry() -> None:
    async with opened(Settings(lr=0.004, bias=True, iterations=1000), size=(200, 55)) as desk:
        await desk.advance(10)
        await desk.press("c")
        line = f"gdtui {shlex.quote(str(PIZZA))} --lr 0.004 --iterations 1000 --bias"
        assert desk.app.clipboard == line
        shown = messages(desk)
        assert line in shown
        await desk.press("-")
        await desk.advance(10)
        await desk.press("c")
        assert desk.app.clipboard == line.replace("0.004", "0.002")
        assert any("can't carry what was changed" in words for words in messages(desk))
        await desk.press("left", "n", "c")
        assert any("where it left run 1" in words for words in messages(desk))


async def test_the_winner_of_a_race_can_be_deleted() -> None:
    async with opened(Settings(bias=True, iterations=3000)) as desk:
        await desk.press("t", "enter")
        race = desk.workbench._race
        assert race is not None
        race.advance(3000)
        assert race.first is not None
        number = 1 + race.runs.index(race.first[0])
        desk.workbench.history.delete(number)
        desk.workbench._frame()
        assert "first within" not in desk.text
        desk.workbench.history.undo()
        desk.workbench._frame()
        await desk.pilot.pause()
        assert f"run {number} first within" in desk.text


async def test_a_paused_replay_does_not_keep_others_from_running() -> None:
    kept = Run(PIZZA_SURFACE, Settings(iterations=100_000))
    kept.advance(50_000)
    history = History([Entry(n, Run.replayed(PIZZA_SURFACE, kept.record)) for n in (1, 2)])
    async with opened() as desk:
        bench = Workbench(PIZZA_DATA, PIZZA_SURFACE, Settings(), history=history)
        await desk.app.push_screen(bench)
        await desk.pilot.pause()
        one, two = (entry.run for entry in history.entries)
        assert bench._driven is one
        one.pause()
        assert bench._driven is two
        await desk.press("space")
        assert bench._driven is two
        await desk.press("r")
        new = bench.current_run
        new.start()
        assert new not in (one, two)
        assert bench._driven is new
        one.start()
        assert bench._driven is one
        while one.drive(0.0) is not None:
            pass
        assert one.record == kept.record
        assert bench._driven is new
