"""The plot views. A view is a function from a scene to a drawing; a new one is one more here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np

from gdtui.core.descent import Status, Step
from gdtui.core.equations import Equation
from gdtui.core.ladder import rung_at_least
from gdtui.core.landscapes import Landscape
from gdtui.core.methods import State, sampled
from gdtui.core.model import predict
from gdtui.core.run import Snapshot
from gdtui.core.settings import Settings
from gdtui.core.stability import stability
from gdtui.core.surface import LossSurface, Surface
from gdtui.core.sweep import SweepSnapshot
from gdtui.ui.drawing import (
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

WALKER, MINIMUM, ARRIVED, EXAMPLE, TRIAL, DIVERGED = "●", "✚", "⊕", "○", "•", "×"
# The views that enter does something in.
THIS_STEP, SWEEP = "This step", "Sweep"
# Counterclockwise from the right.
ARROWS = "→↗↑↖←↙↓↘"
# Two places this near, in units of the plot's box, are one to the eye.
SAME_SPOT = 0.012
# A slope below this, in units of the plot's box, has no downhill that an eye could see.
LEVEL = 0.01
# A difference of two losses that is smaller than this part of them is rounding.
ROUNDING = 1e-14
# More residuals than these, each a stem, would be a solid block.
STEMS = 500
# The lines of equal loss, and what part of the loss below one the next one has.
LEVELS, LEVEL_RATIO = 9, 0.3


class Scale(StrEnum):
    """How the loss is drawn over the iterations."""

    LINEAR = "linear"
    LOG = "log"
    LOG_LOG = "log-log"
    EXCESS = "above the minimum, log"


@dataclass(frozen=True, eq=False)
class Ghost:
    """An earlier run of the session: the glyph and the words that tell it from others."""

    glyph: str
    label: str
    snapshot: Snapshot
    surface: Surface


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a view may draw from.

    `names` are those of the feature and the label; `along` is the parameter that the valley runs
    along, w or b; `picked` is the trial of the sweep that the cursor is at.
    """

    surface: Surface
    snapshot: Snapshot
    ghosts: tuple[Ghost, ...] = ()
    names: tuple[str, str] = ("x", "y")
    scale: Scale = Scale.LINEAR
    along: str = "w"
    sweep: SweepSnapshot | None = None
    picked: int | None = None

    @property
    def neighbours(self) -> list[Ghost]:
        """The earlier runs whose parameters are in the same units."""
        return [ghost for ghost in self.ghosts if ghost.surface is self.surface]


View = Callable[[Scene], Drawing | Page]
VIEWS: dict[str, View] = {}


def view(name: str) -> Callable[[View], View]:
    """Enter a view into VIEWS, in the order of their keys 1, 2, ...; the docstring is its help."""

    def enter(function: View) -> View:
        VIEWS[name] = function
        return function

    return enter


@view("Loss by iteration")
def loss_by_iteration(scene: Scene) -> Drawing:
    """The loss of every iteration so far, over earlier runs and the least-squares loss."""
    snapshot, step, scale = scene.snapshot, scene.snapshot.step, scene.scale
    lowest = scene.surface.minimum(step.w, step.b, snapshot.settings.bias).loss
    from_loss = lowest if scale is Scale.EXCESS else 0.0
    x, y = _losses(snapshot, from_loss)
    ghosts = [(ghost, *_losses(ghost.snapshot, from_loss)) for ghost in scene.ghosts]
    tame = [gy for ghost, _, gy in ghosts if ghost.snapshot.status is not Status.DIVERGED]
    x_axis = _iteration_axis(snapshot, [ghost.snapshot for ghost in scene.ghosts], scale)
    y_axis = _loss_axis(_finite(y, np.array([lowest - from_loss]), *tame), scale)
    floor = Layer([x_axis.low, x_axis.high], [lowest, lowest], Role.MINIMUM, line=True)
    layers = [
        *([] if scale is Scale.EXCESS else [floor]),
        *(Layer(gx, gy, Role.GHOST, line=True) for _, gx, gy in ghosts),
        Layer(x, y, Role.LIVE, line=True),
        *(_label(ghost, gx, gy, x_axis, y_axis) for ghost, gx, gy in ghosts),
        Layer(x[-1:], y[-1:], Role.WALKER, WALKER),
    ]
    title = "Loss by iteration" + ("" if scale is Scale.LINEAR else f" ({scale})")
    return Drawing(title, x_axis, y_axis, layers, _legend(scene.ghosts))


