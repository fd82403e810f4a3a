"""The thread that drives a run, a race or a sweep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Drivable(Protocol):
    """What a worker can drive."""

    def drive(self, now: float, /) -> float | None:
        """Do what is due; returns the seconds until more is, or None for not before a command."""


class Driver(Protocol):
    """What drives one thing at a time: a thread, or whoever says how time goes by."""

    def drive(self, drivable: Drivable, /) -> None:
        """Drive this from now on, or look at it again after a command."""


class AtOnce:
    """Drives whatever it is given to its end here and now, in a time of its own."""

    def __init__(self) -> None:
        self._time = 0.0

    def now(self) -> float:
        """Its time, in seconds: it goes by as far as there is something to wait for."""
        return self._time

    def drive(self, drivable: Drivable) -> None:
        """Drive this until nothing more comes without a command."""
        while (delay := drivable.drive(self._time)) is not None:
            self._time += delay


class Worker(threading.Thread):
    """The thread that drives one thing at a time, burst by burst, while it is its `turn`.

    Whoever clears that event has the interpreter to itself after the burst at work, until it is
    set again.
    """

    def __init__(
        self,
        turn: threading.Event | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name="descent", daemon=True)
        self._now = now
        self._drivable: Drivable | None = None
        self._stopping = False
        self.failure: BaseException | None = None
        self._wake = threading.Event()
        self._turn = turn or threading.Event()
        self._turn.set()

    def drive(self, drivable: Drivable) -> None:
        """Drive this from now on, or look at it again after a command."""
        self._drivable = drivable
        self._wake.set()

    def stop(self) -> None:
        """End the thread between two bursts, and wait for it."""
        self._stopping = True
        self._wake.set()
        self._turn.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        """Drive until stopped, or until a bug, which `failure` then holds."""
        try:
            self._drive()
        except BaseException as failure:  # raised where somebody can see it
            self.failure = failure

    def _drive(self) -> None:
        while not self._stopping:
            delay = self._drivable.drive(self._now()) if self._drivable else None
            if delay != 0:
                self._wake.wait(delay)
                self._wake.clear()
            self._turn.wait()
