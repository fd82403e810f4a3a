"""The colours as people see them who are colour-blind.

Simulated as in Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of
Color Vision Deficiency", IEEE Transactions on Visualization and Computer Graphics 15 (6), 2009:
their matrices for the full deficiency, over linear RGB. How far two colours are apart is their
distance in CIELAB (1976), in which 2.3 is just noticeable.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from support.clock import VirtualClock
from support.sessions import problem
from textual.theme import Theme

from gdtui.bench import Bench
from gdtui.core.model import Vector
from gdtui.core.settings import Settings
from gdtui.drawing import BAND_ROLES, GHOST_ROLES, Role
from gdtui.scene import Program
from gdtui.schemes import ROLE_COLOURS, SCHEMES, Scheme
from gdtui.ui.theme import DARK, LIGHT
from gdtui.views import VIEWS
from gdtui.views.view import TEXT, pieces

# Two lines or two marks of one form that stand for different things are no nearer.
APART = 15.0
# Bands that touch differ in lightness by no less; the whole of it is 100.
BRIGHTER = 0.1
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# From linear sRGB, and its white (IEC 61966-2-1).
_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
# Ghosts and racers have a mark of their own each, and what is quiet marks a place: a stem.
TOLD_OTHERWISE = {*GHOST_ROLES, *BAND_ROLES, Role.QUIET}

either_scheme = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.name)
each_vision = pytest.mark.parametrize("vision", VISIONS)


def seen(colour: str, vision: str) -> Vector:
    """A colour #rrggbb as it is seen: its lightness, and its place between opponents, in CIELAB."""
    coded = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    xyz = _XYZ @ np.clip(VISIONS[vision] @ linear, 0, 1) / _XYZ.sum(axis=1)
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def drawn_alike() -> set[tuple[Role, Role]]:
    """Any two roles that some view draws with one glyph, and so in nothing but two colours."""
    clock = VirtualClock()
    program = Program("train.py", np.arange(3.0), np.ones(3))
    workers = clock.worker(), clock.worker()
    bench = Bench(problem(), Settings(), *workers, clock.now, views=list(VIEWS), program=program)
    bench.begin_sweep()
    clock.advance(10)
    found: set[tuple[Role, Role]] = set()
    for bias in (False, True):
        bench.begin(Settings(bias=bias))
        bench.run.advance(3)
        for view in VIEWS.values():
            roles: dict[str, set[Role]] = {}
            for role, glyph in pieces(view(bench.scene())):
                roles.setdefault(glyph, set()).add(role)
            roles.pop(TEXT, None)
            for alike in roles.values():
                found |= set(combinations(sorted(alike - TOLD_OTHERWISE), 2))
    return found


@either_scheme
@each_vision
def test_the_higher_the_ground_the_lighter_it_is(scheme: Scheme, vision: str) -> None:
    lightness = [seen(scheme.colour(role), vision)[0] for role in BAND_ROLES]
    assert all(above - below > BRIGHTER for below, above in pairwise(lightness))


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_screen_has_the_colours_of_the_scheme(theme: Theme) -> None:
    """As Textual makes them of the names."""
    made = theme.to_color_system().generate() | theme.variables
    for role, name in ROLE_COLOURS.items():
        if name in made and made[name].startswith("#"):
            meant = bytes.fromhex(SCHEMES[theme.name].colour(role)[1:])
            pairs = zip(bytes.fromhex(made[name][1:]), meant, strict=True)
            assert all(abs(one - other) <= 1 for one, other in pairs), role


@either_scheme
def test_what_is_drawn_alike_is_apart_in_colour(scheme: Scheme) -> None:
    alike = drawn_alike()
    assert {(Role.GRADIENT, Role.STEP), (Role.LIVE, Role.MINIMUM)} <= alike
    for one, other in alike:
        for vision in VISIONS:
            places = [seen(scheme.colour(role), vision) for role in (one, other)]
            assert np.linalg.norm(places[0] - places[1]) >= APART, (one, other, vision)
