"""Names, numbers and settings that nobody would choose: shown harmlessly, or refused in words."""

from __future__ import annotations

import io
import itertools
import json
import math
import os
import re
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import VirtualClock
from support.desk import Desk, pauses_until
from support.program import ENVIRONMENT, PROGRAM
from support.terminal import Terminal
from textual.widgets import ProgressBar

from gdtui.cli import main as cli
from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.methods import METHODS
from gdtui.core.printable import printable
from gdtui.core.run import Run
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import LossSurface
from gdtui.dataset import Dataset
from gdtui.drawing import Page
from gdtui.export.reports import REPORTS
from gdtui.loading import Loading
from gdtui.problem import Problem, Source
from gdtui.scene import Ghost, Scale, Scene
from gdtui.ui.app import Laboratory
from gdtui.ui.canvas.canvas import Canvas
from gdtui.ui.dialogs.loading import LoadingScreen
from gdtui.ui.widgets.plot import page_rows
from gdtui.ui.widgets.settings_panel import NumberField
from gdtui.ui.workbench import Workbench
from gdtui.views import VIEWS

SIZES = [(40, 12), (80, 24), (120, 36)]


@asynccontextmanager
async def opened(
    dataset: Dataset, size: tuple[int, int], settings: Settings | None = None
) -> AsyncIterator[Desk]:
    """The app with a dataset that no file need hold."""
    clock = VirtualClock()
    loading = Loading.done_with(Problem.of_dataset(dataset))
    app = Laboratory(loading, settings or Settings(), clock=clock)
    async with app.run_test(size=size) as pilot:
        await pauses_until(pilot, lambda: isinstance(app.screen, Workbench))
        await pilot.pause()
        yield Desk(app, pilot, clock)


# Names

NAMES = {
    "a colour": "\x1b[31mred\x1b[0m",
    "a cleared screen": "\x1b[2J\x1b[Hgone",
    "the clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "the title": "\x1b]0;owned\x1b\\",
    "a device string": "\x1bPq#0\x1b\\",
    "bells and rubouts": "a\x07\x08\x7f\x00b",
    "line ends": "a\r\nb\x0b\x0c\x85\u2028\u2029c\td",
    "C1 controls": "\x9b31m\x9d0;x\x9c\x90\x84",
    "markup": "[red]x[/] [/nosuch] [@click=app.quit]q[/]",
    "content markup": "[$text-error]x[/] [link='file:///']y[/link] \\[b]",
    "an emoji code": ":bomb: :red_heart:",
    "wide": "宽字符宽字符宽字符宽字符",
    "emoji": "\U0001f355\U0001f468\u200d\U0001f469\u200d\U0001f467\u2764\ufe0f\U0001f1e9\U0001f1ea",
    "combining": "e\u0301" + "a" + "\u0300" * 30,
    "nothing but marks": "\u0301\u0302\u20dd",
    "no width": "\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164\u115f",
    "right to left": "\u202ecod.exe\u202c \u2066x\u2069 שלום",
    "lone surrogates": "a\udc80\udcff\ud800",
    "private and unassigned": "\ue000\U000f0000\U0010ffff\u0378",
    "braces and percents": "{0} {name!r} %s %(x)d ${HOME} `id` $(id)",
    "very long": "x" * 10_000,
    "very long and wide": "宽" * 10_000,
    "very long and escaped": "\x1b" * 10_000,
    "nothing": "",
}
# Three of them at a time: for the file, the feature and the label.
TRIPLES = list(zip(*[iter(NAMES.values())] * 3, strict=True))
every_triple = pytest.mark.parametrize(
    "names", TRIPLES, ids=map(", ".join, zip(*[iter(NAMES)] * 3, strict=True))
)
Names = tuple[str, str, str]


def named(*names: str) -> Dataset:
    return Dataset(*names, x=np.array([1.0, 2.0]), y=np.array([2.0, 4.0]))  # type: ignore[misc,arg-type]


def shown_harmlessly(desk: Desk) -> None:
    """Every cell of the screen is in its place, and none holds what a terminal obeys."""
    strips = desk.app.screen._compositor.render_strips()
    assert len(strips) == desk.app.size.height
    assert {strip.cell_length for strip in strips} == {desk.app.size.width}
    assert all(strip.text.isprintable() for strip in strips)


