"""The loss of every iteration so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from gdtui.core.descent import Status
from gdtui.core.ladder import rung_at_least
from gdtui.core.model import Vector
from gdtui.core.run import Snapshot
from gdtui.core.surface import Surface
from gdtui.drawing import GHOST_ROLES, Axis, Drawing, Label, Layer, Role, short
from gdtui.following.followed import Followed
from gdtui.now import Now, best_loss
from gdtui.scene import LOSS, Ghost, Scale, Scene
from gdtui.views.marks import (
    KEPT_LAYERS,
    LEAVES,
    WALKER,
    WHERE_WE_ARE,
    branch_marks,
    finite,
    ghost_label,
    ghost_word,
    iteration_word,
    legend,
    level_line,
    loss_axis,
    upright_line,
)
from gdtui.views.view import Sign, view

# A difference of two losses that is smaller than this part of them is rounding.
ROUNDED_PART = 1e-14


def _of_this_run(now: Now) -> str:
    run = now.scene.newest
    count = run.step.iteration
    since = f", {short(run.step.loss)} after {count}" if count > run.first else ""
    return (
        "The loss of this run after each iteration: "
        f"{short(float(run.trail['loss'][0]))} at first{since}. A good run falls fast, then levels "
        "out; one that rises diverges. Key l draws it on other scales."
    )


def _floor(now: Now) -> str:
    return (
        f"The smallest loss that can be reached, {short(best_loss(now))}: no run with this data "
        "and these settings comes below the green line."
    )


def _of_program(now: Now) -> str:
    program = now.scene.program
    name = program.name if program else "a program of yours"
    return f"The losses that {name} printed: where its line leaves that of the run, they differ."


def _of_others(now: Now) -> str:
    return (
        "The other runs of the session, each with a colour and a mark: "
        f"{legend(now.scene.ghosts)}. Where one leaves the plot, an arrow at the edge says which "
        "way."
    )


def _looked_at(now: Now) -> str:
    return (
        f"We look back at iteration {now.scene.snapshot.step.iteration}, while the run stands at "
        f"{now.scene.newest.step.iteration}: left and right go through time, end returns."
    )


@view(
    1,
    LOSS,
    WHERE_WE_ARE,
    LEAVES,
    Sign("loss of this run", (Role.LIVE,), (), _of_this_run),
    Sign("green line", (Role.MINIMUM,), (), _floor),
    Sign("your program", (Role.PROGRAM,), (), _of_program),
    Sign("upright line", (Role.QUIET,), (), _looked_at),
    Sign("other runs", GHOST_ROLES, (), _of_others),
)
def loss_by_iteration(scene: Scene) -> Drawing:
    """The loss of every iteration so far, over the other runs and the least-squares loss.

    The plot is scaled to the run that is looked at: others may leave it.
    """
    run, step, scale = scene.live or scene.snapshot, scene.snapshot.step, scene.scale
    own_word = scene.label if scene.ghosts and scene.label else "loss"
    line = _loss_line(scene.surface, run, scale, Role.LIVE, own_word)
    ghosts = [(ghost, _ghost_line(ghost, scale)) for ghost in scene.ghosts]
    lowest = _lowest(scene.surface, run)
    floor = [] if scale is Scale.EXCESS else [lowest]
    x_axis = _iteration_axis(run, [ghost.snapshot for ghost in scene.ghosts], scale)
    seen = [line.points[1], np.array(floor), *_lower(run, ghosts, scale)]
    y_axis = loss_axis(finite(*seen), scale)
    leaving = [(ghost, _way_out(drawn, x_axis, y_axis)) for ghost, drawn in ghosts]
    staying = [pair for pair, (_, way) in zip(ghosts, leaving, strict=True) if way is None]
    labels = [
        _way_label(way, ghost.glyph, GHOST_ROLES[ghost.colour]) for ghost, way in leaving if way
    ]
    height = _shown(scene.surface, run, scale, np.array([step.loss]))
    layers = [
        *(level_line(at, x_axis, Role.MINIMUM, f"minimum {short(at)}") for at in floor),
        *(drawn for _, drawn in ghosts),
        *_printed(scene, run),
        *([upright_line(step.iteration, y_axis, Role.QUIET)] if scene.live else []),
        line,
        *(ghost_label(ghost, drawn, x_axis, y_axis) for ghost, drawn in staying),
        *branch_marks([*((drawn, ghost.snapshot) for ghost, drawn in ghosts), (line, run)]),
        Layer([step.iteration], height, Role.WALKER, WALKER, word=_reached_word(scene)),
    ]
    words = [word for word in (scene.winner, legend(scene.ghosts)) if word]
    height_name = "loss - minimum" if scale is Scale.EXCESS else "loss"
    names = "iteration", height_name
    note = " · ".join(words)
    return Drawing(scale.heading, x_axis, y_axis, layers, note, names=names, labels=labels)


def _printed(scene: Scene, run: Snapshot) -> list[Layer]:
    """The losses of the user's program, if there is one."""
    program = scene.program
    if program is None:
        return []
    y = _shown(scene.surface, run, scene.scale, program.losses)
    return [Layer(program.iterations, y, Role.PROGRAM, line=True, word=program.name)]


