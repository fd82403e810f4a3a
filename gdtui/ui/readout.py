"""Now: the figures of the step where the run stands, and a verdict on the learning rate."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass

from gdtui.core.descent import Status
from gdtui.core.run import FULL_SPEED, Snapshot
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.ui.drawing import Role, Row, figure, short
from gdtui.ui.rows import Rows


@dataclass(frozen=True)
class Verdict:
    """What the critical learning rate says of a learning rate, before the first step."""

    word: str
    why: str
    role: Role = Role.PLAIN


# Up to which part of the critical learning rate a word holds. Below a half no step overshoots the
# minimum along the steepest axis; below a twentieth, a tenfold smaller distance takes 23 steps.
_VERDICTS = (
    (0.05, "crawls", Role.WALKER),
    (0.5, "good", Role.MINIMUM),
    (1.0, "oscillates", Role.WALKER),
    (math.inf, "diverges", Role.ALARM),
)


def verdict(surface: Surface, settings: Settings) -> Verdict:
    """Whether the learning rate crawls, is good, oscillates or diverges on this surface."""
    critical = settings.critical(surface)
    if critical is None:
        return Verdict("steps by lr", "no critical rate")
    part = settings.lr / critical if critical else math.inf
    word, role = next((word, role) for limit, word, role in _VERDICTS if part < limit or limit > 1)
    return Verdict(word, f"{_ratio(part)} × critical {critical:.6g}", role)


def _ratio(part: float) -> str:
    return f"{part:.2f}" if 0.1 <= part < 1000 else f"{part:.2g}"


class Speedometer:
    """Iterations a second over the last second of snapshots."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=64)

    def read(self, iteration: int, now: float | None = None) -> float:
        """Take note of an iteration, and give the speed; 0 until there is one."""
        now = time.monotonic() if now is None else now
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


def _pace(pace: float) -> str:
    return "full speed" if pace == FULL_SPEED else f"{short(pace)}/s"


class Readout(Rows):
    """The figures of a snapshot, one a row, the most wanted first."""

    LABEL_WIDTH = 10

    def __init__(self) -> None:
        super().__init__(id="readout")
        self.border_title = "Now"
        self._speedometer = Speedometer()
        self._shown: tuple[Surface, Snapshot, float] | None = None

    def on_resize(self) -> None:
        """Show the same at the new width."""
        if self._shown:
            self.show(*self._shown)

    def show(self, surface: Surface, snapshot: Snapshot, pace: float) -> None:
        """Show where a run on this surface stands."""
        self._shown = surface, snapshot, pace
        if snapshot.status is Status.RUNNING:
            speed = self._speedometer.read(snapshot.step.iteration)
        else:
            self._speedometer.reset()
            speed = 0.0
        self.show_rows([self._row(*line) for line in self._lines(surface, snapshot, pace, speed)])

    def _lines(
        self, surface: Surface, snapshot: Snapshot, pace: float, speed: float
    ) -> list[tuple[str, str, Role]]:
        step, settings = snapshot.step, snapshot.settings
        room = max(self.size.width - self.LABEL_WIDTH, 10)
        minimum = surface.minimum(step.w, step.b, settings.bias)
        distance = math.hypot(step.w - minimum.w, step.b - minimum.b)
        change = step.loss - snapshot.previous.loss if snapshot.previous else math.nan
        judged = verdict(surface, settings)
        slopes = f"{step.dw:.6g}", f"{step.db:.6g}"
        return [
            ("iteration", f"{step.iteration} of {settings.iterations}", Role.PLAIN),
            ("loss", figure(step.loss, room), Role.LIVE),
            ("w", figure(step.w, room), Role.WALKER),
            ("b", figure(step.b, room), Role.WALKER if settings.bias else Role.QUIET),
            ("dL/dw", slopes[0], Role.SLOPE),
            *((("dL/db", slopes[1], Role.SLOPE),) if settings.bias else ()),
            ("change", "–" if math.isnan(change) else f"{change:.6g}", Role.PLAIN),
            ("to minimum", f"{distance:.6g}", Role.MINIMUM),
            ("verdict", judged.word, judged.role),
            ("", judged.why, Role.QUIET),
            ("speed", f"{speed:,.0f}/s", Role.PLAIN)
            if speed
            else ("pace", _pace(pace), Role.PLAIN),
        ]

    def _row(self, label: str, value: str, role: Role) -> Row:
        width = self.size.width
        label = label.ljust(self.LABEL_WIDTH) if label else ""
        return ((label, Role.QUIET), (value.rjust(width - len(label)), role))
