"""`gdtui --follow` on screen: the loss of other programs as it comes, and each of its lines."""

from __future__ import annotations

import math
import os
import random
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.clock import VirtualClock
from support.terminal import Terminal
from textual.binding import Binding
from textual.pilot import Pilot

from gdtui.core.settings import Settings
from gdtui.dataset import DataError
from gdtui.following.followed import Followed, source_name
from gdtui.following.reading import LineReader, read_to_end
from gdtui.ui.app import Laboratory
from gdtui.ui.dialogs.question import Question
from gdtui.ui.follow_keys import FOLLOW_BINDINGS
from gdtui.ui.following import FollowScreen
from gdtui.ui.widgets.help_panel import HelpPanel
from gdtui.ui.widgets.iteration_log import IterationLog

EXPORTED = Path(__file__).parent / "data" / "runs_0_1_0.jsonl"
GREATEST_STEP = 990
FALLING = "".join(f"step {step}: loss={1000 / (step + 10)}\n" for step in range(0, 1000, 10))


class ByHand(LineReader):
    """A reader to which the test hands what the program prints."""

    news: Callable[[], None]

    def start(self, turn: threading.Event, news: Callable[[], None]) -> None:
        self.news = news

    def hand(self, text: str) -> None:
        self.hand_bytes(text.encode())

    def hand_bytes(self, block: bytes) -> None:
        self.followed.feed(block)
        self.news()

    def close(self) -> None:
        self.followed.end()
        self.news()


class Watch:
    """An open screen that follows programs."""

    def __init__(self, app: Laboratory, pilot: Pilot[DataError], clock: VirtualClock) -> None:
        self.app, self.pilot, self._clock = app, pilot, clock

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def frame(self) -> None:
        """Let the next frame come."""
        await self.pilot.pause()
        self._clock.advance(1.0)
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)


@asynccontextmanager
async def watching(*readers: LineReader, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Watch]:
    clock = VirtualClock()
    app = Laboratory(None, Settings(), clock=clock, readers=readers)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield Watch(app, pilot, clock)


def reader(name: str = "train.log") -> ByHand:
    return ByHand(Followed(name), name)


async def test_losses_are_seen_as_they_come() -> None:
    program = reader()
    async with watching(program) as watch:
        assert "No loss has been printed yet." in watch.text
        program.hand("starting\nstep 0: loss=4\nstep 10: loss=2")
        await watch.frame()
        assert "following · iteration 0 · loss 4" in watch.lines[0]
        program.hand("\nstep 20: loss=1.5\n")
        await watch.frame()
        assert "following · iteration 20 · loss 1.5" in watch.lines[0]
        for line in (
            "│ starting ",
            "│ step 0: loss=4 ",
            "│ step 10: loss=2 ",
            "│ step 20: loss=1.5 ",
        ):
            assert line in watch.text
        program.close()
        await watch.frame()
        assert "ended" in watch.lines[0]
        assert "Too few losses to tell whether it still falls" in watch.text


async def test_frames_do_not_come_faster_than_they_are_shown() -> None:
    program = reader()
    async with watching(program) as watch:
        for loss in (1, 2, 3):
            program.hand(f"loss {loss}\n")
            await watch.pilot.pause()
        assert "loss 1" in watch.lines[0]  # the frame after the first news waits for its time
        await watch.frame()
        assert "loss 3" in watch.lines[0]


async def test_one_looks_back_while_it_goes_on() -> None:
    program = reader()
    async with watching(program) as watch:
        program.hand(FALLING)
        await watch.frame()
        for keys, at in (
            (["left"], GREATEST_STEP - 10),
            (["shift+left"], GREATEST_STEP - 110),
            (["ctrl+right"], GREATEST_STEP - 100),
            (["home"], 0),
            (["right", "right"], 20),
        ):
            await watch.press(*keys)
            assert f"at {at} ·" in watch.lines[0]
        program.hand("step 1000: loss=0.5\n")
        await watch.frame()
        assert "at 20 · loss 33.3333 · following · iteration 1000 " in watch.lines[0]
        assert "│ step 20: loss=33.333333333333336 " in watch.text
        await watch.press("g")
        assert isinstance(watch.app.screen, Question)
        await watch.press(*"505", "enter")
        assert "at 500 ·" in watch.lines[0]
        await watch.press("end")
        assert "at " not in watch.lines[0].partition("following")[0]
        log = watch.app.screen.query_one(IterationLog)
        top = log.render_line(0).text.split(":")[0].removeprefix("step ")
        await watch.pilot.click(IterationLog, offset=(4, 1))
        assert f"at {top} ·" in watch.lines[0]


