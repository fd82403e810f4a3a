"""The facts that a goal or an answer may ask for: those of the bench, each under one name."""

from __future__ import annotations

import math
from functools import lru_cache

from gdtui.bench import Bench
from gdtui.core.descent import Status
from gdtui.core.methods import METHODS
from gdtui.core.settings import SHARED
from gdtui.lessons.expression import Result
from gdtui.runs.race import winner_of
from gdtui.theory.divergence import DIVERGING
from gdtui.theory.verdict import stability

# Where there is no such number, none is as large: no rate is above the critical one.
_ENDLESS = ("within", "critical", "predicted")
_SETTINGS = {
    parameter.name
    for parameters in (SHARED, *(method.hyperparameters for method in METHODS.values()))
    for parameter in parameters
}
_STATUSES = [*map(str, Status), DIVERGING]
# A bench without a screen has these too, whatever is done with it.
_OTHERS = {
    *("iteration", "loss", "w", "b", "gap", "within", "critical", "gradient", "gradient_b"),
    *("best_w", "best_b", "best_loss", "view", "cursor", "runs", "race", "swept", "along"),
    *("curvature", "stretch", "predicted", "winner"),
}
NAMES = frozenset(_SETTINGS | _OTHERS | set(_STATUSES))


def facts_of(bench: Bench) -> dict[str, Result]:
    """All that an expression may name; what there is not is NaN, or infinite.

    The statuses are facts of their own: `finished`, `diverging` ... What has diverged is diverging.
    """
    asked = bench.facts()
    found: dict[str, Result] = {n: math.inf if n in _ENDLESS else math.nan for n in NAMES}
    found |= {name: value for name, value in asked.items() if value is not None}
    found |= _foretold(bench)
    winner = winner_of(bench.race.racers(bench.history.entries)) if bench.race else None
    found["winner"] = winner.entry.run.settings.method if winner else ""
    status = asked["status"]
    found |= {name: status == name for name in _STATUSES}
    found[DIVERGING] = status in (DIVERGING, Status.DIVERGED)
    return {name: found[name] for name in NAMES}


def _foretold(bench: Bench) -> dict[str, Result]:
    """The largest curvature, how many times the smallest it is, and when the loss is within 1%."""
    looked_at, surface = bench.looked_at, bench.run.surface
    step = looked_at.step
    near = surface.minimum(step.w, step.b, looked_at.settings.bias)
    place = None if surface.is_quadratic else (near.w, near.b)
    found = _judged(surface, looked_at.settings, place)
    return {
        "curvature": found.eigenvalues[-1],
        "stretch": found.condition,
        "predicted": math.inf if found.predicted is None else found.predicted,
    }


# Asked at each turn of the bench, mostly of the same settings.
_judged = lru_cache(maxsize=2)(stability)
