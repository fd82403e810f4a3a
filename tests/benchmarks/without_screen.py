"""Measurements of the core, of plain output and of reading."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import lesson
import numpy as np
from table import Figure, at_least, at_most, measurement, medians_of, milliseconds

from gdtui.core.methods import METHODS
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.dataset import read_dataset
from gdtui.drawing import Page
from gdtui.problem import Problem, Source
from gdtui.runs.history import History
from gdtui.runs.race import Race
from gdtui.runs.sweep import Sweep
from gdtui.scene import Scene
from gdtui.sessions.session import Session
from gdtui.sessions.store import Store
from gdtui.ui.canvas.canvas import Canvas
from gdtui.ui.widgets.plot import page_rows
from gdtui.views import VIEWS

LINES = 100_000
ROWS = 5_000_000
LOOKED_BACK, RACED = 10_000_000, 100_000


def seconds(*command: str, output: str = "/dev/null") -> float:
    """How long a whole process takes."""
    with open(output, "w") as out:
        begun = time.perf_counter()
        subprocess.run(command, stdout=out, check=True)
        return time.perf_counter() - begun


def pizza_surface() -> LossSurface:
    """The surface of the pizza data."""
    data = read_dataset(lesson.PIZZA)
    return LossSurface.of(data.x, data.y)


@measurement
def plain_output() -> Iterator[Figure]:
    """Plain output to a file against the lesson's loop with print, as whole processes."""
    with tempfile.NamedTemporaryFile() as file:
        name = file.name
        ours = [sys.executable, "-m", "gdtui", str(lesson.PIZZA), "--iterations", str(LINES)]
        theirs = [sys.executable, lesson.__file__, str(LINES)]
        mine, yardstick = medians_of(
            3, lambda: seconds(*ours, output=name), lambda: seconds(*theirs, output=name)
        )
    what = f"plain output, {LINES:,} lines to a file: lesson's loop with print / gdtui"
    yield at_least(what, milliseconds(mine), milliseconds(yardstick), yardstick / mine, 4)


@measurement
def short_plain_run() -> Iterator[Figure]:
    """The lesson's 100 lines, from the command to the end, against its loop with print."""
    mine, yardstick = medians_of(
        15,
        lambda: seconds(sys.executable, "-m", "gdtui", "--plain", str(lesson.PIZZA)),
        lambda: seconds(sys.executable, lesson.__file__, "100"),
    )
    ratio = mine / yardstick
    what = "plain output, 100 lines: gdtui / numpy and the lesson's loop"
    yield at_most(what, milliseconds(mine), milliseconds(yardstick), ratio, 1.3)


@measurement
def help_text() -> Iterator[Figure]:
    """`--help` against an interpreter that does nothing."""
    mine, yardstick = medians_of(
        15,
        lambda: seconds(sys.executable, "-m", "gdtui", "--help"),
        lambda: seconds(sys.executable, "-c", "pass"),
    )
    ratio = mine / yardstick
    yield at_most("--help / python -c pass", milliseconds(mine), milliseconds(yardstick), ratio, 4)


@measurement
def examples() -> Iterator[Figure]:
    """An iteration must not cost more for more examples."""
    rng = np.random.default_rng(1)
    x = rng.normal(10, 3, 1_000_000)
    many = LossSurface.of(x, 2 * x + rng.normal(0, 1, len(x)))

    def an_iteration(surface: LossSurface) -> float:
        run = Run(surface, Settings(iterations=1_000_000))
        begun = time.perf_counter()
        taken = run.advance(1_000_000)
        return (time.perf_counter() - begun) / taken

    mine, yardstick = medians_of(
        3, lambda: an_iteration(many), lambda: an_iteration(pizza_surface())
    )
    what = "an iteration with 1,000,000 examples / with 30"
    yield at_most(what, f"{mine * 1e6:.3g} µs", f"{yardstick * 1e6:.3g} µs", mine / yardstick, 1.15)


@measurement
def frames() -> Iterator[Figure]:
    """A frame must not cost more after more iterations."""
    for name in VIEWS:
        mine, yardstick = medians_of(30, frame_of(name, 10_000_000), frame_of(name, 4000))
        what = f"a frame of {name!r} after 10,000,000 iterations / after 4,000"
        ratio = mine / yardstick
        yield at_most(what, milliseconds(mine), milliseconds(yardstick), ratio, 1.25)


def frame_of(view: str, iterations: int) -> Callable[[], float]:
    """Draws a frame of a finished run, and gives the seconds that it took."""
    surface, canvas = pizza_surface(), Canvas()
    run = Run(surface, Settings(bias=True, iterations=iterations))
    run.advance(iterations)

    def measure() -> float:
        begun = time.perf_counter()
        shown = VIEWS[view](Scene(surface, run.snapshot()))
        if isinstance(shown, Page):
            page_rows(shown, 44, 22)
        else:
            canvas.render(shown, 44, 22)
        return time.perf_counter() - begun

    return measure


