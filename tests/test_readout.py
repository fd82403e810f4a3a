"""The readout: what it says is what theory says, and all of it fits."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Size

from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.core.pacemaker import FULL_SPEED, Pace, Schedule
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.drawing import Role, Row
from gdtui.now import Now, fitted, rows_explained
from gdtui.scene import CONTOUR, LOSS, THIS_STEP, VALLEY, Scene
from gdtui.theory.verdict import Verdict, stability
from gdtui.ui.widgets.readout import Readout, gauge
from gdtui.views import VIEWS
from gdtui.views.marks import WALKER

# The room that the left column leaves for the readout.
WIDTH = 28
RATIOS = st.floats(1e-6, 1e6)
FINITE = st.floats(-1e308, 1e308)


class Sized(Readout):
    """A readout of the size that it has in the left column, without a screen."""

    shown: Sequence[Row] = ()
    note = ""

    def show_rows(self, rows: Sequence[Row], ground: Sequence[Row] = ()) -> None:
        self.note = "".join(text for text, _ in rows[-1])
        self.shown = [row[2:-2] for row in rows[1:-1]]

    @property
    def size(self) -> Size:
        return Size(WIDTH + 4, 40)


def scene(run: Run, pace: Pace = 20, now: float = 0.0) -> Scene:
    return Scene(run.surface, run.snapshot(), pace=pace, now=now)


def rows_of(run: Run, pace: float = 20) -> Sequence[Row]:
    readout = Sized()
    readout.show(scene(run, pace))
    return readout.shown


def texts_of(rows: Sequence[Row]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def value(rows: Sequence[Row], label: str) -> str:
    (found,) = (row[1][0] for row in rows if row[0][0] == label)
    return found.strip()


def surface_of(x: list[float], y: list[float]) -> LossSurface:
    with np.errstate(all="ignore"):
        return LossSurface.of(np.array(x), np.array(y))


# The gauge


def place(row: Row) -> int:
    return "".join(text for text, _ in row).index(WALKER)


@given(RATIOS, RATIOS, st.integers(1, 60))
def test_a_higher_rate_never_stands_further_left(one: float, other: float, width: int) -> None:
    low, high = min(one, other), max(one, other)
    assert place(gauge(low, width)) <= place(gauge(high, width))


@given(st.one_of(RATIOS, st.sampled_from([0.0, math.inf, math.nan, 5e-324])), st.integers(1, 60))
def test_the_gauge_is_as_wide_as_its_room_and_has_one_marker(ratio: float, width: int) -> None:
    text = "".join(part for part, _ in gauge(ratio, width))
    assert cell_len(text) == len(text) == width
    assert text.count(WALKER) == 1


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(0.0, 0), (0.001, 0), (0.01, 0), (0.1001, 10), (1.001, 20), (9.99, 29), (1e9, 29),
     (math.inf, 29)],
)  # fmt: skip
def test_the_marker_stands_at_the_logarithm_of_the_ratio(ratio: float, expected: int) -> None:
    assert place(gauge(ratio, 30)) == expected


@pytest.mark.parametrize(
    ("ratio", "role", "character"),
    [
        (0.02, Role.QUIET, "."),
        (0.2, Role.MINIMUM, "="),
        (0.8, Role.WALKER, "~"),
        (3.0, Role.ALARM, "x"),
    ],
)
def test_the_zones_lie_where_the_verdicts_change(ratio: float, role: Role, character: str) -> None:
    """The marker is at the far end, so that it hides none of the zone that is looked at."""
    marker = 1e-9 if ratio > 0.1 else 1e9
    at = int((math.log10(ratio) + 2) / 3 * 300)
    cells = [(c, found) for text, found in gauge(marker, 300) for c in text]
    assert cells[at] == (character, role)


@pytest.mark.parametrize(("lr", "method"), [(lr, m) for lr in (1e-6, 0.0005, 0.003, 0.006)
                                            for m in ("gd", "momentum", "nesterov")])  # fmt: skip
def test_the_marker_stands_in_the_zone_of_its_verdict(
    lr: float, method: str, surface: LossSurface
) -> None:
    settings = Settings(lr=lr, method=method, bias=True)
    found = stability(surface, settings)
    assert found.ratio is not None
    text = "".join(part for part, _ in gauge(found.ratio, 301))
    at = text.index(WALKER)
    beside = text[at + 1] if at < 150 else text[at - 1]
    zone = {".": Verdict.CRAWLS, "=": Verdict.GOOD, "~": Verdict.OSCILLATES, "x": Verdict.DIVERGES}
    assert zone[beside] is found.verdict


# What is said


def test_what_is_measured_is_shown(surface: LossSurface) -> None:
    run = Run(surface, Settings(bias=True))
    run.advance(100)
    rows, step = rows_of(run), run.snapshot().step
    assert value(rows, "loss") == f"{step.loss:.10f}"
    assert value(rows, "w") == f"{step.w:.10f}"
    assert value(rows, "b") == f"{step.b:.10f}"
    assert [float(value(rows, f"dL/d{name}")) for name in "wb"] == pytest.approx(
        [step.dw, step.db], abs=1e-9
    )


@pytest.mark.parametrize("count", [0, 40])
@pytest.mark.parametrize("bias", [False, True])
def test_what_theory_says_is_shown(surface: LossSurface, bias: bool, count: int) -> None:
    settings = Settings(bias=bias)
    run = Run(surface, settings)
    run.advance(count)
    rows, found = rows_of(run), stability(surface, settings)
    assert found.critical is not None
    assert found.ratio is not None
    assert found.predicted is not None
    times = run.snapshot().step.loss / surface.minimum(0, 0, bias).loss
    told = value(rows, "loss is")
    if times < 1.1:
        assert float(told.removesuffix("% above best")) == pytest.approx(
            100 * (times - 1), rel=1e-3
        )
    else:
        assert float(told.removesuffix(" times best")) == pytest.approx(times, rel=1e-3)
    assert value(rows, "near best").split()[:3] == ["after", "about", f"{found.predicted:.0f}"]
    share, limit = re.findall(r"[\d.e-]+", value(rows, "lr is"))
    assert float(limit) == pytest.approx(2 / found.eigenvalues[-1], rel=1e-4)
    assert float(share) == pytest.approx(50 * settings.lr * found.eigenvalues[-1], abs=0.5)
    stretch = value(rows, "stretch").removesuffix(" (1 is round)")
    assert float(stretch) == pytest.approx(found.condition, rel=1e-3)
    assert [float(part) for part in value(rows, "curvature").split(" to ")] == pytest.approx(
        list(found.eigenvalues), rel=1e-3
    )
    word = str(found.verdict).ljust(11)
    assert any(row[0][0] == word and row[1:] == gauge(found.ratio, WIDTH - 11) for row in rows)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(lr=0.006, bias=True), "never"),
        (Settings(w_start=1.8436928702), "at the start"),
        (Settings(method="adam"), "not known"),
    ],
)
def test_the_outlook_in_words(settings: Settings, words: str, surface: LossSurface) -> None:
    assert value(rows_of(Run(surface, settings)), "near best") == words


@pytest.mark.parametrize("bias", [False, True])
def test_raw_and_scaled_parameters_belong_together(surface: LossSurface, bias: bool) -> None:
    scaled = surface.standardized()
    run = Run(scaled, Settings(standardize=True, lr=0.1, bias=bias, w_start=0.5))
    run.advance(7)
    rows, step = rows_of(run), run.snapshot().step
    shown = {name: float(value(rows, name)) for name in ("standardized w", "standardized b")}
    raw = [float(value(rows, name)) for name in ("w", "b")]
    assert list(shown.values()) == pytest.approx([step.w, step.b], abs=1e-10)
    # The same line over both features.
    feature = surface.x
    assert raw[0] * feature + raw[1] == pytest.approx(
        shown["standardized w"] * scaled.x + shown["standardized b"], abs=1e-8
    )
    assert raw == pytest.approx(list(scaled.raw(step.w, step.b)), abs=1e-9)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_the_answer_of_least_squares_is_always_shown(
    surface: LossSurface, bias: bool, scaled: bool
) -> None:
    over = surface.standardized() if scaled else surface
    run = Run(over, Settings(bias=bias, standardize=scaled))
    # Scaled and with the bias off, the line turns about the middle of the feature.
    matrix = np.stack([over.x, np.ones_like(over.x)], axis=1)[:, : 1 + bias]
    found = [*np.linalg.lstsq(matrix, over.y)[0], 0.0][:2]
    expected = over.raw(*found)[: 2 if bias or scaled else 1]
    rows = rows_of(run)
    shown = [value(rows, f"best {name}") for name in "wb"[: len(expected)]]
    assert [float(part) for part in shown] == pytest.approx(list(expected), rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_what_theory_says_of_the_method_stands_below_in_words(
    method: str, surface: LossSurface
) -> None:
    rows = rows_of(Run(surface, Settings(method=method)))
    words = " ".join(" ".join(texts_of(rows)).split())
    assert words.endswith(f" {METHODS[method].bound}.")


def test_the_pace_stands_in_the_frame_and_the_speed_while_it_runs(surface: LossSurface) -> None:
    readout, run = Sized(), Run(surface, Settings(iterations=10**6))
    readout.show(scene(run, FULL_SPEED))
    assert "─ pace: full speed ─" in readout.note
    run.start()
    readout.show(scene(run, FULL_SPEED, now=3.0))
    run.advance(1000)
    readout.show(scene(run, FULL_SPEED, now=3.5))
    assert "─ pace: 2,000/s ─" in readout.note
    run.pause()
    readout.show(scene(run, 20, now=4.0))
    assert "─ pace: 20/s ─" in readout.note
    readout.show(scene(run, Schedule(10**6), now=5.0))
    assert "─ pace: watch ─" in readout.note


def test_the_loss_of_the_batch_is_shown(surface: LossSurface) -> None:
    run = Run(surface, Settings(method="sgd"))
    run.advance(5)
    step = run.snapshot().step
    batch = surface.batch_measurer(8, 0)(5, step.w, step.b)[0]
    assert value(rows_of(run), "of batch") == f"{batch:.10f}"


def test_the_judgement_follows_the_nearest_minimum() -> None:
    surface = LANDSCAPES["himmelblau"]
    run = Run(surface, Settings(**surface.defaults))  # type: ignore[arg-type]
    readout = Sized()
    for _ in range(60):
        step = run.snapshot().step
        minimum = surface.minimum(step.w, step.b, True)
        readout.show(scene(run))
        low, high = surface.eigenvalues(True, minimum.w, minimum.b)
        found = [float(part) for part in value(readout.shown, "curvature").split(" to ")]
        assert found == pytest.approx([low, high], rel=1e-3)
        run.advance(1)


def test_the_explanations_have_the_numbers_of_the_moment(surface: LossSurface) -> None:
    settings = Settings(lr=0.001)
    told = Scene(surface, Run(surface, settings).snapshot(), wanted=settings)
    words = {name: words for name, words, _ in rows_explained(Now.of(told))}
    limit = 1 / float(np.mean(surface.x**2))
    assert f"{limit:.6f}"[:8] in words["lr is"]
    assert f"{float(np.mean(surface.y**2)):.3f}" in words["loss"]
    assert all(words.values())


# Room


def test_where_there_is_room_below_the_figures_it_tells_what_the_plots_show(
    surface: LossSurface,
) -> None:
    readout, seen = Sized(), scene(Run(surface, Settings()))
    readout.show(seen)
    without = texts_of(readout.shown)
    readout.show(seen, [view(seen) for view in (VIEWS[VALLEY], VIEWS[THIS_STEP], VIEWS[CONTOUR])])
    shown = texts_of(readout.shown)
    blank, *legend = shown[shown.index(f"{'curvature.':28}") + 1 :]
    assert not blank.strip()
    legend = [" ".join(text.split()) for text in legend if text.strip()]
    # Each mark once, in the words of the plot that comes first; what is too long is cut.
    assert legend[:3] == ["⠤⠤ loss along w", "⠤⠤ gradient -806.8", "━ step +0.807"]
    assert "○ where the next iteration…" in legend
    assert [text[0] for text in legend].count(WALKER) == 1
    assert "".join(shown).startswith("".join(without).rstrip())
    assert_it_fits(readout.shown)
    (run := Run(surface, Settings())).advance(100)
    readout.show(scene(run), [VIEWS[LOSS](scene(run))])
    # Of a number that has no room not a part is shown.
    assert f"{WALKER}  iteration 100" in [text.rstrip() for text in texts_of(readout.shown)]


HOSTILE = {
    "large labels": surface_of([1, 2, 3], [1e300, 2e300, -1e300]),
    "large features": surface_of([1e300, 2e300], [1, 2]),
    "large features, scaled": surface_of([1e150, -2e150], [1, 2]).standardized(),
    "tiny": surface_of([1e-300, 2e-300], [2e-300, 1e-300]),
    "tiny, scaled": surface_of([1e-300, 2e-300], [-2e-300, 1e-300]).standardized(),
    "one example": surface_of([3], [-6]),
    "all x equal, scaled": surface_of([5, 5], [1, 2]).standardized(),
    "all zero": surface_of([0, 0], [0, 0]),
}


def assert_it_fits(rows: Sequence[Row]) -> None:
    for row, text in zip(rows, texts_of(rows), strict=True):
        assert cell_len(text) == WIDTH, text
        if row[0][0].isalpha() and len(row) == 2:
            assert row[1][0].startswith(" "), "a label and its figure run into each other"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("surface", [*HOSTILE.values(), *LANDSCAPES.values()],
                         ids=[*HOSTILE, *LANDSCAPES])  # fmt: skip
def test_every_row_fits(surface: Surface, method: str) -> None:
    for settings in (
        Settings(method=method),
        Settings(method=method, bias=True, lr=1e6),
        Settings(method=method, bias=True, lr=1e-12, w_start=-1e100, b_start=-1e100),
    ):
        run = Run(surface, settings)
        for count in (0, 1, 50):
            run.advance(count)
            assert_it_fits(rows_of(run, FULL_SPEED))


@given(FINITE, FINITE, FINITE, FINITE, st.booleans(), st.floats(1e-12, 1e6))
@example(-1.776e-15, -7.105e-15, 0.0, 0.0, True, 0.001)
def test_every_row_fits_whatever_the_examples(
    x: float, y: float, other_x: float, other_y: float, bias: bool, lr: float
) -> None:
    surface = surface_of([x, other_x], [y, other_y])
    with np.errstate(all="ignore"):
        run = Run(surface, Settings(bias=bias, lr=lr))
        run.advance(3)
        assert_it_fits(rows_of(run))


@given(st.lists(FINITE, min_size=1, max_size=2))
@example([-1.776e-300, -7.105e-300])
def test_fitted_numbers_fit_and_keep_their_size(values: list[float]) -> None:
    text = fitted(values, ", ", 18)
    assert len(text) <= 18
    assert [float(part) for part in text.split(", ")] == pytest.approx(values, rel=0.5)


def test_numbers_keep_their_digits_where_there_is_room() -> None:
    assert fitted((0.38177, -6.58656), ", ", 18) == "0.38177, -6.58656"


class Alone(App[None]):
    def compose(self) -> ComposeResult:
        yield Readout()


async def test_a_readout_shows_its_rows_at_every_width(surface: LossSurface) -> None:
    run = Run(surface, Settings(bias=True))
    async with Alone().run_test(size=(28, 20)) as pilot:
        readout = pilot.app.query_one(Readout)
        readout.show(scene(run))
        for width in (28, 60, 12, 28):
            await pilot.resize_terminal(width, 20)
            await pilot.pause()
            line = readout.render_line(1)
            assert line.cell_length == readout.size.width
            assert line.text.startswith("│ loss")
