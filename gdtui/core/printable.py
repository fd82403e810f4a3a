"""Text from files and from the command line is data: shown harmlessly wherever it is shown."""

from __future__ import annotations

# Letters and marks by name, but nothing to see; on their width no two terminals agree.
# Source: the property Default_Ignorable_Code_Point of Unicode, which Python does not know.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


# As long as a path may be, which is of no use cut short.
PATH_CHARACTERS = 4096


def printable(text: str, limit: int = 40) -> str:
    """Show foreign text harmlessly: unprintable characters escaped, and at most limit long."""
    shown = "".join(
        char if char.isprintable() and char not in _UNSEEN else _escaped(char)
        for char in text[: limit + 1]
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
