"""The plot views. A view is a function from a scene to a drawing; a new one is one more here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from weakref import WeakKeyDictionary

import numpy as np

from gdtui.core.descent import Status, Step, starting_point
from gdtui.core.equations import Equation
from gdtui.core.ladder import rung_at_least
from gdtui.core.landscapes import Landscape
from gdtui.core.methods import State, sampled
from gdtui.core.model import predict
from gdtui.core.run import Snapshot
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Minimum, Surface
from gdtui.core.sweep import SweepSnapshot, Trial
from gdtui.ui.drawing import (
    GHOST_ROLES,
    Axis,
    Contours,
    Drawing,
    Layer,
    Page,
    Role,
    Span,
    Vector,
    progress_bar,
    short,
)

WALKER, MINIMUM, ARRIVED, EXAMPLE, DIVERGED, BRANCHED = "●", "✚", "⊕", "○", "×", "◇"
# The views that keys or clicks do something in.
LOSS, THIS_STEP, SWEEP = "Loss by iteration", "This step", "Sweep"
# Counterclockwise from the right.
ARROWS = "→↗↑↖←↙↓↘"
# Two places this near, in units of the plot's box, are one to the eye.
SAME_SPOT = 0.012
# No arrow down the slope is longer, in units of the plot's box.
ARROW = 0.2
# A slope below this, in units of the plot's box, has no downhill that an eye could see.
LEVEL = 0.01
# A difference of two losses that is smaller than this part of them is rounding.
ROUNDING = 1e-14
# More residuals than these, each a stem, would be a solid block.
STEMS = 500
# The lines of equal loss, in parts of the height of the plane: each far below the next one, that
# all sizes of valleys have some, and a few for plains high up.
LEVELS = (*(0.3**power for power in range(9, 0, -1)), 0.6, 0.9)


# The layers of other runs that are kept from one frame to the next.
KEPT = 64


class Scale(StrEnum):
    """How the loss is drawn over the iterations."""

    LINEAR = "linear"
    LOG = "log"
    LOG_LOG = "log-log"
    EXCESS = "above the minimum, log"

    @property
    def heading(self) -> str:
        """The title of the plot."""
        if self is Scale.EXCESS:
            return "Loss above the minimum (log)"
        return "Loss by iteration" + ("" if self is Scale.LINEAR else f" ({self})")


@dataclass(frozen=True, eq=False)
class Ghost:
    """Another run of the session: the glyph, the words and the colour that tell it from others."""

    glyph: str
    label: str
    snapshot: Snapshot
    surface: Surface
    role: Role = GHOST_ROLES[0]


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a view may draw from.

    `names` are those of the feature and the label; `along` is the parameter that the valley runs
    along, w or b; `picked` is the trial of the sweep that the cursor is at. Where the snapshot is
    of the past, `live` is the run as it is now; `winner` says who was first in a race.
    """

    surface: Surface
    snapshot: Snapshot
    ghosts: tuple[Ghost, ...] = ()
    names: tuple[str, str] = ("x", "y")
    scale: Scale = Scale.LINEAR
    along: str = "w"
    sweep: SweepSnapshot | None = None
    picked: int | None = None
    live: Snapshot | None = None
    winner: str = ""

    @property
    def neighbours(self) -> list[Ghost]:
        """The other runs whose parameters are in the same units."""
        return [ghost for ghost in self.ghosts if ghost.surface is self.surface]


View = Callable[[Scene], Drawing | Page]
VIEWS: dict[str, View] = {}


def view(name: str) -> Callable[[View], View]:
    """Enter a view into VIEWS, in the order of their keys 1, 2, ..."""

    def enter(function: View) -> View:
        VIEWS[name] = function
        return function

    return enter


