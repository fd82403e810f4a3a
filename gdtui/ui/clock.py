"""How time goes by on a screen: the one clock that the app, its timers and its runs ask."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Protocol

from textual.message_pump import MessagePump

from gdtui.core.worker import Driver, Worker

# Frames a second: on a machine of one's own, and over a network.
LOCAL_FPS, REMOTE_FPS = 16.0, 10.0
# Seconds that Textual may wait of its own accord between a change and its repaint.
TEXTUAL_WAITS = 0.03


def frames_a_second(asked: float | None) -> float:
    """How many frames a second there are at most."""
    return asked or (REMOTE_FPS if "SSH_CONNECTION" in os.environ else LOCAL_FPS)


def rest_after_frame(fps: float, took: float, worked: float) -> float:
    """Seconds to the next frame: more where frames take much work, or a slow link blocks."""
    return max(1 / fps - took, 2 * worked, took - worked - TEXTUAL_WAITS)


class ClockedWorker(Driver, Protocol):
    """What drives runs as this clock's time goes by."""

    failure: BaseException | None

    def start(self) -> None:
        """Begin to drive."""

    def stop(self) -> None:
        """Drive no more."""


class Clock(Protocol):
    """The time, what is to be done later, and the workers that run by it."""

    def now(self) -> float:
        """The time in seconds."""

    def work_time(self) -> float:
        """The seconds for which this thread has worked, and not waited."""

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call something once so many seconds have gone by."""

    def worker(self, turn: threading.Event) -> ClockedWorker:
        """A worker that works while it is its turn."""


class AppClock:
    """The time of the day, and Textual's timers for a widget."""

    def __init__(self, pump: MessagePump) -> None:
        self._pump = pump

    def now(self) -> float:
        """The time in seconds."""
        return time.monotonic()

    def work_time(self) -> float:
        """The seconds for which this thread has worked, and not waited."""
        return time.thread_time()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call something once so many seconds have gone by."""
        self._pump.set_timer(seconds, callback)

    def worker(self, turn: threading.Event) -> ClockedWorker:
        """A thread that works while it is its turn."""
        return Worker(turn, self.now)
