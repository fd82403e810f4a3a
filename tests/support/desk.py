"""An open app, with the words that the tests use for it; its runs are driven by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.dataset.text import DataError
from gdtui.loading import Loading
from gdtui.sessions.autosave import Autosave
from gdtui.ui.app import Laboratory
from gdtui.ui.widgets.iteration_log import IterationLog
from gdtui.ui.widgets.plot import Plot
from gdtui.ui.widgets.settings_panel import Field, NumberField
from gdtui.ui.workbench import Workbench

PIZZA = Path(__file__).parents[2] / "data" / "pizza.txt"


def loaded(path: Path) -> Loading:
    loading = Loading(str(path), None, None)
    loading.read()
    return loading


PIZZA_DATA, PIZZA_SURFACE = loaded(PIZZA).result()


class Idle:
    """A worker that never works: the tests drive the run themselves."""

    failure = None

    def __init__(self, turn: Event) -> None: ...
    def start(self) -> None: ...
    def drive(self, run: Run) -> None: ...
    def stop(self) -> None: ...


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdtui.ui.workbench.Worker", Idle)
    # Frames come when a test asks for them.
    for name in ("LOCAL_FPS", "REMOTE_FPS"):
        monkeypatch.setattr(f"gdtui.ui.workbench.{name}", 1e-6)


class Touched(Autosave):
    """An autosave that only counts how often it is asked."""

    def __init__(self) -> None:
        self.touches = 0

    def touch(self) -> None:
        self.touches += 1


class Desk:
    """An open app, with the words that the tests use for it."""

    def __init__(self, app: Laboratory, pilot: Pilot[DataError]) -> None:
        self.app, self.pilot = app, pilot
        assert isinstance(app.screen, Workbench)
        self.workbench: Workbench = app.screen

    @property
    def run(self) -> Run:
        return self.workbench.current_run

    @property
    def log(self) -> IterationLog:
        return self.workbench.query_one(IterationLog)

    @property
    def lines(self) -> list[str]:
        lines = [strip.text for strip in self.app.screen._compositor.render_strips()]
        assert "has failed" not in "".join(lines)
        return lines

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def advance(self, count: int) -> None:
        self.run.advance(count)
        self.workbench._frame()
        await self.pilot.pause()

    async def finish(self, runs: int, of: int) -> None:
        """Runs of so many iterations, each at a lower learning rate than the one before."""
        for _ in range(runs):
            await self.advance(of)
            await self.press("-")

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        await self.pilot.pause()

    def control(self, name: str) -> Widget:
        """What a hyperparameter is set with."""
        field = next(f for f in self.workbench.query(Field) if f.parameter.name == name)
        return next(iter(field.query("NumberField, Choice, Toggle")))

    async def type(self, name: str, text: str) -> None:
        """Replace what is in a number field, and do not enter it."""
        control = self.control(name)
        assert isinstance(control, NumberField)
        control.focus()
        await self.pilot.pause()
        control.value = ""
        await self.press(*text)

    def plot(self, name: str) -> Plot:
        return next(plot for plot in self.workbench.query(Plot) if plot.view == name)


@asynccontextmanager
async def opened(
    settings: Settings | None = None,
    size: tuple[int, int] = (120, 36),
    path: Path = PIZZA,
    pace: float | None = None,
    run_at_once: bool = False,
) -> AsyncIterator[Desk]:
    app = Laboratory(loaded(path), settings or Settings(), pace, run_at_once)
    async with app.run_test(size=size) as pilot:
        await pauses_until(pilot, lambda: isinstance(app.screen, Workbench))
        await pilot.pause()
        yield Desk(app, pilot)


async def pauses_until(pilot: Pilot[DataError], holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        await pilot.pause()
    raise AssertionError("it does not come to pass")


def messages(desk: Desk) -> list[str]:
    return [message.message for message in desk.app._notifications]