async def test_a_loss_that_is_no_number_is_told_at_its_line() -> None:
    program = reader()
    async with watching(program) as watch:
        await watch.press("n")
        assert "Each loss so far is a finite number." in watch.text
        program.hand(FALLING + "step 1000: loss=nan\nstep 1010: loss=nan\n")
        await watch.frame()
        assert "nan in line 101 · iteration 1010 · loss nan" in watch.lines[0]
        assert watch.app.screen.query_one("#status").has_class("-diverged")
        assert "look at the examples" in " ".join(watch.text.split())
        await watch.press("n")
        assert "at 1000 ·" in watch.lines[0]
        assert "│ step 1000: loss=nan " in watch.text


async def test_each_scale_is_drawn_and_several_programs() -> None:
    first, second = reader("logs/first.log"), reader("logs/[b]second")
    async with watching(first, second) as watch:
        first.hand(FALLING)
        second.hand(FALLING.replace("loss=", "loss=-"))
        await watch.frame()
        assert "1 first.log" in watch.lines[0]
        assert "2 [b]second" in watch.text
        titles = [watch.lines[1]]
        for scale in ("(log)", "(log-log)", "Loss above the lowest so far (log)"):
            await watch.press("l")
            titles.append(watch.lines[1])
            assert scale in titles[-1]
        await watch.press("l")
        assert watch.lines[1] == titles[0]
        await watch.press("2")
        assert "2 [b]second" in watch.lines[0]
        assert watch.lines[0].rstrip().endswith("loss -1")
        await watch.press("3")
        assert "2 [b]second" in watch.lines[0]
        await watch.press("z")
        assert "Iteration" not in watch.text


async def test_what_cannot_be_read_or_holds_no_loss_is_told(tmp_path: Path) -> None:
    missing = LineReader(Followed("none.log"), str(tmp_path / "none.log"))
    empty = reader()
    async with watching(missing, empty) as watch:
        while not missing.followed.has_ended:
            await watch.pilot.pause()
        await watch.frame()
        assert "none.log: there is no such file" in watch.text
        empty.hand("val_loss: 4\n")
        empty.close()
        await watch.press("2")
        assert "there is no loss in the one line" in watch.text


async def test_the_losses_are_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = reader()
    async with watching(program) as watch:
        program.hand("step 5 loss 0.1\nother\nstep 10 loss inf\n")
        for place, ending in enumerate(("csv", "jsonl")):
            await watch.press("e", *["down"] * place, "enter")
            await watch.app.workers.wait_for_complete()
            await watch.pilot.pause()
            assert "Written: " in watch.text
            read = Followed("again")
            read_to_end(read, str(tmp_path / f"train-losses.{ending}"))
            assert [(read.iteration(at), read.loss(at)) for at in range(read.count)] == [
                (5, 0.1),
                (10, math.inf),
            ]


