"""The rows of a plot as a picture for a page: SVG."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME, TerminalTheme

from gdtui.core.text import printable
from gdtui.ui.drawing import Role, Row

TITLE_CHARACTERS = 80
# Stands for what is no letter; SVG could not even hold some of it.
UNKNOWN = "\ufffd"
# As rich lays it out, but for its font: that would be asked of a server by whoever looks at it.
LAYOUT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        white-space: pre;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})"
       clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def svg(title: str, rows: Sequence[Row], styles: Mapping[Role, Style]) -> str:
    """The rows as they stand on the screen, in the styles that their roles have there."""
    segments: list[Segment] = []
    for row in rows:
        segments += [Segment(_harmless(text), styles.get(role)) for text, role in row]
        segments.append(Segment.line())
    # rich has no frame to cut the last line to: this one is empty.
    segments.append(Segment(" "))
    width = max((sum(cell_len(text) for text, _ in row) for row in rows), default=0)
    console = Console(record=True, width=max(width, 1), file=io.StringIO(), legacy_windows=False)
    console.print(Segments(segments), crop=False)
    return console.export_svg(
        title=printable(title, TITLE_CHARACTERS),
        theme=_theme(styles.get(Role.PLAIN, Style.null())),
        code_format=LAYOUT,
    )


def _harmless(text: str) -> str:
    return "".join(char if char.isprintable() else UNKNOWN for char in text)


def _theme(plain: Style) -> TerminalTheme:
    """The colours of plain text for the picture as a whole, where the style has any."""
    default = SVG_EXPORT_THEME
    return TerminalTheme(
        _triplet(plain.bgcolor, default.background_color),
        _triplet(plain.color, default.foreground_color),
        [tuple(default.ansi_colors[number]) for number in range(8)],  # type: ignore[misc]
        [tuple(default.ansi_colors[number]) for number in range(8, 16)],  # type: ignore[misc]
    )


def _triplet(color: Color | None, default: tuple[int, int, int]) -> tuple[int, int, int]:
    if color is None or color.is_default:
        return default
    triplet = color.get_truecolor(SVG_EXPORT_THEME)
    return triplet.red, triplet.green, triplet.blue
