"""The loss along w, or b: the valley that one walks down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gdtui.core.model import Vector
from gdtui.core.surface import Surface
from gdtui.scene import Scene
from gdtui.ui.drawing.drawing import Axis, Drawing, Layer, Role, short
from gdtui.ui.views.marks import (
    arrow_along,
    finite,
    ghost_label,
    ghost_path,
    lowest_along,
    path_of,
    range_along,
    scene_start,
    walker_and_minimum,
)
from gdtui.ui.views.view import view

# A slope below this, in units of the plot's box, has no downhill that an eye could see.
LEVEL = 0.01


@view(2, "Valley")
def valley(scene: Scene) -> Drawing:
    """The loss along w, or b: the minimum, the path so far, where we are and the slope there."""
    cut = _Cut.of(scene)
    x_axis = cut.axis(scene)
    places = np.linspace(x_axis.low, x_axis.high, 401)
    curve = cut.losses(places)
    y_axis = _depth_axis(finite(curve, np.array([cut.loss])))
    bottom, lowest = cut.bottom(places, curve)
    ghosts = [(ghost, ghost_path(ghost, cut.along, "loss")) for ghost in scene.neighbours]
    layers = [
        Layer(places, curve, Role.CURVE, line=True),
        *(path for _, path in ghosts),
        path_of(scene.snapshot, cut.along, "loss"),
        *(ghost_label(ghost, path, x_axis, y_axis) for ghost, path in ghosts),
        *_tangent(cut, x_axis, y_axis),
        *walker_and_minimum((cut.here, cut.loss), (bottom, lowest), x_axis, y_axis),
    ]
    return Drawing(cut.title, x_axis, y_axis, layers, names=(cut.along, "loss"))


@dataclass(frozen=True)
class _Cut:
    """The surface along one parameter through where we are: `held` is the other's value."""

    surface: Surface
    along: str
    here: float
    held: float
    loss: float
    slope: float

    @classmethod
    def of(cls, scene: Scene) -> _Cut:
        step = scene.snapshot.step
        if scene.along == "b" and scene.snapshot.settings.bias:
            return cls(scene.surface, "b", step.b, step.w, step.loss, step.db)
        return cls(scene.surface, "w", step.w, step.b, step.loss, step.dw)

    @property
    def title(self) -> str:
        scaled = " scaled" if self.surface.is_standardized else ""
        other = "b" if self.along == "w" else "w"
        return f"Valley: L({self.along}{scaled}) at {other} = {short(self.held, 4)}"

    def losses(self, places: Vector) -> Vector:
        if self.along == "w":
            return self.surface.losses(places, self.held)
        return self.surface.losses(np.full(len(places), self.held), places)

    def bottom(self, places: Vector, curve: Vector) -> tuple[float, float]:
        """The lowest place of the cut, and the loss there."""
        if self.along == "w":
            lowest = lowest_along(self.surface, "w", self.here, self.held)
            return lowest, self.surface.loss(lowest, self.held)
        if self.surface.is_quadratic:
            lowest = lowest_along(self.surface, "b", self.held, self.here)
            return lowest, self.surface.loss(self.held, lowest)
        at = int(np.argmin(np.where(np.isnan(curve), np.inf, curve)))
        return float(places[at]), float(curve[at])

    def axis(self, scene: Scene) -> Axis:
        """A range, symmetrical around the lowest place at first, that holds all to be seen."""
        start, bias = scene_start(scene), scene.snapshot.settings.bias
        middle = lowest_along(self.surface, self.along, *start)
        return range_along(scene, self.along, middle, self.surface.minimum(*start, bias))


def _depth_axis(losses: Vector) -> Axis:
    if not len(losses):
        return Axis(0, 1)
    low, high = float(losses.min()), float(losses.max())
    return Axis.around(0.0 if 0 <= low < high / 2 else low, high)


def _tangent(cut: _Cut, x_axis: Axis, y_axis: Axis) -> list[Layer]:
    """The slope where we are, with an arrow at its lower end; none on level ground."""
    steepness = cut.slope * (x_axis.high - x_axis.low) / (y_axis.high - y_axis.low)
    if not math.isfinite(steepness):
        return []
    # As long on screen whatever the slope: the box is about twice as wide as high to the eye.
    half = 0.16 / math.hypot(1, steepness / 2) * (x_axis.high - x_axis.low)
    if cut.slope:
        half = min(half, 0.95 * (cut.loss - y_axis.low) / abs(cut.slope))
    x = cut.here + np.array([-half, half])
    y = cut.loss + cut.slope * (x - cut.here)
    tangent = Layer(x, y, Role.SLOPE, line=True)
    if abs(steepness) < LEVEL:
        return [tangent]
    lower = int(cut.slope < 0)
    head = arrow_along(-2 * math.copysign(1, steepness), -abs(steepness))
    return [tangent, Layer(x[[lower]], y[[lower]], Role.SLOPE, head)]
