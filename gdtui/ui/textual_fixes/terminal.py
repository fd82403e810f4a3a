"""The terminal: how its keys are read, its loss noticed, and all left as it was."""

from __future__ import annotations

import os
import select
import signal
import socket
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from threading import Thread
from typing import Any

from textual import constants
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

# Seconds that a last word to a terminal may take.
LAST_WORD = 0.1
# Turns off what Textual turned on: pasting, the wide keyboard protocol, mouse, focus and the
# alternate screen; and on again the wrapping of lines and the cursor.
RESTORE = (
    b"\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u"
    b"\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
# Bytes of keys to take at once.
KEYS = 4096
# Seconds: so long a silence means that a terminal far away has obeyed, too; and how long to wait
# for one.
QUIET, LONGEST = 0.1, 0.3


class KeyDriver(LinuxDriver):
    """Reads keys as they come, and sleeps in between.

    Textual's own looks ten times a second whether there is one, which is most of what an idle
    program costs, and makes the escape key wait for its turn.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._closed, self._closing = socket.socketpair()

    def disable_input(self) -> None:
        """Read no more keys; it may begin anew, after a stop of the program."""
        self._closing.close()
        super().disable_input()
        self._closed, self._closing = socket.socketpair()

    def run_input_thread(self) -> None:
        """Pass on what is typed, until there is to be no more; end as a lost line does."""
        parser = XTermParser(self._debug)
        # What is no UTF-8 is no key of ours.
        decode = getincrementaldecoder("utf-8")("replace").decode
        closed, wait = self._closed, None
        while True:
            ready, _, _ = select.select([self.fileno, closed], [], [], wait)
            if closed in ready:
                return self._swallow()
            if not ready:
                # An escape that nothing follows is the key.
                self._pass_on(parser.tick())
            elif typed := _read(self.fileno):
                # Half a letter is no text yet; to the parser, no text would be the end of it.
                if text := decode(typed):
                    parser = self._understand(parser, text)
            else:
                os.kill(os.getpid(), signal.SIGHUP)
                return
            wait = constants.ESCAPE_DELAY if ready else None

    def _understand(self, parser: XTermParser, text: str) -> XTermParser:
        """Pass on the keys in a text; returns the parser for what comes next."""
        try:
            self._pass_on(parser.feed(text))
        except (ValueError, OverflowError):  # for Textual, where a key's number is no character's
            return XTermParser(self._debug)
        return parser

    def _swallow(self) -> None:
        """Take what was sent before the mouse was turned off: else the shell would have it."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end and select.select([self.fileno], [], [], QUIET)[0]:
            if not _read(self.fileno):
                return

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._app.call_later(_fail, error)

    def _pass_on(self, events: Iterable[Message]) -> None:
        for event in events:
            self.process_message(event)


def _fail(error: Exception) -> None:
    """Let a bug of another thread end the app as one of its own does."""
    raise error


def _read(keyboard: int) -> bytes:
    """What was typed, or nothing where the keyboard is gone."""
    try:
        return os.read(keyboard, KEYS)
    except OSError:
        return b""


def resume(driver: LinuxDriver) -> None:
    """Take the terminal again, after a stop that Textual has not seen coming: SIGSTOP can't be."""
    if os.tcgetpgrp(driver.fileno) != os.getpgrp():
        os.kill(os.getpid(), signal.SIGSTOP)
    elif not driver._must_signal_resume:
        # Else Textual would take the modes of its own screen for those to restore at the end.
        driver.suspend_application_mode()
        driver._must_signal_resume = True
        driver.resume_application_mode()
    else:
        driver._sigcont_application()


def end_by_force(driver: Driver | None, status: int) -> None:
    """End now, whatever Textual waits for, with the terminal as it was as far as it lets us."""
    if isinstance(driver, LinuxDriver):
        if driver.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(driver.fileno, termios.TCSANOW, driver.attrs_before)
        # Once the writer has ended, it has sent all this, and the terminal may be another's.
        writer = driver._writer_thread
        if writer and writer.is_alive():
            word = Thread(target=os.write, args=(writer.fileno(), RESTORE), daemon=True)
            word.start()
            word.join(LAST_WORD)
    os._exit(status)
