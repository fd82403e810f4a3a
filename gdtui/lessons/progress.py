"""How far one is: the titles of the cards that are done, by lesson, in a file of the state folder.

What can't be read counts as nothing done, and what can't be written is no reason to end a lesson.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import mkstemp

from gdtui.lessons.course import Course
from gdtui.lessons.lesson import MOST_LESSON_BYTES, Lesson, lesson_at
from gdtui.paths import state_folder


class LessonProgress:
    """The cards that are done, of every lesson."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def _path(self) -> Path:
        """Raises RuntimeError where there is no home."""
        return (self._folder or state_folder()) / "lessons.json"

    def done(self, name: str) -> set[str]:
        """The titles of the cards of a lesson that are done."""
        return set(self._read().get(name, ()))

    def keep(self, name: str, done: set[str]) -> None:
        """Remember them; other lessons are as another gdtui may have left them."""
        with suppress(OSError, RuntimeError):
            path = self._path
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            text = json.dumps(self._read() | {name: sorted(done)}, indent=1)
            handle, temporary = mkstemp(".tmp", dir=path.parent)
            with open(handle, "w", encoding="ascii") as file:
                file.write(text)
            os.replace(temporary, path)

    def _read(self) -> dict[str, list[str]]:
        try:
            with open(self._path, "rb") as file:
                found = json.loads(file.read(MOST_LESSON_BYTES))
        except (OSError, RuntimeError, RecursionError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {
            name: [title for title in titles if isinstance(title, str)]
            for name, titles in found.items()
            if isinstance(titles, list)
        }

    def line(self, lesson: Lesson) -> str:
        """A lesson in a line of a list: its name, how far one is, and what it is called."""
        done = len(self.done(lesson.name) & {card.title for card in lesson.cards})
        return f"{lesson.name:14} {done:2} of {len(lesson.cards):2}   {lesson.title}"


def course_of(where: str) -> Course:
    """The lesson of a name or in a file, from where one left it; raises LessonError."""
    lesson, progress = lesson_at(where), LessonProgress()
    return Course(lesson, progress.done(lesson.name), partial(progress.keep, lesson.name))
