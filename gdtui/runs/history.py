"""The runs of a session: which there are, where each came from, and how they compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from gdtui.core.descent import Point, Status
from gdtui.core.printable import printable
from gdtui.core.run import Run, Snapshot
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.runs.guess import Guess
from gdtui.theory.goal import Gap, gap, goal

# How much of a run's name there is room for beside a plot.
NAME_CHARACTERS = 24
# What tells runs apart where they are drawn, in turn.
GLYPHS = "123456789abcdefghijklmnopqrstuvwxyz"


class Branch(NamedTuple):
    """Where a run left another one: that one's number, and the iteration."""

    number: int
    iteration: int


def branch_point(past: Snapshot, old: Surface, settings: Settings, new: Surface) -> Point:
    """A state of a run on the old surface, as the start of a run on the new one.

    The old and the new surface are the same, or differ in the scale of the feature. What the method
    remembers goes along, but not to another method.
    """
    step = past.step
    w, b = step[1:3] if new is old else new.scaled(*old.raw(step.w, step.b))
    goes_on = settings.method == past.settings.method
    memory = past.memory if goes_on else settings.chosen_method.memory
    return Point(step.iteration, w, b, memory)


@dataclass(frozen=True, eq=False)
class Entry:
    """A run of the session, with the number that it keeps, and its parent if it branched off."""

    number: int
    run: Run
    parent: Branch | None = None
    name: str = ""
    hidden: bool = False
    guess: Guess | None = None

    @property
    def glyph(self) -> str:
        """One character for this run."""
        return GLYPHS[(self.number - 1) % len(GLYPHS)]

    @property
    def label(self) -> str:
        """What tells it from others, in a few words that are safe to show."""
        settings = self.run.settings
        if self.name:
            return printable(self.name, NAME_CHARACTERS)
        bias = (", bias" if settings.bias else "") + (
            ", standardized" if settings.standardize else ""
        )
        method = f"{settings.method} " if settings.method != Settings().method else ""
        return f"{method}lr {settings.lr:g}{bias}"

    @property
    def first_within(self) -> int | None:
        """The iteration at which it came within 1% of the minimum nearest to it, if it did."""
        return first_within(self.run)


class Summary(NamedTuple):
    """A run in a row of a table; `within` is the iteration at which it came within 1%."""

    number: int
    changes: str
    iterations: int
    loss: float
    gap: Gap
    within: int | None
    status: Status


class History:
    """The runs of a session in the order of their numbers; what is deleted can be brought back."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries = {entry.number: entry for entry in entries}
        self._deleted: list[Entry] = []
        self._last = max(self._entries, default=0)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All runs that are not deleted."""
        # In one go: another thread may look while one is taken out.
        return tuple(entry for _, entry in sorted(self._entries.items()))

    def __getitem__(self, number: int) -> Entry:
        return self._entries[number]

    def __contains__(self, number: int) -> bool:
        return number in self._entries

    def add(self, run: Run, parent: Branch | None = None) -> Entry:
        """A new run, under the next number."""
        self._last += 1
        entry = self._entries[self._last] = Entry(self._last, run, parent)
        return entry

    def drop(self, number: int) -> None:
        """Forget a run of which nothing is to be kept."""
        del self._entries[number]
        self._last -= number == self._last

    def rename(self, number: int, name: str) -> None:
        """Give a run a name, or with none take it away."""
        self._entries[number] = replace(self._entries[number], name=name.strip())

    def guess(self, number: int, guess: Guess | None) -> None:
        """Remember what was guessed of a run."""
        self._entries[number] = replace(self._entries[number], guess=guess)

    def hide(self, number: int, hidden: bool) -> None:
        """Leave a run out of the plots, or take it in again."""
        self._entries[number] = replace(self._entries[number], hidden=hidden)

    def delete(self, number: int) -> None:
        """Take a run out; its number stays its own."""
        self._deleted.append(self._entries.pop(number))

    def undo(self) -> Entry | None:
        """Bring back the run that was deleted last, if there is one."""
        if not self._deleted:
            return None
        entry = self._deleted.pop()
        self._entries[entry.number] = entry
        return entry

    def summaries(self) -> list[Summary]:
        """A row for each run, with what its settings differ in from those of the run before."""
        entries = self.entries
        before = [Settings(), *(entry.run.settings for entry in entries)]
        return [_summary(entry, settings) for entry, settings in zip(entries, before, strict=False)]


def _summary(entry: Entry, before: Settings) -> Summary:
    run = entry.run
    snapshot = run.snapshot()
    step = snapshot.outcome.step if snapshot.outcome else snapshot.step
    return Summary(
        number=entry.number,
        changes=", ".join(differences(before, run.settings)),
        iterations=snapshot.reached,
        loss=step.loss,
        gap=gap(run.surface, step, run.settings),
        within=entry.first_within,
        status=snapshot.status,
    )


def first_within(run: Run) -> int | None:
    """The iteration at which a run came within 1% of the minimum nearest to it, if it did."""
    near = goal(run.surface, run.settings, (run.step.w, run.step.b))
    return run.first_at_most(near.allowed)


def differences(before: Settings, after: Settings) -> list[str]:
    """What of the settings has another value than before, by name: "lr 0.005"."""
    return [
        f"{parameter.name.replace('_', ' ')} {parameter.format(after[parameter])}"
        for parameter in after.hyperparameters
        if parameter not in before.hyperparameters or before[parameter] != after[parameter]
    ]
