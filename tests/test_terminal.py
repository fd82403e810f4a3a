"""The real program on a real terminal: it opens, obeys, ends, and leaves the terminal as it was."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from support.terminal import ENTER_ALTERNATE, MODES, MONKEYS, Closed, Multiplexer, Terminal

PIZZA = Path(__file__).parents[1] / "data" / "pizza.txt"
LAST_LINE = "Iteration   99 => Loss: 69.1209628275"
RUNS = ("running", "/s")
FASTEST = ("--iterations", "1000000000", "--pace", "max", "--run")
# The program with its standard error in a file, or closed.
WITH_STDERR = """
import os, sys
path = {!r}
os.dup2(os.open(path, os.O_WRONLY), 2) if path else os.close(2)
os.execv(sys.executable, [sys.executable, "-m", "gdtui"])
"""

# The program, whose last save takes as long as it is let.
SAVING_SLOWLY = """
import time
from gdtui.sessions.autosave import Autosave
Autosave.finish = lambda autosave, patience=3600: time.sleep(patience)
from gdtui.cli.main import main
main()
"""
# The program with its standard output in a file.
WITH_STDOUT = """
import os, sys
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
os.execv(sys.executable, [sys.executable, "-m", "gdtui"])
"""


def gdtui(
    *arguments: str,
    columns: int = 120,
    rows: int = 36,
    environment: Mapping[str, str | None] = MappingProxyType({}),
) -> Terminal:
    arguments = ("-m", "gdtui", str(PIZZA), *arguments)
    return Terminal(*arguments, columns=columns, rows=rows, environment=environment)


def assert_left_as_it_was(terminal: Terminal) -> None:
    output = terminal.output
    assert terminal.attributes_now() == terminal.attributes
    for on, off in MODES:
        assert output.rfind(off) > output.rfind(on) >= 0, on
    # The protocol of wide keyboards is a stack.
    assert output.count(b"\x1b[>") == output.count(b"\x1b[<u")
    assert b"Traceback" not in output


@dataclass(frozen=True)
class State:
    """What brings the program to a state, and what then is seen."""

    arguments: tuple[str, ...] = (str(PIZZA),)
    keys: str = ""
    seen: tuple[str, ...] = ("ready",)


PIPE = "a slow pipe"
STATES = {
    "loading": State((PIPE,), seen=("Reading",)),
    "ready": State(),
    "at the default pace": State((str(PIZZA), "--iterations", "99999", "--pace", "20"), " ", RUNS),
    "at full speed": State((str(PIZZA), *FASTEST), seen=RUNS),
    "paused": State(keys="s", seen=("paused · iteration 1 ",)),
    "finished": State(keys="f", seen=("finished", LAST_LINE)),
    "diverged": State((str(PIZZA), "--lr", "1"), keys="f", seen=("diverged",)),
    "palette": State((str(PIZZA), *FASTEST), "\x10", ("Search for commands",)),
}


def by_signal(number: signal.Signals) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.signal(number)


ENDS: dict[str, tuple[Callable[[Terminal], None], int]] = {
    "q": (lambda terminal: terminal.send("q"), 0),
    "ctrl+c": (lambda terminal: terminal.send("\x03"), 130),
    "SIGINT": (by_signal(signal.SIGINT), 130),
    "SIGTERM": (by_signal(signal.SIGTERM), 143),
    "SIGHUP": (by_signal(signal.SIGHUP), 129),
    "closed": (lambda terminal: terminal.close(), 129),
}
# In the palette a letter is part of a search. By default each state and each end at least once.
CASES = [
    (state, end)
    for row, state in enumerate(STATES)
    for column, end in enumerate(ENDS)
    if (state, end) != ("palette", "q") and (MONKEYS or (row - column) % len(ENDS) == 0)
]


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A pipe with a line in it that never ends."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    handle = os.open(path, os.O_RDWR)
    os.write(handle, b"x,y\n1,2\n")
    yield path
    os.close(handle)


def opened(state: State, pipe: Path) -> Terminal:
    arguments = [str(pipe) if argument == PIPE else argument for argument in state.arguments]
    return Terminal("-m", "gdtui", *arguments)


def bring(terminal: Terminal, state: State) -> None:
    if state.keys:
        terminal.wait_for("ready" if "--run" not in state.arguments else "running", "Quit")
        terminal.send(state.keys)
    terminal.wait_for(*state.seen)


@pytest.mark.long(keep=4)
@pytest.mark.parametrize(("state", "end"), CASES)
def test_it_ends_and_leaves_the_terminal_as_it_was(state: str, end: str, pipe: Path) -> None:
    act, status = ENDS[end]
    with opened(STATES[state], pipe) as terminal:
        bring(terminal, STATES[state])
        act(terminal)
        assert terminal.wait_for_end() == status
        if end != "closed":
            assert_left_as_it_was(terminal)


@pytest.mark.long(keep=1)
@pytest.mark.parametrize(
    ("seen", "number"),
    [
        (ENTER_ALTERNATE, signal.SIGTERM),
        (MODES[-1][0], signal.SIGINT),
        (b"gdtui", signal.SIGTERM),
        (b"Hyperparameters", signal.SIGINT),
    ],
)
def test_a_signal_while_the_screen_opens_leaves_the_terminal_as_it_was(
    seen: bytes, number: signal.Signals
) -> None:
    with gdtui() as terminal:
        terminal.until(lambda: seen in terminal.output, repr(seen))
        terminal.signal(number)
        assert terminal.wait_for_end() == 128 + number
        assert_left_as_it_was(terminal)


def test_a_key_while_the_screen_opens_is_obeyed() -> None:
    with gdtui() as terminal:
        terminal.until(lambda: ENTER_ALTERNATE in terminal.output, "the screen")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert_left_as_it_was(terminal)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc")
def test_it_ends_where_the_terminal_takes_no_more_output() -> None:
    """As on a line that hangs: Textual would wait for its output for ever."""
    with gdtui(*FASTEST) as terminal:
        terminal.wait_for("running")
        terminal.stall()
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_end_unread() == 143
        assert terminal.attributes_now() == terminal.attributes


def test_an_end_forced_after_the_screen_leaves_the_terminal_alone() -> None:
    with Terminal("-c", SAVING_SLOWLY) as terminal:
        terminal.wait_for("ready", "Quit")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_end() == 143
        assert_left_as_it_was(terminal)


def test_it_ends_when_the_keyboard_that_it_took_is_gone() -> None:
    with Terminal("-m", "gdtui", "-", piped=PIZZA.read_bytes()) as terminal:
        terminal.wait_for("ready")
        terminal.close()
        assert terminal.wait_for_end() == 129


@pytest.mark.parametrize("piped", [b"", Closed.STDIN])
def test_with_no_standard_input_keys_come_from_the_terminal(piped: bytes | Closed) -> None:
    with Terminal("-m", "gdtui", piped=piped) as terminal:
        terminal.wait_for("ready")
        terminal.send("f")
        terminal.wait_for("finished", LAST_LINE)
        terminal.send("\x03")
        assert terminal.wait_for_end() == 130
        assert_left_as_it_was(terminal)


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("stderr", ["/dev/null", None])
def test_the_screen_is_on_the_terminal_wherever_complaints_go(stderr: str | None) -> None:
    with Terminal("-c", WITH_STDERR.format(stderr)) as terminal:
        terminal.wait_for("ready", "Quit")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert_left_as_it_was(terminal)


# ctrl+z is read by the program, SIGTSTP sent by others, and of SIGSTOP it learns afterwards alone.
STOPS: dict[str, Callable[[Terminal], None]] = {
    "ctrl+z": lambda terminal: terminal.send("\x1a"),
    "SIGTSTP": by_signal(signal.SIGTSTP),
    "SIGSTOP": by_signal(signal.SIGSTOP),
}


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("stop", STOPS)
def test_stopped_and_continued_it_shows_all_as_before(stop: str) -> None:
    with gdtui() as terminal:
        terminal.wait_for("ready", "limit")
        terminal.send("s")
        terminal.wait_for("paused · iteration 1 ", "304.3630879787")
        terminal.settle()
        before = terminal.cells
        STOPS[stop](terminal)
        terminal.wait_for_stop()
        if stop != "SIGSTOP":
            assert_left_as_it_was(terminal)
        terminal.write("\x1b[2J\x1b[Hthe shell was here")
        terminal.signal(signal.SIGCONT)
        terminal.until(lambda: terminal.cells == before, "the same screen")
        terminal.send("s")
        terminal.wait_for("paused · iteration 2 ")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert_left_as_it_was(terminal)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36)])
def test_space_runs_to_the_lessons_last_line(columns: int, rows: int) -> None:
    with gdtui("--pace", "1000", columns=columns, rows=rows) as terminal:
        terminal.wait_for("ready", "812.8666666667", "✚" if columns > 80 else "●")
        terminal.send(" ")
        terminal.wait_for("finished", "100 of 100", LAST_LINE)
        now = [text for text in terminal.text.splitlines() if text.startswith("│ w ")]
        assert any("1.8436928702" in text for text in now)
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_keys_are_obeyed_at_full_speed() -> None:
    with gdtui(*FASTEST) as terminal:
        terminal.wait_for("running", "/s")
        terminal.send(" ")
        terminal.wait_for("paused")
        terminal.send("+")
        terminal.wait_for("0.002")
        terminal.send(" ")
        terminal.wait_for("running")


def test_without_a_file_it_opens_the_sample() -> None:
    with Terminal("-m", "gdtui") as terminal:
        terminal.wait_for("pizza.txt", "Reservations -> Pizzas", "30 examples", "ready")


def test_a_theme_can_be_chosen() -> None:
    with gdtui("--theme", "gdtui-light") as terminal:
        terminal.wait_for("ready")
        assert b"48;2;251;251;248" in terminal.output


def test_a_missing_file_and_a_folder_take_one_line_and_no_screen(tmp_path: Path) -> None:
    for path in (tmp_path / "nosuch.csv", tmp_path):
        with Terminal("-m", "gdtui", str(path), columns=300) as terminal:
            assert terminal.wait_for_end() == 2
            assert terminal.text.startswith(f"gdtui: {path.name}: ")
            assert ENTER_ALTERNATE not in terminal.output
            assert terminal.output.count(b"\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--theme", "nosuch"), "no theme 'nosuch'"),
        (("--lr", "fast"), "'fast' is not a number"),
        (("--nosuch",), "--nosuch"),
        (("--x", "Guests"), "there is no column 'Guests'"),
    ],
)
def test_a_wrong_option_takes_one_line_and_no_screen(
    arguments: tuple[str, ...], words: str
) -> None:
    with gdtui(*arguments, columns=300) as terminal:
        assert terminal.wait_for_end() == 2
        assert words in terminal.text
        assert ENTER_ALTERNATE not in terminal.output
        assert terminal.output.count(b"\n") == 1


@pytest.mark.parametrize("content", ["", "x,y\n1,two\n", "x y\n", "1\n2\n"])
def test_a_bad_file_takes_one_line_and_no_screen(content: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(content)
    with Terminal("-m", "gdtui", str(file), columns=300) as terminal:
        assert terminal.wait_for_end() == 2
        assert terminal.text.startswith("gdtui: bad.csv")
        assert ENTER_ALTERNATE not in terminal.output
        assert terminal.output.count(b"\n") == 1
        assert terminal.attributes_now() == terminal.attributes


def test_data_comes_from_a_pipe_and_keys_from_the_terminal() -> None:
    with Terminal("-m", "gdtui", "-", piped=PIZZA.read_bytes()) as terminal:
        terminal.wait_for("standard input", "30 examples", "ready")
        terminal.send("f")
        terminal.wait_for("finished", LAST_LINE)
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert_left_as_it_was(terminal)


def test_bad_data_from_a_pipe_takes_one_line() -> None:
    with Terminal("-m", "gdtui", "-", columns=300, piped=b"x,y\n1,2\n1,two\n") as terminal:
        assert terminal.wait_for_end() == 2
        assert terminal.text.startswith("gdtui: standard input:3: 'two' in column 2 (y)")
        assert terminal.attributes_now() == terminal.attributes


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("big") / "big.csv"
    rows = "".join(f"{i % 97},{(i % 97) * 2 + i % 5}\n" for i in range(1000))
    file.write_text("x,y\n" + rows * 300)
    return file


def test_a_big_file_opens_and_loads(big: Path) -> None:
    with Terminal("-m", "gdtui", str(big)) as terminal:
        terminal.wait_for("300,000 examples", "ready")
        terminal.send("s")
        terminal.wait_for("paused · iteration 1 of 100")


def test_a_big_file_that_is_wrong_at_its_end_takes_one_line(big: Path) -> None:
    wrong = big.with_name("wrong.csv")
    wrong.write_bytes(big.read_bytes() + b"1,two\n")
    with Terminal("-m", "gdtui", str(wrong), columns=300) as terminal:
        assert terminal.wait_for_end() == 2
        assert b"wrong.csv:300002: 'two' in column 2 (y) is not a number" in terminal.output
        assert terminal.attributes_now() == terminal.attributes


# What the terminal and its user's environment can show


SESSION = ("s", "?", "?", "\t", "\t", "\x10")
ASCII = {
    "by option": (("--ascii",), {}),
    "LANG": ((), {"LANG": "C"}),
    "LC_ALL": ((), {"LC_ALL": "C"}),
    "another encoding": ((), {"LANG": "de_DE.ISO-8859-1"}),
    "Linux console": ((), {"TERM": "linux"}),
}


@pytest.mark.long(keep=2)
@pytest.mark.parametrize(("arguments", "environment"), ASCII.values(), ids=list(ASCII))
def test_where_it_must_be_it_is_drawn_in_ascii(
    arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    with gdtui(*arguments, environment=environment) as terminal:
        terminal.wait_for("ready", "Quit", "+- 1 Loss by iteration -")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert terminal.output.isascii()


@pytest.mark.long
def test_in_ascii_no_byte_of_a_session_is_beyond_it() -> None:
    with gdtui("--ascii") as terminal:
        terminal.wait_for("ready", "Quit")
        for key in SESSION:
            terminal.send(key)
            terminal.settle()
        terminal.wait_for("Search for commands")
        terminal.send("\x03")
        assert terminal.wait_for_end() == 130
        assert terminal.output.isascii()


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("environment", [{}, {"LANG": "C"}, {"TERM": "linux"}])
def test_without_ascii_it_draws_fine_dots_wherever_it_is(environment: dict[str, str]) -> None:
    with gdtui("--no-ascii", environment=environment) as terminal:
        terminal.wait_for("ready", "Quit", "●", "✚", "⡄", "╭")


COLOURS: dict[str, dict[str, str | None]] = {
    "none": {"NO_COLOR": "1"},
    "16": {"TERM": "linux", "COLORTERM": None},
    "256": {"TERM": "xterm-256color", "COLORTERM": None},
}
# In a sequence of attributes: a colour by its three parts, one by its number, one of the sixteen.
PARTS = re.compile(rb"[34]8;2;(\d+);(\d+);(\d+)")
NUMBERED = re.compile(rb"[34]8;5;\d+")


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("colours", COLOURS)
def test_all_can_be_told_apart_with_few_colours_or_none(colours: str) -> None:
    with gdtui("--no-ascii", environment=COLOURS[colours]) as terminal:
        terminal.wait_for("ready", "Quit")
        for key in ("s", "\t", "\t"):
            terminal.send(key)
            terminal.settle()
        text, cells = terminal.text, terminal.cells
        assert "●" in text
        assert "✚" in text
        # The chosen plot is the first of two, the field with the focus that of the learning rate.
        frames = [cells[1][text.split("\n")[1].index(title) - 2] for title in ("1 Loss", "2 Val")]
        assert frames[0] != frames[1]
        rate, iterations = (line[18] for line in cells[3:5])
        assert (rate.bg, rate.reverse) != (iterations.bg, iterations.reverse)
        parts = PARTS.findall(terminal.output)
        if colours == "none":
            assert parts
            assert all(red == green == blue for red, green, blue in parts)
        else:
            assert not parts
            assert bool(NUMBERED.search(terminal.output)) is (colours == "256")


def test_a_dumb_terminal_gets_plain_lines_and_is_told_so_once() -> None:
    with gdtui(columns=300, environment={"TERM": "dumb"}) as terminal:
        assert terminal.wait_for_end() == 0
        lines = terminal.output.decode().splitlines()
        assert lines[0] == "gdtui: this terminal can't show a screen; plain output follows"
        assert lines[1] == "Iteration    0 => Loss: 812.8666666667"
        assert sum(line.startswith("gdtui") for line in lines) == 1
        assert b"\x1b" not in terminal.output


def test_a_person_whose_output_goes_elsewhere_is_told_so_once() -> None:
    with Terminal("-c", WITH_STDOUT, columns=300) as terminal:
        assert terminal.wait_for_end() == 0
        told = b"gdtui: the output is no terminal; plain output follows\r\n"
        assert terminal.output == told


def test_without_a_keyboard_there_are_plain_lines() -> None:
    """On a terminal that is not the program's own, as a job of a scheduler has it."""
    master, tty = os.openpty()
    environment = os.environ | {"PYTHONPATH": str(PIZZA.parents[1]), "TERM": "xterm"}
    result = subprocess.run(
        [sys.executable, "-m", "gdtui", "--iterations", "1"],
        stdin=subprocess.DEVNULL,
        stdout=tty,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=environment,
        timeout=60,
        check=False,
    )
    os.close(tty)
    shown = os.read(master, 1 << 16)
    os.close(master)
    told = b"gdtui: there is no terminal to take keys from; plain output follows\n"
    assert (result.returncode, result.stderr) == (0, told)
    assert shown.startswith(b"Iteration    0 => Loss: 812.8666666667\r\n")


