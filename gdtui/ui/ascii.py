"""Where the terminal knows ASCII alone: every character of the screen as one of it."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_ASCII = str.maketrans(
    {
        # Lines of boxes, and blocks: what is neither level nor upright is a corner, or full.
        **dict.fromkeys(map(chr, range(0x2500, 0x2580)), "+"),
        **dict.fromkeys(map(chr, range(0x2580, 0x25A0)), "#"),
        **dict.fromkeys("✚✛", "+"),
        **dict.fromkeys("─━┄┅┈┉╌╍═╴╶╸╺╼╾–—⎯▔▁", "-"),
        **dict.fromkeys("│┃┆┇┊┋╎╏║╵╷╹╻╽╿▏▕▎▍▌▋▊▐", "|"),
        **dict.fromkeys("●•", "o"),
        **dict.fromkeys("←◀↙↖⌫", "<"),
        **dict.fromkeys("→▶↘↗🔎", ">"),
        **{
            "·": "-",
            "○": "O",
            "×": "x",
            "◇": "%",
            "…": "~",
            "↓": "v",
            "▼": "v",
            "↑": "^",
            "▲": "^",
            "⏎": "/",
            "⊕": "@",
        },
    }
)
# The dots of a braille character in its upper and in its lower half.
_UPPER, _LOWER = 0b00011011, 0b11100100


def in_ascii(text: str) -> str:
    """The text drawn with ASCII alone: as like as may be, and ? for what is like nothing."""
    return "".join(
        character if character.isascii() else _braille_in_ascii(character)
        for character in text.translate(_ASCII)
    )


def _braille_in_ascii(character: str) -> str:
    dots = ord(character) - 0x2800
    if not 0 <= dots < 256:
        # One for each cell, and so none for a mark over the letter before it.
        return "?" * cell_len(character)
    return " '.:"[bool(dots & _UPPER) + 2 * bool(dots & _LOWER)]


class InASCII(LineFilter):
    """Draws every line with ASCII alone, and leaves it as wide."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, each in characters of ASCII."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(_as_wide(segment.text), segment.style)
            for segment in segments
        ]


@lru_cache(maxsize=4096)
def _as_wide(text: str) -> str:
    """A text in ASCII; of half a cluster of characters there may be more or fewer than cells."""
    width = cell_len(text)
    return in_ascii(text).ljust(width)[:width]
