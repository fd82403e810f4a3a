"""The screen: what it shows of the bench, and which command each key is; what that does is tested
with the bench. Time is virtual: nothing moves by itself.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.desk import PROBLEM, Desk, Touched, loaded, messages, opened, pauses_until
from textual.binding import Binding
from textual.widgets import DataTable, Input, SelectionList
from textual.widgets._toast import Toast
from textual.widgets.data_table import RowKey

from gdtui.bench import HOW_TO_BRANCH, Bench, Fact
from gdtui.core.descent import Status
from gdtui.core.hyperparameter import Value
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.method import Method
from gdtui.core.methods import METHODS
from gdtui.core.settings import SHARED, Settings
from gdtui.dataset import DataError
from gdtui.export.lines import as_text
from gdtui.export.registry import EXPORTERS
from gdtui.scene import LOSS, THIS_STEP, VALLEY, Scale
from gdtui.schemes import ON_DARK
from gdtui.theory import divergence
from gdtui.ui.app import Laboratory
from gdtui.ui.dialogs.examples import ExamplesScreen
from gdtui.ui.dialogs.explain import ExplainScreen
from gdtui.ui.dialogs.export import ExportScreen
from gdtui.ui.dialogs.lines import LineScreen
from gdtui.ui.dialogs.question import Question
from gdtui.ui.dialogs.runs import COLUMNS, RACERS, RaceScreen, RunRow, RunsScreen, shown_columns
from gdtui.ui.keys import ALWAYS, BINDINGS, GROUPS, HINTS, written
from gdtui.ui.textual_fixes.palette import Palette
from gdtui.ui.theme import DARK, LIGHT
from gdtui.ui.widgets.help_panel import HelpPanel
from gdtui.ui.widgets.hint_row import HintRow, fitting, spans
from gdtui.ui.widgets.plot import Plot
from gdtui.ui.widgets.settings_panel import Choice, Field, NumberField, Toggle
from gdtui.ui.workbench import Workbench
from gdtui.views import VIEWS

# Where only one plot has to be drawn.
SMALL = (80, 24)
# The colour of $text-error.
ALARM = "#FF6B6B"
SIZES = [(40, 12), (80, 24), (120, 36), (200, 55)]
LAST_LINE = "Iteration   99 => Loss: 69.1209628275"


# What is shown


async def test_a_whole_run_goes_by_on_the_screen_in_virtual_time() -> None:
    async with opened(run_at_once=True) as desk:
        for expected in (1, 4, 8, 15, 29, 54):
            at = desk.lines[0].split("·")[-1].split()[1]
            assert f"running · iteration {at} of 100" in desk.lines[0]
            assert int(at) == pytest.approx(expected, abs=2)
            assert LAST_LINE not in desk.text
            await desk.wait(1.0)
        assert desk.clock.now() == pytest.approx(6.0)
        await desk.wait(0.05)
        assert desk.run.ended
        # It is seen with the next frame.
        await desk.wait(0.1)
        assert "finished · iteration 100 of 100" in desk.lines[0]
        assert LAST_LINE in desk.text
        assert "w=1.8436928702" in desk.text
        assert readout(desk, "w") == "1.8436928702"
        assert readout(desk, "loss is").startswith("0%")


@pytest.mark.long(keep=3)
@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_ready_with_all_drawn(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        assert desk.run.status is Status.READY
        for words in ("ready", "pizza.txt"):
            assert words in desk.lines[0]
        for words in ("812.8666666667", "●"):
            assert words in desk.text
        assert len(desk.plots) == {120: 2, 200: 4}.get(size[0], 1)
        for number, name in enumerate(VIEWS, 1):
            assert (f"─ {number} {name}" in desk.text) == (name in desk.plots)
        assert {len(line) for line in desk.lines} == {size[0]}
        if size == SIZES[0]:
            return
        assert "…" not in desk.text
        for words in (
            *("Hyperparameters", "Now", "Iterations", "Reservations -> Pizzas", "q Quit"),
            *(parameter.label for parameter in SHARED),
            *("22% of limit 0.0045704", "near best", "stretch"),
        ):
            assert words in desk.text
        for panel in ("#settings", "#readout", "#log"):
            assert not desk.workbench.query_one(panel).show_vertical_scrollbar


async def test_a_surface_takes_the_place_of_data() -> None:
    surface = LANDSCAPES["saddle"]
    settings = Settings(**surface.defaults)  # type: ignore[arg-type]
    async with opened(settings, size=(200, 55), landscape=surface) as desk:
        assert "surface saddle · A saddle between two minima" in desk.lines[0]
        assert "no data to fit" in desk.text
        desk.control("standardize").focus()
        await desk.press("enter")
        assert messages(desk) == ["A surface has no feature to standardize."]
        assert not desk.shown["standardize"]
        await desk.press("5", "enter")
        assert isinstance(desk.app.screen, Workbench)
        await desk.advance(100)
        assert desk.run.step.loss < 0.001
        assert "finished" in desk.lines[0]


async def test_the_verdict_is_there_before_the_start() -> None:
    async with opened(Settings(lr=0.004)) as desk:
        for key, word in (("", "oscillates"), ("+", "diverges"), ("-", "good")):
            await desk.press(*key)
            assert any(line.startswith(f"│ {word} ") for line in desk.lines)
        assert desk.run.status is Status.READY


ENDS = [
    (
        Settings(lr=0.005, bias=True, iterations=100_000),
        "diverged · iteration 1961 of 100000",
        ["diverged at iteration 1961", "1.10 times the limit"],
    ),
    (
        Settings(method="search", lr=0.01, iterations=1000),
        "converged · iteration 184 of 1000",
        ["Iteration 184 => Loss: 69.1239", "no step lowers the loss"],
    ),
]


async def test_an_end_is_explained_and_the_next_run_works() -> None:
    for settings, status, explained in ENDS:
        async with opened(settings) as desk:
            await desk.advance(100_000)
            assert status in desk.lines[0]
            for words in explained:
                assert words in " ".join(desk.text.split())
            await desk.press("-", "space")
            await desk.wait(0.3)
            assert desk.run.settings.lr == settings.lr / 2.5 or settings.lr == 0.01
            assert "running · iteration " in desk.lines[0]


async def test_a_run_whose_loss_grows_is_diverging_in_red_with_an_offer_to_stop() -> None:
    async with opened(Settings(lr=0.005, bias=True), size=(160, 40)) as desk:
        status, log = (desk.workbench.query_one(f"#{name}") for name in ("status", "log"))
        going = "the run is diverging: a starts again at half the limit, space goes on."
        ended = "finished after 100 iterations, diverging: the learning rate 0.005 is 1.10 times"
        for count, paused, words in ((10, "paused, ", going), (90, "", ended)):
            await desk.advance(count)
            await desk.pilot.pause()
            place = f"iteration {desk.run.iteration} of 100"
            assert desk.lines[0].rstrip().endswith(f" {paused}diverging · {place}")
            assert words in desk.text
            assert status.styles.color.hex == ALARM
            assert log.get_component_styles("log--closing").color.hex == ALARM
        await desk.press("h")
        table = desk.app.screen.query_one(DataTable)
        assert [cell.plain for cell in table.get_row_at(0)].count("diverging") == 1
        colours = [span.style.color for cell in table.get_row_at(0) for span in cell.spans]
        assert [colour.get_truecolor().hex.upper() for colour in colours] == [ALARM]
        await desk.press("escape", "a")
        await desk.wait(0.5)
        assert "running · iteration 2 of 100" in desk.lines[0]
        assert ALARM not in (
            status.styles.color.hex, log.get_component_styles("log--closing").color.hex,
        )  # fmt: skip


async def test_the_status_shown_is_what_the_run_says() -> None:
    async with opened() as desk:
        for act in ("space", "space", "s", "r", "s", "f", "space", "f"):
            await desk.press(act)
            assert f"{desk.run.status} · " in desk.lines[0]
        await desk.wait(0.3)
        assert "finished · " in desk.lines[0]


async def test_after_any_size_all_is_as_before() -> None:
    async with opened() as desk:
        await desk.advance(40)
        before = desk.text
        for size in ((1, 1), (39, 11), (40, 12), (71, 17), (120, 5), (200, 55), (300, 100)):
            await desk.resize(*size)
            assert {len(line) for line in desk.lines} == {size[0]}
            assert len(desk.lines) == size[1]
            for plot in map(desk.plot, desk.plots):
                if plot.size.height > 1:
                    assert plot.render_line(0).text.endswith("╮")
                    assert plot.render_line(plot.size.height - 1).text.endswith("╯")
            await desk.press(*"l" * len(Scale), "z", "z")
            await desk.resize(120, 36)
            assert desk.text == before


async def test_a_file_that_cannot_be_read_ends_the_app(tmp_path: Path) -> None:
    app = Laboratory(loaded(tmp_path / "nosuch"), Settings())
    async with app.run_test() as pilot:
        await pauses_until(pilot, lambda: app._exit)
    assert isinstance(app.return_value, DataError)
    assert app.return_code == 2


# Keys: each is one command to the bench, or does something on the screen alone


class Recorder(Bench):
    """Takes a bench's place, and notes the commands without obeying them."""

    def __init__(self, bench: Bench) -> None:
        vars(self).update(vars(bench))
        self.commands: list[tuple[object, ...]] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name not in OBEYED:
            return super().__getattribute__(name)
        return lambda *said: self.commands.append((name, *said))


