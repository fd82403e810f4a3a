"""The real program on a real terminal: it opens, obeys, ends, and leaves the terminal as it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal import (
    ENTER_ALTERNATE,
    HIDE_CURSOR,
    LEAVE_ALTERNATE,
    MOUSE_ON,
    SHOW_CURSOR,
    Terminal,
)

PIZZA = Path(__file__).parents[1] / "data" / "pizza.txt"
LAST_LINE = "Iteration   99 => Loss: 69.1209628275"
FASTEST = ("--iterations", "1000000000", "--pace", "max", "--run")


def gdtui(*arguments: str, columns: int = 120, rows: int = 36) -> Terminal:
    return Terminal("-m", "gdtui", str(PIZZA), *arguments, columns=columns, rows=rows)


def assert_left_as_it_was(terminal: Terminal) -> None:
    output = terminal.output
    assert terminal.attributes_now() == terminal.attributes
    assert output.rfind(LEAVE_ALTERNATE) > output.rfind(ENTER_ALTERNATE) >= 0
    assert output.rfind(SHOW_CURSOR) > output.rfind(HIDE_CURSOR) >= 0
    for on in MOUSE_ON:
        assert output.rfind(on[:-1] + b"l") > output.rfind(on) >= 0
    assert b"Traceback" not in output


STATES = {
    "ready": ((), ("ready",)),
    "at full speed": (FASTEST, ("running", "/s")),
    "finished": (("--run", "--pace", "max"), ("finished", LAST_LINE)),
}


def by_signal(number: signal.Signals) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.signal(number)


ENDS: dict[str, tuple[Callable[[Terminal], None], int]] = {
    "q": (lambda terminal: terminal.send("q"), 0),
    "ctrl+c": (lambda terminal: terminal.send("\x03"), 130),
    "SIGINT": (by_signal(signal.SIGINT), 130),
    "SIGTERM": (by_signal(signal.SIGTERM), 143),
    "SIGHUP": (by_signal(signal.SIGHUP), 129),
}


@pytest.mark.parametrize("end", list(ENDS))
@pytest.mark.parametrize("state", list(STATES))
def test_it_ends_and_leaves_the_terminal_as_it_was(state: str, end: str) -> None:
    options, seen = STATES[state]
    act, status = ENDS[end]
    with gdtui(*options) as terminal:
        terminal.wait_for(*seen)
        act(terminal)
        assert terminal.wait_for_end() == status
        assert_left_as_it_was(terminal)


@pytest.mark.parametrize("state", list(STATES))
def test_it_ends_when_the_terminal_is_closed(state: str) -> None:
    options, seen = STATES[state]
    with gdtui(*options) as terminal:
        terminal.wait_for(*seen)
        terminal.close()
        terminal.wait_for_end()


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


def test_it_can_be_left_while_it_loads(tmp_path: Path) -> None:
    """From a pipe that never ends."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Terminal("-m", "gdtui", str(pipe)) as terminal:
        terminal.wait_for("Reading")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert_left_as_it_was(terminal)
