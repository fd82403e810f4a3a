"""The final loss of a run with one learning rate after another."""

from __future__ import annotations

import numpy as np

from gdtui.core.descent import Status, starting_point
from gdtui.drawing import (
    BRAILLE,
    Axis,
    Drawing,
    Layer,
    Page,
    Role,
    progress_bar,
    short,
)
from gdtui.now import Now
from gdtui.runs.sweep import SweepSnapshot, Trial
from gdtui.scene import SWEEP, Scale, Scene
from gdtui.views.marks import WALKER, finite, loss_axis, upright_line
from gdtui.views.view import TEXT, Sign, view

DIVERGED = "×"


def _rates(now: Now) -> str:
    return (
        "The loss at the end of a run with each learning rate: the lower, the better. To the left "
        "the steps are too short to arrive; to the right they go too far."
    )


def _limit(now: Now) -> str:
    critical = now.scene.sweep.critical if now.scene.sweep else None
    number = "" if critical is None else f", {short(critical)}"
    return f"The limit of the learning rate{number}: a run with a larger one diverges."


def _picked_rate(now: Now) -> str:
    trial = _chosen_trial(now.scene)
    rate = f" {trial.lr:.3g}" if trial else ""
    return f"The rate that is picked{rate}: left and right pick another one, enter adopts it."


@view(
    6,
    SWEEP,
    Sign(
        "red crosses",
        (Role.ALARM,),
        (DIVERGED,),
        lambda now: "Learning rates with which the run diverges: its loss is beyond the plot.",
    ),
    Sign("red wall", (Role.ALARM,), (), _limit),
    Sign("loss by learning rate", (Role.LIVE,), (), _rates),
    Sign("rate picked", (Role.WALKER, Role.QUIET), (WALKER, BRAILLE), _picked_rate),
    Sign(
        "no sweep yet",
        (Role.QUIET,),
        (TEXT,),
        lambda now: (
            "A sweep tries some sixty learning rates and draws how each run ends, so that one sees "
            "which are too small, good and too large. Key w begins one."
        ),
    ),
)
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
    losses = [trial.loss for trial in held]
    word = f"loss after {swept.settings.iterations:,} iterations"
    layers = [
        Layer([trial.lr for trial in held], losses, Role.LIVE, line=True, word=word),
        *_wall(swept, y_axis),
        Layer(lost, [top] * len(lost), Role.ALARM, DIVERGED, word="diverges"),
        *_picked(scene, y_axis, top),
    ]
    title = f"Sweep: loss after {swept.settings.iterations:,} by lr"
    names = "learning rate", "loss"
    return Drawing(title, x_axis, y_axis, layers, _sweep_words(scene, swept), names=names)


def _is_lost(trial: Trial, top: float) -> bool:
    """Whether a trial has diverged, or is so far on the way there that it is off the plot."""
    return trial.status is Status.DIVERGED or not trial.loss <= top


def _trial_axis(swept: SweepSnapshot) -> Axis:
    """Decades that hold the losses of all trials that have not led upwards."""
    losses = np.array([t.loss for t in swept.trials if t.status is not Status.DIVERGED])
    start = starting_point(swept.surface, swept.settings)
    top = swept.surface.loss(start.w, start.b)
    fallen = losses[losses <= top]
    return loss_axis(finite(fallen if len(fallen) else losses), Scale.LOG)


def _wall(swept: SweepSnapshot, y_axis: Axis) -> list[Layer]:
    """The critical learning rate, where theory knows one."""
    if swept.critical is None:
        return []
    word = f"limit of the learning rate {short(swept.critical, 3)}"
    return [upright_line(swept.critical, y_axis, Role.ALARM, word)]


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
    mark = Layer([trial.lr], [place], Role.WALKER, WALKER, word=_trial_words(trial))
    return [upright_line(trial.lr, y_axis, Role.QUIET), mark]


def _sweep_words(scene: Scene, swept: SweepSnapshot) -> str:
    trial = _chosen_trial(scene)
    if not swept.done:
        return f"{progress_bar(swept.progress, 20)} {swept.progress:.0%}, escape stops"
    now = scene.snapshot.settings
    if swept.surface is not scene.surface or swept.settings.replace(lr=now.lr) != now:
        return "of earlier settings: w sweeps again"
    if trial is None:
        return "left and right pick, enter adopts"
    within = "" if trial.within is None else f", within 1% after {trial.within}"
    return f"{_trial_words(trial)}{within} · enter adopts"


def _trial_words(trial: Trial) -> str:
    if trial.status is Status.DIVERGED:
        return f"lr {trial.lr:.3g} diverged at {trial.iteration}"
    return f"lr {trial.lr:.3g}: loss {trial.loss:.4g}"
