"""A lesson on the workbench: which card is shown, and what the keys do with it."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App
from textual.content import Content
from textual.message import Message

from gdtui.bench import Bench
from gdtui.core.printable import printable
from gdtui.lessons.course import Course
from gdtui.lessons.lesson import lesson_at, shipped
from gdtui.lessons.progress import LessonProgress, course_of
from gdtui.scene import Program
from gdtui.ui.dialogs.lines import LineScreen
from gdtui.ui.dialogs.question import Question
from gdtui.ui.dialogs.whole_card import WholeCardScreen
from gdtui.ui.elsewhere import Elsewhere
from gdtui.ui.widgets.lesson_card import LessonCard

# How much of a heading and of a question there is room for.
HEADING, ASKED = 100, 60


def card_text(course: Course, bench: Bench) -> Content:
    """The text of the card with the numbers of the moment; nothing in it is markup."""
    card = course.card
    parts = [Content(course.read(card.text, bench))]
    if card.ask:
        parts.append(Content.styled(course.read(card.ask, bench), "bold"))
    parts += [
        Content.styled(f"Hint: {course.read(hint, bench)}", "$text-warning")
        for hint in course.hints
    ]
    if course.is_done and card.is_task:
        words = f"✓ {course.read(card.after, bench) or 'Done.'}"
        parts.append(Content.styled(words, "$text-success"))
    return Content("\n\n").join(parts)


def keys_of(course: Course) -> str:
    """What the keys do with this card."""
    if course.is_done or not course.card.is_task:
        enter = "enter end" if course.is_last else "enter go on"
    elif course.card.ask:
        enter = "enter answer"
    else:
        enter = "enter a hint" if course.has_hint else ""
    return " · ".join(part for part in (enter, "[ ] leaf", "esc leave") if part)


class Teaching:
    """The lesson that is on, if one is; the workbench says when, and shows what comes of it."""

    def __init__(
        self,
        app: App[object],
        bench: Callable[[], Bench],
        card: LessonCard,
        post: Callable[[Message], object],
        show: Callable[[], None],
        tell: Callable[[str], object],
    ) -> None:
        self._app, self._bench, self.card = app, bench, card
        self._post, self._show, self._tell = post, show, tell
        self.course: Course | None = None
        self._program: Program | None = None

    @property
    def is_on(self) -> bool:
        """Whether there is a card to show."""
        return self.course is not None or self._program is not None

    def show_check(self, program: Program) -> None:
        """Show what was found out about a program of the user's."""
        self._program = program

    def choose(self) -> None:
        """Show the lessons there are, and begin the one that is taken."""
        progress, names = LessonProgress(), list(shipped())
        lines = [progress.line(lesson_at(name)) for name in names]

        def begin(number: int | None) -> None:
            if number is not None:
                self.begin(course_of(names[number]))

        self._app.push_screen(LineScreen("Lessons", lines), begin)

    def begin(self, course: Course) -> None:
        """Take a lesson up, at the card in hand."""
        self.course = course
        self._lay_out()

    def _lay_out(self) -> None:
        if self.course is None:
            return
        self._app.clear_notifications()
        start = self.course.card.start
        if start and start.surface != self._bench().problem.source.surface:
            self._post(Elsewhere(self.course, start.surface))
            return
        self.course.lay_out(self._bench())
        self._show()

    def observe(self) -> None:
        """Show the card, as things stand."""
        keys, told = "esc close", 0
        if self.course:
            self.course.observe(self._bench())
            self._bench().question = self.course.question
            keys, told = keys_of(self.course), len(self.course.hints) or self.course.is_done
        if written := self._written:
            self.card.show(*written, keys, told)

    @property
    def _written(self) -> tuple[str, Content] | None:
        """The heading and the text of the card, if there is one."""
        if self.course:
            heading = printable(self.course.heading, HEADING)
            return heading, card_text(self.course, self._bench())
        if self._program:
            text = Content("\n\n".join(self._program.verdict))
            return f"Check of {self._program.name}", text
        return None

    def show_whole(self) -> None:
        """Show all of the card over the plots, if there is one."""
        if written := self._written:
            self._app.clear_notifications()
            self._app.push_screen(WholeCardScreen(*written))
        else:
            self._tell("There is no card: L shows the lessons.")

    def turn(self, by: int) -> None:
        """Take another card in hand."""
        if self.course and self.course.turn(by):
            self._lay_out()

    def enter(self) -> None:
        """Go on where the card is done; else answer it, or ask for a hint."""
        course = self.course
        if course is None:
            return
        if course.is_done or not course.card.is_task:
            is_last = course.is_last
            self.turn(1)
            if is_last:
                self.leave()
        elif course.card.ask:
            self._ask(course)
        else:
            course.give_hint()
        self._show()

    def _ask(self, course: Course) -> None:
        """Let an answer be chosen, or typed."""
        answers = list(course.card.choices)
        title = printable(course.read(course.card.ask, self._bench()), ASKED)

        def take(text: str | None) -> None:
            if text is not None:
                # What was said of the answer before is so no more.
                self._app.clear_notifications()
                if not course.answer(text, self._bench()):
                    self._tell("Not quite: look again.")
            self._show()

        def take_line(number: int | None) -> None:
            take(None if number is None else answers[number])

        if answers:
            self._app.push_screen(LineScreen(title, answers), take_line)
        else:
            self._app.push_screen(Question(title, "", course.check), take)

    def leave(self) -> None:
        """End the lesson, or take the card away; the runs stay."""
        self.course = self._program = None
        self._bench().question = frozenset()
        self._show()
