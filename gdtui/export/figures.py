"""Figures for slides and papers: the plots of a scene, drawn by matplotlib where that is there."""

from __future__ import annotations

import os
from collections.abc import Sequence

from gdtui.core.printable import printable
from gdtui.core.settings import Settings
from gdtui.drawing import Drawing
from gdtui.export.command import command, not_carried
from gdtui.export.files import ExportError
from gdtui.problem import Problem
from gdtui.runs.history import Entry
from gdtui.scene import Scene
from gdtui.schemes import Scheme
from gdtui.views import SHORT_NAMES, VIEWS

# The kinds of files there are, by how their names end.
FORMS = ("svg", "pdf", "png")
# The views of a figure for which none is named.
USUAL_VIEWS = ("Loss", "Valley")
# How much of a text a caption has room for.
CAPTION_CHARACTERS = 600


def require_matplotlib() -> None:
    """Raise ExportError, with what to do about it, where figures can't be drawn."""
    try:
        import gdtui.export.matplotlib_canvas  # noqa: F401
    except ImportError as error:
        reason = printable(str(error), 200)
        raise ExportError(
            f"figures are drawn by matplotlib ({reason}): pip install 'gdtui[figures]'"
        ) from None


def figure_file(
    scene: Scene, views: Sequence[str], caption: Sequence[str], scheme: Scheme, form: str
) -> bytes:
    """The plots of some views side by side, as a file in one of FORMS; raises ExportError."""
    require_matplotlib()
    plots = _plots(scene, views)
    for view in views:
        if view not in plots:
            raise ExportError(f"{SHORT_NAMES[view]} is text here and no plot: choose another one")
    return drawn_file(list(plots.values()), caption, scheme, form)


def drawn_file(
    drawings: Sequence[Drawing], caption: Sequence[str], scheme: Scheme, form: str
) -> bytes:
    """Drawings side by side above a caption, as a file in one of FORMS; raises ExportError."""
    require_matplotlib()
    from gdtui.export.matplotlib_canvas import figure_bytes

    return figure_bytes(drawings, caption, scheme, form)


def plot_files(
    scene: Scene, views: Sequence[str], caption: Sequence[str], scheme: Scheme, form: str
) -> dict[str, bytes]:
    """A file for each of some views that is a plot; raises ExportError where none is."""
    plots = list(_plots(scene, views)) or views
    return {view: figure_file(scene, [view], caption, scheme, form) for view in plots}


def _plots(scene: Scene, views: Sequence[str]) -> dict[str, Drawing]:
    """Those of the views that are plots, drawn."""
    shown = {view: VIEWS[view](scene) for view in views}
    return {view: plot for view, plot in shown.items() if isinstance(plot, Drawing)}


def caption(problem: Problem, entry: Entry, scene: Scene) -> list[str]:
    """What a figure is of: the data, the settings, where the run stands, and the command for it."""
    snapshot = scene.snapshot
    standing = f"iteration {snapshot.step.iteration} of {snapshot.settings.iterations}"
    standing += "" if scene.live else f", {scene.status}"
    lines = [
        " · ".join([problem.title, _in_words(snapshot.settings)]),
        " · ".join(filter(None, [standing, scene.winner])),
        " ".join([_command(problem, entry), not_carried(problem.source, entry.run, entry.parent)]),
    ]
    return [printable(line.strip(), CAPTION_CHARACTERS) for line in lines]


def _in_words(settings: Settings) -> str:
    """The settings, each with its value."""
    method, *others = settings.hyperparameters
    values = [f"{parameter.label} {parameter.format(settings[parameter])}" for parameter in others]
    return f"{method.choices[settings.method].name}: {', '.join(values)}"


def _command(problem: Problem, entry: Entry) -> str:
    """The command that repeats the run, without the folder: that concerns nobody who looks on."""
    source = problem.source
    path = source.path and os.path.basename(source.path)
    return command(source._replace(path=path), entry.run.settings)
