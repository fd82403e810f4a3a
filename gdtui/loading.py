"""Reading a dataset in a thread of its own, so that the screen opens at once."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from threading import Thread
from typing import BinaryIO

from gdtui.core.dataset import Dataset, read_dataset
from gdtui.core.surface import LossSurface


class Loading:
    """A dataset being read; `fraction` says how much is read, or None where that is unknown."""

    def __init__(
        self, path: str, x: str | None, y: str | None, stream: BinaryIO | None = None
    ) -> None:
        self.path = path
        self.fraction: float | None = 0.0
        self._cancelled = False
        self._future: Future[tuple[Dataset, LossSurface]] = Future()
        # A daemon, so that a pipe that never ends does not keep the program from ending.
        Thread(target=self._read, args=(path, x, y, stream), name="loading", daemon=True).start()

    def _read(self, path: str, x: str | None, y: str | None, stream: BinaryIO | None) -> None:
        try:
            dataset = read_dataset(path, x, y, progress=self._note, stream=stream)
            self._future.set_result((dataset, LossSurface.of(dataset.x, dataset.y)))
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

    def result(self) -> tuple[Dataset, LossSurface]:
        """Wait for the dataset and its surface; raises DataError where it can't be read."""
        return self._future.result()