@view(LOSS)
def loss_by_iteration(scene: Scene) -> Drawing:
    """The loss of every iteration so far, over the other runs and the least-squares loss."""
    run, step, scale = scene.live or scene.snapshot, scene.snapshot.step, scene.scale
    line = _loss_line(scene.surface, run, scale, Role.LIVE)
    ghosts = [(ghost, _ghost_line(ghost, scale)) for ghost in scene.ghosts]
    tame = [
        drawn.points[1] for ghost, drawn in ghosts if ghost.snapshot.status is not Status.DIVERGED
    ]
    lowest = _lowest(scene.surface, run)
    floor = [] if scale is Scale.EXCESS else [lowest]
    x_axis = _iteration_axis(run, [ghost.snapshot for ghost in scene.ghosts], scale)
    y_axis = _loss_axis(_finite(line.points[1], np.array(floor), *tame), scale)
    height = _shown(scene.surface, run, scale, np.array([step.loss]))
    layers = [
        *(_level(height, x_axis, Role.MINIMUM) for height in floor),
        *(drawn for _, drawn in ghosts),
        *([_upright(step.iteration, y_axis, Role.QUIET)] if scene.live else []),
        line,
        *(_label(ghost, drawn, x_axis, y_axis) for ghost, drawn in ghosts),
        *_branchings([*((drawn, ghost.snapshot) for ghost, drawn in ghosts), (line, run)]),
        Layer([step.iteration], height, Role.WALKER, WALKER),
    ]
    words = [word for word in (scene.winner, _legend(scene.ghosts)) if word]
    return Drawing(scale.heading, x_axis, y_axis, layers, " · ".join(words))


def _loss_line(surface: Surface, snapshot: Snapshot, scale: Scale, role: Role) -> Layer:
    """The loss over the iterations of a run."""
    x, y = _losses(snapshot)
    return Layer(x, _shown(surface, snapshot, scale, y), role, line=True)


# A canvas does not draw anew what is the same layer as before.
@lru_cache(maxsize=KEPT)
def _ghost_line(ghost: Ghost, scale: Scale) -> Layer:
    return _loss_line(ghost.surface, ghost.snapshot, scale, ghost.role)


def _branchings(lines: Iterable[tuple[Layer, Snapshot]]) -> list[Layer]:
    """A mark where a run left its parent, if it has one."""
    return [
        Layer(line.points[0][:1], line.points[1][:1], line.role, BRANCHED)
        for line, snapshot in lines
        if snapshot.first
    ]


def _lowest(surface: Surface, snapshot: Snapshot) -> float:
    """The loss of the minimum that a run can reach."""
    return surface.minimum(snapshot.step.w, snapshot.step.b, snapshot.settings.bias).loss


def _losses(snapshot: Snapshot) -> tuple[Vector, Vector]:
    """The loss over iterations, with both extremes of every stretch of the trail."""
    trail, spacing, step = snapshot.trail, snapshot.spacing, snapshot.step
    x, y = snapshot.iterations, trail["loss"]
    if spacing > 1:
        middle = np.minimum(x + spacing / 2, step.iteration)
        x = np.column_stack([x, middle, middle]).ravel()
        y = np.column_stack([y, trail["low"], trail["high"]]).ravel()
    return np.append(x, step.iteration), np.append(y, step.loss)


def _shown(surface: Surface, snapshot: Snapshot, scale: Scale, losses: Vector) -> Vector:
    """The losses, or what they have above the lowest: 0 where that is no more than rounding."""
    if scale is not Scale.EXCESS:
        return losses
    lowest = _lowest(surface, snapshot)
    with np.errstate(all="ignore"):
        above = losses - lowest
        return np.where(above > ROUNDING * lowest, above, 0.0)


def _level(height: float, x_axis: Axis, role: Role) -> Layer:
    """A line across the plot."""
    return Layer([x_axis.low, x_axis.high], [height, height], role, line=True)


def _upright(place: float, y_axis: Axis, role: Role) -> Layer:
    """A line from the bottom of the plot to its top."""
    return Layer([place, place], y_axis.at(np.array([0.0, 1.0])), role, line=True)


def _legend(ghosts: Sequence[Ghost]) -> str:
    return " · ".join(f"{ghost.glyph} {ghost.label}" for ghost in reversed(ghosts))


def _finite(*parts: Vector) -> Vector:
    values = np.concatenate(parts)
    return values[np.isfinite(values)]


def _iteration_axis(snapshot: Snapshot, others: list[Snapshot], scale: Scale) -> Axis:
    """From 0 to a rung of the ladder: it grows in steps, so that it mostly holds still."""
    planned = snapshot.settings.iterations
    hoped = 0 if snapshot.outcome else planned / 5
    reached = max(10, hoped, *(s.step.iteration for s in (snapshot, *others)))
    if scale is Scale.LOG_LOG:
        return Axis.decades(1, reached)
    high = rung_at_least(reached)
    return Axis(0, max(reached, planned) if high > planned else high)


