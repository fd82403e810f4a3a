"""The loss over w and b, seen from above."""

from __future__ import annotations

import math

import numpy as np

from gdtui.core.descent import Step
from gdtui.core.surface import Surface
from gdtui.drawing import (
    BAND_ROLES,
    Axis,
    Contours,
    Drawing,
    Layer,
    Role,
    short,
)
from gdtui.now import Now
from gdtui.scene import CONTOUR, Scene
from gdtui.views.marks import (
    LANDING,
    LANDING_WORD,
    LANDS,
    LEAVES,
    LOWEST,
    MINIMUM,
    NEXT_STEP,
    OTHERS,
    SAME_SPOT,
    WAY,
    WHERE_WE_ARE,
    arrow_along,
    axis_name,
    branch_marks,
    finite,
    ghost_label,
    ghost_path,
    legend,
    level_line,
    path_of,
    range_along,
    scene_start,
    walker_and_minimum,
)
from gdtui.views.view import Sign, view

# No arrow up the gradient is longer, in units of the plot's box.
ARROW = 0.2


# The lines of equal loss, in parts of the height of the plane: each far below the next one, that
# all sizes of valleys have some, and a few for plains high up.
LEVELS = (*(0.3**power for power in range(9, 0, -1)), 0.6, 0.9)


def _steepest(now: Now) -> str:
    step, bias = now.scene.snapshot.step, now.scene.snapshot.settings.bias
    numbers = f"{short(step.dw)} along w" + (f" and {short(step.db)} along b" if bias else "")
    return (
        f"The gradient, {numbers}: the steepest way uphill from here. The nearer the lowest place, "
        "the shorter its arrow."
    )


def _held_line(now: Now) -> str:
    held = short(now.scene.snapshot.step.b)
    return f"While the bias is off, b stays at {held}: the run lives on this line alone."


@view(
    4,
    CONTOUR,
    WHERE_WE_ARE,
    Sign("gradient", (Role.GRADIENT,), (), _steepest),
    LANDS,
    NEXT_STEP,
    LOWEST,
    WAY,
    Sign(
        "lines",
        (Role.CONTOUR,),
        (),
        lambda now: (
            "Lines of equal loss, as on a map: all along a line the loss is the same. A step "
            "against the gradient goes straight across them."
        ),
    ),
    Sign(
        "ground",
        BAND_ROLES,
        (),
        lambda now: (
            "The height of the loss, from low (blue) to high (yellow); where there are few "
            "colours, the fuller a character, the higher the ground."
        ),
    ),
    Sign("level line", (Role.QUIET,), (), _held_line),
    LEAVES,
    OTHERS,
)
def contour(scene: Scene) -> Drawing:
    """The loss over w and b: lines of equal loss, the path, the minimum, the gradient, the step."""
    surface, snapshot = scene.surface, scene.snapshot
    step, bias = snapshot.step, snapshot.settings.bias
    even = surface.has_like_parameters
    x_axis, y_axis = _plane(scene)
    minimum = surface.minimum(step.w, step.b, bias)
    ghosts = [(ghost, ghost_path(ghost, "w", "b")) for ghost in scene.neighbours]
    path = path_of(snapshot, "w", "b", parted=False)
    step_ahead, past = _step_ahead(scene, x_axis, y_axis)
    layers: list[Layer | Contours] = [
        Contours(surface.losses, _levels(surface, x_axis, y_axis), Role.CONTOUR),
        *([] if bias else [level_line(step.b, x_axis, Role.QUIET, "b held")]),
        *(line for _, line in ghosts),
        path,
        *(ghost_label(ghost, line, x_axis, y_axis) for ghost, line in ghosts),
        *branch_marks([*((line, ghost.snapshot) for ghost, line in ghosts), (path, snapshot)]),
        *_gradient(scene, x_axis, y_axis, even),
        *step_ahead,
        *_other_minima(surface, bias),
        *walker_and_minimum(scene, (step.w, step.b), (minimum.w, minimum.b), x_axis, y_axis),
    ]
    title = "Contour: L(w, b)" + ("" if bias else " · b held")
    words = " · ".join(word for word in (past, legend(scene.neighbours)) if word)
    names = axis_name(surface, "w"), axis_name(surface, "b")
    return Drawing(title, x_axis, y_axis, layers, words, even=even, names=names)