PLAIN: dict[tuple[int, int], list[str]] = {}


async def plain_screens() -> dict[tuple[int, int], list[str]]:
    """The screen of the same examples with names that nobody minds, at two sizes."""
    if not PLAIN:
        async with opened(named("n", "x", "y"), SIZES[1]) as desk:
            for size in SIZES[:2]:
                await desk.resize(*size)
                PLAIN[size] = desk.lines
    return PLAIN


@pytest.mark.long(keep=2)
@every_triple
async def test_names_change_nothing_but_the_title(names: Names) -> None:
    plain = await plain_screens()
    async with opened(named(*names), SIZES[1]) as desk:
        for size in plain:
            await desk.resize(*size)
            shown_harmlessly(desk)
            title, rest = desk.lines[0], desk.lines[1:]
            assert rest == plain[size][1:]
            # What says how the run stands keeps its place.
            assert title.endswith(plain[size][0][plain[size][0].index("ready") :])
            assert " ".join(printable(names[0]).split())[:6] in " ".join(title.split())
        await desk.pilot.click("#what")
        assert not desk.app._exit
        await desk.press("s", "r", "ctrl+p")
        shown_harmlessly(desk)
        tips = [str(widget.tooltip) for widget in desk.workbench.query("*") if widget.tooltip]
        assert tips
        assert not any(name in tip for tip in tips for name in names if name)


@pytest.mark.long(keep=4)
@pytest.mark.parametrize("name", list(NAMES.values()), ids=list(NAMES))
async def test_a_name_is_harmless_while_it_is_read(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Loading, "start", lambda self: None)
    app = Laboratory(Loading(Source(name)), Settings())
    async with app.run_test(size=SIZES[1]) as pilot:
        screen = app.screen
        assert isinstance(screen, LoadingScreen)
        screen._show_bar()
        await pilot.pause()
        assert screen.query_one(ProgressBar).region
        strips = screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {80}
        assert all(strip.text.isprintable() for strip in strips)
        assert sum("Reading" in strip.text for strip in strips) == 1


def file_name(name: str) -> str:
    """As much of a name as a file system takes."""
    return os.fsdecode(os.fsencode(name.replace("/", "_").replace("\0", "_"))[:200]) or "_"


def gdtui(*arguments: str, folder: Path) -> tuple[int, str, str]:
    """Run the program; what it writes is UTF-8, each line of it printable."""
    result = subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, env=ENVIRONMENT, cwd=folder, timeout=60,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    for stream in (result.stdout, result.stderr):
        assert all(line.isprintable() for line in stream.decode("utf-8").split("\n"))
    return result.returncode, result.stdout.decode(), result.stderr.decode()


SURROGATE_HALF = re.compile("[\ud800-\udbff]")
# A path made of bytes can't hold the upper half of a surrogate pair.
nameable = [SURROGATE_HALF.sub("", name) for name in NAMES.values()]


@pytest.mark.long(keep=3)
@every_triple
def test_names_are_harmless_in_messages_and_exports(names: Names, tmp_path: Path) -> None:
    name, feature, label = (SURROGATE_HALF.sub("", name) for name in names)
    file = file_name(name)
    header = f"{feature},{label}\n".encode("utf-8", errors="surrogateescape")
    (tmp_path / file).write_bytes(header + b"1,2\n2,4\n")
    status, output, complaint = gdtui(f"./{file}", "--format", "json", folder=tmp_path)
    if status:
        assert (status, output, complaint.count("\n")) == (2, "", 1)
        assert complaint.startswith(f"gdtui: {printable(file)}:")
    else:
        assert output.isascii()
        assert json.loads(output.split("\n")[0])["data"]["name"] == file
    status, output, complaint = gdtui(f"./{file}", "--x", f"no {feature[:999]}", folder=tmp_path)
    assert (status, output, complaint.count("\n")) == (2, "", 1)
    assert complaint.startswith(f"gdtui: {printable(file)}")


