"""Whatever is done on a bench, and with whatever data, every picture of it can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.cells import cell_len
from support.clock import VirtualClock

from gdtui.bench import Bench
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.core.settings import Settings
from gdtui.dataset import Dataset
from gdtui.drawing import BAND_ROLES, Contours, Drawing, Page
from gdtui.export.matplotlib_canvas import figure_bytes
from gdtui.now import Now
from gdtui.problem import Problem
from gdtui.runs.guess import Guess
from gdtui.scene import CONTOUR, VALLEY, Scene
from gdtui.schemes import SCHEMES
from gdtui.ui import captions
from gdtui.ui.canvas.canvas import Canvas
from gdtui.ui.widgets.plot import page_rows
from gdtui.ui.widgets.standings import Arrangement
from gdtui.views import VIEWS
from gdtui.views.view import explained, named

# What overflows must not be said to whoever looks.
pytestmark = pytest.mark.filterwarnings("error")

SHORT = Settings(bias=True, iterations=60)
_numbers = st.one_of(st.integers(-50, 50).map(float), st.sampled_from([0.0, 1e-9, 1e6, -1e6, 1e60]))
_examples = st.integers(1, 6).flatmap(lambda m: arrays(np.float64, (2, m), elements=_numbers))
_problems = st.one_of(
    _examples.map(lambda xy: Problem.of_dataset(Dataset("some", "x", "y", *xy))),
    st.sampled_from([Problem.of_landscape(landscape) for landscape in LANDSCAPES.values()]),
)
_settings = st.builds(
    Settings,
    method=st.sampled_from(list(METHODS)),
    lr=st.sampled_from([1e-100, 1e-4, 0.02, 1.0, 1e6]),
    bias=st.booleans(),
    standardize=st.booleans(),
    iterations=st.just(60),
    w_start=st.sampled_from([0.0, 1.5, -1e100]),
)
Deed = Callable[[Bench], object]
DEEDS: dict[str, tuple[Deed, ...]] = {
    "step": (lambda bench: bench.step(1),),
    "run to the end": (lambda bench: bench.finish(),),
    "take the walker up in the valley": (
        lambda bench: bench.choose(VALLEY),
        lambda bench: bench.lift(),
    ),
    "take the walker up in the contour": (
        lambda bench: bench.choose(CONTOUR),
        lambda bench: bench.lift(),
    ),
    "carry it": (lambda bench: bench.move(7), lambda bench: bench.climb(-3)),
    "point": (lambda bench: bench.point_at(0.7, -1.2),),
    "put it down": (lambda bench: bench.put_down(),),
    "guess where": (lambda bench: bench.begin_guess(),),
    "guess when": (lambda bench: bench.guess(Guess(within=7)),),
    "cut": (lambda bench: bench.cut(),),
    "raise the rate": (lambda bench: bench.rate(up=True),),
    "look back": (lambda bench: bench.look_at(1),),
    "look at the newest": (lambda bench: bench.follow_newest(),),
    "branch": (lambda bench: bench.branch(),),
    "another scale": (lambda bench: bench.next_scale(),),
    "sweep": (lambda bench: bench.begin_sweep(),),
    "race": (lambda bench: bench.start_race([SHORT.replace(method=key) for key in METHODS]),),
    "be asked": (
        lambda bench: setattr(bench, "question", frozenset({"lr", "gradient", "within"})),
    ),
}
_deeds = st.lists(st.sampled_from(list(DEEDS)), max_size=8)


def reached(problem: Problem, begun: Settings, deeds: list[str]) -> Scene:
    """What there is to be drawn after all this, half a second after each."""
    clock = VirtualClock()
    workers = clock.worker(), clock.worker()
    bench = Bench(problem, begun, *workers, clock.now, views=list(VIEWS))
    for deed in deeds:
        for do in DEEDS[deed]:
            do(bench)
        clock.advance(0.5)
        bench.follow_leader()
    return bench.scene()


def check_drawn(shown: Drawing | Page, width: int, height: int) -> None:
    if isinstance(shown, Page):
        rows = page_rows(shown, width, height)
    else:
        canvas = Canvas()
        rows = canvas.render(shown, width, height)
        bands = {role for row in canvas.ground for _, role in row if role in BAND_ROLES}
        has_ground = any(isinstance(layer, Contours) for layer in shown.layers)
        assert has_ground or not bands
        levels = [part.levels for part in shown.layers if isinstance(part, Contours)]
        assert all(low <= high for some in levels for low, high in pairwise(some))
    assert [sum(cell_len(text) for text, _ in row) for row in rows] == [width] * height


@given(_problems, _settings, _deeds, st.integers(12, 100), st.integers(4, 30))
def test_every_picture_is_drawn_and_every_sign_in_it_explained(
    problem: Problem, begun: Settings, deeds: list[str], width: int, height: int
) -> None:
    scene = reached(problem, begun, deeds)
    now = Now.of(scene)
    for name, view in VIEWS.items():
        shown = view(scene)
        check_drawn(shown, width, height)
        assert all(sign.words and sign.looks for sign in explained(name, shown, now))
        assert all(word.strip() for _, (word, _) in named([shown]))
    places = [racer.place for racer in scene.racers]
    assert places == sorted(places)
    assert not any(racer.within and not isfinite(racer.within) for racer in scene.racers)
    if scene.racers:
        texts = captions.race(scene.racers)
        arranged = Arrangement.of(len(scene.racers), texts, width, height)
        assert 0 < arranged.rows <= height


@given(_problems, _settings, _deeds, st.sampled_from(list(VIEWS)), st.sampled_from(list(SCHEMES)))
@settings(max_examples=settings().max_examples // 3)
def test_every_figure_is_drawn(
    problem: Problem, begun: Settings, deeds: list[str], view: str, scheme: str
) -> None:
    shown = VIEWS[view](reached(problem, begun, deeds))
    if isinstance(shown, Drawing):
        file = figure_bytes([shown], ("words",), SCHEMES[scheme], "svg")
        assert b"</svg>" in file
        assert not any(word in file for word in (b'"nan', b" nan ", b" inf ", b"-inf"))
