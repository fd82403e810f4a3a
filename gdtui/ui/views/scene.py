"""All that a view may draw from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gdtui.core.run import Snapshot
from gdtui.core.surface import Surface
from gdtui.runs.sweep import SweepSnapshot
from gdtui.ui.drawing.drawing import (
    GHOST_ROLES,
    Role,
)


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


@dataclass(frozen=True, eq=False)
class Ghost:
    """Another run of the session: the glyph, the words and the colour that tell it from others."""

    glyph: str
    label: str
    snapshot: Snapshot
    surface: Surface
    role: Role = GHOST_ROLES[0]


@dataclass(frozen=True, eq=False)
class Scene:
    """All that a view may draw from.

    `names` are those of the feature and the label; `along` is the parameter that the valley runs
    along, w or b; `picked` is the trial of the sweep that the cursor is at. Where the snapshot is
    of the past, `live` is the run as it is now; `winner` says who was first in a race.
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
    winner: str = ""

    @property
    def neighbours(self) -> list[Ghost]:
        """The other runs whose parameters are in the same units."""
        return [ghost for ghost in self.ghosts if ghost.surface is self.surface]
