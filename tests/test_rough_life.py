"""Monkeys at the keys and the mouse of the real program, in a window that changes all the time.

By default they have a short time of it, in the modes that differ most. In the environment,
GDTUI_MONKEYS is how many seeds there are in every mode, each with as many events as a monkey can
think of.
"""

from __future__ import annotations

import random
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.terminal import MONKEYS, ROOT, Terminal
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.binding import Binding, BindingType
from textual.keys import _character_to_key

from gdtui.core.settings import SHARED
from gdtui.lessons.lesson import shipped
from gdtui.ui.follow_keys import FOLLOW_BINDINGS
from gdtui.ui.workbench import Workbench
from gdtui.views import VIEWS

PIZZA = str(ROOT / "data" / "pizza.txt")
SIZE = 120, 36
EVENTS, RESIZES = (5000, 300) if MONKEYS else (40, 10)
# As many events as a mode is likely to last.
STINT = 40
SLOW = ("--iterations", "100000", "--pace", "20")
ENDLESS = ("--iterations", "1000000000", "--pace", "20")
# As wide keyboards send it: never the start of something longer.
ESCAPE = "\x1b[27u"

# What a terminal sends for each key.
TYPED = {
    str(getattr(key, "value", key)): sequence
    for sequence, keys in ANSI_SEQUENCES_KEYS.items()
    if isinstance(keys, tuple)
    for key in keys[:1]
} | {_character_to_key(character): character for character in map(chr, range(0x20, 0x7F))}


def typed(bindings: Iterable[BindingType]) -> tuple[str, ...]:
    """What a terminal sends for the keys of a screen, but those that end the program."""
    return tuple(
        TYPED[key]
        for binding in bindings
        if isinstance(binding, Binding) and binding.action != "app.quit"
        for key in binding.key.split(",")
    )


BOUND = typed(Workbench.BINDINGS)
EDITING = [
    *(TYPED[key] for key in ("enter", "tab", "shift+tab", "backspace", "delete", "up", "down")),
    *(TYPED[key] for key in ("left", "right", "home", "end", "ctrl+a", "ctrl+w", "f1")),
    *("0", "5", "9", ".", "e", "-", "x", "é", "宽", ESCAPE),
    "\x1b[200~1e-3\n[b]\x1b[201~",
    # The window loses the focus and has it again.
    "\x1b[O",
    "\x1b[I",
]
# A button pressed and let go, the wheel up and down, the pointer moved.
MOUSE = ["\x1b[<0;{0}M\x1b[<0;{0}m", "\x1b[<64;{0}M", "\x1b[<65;{0}M", "\x1b[<35;{0}M"]
# A button pressed, the pointer moved while it is down, and the button let go.
PRESS, DRAG, RELEASE = "\x1b[<0;{}M", "\x1b[<32;{}M", "\x1b[<0;{}m"


@dataclass(frozen=True)
class Mode:
    """What a monkey begins with, and the keys that bring it back there."""

    arguments: tuple[str, ...] = ()
    keys: tuple[str, ...] = ("r",)
    size: tuple[int, int] = SIZE
    data: tuple[str, ...] = (PIZZA,)
    keyboard: tuple[str, ...] = BOUND


