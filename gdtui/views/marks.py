"""What several views draw: marks, paths, levels, arrows and ranges."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from gdtui.core.ladder import rung_at_least
from gdtui.core.methods import gradient_descent
from gdtui.core.model import Vector
from gdtui.core.run import Snapshot
from gdtui.core.surface import Minimum, Surface
from gdtui.drawing import BRAILLE, GHOST_ROLES, Axis, Layer, Role, short
from gdtui.now import Now
from gdtui.scene import Ghost, Scale, Scene
from gdtui.theory.goal import NEAR, gap
from gdtui.views.view import Sign

WALKER, MINIMUM, ARRIVED, BRANCHED, LANDING = "●", "✚", "⊕", "◇", "○"


def _where_we_are(now: Now) -> str:
    step, last = now.scene.snapshot.step, now.scene.snapshot.outcome
    ahead = "The run has ended here" if last else "The next step begins here"
    return (
        f"Where we are: at iteration {step.iteration} w is {short(step.w)}, b is {short(step.b)} "
        f"and the loss {short(step.loss)}. {ahead}."
    )


def _minimum(now: Now) -> str:
    step = now.scene.snapshot.step
    lowest = now.scene.surface.minimum(step.w, step.b, now.scene.snapshot.settings.bias)
    return (
        f"The minimum, the lowest place that this run can reach: w = {short(lowest.w)}, "
        f"b = {short(lowest.b)}, with a loss of {short(lowest.loss)}. "
        "A circle around the cross says that the run is within 1% of it."
    )


def _landing(now: Now) -> str:
    here, there = now.scene.snapshot.step, now.scene.landing
    words = "Where the next iteration will land, with the settings of the panel."
    if there is None:
        return words
    way = "higher than now: the step is too long" if there.loss > here.loss else "lower than now"
    return f"{words} There w is {short(there.w)} and the loss {short(there.loss)}, {way}."


def _next_step(now: Now) -> str:
    scene = now.scene
    method, here, there = scene.wanted.chosen_method, scene.snapshot.step, scene.landing
    if there is None:
        return "The next step, against the gradient: downhill."
    of_b = f" and b by {short(there.b - here.b)}" if scene.snapshot.settings.bias else ""
    words = f"The next step: w changes by {short(there.w - here.w)}{of_b}."
    if method.rule is gradient_descent:
        return (
            f"{words} It is the learning rate times the gradient, {scene.wanted.lr:g} * "
            f"{short(here.dw)} along w, taken off. A larger learning rate makes it longer: keys - "
            "and + show how far."
        )
    return f"{words} So far {method.name} goes from here; its card in the help (key ?) says how."


def _path(now: Now) -> str:
    count = now.scene.snapshot.step.iteration
    return (
        "The way that the run has come: each piece is a step, from where it began to where it led. "
        f"It has taken {count} so far; of a long run only some are drawn."
    )


def _others(now: Now) -> str:
    return (
        "The other runs of the session, each in its own colour and with its own mark: "
        f"{legend(now.scene.ghosts)}. Key h shows all of them, and hides some."
    )


WHERE_WE_ARE = Sign("yellow dot", (Role.WALKER,), (WALKER,), _where_we_are)
LOWEST = Sign("green cross", (Role.MINIMUM,), (MINIMUM, ARRIVED), _minimum)
LANDS = Sign("hollow dot", (Role.STEP,), (LANDING,), _landing)
NEXT_STEP = Sign("step", (Role.STEP,), (), _next_step)
WAY = Sign("path", (Role.PATH,), (BRAILLE,), _path)
LEAVES = Sign(
    "diamond",
    (Role.LIVE, Role.PATH, *GHOST_ROLES),
    (BRANCHED,),
    lambda now: "Where a run left another one, by key n. Up to here the two are the same.",
)
OTHERS = Sign("other runs", GHOST_ROLES, (), _others)


# What the mark of LANDING is, in a legend.
LANDING_WORD = "where the next iteration lands"


# Counterclockwise from the right.
ARROWS = "→↗↑↖←↙↓↘"


# Two places this near, in units of the plot's box, are one to the eye.
SAME_SPOT = 0.012


# How much wider a range may be to hold the next iteration as well.
LEANING = 3


# The layers of other runs that are kept from one frame to the next.
KEPT_LAYERS = 64


def branch_marks(lines: Iterable[tuple[Layer, Snapshot]]) -> list[Layer]:
    """A mark where a run left its parent, if it has one."""
    return [
        Layer(line.points[0][:1], line.points[1][:1], line.role, BRANCHED, word="branched off")
        for line, snapshot in lines
        if snapshot.first
    ]


def level_line(height: float, x_axis: Axis, role: Role, word: str = "") -> Layer:
    """A line across the plot."""
    return Layer([x_axis.low, x_axis.high], [height, height], role, line=True, word=word)


def upright_line(place: float, y_axis: Axis, role: Role, word: str = "") -> Layer:
    """A line from the bottom of the plot to its top."""
    return Layer([place, place], y_axis.at(np.array([0.0, 1.0])), role, line=True, word=word)


def legend(ghosts: Sequence[Ghost]) -> str:
    """The other runs with their glyphs, the newest first."""
    return " · ".join(ghost_word(ghost) for ghost in reversed(ghosts))


def ghost_word(ghost: Ghost) -> str:
    """Another run, with its glyph."""
    return f"{ghost.glyph} {ghost.label}"


def iteration_word(scene: Scene) -> str:
    """Where we are, in a legend."""
    return f"iteration {scene.snapshot.step.iteration}"


def axis_name(surface: Surface, parameter: str) -> str:
    """The name of an axis along w, or b."""
    return f"standardized {parameter}" if surface.is_standardized else parameter


def finite(*parts: Vector) -> Vector:
    """All values of some arrays that are finite."""
    values = np.concatenate(parts)
    return values[np.isfinite(values)]


def loss_axis(losses: Vector, scale: Scale) -> Axis:
    """An axis that holds the losses."""
    log = scale is not Scale.LINEAR
    positive = losses[losses > 0]
    if not len(positive):
        return Axis(0, 1, log=log)
    if log:
        return Axis.decades(float(positive.min()), float(positive.max()))
    return Axis(0, min(rung_at_least(float(positive.max())), 1e308))


def ghost_label(ghost: Ghost, line: Layer, x_axis: Axis, y_axis: Axis) -> Layer:
    """The ghost's glyph at the last point of it that can be seen."""
    x, y = line.points
    u, v = x_axis.unit(x), y_axis.unit(y)
    seen = np.flatnonzero((u >= 0) & (u <= 1) & (v >= 0) & (v <= 1))[-1:]
    return Layer(x[seen], y[seen], GHOST_ROLES[ghost.colour], ghost.glyph)


