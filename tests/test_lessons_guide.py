"""What docs/lessons.md tells teachers is so, and its example is a lesson."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from gdtui.core.settings import SHARED
from gdtui.dataset import read_dataset
from gdtui.lessons.checking import check
from gdtui.lessons.facts import NAMES
from gdtui.lessons.lesson import Card, read_lesson
from gdtui.lessons.solution import COMMANDS
from gdtui.problem import Problem
from gdtui.samples import sample_path
from gdtui.views import VIEWS

GUIDE = (Path(__file__).parents[1] / "docs" / "lessons.md").read_text(encoding="utf-8")


def table(heading: str) -> list[tuple[list[str], str]]:
    """The rows of the table with a heading: what stands in backticks first, and the words."""
    _, _, below = GUIDE.partition(f"| {heading} | ")
    rows = below.split("\n\n")[0].splitlines()[2:]
    assert rows
    parts = [row.strip("| ").split(" | ", 1) for row in rows]
    return [(re.findall(r"`([^`]+)`", names), words) for names, words in parts]


def test_its_example_has_three_cards_that_are_right_for_any_data() -> None:
    example = re.search(r"^````markdown\n(.*?)^````$", GUIDE, re.DOTALL | re.MULTILINE)
    assert example
    lesson = read_lesson(example[1], "example")
    assert [(card.is_task, bool(card.ask)) for card in lesson.cards] == [
        (False, False),
        (True, True),
        (True, False),
    ]
    for sample in ("pizza.txt", "anscombe.csv"):
        problem = Problem.of_dataset(read_dataset(sample_path(sample)))
        assert [wrong for _, wrong in check(lesson, problem)] == ["", "", ""]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("field", {field.name for field in fields(Card)} - {"title", "text"}),
        ("fact", set(NAMES)),
        ("command", set(COMMANDS)),
    ],
)
def test_its_tables_have_all_there_is_and_nothing_else(heading: str, expected: set[str]) -> None:
    named = [name.split()[0] for names, _ in table(heading) for name in names]
    assert set(named) == expected
    # A command may be shown with and without its words.
    assert heading == "command" or len(named) == len(expected)


def test_it_names_the_views_and_the_default_tolerance() -> None:
    words = {names[0]: words for names, words in table("field")}
    assert re.findall(r"`([^`]+)`", words["view"]) == list(VIEWS)
    assert f"without it {Card('', '').tolerance:.0%}" in words["tolerance"]


def test_no_command_hides_behind_a_setting() -> None:
    assert not COMMANDS.keys() & {parameter.name for parameter in SHARED}
