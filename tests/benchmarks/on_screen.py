"""Measurements of the real program on a real pseudo-terminal."""

from __future__ import annotations

import os
import re
import select
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lesson
from support.terminal import Terminal
from table import Figure, at_least, at_most, measurement, medians_of, milliseconds

FULL_SPEED = ("--iterations", "1000000000", "--pace", "max", "--bias")
SIZES = ((80, 24), (120, 36), (200, 55))
KEYS = 120
ROUNDS = 5
# Between two keys at the start, and after the last byte of it.
KEY_SECONDS, SILENCE = 0.01, 0.7
# What a terminal answers that knows synchronized output, and how each frame then begins.
SYNCHRONIZED, FRAME = "\x1b[?2026;2$y", b"\x1b[?2026h"

MINIMAL_APP = """
from textual.app import App
from textual.widgets import Static

class Minimal(App):
    def compose(self):
        yield Static("minimal")

Minimal().run()
"""


def opened(*options: str, size: tuple[int, int] = (120, 36)) -> Terminal:
    """gdtui on the pizza data, with all drawn."""
    columns, rows = size
    arguments = ("-m", "gdtui", str(lesson.PIZZA), *options)
    terminal = Terminal(*arguments, columns=columns, rows=rows)
    terminal.wait_for("limit", "ready")
    return terminal


def watch_once(terminal: Terminal, longest: float) -> bytes:
    """What arrives first, or nothing within so many seconds."""
    if select.select([terminal.master], [], [], longest)[0]:
        return os.read(terminal.master, 1 << 16)
    return b""


def watch(terminal: Terminal, seconds: float) -> bytes:
    """What arrives within so many seconds; shown only then, as a screen would cost time to keep."""
    end = time.monotonic() + seconds
    parts = []
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal.master], [], [], left)[0]:
            parts.append(os.read(terminal.master, 1 << 16))
    terminal.show(b"".join(parts))
    return b"".join(parts)


def iteration(terminal: Terminal) -> int:
    """The iteration at which a paused run stands."""
    terminal.wait_for("paused")
    found = re.search(r"paused · (?:iteration )?(\d+) of", terminal.text)
    assert found
    return int(found[1])


def run_for(terminal: Terminal, seconds: float) -> tuple[int, float, bytes]:
    """Run for a while: the iterations taken, the time they took, and the bytes sent."""
    terminal.send(" ")
    begun = time.monotonic()
    output = watch(terminal, seconds)
    terminal.send(" ")
    taken = time.monotonic() - begun
    terminal.wait_for("paused")
    return iteration(terminal), taken, output


@measurement
def full_speed() -> Iterator[Figure]:
    """Training with the screen live, against the lesson's loop that does nothing else."""
    loops, runs = [lesson.seconds_an_iteration()], []
    # In turns, since the machine's own speed comes and goes.
    for _ in range(ROUNDS):
        with opened(*FULL_SPEED) as terminal:
            iterations, seconds, _ = run_for(terminal, 4)
        runs.append(seconds / iterations)
        loops.append(lesson.seconds_an_iteration())
    mine, yardstick = statistics.median(runs), statistics.median(loops)
    what = "iterations a second at full speed, screen live at 120x36 / lesson's loop"
    yield at_least(what, f"{1 / mine:,.0f}/s", f"{1 / yardstick:,.0f}/s", yardstick / mine, 15)


@measurement
def frames_a_second() -> Iterator[Figure]:
    """Frames at full speed on one core."""
    core = min(os.sched_getaffinity(0))
    with opened(*FULL_SPEED) as terminal:
        os.sched_setaffinity(terminal.pid, {core})
        terminal.send(SYNCHRONIZED)
        _, seconds, output = run_for(terminal, 5)
    rate = output.count(FRAME) / seconds
    yield at_least(
        "frames a second at full speed, 120x36, one core / 15", f"{rate:.1f}", "15", rate / 15, 1
    )


