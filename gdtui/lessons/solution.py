"""The commands that a solution is written in: what one does at the keyboard, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gdtui.bench import Bench
from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.methods import METHODS
from gdtui.core.printable import printable
from gdtui.lessons.facts import facts_of
from gdtui.lessons.lesson import filled_in
from gdtui.scene import CONTOUR
from gdtui.views import VIEWS


def obey(bench: Bench, command: str) -> None:
    """One command: the name of a setting with its new value, or one of COMMANDS.

    What stands in braces is a number of the moment: `lr {0.9 * critical}`. Raises ValueError, in
    words, where there is no such command or it can't be obeyed.
    """
    verb, _, words = _in_numbers(bench, command).strip().partition(" ")
    setting = {p.name: p for p in bench.wanted.hyperparameters}.get(verb)
    if setting:
        bench.want(setting, setting.parse(words))
    elif verb in COMMANDS:
        COMMANDS[verb](bench, words.split())
    else:
        known = ", ".join([*COMMANDS, *(p.name for p in bench.wanted.hyperparameters)])
        raise ValueError(f"there is no command '{printable(verb, 40)}'; there are {known}")


def _in_numbers(bench: Bench, command: str) -> str:
    facts = facts_of(bench) if "{" in command else {}
    return filled_in(command, lambda expression: f"{expression.value(facts)}".removesuffix(".0"))


def _whole(words: Sequence[str], default: str = "") -> int:
    number = Hyperparameter("number", "number", 0, "", "", low=0)
    return int(number.parse(words[0] if words else default))


def _place(bench: Bench, words: Sequence[str]) -> None:
    """Put the walker down at w, or at w and b."""
    places = [float(Hyperparameter("place", "place", 0.0, "", "").parse(word)) for word in words]
    if len(places) == 2:
        bench.choose(CONTOUR)
        bench.point_at(places[0], places[1])
    else:
        bench.lift()
        bench.point_at(places[0] if places else 0.0, 0.0)
    bench.put_down()


def _view(bench: Bench, words: Sequence[str]) -> None:
    name = " ".join(words)
    if name not in VIEWS:
        raise ValueError(f"there is no view '{printable(name, 40)}'; there are {', '.join(VIEWS)}")
    bench.choose(name)


def _race(bench: Bench, words: Sequence[str]) -> None:
    """Methods against each other, with the settings that are wanted for the rest."""
    if len(words) < 2 or not set(words) <= METHODS.keys():
        raise ValueError(f"a race is of two methods or more, of {', '.join(METHODS)}")
    bench.start_race([bench.wanted.replace(method=key) for key in words])


COMMANDS: dict[str, Callable[[Bench, Sequence[str]], object]] = {
    "run": lambda bench, words: bench.toggle_run(),
    "step": lambda bench, words: bench.step(_whole(words, "1")),
    "restart": lambda bench, words: bench.restart(),
    "advised": lambda bench, words: bench.advised(),
    "branch": lambda bench, words: bench.branch(),
    "look_at": lambda bench, words: bench.look_at(_whole(words)),
    "newest": lambda bench, words: bench.follow_newest(),
    "view": _view,
    "cut": lambda bench, words: bench.cut(),
    "sweep": lambda bench, words: bench.begin_sweep(),
    "race": _race,
    "place": _place,
}