# What each frame asks of the bench.
FRAME = {"facts", "scene", "tend", "follow_leader"}
OBEYED = {n for n, member in vars(Bench).items() if callable(member) and n[0] != "_"} - FRAME
COMMANDS: dict[str, tuple[object, ...]] = {
    "space": ("toggle_run",),
    "s": ("step",),
    "f": ("finish",),
    "r": ("restart",),
    "minus": ("rate", False),
    "plus": ("rate", True),
    "equals_sign": ("rate", True),
    "less_than_sign": ("faster", False),
    "greater_than_sign": ("faster", True),
    "a": ("advised",),
    "b": ("toggle", "bias"),
    "m": ("next_method",),
    "x": ("toggle", "standardize"),
    "l": ("next_scale",),
    "v": ("cut",),
    "w": ("begin_sweep",),
    **{str(number): ("choose", name) for number, name in enumerate(VIEWS, 1)},
    "z": ("zoom",),
    "left": ("move", -1),
    "right": ("move", 1),
    "shift+left": ("move", -10),
    "shift+right": ("move", 10),
    "ctrl+left": ("move_percent", False),
    "ctrl+right": ("move_percent", True),
    "p": ("lift",),
    "up": ("climb", 1),
    "down": ("climb", -1),
    "home": ("look_at_start",),
    "end": ("follow_newest",),
    "n": ("branch",),
    "enter": ("adopt_picked",),
    "escape": ("cancel",),
}
LEAVES = {"left_square_bracket", "right_square_bracket"}
SCREENS: dict[str, type] = {
    "L": LineScreen,
    "y": LineScreen,
    "g": Question, "h": RunsScreen, "t": RaceScreen, "e": ExportScreen, "i": ExplainScreen,
    "ctrl+p": Palette,
}  # fmt: skip
# What these do has tests of its own.
ELSEWHERE = {"c", "k", "pageup", "pagedown", "question_mark", "q", *LEAVES}
BOUND = [binding for binding in BINDINGS if isinstance(binding, Binding)]
KEYS = [key for binding in BOUND for key in binding.key.split(",")]
SPELLED = {
    "minus": "-",
    "plus": "+",
    "e": "e",
    **{str(n): str(n) for n in range(1, len(VIEWS) + 1)},
}
CHARACTERS = SPELLED | {
    "equals_sign": "=", "less_than_sign": "<", "greater_than_sign": ">", "question_mark": "?",
}  # fmt: skip
# In a text these move the cursor.
EDITING = {"home", "end", *(key for key in KEYS if key.endswith(("left", "right", "up", "down")))}
# Where the focus is, and the keys that what is there takes for itself.
PLACES: dict[str | None, set[str]] = {
    None: set(),
    "lr": {*SPELLED, *EDITING, "enter", "escape"},
    "method": {"enter", "up", "down"},
    "bias": {"enter"},
    "": {"up", "down"},
}


def focus(desk: Desk, place: str | None) -> None:
    if place is None:
        desk.workbench.set_focus(None)
    else:
        (desk.control(place) if place else desk.log).focus()


def commanded(key: str) -> list[tuple[object, ...]]:
    """The one command that a key is, or none."""
    return [COMMANDS[key]] if key in COMMANDS else []


