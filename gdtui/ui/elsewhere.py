"""That a lesson goes on elsewhere: apart from lessons, since the first paint waits for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from gdtui.lessons.course import Course


class Elsewhere(Message):
    """The card in hand begins on another surface: `surface` by its name, or the data."""

    def __init__(self, course: Course, surface: str | None) -> None:
        super().__init__()
        self.course = course
        self.surface = surface