def _losses(snapshot: Snapshot, above: float) -> tuple[Vector, Vector]:
    """The loss over iterations, with both extremes of every stretch of the trail."""
    trail, spacing = snapshot.trail, snapshot.spacing
    x, y = snapshot.iterations, trail["loss"]
    if spacing > 1:
        middle = np.minimum(x + spacing / 2, snapshot.step.iteration)
        x = np.column_stack([x, middle, middle]).ravel()
        y = np.column_stack([y, trail["low"], trail["high"]]).ravel()
    y = np.append(y, snapshot.step.loss) - above
    # What is left of two nearly equal losses is rounding.
    y[np.abs(y) < ROUNDING * above] = 0.0
    return np.append(x, snapshot.step.iteration), y


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


def _label(ghost: Ghost, x: Vector, y: Vector, x_axis: Axis, y_axis: Axis) -> Layer:
    """The ghost's glyph at the last point of it that can be seen."""
    u, v = x_axis.unit(x), y_axis.unit(y)
    seen = np.flatnonzero((u >= 0) & (u <= 1) & (v >= 0) & (v <= 1))[-1:]
    return Layer(x[seen], y[seen], Role.GHOST, ghost.glyph)


@view("Valley")
def valley(scene: Scene) -> Drawing:
    """The loss along w, or b: the minimum, the path so far, where we are and the slope there."""
    cut = _Cut.of(scene)
    x_axis = cut.axis(scene)
    places = np.linspace(x_axis.low, x_axis.high, 401)
    curve = cut.losses(places)
    y_axis = _depth_axis(_finite(curve, np.array([cut.loss])))
    bottom, lowest = cut.bottom(places, curve)
    beside = float(x_axis.unit(cut.here)) - float(x_axis.unit(bottom))
    above = float(y_axis.unit(cut.loss)) - float(y_axis.unit(lowest))
    arrived = abs(beside) < SAME_SPOT and abs(above) < SAME_SPOT
    layers = [
        Layer(places, curve, Role.CURVE, line=True),
        _path(scene.snapshot, cut.along, "loss"),
        *_tangent(cut, x_axis, y_axis),
        Layer([cut.here], [cut.loss], Role.WALKER, WALKER),
        # In front: a walker that has arrived does not hide where.
        Layer([bottom], [lowest], Role.MINIMUM, ARRIVED if arrived else MINIMUM),
    ]
    return Drawing(cut.title, x_axis, y_axis, layers)


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
        return f"Valley: L({self.along}{scaled}) at {other} = {short(self.held)}"

    def losses(self, places: Vector) -> Vector:
        if self.along == "w":
            return self.surface.losses(places, self.held)
        return self.surface.losses(np.full(len(places), self.held), places)

    def bottom(self, places: Vector, curve: Vector) -> tuple[float, float]:
        """The lowest place of the cut, and the loss there."""
        if self.along == "w":
            minimum = self.surface.minimum(self.here, self.held, bias=False)
            return minimum.w, minimum.loss
        lowest = int(np.argmin(np.where(np.isnan(curve), np.inf, curve)))
        return float(places[lowest]), float(curve[lowest])

    def axis(self, scene: Scene) -> Axis:
        """A range, symmetrical around the minimum at first, that holds it, start and path."""
        settings, trail = scene.snapshot.settings, scene.snapshot.trail
        start, number = (
            self.surface.scaled(settings.w_start, settings.b_start),
            int(self.along == "b"),
        )
        last = self.surface.minimum(*start, settings.bias)[number]
        first = last if number else self.surface.minimum(*start, bias=False).w
        steps = trail[self.along], trail[f"next_{self.along}"]
        return _around(first, _finite(np.array([start[number], last, self.here]), *steps))


def _around(middle: float, seen: Vector) -> Axis:
    """A range of round numbers around a middle that holds what is to be seen, and a margin."""
    reach = float(np.max(np.abs(seen - middle), initial=0.0)) or max(abs(middle), 1.0)
    # A little more than it must hold, so that the walker does not stand on the edge.
    return Axis.around(middle - 1.1 * reach, middle + 1.1 * reach)