def test_every_key_is_one_command_or_does_something_on_the_screen() -> None:
    assert sorted(KEYS) == sorted([*COMMANDS, *SCREENS, *ELSEWHERE])
    for binding in BOUND:
        name = binding.action.partition("(")[0]
        owner = Laboratory if name.startswith("app.") else Workbench
        assert callable(getattr(owner, f"action_{name.removeprefix('app.')}"))
    # What is left is what dialogs and the mouse ask for.
    by_key = {name for name, *_ in COMMANDS.values()}
    dialogs = {
        *("want", "look_at", "look_at_run", "history_changed", "start_race", "begin_race"),
        *("point_at", "put_down", "begin", "guess", "begin_guess"),
    }
    assert by_key | dialogs == OBEYED


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("place", list(PLACES))
async def test_every_key_is_its_command_wherever_the_focus_is(place: str | None) -> None:
    async with opened(size=SMALL) as desk:
        await desk.advance(60)
        recorder = desk.workbench.bench = Recorder(desk.bench)
        for key in KEYS:
            if key in PLACES[place] | ELSEWHERE:
                continue
            focus(desk, place)
            recorder.commands.clear()
            await desk.press(CHARACTERS.get(key, key))
            assert recorder.commands == commanded(key), key
            assert type(desk.app.screen) is SCREENS.get(key, Workbench), key
            if key in SCREENS:
                await desk.press("escape")
        for key, moved in (("pageup", -1), ("pagedown", 1)):
            focus(desk, place)
            at = desk.log.scroll_offset.y
            await desk.press(key)
            assert (desk.log.scroll_offset.y - at) * moved > 0
        await desk.press("?")
        assert desk.workbench.query_one(HelpPanel).display


def test_each_key_is_named_in_the_palette_and_its_sentence_stands_alone() -> None:
    assert [binding for group in GROUPS.values() for binding in group] == BINDINGS
    sentences = [binding.tooltip for binding in BOUND]
    assert len(set(sentences)) == len(sentences)
    for binding in BOUND:
        assert not binding.tooltip.startswith("and ")
        assert binding.description.endswith(f" ({written(binding.key)})")


@pytest.mark.long
async def test_a_command_of_the_palette_is_that_of_its_key() -> None:
    keys = {binding.description: binding.key.split(",")[0] for binding in BOUND}
    async with opened(size=SMALL) as desk:
        commands = list(desk.app.get_system_commands(desk.app.screen))
        assert {command.title for command in commands} >= set(keys) - {"Palette (ctrl+p)"}
        await desk.advance(60)
        recorder = desk.workbench.bench = Recorder(desk.bench)
        for command in commands:
            key = keys.get(command.title, "q")
            if key not in ELSEWHERE:
                recorder.commands.clear()
                await command.callback()
                await desk.pilot.pause()
                assert recorder.commands == commanded(key), key
                assert type(desk.app.screen) is SCREENS.get(key, Workbench), key
                if key in SCREENS:
                    await desk.press("escape")


async def test_a_key_that_spells_a_number_is_typed_in_a_number_field() -> None:
    async with opened(size=SMALL) as desk:
        before = desk.bench.facts()
        for character in SPELLED.values():
            await desk.type("lr", character)
            control = desk.control("lr")
            assert isinstance(control, NumberField)
            assert control.value == character
            assert desk.bench.facts() == before


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("place", list(PLACES))
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


async def test_home_and_end_scroll_the_log_or_the_help() -> None:
    async with opened(size=(200, 55)) as desk:
        await desk.advance(100)
        before, log = desk.text, desk.log
        await desk.press("?")
        panel = desk.workbench.query_one(HelpPanel)
        seen = desk.text
        while panel.scroll_offset.y < panel.max_scroll_y:
            await desk.press("pagedown")
            seen += desk.text
        for binding in BOUND:
            assert binding.tooltip
            assert binding.tooltip in seen
        assert all(f" {title} " in seen for title in GROUPS)
        for chosen in METHODS.values():
            assert f"--method {chosen.key}" in seen
            assert all(line in seen for line in chosen.formula)
        await desk.press("home")
        assert (panel.scroll_offset.y, desk.bench.cursor) == (0, None)
        await desk.press("end")
        assert panel.scroll_offset.y == panel.max_scroll_y
        await desk.press("?")
        assert desk.text == before
        assert log.scroll_offset.y == log.max_scroll_y
        for key, at in (("home", 0), ("end", log.max_scroll_y)):
            await desk.press(key)
            assert log.scroll_offset.y == at


async def test_escape_leaves_a_field_and_the_help() -> None:
    async with opened() as desk:
        focus(desk, "lr")
        await desk.press("?", "escape")
        assert desk.workbench.focused is None
        assert not desk.workbench.query_one(HelpPanel).display


async def test_enter_gives_the_focus_back_but_not_from_a_wrong_text() -> None:
    async with opened() as desk:
        for name, value in (("lr", 0.002), ("iterations", 50), ("w_start", -1)):
            await desk.type(name, str(value))
            await desk.press("enter")
            assert desk.workbench.focused is None
            assert desk.run.settings.values[name] == value
            await desk.type(name, "e")
            await desk.press("enter")
            assert desk.workbench.focused is desk.control(name)
            assert desk.run.settings.values[name] == value
            await desk.press("escape")


async def test_space_runs_from_a_field_and_digits_choose_again() -> None:
    async with opened() as desk:
        for name in ("lr", "bias", "method"):
            focus(desk, name)
            await desk.press("space")
            assert desk.workbench.focused is None
            await desk.press("3")
            assert desk.bench.view == "Fit"
            await desk.press("1")
        # Space takes what is typed along, as enter does; escape takes it back.
        await desk.type("lr", "0.002")
        await desk.press("space")
        assert desk.run.settings.lr == 0.002
        await desk.type("lr", "0.5")
        await desk.press("escape", "4")
        assert (desk.bench.view, desk.shown["lr"]) == ("Contour", 0.002)
        assert desk.bench.wanted.lr == 0.002


async def test_the_field_with_the_focus_is_marked_also_where_there_are_no_colours() -> None:
    async with opened() as desk:
        for name in ("lr", "method", "bias"):
            focus(desk, name)
            await desk.pilot.pause()
            marked = [
                field.parameter.name
                for field in desk.workbench.query(Field)
                if field.query_one(".label").styles.text_style.reverse
            ]
            assert marked == [name]
        await desk.press("escape")
        assert not desk.workbench.query("Field.-focused")


async def test_arrows_go_through_time_while_another_plot_than_the_sweep_is_chosen() -> None:
    async with opened() as desk:
        await desk.advance(50)
        await desk.press("w")
        await desk.wait(2.0)
        await desk.press("2", "left")
        assert "Sweep" in desk.plots
        assert (desk.bench.cursor, desk.bench.scene().picked) == (49, None)
        await desk.press("6", "left")
        assert desk.bench.cursor == 49
        assert desk.bench.scene().picked is not None


