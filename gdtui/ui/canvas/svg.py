"""The rows of a plot as a picture for a page: SVG."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME

from gdtui.core.printable import printable
from gdtui.drawing import Role, Row

TITLE_CHARACTERS = 80
# Stands for what is no letter; SVG could not even hold some of it.
UNKNOWN = "\ufffd"
# Fonts in which a letter is 0.602 of its size wide, and what there is elsewhere.
FONTS = "DejaVu Sans Mono, Menlo, Consolas, monospace"
SIZE, CELL_WIDTH, CELL_HEIGHT, BASELINE = 20.0, 12.04, 24.0, 18.0
MARGIN = 8.0
# The side of a dot, and the dots of a braille character: which column and row each bit stands for.
DOT = 3.6
FIRST_BRAILLE = "\u2800"
BITS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
# Dots, blanks, and words: a word by itself stays in its place in any font.
_PIECE = re.compile("[\u2800-\u28ff]+|[ \xa0]+|[^\u2800-\u28ff \xa0]+")


def svg(title: str, rows: Sequence[Row], styles: Mapping[Role, Style]) -> str:
    """The rows as they stand on the screen, in the styles that their roles have there."""
    plain = styles.get(Role.PLAIN, Style.null())
    cells = max((sum(cell_len(text) for text, _ in row) for row in rows), default=0)
    width, height = cells * CELL_WIDTH + 2 * MARGIN, len(rows) * CELL_HEIGHT + 2 * MARGIN
    box = f"0 0 {width:.2f} {height:.2f}"
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box})
    SubElement(root, "title").text = printable(title, TITLE_CHARACTERS)
    background = _hex(plain.bgcolor, SVG_EXPORT_THEME.background_color)
    SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": background})
    words = SubElement(root, "g", {"font-family": FONTS, "font-size": f"{SIZE:g}"})
    dots: dict[str, list[str]] = defaultdict(list)
    for y, row in enumerate(rows):
        for x, piece, role in _pieces(row):
            style = plain + styles.get(role, Style.null())
            color = _hex(style.color, SVG_EXPORT_THEME.foreground_color)
            if piece[0] < FIRST_BRAILLE or piece[0] > "\u28ff":
                _write(words, x, y, piece, color, bool(style.bold))
            else:
                dots[color] += _dots(x, y, piece)
    for color, squares in dots.items():
        SubElement(root, "path", {"fill": color, "d": "".join(squares)})
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _pieces(row: Row) -> Iterator[tuple[int, str, Role]]:
    """All but blanks: in which cell each piece begins, and what it stands for."""
    x = 0
    for text, role in row:
        for piece in _PIECE.findall(_harmless(text)):
            if not piece.isspace():
                yield x, piece, role
            x += cell_len(piece)


def _write(group: Element, x: int, y: int, word: str, color: str, bold: bool) -> None:
    """A word, as wide as its cells."""
    place = {
        "x": f"{MARGIN + x * CELL_WIDTH:.2f}",
        "y": f"{MARGIN + y * CELL_HEIGHT + BASELINE:.2f}",
        "textLength": f"{cell_len(word) * CELL_WIDTH:.2f}",
        "lengthAdjust": "spacingAndGlyphs",
        "fill": color,
    }
    weight = {"font-weight": "bold"} if bold else {}
    SubElement(group, "text", place | weight).text = word


def _dots(x: int, y: int, characters: str) -> Iterator[str]:
    """The squares of braille characters, which few fonts have."""
    for cell, character in enumerate(characters, x):
        for bit, (column, line) in enumerate(BITS):
            if (ord(character) - ord(FIRST_BRAILLE)) >> bit & 1:
                left = MARGIN + (cell + (2 * column + 1) / 4) * CELL_WIDTH - DOT / 2
                top = MARGIN + (y + (2 * line + 1) / 8) * CELL_HEIGHT - DOT / 2
                yield f"M{left:.2f},{top:.2f}h{DOT}v{DOT}h-{DOT}z"


def _harmless(text: str) -> str:
    return "".join(char if char.isprintable() else UNKNOWN for char in text)


def _hex(color: Color | None, default: tuple[int, int, int]) -> str:
    known = None if color is None or color.is_default else color.get_truecolor(SVG_EXPORT_THEME)
    red, green, blue = known or default
    return f"#{red:02x}{green:02x}{blue:02x}"
