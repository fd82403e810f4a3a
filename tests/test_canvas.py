"""The canvas: hostile numbers never reach the engine, which would kill the process."""

from __future__ import annotations

import gc
import itertools
import math
import os
import warnings
import weakref
from typing import Any

import numpy as np
import plotext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.cells import cell_len

from gdtui.core.model import Vector
from gdtui.drawing import (
    BAND_ROLES,
    BRAILLE,
    CROWD,
    Axis,
    Contours,
    Drawing,
    Label,
    Layer,
    Role,
    Row,
    evened,
)
from gdtui.ui.canvas import canvas as canvas_module
from gdtui.ui.canvas.canvas import (
    Canvas,
    Grid,
    band_rows,
    clip_line,
    clip_points,
    contour_dots,
    dots_of,
    signals_of,
    thin,
)

CANVAS = Canvas()
HOSTILE = [math.nan, math.inf, -math.inf, 1e300, -1e300, 1.7e308, 5e-324, -5e-324, 0.0, -0.0, 1e9]
AXES = [
    Axis(0, 1),
    Axis(-1, 4),
    Axis(-8e307, 8e307),
    Axis(0, 1e308),
    Axis(0, 1e-310),
    Axis(1, 1 + 2**-50),
    Axis(1e300, 1.0000001e300),
    Axis(-324, 309, log=True),
    Axis(0, 1, log=True),
]
DEGENERATE = [
    Axis(0, 0),
    Axis(5, 5),
    Axis(1, 0),
    Axis(0, 5e-324),
    Axis(1, 1 + 2**-52),
    Axis(1e308, 1e308),
    Axis(-1.7e308, 1.7e308),
    Axis(0, math.inf),
    Axis(-math.inf, math.inf),
    Axis(math.nan, 1),
    Axis(math.nan, math.nan),
    Axis(5, 5, log=True),
    Axis(0.5, 0.7, log=True),
    Axis(math.nan, 1, log=True),
]
GLYPHS = [BRAILLE, "●", "✚", "↘", "1"]
SIZES = [
    (0, 0),
    (1, 1),
    (11, 3),
    (12, 4),
    (13, 5),
    (40, 10),
    (100, 30),
    (200, 55),
    (200, 4),
    (300, 100),
]


