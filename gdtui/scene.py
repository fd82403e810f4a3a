"""A scene: all that a screen may draw from, as it was at one moment; it never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache

from gdtui.core.descent import Descent, Point, Status, Step
from gdtui.core.model import Vector
from gdtui.core.pacemaker import Pace
from gdtui.core.run import Run, Snapshot
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.runs.history import Entry
from gdtui.runs.race import Racer, winner_of
from gdtui.runs.sweep import SweepSnapshot
from gdtui.theory import divergence

# The views that commands do something in.
LOSS, VALLEY, CONTOUR = "Loss by iteration", "Valley", "Contour"
THIS_STEP, SWEEP = "This step", "Sweep"
# The facts that a question is about which asks where a step leads.
FIRST_STEP = frozenset({"lr", "gradient"})
# Ghosts have one of so many colours each; they are the newest runs that are not hidden, and with
# the one that is looked at, no two have the same.
COLOURS = 9
GHOSTS = COLOURS - 1


class Scale(StrEnum):
    """How the loss is drawn over the iterations."""

    LINEAR = "linear"
    LOG = "log"
    LOG_LOG = "log-log"
    EXCESS = "above the minimum, log"

    @property
    def heading(self) -> str:
        """The title of the plot."""
        if self is Scale.EXCESS:
            return "Loss above the minimum (log)"
        return "Loss by iteration" + ("" if self is Scale.LINEAR else f" ({self})")

    @property
    def following(self) -> Scale:
        """The next one, after the last the first again."""
        scales = list(Scale)
        return scales[(scales.index(self) + 1) % len(scales)]


@dataclass(frozen=True, eq=False)
class Ghost:
    """Another run of the session: the glyph, the words and the colour that tell it from others."""

    glyph: str
    label: str
    snapshot: Snapshot
    surface: Surface
    colour: int = 0


@dataclass(frozen=True, eq=False)
class Program:
    """A program of the user's: the losses that it printed, of shape (n,), by their iterations.

    `verdict` is what was found when they were compared with a run, in sentences.
    """

    name: str
    iterations: Vector
    losses: Vector
    verdict: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a view or a panel may draw from.

    `snapshot` is the run as it is looked at; where that is the past, at the iteration `cursor`,
    `live` is the run as it is now. `number` and `label` are those of the run, and
    `steps(start, stop)` gives any of its steps. `names` are those of the feature and the label;
    `along` is the parameter that the valley runs along, w or b; `picked` is the trial of the sweep
    that is chosen; `racers` are those of the race that is on, best first; `held` is the run from
    which the walker was taken, while it is placed elsewhere: what was to be seen of it stays in
    the picture. `program` is one of the user's, beside the run. `guessing` is where, in w, the
    first step is guessed to lead, while that is asked, and `answer` how a guess came out; `asked`
    are the facts that an open question is about: what tells them holds back. `wanted` are the
    settings that the user has asked for, `pace` is in iterations a second or a schedule of them,
    and `now` in seconds.
    """

    surface: Surface
    snapshot: Snapshot
    ghosts: tuple[Ghost, ...] = ()
    names: tuple[str, str] = ("x", "y")
    scale: Scale = Scale.LINEAR
    along: str = "w"
    sweep: SweepSnapshot | None = None
    picked: int | None = None
    live: Snapshot | None = None
    racers: tuple[Racer, ...] = ()
    held: Snapshot | None = None
    program: Program | None = None
    guessing: float | None = None
    answer: str = ""
    asked: frozenset[str] = frozenset()
    cursor: int | None = None
    number: int = 1
    label: str = ""
    steps: Callable[[int, int], Sequence[Step]] = lambda start, stop: ()
    wanted: Settings = field(default_factory=Settings)
    pace: Pace = 1.0
    now: float = 0.0
    goes_on: bool = False
    """Whether the next scene will be another one, without a command."""

    @property
    def newest(self) -> Snapshot:
        """The run as it is now, wherever one looks."""
        return self.live or self.snapshot

    @cached_property
    def status(self) -> str:
        """Where the run stands now, in a word: that of its Status, or diverging."""
        return divergence.standing(self.newest, self.surface)

    @property
    def winner(self) -> str:
        """Who won the race that is on, and when, in a few words, once somebody did."""
        winner = winner_of(self.racers)
        return f"{winner.label} wins after {winner.within}" if winner else ""

    @property
    def neighbours(self) -> list[Ghost]:
        """The other runs whose parameters are in the same units."""
        return [ghost for ghost in self.ghosts if ghost.surface is self.surface]

    @property
    def landing(self) -> Step | None:
        """Where the next iteration will land; None where there is none, or no finite loss there.

        It is taken with the wanted settings where they can be had from here, else as the run goes.
        """
        here = self.snapshot
        if here.outcome or self.guessing is not None or self.asked >= FIRST_STEP:
            return None  # nor is it told to whoever has still to guess
        settings = self.wanted if self.wanted.same_start(here.settings) else here.settings
        return _landing(self.surface, settings, Point(*here.step[:3], here.memory))


# Of the same point several views ask, in every frame.
@lru_cache(maxsize=2)
def _landing(surface: Surface, settings: Settings, start: Point) -> Step | None:
    points = Descent.of(surface, settings, start).take(2)
    return Step._make(points[1][:6]) if len(points) == 2 else None


class Ghosts:
    """Keeps what is drawn of each other run, until the run has gone on."""

    def __init__(self) -> None:
        self._drawn: dict[Run, Ghost] = {}

    def of(
        self, entries: Sequence[Entry], current: int, now: Mapping[Run, Snapshot]
    ) -> tuple[Ghost, ...]:
        """All but the current one, the newest last; of those in `now` that snapshot is drawn."""
        self._drawn = {
            entry.run: self._ghost(entry, now.get(entry.run)) for entry in _beside(entries, current)
        }
        return tuple(self._drawn.values())

    def _ghost(self, entry: Entry, snapshot: Snapshot | None) -> Ghost:
        run, label = entry.run, entry.label
        ghost = self._drawn.get(run)
        if ghost and ghost.label == label and _stands(run, ghost.snapshot):
            return ghost
        shown = snapshot or run.snapshot()
        return Ghost(entry.glyph, label, shown, run.surface, colour_of(entry))


def colour_of(entry: Entry) -> int:
    """The number of the colour that a run has where it is not the one that is looked at."""
    return (entry.number - 1) % COLOURS


def _beside(entries: Sequence[Entry], current: int) -> list[Entry]:
    """The runs to be drawn; of runs that are the same to the digit one is enough."""
    shown: list[Entry] = []
    for entry in reversed(entries):
        same = any(entry.run.record == other.run.record for other in shown)
        if not entry.hidden and entry.number != current and not same:
            shown.insert(0, entry)
        if len(shown) == GHOSTS:
            break
    return shown


def _stands(run: Run, snapshot: Snapshot) -> bool:
    """Whether a run is still as it was in a snapshot."""
    return (run.iteration, run.status) == (snapshot.step.iteration, snapshot.status)


def is_running(entries: Sequence[Entry]) -> bool:
    """Whether any of the runs is."""
    return any(entry.run.status is Status.RUNNING for entry in entries)
