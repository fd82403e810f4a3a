"""Lessons gone through at the keyboard of the real program, from the first card to the last."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.terminal import Terminal

from gdtui.bench import Bench
from gdtui.core.methods import METHODS
from gdtui.dataset import read_dataset
from gdtui.lessons.checking import walk
from gdtui.lessons.course import rights
from gdtui.lessons.facts import facts_of
from gdtui.lessons.lesson import Card, filled_in, lesson_at, shipped
from gdtui.lessons.solution import obey
from gdtui.placing import strides
from gdtui.problem import Problem
from gdtui.samples import DEFAULT_SAMPLE, sample_path
from gdtui.views import VIEWS

LEFT, RIGHT, UP, DOWN = "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
ENTER, TAB = "\r", "\t"


def field(bench: Bench, name: str, words: str) -> list[str]:
    """Through the fields before it, then what is typed in it."""
    names = [parameter.name for parameter in bench.wanted.hyperparameters]
    return [TAB * (names.index(name) + 1), words + ENTER]


def switch(bench: Bench, name: str, words: str) -> list[str]:
    key = {"bias": "b", "standardize": "x"}[name]
    return [key] if bench.wanted.values[name] != (words == "on") else []


def next_methods(bench: Bench, name: str, words: str) -> list[str]:
    keys = list(METHODS)
    return ["m" * ((keys.index(words) - keys.index(bench.wanted.method)) % len(keys))]


def arrows(bench: Bench, verb: str, words: str) -> list[str]:
    step, surface = bench.run.step, bench.run.surface
    lengths = strides(surface, (step.w, step.b))
    right, up = (
        round(float(to) / length) - round(at / length)
        for at, to, length in zip((step.w, step.b), words.split(), lengths, strict=True)
    )
    across = (RIGHT if right > 0 else LEFT) * abs(right)
    return ["p" + across + (UP if up > 0 else DOWN) * abs(up) + ENTER]


# What one presses for each command that a shipped lesson's solution has.
KEYS: dict[str, Callable[[Bench, str, str], list[str]]] = {
    "run": lambda bench, verb, words: [" f"],
    "advised": lambda bench, verb, words: ["af"],
    "view": lambda bench, verb, words: [str(list(VIEWS).index(words) + 1)],
    "cut": lambda bench, verb, words: ["v"],
    "sweep": lambda bench, verb, words: ["w"],
    "race": lambda bench, verb, words: ["t", "a" + ENTER, "f"],
    "place": arrows,
    "bias": switch,
    "standardize": switch,
    "method": next_methods,
    "lr": field,
    "tolerance": field,
    "momentum": field,
}


def keys_for(bench: Bench, command: str) -> list[str]:
    """The keys for a command, where the bench has the numbers of the moment."""
    facts = facts_of(bench)
    verb, _, words = filled_in(command, lambda number: f"{number.value(facts):.6g}").partition(" ")
    return KEYS[verb](bench, verb, words)


def press(terminal: Terminal, keys: list[str]) -> None:
    """Keys that have the same focus at once: Textual gives each to what has it as it arrives."""
    for key in keys:
        terminal.send(key)
        terminal.settle()


def answer(terminal: Terminal, card: Card, bench: Bench) -> None:
    (right,) = rights(card, facts_of(bench))
    terminal.send(ENTER)
    terminal.wait_for("enter: take it")
    terminal.send(choice(card, right) + ENTER)


def choice(card: Card, right: str) -> str:
    return DOWN * list(card.choices).index(right) if card.choices else f"{float(right):.4g}"


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("name", shipped())
def test_a_lesson_is_solved_by_keys_alone(name: str, tmp_path: Path) -> None:
    lesson, problem = lesson_at(name), Problem.of_dataset(read_dataset(sample_path(DEFAULT_SAMPLE)))
    with Terminal(
        *("-m", "gdtui", "--lesson", name),
        columns=80,
        rows=24,
        environment={"XDG_STATE_HOME": str(tmp_path)},
    ) as terminal:
        for course, bench in walk(lesson, problem):
            terminal.wait_for(course.heading, "esc leave")
            terminal.settle()
            if course.card.ask:
                answer(terminal, course.card, bench)
            for command in course.card.solution:
                press(terminal, keys_for(bench, command))
                obey(bench, command)
            terminal.wait_for("enter end" if course.is_last else "enter go on")
            terminal.send(ENTER)
        terminal.until(lambda: "esc leave" not in terminal.text, "the end of the lesson")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
    (progress,) = tmp_path.rglob("lessons.json")
    assert json.loads(progress.read_text())[name] == sorted(card.title for card in lesson.cards)
