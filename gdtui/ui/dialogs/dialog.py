"""What all dialogs over the workbench have in common."""

from __future__ import annotations

from textual._widget_navigation import Direction
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import OptionList, SelectionList

from gdtui.ui.textual_fixes.stale_sizes import Steady


class Dialog(Steady, ModalScreen[ScreenResultType]):
    """A screen over others that ends once, and with the first answer.

    Textual's ends the screen on top in its stead, and fails at the second answer.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """End with an answer, unless it has ended or another screen is over it."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class _Pages:
    """A mixin for lists of options, with no pages to turn while there is no room for a line.

    Textual's look for the line of an option, and fail where none is laid out.
    """

    _index_to_line: dict[int, int]

    def _move_page(self, direction: Direction) -> None:
        if self._index_to_line:
            super()._move_page(direction)  # type: ignore[misc]


class Lines(_Pages, OptionList):
    """A list of which one line is taken."""


class Choices(_Pages, SelectionList[int]):
    """A list of which any number of lines is chosen."""