@pytest.mark.long(keep=1)
@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")
@pytest.mark.parametrize("name", ["tmux-256color", "screen-256color", "screen"])
def test_it_runs_in_tmux(name: str, tmp_path: Path) -> None:
    with Multiplexer(tmp_path, name) as pane:
        pane.wait_for("ready · iteration 0 of 100", "812.8666666667", "╭─ 1 Loss", "✚", "q Quit")
        pane.press("f")
        pane.wait_for("finished · iteration 100 of 100", LAST_LINE)
        pane.press("q")
        pane.wait_for("it ended with 0")


def test_a_check_is_shown_on_the_terminal_and_its_answer_is_the_status() -> None:
    """Of lines that come through a pipe; the keys come from the terminal."""
    right = subprocess.run(
        [sys.executable, "-m", "gdtui", str(PIZZA), "--plain"], capture_output=True, check=True
    ).stdout
    wrong = right.replace(b"Loss: 3", b"Loss: 4")
    for lines, words, status in ((right, "The same:", 0), (wrong, "Different: line 2", 1)):
        arguments = ("-m", "gdtui", str(PIZZA), "--check", "-", "--show")
        with Terminal(*arguments, columns=80, rows=24, piped=lines) as terminal:
            terminal.wait_for("Check of your program", words, "finished")
            terminal.send("q")
            assert terminal.wait_for_end() == status
