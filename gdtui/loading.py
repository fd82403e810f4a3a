"""Reading a problem's data in a thread of its own, so that the screen opens at once."""

from __future__ import annotations

import os
from concurrent.futures import CancelledError, Future
from threading import Thread
from typing import BinaryIO

from gdtui.dataset import read_dataset
from gdtui.problem import Problem, Source

# Read before the screen opens: what is wrong with such a file is said without one.
QUICK_BYTES = 500_000


class Loading:
    """A problem whose data are being read.

    `fraction` says how much is read, or None where that is unknown.
    """

    def __init__(self, source: Source, stream: BinaryIO | None = None) -> None:
        # Found once: files of a sample's name may come and go meanwhile.
        self.source = source.found
        self.path = self.source.file
        self.fraction: float | None = 0.0
        self._stream = stream
        self._cancelled = False
        self._future: Future[Problem] = Future()

    @classmethod
    def done_with(cls, problem: Problem) -> Loading:
        """What needs no reading any more."""
        loading = cls(problem.source)
        loading._future.set_result(problem)
        return loading

    @property
    def is_quick(self) -> bool:
        """Whether nobody needs to see a progress bar: the file is small, or none at all."""
        if self.done:
            return True
        path = self.path
        if self.source.is_stream:
            return False
        is_pipe = os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
        return not is_pipe and (not os.path.isfile(path) or os.path.getsize(path) < QUICK_BYTES)

    def start(self) -> None:
        """Begin to read, in a daemon: a pipe that never ends must not keep the program alive."""
        Thread(target=self.read, name="loading", daemon=True).start()

    def read(self) -> None:
        """Read the data, here and now, if there are any to be read."""
        if self.done:
            return
        try:
            source = self.source
            dataset = read_dataset(
                self.path,
                source.x,
                source.y,
                self._note,
                self._stream,
                drop_missing=source.drop_missing,
            )
            self._future.set_result(Problem.of_dataset(dataset, source))
        except BaseException as failure:  # raised again where the result is asked for
            self._future.set_exception(failure)

    def _note(self, fraction: float | None) -> None:
        self.fraction = fraction
        if self._cancelled:
            raise CancelledError

    def cancel(self) -> None:
        """Stop after the block that is being read."""
        self._cancelled = True

    @property
    def done(self) -> bool:
        """Whether `result` can be had without waiting."""
        return self._future.done()

    def result(self) -> Problem:
        """Wait for the problem; raises DataError."""
        return self._future.result()


def sample_problem() -> Problem:
    """The sample that opens by itself, read at once."""
    loading = Loading(Source())
    loading.read()
    return loading.result()
