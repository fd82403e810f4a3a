"""The row that names the plots: all of them at every size, the chosen one marked."""

from __future__ import annotations

import pytest
from support.desk import opened

from gdtui.ui.widgets.tab_strip import TabStrip, tab_row, tabs
from gdtui.views import SHORT_NAMES, VIEWS

NAMES = list(SHORT_NAMES.values())


def test_each_name_is_one_word_and_its_own() -> None:
    assert NAMES == ["Loss", "Valley", "Fit", "Contour", "Step", "Sweep"]


@pytest.mark.parametrize("width", [38, 40, 47, 48, 60, 61, 160])
def test_all_names_fit_and_are_as_long_as_they_can_be(width: int) -> None:
    cut = tabs(NAMES, width)
    text = "".join(part for part, _ in tab_row(cut, 1))
    assert len(text) <= width
    for key, (part, name) in enumerate(zip(cut, NAMES, strict=True), 1):
        assert part.strip().startswith(f"{key} {name[:3]}")
    assert (cut[3].strip() == "4 Contour") == (width >= 48)
    assert ("[ 2 Valley ]" in text) == (width >= 60)


async def test_it_is_there_where_there_is_room() -> None:
    async with opened(size=(40, 12)) as desk:
        assert "3 Fit" in desk.text
        for size, is_there in (((39, 12), False), ((200, 55), True), ((40, 11), False)):
            await desk.resize(*size)
            assert ("3 Fit" in desk.text) == is_there
        await desk.resize(80, 24)
        assert "[1 Loss]2 Valley 3 Fit 4 Contour 5 Step 6 Sweep" in desk.lines[1]


async def test_the_chosen_name_is_marked_and_a_click_chooses() -> None:
    async with opened(size=(80, 24)) as desk:
        strip = desk.workbench.query_one(TabStrip)
        for key, (name, short) in enumerate(SHORT_NAMES.items(), 1):
            await desk.press(str(key))
            marked = f"[{key} {short}]"
            assert marked in desk.lines[1]
            x = desk.lines[1].index(marked) - strip.region.x
            await desk.press("1" if key > 1 else "2")
            await desk.pilot.click(strip, offset=(x + len(marked) - 2, 0))
            assert desk.bench.view == name
            assert marked in desk.lines[1]
        await desk.pilot.click(strip, offset=(47, 0))
        assert desk.bench.view == list(VIEWS)[-1]


async def test_nothing_is_painted_while_the_choice_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(size=(80, 24)) as desk:
        strip = desk.workbench.query_one(TabStrip)
        painted: list[object] = []
        monkeypatch.setattr(strip, "refresh", lambda *regions, **_: painted.extend(regions))
        await desk.press("s", "s", "1", "l")
        assert not painted
        await desk.press("2")
        assert painted
