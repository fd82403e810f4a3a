"""The help panel: every key and what it does, and a card on every method, from their own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.widgets import Static

from gdtui.core.method import Method
from gdtui.core.methods import METHODS

NOTE = """\
In a field, what spells a number is typed: enter and space take it and leave the field, the \
arrows step it, escape brings back what stood there. Every other key works there too. Tab goes \
from field to field. Page up and down scroll this help."""


def key_table(bindings: Sequence[BindingType]) -> list[tuple[str, str]]:
    """The keys and the explanation of every binding that has one, in order."""
    return [
        (" ".join(format_key(key) for key in binding.key.split(",")), binding.tooltip)
        for binding in bindings
        if isinstance(binding, Binding) and binding.tooltip
    ]


def card(method: Method) -> Content:
    """What a method does, its formula, when it helps, which learning rates work, the source."""
    formula = "".join(f"    {line}\n" for line in method.formula)
    return Content.assemble(
        (f"\n{method.name}", "bold $text-accent"),
        (f"  --method {method.key}\n", "$text-muted"),
        f"{method.help}\n",
        (formula, "$text-warning"),
        f"{method.when}\n",
        f"Learning rate: {method.bound}.\n",
        (method.source, "$text-muted"),
    )


class HelpPanel(VerticalScroll, can_focus=False):
    """A card over the plots, with a row for every key, and the methods below."""

    def __init__(self, bindings: Sequence[BindingType]) -> None:
        super().__init__()
        self.border_title = "Keys and methods"
        self._table = key_table(bindings)

    def compose(self) -> ComposeResult:
        """The table, a note on number fields, and the cards."""
        yield Static(Content("\n").join(self._rows()))
        yield Static(Content(f"\n{NOTE}"))
        for method in METHODS.values():
            yield Static(card(method))

    def _rows(self) -> Iterator[Content]:
        for key, text in self._table:
            yield Content.assemble((f"{key:>8}", "bold $text-accent"), f"  {text}")
