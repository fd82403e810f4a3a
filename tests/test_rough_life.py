"""A monkey at the keys and the mouse of the real program, in a window that changes all the time."""

from __future__ import annotations

import fcntl
import os
import random
import select
import struct
import termios

import pytest
from terminal import ROOT, Terminal

KEYS = [
    *" sfr-+=<>bml12z?\t\r059.ewx\x7f\x10é",
    *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~", "\x1b[Z"),
]
EVENTS = 300


def resize(terminal: Terminal, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def swallow(terminal: Terminal) -> None:
    """Read what is there, without a screen that would slow the monkey down."""
    while select.select([terminal.master], [], [], 0.004)[0]:
        terminal.output += os.read(terminal.master, 1 << 16)


# In the environment, GDTUI_MONKEYS is how many monkeys there are: by default two.
@pytest.mark.parametrize("seed", range(int(os.environ.get("GDTUI_MONKEYS", "2"))))
def test_a_monkey_cannot_break_it(seed: int) -> None:
    chance = random.Random(seed)
    iterations = chance.choice(["100", "5000", "1000000000"])
    pizza = str(ROOT / "data" / "pizza.txt")
    with Terminal("-m", "gdtui", pizza, "--iterations", iterations) as terminal:
        terminal.wait_for("ready", "verdict")
        columns, rows = 120, 36
        for _ in range(EVENTS):
            event = chance.random()
            if event < 0.06:
                columns, rows = chance.randint(1, 300), chance.randint(1, 100)
                resize(terminal, columns, rows)
            elif event < 0.2:
                at = f"{chance.randint(1, columns)};{chance.randint(1, rows)}"
                terminal.send(f"\x1b[<0;{at}M\x1b[<0;{at}m")
            else:
                terminal.send(chance.choice(KEYS))
            swallow(terminal)
        assert terminal.status is None
        terminal.send("\x03")
        assert terminal.wait_for_end() == 130, terminal.output[-20_000:].decode(errors="replace")