async def test_the_last_row_tells_the_keys_that_matter_now() -> None:
    async with opened(size=SMALL) as desk:
        for keys, hints in (
            ([], "space Run  s Step  f Finish  - + Learning rate"),
            (["tab", "tab"], "enter Take  esc Cancel  ↑ ↓ Step"),
            (["escape", "space"], "space Pause  f Finish  < > Pace  - + Learning rate  left Back"),
            (["space"], "space Go on  s Step  f Finish"),
            (["s", "s", "left"], "left right Through time  home Start  end Newest  g Go to"),
            (["end", "f"], "space Again  - + Learning rate  p Place  left Back"),
            (["w"], "left right Pick a rate  enter Adopt"),
            (["2"], "space Again"),
        ):
            await desk.press(*keys)
            await desk.wait(0.2)
            assert desk.lines[-1].startswith(f" {hints} "), keys
            assert desk.lines[-1].rstrip().endswith("? Help  q Quit")
        desk.bench.start_race([Settings(), Settings(lr=0.002)])
        desk.workbench.show()
        await desk.wait(0.2)
        assert desk.lines[-1].startswith(" space Pause  f Finish  r Restart  < > Pace  h Runs ")
    async with opened(Settings(lr=0.01, iterations=10_000), size=SMALL) as desk:
        await desk.advance(100_000)
        assert desk.lines[-1].startswith(" space Again  - Lower rate  a Advised rate ")


async def test_help_and_quit_are_there_at_every_size_and_no_pair_is_parted() -> None:
    async with opened(size=(40, 12)) as desk:
        for hints in HINTS.values():
            for width in range(20, 140):
                shown = fitting(hints, ALWAYS, width)
                text = "".join(part for part, _ in spans(shown)).rstrip()
                assert len(text) <= width
                assert shown[-2:] == ALWAYS
                words, left = [h.words for h in shown[:-2]], hints[len(shown) - 2 :]
                assert not {hint.words for hint in left[:1]} & set(words)
        for size in ((40, 12), (60, 20)):
            await desk.resize(*size)
            assert "? Help  q Quit" in desk.lines[-1]


def test_the_keys_of_the_last_row_are_keys() -> None:
    of_fields = {"up", "down", "tab"}
    for hints in HINTS.values():
        assert hints
        for hint in [*hints, *ALWAYS]:
            assert hint.key in {*KEYS, *of_fields}


async def test_a_click_on_a_key_of_the_last_row_presses_it() -> None:
    async with opened(size=SMALL) as desk:
        row = desk.workbench.query_one(HintRow)
        for words, lr in (("+", 0.002), ("Learning", 0.005), ("- ", 0.002)):
            await desk.pilot.click(row, offset=(desk.lines[-1].index(words), 0))
            await desk.pilot.pause()
            assert desk.bench.wanted.lr == lr
        await desk.pilot.click(row, offset=(desk.lines[-1].index("Help"), 0))
        await desk.pilot.pause()
        assert desk.workbench.query_one(HelpPanel).display


async def test_the_last_row_is_not_painted_while_the_situation_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened(size=SMALL) as desk:
        await desk.press("space")
        painted: list[object] = []
        row = desk.workbench.query_one(HintRow)
        monkeypatch.setattr(row, "refresh", lambda *regions, **_: painted.extend(regions))
        await desk.wait(1.0)
        assert not painted
        await desk.press("space")
        assert painted


# Plots


def chosen(desk: Desk) -> list[str]:
    return [plot.view for plot in desk.workbench.query(Plot) if plot.chosen]


async def test_as_many_plots_as_fit_and_the_last_chosen_ones() -> None:
    async with opened() as desk:
        for key, shown in (
            ("3", {LOSS, "Fit"}),
            ("5", {"Fit", THIS_STEP}),
            ("5", {"Fit", THIS_STEP}),
            ("2", {"Valley", THIS_STEP}),
        ):
            await desk.press(key)
            assert set(desk.plots) == shown
            assert chosen(desk) == [list(VIEWS)[int(key) - 1]]
        await desk.resize(200, 55)
        assert len(desk.plots) == 4
        assert len({desk.plot(name).region.y for name in desk.plots}) == 2
        for name in ("Valley", "Contour", THIS_STEP, LOSS):
            if name in desk.plots:
                await desk.pilot.click(desk.plot(name))
                assert chosen(desk) == [name]
        await desk.resize(*SMALL)
        for number, name in enumerate(VIEWS, 1):
            await desk.press(str(number))
            assert desk.plots == [name]
            assert "●" in desk.text
        await desk.resize(120, 36)
        await desk.press("w")
        assert desk.plots[-1] == desk.bench.view


async def test_the_log_has_a_quarter_at_most_and_no_panel_is_half_empty() -> None:
    async with opened() as desk:
        await desk.advance(100)
        for size in ((60, 20), (80, 24), (100, 30), (120, 36), (120, 49), (200, 55)):
            await desk.resize(*size)
            assert 4 <= desk.log.outer_size.height <= size[1] / 4
            panel = desk.workbench.query_one("#readout")
            said = sum(any(word.isalnum() for word in panel.render_line(y).text)
                       for y in range(panel.size.height))  # fmt: skip
            assert said >= panel.size.height / 2 or size == (120, 49)


async def test_figures_are_whole_where_the_log_is_below_them() -> None:
    async with opened(Settings(method="adam", bias=True), size=(120, 36)) as desk:
        await desk.advance(50)
        assert "stretch" in desk.text
        assert "beta2" in desk.text


async def test_a_zoomed_plot_has_all_the_height_at_every_size() -> None:
    async with opened() as desk:
        await desk.press("z")
        for width, height in ((30, 10), (40, 12), (60, 20), (80, 17), (80, 24), (200, 55)):
            await desk.resize(width, height)
            (name,) = desk.plots
            tabs = int(width >= 40 and height >= 12)
            assert desk.plot(name).size == (width, height - 2 - tabs)


@pytest.mark.long
async def test_zoom_gives_the_chosen_plot_all_the_room() -> None:
    async with opened() as desk:
        for number, name in enumerate(VIEWS, 1):
            await desk.press(str(number), "z")
            assert desk.plots == [name]
            assert desk.plot(name).size.width == 120
            assert "Hyperparameters" not in desk.text
            await desk.press("z")
            assert "Hyperparameters" in desk.text


async def test_a_sweep_is_shown_as_it_goes_and_its_rate_adopted() -> None:
    async with opened() as desk:
        await desk.press("w")
        assert "0%, escape stops" in desk.text
        await desk.wait(2.0)
        await desk.press("enter", "right", "left")
        assert desk.run.settings.lr == 0.001
        picked, sweep = desk.bench.scene().picked, desk.bench.sweep
        assert sweep
        assert sweep.done
        assert picked is not None
        assert f"lr {sweep.trials[picked].lr:.3g}: loss" in desk.text
        await desk.press("enter")
        assert desk.shown["lr"] == desk.run.settings.lr == sweep.trials[picked].lr != 0.001


