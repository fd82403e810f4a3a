"""Figures by matplotlib: what is drawn, what is said, and that nothing else gets in."""

from __future__ import annotations

import itertools
import math
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.desk import PROBLEM

from gdtui.bench import Bench
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.model import Vector
from gdtui.core.pacemaker import FULL_SPEED
from gdtui.core.settings import Settings
from gdtui.core.worker import AtOnce
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
)
from gdtui.export.figures import FORMS, caption, figure_file
from gdtui.export.files import ExportError
from gdtui.export.matplotlib_canvas import (
    ANGLES,
    BOX_HEIGHT,
    BOX_WIDTH,
    MARKS,
    MOST_COLUMNS,
    figure_bytes,
    free_place,
)
from gdtui.problem import Problem
from gdtui.schemes import ON_DARK, ON_LIGHT, Scheme
from gdtui.views import VIEWS, marks
from gdtui.views.sweep import DIVERGED
from gdtui.views.valley import HEADS as STEP_HEADS

SPACE = "{http://www.w3.org/2000/svg}"
BEGINNINGS = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG\r\n"}
UNIT = Axis(0, 1)


def bench_of(problem: Problem, settings: Settings) -> Bench:
    """A bench on which all is done at once."""
    worker = AtOnce()
    return Bench(problem, settings, worker, worker, lambda: 0.0, views=list(VIEWS), pace=FULL_SPEED)


def svg(*drawings: Drawing, words: tuple[str, ...] = ()) -> str:
    return figure_bytes(drawings, words, ON_LIGHT, "svg").decode()


def drawn(*layers: Layer | Contours, x: Axis = UNIT, y: Axis = UNIT, even: bool = False) -> Drawing:
    return Drawing("title", x, y, layers, even=even)


def texts(picture: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SPACE}text")]


def paths(picture: str, colour: str) -> list[list[tuple[float, float]]]:
    """The points of each line of a colour, in points from the upper left."""
    found = [
        element.get("d", "")
        for element in ElementTree.fromstring(picture).iter(f"{SPACE}path")
        if f"stroke: {colour}" in element.get("style", "") and "clip-path" not in element.attrib
    ]
    return [
        [(float(x), float(y)) for x, y in re.findall(r"[ML] (\S+) (\S+)", path)] for path in found
    ]


@pytest.fixture
def sweeping() -> Bench:
    """A bench with several runs and a sweep, in the midst of a run."""
    bench = bench_of(PROBLEM, Settings(bias=True))
    bench.advised()
    bench.finish()
    bench.rate(up=True)
    bench.step(3)
    bench.begin_sweep()
    bench.move(0)
    return bench


@pytest.mark.parametrize(
    ("form", "scheme", "ground"),
    [*((form, ON_DARK, ON_DARK.background) for form in FORMS), ("svg", ON_LIGHT, "#ffffff")],
)
def test_all_plots_are_drawn_in_every_form_and_equal_to_the_byte(
    sweeping: Bench, form: str, scheme: Scheme, ground: str
) -> None:
    scene = sweeping.scene()
    shown = [view(scene) for view in VIEWS.values()]
    plots = [plot for plot in shown if isinstance(plot, Drawing)]
    assert len(plots) == 5
    words = caption(PROBLEM, sweeping.entry, scene)
    file = figure_bytes(plots, words, scheme, form)
    assert file.startswith(BEGINNINGS[form])
    assert figure_bytes(plots, words, scheme, form) == file
    if form == "svg":
        said = texts(file.decode())
        for plot in plots:
            named = {plot.title, *(layer.word for layer in plot.layers if isinstance(layer, Layer))}
            assert named - {""} <= {*said, "path"}
        assert {"iteration", "loss", "w", "b", *PROBLEM.names} <= set(said)
        assert f"fill: {ground}" in file.decode()


def test_the_caption_has_the_data_the_settings_and_the_command(sweeping: Bench) -> None:
    scene = sweeping.scene()
    first, standing, command = caption(PROBLEM, sweeping.entry, scene)
    assert first.startswith(f"{PROBLEM.title} · gradient descent: learning rate ")
    for word in ("iterations 100", "w start 0", "bias on", "tolerance 0"):
        assert word in first
    assert standing.startswith("iteration 3 of 100, diverging")
    assert command.startswith("gdtui pizza.txt --lr ")
    sweeping.look_at(1)
    assert caption(PROBLEM, sweeping.entry, sweeping.scene())[1] == "iteration 1 of 100"


def test_a_race_is_drawn_with_every_racer_in_the_legend() -> None:
    bench = bench_of(PROBLEM, Settings())
    bench.start_race([Settings(lr=lr) for lr in (0.001, 0.0005, 0.01)])
    bench.finish()
    words = caption(PROBLEM, bench.entry, bench.scene())
    said = texts(figure_file(bench.scene(), [bench.views[-1]], words, ON_LIGHT, "svg").decode())
    # The third has left the plot: its number stands at the edge.
    assert {"lr 0.001", "2 lr 0.0005", "3 lr 0.01", "2", "↑3"} <= set(said)
    assert any("gd lr 0.001 wins after 7" in text for text in said)


