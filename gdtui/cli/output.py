"""What the output can show, and what is said beside it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gdtui.cli.parser import USAGE_STATUS
from gdtui.cli.terminal import can_show, is_terminal
from gdtui.core.printable import printable

if TYPE_CHECKING:
    from gdtui.problem import Problem
    from gdtui.ui.app import Laboratory

INTERRUPTED_STATUS = 128 + 2


def is_plain(options: argparse.Namespace) -> bool:
    """Whether lines are asked for, not a screen."""
    return options.plain or options.format is not None


def has_screen(options: argparse.Namespace) -> bool:
    """Whether to show a screen; where one was asked for and can't be, says why."""
    if not is_plain(options) and not can_show():
        _tell_why_plain()
    return not is_plain(options) and can_show()


def trouble_with_figure(options: argparse.Namespace) -> Exception | None:
    """Why no figure can be written, as far as that can be known before it is drawn."""
    from gdtui.export.figures import require_matplotlib
    from gdtui.export.files import ExportError, refuse_existing

    try:
        refuse_existing(options.figure)
        require_matplotlib()
    except ExportError as error:
        return error
    return None


def theme_trouble(app: Laboratory, options: argparse.Namespace) -> str | None:
    """Put the theme on that is named; says which there are where there is none of that name."""
    if options.theme is None:
        return None
    if options.theme not in app.available_themes:
        themes = ", ".join(app.available_themes)
        return f"no theme '{printable(options.theme)}'; there are {themes}"
    app.theme = options.theme
    return None


def _tell_why_plain() -> None:
    if is_terminal(sys.stdout):
        tell(["this terminal can't show a screen; plain output follows"])
    elif is_terminal(sys.stderr):  # else nobody is there who could have expected a screen
        tell(["the output is no terminal; plain output follows"])


def tell_no_keys() -> None:
    """Say why there is no screen, though the output could show one."""
    tell(["there is no terminal to take keys from; plain output follows"])


def tell_notes(problem: Problem) -> None:
    """Say what was guessed or left out in reading the data."""
    tell(problem.dataset.notes if problem.dataset else ())


def tell(sentences: Iterable[object]) -> None:
    """Say something on standard error, a line a sentence."""
    for sentence in sentences:
        print(f"gdtui: {sentence}", file=sys.stderr)


def fail(message: object) -> int:
    """Say what is wrong with what was asked for; returns the exit status."""
    tell([message])
    return USAGE_STATUS
