"""The plot views. A view is a function from a scene to a drawing; a new one is one more here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gdtui.core.descent import Status, Step
from gdtui.core.ladder import rung_at_least
from gdtui.core.run import Snapshot
from gdtui.core.surface import Surface
from gdtui.ui.drawing import Axis, Drawing, Layer, Role, Vector, short

WALKER, MINIMUM, ARRIVED = "●", "✚", "⊕"
# Two places this near, in units of the plot's box, are one to the eye.
SAME_SPOT = 0.012
# A slope below this, in units of the plot's box, has no downhill that an eye could see.
LEVEL = 0.01


@dataclass(frozen=True, eq=False)
class Ghost:
    """An earlier run of the session: the glyph and the words that tell it from others."""

    glyph: str
    label: str
    snapshot: Snapshot


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a view may draw from."""

    surface: Surface
    snapshot: Snapshot
    ghosts: tuple[Ghost, ...] = ()
    log_scale: bool = False


View = Callable[[Scene], Drawing]
VIEWS: dict[str, View] = {}


def view(name: str) -> Callable[[View], View]:
    """Enter a view into VIEWS, in the order of their keys 1, 2, ...; the docstring is its help."""

    def enter(function: View) -> View:
        VIEWS[name] = function
        return function

    return enter


def _losses(snapshot: Snapshot) -> tuple[Vector, Vector]:
    """The loss over iterations, with both extremes of every stretch of the trail."""
    trail, spacing = snapshot.trail, snapshot.spacing
    x, y = snapshot.iterations, trail["loss"]
    if spacing > 1:
        middle = np.minimum(x + spacing / 2, snapshot.step.iteration)
        x = np.column_stack([x, middle, middle]).ravel()
        y = np.column_stack([y, trail["low"], trail["high"]]).ravel()
    return np.append(x, snapshot.step.iteration), np.append(y, snapshot.step.loss)


def _finite(*parts: Vector) -> Vector:
    values = np.concatenate(parts)
    return values[np.isfinite(values)]


@view("Loss by iteration")
def loss_by_iteration(scene: Scene) -> Drawing:
    """The loss of every iteration so far, over earlier runs and the least-squares loss."""
    snapshot, step = scene.snapshot, scene.snapshot.step
    x, y = _losses(snapshot)
    ghosts = [(ghost, *_losses(ghost.snapshot)) for ghost in scene.ghosts]
    lowest = scene.surface.minimum(step.w, step.b, snapshot.settings.bias).loss
    tame = [gy for ghost, _, gy in ghosts if ghost.snapshot.status is not Status.DIVERGED]
    x_axis = _iteration_axis(snapshot, [ghost.snapshot for ghost in scene.ghosts])
    y_axis = _loss_axis(_finite(y, np.array([lowest]), *tame), scene.log_scale)
    layers = [
        Layer([x_axis.low, x_axis.high], [lowest, lowest], Role.MINIMUM, line=True),
        *(Layer(gx, gy, Role.GHOST, line=True) for _, gx, gy in ghosts),
        Layer(x, y, Role.LIVE, line=True),
        *(_label(ghost, gx, gy, x_axis, y_axis) for ghost, gx, gy in ghosts),
        Layer(x[-1:], y[-1:], Role.WALKER, WALKER),
    ]
    title = "Loss by iteration" + (" (log)" if scene.log_scale else "")
    note = " · ".join(f"{ghost.glyph} {ghost.label}" for ghost in reversed(scene.ghosts))
    return Drawing(title, x_axis, y_axis, layers, note)


def _iteration_axis(snapshot: Snapshot, others: list[Snapshot]) -> Axis:
    """From 0 to a rung of the ladder: it grows in steps, so that it mostly holds still."""
    planned = snapshot.settings.iterations
    hoped = 0 if snapshot.outcome else planned / 5
    reached = max(10, hoped, *(s.step.iteration for s in (snapshot, *others)))
    high = rung_at_least(reached)
    return Axis(0, max(reached, planned) if high > planned else high)


def _loss_axis(losses: Vector, log_scale: bool) -> Axis:
    positive = losses[losses > 0]
    if not len(positive):
        return Axis(0, 1, log=log_scale)
    if log_scale:
        return Axis.decades(float(positive.min()), float(positive.max()))
    return Axis(0, min(rung_at_least(float(positive.max())), 1e308))


