"""The figures of the panel Now, each with words that explain it by the numbers of the moment."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from gdtui.core.arithmetic import batch_measure
from gdtui.core.methods import gradient_descent
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.drawing import Role, Row, figure, short
from gdtui.scene import Scene
from gdtui.theory.goal import OF_MINIMUM, Gap, gap
from gdtui.theory.verdict import Stability, Verdict, stability

# The labels of the row with the gauge, and of the one that compares the learning rate with its
# limit.
GAUGE, LIMIT = "gauge", "lr is"


class Judged(NamedTuple):
    """How a verdict looks, and what it says of the steps."""

    role: Role
    meaning: str


VERDICTS = {
    Verdict.CRAWLS: Judged(Role.WALKER, "the steps are too short to get there soon"),
    Verdict.GOOD: Judged(Role.MINIMUM, "each step brings the minimum nearer"),
    Verdict.OSCILLATES: Judged(Role.WALKER, "the steps go past the minimum, yet come nearer to it"),
    Verdict.DIVERGES: Judged(Role.ALARM, "the steps go farther and farther past the minimum"),
    Verdict.NO_BOUND: Judged(Role.PLAIN, "there is no limit to compare the learning rate with"),
}


def fitted(values: Sequence[float], between: str, room: int, digits: int = 6) -> str:
    """Several numbers on one line, with as many digits as there is room for, but at least one."""
    for number in range(digits, 2, -1):
        text = between.join(short(value, number) for value in values)
        if len(text) <= room:
            break
    return text


@dataclass(frozen=True)
class Now:
    """Where the run stands that is looked at, and what theory says of its settings."""

    scene: Scene
    found: Stability

    @classmethod
    def of(cls, scene: Scene) -> Now:
        """What theory says of the minimum that is nearest to where the run stands."""
        surface, step = scene.surface, scene.snapshot.step
        settings = scene.snapshot.settings
        minimum = surface.minimum(step.w, step.b, settings.bias)
        near = None if surface.is_quadratic else (minimum.w, minimum.b)
        return cls(scene, _judged(surface, settings, near))


# In every frame it is asked of the same settings and the same minimum.
@lru_cache(maxsize=2)
def _judged(surface: Surface, settings: Settings, near: tuple[float, float] | None) -> Stability:
    return stability(surface, settings, near)


class Explained(NamedTuple):
    """A name, the words that explain it, and what it looks like on the screen, if that tells."""

    name: str
    words: str
    looks: Row = ()


# In the place of what would answer a question that is open.
HELD_BACK = "?"
WITHHELD = "This row would answer the question that is open, and so it holds back until then."
# From all there is to tell to the most telling rows: the first level that fits is shown.
BREVITY = range(5)


@dataclass(frozen=True)
class NowRow:
    """A row of the panel: `value` fits into so many cells, and is empty where there is no row.

    It stands there on the levels of brevity that `on` holds. `tells` are the facts that it gives
    away: while a question is about one of them it holds back.
    """

    label: str
    value: Callable[[Now, int], str]
    explain: Callable[[Now], str]
    role: Role = Role.PLAIN
    on: range = BREVITY
    tells: frozenset[str] = frozenset()

    def holds_back(self, now: Now) -> bool:
        """Whether it would answer a question that is open."""
        return bool(self.tells & now.scene.asked)

    def shown(self, now: Now, room: int) -> str:
        """What stands in the row: its value, unless it holds back."""
        return HELD_BACK if self.holds_back(now) else self.value(now, room)

    def explained(self, now: Now) -> str:
        """The words that explain it, unless it holds back."""
        return WITHHELD if self.holds_back(now) else self.explain(now)


def first_that_fits(texts: Sequence[str], room: int) -> str:
    """The first of some texts that fits into so many cells, else the last."""
    return next((text for text in texts if len(text) <= room), texts[-1])


def _step(now: Now, name: str) -> float:
    return float(getattr(now.scene.snapshot.step, name))


def _bias(now: Now) -> bool:
    return now.scene.snapshot.settings.bias


def _parameter(now: Now, room: int, number: int) -> str:
    step = now.scene.snapshot.step
    return figure(now.scene.surface.raw(step.w, step.b)[number], room)


def _standardized(now: Now, room: int, name: str) -> str:
    if not now.scene.surface.is_standardized:
        return ""
    value = _step(now, name)
    # Where ten decimals have no room, a few of them tell more than an exponent.
    return figure(value, room) if len(f"{value:z.10f}") <= room else fitted([value], "", room, 9)


def best(now: Now) -> tuple[float, ...]:
    """The parameters with the smallest loss that the run can reach."""
    scene, step = now.scene, now.scene.snapshot.step
    minimum = scene.surface.minimum(step.w, step.b, _bias(now))
    both = _bias(now) or scene.surface.is_standardized
    return scene.surface.raw(minimum.w, minimum.b)[: 2 if both else 1]


def best_loss(now: Now) -> float:
    """The smallest loss that the run can reach."""
    step = now.scene.snapshot.step
    return now.scene.surface.minimum(step.w, step.b, _bias(now)).loss


def _batch_loss(now: Now, room: int = 20) -> str:
    snapshot = now.scene.snapshot
    measure = batch_measure(now.scene.surface, snapshot.settings)
    return figure(measure(*snapshot.step[:3])[0], room) if measure else ""


def _against_best(now: Now) -> str:
    scene = now.scene
    return above_best(gap(scene.surface, scene.snapshot.step, scene.snapshot.settings))


def above_best(left: Gap, digits: int = 4) -> str:
    """How far a loss is above the best one, in few words."""
    if not math.isfinite(left.percent):
        return "far above best"
    if left.of != OF_MINIMUM:
        return f"{short(left.percent, digits)}% of start"
    if left.percent < 10:
        return f"{short(left.percent, digits)}% above best"
    return f"{short(1 + left.percent / 100, digits)} times best"


def share_of_limit(ratio: float) -> str:
    """A part of the limit; beside 1 with the digits that tell on which side of it it is."""
    if ratio >= 10 or math.isinf(ratio):
        return f"{short(ratio, 4)} times"
    digits = 6 if 0.995 <= ratio < 1.005 else 2 if 0.01 <= ratio < 1 else 3
    return f"{short(100 * ratio, digits)}%"


def _limit(now: Now, room: int) -> str:
    found = now.found
    if found.ratio is None or found.critical is None:
        return ""
    share = share_of_limit(found.ratio)
    of = "" if share.endswith("times") else " of"
    words = [
        f"{share}{of} {the}limit {short(found.critical, digits)}"
        for the in ("the ", "")
        for digits in (5, 4, 3)
    ]
    return first_that_fits([words[0], *words[3:], f"{share}{of} limit"], room)


def _explain_gauge(now: Now) -> str:
    verdict = now.found.verdict
    scale = (
        ""
        if now.found.ratio is None
        else " The scale goes from a hundredth of the limit to ten times it: dots where a rate "
        "crawls, = where it is good, ~ where it oscillates, x where it diverges; the circle is "
        "the learning rate."
    )
    return f"What theory says before the run: {verdict}, {VERDICTS[verdict].meaning}.{scale}"


def _explain_limit(now: Now) -> str:
    found, settings = now.found, now.scene.snapshot.settings
    bound = settings.chosen_method.bound
    if found.ratio is None or found.critical is None:
        return f"No limit is known for this learning rate here: {bound}."
    return (
        f"The learning rate {settings.lr:g} is {share_of_limit(found.ratio)}"
        f"{' ' if found.ratio >= 10 else ' of '}the limit {short(found.critical, 6)}; the method "
        f"{bound}, and the largest curvature is {short(found.eigenvalues[-1], 6)}. Above the limit "
        f"{_above_the_limit(now)}."
    )


def _above_the_limit(now: Now) -> str:
    """What becomes of the steps; of the first one on it is true where they follow the gradient."""
    surface, settings = now.scene.surface, now.scene.snapshot.settings
    if surface.is_quadratic and settings.chosen_method.rule is gradient_descent:
        return "each step lands farther from the minimum than it began"
    if surface.is_quadratic:
        return "the steps grow without end, each swing wider than the one before"
    return "the run cannot settle at this minimum"


def _near(now: Now, room: int) -> str:
    predicted = now.found.predicted
    if predicted is None:
        return "not known"
    if math.isinf(predicted):
        return "never"
    if predicted == 0:
        return "at the start"
    count = f"{predicted:.0f}" if predicted < 1e6 else short(predicted, 4)
    texts = [f"after about {count} iterations", f"after about {count}", f"after {count}"]
    return first_that_fits(texts, room)


def _can_be_rounded(now: Now) -> bool:
    return now.scene.surface.examples is not None and not now.scene.surface.is_standardized


def _stretch(now: Now, room: int) -> str:
    stretch = short(now.found.condition, 4)
    return first_that_fits([f"{stretch} (1 is round)", stretch], room)


def _explain_near(now: Now) -> str:
    return (
        "After how many iterations from the start the loss is within 1% of the best, worked "
        f"out from the curvature: {_near(now, 40)}."
    )


# The facts that the row on the iterations gives away.
WHEN_NEAR = frozenset({"predicted", "within"})
ROWS: tuple[NowRow, ...] = (
    NowRow(
        "loss",
        lambda now, room: figure(_step(now, "loss"), room),
        lambda now: (
            "The loss says how wrong the predictions are: the mean of the squared errors. Here it "
            f"is {short(_step(now, 'loss'))}; the smallest that can be reached is "
            f"{short(best_loss(now))}."
            if now.scene.surface.examples
            else f"The loss is the height of the surface where we stand, "
            f"{short(_step(now, 'loss'))}; nearby it is lowest at {short(best_loss(now))}."
        ),
        Role.LIVE,
    ),
    NowRow(
        "of batch",
        _batch_loss,
        lambda now: (
            "This method looks at a few examples at a time, a batch. Over those of the next step "
            f"the loss is {_batch_loss(now)}, over all examples {short(_step(now, 'loss'))}."
        ),
    ),
    NowRow(
        "w",
        lambda now, room: _parameter(now, room, 0),
        lambda now: (
            "w, the weight, is the number that descent changes to make the loss smaller. It is "
            f"{_parameter(now, 20, 0)} now; the best is {short(best(now)[0])}."
        ),
        Role.WALKER,
    ),
    NowRow(
        "b",
        lambda now, room: _parameter(now, room, 1),
        lambda now: (
            f"b, the bias, is added to w * x. It is {_parameter(now, 20, 1)} now, and is "
            f"{'trained along with w' if _bias(now) else 'held where it started: key b trains it'}."
        ),
        Role.WALKER,
    ),
    NowRow(
        "standardized w",
        lambda now, room: _standardized(now, room, "w"),
        lambda now: (
            f"The same weight over the standardized feature: {short(_step(now, 'w'))}. "
            "Standardized means shifted and stretched to mean 0 and deviation 1."
        ),
        Role.WALKER,
        on=BREVITY[:4],
    ),
    NowRow(
        "standardized b",
        lambda now, room: _standardized(now, room, "b"),
        lambda now: f"The same bias over the standardized feature: {short(_step(now, 'b'))}.",
        Role.WALKER,
        on=BREVITY[:4],
    ),
    NowRow(
        "standardized",
        lambda now, room: (
            fitted((_step(now, "w"), _step(now, "b")), ", ", room)
            if now.scene.surface.is_standardized
            else ""
        ),
        lambda now: (
            "w and b over the standardized feature: "
            f"{short(_step(now, 'w'))} and {short(_step(now, 'b'))}."
        ),
        Role.WALKER,
        on=BREVITY[4:],
    ),
    NowRow(
        "dL/dw",
        lambda now, room: figure(_step(now, "dw"), room),
        lambda now: (
            "The gradient along w: how fast the loss rises when w grows. It is "
            f"{short(_step(now, 'dw'))}: downhill is towards a "
            f"{'smaller' if _step(now, 'dw') > 0 else 'larger'} w."
            if _step(now, "dw")
            else "The gradient along w is 0: here the ground is level."
        ),
        Role.GRADIENT,
        on=BREVITY[:3],
    ),
    NowRow(
        "dL/db",
        lambda now, room: figure(_step(now, "db"), room) if _bias(now) else "",
        lambda now: (
            "The gradient along b: how fast the loss rises when b grows, "
            f"{short(_step(now, 'db'))} here."
        ),
        Role.GRADIENT,
        on=BREVITY[:3],
    ),
    NowRow(
        "gradient",
        lambda now, room: fitted(
            (_step(now, "dw"), _step(now, "db"))[: 1 + _bias(now)], ", ", room
        ),
        lambda now: (
            "The gradient says how fast the loss rises along w, and along b where b is trained: "
            f"{fitted((_step(now, 'dw'), _step(now, 'db'))[: 1 + _bias(now)], ' and ', 40)}. "
            "A step goes the other way, downhill."
        ),
        Role.GRADIENT,
        on=BREVITY[3:],
    ),
    NowRow(
        "best w",
        lambda now, room: short(best(now)[0]),
        lambda now: (
            "The w with the smallest loss, computed without any descent: "
            f"{short(best(now)[0])}. The green cross marks it."
        ),
        Role.MINIMUM,
        on=BREVITY[:3],
    ),
    NowRow(
        "best b",
        lambda now, room: short(best(now)[1]) if len(best(now)) > 1 else "",
        lambda now: (
            f"The b that belongs to the best w: {', '.join(short(v) for v in best(now)[1:])}."
        ),
        Role.MINIMUM,
        on=BREVITY[:3],
    ),
    NowRow(
        "best w, b",
        lambda now, room: fitted(best(now), ", ", room),
        lambda now: (
            f"The parameters with the smallest loss: {fitted(best(now), ' and ', 40)}. "
            "The green cross marks them."
        ),
        Role.MINIMUM,
        on=BREVITY[3:],
    ),
    NowRow(
        "best loss",
        lambda now, room: short(best_loss(now)),
        lambda now: (
            f"No line comes below a loss of {short(best_loss(now))} on these examples with these "
            "settings: what is left is no fault of the descent."
            if now.scene.surface.examples
            else f"The lowest place nearby has a loss of {short(best_loss(now))}: there the ground "
            "is level."
        ),
        Role.MINIMUM,
        on=BREVITY[:1],
    ),
    NowRow(
        "loss is",
        lambda now, room: _against_best(now),
        lambda now: (
            f"How near the run is: the loss {short(_step(now, 'loss'))} against the best, "
            f"{short(best_loss(now))}. Within 1% it counts as there; where the best loss is 0, "
            "1% of what the start was above it."
        ),
        Role.MINIMUM,
    ),
    NowRow(
        GAUGE,
        lambda now, room: now.found.short,
        _explain_gauge,
        tells=frozenset({"critical", "predicted"}),
    ),
    NowRow(LIMIT, _limit, _explain_limit, tells=frozenset({"critical"})),
    NowRow("near best", _near, _explain_near, on=BREVITY[:3], tells=WHEN_NEAR),
    # Where room is short, a count that theory does not know is not worth a row.
    NowRow(
        "near best",
        lambda now, room: "" if now.found.predicted is None else _near(now, room),
        _explain_near,
        on=BREVITY[3:],
        tells=WHEN_NEAR,
    ),
    NowRow(
        "stretch",
        _stretch,
        lambda now: (
            "How many times more curved the valley is across than along: the largest curvature "
            f"over the smallest, {short(now.found.condition, 4)}. 1 is a round bowl; a long "
            "narrow valley is slow to walk down."
            + (" Standardizing (key x) rounds it." if _can_be_rounded(now) else "")
        ),
    ),
    NowRow(
        "curvature",
        lambda now, room: fitted(now.found.eigenvalues, " to ", room, digits=4),
        lambda now: (
            "How fast the gradient changes from place to place: "
            f"{fitted(now.found.eigenvalues, ' to ', 40)}. "
            "The largest one sets the limit of the learning rate."
        ),
        on=BREVITY[:2],
    ),
)


def rows_on(level: int) -> tuple[NowRow, ...]:
    """The rows of one level of brevity, from the top."""
    return tuple(row for row in ROWS if level in row.on)


def rows_explained(now: Now) -> list[Explained]:
    """Each row that there is."""
    return [
        Explained(row.label, row.explained(now))
        for row in rows_on(0)
        if row.shown(now, 40) or row.label == LIMIT
    ]


def settings_explained(settings: Settings) -> list[Explained]:
    """Each hyperparameter, with its value."""
    return [
        Explained(p.label, f"{p.meaning} It is {p.format(settings[p])} now.")
        for p in settings.hyperparameters
    ]