def text_of(rows: list[Row]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def render(drawing: Drawing, width: int, height: int) -> list[str]:
    """The rows as text, after a look at their shape."""
    rows = CANVAS.render(drawing, width, height)
    assert len(rows) == height
    for text in text_of(rows):
        assert len(text) == cell_len(text) == width
    assert all(isinstance(role, Role) for row in rows for _, role in row)
    return text_of(rows)


def one(x: list[float], y: list[float], glyph: str = "●", line: bool = False) -> Drawing:
    layer = Layer(x, y, Role.WALKER, glyph, line)
    return Drawing("a title", Axis(0, 1), Axis(0, 1), [layer])


numbers = st.one_of(st.sampled_from(HOSTILE), st.floats(-2, 2), st.floats())
distinct = st.floats(-1e300, 1e300, allow_subnormal=False)
ranges = st.one_of(
    st.sampled_from(AXES + DEGENERATE),
    st.builds(Axis.around, distinct, distinct),
    st.builds(lambda low, more: Axis(low, low + more, True), st.integers(-330, 300),
              st.integers(1, 600)),
)  # fmt: skip


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    count = draw(st.integers(0, 12))
    x, y = (draw(st.lists(numbers, min_size=count, max_size=count)) for _ in range(2))
    role, glyph = draw(st.sampled_from(list(Role))), draw(st.sampled_from(GLYPHS))
    return Layer(x, y, role, glyph, draw(st.booleans()), counted=draw(st.booleans()))


labels = st.builds(Label, numbers, numbers, st.sampled_from(["1", "↑12", "x" * 400]),
                   st.sampled_from(list(Role)))  # fmt: skip


# In the environment, GDTUI_DRAWINGS is how many hostile drawings are tried.
@given(
    st.lists(layers(), max_size=4),
    ranges,
    ranges,
    st.integers(0, 300),
    st.integers(0, 100),
    st.lists(labels, max_size=4),
)
@settings(max_examples=int(os.environ.get("GDTUI_DRAWINGS", "80")), deadline=None)
def test_whatever_is_drawn_has_the_size_asked_for(
    drawn: list[Layer], x: Axis, y: Axis, width: int, height: int, marked: list[Label]
) -> None:
    render(Drawing("a title", x, y, drawn, names=("x", "y"), labels=marked), width, height)


@pytest.mark.long(keep=60)
@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("axis", AXES + DEGENERATE, ids=repr)
def test_every_pair_of_hostile_numbers_can_be_drawn(axis: Axis, width: int, height: int) -> None:
    """As one unsorted line through all of them, and as points, on every kind of axis."""
    pairs = np.array(list(itertools.product([*HOSTILE, 0.5, 2.0], repeat=2)))
    pairs = np.concatenate([pairs, pairs[::-1], pairs[::7]])
    drawn = [
        Layer(pairs[:, 0], pairs[:, 1], role, glyph, line)
        for role, glyph, line in zip(
            Role, itertools.cycle(GLYPHS), itertools.cycle([True, True, False]), strict=False
        )
    ]
    render(Drawing("a title", axis, Axis(0, 1), drawn), width, height)
    render(Drawing("a title", Axis(-1, 1), axis, drawn), width, height)


@pytest.mark.parametrize("width", range(0, 201, 7))
@pytest.mark.parametrize("height", [0, 1, 3, 4, 5, 10, 60, 200])
def test_every_size_can_be_drawn(width: int, height: int) -> None:
    render(one([0, 1, 0.5], [0, 1, 0.2], BRAILLE, line=True), width, height)


@pytest.mark.parametrize("axis", [Axis(0, 1), *AXES, *DEGENERATE], ids=repr)
@pytest.mark.parametrize("line", [True, False])
def test_an_empty_layer_can_be_drawn(axis: Axis, line: bool) -> None:
    nothing = [Layer([], [], role, line=line) for role in Role]
    render(Drawing("", axis, axis, nothing), 40, 10)
    render(Drawing("", axis, axis, [*nothing, Layer([math.nan], [1], Role.LIVE)]), 40, 10)


@pytest.mark.parametrize("axis", [*AXES, *DEGENERATE], ids=repr)
@pytest.mark.parametrize("count", [1, 3, 30])
def test_the_engine_sees_finite_ticks_alone(axis: Axis, count: int) -> None:
    places = [place for place, _ in axis.ticks(count)]
    assert all(0 <= place <= 1 for place in places)
    assert len(places) <= 3 * count + 3


def test_an_unsorted_line_across_the_plot_can_be_drawn() -> None:
    x, y = np.random.default_rng(1).uniform(-1, 2, (2, 3000))
    render(Drawing("", Axis(0, 1), Axis(0, 1), [Layer(x, y, Role.LIVE, line=True)]), 100, 30)


def _long_lines() -> dict[str, tuple[Vector, Vector]]:
    random = np.random.default_rng(1)
    x = np.linspace(0, 1, 100_000)
    return {
        "oscillation": (x, np.where(np.arange(len(x)) % 2, 0.9, 0.1)),
        "a cloud": (random.normal(0.5, 0.01, len(x)), random.normal(0.5, 0.01, len(x))),
        "far away": (random.normal(0, 1e200, len(x)), random.normal(0, 1e200, len(x))),
        "with gaps": (x, np.where(np.arange(len(x)) % 3, np.nan, x)),
        "growing without bounds": (x, np.geomspace(1e-300, 1e300, len(x))),
    }


@pytest.mark.parametrize("line", [True, False])
@pytest.mark.parametrize("name", list(_long_lines()))
def test_100_000_points_can_be_drawn(name: str, line: bool) -> None:
    x, y = _long_lines()[name]
    render(Drawing("", Axis(0, 1), Axis(0, 1), [Layer(x, y, Role.LIVE, line=line)]), 100, 30)


def test_an_oscillation_of_100_000_points_fills_its_band() -> None:
    x, y = _long_lines()["oscillation"]
    drawing = Drawing("", Axis(0, 1), Axis(0, 1), [Layer(x, y, Role.LIVE, line=True)])
    middle = render(drawing, 60, 20)[8].partition("│")[2]
    assert set(middle[1:-1]) == {"⣿"}


def test_a_drawing_leaves_nothing_behind_in_the_next_one() -> None:
    render(one([0.5], [0.5]), 40, 10)
    assert "●" not in "".join(render(one([], []), 40, 10))


def filled_in_public(
    x: Vector, y: Vector, joined: NDArray[np.bool_], glyph: str, role: Role
) -> Any:
    """What `filled` does, by plotext's documented calls alone."""
    marker = plotext.marker(glyph, plotext.pixel(foreground=canvas_module._COLOURS[role]))
    signal = plotext.figure.signal(x.tolist(), y.tolist(), marker=marker)
    for index in np.flatnonzero(joined).tolist():
        signal.line(index)
    return signal


@given(st.lists(layers(), max_size=4), st.integers(12, 60), st.integers(4, 20))
@settings(deadline=None)
def test_filled_through_the_kernel_a_signal_draws_the_same_cells(
    drawn: list[Layer], width: int, height: int
) -> None:
    drawing = Drawing("", Axis(0, 1), Axis(0, 1), drawn)
    ours = Canvas().render(drawing, width, height)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canvas_module, "filled", filled_in_public)
        assert Canvas().render(drawing, width, height) == ours