MODES = {
    "ready": Mode(),
    "running at full speed": Mode(ENDLESS, ("r", "f")),
    "running at the default pace": Mode(SLOW, ("r", " ")),
    "ended": Mode(("--pace", "max"), ("r", "f")),
    "zoomed": Mode(SLOW, ("r", "z", " ")),
    "help open": Mode(SLOW, ("?", " ")),
    "palette open": Mode(ENDLESS, ("f", TYPED["ctrl+p"])),
    "log scrolled": Mode(("--iterations", "5000", "--pace", "max"), ("f", TYPED["pageup"])),
    "number field focused": Mode((), ("\t", "\t")),
    "ascii": Mode(("--ascii",), ("r", " ")),
    "small": Mode((), ("r", " "), (30, 8)),
    "sweeping": Mode(("--iterations", "1000000"), ("r", "w")),
    "racing": Mode(("--iterations", "100000", "--pace", "max"), ("r", "t", "a", "\r")),
    "in the past": Mode(ENDLESS, ("r", "f", TYPED["ctrl+left"])),
    "table of runs open": Mode((), ("f", "-", "f", "h")),
    "on a surface": Mode((), ("r", " "), data=("--surface", "himmelblau")),
    "placing the walker": Mode(("--bias",), ("r", "4", "p", TYPED["up"])),
    "placing on a surface": Mode((), ("r", "p"), data=("--surface", "saddle")),
    "guessing": Mode((), ("r", "y", TYPED["end"], "\r")),
    "a guess made": Mode(("--pace", "max"), ("r", "y", "\r", " ")),
    # The list of lessons, of which one is taken, and the card after the one it is at.
    **{
        f"in the lesson {name}": Mode(
            ("--lesson", name), ("L", *[TYPED["down"]] * place, "\r", "]"), (80, 24)
        )
        for place, name in enumerate(shipped())
    },
    "lesson over a surface": Mode(
        ("--lesson", "rough-ground"), ("L", TYPED["end"], "\r"), data=("--surface", "bowl")
    ),
}


VISITED = (
    list(MODES)
    if MONKEYS
    else ["running at full speed", "zoomed", "palette open", "small", "in the lesson canyon"]
)


@contextmanager
def program(
    folder: Path,
    *arguments: str,
    size: tuple[int, int] = SIZE,
    data: tuple[str, ...] = (PIZZA,),
    ready: str = "ready",
) -> Iterator[Terminal]:
    """The program on the pizza data, or others, ready; it leaves no traceback anywhere."""
    columns, rows = size
    environment = {"XDG_STATE_HOME": str(folder)}
    with Terminal(
        "-m",
        "gdtui",
        *data,
        *arguments,
        columns=columns,
        rows=rows,
        environment=environment,
        folder=folder,
    ) as terminal:
        terminal.wait_for(ready)
        yield terminal
        if terminal.status is None:
            terminal.send("\x03")
            assert terminal.wait_for_end() == 130
        assert b"Traceback" not in terminal.output
        assert not list(folder.rglob("*.log"))


def tormented(terminal: Terminal, chance: random.Random, mode: Mode, events: int) -> int:
    """Torment the program; returns how many events it took, fewer if one of them ended it."""
    columns, rows = mode.size
    for number in range(events):
        if number % STINT == 0:
            # What it has to do else piles up, for longer than anybody would wait in the end.
            terminal.swallow(2.0)
            terminal.send(ESCAPE)
            terminal.swallow()
            for key in mode.keys:
                terminal.send(key)
                terminal.swallow()
        kind = chance.random()
        if kind < 0.04:
            columns, rows = chance.randint(1, 300), chance.randint(1, 100)
            terminal.resize(columns, rows)
        elif kind < 0.17:
            terminal.send(chance.choice(MOUSE).format(somewhere(chance, columns, rows)))
        elif kind < 0.2:
            drag(terminal, chance, columns, rows)
        else:
            terminal.send(chance.choice(mode.keyboard if kind < 0.6 else EDITING))
        terminal.swallow()
        if terminal.status is not None:
            return number + 1
    return events


def somewhere(chance: random.Random, columns: int, rows: int) -> str:
    return f"{chance.randint(1, columns)};{chance.randint(1, rows)}"


def drag(terminal: Terminal, chance: random.Random, columns: int, rows: int) -> None:
    """Draw the pointer over the screen with its button down; a key may come in between."""
    terminal.send(PRESS.format(somewhere(chance, columns, rows)))
    for _ in range(chance.randint(0, 4)):
        terminal.swallow()
        terminal.send(DRAG.format(somewhere(chance, columns, rows)))
        if chance.random() < 0.2:
            terminal.send(chance.choice(BOUND))
    # Now and then it is let go outside of the window, and nobody hears of it.
    if chance.random() < 0.9:
        terminal.send(RELEASE.format(somewhere(chance, columns, rows)))


def redrawn(terminal: Terminal, holds: Callable[[], bool] | None = None) -> None:
    """Give it another size, and wait for title and footer, and a plot or what lies over it."""
    terminal.resize(SIZE[0] + 1, SIZE[1])
    terminal.swallow()
    terminal.resize(*SIZE)
    terminal.until(holds or (lambda: whole(terminal)), "title, a plot and footer")
    terminal.settle(1)


