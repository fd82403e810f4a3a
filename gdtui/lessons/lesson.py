"""A lesson as it is written: a Markdown file, whose sections are its cards."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.method import METHODS
from gdtui.core.printable import PATH_CHARACTERS, printable
from gdtui.core.settings import METHOD, SHARED, Settings
from gdtui.lessons.expression import Expression, Result
from gdtui.lessons.facts import NAMES
from gdtui.views import VIEWS

LESSON_SUFFIX = ".md"
# A lesson is read at once, and by people.
MOST_LESSON_BYTES = 1_000_000
# Of a text, and of a block: for keys with very many dots, tomllib takes memory by their square.
MOST_CARD_CHARACTERS = 8_000
REASON_CHARACTERS = 400
START_DIGITS = 2
_TITLE, _CARD = re.compile(r"#\s+(.*)"), re.compile(r"##\s+(.*)")
_FENCE = re.compile(r"(```+|~~~+)\s*(\S*)")
# What stands in a text for a number of the moment: {w - lr * gradient}.
_BRACES = re.compile(r"\{([^{}\n]*)\}")


class LessonError(ValueError):
    """What is wrong with a lesson, in one sentence: in which file, on which card, and what."""


@dataclass(frozen=True)
class Start:
    """Where a card begins: the settings, and a landscape if it is not about the data.

    `relative` are those numbers among the settings that the data decide: {0.2 * critical}.
    """

    settings: Settings
    surface: str | None = None
    relative: tuple[tuple[Hyperparameter, Expression], ...] = ()

    def settled(self, facts: Mapping[str, Result]) -> Settings:
        """The settings where these are the facts; a number that there is not stays as it is.

        Numbers that the data decide are rounded to two digits, so that they read well.
        """
        settings = self.settings
        for parameter, expression in self.relative:
            number = expression.value(facts)
            # Out of bounds, or a limit where there is none: whoever reads the card can see it.
            with suppress(ValueError):
                settings = settings.change(parameter, float(f"{number:.{START_DIGITS}g}"))
        return settings


@dataclass(frozen=True)
class Card:
    """One card: what it says, what is to be done or answered, and what helps with it.

    `choices` are the answers to choose from, each with the expression that makes it the right one;
    else `answer` is what a number is compared with, and it may be off by `tolerance`, or by a part
    of it. `solution` is what meets the goal: commands, one after the other.
    """

    title: str
    text: str
    start: Start | None = None
    view: str = ""
    goal: Expression | None = None
    ask: str = ""
    choices: Mapping[str, Expression] = field(default_factory=dict)
    answer: Expression | None = None
    tolerance: float = 0.01
    hints: tuple[str, ...] = ()
    solution: tuple[str, ...] = ()
    after: str = ""

    @property
    def is_task(self) -> bool:
        """Whether there is anything to be done or answered."""
        return self.goal is not None or bool(self.ask)

    @property
    def expressions(self) -> Iterator[Expression]:
        """Every expression on the card, those within its texts and commands among them."""
        yield from (one for one in (self.goal, self.answer, *self.choices.values()) if one)
        yield from (one for _, one in self.start.relative) if self.start else ()
        for text in (self.text, self.ask, self.after, *self.hints, *self.solution):
            yield from map(Expression, _BRACES.findall(text))


@dataclass(frozen=True)
class Lesson:
    """A lesson: its name is that of its file."""

    name: str
    title: str
    about: str
    cards: tuple[Card, ...]


def filled_in(text: str, show: Callable[[Expression], str]) -> str:
    """A text with what stands in braces put into words."""
    return _BRACES.sub(lambda found: show(Expression(found[1])), text)


def shipped() -> dict[str, Path]:
    """The lessons that come with gdtui, by name, in the order in which they build on each other."""
    folder = Path(__file__).parent
    files = sorted(folder.glob(f"*{LESSON_SUFFIX}"))
    return {name_of(file): file for file in files}


def name_of(path: Path) -> str:
    """What a lesson is called by: its file's name, without the number that sorts it."""
    return re.sub(r"^\d+-", "", path.name.removesuffix(LESSON_SUFFIX))


