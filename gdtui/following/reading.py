"""Reading what a program prints, as it comes or to its end."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import BinaryIO

from gdtui.following.followed import Followed
from gdtui.following.words import without_loss
from gdtui.transcript import NO_NAME, READ_BYTES, TranscriptError, why_unreadable

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
    Where it `waits` for nothing, a file has an end.
    """

    def __init__(
        self, followed: Followed, path: str, stream: BinaryIO | None = None, waits: bool = True
    ) -> None:
        self.followed = followed
        self.ended = False
        """Whether no more will come."""
        self.trouble = ""
        """Why it can't be read, if so."""
        self._path, self._stream, self._waits = path, stream, waits
        self._turn, self._stopped = threading.Event(), threading.Event()
        self._told = False
        self._news: Callable[[], None] = lambda: None

    def start(self, turn: threading.Event, news: Callable[[], None]) -> None:
        """Begin, in a daemon: a pipe on which nothing comes must not keep the program alive."""
        self._turn, self._news = turn, news
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
            if self._stream:
                self._read(self._stream.fileno())
            else:
                with open(self._path, "rb", buffering=0) as file:
                    self._read(file.fileno())
        except OSError as error:
            self.trouble = f"{self.followed.name}: {why_unreadable(error, self._path)}"
        except ValueError:
            self.trouble = f"{self.followed.name}: {NO_NAME}"
        self.ended = True
        self._tell()

    def _read(self, handle: int) -> None:
        grows = self._waits and stat.S_ISREG(os.fstat(handle).st_mode)
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
    try:
        if stream:
            _feed(followed, stream)
        else:
            with open(path, "rb", buffering=0) as file:
                _feed(followed, file)
    except OSError as error:
        raise TranscriptError(f"{followed.name}: {why_unreadable(error, path)}") from None
    except ValueError:
        raise TranscriptError(f"{followed.name}: {NO_NAME}") from None
    followed.end()
    if not followed.count:
        raise TranscriptError(without_loss(followed))


def _feed(followed: Followed, stream: BinaryIO) -> None:
    while block := stream.read(READ_BYTES):
        followed.feed(block)
