"""The loss along w, or b: the valley that one walks down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gdtui.core.model import Vector
from gdtui.core.surface import Surface
from gdtui.drawing import Axis, Drawing, Layer, Role, short
from gdtui.now import Now, best_loss
from gdtui.scene import VALLEY, Scene
from gdtui.views.marks import (
    LANDING,
    LANDING_WORD,
    LANDS,
    NEXT_STEP,
    OTHERS,
    WAY,
    WHERE_WE_ARE,
    arrow_along,
    axis_name,
    finite,
    ghost_label,
    ghost_path,
    lowest_along,
    path_of,
    range_along,
    scene_start,
    walker_and_minimum,
)
from gdtui.views.view import Sign, view

# The step's arrow, along the axis: its shaft, and its head to the right and to the left.
SHAFT, HEADS = "━", "▶◀"

# The curve is drawn through so many places: straight lines between them look curved, and a canvas
# of some size draws all of them, the marks' too.
PLACES = 141

# A steepness below this, in units of the plot's box, is none that an eye could see.
LEVEL = 0.01


def _gradient(now: Now) -> str:
    cut = _Cut.of(now.scene)
    uphill = "to the right" if cut.gradient > 0 else "to the left"
    return (
        f"The gradient: how fast the loss rises along {cut.along}, {short(cut.gradient)} here. The "
        f"arrow points uphill, {uphill}; its line touches the curve where we are, and is the "
        "steeper the larger the gradient."
    )


def _curve(now: Now) -> str:
    cut = _Cut.of(now.scene)
    other = "b" if cut.along == "w" else "w"
    return (
        f"The loss for every {cut.along}, while {other} is held at {short(cut.held)}: a valley "
        "that descent walks down. Key v looks along the other parameter, if the bias is on."
    )


def _bottom(now: Now) -> str:
    return (
        "The lowest place of this curve. A circle around the cross says that the run is within 1% "
        f"of the minimum, a loss of {short(best_loss(now))}."
    )


@view(
    2,
    VALLEY,
    WHERE_WE_ARE,
    Sign("gradient", (Role.GRADIENT,), (), _gradient),
    LANDS,
    NEXT_STEP,
    Sign("green cross", (Role.MINIMUM,), (), _bottom),
    Sign("curve", (Role.CURVE,), (), _curve),
    WAY,
    Sign(
        "stem",
        (Role.QUIET,),
        (),
        lambda now: "The stem leads from the end of the step to the loss where it will land.",
    ),
    OTHERS,
)
def valley(scene: Scene) -> Drawing:
    """The loss along w, or b: the minimum, the path, where we are, the gradient and the step."""
    cut = _Cut.of(scene)
    x_axis = cut.axis(scene)
    places = cut.places(x_axis)
    curve = cut.losses(places)
    y_axis = _depth_axis(finite(curve, np.array([cut.loss])))
    bottom, lowest = cut.bottom(places, curve)
    ghosts = [(ghost, ghost_path(ghost, cut.along, "loss")) for ghost in scene.neighbours]
    layers = [
        Layer(places, curve, Role.CURVE, line=True, word=f"loss along {cut.along}"),
        *_tangent(cut, x_axis, y_axis),
        *(path for _, path in ghosts),
        path_of(scene.snapshot, cut.along, "loss"),
        *(ghost_label(ghost, path, x_axis, y_axis) for ghost, path in ghosts),
        *_step_ahead(cut, x_axis),
        *_guessed(scene, cut),
        *walker_and_minimum(scene, (cut.here, cut.loss), (bottom, lowest), x_axis, y_axis),
    ]
    words = _words(scene, cut, x_axis, y_axis)
    names = axis_name(scene.surface, cut.along), "loss"
    return Drawing(cut.title, x_axis, y_axis, layers, words, names=names)


@dataclass(frozen=True)
class _Cut:
    """The surface along one parameter through where we are: `held` is the other's value.

    The next iteration will land at `there`, with a loss of `there_loss`; both are NaN where there
    is none.
    """

    surface: Surface
    along: str
    here: float
    held: float
    loss: float
    gradient: float
    there: float
    there_loss: float

    @classmethod
    def of(cls, scene: Scene) -> _Cut:
        step, landing = scene.snapshot.step, scene.landing
        w, b, loss = landing[1:4] if landing else (math.nan,) * 3
        if scene.along == "b" and scene.snapshot.settings.bias:
            return cls(scene.surface, "b", step.b, step.w, step.loss, step.db, b, loss)
        return cls(scene.surface, "w", step.w, step.b, step.loss, step.dw, w, loss)

    @property
    def title(self) -> str:
        other = "b" if self.along == "w" else "w"
        return f"Valley: L({self.along}) at {other} = {short(self.held, 4)}"

    def places(self, x_axis: Axis) -> Vector:
        """Places all along the axis, ascending: those of the marks are among them, exactly."""
        marks = finite(np.array([self.here, self.there]))
        within = marks[(x_axis.low <= marks) & (marks <= x_axis.high)]
        return np.sort(np.append(np.linspace(x_axis.low, x_axis.high, PLACES), within))

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


def _steepness(cut: _Cut, x_axis: Axis, y_axis: Axis) -> float:
    """The gradient where we are, in units of the plot's box."""
    return cut.gradient * (x_axis.high - x_axis.low) / (y_axis.high - y_axis.low)