def lesson_at(where: str) -> Lesson:
    """The lesson of a name or in a file; raises LessonError."""
    path = shipped().get(where, Path(where))
    shown = printable(where, PATH_CHARACTERS)
    if path.suffix != LESSON_SUFFIX:
        names = ", ".join(shipped())
        raise LessonError(
            f"no lesson '{shown}'; there are {names}, or name a file FILE{LESSON_SUFFIX}"
        )
    try:
        with open(path, "rb") as file:
            # A device has no size, and no end.
            content = file.read(MOST_LESSON_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise LessonError(f"{shown}: {error.strerror or error}") from None
    except ValueError:
        raise LessonError(f"{shown} is no text in UTF-8") from None
    if len(content) > MOST_LESSON_BYTES:
        raise LessonError(f"{shown}: a lesson has at most {MOST_LESSON_BYTES:,} bytes")
    return read_lesson(text, name_of(path))


def read_lesson(text: str, name: str) -> Lesson:
    """The lesson that a Markdown text holds; raises LessonError."""
    shown = printable(name, PATH_CHARACTERS)
    try:
        (title, about, _), *sections = _sections(text)
    except ValueError as reason:
        raise LessonError(f"{shown}: {reason}") from None
    if not title:
        raise LessonError(f"{shown}: a lesson begins with its title, in a line '# Title'")
    if not sections:
        raise LessonError(f"{shown}: there is no card; each begins with a line '## Title'")
    most, count = Counter(section[0] for section in sections).most_common(1)[0]
    if count > 1:
        raise LessonError(f"{shown}: {count} cards are called '{printable(most)}'")
    cards = tuple(_card(shown, *section) for section in sections)
    return Lesson(name, title, about, cards)


def _sections(text: str) -> list[tuple[str, str, list[str]]]:
    """What comes before the first card, and then each card: title, text, blocks for gdtui.

    Raises ValueError for a block that does not end.
    """
    found: list[tuple[str, list[str], list[str]]] = [("", [], [])]
    fence, block = "", ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence and line.strip() == fence:
            fence, block = "", ""
            found[-1][1].append("")
        elif fence and block:
            found[-1][2][-1] += f"{line}\n"
        elif fence:
            # Any other block is code that is shown, as what is indented is.
            found[-1][1].append(f"    {line}")
        elif mark:
            fence, block = mark[1], mark[2] if mark[2] == "gdtui" else ""
            found[-1][2].extend([""] if block else [])
            found[-1][1].append("")
        elif heading := _CARD.fullmatch(line):
            found.append((heading[1].strip(), [], []))
        elif len(found) == 1 and (heading := _TITLE.fullmatch(line)):
            found[0] = heading[1].strip(), *found[0][1:]
        else:
            found[-1][1].append(line)
    if block:
        raise ValueError(f"the block for gdtui on card '{printable(found[-1][0])}' does not end")
    return [(printable(title), _paragraphs(lines), blocks) for title, lines, blocks in found]


def _paragraphs(lines: list[str]) -> str:
    """The text of a card: what stands in one paragraph in one line; what is indented, as it is."""
    parts = re.split(r"\n\s*\n", "\n".join(lines).strip("\n"))
    return "\n\n".join(
        part if part.startswith("    ") else " ".join(part.split()) for part in parts if part
    )


def _card(lesson: str, title: str, text: str, blocks: list[str]) -> Card:
    def refuse(reason: object) -> NoReturn:
        raise LessonError(f"{lesson}, card '{title}': {printable(str(reason), REASON_CHARACTERS)}")

    if len(blocks) > 1:
        refuse("more than one block for gdtui")
    block_text = "".join(blocks)
    if max(len(text), len(block_text)) > MOST_CARD_CHARACTERS:
        refuse(f"its text or its block is longer than {MOST_CARD_CHARACTERS:,} characters")
    try:
        block = tomllib.loads(block_text)
    # A ValueError that is no TOMLDecodeError is raised for numbers of thousands of digits.
    except (ValueError, RecursionError) as error:
        refuse(f"the block can't be read: {error}")
    try:
        if unknown := block.keys() - _READERS.keys():
            raise ValueError(f"there is no '{printable(min(unknown))}'")
        card = Card(title, text, **{key: _READERS[key](key, block[key]) for key in block})
        _check(card)
    except ValueError as reason:
        refuse(reason)
    return card


def _check(card: Card) -> None:
    """Raise ValueError for what does not go together, or names what there is not."""
    if card.goal and card.ask:
        raise ValueError("a card has a goal or asks, not both")
    if bool(card.ask) != bool(card.choices or card.answer):
        raise ValueError("'ask' goes with 'choices' or with 'answer'")
    if card.goal and not card.solution:
        raise ValueError("a goal needs a solution, so that it can be checked")
    if (card.hints or card.after) and not card.is_task:
        raise ValueError("there is nothing to be done, so 'hints' and 'after' have no place")
    for expression in card.expressions:
        if unknown := expression.unknown(NAMES):
            raise ValueError(f"'{printable(unknown[0])}' in '{expression.text}' is no fact")


# How each field of a block is read


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key} is not a text")
    return " ".join(value.split())


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{key} is not a list of texts")
    return tuple(_text(key, one) for one in value)