def _plane(scene: Scene) -> tuple[Axis, Axis]:
    """Ranges of w and b that hold start, path and minimum; of a landscape, its window."""
    deepest = scene.surface.minimum(*scene_start(scene), bias=True)
    return range_along(scene, "w", deepest.w, deepest), range_along(scene, "b", deepest.b, deepest)


def _levels(surface: Surface, x_axis: Axis, y_axis: Axis) -> tuple[float, ...]:
    """The losses, ascending, at which lines of equal loss are drawn in the plane."""
    x, y = x_axis.at(np.linspace(0, 1, 65)), y_axis.at(np.linspace(0, 1, 65))
    losses = finite(surface.losses(x, y[:, None]).ravel())
    if not len(losses):
        return ()
    low, high = float(losses.min()), float(losses.max())
    return tuple(low + part * (high - low) for part in LEVELS)


def _other_minima(surface: Surface, bias: bool) -> list[Layer]:
    """All the minima of a landscape, of which the nearest is not the only one."""
    if not (surface.minima and bias):
        return []
    w, b, _ = zip(*surface.minima, strict=True)
    return [Layer(w, b, Role.MINIMUM, MINIMUM)]


def _gradient(scene: Scene, x_axis: Axis, y_axis: Axis, even: bool) -> list[Layer]:
    """An arrow along the gradient, uphill; the nearer the lowest point of its line, the shorter."""
    step, bias = scene.snapshot.step, scene.snapshot.settings.bias
    dw, db = step.dw, step.db if bias else 0.0
    # A step of a learning rate of 1, in units of the plot's box.
    right, up = dw / (x_axis.high - x_axis.low), db / (y_axis.high - y_axis.low)
    length = math.hypot(right, up)
    if not 0 < length < math.inf:
        return []
    rate = min(ARROW / length, _lowest_ahead(scene.surface, step, bias))
    if rate * length < SAME_SPOT:
        return []
    w, b = step.w + rate * dw, step.b + rate * db
    head = arrow_along(dw, db) if even else arrow_along(2 * right, up)
    shaft = Layer([step.w, w], [step.b, b], Role.GRADIENT, line=True, word="gradient")
    return [shaft, Layer([w], [b], Role.GRADIENT, head)]


def _lowest_ahead(surface: Surface, step: Step, bias: bool) -> float:
    """The learning rate that leads to where the ground, curved as it is here, rises again."""
    uphill = np.array([step.dw, step.db] if bias else [step.dw])
    uphill /= np.max(np.abs(uphill))
    with np.errstate(all="ignore"):
        curvature = float(uphill @ surface.hessian(bias, step.w, step.b) @ uphill)
    return float(uphill @ uphill) / curvature if curvature > 0 else math.inf


def _step_ahead(scene: Scene, x_axis: Axis, y_axis: Axis) -> tuple[list[Layer], str]:
    """A line to where the next iteration will land, a hollow dot; and words where that is outside.

    Then the line ends at the edge, with an arrow.
    """
    here, there = scene.snapshot.step, scene.landing
    if there is None:
        return [], ""
    u, v = x_axis.unit([here.w, there.w]), y_axis.unit([here.b, there.b])
    right, up = float(u[1] - u[0]), float(v[1] - v[0])
    if not 0 < math.hypot(right, up) < math.inf:
        return [], ""
    inside = 0 <= u[1] <= 1 and 0 <= v[1] <= 1
    part = 1.0 if inside else min(_room(float(u[0]), right), _room(float(v[0]), up))
    w = [here.w, here.w + part * (there.w - here.w)]
    b = [here.b, here.b + part * (there.b - here.b)]
    # The box is about twice as wide as high to the eye.
    head = LANDING if inside else arrow_along(2 * right, up)
    end = Layer(w[1:], b[1:], Role.STEP, head, word=LANDING_WORD if inside else "")
    past = "" if inside else f"step past the edge, {short(1 / part, 3)} times as long"
    shaft = Layer(w, b, Role.STEP, line=True, word=past or "step")
    return [shaft, end], f"{head} {past}" if past else ""


def _room(place: float, change: float) -> float:
    """What part of a change stays just within the unit range, from a place in it."""
    room = max(1 - place if change > 0 else place, 1e-9)
    return min(1.0, 0.999999 * room / abs(change)) if change else 1.0
