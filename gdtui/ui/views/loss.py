"""The loss of every iteration so far."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gdtui.core.descent import Status
from gdtui.core.ladder import rung_at_least
from gdtui.core.model import Vector
from gdtui.core.run import Snapshot
from gdtui.core.surface import Surface
from gdtui.scene import LOSS, Ghost, Scale, Scene
from gdtui.ui.drawing.drawing import GHOST_ROLES, Axis, Drawing, Layer, Role
from gdtui.ui.views.marks import (
    KEPT_LAYERS,
    WALKER,
    branch_marks,
    finite,
    ghost_label,
    legend,
    level_line,
    loss_axis,
    upright_line,
)
from gdtui.ui.views.view import view

# A difference of two losses that is smaller than this part of them is rounding.
ROUNDED_PART = 1e-14


@view(1, LOSS)
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
    y_axis = loss_axis(finite(line.points[1], np.array(floor), *tame), scale)
    height = _shown(scene.surface, run, scale, np.array([step.loss]))
    layers = [
        *(level_line(height, x_axis, Role.MINIMUM) for height in floor),
        *(drawn for _, drawn in ghosts),
        *([upright_line(step.iteration, y_axis, Role.QUIET)] if scene.live else []),
        line,
        *(ghost_label(ghost, drawn, x_axis, y_axis) for ghost, drawn in ghosts),
        *branch_marks([*((drawn, ghost.snapshot) for ghost, drawn in ghosts), (line, run)]),
        Layer([step.iteration], height, Role.WALKER, WALKER),
    ]
    words = [word for word in (scene.winner, legend(scene.ghosts)) if word]
    height_name = "loss - minimum" if scale is Scale.EXCESS else "loss"
    names = "iteration", height_name
    return Drawing(scale.heading, x_axis, y_axis, layers, " · ".join(words), names=names)


def _loss_line(surface: Surface, snapshot: Snapshot, scale: Scale, role: Role) -> Layer:
    """The loss over the iterations of a run."""
    x, y = _losses(snapshot)
    return Layer(x, _shown(surface, snapshot, scale, y), role, line=True)


# A canvas does not draw anew what is the same layer as before.
@lru_cache(maxsize=KEPT_LAYERS)
def _ghost_line(ghost: Ghost, scale: Scale) -> Layer:
    return _loss_line(ghost.surface, ghost.snapshot, scale, GHOST_ROLES[ghost.colour])


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
        return np.where(above > ROUNDED_PART * lowest, above, 0.0)


def _iteration_axis(snapshot: Snapshot, others: list[Snapshot], scale: Scale) -> Axis:
    """From 0 to a rung of the ladder: it grows in steps, so that it mostly holds still."""
    planned = snapshot.settings.iterations
    hoped = 0 if snapshot.outcome else planned / 5
    reached = max(10, hoped, *(s.step.iteration for s in (snapshot, *others)))
    if scale is Scale.LOG_LOG:
        return Axis.decades(1, reached)
    high = rung_at_least(reached)
    return Axis(0, max(reached, planned) if high > planned else high)
