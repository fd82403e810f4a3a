"""The options of the command line: those for hyperparameters come from their home.

`--help` loads no numpy: what needs it is imported where a surface is named.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from gdtui import __version__
from gdtui.cli.terminal import is_terminal, knows_only_ascii
from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.method import DEFAULT_RATE
from gdtui.core.methods import METHODS
from gdtui.core.printable import printable
from gdtui.core.settings import SHARED, Settings
from gdtui.samples import DEFAULT_SAMPLE
from gdtui.transcript import GROUPS, line_pattern

REPORT_NAMES = ("text", "csv", "json")
USAGE_STATUS = 2
MESSAGE_CHARACTERS = 400

Parsed = TypeVar("Parsed")

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
  python train.py | gdtui --check -       are these the losses? If not, why?
  python -u train.py | gdtui --follow -   the loss of any program, as it prints it
  gdtui data.csv --figure run.pdf         loss and valley, for a paper or a slide

On screen, ? shows all keys. Exit status: 0; 1 if the run diverged to infinity (plain output), or
if --check finds other losses; 2 for what can't be read or is asked wrongly."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Finds the width by itself: argparse would import shutil, and with it the archivers."""

    def __init__(self, prog: str) -> None:
        width = 80
        if os.environ.get("COLUMNS", "").isdecimal():
            width = int(os.environ["COLUMNS"])
        elif is_terminal(sys.__stdout__):
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


def _reader(parse: Callable[[str], Parsed]) -> Callable[[str], Parsed]:
    """A parser for argparse, that keeps the words of a ValueError."""

    def read(text: str) -> Parsed:
        try:
            return parse(text)
        except ValueError as reason:
            raise argparse.ArgumentTypeError(str(reason)) from None

    return read


def _pace(text: str) -> float:
    if text == "max":
        return float("inf")
    pace = Hyperparameter("pace", "pace", 1.0, "", "", low=0.1, high=1e9)
    return float(pace.parse(text))


def _every(text: str) -> int:
    return int(Hyperparameter("every", "every", 1, "", "", low=1, high=1e9).parse(text))


def _nth(text: str) -> int:
    return int(Hyperparameter("resume", "resume", 1, "", "", low=1, high=1e9).parse(text))


def _at(text: str) -> int:
    return int(Hyperparameter("at", "at", 0, "", "", low=0, high=1e9).parse(text))


def _fps(text: str) -> float:
    return float(Hyperparameter("fps", "fps", 1.0, "", "", low=1, high=60).parse(text))


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
    _add_data(parser)
    _add_check(parser)
    _add_hyperparameters(parser)
    _add_screen(parser)
    _add_lessons(parser)
    _add_plain(parser)
    _add_figure(parser)
    return parser


def _add_data(parser: argparse.ArgumentParser) -> None:
    """What is descended."""
    data = parser.add_argument_group("data")
    data.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="text in columns, or .gz of it; - is standard input; a sample's name will do; "
        f"default: {DEFAULT_SAMPLE}",
    )
    for flag, what, which in (("--x", "feature", "first"), ("--y", "label", "last")):
        text = f"the {what}: name, or number from 1 (default: the {which} column of numbers)"
        data.add_argument(flag, metavar="COLUMN", help=text)
    data.add_argument(
        "--drop-missing",
        action="store_true",
        help="leave out the rows whose chosen cells are empty or NA",
    )
    data.add_argument("--surface", metavar="NAME", help="a classic surface in place of data")
    data.add_argument(
        "--compare",
        nargs="+",
        metavar="RUNS",
        help="runs exported as JSON Lines, over the data that they name, or FILE in its place; "
        "with --follow, beside its losses",
    )


def _add_check(parser: argparse.ArgumentParser) -> None:
    """Whose lines are judged or followed, and how they are read."""
    check = parser.add_argument_group("a program of yours")
    check.add_argument(
        "--check",
        metavar="LINES",
        help="compare the losses that a program printed with this run, and find out why they "
        "differ; a file, or - for standard input",
    )
    check.add_argument(
        "--show",
        action="store_true",
        help="show it on the screen: those losses beside the run's, and what was found",
    )
    check.add_argument(
        "--pattern",
        metavar="REGEX",
        help="how its lines are read, with the groups iteration and loss: "
        r"'epoch (?P<iteration>\d+): (?P<loss>\S+)' (default: the lesson's lines, and for --follow "
        "those of many programs)",
    )
    check.add_argument(
        "--follow",
        nargs="+",
        metavar="LINES",
        help="the losses of any program, from the lines that it prints, as they come: 'loss: 0.5', "
        "'step 12 loss=0.5', JSON Lines, CSV; files that may grow, or - for standard input",
    )