# Where things land

INNER = (slice(0, -2), slice(6, None))


@pytest.mark.parametrize(("width", "height"), [(12, 4), (30, 9), (100, 30), (201, 53)])
@pytest.mark.parametrize("line", [False, True])
@pytest.mark.parametrize(
    ("x", "y", "row", "column"),
    [(0, 0, -1, 0), (1, 0, -1, -1), (0, 1, 0, 0), (1, 1, 0, -1)],
)
def test_a_point_in_a_corner_lands_in_the_corner(
    x: float, y: float, row: int, column: int, width: int, height: int, line: bool
) -> None:
    inner = [text[INNER[1]] for text in render(one([x], [y], line=line), width, height)[INNER[0]]]
    assert inner[row][column] == "●"
    assert "".join(inner).count("●") == 1


@pytest.mark.parametrize("column", range(0, 25, 6))
@pytest.mark.parametrize("row", range(7))
def test_a_point_lands_in_its_cell(column: int, row: int) -> None:
    """The plot of 31x9 has 25x7 cells within its axes."""
    texts = render(one([column / 24], [1 - row / 6]), 31, 9)
    assert texts[row][6 + column] == "●"


@given(
    st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(6, 60), st.sampled_from([False, True])
)
def test_ticks_stand_as_many_rows_apart(low: float, reach: float, height: int, log: bool) -> None:
    """At least two of them; but for 1, 2 and 5 on a log axis, which are no even steps."""
    axis = Axis(low, low + (max(reach, 20.0) if log else reach), log=log)
    rows = CANVAS.render(Drawing("", Axis(0, 1), axis, []), 40, height)
    ticks = [y for y, row in enumerate(rows) if "┤" in "".join(text for text, _ in row)]
    assert len(ticks) >= 2 or len(axis.ticks(max(2, height // 3))) < 2
    assert len(set(np.diff(ticks).tolist())) <= 1


@pytest.mark.parametrize(
    "axis", [Axis(0, 1000), Axis(0, 2000), Axis(-10, 30), Axis(-50, 150), Axis(0, 60)]
)
def test_evenly_spaced_ticks_are_enough_to_read_a_height_by(axis: Axis) -> None:
    for height in range(14, 60):
        rows = CANVAS.render(Drawing("", Axis(0, 1), axis, []), 40, height)
        ticks = [y for y, row in enumerate(rows) if "┤" in "".join(text for text, _ in row)]
        assert len(ticks) >= 3, height


@pytest.mark.parametrize(("width", "height"), [(30, 12), (76, 19), (170, 50)])
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.31, 0.77), (1.0, 1.0)])
def test_a_cell_stands_for_what_is_drawn_in_it(
    place: tuple[float, float], width: int, height: int
) -> None:
    x, y = Axis(-3, 5), Axis(0, 1000)
    at = float(x.at(np.array(place[0]))), float(y.at(np.array(place[1])))
    dot = Layer(at[:1], at[1:], Role.WALKER, "●")
    canvas = Canvas()
    rows = [
        "".join(text for text, _ in row)
        for row in canvas.render(Drawing("", x, y, [dot]), width, height)
    ]
    row = next(number for number, text in enumerate(rows) if "●" in text)
    found = canvas.place_at(rows[row].index("●"), row)
    assert found
    # No farther off than the cell is wide and high.
    assert found[0] == pytest.approx(at[0], abs=8 / (width - 6))
    assert found[1] == pytest.approx(at[1], abs=1000 / (height - 2))
    for outside in ((0, row), (width, row), (width // 2, height - 1)):
        assert canvas.place_at(*outside) is None
    assert canvas.place_at(width + 50, -50, nearest=True) == (5, 1000)
    canvas.render(Drawing("", x, y, [dot]), 3, 2)
    assert canvas.place_at(2, 1) is None


def test_points_outside_the_axes_are_not_drawn() -> None:
    outside = [-0.01, 1.01, 0.5, 0.5, math.nan]
    texts = render(one(outside, [0.5, 0.5, -0.01, 1.01, 0.5]), 40, 12)
    assert "●" not in "".join(texts)


def test_the_role_of_a_layer_colours_its_cells() -> None:
    for role in Role:
        drawing = Drawing("", Axis(0, 1), Axis(0, 1), [Layer([0.5], [0.5], role, "●")])
        spans = [span for row in CANVAS.render(drawing, 40, 10) for span in row]
        assert [found for text, found in spans if "●" in text] == [role]


def test_the_layer_in_front_hides_the_one_behind_it() -> None:
    back, front = Layer([0.5], [0.5], Role.PATH, "x"), Layer([0.5], [0.5], Role.WALKER, "●")
    texts = render(Drawing("", Axis(0, 1), Axis(0, 1), [back, front]), 40, 10)
    assert "●" in "".join(texts)
    assert "x" not in "".join(texts)


def test_ticks_are_labelled_at_their_places() -> None:
    drawing = Drawing("", Axis(-1, 4), Axis(0, 100), [])
    texts = render(drawing, 57, 11)
    assert texts[-1].split() == ["-1", "0", "1", "2", "3", "4"]
    assert texts[0].startswith("  100┤")
    assert texts[8].startswith("    0┤")


# Clipping

ENOUGH = 10**6
coordinates = st.one_of(
    st.floats(-1.5, 2.5),
    st.sampled_from([0.0, 1.0, 0.5, -1e9, 1e12, math.nan, math.inf, -math.inf]),
)
lines = st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=8)
# Not so near to the edge that rounding decides on which side of it.
places = st.integers(-1500, 2500).map(lambda thousandths: thousandths / 1000)
near_lines = st.lists(st.tuples(places, places), min_size=2, max_size=8)


def clipped(points: list[tuple[float, float]]) -> tuple[Vector, Vector, NDArray[np.bool_]]:
    array = np.array(points, dtype=np.float64)
    return clip_line(array[:, 0], array[:, 1], ENOUGH, ENOUGH)


def pieces_of(points: list[tuple[float, float]]) -> list[tuple[Vector, Vector]]:
    x, y, joined = clipped(points)
    ends = np.column_stack([x, y])
    return [(ends[i - 1], ends[i]) for i in np.flatnonzero(joined).tolist()]


def distance(points: Vector, a: Vector, b: Vector) -> Vector:
    """Of points, of shape (n, 2), to the segment from a to b; the result has shape (n,)."""
    along = b - a
    length = float(along @ along)
    t = np.clip((points - a) @ along / length, 0, 1) if length else np.zeros(len(points))
    return np.asarray(np.hypot(*(points - a - np.outer(t, along)).T))


@given(lines)
def test_clipped_points_are_finite_and_within_the_unit_box(
    points: list[tuple[float, float]],
) -> None:
    x, y, joined = clipped(points)
    assert len(x) == len(y) == len(joined)
    assert np.all((x >= 0) & (x <= 1) & (y >= 0) & (y <= 1))
    assert not joined[:1].any()


@given(near_lines)
@settings(deadline=None)
def test_clipped_pieces_lie_on_the_line(points: list[tuple[float, float]]) -> None:
    segments = [np.array(pair) for pair in itertools.pairwise(points)]
    for start, end in pieces_of(points):
        probes = np.array([start, (start + end) / 2, end])
        assert min(distance(probes, a, b).max() for a, b in segments) < 1e-5


@given(near_lines)
@settings(deadline=None)
def test_all_of_the_line_within_the_box_is_kept(points: list[tuple[float, float]]) -> None:
    """The oracle: walk the line in small steps, and look for each step inside."""
    kept = pieces_of(points)
    t = np.linspace(0, 1, 101)[:, None]
    walk = np.concatenate(
        [np.array(a) * (1 - t) + np.array(b) * t for a, b in itertools.pairwise(points)]
    )
    inside = walk[np.all((walk >= 0) & (walk <= 1), axis=1)]
    if len(inside):
        nearest = np.min([distance(inside, a, b) for a, b in kept], axis=0)
        assert nearest.max() < 1e-5


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0, math.tau))
def test_a_line_through_the_box_ends_at_its_border(x: float, y: float, angle: float) -> None:
    dx, dy = 3 * math.cos(angle), 3 * math.sin(angle)
    ends_x, ends_y, joined = clipped([(x - dx, y - dy), (x + dx, y + dy)])
    assert joined.tolist() == [False, True]
    for end in zip(ends_x.tolist(), ends_y.tolist(), strict=True):
        assert min(abs(value - edge) for value in end for edge in (0, 1)) < 1e-9


