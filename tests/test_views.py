"""Every plot view, for runs of every kind: it gives a drawing that the canvas can render."""

from __future__ import annotations

import gc
import itertools
import math
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.strategies import plain_critical

from gdtui.core.descent import Point, Status
from gdtui.core.landscapes import LANDSCAPES, Landscape
from gdtui.core.methods import METHODS
from gdtui.core.model import Vector, predict
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.core.trail import Trail
from gdtui.dataset import read_dataset
from gdtui.drawing import (
    BRAILLE,
    GHOST_ROLES,
    Axis,
    Contours,
    Drawing,
    Layer,
    Page,
    Role,
    Row,
    evened,
    short,
)
from gdtui.runs.sweep import Sweep
from gdtui.scene import SWEEP, THIS_STEP, Ghost, Scale, Scene
from gdtui.ui.canvas.canvas import Canvas, Grid, clip_line, contour_dots, thin
from gdtui.ui.widgets.plot import page_rows
from gdtui.views import VIEWS
from gdtui.views.marks import ARRIVED, BRANCHED, LANDING, MINIMUM, WALKER
from gdtui.views.sweep import DIVERGED
from gdtui.views.valley import HEADS, SHAFT

# What overflows must not be said to whoever looks at the plots.
pytestmark = pytest.mark.filterwarnings("error")

CANVAS = Canvas()
# The tests of the canvas go through many more.
SIZES = [(12, 4), (84, 18)]
LOSS, VALLEY, FIT, CONTOUR = list(VIEWS)[:4]
MINIMUM_W = 1.8436928702


def surface_of(x: list[float], y: list[float]) -> LossSurface:
    with np.errstate(all="ignore"):
        return LossSurface.of(np.array(x), np.array(y))


def _pizza() -> LossSurface:
    data = read_dataset(Path(__file__).parents[1] / "data" / "pizza.txt")
    return LossSurface.of(data.x, data.y)


PIZZA = _pizza()
SURFACES = {
    "pizza": PIZZA,
    "all x zero": surface_of([0, 0, 0], [1, 2, 3]),
    "all zero": surface_of([0, 0], [0, 0]),
    "one example": surface_of([3], [6]),
    "all y equal": surface_of([1, 2, 3], [4, 4, 4]),
    "perfect fit": surface_of([1, 2, 3], [2, 4, 6]),
    "large labels": surface_of([1, 2, 3], [1e300, 2e300, -1e300]),
    "large features": surface_of([1e300, 2e300], [1, 2]),
    "the largest loss": surface_of([1], [1.2e154]),
    "large labels, tiny features": surface_of([1e-155], [1e153]),
    "tiny labels": surface_of([1, 2], [2e-162, 1e-162]),
    "standardized": PIZZA.standardized(),
    "standardized, all x equal": surface_of([5, 5], [1, 2]).standardized(),
    "standardized large features": surface_of([1e150, 2e150, 5e150], [1, 5, 2]).standardized(),
    "tiny": surface_of([1e-300, 2e-300], [2e-300, 1e-300]),
}


def advanced(count: int) -> Callable[[Run], None]:
    def drive(run: Run) -> None:
        run.advance(count)

    return drive


def started(run: Run) -> None:
    run.start()
    run.advance(50)


DRIVEN: dict[str, Callable[[Run], None]] = {
    "at the start": advanced(0),
    "after one step": advanced(1),
    "running half-way": started,
    "to the end": advanced(10**6),
}
CHANGED: dict[str, Settings] = {
    "by default": Settings(),
    "crawling": Settings(lr=1e-12),
    "diverging": Settings(lr=0.005, bias=True, iterations=3000),
    "diverging at once": Settings(w_start=1e100, lr=1e6),
    "far below": Settings(w_start=-1e100, b_start=1e100),
    "at the minimum": Settings(w_start=MINIMUM_W, tolerance=1e-6),
    "converging": Settings(tolerance=1e-3, iterations=10_000),
    "by step search": Settings(method="search", lr=0.01, iterations=3000),
}


def run_of(surface: Surface, settings: Settings, drive: Callable[[Run], None]) -> Run:
    run = Run(surface, settings)
    drive(run)
    return run


def rows_of(shown: Drawing | Page, width: int, height: int) -> list[Row]:
    if isinstance(shown, Page):
        return page_rows(shown, width, height)
    return CANVAS.render(shown, width, height)


def assert_drawn(shown: Drawing | Page) -> None:
    assert shown.title
    if isinstance(shown, Drawing):
        for axis in (shown.x, shown.y):
            assert axis.low < axis.high
        assert all(shown.names)
    for width, height in SIZES:
        rows = rows_of(shown, width, height)
        assert [sum(cell_len(text) for text, _ in row) for row in rows] == [width] * height


def layers(drawing: Drawing, role: Role) -> list[Layer]:
    return [part for part in drawing.layers if isinstance(part, Layer) and part.role is role]


def layer(drawing: Drawing, role: Role, glyph: str | None = None) -> Layer:
    """The one layer of a role, and of a glyph if one is named."""
    (found,) = (part for part in layers(drawing, role) if glyph in (None, part.glyph))
    return found


def points(part: Layer) -> list[tuple[float, float]]:
    return list(zip(np.asarray(part.x).tolist(), np.asarray(part.y).tolist(), strict=True))


def scene(run: Run, *ghosts: Ghost, scale: Scale = Scale.LINEAR, along: str = "w") -> Scene:
    snapshot = run.snapshot()
    return Scene(run.surface, snapshot, ghosts, scale=scale, along=along, wanted=snapshot.settings)


def ghost(glyph: str, label: str, run: Run) -> Ghost:
    return Ghost(glyph, label, run.snapshot(), run.surface)


def drawn(name: str, what: Scene) -> Drawing:
    """What a view draws, where it draws."""
    drawing = VIEWS[name](what)
    assert isinstance(drawing, Drawing)
    return drawing


def draw(name: str, run: Run, *ghosts: Ghost, scale: Scale = Scale.LINEAR) -> Drawing:
    return drawn(name, scene(run, *ghosts, scale=scale))


def assert_every_view_draws(run: Run, *ghosts: Ghost) -> None:
    """Every one, on every scale and along both parameters."""
    for scale in Scale:
        assert_drawn(VIEWS[LOSS](scene(run, *ghosts, scale=scale)))
    for along in ("w", "b"):
        assert_drawn(VIEWS[VALLEY](scene(run, *ghosts, along=along)))
    for name in list(VIEWS)[2:]:
        assert_drawn(VIEWS[name](scene(run, *ghosts)))


@pytest.mark.parametrize("bias", [False, True], ids=["w alone", "bias"])
@pytest.mark.parametrize("drive", list(DRIVEN.values()), ids=list(DRIVEN))
@pytest.mark.parametrize("surface", list(SURFACES.values()), ids=list(SURFACES))
def test_every_view_draws_every_surface(
    surface: LossSurface, drive: Callable[[Run], None], bias: bool
) -> None:
    assert_every_view_draws(run_of(surface, Settings(bias=bias), drive))