def _expression(key: str, value: Any) -> Expression:
    return Expression(str(value) if isinstance(value, int | float) else _text(key, value))


def _choices(key: str, value: Any) -> dict[str, Expression]:
    if not isinstance(value, dict) or len(value) < 2:
        raise ValueError(f"{key} is not a table of at least two answers, each with its expression")
    return {_text(key, name): _expression(key, one) for name, one in value.items()}


def _tolerance(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ValueError(f"{key} is a part of the answer: 0.05 is 5%")
    return float(value)


def _view(key: str, value: Any) -> str:
    name = _text(key, value)
    if name not in VIEWS:
        raise ValueError(f"{key} '{printable(name)}' is none of {', '.join(VIEWS)}")
    return name


def _start(key: str, value: Any) -> Start:
    return start_from(_text(key, value))


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "start": _start,
    "view": _view,
    "goal": _expression,
    "ask": _text,
    "choices": _choices,
    "answer": _expression,
    "tolerance": _tolerance,
    "hints": _texts,
    "solution": _texts,
    "after": _text,
}


def start_from(line: str) -> Start:
    """The start that options as on the command line ask for; raises ValueError."""
    words = shlex.split(_BRACES.sub(lambda found: shlex.quote(found[0]), line))
    given: dict[str, str] = {}
    while words:
        flag, equals, text = words.pop(0).partition("=")
        if not flag.startswith("--"):
            raise ValueError(f"'{printable(flag)}' is no option")
        is_switch = flag.removeprefix("--no-") in _SWITCHES or flag[2:] in _SWITCHES
        if not (equals or is_switch):
            if not words:
                raise ValueError(f"{printable(flag)} needs a value")
            text = words.pop(0)
        given[flag] = text
    surface = given.pop("--surface", None)
    if surface is not None and surface not in LANDSCAPES:
        raise ValueError(f"'{printable(surface)}' is none of {', '.join(LANDSCAPES)}")
    defaults: Mapping[str, Value] = LANDSCAPES[surface].defaults if surface else {}
    in_braces = {flag: found[1] for flag in given if (found := _BRACES.fullmatch(given[flag]))}
    plain = {flag: text for flag, text in given.items() if flag not in in_braces}
    settings = _settings(plain, defaults)
    relative = [(_numeric(flag, settings), Expression(text)) for flag, text in in_braces.items()]
    return Start(settings, surface, tuple(relative))


_SWITCHES = {parameter.name for parameter in SHARED if isinstance(parameter.default, bool)}


def _numeric(flag: str, settings: Settings) -> Hyperparameter:
    """The hyperparameter of an option; raises ValueError unless it is a number."""
    parameter = next((p for p in settings.hyperparameters if p.flag == flag), None)
    if parameter is None:
        raise ValueError(f"there is no option {printable(flag)} of {settings.method}")
    if isinstance(parameter.default, bool | str):
        raise ValueError(f"{flag}: only a number can be in braces")
    return parameter


def _settings(given: Mapping[str, str], defaults: Mapping[str, Value]) -> Settings:
    method = str(METHOD.parse(given.get(METHOD.flag, str(defaults.get("method", "gd")))))
    values: dict[str, Any] = {**defaults, "method": method}
    known = {parameter.flag: parameter for parameter in SHARED + METHODS[method].hyperparameters}
    for flag, text in given.items():
        on = f"--{flag.removeprefix('--no-')}" if flag.startswith("--no-") else flag
        if on not in known:
            raise ValueError(f"there is no option {printable(flag)} of {method}")
        parameter = known[on]
        if parameter.name in _SWITCHES:
            values[parameter.name] = on == flag
            continue
        try:
            values[parameter.name] = parameter.parse(text)
        except ValueError as reason:
            raise ValueError(f"{flag}: {reason}") from None
    return Settings(**values)
