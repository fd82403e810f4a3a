"""A lesson as it is gone through: the card in hand, what was tried, and what is done.

Whether a goal is met is asked of the bench; no flag is kept but that of a card once done.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gdtui.bench import Bench
from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.run import Run
from gdtui.drawing import short
from gdtui.lessons.expression import Result
from gdtui.lessons.facts import facts_of
from gdtui.lessons.lesson import Card, Lesson, filled_in

# How many digits a number of the moment has in a text.
DIGITS = 4


def in_words(value: Result) -> str:
    """A number of the moment in a text, or what else there is."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "nothing"
    return "never" if math.isinf(value) else short(value, DIGITS)


class Course:
    """A lesson in progress; `changed` is told the titles of the cards that are done.

    Where a card begins on a surface of its own, whoever holds the course brings another bench.
    """

    def __init__(
        self,
        lesson: Lesson,
        done: set[str] | None = None,
        changed: Callable[[set[str]], None] = lambda done: None,
    ) -> None:
        self.lesson = lesson
        self.done = done if done is not None else set()
        self._changed = changed
        undone = (at for at, card in enumerate(lesson.cards) if card.title not in self.done)
        self.at = next(undone, 0)
        self._tries = 0
        # The runs that had ended without the goal, so that each counts as one try.
        self._ended: set[Run] = set()

    @property
    def card(self) -> Card:
        """The card in hand."""
        return self.lesson.cards[self.at]

    @property
    def heading(self) -> str:
        """The lesson, which of its cards this is, and the title of that."""
        return f"{self.lesson.title} {self.at + 1}/{len(self.lesson.cards)}: {self.card.title}"

    @property
    def is_last(self) -> bool:
        """Whether no card comes after this one."""
        return self.at == len(self.lesson.cards) - 1

    @property
    def is_done(self) -> bool:
        """Whether this card is: its goal was met, or its question answered."""
        return self.card.title in self.done

    @property
    def hints(self) -> tuple[str, ...]:
        """The hints that are given by now: one more for each failed try."""
        return () if self.is_done else self.card.hints[: self._tries]

    def turn(self, by: int) -> bool:
        """Take another card in hand; returns whether there is one.

        One that is only to be read is done when it is turned forward, the last one too.
        """
        if by > 0 and not self.card.is_task:
            self._finish()
        if not 0 <= self.at + by < len(self.lesson.cards):
            return False
        self.at += by
        return True

    def lay_out(self, bench: Bench) -> None:
        """Begin the card in hand on a bench: with a run and a view of its own, if it has any."""
        self._tries = 0
        if self.card.start:
            bench.begin(self.card.start.settings)
            settled = self.card.start.settled(facts_of(bench))
            if settled != bench.wanted:
                bench.begin(settled)
        if self.card.view in bench.views:
            bench.choose(self.card.view)
        self._ended = {entry.run for entry in bench.history.entries if entry.run.ended}

    def observe(self, bench: Bench) -> None:
        """See whether the goal is met; a run that ends without it is a failed try."""
        goal = self.card.goal
        if goal is None or self.is_done:
            return
        if goal.holds(facts_of(bench)):
            self._finish()
        elif bench.run.ended and bench.run not in self._ended:
            self._ended.add(bench.run)
            self._tries += 1

    def give_hint(self) -> None:
        """Give the next hint without another try."""
        self._tries = min(self._tries, len(self.card.hints)) + 1

    @property
    def has_hint(self) -> bool:
        """Whether there is a hint that was not given yet."""
        return not self.is_done and self._tries < len(self.card.hints)

    @property
    def question(self) -> frozenset[str]:
        """The facts that its open question is about; none once the last hint is given."""
        card = self.card
        if not card.ask or self.is_done or (card.hints and not self.has_hint):
            return frozenset()
        answers = [card.answer] if card.answer else card.choices.values()
        return frozenset[str]().union(*(answer.names for answer in answers))

    def check(self, text: str) -> None:
        """Raise ValueError, in words, for what can't be an answer."""
        if not self.card.choices:
            Hyperparameter("answer", "answer", 0.0, "", "").parse(text)

    def answer(self, text: str, bench: Bench) -> bool:
        """Whether this is the answer; if not, it was a failed try."""
        card, facts = self.card, facts_of(bench)
        if card.choices:
            right = text in card.choices and card.choices[text].holds(facts)
        else:
            right = card.answer is not None and _is_near(
                float(text), card.answer.value(facts), card.tolerance
            )
        if right:
            self._finish()
        else:
            self._tries += 1
        return right

    def read(self, text: str, bench: Bench) -> str:
        """A text of the card with the numbers of the moment."""
        if "{" not in text:
            return text
        facts = facts_of(bench)
        return filled_in(text, lambda expression: in_words(expression.value(facts)))

    def _finish(self) -> None:
        self.done.add(self.card.title)
        self._changed(self.done)


def _is_near(given: float, right: Result, tolerance: float) -> bool:
    """Whether a number is the right one, but for a part of it."""
    return not isinstance(right, str) and abs(given - right) <= tolerance * abs(right)


def rights(card: Card, facts: dict[str, Result]) -> list[str]:
    """The answers that are right as things stand."""
    if card.answer:
        value = card.answer.value(facts)
        return [] if isinstance(value, str) or not math.isfinite(value) else [repr(float(value))]
    return [answer for answer, expression in card.choices.items() if expression.holds(facts)]
