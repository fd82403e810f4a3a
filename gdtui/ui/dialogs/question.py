"""A question for one line of text, over the workbench."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Label

from gdtui.ui.dialogs.dialog import Dialog, TextField


class Question(Dialog[str | None]):
    """Asks until `check` takes the answer; it raises ValueError, in words, where it can't be."""

    BINDINGS = [Binding("escape", "dismiss", "Back")]

    def __init__(self, question: str, answer: str, check: Callable[[str], object]) -> None:
        super().__init__()
        self._question, self._answer, self._check = question, answer, check

    def compose(self) -> ComposeResult:
        """The field in a frame, and below it what is wrong with its text."""
        with Vertical(classes="dialog") as box:
            box.border_title = self._question
            box.border_subtitle = "enter: take it · escape: back"
            yield TextField(self._answer)
            yield Label("", id="reason", markup=False)

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self._check(event.value)
        except ValueError as reason:
            self.query_one("#reason", Label).update(str(reason))
        else:
            self.dismiss(event.value)