def whole(terminal: Terminal) -> bool:
    """Whether title, a plot and footer are where they belong, as far as the help lets see them."""
    # The first word of a plot's title is always the same.
    plots = [f"{number} {name.split()[0]}" for number, name in enumerate(VIEWS, 1)]
    title, *main, footer = terminal.lines
    return (
        re.search("pizza.txt|surface", title) is not None
        and any(plot in line for plot in [*plots, "Search for"] for line in main)
        and re.match(" (space|left|enter) ", footer) is not None
        and ("Quit" in footer or helps(terminal))
    )


def helps(terminal: Terminal) -> bool:
    """Whether the help is shown."""
    return "Keys and methods" in terminal.text


def says(terminal: Terminal, pattern: str) -> bool:
    """Whether the title has words that match."""
    return bool(re.search(pattern, terminal.lines[0]))


def insist(terminal: Terminal, key: str, holds: Callable[[], bool], what: str) -> None:
    """Press a key until something holds: the first ones may go to what a monkey has left open."""
    for _ in range(8):
        if holds():
            return
        terminal.send(key)
        terminal.settle(2)
    terminal.until(holds, what)


def assert_right(terminal: Terminal) -> None:
    """After escape and another size all is there, keys are obeyed, and no cell is out of date."""
    redrawn(terminal)
    # One for the dialog, and one for the field in it.
    for _ in range(2):
        terminal.send(ESCAPE)
        terminal.settle(1)
    insist(
        terminal,
        ESCAPE,
        # The edges of dialogs and of a lesson's card name the key that closes them.
        lambda: not re.search("Search for|esc |escape:? back", terminal.text),
        "an escape",
    )
    terminal.send("\x1b[<35;1;1M")
    redrawn(terminal)
    insist(terminal, "?", lambda: not helps(terminal), "no help")
    terminal.send("r")
    terminal.settle()
    terminal.until(lambda: says(terminal, "ready|diverged"), "a new run")
    # That of a branch begins where the branch does.
    (begin,) = re.findall(r"iteration (\d+)", terminal.lines[0])
    terminal.send("?")
    terminal.until(lambda: helps(terminal), "help")
    terminal.send("?")
    terminal.until(lambda: not helps(terminal), "no help")
    terminal.send("s")
    stepped = f"iteration {int(begin) + 1} of|diverged|converged"
    terminal.until(lambda: says(terminal, stepped), "a step")
    # Messages would go by themselves, some time.
    terminal.send(ESCAPE)
    terminal.settle()
    before = terminal.cells
    redrawn(terminal)
    terminal.until(lambda: terminal.cells == before, "each cell as it was")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(max(MONKEYS, 1)))
@pytest.mark.parametrize("name", VISITED)
def test_a_monkey_cannot_break_it(name: str, seed: int, tmp_path: Path) -> None:
    mode, chance = MODES[name], random.Random(f"{name} {seed}")
    left = EVENTS
    while left:
        with program(tmp_path, *mode.arguments, size=mode.size, data=mode.data) as terminal:
            left -= tormented(terminal, chance, mode, left)
            # The palette has a command to quit: then another program is next.
            if terminal.status is None:
                assert_right(terminal)
            said = terminal.output[-20_000:].decode(errors="replace")
            assert terminal.status in (None, 0), said
            if name == "ascii":
                assert terminal.output.isascii()


