"""The other runs of the session, as they are drawn beside the one that is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gdtui.core.run import Run, Snapshot
from gdtui.runs.history import Entry
from gdtui.ui.captions import called
from gdtui.ui.drawing.drawing import GHOST_ROLES
from gdtui.ui.views.scene import Ghost

# The newest that are not hidden; with the one that is looked at, each has a colour of its own.
GHOSTS = len(GHOST_ROLES) - 1


class Ghosts:
    """Keeps what is drawn of each run, until the run has gone on."""

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
        run, words = entry.run, called(entry)
        ghost = self._drawn.get(entry.run)
        if ghost and ghost.label == words and _stands(run, ghost.snapshot):
            return ghost
        role = GHOST_ROLES[(entry.number - 1) % len(GHOST_ROLES)]
        return Ghost(entry.glyph, words, snapshot or run.snapshot(), run.surface, role)


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