def _reached_word(scene: Scene) -> str:
    return f"{iteration_word(scene)}: loss {short(scene.snapshot.step.loss)}"


def _lower(run: Snapshot, ghosts: list[tuple[Ghost, Layer]], scale: Scale) -> list[Vector]:
    """What others have come down to, while the run has not begun and is no scale of its own."""
    if scale is Scale.LINEAR or run.step.iteration > run.first:
        return []
    losses = [drawn.points[1] for _, drawn in ghosts]
    return [values[values <= run.step.loss] for values in losses]


def _loss_line(surface: Surface, snapshot: Snapshot, scale: Scale, role: Role, word: str) -> Layer:
    """The loss over the iterations of a run."""
    x, y = _losses(snapshot)
    return Layer(x, _shown(surface, snapshot, scale, y), role, line=True, word=word)


# A canvas does not draw anew what is the same layer as before.
@lru_cache(maxsize=KEPT_LAYERS)
def _ghost_line(ghost: Ghost, scale: Scale) -> Layer:
    role, word = GHOST_ROLES[ghost.colour], ghost_word(ghost)
    return _loss_line(ghost.surface, ghost.snapshot, scale, role, word)


def _way_out(line: Layer, x_axis: Axis, y_axis: Axis) -> tuple[float, float, str] | None:
    """Where a line leaves the plot for good, above or below, and an arrow; None where it ends."""
    u, v = x_axis.unit(line.points[0]), y_axis.unit(line.points[1])
    if np.isnan(v[-1]) or 0 <= v[-1] <= 1:
        return None
    edge, arrow = (1.0, "↑") if v[-1] > 1 else (0.0, "↓")
    inside = np.flatnonzero((v >= 0) & (v <= 1))[-1:]
    # From the last point within to the next one; a line that never was within has only its end.
    last = int(inside[0]) if len(inside) else len(v) - 2
    (u0, v0), (u1, v1) = ((float(u[at]), float(v[at])) for at in (last, last + 1))
    part = (edge - v0) / (v1 - v0) if len(inside) and math.isfinite(v1) and v1 != v0 else 1.0
    place = min(max(u0 + part * (u1 - u0), 0.0), 1.0)
    x, y = x_axis.at(np.array(place)), y_axis.at(np.array(edge))
    return float(x), float(y), arrow


