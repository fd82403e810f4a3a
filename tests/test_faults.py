"""A bug in a view: told in its plot and in a log file, while the run goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import copy
from pathlib import Path

import pytest
from support.desk import Desk, opened
from textual.worker import WorkerFailed

from gdtui.core.descent import Status
from gdtui.drawing import Drawing
from gdtui.export.registry import EXPORTERS, ExportRequest
from gdtui.faults import log_fault, log_path
from gdtui.scene import Scene
from gdtui.ui.widgets.plot import Plot
from gdtui.views import VIEWS

VIEW, OTHER = list(VIEWS)[1], next(iter(VIEWS))
SIZES = [(40, 12), (80, 24), (120, 36)]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the log file."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "gdtui"


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """A view that raises each exception in this list, one a frame, and then the last one again."""
    bugs: list[Exception] = [ValueError("a bug")]

    def broken(scene: Scene) -> Drawing:
        # Raised twice, an exception would gather the places of both.
        raise copy(bugs.pop(0) if len(bugs) > 1 else bugs[0])

    monkeypatch.setitem(VIEWS, VIEW, broken)
    return bugs


def words(plot: Plot) -> str:
    """What stands within a plot's frame, with single blanks between the words."""
    lines = [plot.render_line(y).text[1:-1] for y in range(1, plot.size.height - 1)]
    return " ".join(" ".join(lines).split())


def unwrapped(plot: Plot) -> str:
    return "".join(words(plot).split())


async def see(desk: Desk, view: str) -> Plot:
    await desk.press(str(list(VIEWS).index(view) + 1))
    return desk.plot(view)


async def test_the_plot_says_so_and_the_run_goes_on(state: Path, view: list[Exception]) -> None:
    async with opened() as desk:
        plot = await see(desk, VIEW)
        await desk.press("space")
        for size in SIZES:
            await desk.resize(*size)
            await desk.advance(7)
            assert desk.run.status is Status.RUNNING
            told = "This plot has failed, the run goes on; the details are in"
            assert words(plot).startswith(told)
            assert str(state / "gdtui.log") in unwrapped(plot)
            assert "ValueError('abug')" in unwrapped(plot)
            assert f"2 {VIEW}" in plot.render_line(0).text
            assert plot.render_line(0).text.endswith("╮")
        await desk.press("f")
        await desk.advance(1000)
        assert desk.run.ended
        assert "●" in words(await see(desk, OTHER))


async def test_the_other_plots_are_drawn(state: Path, view: list[Exception]) -> None:
    async with opened() as desk:
        await desk.advance(7)
        for name in VIEWS:
            assert ("has failed" in words(await see(desk, name))) == (name == VIEW)
        assert "●" in words(await see(desk, OTHER))


async def test_a_bug_is_logged_once(state: Path, view: list[Exception]) -> None:
    view[:] = [ValueError(f"index {number} is out of bounds") for number in range(20)]
    async with opened() as desk:
        for _ in range(5):
            await desk.advance(1)
        await desk.resize(200, 55)
    log = (state / "gdtui.log").read_text()
    assert log.count("Traceback (most recent call last)") == 1
    assert log.count("ValueError: index 0 is out of bounds") == 1
    assert f"the view '{VIEW}' failed" in log
    assert "in broken" in log


