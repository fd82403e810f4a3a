"""What lies over the workbench: in any window, and closed in any way."""

from __future__ import annotations

import pytest
from support.desk import Desk, opened, pauses_until
from textual.widgets import Input

from gdtui.ui.dialogs.dialog import Dialog
from gdtui.ui.textual_fixes.palette import Palette

# The keys that open each, and some that go astray in it.
DIALOGS = ["ctrl+p", "t", "h", "e", "g", "enter", "i", "L", "y"]
ASTRAY = ["pagedown", "down", "pageup", "space"]


async def dialog(desk: Desk, key: str) -> Dialog[object] | Palette:
    await desk.press("5", "s", key)
    await pauses_until(desk.pilot, lambda: desk.app.screen is not desk.workbench)
    shown = desk.app.screen
    assert isinstance(shown, Dialog | Palette)
    return shown


async def test_each_stands_in_the_middle_of_the_window() -> None:
    async with opened(size=(120, 36)) as desk:
        for key in DIALOGS[1:]:
            shown = await dialog(desk, key)
            await desk.pilot.pause()
            (box,) = shown.children
            left, right = box.region.x, 120 - box.region.right
            above, below = box.region.y, 36 - box.region.bottom
            assert max(abs(left - right), abs(above - below)) <= 1, key
            assert min(left, above) > 0
            await desk.press("escape")
            await pauses_until(desk.pilot, lambda: desk.app.screen is desk.workbench)


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("key", DIALOGS)
async def test_it_lives_in_a_window_of_any_size(key: str) -> None:
    async with opened(size=(80, 24)) as desk:
        shown = await dialog(desk, key)
        for width, height in [(1, 1), (4, 3), (5, 6), (6, 10), (4, 24)]:
            await desk.resize(width, height)
            await desk.press(*ASTRAY)
            assert desk.app.screen is shown
        await desk.resize(80, 24)
        assert "has failed" not in desk.text


@pytest.mark.long(keep=2)
@pytest.mark.parametrize("key", DIALOGS)
async def test_asked_to_close_twice_it_closes_once(key: str) -> None:
    async with opened(size=(80, 24)) as desk:
        shown = await dialog(desk, key)
        for _ in range(2):
            shown.dismiss(None)
        await pauses_until(desk.pilot, lambda: desk.app.screen is desk.workbench)
        await desk.press("s")
        assert desk.run.iteration == 2


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("key", ["h", "e"])
async def test_a_dialog_below_another_screen_stays(key: str) -> None:
    async with opened(size=(80, 24)) as desk:
        shown = await dialog(desk, key)
        desk.app.action_command_palette()
        await desk.pilot.pause()
        shown.dismiss(None)
        await desk.pilot.pause()
        assert isinstance(desk.app.screen, Palette)
        await desk.press("escape")
        assert desk.app.screen is shown


async def test_q_closes_it_but_is_a_letter_in_a_field() -> None:
    async with opened(size=(80, 24)) as desk:
        for key in DIALOGS:
            shown = await dialog(desk, key)
            await desk.press("q")
            for field in (one for one in shown.query(Input) if one.display):
                assert (desk.app.screen, field.value) == (shown, "q")
                await desk.press("escape")
            await pauses_until(desk.pilot, lambda: desk.app.screen is desk.workbench)


async def test_a_search_that_comes_after_the_palette_is_none() -> None:
    async with opened(size=(80, 24)) as desk:
        palette = await dialog(desk, "ctrl+p")
        assert isinstance(palette, Palette)
        palette.dismiss()
        await pauses_until(desk.pilot, lambda: not palette.children)
        palette._gather_commands("lr")
        await desk.pilot.pause()
        assert desk.app.screen is desk.workbench