@pytest.mark.parametrize(
    ("points", "kept"),
    [
        ([(-1, 0.5), (2, 0.5)], [((0, 0.5), (1, 0.5))]),
        ([(0.5, -1), (0.5, 2)], [((0.5, 0), (0.5, 1))]),
        ([(-1, -1), (2, 2)], [((0, 0), (1, 1))]),
        ([(0.2, 0.2), (0.4, 0.6)], [((0.2, 0.2), (0.4, 0.6))]),
        ([(-1, 0.5), (-0.1, 0.5)], []),
        ([(-1, 1.5), (1.5, 3)], []),
        ([(0, 0), (1, 0), (1, 1)], [((0, 0), (1, 0)), ((1, 0), (1, 1))]),
        ([(0.5, 0.5), (math.nan, 0.5), (0.6, 0.6)], []),
        ([(0.2, 0.5), (0.4, 0.5), (5, 0.5), (5, 0.7), (0.4, 0.7)],
         [((0.2, 0.5), (0.4, 0.5)), ((0.4, 0.5), (1, 0.5)), ((1, 0.7), (0.4, 0.7))]),
    ],
)  # fmt: skip
def test_known_lines_are_clipped_so(
    points: list[tuple[float, float]], kept: list[tuple[tuple[float, float], tuple[float, float]]]
) -> None:
    found = [(*a.tolist(), *b.tolist()) for a, b in pieces_of(points)]
    assert found == [pytest.approx((*a, *b), abs=1e-9) for a, b in kept]


