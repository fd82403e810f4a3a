"""What is asked for, and then a screen, a plain report or a list.

With the modules beside it the only place that prints, and by itself the only one that ends the
program. What only one way needs is imported there: plain output waits for neither textual nor
plotext.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from gdtui.cli.output import (
    INTERRUPTED_STATUS,
    fail,
    has_screen,
    is_plain,
    tell,
    tell_no_keys,
    tell_notes,
    theme_trouble,
    trouble_with_figure,
)
from gdtui.cli.parser import USAGE_STATUS, read_options
from gdtui.cli.terminal import can_show, draw_on_output, drop, is_terminal, let_go, take_keyboard
from gdtui.core.printable import printable
from gdtui.core.settings import Settings
from gdtui.samples import sample_folder, sample_path

if TYPE_CHECKING:
    from gdtui.lessons.course import Course
    from gdtui.loading import Loading
    from gdtui.problem import Problem, Source
    from gdtui.runs.history import History
    from gdtui.scene import Program
    from gdtui.sessions.opening import Opening
    from gdtui.sessions.store import SessionSummary

DIVERGED_STATUS = OTHER_LOSSES_STATUS = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run gdtui; returns the exit status."""
    if sys.stdout is None:
        return fail("standard output is closed")
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS
    except OSError as error:
        drop(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return 0  # whoever read has seen enough
        return fail(f"the output can't be written: {error.strerror}")
    finally:
        let_go(sys.stderr)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options, settings = read_options(arguments)
    except SystemExit as end:  # what there is to say has been printed
        return int(end.code or 0)
    if options.samples:
        return _list_samples()
    if options.file == "-" and (sys.stdin is None or is_terminal(sys.stdin)):
        return fail("there is no data on standard input; pipe it in, or name a file")
    if options.check is not None:
        return _check(options, settings)
    if options.follow:
        from gdtui.cli.follow import follow

        return follow(options)
    if options.figure and (trouble := trouble_with_figure(options)):
        return fail(trouble)
    if options.compare:
        return _compare(options)
    if options.resume is not None:
        return _resume(options, settings)
    if options.check_lesson:
        return _check_lessons(options)
    if options.lesson is not None:
        return _teach(options, settings)
    if options.figure:
        return _draw_run(options, settings)
    if has_screen(options):
        return _show(options, settings)
    return _print(options, settings)


def _draw_run(options: argparse.Namespace, settings: Settings) -> int:
    """Draw a run of its own into a file."""
    from gdtui.dataset import DataError

    try:
        problem = _read(options)
    except DataError as error:
        return fail(error)
    return _draw(options, problem, settings)


def _draw(
    options: argparse.Namespace,
    problem: Problem,
    settings: Settings,
    history: History | None = None,
) -> int:
    """Finish the run, and draw it into a file; runs of a history are drawn as they stand."""
    from gdtui.bench import Bench
    from gdtui.core.worker import AtOnce
    from gdtui.export.figures import caption, figure_file
    from gdtui.export.files import ExportError, write_at
    from gdtui.scene import SWEEP

    worker = AtOnce()
    bench = Bench(
        problem, settings, worker, worker, worker.now, views=options.view, history=history
    )
    if history is None:
        bench.finish()
    if SWEEP in options.view:
        bench.begin_sweep()
        bench.move(0)
    if options.at is not None:
        bench.look_at(options.at)
    scene = bench.scene()
    words = caption(problem, bench.entry, scene)
    try:
        write_at(
            options.figure, figure_file(scene, options.view, words, options.theme, options.form)
        )
    except ExportError as error:
        return fail(error)
    return 0


def _source(options: argparse.Namespace) -> Source:
    """What was asked for of the data."""
    from gdtui.problem import Source

    return Source(options.file, options.x, options.y, drop_missing=options.drop_missing)


def _loading(options: argparse.Namespace, stream: BinaryIO | None = None) -> Loading:
    """What is asked for, to be read; a surface needs no reading."""
    from gdtui.loading import Loading
    from gdtui.problem import Problem

    if options.surface:
        return Loading.done_with(Problem.of_landscape(options.surface))
    return Loading(_source(options), stream)


def _read(options: argparse.Namespace) -> Problem:
    """What is asked for, read at once; says what was guessed in it, and raises DataError."""
    loading = _loading(options)
    loading.read()
    problem = loading.result()
    tell_notes(problem)
    return problem


def _compare(options: argparse.Namespace) -> int:
    from gdtui.export.comparison import compared, table
    from gdtui.export.files import ExportError
    from gdtui.loading import Loading
    from gdtui.sessions.opening import Opening
    from gdtui.sessions.store import Store

    try:
        problem, history, notes = compared(options.compare, _source(options))
    except ExportError as error:
        return fail(error)
    tell(notes)
    if options.figure:
        return _draw(options, problem, history.entries[-1].run.settings, history)
    if has_screen(options):
        try:
            take_keyboard()
        except OSError:
            tell_no_keys()
        else:
            opening = Opening(Store(), history=history)
            loading = Loading.done_with(problem)
            return _open(options, history.entries[0].run.settings, opening, loading)
    tell_notes(problem)
    sys.stdout.write(table(history))
    return 0


def _check(options: argparse.Namespace, settings: Settings) -> int:
    """Compare the losses that a program printed with the run asked for."""
    import numpy as np

    from gdtui.dataset import DataError
    from gdtui.diagnosis.judgement import judged
    from gdtui.diagnosis.report import verdict_of
    from gdtui.loading import Loading
    from gdtui.scene import Program
    from gdtui.sessions.opening import Opening
    from gdtui.sessions.store import Store
    from gdtui.transcript import TranscriptError, read_transcript

    stream = None
    if options.check == "-":
        if sys.stdin is None or is_terminal(sys.stdin):
            return fail("there are no lines on standard input; pipe them in, or name a file")
        stream = sys.stdin.buffer
    try:
        problem = _read(options)
        transcript = read_transcript(options.check, options.pattern, stream)
    except (DataError, TranscriptError) as error:
        return fail(error)
    if transcript.begins_again:
        tell([f"line {transcript.begins_again} begins another run, which is not looked at"])
    judgement = judged(problem.surface, settings, transcript)
    found = verdict_of(judgement, transcript, settings)
    status = 0 if judgement.is_same else OTHER_LOSSES_STATUS
    if options.show and has_screen(options):
        losses = np.array([printed[1:3] for printed in transcript])
        name = "your program" if stream else printable(os.path.basename(options.check))
        program = Program(name, losses[:, 0] - judgement.offset, losses[:, 1], tuple(found))
        try:
            take_keyboard()
        except OSError:
            tell_no_keys()
        else:
            opening = Opening(Store())
            loaded = Loading.done_with(problem)
            return _open(options, settings, opening, loaded, program=program) or status
    for sentence in found:
        print(sentence)
    return status


def _resume(options: argparse.Namespace, settings: Settings) -> int:
    """Go on with a saved session; without a screen, list them."""
    from gdtui.dataset import DataError
    from gdtui.sessions.opening import Opening
    from gdtui.sessions.store import Store

    store = Store()
    try:
        sessions, troubles = store.summaries()
    except DataError as error:
        return fail(error)
    tell(troubles)
    if options.resume > len(sessions):
        there = {0: "no session is saved", 1: "only one session is saved"}
        count = len(sessions)
        return fail(there.get(count, f"only {count} sessions are saved; gdtui --resume lists them"))
    if not sessions or is_plain(options) or not can_show():
        return _list_sessions(sessions)
    try:
        stream = take_keyboard()
    except OSError:
        tell_no_keys()
        return _list_sessions(sessions)
    opening = Opening(store, sessions, options.file, stream)
    try:
        loading = opening.choose(sessions[options.resume - 1].name) if options.resume else None
    except DataError as error:
        return fail(opening.explain(error))
    return _open(options, settings, opening, loading)


def _check_lessons(options: argparse.Namespace) -> int:
    """Walk through lessons without a screen."""
    from gdtui.dataset import DataError
    from gdtui.lessons.checking import check_all
    from gdtui.lessons.lesson import LessonError, lesson_at

    try:
        problem = _read(options)
        lessons = [lesson_at(where) for where in options.check_lesson]
    except (DataError, LessonError) as error:
        return fail(error)
    return 0 if check_all(lessons, problem, print) else USAGE_STATUS


def _teach(options: argparse.Namespace, settings: Settings) -> int:
    """Open a lesson; list them where none is named."""
    from gdtui.lessons.lesson import LessonError, lesson_at, shipped
    from gdtui.lessons.progress import LessonProgress, course_of
    from gdtui.sessions.opening import Opening
    from gdtui.sessions.store import Store

    if not options.lesson:
        progress = LessonProgress()
        for name in shipped():
            print(progress.line(lesson_at(name)))
        return 0
    try:
        course = course_of(options.lesson)
    except LessonError as error:
        return fail(error)
    if not can_show():
        return fail("a lesson needs a terminal to show it on; --check-lesson needs none")
    try:
        stream = take_keyboard()
    except OSError:
        return fail("a lesson needs a terminal to take keys from")
    return _open(options, settings, Opening(Store()), _loading(options, stream), course)


def _list_sessions(sessions: Sequence[SessionSummary]) -> int:
    if not sessions:
        print("No session is saved yet.")
    for number, session in enumerate(sessions, 1):
        print(f"{number:3}  {session.line}")
    return 0


def _print(options: argparse.Namespace, settings: Settings) -> int:
    from gdtui.core.descent import Status
    from gdtui.dataset import DataError
    from gdtui.export.reports import REPORTS
    from gdtui.theory.explanation import explanation, warning

    try:
        problem = _read(options)
    except DataError as error:
        return fail(error)
    surface = problem.surface_for(settings)
    lines = REPORTS[options.format or "text"](problem, settings, options.every)
    while True:
        try:
            sys.stdout.write(next(lines))
        except StopIteration as end:
            outcome = end.value
            break
    sys.stdout.flush()
    diverged = outcome.status is Status.DIVERGED
    if diverged:
        tell([explanation(surface, settings, outcome)])
    elif warned := warning(surface, settings, outcome.step[1:3]):
        tell([warned])
    return DIVERGED_STATUS if diverged else 0


def _show(options: argparse.Namespace, settings: Settings) -> int:
    from gdtui.sessions.opening import Opening
    from gdtui.sessions.store import Store

    try:
        stream = take_keyboard()
    except OSError:
        tell_no_keys()
        return _print(options, settings)
    return _open(options, settings, Opening(Store()), _loading(options, stream))


def _open(
    options: argparse.Namespace,
    settings: Settings,
    opening: Opening,
    loading: Loading | None,
    course: Course | None = None,
    program: Program | None = None,
) -> int:
    """Open the screen, and stay until the user leaves."""
    draw_on_output()
    # What the start makes stays: to look through it for garbage would take a tenth of its time.
    gc.disable()
    from gdtui.dataset import DataError
    from gdtui.ui.app import Laboratory

    screen = options.pace, options.run, options.fps, options.ascii
    app = Laboratory(loading, settings, *screen, opening, course=course, program=program)
    if trouble := theme_trouble(app, options):
        return fail(trouble)
    was_quick = loading is not None and loading.is_quick
    try:
        if loading and was_quick:
            loading.read()
            tell_notes(loading.result())
        app.obey_signals()
        failure = app.run_on_terminal()
        if failure is not None:
            raise failure
    except DataError as error:
        return fail(opening.explain(error))
    if opening.problem and not was_quick:
        tell_notes(opening.problem)
    if app.fault:
        tell([f"this was a bug of gdtui; {app.fault}"])
    elif app.trouble and not app.return_code:
        tell([app.trouble])
    return app.return_code or 0


def _list_samples() -> int:
    from gdtui.core.landscapes import LANDSCAPES
    from gdtui.dataset import read_dataset

    for name in sorted(os.listdir(sample_folder())):
        path = os.path.normpath(sample_path(name))
        data = read_dataset(path)
        print(f"{name:16} {data.feature} -> {data.label}, {len(data.x)} examples  ({path})")
    for surface in LANDSCAPES.values():
        print(f"--surface {surface.name:12} {surface.help}")
    return 0
