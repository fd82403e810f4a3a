"""Where the terminal knows ASCII alone: whatever the screen can show has a likeness in it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from support.desk import Desk, opened
from textual._border import BORDER_CHARS
from textual.color import Color
from textual.keys import KEY_DISPLAY_ALIASES
from textual.renderables.bar import Bar
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip

from gdtui.core.settings import Settings
from gdtui.drawing import CROWD, Role, progress_bar
from gdtui.runs.history import GLYPHS
from gdtui.ui.ascii import InASCII, in_ascii
from gdtui.ui.widgets.rows import framed
from gdtui.views.fit import EXAMPLE
from gdtui.views.marks import ARRIVED, ARROWS, LANDING, MINIMUM, WALKER
from gdtui.views.sweep import DIVERGED
from gdtui.views.valley import HEADS, SHAFT

CHARACTERS = {
    "dots": "".join(map(chr, range(0x2801, 0x2900))),
    "marks": WALKER
    + MINIMUM
    + ARRIVED
    + LANDING
    + SHAFT
    + HEADS
    + EXAMPLE
    + CROWD
    + DIVERGED
    + GLYPHS,
    "arrows": ARROWS,
    "frames": "".join(text for row in framed([], 9, "a", "", Role.FRAME) for text, _ in row),
    "borders": "".join("".join(map("".join, rows)) for rows in BORDER_CHARS.values()),
    "scroll bars": "".join(ScrollBarRender.VERTICAL_BARS + ScrollBarRender.HORIZONTAL_BARS),
    "our progress bar": progress_bar(0.5, 4),
    "progress bars": Bar.HALF_BAR_LEFT + Bar.BAR + Bar.HALF_BAR_RIGHT,
    "keys": "".join(KEY_DISPLAY_ALIASES.values()),
}


@pytest.mark.parametrize("characters", list(CHARACTERS.values()), ids=list(CHARACTERS))
def test_every_character_has_a_likeness(characters: str) -> None:
    for character in characters:
        likeness = in_ascii(character)
        assert len(likeness) == 1
        assert likeness.isascii()
        assert likeness.isprintable()
        assert likeness != "?"
        assert likeness == " " or character != " "


def test_likenesses_that_must_differ_do() -> None:
    marks = [in_ascii(mark) for mark in (WALKER, MINIMUM, ARRIVED, LANDING, "↓", "─", "│")]
    assert len(set(marks)) == len(marks)
    assert in_ascii(ARROWS) == ">>^<<<v>"
    assert in_ascii("⠉⠤⠒⣿") == "'.'" + ":"


@pytest.mark.parametrize(
    ("text", "likeness"), [("e\u0301a", "ea"), ("宽x", "??x"), ("größe", "gr??e"), ("", "")]
)
def test_a_likeness_is_as_wide(text: str, likeness: str) -> None:
    assert in_ascii(text) == likeness


@example("e\u0301 \U0001f468\u0301宽")
@given(st.text(max_size=30))
def test_what_is_sent_is_ascii_and_as_wide(text: str) -> None:
    shown = "".join(character for character in text if character.isprintable())
    strip = Strip([Segment(shown)]).apply_filter(InASCII(), Color(0, 0, 0))
    assert strip.text.isascii()
    assert len(strip.text) == cell_len(shown)


def look(desk: Desk) -> None:
    """Nothing on the screen but ? itself becomes one."""
    for line in desk.lines:
        likeness = in_ascii(line)
        assert likeness.isascii()
        assert likeness.count("?") == line.count("?")


@pytest.mark.long
async def test_no_screen_shows_a_question_mark_for_what_it_cannot_show() -> None:
    async with opened(Settings(bias=True)) as desk:
        for size in ((40, 12), (80, 24), (120, 36)):
            await desk.resize(*size)
            look(desk)
        for keys in ("s", "2", "l", "z", "z", "?", "?", ">", "m", "m", "r", "+", "f"):
            await desk.press(keys)
            await desk.advance(3)
            look(desk)
        await desk.advance(1000)
        look(desk)
        await desk.press("home")
        look(desk)
        await desk.press("ctrl+p")
        await desk.pilot.pause()
        look(desk)
        await desk.press("escape")
        desk.control("method").focus()
        await desk.press("enter")
        look(desk)
        await desk.press("escape")
        await desk.type("lr", "1e")
        look(desk)
        await desk.press("m", "+", "+", "+", "+", "+", "+", "+", "r")
        await desk.advance(10**5)
        look(desk)