def test_text_that_is_no_plot_is_refused() -> None:
    scene = bench_of(Problem.of_landscape(LANDSCAPES["bowl"]), Settings()).scene()
    with pytest.raises(ExportError, match=r"^Fit is text here and no plot: choose another one$"):
        figure_file(scene, ["Valley", "Fit"], [], ON_LIGHT, "svg")


def test_without_matplotlib_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gdtui.export.matplotlib_canvas")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    scene = bench_of(PROBLEM, Settings()).scene()
    with pytest.raises(ExportError, match=r"matplotlib .*: pip install 'gdtui\[figures\]'$"):
        figure_file(scene, ["Valley"], [], ON_LIGHT, "svg")


def test_what_a_person_has_set_up_for_matplotlib_changes_nothing() -> None:
    plot = drawn(Layer([0, 1], [0, 1], Role.LIVE, line=True, word="$x_1$"))
    before = svg(plot)
    with matplotlib.rc_context({"text.usetex": True, "axes.facecolor": "red", "font.size": 40}):
        assert svg(plot) == before
        assert matplotlib.rcParams["axes.facecolor"] == "red"


@pytest.mark.parametrize(
    "text", ["$x^2$ and \\frac{1}{2}", "<b> & \"c\" 'd'", "%s {0} [bold]", "宽 ζ ℊ", "$"]
)
def test_text_from_files_is_shown_as_it_is(text: str) -> None:
    layer = Layer([0, 1], [0, 1], Role.LIVE, line=True, word=f"w {text}")
    plot = Drawing(f"t {text}", UNIT, UNIT, [layer], names=(f"x {text}", f"y {text}"))
    said = texts(svg(plot, words=(f"c {text}",)))
    assert {f"{letter} {text}" for letter in "wtxyc"} <= set(said)
    # Whatever letters there are, there is a picture.
    assert figure_bytes([plot], [text], ON_DARK, "png").startswith(BEGINNINGS["png"])


def test_a_long_text_is_wrapped_or_cut_within_the_figure() -> None:
    word = "m" * 300
    plot = Drawing(word, UNIT, UNIT, [Layer([0.5], [0.5], Role.WALKER, "●", word=word)],
                   names=(word, word))  # fmt: skip
    said = texts(svg(plot, words=(f"one {word} two",)))
    assert max(len(text) for text in said) < 80
    assert "".join(text for text in said if not text.endswith("…")).count("m") == 300


# Lines and marks

numbers = st.one_of(
    st.floats(-2, 2),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 1e9]),
)
points = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6)
glyphs = st.sampled_from([*MARKS, *ANGLES, "7", CROWD, "宽"])
axes = st.sampled_from(
    [UNIT, Axis(-1e308, 1e308), Axis(0, 0), Axis(300, 330, log=True), Axis(-1, 1, log=True),
     Axis(1, 1 + 1e-15)]
)  # fmt: skip


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    x, y = zip(*draw(points), strict=True)
    role, glyph, line = draw(st.sampled_from(list(Role))), draw(glyphs), draw(st.booleans())
    return Layer(x, y, role, glyph, line=line, word=draw(st.sampled_from(["", "a", "b"])))


@given(st.lists(layers(), max_size=4), axes, axes, st.booleans())
@settings(max_examples=25)
def test_only_what_is_finite_and_within_the_box_is_drawn(
    some: list[Layer], x: Axis, y: Axis, even: bool
) -> None:
    labels = [Label(0.5, math.inf, "l", Role.LIVE), Label(0.5, 0.5, "l", Role.LIVE)]
    drawing = Drawing("title", x, y, some, even=even, labels=labels)
    picture = svg(drawing)
    assert not re.search(r"\b(nan|inf)\b", picture)
    box = ElementTree.fromstring(picture).get("viewBox", "").split()
    wide, high = float(box[2]), float(box[3])
    for match in re.findall(r'<use [^>]*x="(\S+)" y="(\S+)"', picture):
        assert 0 <= float(match[0]) <= wide
        assert 0 <= float(match[1]) <= high


def test_a_line_is_cut_off_where_it_leaves_the_box() -> None:
    line = Layer([-1, 0.5, math.nan, 0.6, 3], [0.5, 0.5, 0, 0.5, 0.5], Role.LIVE, line=True)
    (shown,) = paths(svg(drawn(line)), ON_LIGHT.colour(Role.LIVE))
    places = [(round((x - shown[0][0]) / BOX_WIDTH, 3), y - shown[0][1]) for x, y in shown]
    assert places == [(0, 0), (0.5, 0), (0.6, 0), (1, 0)]


def test_a_circle_is_round_where_both_axes_have_one_unit() -> None:
    angles = np.linspace(0, math.tau, 90)
    ring = Layer(np.cos(angles), np.sin(angles), Role.LIVE, line=True)
    for even, times in ((True, 1.0), (False, BOX_WIDTH / BOX_HEIGHT)):
        picture = svg(drawn(ring, x=Axis(-2, 2), y=Axis(-2, 2), even=even))
        (shown,) = paths(picture, ON_LIGHT.colour(Role.LIVE))
        x, y = zip(*shown, strict=True)
        assert (max(x) - min(x)) / (max(y) - min(y)) == pytest.approx(times, rel=0.01)