async def test_each_key_is_bound_and_nothing_needs_a_surface(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # one of them writes a file
    program = reader()
    async with watching(program) as watch:
        # One for each action; there is no loss yet.
        keys = {
            key.action.partition("(")[0]: key.key
            for key in FOLLOW_BINDINGS
            if isinstance(key, Binding) and key.key not in {"q", "ctrl+p", "question_mark"}
        }
        await watch.press(*keys.values())
        program.hand(FALLING)
        await watch.press("m", "w", "t", "p", "space", "plus", "s")
        assert isinstance(watch.app.screen, FollowScreen)
        await watch.press("question_mark")
        assert watch.app.screen.query_one(HelpPanel).display
        assert "learning rate" not in watch.text
        await watch.press("escape")
        assert not watch.app.screen.query_one(HelpPanel).display


HOSTILE = [
    *(b"\x1b[31mred\x1b[0m loss: 1", b"\x1b[2J\x1b[Hgone", b"\x1b]52;c;cm0\x07loss: 2"),
    *(b"[red]x[/] [/nosuch] [@click=app.quit]q[/] loss: 3", b"\x00\xff\xfe \xc3\x28\x80 loss: nan"),
    *("\u202eloss: 4 e\u0301 \U0001f468\u200d\U0001f469 \u5bbd".encode(), b"\r\rloss: -inf\r"),
    *(b"\x9b31m\x85\x0b\x0c", b"[" * 300_000 + b"loss: 5", b"loss: 1e400", b"loss: -1.7e308"),
]


async def test_hostile_lines_are_data_whatever_keys_are_pressed() -> None:
    chance = random.Random(1)
    keys = [key.key for key in FOLLOW_BINDINGS if isinstance(key, Binding)]
    keys = [key for key in keys if key not in {"q", "e", "g", "ctrl+p"}] + ["up", "down", "tab"]
    first, second = reader(source_name("\x1b]0;x\x07[b]")), reader()
    async with watching(first, second, size=(60, 24)) as watch:
        for _ in range(4):
            for program in (first, second):
                program.hand_bytes(b"\n".join(chance.choices(HOSTILE, k=4)) + b"\n")
            await watch.press(*chance.choices(keys, k=4))
        zoomed = watch.app.screen.has_class("-zoomed")
        await watch.press("escape", "1", "end", *["z"] * zoomed)
        first.hand("[b]bold[/b] loss 0.25\n")
        await watch.frame()
        assert re.match(r" 1 .*loss 0\.25 *$", watch.lines[0])
        assert "│ [b]bold[/b] loss 0.25 " in watch.text
        assert [
            line for line in watch.lines if not line.isprintable() or cell_len(line) != 60
        ] == []


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (200, 55)])
async def test_it_fits_any_window(size: tuple[int, int]) -> None:
    program = reader()
    async with watching(program, size=size) as watch:
        program.hand(FALLING)
        await watch.frame()
        assert len(watch.lines) == size[1]
        assert "Quit" in watch.lines[-1]


# The reader


def test_a_file_that_grows_or_begins_anew_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text("step 1 loss 4\nstep 2 lo")
    program = LineReader(Followed("train.log"), str(path))
    turn, came = threading.Event(), threading.Event()
    turn.set()

    def read(count: int) -> None:
        while program.followed.count < count:
            assert came.wait(20)
            came.clear()
            program.seen()

    program.start(turn, came.set)
    read(1)
    with path.open("a") as file:
        file.write("ss 3\n")
    read(2)
    path.write_text("loss 2\n")
    read(3)
    program.stop()
    assert program.followed.losses(0, 3).tolist() == [4.0, 3.0, 2.0]
    while not program.followed.has_ended:
        assert came.wait(20)
        came.clear()


def test_it_reads_only_while_it_is_its_turn() -> None:
    here, there = os.pipe()
    turn, came = threading.Event(), threading.Event()
    with open(here, "rb") as stream:
        program = LineReader(Followed("-"), "-", stream)
        program.start(turn, came.set)
        os.write(there, b"loss 1\n")
        os.close(there)
        before = program.followed.count
        turn.set()
        while not program.followed.has_ended:
            assert came.wait(20)
            came.clear()
            program.seen()
    assert (before, program.followed.count) == (0, 1)


# The program


def test_a_program_is_followed_on_a_terminal() -> None:
    lines = b"\x1b]0;x\x07[bold]\xff\nstep 0 loss 4\nstep 1 loss 2\nstep 2 loss inf\n"
    arguments = ("-m", "gdtui", "--follow", "-", "--compare", str(EXPORTED))
    with Terminal(*arguments, piped=lines) as terminal:
        terminal.wait_for(
            "inf in line 4", "\\x1b]0;x\\x07[bold]\ufffd ", "│ step 1 loss 2 ", "Quit"
        )
        terminal.send("2")
        terminal.wait_for("2 runs_0_1_0.jsonl ", "ended")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert "First 4 (iteration 0), last 2 (iteration 1, line 3)" in terminal.text