@measurement
def first_paint() -> Iterator[Figure]:
    """From the command to the first paint, until a key is obeyed, and until all is drawn.

    Against the first paint of a minimal app.
    """

    def until(text: str, *arguments: str) -> Callable[[], float]:
        def measure() -> float:
            begun = time.monotonic()
            with Terminal(*arguments) as terminal:
                terminal.until(lambda: text.encode() in terminal.output, text)
                return time.monotonic() - begun

        return measure

    def until_a_key_is_obeyed(*arguments: str) -> float:
        begun = time.monotonic()
        with Terminal(*arguments) as terminal:
            terminal.until(lambda: b"pizza.txt" in terminal.output, "the first paint")
            while b"paused" not in terminal.output:
                terminal.send("s")
                watch(terminal, KEY_SECONDS)
            return time.monotonic() - begun

    def until_the_last_byte(*arguments: str) -> float:
        begun = time.monotonic()
        with Terminal(*arguments) as terminal:
            last = begun
            while (output := watch_once(terminal, SILENCE)) or b"limit" not in terminal.output:
                terminal.show(output)
                last = time.monotonic() if output else last
            return last - begun

    with tempfile.TemporaryDirectory() as folder:
        app, big = Path(folder) / "minimal.py", Path(folder) / "big.csv"
        app.write_text(MINIMAL_APP)
        big.write_text("x,y\n" + "1.5,2.5\n2.5,3.25\n" * 2_500_000)
        gdtui = ("-m", "gdtui", str(lesson.PIZZA))
        yardstick, first, usable, all_drawn, large = medians_of(
            7,
            until("minimal", str(app)),
            until("pizza.txt", *gdtui),
            lambda: until_a_key_is_obeyed(*gdtui),
            lambda: until_the_last_byte(*gdtui),
            until("big.csv", "-m", "gdtui", str(big)),
        )
    theirs = milliseconds(yardstick)
    what = "first paint / that of a Textual app with one Static"
    yield at_most(what, milliseconds(first), theirs, first / yardstick, 1.7)
    what = "first paint with a CSV of 5,000,000 rows / the same"
    yield at_most(what, milliseconds(large), theirs, large / yardstick, 2)
    what = "usable, that is a key is obeyed / the same"
    yield at_most(what, milliseconds(usable), theirs, usable / yardstick, 4)
    what = "all drawn, that is the last byte of the start / the same"
    yield at_most(what, milliseconds(all_drawn), theirs, all_drawn / yardstick, 3)


@measurement
def keys() -> Iterator[Figure]:
    """From a key to its visible change while training at full speed."""
    for size in SIZES:
        with opened(*FULL_SPEED, size=size) as terminal:
            terminal.send(" ")
            watch(terminal, 1)
            delays = key_delays(terminal)
        yield from of_keys("key to visible change at full speed", size, delays)


# What is seen of the title of the loss plot when key l is pressed: it names the scale.
TITLES = (b"(log)", b"")


def key_delays(terminal: Terminal, titles: Sequence[bytes] = TITLES) -> list[float]:
    """Seconds from each of many keys to what it changes, in order."""
    delays = []
    for number in range(KEYS):
        delays.append(delay(terminal, "l", titles[number % len(titles)]))
        watch(terminal, 0.031 * (number % 5))
    return sorted(delays)


@measurement
def lesson_cards() -> Iterator[Figure]:
    """From a key to what is seen first of another card of a lesson."""
    for columns, rows in SIZES:
        arguments = ("-m", "gdtui", str(lesson.PIZZA), "--lesson", "downhill")
        with Terminal(*arguments, columns=columns, rows=rows) as terminal:
            terminal.wait_for("leaf", "ready")
            watch(terminal, 1)
            delays = []
            for number in range(KEYS):
                begun = time.monotonic()
                terminal.send("]["[number % 2])
                terminal.show(watch_once(terminal, 2))
                delays.append(time.monotonic() - begun)
                watch(terminal, 0.2)
        yield from of_keys("key to another card of a lesson", (columns, rows), sorted(delays))


def of_keys(what: str, size: tuple[int, int], delays: list[float]) -> Iterator[Figure]:
    """The median and the slowest of many keys."""
    median, late = statistics.median(delays), delays[int(len(delays) * 0.99)]
    limits = (0.06, 0.2) if size == SIZES[-1] else (0.03, 0.1)
    for name, value, limit in (("median", median, limits[0]), ("99th %", late, limits[1])):
        told = f"{what}, {size[0]}x{size[1]}, {name} / limit"
        yield at_most(told, milliseconds(value), milliseconds(limit), value / limit, 1)


def delay(terminal: Terminal, key: str, seen: bytes) -> float:
    """Seconds from a key to the first output after it that names what it changes."""
    output = b""
    begun = time.monotonic()
    terminal.send(key)
    while time.monotonic() < begun + 2:
        if select.select([terminal.master], [], [], 0.5)[0]:
            output += os.read(terminal.master, 1 << 16)
            if seen in output and (
                seen or b"Loss by iteration" in output or b"\xe2\x94\x80" in output
            ):
                break
    return time.monotonic() - begun