@given(lines, st.integers(2, 20), st.integers(2, 10))
def test_no_piece_is_drawn_twice_on_the_same_dots(
    points: list[tuple[float, float]], width: int, height: int
) -> None:
    columns, rows = 2 * width, 4 * height
    array = np.array(points * 5, dtype=np.float64)
    x, y, joined = clip_line(array[:, 0], array[:, 1], columns, rows)
    dots = dots_of(x, y, columns, rows).tolist()
    pieces = [(dots[i - 1], dots[i]) for i in np.flatnonzero(joined).tolist()]
    assert len(set(pieces)) == len(pieces)


@given(st.lists(st.tuples(numbers, numbers), max_size=30))
def test_of_the_points_within_the_box_one_is_kept_for_each_dot(
    points: list[tuple[float, float]],
) -> None:
    array = np.array(points, dtype=np.float64).reshape(-1, 2)
    x, y = clip_points(array[:, 0], array[:, 1], 20, 12)
    inside = {(a, b) for a, b in points if 0 <= a <= 1 and 0 <= b <= 1}
    found = list(zip(x.tolist(), y.tolist(), strict=True))
    assert set(found) <= inside

    def dot(point: tuple[float, float]) -> float:
        return float(dots_of(np.array(point[0]), np.array(point[1]), 20, 12))

    assert sorted(map(dot, found)) == sorted({dot(point) for point in inside})


