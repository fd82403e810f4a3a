"""Reading a dataset in a thread of its own, so that the screen opens at once."""

from __future__ import annotations

import os
from concurrent.futures import CancelledError, Future
from threading import Thread
from typing import BinaryIO

from gdtui.core.landscapes import Landscape
from gdtui.core.surface import LossSurface, Surface
from gdtui.dataset.text import Dataset, read_dataset
from gdtui.problem import Source

# Read before the screen opens: what is wrong with such a file is said without one.
QUICK_BYTES = 500_000


class Loading:
    """A dataset being read; `fraction` says how much is read, or None where that is unknown."""

    def __init__(
        self,
        path: str,
        x: str | None,
        y: str | None,
        stream: BinaryIO | None = None,
        source: Source | None = None,
    ) -> None:
        self.path, self.x, self.y = path, x, y
        # As the user named it: that may be another way than the path to a sample.
        self.source = source or Source(path, x, y)
        self.fraction: float | None = 0.0
        self._stream = stream
        self._cancelled = False
        self._future: Future[tuple[Dataset | None, Surface]] = Future()

    @classmethod
    def of_landscape(cls, landscape: Landscape) -> Loading:
        """What is done from the start: a surface that needs no data."""
        loading = cls(landscape.name, None, None, source=Source(surface=landscape.name))
        loading._future.set_result((None, landscape))
        return loading

    @property
    def is_quick(self) -> bool:
        """Whether nobody needs to see a progress bar: the file is small, or none at all."""
        if self.done:
            return True
        path = self.path
        if path == "-":
            return False
        is_pipe = os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)
        return not is_pipe and (not os.path.isfile(path) or os.path.getsize(path) < QUICK_BYTES)

    def start(self) -> None:
        """Begin to read, in a daemon: a pipe that never ends must not keep the program alive."""
        Thread(target=self.read, name="loading", daemon=True).start()

    def read(self) -> None:
        """Read the dataset, here and now, if there is one to be read."""
        if self.done:
            return
        try:
            dataset = read_dataset(self.path, self.x, self.y, self._note, self._stream)
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

    def result(self) -> tuple[Dataset | None, Surface]:
        """Wait for the dataset, if there is one, and the surface; raises DataError."""
        return self._future.result()
