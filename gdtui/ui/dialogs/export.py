"""The choice of what to take away from the screen, as files."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from gdtui.ui.dialogs.dialog import Dialog, LineList


class ExportScreen(Dialog[int | None]):
    """A list of what can be exported; ends with the number of the line chosen."""

    BINDINGS = [Binding("escape,e,q", "dismiss", "Back")]

    def __init__(self, choices: Sequence[str], folder: str) -> None:
        super().__init__()
        self._choices, self._folder = choices, folder

    def compose(self) -> ComposeResult:
        """The list in a frame that says where the file goes."""
        with Vertical(classes="dialog") as box:
            box.border_title = "Export"
            box.border_subtitle = "enter export · escape back"
            yield Label(f"A new file in {self._folder}", markup=False)
            yield LineList(*(Option(Text(choice)) for choice in self._choices), compact=True)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_index)
