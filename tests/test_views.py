"""Every plot view, for runs of every kind: it gives a drawing that the canvas can render."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from gdtui.core.dataset import read_dataset
from gdtui.core.descent import Status
from gdtui.core.landscapes import LANDSCAPES, Landscape
from gdtui.core.methods import METHODS
from gdtui.core.run import Run, Trail
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.ui.canvas import Canvas, clip_line, thin
from gdtui.ui.drawing import Axis, Drawing, Layer, Page, Role, Row
from gdtui.ui.plot import page_rows
from gdtui.ui.views import ARRIVED, MINIMUM, VIEWS, WALKER, Ghost, Scale, Scene

# What overflows must not be said to whoever looks at the plots.
pytestmark = pytest.mark.filterwarnings("error")

CANVAS = Canvas()
SIZES = [(12, 4), (42, 18), (84, 18), (160, 45)]
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
    return Scene(run.surface, run.snapshot(), ghosts, scale=scale, along=along)


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
        assert_every_view_draws(run)
        assert_every_view_draws(run, ghost("1", "other", other))
        assert_every_view_draws(other, ghost("1", "this", run))


@pytest.mark.parametrize("settings", [Settings(w_start=1e100), Settings(w_start=-1e100)])
def test_every_view_draws_a_run_that_diverges_at_its_start(settings: Settings) -> None:
    run = Run(surface_of([1e60, 2e60], [1, 2]), settings)
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
    for changed in (settings, replace(settings, lr=5), replace(settings, w_start=1e100)):
        for count in (0, 1, 5000):
            run = run_of(landscape, replace(changed, iterations=5000), advanced(count))
            assert_every_view_draws(run)


@pytest.mark.parametrize("surface", [PIZZA, PIZZA.standardized(), LANDSCAPES["rosenbrock"]])
@pytest.mark.parametrize("method", METHODS)
def test_every_view_draws_every_method(method: str, surface: Surface) -> None:
    for bias, count in itertools.product((False, True), (0, 1, 300)):
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
        assert points(layer(drawing, Role.GHOST, earlier.glyph)) == [(step.iteration, step.loss)]
        assert f"{earlier.glyph} {earlier.label}" in drawing.note
    text = "".join(part for row in CANVAS.render(drawing, 100, 30) for part, _ in row)
    # The runs of 1 and 2 end in the same place, where the later one is in front.
    assert "2" in text
    assert "3" in text


def test_the_label_of_a_ghost_stands_where_the_ghost_leaves_the_plot() -> None:
    wild = run_of(PIZZA, Settings(lr=0.005, bias=True, iterations=3000), advanced(3000))
    drawing = draw(LOSS, Run(PIZZA, Settings()), ghost("w", "wild", wild))
    ((x, y),) = points(layer(drawing, Role.GHOST, "w"))
    assert drawing.x.low <= x <= drawing.x.high
    assert drawing.y.low <= y <= drawing.y.high


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


def arrow(drawing: Drawing) -> tuple[str, float, float]:
    """The arrow's glyph and place."""
    (found,) = (p for p in layers(drawing, Role.SLOPE) if not p.line)
    ((x, y),) = points(found)
    return found.glyph, x, y


@pytest.mark.parametrize("w", [-20.0, -1.0, 0.0, 1.5, 1.83, 1.86, 2.2, 3.0, 30.0])
def test_the_arrow_points_downhill(w: float) -> None:
    run = Run(PIZZA, Settings(w_start=w))
    step = run.snapshot().step
    glyph, x, y = arrow(draw(VALLEY, run))
    assert (x > w) == (step.dw < 0)
    assert y < step.loss
    assert glyph in ("↘→↓" if step.dw < 0 else "↙←↓")


@pytest.mark.parametrize(("w", "glyph"), [(0, "↘"), (3.7, "↙"), (-20, "↘"), (25, "↙")])
def test_on_a_slope_the_arrow_points_to_its_side(w: float, glyph: str) -> None:
    assert arrow(draw(VALLEY, Run(PIZZA, Settings(w_start=w))))[0] == glyph


def test_the_tangent_touches_where_we_are_and_has_the_slope_there() -> None:
    run = Run(PIZZA, Settings())
    step = run.snapshot().step
    (tangent,) = (p for p in layers(draw(VALLEY, run), Role.SLOPE) if p.line)
    (x0, y0), (x1, y1) = points(tangent)
    assert (y1 - y0) / (x1 - x0) == pytest.approx(step.dw)
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((step.w, step.loss))


def test_on_level_ground_there_is_no_arrow() -> None:
    run = run_of(PIZZA, Settings(), advanced(100))
    assert not [p for p in layers(draw(VALLEY, run), Role.SLOPE) if not p.line]


def test_the_title_says_at_which_bias() -> None:
    assert draw(VALLEY, Run(PIZZA, Settings(b_start=2.5))).title.endswith("b = 2.5")


@pytest.mark.parametrize(("count", "glyph"), [(0, MINIMUM), (3, MINIMUM), (100, ARRIVED)])
def test_whoever_has_arrived_stands_in_the_cross(count: int, glyph: str) -> None:
    drawing = draw(VALLEY, run_of(PIZZA, Settings(), advanced(count)))
    assert layer(drawing, Role.MINIMUM).glyph == glyph
