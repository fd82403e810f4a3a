"""A program on a pseudo-terminal, and the screen that a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType, TracebackType
from typing import Any, Self

import pyte

ROOT = Path(__file__).parents[2]
# Never that of whoever runs the tests.
STATE_FOLDER = TemporaryDirectory(prefix="gdtui-state-")
# In no test is this waited for, unless the program is at fault.
DEADLINE = 20.0
# How many seeds the long tests take: by default none of them is run, and the short ones are.
MONKEYS = int(os.environ.get("GDTUI_MONKEYS", "0"))
# Variables of whoever runs the tests, that change what a program does on a terminal.
FOREIGN = (
    "TEXTUAL",
    "NO_COLOR",
    "COLUMNS",
    "LINES",
    "LC_ALL",
    "LC_CTYPE",
    "SSH_CONNECTION",
    "TMUX",
    "STY",
)
# Private sequences that the emulator would show as text.
_PRIVATE = re.compile(rb"\x1b\[[<=>][0-?]*[ -/]*[@-~]")
_PART_OF_SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*)?$")

LEAVE_ALTERNATE = b"\x1b[?1049l"
ENTER_ALTERNATE = b"\x1b[?1049h"
SHOW_CURSOR, HIDE_CURSOR = b"\x1b[?25h", b"\x1b[?25l"
MOUSE_ON = [b"\x1b[?1000h", b"\x1b[?1003h", b"\x1b[?1015h", b"\x1b[?1006h"]
PASTE_ON, PASTE_OFF = b"\x1b[?2004h", b"\x1b[?2004l"
WRAP_OFF, WRAP_ON = b"\x1b[?7l", b"\x1b[?7h"
FOCUS_ON, FOCUS_OFF = b"\x1b[?1004h", b"\x1b[?1004l"
# What a program turns on for its screen, and what turns it off again.
MODES = [
    (ENTER_ALTERNATE, LEAVE_ALTERNATE),
    (HIDE_CURSOR, SHOW_CURSOR),
    *((on, on[:-1] + b"l") for on in MOUSE_ON),
    (PASTE_ON, PASTE_OFF),
    (WRAP_OFF, WRAP_ON),
    (FOCUS_ON, FOCUS_OFF),
]


class Closed(Enum):
    """In place of what is piped in: no standard input at all, as after `<&-`."""

    STDIN = auto()


def _is_blank(cell: Any) -> bool:
    return cell.data == " " and not (cell.underscore or cell.reverse or cell.strikethrough)


def _without_letter(cell: Any) -> Any:
    return cell._replace(fg="", bold=False, italics=False, blink=False)


class Terminal:
    """A terminal with one program in it: `python ARGUMENTS` from the working copy.

    With `piped` the program's standard input is a pipe, and the terminal still controls it. A
    variable of the environment that is given as None is not set.
    """

    def __init__(
        self,
        *arguments: str,
        columns: int = 120,
        rows: int = 36,
        piped: bytes | Closed | None = None,
        environment: Mapping[str, str | None] = MappingProxyType({}),
        folder: Path | None = None,
    ) -> None:
        self._folder = folder
        self.output = b""
        self.status: int | None = None
        self._held = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        # A second handle keeps the terminal alive for a look at it after the program's end.
        self.master, self._tty = pty.openpty()
        fcntl.ioctl(self._tty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.attributes = self.attributes_now()
        self.pid = self._start([sys.executable, *arguments], piped, environment)

    def _start(
        self,
        command: list[str],
        piped: bytes | Closed | None,
        variables: Mapping[str, str | None],
    ) -> int:
        path = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        wanted: dict[str, str | None] = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "XDG_STATE_HOME": STATE_FOLDER.name,
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
            **dict.fromkeys(FOREIGN),
            **variables,
        }
        environment = {
            name: value for name, value in (os.environ | wanted).items() if value is not None
        }
        name = os.ttyname(self._tty)
        pipe = os.pipe() if isinstance(piped, bytes) else None
        pid = os.fork()
        if pid == 0:  # pragma: no cover
            try:
                os.setsid()
                tty = os.open(name, os.O_RDWR)
                fcntl.ioctl(tty, termios.TIOCSCTTY, 0)
                for number in range(3):
                    os.dup2(tty, number)
                if pipe:
                    os.dup2(pipe[0], 0)
                if piped is Closed.STDIN:
                    os.close(0)
                os.closerange(3, 256)
                if self._folder:
                    os.chdir(self._folder)
                os.execve(command[0], command, environment)
            finally:
                os._exit(127)
        if pipe and isinstance(piped, bytes):
            os.close(pipe[0])
            os.write(pipe[1], piped)
            os.close(pipe[1])
        return pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for handle in (self.master, self._tty):
            if handle >= 0:
                os.close(handle)

    def attributes_now(self) -> list[Any]:
        """The terminal's settings, as of termios."""
        return termios.tcgetattr(self._tty)

    def close(self) -> None:
        """Take the terminal away, as a lost connection does."""
        os.close(self.master)
        os.close(self._tty)
        self.master = self._tty = -1

    def send(self, keys: str) -> None:
        """Press keys, as the terminal would send them."""
        os.write(self.master, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def lines(self) -> list[str]:
        """What the screen shows, line by line."""
        return self.text.split("\n")

    @property
    def cells(self) -> list[list[Any]]:
        """Every cell of the screen: its character, colours and attributes, as far as one sees them.

        A blank shows nothing of the colour and the face that a letter there would have.
        """
        buffer, columns = self._screen.buffer, range(self._screen.columns)
        rows = [[buffer[y][x] for x in columns] for y in range(self._screen.lines)]
        return [[_without_letter(cell) if _is_blank(cell) else cell for cell in r] for r in rows]

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, and tell the program."""
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._tty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def swallow(self, longest: float = 0.0) -> None:
        """Read what is there past the screen, which is blank then, and would slow us down.

        With seconds, go on until the program sleeps, but no longer than that.
        """
        self._screen.erase_in_display(2)
        end = time.monotonic() + longest
        while self.status is None:
            if select.select([self.master], [], [], 0.004)[0]:
                self.output += os.read(self.master, 1 << 16)
                self._held = b""
            elif time.monotonic() > end or not self._is_awake():
                break
            self._reap()

    def _read(self, seconds: float) -> None:
        """Show what arrives within so many seconds."""
        if self.master < 0:
            return
        ready, _, _ = select.select([self.master], [], [], max(0.0, seconds))
        if ready:
            self.show(os.read(self.master, 65536))

    def show(self, data: bytes) -> None:
        """Show what has arrived."""
        self.output += data
        data = _PRIVATE.sub(b"", self._held + data)
        part = _PART_OF_SEQUENCE.search(data)
        self._held = data[part.start() :] if part else b""
        self._stream.feed(data[: part.start()] if part else data)

    def _reap(self) -> None:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Read until something holds; fails if it does not before the deadline."""
        end = time.monotonic() + DEADLINE
        while not holds():
            self._reap()
            ended = self.status is not None
            self._read(0.0 if ended else 0.02)
            if (ended and not self._pending() and not holds()) or time.monotonic() > end:
                raise AssertionError(f"not seen: {what}; status {self.status}\n{self.text}")

    def _pending(self) -> bool:
        return self.master >= 0 and bool(select.select([self.master], [], [], 0)[0])

    def wait_for(self, *texts: str) -> None:
        """Read until the screen shows all of these."""
        self.until(lambda: all(text in self.text for text in texts), repr(texts))

    def settle(self, longest: float = DEADLINE) -> None:
        """Read until nothing more arrives and the program sleeps; a run never lets it."""
        quiet, end = 0, time.monotonic() + longest
        while quiet < 15 and time.monotonic() < end:
            heard = select.select([self.master], [], [], 0.02)[0]
            if heard:
                self._read(0)
            quiet = 0 if heard or self._is_awake() else quiet + 1

    def _is_awake(self) -> bool:
        """Whether a thread of the program runs, or would if there were a processor for it."""
        for file in Path(f"/proc/{self.pid}/task").glob("*/stat"):
            with suppress(OSError):
                if file.read_text().rpartition(") ")[2].startswith("R"):
                    return True
        return False

    def stall(self) -> None:
        """Take no more output, until the program waits for us to: its main thread then rests."""
        times = Path(f"/proc/{self.pid}/task/{self.pid}/stat")
        before = ""
        while before != (before := " ".join(times.read_text().split()[13:15])):
            select.select([], [], [], 1.0)

    def wait_for_end_unread(self) -> int:
        """Wait until the program has ended, with its output left unread."""
        end = time.monotonic() + DEADLINE
        while self.status is None and time.monotonic() < end:
            select.select([], [], [], 0.02)
            self._reap()
        assert self.status is not None
        return self.status

    def wait_for_stop(self) -> None:
        """Wait until the program is stopped, and read what it sent before that."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        self.settle()

    def write(self, text: str) -> None:
        """Let another program write to the terminal."""
        os.write(self._tty, text.encode())
        self.settle()

    def wait_for_end(self) -> int:
        """Read until the program has ended; returns its exit status."""
        self.until(lambda: self._ended(), "the end")
        while self._pending():
            self._read(0)
        assert self.status is not None
        return self.status

    def _ended(self) -> bool:
        if self.master < 0:
            select.select([], [], [], 0.02)
        self._reap()
        return self.status is not None


class Multiplexer:
    """A pane of tmux with the program in it, which says with what status it has ended."""

    def __init__(self, folder: Path, name: str) -> None:
        self._tmux = ["tmux", "-S", str(folder / "socket"), "-f", os.devnull]
        program = f"{shlex.quote(sys.executable)} -m gdtui; echo it ended with $?; exec cat"
        environment = {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        # Without a session there is no server to take the option, and the first has no use for it.
        self._run("new-session", "-d", "cat", environment=environment)
        self._run("set-option", "-g", "default-terminal", name)
        self._run("new-session", "-d", "-s", "gdtui", "-x", "120", "-y", "36", program)

    def _run(self, *command: str, environment: Mapping[str, str] = MappingProxyType({})) -> str:
        wanted = {k: v for k, v in os.environ.items() if k not in FOREIGN} | dict(environment)
        command = (*self._tmux, "-u", *command)
        return subprocess.run(
            command, env=wanted, capture_output=True, encoding="utf-8", check=True
        ).stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._run("kill-server")

    def press(self, key: str) -> None:
        """Press a key, by tmux's name for it."""
        self._run("send-keys", "-t", "gdtui", key)

    def wait_for(self, *texts: str) -> None:
        """Wait until the pane shows all of these."""
        end = time.monotonic() + DEADLINE
        while not all(text in (shown := self._run("capture-pane", "-p", "-t", "gdtui"))
                      for text in texts):  # fmt: skip
            if time.monotonic() > end:
                raise AssertionError(f"not seen: {texts!r}\n{shown}")
            select.select([], [], [], 0.05)
