"""Keys that are read as they come, whatever they are, and a terminal whose loss is noticed.

Without it: Textual looks ten times a second whether there is a key, which is most of what an idle
program costs, and makes the escape key wait for its turn. Bytes that are no UTF-8
(Textualize/textual#6456, open), or a key whose number is no character's, end the app. A keyboard
that is gone is read again and again. What the mouse sends while the program ends is left for the
shell. A bug in a handler of keys is told as a bare traceback.
Seen in Textual 8.2.8. Measured: an idle program takes 0.01% of a processor in place of 0.12%.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Any

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

# Bytes of keys to take at once.
KEYS = 4096
# Seconds: so long a silence means that a terminal far away has obeyed, too; and how long to wait
# for one.
QUIET, LONGEST = 0.1, 0.3


class KeyDriver(LinuxDriver):
    """Reads keys as they come, and sleeps in between."""

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