async def test_enter_opens_the_examples_of_the_step_and_back() -> None:
    async with opened() as desk:
        await desk.advance(7)
        await desk.press("5", "enter")
        assert isinstance(desk.app.screen, ExamplesScreen)
        assert "Iteration 7: each example" in desk.text
        assert "x is Reservations, y is Pizzas" in desk.text
        for keys in (["escape"], ["enter", "q"]):
            await desk.press(*keys)
            assert isinstance(desk.app.screen, Workbench)


async def test_scaling_is_always_in_sight_and_its_answer_raw() -> None:
    async with opened(Settings(bias=True, lr=0.1, iterations=1000)) as desk:
        await desk.press("x")
        for size in SIZES:
            await desk.resize(*size)
            assert "standardized · ready" in desk.lines[0]
        await desk.resize(120, 36)
        await desk.advance(1000)
        assert "w=1.0811119573, b=13.1725818736" in desk.text
        w, b = (
            next(i for i in desk.lines if i.startswith(f"│ standardized {name}")) for name in "wb"
        )
        assert "8.2587016022" in w
        assert "26.8666666667" in b
        await desk.resize(80, 24)
        figures = [line[:32].split() for line in desk.lines]
        assert ["│", "standardized", "w", "8.2587016022", "│"] in figures
        assert ["│", "standardized", "b", "26.8666666667", "│"] in figures
        assert ["│", "stretch", "1", "(1", "is", "round)", "│"] in figures


# What the rows of the gradient begin with.
PARTED = ["gradient ", "dL/dw ", "dL/db "]


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("bias", [True, False])
async def test_no_figure_is_cut_at_80x24(bias: bool) -> None:
    async with opened(Settings(bias=bias), size=(80, 24)) as desk:
        for standardize in (False, True):
            seen = set()
            for _ in METHODS:
                seen.add(desk.run.settings.method)
                assert desk.run.settings.standardize == standardize
                left = [line[2:32] for line in desk.lines]
                for label in ("loss ", "w ", "b ", "best w", "loss is ", "stretch "):
                    assert any(line.startswith(label) for line in left), (seen, label)
                starts = [label for label in PARTED if any(line.startswith(label) for line in left)]
                # Each parameter in a row of its own, or both in one.
                assert starts in (["gradient "], PARTED[1 : 2 + bias])
                told = [line for line in left if " standardized " in f" {line}"]
                assert len(told) in ((1, 2) if standardize else (0,))
                assert any(line[2:].startswith("tolerance") for line in desk.lines)
                for parameter in desk.run.settings.hyperparameters:
                    assert any(parameter.label in line[:32] for line in desk.lines)
                await desk.press("m")
            assert seen == set(METHODS)
            await desk.press("x")


# The panel of settings


CHANGES: dict[str, Value] = {
    "method": "search", "w_start": 3, "b_start": 2, "bias": True, "standardize": True, "lr": 0.5,
    "iterations": 150, "tolerance": 2,
}  # fmt: skip


@pytest.mark.long(keep=3)
@pytest.mark.parametrize("parameter", SHARED, ids=lambda parameter: parameter.name)
async def test_each_control_asks_for_its_setting(parameter: Any) -> None:
    async with opened() as desk:
        await desk.advance(20)
        before, value, control = desk.run, CHANGES[parameter.name], desk.control(parameter.name)
        settings = before.settings
        if isinstance(control, NumberField):
            await desk.type(parameter.name, f"{value}")
            await desk.press("enter")
        elif isinstance(control, Toggle):
            control.focus()
            await desk.press("enter")
        elif isinstance(control, Choice):
            control.value = str(value)
            await desk.pilot.pause()
        assert desk.run.settings == settings.change(parameter, value)
        assert desk.shown == desk.run.settings.values
        assert ("─ 1 lr 0.001 ─" in desk.text) != parameter.tunable
        assert (desk.run is before) == parameter.tunable


async def test_the_panel_shows_the_wanted_settings_after_every_key() -> None:
    async with opened(size=SMALL) as desk:
        await desk.advance(50)
        for key in ("+", "b", "left", "-", "m", "end", "m", "left", "x", "n", "s", "a", "r"):
            await desk.press(key)
            assert desk.shown == desk.bench.wanted.values


async def test_a_field_of_a_method_that_is_left_asks_too_late() -> None:
    async with opened(Settings(method="sgd")) as desk:
        await desk.type("seed", "7")
        await desk.press("m")
        await desk.pilot.pause()
        assert desk.bench.wanted.method == "momentum"
        assert desk.app.is_running


async def test_a_typed_value_counts_from_the_next_command_on() -> None:
    async with opened(size=SMALL) as desk:
        takers = ["enter", "tab", "shift+tab", "space", "s", "f", "r", "b", "m", "w"]
        for number, key in enumerate(takers, 1):
            before = desk.run.settings.lr
            await desk.type("lr", f"{number}")
            await desk.press("l", "v", "<", "g", "escape")
            assert desk.run.settings.lr == before
            await desk.press(key)
            assert (key, desk.run.settings.lr) == (key, number)
            assert desk.shown == desk.run.settings.values
        await desk.type("lr", "0.002")
        await desk.press("=")
        assert desk.run.settings.lr == 0.005
        for key in ("enter", "tab", "space", "s", "r"):
            await desk.type("lr", "1e")
            await desk.press(key)
            assert (key, desk.run.settings.lr) == (key, 0.005)
            assert "'1e' is not a number" in " ".join(desk.text.split())


# Log, cursor and other runs


def readout(desk: Desk, label: str) -> str:
    """What stands beside a label in the readout."""
    lines = [line[2:30] for line in desk.lines if re.match(rf"│ {label} (?!is )", line)]
    return lines[-1].split(label, 1)[1].split()[0]


async def test_the_log_keeps_its_place_while_the_run_goes_on() -> None:
    async with opened(Settings(iterations=1000)) as desk:
        await desk.advance(100)
        assert "Iteration   99" in desk.text
        await desk.press("home")
        await desk.advance(100)
        assert "Iteration    0 => Loss: 812.8666666667" in desk.text
        await desk.press("end", "-")
        await desk.advance(3)
        lines = [line[:80].strip(" │") for line in desk.lines]
        at = lines.index("from here: lr 0.0005")
        for place, number in ((at - 1, 199), (at + 1, 200), (at + 3, 202)):
            assert lines[place].startswith(f"Iteration  {number} =>")