def _loss_axis(losses: Vector, scale: Scale) -> Axis:
    log = scale is not Scale.LINEAR
    positive = losses[losses > 0]
    if not len(positive):
        return Axis(0, 1, log=log)
    if log:
        return Axis.decades(float(positive.min()), float(positive.max()))
    return Axis(0, min(rung_at_least(float(positive.max())), 1e308))


def _label(ghost: Ghost, line: Layer, x_axis: Axis, y_axis: Axis) -> Layer:
    """The ghost's glyph at the last point of it that can be seen."""
    x, y = line.points
    u, v = x_axis.unit(x), y_axis.unit(y)
    seen = np.flatnonzero((u >= 0) & (u <= 1) & (v >= 0) & (v <= 1))[-1:]
    return Layer(x[seen], y[seen], ghost.role, ghost.glyph)


@view("Valley")
def valley(scene: Scene) -> Drawing:
    """The loss along w, or b: the minimum, the path so far, where we are and the slope there."""
    cut = _Cut.of(scene)
    x_axis = cut.axis(scene)
    places = np.linspace(x_axis.low, x_axis.high, 401)
    curve = cut.losses(places)
    y_axis = _depth_axis(_finite(curve, np.array([cut.loss])))
    bottom, lowest = cut.bottom(places, curve)
    ghosts = [(ghost, _ghost_path(ghost, cut.along, "loss")) for ghost in scene.neighbours]
    layers = [
        Layer(places, curve, Role.CURVE, line=True),
        *(path for _, path in ghosts),
        _path(scene.snapshot, cut.along, "loss"),
        *(_label(ghost, path, x_axis, y_axis) for ghost, path in ghosts),
        *_tangent(cut, x_axis, y_axis),
        *_walker((cut.here, cut.loss), (bottom, lowest), x_axis, y_axis),
    ]
    return Drawing(cut.title, x_axis, y_axis, layers)


def _walker(
    here: tuple[float, float], minimum: tuple[float, float], x_axis: Axis, y_axis: Axis
) -> list[Layer]:
    """Where we are, and the minimum: in front, since who has arrived must not hide where."""
    x, lowest_x = x_axis.unit([here[0], minimum[0]]).tolist()
    y, lowest_y = y_axis.unit([here[1], minimum[1]]).tolist()
    near = math.hypot(x - lowest_x, y - lowest_y) < SAME_SPOT
    return [
        Layer([here[0]], [here[1]], Role.WALKER, WALKER),
        Layer([minimum[0]], [minimum[1]], Role.MINIMUM, ARRIVED if near else MINIMUM),
    ]


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
            lowest = _lowest_along(self.surface, "w", self.here, self.held)
            return lowest, self.surface.loss(lowest, self.held)
        if self.surface.is_quadratic:
            lowest = _lowest_along(self.surface, "b", self.held, self.here)
            return lowest, self.surface.loss(self.held, lowest)
        at = int(np.argmin(np.where(np.isnan(curve), np.inf, curve)))
        return float(places[at]), float(curve[at])

    def axis(self, scene: Scene) -> Axis:
        """A range, symmetrical around the lowest place at first, that holds all to be seen."""
        start, bias = _start(scene), scene.snapshot.settings.bias
        middle = _lowest_along(self.surface, self.along, *start)
        return _range(scene, self.along, middle, self.surface.minimum(*start, bias))


def _lowest_along(surface: Surface, along: str, w: float, b: float) -> float:
    """The lowest place along w, or b; along b it is exact where the surface is quadratic."""
    if along == "w":
        return surface.minimum(w, b, bias=False).w
    return b - surface.gradient(w, b)[1] / float(surface.hessian(True, w, b)[1, 1] or 1)


def _start(scene: Scene) -> tuple[float, float]:
    settings = scene.snapshot.settings
    return scene.surface.scaled(settings.w_start, settings.b_start)


def _range(scene: Scene, along: str, middle: float, deepest: Minimum) -> Axis:
    """A range of w or b around a middle that holds start, path and minimum; or the window."""
    surface, trail, of_b = scene.surface, scene.snapshot.trail, along == "b"
    here, start = scene.snapshot.step[1:3][of_b], _start(scene)[of_b]
    path = _finite(np.array([start, here]), trail[along], trail[f"next_{along}"])
    if isinstance(surface, Landscape):
        return _held(surface.window[of_b], path)
    return _around(middle, _finite(path, np.array([deepest[of_b]])))