@measurement
def cursor() -> Iterator[Figure]:
    """From a key that looks back in ten million iterations until it is seen."""
    for size in SIZES:
        with opened("--iterations", "10000000", "--bias", size=size) as terminal:
            terminal.send("f")
            terminal.until(lambda: "finished" in terminal.text, "the end")
            terminal.settle()
            delays = []
            for number in range(KEYS):
                # An iteration back, or a hundredth of the run.
                begun = time.monotonic()
                terminal.send(("\x1b[D", "\x1b[1;5D")[number % 2])
                # Nothing else is sent: what comes is the frame.
                select.select([terminal.master], [], [], 2)
                delays.append(time.monotonic() - begun)
                watch(terminal, 0.1)
        delays.sort()
        median, late = statistics.median(delays), delays[int(len(delays) * 0.99)]
        for name, value in (("median", median), ("99th %", late)):
            what = f"looking back in 10,000,000 iterations, {size[0]}x{size[1]}, {name} / 0.1 s"
            yield at_most(what, milliseconds(value), "100 ms", value / 0.1, 1)


@measurement
def whole_frames() -> Iterator[Figure]:
    """The processor time of a frame of all that is on screen, in a long run and a short one."""
    for size in SIZES:
        mine, yardstick = frame_after("10000000", size), frame_after("10", size)
        what = f"a frame of all, {size[0]}x{size[1]}, after 10,000,000 iterations / after 10"
        ratio = mine / yardstick
        yield at_most(what, milliseconds(mine), milliseconds(yardstick), ratio, 1.25)


def frame_after(iterations: str, size: tuple[int, int]) -> float:
    """What it costs to show the last iteration but one of a run, or the last one again."""
    used = []
    with opened("--iterations", iterations, "--bias", size=size) as terminal:
        terminal.send("f")
        terminal.until(lambda: "finished" in terminal.text, "the end")
        terminal.settle()
        for number in range(KEYS):
            before = cpu_seconds(terminal.pid)
            terminal.send(("\x1b[D", "\x1b[C")[number % 2])
            watch(terminal, 0.1)
            used.append(cpu_seconds(terminal.pid) - before)
    return statistics.median(used)


@measurement
def memory() -> Iterator[Figure]:
    """Ten million iterations, and the most memory that the process ever took."""
    with opened("--iterations", "10000000", "--pace", "max") as terminal:
        terminal.send(" ")
        deadline = time.monotonic() + 120
        while b"finished" not in watch(terminal, 0.5) and time.monotonic() < deadline:
            pass
        mine = most_memory(terminal)
    yield at_most(
        "memory of 10,000,000 iterations / 120 MB", f"{mine:.0f} MB", "120 MB", mine / 120, 1
    )


def most_memory(terminal: Terminal) -> float:
    """The most memory that the program ever took, in MB."""
    with open(f"/proc/{terminal.pid}/status") as status:
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read())
    assert found
    return int(found[1]) * 1024 / 1e6


@measurement
def idle() -> Iterator[Figure]:
    """Ten seconds without a key: no byte, and next to no CPU."""
    for name, keys_before in (("ready", ""), ("paused", "ss"), ("finished", "f")):
        with opened() as terminal:
            terminal.send(keys_before)
            watch(terminal, 1)
            before = cpu_seconds(terminal.pid)
            sent = len(watch(terminal, 10))
            used = (cpu_seconds(terminal.pid) - before) / 10
        yield at_most(f"bytes in ten idle seconds, {name} / 1", str(sent), "0", float(sent), 0)
        yield at_most(f"CPU while idle, {name} / 0.2%", f"{used:.2%}", "0.2%", used / 0.002, 1)


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used, by the clock that Linux has for each.

    The number of that clock is MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of its posix-timers.h.
    """
    return time.clock_gettime(~pid << 3 | 2)


@measurement
def bytes_sent() -> Iterator[Figure]:
    """What watching costs on a slow link."""
    with opened(size=(80, 24)) as terminal:
        terminal.send(" ")
        kib = len(watch(terminal, 6)) / 1024
    yield at_most("the default run at 80x24 / 60 KiB", f"{kib:.1f} KiB", "60 KiB", kib / 60, 1)
    for size, limit in ((SIZES[0], 25), (SIZES[1], 60)):
        with opened(*FULL_SPEED, size=size) as terminal:
            _, seconds, output = run_for(terminal, 5)
        rate = len(output) / 1024 / seconds
        what = f"full speed at {size[0]}x{size[1]} / {limit} KiB/s"
        yield at_most(what, f"{rate:.1f} KiB/s", f"{limit} KiB/s", rate / limit, 1)
