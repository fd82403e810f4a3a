"""An open app, with the words that the tests use for it; its runs are driven by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widget import Widget

from gdtui.bench import Bench
from gdtui.core.hyperparameter import Value
from gdtui.core.landscapes import Landscape
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.dataset import DataError
from gdtui.loading import Loading
from gdtui.problem import Problem, Source
from gdtui.sessions.autosave import Autosave
from gdtui.ui.app import Laboratory
from gdtui.ui.widgets.iteration_log import IterationLog
from gdtui.ui.widgets.plot import Plot
from gdtui.ui.widgets.settings_panel import Field, NumberField
from gdtui.ui.workbench import Workbench
from support.clock import VirtualClock

PIZZA = Path(__file__).parents[2] / "data" / "pizza.txt"


def loaded(path: Path = PIZZA) -> Loading:
    loading = Loading(Source(str(path)))
    loading.read()
    return loading


PROBLEM = loaded().result()


class Touched(Autosave):
    """An autosave that only counts how often it is asked."""

    def __init__(self) -> None:
        self.touches = 0

    def touch(self) -> None:
        self.touches += 1


class Desk:
    """An open app, with the words that the tests use for it."""

    def __init__(self, app: Laboratory, pilot: Pilot[DataError], clock: VirtualClock) -> None:
        self.app, self.pilot = app, pilot
        self.clock = clock
        assert isinstance(app.screen, Workbench)
        self.workbench: Workbench = app.screen

    @property
    def run(self) -> Run:
        return self.bench.run

    @property
    def bench(self) -> Bench:
        return self.workbench.bench

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
        self.workbench.show()
        await self.pilot.pause()

    async def wait(self, seconds: float) -> None:
        """Let time go by, for the runs and for the screen."""
        for _ in range(round(seconds * 20)):
            self.clock.advance(0.05)
            await self.pilot.pause()

    async def finish(self, runs: int, of: int) -> None:
        """Runs of so many iterations, each at a lower learning rate than the one before."""
        for _ in range(runs):
            await self.advance(of)
            await self.press("-")

    @property
    def plots(self) -> list[str]:
        """The views that can be seen."""
        return [plot.view for plot in self.workbench.query(Plot) if plot.display]

    @property
    def shown(self) -> dict[str, Value]:
        """What the panel shows, by the names of the hyperparameters."""
        fields = [field for field in self.workbench.query(Field) if field.display]
        return {field.parameter.name: field.value for field in fields}

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
    landscape: Landscape | None = None,
    notifications: bool = False,
) -> AsyncIterator[Desk]:
    clock = VirtualClock()
    loading = Loading.done_with(Problem.of_landscape(landscape)) if landscape else loaded(path)
    app = Laboratory(loading, settings or Settings(), pace, run_at_once, clock=clock)
    async with app.run_test(size=size, notifications=notifications) as pilot:
        await pauses_until(pilot, lambda: isinstance(app.screen, Workbench))
        await pilot.pause()
        yield Desk(app, pilot, clock)


async def pauses_until(pilot: Pilot[DataError], holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        await pilot.pause()
    raise AssertionError("it does not come to pass")


def messages(desk: Desk) -> list[str]:
    return [message.message for message in desk.app._notifications]
