"""Lessons on the screen: the cards, their keys, and the way from the list to the end and back."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from support.clock import VirtualClock
from support.desk import PROBLEM, Desk, opened, pauses_until
from textual.widgets import Input

from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.drawing import Contours, Drawing, Role
from gdtui.lessons.course import Course
from gdtui.lessons.lesson import lesson_at, read_lesson, shipped
from gdtui.loading import Loading
from gdtui.scene import CONTOUR, LOSS, VALLEY, Program, Scale, Scene
from gdtui.ui.app import Laboratory
from gdtui.ui.dialogs.lines import LineScreen
from gdtui.ui.widgets.standings import Standings
from gdtui.ui.workbench import Workbench
from gdtui.views import VIEWS

PRINTED = Role.PROGRAM

TEXT = """\
# Small [red]steps[/red]

## First

Look at w = {w}, and at [bold]what is no markup[/bold].

```gdtui
start = "--lr 0.005 --iterations 20"
view = "Valley"
```

## Second

Bring it nearer.

```gdtui
goal = "within <= 20"
hints = ["Lower the rate with -.", "Twice."]
solution = ["lr 0.002", "run"]
after = "It took {within} iterations."
```

## Third

```gdtui
ask = "Which way is down?"
answer = "2 + 3"
tolerance = 0.1
hints = ["It is more than four."]
```

## Fourth

```gdtui
start = "--surface bowl --lr 0.1"
view = "Contour"
ask = "What is it?"
choices = { "a bowl" = "view == 'Contour'", "a canyon" = "view == 'Valley'" }
```

## Fifth

Back over the data.