def _depth_axis(losses: Vector) -> Axis:
    if not len(losses):
        return Axis(0, 1)
    low, high = float(losses.min()), float(losses.max())
    return Axis.around(0.0 if 0 <= low < high / 2 else low, high)


def _path(snapshot: Snapshot, x: str, y: str) -> Layer:
    """The steps taken, each a straight line from where it began to where it led."""
    trail, parted = snapshot.trail, np.full(len(snapshot.trail["w"]), np.nan)
    if snapshot.spacing == 1:
        return Layer(trail[x], trail[y], Role.PATH, line=True)
    right = np.column_stack([trail[x], trail[f"next_{x}"], parted]).ravel()
    up = np.column_stack([trail[y], trail[f"next_{y}"], parted]).ravel()
    return Layer(right, up, Role.PATH, line=True)


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
    head = _arrow(-math.copysign(1, steepness), -abs(steepness))
    return [tangent, Layer(x[[lower]], y[[lower]], Role.SLOPE, head)]


def _arrow(right: float, up: float) -> str:
    """An arrow in a direction given in units of the plot's box, twice as wide as high."""
    eighth = round(math.atan2(up, 2 * right) / (math.pi / 4)) % 8
    return ARROWS[eighth]


@view("Fit")
def fit(scene: Scene) -> Drawing | Page:
    """The examples, the line of where we are, the least-squares line, and the residuals."""
    surface, step, settings = scene.surface, scene.snapshot.step, scene.snapshot.settings
    feature, label = scene.names
    if not isinstance(surface, LossSurface) or not len(surface.x):
        words = "There is no data to fit: this is a surface of its own, with no examples."
        return Page("Fit", [(words, Role.QUIET)])
    examples = _examples(surface)
    x_axis, y_axis = _ranges(examples, settings)
    best = surface.minimum(step.w, step.b, settings.bias)
    layers = [
        *_residuals(surface, examples, step),
        examples,
        *(
            _line(ghost.surface.raw(*ghost.snapshot.step[1:3]), x_axis, Role.GHOST)
            for ghost in scene.ghosts
        ),
        _line(surface.raw(best.w, best.b), x_axis, Role.MINIMUM),
        _line(surface.raw(step.w, step.b), x_axis, Role.LIVE),
    ]
    return Drawing(f"Fit: {label} over {feature}", x_axis, y_axis, layers, _line_words(scene))


@lru_cache(maxsize=2)
def _examples(surface: LossSurface) -> Layer:
    """The examples over their raw feature; always the same layer, since it may be large."""
    return Layer(surface.x * surface.scale + surface.shift, surface.y, Role.EXAMPLE, EXAMPLE)


def _ranges(examples: Layer, settings: Settings) -> tuple[Axis, Axis]:
    """Round ranges that hold the examples, and of the first line what is not too far off."""
    x, y = np.asarray(examples.x), np.asarray(examples.y)
    x_axis, low, high = Axis.around(float(x.min()), float(x.max())), y.min(), y.max()
    with np.errstate(all="ignore"):
        first = np.array([x_axis.low, x_axis.high]) * settings.w_start + settings.b_start
        first = np.clip(first, low - (high - low), high + (high - low))
    seen = np.append(first[np.isfinite(first)], [low, high])
    return x_axis, Axis.around(float(seen.min()), float(seen.max()))


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
    minimum = surface.minimum(step.w, step.b, bias)
    x_axis, y_axis = _plane(scene)
    layers: list[Layer | Contours] = [
        Contours(surface.losses, _levels(surface, x_axis, y_axis), Role.CONTOUR),
        *(_path_of(ghost) for ghost in scene.neighbours),
        _path(snapshot, "w", "b"),
        *_downhill(step, bias, x_axis, y_axis),
        Layer([step.w], [step.b], Role.WALKER, WALKER),
        Layer([minimum.w], [minimum.b], Role.MINIMUM, MINIMUM),
    ]
    if not bias:
        held = Layer([x_axis.low, x_axis.high], [step.b, step.b], Role.QUIET, line=True)
        layers.insert(1, held)
    title = "Contour: L(w, b)" + (", b held" if not bias else "")
    title += " · feature scaled" if surface.is_standardized else ""
    even = surface.is_standardized or isinstance(surface, Landscape)
    return Drawing(title, x_axis, y_axis, layers, _legend(scene.neighbours), even=even)