def walker_and_minimum(
    scene: Scene,
    here: tuple[float, float],
    minimum: tuple[float, float],
    x_axis: Axis,
    y_axis: Axis,
) -> list[Layer]:
    """Where we are, and the minimum; in one spot the one says so of whom is within 1% of it.

    Then the minimum is in front, since who has arrived must not hide where; else the walker is.
    """
    walker = Layer([here[0]], [here[1]], Role.WALKER, WALKER, word=iteration_word(scene))
    x, lowest_x = x_axis.unit([here[0], minimum[0]]).tolist()
    y, lowest_y = y_axis.unit([here[1], minimum[1]]).tolist()
    near = math.hypot(x - lowest_x, y - lowest_y) < SAME_SPOT
    arrived = near and _is_there(scene)
    glyph, word = (ARRIVED, "minimum, within 1%") if arrived else (MINIMUM, "minimum")
    lowest = Layer([minimum[0]], [minimum[1]], Role.MINIMUM, glyph, word=word)
    return [walker, lowest] if arrived or not near else [lowest, walker]


def _is_there(scene: Scene) -> bool:
    """Whether the run is within 1% of the minimum."""
    here = scene.snapshot
    return gap(scene.surface, here.step, here.settings).percent <= 100 * NEAR


def lowest_along(surface: Surface, along: str, w: float, b: float) -> float:
    """The lowest place along w, or b; along b it is exact where the surface is quadratic."""
    if along == "w":
        return surface.minimum(w, b, bias=False).w
    return b - surface.gradient(w, b)[1] / float(surface.hessian(True, w, b)[1, 1] or 1)