def _held(window: tuple[float, float], path: Vector) -> Axis:
    """The window, or twice as much where the path leaves it."""
    axis = Axis(*window)
    return axis.widened(2) if np.any((path < axis.low) | (path > axis.high)) else axis


def _around(middle: float, seen: Vector) -> Axis:
    """A range of round numbers around a middle that holds what is to be seen, and a margin."""
    with np.errstate(all="ignore"):
        reach = float(np.max(np.abs(seen - middle), initial=0.0)) or max(abs(middle), 1.0)
    # A little more than it must hold, so that the walker does not stand on the edge.
    return Axis.around(middle - 1.1 * reach, middle + 1.1 * reach)


def _depth_axis(losses: Vector) -> Axis:
    if not len(losses):
        return Axis(0, 1)
    low, high = float(losses.min()), float(losses.max())
    return Axis.around(0.0 if 0 <= low < high / 2 else low, high)


def _path(snapshot: Snapshot, x: str, y: str, parted: bool = True, role: Role = Role.PATH) -> Layer:
    """The steps taken, each a straight line from where it began to where it led.

    Of a long run they are one step in many: parted, or joined by what was left out.
    """
    trail, gap = snapshot.trail, [np.full(len(snapshot.trail["w"]), np.nan)] if parted else []
    if snapshot.spacing == 1:
        return Layer(trail[x], trail[y], role, line=True)
    right = np.column_stack([trail[x], trail[f"next_{x}"], *gap]).ravel()
    up = np.column_stack([trail[y], trail[f"next_{y}"], *gap]).ravel()
    return Layer(right, up, role, line=True)


@lru_cache(maxsize=KEPT)
def _ghost_path(ghost: Ghost, x: str, y: str) -> Layer:
    """The path of another run; in the plane no chord is mistaken for the ground."""
    return _path(ghost.snapshot, x, y, y == "loss", ghost.role)


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
    head = _arrow(-2 * math.copysign(1, steepness), -abs(steepness))
    return [tangent, Layer(x[[lower]], y[[lower]], Role.SLOPE, head)]


def _arrow(right: float, up: float) -> str:
    """An arrow in a direction, as it looks."""
    return ARROWS[round(math.atan2(up, right) / (math.pi / 4)) % 8]


@view("Fit")
def fit(scene: Scene) -> Drawing | Page:
    """The examples, the line of where we are, the least-squares line, and the residuals."""
    surface, step, settings = scene.surface, scene.snapshot.step, scene.snapshot.settings
    feature, label = scene.names
    if not isinstance(surface, LossSurface) or not len(surface.x):
        words = "There is no data to fit: this is a surface of its own, with no examples."
        return Page("Fit", [(words, Role.QUIET)])
    examples = _examples(surface)
    x_axis, y_axis = examples.ranges(settings)
    best = surface.minimum(step.w, step.b, settings.bias)
    ghosts = [
        (ghost, _line(ghost.surface.raw(*ghost.snapshot.step[1:3]), x_axis, ghost.role))
        for ghost in scene.ghosts
    ]
    layers = [
        *_residuals(surface, examples.layer, step),
        examples.layer,
        *(line for _, line in ghosts),
        _line(surface.raw(best.w, best.b), x_axis, Role.MINIMUM),
        _line(surface.raw(step.w, step.b), x_axis, Role.LIVE),
        *(_label(ghost, line, x_axis, y_axis) for ghost, line in ghosts),
    ]
    return Drawing(f"Fit: {label} over {feature}", x_axis, y_axis, layers, _line_words(scene))