def _path_of(ghost: Ghost) -> Layer:
    return replace(_path(ghost.snapshot, "w", "b"), role=Role.GHOST)


def _plane(scene: Scene) -> tuple[Axis, Axis]:
    """Ranges of w and b that hold start, path and minimum; of a landscape, at least its window."""
    surface, settings, trail = scene.surface, scene.snapshot.settings, scene.snapshot.trail
    start = surface.scaled(settings.w_start, settings.b_start)
    if isinstance(surface, Landscape):
        return tuple(  # type: ignore[return-value]
            _held(window, trail[name])
            for window, name in zip(surface.window, ("w", "b"), strict=True)
        )
    deepest = surface.minimum(*start, bias=True)
    here = scene.snapshot.step
    w = _finite(np.array([start[0], here.w]), trail["w"], trail["next_w"])
    b = _finite(np.array([start[1], here.b]), trail["b"], trail["next_b"])
    return _around(deepest.w, w), _around(deepest.b, b)


def _held(window: tuple[float, float], seen: Vector) -> Axis:
    """The window, or as much more as holds a path that leaves it, but not for ever."""
    low, high = window
    width = high - low
    seen = seen[(seen >= low - width) & (seen <= high + width)]
    outside = np.any((seen < low) | (seen > high))
    return Axis.around(low - width / 2, high + width / 2) if outside else Axis(low, high)


@lru_cache(maxsize=8)
def _levels(surface: Surface, x_axis: Axis, y_axis: Axis) -> tuple[float, ...]:
    """Losses, each a part of the one above it, from the highest in the plane to the lowest."""
    x, y = x_axis.at(np.linspace(0, 1, 65)), y_axis.at(np.linspace(0, 1, 65))
    losses = surface.losses(x, y[:, None])
    losses = losses[np.isfinite(losses)]
    if not len(losses):
        return ()
    low, high = float(losses.min()), float(losses.max())
    spread = (high - low) * LEVEL_RATIO ** np.arange(LEVELS, 0, -1.0)
    return tuple((low + spread).tolist())


def _downhill(step: Step, bias: bool, x_axis: Axis, y_axis: Axis) -> list[Layer]:
    """An arrow against the gradient, as it looks in the plane; none where it has no direction."""
    right = -step.dw / (x_axis.high - x_axis.low)
    up = -step.db / (y_axis.high - y_axis.low) if bias else 0.0
    # The direction in which the step moves: a slope times a range, of each parameter.
    length = math.hypot(2 * right, up)
    if not 0 < length < math.inf:
        return []
    u, v = 0.3 * right / length, 0.3 * up / length
    tip = float(x_axis.unit(step.w)) + u, float(y_axis.unit(step.b)) + v
    if not all(map(math.isfinite, tip)):
        return []
    end = float(x_axis.at(np.array(tip[0]))), float(y_axis.at(np.array(tip[1])))
    shaft = Layer([step.w, end[0]], [step.b, end[1]], Role.SLOPE, line=True)
    return [shaft, Layer([end[0]], [end[1]], Role.SLOPE, _arrow(right, up))]


@view(THIS_STEP)
def this_step(scene: Scene) -> Page:
    """The arithmetic of the iteration where we are, with your own numbers put in."""
    surface, snapshot = scene.surface, scene.snapshot
    step, settings = snapshot.step, snapshot.settings
    method = settings.chosen_method
    state = State(*step[:3], step.dw, step.db if settings.bias else 0.0, snapshot.memory)
    lines = [(f"{method.name}, iteration {step.iteration}", Role.QUIET), *_batch_lines(scene)]
    for parameter, role in (("w", Role.WALKER), ("b", Role.WALKER))[: 1 + settings.bias]:
        lines += [("", Role.PLAIN), *_slope_lines(scene, parameter)]
        for equation in method.arithmetic(surface, settings, state, parameter, short):
            is_last = equation.name == parameter
            lines += _equation_lines(equation, role if is_last else Role.PLAIN)
    has_examples = isinstance(surface, LossSurface) and len(surface.x)
    return Page("This step", lines, "enter: the examples one by one" if has_examples else "")


