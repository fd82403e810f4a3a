"""The help panel: every key and what it does, read from the bindings themselves."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.widgets import Static

NOTE = """\
In a field, what spells a number is typed: enter takes it, the arrows step it. Every other key \
works there too. Tab goes from field to field."""


def key_table(bindings: Sequence[BindingType]) -> list[tuple[str, str]]:
    """The keys and the explanation of every binding that has one, in order."""
    return [
        (" ".join(format_key(key) for key in binding.key.split(",")), binding.tooltip)
        for binding in bindings
        if isinstance(binding, Binding) and binding.tooltip
    ]


class HelpPanel(VerticalScroll, can_focus=False):
    """A card over the plots, with a row for every key."""

    def __init__(self, bindings: Sequence[BindingType]) -> None:
        super().__init__()
        self.border_title = "Keys"
        self._table = key_table(bindings)

    def compose(self) -> ComposeResult:
        """The table, and a note on number fields."""
        rows = [
            Content.assemble((f"{key:>8}", "bold $text-accent"), f"  {text}")
            for key, text in self._table
        ]
        yield Static(Content("\n").join(rows))
        yield Static(Content(f"\n{NOTE}"))
