"""The help panel: every key and what it does, and a card on every method, from their own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from gdtui.core.method import Method
from gdtui.core.methods import METHODS
from gdtui.ui.keys import written

NOTE = """\
In a field, what spells a number is typed: enter and space take it and leave the field, the \
arrows step it, escape brings back what stood there. Every other key works there too. Tab goes \
from field to field. Page up and down scroll this help."""


def key_table(bindings: Sequence[Binding]) -> list[tuple[str, str]]:
    """The keys and the explanation of every binding, in order."""
    return [(written(binding.key), binding.tooltip) for binding in bindings]


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
    """A card over the plots, with a row for every key, in groups, and the methods below, if any."""

    def __init__(
        self,
        groups: Mapping[str, Sequence[Binding]],
        note: str = NOTE,
        methods: Sequence[Method] = tuple(METHODS.values()),
    ) -> None:
        super().__init__()
        self.border_title = "Keys and methods" if methods else "Keys"
        self._groups, self._note, self._methods = groups, note, methods

    async def toggle(self) -> None:
        """Show it, or hide it; what is in it is made when somebody wants to see it."""
        if not self.children:
            await self.mount_all(self._parts())
        self.display = not self.display

    def _parts(self) -> Iterator[Static]:
        """The table, a note on number fields, and the cards."""
        yield Static(Content("\n").join(self._rows()))
        yield Static(Content(f"\n{self._note}"))
        for method in self._methods:
            yield Static(card(method))

    def _rows(self) -> Iterator[Content]:
        for title, bindings in self._groups.items():
            yield Content.assemble((title, "bold"))
            for key, text in key_table(bindings):
                yield Content.assemble((f"{key:>8}", "bold $text-accent"), f"  {text}")
