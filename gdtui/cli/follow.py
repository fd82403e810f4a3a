"""The losses that other programs print: followed on screen, summed up or drawn."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from gdtui.cli.output import (
    INTERRUPTED_STATUS,
    fail,
    has_screen,
    tell,
    tell_no_keys,
    theme_trouble,
    trouble_with_figure,
)
from gdtui.cli.parser import USAGE_STATUS
from gdtui.cli.terminal import draw_on_output, is_terminal, take_keyboard
from gdtui.core.settings import Settings

if TYPE_CHECKING:
    from gdtui.following.followed import Followed


def follow(options: argparse.Namespace) -> int:
    """Read the losses that other programs print, and sum them up, or draw them."""
    from gdtui.following.reading import exported_runs
    from gdtui.transcript import TranscriptError

    if "-" in options.follow and (sys.stdin is None or is_terminal(sys.stdin)):
        return fail("there are no lines on standard input; pipe them in, or name a file")
    try:
        runs = [run for path in options.compare or () for run in exported_runs(path)]
    except TranscriptError as error:
        return fail(error)
    if not options.figure and has_screen(options):
        try:
            stream = take_keyboard()
        except OSError:
            tell_no_keys()
        else:
            return _follow_on_screen(options, stream, runs)
    if options.figure and (trouble := trouble_with_figure(options)):
        return fail(trouble)
    programs, status = _read_followed(options)
    if not options.figure:
        for program in [*programs, *runs]:
            _sum_up(program)
    elif programs and status != USAGE_STATUS:
        return _draw_followed(options, [*programs, *runs]) or status
    return status


def _read_followed(options: argparse.Namespace) -> tuple[list[Followed], int]:
    """Read what is there to the end; those that have printed a loss, and the exit status."""
    from gdtui.following.followed import Followed, source_name
    from gdtui.following.reading import read_to_end
    from gdtui.transcript import TranscriptError

    programs, status = [], 0
    for path in options.follow:
        programs.append(Followed(source_name(path), options.pattern))
        try:
            read_to_end(programs[-1], path, sys.stdin.buffer if path == "-" else None)
        except TranscriptError as error:
            status = fail(error)
        except KeyboardInterrupt:  # it has been seen enough of
            status = INTERRUPTED_STATUS
            break
    return [program for program in programs if program.count], status


def _sum_up(program: Followed) -> None:
    from gdtui.following.words import summary

    print("\n".join(summary(program)))


def _draw_followed(options: argparse.Namespace, programs: Sequence[Followed]) -> int:
    """Draw the losses into a file, where that says more on a log scale as well."""
    from gdtui.export.files import ExportError, write_at
    from gdtui.export.followed import figure_of_program
    from gdtui.scene import Scale
    from gdtui.views.loss import loss_of_programs

    lowest = [program.lowest.loss for program in programs if program.lowest]
    scales = [Scale.LINEAR, *([Scale.LOG] if min(lowest, default=0.0) > 0 else [])]
    drawings = [loss_of_programs(programs, 0, scale, None) for scale in scales]
    try:
        file = figure_of_program(programs[0], drawings, options.theme, options.form)
        write_at(options.figure, file)
    except ExportError as error:
        return fail(error)
    return 0


def _follow_on_screen(
    options: argparse.Namespace, stream: BinaryIO | None, runs: Sequence[Followed]
) -> int:
    """Follow on screen, beside runs that are over; at the end there is a summary of all."""
    draw_on_output()
    from gdtui.following.followed import Followed, source_name
    from gdtui.following.reading import LineReader
    from gdtui.ui.app import Laboratory

    readers = [
        *(
            LineReader(
                Followed(source_name(path), options.pattern), path, stream if path == "-" else None
            )
            for path in options.follow
        ),
        *(LineReader(run, run.name) for run in runs),
    ]
    app = Laboratory(None, Settings(), fps=options.fps, ascii_only=options.ascii, readers=readers)
    if trouble := theme_trouble(app, options):
        return fail(trouble)
    app.obey_signals()
    app.run_on_terminal()
    if app.fault:
        tell([f"this was a bug of gdtui; {app.fault}"])
    status = app.return_code or 0
    if not status:
        programs = [reader.followed for reader in readers]
        tell(program.trouble for program in programs if program.trouble)
        for program in programs:
            if program.count:
                _sum_up(program)
    return status
