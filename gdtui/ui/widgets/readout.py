"""Now: the figures of the step where the run stands, and a verdict on the learning rate."""

from __future__ import annotations

import math
import textwrap
from collections import deque
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len
from textual import events
from textual.content import Content

from gdtui.core.descent import Status
from gdtui.core.pacemaker import FULL_SPEED, Pace, Schedule
from gdtui.core.settings import Settings
from gdtui.drawing import Drawing, Page, Role, Row, short
from gdtui.now import BREVITY, GAUGE, LIMIT, VERDICTS, Now, NowRow, rows_on
from gdtui.scene import Scene
from gdtui.theory.verdict import Stability
from gdtui.ui.widgets.rows import Rows, framed, in_cells
from gdtui.views.marks import WALKER
from gdtui.views.view import named

# What the parts of the gauge look like, up to which part of the critical learning rate.
_ZONES = (
    (0.05, ".", Role.QUIET),
    (0.5, "=", Role.MINIMUM),
    (1.0, "~", Role.WALKER),
    (math.inf, "x", Role.ALARM),
)
# The legend needs no fewer rows: a blank one, and two that are worth it.
LEGEND_ROWS = 3
# The gauge reaches from a hundredth of the critical learning rate to its tenfold.
_LOWEST, _DECADES = -2.0, 3.0


def gauge(ratio: float, width: int) -> Row:
    """Where a learning rate stands: a logarithmic scale of parts of the critical one."""
    parts = [10 ** (_LOWEST + _DECADES * (i + 0.5) / width) for i in range(width)]
    zones = [next(zone for zone in _ZONES if part < zone[0]) for part in parts]
    cells = [(character, role) for _, character, role in zones]
    place = (math.log10(ratio) - _LOWEST) / _DECADES if 0 < ratio < math.inf else float(ratio > 0)
    cells[max(0, min(int(place * width), width - 1))] = (WALKER, Role.LIVE)
    return tuple(
        ("".join(character for character, _ in group), role)
        for role, group in groupby(cells, key=itemgetter(1))
    )


class Speedometer:
    """Iterations a second over the last second of snapshots."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=64)

    def read(self, iteration: int, now: float) -> float:
        """Take note of an iteration at a time in seconds, and give the speed; 0 at first."""
        if self._seen and iteration < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, iteration))
        while now - self._seen[0][0] > 1 and len(self._seen) > 2:
            self._seen.popleft()
        seconds = now - self._seen[0][0]
        return (iteration - self._seen[0][1]) / seconds if seconds > 0 else 0.0

    def reset(self) -> None:
        """Begin anew, as after a pause."""
        self._seen.clear()


def _pace(pace: Pace) -> str:
    if isinstance(pace, Schedule):
        return "watch"
    return "full speed" if pace == FULL_SPEED else f"{short(pace)}/s"


class Readout(Rows):
    """The figures of a snapshot, one a row, the most wanted first."""

    LABEL_WIDTH = 10

    def __init__(self) -> None:
        super().__init__(id="readout")
        self._speedometer = Speedometer()
        self._scene: Scene | None = None
        self._drawings: Sequence[Drawing | Page] = ()
        # What explains each of the rows, from the top.
        self._told: list[NowRow] = []

    def on_resize(self) -> None:
        """Show the same at the new width."""
        if self._scene:
            self.show(self._scene, self._drawings)

    def show(self, scene: Scene, drawings: Sequence[Drawing | Page] = ()) -> None:
        """Show where the run stands that is looked at, and below what the drawings name."""
        self._scene, self._drawings = scene, drawings
        snapshot, pace = scene.snapshot, scene.pace
        title = f"Now: run {scene.number}" if scene.ghosts else "Now"
        if snapshot.status is Status.RUNNING:
            speed = self._speedometer.read(snapshot.step.iteration, scene.now)
        else:
            self._speedometer.reset()
            speed = 0.0
        # In the frame, where no row can push it out of sight.
        note = f"pace: {float(f'{speed:.2g}'):,.0f}/s" if speed else f"pace: {_pace(pace)}"
        now, bound = Now.of(scene), self._bound_of(snapshot.settings)
        room = self.size.height - 2
        for level in BREVITY:
            values = {row: row.shown(now, self._room(row)) for row in rows_on(level)}
            self._told = [row for row, value in values.items() if value]
            if len(self._told) <= room:
                break
        rows = [self._row(now, row, values[row]) for row in self._told]
        if len(rows) + len(bound) <= room:
            rows += bound
        if room - len(rows) >= LEGEND_ROWS:
            rows += self._legend(room - len(rows))
        self.show_rows(self._framed(rows, title, note) if self._has_frame else rows)

    @property
    def _has_frame(self) -> bool:
        """Whether there is room for one."""
        return self.size.height > 2

    @property
    def _width(self) -> int:
        """The cells of a row: within a frame it has a margin on both sides."""
        return max(self.size.width - (4 if self._has_frame else 0), 0)

    def _framed(self, rows: list[Row], title: str, note: str) -> list[Row]:
        width, height = self._width, self.size.height - 2
        rows += [((" " * width, Role.PLAIN),)] * (height - len(rows))
        margin = (" ", Role.PLAIN)
        inner: list[Row] = [(margin, *row, margin) for row in rows[:height]]
        return framed(inner, width + 2, title, note, Role.FRAME)

    def _room(self, row: NowRow) -> int:
        """The cells for the value of a row."""
        return self._width - len(row.label) - 1

    def _row(self, now: Now, row: NowRow, value: str) -> Row:
        role = row.role
        held = not (now.scene.snapshot.settings.bias or now.scene.surface.is_standardized)
        if row.holds_back(now):
            role = Role.QUIET
        elif row.label == GAUGE:
            return self._verdict(now.found)
        elif row.label == LIMIT:
            role = VERDICTS[now.found.verdict].role
        elif row.label == "b" and held:
            role = Role.QUIET
        return ((row.label, Role.QUIET), (" " + value.rjust(self._room(row)), role))

    def _verdict(self, found: Stability) -> Row:
        """The verdict in a word with its gauge, or in words."""
        role, width = VERDICTS[found.verdict].role, self._width
        if found.ratio is None:
            return ((found.short.ljust(width), role),)
        word = str(found.verdict).ljust(self.LABEL_WIDTH + 1)
        return ((word, role), *gauge(found.ratio, max(width - len(word), 1)))

    def _legend(self, room: int) -> list[Row]:
        """What the plots show in which colour, below a blank row.

        A figure that there is no room for is left out, and other words are cut.
        """
        rows: list[Row] = [((" " * self._width, Role.PLAIN),)]
        for sample, (word, role) in named(self._drawings):
            width = self._width - len(sample[0])
            shown = word if cell_len(word) <= width else word.partition(":")[0]
            rows.append((sample, (in_cells(shown, width), role)))
        return rows[:room] if len(rows) > 1 else []

    def _bound_of(self, settings: Settings) -> list[Row]:
        """Which learning rates work, in words."""
        width = self._width
        words = textwrap.wrap(f"{settings.chosen_method.bound}.", max(width, 1))
        return [((text.ljust(width), Role.QUIET),) for text in words]

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Explain the row beneath the mouse."""
        at = event.y - self._has_frame
        words = None
        if self._scene and 0 <= at < len(self._told):
            words = Content(self._told[at].explained(Now.of(self._scene)))
        self.tooltip = words
