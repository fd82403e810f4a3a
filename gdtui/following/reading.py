"""Reading what a program prints, as it comes or to its end."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import BinaryIO

from gdtui.following.followed import Followed, source_name
from gdtui.following.words import without_loss
from gdtui.transcript import LINE_LIMIT, NO_NAME, READ_BYTES, TranscriptError, why_unreadable

# What a pipe may hold.
PIPE_BYTES = 1 << 20
# What is looked at between two waits for one's turn: it takes less than a millisecond.
FED_BYTES = 1 << 13
# Seconds after which to look whether a file has grown.
LOOK_AGAIN = 0.1
# Seconds in which more may come, where all that was there is read: one by one, each line would cost
# as much as hundreds do together.
GATHER = 0.01


class LineReader:
    """Reads what a program prints in a thread of its own, and waits for more at the end of a file.

    It reads while it is its `turn`, and calls `news` when there is some, once until that is seen.
    Of a program that has ended it has nothing to read.
    """

    def __init__(self, followed: Followed, path: str, stream: BinaryIO | None = None) -> None:
        self.followed = followed
        self._path, self._stream = path, stream
        self._turn, self._stopped = threading.Event(), threading.Event()
        self._told = False
        self._news: Callable[[], None] = lambda: None

    def start(self, turn: threading.Event, news: Callable[[], None]) -> None:
        """Begin, in a daemon: a pipe on which nothing comes must not keep the program alive."""
        self._turn, self._news = turn, news
        if not self.followed.has_ended:
            Thread(target=self.read, name="following", daemon=True).start()

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()

    def seen(self) -> None:
        """Call again when there is more."""
        self._told = False

    def read(self) -> None:
        """Read until no more will come, or it is stopped."""
        try:
            told = _told_in_words(self.followed.name, self._path)
            with told, _opened(self._path, self._stream) as source:
                self._read(source.fileno())
        except TranscriptError as error:
            self.followed.trouble = str(error)
        self.followed.has_ended = True
        self._tell()

    def _read(self, handle: int) -> None:
        grows = stat.S_ISREG(os.fstat(handle).st_mode)
        _enlarge(handle)
        while not self._stopped.is_set():
            block = os.read(handle, READ_BYTES)
            if block:
                for start in range(0, len(block), FED_BYTES):
                    self._turn.wait()
                    self.followed.feed(block[start : start + FED_BYTES])
                self._tell()
                if len(block) < READ_BYTES:
                    self._stopped.wait(GATHER)
            elif grows:
                if os.fstat(handle).st_size < os.lseek(handle, 0, os.SEEK_CUR):
                    os.lseek(handle, 0, os.SEEK_SET)  # the program has begun the file anew
                self._stopped.wait(LOOK_AGAIN)
            else:
                self.followed.end()
                return

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            self._news()


def _enlarge(handle: int) -> None:
    """Let a pipe hold more, where the system can: who writes waits less for a screen that is drawn.

    Linux alone knows how.
    """
    with suppress(ImportError, AttributeError, OSError):  # OSError: of what is no pipe
        import fcntl

        fcntl.fcntl(handle, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def read_to_end(followed: Followed, path: str, stream: BinaryIO | None = None) -> None:
    """Read a file, or the stream where there is one, to its present end.

    Raises TranscriptError where it can't be read, or holds no loss.
    """
    with _told_in_words(followed.name, path), _opened(path, stream) as source:
        while block := source.read(READ_BYTES):
            followed.feed(block)
    followed.end()
    if not followed.count:
        raise TranscriptError(without_loss(followed))


def exported_runs(path: str) -> list[Followed]:
    """Each of the runs in a file, as far as a line with its settings begins it.

    Raises TranscriptError where it can't be read, or holds no loss.
    """
    name = source_name(path)
    runs = [Followed(name)]
    with _told_in_words(name, path), _opened(path) as source:
        while line := source.readline(READ_BYTES):
            if line.startswith(b"{") and b'"settings":' in line[:LINE_LIMIT] and runs[-1].count:
                runs.append(Followed(f"{name} ({len(runs) + 1})"))
            runs[-1].feed(line)
    for run in runs:
        run.end()
    if not runs[0].count:
        raise TranscriptError(without_loss(runs[0]))
    return runs


@contextmanager
def _opened(path: str, stream: BinaryIO | None = None) -> Iterator[BinaryIO]:
    """The stream if there is one, and else the file, which is closed in the end."""
    if stream:
        yield stream
    else:
        with open(path, "rb") as file:
            yield file


@contextmanager
def _told_in_words(name: str, path: str) -> Iterator[None]:
    """Raise TranscriptError for what the system says of a file."""
    try:
        yield
    except OSError as error:
        raise TranscriptError(f"{name}: {why_unreadable(error, path)}") from None
    except ValueError:
        raise TranscriptError(f"{name}: {NO_NAME}") from None
