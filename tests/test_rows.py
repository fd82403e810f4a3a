"""Rows of text on screen: what is shown, in which style, and what is painted again."""

from __future__ import annotations

import pytest
from rich.color import Color
from support.desk import opened
from textual.app import App, ComposeResult
from textual.geometry import Region

from gdtui.drawing import BAND_ROLES, Role, Row
from gdtui.ui.ascii import in_ascii
from gdtui.ui.widgets.plot import Plot
from gdtui.ui.widgets.rows import BAND_GLYPHS, Rows
from gdtui.views.marks import ARRIVED, ARROWS, BRANCHED, LANDING, MINIMUM, WALKER

ONE: Row = (("loss ", Role.QUIET), ("812", Role.LIVE))
OTHER: Row = (("loss ", Role.QUIET), ("813", Role.LIVE))


class RowsApp(App[None]):
    CSS = "\n".join(
        f".rows--{role} {{ color: rgb({number}, 0, 0); }}" for number, role in enumerate(Role)
    )

    def compose(self) -> ComposeResult:
        yield Rows(id="rows")


def text_of(rows: Rows) -> list[str]:
    return [rows.render_line(y).text.rstrip() for y in range(rows.size.height)]


async def test_rows_are_shown_from_the_top_and_filled_with_blanks() -> None:
    async with RowsApp().run_test(size=(20, 4)) as pilot:
        rows = pilot.app.query_one(Rows)
        assert text_of(rows) == ["", "", "", ""]
        rows.show_rows([ONE, OTHER])
        assert text_of(rows) == ["loss 812", "loss 813", "", ""]
        assert {rows.render_line(y).cell_length for y in range(4)} == {20}


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (300, 1)])
async def test_rows_are_cut_to_the_size_of_the_widget(size: tuple[int, int]) -> None:
    async with RowsApp().run_test(size=size) as pilot:
        rows = pilot.app.query_one(Rows)
        rows.show_rows([ONE] * 5)
        assert rows.render_line(0).cell_length == size[0]
        assert "loss 812".startswith(text_of(rows)[0])


async def test_only_rows_that_changed_are_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[Region] = []
    async with RowsApp().run_test(size=(20, 4)) as pilot:
        rows = pilot.app.query_one(Rows)
        rows.show_rows([ONE, ONE, ONE])
        monkeypatch.setattr(rows, "refresh", lambda *regions: painted.extend(regions))
        rows.show_rows([ONE, ONE, ONE])
        assert not painted
        rows.show_rows([ONE, OTHER, ONE])
        assert {region.y for region in painted} == {1}
        assert all(region.height == 1 for region in painted)
        covered = {x for region in painted for x in range(region.x, region.right)}
        assert 7 in covered


async def test_another_number_of_rows_is_painted_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    painted: list[tuple[Region, ...]] = []
    async with RowsApp().run_test(size=(20, 4)) as pilot:
        rows = pilot.app.query_one(Rows)
        rows.show_rows([ONE])
        monkeypatch.setattr(rows, "refresh", lambda *regions: painted.append(regions))
        rows.show_rows([ONE, ONE])
        assert painted == [()]


async def test_the_style_sheet_colours_each_role() -> None:
    async with RowsApp().run_test(size=(20, 4)) as pilot:
        rows = pilot.app.query_one(Rows)
        rows.show_rows([tuple((f"{number:x}", role) for number, role in enumerate(Role))])
        for segment in rows.render_line(0):
            if segment.text.strip():
                assert segment.style is not None
                assert segment.style.color is not None
                assert segment.style.color.triplet is not None
                assert segment.style.color.triplet.red == int(segment.text, 16)


async def test_another_theme_shows_in_the_rows() -> None:
    class Themed(RowsApp):
        CSS = ".rows--live { color: $error; }"

    async with Themed().run_test(size=(20, 4)) as pilot:
        rows = pilot.app.query_one(Rows)
        before = rows.style_of(Role.LIVE)
        pilot.app.theme = "dracula"
        await pilot.pause()
        assert rows.style_of(Role.LIVE) != before


GROUND: Row = (("  ", Role.PLAIN), ("   ", BAND_ROLES[2]), ("   ", BAND_ROLES[9]))
MARKS = (Role.PATH, Role.GRADIENT, Role.STEP, Role.MINIMUM, Role.WALKER)


async def test_marks_stand_before_the_bands_as_backgrounds_or_as_glyphs() -> None:
    class Shaded(RowsApp):
        CSS = (
            RowsApp.CSS
            + f".rows--{BAND_ROLES[0]} {{ background: #000022; }}"
            + "".join(
                f".rows--{BAND_ROLES[number]} {{ background: rgb(0, 0, {number}); }}"
                for number in (2, 9)
            )
        )

    row: Row = (("a   o   ", Role.LIVE),)
    for app, text in ((Shaded, "a   o   "), (RowsApp, "a ,,o$$$")):
        async with app().run_test(size=(20, 4)) as pilot:
            rows = pilot.app.query_one(Rows)
            rows.show_rows([row], [GROUND])
            assert text_of(rows)[0] == text.rstrip()
            blues = [
                segment.style.bgcolor.triplet.blue
                for segment in rows.render_line(0)
                if segment.style and segment.style.bgcolor and segment.style.bgcolor.triplet
                for _ in segment.text
            ]
            shaded = [blues[2:5], blues[5:8]] == [[2] * 3, [9] * 3]
            assert shaded == (app is Shaded)


def test_higher_bands_have_other_glyphs_and_none_is_a_line_or_a_mark() -> None:
    glyphs = set(BAND_GLYPHS.values())
    assert len(glyphs) == len(BAND_ROLES)
    dots = "".join(map(chr, range(0x2801, 0x2900)))
    marks = WALKER + MINIMUM + ARRIVED + BRANCHED + LANDING + ARROWS
    assert not glyphs & set(in_ascii(dots + marks))


@pytest.mark.parametrize("theme", ["gdtui-dark", "gdtui-light", "textual-dark", "textual-light"])
async def test_every_mark_can_be_told_from_every_band(theme: str) -> None:
    """By the ratio of luminances of WCAG 2, which asks for 3 of graphics."""
    async with opened() as desk:
        # The console of a test knows no colours.
        desk.app.set_class(False, "-few-colours")
        desk.app.theme = theme
        await desk.pilot.pause()
        plot = desk.workbench.query(Plot).first()
        bands = [luminance(plot.style_of(role).bgcolor) for role in BAND_ROLES]
        assert bands == sorted(bands)
        assert bands[0] < bands[-1]
        for mark in MARKS:
            ink = luminance(plot.style_of(mark).color)
            for band in bands:
                low, high = sorted((ink, band))
                assert (high + 0.05) / (low + 0.05) >= 3, (mark, ink, band)


def luminance(color: Color | None) -> float:
    """The relative luminance of WCAG 2."""
    assert color is not None
    parts = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.get_truecolor().normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