async def test_another_bug_is_logged_too(
    state: Path, view: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as desk:
        await desk.advance(1)
        monkeypatch.setitem(VIEWS, VIEW, lambda scene: 1 // 0)
        await desk.advance(1)
        assert "ZeroDivisionError" in words(desk.plot(VIEW))
    log = (state / "gdtui.log").read_text()
    assert log.count("ValueError: a bug") == log.count("ZeroDivisionError: ") == 1


async def test_the_plot_is_back_when_the_bug_is_gone(
    state: Path, view: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as desk:
        await desk.advance(1)
        monkeypatch.undo()
        await desk.advance(6)
        broken_once = desk.text
    async with opened() as desk:
        await desk.advance(7)
        assert desk.text == broken_once


async def test_what_no_canvas_can_draw_is_a_bug_too(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VIEWS, VIEW, lambda scene: None)
    async with opened() as desk:
        await desk.advance(1)
        assert "has failed" in words(desk.plot(VIEW))


async def test_hostile_words_of_an_exception_are_shown_harmlessly(
    state: Path, view: list[Exception]
) -> None:
    class OddError(Exception):
        def __repr__(self) -> str:
            return "\x1b[31m[red]\u202e\udc80" + "宽x" * 10_000

    view[:] = [OddError("\x1b]0;x\x07\udc80")]
    async with opened() as desk:
        await desk.advance(1)
        plot = desk.plot(VIEW)
        assert "\\x1b[31m[red]\\u202e\\udc80宽x宽x" in unwrapped(plot)
        strips = desk.app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {120}
        assert all(plot.render_line(y).text[-1] in "╮│╯" for y in range(plot.size.height))
    log = (state / "gdtui.log").read_text()
    assert "OddError: \\x1b]0;x\\x07\\udc80" in log
    assert log.replace("\n", "").isprintable()


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("part", ["a/long-name" * 9, "two  blanks", "宽字符" * 20, "[red]", "é"])
async def test_the_path_is_shown_whole(
    part: str, tmp_path: Path, view: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / part))
    async with opened() as desk:
        plot = await see(desk, VIEW)
        for size in SIZES[1:]:
            await desk.resize(*size)
            assert "".join(str(log_path()).split()) in unwrapped(plot)
            strips = desk.app.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {size[0]}


def _as_a_file(folder: Path) -> None:
    folder.write_text("a file where a folder should be")


def _without_permission(folder: Path) -> None:
    folder.mkdir()
    (folder / "gdtui.log").mkdir()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(_as_a_file, "File exists"), (_without_permission, "Is a directory")],
)
async def test_a_log_that_cannot_be_written_is_told(
    spoil: Callable[[Path], None], why: str, state: Path, view: list[Exception]
) -> None:
    state.parent.mkdir()
    spoil(state)
    async with opened() as desk:
        await desk.press("space")
        await desk.advance(7)
        assert f"{state}/gdtui.log can't be written: {why}.".replace(" ", "") in unwrapped(
            desk.plot(VIEW)
        )
        assert desk.run.status is Status.RUNNING


def fault() -> str:
    try:
        raise ValueError("a bug")
    except ValueError as error:
        return log_fault("it failed", error)


@pytest.mark.parametrize("state_home", [None, "", "relative/folder"])
def test_by_default_the_log_is_below_the_home_folder(
    state_home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    if state_home is None:
        monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_STATE_HOME", state_home)
    log = tmp_path / ".local" / "state" / "gdtui" / "gdtui.log"
    assert fault() == f"the details are in {log}"
    assert "ValueError: a bug" in log.read_text()
    assert os.listdir(tmp_path) == [".local"]


def test_without_a_home_folder_there_is_no_log(homeless: None) -> None:
    assert fault() == "there is no home folder for the details"


def test_the_log_begins_anew_before_it_is_long(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault()
    once = (state / "gdtui.log").stat().st_size
    monkeypatch.setattr("gdtui.faults.LOG_BYTES", 3 * once)
    for _ in range(20):
        fault()
    sizes = {path.name: path.stat().st_size for path in state.iterdir()}
    assert set(sizes) == {"gdtui.log", "gdtui.log.1"}
    assert once <= min(sizes.values()) <= max(sizes.values()) <= 3 * once


async def test_a_bug_in_a_thread_of_textuals_is_logged_from_where_it_was(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(request: ExportRequest) -> list[Path]:
        raise ZeroDivisionError("a bug in an export")

    monkeypatch.setitem(EXPORTERS, next(iter(EXPORTERS)), fails)
    with pytest.raises(WorkerFailed):  # noqa: PT012
        async with opened() as desk:
            await desk.press("e", "enter")
            await desk.app.workers.wait_for_complete()
    log = (state / "gdtui.log").read_text()
    assert "in fails\n" in log
    assert "ZeroDivisionError: a bug in an export" in log
    assert log.count("Traceback") == 1
    assert desk.app.fault == f"the details are in {state / 'gdtui.log'}"