def _equation_lines(equation: Equation, role: Role) -> list[Span]:
    left = f"{equation.name} <- "
    numbers = [] if equation.numbers == equation.formula else [f"  = {equation.numbers}"]
    words = [f"{left}{equation.formula}", *numbers]
    return [*((text, Role.PLAIN) for text in words), (f"  = {short(equation.value)}", role)]


def _slope_lines(scene: Scene, parameter: str) -> list[Span]:
    """How the slope along a parameter is the sum of what each example says."""
    surface, step = scene.surface, scene.snapshot.step
    slope = step.dw if parameter == "w" else step.db
    if not isinstance(surface, LossSurface):
        return [(f"g = dL/d{parameter} = {short(slope)}", Role.SLOPE)]
    times = "x * " if parameter == "w" else ""
    total = short(slope * surface.m / 2)
    return [
        (f"g = dL/d{parameter} = 2/m * sum({times}(w*x + b - y))", Role.PLAIN),
        (f"  = 2/{surface.m} * {f'({total})' if total.startswith('-') else total}", Role.PLAIN),
        (f"  = {short(slope)}", Role.SLOPE),
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
    held = [trial for trial in swept.trials if trial.status is not Status.DIVERGED]
    x_axis = Axis.decades(swept.rates[0], swept.rates[-1])
    losses = np.array([trial.loss for trial in held])
    start = scene.surface.loss(
        *scene.surface.scaled(swept.settings.w_start, swept.settings.b_start)
    )
    y_axis = _loss_axis(losses[losses <= start] if np.any(losses <= start) else losses, Scale.LOG)
    rates = np.array([trial.lr for trial in held])
    layers = [
        *_wall(scene, swept, x_axis, y_axis),
        Layer(rates, losses, Role.LIVE, line=True),
        Layer(rates, losses, Role.LIVE, TRIAL),
        *_picked(scene, swept, y_axis),
    ]
    title = f"Sweep: loss after {swept.settings.iterations}, by learning rate"
    return Drawing(title, x_axis, y_axis, layers, _sweep_words(scene, swept))


def _wall(scene: Scene, swept: SweepSnapshot, x_axis: Axis, y_axis: Axis) -> list[Layer]:
    """The critical learning rate, and a cross for each trial that diverged."""
    low, high = y_axis.at(np.array([0.0, 1.0]))
    critical = stability(scene.surface, swept.settings).critical
    wall = [] if critical is None else [Layer([critical] * 2, [low, high], Role.ALARM, line=True)]
    diverged = [trial.lr for trial in swept.trials if trial.status is Status.DIVERGED]
    top = float(y_axis.at(np.array(0.97)))
    return [*wall, Layer(diverged, [top] * len(diverged), Role.ALARM, DIVERGED)]


def _picked(scene: Scene, swept: SweepSnapshot, y_axis: Axis) -> list[Layer]:
    """The trial at the cursor."""
    if scene.picked is None or scene.picked >= len(swept.trials):
        return []
    trial = swept.trials[scene.picked]
    low, high = y_axis.at(np.array([0.0, 1.0]))
    place = high if trial.status is Status.DIVERGED else min(max(trial.loss, low), high)
    return [
        Layer([trial.lr] * 2, [low, high], Role.QUIET, line=True),
        Layer([trial.lr], [place], Role.WALKER, WALKER),
    ]


def _sweep_words(scene: Scene, swept: SweepSnapshot) -> str:
    if not swept.done:
        return f"{progress_bar(swept.progress, 20)} {swept.progress:.0%}, escape stops"
    if scene.picked is None or scene.picked >= len(swept.trials):
        return "left and right pick, enter adopts"
    trial = swept.trials[scene.picked]
    if trial.status is Status.DIVERGED:
        return f"lr {trial.lr:.3g} diverged at {trial.iteration} · enter adopts"
    within = "" if trial.within is None else f", within 1% after {trial.within}"
    return f"lr {trial.lr:.3g}: loss {trial.loss:.4g} · enter adopts{within}"
