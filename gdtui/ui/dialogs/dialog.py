"""What all dialogs over the workbench have in common."""

from __future__ import annotations

from textual.screen import ScreenResultType
from textual.widgets import OptionList, SelectionList

from gdtui.ui.textual_fixes.dialog_dismissal import OnceDismissed
from gdtui.ui.textual_fixes.empty_option_lists import PagesWithRoom
from gdtui.ui.textual_fixes.stale_sizes import IgnoresStaleSizes


class Dialog(IgnoresStaleSizes, OnceDismissed[ScreenResultType]):
    """A screen over others that ends once, and with the first answer."""


class LineList(PagesWithRoom, OptionList):
    """A list of which one line is taken."""


class Choices(PagesWithRoom, SelectionList[int]):
    """A list of which any number of lines is chosen."""
