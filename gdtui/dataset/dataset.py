"""Examples of one feature and one label, and the errors of reading them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STDIN_NAME = "standard input"


class DataError(Exception):
    """What is wrong with the data and where, in one sentence that is safe to print."""


class LineError(Exception):
    """What is wrong in which line; line 0 means the whole file."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples of one feature x and one label y; the arrays are read-only.

    The notes are whole sentences on what was guessed or left out in reading, safe to print; the
    caveat is the few words of them that belong into a title, or empty.
    """

    name: str
    feature: str
    label: str
    x: Array
    y: Array
    notes: tuple[str, ...] = ()
    caveat: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same examples in the same order, and for no others."""
        # Imported here: plain output has no use for it, and should not wait for it.
        from hashlib import sha256

        digest = sha256(np.ascontiguousarray(self.x).data)
        digest.update(np.ascontiguousarray(self.y).data)
        return digest.hexdigest()


class ReadRequest(NamedTuple):
    """What is to be read, and who is to be told; the path "-" is the stream."""

    path: str
    x: str | int | None = None
    y: str | int | None = None
    progress: Callable[[float | None], None] | None = None
    stream: BinaryIO | None = None
    drop_missing: bool = False

    @property
    def name(self) -> str:
        """What the data are called; as it is, so not safe to show."""
        return STDIN_NAME if self.path == "-" else Path(self.path).name or self.path
