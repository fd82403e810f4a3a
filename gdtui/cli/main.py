"""The command line: words to a dataset and Settings, and these to a screen or a plain report.

The only place that prints, and the only one that ends the program. What only one way needs is
imported there: `--help` waits for no numpy, and plain output for neither textual nor plotext.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TextIO

from gdtui import __version__
from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.methods import LR, METHODS
from gdtui.core.printable import printable
from gdtui.core.settings import SHARED, Settings

if TYPE_CHECKING:
    from gdtui.loading import Loading
    from gdtui.problem import Source
    from gdtui.sessions.resume import Keeper
    from gdtui.sessions.store import Header

DEFAULT_SAMPLE = "pizza.txt"
FORMATS = ("text", "csv", "json")
USAGE_STATUS = 2
DIVERGED_STATUS = 1
INTERRUPTED_STATUS = 128 + 2
MESSAGE_CHARACTERS = 400
# What Python sets LC_CTYPE to by itself, where the locale is C or is not installed.
COERCED_LOCALES = ("C.UTF-8", "C.utf8", "UTF-8")

DESCRIPTION = "A gradient-descent laboratory for the terminal: see how descent finds the line."
EXAMPLES = """\
examples:
  gdtui                                   the pizza sample, on screen
  gdtui data.csv --x Height --y Weight    two columns of a file of yours
  gdtui data.csv --lr 0.01 --bias --run   start at once with these settings
  gdtui data.csv --plain --every 10       every tenth line, without the screen
  gdtui data.csv --format csv > run.csv   each step in full precision
  zcat big.gz | gdtui -                   data from a pipe, keys from the terminal
  gdtui --surface rosenbrock              a classic surface in place of data
  gdtui --compare a.jsonl b.jsonl         exported runs beside each other

On screen, ? shows all keys. Exit status: 0; 1 if the run diverged to infinity (plain output);
2 for what can't be read or is asked wrongly."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Finds the width by itself: argparse would import shutil, and with it the archivers."""

    def __init__(self, prog: str) -> None:
        width = 80
        if os.environ.get("COLUMNS", "").isdecimal():
            width = int(os.environ["COLUMNS"])
        elif _is_terminal(sys.__stdout__):
            width = os.get_terminal_size().columns
        super().__init__(prog, width=max(width - 2, 40))


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints take one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # What begins so is a number and no option; before Python 3.14, -1e5 was taken for one.
        self._negative_number_matcher = re.compile(r"-(\.?[0-9]|inf|nan)")

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        # Before Python 3.13, -- was dropped from --lr=-- too, which left an empty list.
        if arg_strings == ["--"] and action.option_strings:
            value = self._get_value(action, "--")
            self._check_value(action, value)
            return value
        return super()._get_values(action, arg_strings)

    def error(self, message: str) -> NoReturn:
        message = f"{printable(message, MESSAGE_CHARACTERS)} (gdtui --help shows what there is)"
        self.exit(USAGE_STATUS, f"gdtui: {message}\n")