def test_an_arrow_head_goes_on_from_its_shaft_and_ends_where_it_ends() -> None:
    up = [Layer([0.5, 0.5], [0.2, 0.8], Role.STEP, line=True), Layer([0.5], [0.8], Role.STEP, "→")]
    colour = ON_LIGHT.colour(Role.STEP)
    alone, with_head = paths(svg(drawn(up[0])), colour), paths(svg(drawn(*up)), colour)
    # The shaft ends within the head, so that it does not blunt the tip.
    assert alone[-1][-1][1] < with_head[-1][-1][1] < alone[-1][0][1]
    head = re.search(
        r'<path id="\w+" d="M 0 [-0]+ \nL (\S+) (\S+) \nL (\S+) (\S+)', svg(drawn(*up))
    )
    assert head
    left, low, right, other = map(float, head.groups())
    # Both corners are below the tip, one at each side, whatever the glyph says.
    assert low == pytest.approx(other)
    assert low > 8
    assert left == pytest.approx(-right)


def test_every_mark_of_the_views_is_known() -> None:
    used = [marks.WALKER, marks.MINIMUM, marks.ARRIVED, marks.BRANCHED, marks.LANDING, DIVERGED]
    assert {*used, BRAILLE} <= MARKS.keys()
    assert {*marks.ARROWS, *STEP_HEADS} <= ANGLES.keys()


@given(st.lists(st.tuples(st.floats(0, BOX_WIDTH), st.floats(0, BOX_HEIGHT), st.floats(8, 30)),
                max_size=9))  # fmt: skip
def test_no_word_hides_another(wanted: list[tuple[float, float, float]]) -> None:
    taken: list[tuple[float, float, float]] = []
    for x, y, width in wanted:
        taken.append((*free_place(x, y, width, taken), width))
    for (x, y, width), (u, v, wide) in itertools.combinations(taken, 2):
        assert abs(y - v) >= 13 or abs(x - u) >= (width + wide) / 2 - 1e-3
    assert all(width / 2 - 1e-6 <= x <= BOX_WIDTH - width / 2 + 1e-6 for x, _, width in taken)


def test_a_million_examples_are_no_burden() -> None:
    random = np.random.default_rng(1)
    many = Layer(random.random(10**6), random.random(10**6), Role.EXAMPLE, "○", counted=True)
    few = Layer([0.5, 0.5], [0.5, 0.5], Role.EXAMPLE, "○", counted=True)
    picture = svg(drawn(many))
    assert len(picture) < 3_000_000
    assert "<image" in picture
    assert "<image" not in svg(drawn(few))


def test_plots_stand_side_by_side_and_then_below() -> None:
    def size(count: int) -> list[float]:
        box = ElementTree.fromstring(svg(*[drawn()] * count)).get("viewBox", "")
        return [float(number) for number in box.split()[2:]]

    (one, low), (two, level), (most, _) = size(1), size(2), size(MOST_COLUMNS)
    assert one < two < most
    assert level == low
    wide, high = size(MOST_COLUMNS + 1)
    assert (wide, high > 1.5 * low) == (most, True)


# Heights


def bowl(x: Vector, y: Vector) -> Vector:
    return x**2 + y**2


def test_heights_are_shaded_with_a_scale_that_tells_them() -> None:
    rings = Contours(bowl, (0.1, 0.5, 1.0), Role.CONTOUR)
    picture = svg(drawn(rings, x=Axis(-1, 1), y=Axis(-1, 1)))
    for role in BAND_ROLES[-4:]:
        # Once in the plane, and once on the scale.
        assert picture.count(f"fill: {ON_LIGHT.colour(role)}") >= 2
    assert {"0.1", "0.5", "1", "loss"} <= set(texts(picture))


@pytest.mark.parametrize("height", [0.0, math.nan, math.inf, -math.inf])
def test_ground_without_heights_is_no_ground(height: float) -> None:
    flat = Contours(lambda x, y: np.full_like(x + y, height), (0.1, 0.5), Role.CONTOUR)
    picture = svg(drawn(flat))
    assert f"fill: {ON_LIGHT.colour(BAND_ROLES[-1])}" not in picture


def test_heights_that_are_no_numbers_or_too_large_are_left_out() -> None:
    def ground(x: Vector, y: Vector) -> Vector:
        return np.where(x < 0.2, np.nan, np.where(y > 0.9, np.inf, x * 1e308))

    picture = svg(drawn(Contours(ground, (3e307, 6e307), Role.CONTOUR)))
    assert "6e307" in texts(picture)
    assert not re.search(r"\b(nan|inf)\b", picture)


def test_figures_are_drawn_without_a_word_to_standard_error(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plot = drawn(Layer([0.5], [0.5], Role.WALKER, "●", word="\U0010fffd"))
    figure_bytes([plot], ["\U0010fffd"], ON_LIGHT, "pdf")
    assert capfd.readouterr() == ("", "")
