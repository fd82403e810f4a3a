"""The log: any of ten million lines, without computing the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.pilot import Pilot

from gdtui.core.descent import Step
from gdtui.export.lines import text_line
from gdtui.ui.widgets.iteration_log import IterationLog, Tuning, line

MANY = 10_000_000
WIDTH, HEIGHT = 60, 12


class LogApp(App[None]):
    CSS = "IterationLog { scrollbar-size-vertical: 1; } .log--cursor { color: red; }"
    # These keys are those of the screen around it.
    BINDINGS = [
        Binding("home", "log('scroll_home')"),
        Binding("end", "log('scroll_end')"),
        Binding("pageup", "log('page_up')"),
        Binding("pagedown", "log('page_down')"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[int] = []

    async def action_log(self, action: str) -> None:
        await self.query_one(IterationLog).run_action(action)

    def on_iteration_log_chosen(self, event: IterationLog.Chosen) -> None:
        self.chosen.append(event.number)

    def compose(self) -> ComposeResult:
        yield IterationLog()


class Steps:
    """Steps made up when asked for; `asked` keeps what was."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, start: int, stop: int) -> list[Step]:
        self.asked.append((start, stop))
        return [made_up(number) for number in range(start, stop)]


def made_up(number: int) -> Step:
    return Step(number, 0.0, 0.0, 10.0 + number / 70, 0.0, 0.0)


