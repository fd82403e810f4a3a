"""The standings of a race: all racers at any size, told as in the plots, and the closing words."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from support.desk import Desk, opened
from support.sessions import problem

from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.drawing import GHOST_ROLES, Role
from gdtui.runs.history import Entry
from gdtui.runs.race import Race
from gdtui.ui import captions
from gdtui.ui.widgets.standings import Arrangement, Standings

SHORT = Settings(bias=True, iterations=100)
EVERY = [SHORT.replace(method=key, lr=method.lr) for key, method in METHODS.items()]


def standings(desk: Desk) -> Standings:
    return desk.workbench.query_one(Standings)


def told(desk: Desk) -> list[str]:
    """What stands in the frame of the standings, row by row."""
    return ["".join(text for text, _ in row)[1:-1].strip() for row in standings(desk).rows]


async def raced(desk: Desk, racers: list[Settings], seconds: float) -> None:
    desk.bench.start_race(racers)
    desk.workbench.show()
    await desk.wait(seconds)


async def test_all_racers_are_told_at_any_size_from_first_to_last() -> None:
    async with opened(size=(80, 24)) as desk:
        await raced(desk, EVERY, 1.0)
        widget = standings(desk)
        for size in ((80, 24), (120, 36), (200, 55), (72, 20), (60, 20)):
            await desk.resize(*size)
            assert (widget.display, desk.log.display) == (True, False)
            assert widget.size.height <= size[1] // 4
            text = desk.text
            for place, racer in enumerate(desk.bench.scene().racers, 1):
                followed = racer.entry.number == desk.bench.entry.number
                mark = "●" if followed else racer.entry.glyph
                assert f"{place} {mark} {racer.entry.run.settings.method} " in text
                assert followed == (place == 1)
            for row in widget.rows:
                assert cell_len("".join(text for text, _ in row)) == widget.size.width
            assert f"Now: run {desk.bench.entry.number}" in text


async def test_where_there_is_much_room_a_bar_shows_the_way_of_each() -> None:
    async with opened(size=(200, 55)) as desk:
        await raced(desk, EVERY, 2.0)
        # What is on the screen is as old as its last frame.
        desk.bench.toggle_run()
        desk.workbench.show()
        await desk.pilot.pause()
        bars = [row.count("▆") for row in told(desk) if "·" in row]
        ways = [racer.way for racer in desk.bench.scene().racers]
        assert bars == [round(46 * way) for way in ways]
        assert bars[-1] < bars[0] < 46
        assert "the way to within 1%" in desk.text


async def test_where_there_is_little_room_the_first_are_told() -> None:
    async with opened(size=(40, 20)) as desk:
        await raced(desk, EVERY, 1.0)
        assert [row[:2] for row in told(desk)[1:]] == ["1 ", "2 ", "3 ", "4 "]


async def test_colours_are_those_of_the_plots() -> None:
    async with opened() as desk:
        await raced(desk, EVERY, 1.0)
        spans = {span for row in standings(desk).rows for span in row}
        colours = {ghost.glyph: GHOST_ROLES[ghost.colour] for ghost in desk.bench.scene().ghosts}
        assert len(colours) == len(EVERY) - 1
        assert set(colours.items()) | {("●", Role.WALKER)} <= spans
        named = {text.strip(): role for text, role in spans}
        for racer in desk.bench.scene().racers:
            assert named[racer.label] == colours.get(racer.entry.glyph, Role.LIVE)


async def over(desk: Desk, racers: list[Settings]) -> None:
    """A race to its end, without the time to watch it."""
    await raced(desk, racers, 0.1)
    desk.bench.finish()
    await desk.wait(0.5)


async def test_the_end_names_the_winner_or_says_what_to_do() -> None:
    async with opened(size=(80, 24)) as desk:
        await over(desk, EVERY)
        assert "Race: who is first within 1%?" in desk.text
        assert "Nobody came within 1%: take more iterations or another rate, t races" in desk.text
        await over(desk, [SHORT.replace(iterations=n) for n in (2, 3)])
        assert f"Nobody came within 1%. {SHORT.method} lr {SHORT.lr:g} needs about" in desk.text
        await over(desk, [racer.replace(iterations=3000) for racer in EVERY])
        first, second = desk.bench.scene().racers[:2]
        assert f"Race: {first.label} wins after {first.within}, the first within 1% " in desk.text
        assert f"─ {first.label} wins after {first.within} · " in desk.text
        assert f" 1% at {second.within} " in desk.text
        desk.bench.look_at_run(second.entry.number)
        desk.bench.history.delete(first.entry.number)
        desk.workbench.show()
        await desk.pilot.pause()
        assert "wins" not in desk.text
        assert "The best run of this race is deleted" in desk.text
        assert any(row.startswith("2 ●") for row in told(desk))


async def test_the_log_comes_back_in_the_past_and_after_the_race() -> None:
    async with opened() as desk:
        await raced(desk, EVERY, 2.0)
        await desk.press("left")
        assert (standings(desk).display, desk.log.display) == (False, True)
        await desk.press("end")
        assert (standings(desk).display, desk.log.display) == (True, False)
        await desk.press("-")
        assert desk.bench.race is None
        assert (standings(desk).display, desk.log.display) == (False, True)


@pytest.mark.parametrize("size", [(80, 24), (200, 55)])
async def test_a_click_on_a_racer_looks_at_it(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        await raced(desk, EVERY, 1.0)
        await desk.press("space")
        for racer in desk.bench.scene().racers[::3]:
            name = f"{racer.entry.run.settings.method} "
            y, x = next((y, line.index(name)) for y, line in enumerate(told(desk)) if name in line)
            await desk.pilot.click(Standings, offset=(x + 3, y))
            assert desk.bench.entry is racer.entry
        await desk.press("end")
        assert desk.bench.entry is desk.bench.scene().racers[0].entry


async def test_the_leader_is_left_alone_while_its_settings_are_typed() -> None:
    async with opened() as desk:
        await raced(desk, EVERY, 0.1)
        before = desk.bench.entry
        desk.control("lr").focus()
        await desk.wait(2.0)
        assert desk.bench.entry is before is not desk.bench.scene().racers[0].entry
        desk.workbench.set_focus(None)
        await desk.wait(0.1)
        assert desk.bench.entry is desk.bench.scene().racers[0].entry


def test_the_fullest_words_that_leave_all_racers_in_sight() -> None:
    texts = ["a longer text that takes two rows of the width there is", "a brief one"]
    assert Arrangement.of(8, texts, 30, 10) == Arrangement(
        1, 8, False, (texts[0][:28], texts[0][29:])
    )
    assert Arrangement.of(8, texts, 30, 9) == Arrangement(1, 8, False, ("a brief one",))
    assert Arrangement.of(8, texts, 76, 5) == Arrangement(2, 4, False, tuple(texts[:1]))
    assert Arrangement.of(8, [], 76, 5) == Arrangement(2, 4, True, ())
    assert Arrangement.of(9, texts, 76, 5) == Arrangement(2, 5, False, ())
    assert Arrangement.of(9, texts, 30, 3) == Arrangement(1, 3, False, ())


def words_of(*racers: Settings, iterations: int) -> list[str]:
    race = Race([Run(problem().surface, settings) for settings in racers])
    entries = [Entry(number, run) for number, run in enumerate(race.runs, 1)]
    race.advance(iterations)
    return captions.race(race.racers(entries))


def test_the_words_of_a_race_from_its_start_to_its_end() -> None:
    rates = [SHORT.replace(lr=lr, iterations=8000) for lr in (0.003, 0.004)]
    assert words_of(*rates, iterations=0) == [
        "Space starts the race, s takes one iteration of each."
    ]
    assert words_of(*rates, iterations=100) == []
    assert words_of(*rates, iterations=8000) == [
        "The winner is gd lr 0.004 (run 2): within 1% of the minimum after 1244 iterations, "
        "415 before gd lr 0.003.",
        "The winner is gd lr 0.004 (run 2), within 1% after 1244 iterations.",
    ]
    alone = [SHORT.replace(lr=lr, iterations=1300) for lr in (0.003, 0.004)]
    assert words_of(*alone, iterations=1300) == [
        "The winner is gd lr 0.004 (run 2), within 1% after 1244 iterations."
    ]
    few = [racer.replace(iterations=50) for racer in rates]
    assert words_of(*few, iterations=50) == [
        "Nobody came within 1%. gd lr 0.004 needs about 1244 iterations: take more, or another "
        "learning rate, then t races again.",
        "Nobody came within 1%: take more iterations or another rate, t races again.",
    ]
    unknown = [SHORT.replace(method=key, lr=1e-4) for key in ("adam", "adagrad")]
    assert words_of(*unknown, iterations=100) == [
        "Nobody came within 1%: take more iterations or another rate, t races again."
    ]
    assert words_of(SHORT.replace(lr=0.005), SHORT.replace(lr=0.1), iterations=100) == [
        "All diverge: take a smaller learning rate, then t races again."
    ]


async def test_no_loss_is_cut_at_the_smallest_size() -> None:
    begin = SHORT.replace(lr=0.018, w_start=10, b_start=1)
    async with opened(size=(80, 24), landscape=LANDSCAPES["canyon"]) as desk:
        await raced(desk, [begin.replace(method=key) for key in METHODS], 0.1)
        desk.bench.finish()
        await desk.wait(0.5)
        desk.workbench.show()
        assert "momentum 0.018 0.0015    1% at 13" in desk.text
        assert not any("…" in row for row in told(desk))
