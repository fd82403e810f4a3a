"""A guess of what a run will do, and how it compares with what the run did.

People who predict first learn from what they see (Crouch and others, "Classroom demonstrations:
Learning tools or entertainment?", American Journal of Physics 72, 2004).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from gdtui.core.descent import Status
from gdtui.core.run import Run
from gdtui.theory import divergence
from gdtui.theory.goal import goal
from gdtui.theory.verdict import Verdict, stability

# How a run with each verdict is spoken of, and what one who guesses may say of it.
DOES = {
    Verdict.CRAWLS: "crawls",
    Verdict.GOOD: "is good",
    Verdict.OSCILLATES: "oscillates",
    Verdict.DIVERGES: "diverges",
}
EXPECTED = {
    Verdict.CRAWLS: "it crawls: each step goes only a little of the way",
    Verdict.GOOD: "it is good: it comes down without jumping across the minimum",
    Verdict.OSCILLATES: "it oscillates: it jumps across the minimum, but settles",
    Verdict.DIVERGES: "it diverges: the loss grows",
}
# The facts that tell beforehand what a run will do, and when it is within 1%.
FORETOLD = frozenset({"critical", "predicted", "within"})
# Off by a fifth, a guess is close.
_CLOSE = 0.2
# From here on the stretch of the valley is why a run takes long.
_STRETCHED = 10


class Guess(NamedTuple):
    """What one expects, one of three: a verdict, when it is within 1%, where the first step leads.

    `w` is in the units of the surface.
    """

    verdict: Verdict | None = None
    within: int | None = None
    w: float | None = None

    @property
    def asked(self) -> frozenset[str]:
        """The facts that would tell whether it is right."""
        return FORETOLD if self.w is None else frozenset()

    @property
    def brief(self) -> str:
        """The guess in a cell of a table."""
        if self.verdict:
            return str(self.verdict)
        return f"in {self.within}" if self.within is not None else f"w {self.w:.4g}"


def answered(guess: Guess, run: Run) -> str:
    """How the guess compares with the run; an empty text while the run has not told yet."""
    if guess.verdict:
        return _on_verdict(guess.verdict, run)
    if guess.within is not None:
        return _on_within(guess.within, run)
    return _on_step(guess.w or 0.0, run) if run.taken else ""


def _on_verdict(guess: Verdict, run: Run) -> str:
    if not run.ended:
        return ""
    found = stability(run.surface, run.settings)
    verdict = found.verdict if found.verdict in DOES else _seen(run)
    why = found.why if found.verdict in DOES else "its losses show it"
    if guess == verdict:
        return f"You said that it {DOES[guess]}, and so it does: {why}."
    return f"You said that it {DOES[guess]}, but it {DOES[verdict]}: {why}."


def _seen(run: Run) -> Verdict:
    """What a run did, where theory does not tell."""
    if divergence.standing(run.snapshot(), run.surface) in divergence.ALARMING:
        return Verdict.DIVERGES
    first = run.start_point.iteration
    steps = run.steps(first, first + 50)
    turns = sum(one.dw * other.dw < 0 for one, other in pairwise(steps))
    if turns > len(steps) / 2:
        return Verdict.OSCILLATES
    return Verdict.CRAWLS if _within(run) is None else Verdict.GOOD


def _within(run: Run) -> int | None:
    return run.first_at_most(goal(run.surface, run.settings, (run.step.w, run.step.b)).allowed)


def _on_within(guess: int, run: Run) -> str:
    within = _within(run)
    if within is None:
        if run.status in (Status.FINISHED, Status.CONVERGED):
            return f"You said {guess}, but in {run.taken} iterations it did not come within 1%."
        return f"You said {guess}, but it diverged." if run.ended else ""
    said = f"You said {guess}, it took {within}"
    if guess == within:
        return f"You said {guess}, and {within} it took: exactly."
    if abs(guess - within) <= max(1, _CLOSE * within):
        return f"{said}: close."
    if within < guess:
        return f"{said}: the gradient is steep at the start, and the steps are long there."
    stretch = stability(run.surface, run.settings).condition
    if stretch > _STRETCHED:
        return f"{said}: the valley is stretched {stretch:.3g} times, and steps along it are short."
    return f"{said}: the nearer the minimum, the smaller the gradient and the steps."


def _on_step(guess: float, run: Run) -> str:
    first = run.start_point.iteration
    here, there = run.steps(first, first + 2)
    step, off = there.w - here.w, abs(guess - there.w)
    said = f"You said w = {guess:.4g}, the first step led to {there.w:.4g}"
    if off <= _CLOSE / 4 * abs(step):
        return f"{said}: well guessed."
    why = f"lr * gradient is {run.settings.lr:g} * {here.dw:.4g}, and it is taken off"
    return f"{said}: {why}." if run.settings.method == "gd" else f"{said}."
