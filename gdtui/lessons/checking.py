"""Walking through a lesson without a screen: each start fails its goal, each solution meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from gdtui.bench import Bench
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.settings import Settings
from gdtui.core.worker import AtOnce
from gdtui.lessons.course import Course, rights
from gdtui.lessons.facts import facts_of
from gdtui.lessons.lesson import Card, Lesson
from gdtui.lessons.solution import obey
from gdtui.problem import Problem
from gdtui.views import VIEWS


class CheckedCard(NamedTuple):
    """What came of a card: nothing wrong, or what."""

    card: Card
    wrong: str = ""


def bench_on(problem: Problem) -> Bench:
    """A bench without a screen, on which everything ends as soon as it has begun."""
    driver = AtOnce()
    return Bench(problem, Settings(), driver, driver, driver.now, views=list(VIEWS))


def walk(lesson: Lesson, problem: Problem) -> Iterator[tuple[Course, Bench]]:
    """Lay out the cards in turn, over the data of a problem or a surface of their own."""
    course, bench = Course(lesson), bench_on(problem)
    for _ in lesson.cards:
        start = course.card.start
        if start and start.surface != bench.problem.source.surface:
            there = Problem.of_landscape(LANDSCAPES[start.surface]) if start.surface else problem
            bench = bench_on(there)
        course.lay_out(bench)
        yield course, bench
        course.turn(1)


def check(lesson: Lesson, problem: Problem) -> Iterator[CheckedCard]:
    """What is wrong with each card, if anything is."""
    for course, bench in walk(lesson, problem):
        yield CheckedCard(course.card, _wrong(course, bench))


def _wrong(course: Course, bench: Bench) -> str:
    """What is wrong with the card in hand; afterwards its solution has been carried out."""
    card = course.card
    course.observe(bench)
    if card.goal and course.is_done:
        return "the start meets the goal already"
    for command in card.solution:
        try:
            obey(bench, command)
        except ValueError as reason:
            return f"'{command}': {reason}"
        course.observe(bench)
    if card.goal and not course.is_done:
        return f"the solution does not meet the goal; {_as_it_stands(card, bench)}"
    if card.ask:
        found = rights(card, facts_of(bench))
        if len(found) != 1:
            right = " and ".join(f"'{answer}'" for answer in found) or "none"
            return f"one answer should be right, but {right} is"
        if not course.answer(found[0], bench):
            return f"the right answer {found[0]} is not taken"
    return ""


def _as_it_stands(card: Card, bench: Bench) -> str:
    """The facts that the goal asks for."""
    facts = facts_of(bench)
    names = sorted(card.goal.names) if card.goal else []
    return ", ".join(f"{name} is {facts[name]}" for name in names)


def check_all(lessons: Iterable[Lesson], problem: Problem, tell: Callable[[str], object]) -> bool:
    """A line a card; returns whether nothing is wrong."""
    sound = True
    for lesson in lessons:
        for at, (card, wrong) in enumerate(check(lesson, problem), 1):
            sound = sound and not wrong
            tell(f"{lesson.name} {at} {card.title}: {wrong or 'ok'}")
    return sound