def test_a_hostile_name_is_in_no_export_but_json(tmp_path: Path) -> None:
    file = file_name("\x1b]52;c;x\x07\x9b31m\u202e\udcff")
    (tmp_path / file).write_bytes("\u202e\u009b,y\n1,2\n2,4\n".encode())
    for form in REPORTS:
        status, output, _ = gdtui(file, "--format", form, folder=tmp_path)
        assert status == 0
        assert output.isascii()
        if form == "json":
            data = json.loads(output.split("\n")[0])["data"]
            assert (data["name"], data["feature"]) == (file, "\u202e\u009b")


@pytest.mark.parametrize("option", ["", "--x", "--method", "--lr", "--format", "--every", "--no"])
def test_a_hostile_argument_is_harmless_in_a_message(option: str, tmp_path: Path) -> None:
    for name in nameable:
        argument = os.fsdecode(os.fsencode(name.replace("\0", "")))
        with redirect_stderr(io.StringIO()) as complaint, redirect_stdout(io.StringIO()) as output:
            status = cli.main([option, argument] if option else ["--plain", f"./{argument}"])
        if not argument and not option:
            continue
        assert (status, output.getvalue()) == (2, "")
        assert complaint.getvalue().startswith("gdtui: ")
        assert complaint.getvalue()[:-1].isprintable()
        assert len(complaint.getvalue()) < 500


# Those that move and colour, and the shape of the mouse's pointer.
SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[=>]|\x1b\]22;[a-z]*\x07")


def test_a_hostile_name_does_not_reach_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / file_name("\x1b]52;c;x\x07\x9b31m\u202e\udcff\x7f\x1bc")
    file.write_bytes("[red]\u009b\u202e\u0085,[@click=app.quit]y\n1,2\n2,4\n".encode())
    with Terminal("-m", "gdtui", os.fspath(file), "--theme", "textual-light") as terminal:
        terminal.wait_for("ready", "limit", "\\x1b]52;c;x\\x07\\x9b31m\\u202e\\udcff", "[red]")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        sent = SEQUENCE.sub("", terminal.output.decode("utf-8"))
    assert all(part.isprintable() for part in re.split("[\r\n]+", sent))


# Settings

VALUES = [
    *("", " ", "0", "-0", "0.0", "1", "-1", "+1", "0.5", "-.5", "1e-12", "1e-13", "1e6", "1e7"),
    *("1e100", "-1e100", "1e101", "1e300", "-1e300", "1e400", "-1e400", "1e-400", "1e999999999"),
    *("nan", "-nan", "inf", "-inf", "Infinity", "NaN", "0x10", "0b1", "1_000", "1,5", "1e", "e1"),
    *(".", "-", "--", "+-1", "1 2", "1.5", "1e9", "1000000001", "9" * 400, "0." + "0" * 400 + "1"),
    *("\u0661", "\uff11", "\u00b2", "\u2212" + "1", "\u221e", "1\u00a0", "\u200b1", "\x001", "1\n"),
    *("True", "None", "on", "[red]1[/]", "\x1b[31m1", "\udcff", "1" + "e" * 10_000, "7" * 10_000),
]
HYPERPARAMETERS = [
    pytest.param(method, parameter, id=f"{method}-{parameter.name}")
    for method, known in METHODS.items()
    for parameter in (*SHARED, *known.hyperparameters)
]


def ended_sanely(method: str, parameter: Hyperparameter, value: str) -> None:
    """Refused in one line, or run to an end, in a run that is short whatever the value."""
    short = ["--tolerance", "1e100"] if parameter.name == "iterations" else ["--iterations", "30"]
    flag = [parameter.flag] if parameter.default is False else [f"{parameter.flag}={value}"]
    arguments = ["--method", method, *short, "--format", "json", *flag]
    with redirect_stderr(io.StringIO()) as complaint, redirect_stdout(io.StringIO()) as output:
        status = cli.main(arguments)
    said = complaint.getvalue()
    assert status in (0, 1, 2)
    assert said.count("\n") <= 1
    assert said.replace("\n", "").isprintable()
    assert len(said) < 500
    if status == 2:
        assert said.startswith(f"gdtui: argument {parameter.flag}: ")
        assert output.getvalue() == ""
        with pytest.raises(ValueError, match=r"."):
            parameter.parse(value)
    else:
        outcome = json.loads(output.getvalue().splitlines()[-1])
        assert outcome["outcome"] in ("finished", "converged", "diverged")
        assert (outcome["outcome"] == "diverged") == (status == 1)