```gdtui
start = "--lr 0.001"
```
"""


def course() -> Course:
    return Course(read_lesson(TEXT, "small"))


async def begun(desk: Desk) -> Course:
    begun = course()
    desk.workbench._teaching.begin(begun)
    await desk.pilot.pause()
    return begun


def shows(desk: Desk, words: str) -> bool:
    return words in desk.text


@pytest.mark.parametrize("name", shipped())
async def test_each_card_that_ships_is_seen_whole_on_the_smallest_screen(name: str) -> None:
    lesson = lesson_at(name)
    first = lesson.cards[0].start
    landscape = LANDSCAPES[first.surface] if first and first.surface else None
    async with opened(size=(80, 24), landscape=landscape) as desk:
        desk.workbench._teaching.begin(Course(lesson))
        for number, card in enumerate(lesson.cards, 1):
            heading = f"{number}/{len(lesson.cards)}: {card.title} ─"
            await pauses_until(desk.pilot, partial(shows, desk, heading))
            await desk.pilot.pause()
            workbench = desk.app.screen
            assert isinstance(workbench, Workbench)
            assert workbench._teaching.card.max_scroll_y == 0, card.title
            await desk.press("]")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 55)])
async def test_the_card_stands_beside_the_bench_and_nothing_in_it_is_markup(
    size: tuple[int, int],
) -> None:
    async with opened(size=size) as desk:
        course = await begun(desk)
        assert "Small [red]steps[/red] 1/5: First" in desk.text
        assert "w = 0" in desk.text
        assert "[bold]what is" in desk.text
        assert "enter go on · [ ] leaf · esc leave" in desk.text
        assert desk.log.display == (size[0] > 80)
        # A plot and the panel are there too.
        assert VALLEY in desk.plots
        assert "learning rate" in desk.text
        assert desk.run.settings == Settings(lr=0.005, iterations=20)
        await desk.press("escape")
        assert "Small" not in desk.text
        assert desk.log.display
        assert course.at == 0


async def test_a_goal_is_seen_to_be_met_and_each_failed_run_gives_a_hint() -> None:
    async with opened(size=(80, 24)) as desk:
        course = await begun(desk)
        await desk.press("enter")
        assert (course.at, course.hints) == (1, ())
        await desk.advance(20)
        assert "Hint: Lower the rate" in desk.text
        assert "Twice" not in desk.text
        await desk.press("enter")
        assert "Twice" in desk.text
        assert "a hint" not in desk.text
        await desk.press("-", "-")
        assert not course.is_done
        await desk.advance(20)
        within = desk.bench.facts()["within"]
        assert f"✓ It took {within} iterations." in desk.text
        assert "Hint" not in desk.text
        # It stays done, whatever comes after.
        await desk.press("r")
        assert course.is_done
        await desk.press("enter")
        assert "3/5: Third" in desk.text


async def test_a_question_is_asked_until_it_is_answered() -> None:
    async with opened(size=(80, 24)) as desk:
        course = await begun(desk)
        await desk.press("]", "]", "enter")
        for text, words in (("x", "not a number"), ("4", "It is more than four")):
            if not isinstance(desk.app.screen, Workbench):
                desk.app.screen.query_one(Input).value = text
                await desk.press("enter")
            await desk.pilot.pause()
            assert words in desk.text
        assert not course.is_done
        await desk.press("enter")
        desk.app.screen.query_one(Input).value = "5.4"
        await desk.press("enter")
        assert "✓ Done." in desk.text
        assert course.done == {"First", "Third"}


async def test_a_card_on_a_surface_of_its_own_has_a_bench_of_its_own_and_the_runs_stay() -> None:
    async with opened(size=(80, 24)) as desk:
        course = await begun(desk)
        await desk.advance(5)
        kept = desk.run
        data = desk.workbench
        course.at = 2
        await desk.press("]")
        await pauses_until(desk.pilot, lambda: "surface bowl" in desk.text)
        workbench = desk.app.screen
        assert isinstance(workbench, Workbench)
        assert workbench.bench.run.surface is LANDSCAPES["bowl"]
        assert workbench.bench.view == CONTOUR
        await desk.press("enter", "down", "enter")
        assert "Not quite" not in desk.text
        assert not course.is_done
        await desk.press("enter", "enter")
        assert course.is_done
        await desk.press("enter")
        await pauses_until(desk.pilot, lambda: "pizza.txt" in desk.text)
        back = desk.app.screen
        assert isinstance(back, Workbench)
        assert back is not data
        assert kept in {entry.run for entry in back.bench.history.entries}
        await desk.press("enter")
        assert "5/5" not in desk.text
        assert "Fifth" in course.done


async def test_the_lessons_are_listed_with_how_far_one_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "gdtui").mkdir()
    stored = tmp_path / "gdtui" / "lessons.json"
    stored.write_text(json.dumps({"downhill": ["The valley", "gone"], "mine": ["kept"], "odd": 3}))
    async with opened(size=(80, 24)) as desk:
        await desk.press("L")
        assert isinstance(desk.app.screen, LineScreen)
        for name in shipped():
            assert f" {name} " in desk.text
        assert " 1 of " in desk.text
        await desk.press("enter")
        # One goes on where one left it.
        assert "Downhill 2/" in desk.text
        await desk.press("]")
        assert "Downhill 3/" in desk.text
        await desk.press("[", "[", "[")
        assert "Downhill 1/" in desk.text
        await desk.press("enter")
    # What is not ours to judge is kept.
    assert json.loads(stored.read_text())["mine"] == ["kept"]
    assert "The valley" in json.loads(stored.read_text())["downhill"]


def flowing(desk: Desk) -> str:
    """The text that is seen in the card, as one line."""
    rows = [line[33:79].strip("│ ▁▂▃▄▅▆▇█") for line in desk.lines[11:]]
    return " ".join(rows)


async def test_the_newest_hint_is_in_sight_and_an_answer_is_not_quite_right_until_it_is() -> None:
    async with opened(size=(80, 24), notifications=True) as desk:
        course = Course(lesson_at("downhill"), {"The valley", "The gradient"})
        desk.workbench._teaching.begin(course)
        await desk.pilot.pause()
        for number, hint in enumerate(course.card.hints):
            await desk.press("enter", str(number), "enter")
            await desk.pilot.pause()
            assert course.read(hint, desk.bench)[-30:] in flowing(desk)
            assert "Not quite" in desk.text
        # What has gone out of sight above is a key away, and back.
        assert "─ pgup · enter answer · [ ] leaf · esc leave ─" in desk.text
        await desk.press("pageup")
        assert "A step goes against the gradient" in flowing(desk)
        assert "─ pgdn · enter answer · [ ] leaf · esc leave ─" in desk.text
        await desk.press("k")
        await pauses_until(desk.pilot, lambda: shows(desk, "up, down: scroll"))
        whole = " ".join(desk.text.replace("│", " ").split())
        for part in (course.card.text.partition("\n")[0], course.card.ask, *course.hints):
            assert " ".join(course.read(part, desk.bench).split()) in whole
        await desk.press("escape")
        await desk.press("enter", *"0.8068", "enter")
        assert "✓ There" in desk.text
        assert "Not quite" not in desk.text


async def test_beside_a_race_the_card_is_whole() -> None:
    async with opened(size=(80, 24), landscape=LANDSCAPES["canyon"]) as desk:
        lesson = lesson_at("momentum")
        done = {card.title for card in lesson.cards[:6]}
        desk.workbench._teaching.begin(Course(lesson, done))
        await desk.press("t", "a", "enter")
        await desk.wait(3.0)
        assert "─ enter a hint · [ ] leaf · esc leave ─" in desk.text
        assert "% left " in desk.text
        await desk.press("f")
        await desk.wait(1.0)
        rows = desk.workbench.query_one(Standings).rows[1:-1]
        assert not any("…" in text for row in rows for text, _ in row)


async def test_below_a_plot_that_is_zoomed_the_card_stays() -> None:
    sizes = ((60, 24), (80, 24), (120, 36))
    async with opened(size=(80, 24)) as desk:
        await begun(desk)
        card = desk.workbench._teaching.card
        await desk.press("z")
        for size in sizes:
            await desk.resize(*size)
            assert "1/5: First" in desk.text
            assert "w = 0" in desk.text
            assert (len(desk.plots), desk.log.display) == (1, False)
            assert "learning rate" not in desk.text
            assert card.size.width == size[0] - 4
            assert desk.plot(desk.bench.view).size.width == size[0]
        await desk.press("t", "a", "enter")
        for size in sizes:
            await desk.resize(*size)
            assert card.size.width == size[0] - 4


async def test_escape_leaves_first_what_was_opened_last() -> None:
    async with opened(size=(120, 36)) as desk:
        await begun(desk)
        for keys in (["?"], ["tab", "tab"], ["p"]):
            await desk.press(*keys, "escape")
            assert "1/5: First" in desk.text
        await desk.press("escape")
        assert "1/5: First" not in desk.text


async def test_a_program_that_was_checked_is_beside_the_run_with_what_was_found() -> None:
    clock = VirtualClock()
    losses = np.linspace(800, 300, 101)
    program = Program("my [red]train.py", np.arange(101.0), losses, ("Different: line 2.",))
    app = Laboratory(Loading.done_with(PROBLEM), Settings(), clock=clock, program=program)
    async with app.run_test(size=(120, 36)) as pilot:
        await pauses_until(pilot, lambda: isinstance(app.screen, Workbench))
        desk = Desk(app, pilot, clock)
        await desk.wait(0.2)
        assert desk.run.ended
        assert "Check of my [red]train.py" in desk.text
        assert "Different: line 2." in desk.text
        drawing = VIEWS[LOSS](desk.bench.scene())
        assert isinstance(drawing, Drawing)
        (line,) = (p for p in drawing.layers if not isinstance(p, Contours) and p.role is PRINTED)
        assert line.line
        assert np.array_equal(line.points[1], losses)
        await desk.press("escape")
        assert "Check of" not in desk.text
        assert desk.log.display


def test_on_every_scale_the_printed_losses_are_drawn_as_those_of_the_run_are() -> None:
    run = Run(PROBLEM.surface, Settings())
    run.advance(100)
    steps = run.steps(0, 101)
    own = np.array([step.loss for step in steps])
    program = Program("p", np.arange(101.0), own)
    for scale in Scale:
        drawing = VIEWS[LOSS](Scene(run.surface, run.snapshot(), scale=scale, program=program))
        assert isinstance(drawing, Drawing)
        lines = {p.role: p for p in drawing.layers if not isinstance(p, Contours) and p.line}
        printed, live = lines[PRINTED].points, lines[Role.LIVE].points
        assert np.array_equal(printed, [at[: len(own)] for at in live], equal_nan=True)


async def test_what_answers_the_question_of_a_card_holds_back_until_the_last_hint() -> None:
    async with opened(size=(120, 36)) as desk:
        course = Course(lesson_at("downhill"))
        course.at = [card.title for card in course.lesson.cards].index("One step")
        desk.workbench._teaching.begin(course)
        await desk.pilot.pause()
        assert "gradient -806.8" in desk.text
        assert "step +0.807" not in desk.text
        for _ in course.card.hints:
            course.give_hint()
        desk.workbench.show()
        await desk.pilot.pause()
        assert "step +0.807" in desk.text
        await desk.press("]", "]")
        assert course.card.title == "A guess"
        assert "near best ?" in " ".join(desk.text.split())
        assert course.answer("within 25 iterations", desk.bench)
        desk.workbench.show()
        await desk.pilot.pause()
        assert "near best after about 7" in " ".join(desk.text.split())
        await desk.press("]", "]", "[", "[", "escape")
        assert desk.bench.question == frozenset()
