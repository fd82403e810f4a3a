"""What the command palette finds: commands and explanations, by their names and by their words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.command import Hit, Hits
from textual.markup import escape
from textual.system_commands import SystemCommandsProvider

if TYPE_CHECKING:
    from gdtui.now import Explained


# How well a command fits whose name, or whose words, hold all that is sought; else the letters of
# its name in their order may do, which is told by a number far below these.
IN_NAME, IN_WORDS, IN_LETTERS = 3.0, 2.0, 1e-3


@runtime_checkable
class Explains(Protocol):
    """A screen that has words for what is on it."""

    def explanations(self) -> Mapping[str, Sequence[Explained]]:
        """What there is to explain, by where it is to be seen."""

    def explain(self, name: str = "") -> None:
        """Show all of that, from this name on."""


def telling(words: str, sought: Sequence[str]) -> str:
    """The first sentence with a word that is sought, else the first."""
    sentences = re.split(r"(?<=\.) ", words)
    return next((s for s in sentences if any(part in s.lower() for part in sought)), sentences[0])


class Commands(SystemCommandsProvider):
    """Finds what holds each word that is sought; Textual's looks at the letters of names alone."""

    async def search(self, query: str) -> Hits:
        """What fits, each with the sentence that does."""
        matcher, sought = self.matcher(query), query.lower().split()
        for title, words, run, _ in self.app.get_system_commands(self.screen):
            score = IN_LETTERS * matcher.match(title)
            if all(part in title.lower() for part in sought):
                score = IN_NAME
            elif all(part in f"{title} {words}".lower() for part in sought):
                score = IN_WORDS
            if score:
                told = telling(words, sought if score == IN_WORDS else ())
                yield Hit(score, matcher.highlight(escape(title)), run, help=escape(told))
