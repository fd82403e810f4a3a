"""What all dialogs over the workbench have in common."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.screen import ScreenResultType
from textual.strip import Strip
from textual.widgets import Input, OptionList, SelectionList

from gdtui.ui.textual_fixes.dialog_dismissal import OnceDismissed
from gdtui.ui.textual_fixes.empty_option_lists import PagesWithRoom
from gdtui.ui.textual_fixes.stale_sizes import IgnoresStaleSizes


class Dialog(IgnoresStaleSizes, OnceDismissed[ScreenResultType]):
    """A screen over others that ends once, and with the first answer."""


class TextField(Input):
    """A field for a line of text; its cursor does not blink, which would send bytes for ever."""

    def __init__(self, value: str = "", placeholder: str = "", replaced: bool = False) -> None:
        """The value is `replaced` by what is typed, or else typed on."""
        super().__init__(value, placeholder, compact=True, select_on_focus=replaced)
        self.cursor_blink = False


class LineList(PagesWithRoom, OptionList):
    """A list of which one line is taken."""


class Choices(PagesWithRoom, SelectionList[int]):
    """A list of which any number of lines is chosen; the box before each of the others is empty.

    Enter starts with them, and takes none off. It is a key of the list itself: one of the screen
    with priority would overtake the keys typed just before it.
    """

    BINDINGS = [Binding("enter", "screen.start", "Start")]

    def render_line(self, y: int) -> Strip:
        """One line: Textual would cross the box of a line that is not chosen, too."""
        line = super(SelectionList, self).render_line(y)
        at = self.scroll_offset.y + y
        if at >= self.option_count:
            return line
        is_chosen = self.get_option_at_index(at).value in self.selected
        # A click on the box finds its line by this, as one on the words does.
        style = next(iter(line)).style or self.rich_style
        style += Style(bold=is_chosen, meta={"option": at})
        return Strip([Segment("[x] " if is_chosen else "[ ] ", style), *line])
