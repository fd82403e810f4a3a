"""What can be taken away of a program that is followed. A new kind of file is one more function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gdtui.drawing import Drawing
from gdtui.export.figures import CAPTION_CHARACTERS, FORMS, drawn_file
from gdtui.export.files import write_new
from gdtui.export.json_lines import json_line
from gdtui.following.followed import Followed
from gdtui.following.words import summary
from gdtui.schemes import Scheme

# Losses that are written at once.
WRITTEN_TOGETHER = 512


class FollowedRequest(NamedTuple):
    """What files are made from, and how: in a theme's colours; `pause` comes every few lines."""

    folder: str
    program: Followed
    drawing: Drawing
    scheme: Scheme
    pause: Callable[[], None]

    def write(self, suffix: str, content: bytes | Iterable[str]) -> Path:
        """Write a new file; returns where."""
        name = f"{Path(self.program.short_name).stem}-losses"
        return write_new(self.folder, name, suffix, content, self.pause)


FOLLOWED_EXPORTERS: dict[str, Callable[[FollowedRequest], Path]] = {
    "the losses as CSV": lambda request: request.write(".csv", losses_as_csv(request.program)),
    "the losses as JSON Lines": lambda request: request.write(
        ".jsonl", losses_as_json(request.program)
    ),
}


def losses_as_csv(program: Followed) -> Iterator[str]:
    """The losses so far, in full precision."""
    yield "line,iteration,loss\n"
    for line, iteration, loss in _rows(program):
        yield f"{line},{iteration},{loss!r}\n"


def losses_as_json(program: Followed) -> Iterator[str]:
    """The losses so far, an object each; what is no finite number is text."""
    for line, iteration, loss in _rows(program):
        value = loss if loss - loss == 0.0 else str(loss)
        yield json_line({"line": line, "iteration": iteration, "loss": value})


def _rows(program: Followed) -> Iterator[tuple[int, int, float]]:
    count = program.count
    for start in range(0, count, WRITTEN_TOGETHER):
        losses = program.losses(start, min(start + WRITTEN_TOGETHER, count)).tolist()
        for at, loss in enumerate(losses, start):
            yield program.line(at), program.iteration(at), loss


def figure_of_program(
    program: Followed, drawings: Sequence[Drawing], scheme: Scheme, form: str
) -> bytes:
    """Plots of what a program has printed, above what is to be said of it; raises ExportError."""
    told = summary(program) if program.count else []
    caption = [line[:CAPTION_CHARACTERS] for line in (*told, drawings[0].note) if line]
    return drawn_file(drawings, caption, scheme, form)


def _plot_as(form: str) -> Callable[[FollowedRequest], Path]:
    def export(request: FollowedRequest) -> Path:
        file = figure_of_program(request.program, [request.drawing], request.scheme, form)
        return request.write(f".{form}", file)

    return export


FOLLOWED_EXPORTERS |= {f"the plot as {form.upper()}": _plot_as(form) for form in FORMS}