def _add_hyperparameters(parser: argparse.ArgumentParser) -> None:
    """An option for each hyperparameter, made from its declaration."""
    hyper = parser.add_argument_group("hyperparameters")
    for parameter in SHARED:
        _add_option(hyper, parameter, _defaults(parameter), parameter.parse)
    for theirs in _own_hyperparameters().values():
        _add_own_option(hyper, theirs)


def _add_screen(parser: argparse.ArgumentParser) -> None:
    """How the screen is."""
    screen = parser.add_argument_group("screen")
    screen.add_argument("--run", action="store_true", help="start at once")
    screen.add_argument(
        "--pace",
        type=_reader(_pace),
        metavar="N",
        help="iterations a second, or max (default: slow at first, the run in six seconds)",
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
        default=knows_only_ascii(),
        help="draw with ASCII alone (default: where locale or Linux console know no braille)",
    )
    screen.add_argument("--theme", metavar="NAME", help="such as gdtui-light, nord, ansi-dark")

    screen.add_argument(
        "--resume",
        nargs="?",
        type=_reader(_nth),
        const=0,
        metavar="N",
        help="list the saved sessions, newest first, and go on with one; with N, at once with "
        "the Nth",
    )


def _add_lessons(parser: argparse.ArgumentParser) -> None:
    """What is to be learnt."""
    lessons = parser.add_argument_group("lessons")
    lessons.add_argument(
        "--lesson",
        nargs="?",
        const="",
        metavar="NAME",
        help="open a lesson, by its name or FILE.md; without one, list them and how far you are",
    )
    lessons.add_argument(
        "--check-lesson",
        nargs="+",
        metavar="NAME",
        help="walk through lessons without a screen: is each task there to be done, and can it be?",
    )


def _add_plain(parser: argparse.ArgumentParser) -> None:
    """What is printed without a screen."""
    plain = parser.add_argument_group("plain output (by itself when stdout is no terminal)")
    plain.add_argument("--plain", action="store_true", help="print lines instead of a screen")
    plain.add_argument(
        "--format",
        choices=REPORT_NAMES,
        help="the lesson's lines (text), csv or json; implies --plain",
    )
    plain.add_argument(
        "--every",
        type=_reader(_every),
        default=1,
        metavar="N",
        help="only every Nth line; the last always",
    )


def _add_figure(parser: argparse.ArgumentParser) -> None:
    """What is drawn into a file."""
    figure = parser.add_argument_group("figures (need matplotlib: pip install 'gdtui[figures]')")
    figure.add_argument(
        "--figure",
        metavar="FILE",
        help="draw the finished run into a new file, .svg, .pdf or .png, instead of a screen; "
        "--theme gdtui-dark draws light on dark",
    )
    figure.add_argument(
        "--view",
        action="append",
        metavar="PLOT",
        help="a plot of the figure, such as Fit, Contour or Sweep; several stand side by side "
        "(default: Loss and Valley)",
    )
    figure.add_argument(
        "--at",
        type=_reader(_at),
        metavar="N",
        help="the iteration that the figure shows (default: the last)",
    )


def _defaults(parameter: Hyperparameter) -> str:
    others = {}
    if parameter.name == "lr":
        others = {key: method.lr for key, method in METHODS.items() if method.lr != DEFAULT_RATE}
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


