"""Where a run's surface comes from: data, as the user named them, or a landscape."""

from __future__ import annotations

from typing import NamedTuple

STDIN = "-"


class Source(NamedTuple):
    """The file and the columns that were asked for, or the name of a landscape.

    Without a path or a surface it is the sample that opens by itself.
    """

    path: str | None = None
    x: str | None = None
    y: str | None = None
    surface: str | None = None

    @property
    def is_stream(self) -> bool:
        """Whether the data came from standard input, which can't be read again."""
        return self.path == STDIN
