"""The formats of data files, by how their names end; what has no other is text in columns."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from gdtui.dataset.dataset import Dataset, ReadRequest
from gdtui.dataset.source import Progress
from gdtui.dataset.text import read_text

# Reads what is asked for; raises DataError, in one sentence that names the file.
Reader = Callable[[ReadRequest], Dataset]
DATA_FORMATS: dict[str, Reader] = {}


def data_format(*endings: str) -> Callable[[Reader], Reader]:
    """Enter a reader into DATA_FORMATS, for files whose names end so, in small letters: ".npy"."""

    def enter(reader: Reader) -> Reader:
        DATA_FORMATS.update(dict.fromkeys(endings, reader))
        return reader

    return enter


def read_dataset(
    path: str | os.PathLike[str],
    x: str | int | None = None,
    y: str | int | None = None,
    progress: Progress | None = None,
    stream: BinaryIO | None = None,
    *,
    drop_missing: bool = False,
) -> Dataset:
    """Read column x as the feature and column y as the label, or raise DataError.

    By default these are the first and the last column of numbers that are no names of rows. The
    path "-" is the stream, by default standard input. The progress is told the fraction of the
    bytes read so far, or None if there is no telling; it may raise to stop the reading. With
    drop_missing, rows are left out whose chosen cells are empty or NA.
    """
    request = ReadRequest(os.fspath(path), x, y, progress, stream, drop_missing)
    return DATA_FORMATS.get(Path(request.path).suffix.lower(), read_text)(request)
