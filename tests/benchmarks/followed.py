"""Measurements of following another program, on a real pseudo-terminal."""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import printing
from on_screen import ROUNDS, SIZES, key_delays, most_memory, of_keys
from support.terminal import Terminal
from table import Figure, at_most, measurement

PRINTED, ENDLESS = 400_000, 1_000_000_000
FOLLOWED_LINES, LONG_LINE = 10_000_000, 10_000_000
PATIENCE = 180.0
# What of the title is sent anew for each scale after the one before.
CHANGES = (b"(log)", b"-log)", b"above", b"by iteration")


def following(path: Path, size: tuple[int, int] = (120, 36)) -> Terminal:
    """gdtui that follows what is written to a file or a named pipe."""
    columns, rows = size
    terminal = Terminal("-m", "gdtui", "--follow", str(path), columns=columns, rows=rows)
    terminal.wait_for("Quit")
    return terminal


def started(pipe: Path, lines: int) -> subprocess.Popen[bytes]:
    """The program that prints, into a named pipe; in the end it tells the seconds that it took."""
    command = [sys.executable, printing.__file__, str(lines)]
    with open(pipe, "wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE)


def told(program: subprocess.Popen[bytes]) -> float:
    """The seconds that a program took that has ended."""
    return float(program.communicate()[1])


def seconds_into_cat(pipe: Path) -> float:
    """How long the program takes where nobody looks at what it prints."""
    with open(os.devnull, "w") as nowhere:
        reader = subprocess.Popen(["cat", str(pipe)], stdout=nowhere)
        taken = told(started(pipe, PRINTED))
        reader.wait()
    return taken


def seconds_followed(pipe: Path) -> tuple[float, float]:
    """How long it takes while gdtui follows it, drawn at 120x36, and the KiB drawn a second."""
    with following(pipe) as terminal:
        program = started(pipe, PRINTED)
        drawn, begun = 0, time.monotonic()
        # What comes is not shown: the emulator would take the time of the program.
        while program.poll() is None:
            if select.select([terminal.master], [], [], 0.05)[0]:
                drawn += len(os.read(terminal.master, 1 << 16))
        return told(program), drawn / 1024 / (time.monotonic() - begun)


@measurement
def following_speed() -> Iterator[Figure]:
    """What following costs a program that prints as fast as it can, against a pipe to cat."""
    with tempfile.TemporaryDirectory() as folder:
        pipe = Path(folder) / "pipe"
        os.mkfifo(pipe)
        turns = [(*seconds_followed(pipe), seconds_into_cat(pipe)) for _ in range(ROUNDS)]
    mine, rate, yardstick = (statistics.median(taken) for taken in zip(*turns, strict=True))
    ours, theirs = (f"{PRINTED / taken:,.0f} lines/s" for taken in (mine, yardstick))
    what = "time of a program that prints, followed / into cat"
    yield at_most(what, ours, theirs, mine / yardstick, 1.05)
    what = "following it at 120x36 / 60 KiB/s"
    yield at_most(what, f"{rate:.1f} KiB/s", "60 KiB/s", rate / 60, 1)


@measurement
def following_keys() -> Iterator[Figure]:
    """From a key to its visible change while a program is followed that prints all the time."""
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            pipe = Path(folder) / "pipe"
            os.mkfifo(pipe)
            with following(pipe, size) as terminal:
                program = started(pipe, ENDLESS)
                terminal.wait_for("loss ")
                delays = key_delays(terminal, CHANGES)
                program.kill()
                program.communicate()
        yield from of_keys("key to visible change while following", size, delays)


@measurement
def following_memory() -> Iterator[Figure]:
    """Ten million lines, and one of ten million characters."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "train.log"
        lines = (
            f"Iteration {at:4d} => Loss: {1e3 / (at + 1):.10f}\n" for at in range(FOLLOWED_LINES)
        )
        with open(log, "w") as file:
            file.writelines(lines)
        many = memory_of(log, f"iteration {FOLLOWED_LINES - 1}")
        log.write_text("loss: 1\n")
        short = memory_of(log, "loss 1")
        log.write_text("x" * LONG_LINE + "\nloss: 1\n")
        long = memory_of(log, "loss 1")
    what = f"memory of {FOLLOWED_LINES:,} lines followed / 200 MB"
    yield at_most(what, f"{many:.0f} MB", "200 MB", many / 200, 1)
    what = "memory with a line of 10 MB / without"
    yield at_most(what, f"{long:.1f} MB", f"{short:.1f} MB", long / short, 1.1)


def memory_of(log: Path, seen: str) -> float:
    """The most memory that it takes to follow a file until something is seen."""
    with following(log) as terminal:
        deadline = time.monotonic() + PATIENCE
        while seen not in terminal.text and time.monotonic() < deadline:
            terminal.settle(1)
        assert seen in terminal.text
        return most_memory(terminal)