@dataclass(frozen=True, eq=False)
class _Examples:
    """The examples over their raw feature, and the smallest and largest label."""

    layer: Layer
    x_axis: Axis
    low: float
    high: float

    @classmethod
    def of(cls, surface: LossSurface) -> _Examples:
        x, y = surface.x * surface.scale + surface.shift, surface.y
        x_axis = Axis.around(float(x.min()), float(x.max()))
        return cls(Layer(x, y, Role.EXAMPLE, EXAMPLE), x_axis, float(y.min()), float(y.max()))

    def ranges(self, settings: Settings) -> tuple[Axis, Axis]:
        """Round ranges that hold the examples, and of the first line what is not too far off."""
        low, high, spread = self.low, self.high, self.high - self.low
        ends = self.x_axis.low, self.x_axis.high
        first = [settings.w_start * end + settings.b_start for end in ends]
        seen = [min(max(y, low - spread), high + spread) for y in first if math.isfinite(y)]
        return self.x_axis, Axis.around(min(low, *seen), max(high, *seen))


# Of each surface, for as long as it is there: it may be large, and a canvas knows what it drew
# in the last frame by its being the same layer.
_EXAMPLES: WeakKeyDictionary[LossSurface, _Examples] = WeakKeyDictionary()


def _examples(surface: LossSurface) -> _Examples:
    if surface not in _EXAMPLES:
        _EXAMPLES[surface] = _Examples.of(surface)
    return _EXAMPLES[surface]


def _line(parameters: tuple[float, float], x_axis: Axis, role: Role) -> Layer:
    x = np.array([x_axis.low, x_axis.high])
    with np.errstate(all="ignore"):
        return Layer(x, x * parameters[0] + parameters[1], role, line=True)


def _residuals(surface: LossSurface, examples: Layer, step: Step) -> list[Layer]:
    """A stem from each example to the line; none where they would be a solid block."""
    if len(surface.x) > STEMS:
        return []
    x, y = np.asarray(examples.x), np.asarray(examples.y)
    with np.errstate(all="ignore"):
        predicted = predict(surface.x, step.w, step.b)
    right = np.column_stack([x, x, np.full(len(x), np.nan)]).ravel()
    up = np.column_stack([y, predicted, np.full(len(x), np.nan)]).ravel()
    return [Layer(right, up, Role.RESIDUAL, line=True)]


def _line_words(scene: Scene) -> str:
    w, b = scene.surface.raw(scene.snapshot.step.w, scene.snapshot.step.b)
    sign = "-" if b < 0 else "+"
    return f"y = {short(w)} * x {sign} {short(abs(b))}"


@view("Contour")
def contour(scene: Scene) -> Drawing:
    """The loss over w and b: lines of equal loss, the path, the minimum, and the way down."""
    surface, snapshot = scene.surface, scene.snapshot
    step, bias = snapshot.step, snapshot.settings.bias
    even = surface.is_standardized or isinstance(surface, Landscape)
    x_axis, y_axis = _plane(scene)
    minimum = surface.minimum(step.w, step.b, bias)
    ghosts = [(ghost, _ghost_path(ghost, "w", "b")) for ghost in scene.neighbours]
    path = _path(snapshot, "w", "b", parted=False)
    layers: list[Layer | Contours] = [
        Contours(surface.losses, _levels(surface, x_axis, y_axis), Role.CONTOUR),
        *([] if bias else [_level(step.b, x_axis, Role.QUIET)]),
        *(line for _, line in ghosts),
        path,
        *(_label(ghost, line, x_axis, y_axis) for ghost, line in ghosts),
        *_branchings([*((line, ghost.snapshot) for ghost, line in ghosts), (path, snapshot)]),
        *_downhill(scene, x_axis, y_axis, even),
        *_other_minima(surface, bias),
        *_walker((step.w, step.b), (minimum.w, minimum.b), x_axis, y_axis),
    ]
    title = "Contour: L(w, b)" + ("" if bias else " · b held")
    title += " · scaled" if surface.is_standardized else ""
    return Drawing(title, x_axis, y_axis, layers, _legend(scene.neighbours), even=even)


def _plane(scene: Scene) -> tuple[Axis, Axis]:
    """Ranges of w and b that hold start, path and minimum; of a landscape, its window."""
    deepest = scene.surface.minimum(*_start(scene), bias=True)
    return _range(scene, "w", deepest.w, deepest), _range(scene, "b", deepest.b, deepest)


def _levels(surface: Surface, x_axis: Axis, y_axis: Axis) -> tuple[float, ...]:
    """The losses, ascending, at which lines of equal loss are drawn in the plane."""
    x, y = x_axis.at(np.linspace(0, 1, 65)), y_axis.at(np.linspace(0, 1, 65))
    losses = _finite(surface.losses(x, y[:, None]).ravel())
    if not len(losses):
        return ()
    low, high = float(losses.min()), float(losses.max())
    return tuple(low + part * (high - low) for part in LEVELS)