async def test_only_so_many_ghosts_are_named_and_equal_ones_once() -> None:
    async with opened(size=(200, 55)) as desk:
        for _ in range(3):
            await desk.advance(10)
            await desk.press("r")

        def note() -> str:
            plot = desk.plot(LOSS)
            return plot.render_line(plot.size.height - 1).text

        assert note().count("lr 0.001") == 1
        for number in range(9):
            await desk.press("s", "r")
            lr = next(p for p in SHARED if p.name == "lr")
            desk.bench.want(lr, 0.001 + (1 + number) * 1e-4)
            await desk.advance(10)
        await desk.press("r")
        assert note().count(" lr ") == 6
        assert "lr 0.0019" in note()


async def test_every_view_stands_at_the_cursor() -> None:
    async with opened(Settings(iterations=50_000, bias=True), size=(200, 55)) as desk:
        await desk.advance(20_000)
        for keys, at in (
            (["left"], 19_999),
            (["home", "right", "right", "shift+right"], 12),
            (["ctrl+right"], 500),
            (["g", *"7777", "enter"], 7777),
        ):
            await desk.press(*keys)
            step = desk.run.step_at(at)
            assert f"at {at} · paused · iteration 20000 of 50000" in desk.lines[0]
            assert readout(desk, "loss") == f"{step.loss:.10f}"
            assert readout(desk, "w") == f"{step.w:.10f}"
            assert f"Iteration {at:4d} => Loss: {step.loss:.10f}" in desk.text
            assert f"y = {step.w:.5f}" in desk.text
            assert f"at b = {step.b:.4g}" in desk.text
        await desk.press("5")
        assert "gradient descent, iteration 7777" in desk.text
        await desk.press("space")
        await desk.wait(0.3)
        assert "at 7777 · running" in desk.lines[0]
        await desk.press("space", "end")
        assert "at 7777" not in desk.text
        newest = desk.run.iteration
        assert newest > 20_000
        assert f"Iteration {newest - 1} =>" in desk.text
        assert readout(desk, "loss") == f"{desk.run.step.loss:.10f}"


async def test_going_to_an_iteration_that_is_not_there_is_refused_in_words() -> None:
    async with opened() as desk:
        await desk.advance(50)
        await desk.press("g")
        assert "Go to iteration, 0 to 50" in desk.text
        for text, words in (("51", "out of bounds: from 0 to 50"), ("x", "not a number")):
            desk.app.screen.query_one(Input).value = text
            await desk.press("enter")
            assert isinstance(desk.app.screen, Question)
            assert words in desk.text
        await desk.press("escape")
        assert (desk.app.screen, desk.bench.cursor) == (desk.workbench, None)