def _label(ghost: Ghost, x: Vector, y: Vector, x_axis: Axis, y_axis: Axis) -> Layer:
    """The ghost's glyph at the last point of it that can be seen."""
    u, v = x_axis.unit(x), y_axis.unit(y)
    seen = np.flatnonzero((u >= 0) & (u <= 1) & (v >= 0) & (v <= 1))[-1:]
    return Layer(x[seen], y[seen], Role.GHOST, ghost.glyph)


@view("Valley")
def valley(scene: Scene) -> Drawing:
    """The loss over w: the minimum, the path so far, where we are and the slope there."""
    step = scene.snapshot.step
    x_axis = _valley_axis(scene)
    w = np.linspace(x_axis.low, x_axis.high, 401)
    curve = scene.surface.losses(w, step.b)
    y_axis = _depth_axis(_finite(curve, np.array([step.loss])))
    bottom = scene.surface.minimum(step.w, step.b, bias=False)
    beside = float(x_axis.unit(step.w)) - float(x_axis.unit(bottom.w))
    above = float(y_axis.unit(step.loss)) - float(y_axis.unit(bottom.loss))
    arrived = abs(beside) < SAME_SPOT and abs(above) < SAME_SPOT
    layers = [
        Layer(w, curve, Role.CURVE, line=True),
        _path(scene.snapshot),
        *_slope(step, x_axis, y_axis),
        Layer([step.w], [step.loss], Role.WALKER, WALKER),
        # In front: a walker that has arrived does not hide where.
        Layer([bottom.w], [bottom.loss], Role.MINIMUM, ARRIVED if arrived else MINIMUM),
    ]
    return Drawing(f"Valley: L(w) at b = {short(step.b)}", x_axis, y_axis, layers)


def _valley_axis(scene: Scene) -> Axis:
    """A range, symmetrical around the first minimum, that holds it, the start and the path."""
    settings, trail = scene.snapshot.settings, scene.snapshot.trail
    first = scene.surface.minimum(settings.w_start, settings.b_start, bias=False).w
    last = scene.surface.minimum(settings.w_start, settings.b_start, settings.bias).w
    seen = _finite(
        np.array([settings.w_start, last, scene.snapshot.step.w]), trail["w"], trail["next_w"]
    )
    reach = float(np.max(np.abs(seen - first), initial=0.0)) or max(abs(first), 1.0)
    # A little more than it must hold, so that the walker does not stand on the edge.
    return Axis.around(first - 1.1 * reach, first + 1.1 * reach)


def _depth_axis(losses: Vector) -> Axis:
    if not len(losses):
        return Axis(0, 1)
    low, high = float(losses.min()), float(losses.max())
    return Axis.around(0.0 if low < high / 2 else low, high)


def _path(snapshot: Snapshot) -> Layer:
    """The steps taken, each a straight line from where it began to where it led."""
    trail, parted = snapshot.trail, np.full(len(snapshot.trail["w"]), np.nan)
    if snapshot.spacing == 1:
        return Layer(trail["w"], trail["loss"], Role.PATH, line=True)
    x = np.column_stack([trail["w"], trail["next_w"], parted]).ravel()
    y = np.column_stack([trail["loss"], trail["next_loss"], parted]).ravel()
    return Layer(x, y, Role.PATH, line=True)


def _slope(step: Step, x_axis: Axis, y_axis: Axis) -> list[Layer]:
    """The tangent where we are, with an arrow at its lower end; none on level ground."""
    steepness = step.dw * (x_axis.high - x_axis.low) / (y_axis.high - y_axis.low)
    if not math.isfinite(steepness):
        return []
    # As long on screen whatever the slope: the box is about twice as wide as high to the eye.
    half = 0.16 / math.hypot(1, steepness / 2) * (x_axis.high - x_axis.low)
    if step.dw:
        half = min(half, 0.95 * (step.loss - y_axis.low) / abs(step.dw))
    x = step.w + np.array([-half, half])
    y = step.loss + step.dw * (x - step.w)
    tangent = Layer(x, y, Role.SLOPE, line=True)
    if abs(steepness) < LEVEL:
        return [tangent]
    lower = int(step.dw < 0)
    return [tangent, Layer(x[[lower]], y[[lower]], Role.SLOPE, _arrow(steepness))]


def _arrow(steepness: float) -> str:
    """An arrow that points downhill on a slope given in units of the plot's box."""
    flat, steep = abs(steepness) < 0.3, abs(steepness) > 4
    if steep:
        return "↓"
    if steepness > 0:
        return "←" if flat else "↙"
    return "→" if flat else "↘"
