"""Now: the figures of the step where the run stands, and a verdict on the learning rate."""

from __future__ import annotations

import math
import textwrap
from collections import deque
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from gdtui.core.arithmetic import batch_measure
from gdtui.core.descent import Status
from gdtui.core.pacemaker import FULL_SPEED, Pace, Schedule
from gdtui.core.run import Snapshot
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.drawing import Role, Row, figure, short
from gdtui.scene import Scene
from gdtui.theory.goal import OF_MINIMUM, Gap, gap
from gdtui.theory.verdict import Stability, Verdict, stability
from gdtui.ui.widgets.rows import Rows, framed
from gdtui.views.marks import WALKER

# What the parts of the gauge look like, up to which part of the critical learning rate.
_ZONES = (
    (0.05, ".", Role.QUIET),
    (0.5, "=", Role.MINIMUM),
    (1.0, "~", Role.WALKER),
    (math.inf, "x", Role.ALARM),
)
# The gauge reaches from a hundredth of the critical learning rate to its tenfold.
_LOWEST, _DECADES = -2.0, 3.0
_VERDICTS = {
    Verdict.CRAWLS: Role.WALKER,
    Verdict.GOOD: Role.MINIMUM,
    Verdict.OSCILLATES: Role.WALKER,
    Verdict.DIVERGES: Role.ALARM,
    Verdict.NO_BOUND: Role.PLAIN,
}


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


def fitted(values: Sequence[float], between: str, room: int, digits: int = 6) -> str:
    """Several numbers on one line, with as many digits as there is room for, but at least one."""
    for number in range(digits, 2, -1):
        text = between.join(short(value, number) for value in values)
        if len(text) <= room:
            break
    return text


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
        self._judged: tuple[object, Stability] | None = None

    def on_resize(self) -> None:
        """Show the same at the new width."""
        if self._scene:
            self.show(self._scene)

    def show(self, scene: Scene) -> None:
        """Show where the run stands that is looked at."""
        self._scene = scene
        surface, snapshot, pace = scene.surface, scene.snapshot, scene.pace
        title = f"Now: run {scene.number}" if scene.ghosts else "Now"
        if snapshot.status is Status.RUNNING:
            speed = self._speedometer.read(snapshot.step.iteration, scene.now)
        else:
            self._speedometer.reset()
            speed = 0.0
        # In the frame, where no row can push it out of sight.
        note = f"speed: {float(f'{speed:.2g}'):,.0f}/s" if speed else f"pace: {_pace(pace)}"
        figures, room = self._figures(surface, snapshot), self.size.height - 2
        judgement, bound = self._judgement(surface, snapshot), self._bound_of(snapshot.settings)
        if len(figures) + len(judgement) > room:
            figures = self._figures(surface, snapshot, short_of_room=True)
            judgement = self._judgement(surface, snapshot, short_of_room=True)
        rows = [*(self._row(*line) for line in figures), *judgement]
        if len(rows) + len(bound) <= room:
            rows += bound
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

    def _figures(
        self, surface: Surface, snapshot: Snapshot, short_of_room: bool = False
    ) -> list[tuple[str, str, Role]]:
        """What was measured where the run stands; where room is short, in fewer rows."""
        step, settings = snapshot.step, snapshot.settings
        room = max(self._width - self.LABEL_WIDTH, 10)
        trained = Role.WALKER if settings.bias else Role.QUIET
        scaled = [
            ("w scaled", figure(step.w, room), Role.WALKER),
            ("b scaled", figure(step.b, room), trained),
        ]
        if short_of_room:
            scaled = [("scaled", fitted((step.w, step.b), ", ", room), Role.WALKER)]
        w, b = surface.raw(step.w, step.b)
        both = settings.bias or surface.is_standardized
        parameters = [("w", w, Role.WALKER), ("b", b, Role.WALKER if both else Role.QUIET)]
        slopes = (step.dw, step.db) if settings.bias else (step.dw,)
        minimum, left = surface.minimum(step.w, step.b, settings.bias), gap(surface, step, settings)
        answer = surface.raw(minimum.w, minimum.b)[: 2 if both else 1]
        sampling = batch_measure(surface, settings)
        return [
            ("loss", figure(step.loss, room), Role.LIVE),
            *([("of batch", figure(sampling(*step[:3])[0], room), Role.PLAIN)] if sampling else []),
            *((name, figure(value, room), role) for name, value, role in parameters),
            *(scaled if surface.is_standardized else []),
            ("slopes" if settings.bias else "slope", fitted(slopes, ", ", room), Role.SLOPE),
            ("minimum", fitted(answer, ", ", room), Role.MINIMUM),
            ("above min", _percent(left), Role.MINIMUM),
        ]

    def _judgement(
        self, surface: Surface, snapshot: Snapshot, short_of_room: bool = False
    ) -> list[Row]:
        """What theory says, worked out anew only for other settings or another minimum."""
        settings, step = snapshot.settings, snapshot.step
        minimum = surface.minimum(step.w, step.b, settings.bias)
        near = None if surface.is_quadratic else (minimum.w, minimum.b)
        key = surface, settings, near
        if self._judged is None or self._judged[0] != key:
            self._judged = key, stability(surface, settings, near)
        return self._judged_by(self._judged[1], short_of_room)

    def _judged_by(self, found: Stability, short_of_room: bool) -> list[Row]:
        """The verdict with its gauge, and the curvature that it comes from."""
        role, width = _VERDICTS[found.verdict], self._width
        verdict: list[Row] = [((found.short.ljust(width), role),)]
        if found.ratio is not None and found.critical is not None:
            word = str(found.verdict).ljust(self.LABEL_WIDTH + 1)
            scale = gauge(found.ratio, max(width - len(word), 1))
            compared = f"{_ratio(found.ratio)} × {short(found.critical, 5)}"
            verdict = [((word, role), *scale), self._row("critical", compared, role)]
        outlook = self._row("within 1%", found.outlook.replace("within 1%", "").strip())
        if short_of_room:
            known = [outlook] if found.predicted is not None else []
            return [*verdict, *known, self._curvature_row(found)]
        curvatures = fitted(found.eigenvalues, " to ", width - self.LABEL_WIDTH, digits=4)
        return [
            *verdict,
            outlook,
            self._row("condition", f"{found.condition:.4g}"),
            self._row("curvature", curvatures),
        ]

    def _curvature_row(self, found: Stability) -> Row:
        """The curvature, or both and the condition number, which is the ratio of the two."""
        room = self._width - self.LABEL_WIDTH
        if len(found.eigenvalues) < 2:
            return self._row("curvature", fitted(found.eigenvalues, "", room, digits=4))
        condition = f"={found.condition:.4g}"
        curvatures = fitted(found.eigenvalues[::-1], "/", room - len(condition), digits=4)
        return self._row("condition", curvatures + condition)

    def _bound_of(self, settings: Settings) -> list[Row]:
        """Which learning rates work, in words."""
        width = self._width
        words = textwrap.wrap(f"{settings.chosen_method.bound}.", max(width, 1))
        return [((text.ljust(width), Role.QUIET),) for text in words]

    def _row(self, label: str, value: str, role: Role = Role.PLAIN) -> Row:
        return ((label, Role.QUIET), (value.rjust(self._width - len(label)), role))


def _ratio(part: float) -> str:
    return f"{part:.2f}" if 0.1 <= part < 1000 else short(part, 4)


def _percent(left: Gap) -> str:
    if not math.isfinite(left.percent):
        return "far"
    amount = f"{short(left.percent, 4)}%"
    return amount if left.of == OF_MINIMUM else f"{amount} of start"