@pytest.mark.long(keep=30)
@pytest.mark.parametrize(("method", "parameter"), HYPERPARAMETERS)
def test_a_hostile_setting_is_refused_or_runs_to_an_end(
    method: str, parameter: Hyperparameter
) -> None:
    for value in VALUES:
        ended_sanely(method, parameter, value)


@pytest.mark.parametrize(("method", "parameter"), HYPERPARAMETERS)
@given(
    st.one_of(
        st.text(max_size=8),
        st.floats().map(repr),
        st.floats(0, 10).map("{:.3g}".format),
        st.integers().map(str),
        st.text("0123456789.+-eE_x", max_size=8),
    )
)
def test_any_setting_is_refused_or_runs_to_an_end(
    method: str, parameter: Hyperparameter, value: str
) -> None:
    ended_sanely(method, parameter, value)


@pytest.mark.parametrize("value", ["1e400", "nan", "0x10", "1_000", "\u0661", "", "-1", "1e6"])
def test_the_program_itself_ends_sanely(value: str, tmp_path: Path) -> None:
    status, output, complaint = gdtui("--lr", value, "--format", "json", folder=tmp_path)
    assert status == (1 if value == "1e6" else 2)
    assert complaint.count("\n") == 1
    assert bool(output) == (status == 1)


def number_field(desk: Desk, name: str) -> NumberField:
    control = desk.control(name)
    assert isinstance(control, NumberField)
    return control


NUMBERS = [p for p in SHARED if not isinstance(p.default, (bool, str))]
TYPED = ["", "-1", "1e300", "1.5"]


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("parameter", NUMBERS, ids=lambda p: p.name)
async def test_what_is_typed_is_taken_or_refused_in_words(parameter: Hyperparameter) -> None:
    async with opened(named("n", "x", "y"), SIZES[1]) as desk:
        for value in TYPED:
            before = desk.run.settings
            try:
                expected, reason = before.change(parameter, parameter.parse(value)), ""
            except ValueError as error:
                expected, reason = before, f"{error}; "
            await desk.type(parameter.name, value)
            await desk.press("enter")
            await desk.pilot.pause()
            assert (value, desk.run.settings) == (value, expected)
            await desk.advance(40)
            shown_harmlessly(desk)
            left = " ".join(" ".join(line[2:30] for line in desk.lines).split())
            assert reason in left
            assert "limit" in left


async def test_what_is_pasted_can_be_of_any_length() -> None:
    async with opened(named("n", "x", "y"), SIZES[1]) as desk:
        for parameter in NUMBERS:
            number_field(desk, parameter.name).value = "1e" * 5000
            await desk.pilot.pause()
            shown_harmlessly(desk)
            left = " ".join(" ".join(line[2:30] for line in desk.lines).split())
            assert "… is not a number; " in left
            assert "limit" in left
            number_field(desk, parameter.name).value = "1"


# Numbers

EXTREMES = {
    "large x": ([1e300, 2e300, 3e300], [1, 2, 3]),
    "large y": ([1, 2, 3], [1e300, 2e300, 3e300]),
    "both large": ([1e300, 2e300], [1e300, 3e300]),
    "mixed signs": ([1e300, -1e300, 1], [-1e300, 1e300, -1]),
    "both tiny": ([1e-300, 2e-300], [3e-300, -1e-300]),
    "large and tiny": ([1e300, 1e-300], [1e-300, 1e300]),
    "tiny x, large y": ([1e-300, 2e-300], [1e300, -1e300]),
    "the largest": ([sys.float_info.max] * 2, [-sys.float_info.max, sys.float_info.max]),
    "the smallest": ([5e-324, 0], [5e-324, -5e-324]),
    "squares that overflow": ([1.4e154, 0], [1.4e154, 1]),
    "squares that just do not": ([1e153, 2e153], [1e153, 3e153]),
    "constant x": ([1e300] * 3, [1, 2, 3]),
    "constant y": ([1, 2, 3], [1e300] * 3),
    "constant both": ([0.1] * 3, [0.3] * 3),
    "nothing but zeros": ([0, 0], [0, 0]),
    "one example": ([3], [1e300]),
    "two equal examples": ([1e-300, 1e-300], [7, 7]),
}


