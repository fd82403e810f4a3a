"""Plots as SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.style import Style

from gdtui.drawing import Role, Row
from gdtui.ui.canvas.svg import CELL_HEIGHT, CELL_WIDTH, DOT, MARGIN, svg
from gdtui.ui.widgets.rows import framed

STYLES = {
    Role.PLAIN: Style.parse("#e0e0e0 on #101418"),
    Role.FRAME: Style.parse("#777777 on #101418"),
    Role.WALKER: Style.parse("bold #ffd75f on #101418"),
}
SPACE = "{http://www.w3.org/2000/svg}"


def found(picture: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(picture).iter(SPACE + tag))


def texts(picture: str) -> list[str]:
    """The words of a picture."""
    return [element.text or "" for element in found(picture, "text")]


def dots(picture: str) -> set[tuple[float, float]]:
    """The middles of the dots of a picture, in cells and in quarters of a row."""
    paths = " ".join(element.attrib["d"] for element in found(picture, "path"))
    corners = re.findall(r"M([\d.]+),([\d.]+)", paths)
    return {
        (
            round((float(x) + DOT / 2 - MARGIN) / CELL_WIDTH * 4) / 4,
            round((float(y) + DOT / 2 - MARGIN) / CELL_HEIGHT * 8) / 8,
        )
        for x, y in corners
    }


def tags(picture: str) -> set[str]:
    return {element.tag.removeprefix(SPACE) for element in ElementTree.fromstring(picture).iter()}


def test_the_rows_are_in_the_picture_with_their_styles() -> None:
    rows: list[Row] = [(("⠉⠒⠤", Role.WALKER), ("  ", Role.PLAIN)), (("0.25", Role.WALKER),)]
    picture = svg("Loss by iteration", framed(rows, 5, "1 Loss", "", Role.FRAME), STYLES)
    assert [element.text for element in found(picture, "title")] == ["Loss by iteration"]
    assert {"0.25", "│", "╭"} <= set(texts(picture))
    fills = {element.text: element.get("fill") for element in found(picture, "text")}
    assert (fills["0.25"], fills["│"]) == ("#ffd75f", "#777777")
    assert [element.get("fill") for element in found(picture, "path")] == ["#ffd75f"]
    assert [element.get("fill") for element in found(picture, "rect")] == ["#101418"]
    bold = {element.text for element in found(picture, "text") if element.get("font-weight")}
    assert bold == {"0.25"}


def test_words_and_dots_stand_in_their_cells() -> None:
    rows: list[Row] = [
        (("ab  c ", Role.PLAIN), ("⠁", Role.WALKER), ("d", Role.PLAIN)),
        (("宽x⢀", Role.PLAIN),),
    ]
    picture = svg("", rows, STYLES)
    places = {
        element.text: [float(element.attrib[name]) for name in ("x", "y", "textLength")]
        for element in found(picture, "text")
    }
    assert {
        text: (
            round((x - MARGIN) / CELL_WIDTH),
            (y - MARGIN) // CELL_HEIGHT,
            round(length / CELL_WIDTH),
        )
        for text, (x, y, length) in places.items()
    } == {"ab": (0, 0, 2), "c": (4, 0, 1), "d": (7, 0, 1), "宽x": (0, 1, 3)}
    # The first dot of the seventh cell, and the last one of the fourth.
    assert dots(picture) == {(6.25, 0.125), (3.75, 1.875)}


def test_each_braille_character_has_its_dots() -> None:
    row = tuple((chr(0x2800 + bits), Role.PLAIN) for bits in range(256))
    seen = dots(svg("", [row], STYLES))
    for bits in range(256):
        mine = {(x - bits, y) for x, y in seen if bits <= x < bits + 1}
        # Dots 1 to 6 go down the left column and the right one, 7 and 8 stand below: Unicode 15,
        # section 21.1.
        order = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
        assert mine == {
            ((2 * x + 1) / 4, (2 * y + 1) / 8) for n, (x, y) in enumerate(order) if bits & 1 << n
        }


def test_no_one_is_asked_for_anything() -> None:
    picture = svg("title", [(("x⠁", Role.PLAIN),)], STYLES)
    assert "url(" not in picture
    assert "href" not in picture
    assert picture.count("http") == 1  # the name of SVG itself


@given(st.text(min_size=1, max_size=30))
@example("<script>alert(1)</script>")
@example("</text></svg><image href='http://x'/>&amp;]]>")
@example('"><a href="javascript:x">')
@example("[red]{styles}{0}[/red] :smile:")
@example("\x1b]52;c;x\x07\x00\ufffe\udcff\u202e\x9b")
@example("宽\U0001f600é")
def test_text_from_files_is_harmless(text: str) -> None:
    picture = svg(text, [((text, Role.PLAIN),)], STYLES)
    assert tags(picture) <= {"svg", "title", "rect", "g", "text", "path"}
    assert tags(picture) >= {"svg", "title", "rect", "g"}
    assert picture.encode("utf-8").decode().replace("\n", "").isprintable()


@pytest.mark.parametrize("text", ["<b> & \"c\" 'd'", "[bold]x[/bold] :smile: {0}"])
def test_text_is_shown_as_it_is(text: str) -> None:
    picture = svg(text, [((text, Role.PLAIN),)], STYLES)
    assert " ".join(texts(picture)) == text == found(picture, "title")[0].text


@pytest.mark.parametrize("rows", [[], [()], [(("", Role.PLAIN),)]])
def test_a_picture_of_nothing_is_one(rows: list[Row]) -> None:
    assert ElementTree.fromstring(svg("", rows, {})).tag == f"{SPACE}svg"


def test_a_long_row_is_not_wrapped() -> None:
    row = (("x" * 500, Role.PLAIN),)
    assert texts(svg("", [row, row], STYLES)) == ["x" * 500] * 2
