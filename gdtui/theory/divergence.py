"""Whether a run is diverging: told by its losses, long before the numbers overflow."""

from __future__ import annotations

from gdtui.core.descent import Status
from gdtui.core.run import Snapshot
from gdtui.core.surface import Surface
from gdtui.theory.goal import goal
from gdtui.theory.verdict import critical_rate

DIVERGING = "diverging"
# The words on where a run stands that are a warning.
ALARMING = frozenset({DIVERGING, Status.DIVERGED})
# Where no theory tells, what grows less than this is a swing or noise, and so is what grows in
# fewer iterations (or stretches of them, in a long run).
_TIMES, _FEWEST = 2, 8


def standing(snapshot: Snapshot, surface: Surface) -> str:
    """Where a run stands, in a word; one that runs, pauses or has finished may be diverging."""
    return DIVERGING if is_diverging(snapshot, surface) else str(snapshot.status)


def is_diverging(snapshot: Snapshot, surface: Surface) -> bool:
    """Whether the loss of a run grows, and will go on growing as far as can be told.

    On a bowl theory knows whether a descent comes back from that: it does so unless the learning
    rate is above the critical one. Then it is enough that the two newest losses are above the two
    before them, and not within 1% of the minimum, where rounding decides. Where theory knows no
    such rate, the loss must have grown for long, and beyond what noise or a swing come to.
    """
    if snapshot.status not in (Status.RUNNING, Status.PAUSED, Status.FINISHED):
        return False
    step, settings = snapshot.step, snapshot.settings
    critical = critical_rate(surface, settings) if surface.is_quadratic else None
    if critical is None:
        return _has_grown(snapshot)
    rises = settings.lr > critical and _rises(snapshot)
    return rises and step.loss > goal(surface, settings, (step.w, step.b)).allowed


def _rises(snapshot: Snapshot) -> bool:
    """Whether the two newest losses are above the two before them."""
    earlier, newest = snapshot.losses[:-2], snapshot.losses[-2:]
    return len(earlier) == 2 and min(newest) > max(earlier)


def _has_grown(snapshot: Snapshot) -> bool:
    """Whether all losses of the second half of a run are high above those of the first.

    A run begins anew with each change of its settings.
    """
    trail, since = snapshot.trail, snapshot.tunings[-1][0]
    of_settings = snapshot.iterations >= since
    low, high = trail["low"][of_settings], trail["high"][of_settings]
    half = len(low) // 2
    return (
        len(low) >= _FEWEST
        and snapshot.step.loss > _TIMES * float(trail["loss"][0])
        and float(low[half:].min()) > _TIMES * float(low[:half].min())
        and float(high[half:].max()) > _TIMES * float(high[:half].max())
    )
