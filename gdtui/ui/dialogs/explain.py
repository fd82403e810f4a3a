"""The card that explains the figures of Now and the settings, with the numbers of the moment."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from gdtui.ui.dialogs.dialog import Dialog


class ExplainScreen(Dialog[None]):
    """Names and the words that explain them, over the workbench."""

    BINDINGS = [Binding("escape,i,q", "dismiss", "Back")]
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, explained: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._explained = explained

    def compose(self) -> ComposeResult:
        """One paragraph for each name."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title = "What the figures say"
            box.border_subtitle = "up, down: scroll; escape: back"
            for name, words in self._explained:
                yield Static(f"{name}: {words}\n", markup=False)