# What a program may print that is followed.
FOLLOWED_LINES = [
    *(
        b"step 7 loss: 0.5",
        b"Epoch 2",
        b"loss: nan",
        b"loss: -inf",
        b"loss=1e308",
        b"loss,acc",
        b"1,2",
    ),
    *(
        b"\x1b[2J\x1b]52;c;cm0\x07",
        b"[b]x[/nosuch]",
        b"\x00\xff\x9b31m",
        b"\r\r\x0b\x85",
        b"x" * 90_000,
    ),
]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(max(MONKEYS, 1)))
def test_a_monkey_cannot_break_the_screen_that_follows(seed: int, tmp_path: Path) -> None:
    chance, log = random.Random(seed), tmp_path / "train.out"
    mode = Mode(keys=(), keyboard=typed(FOLLOW_BINDINGS))
    log.write_bytes(b"loss: 1\n")
    files = "--follow", str(log), str(log)
    left = EVENTS
    while left:
        with program(tmp_path, data=files, ready="following") as terminal:
            while left and terminal.status is None:
                with log.open("ab") as file:
                    file.write(b"\n".join(chance.choices(FOLLOWED_LINES, k=30)))
                left -= tormented(terminal, chance, mode, min(left, STINT))
            if terminal.status is None:
                with log.open("ab") as file:
                    file.write(b"\nthe end\nloss: 0.125\n")
                for _ in range(3):
                    terminal.send(ESCAPE)
                    terminal.settle(1)
                terminal.send(TYPED["end"])
                terminal.until(lambda: says(terminal, r"loss 0\.125 *$"), "the newest loss")
                redrawn(terminal, lambda: "Quit" in terminal.lines[-1])
            said = terminal.output[-20_000:].decode(errors="replace")
            assert terminal.status in (None, 0), said
            assert b"\x1b]52" not in terminal.output


def resized(terminal: Terminal, chance: random.Random) -> None:
    for _ in range(RESIZES):
        terminal.resize(chance.randint(1, 300), chance.randint(1, 100))
        terminal.swallow()
    redrawn(terminal)
    terminal.wait_for("running")


def with_as_many_iterations(terminal: Terminal, count: str) -> None:
    """End the run where it is, by the field for its length."""
    place = [parameter.name for parameter in SHARED].index("iterations") + 1
    # Textual gives a key to what has the focus as it arrives: they must not come all at once.
    for key in (*["\t"] * place, count, "\r"):
        terminal.send(key)
        terminal.settle()
    terminal.wait_for(f"finished · iteration {count} of {count}")


def but_for_the_bar(terminal: Terminal) -> list[list[object]]:
    """All cells but those of the log's scroll bar: with a tuning, the log is a line longer."""
    top = next(y for y, line in enumerate(terminal.lines) if "─ Iterations ─" in line)
    rows = terminal.cells
    return rows[:top] + [row[: SIZE[0] - 3] + row[SIZE[0] - 2 :] for row in rows[top:]]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(max(MONKEYS, 1)))
@pytest.mark.parametrize("start", ["f", " "] if MONKEYS else ["f"])
def test_resized_while_it_runs_it_is_as_if_it_had_not_been(
    start: str, seed: int, tmp_path: Path
) -> None:
    with program(tmp_path, *ENDLESS) as rough:
        rough.send(start)
        rough.wait_for("running")
        resized(rough, random.Random(seed))
        rough.send(" ")
        rough.wait_for("paused")
        rough.settle()
        (count,) = re.findall(r"iteration (\d+) of", rough.lines[0])
        with_as_many_iterations(rough, count)
        with program(tmp_path, "--iterations", count, "--pace", "20") as fresh:
            fresh.send("f")
            fresh.wait_for("finished")
            # There no line of the log is on the length that was changed.
            for terminal in (rough, fresh):
                terminal.send(ESCAPE)
                terminal.settle()
                terminal.send("\x1b[H")
                terminal.wait_for("at 0 · finished")
            fresh.settle()
            same = "the screen of a fresh program"
            rough.until(lambda: but_for_the_bar(rough) == but_for_the_bar(fresh), same)
            fresh.send("\x03")


def test_what_a_terminal_lost_for_a_moment_is_sent_anew(tmp_path: Path) -> None:
    with program(tmp_path) as terminal:
        terminal.wait_for("limit", "Quit")
        terminal.settle()
        before = terminal.cells
        for _ in range(5):
            terminal.resize(20, 6)
            terminal.resize(*SIZE)
            terminal.until(lambda: terminal.cells == before, "each cell as it was")
        # As it is where both changes are one to the program.
        terminal.swallow()
        terminal.signal(signal.SIGWINCH)
        terminal.until(lambda: terminal.cells == before, "each cell as it was")