def _other_minima(surface: Surface, bias: bool) -> list[Layer]:
    """All the minima of a landscape, of which the nearest is not the only one."""
    if not (isinstance(surface, Landscape) and bias):
        return []
    w, b, _ = zip(*surface.minima, strict=True)
    return [Layer(w, b, Role.MINIMUM, MINIMUM)]


def _downhill(scene: Scene, x_axis: Axis, y_axis: Axis, even: bool) -> list[Layer]:
    """An arrow against the gradient, as far as the ground falls; none where that is no way."""
    step, bias = scene.snapshot.step, scene.snapshot.settings.bias
    dw, db = step.dw, step.db if bias else 0.0
    # A step of a learning rate of 1, in units of the plot's box.
    right, up = -dw / (x_axis.high - x_axis.low), -db / (y_axis.high - y_axis.low)
    length = math.hypot(right, up)
    if not 0 < length < math.inf:
        return []
    rate = min(ARROW / length, _lowest_ahead(scene.surface, step, bias))
    if rate * length < SAME_SPOT:
        return []
    w, b = step.w - rate * dw, step.b - rate * db
    head = _arrow(-dw, -db) if even else _arrow(2 * right, up)
    shaft = Layer([step.w, w], [step.b, b], Role.SLOPE, line=True)
    return [shaft, Layer([w], [b], Role.SLOPE, head)]


def _lowest_ahead(surface: Surface, step: Step, bias: bool) -> float:
    """The learning rate that leads to where the ground, curved as it is here, rises again."""
    slope = np.array([step.dw, step.db] if bias else [step.dw])
    slope /= np.max(np.abs(slope))
    with np.errstate(all="ignore"):
        curvature = float(slope @ surface.hessian(bias, step.w, step.b) @ slope)
    return float(slope @ slope) / curvature if curvature > 0 else math.inf


@view(THIS_STEP)
def this_step(scene: Scene) -> Page:
    """The arithmetic of the iteration where we are, with your own numbers put in."""
    surface, snapshot = scene.surface, scene.snapshot
    step, settings = snapshot.step, snapshot.settings
    method = settings.chosen_method
    state = State(*step[:3], step.dw, step.db if settings.bias else 0.0, snapshot.memory)
    scaled = ", feature scaled" if surface.is_standardized else ""
    heading = f"{method.name}, iteration {step.iteration}{scaled}"
    lines = [(heading, Role.QUIET), *_batch_lines(scene)]
    for parameter in ("w", "b")[: 1 + settings.bias]:
        lines += _slope_lines(scene, parameter)
        for equation in method.arithmetic(surface, settings, state, parameter, short):
            role = Role.WALKER if equation.name == parameter else Role.PLAIN
            # What the letters stand for is said once, for w: for b it is the same.
            lines += [] if parameter == "b" else [_in_letters(equation)]
            lines.append(_in_numbers(equation, parameter == "b", role))
    has_examples = isinstance(surface, LossSurface) and len(surface.x)
    return Page("This step", lines, "enter: the examples one by one" if has_examples else "")


def _in_letters(equation: Equation) -> Span:
    return f"{equation.name} <- {equation.formula}", Role.PLAIN


def _in_numbers(equation: Equation, named: bool, role: Role) -> Span:
    """The equation with its numbers, behind its name or below its letters."""
    start = f"{equation.name} <- " if named else "  = "
    # Where there is nothing to put in, the numbers say no more than the letters.
    is_said = equation.numbers == equation.formula and not named
    numbers = "" if is_said else f"{equation.numbers} = "
    return f"{start}{numbers}{short(equation.value)}", role


def _slope_lines(scene: Scene, parameter: str) -> list[Span]:
    """How the slope along a parameter is the sum of what each example says."""
    surface, step = scene.surface, scene.snapshot.step
    slope = step.dw if parameter == "w" else step.db
    if not isinstance(surface, LossSurface):
        return [(f"g = dL/d{parameter} = {short(slope)}", Role.SLOPE)]
    summed = "x * (w*x + b - y)" if parameter == "w" else "w*x + b - y"
    total = short(slope * surface.m / 2)
    return [
        (f"g = dL/d{parameter} = 2/m * sum({summed})", Role.PLAIN),
        (
            f"  = 2/{surface.m} * {f'({total})' if total.startswith('-') else total}"
            f" = {short(slope)}",
            Role.SLOPE,
        ),
    ]


