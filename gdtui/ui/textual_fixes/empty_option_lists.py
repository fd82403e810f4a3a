"""Lists of options with no pages to turn while there is no room for a line.

Without it: page up and page down look for the line of the chosen option, and end the app with a
KeyError where none is laid out, as in a window of a few rows.
Seen in Textual 8.2.8; no upstream issue found.
"""

from __future__ import annotations

from typing import Literal


class PagesWithRoom:
    """A mixin for lists of options: turns no page where no line is laid out."""

    _index_to_line: dict[int, int]

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        if self._index_to_line:
            super()._move_page(direction)  # type: ignore[misc]