def settings_of_options(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Settings:
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


def read_options(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, Settings]:
    """What is asked for, its `surface` a landscape if it has one, and the settings to begin with.

    For a figure, `view` has the names of views, and `theme` is a scheme.

    Raises SystemExit when help, version or what is wrong has been printed.
    """
    parser = make_parser()
    options = parser.parse_args(arguments)
    if (
        options.compare
        and not options.follow
        and (given := _given(options, "surface", "format", "resume"))
    ):
        parser.error(f"argument {given}: not with --compare, whose runs are as they are")
    _read_pattern(parser, options)
    _refuse_beside_check(parser, options)
    _refuse_beside_follow(parser, options)
    own = ("x", "y", "drop_missing", "surface")
    if options.resume is not None and (given := _given(options, *own)):
        parser.error(f"argument --resume: the session has its own, so no {given}")
    if options.surface is not None:
        options = _on_surface(parser, options)
    if options.figure is not None:
        options = _in_figure(parser, options)
    elif options.view or options.at is not None:
        given = "--view" if options.view else "--at"
        parser.error(f"argument {given}: it is of a figure, so name its file with --figure")
    return options, settings_of_options(parser, options)


def _read_pattern(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Make a regular expression of the pattern; what is followed may count no iterations."""
    if options.pattern is not None:
        try:
            needed = GROUPS[1:] if options.follow else GROUPS
            options.pattern = line_pattern(options.pattern, needed)
        except ValueError as reason:
            parser.error(f"argument --pattern: {reason}")


def _refuse_beside_check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """What says nothing beside --check, or would need the same stream."""
    if options.check is None:
        if options.pattern and not options.follow:
            parser.error(
                "argument --pattern: it says how the lines of --check or --follow are read"
            )
        if options.show:
            parser.error("argument --show: it shows what --check finds")
        return
    others = {
        name: getattr(options, name) for name in ("compare", "resume", "run", "pace", "format")
    }
    for name, value in others.items():
        if value is not None and value is not False:
            parser.error(f"argument --check: it shows no run, so no --{name}")
    if options.file == options.check == "-":
        parser.error("argument --check: standard input can't be both the data and the lines")


def _refuse_beside_follow(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """What is of a run of our own, or would need the same stream."""
    if not options.follow:
        return
    others = (
        *("file", "x", "y", "drop_missing", "surface", "check", "run", "pace", "resume"),
        *("lesson", "check_lesson", "format", "view", "at"),
    )
    if given := _given(options, *others):
        given = "FILE" if given == "--file" else given
        parser.error(f"argument --follow: it shows the run of another program, so no {given}")
    if [*options.follow, *(options.compare or ())].count("-") > 1:
        parser.error("argument --follow: standard input is there only once")


def _given(options: argparse.Namespace, *beside: str) -> str | None:
    """The first option given of those for hyperparameters and some others, if there is one."""
    given = vars(options)
    names = [p.name for p in SHARED if p.name in given]
    names += [name for name in _own_hyperparameters() if name in given]
    names += [name for name in beside if given[name] is not None and given[name] is not False]
    return "--" + names[0].replace("_", "-") if names else None


def _on_surface(parser: argparse.ArgumentParser, options: argparse.Namespace) -> argparse.Namespace:
    """The options with the surface that is named, and with its own defaults for the rest."""
    from gdtui.core.landscapes import LANDSCAPES

    name = options.surface
    if name not in LANDSCAPES:
        parser.error(f"argument --surface: '{name}' is none of {', '.join(LANDSCAPES)}")
    if (options.file, options.x, options.y) != (None, None, None) or options.drop_missing:
        parser.error(
            "argument --surface: it takes the place of data, so no FILE, --x, --y or --drop-missing"
        )
    if vars(options).get("standardize"):
        parser.error("argument --standardize: a surface has no feature to standardize")
    surface = LANDSCAPES[name]
    return argparse.Namespace(**(surface.defaults | vars(options) | {"surface": surface}))


def _in_figure(parser: argparse.ArgumentParser, options: argparse.Namespace) -> argparse.Namespace:
    """The options with the views that are named, and the colours."""
    from gdtui.export.figures import FORMS, USUAL_VIEWS
    from gdtui.schemes import ON_LIGHT, SCHEMES
    from gdtui.views import SHORT_NAMES

    others = ("plain", "format", "resume", "check", "lesson", "check_lesson")
    for name in others:
        given = getattr(options, name)
        if given is not None and given is not False:
            parser.error(f"argument --figure: it is drawn, so no --{name.replace('_', '-')}")
    form = os.path.splitext(options.figure)[1].lower().removeprefix(".")
    if form not in FORMS:
        ends = ", ".join(f".{form}" for form in FORMS)
        parser.error(f"argument --figure: '{options.figure}' ends in none of {ends}")
    if options.theme not in (None, *SCHEMES):
        parser.error(f"argument --theme: a figure has the colours of {' or '.join(SCHEMES)}")
    # Each by its full name and by its short one.
    known = {name.lower(): view for view, short in SHORT_NAMES.items() for name in (view, short)}
    views = {}
    for name in options.view or USUAL_VIEWS:
        if name.lower() not in known:
            parser.error(f"argument --view: '{name}' is none of {', '.join(SHORT_NAMES.values())}")
        views[known[name.lower()]] = True
    chosen = {"view": list(views), "form": form, "theme": SCHEMES.get(options.theme, ON_LIGHT)}
    return argparse.Namespace(**(vars(options) | chosen))