def _batch_lines(scene: Scene) -> list[Span]:
    """The loss of the batch, where the method looks at one."""
    settings, step = scene.snapshot.settings, scene.snapshot.step
    measure = sampled(scene.surface, settings)
    if measure is None:
        return []
    loss = measure(*step[:3])[0]
    words = f"loss {short(step.loss)}; of the batch of {settings.own['batch']}: {short(loss)}"
    return [(words, Role.QUIET)]


@view(SWEEP)
def learning_rates(scene: Scene) -> Drawing | Page:
    """The final loss of a run with each of some sixty learning rates, and where they diverge."""
    swept = scene.sweep
    if swept is None:
        words = (
            "w runs with some sixty learning rates, one after the other, and shows how each ends."
        )
        return Page("Sweep of learning rates", [(words, Role.QUIET)])
    x_axis = Axis.powers(swept.rates[0], swept.rates[-1]).widened(1.05)
    y_axis = _trial_axis(swept)
    top = float(y_axis.at(np.array(1.0)))
    held = [trial for trial in swept.trials if not _is_lost(trial, top)]
    lost = [trial.lr for trial in swept.trials if _is_lost(trial, top)]
    layers = [
        Layer([trial.lr for trial in held], [trial.loss for trial in held], Role.LIVE, line=True),
        *_wall(swept, y_axis),
        Layer(lost, [top] * len(lost), Role.ALARM, DIVERGED),
        *_picked(scene, y_axis, top),
    ]
    title = f"Sweep: loss after {swept.settings.iterations:,} by lr"
    return Drawing(title, x_axis, y_axis, layers, _sweep_words(scene, swept))


def _is_lost(trial: Trial, top: float) -> bool:
    """Whether a trial has diverged, or is so far on the way there that it is off the plot."""
    return trial.status is Status.DIVERGED or not trial.loss <= top


def _trial_axis(swept: SweepSnapshot) -> Axis:
    """Decades that hold the losses of all trials that have not led upwards."""
    losses = np.array([t.loss for t in swept.trials if t.status is not Status.DIVERGED])
    start = starting_point(swept.surface, swept.settings)
    top = swept.surface.loss(start.w, start.b)
    fallen = losses[losses <= top]
    return _loss_axis(_finite(fallen if len(fallen) else losses), Scale.LOG)


def _wall(swept: SweepSnapshot, y_axis: Axis) -> list[Layer]:
    """The critical learning rate, where theory knows one."""
    return [] if swept.critical is None else [_upright(swept.critical, y_axis, Role.ALARM)]


def _chosen_trial(scene: Scene) -> Trial | None:
    """The trial at the cursor."""
    trials = scene.sweep.trials if scene.sweep else ()
    return trials[scene.picked] if scene.picked is not None and scene.picked < len(trials) else None


def _picked(scene: Scene, y_axis: Axis, top: float) -> list[Layer]:
    """A line through the trial at the cursor, and a mark on it."""
    trial = _chosen_trial(scene)
    if trial is None:
        return []
    place = top if _is_lost(trial, top) else trial.loss
    mark = Layer([trial.lr], [place], Role.WALKER, WALKER)
    return [_upright(trial.lr, y_axis, Role.QUIET), mark]


def _sweep_words(scene: Scene, swept: SweepSnapshot) -> str:
    trial = _chosen_trial(scene)
    if not swept.done:
        return f"{progress_bar(swept.progress, 20)} {swept.progress:.0%}, escape stops"
    now = scene.snapshot.settings
    if swept.surface is not scene.surface or swept.settings.replace(lr=now.lr) != now:
        return "of earlier settings: w sweeps again"
    if trial is None:
        return "left and right pick, enter adopts"
    if trial.status is Status.DIVERGED:
        return f"lr {trial.lr:.3g} diverged at {trial.iteration} · enter adopts"
    within = "" if trial.within is None else f", within 1% after {trial.within}"
    return f"lr {trial.lr:.3g}: loss {trial.loss:.4g} · enter adopts{within}"
