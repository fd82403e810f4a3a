"""Plots as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.style import Style

from gdtui.ui.drawing import Role, Row
from gdtui.ui.rows import framed
from gdtui.ui.svg import svg

STYLES = {
    Role.PLAIN: Style.parse("#e0e0e0 on #101418"),
    Role.FRAME: Style.parse("#777777 on #101418"),
    Role.WALKER: Style.parse("bold #ffd75f on #101418"),
}
SPACE = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    """The texts of a picture, that of its title first; the ends of its lines are none."""
    found = (element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SPACE}text"))
    return [text.replace("\xa0", " ") for text in found if text != "\n"]


def tags(picture: str) -> set[str]:
    return {element.tag.removeprefix(SPACE) for element in ElementTree.fromstring(picture).iter()}


def test_the_rows_are_in_the_picture_with_their_styles() -> None:
    rows: list[Row] = [(("⠉⠒⠤", Role.WALKER), ("  ", Role.PLAIN)), (("0.25", Role.PLAIN),)]
    picture = svg("Loss by iteration", framed(rows, 5, "1 Loss", "", Role.FRAME), STYLES)
    assert texts(picture)[0] == "Loss by iteration"
    assert {"⠉⠒⠤", "0.25", "│", "╮"} <= set(texts(picture))
    for color in ("#ffd75f", "#e0e0e0", "#777777", "#101418"):
        assert color in picture
    assert "font-weight: bold" in picture


def test_every_line_that_is_cut_has_its_frame() -> None:
    picture = svg("", [((str(number), Role.PLAIN),) for number in range(5)], STYLES)
    root = ElementTree.fromstring(picture)
    frames = {element.get("id") for element in root.iter(f"{SPACE}clipPath")}
    wanted = {str(element.get("clip-path"))[5:-1] for element in root.iter(f"{SPACE}text")}
    assert wanted <= frames
    assert len(wanted) == 5


def test_no_one_is_asked_for_anything() -> None:
    picture = svg("title", [(("x", Role.PLAIN),)], STYLES)
    assert "url(#" in picture
    assert "@font-face" not in picture
    assert picture.count("http") == 1  # the name of SVG itself


@given(st.text(min_size=1, max_size=30))
@example("<script>alert(1)</script>")
@example("</text></svg><image href='http://x'/>&amp;]]>")
@example('"><a href="javascript:x">')
@example("[red]{styles}{0}[/red] :smile:")
@example("\x1b]52;c;x\x07\x00\ufffe\udcff\u202e\x9b")
@example("宽\U0001f600é")
def test_text_from_files_is_harmless(text: str) -> None:
    plain = svg("x", [(("x", Role.PLAIN),)], STYLES)
    picture = svg(text, [((text, Role.PLAIN),)], STYLES)
    assert tags(picture) == tags(plain)
    assert picture.encode("utf-8").decode().replace("\n", "").isprintable()


@pytest.mark.parametrize("text", ["<b> & \"c\" 'd'", "[bold]x[/bold] :smile: {0}"])
def test_text_is_shown_as_it_is(text: str) -> None:
    assert texts(svg(text, [((text, Role.PLAIN),)], STYLES)) == [text, text]


@pytest.mark.parametrize("rows", [[], [()], [(("", Role.PLAIN),)]])
def test_a_picture_of_nothing_is_one(rows: list[Row]) -> None:
    assert ElementTree.fromstring(svg("", rows, {})).tag == f"{SPACE}svg"


def test_a_long_row_is_not_wrapped() -> None:
    row = (("x" * 500, Role.PLAIN),)
    assert texts(svg("", [row, row], STYLES)) == ["x" * 500] * 2