def _way_label(way: tuple[float, float, str], glyph: str, role: Role) -> Label:
    """Which way a line leaves the plot, and whose it is."""
    x, y, arrow = way
    return Label(x, y, f"{arrow}{glyph}", role)


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
    # What has diverged has long left the plot, or soon does.
    tame = [other for other in others if other.status is not Status.DIVERGED]
    reached = max(10, hoped, *(s.step.iteration for s in (snapshot, *tame)))
    if scale is Scale.LOG_LOG:
        return Axis.decades(1, reached)
    high = rung_at_least(reached)
    return Axis(0, max(reached, planned) if high > planned else high)


def loss_of_programs(
    programs: Sequence[Followed], chosen: int, scale: Scale, cursor: int | None
) -> Drawing:
    """The losses that programs have printed, scaled to those of the chosen one.

    The `cursor` is which of its losses is looked at, or None for the newest. What is drawn above
    the minimum elsewhere is here above the lowest loss that was printed.
    """
    own = programs[chosen]
    lows = [program.lowest.loss for program in programs if program.lowest]
    least = min(lows, default=0.0) if scale is Scale.EXCESS else 0.0
    lines = [_printed_line(one, least, _role_of(at, chosen)) for at, one in enumerate(programs)]
    shown = finite(lines[chosen].points[1])
    x_axis = _printed_axis(programs, scale)
    y_axis = loss_axis(shown, scale)
    if scale is Scale.LINEAR and len(shown):
        y_axis = Axis.around(min(shown.min(), 0.0), max(shown.max(), 0.0))
    others = [(at, line) for at, line in enumerate(lines) if at != chosen]
    ends = [(at, end) for at, line in others if len((end := _finite_part(line)).points[0])]
    ways = {at: way for at, end in ends if (way := _way_out(end, x_axis, y_axis))}
    labels = [_way_label(way, str(at + 1), _role_of(at, chosen)) for at, way in ways.items()]
    labels += [
        Label(float(end.points[0][-1]), float(end.points[1][-1]), str(at + 1), _role_of(at, chosen))
        for at, end in ends
        if at not in ways
    ]
    broken = own.broken and own.iteration(own.broken.at)
    here = own.count - 1 if cursor is None else cursor
    place = [own.iteration(here)] if own.count else []
    height = own.losses(here, here + 1) - least if own.count else np.empty(0)
    layers = [
        *(line for _, line in others),
        *(
            []
            if broken is None
            else [upright_line(broken, y_axis, Role.ALARM, "first loss that is not finite")]
        ),
        *([] if cursor is None else [upright_line(place[0], y_axis, Role.QUIET)]),
        lines[chosen],
        Layer(place, height, Role.WALKER, WALKER),
    ]
    excess = scale is Scale.EXCESS
    title = "Loss above the lowest so far (log)" if excess else scale.heading
    note = " · ".join(f"{at + 1} {programs[at].short_name}" for at, _ in others)
    names = "iteration", "loss - lowest" if excess else "loss"
    return Drawing(title, x_axis, y_axis, layers, note, names=names, labels=labels)


def _finite_part(line: Layer) -> Layer:
    """A line as far as it goes up to its last finite point, where its label is put."""
    x, y = line.points
    count = np.append(np.flatnonzero(np.isfinite(y)), -1).max() + 1
    return replace(line, x=x[:count], y=y[:count])


def _role_of(at: int, chosen: int) -> Role:
    return Role.LIVE if at == chosen else GHOST_ROLES[at % len(GHOST_ROLES)]


def _printed_line(program: Followed, least: float, role: Role) -> Layer:
    x, y = program.curve()
    return Layer(x, y - least, role, line=True, word=program.short_name)


def _printed_axis(programs: Sequence[Followed], scale: Scale) -> Axis:
    """From 0 to a rung of the ladder, or to the end: it grows in steps, and mostly holds still."""
    newest = (program.iteration(program.count - 1) for program in programs if program.count)
    reached = max(10, *newest, 0)
    if scale is Scale.LOG_LOG:
        return Axis.decades(1, reached)
    is_over = all(program.has_ended for program in programs)
    return Axis(0, reached if is_over else rung_at_least(reached))