def scene_start(scene: Scene) -> tuple[float, float]:
    """Where the settings say that the run begins, in the surface's own units."""
    return _start(scene.surface, scene.snapshot)


def _start(surface: Surface, snapshot: Snapshot) -> tuple[float, float]:
    settings = snapshot.settings
    return surface.scaled(settings.w_start, settings.b_start)


def range_along(scene: Scene, along: str, middle: float, deepest: Minimum) -> Axis:
    """A range of w or b around a middle that holds start, path and minimum; or the window.

    Where the next iteration lands a little outside it, the range holds that as well; but it holds
    still while the walker is placed.
    """
    surface, of_b = scene.surface, along == "b"
    here = scene.snapshot.step[1:3][of_b]
    seen = [scene.snapshot, *([scene.held] if scene.held else [])]
    starts = [_start(surface, snapshot)[of_b] for snapshot in seen]
    trails = [snapshot.trail[name] for snapshot in seen for name in (along, f"next_{along}")]
    path = finite(np.array([*starts, here]), *trails)
    if surface.window:
        return _held(surface.window[of_b], path)
    ahead = scene.landing[1:3][of_b] if scene.landing and not scene.held else here
    return _around(middle, finite(path, np.array([deepest[of_b]])), ahead)


def _held(window: tuple[float, float], path: Vector) -> Axis:
    """The window, or twice as much where the path leaves it."""
    axis = Axis(*window)
    return axis.widened(2) if np.any((path < axis.low) | (path > axis.high)) else axis


def _around(middle: float, seen: Vector, ahead: float) -> Axis:
    """A range of round numbers around a middle that holds what is to be seen, and a margin.

    What is ahead it holds where that takes no more than LEANING times the range.
    """
    with np.errstate(all="ignore"):
        reach = float(np.max(np.abs(seen - middle), initial=0.0)) or max(abs(middle), 1.0)
    if reach < abs(ahead - middle) <= LEANING * reach:
        reach = abs(ahead - middle)
    # A little more than it must hold, so that the walker does not stand on the edge.
    return Axis.around(middle - 1.1 * reach, middle + 1.1 * reach)


def path_of(
    snapshot: Snapshot,
    x: str,
    y: str,
    parted: bool = True,
    role: Role = Role.PATH,
    word: str = "path",
) -> Layer:
    """The steps taken, each a straight line from where it began to where it led.

    Of a long run they are one step in many: parted, or joined by what was left out.
    """
    trail, gap = snapshot.trail, [np.full(len(snapshot.trail["w"]), np.nan)] if parted else []
    if snapshot.spacing == 1:
        return Layer(trail[x], trail[y], role, line=True, word=word)
    right = np.column_stack([trail[x], trail[f"next_{x}"], *gap]).ravel()
    up = np.column_stack([trail[y], trail[f"next_{y}"], *gap]).ravel()
    return Layer(right, up, role, line=True, word=word)


@lru_cache(maxsize=KEPT_LAYERS)
def ghost_path(ghost: Ghost, x: str, y: str) -> Layer:
    """The path of another run; in the plane no chord is mistaken for the ground."""
    role, word = GHOST_ROLES[ghost.colour], ghost_word(ghost)
    return path_of(ghost.snapshot, x, y, y == "loss", role, word)


def arrow_along(right: float, up: float) -> str:
    """An arrow in a direction, as it looks."""
    return ARROWS[round(math.atan2(up, right) / (math.pi / 4)) % 8]