def extreme(name: str) -> Dataset:
    x, y = (np.array(values, dtype=np.float64) for values in EXTREMES[name])
    return Dataset("extreme.csv", "x", "y", x, y)


@pytest.mark.long(keep=12)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_numbers_come_to_a_sane_end_in_plain_output(
    name: str, bias: bool, tmp_path: Path
) -> None:
    data = extreme(name)
    table = tmp_path / "extreme.csv"
    rows = zip(data.x.tolist(), data.y.tolist(), strict=True)
    table.write_text("".join(f"{x!r},{y!r}\n" for x, y in rows))
    for method, form, lr in itertools.product(METHODS, REPORTS, ("0.001", "1e-12", "1e6")):
        arguments = [os.fspath(table), "--method", method, "--format", form, "--lr", lr]
        with (
            warnings.catch_warnings(),
            redirect_stderr(io.StringIO()) as complaint,
            redirect_stdout(io.StringIO()) as output,
        ):
            warnings.simplefilter("error")
            status = cli.main([*arguments, *(["--bias"] if bias else [])])
        said = complaint.getvalue()
        assert status in (0, 1)
        assert said.count("\n") <= 1
        assert not said or said.startswith("gdtui: ")
        assert status == 0 or "diverged at iteration" in said
        if form == "json":
            outcome = json.loads(output.getvalue().splitlines()[-1])
            assert (outcome["outcome"] == "diverged") == (status == 1)


def test_extreme_numbers_bring_no_warnings_of_others(tmp_path: Path) -> None:
    (tmp_path / "extreme.csv").write_text("1e300,-1e300\n-1e300,1e300\n1e-300,0\n")
    status, _, complaint = gdtui("extreme.csv", "--bias", folder=tmp_path)
    assert (status, complaint.count("\n")) == (1, 1)
    assert complaint.startswith("gdtui: diverged at iteration 0: ")


def scenes(run: Run) -> Iterator[tuple[str, Scene]]:
    """Every view of a run with a ghost; the loss on every scale, and the valley along both."""
    ghost = Ghost("1", "itself", run.snapshot(), run.surface)
    scene = Scene(run.surface, run.snapshot(), (ghost,))
    loss, valley = list(VIEWS)[:2]
    yield from ((name, scene) for name in VIEWS)
    yield from ((loss, replace(scene, scale=scale)) for scale in Scale)
    yield valley, replace(scene, along="b")


# By default with the first methods: what is drawn depends little on which it is.
@pytest.mark.long(keep=3 * len(EXTREMES))
@pytest.mark.parametrize("name", EXTREMES)
@pytest.mark.parametrize(("method", "bias"), [("gd", False), *((key, True) for key in METHODS)])
def test_every_view_draws_extreme_numbers(name: str, method: str, bias: bool) -> None:
    canvas, data, (width, height) = Canvas(), extreme(name), (46, 12)
    run = Run(LossSurface.of(data.x, data.y), Settings(method=method, bias=bias, iterations=300))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for count in (0, 1, 300):
            run.advance(count)
            for view, scene in scenes(run):
                shown = VIEWS[view](scene)
                if isinstance(shown, Page):
                    rows = page_rows(shown, width, height)
                else:
                    rows = canvas.render(shown, width, height)
                assert [sum(len(text) for text, _ in row) for row in rows] == [width] * height


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("number", range(len(EXTREMES)), ids=list(EXTREMES))
async def test_extreme_numbers_are_drawn(number: int) -> None:
    """On the screen, each of them with another method."""
    method, bias = list(METHODS)[number % len(METHODS)], bool(number % 2)
    settings = Settings(method=method, bias=bias, iterations=300)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        async with opened(extreme(list(EXTREMES)[number]), SIZES[-1], settings) as desk:
            desk.workbench.action_look("next_scale")
            for view in VIEWS:
                desk.workbench.action_look("choose", view)
                await desk.advance(1 if view != list(VIEWS)[-1] else 300)
                shown_harmlessly(desk)
                assert f"─ {list(VIEWS).index(view) + 1} " in desk.text
            assert desk.run.ended
            assert all(math.isfinite(step.loss) for step in desk.run.steps(0, 301))