@measurement
def sweep() -> Iterator[Figure]:
    """A sweep of 60 runs of 1,000 iterations, with the method that takes longest."""
    every = [Settings(method=key, bias=True, iterations=1000) for key in METHODS]
    medians = medians_of(3, *(partial(swept, settings) for settings in every))
    took = dict(zip(METHODS, medians, strict=True))
    slowest = max(took, key=lambda key: took[key])
    what = f"a sweep of 60 runs of 1,000 iterations, slowest method ({slowest}) / 1 s"
    yield at_most(what, milliseconds(took[slowest]), "1 s", took[slowest], 1)


def swept(settings: Settings) -> float:
    """How long a sweep over the pizza data takes."""
    surface = pizza_surface()
    chosen = np.geomspace(1e-6, 1e-2, 60).tolist()
    begun = time.perf_counter()
    whole = Sweep(surface, settings, chosen)
    while whole.drive() is not None:
        pass
    return time.perf_counter() - begun


@measurement
def looking_back() -> Iterator[Figure]:
    """Any iteration of a long run, and all of its frame's arithmetic, before anybody notices."""
    rng = np.random.default_rng(1)
    for key in METHODS:
        run = Run(pizza_surface(), Settings(method=key, bias=True, iterations=LOOKED_BACK))
        run.advance(LOOKED_BACK)
        took = []
        for iteration in rng.integers(0, run.iteration + 1, 30).tolist():
            begun = time.perf_counter()
            run.snapshot_at(iteration)
            took.append(time.perf_counter() - begun)
        what = f"looking back in {run.iteration:,} iterations of {key}, slowest of 30 / 0.1 s"
        yield at_most(what, milliseconds(max(took)), "100 ms", max(took) / 0.1, 1)


@measurement
def race() -> Iterator[Figure]:
    """All methods in step, against one after the other."""
    every = [Settings(method=key, lr=1e-4, bias=True, iterations=RACED) for key in METHODS]

    def in_step() -> float:
        whole = Race([Run(pizza_surface(), settings) for settings in every])
        whole.start()
        begun = time.perf_counter()
        while whole.drive(0.0) is not None:
            pass
        return time.perf_counter() - begun

    def one_by_one() -> float:
        runs = [Run(pizza_surface(), settings) for settings in every]
        begun = time.perf_counter()
        for run in runs:
            run.advance(RACED)
        return time.perf_counter() - begun

    mine, yardstick = medians_of(3, in_step, one_by_one)
    what = f"a race of {len(every)} methods over {RACED:,} iterations / one after the other"
    yield at_most(what, milliseconds(mine), milliseconds(yardstick), mine / yardstick, 1.25)


@measurement
def sessions() -> Iterator[Figure]:
    """A save of thirty runs of a million iterations, against one of runs of a hundred."""
    with tempfile.TemporaryDirectory() as folder:
        saves = [save_of(Path(folder), iterations) for iterations in (1_000_000, 100)]
        mine, yardstick = medians_of(15, *saves)
    what = "saving 30 runs of 1,000,000 iterations / of 100"
    yield at_most(what, milliseconds(mine), milliseconds(yardstick), mine / yardstick, 1.25)


def save_of(folder: Path, iterations: int) -> Callable[[], float]:
    """Saves a session of thirty runs, and gives the seconds that it took."""
    source = Source(str(lesson.PIZZA))
    problem = Problem.of_dataset(read_dataset(lesson.PIZZA), source)
    history = History()
    for number in range(30):
        run = Run(pizza_surface(), Settings(lr=1e-3 + 1e-5 * number, iterations=iterations))
        run.advance(iterations)
        history.add(run)

    def measure() -> float:
        begun = time.perf_counter()
        Store(folder).save("benchmark", Session.of(problem, history))
        return time.perf_counter() - begun

    return measure


@measurement
def reading() -> Iterator[Figure]:
    """CSVs of five million rows against numpy.loadtxt, and the memory that they take."""
    for form in ("%.6f", "%.17g", "%.18e"):
        yield from reading_of(form)


def reading_of(form: str) -> Iterator[Figure]:
    """The same for a CSV of numbers of one form."""
    x = np.random.default_rng(1).normal(10, 3, ROWS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.csv"
        table = np.column_stack([x, 2 * x])
        np.savetxt(path, table, fmt=form, delimiter=",", header="x,y", comments="")
        reads = {
            "gdtui": f"from gdtui import read_dataset; read_dataset({str(path)!r})",
            "numpy": f"import numpy; numpy.loadtxt({str(path)!r}, delimiter=',', skiprows=1)",
        }
        reads_all = [partial(seconds, sys.executable, "-c", code) for code in reads.values()]
        mine, yardstick = medians_of(5, *reads_all)
        measure = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        code = f"{reads['gdtui']}; {measure}"
        kib = int(subprocess.check_output([sys.executable, "-c", code]))
    what = f"reading a CSV of {ROWS:,} rows of {form} / numpy.loadtxt"
    yield at_most(what, f"{mine:.2f} s", f"{yardstick:.2f} s", mine / yardstick, 1.3)
    yield at_most("its memory / 500 MB", f"{kib / 1e3:.0f} MB", "500 MB", kib / 500e3, 1)