@pytest.mark.parametrize("rows", [4, 4096])
@pytest.mark.parametrize("settings", list(CHANGED.values()), ids=list(CHANGED))
def test_every_view_draws_every_kind_of_run(
    settings: Settings, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With few rows in the trail, its stretches are longer than one iteration."""
    monkeypatch.setattr(Trail, "ROWS", rows)
    for surface in (PIZZA, SURFACES["perfect fit"]):
        run = run_of(surface, settings, advanced(10**6))
        other = run_of(surface, Settings(), advanced(70))
        assert_every_view_draws(run, ghost("1", "other", other))
        assert_every_view_draws(other, ghost("1", "this", run))


@pytest.mark.parametrize("settings", [Settings(w_start=1e100), Settings(w_start=-1e100)])
@pytest.mark.parametrize("x", [1e60, 1e300])
def test_every_view_draws_a_run_that_diverges_at_its_start(settings: Settings, x: float) -> None:
    run = Run(surface_of([x, 2 * x], [1, 2]), settings)
    assert (run.status, run.snapshot().reached) == (Status.DIVERGED, 0)
    assert_every_view_draws(run)


def test_the_runs_above_are_of_every_status() -> None:
    seen = {run_of(PIZZA, Settings(), drive).status for drive in DRIVEN.values()}
    seen |= {run_of(PIZZA, settings, advanced(10**6)).status for settings in CHANGED.values()}
    assert seen == set(Status)


@pytest.mark.parametrize("bias", [False, True], ids=["w alone", "bias"])
@pytest.mark.parametrize("landscape", list(LANDSCAPES.values()), ids=list(LANDSCAPES))
def test_every_view_draws_every_landscape(landscape: Landscape, bias: bool) -> None:
    settings = Settings(**({**landscape.defaults, "bias": bias}))  # type: ignore[arg-type]
    wild, far = settings.replace(lr=5), settings.replace(w_start=1e100)
    for changed, count in ((settings, 0), (settings, 5000), (wild, 1), (wild, 5000), (far, 5000)):
        run = run_of(landscape, changed.replace(iterations=5000), advanced(count))
        assert_every_view_draws(run)


@pytest.mark.parametrize("surface", [PIZZA, PIZZA.standardized(), LANDSCAPES["rosenbrock"]])
@pytest.mark.parametrize("method", METHODS)
def test_every_view_draws_every_method(method: str, surface: Surface) -> None:
    for bias, count in ((False, 0), (False, 300), (True, 1), (True, 300)):
        run = run_of(surface, Settings(method=method, bias=bias), advanced(count))
        assert_every_view_draws(run)


def test_every_view_draws_a_million_iterations() -> None:
    run = run_of(PIZZA, Settings(bias=True, iterations=10**6), advanced(10**6))
    assert run.snapshot().spacing > 1
    assert_every_view_draws(run, ghost("1", "the same", run))


# The loss by iteration


def test_the_lowest_line_is_the_least_squares_loss() -> None:
    drawing = draw(LOSS, Run(PIZZA, Settings()))
    (x0, y0), (x1, y1) = points(layer(drawing, Role.MINIMUM))
    assert (x0, x1) == (drawing.x.low, drawing.x.high)
    assert (y0, y1) == pytest.approx((69.1209628275, 69.1209628275))


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_the_loss_of_every_iteration_is_on_the_line(count: int) -> None:
    run = run_of(PIZZA, Settings(), advanced(count))
    drawn = points(layer(draw(LOSS, run), Role.LIVE))
    assert [(step.iteration, step.loss) for step in run.steps(0, count + 1)] == drawn[: count + 1]
    step = run.snapshot().step
    assert points(layer(draw(LOSS, run), Role.WALKER)) == [(step.iteration, step.loss)]


@pytest.mark.parametrize("rows", [16, 64])
@pytest.mark.parametrize("lr", [0.0045, 0.0046], ids=["falling", "rising"])
def test_a_long_run_keeps_both_extremes_of_every_stretch(
    lr: float, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trail, "ROWS", rows)
    run = run_of(PIZZA, Settings(lr=lr, bias=True, iterations=999), advanced(999))
    snapshot = run.snapshot()
    assert snapshot.spacing > 1
    x, y = np.array(points(layer(draw(LOSS, run), Role.LIVE))).T
    for start in range(0, 999, snapshot.spacing):
        losses = [step.loss for step in run.steps(start, start + snapshot.spacing)]
        stretch = y[(x >= start) & (x < start + snapshot.spacing)]
        assert (stretch.min(), stretch.max()) == (min(losses), max(losses))


@pytest.mark.parametrize("spacing", [1, 8])
def test_an_oscillation_survives_the_view_the_thinning_and_the_clipping(spacing: int) -> None:
    snapshot = run_of(PIZZA, Settings(iterations=8000), advanced(1000)).snapshot()
    loss = np.where(np.arange(1001) % 2, 900.0, 100.0)
    trail = snapshot.trail | {"loss": loss}
    if spacing > 1:
        trail |= {"low": loss - 50, "high": loss + 50}
    snapshot = replace(snapshot, trail=trail, spacing=spacing)
    drawing = drawn(LOSS, Scene(PIZZA, snapshot))
    curve = layer(drawing, Role.LIVE)
    x, y = drawing.x.unit(curve.x), drawing.y.unit(curve.y)
    kept_x, kept_y, _ = clip_line(*thin(x, y, 20), 10**6, 10**6)
    margin = 50 if spacing > 1 else 0
    expected = drawing.y.unit([100 - margin, 900 + margin]).tolist()
    for column in range(int(20 * x[-2])):
        stretch = kept_y[np.floor(20 * kept_x) == column]
        assert [stretch.min(), stretch.max()] == pytest.approx(expected)


def test_the_iteration_axis_grows_in_rungs_and_holds_still_between_them() -> None:
    run = Run(PIZZA, Settings(iterations=1000))
    highs = [draw(LOSS, run).x.high]
    while run.advance(1):
        highs.append(draw(LOSS, run).x.high)
        assert highs[-1] >= run.snapshot().step.iteration
    assert [high for high, _ in itertools.groupby(highs)] == [200, 500, 1000]


@pytest.mark.parametrize("iterations", [1, 7, 100, 300, 12_345])
def test_a_finished_run_ends_within_the_iteration_axis(iterations: int) -> None:
    run = run_of(PIZZA, Settings(iterations=iterations), advanced(iterations))
    axis = draw(LOSS, run).x
    assert axis.low == 0
    assert iterations <= axis.high <= max(10, 2.5 * iterations)


def test_the_loss_axis_is_linear_from_0_or_of_whole_decades() -> None:
    run = run_of(PIZZA, Settings(), advanced(100))
    assert draw(LOSS, run).y == Axis(0, 1000)
    assert draw(LOSS, run, scale=Scale.LOG).y == Axis(1, 3, log=True)
    assert "log" in draw(LOSS, run, scale=Scale.LOG).title
    assert "log" not in draw(LOSS, run).title


def test_a_ghost_that_diverged_does_not_flatten_the_live_run() -> None:
    wild = run_of(PIZZA, Settings(lr=0.005, bias=True, iterations=3000), advanced(3000))
    run = run_of(PIZZA, Settings(), advanced(100))
    drawing = draw(LOSS, run, ghost("1", "lr 0.005, bias", wild))
    assert drawing.y == Axis(0, 1000)


def test_ghosts_are_told_apart_by_their_glyphs() -> None:
    ghosts = []
    for glyph, lr in (("1", 0.001), ("2", 0.002), ("3", 0.0001)):
        run = run_of(PIZZA, Settings(lr=lr), advanced(100))
        ghosts.append(ghost(glyph, f"lr {lr:g}", run))
    drawing = draw(LOSS, run_of(PIZZA, Settings(lr=0.003), advanced(40)), *ghosts)
    for earlier in ghosts:
        step = earlier.snapshot.step
        assert points(layer(drawing, Role.GHOST_1, earlier.glyph)) == [(step.iteration, step.loss)]
        assert f"{earlier.glyph} {earlier.label}" in drawing.note
    text = "".join(part for row in CANVAS.render(drawing, 100, 30) for part, _ in row)
    # The runs of 1 and 2 end in the same place, where the later one is in front.
    assert "2" in text
    assert "3" in text


def test_a_ghost_that_leaves_the_plot_ends_at_its_edge_with_an_arrow_and_its_number() -> None:
    run = run_of(PIZZA, Settings(), advanced(100))
    wild = run_of(PIZZA, Settings(lr=0.005, bias=True, iterations=3000), advanced(3000))
    high = run_of(PIZZA, Settings(w_start=-3), advanced(0))
    drawing = draw(LOSS, run, ghost("1", "wild", wild), ghost("2", "high", high))
    assert [label.text for label in drawing.labels] == ["↑1", "↑2"]
    assert {label.y for label in drawing.labels} == {drawing.y.high}
    # Between the last iteration that is within and the next one; the axis is no longer for it.
    steps = wild.steps(0, 100)
    out = next(n for n, step in enumerate(steps) if step.loss > drawing.y.high)
    assert out - 1 <= drawing.labels[0].x <= out
    assert drawing.x.high < wild.snapshot().step.iteration
    # Both stand in the picture, side by side.
    for size in ((44, 10), (150, 40)):
        top = "".join(text for text, _ in CANVAS.render(drawing, *size)[0])
        assert "↑1" in top
        assert "↑2" in top
    for scale in Scale:
        assert_drawn(draw(LOSS, run, ghost("1", "wild", wild), scale=scale))


def test_a_ghost_that_comes_back_into_the_plot_is_marked_where_it_ends() -> None:
    run = run_of(PIZZA, Settings(w_start=1.5), advanced(100))
    drawing = draw(LOSS, run, ghost("1", "from above", run_of(PIZZA, Settings(), advanced(100))))
    assert not drawing.labels
    assert layers(drawing, Role.GHOST_1)[1].glyph == "1"


def test_the_loss_is_scaled_to_the_run_that_is_looked_at() -> None:
    near = run_of(PIZZA, Settings(w_start=1.5), advanced(3))
    # From far above it to far below.
    far = run_of(PIZZA, Settings(w_start=-30), advanced(100))
    for scale in Scale:
        alone = draw(LOSS, near, scale=scale)
        assert draw(LOSS, near, ghost("1", "far", far), scale=scale).y == alone.y


# The valley


def test_the_valley_of_the_pizzas_reaches_from_minus_1_to_4() -> None:
    run = Run(PIZZA, Settings())
    assert draw(VALLEY, run).x == Axis(-1, 4)
    run.advance(100)
    assert draw(VALLEY, run).x == Axis(-1, 4)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("start", [-1000.0, 0.0, 1.8, MINIMUM_W, 1e6])
def test_the_valley_holds_start_minimum_path_and_walker(start: float, bias: bool) -> None:
    run = run_of(PIZZA, Settings(w_start=start, b_start=3, bias=bias), advanced(60))
    axis = draw(VALLEY, run).x
    seen = [start, PIZZA.minimum(start, 3, bias).w, *(step.w for step in run.steps(0, 61))]
    assert axis.low <= min(seen)
    assert max(seen) <= axis.high


def test_the_green_cross_is_on_the_minimum() -> None:
    drawing = draw(VALLEY, run_of(PIZZA, Settings(), advanced(9)))
    ((w, loss),) = points(layer(drawing, Role.MINIMUM))
    assert w == pytest.approx(MINIMUM_W, abs=1e-10)
    assert loss == pytest.approx(69.1209628275, abs=1e-10)


def test_the_cross_is_on_the_curve_at_the_bias_of_the_moment() -> None:
    run = run_of(PIZZA, Settings(bias=True), advanced(100))
    drawing, b = draw(VALLEY, run), run.snapshot().step.b
    ((w, loss),) = points(layer(drawing, Role.MINIMUM))
    curve = points(layer(drawing, Role.CURVE))
    assert loss == pytest.approx(PIZZA.loss(w, b))
    assert loss <= min(height for _, height in curve)
    assert all(height == pytest.approx(PIZZA.loss(at, b)) for at, height in curve)


@pytest.mark.parametrize("count", [0, 1, 20])
def test_the_walker_stands_at_the_step_and_the_path_leads_there(count: int) -> None:
    run = run_of(PIZZA, Settings(), advanced(count))
    drawing, steps = draw(VALLEY, run), run.steps(0, count + 1)
    assert points(layer(drawing, Role.WALKER, WALKER)) == [(steps[-1].w, steps[-1].loss)]
    assert points(layer(drawing, Role.PATH)) == [(step.w, step.loss) for step in steps]


def test_a_thinned_path_shows_true_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece of it leads from one iteration to the next, and not from stretch to stretch."""
    monkeypatch.setattr(Trail, "ROWS", 16)
    run = run_of(PIZZA, Settings(lr=0.0045, iterations=500), advanced(300))
    spacing = run.snapshot().spacing
    assert spacing > 1
    path = points(layer(draw(VALLEY, run), Role.PATH))
    starts, ends, gaps = path[0::3], path[1::3], path[2::3]
    assert all(math.isnan(x) and math.isnan(y) for x, y in gaps)
    for number, piece in enumerate(zip(starts, ends, strict=True)):
        steps = run.steps(number * spacing, number * spacing + 2)
        if len(steps) == 2:
            assert piece == tuple((step.w, step.loss) for step in steps)


def test_seen_from_above_a_thinned_path_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the steps that are left, and joined between them."""
    monkeypatch.setattr(Trail, "ROWS", 16)
    run = run_of(PIZZA, Settings(bias=True, iterations=500), advanced(300))
    spacing = run.snapshot().spacing
    assert spacing > 1
    path = points(layer(draw(CONTOUR, run), Role.PATH))
    for number in range(len(path) // 2):
        steps = run.steps(number * spacing, number * spacing + 2)
        ends = [(step.w, step.b) for step in steps]
        assert path[2 * number : 2 * number + len(ends)] == ends


def arrow(drawing: Drawing) -> tuple[str, float, float]:
    """The arrow's glyph and place."""
    (found,) = (p for p in layers(drawing, Role.GRADIENT) if not p.line)
    ((x, y),) = points(found)
    return found.glyph, x, y


@pytest.mark.parametrize("w", [-20.0, -1.0, 0.0, 1.5, 1.83, 1.86, 2.2, 3.0, 30.0])
def test_the_gradient_points_uphill(w: float) -> None:
    run = Run(PIZZA, Settings(w_start=w))
    step = run.snapshot().step
    drawing = draw(VALLEY, run)
    glyph, x, y = arrow(drawing)
    assert (x > w) == (step.dw > 0)
    assert y > step.loss
    assert glyph in ("↗→↑" if step.dw > 0 else "↖←↑")
    assert drawing.note.startswith(f"{glyph} gradient {short(step.dw, 4)} -> ")


@pytest.mark.parametrize(("w", "glyph"), [(0, "↖"), (3.7, "↗"), (-20, "↖"), (25, "↗")])
def test_on_a_slope_the_gradient_points_to_its_side(w: float, glyph: str) -> None:
    assert arrow(draw(VALLEY, Run(PIZZA, Settings(w_start=w))))[0] == glyph


@pytest.mark.parametrize("w", [-20.0, 0.0, 3.7])
def test_the_tangent_passes_where_we_are_with_the_slope_there(w: float) -> None:
    run = Run(PIZZA, Settings(w_start=w))
    step, drawing = run.snapshot().step, draw(VALLEY, run)
    (tangent,) = (p for p in layers(drawing, Role.GRADIENT) if p.line)
    (x0, y0), (x1, y1) = points(tangent)
    assert (y1 - y0) / (x1 - x0) == pytest.approx(step.dw)
    assert y0 - step.loss == pytest.approx(step.dw * (x0 - w))
    assert min(x0, x1) < w < max(x0, x1)
    # All of it is within the plot.
    units = [*drawing.x.unit([x0, x1]), *drawing.y.unit([y0, y1])]
    assert 0 <= min(units) <= max(units) <= 1


STEPPING: list[Settings] = [
    Settings(),
    Settings(lr=0.0001),
    Settings(lr=0.004),
    Settings(bias=True, lr=0.003, b_start=4),
    Settings(method="momentum", bias=True),
    Settings(method="adam", lr=0.1),
    Settings(method="sgd", bias=True),
    Settings(method="search", lr=0.01),
]


@pytest.mark.parametrize("along", ["w", "b"])
@pytest.mark.parametrize("count", [0, 1, 7])
@pytest.mark.parametrize("settings", STEPPING, ids=repr)
def test_the_step_ends_where_the_next_iteration_lands(
    settings: Settings, count: int, along: str
) -> None:
    """The oracle: the run itself, one iteration further."""
    run = run_of(PIZZA, settings, advanced(count))
    drawing, here = drawn(VALLEY, scene(run, along=along)), run.snapshot().step
    run.advance(1)
    there = run.snapshot().step
    of_b = along == "b" and settings.bias
    begin, end = here[1 + of_b], there[1 + of_b]
    shaft = layer(drawing, Role.STEP, SHAFT)
    assert points(shaft) == [(begin, here.loss), (end, here.loss)]
    assert points(layer(drawing, Role.STEP, LANDING)) == [(end, there.loss)]
    assert points(layer(drawing, Role.STEP, HEADS[end < begin])) == [(end, here.loss)]
    heights = [loss for _, loss in points(layer(drawing, Role.QUIET))]
    curve = PIZZA.loss(*((here.w, end) if of_b else (end, here.b)))
    assert heights == pytest.approx([here.loss, there.loss, curve])
    sign = "" if end < begin else "+"
    assert drawing.note.endswith(f" -> {HEADS[end < begin]} step {sign}{short(end - begin, 3)}")


def test_the_step_is_that_of_the_wanted_settings_where_they_can_be_had_from_here() -> None:
    run = run_of(PIZZA, Settings(), advanced(2))
    snapshot = run.snapshot()
    step = snapshot.step
    for wanted, lr in (
        (Settings(lr=0.0002), 0.0002),
        (Settings(lr=0.0002, w_start=1), 0.001),
        (Settings(method="momentum", lr=0.0002), 0.001),
    ):
        landing = Scene(PIZZA, snapshot, wanted=wanted).landing
        assert landing
        assert landing.w == step.w - lr * step.dw


def test_too_large_a_step_lands_higher_on_the_other_wall() -> None:
    run = Run(PIZZA, Settings(lr=0.005))
    ((w, loss),) = points(layer(draw(VALLEY, run), Role.STEP, LANDING))
    assert w > MINIMUM_W
    assert loss > run.snapshot().step.loss


@pytest.mark.parametrize(("w", "lr", "edge"), [(0.0, 0.05, 1), (3.5, 0.05, 0)])
def test_a_step_out_of_the_window_points_at_its_edge(w: float, lr: float, edge: int) -> None:
    run = Run(PIZZA, Settings(w_start=w, lr=lr))
    drawing, step = draw(VALLEY, run), run.snapshot().step
    side = (drawing.x.low, drawing.x.high)[edge]
    ends = points(layer(drawing, Role.STEP, SHAFT))
    assert ends == [(w, step.loss), (side, step.loss)]
    assert points(layer(drawing, Role.STEP, HEADS[1 - edge])) == ends[1:]
    assert LANDING not in {part.glyph for part in layers(drawing, Role.STEP)}
    past = abs(w - lr * step.dw - side)
    assert f", {short(past, 3)} beyond" in drawing.note
    # The room beneath a plot at 80x24.
    assert len(drawing.note) <= 42


@pytest.mark.parametrize("settings", [Settings(iterations=5), Settings(lr=1e6, w_start=1e100),
                                      Settings(tolerance=1e6)])  # fmt: skip
def test_whoever_goes_no_further_has_no_step(settings: Settings) -> None:
    run = run_of(PIZZA, settings, advanced(9))
    for name in (VALLEY, CONTOUR):
        drawing = draw(name, run)
        assert not layers(drawing, Role.STEP)
        assert "step" not in drawing.note


def test_on_level_ground_there_is_no_arrow() -> None:
    run = run_of(PIZZA, Settings(), advanced(100))
    assert not [p for p in layers(draw(VALLEY, run), Role.GRADIENT) if not p.line]


def test_the_title_says_at_which_bias() -> None:
    assert draw(VALLEY, Run(PIZZA, Settings(b_start=2.5))).title.endswith("b = 2.5")


@pytest.mark.parametrize(("count", "glyph"), [(0, MINIMUM), (3, MINIMUM), (100, ARRIVED)])
def test_whoever_has_arrived_stands_in_the_cross(count: int, glyph: str) -> None:
    drawing = draw(VALLEY, run_of(PIZZA, Settings(), advanced(count)))
    assert layer(drawing, Role.MINIMUM).glyph == glyph


@pytest.mark.parametrize("name", [VALLEY, CONTOUR])
def test_the_picture_holds_still_while_the_walker_is_placed(name: str) -> None:
    """So that it stands where the mouse is, and the next place is found beside it."""
    old = run_of(PIZZA, Settings(w_start=-6, b_start=3), advanced(20))
    before = draw(name, old)
    for w, b in ((1.8, 3.0), (3.0, 3.0), (-0.9, 3.0)):
        placed = Run(PIZZA, Settings(w_start=w, b_start=b))
        drawing = drawn(name, replace(scene(placed), held=old.snapshot()))
        assert (drawing.x, drawing.y) == (before.x, before.y)
    assert draw(name, placed).x != before.x
    # But it holds whoever is taken beyond.
    away = Run(PIZZA, Settings(w_start=90, b_start=3))
    assert drawn(name, replace(scene(away), held=old.snapshot())).x.high > 90


def test_who_is_near_in_the_picture_alone_has_not_arrived() -> None:
    """In the canyon the bottom of the cut is soon reached, the minimum is far away."""
    run = run_of(PIZZA, Settings(bias=True), advanced(60))
    drawing = draw(VALLEY, run)
    places = [drawing.x.unit(p.x)[0] for p in layers(drawing, Role.MINIMUM)]
    assert abs(places[0] - drawing.x.unit(run.snapshot().step.w)) < 0.01
    assert layer(drawing, Role.MINIMUM).glyph == MINIMUM
    # Nor does it hide where we are.
    roles = [part.role for part in drawing.layers]
    assert roles.index(Role.WALKER) > roles.index(Role.MINIMUM)


def cell_of(part: Layer, drawing: Drawing, width: int, height: int) -> set[tuple[int, int]]:
    """The cells that a layer has when it is drawn alone."""
    rows = CANVAS.render(replace(drawing, layers=[part], names=("", "")), width, height)
    texts = ["".join(text for text, _ in row) for row in rows[:-2]]
    left = texts[0].index("┤" if "┤" in texts[0] else "│") + 1
    return {
        (row, column)
        for row, text in enumerate(texts)
        for column, glyph in enumerate(text[left:])
        if glyph != " "
    }


@pytest.mark.parametrize("size", [(50, 15), (76, 18), (150, 40)])
@pytest.mark.parametrize("settings", [Settings(), Settings(lr=0.0003), Settings(lr=0.0044)])
def test_the_curve_the_path_and_the_marks_meet_in_the_same_cells(
    settings: Settings, size: tuple[int, int]
) -> None:
    for count in range(12):
        drawing = draw(VALLEY, run_of(PIZZA, settings, advanced(count)))
        curve = cell_of(layer(drawing, Role.CURVE), drawing, *size)
        (walker,) = cell_of(layer(drawing, Role.WALKER), drawing, *size)
        assert walker in curve
        assert walker in cell_of(layer(drawing, Role.PATH), drawing, *size)
        assert cell_of(layer(drawing, Role.STEP, LANDING), drawing, *size) <= curve
        assert cell_of(layer(drawing, Role.MINIMUM), drawing, *size) <= curve


def test_the_tangent_lies_beneath_the_path() -> None:
    drawing = draw(VALLEY, run_of(PIZZA, Settings(), advanced(3)))
    order = [part.role for part in drawing.layers]
    assert order.index(Role.CURVE) < order.index(Role.GRADIENT) < order.index(Role.PATH)


def test_the_valley_of_a_landscape_is_that_of_its_window() -> None:
    landscape = LANDSCAPES["rosenbrock"]
    run = run_of(landscape, Settings(**landscape.defaults), advanced(50))  # type: ignore[arg-type]
    assert draw(VALLEY, run).x == Axis(*landscape.window.w)
    assert drawn(VALLEY, scene(run, along="b")).x == Axis(*landscape.window.b)


@pytest.mark.parametrize("count", [0, 3, 100])
def test_along_b_the_valley_is_the_cut_at_the_weight_of_the_moment(count: int) -> None:
    run = run_of(PIZZA, Settings(bias=True, b_start=5), advanced(count))
    drawing, step = drawn(VALLEY, scene(run, along="b")), run.snapshot().step
    for b, loss in points(layer(drawing, Role.CURVE)):
        assert loss == pytest.approx(PIZZA.loss(step.w, b))
    assert points(layer(drawing, Role.WALKER)) == [(step.b, step.loss)]
    assert points(layer(drawing, Role.PATH)) == [(s.b, s.loss) for s in run.steps(0, count + 1)]
    (tangent,) = (part for part in layers(drawing, Role.GRADIENT) if part.line)
    (x0, y0), (x1, y1) = points(tangent)
    assert (y1 - y0) / (x1 - x0) == pytest.approx(step.db)
    assert drawing.title.startswith("Valley: L(b) at w = ")
    # The lowest point of the cut: where the mean residual is 0.
    ((b, loss),) = points(layer(drawing, Role.MINIMUM))
    lowest = PIZZA.ym - step.w * PIZZA.xm
    assert b == pytest.approx(lowest)
    assert drawing.x.low < b < drawing.x.high
    assert loss == pytest.approx(PIZZA.loss(step.w, b))


def test_with_the_bias_off_there_is_no_valley_along_b() -> None:
    assert drawn(VALLEY, scene(Run(PIZZA, Settings()), along="b")).title.startswith("Valley: L(w)")


# The scales of the loss


def loss_line(run: Run, scale: Scale) -> Vector:
    """Iterations and losses of the live line, of shape (n, 2), each in one place alone."""
    return np.unique(points(layer(draw(LOSS, run, scale=scale), Role.LIVE)), axis=0)


@pytest.mark.parametrize("lr", [0.0005, 0.001, 0.0041])
def test_above_the_minimum_one_eigenvalue_is_a_straight_line(lr: float) -> None:
    run = run_of(PIZZA, Settings(lr=lr, iterations=25), advanced(25))
    drawing = draw(LOSS, run, scale=Scale.EXCESS)
    line = loss_line(run, Scale.EXCESS)[:15]
    t, height = line[:, 0], np.log(line[:, 1])
    factor = (1 - lr * PIZZA.eigenvalues(False)[0]) ** 2
    assert np.polyfit(t, height, 1)[0] == pytest.approx(math.log(factor), rel=1e-6)
    assert np.abs(height - np.polyval(np.polyfit(t, height, 1), t)).max() < 1e-6
    assert drawing.y.log
    assert "above the minimum" in drawing.title
    # The minimum is infinitely far below.
    assert not layers(drawing, Role.MINIMUM)


def test_above_the_minimum_what_is_left_at_the_end_is_not_drawn() -> None:
    """There is nothing but rounding, which would be a cloud over many decades."""
    run = run_of(PIZZA, Settings(iterations=1000), advanced(1000))
    line = loss_line(run, Scale.EXCESS)
    assert line[-1, 1] == 0
    assert line[line[:, 1] > 0, 1].min() > 1e-14 * PIZZA.minimum(0, 0, False).loss


def test_each_run_is_above_its_own_minimum() -> None:
    other = run_of(PIZZA, Settings(bias=True, lr=0.004), advanced(100))
    drawing = draw(LOSS, Run(PIZZA, Settings()), ghost("1", "bias", other), scale=Scale.EXCESS)
    ((_, above),) = points(layer(drawing, Role.GHOST_1, "1"))
    step = other.snapshot().step
    assert above == pytest.approx(step.loss - PIZZA.minimum(0, 0, True).loss)


def test_log_log_begins_at_iteration_1() -> None:
    run = run_of(PIZZA, Settings(iterations=1000), advanced(1000))
    drawing = draw(LOSS, run, scale=Scale.LOG_LOG)
    assert drawing.x == Axis(0, 3, log=True)
    assert drawing.y.log
    assert drawing.x.unit([1, 1000]).tolist() == pytest.approx([0, 1])
    assert_drawn(drawing)


@pytest.mark.parametrize("scale", Scale)
def test_the_scale_is_in_the_title(scale: Scale) -> None:
    title = draw(LOSS, Run(PIZZA, Settings()), scale=scale).title
    assert ("log" in title) == (scale is not Scale.LINEAR)


# The fit


def ends(part: Layer) -> list[tuple[float, float]]:
    found = points(part)
    assert len(found) == 2
    return found


@pytest.mark.parametrize("count", [0, 1, 60])
def test_the_line_is_what_is_predicted(count: int) -> None:
    run = run_of(PIZZA, Settings(bias=True, b_start=3), advanced(count))
    step = run.snapshot().step
    for x, y in ends(layer(draw(FIT, run), Role.LIVE)):
        assert y == pytest.approx(float(predict(np.array(x), step.w, step.b)))


@pytest.mark.parametrize("surface", [PIZZA, PIZZA.standardized()], ids=["raw", "scaled"])
def test_the_best_line_is_that_of_least_squares(surface: LossSurface) -> None:
    slope, intercept = np.polyfit(PIZZA.x, PIZZA.y, 1)
    for x, y in ends(layer(draw(FIT, Run(surface, Settings(bias=True))), Role.MINIMUM)):
        assert y == pytest.approx(slope * x + intercept)


def test_with_the_bias_off_the_best_line_goes_through_b() -> None:
    slope = float(PIZZA.x @ (PIZZA.y - 4)) / float(PIZZA.x @ PIZZA.x)
    for x, y in ends(layer(draw(FIT, Run(PIZZA, Settings(b_start=4))), Role.MINIMUM)):
        assert y == pytest.approx(slope * x + 4)


@pytest.mark.parametrize("standardize", [False, True])
def test_a_stem_joins_each_example_and_its_prediction(standardize: bool) -> None:
    surface = PIZZA.standardized() if standardize else PIZZA
    run = run_of(surface, Settings(standardize=standardize, bias=True), advanced(10))
    drawing = draw(FIT, run)
    step = run.snapshot().step
    stems = points(layer(drawing, Role.RESIDUAL))
    predicted = predict(surface.x, step.w, step.b)
    assert np.array(stems[0::3]) == pytest.approx(np.column_stack([PIZZA.x, PIZZA.y]))
    assert np.array(stems[1::3]) == pytest.approx(np.column_stack([PIZZA.x, predicted]))
    assert all(math.isnan(value) for gap in stems[2::3] for value in gap)
    (x0, y0), (x1, y1) = ends(layer(drawing, Role.LIVE))
    on_line = y0 + (PIZZA.x - x0) * (y1 - y0) / (x1 - x0)
    assert predicted == pytest.approx(on_line)


def test_examples_are_drawn_as_they_were_before_scaling() -> None:
    plain, scaled = (
        draw(FIT, Run(PIZZA, Settings())),
        draw(FIT, Run(PIZZA.standardized(), Settings())),
    )
    for one, other in zip(points(layer(plain, Role.EXAMPLE)), points(layer(scaled, Role.EXAMPLE)),
                          strict=True):  # fmt: skip
        assert one == pytest.approx(other)


def test_one_start_is_one_line_whether_scaled_or_not() -> None:
    settings = Settings(w_start=2, b_start=5)
    plain = draw(FIT, Run(PIZZA, settings))
    scaled = draw(FIT, Run(PIZZA.standardized(), settings.replace(standardize=True)))
    assert (plain.x, plain.y) == (scaled.x, scaled.y)
    for one, other in zip(*(ends(layer(d, Role.LIVE)) for d in (plain, scaled)), strict=True):
        assert one == pytest.approx(other)
    assert plain.note == scaled.note == "y = 2 * x + 5"


def test_the_note_is_the_line_over_the_raw_feature() -> None:
    assert draw(FIT, Run(PIZZA, Settings(w_start=1, b_start=-2))).note == "y = 1 * x - 2"


def test_permuted_examples_have_a_picture_of_their_own() -> None:
    """Their five numbers may be the same, so that the surfaces look alike."""
    one, other = surface_of([1, 2, 3], [1, 5, 1]), surface_of([3, 2, 1], [1, 5, 1])
    assert repr(one) == repr(other)
    pictures = [points(layer(draw(FIT, Run(s, Settings())), Role.EXAMPLE)) for s in (one, other)]
    assert pictures == [[(1, 1), (2, 5), (3, 1)], [(3, 1), (2, 5), (1, 1)]]


def test_the_layer_of_the_examples_is_kept_and_goes_with_its_surface() -> None:
    surface = surface_of([1, 2, 3], [1, 5, 1])
    run = Run(surface, Settings())
    kept = layer(draw(FIT, run), Role.EXAMPLE)
    assert layer(draw(FIT, run), Role.EXAMPLE) is kept
    gone = weakref.ref(surface)
    del surface, run
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(("count", "stems"), [(500, 1), (501, 0)])
def test_of_many_examples_the_stems_are_left_out(count: int, stems: int) -> None:
    surface = surface_of(list(range(count)), list(range(count)))
    drawing = draw(FIT, Run(surface, Settings()))
    assert len(layers(drawing, Role.RESIDUAL)) == stems
    # Few examples stand in front of the lines, many behind them.
    (place,) = (n for n, part in enumerate(drawing.layers) if part.role is Role.EXAMPLE)
    assert place == (len(drawing.layers) - 1 if stems else 0)


def test_a_landscape_has_nothing_to_fit() -> None:
    page = VIEWS[FIT](scene(Run(LANDSCAPES["bowl"], Settings())))
    assert isinstance(page, Page)
    assert "no data" in page.lines[0][0]


# The contour


def contours(drawing: Drawing) -> Contours:
    (found,) = (part for part in drawing.layers if isinstance(part, Contours))
    return found


def contour_lines(drawing: Drawing, columns: int = 200, rows: int = 160) -> tuple[Grid, Vector]:
    """The grid as the canvas makes it, and the contour dots in units of the data, (n, 2)."""
    x, y = evened(drawing.x, drawing.y, columns, rows) if drawing.even else (drawing.x, drawing.y)
    grid = Grid(x, y, columns, rows)
    u, v = contour_dots(contours(drawing), grid)
    return grid, np.column_stack([x.at(u), y.at(v)])


def level_of(drawing: Drawing, number: int) -> Drawing:
    """The same with one of its levels alone."""
    one = replace(contours(drawing), levels=contours(drawing).levels[number : number + 1])
    return replace(drawing, layers=[one])


@pytest.mark.parametrize("surface", [PIZZA, PIZZA.standardized(), *LANDSCAPES.values()],
                         ids=["pizza", "standardized", *LANDSCAPES])  # fmt: skip
def test_at_every_dot_the_loss_passes_a_level(surface: Surface) -> None:
    """The oracle: the losses at the dot, and at its neighbours above and to the right."""
    drawing = draw(CONTOUR, Run(surface, Settings(bias=True)))
    grid, dots = contour_lines(drawing)
    assert len(dots) > 100
    right = (grid.x.high - grid.x.low) / (grid.columns - 1)
    up = (grid.y.high - grid.y.low) / (grid.rows - 1)
    w, b = dots.T
    around = np.array(
        [surface.losses(w, b), surface.losses(w + right, b), surface.losses(w, b + up)]
    )
    slack = 1e-9 * around.max(axis=0)
    low, high = around.min(axis=0) - slack, around.max(axis=0) + slack
    passed = [(low <= level) & (level <= high) for level in contours(drawing).levels]
    assert np.any(passed, axis=0).all()


def test_over_a_scaled_feature_the_lines_are_round() -> None:
    """Within two dots, on a plot of any shape."""
    scaled = PIZZA.standardized()
    drawing = draw(CONTOUR, Run(scaled, Settings(standardize=True, bias=True)))
    assert drawing.even
    minimum = scaled.minimum(0, 0, True)
    for columns, rows in ((160, 72), (72, 160), (300, 100)):
        for number in range(3, 8):
            grid, dots = contour_lines(level_of(drawing, number), columns, rows)
            right = (dots[:, 0] - minimum.w) / (grid.x.high - grid.x.low) * (columns - 1)
            up = (dots[:, 1] - minimum.b) / (grid.y.high - grid.y.low) * (rows - 1)
            assert abs(np.ptp(right) - np.ptp(up)) <= 2
            assert np.ptp(np.hypot(right, up)) <= 3


def test_the_canyon_of_the_pizzas_is_long_and_thin() -> None:
    """The square root of the condition number, 826, times as long as wide."""
    drawing = draw(CONTOUR, Run(PIZZA, Settings(bias=True)))
    one = level_of(drawing, 5)
    _, dots = contour_lines(one, 3000, 3000)
    along = dots @ np.linalg.eigh(PIZZA.hessian(True))[1]
    low, high = PIZZA.eigenvalues(True)
    assert np.ptp(along[:, 0]) / np.ptp(along[:, 1]) == pytest.approx(
        math.sqrt(high / low), rel=0.03
    )
    assert high / low == pytest.approx(826, abs=1)


def test_the_lines_hold_every_size_of_valley() -> None:
    """On a plain too: the levels are spread over all of the height."""
    for surface in (PIZZA, *LANDSCAPES.values()):
        grid, dots = contour_lines(draw(CONTOUR, Run(surface, Settings(bias=True))))
        minimum = surface.minimum(0, 0, True)
        away = np.hypot(
            grid.x.unit(dots[:, 0]) - grid.x.unit(minimum.w),
            grid.y.unit(dots[:, 1]) - grid.y.unit(minimum.b),
        )
        assert away.min() < 0.06
        assert away.max() > 0.2


def uphill(drawing: Drawing) -> tuple[Vector, str]:
    """The arrow's shaft, of shape (2, 2), and its glyph."""
    shaft, head = layers(drawing, Role.GRADIENT)
    assert points(head) == points(shaft)[1:]
    return np.array(points(shaft)), head.glyph


@given(
    st.sampled_from([PIZZA, PIZZA.standardized(), *LANDSCAPES.values()]),
    st.floats(-5, 5),
    st.floats(-5, 5),
    st.booleans(),
)
def test_the_arrow_in_the_plane_points_uphill(
    surface: Surface, w: float, b: float, bias: bool
) -> None:
    drawing = draw(CONTOUR, Run(surface, Settings(w_start=w, b_start=b, bias=bias)))
    if not layers(drawing, Role.GRADIENT):
        return
    (start, end), _ = uphill(drawing)
    step = Run(surface, Settings(w_start=w, b_start=b, bias=bias)).snapshot().step
    assert tuple(start) == step[1:3]
    slope = np.array([step.dw, step.db if bias else 0.0])
    change = end - start
    # Along the gradient, and nowhere else.
    assert change @ slope > 0
    assert abs(change[0] * slope[1] - change[1] * slope[0]) <= 1e-6 * np.linalg.norm(
        change
    ) * np.linalg.norm(slope)
    box = [drawing.x.high - drawing.x.low, drawing.y.high - drawing.y.low]
    assert math.hypot(*(change / box)) <= 0.2 + 1e-9
    if surface.is_quadratic:
        # As far the other way, the ground falls all along: the lowest point is no nearer.
        losses = surface.losses(*(start - change * np.linspace(0, 1, 20)[:, None]).T)
        assert np.all(np.diff(losses) <= 1e-9 * losses[0])


@pytest.mark.parametrize("count", [0, 1, 7])
@pytest.mark.parametrize("settings", STEPPING, ids=repr)
def test_in_the_plane_the_step_ends_where_the_next_iteration_lands(
    settings: Settings, count: int
) -> None:
    run = run_of(PIZZA, settings, advanced(count))
    drawing, here = draw(CONTOUR, run), run.snapshot().step
    run.advance(1)
    there = run.snapshot().step
    assert points(layer(drawing, Role.STEP, LANDING)) == [there[1:3]]
    assert points(layer(drawing, Role.STEP, BRAILLE)) == [here[1:3], there[1:3]]
    assert not drawing.note


@pytest.mark.parametrize(
    ("w", "b", "glyph"), [(3, 0, "←"), (-3, 0, "→"), (0, 3, "↓"), (0, -3, "↑")]
)
def test_a_step_out_of_the_plane_points_at_its_edge(w: float, b: float, glyph: str) -> None:
    run = Run(LANDSCAPES["bowl"], Settings(w_start=w, b_start=b, bias=True, lr=30))
    drawing, step = draw(CONTOUR, run), run.snapshot().step
    ((end_w, end_b),) = points(layer(drawing, Role.STEP, glyph))
    to_edge = [drawing.x.low if w > 0 else drawing.x.high, 0]
    to_edge = to_edge if w else [0, drawing.y.low if b > 0 else drawing.y.high]
    assert [end_w, end_b] == pytest.approx(to_edge, abs=1e-3)
    times = 30 * math.hypot(step.dw, step.db) / math.hypot(end_w - w, end_b - b)
    said = drawing.note.removeprefix(f"{glyph} step past the edge, ").removesuffix(" times as long")
    assert float(said) == pytest.approx(times, rel=0.01)


def test_at_the_minimum_there_is_no_arrow_in_the_plane() -> None:
    landscape = LANDSCAPES["himmelblau"]
    run = run_of(landscape, Settings(**landscape.defaults), advanced(100))  # type: ignore[arg-type]
    drawing = draw(CONTOUR, run)
    assert not layers(drawing, Role.GRADIENT)
    assert {part.glyph for part in layers(drawing, Role.MINIMUM)} == {MINIMUM, ARRIVED}


@pytest.mark.parametrize(
    ("w", "b", "glyph"),
    [(3, 0, "→"), (-3, 0, "←"), (0, 3, "↑"), (0, -3, "↓"), (3, 3, "↗"), (-3, -3, "↙"),
     (-3, 3, "↖"), (3, -3, "↘")],
)  # fmt: skip
def test_the_head_of_the_arrow_points_as_the_arrow_does(w: float, b: float, glyph: str) -> None:
    run = Run(LANDSCAPES["bowl"], Settings(w_start=w, b_start=b, bias=True))
    assert uphill(draw(CONTOUR, run))[1] == glyph


@pytest.mark.parametrize("bias", [False, True])
def test_with_the_bias_off_the_line_that_the_walker_is_bound_to_is_drawn(bias: bool) -> None:
    run = run_of(PIZZA, Settings(bias=bias, b_start=7), advanced(5))
    drawing = draw(CONTOUR, run)
    held = layers(drawing, Role.QUIET)
    assert len(held) == (not bias)
    for part in held:
        assert points(part) == [(drawing.x.low, 7), (drawing.x.high, 7)]
    assert ("b held" in drawing.title) == (not bias)
    ((w, b),) = points(layer(drawing, Role.MINIMUM))
    assert (w, b) == pytest.approx(PIZZA.minimum(0, 7, bias)[:2])


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("start", [(0.0, 0.0), (-300.0, 4.0), (2.0, 1e4)])
def test_the_plane_holds_start_path_and_minimum(start: tuple[float, float], bias: bool) -> None:
    run = run_of(PIZZA, Settings(w_start=start[0], b_start=start[1], bias=bias), advanced(40))
    drawing = draw(CONTOUR, run)
    seen = [(step.w, step.b) for step in run.steps(0, 41)]
    for w, b in [start, PIZZA.minimum(*start, True)[:2], *seen]:
        assert drawing.x.low <= w <= drawing.x.high
        assert drawing.y.low <= b <= drawing.y.high
    assert points(layer(drawing, Role.PATH)) == seen


def test_a_landscape_is_seen_through_its_window_until_the_path_leaves_it() -> None:
    landscape = LANDSCAPES["bowl"]
    inside = draw(CONTOUR, Run(landscape, Settings(w_start=4, bias=True)))
    outside = draw(CONTOUR, Run(landscape, Settings(w_start=7, bias=True)))
    assert (inside.x, inside.y) == (Axis(-5, 5), Axis(-5, 5))
    assert (outside.x, outside.y) == (Axis(-10, 10), Axis(-5, 5))


def test_all_minima_of_a_landscape_are_marked() -> None:
    landscape = LANDSCAPES["himmelblau"]
    drawing = draw(CONTOUR, Run(landscape, Settings(bias=True)))
    marked = {place for part in layers(drawing, Role.MINIMUM) for place in points(part)}
    assert marked == {minimum[:2] for minimum in landscape.minima}


def test_only_earlier_runs_in_the_same_units_are_in_the_plane() -> None:
    near, far = Run(PIZZA, Settings()), Run(PIZZA.standardized(), Settings(standardize=True))
    for run in (near, far):
        run.advance(3)
    drawing = draw(CONTOUR, Run(PIZZA, Settings()), ghost("1", "a", near), ghost("2", "b", far))
    assert drawing.note == "1 a"
    path, label = layers(drawing, Role.GHOST_1)
    seen = [(s.w, s.b) for s in near.steps(0, 4)]
    assert (points(path), points(label), label.glyph) == (seen, seen[-1:], "1")


# This step


def page_of(run: Run) -> Page:
    page = VIEWS[THIS_STEP](scene(run))
    assert isinstance(page, Page)
    return page


def results(page: Page) -> list[str]:
    """The numbers of the new parameters."""
    return [text.rpartition(" = ")[2] for text, role in page.lines if role is Role.WALKER]


@pytest.mark.parametrize("surface", [PIZZA, PIZZA.standardized(), LANDSCAPES["saddle"]],
                         ids=["pizza", "standardized", "saddle"])  # fmt: skip
@pytest.mark.parametrize("bias", [False, True], ids=["w alone", "bias"])
@pytest.mark.parametrize("method", METHODS)
def test_the_arithmetic_leads_to_the_next_step(method: str, bias: bool, surface: Surface) -> None:
    start = Settings(method=method, bias=bias, iterations=50, w_start=0.5, b_start=0.5)
    run = Run(surface, start)
    for _ in range(12):
        page, at = page_of(run), run.snapshot().step.iteration
        if not run.advance(1):
            break
        after = run.step_at(at + 1)
        assert results(page) == [short(after.w), short(after.b)][: 1 + bias]
    assert run.snapshot().step.iteration


@pytest.mark.parametrize("bias", [False, True], ids=["w alone", "bias"])
def test_the_slope_is_the_sum_over_the_examples(bias: bool) -> None:
    run = run_of(PIZZA, Settings(bias=bias), advanced(4))
    step = run.snapshot().step
    error = predict(PIZZA.x, step.w, step.b) - PIZZA.y
    words = [text for text, _ in page_of(run).lines]
    for name, total in (("w", np.sum(PIZZA.x * error)), ("b", np.sum(error)))[: 1 + bias]:
        at = next(i for i, text in enumerate(words) if text.startswith(f"g = dL/d{name}"))
        _, product, slope = words[at + 1].split(" = ")
        times, _, of = product.strip(" =").partition(" * ")
        assert times == f"2/{PIZZA.m}"
        assert float(of.strip("()")) == pytest.approx(total, rel=1e-5)
        assert float(slope) == pytest.approx(2 / PIZZA.m * total, rel=1e-5)


def test_the_batch_has_a_loss_of_its_own() -> None:
    run = run_of(PIZZA, Settings(method="sgd", bias=True), advanced(3))
    step = run.snapshot().step
    loss = PIZZA.batch_measurer(8, 0)(3, step.w, step.b)[0]
    assert page_of(run).lines[1][0] == f"loss {short(step.loss)}; of the batch of 8: {short(loss)}"


@pytest.mark.parametrize(("width", "height"), [(12, 4), (30, 9), (84, 40)])
def test_a_page_is_wrapped_and_cut_to_its_room(width: int, height: int) -> None:
    page = page_of(run_of(PIZZA, Settings(method="adam", bias=True), advanced(3)))
    rows = page_rows(page, width, height)
    assert [sum(cell_len(text) for text, _ in row) for row in rows] == [width] * height
    shown = "".join("".join(text for row in rows for text, _ in row).split())
    words = "".join("".join(text for text, _ in page.lines).split())
    assert words.startswith(shown.removesuffix("…"))
    # It says so where it goes on.
    assert shown.endswith("…") == (height < 40)
    assert (shown == words) == (height == 40)


def test_a_long_word_and_wide_letters_do_not_break_a_page() -> None:
    page = Page("wide", [("x" * 100, Role.PLAIN), ("漢字" * 40, Role.LIVE)])
    rows = page_rows(page, 21, 6)
    assert [sum(cell_len(text) for text, _ in row) for row in rows] == [21] * 6


# The sweep


def sweep_of(settings: Settings, bursts: int | None = None, surface: Surface = PIZZA) -> Sweep:
    sweep = Sweep(surface, settings)
    for _ in itertools.count() if bursts is None else range(bursts):
        if sweep.drive() is None:
            break
    return sweep


def swept(sweep: Sweep, picked: int | None = None, surface: Surface = PIZZA) -> Scene:
    run = Run(surface, sweep.settings)
    return replace(scene(run), sweep=sweep.snapshot(), picked=picked)


LONG = Settings(bias=True, iterations=2000)


@pytest.fixture(scope="module")
def whole() -> Sweep:
    return sweep_of(LONG)


def test_the_wall_stands_at_the_critical_learning_rate(whole: Sweep) -> None:
    drawing = drawn(SWEEP, swept(whole))
    (wall,) = (part for part in layers(drawing, Role.ALARM) if part.line)
    assert [x for x, _ in points(wall)] == pytest.approx([plain_critical(PIZZA, bias=True)] * 2)
    assert drawing.y.unit([y for _, y in points(wall)]).tolist() == pytest.approx([0, 1])


@pytest.mark.parametrize(
    ("surface", "changes", "is_earlier"),
    [
        (PIZZA, {"lr": 0.01}, False),
        (PIZZA, {"iterations": 5}, True),
        (PIZZA, {"method": "momentum"}, True),
        (PIZZA.standardized(), {"standardize": True}, True),
    ],
)
def test_a_sweep_of_earlier_settings_keeps_its_wall_and_says_so(
    surface: LossSurface, changes: dict[str, Any], is_earlier: bool, whole: Sweep
) -> None:
    run = Run(surface, LONG.replace(**changes))
    drawing = drawn(SWEEP, replace(scene(run), sweep=whole.snapshot(), picked=3))
    (wall,) = (part for part in layers(drawing, Role.ALARM) if part.line)
    assert [x for x, _ in points(wall)] == pytest.approx([plain_critical(PIZZA, bias=True)] * 2)
    assert drawing.y == drawn(SWEEP, swept(whole)).y
    assert (drawing.note == "of earlier settings: w sweeps again") == is_earlier


def test_the_trials_are_in_their_places(whole: Sweep) -> None:
    drawing = drawn(SWEEP, swept(whole))
    lost = [t for t in whole.trials if t.status is Status.DIVERGED or t.loss > 1e9]
    held = [t for t in whole.trials if t not in lost]
    assert held
    assert lost
    assert points(layer(drawing, Role.LIVE)) == [(t.lr, t.loss) for t in held]
    crosses = layer(drawing, Role.ALARM, DIVERGED)
    assert [x for x, _ in points(crosses)] == [t.lr for t in lost]
    for u in drawing.x.unit([t.lr for t in whole.trials]).tolist():
        assert 0 <= u <= 1
    for part in (layer(drawing, Role.LIVE), crosses):
        assert np.all((drawing.y.unit(part.y) >= 0) & (drawing.y.unit(part.y) <= 1))


def test_a_trial_on_its_way_to_divergence_has_a_cross_too() -> None:
    """After 100 iterations the loss may still be a finite number, far off the plot."""
    sweep = sweep_of(Settings(iterations=20))
    risen = [t.lr for t in sweep.trials if t.loss > 1e6]
    assert risen
    assert all(t.status is Status.FINISHED for t in sweep.trials)
    crosses = points(layer(drawn(SWEEP, swept(sweep)), Role.ALARM, DIVERGED))
    assert set(risen) <= {lr for lr, _ in crosses}


def test_the_picked_trial_is_marked(whole: Sweep) -> None:
    for picked in (0, 10, len(whole.trials) - 1):
        trial, drawing = whole.trials[picked], drawn(SWEEP, swept(whole, picked))
        ((lr, loss),) = points(layer(drawing, Role.WALKER, WALKER))
        assert lr == trial.lr
        assert [x for x, _ in points(layer(drawing, Role.QUIET))] == [trial.lr] * 2
        if trial.status is Status.DIVERGED:
            assert drawing.y.unit(loss) == pytest.approx(1)
        else:
            assert loss == trial.loss


def test_nothing_is_marked_before_one_is_picked(whole: Sweep) -> None:
    for picked in (None, len(whole.trials)):
        drawing = drawn(SWEEP, swept(whole, picked))
        assert not layers(drawing, Role.WALKER)
        assert drawing.note == "left and right pick, enter adopts"


def test_the_note_says_what_is_known_of_the_picked_trial(whole: Sweep) -> None:
    for picked, trial in enumerate(whole.trials):
        note = drawn(SWEEP, swept(whole, picked)).note
        assert note.startswith(f"lr {trial.lr:.3g}")
        assert "enter adopts" in note
        if trial.status is Status.DIVERGED:
            assert f"diverged at {trial.iteration}" in note
        else:
            assert f"loss {trial.loss:.4g}" in note
            assert ("within 1%" in note) == (trial.within is not None)


@pytest.mark.parametrize("bursts", [0, 1, 7])
def test_a_sweep_under_way_says_how_far_it_is(bursts: int) -> None:
    sweep = sweep_of(LONG, bursts)
    drawing = drawn(SWEEP, swept(sweep))
    assert f"{sweep.progress:.0%}, escape stops" in drawing.note
    assert_drawn(drawing)


def test_before_a_sweep_its_key_is_named() -> None:
    page = VIEWS[SWEEP](scene(Run(PIZZA, Settings())))
    assert isinstance(page, Page)
    assert page.lines[0][0].startswith("w runs")


@pytest.mark.parametrize("method", ["gd", "adam", "search"])
@pytest.mark.parametrize("surface", [*SURFACES.values(), LANDSCAPES["beale"]],
                         ids=[*SURFACES, "beale"])  # fmt: skip
def test_every_sweep_can_be_drawn(surface: Surface, method: str) -> None:
    sweep = sweep_of(Settings(iterations=5, method=method), surface=surface)
    for picked in (None, 0, len(sweep.trials) - 1):
        assert_drawn(drawn(SWEEP, swept(sweep, picked, surface)))


# Room


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("standardize", [False, True])
def test_titles_fit_the_narrowest_plot(name: str, standardize: bool, whole: Sweep) -> None:
    """Two plots stand side by side from 42 columns each; their frames leave 36 for the words."""
    surface = PIZZA.standardized() if standardize else PIZZA
    for bias, scale, along in itertools.product((False, True), Scale, ("w", "b")):
        settings = Settings(b_start=-0.123456789, bias=bias, standardize=standardize)
        what = scene(run_of(surface, settings, advanced(50)), scale=scale, along=along)
        title = VIEWS[name](replace(what, sweep=whole.snapshot(), picked=3)).title
        assert len(f"1 {title}") <= 36, title


# The past, and where runs left others


def test_in_the_past_the_whole_run_stays_and_a_rule_is_at_the_cursor() -> None:
    run = Run(PIZZA, Settings(bias=True, iterations=3000))
    run.advance(3000)
    live, past = run.snapshot(), run.snapshot_at(700)
    for scale in Scale:
        drawing = drawn(LOSS, Scene(PIZZA, past, live=live, scale=scale))
        now = drawn(LOSS, Scene(PIZZA, live, scale=scale))
        assert points(layer(drawing, Role.LIVE)) == points(layer(now, Role.LIVE))
        assert (drawing.x, drawing.y) == (now.x, now.y)
        rule = points(layer(drawing, Role.QUIET))
        assert {x for x, _ in rule} == {700}
        ((x, y),) = points(layer(drawing, Role.WALKER))
        assert x == 700
        expected = past.step.loss
        if scale is Scale.EXCESS:
            expected -= PIZZA.minimum(0, 0, True).loss
        assert y == pytest.approx(expected)
        assert not layers(now, Role.QUIET)


def branchings(drawing: Drawing) -> list[Layer]:
    return [p for p in drawing.layers if isinstance(p, Layer) and p.glyph == BRANCHED]


def test_a_branch_is_marked_where_it_left_and_a_run_from_the_start_is_not() -> None:
    run = Run(PIZZA, Settings(bias=True))
    run.advance(100)
    past = run.snapshot_at(40)
    branch = Run(PIZZA, Settings(bias=True), start=Point(*past.step[:3], past.memory))
    branch.advance(20)
    other = ghost("1", "parent", run)
    for name, place in ((LOSS, (40, past.step.loss)), (CONTOUR, past.step[1:3])):
        drawing = drawn(name, Scene(PIZZA, branch.snapshot(), (other,)))
        marks = branchings(drawing)
        assert [points(mark) for mark in marks] == [[place]]
        as_ghost = drawn(name, Scene(PIZZA, run.snapshot(), (ghost("2", "branch", branch),)))
        marks = branchings(as_ghost)
        assert [points(mark) for mark in marks] == [[place]]


@pytest.mark.parametrize("name", [LOSS, "Valley", "Fit", CONTOUR])
def test_other_runs_are_in_a_view_with_their_glyph_and_colour(name: str) -> None:
    runs = [Run(PIZZA, Settings(lr=lr, bias=True)) for lr in (0.0005, 0.0002)]
    for run in runs:
        run.advance(30)
    ghosts = [
        replace(ghost(glyph, "", run), colour=colour)
        for glyph, run, colour in zip("12", runs, (0, 5), strict=True)
    ]
    drawing = drawn(name, Scene(PIZZA, Run(PIZZA, Settings(bias=True)).snapshot(), tuple(ghosts)))
    for other in ghosts:
        line, label = layers(drawing, GHOST_ROLES[other.colour])
        assert line.line
        assert label.glyph == other.glyph
