"""The examples, and the line through them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from gdtui.core.descent import Step
from gdtui.core.model import predict
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.drawing import (
    GHOST_ROLES,
    Axis,
    Drawing,
    Layer,
    Page,
    Role,
    short,
)
from gdtui.now import Now, best
from gdtui.scene import Scene
from gdtui.views.marks import OTHERS, ghost_label, ghost_word
from gdtui.views.view import TEXT, Sign, view

# More examples than these would be a solid block: in front of the lines they would hide them, and
# so would the residuals, each a stem, fill all between.
FEW = 500
EXAMPLE = "○"


def _our_line(now: Now) -> str:
    return (
        f"The line of this step, {_line_words(now.scene)}: what the model predicts with the w and "
        "b that the run has now. Descent turns it towards the green line."
    )


def _best_line(now: Now) -> str:
    w, b = ([*best(now), now.scene.snapshot.step.b])[:2]
    return (
        f"The least-squares line, {_equation(w, b)}: of all lines that these settings allow, the "
        "one with the smallest loss."
    )


def _errors(now: Now) -> str:
    return (
        "The errors: how far each example is from the line of this step. The mean of their squares "
        f"is the loss, {short(now.scene.snapshot.step.loss)}."
    )


@view(
    3,
    "Fit",
    Sign(
        "hollow dots",
        (Role.EXAMPLE,),
        (),
        lambda now: (
            "The examples, each a row of the data. A digit says how many share a cell, a full cell "
            "stands for more than nine."
        ),
    ),
    Sign("line of this step", (Role.LIVE,), (), _our_line),
    Sign("green line", (Role.MINIMUM,), (), _best_line),
    Sign("stems", (Role.RESIDUAL,), (), _errors),
    Sign(
        "no examples",
        (Role.QUIET,),
        (TEXT,),
        lambda now: "A surface is a loss of its own: there are no examples that a line would fit.",
    ),
    OTHERS,
)
def fit(scene: Scene) -> Drawing | Page:
    """The examples, the line of where we are, the least-squares line, and the residuals."""
    surface, step, settings = scene.surface, scene.snapshot.step, scene.snapshot.settings
    feature, label = scene.names
    data = surface.examples
    if data is None:
        words = "There is no data to fit: this is a surface of its own, with no examples."
        return Page("Fit", [(words, Role.QUIET)])
    examples = _examples(data)
    x_axis, y_axis = examples.ranges(settings)
    best = surface.minimum(step.w, step.b, settings.bias)
    ghosts = [
        (
            ghost,
            _line(
                ghost.surface.raw(*ghost.snapshot.step[1:3]),
                x_axis,
                GHOST_ROLES[ghost.colour],
                ghost_word(ghost),
            ),
        )
        for ghost in scene.ghosts
    ]
    lines = [
        *_residuals(data, examples.layer, step),
        *(line for _, line in ghosts),
        _line(surface.raw(best.w, best.b), x_axis, Role.MINIMUM, "least-squares line"),
        _line(surface.raw(step.w, step.b), x_axis, Role.LIVE, _line_words(scene)),
        *(ghost_label(ghost, line, x_axis, y_axis) for ghost, line in ghosts),
    ]
    many = len(data.x) > FEW
    layers = [examples.layer, *lines] if many else [*lines, examples.layer]
    title, names = f"Fit: {label} over {feature}", (feature, label)
    return Drawing(title, x_axis, y_axis, layers, _line_words(scene), names=names)


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
        return cls(
            Layer(x, y, Role.EXAMPLE, EXAMPLE, counted=True, word="examples"),
            x_axis,
            float(y.min()),
            float(y.max()),
        )

    def ranges(self, settings: Settings) -> tuple[Axis, Axis]:
        """Round ranges that hold the examples, and of the first line what is not too far off."""
        low, high, spread = self.low, self.high, self.high - self.low
        ends = self.x_axis.low, self.x_axis.high
        first = [settings.w_start * end + settings.b_start for end in ends]
        seen = [min(max(y, low - spread), high + spread) for y in first if math.isfinite(y)]
        return self.x_axis, Axis.around(min([low, *seen]), max([high, *seen]))


# Of each surface, for as long as it is there: it may be large, and a canvas knows what it drew
# in the last frame by its being the same layer.
_EXAMPLES: WeakKeyDictionary[LossSurface, _Examples] = WeakKeyDictionary()


def _examples(surface: LossSurface) -> _Examples:
    if surface not in _EXAMPLES:
        _EXAMPLES[surface] = _Examples.of(surface)
    return _EXAMPLES[surface]


def _line(parameters: tuple[float, float], x_axis: Axis, role: Role, word: str) -> Layer:
    x = np.array([x_axis.low, x_axis.high])
    with np.errstate(all="ignore"):
        return Layer(x, x * parameters[0] + parameters[1], role, line=True, word=word)


def _residuals(surface: LossSurface, examples: Layer, step: Step) -> list[Layer]:
    """A stem from each example to the line; none where they would be a solid block."""
    if len(surface.x) > FEW:
        return []
    x, y = np.asarray(examples.x), np.asarray(examples.y)
    with np.errstate(all="ignore"):
        predicted = predict(surface.x, step.w, step.b)
    right = np.column_stack([x, x, np.full(len(x), np.nan)]).ravel()
    up = np.column_stack([y, predicted, np.full(len(x), np.nan)]).ravel()
    return [Layer(right, up, Role.RESIDUAL, line=True, word="residuals")]


def _line_words(scene: Scene) -> str:
    return _equation(*scene.surface.raw(scene.snapshot.step.w, scene.snapshot.step.b))


def _equation(w: float, b: float) -> str:
    sign = "-" if b < 0 else "+"
    return f"y = {short(w)} * x {sign} {short(abs(b))}"