async def test_a_click_in_the_loss_plot_or_on_a_line_of_the_log_goes_there() -> None:
    async with opened(Settings(iterations=1000)) as desk:
        await desk.advance(1000)
        plot = desk.plot(LOSS)
        await desk.pilot.click(plot, offset=(plot.size.width // 2, 8))
        at = desk.bench.cursor
        assert at is not None
        assert 350 < at < 650
        assert f"Iteration  {at} =>" in desk.text
        await desk.press("home")
        for offset in ((8, 4), (0, 0)):
            await desk.pilot.click(desk.log, offset=offset)
            assert desk.bench.cursor == 3


async def test_a_drag_in_the_valley_carries_the_walker_and_the_line_with_it() -> None:
    async with opened() as desk:
        await desk.advance(100)
        plot = desk.plot(VALLEY)
        width, seen = plot.size.width, []
        await desk.pilot.mouse_down(plot, offset=(width // 3, 9))
        assert desk.bench.view == VALLEY
        for place in (width // 2, width * 2 // 3, width * 5 // 6, width - 1):
            await desk.pilot.hover(plot, offset=(place, 9))
            seen.append(desk.shown["w_start"])
            assert f"w start {desk.run.settings.w_start:g}"[:12] in re.sub(" +", " ", desk.text)
        assert seen == sorted(seen, key=float)
        assert len(set(seen)) == 4
        assert desk.bench.placing
        await desk.pilot.mouse_up(plot, offset=(width // 2, 9))
        assert not desk.bench.placing
        assert desk.shown["w_start"] == seen[0]
        # The button is up: the mouse may go where it likes.
        await desk.pilot.hover(plot, offset=(width // 3, 9))
        assert desk.shown["w_start"] == seen[0]
        assert [entry.number for entry in desk.bench.history.entries] == [1, 2]


async def test_beside_the_box_a_click_only_chooses_the_plot() -> None:
    async with opened() as desk:
        plot = desk.plot(VALLEY)
        for offset in ((1, 9), (plot.size.width - 1, 9), (9, 0)):
            await desk.press("1")
            await desk.pilot.click(plot, offset=offset)
            assert (desk.bench.view, desk.bench.placing) == (VALLEY, False)


async def test_keys_place_the_walker_and_say_how() -> None:
    async with opened(size=SMALL) as desk:
        await desk.advance(100)
        await desk.press("4", "p")
        assert "up down left right Move  enter Start here  esc Put back" in desk.lines[-1]
        await desk.press("left", "left", "up", "down", "up", "enter")
        assert (desk.shown["w_start"], desk.shown["b_start"]) == (1.75, 0.5)
        assert "space Run" in desk.lines[-1]
        await desk.press("p", "right", "escape")
        assert (desk.shown["w_start"], desk.bench.entry.number) == (1.75, 2)


async def test_a_branch_leaves_its_parent_where_the_cursor_is() -> None:
    """A run at 0.005 with bias; back to iteration 3, the learning rate halved twice, and off."""
    async with opened(Settings(lr=0.005, bias=True, iterations=3000), size=(200, 55)) as desk:
        await desk.advance(3000)
        await desk.press("home", "right", "right", "right", "-", "-")
        assert messages(desk) == [HOW_TO_BRANCH]
        await desk.press("n")
        assert "space runs, s takes one step" in desk.text
        await desk.advance(500)
        assert "Iteration    3 =>" not in desk.text
        assert "Iteration  502 =>" in desk.text
        assert desk.text.count("◇") == 2
        assert "1 lr 0.005, bias" in desk.text
        await desk.press("home")
        assert "Iteration    3 =>" in desk.text
        assert "Iteration    2 =>" not in desk.text
        await desk.press("escape")
        assert not messages(desk)


async def test_a_run_deleted_while_it_is_chosen_is_not_looked_at() -> None:
    async with opened() as desk:
        await desk.finish(2, of=100)
        await desk.advance(100)
        await desk.press("h")
        screen, table = desk.app.screen, desk.app.screen.query_one(DataTable)
        desk.bench.history.delete(2)
        screen.post_message(DataTable.RowSelected(table, 1, RowKey("2")))
        await desk.pilot.pause()
        assert desk.app.screen is screen


async def test_the_table_of_runs_shows_hides_names_deletes_and_brings_back() -> None:
    async with opened(Settings(bias=True), size=(160, 40)) as desk:
        await desk.finish(3, of=100)
        await desk.advance(10)
        history = desk.bench.history
        await desk.press("h")
        for words in ("lr 0.0005", f"{desk.run.step.loss:.5f}", "finished", "paused"):
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
        history.rename(2, "[red]\x1b[31m")
        await desk.press("up", "up", "up", "enter")
        assert desk.bench.entry.number == 1
        assert desk.shown == desk.run.settings.values
        assert "finished · iteration 100 of 100" in desk.lines[0]
        assert "4 lr 0.0001, bias" in desk.text
        assert "2 [red]" in desk.text
        assert "\x1b" not in desk.text
        assert "3 slow one" not in desk.text


async def test_each_change_in_the_table_of_runs_is_saved_soon_and_seen() -> None:
    async with opened(size=(160, 40)) as desk:
        await desk.finish(2, of=100)
        saver, history = Touched(), desk.bench.history
        workbench = Workbench(
            PROBLEM, Settings(), history=history, autosave=saver, clock=desk.clock
        )
        await desk.app.push_screen(workbench)
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
        table, history = desk.app.screen.query_one(DataTable), desk.bench.history
        for column in COLUMNS:
            pairs = zip(history.entries, history.summaries(), strict=True)
            rows = sorted([RunRow(*pair) for pair in pairs], key=column.key)
            expected = [str(row.entry.number) for row in rows]
            assert [str(table.get_row_at(i)[0]) for i in range(len(rows))] == expected
            assert f"{column.head} ▲" in desk.text
            await desk.press("s")


async def test_the_table_of_runs_fits_and_keeps_the_status() -> None:
    racers = [Settings(method=key, lr=0.01, bias=True, iterations=3000) for key in METHODS]
    async with opened(size=(80, 24)) as desk:
        desk.bench.start_race(racers)
        desk.bench.finish()
        desk.workbench.show()
        await desk.wait(0.5)
        desk.bench.history.rename(3, "the stochastic one")
        await desk.press("h")
        table = desk.app.screen.query_one(DataTable)
        for width, place in itertools.product((60, 80, 120), range(len(COLUMNS))):
            await desk.resize(width, 24)
            assert table.max_scroll_x == 0, place
            numbers = [int(str(row.value)) for row in table.rows]
            for at, number in enumerate(numbers, 1):
                run = desk.bench.history[number].run
                line = desk.lines[table.region.y + at][table.region.x : table.region.right].strip()
                assert line.startswith(f"{number} ")
                assert f" {divergence.standing(run.snapshot(), run.surface)} " in f"{line} "
            await desk.press("s")
        await desk.resize(200, 30)
        assert "momentum 0.9, iterations" not in desk.text
        assert "changed settings" in desk.text


def test_columns_go_where_room_is_short_but_status_and_the_sorted_one_stay() -> None:
    row = ["3 hidden", "the name", "a long list of settings that differ", "3000", "39.291304", "7%"]
    rows = [[*row, "1244 first", "diverging", "", "2 at 200"], [""] * len(COLUMNS)]

    def heads(room: int, sorted_by: int = 0) -> list[str]:
        found = shown_columns(rows, sorted_by, room)
        total = sum(width + 2 for _, width in found.values())
        assert total <= room or len(found) == 1 + (sorted_by != 7)
        return [head for head, _ in found.values()]

    every = [column.head for column in COLUMNS]
    assert heads(160) == heads(112) == every
    # Of nobody is there a guess.
    telling = [column for column in COLUMNS if column.head != "guess"]
    brief = [column.brief or column.head for column in telling]
    assert heads(111) == heads(105) == [column.head for column in telling]
    assert heads(104) == heads(87) == brief
    assert heads(86) == brief[:-1]
    assert heads(76) == ["run", "changes", "iter", "loss", "above", "in 1%", "status"]
    assert heads(56) == ["run", "loss", "above", "in 1%", "status"]
    assert heads(56, sorted_by=9) == ["run", "loss", "in 1%", "status", "left"]
    assert shown_columns(rows, 0, 160)[2] == ("changed settings", len(row[2]))
    assert shown_columns(rows, 0, 110)[2] == ("changed settings", 21)
    nameless = [[*row[:1], "", *rows[0][2:]]]
    assert "name" not in [head for head, _ in shown_columns(nameless, 0, 95).values()]


async def test_the_table_of_one_run_has_room_for_all_its_keys() -> None:
    async with opened(size=SMALL) as desk:
        await desk.press("h")
        keys = "enter look · s sort · space hide · n name · d delete · u undo · esc back"
        assert f" {keys} " in desk.text


async def test_methods_race_on_the_screen_and_the_first_is_marked() -> None:
    async with opened(Settings(bias=True, iterations=3000, lr=0.001), size=(200, 55)) as desk:
        await desk.press("t")
        for method in METHODS.values():
            assert f"[ ] {method.name}, lr " in desk.text
        await desk.press("a", "enter")
        race = desk.bench.race
        assert race
        assert [run.settings.method for run in race.runs] == list(METHODS)
        await desk.wait(0.3)
        assert "running" in desk.lines[0]
        await desk.press("f")
        await desk.wait(0.5)
        scene = desk.bench.scene()
        number, words = scene.racers[0].entry.number, f"{scene.racers[0].within} first"
        await desk.press("h")
        table = desk.app.screen.query_one(DataTable)
        rows = [list(map(str, table.get_row_at(i))) for i in range(table.row_count)]
        assert [row[0] for row in rows if words in row] == [f"{number}"]
        assert sum("first" in cell for row in rows for cell in row) == 1
        await desk.press("escape")
        assert scene.winner.endswith(f" wins after {scene.racers[0].within}")
        assert f"{scene.winner} · " in desk.text


async def test_the_key_that_starts_a_race_waits_for_those_typed_before_it() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.press("t")
        for key in ("a", "enter"):
            desk.app.simulate_key(key)
        await pauses_until(desk.pilot, lambda: desk.bench.race is not None)


async def test_a_race_of_more_than_can_be_told_apart_or_of_one_does_not_start() -> None:
    async with opened(size=(120, 40)) as desk:
        await desk.finish(3, of=100)
        await desk.press("t")
        screen = desk.app.screen
        choice = screen.query_one(SelectionList)
        for choose, words in (
            (choice.select_all, f"takes {RACERS} at most"),
            (choice.deselect_all, "takes at least two"),
        ):
            choose()
            await desk.press("enter")
            assert desk.app.screen is screen
            assert words in messages(desk)[-1]
        choice.deselect_all()
        for number in (0, 2):
            choice.select(len(METHODS) + number)
        await desk.press("enter")
        assert desk.bench.race
        assert [run.settings.lr for run in desk.bench.race.runs] == [0.001, 0.0002]


@pytest.mark.parametrize(
    "keys", ["enter down enter", "space down enter", "space down space t", "2"]
)
async def test_two_keys_or_clicks_choose_two_racers(keys: str) -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.press("t")
        assert ("[ ] " in desk.text, "[x] " in desk.text) == (True, False)
        if keys == "2":
            for place in (0, 1):
                await desk.pilot.click(SelectionList, offset=(1 + 8 * place, place))
            assert desk.text.count("[x] ") == 2
            words = "enter start"
            y, x = next(
                (y, line.index(words)) for y, line in enumerate(desk.lines) if words in line
            )
            await desk.pilot.click(offset=(x, y))
        else:
            *first, last = keys.split()
            await desk.press(*first)
            assert "[x] " in desk.text
            await desk.press(last)
        assert desk.bench.race
        assert [run.settings.method for run in desk.bench.race.runs] == list(METHODS)[:2]


async def test_all_methods_are_chosen_by_a_key_and_none_by_it_again() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.finish(1, of=50)
        await desk.press("t")
        choice = desk.app.screen.query_one(SelectionList)
        choice.select(len(METHODS))
        await desk.press("a")
        assert sorted(choice.selected) == [*range(len(METHODS) + 1)]
        await desk.press("a")
        assert choice.selected == [len(METHODS)]


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
    begin = Settings(lr=0.002, bias=True)
    async with opened(begin, size=SMALL) as desk:
        await desk.finish(1, of=100)
        await desk.advance(100)
        await desk.press("h", "up", "enter")
        for number, label in enumerate(EXPORTERS):
            folder = tmp_path / str(number)
            folder.mkdir()
            monkeypatch.chdir(folder)
            first = await exported(desk, label)
            files = {path: path.read_bytes() for path in folder.iterdir()}
            assert files
            assert all(str(path) in first for path in files)
            assert await exported(desk, label) != first
            assert len(list(folder.iterdir())) == 2 * len(files)
            assert all(path.read_bytes() == content for path, content in files.items())
            if "all runs" in label:
                for run in (b"1", b"2"):
                    assert all(run + b"," in c or b'"run": ' + run in c for c in files.values())
    script = min(tmp_path.glob("*/*.py"))
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert ran.stdout == "".join(as_text(PROBLEM, begin))


async def test_what_cannot_be_exported_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heavy_ball: Method
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(Settings(method=heavy_ball.key)) as desk:
        assert "nothing says its formula" in await exported(desk, "this run as a numpy script")
        assert not list(tmp_path.iterdir())
        tmp_path.rmdir()
        assert "can't be written" in await exported(desk, "this run as CSV")


async def test_figures_are_of_the_plots_on_screen_and_as_dark_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(size=(160, 40)) as desk:
        await desk.press("f", "5", "3", "2")
        await desk.pilot.pause()
        assert desk.plots == ["Valley", "Fit", "This step"]
        for theme, ground in ((DARK, ON_DARK.background), (LIGHT, "#ffffff")):
            desk.app.theme = theme.name
            said = await exported(desk, "the plots on screen as SVG")
            files = sorted(tmp_path.glob("*.svg"))
            assert [path.name for path in files] == ["pizza-run1-fit.svg", "pizza-run1-valley.svg"]
            for path in files:
                assert str(path) in said
                assert f"fill: {ground}" in path.read_text(encoding="utf-8")
                path.unlink()


async def test_what_is_no_plot_is_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(size=(80, 24)) as desk:
        await desk.press("5")
        said = await exported(desk, "the plots on screen as PNG")
        assert said == "Step is text here and no plot: choose another one"
    assert not list(tmp_path.iterdir())


async def test_the_command_is_copied_and_shown_with_what_it_cannot_carry() -> None:
    async with opened(Settings(lr=0.004, bias=True, iterations=1000), size=(200, 55)) as desk:
        await desk.advance(10)
        await desk.press("c")
        line = "gdtui pizza.txt --lr 0.004 --iterations 1000 --bias"
        assert desk.app.clipboard == line
        assert line in messages(desk)
        await desk.press("-")
        await desk.advance(10)
        await desk.press("c")
        assert desk.app.clipboard == line.replace("0.004", "0.002")
        assert any("can't carry what was changed" in words for words in messages(desk))
        await desk.press("left", "n", "c")
        assert any("where it left run 1" in words for words in messages(desk))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_is_said_does_not_cover_the_closing_words(size: tuple[int, int]) -> None:
    async with opened(size=size, notifications=True) as desk:
        await desk.press("c")
        await pauses_until(desk.pilot, lambda: bool(desk.app.screen.query(Toast)))
        await desk.pilot.pause()
        said = desk.app.screen.query_one(Toast).region
        assert said.area
        for below in (desk.log, desk.workbench.query_one(HintRow)):
            assert below.region.area
            assert not said.overlaps(below.region)


async def test_the_story_of_the_lesson_takes_twenty_keys_at_most() -> None:
    """Too small, good, too large, bias, canyon, standardize, momentum, race: as a teacher would."""
    async with opened() as desk:
        pressed: list[str] = []

        async def told(*keys: str) -> dict[str, Fact]:
            pressed.extend(keys)
            await desk.press(*keys)
            # Without the time to watch it.
            desk.bench.finish()
            await desk.wait(0.3)
            assert desk.bench.facts()["status"] not in ("ready", "running")
            return desk.bench.facts()

        small = await told("-", "-", "-", "f")
        assert (small["within"], desk.shown["lr"]) == (79, 0.0001)
        assert "crawls" in desk.text
        good = await told("a")
        assert good["within"] == 2
        assert "good" in desk.text
        large = await told("+", "f")
        assert large["status"] == "diverging"
        assert "diverging" in desk.lines[0]
        canyon = await told("b", "a", "4")
        assert (canyon["bias"], canyon["within"], canyon["view"]) == (True, None, "Contour")
        round_bowl = await told("x", "a")
        assert (round_bowl["standardize"], round_bowl["within"]) == (True, 1)
        momentum = await told("m", "m", "f")
        assert momentum["method"] == "momentum"
        race = await told("t", "space", "down", "enter")
        assert race["race"]
        assert desk.bench.race
        methods = {run.settings.method for run in desk.bench.race.runs}
        assert len(methods) == 2
        assert len(pressed) <= 20
