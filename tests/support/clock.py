"""Virtual time: it stands still until a test lets it go by, and the workers work as it does."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from itertools import count

from gdtui.core.worker import Drivable

# What a burst at full speed takes.
BURST_SECONDS = 0.001


class VirtualClock:
    """A clock that is advanced by hand; what is due is done in its order, at its time."""

    def __init__(self) -> None:
        self._now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def now(self) -> float:
        return self._now

    def work_time(self) -> float:
        """Virtual work takes no time, so that no frame depends on the machine."""
        return 0.0

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self._now + seconds, next(self._numbers), callback))

    def worker(self, turn: threading.Event | None = None) -> VirtualWorker:
        return VirtualWorker(self)

    def advance(self, seconds: float) -> None:
        """Let so much time go by."""
        end = self._now + seconds
        while self._due and self._due[0][0] <= end:
            self._now, _, callback = heapq.heappop(self._due)
            callback()
        self._now = end


class VirtualWorker:
    """Drives one thing at a time as the clock is advanced."""

    failure: BaseException | None = None

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._drivable: Drivable | None = None
        self._command = 0

    def start(self) -> None: ...

    def stop(self) -> None:
        self._drivable = None

    def drive(self, drivable: Drivable) -> None:
        # What was due before this command is no longer.
        self._drivable, self._command = drivable, self._command + 1
        self._work_in(0.0)

    def _work_in(self, seconds: float) -> None:
        command = self._command
        self._clock.call_later(seconds, lambda: self._work(command))

    def _work(self, command: int) -> None:
        if command == self._command and self._drivable:
            delay = self._drivable.drive(self._clock.now())
            if delay is not None:
                self._work_in(max(delay, BURST_SECONDS))
