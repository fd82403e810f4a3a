"""The words around the plots: title and status, the last lines of the log, what runs are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from gdtui.core.descent import Status
from gdtui.core.run import Snapshot
from gdtui.core.surface import Surface
from gdtui.drawing import figure, short
from gdtui.runs.history import differences
from gdtui.runs.race import Racer, winner_of
from gdtui.scene import Scene
from gdtui.theory.divergence import ALARMING, DIVERGING, is_diverging
from gdtui.theory.explanation import explanation
from gdtui.theory.prediction import predicted_iterations
from gdtui.theory.verdict import advised_rate, critical_rate


def status(scene: Scene, short: bool) -> str:
    """How far a run is, and at which of its iterations one looks if not at the newest."""
    snapshot, at = scene.newest, scene.cursor
    place = f"{snapshot.reached} of {snapshot.settings.iterations}"
    return " · ".join(
        [
            *([] if at is None else [f"at {at}"]),
            *(["standardized"] if snapshot.settings.standardize else []),
            _standing(scene),
            place if short else f"iteration {place}",
        ]
    )


def _standing(scene: Scene) -> str:
    """Where the run stands; one that is paused and diverging is both."""
    paused = scene.newest.status is Status.PAUSED and scene.status == DIVERGING
    return f"{Status.PAUSED}, {DIVERGING}" if paused else scene.status


def closing(snapshot: Snapshot, surface: Surface) -> str:
    """What stands below the log's last line: the answer, how the run ended, what to do."""
    outcome, settings = snapshot.outcome, snapshot.settings
    if outcome is None and snapshot.status is Status.READY:
        return "space runs, s takes one step, ? shows all keys"
    diverging = is_diverging(snapshot, surface)
    if outcome is None:
        return _offer(snapshot, surface) if diverging else ""
    critical = critical_rate(surface, settings, outcome.step[1:3])
    too_large = critical is not None and settings.lr > critical
    what_now = (
        "a starts again at half the limit, space as it was."
        if too_large
        else "Space runs again, - and + change the learning rate."
    )
    if outcome.status is Status.DIVERGED:
        return f"{explanation(surface, settings, outcome)}. {what_now}"
    w, b = (figure(v, 20) for v in surface.raw(outcome.step.w, outcome.step.b))
    # Over a scaled feature, a bias that is held is another one for the feature as it was.
    both = settings.bias or settings.standardize
    answer = f"w={w}, b={b}" if both else f"w={w}"
    explained = explanation(surface, settings, outcome)
    if diverging:
        explained = explained._replace(what=f"{explained.what}, {DIVERGING}")
    return f"{answer}\n{explained}. {what_now}"


def _offer(snapshot: Snapshot, surface: Surface) -> str:
    """That the loss of a run grows, and how to stop it; the same words at each iteration."""
    step, settings = snapshot.step, snapshot.settings
    offer = "a starts again at half the limit"
    if advised_rate(surface, settings, (step.w, step.b)) is None:
        offer = "- takes a smaller learning rate"
    space = "pauses" if snapshot.status is Status.RUNNING else "goes on"
    return f"The loss grows, the run is {DIVERGING}: {offer}, space {space}."


def race(racers: Sequence[Racer]) -> list[str]:
    """How a race has ended, or is won before, and what can be done: fully, and briefly."""
    if winner := winner_of(racers):
        return _victory(winner, racers[1:])
    if all(racer.snapshot.status is Status.READY for racer in racers):
        return ["Space starts the race, s takes one iteration of each."]
    if not all(racer.snapshot.outcome for racer in racers):
        return []
    if racers[0].place > 1:
        return ["The best run of this race is deleted: in the table of runs (h), u brings it back."]
    if all(racer.status in ALARMING for racer in racers):
        return ["All diverge: take a smaller learning rate, then t races again."]
    came = any(racer.within is not None for racer in racers)
    nobody = f"Nobody {'stayed' if came else 'came'} within 1%"
    brief = f"{nobody}: take more iterations or another rate, t races again."
    return [f"{nobody}. {needs}" for needs in _needs(racers)] + [brief]


def _victory(winner: Racer, others: Sequence[Racer]) -> list[str]:
    first, *later = [
        (racer.within, racer.label)
        for racer in (winner, *others)
        if racer.within is not None and racer.status not in ALARMING
    ]
    who = f"The winner is {winner.label} (run {winner.entry.number})"
    after = _iterations(first[0])
    ahead = [
        f"{who}: within 1% of the minimum after {after}, {at - first[0]} before {second}."
        for at, second in later[:1]
    ]
    return [*ahead, f"{who}, within 1% after {after}."]


def _needs(racers: Sequence[Racer]) -> list[str]:
    """Who would be the first of all with more iterations, where theory tells, and what to do."""
    runs = {racer.label: racer.entry.run for racer in racers}
    found = {label: predicted_iterations(run.surface, run.settings) for label, run in runs.items()}
    known = [(count, label) for label, count in found.items() if count and math.isfinite(count)]
    return [
        f"{label} needs about {short(count)} iterations: take more, or another learning rate, then "
        "t races again."
        for count, label in sorted(known)[:1]
    ]


def _iterations(count: int) -> str:
    return f"{count} iteration" + "s" * (count != 1)


def tunings(snapshot: Snapshot) -> tuple[tuple[int, str], ...]:
    """What changed in the settings in mid-run, and from which iteration on."""
    return tuple(
        (iteration, f"from here: {', '.join(differences(before, after))}")
        for (_, before), (iteration, after) in pairwise(snapshot.tunings)
    )