@pytest.mark.parametrize("size", [(12, 4), (42, 13), (82, 33)])
def test_points_that_share_a_cell_are_their_number(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle: each point drawn by itself, in the cell where the engine puts it."""
    monkeypatch.setattr(canvas_module, "_BLOCK", 50)
    random = np.random.default_rng(5)
    # Those in thirtieths are often between two cells.
    cloud, between = random.normal(0.5, 0.2, (2, 60)), random.integers(0, 31, (2, 60)) / 30
    x, y = np.column_stack([cloud, between])
    one = Layer(x, y, Role.EXAMPLE, "o", counted=True)
    shown = render(Drawing("", Axis(0, 1), Axis(0, 1), [one]), *size)
    seen: dict[tuple[int, int], int] = {}
    for right, up in zip(x.tolist(), y.tolist(), strict=True):
        alone = Layer([right], [up], Role.EXAMPLE, "o")
        texts = render(Drawing("", Axis(0, 1), Axis(0, 1), [alone]), *size)
        for row, text in enumerate(texts):
            for column in [text.index("o")] if "o" in text else []:
                seen[row, column] = seen.get((row, column), 0) + 1
    assert max(seen.values()) > 1
    for row, text in enumerate(shown[:-2]):
        for column, glyph in enumerate(text[6:], 6):
            count = seen.get((row, column), 0)
            assert glyph == " o23456789"[count] if count < 10 else CROWD


# Thinning


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=300),
    st.integers(1, 12),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_thinning_keeps_the_extremes_of_every_column(
    places: list[float], columns: int, random: object
) -> None:
    x = np.sort(np.array(places))
    generator = np.random.default_rng(getattr(random, "randint")(0, 2**31))  # noqa: B009
    y = generator.choice([*generator.normal(size=20), np.nan], len(x))
    thin_x, thin_y = thin(x, y, columns)
    for number in range(columns + 1):
        before = y[np.floor(x * columns) == number]
        after = thin_y[np.floor(thin_x * columns) == number]
        before, after = before[~np.isnan(before)], after[~np.isnan(after)]
        assert before.size == 0 or (before.min(), before.max()) == (after.min(), after.max())
    assert thin_x[0] == x[0]
    assert thin_x[-1] == x[-1]


@pytest.mark.parametrize("columns", [1, 10, 200])
def test_a_thinned_line_has_at_most_four_points_a_column(columns: int) -> None:
    x = np.linspace(0, 0.999, 50_000)
    thin_x, thin_y = thin(x, np.sin(1e5 * x), columns)
    assert len(thin_x) == len(thin_y) <= 4 * columns
    assert np.all(np.diff(thin_x) >= 0)


def test_a_line_that_turns_back_is_not_thinned() -> None:
    x = np.array([0.1, 0.5, 0.2] * 100)
    assert thin(x, x, 5)[0] is x


def test_a_thinned_line_starts_and_ends_where_the_line_does() -> None:
    x, y = np.linspace(0, 1, 1000), np.random.default_rng(3).normal(size=1000)
    thin_x, thin_y = thin(x, y, 10)
    assert (thin_x[0], thin_y[0], thin_x[-1], thin_y[-1]) == (x[0], y[0], x[-1], y[-1])


# Lines of equal height


def rings(levels: tuple[float, ...]) -> Contours:
    return Contours(lambda x, y: np.asarray(np.hypot(x, y)), levels, Role.CONTOUR)


PLANE = Grid(Axis(-1, 1), Axis(-1, 1), 101, 101)


def test_a_line_of_equal_height_is_where_the_height_is() -> None:
    u, v = contour_dots(rings((0.3, 0.8)), PLANE)
    radii = np.hypot(2 * u - 1, 2 * v - 1)
    assert np.all(np.minimum(abs(radii - 0.3), abs(radii - 0.8)) <= 0.03)
    # All around.
    angles = np.arctan2(2 * v - 1, 2 * u - 1)
    for radius in (0.3, 0.8):
        around = np.sort(angles[abs(radii - radius) <= 0.03])
        assert np.diff(around).max() < 0.15


def test_a_line_that_runs_along_one_above_it_is_left_out() -> None:
    for near, lines in ((0.78, 1), (0.6, 2)):
        u, v = contour_dots(rings((near, 0.8)), PLANE)
        radii = np.hypot(2 * u - 1, 2 * v - 1)
        assert np.any(abs(radii - 0.8) < 0.01)
        assert len(contour_dots(rings((0.8,)), PLANE)[0]) * lines >= len(u)
        assert np.any(radii < near - 0.01) == (lines == 2)


def test_lines_that_only_cross_the_way_of_others_are_kept() -> None:
    """A sheaf that is narrow at its lower end: most of each line is free."""
    fan = Contours(lambda x, y: np.asarray((y + 1.1) * x), (-0.5, 0.0, 0.5), Role.CONTOUR)
    _, v = contour_dots(fan, PLANE)
    assert len(v[v > 0.9]) >= 3 * 8


@pytest.mark.parametrize("height", [math.nan, math.inf, 1.0])
def test_a_plain_has_no_lines(height: float) -> None:
    plain = Contours(lambda x, y: np.full((len(y), len(x)), height), (0.5, 1.0), Role.CONTOUR)
    assert len(contour_dots(plain, PLANE)[0]) == 0


@given(st.lists(numbers, max_size=5), ranges, ranges, st.booleans())
@settings(deadline=None)
def test_whatever_the_heights_the_rows_have_the_size_asked_for(
    heights: list[float], x: Axis, y: Axis, even: bool
) -> None:
    def height(w: Vector, b: Vector) -> Vector:
        with np.errstate(all="ignore"):
            return np.asarray(w * b + sum(heights))

    contours = Contours(height, tuple(sorted(h for h in heights if h == h)), Role.CONTOUR)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        render(Drawing("a title", x, y, [contours], even=even), 40, 12)


# The same unit on both axes

widths = st.floats(1e-3, 1e3)


@given(st.floats(-10, 10), widths, st.floats(-10, 10), widths, st.integers(4, 400),
       st.integers(4, 400))  # fmt: skip
def test_an_even_drawing_has_as_many_dots_for_a_unit_on_both_axes(
    low: float, width: float, bottom: float, height: float, columns: int, rows: int
) -> None:
    before = Axis(low, low + width), Axis(bottom, bottom + height)
    x, y = evened(*before, columns, rows)
    right, up = columns / (x.high - x.low), rows / (y.high - y.low)
    if (x, y) != before:
        assert right == pytest.approx(up)
    else:
        times = columns / width / (rows / height)
        assert times == pytest.approx(1) or max(times, 1 / times) > 90
    # One of them is as it was, and nothing is lost.
    assert x == before[0] or y == before[1]
    slack = 1e-9 * (width + height + 10)
    assert x.low <= low + slack
    assert x.high >= low + width - slack
    assert y.low <= bottom + slack
    assert y.high >= bottom + height - slack


@pytest.mark.parametrize("even", [False, True])
def test_a_circle_is_round_on_an_even_drawing(even: bool) -> None:
    drawing = Drawing("", Axis(-1, 1), Axis(-1, 1), [rings((0.8,))], even=even)
    texts = render(drawing, 87, 22)[:-2]
    inside = [text.partition("│")[2] or text.partition("┤")[2] for text in texts]
    drawn = [text for text in inside if text.strip()]
    left = min(len(text) - len(text.lstrip()) for text in drawn)
    right = max(len(text.rstrip()) for text in drawn)
    # A cell is two dots wide and four high.
    assert (abs(2 * (right - left) - 4 * len(drawn)) <= 8) == even


# What was drawn before


def test_a_layer_that_lies_as_it_did_is_not_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(layer: Layer | Contours, grid: Grid) -> Any:
        made.append(layer)
        return signals_of(layer, grid)

    monkeypatch.setattr(canvas_module, "signals_of", counted)
    canvas = Canvas()
    old, new = Layer([0.2], [0.2], Role.LIVE, "●"), Layer([0.8], [0.8], Role.LIVE, "✚")
    lines = rings((0.5,))
    for _ in range(2):
        canvas.render(Drawing("", Axis(0, 1), Axis(0, 1), [lines, old]), 40, 12)
    assert made == [lines, old]
    both = Drawing("", Axis(0, 1), Axis(0, 1), [lines, old, new])
    assert canvas.render(both, 40, 12) == Canvas().render(both, 40, 12)
    assert made[2] is new
    # On another grid it is.
    made.clear()
    moved = Drawing("", Axis(0, 2), Axis(0, 1), [lines, old, new])
    assert canvas.render(moved, 40, 12) == Canvas().render(moved, 40, 12)
    assert made == [lines, old, new] * 2


def test_what_is_no_longer_drawn_is_forgotten() -> None:
    canvas = Canvas()
    layer = Layer([0.2], [0.2], Role.LIVE)
    canvas.render(Drawing("", Axis(0, 1), Axis(0, 1), [layer]), 40, 12)
    gone = weakref.ref(layer)
    del layer
    canvas.render(Drawing("", Axis(0, 1), Axis(0, 1), []), 40, 12)
    gc.collect()
    assert gone() is None


# The names of the axes


def cells_of(text: str) -> list[str]:
    """What is in each cell; the second cell of a wide letter is empty."""
    return [part for character in text for part in [character, *[""] * (cell_len(character) - 1)]]


@pytest.mark.parametrize("names", [("w", "loss"), ("Reservations", "Number of pizzas"),
                                   ("宽" * 30, "漢字" * 30), ("x" * 300, "y" * 300)])  # fmt: skip
@pytest.mark.parametrize("log", [False, True])
def test_the_names_of_the_axes_take_no_room_and_hide_nothing(
    names: tuple[str, str], log: bool
) -> None:
    line = Layer([0.05, 0.3, 0.95], [0.1, 0.9, 0.5], Role.LIVE, line=True)
    x, y = Axis(0, 2, log=log), Axis(0, 2, log=log)
    for width, height in ((14, 4), (34, 9), (76, 19), (170, 50)):
        bare = text_of(CANVAS.render(Drawing("", x, y, [line]), width, height))
        rows = text_of(CANVAS.render(Drawing("", x, y, [line], names=names), width, height))
        assert [cell_len(row) for row in rows] == [width] * height
        for before, after in zip(bare[:-2], map(cells_of, rows[:-2]), strict=True):
            assert [b for b, a in zip(before, after, strict=True) if b not in (" ", a)] == []
        assert rows[-1] == bare[-1]
        text = "".join(rows)
        if len("".join(names)) < 30 and width > 40:
            assert rows[-2].rstrip("─┬").endswith(f" {names[0]}{', log' if log else ''} ")
            assert names[1] in text
            assert text.count("log") == 2 * log
            # A long name may leave no more than the label of a tick.
            assert names[0] != "w" or rows[-2].count("┬") == bare[-2].count("┬")


def test_labels_stand_in_their_places_side_by_side_and_in_front() -> None:
    behind = Layer([0, 1], [1, 1], Role.LIVE, line=True)
    marked = [Label(0, 1, "↑1", Role.GHOST_1), Label(1, 1, "↑2", Role.GHOST_2)]
    marked += [Label(0, 1, "↑3", Role.GHOST_3), Label(0.5, 0, "↓4", Role.GHOST_4)]
    marked += [Label(2, 0.5, "no", Role.ALARM), Label(math.nan, 0.5, "no", Role.ALARM)]
    drawing = Drawing("", Axis(0, 1), Axis(0, 1), [behind], labels=marked)
    rows = CANVAS.render(drawing, 46, 10)
    texts = text_of(rows)
    assert texts[0][6:10] == "↑1↑3"
    assert texts[0].endswith("↑2")
    assert texts[-3][6:].index("↓4") in (19, 20)
    assert "no" not in "".join(texts)
    assert ("↑3", Role.GHOST_3) in rows[0]


def test_the_name_of_y_stands_in_the_plot_where_it_is_full() -> None:
    x, y = np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 100))
    full = Layer(x.ravel(), y.ravel(), Role.LIVE)
    rows = text_of(CANVAS.render(Drawing("", Axis(0, 1), Axis(0, 1), [full], names=("", "height")),
                                 40, 12))  # fmt: skip
    assert rows[0][6:].startswith("height⣤")


def test_bands_tell_the_height_at_the_middle_of_each_cell_from_the_top() -> None:
    up = Contours(lambda x, y: np.where(x < 0.5, y, np.nan), (0.3, 0.6), Role.CONTOUR)
    grid = Grid(Axis(0, 1), Axis(0, 1), 2 * 8, 4 * 3)
    assert band_rows(up, grid, 5) == [
        (("     ", Role.PLAIN), ("    ", band), ("    ", Role.PLAIN))
        for band in reversed(BAND_ROLES[:3])
    ]


def test_a_plot_without_room_has_no_bands_left_from_when_it_had() -> None:
    canvas, drawing = Canvas(), Drawing("", Axis(-1, 1), Axis(-1, 1), [rings((0.3, 0.8))])
    for width, has_bands in ((40, True), (3, False)):
        canvas.render(drawing, width, 12)
        assert bool(canvas.ground) == has_bands