def _tangent(cut: _Cut, x_axis: Axis, y_axis: Axis) -> list[Layer]:
    """The tangent where we are, and the gradient, an arrow uphill; none on level ground."""
    steepness = _steepness(cut, x_axis, y_axis)
    if not math.isfinite(steepness):
        return []
    # As long on screen whatever the gradient: the box is about twice as wide as high to the eye.
    down = up = 0.16 / math.hypot(1, steepness / 2) * (x_axis.high - x_axis.low)
    if cut.gradient:
        down = min(down, 0.95 * (cut.loss - y_axis.low) / abs(cut.gradient))
        up = min(up, 0.95 * (y_axis.high - cut.loss) / abs(cut.gradient))
    side = math.copysign(1, cut.gradient)
    up = min(up, 0.95 * (x_axis.high - cut.here if side > 0 else cut.here - x_axis.low))
    x = cut.here + side * np.array([-max(down, 0.0), max(up, 0.0)])
    y = cut.loss + cut.gradient * (x - cut.here)
    tangent = Layer(x, y, Role.GRADIENT, line=True, word=_gradient_word(cut))
    if abs(steepness) < LEVEL:
        return [tangent]
    return [tangent, Layer(x[1:], y[1:], Role.GRADIENT, _uphill(steepness))]


def _uphill(steepness: float) -> str:
    return arrow_along(2 * math.copysign(1, steepness), abs(steepness))


def _step_ahead(cut: _Cut, x_axis: Axis) -> list[Layer]:
    """An arrow as long as the next step is along the axis, and a hollow dot where it will land.

    The dot hangs on a stem from the arrow's end, which reaches to the curve. Where the step leaves
    the window, the arrow points to its edge.
    """
    if math.isnan(cut.there) or cut.there == cut.here:
        return []
    end = min(max(cut.there, x_axis.low), x_axis.high)
    level, word = [cut.loss, cut.loss], _step_word(cut, x_axis)
    shaft = Layer([cut.here, end], level, Role.STEP, SHAFT, line=True, word=word)
    arrow = [shaft, Layer([end], [cut.loss], Role.STEP, _ahead(cut))]
    if end != cut.there:
        return arrow
    ground = float(cut.losses(np.array([cut.there]))[0])
    stem = Layer([end] * 3, [cut.loss, cut.there_loss, ground], Role.QUIET, line=True)
    landing = Layer([end], [cut.there_loss], Role.STEP, LANDING, word=LANDING_WORD)
    return [stem, *arrow, landing]


def _guessed(scene: Scene, cut: _Cut) -> list[Layer]:
    """A hollow dot on the curve, where the next step is guessed to lead."""
    if scene.guessing is None:
        return []
    place = np.array([scene.guessing])
    return [Layer(place, cut.losses(place), Role.STEP, LANDING)]


def _ahead(cut: _Cut) -> str:
    return HEADS[cut.there < cut.here]


def _words(scene: Scene, cut: _Cut, x_axis: Axis, y_axis: Axis) -> str:
    """What the two arrows are, each with its head and its number: the cause, and what it leads to.

    Together they are the caption of each iteration.
    """
    words, steepness = [], _steepness(cut, x_axis, y_axis)
    if scene.guessing is not None:
        return f"gradient {short(cut.gradient, 4)} -> a step to {short(scene.guessing, 4)}?"
    # Where the step leaves the window there is room for it alone: the panel tells the gradient.
    if math.isfinite(steepness) and not _beyond(cut, x_axis) > 0:
        words.append(f"{_uphill(steepness)} {_gradient_word(cut)}")
    if not math.isnan(cut.there):
        words.append(f"{_ahead(cut)} {_step_word(cut, x_axis)}")
    return " -> ".join(words)


def _gradient_word(cut: _Cut) -> str:
    return f"gradient {short(cut.gradient, 4)}"


def _beyond(cut: _Cut, x_axis: Axis) -> float:
    """How far outside of the window the next iteration lands; at most 0 within it."""
    return max(x_axis.low - cut.there, cut.there - x_axis.high)


def _step_word(cut: _Cut, x_axis: Axis) -> str:
    step, past = cut.there - cut.here, _beyond(cut, x_axis)
    where = f", {short(past, 3)} beyond" if past > 0 else ""
    return f"step {'+' if step > 0 else ''}{short(step, 3)}{where}"