def _reader(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """A parser for argparse, that keeps the words of a ValueError."""

    def read(text: str) -> Value:
        try:
            return parse(text)
        except ValueError as reason:
            raise argparse.ArgumentTypeError(str(reason)) from None

    return read


def _pace(text: str) -> float:
    if text == "max":
        return float("inf")
    pace = Hyperparameter("pace", "pace", 1.0, "", low=0.1, high=1e9)
    return float(pace.parse(text))


def _every(text: str) -> int:
    return int(Hyperparameter("every", "every", 1, "", low=1, high=1e9).parse(text))


def _nth(text: str) -> int:
    return int(Hyperparameter("resume", "resume", 1, "", low=1, high=1e9).parse(text))


def _fps(text: str) -> float:
    return float(Hyperparameter("fps", "fps", 1.0, "", low=1, high=60).parse(text))


def _locale_has_unicode() -> bool:
    """Whether the locale asks for UTF-8, or for nothing at all, as in many containers."""
    variables = ["LC_ALL", "LC_CTYPE", "LANG"]
    if os.environ.get("LANG") and os.environ.get("LC_CTYPE") in COERCED_LOCALES:
        # It says what Python would like (PEP 538), and not what the terminal knows.
        variables.remove("LC_CTYPE")
    wanted = next((os.environ[name] for name in variables if os.environ.get(name)), "UTF-8")
    return "utf8" in wanted.lower().replace("-", "")


def _own_hyperparameters() -> dict[str, dict[str, Hyperparameter]]:
    """By name, and then by method: two methods may have different ones of the same name."""
    own: dict[str, dict[str, Hyperparameter]] = {}
    for key, method in METHODS.items():
        for parameter in method.hyperparameters:
            own.setdefault(parameter.name, {})[key] = parameter
    return own


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line; its options for hyperparameters come from their home."""
    parser = _Parser(
        prog="gdtui",
        usage="gdtui [FILE] [options]",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"gdtui {__version__}")
    parser.add_argument(
        "--samples", action="store_true", help="list the samples and surfaces, and end"
    )

    data = parser.add_argument_group("data")
    data.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="text in columns, or .gz of it; - is standard input; a sample's name will do; "
        f"default: {DEFAULT_SAMPLE}",
    )
    data.add_argument("--x", metavar="COLUMN", help="the feature: name, or number from 1 (first)")
    data.add_argument("--y", metavar="COLUMN", help="the label: name, or number from 1 (last)")
    data.add_argument("--surface", metavar="NAME", help="a classic surface in place of data")
    data.add_argument(
        "--compare",
        nargs="+",
        metavar="RUNS",
        help="runs exported as JSON Lines, over the data that they name, or FILE in its place",
    )

    hyper = parser.add_argument_group("hyperparameters")
    for parameter in SHARED:
        _add_option(hyper, parameter, _defaults(parameter), parameter.parse)
    for theirs in _own_hyperparameters().values():
        _add_own_option(hyper, theirs)

    screen = parser.add_argument_group("screen")
    screen.add_argument("--run", action="store_true", help="start at once")
    screen.add_argument(
        "--pace",
        type=_reader(_pace),
        metavar="N",
        help="iterations a second, or max (default: the whole run in five seconds)",
    )
    screen.add_argument(
        "--fps",
        type=_reader(_fps),
        metavar="N",
        help="frames a second at most (default: 16, over SSH 10)",
    )
    screen.add_argument(
        "--ascii",
        action=argparse.BooleanOptionalAction,
        default=not _locale_has_unicode() or os.environ.get("TERM") == "linux",
        help="draw with ASCII alone (default: where locale or Linux console know no braille)",
    )
    screen.add_argument("--theme", metavar="NAME", help="such as gdtui-light, nord, textual-ansi")

    screen.add_argument(
        "--resume",
        nargs="?",
        type=_reader(_nth),
        const=0,
        metavar="N",
        help="list the saved sessions, newest first, and go on with one; with N, at once with "
        "the Nth",
    )

    plain = parser.add_argument_group("plain output (by itself when stdout is no terminal)")
    plain.add_argument("--plain", action="store_true", help="print lines instead of a screen")
    plain.add_argument(
        "--format", choices=FORMATS, help="the lesson's lines (text), csv or json; implies --plain"
    )
    plain.add_argument(
        "--every",
        type=_reader(_every),
        default=1,
        metavar="N",
        help="only every Nth line; the last always",
    )
    return parser


def _defaults(parameter: Hyperparameter) -> str:
    others = {}
    if parameter.name == "lr":
        others = {key: method.lr for key, method in METHODS.items() if method.lr != LR}
    default = parameter.format(parameter.default)
    return ", ".join([default, *_by_method(parameter, others)])


def _by_method(parameter: Hyperparameter, values: Mapping[str, Value]) -> list[str]:
    """Each value and the keys of the methods that have it."""
    return [
        f"{parameter.format(value)} in {' and '.join(k for k, v in values.items() if v == value)}"
        for value in dict.fromkeys(values.values())
    ]


def _add_option(
    group: argparse._ArgumentGroup,
    parameter: Hyperparameter,
    defaults: str,
    parse: Callable[[str], Value],
) -> None:
    """An option that leaves no trace where it is not given: Settings know the defaults."""
    text = f"{parameter.help} (default: {defaults})".replace("%", "%%")
    if isinstance(parameter.default, bool):
        group.add_argument(
            parameter.flag,
            action=argparse.BooleanOptionalAction,
            default=argparse.SUPPRESS,
            help=text,
            dest=parameter.name,
        )
        return
    group.add_argument(
        parameter.flag,
        type=_reader(parse),
        default=argparse.SUPPRESS,
        metavar="|".join(parameter.choices) or "N",
        help=text,
        dest=parameter.name,
    )


def _add_own_option(group: argparse._ArgumentGroup, theirs: Mapping[str, Hyperparameter]) -> None:
    parameter = next(iter(theirs.values()))
    defaults = _by_method(parameter, {key: p.default for key, p in theirs.items()})
    # Read when the method is known, since each has bounds of its own.
    _add_option(group, parameter, ", ".join(defaults), str)


def read_settings(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Settings:
    """The settings that the options given make; it is the parser that complains of a wrong one."""
    given = vars(options)
    settings = Settings(**{p.name: given[p.name] for p in SHARED if p.name in given})
    for name, theirs in _own_hyperparameters().items():
        if name not in given:
            continue
        parameter = theirs.get(settings.method, next(iter(theirs.values())))
        try:
            if settings.method not in theirs:
                raise ValueError(f"{settings.method} has none; {' and '.join(theirs)} would")
            value = given[name]
            value = parameter.parse(value) if isinstance(value, str) else value
            settings = settings.change(parameter, value)
        except ValueError as reason:
            parser.error(f"argument {parameter.flag}: {reason}")
    return settings


def _on_surface(parser: argparse.ArgumentParser, options: argparse.Namespace) -> argparse.Namespace:
    """The options with the surface that is named, and with its own defaults for the rest."""
    from gdtui.core.landscapes import LANDSCAPES

    name = options.surface
    if name not in LANDSCAPES:
        parser.error(f"argument --surface: '{name}' is none of {', '.join(LANDSCAPES)}")
    if (options.file, options.x, options.y) != (None, None, None):
        parser.error("argument --surface: it takes the place of data, so no FILE, --x or --y")
    if vars(options).get("standardize"):
        parser.error("argument --standardize: a surface has no feature to scale")
    surface = LANDSCAPES[name]
    return argparse.Namespace(**(surface.defaults | vars(options) | {"surface": surface}))


def sample_folder() -> str:
    """Where the samples are: inside the installed package, or beside it in a working copy."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "data")
    return installed if os.path.isdir(installed) else os.path.join(package, os.pardir, "data")


def _find(file: str | None) -> str:
    """The path of a file, or of the sample of that name where there is no such file."""
    if file is None:
        return os.path.join(sample_folder(), DEFAULT_SAMPLE)
    sample = os.path.join(sample_folder(), file)
    is_sample = os.path.basename(file) == file and os.path.exists(sample)
    return sample if is_sample and not os.path.exists(file) else file


def _list_samples() -> int:
    from gdtui.core.landscapes import LANDSCAPES
    from gdtui.dataset.text import read_dataset

    for name in sorted(os.listdir(sample_folder())):
        path = os.path.normpath(os.path.join(sample_folder(), name))
        data = read_dataset(path)
        print(f"{name:16} {data.feature} -> {data.label}, {len(data.x)} examples  ({path})")
    for surface in LANDSCAPES.values():
        print(f"--surface {surface.name:12} {surface.help}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run gdtui; returns the exit status."""
    if sys.stdout is None:
        return _fail("standard output is closed")
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS
    except OSError as error:
        _drop(sys.stdout)
        if isinstance(error, BrokenPipeError):
            return 0  # whoever read has seen enough
        return _fail(f"the output can't be written: {error.strerror}")
    finally:
        _let_go(sys.stderr)


def _let_go(stream: TextIO | None) -> None:
    """Drop what a lost terminal takes no more: Python would end with 120 for it."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        _drop(stream)


def _drop(stream: TextIO) -> None:
    """Let what is still buffered go nowhere: at exit it would be written, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _run(arguments: Sequence[str] | None) -> int:
    parser = make_parser()
    try:
        options = parser.parse_args(arguments)
        if options.compare:
            _refuse_with_compare(parser, options)
        if options.surface is not None:
            options = _on_surface(parser, options)
        settings = read_settings(parser, options)
        if options.resume is not None:
            _check_resume(parser, options)
    except SystemExit as end:  # argparse has printed the help, the version or what is wrong
        return int(end.code or 0)
    if options.samples:
        return _list_samples()
    if options.file == "-" and (sys.stdin is None or _is_terminal(sys.stdin)):
        return _fail("there is no data on standard input; pipe it in, or name a file")
    if options.compare:
        return _compare(options)
    from gdtui.problem import Source

    source = Source(options.file, options.x, options.y)
    if options.resume is None or options.file is not None:
        options.file = _find(options.file)
    if options.resume is not None:
        return _resume(options, settings)
    if _has_screen(options):
        return _show(options, settings, source)
    return _print(options, settings)


def _is_plain(options: argparse.Namespace) -> bool:
    """Whether lines are asked for, not a screen."""
    return options.plain or options.format is not None


def _can_show() -> bool:
    return _is_terminal(sys.stdout) and os.environ.get("TERM", "dumb") != "dumb"


def _has_screen(options: argparse.Namespace) -> bool:
    """Whether to show a screen; where one was asked for and can't be, says why."""
    if not _is_plain(options) and not _can_show():
        _tell_why_plain()
    return not _is_plain(options) and _can_show()


def _refuse_with_compare(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Complain of options that make a run: the runs to compare are made."""
    names = [p.name for p in SHARED] + [*_own_hyperparameters()]
    given = [name for name in names if name in vars(options)]
    given += [name for name in ("surface", "format") if vars(options)[name] is not None]
    if given:
        flag = "--" + given[0].replace("_", "-")
        parser.error(f"argument {flag}: not with --compare, whose runs are as they are")


def _compare(options: argparse.Namespace) -> int:
    from gdtui.export.comparison import compared, table
    from gdtui.export.files import ExportError
    from gdtui.problem import Source
    from gdtui.sessions.resume import Keeper
    from gdtui.sessions.store import Store

    try:
        instead = Source(options.file, options.x, options.y)
        loading, history = compared(options.compare, instead, _find)
    except ExportError as error:
        return _fail(error)
    if _has_screen(options):
        try:
            if not _is_terminal(sys.stdin):
                _take_keyboard()
        except OSError:
            _tell_no_keys()
        else:
            keeper = Keeper(Store(), history=history)
            return _open(options, history.entries[0].run.settings, keeper, loading)
    sys.stdout.write(table(history))
    return 0


def _check_resume(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    given = vars(options)
    hyper = [p.flag for p in SHARED if p.name in given]
    hyper += ["--" + name for name in _own_hyperparameters() if name in given]
    data = [f"--{name}" for name in ("x", "y", "surface") if given[name] is not None]
    if hyper or data:
        parser.error(f"argument --resume: the session has its own, so no {(hyper + data)[0]}")


def _resume(options: argparse.Namespace, settings: Settings) -> int:
    """Go on with a saved session; without a screen, list them."""
    from gdtui.dataset.text import DataError
    from gdtui.sessions.resume import Keeper
    from gdtui.sessions.store import Store

    store = Store()
    try:
        headers, troubles = store.headers()
    except DataError as error:
        return _fail(error)
    for trouble in troubles:
        print(f"gdtui: {trouble}", file=sys.stderr)
    if options.resume > len(headers):
        there = {0: "no session is saved", 1: "only one session is saved"}
        count = len(headers)
        return _fail(
            there.get(count, f"only {count} sessions are saved; gdtui --resume lists them")
        )
    if not headers or _is_plain(options) or not _can_show():
        return _list_sessions(headers)
    try:
        stream = None if _is_terminal(sys.stdin) else _take_keyboard()
    except OSError:
        _tell_no_keys()
        return _list_sessions(headers)
    keeper = Keeper(store, headers, options.file, stream)
    try:
        loading = keeper.choose(headers[options.resume - 1].name) if options.resume else None
    except DataError as error:
        return _fail(keeper.explain(error))
    return _open(options, settings, keeper, loading)


def _list_sessions(headers: Sequence[Header]) -> int:
    if not headers:
        print("No session is saved yet.")
    for number, header in enumerate(headers, 1):
        print(f"{number:3}  {header.line}")
    return 0


def _tell_why_plain() -> None:
    if _is_terminal(sys.stdout):
        print("gdtui: this terminal can't show a screen; plain output follows", file=sys.stderr)
    elif _is_terminal(sys.stderr):  # else nobody is there who could have expected a screen
        print("gdtui: the output is no terminal; plain output follows", file=sys.stderr)


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream is a terminal; it is None where it was closed."""
    return stream is not None and stream.isatty()


def _take_keyboard() -> BinaryIO | None:
    """Let standard input be the terminal; returns what it was before, if it was anything."""
    terminal = os.open("/dev/tty", os.O_RDONLY)
    data = None if sys.stdin is None else os.fdopen(os.dup(0), "rb")
    if terminal:
        os.dup2(terminal, 0)
        os.close(terminal)
    if sys.stdin is None:
        sys.stdin = sys.__stdin__ = os.fdopen(0, closefd=False)  # type: ignore[misc]
    return data


def _fail(message: object) -> int:
    print(f"gdtui: {message}", file=sys.stderr)
    return USAGE_STATUS


def _print(options: argparse.Namespace, settings: Settings) -> int:
    from gdtui.core.descent import Status
    from gdtui.core.surface import surface_of
    from gdtui.dataset.text import DataError, read_dataset
    from gdtui.export import lines as report
    from gdtui.theory.explanation import explanation, warning

    try:
        data = options.surface or read_dataset(options.file, options.x, options.y)
    except DataError as error:
        return _fail(error)
    surface = surface_of(data, settings)
    lines = report.FORMATS[options.format or "text"](data, settings, options.every)
    while True:
        try:
            sys.stdout.write(next(lines))
        except StopIteration as end:
            outcome = end.value
            break
    sys.stdout.flush()
    diverged = outcome.status is Status.DIVERGED
    if diverged:
        print(f"gdtui: {explanation(surface, settings, outcome)}", file=sys.stderr)
    elif warned := warning(surface, settings, outcome.step[1:3]):
        print(f"gdtui: {warned}", file=sys.stderr)
    return DIVERGED_STATUS if diverged else 0


def _show(options: argparse.Namespace, settings: Settings, source: Source) -> int:
    from gdtui.loading import Loading
    from gdtui.sessions.resume import Keeper
    from gdtui.sessions.store import Store

    try:
        stream = None if _is_terminal(sys.stdin) else _take_keyboard()
    except OSError:
        _tell_no_keys()
        return _print(options, settings)
    loading = (
        Loading.of_landscape(options.surface)
        if options.surface
        else Loading(options.file, options.x, options.y, stream, source)
    )
    return _open(options, settings, Keeper(Store()), loading)


def _tell_no_keys() -> None:
    print("gdtui: there is no terminal to take keys from; plain output follows", file=sys.stderr)


def _open(
    options: argparse.Namespace, settings: Settings, keeper: Keeper, loading: Loading | None
) -> int:
    """Open the screen, and stay until the user leaves."""
    if not _is_terminal(sys.__stderr__):
        # Textual draws there, which is as good as standard output if it is a terminal too.
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]
    from gdtui.dataset.text import DataError
    from gdtui.ui.app import Laboratory

    screen = options.pace, options.run, options.fps, options.ascii
    app = Laboratory(loading, settings, *screen, keeper)
    if options.theme is not None:
        if options.theme not in app.available_themes:
            themes = ", ".join(app.available_themes)
            return _fail(f"no theme '{printable(options.theme)}'; there are {themes}")
        app.theme = options.theme
    try:
        if loading and loading.is_quick:
            loading.read()
            loading.result()
        app.obey_signals()
        failure = app.run_on_terminal()
        if failure is not None:
            raise failure
    except DataError as error:
        return _fail(keeper.explain(error))
    if app.fault:
        print(f"gdtui: this was a bug of gdtui; {app.fault}", file=sys.stderr)
    elif app.trouble and not app.return_code:
        print(f"gdtui: {app.trouble}", file=sys.stderr)
    return app.return_code or 0
