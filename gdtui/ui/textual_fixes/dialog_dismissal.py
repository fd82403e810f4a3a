"""Dialogs that end once, with the first answer, and only themselves.

Without it: `dismiss` of a screen below another ends the one on top in its stead, and a second one,
as of two quick clicks, gives a second answer where there is one to take, or pops what is below.
Seen in Textual 8.2.8; upstream: Textualize/textual#2575, #4884. All of it is public.
"""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType


class OnceDismissed(ModalScreen[ScreenResultType]):
    """A screen over others that ends once, and with the first answer."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """End with an answer, unless it has ended or another screen is over it."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