class Desk:
    """A log on screen, and the words that the tests use for it."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot
        self.log = pilot.app.query_one(IterationLog)
        self.steps = Steps()
        self.log.follow(self.steps)

    @property
    def lines(self) -> list[str]:
        size = self.log.size
        strips = [self.log.render_line(y) for y in range(size.height)]
        assert {strip.cell_length for strip in strips} <= {size.width}
        return [strip.text.rstrip() for strip in strips]

    async def show(
        self,
        lines: int,
        closing: str = "",
        tunings: Sequence[Tuning] = (),
        cursor: int | None = None,
    ) -> None:
        self.log.show(lines, closing, tunings, cursor)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        self.log.focus()
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def opened(width: int = WIDTH, height: int = HEIGHT) -> AsyncIterator[Desk]:
    async with LogApp().run_test(size=(width, height)) as pilot:
        desk = Desk(pilot)
        await pilot.pause()
        yield desk


def expected(first: int, count: int) -> list[str]:
    return [text_line(made_up(number)) for number in range(first, first + count)]


async def test_any_of_ten_million_lines_can_be_scrolled_to() -> None:
    async with opened() as desk:
        await desk.show(MANY)
        assert desk.lines == expected(MANY - HEIGHT, HEIGHT)
        await desk.press("home")
        assert desk.lines == expected(0, HEIGHT)
        await desk.press("pagedown")
        assert desk.lines[0] in expected(HEIGHT - 2, 3)
        for number in (MANY // 2, 12_345, MANY - HEIGHT - 1):
            desk.log.scroll_to(y=number, animate=False, force=True)
            await desk.pilot.pause()
            assert desk.lines == expected(number, HEIGHT)
        await desk.press("end", "up", "up")
        assert desk.lines == expected(MANY - HEIGHT - 2, HEIGHT)
        await desk.press("down")
        assert desk.lines == expected(MANY - HEIGHT - 1, HEIGHT)


async def test_only_the_lines_in_sight_are_computed() -> None:
    async with opened() as desk:
        await desk.show(MANY)
        await desk.press("home", "end", "pageup")
        assert desk.steps.asked
        assert max(stop - start for start, stop in desk.steps.asked) <= 2 * HEIGHT
        desk.steps.asked.clear()
        assert desk.lines == desk.lines
        assert not desk.steps.asked


async def test_it_follows_the_newest_line() -> None:
    async with opened() as desk:
        for lines in (0, 3, HEIGHT, HEIGHT + 1, 500, 1000):
            await desk.show(lines)
            newest = [text for text in desk.lines if text][-1:]
            assert newest == expected(max(lines - 1, 0), 1)[: min(lines, 1)]


@pytest.mark.long(keep=1)
@pytest.mark.parametrize(
    ("up", "down"),
    [("up", ["end"]), ("pageup", ["pagedown"] * 2), ("home", ["end"]), ("up", ["down"] * 12)],
)
async def test_it_stays_when_scrolled_up_and_follows_again_at_the_end(
    up: str, down: list[str]
) -> None:
    async with opened() as desk:
        await desk.show(100)
        await desk.press(up)
        before = desk.lines
        await desk.show(110)
        assert desk.lines == before
        await desk.press(*down)
        assert desk.lines == expected(110 - HEIGHT, HEIGHT)
        await desk.show(200)
        assert desk.lines == expected(200 - HEIGHT, HEIGHT)


async def test_the_mouse_wheel_scrolls() -> None:
    async with opened() as desk:
        await desk.show(100)
        desk.log.scroll_up(animate=False)
        await desk.show(120)
        assert desk.lines == expected(99 - HEIGHT, HEIGHT)


async def test_another_run_is_followed_from_its_newest_line() -> None:
    async with opened() as desk:
        await desk.show(1000)
        await desk.press("home")
        other = Steps()
        desk.log.follow(other)
        await desk.show(0)
        assert not "".join(desk.lines)
        await desk.show(300)
        assert desk.lines == expected(300 - HEIGHT, HEIGHT)
        assert other.asked


async def test_closing_words_stand_below_the_last_line() -> None:
    async with opened() as desk:
        await desk.show(100, "w=1.8436928702\nfinished after 100 iterations")
        assert desk.lines[-3:] == [*expected(99, 1), "w=1.8436928702",
                                   "finished after 100 iterations"]  # fmt: skip


@pytest.mark.parametrize("width", [10, 33, 80])
async def test_long_closing_words_are_wrapped_and_none_is_lost(width: int) -> None:
    words = "diverged at iteration 1961: the learning rate is above the critical rate"
    async with opened(width) as desk:
        await desk.show(0, words)
        assert " ".join(" ".join(desk.lines).split()) == words
        await desk.pilot.resize_terminal(25, HEIGHT)
        await desk.pilot.pause()
        assert " ".join(" ".join(desk.lines).split()) == words


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (200, 60), (30, 5)])
async def test_a_new_size_shows_the_same_place(size: tuple[int, int]) -> None:
    async with opened() as desk:
        await desk.show(MANY)
        await desk.pilot.resize_terminal(*size)
        await desk.pilot.pause()
        assert len(desk.lines) == size[1]
        await desk.pilot.resize_terminal(WIDTH, HEIGHT)
        await desk.pilot.pause()
        assert desk.lines == expected(MANY - HEIGHT, HEIGHT)
        await desk.show(MANY + 5)
        assert desk.lines == expected(MANY + 5 - HEIGHT, HEIGHT)


@pytest.mark.parametrize("loss", [0.0, 1e-12, 69.1209628275, 812.8666666667, 999_999.5])
@pytest.mark.parametrize("iteration", [0, 99, 1234, 123_456])
def test_a_line_is_in_the_lessons_format(iteration: int, loss: float) -> None:
    step = Step(iteration, 0, 0, loss, 0, 0)
    assert line(step, 80) == text_line(step).rstrip("\n")


def test_the_lessons_format() -> None:
    assert line(Step(7, 0, 0, 69.12096282751, 0, 0), 80) == "Iteration    7 => Loss: 69.1209628275"


@pytest.mark.parametrize("width", [35, 43, 60])
@pytest.mark.parametrize("iteration", [1961, 9_999_999])
@pytest.mark.parametrize("loss", [1e6, 1.6417e18, 1e100, 1.7e308])
def test_a_large_loss_is_in_scientific_notation(loss: float, iteration: int, width: int) -> None:
    """No width that the log has beside the panel cuts the exponent off."""
    text = line(Step(iteration, 0, 0, loss, 0, 0), width)
    assert len(text) <= width
    assert float(text.split()[-1]) == pytest.approx(loss, rel=0.06)
    assert "e+" in text


def beside(step: Step) -> str:
    return f", of the batch: {step.loss / 3:.10f}"


@pytest.mark.parametrize(("width", "fits"), [(200, True), (65, True), (64, False), (40, False)])
async def test_a_text_stands_beside_each_line_where_it_fits(width: int, fits: bool) -> None:
    async with opened(width) as desk:
        desk.log.follow(desk.steps, beside)
        await desk.show(100)
        steps = [made_up(number) for number in range(100 - HEIGHT, 100)]
        assert desk.lines == [text_line(one) + (beside(one) if fits else "") for one in steps]
        desk.log.follow(desk.steps)
        await desk.show(100)
        assert desk.lines == expected(100 - HEIGHT, HEIGHT)


async def test_beside_the_panel_the_exponent_of_a_loss_is_in_sight() -> None:
    async with opened(35) as desk:
        desk.log.follow(lambda start, stop: [
            Step(number, 0, 0, 1.5e200, 0, 0) for number in range(start, stop)])  # fmt: skip
        await desk.show(2000)
        assert all(text.endswith("e+200") for text in desk.lines)


# Where settings changed, and the cursor

TUNINGS = (3, "from here: lr 0.1"), (5, "from here: lr 0.2"), (9, "from here: lr 0.3")


@pytest.mark.parametrize("first", [0, 40])
async def test_a_change_of_the_settings_stands_before_the_iteration_it_counts_from(
    first: int,
) -> None:
    tunings = [(first + iteration, words) for iteration, words in TUNINGS]
    async with opened(height=20) as desk:
        desk.log.follow(desk.steps, first=first)
        await desk.show(9, "the end", tunings)
        places = ["0", "1", "2", "lr 0.1", "3", "4", "lr 0.2", "5", "6", "7", "8", "lr 0.3"]
        expected = [
            f"from here: {place}"
            if place.startswith("lr")
            else line(made_up(first + int(place)), WIDTH)
            for place in places
        ]
        assert desk.lines[:13] == [*expected, "the end"]
        for row, place in enumerate(places):
            await desk.pilot.click(desk.log, offset=(3, row))
            app = desk.pilot.app
            assert isinstance(app, LogApp)
            expected_choice = [] if place.startswith("lr") else [first + int(place)]
            assert app.chosen == expected_choice
            app.chosen.clear()


async def test_the_line_at_the_cursor_is_in_sight_and_marked() -> None:
    async with opened() as desk:
        for cursor in (500, 3, 0, 9_999_990, 123_456):
            await desk.show(10_000_000, "", TUNINGS, cursor)
            assert line(made_up(cursor), WIDTH) in desk.lines
            marked = [
                strip.text.rstrip()
                for strip in map(desk.log.render_line, range(desk.log.size.height))
                if any(s.style == desk.log.get_component_rich_style("log--cursor") for s in strip)
            ]
            assert marked == [line(made_up(cursor), WIDTH)]
        await desk.show(10_000_003, "", TUNINGS, 123_456)
        assert line(made_up(123_456), WIDTH) in desk.lines
        await desk.show(10_000_003, "", TUNINGS, None)
        assert line(made_up(10_000_002), WIDTH) in desk.lines
