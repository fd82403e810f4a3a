"""What another program printed: the losses in its lines, as far as they can be read.

The lines are data: one of any length costs no memory, one that says nothing of a loss is left out.
"""

from __future__ import annotations

import codecs
import io
import math
import os
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from gdtui.core.printable import PATH_CHARACTERS, printable

# The lesson's form.
LESSON_PATTERN = r"Iteration\s+(?P<iteration>\d+)\s*=>\s*Loss:\s*(?P<loss>[-+.\w]++)(?!,\d)"
LESSON_EXAMPLE = "Iteration    0 => Loss: 812.8666666667"
GROUPS = ("iteration", "loss")
# What stands in a line beyond so many characters is not looked at.
LINE_LIMIT = 4096
# Bytes that are read at once.
READ_BYTES = 1 << 16
LARGEST_ITERATION = 1_000_000_000
# Of a path that holds a null character.
NO_NAME = "this cannot be the name of a file"
_NUMBER = re.compile(
    r"[-+]?(?:\d+(?:\.(\d*))?|\.(\d+))(?:e([-+]?\d{1,4}))?|[-+]?(?:inf(?:inity)?|nan)", re.A | re.I
)


class TranscriptError(Exception):
    """Why lines can't be read, in one sentence that is safe to print."""


class PrintedLoss(NamedTuple):
    """A loss as it was printed; `unit` is what one is worth in its last digit."""

    line: int
    iteration: int
    loss: float
    unit: float


class Transcript:
    """The printed losses of one run, in the order of its iterations.

    Where the lines begin again with an iteration that was there already, another run does, which is
    not read: `begins_again` is its line.
    """

    def __init__(self) -> None:
        self._lines, self._iterations = array("q"), array("q")
        self._losses, self._units = array("d"), array("d")
        self.begins_again: int | None = None

    def append(self, printed: PrintedLoss) -> None:
        """Add the next loss."""
        self._lines.append(printed.line)
        self._iterations.append(printed.iteration)
        self._losses.append(printed.loss)
        self._units.append(printed.unit)

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, at: int) -> PrintedLoss:
        return PrintedLoss(self._lines[at], self._iterations[at], self._losses[at], self._units[at])

    def __iter__(self) -> Iterator[PrintedLoss]:
        columns = self._lines, self._iterations, self._losses, self._units
        return map(PrintedLoss._make, zip(*columns, strict=True))


def line_pattern(text: str, needed: Sequence[str] = GROUPS) -> re.Pattern[str]:
    """The regular expression that a text spells; raises ValueError, in words, for what is none."""
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"this is no regular expression: {printable(str(error), 80)}") from None
    missing = [f"(?P<{name}>...)" for name in needed if name not in pattern.groupindex]
    if missing:
        raise ValueError(f"it lacks the group {' and the group '.join(missing)}")
    return pattern


def read_transcript(
    path: str, pattern: re.Pattern[str] | None = None, stream: BinaryIO | None = None
) -> Transcript:
    """The losses in a file, or in the stream where there is one; raises TranscriptError."""
    name = "standard input" if stream else printable(path, PATH_CHARACTERS)
    try:
        if stream:
            transcript = _transcript(stream, pattern)
        else:
            with open(path, "rb") as file:
                transcript = _transcript(file, pattern)
    except OSError as error:
        raise TranscriptError(f"{name}: {why_unreadable(error, path)}") from None
    except ValueError:
        raise TranscriptError(f"{name}: {NO_NAME}") from None
    if not len(transcript):
        looked_for = f"such as '{LESSON_EXAMPLE}'" if pattern is None else "that --pattern matches"
        other = " (--pattern reads others)" if pattern is None else ""
        raise TranscriptError(f"{name}: there is no line {looked_for}{other}")
    return transcript


def why_unreadable(error: OSError, path: str) -> str:
    """Why a file can't be read, in words."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if os.path.isdir(path):
        return "this is a folder, not a file"
    return f"it cannot be read ({printable(error.strerror or str(error))})"


def _transcript(stream: BinaryIO, pattern: re.Pattern[str] | None) -> Transcript:
    transcript = Transcript()
    last = -1
    for printed in printed_losses(stream, pattern or re.compile(LESSON_PATTERN)):
        if printed.iteration <= last:
            transcript.begins_again = transcript.begins_again or printed.line
        if transcript.begins_again is None:
            transcript.append(printed)
            last = printed.iteration
    return transcript


def printed_losses(stream: BinaryIO, pattern: re.Pattern[str]) -> Iterator[PrintedLoss]:
    """The losses in the lines of a stream, as they come."""
    for number, line in enumerate(_lines_of(stream), 1):
        found = pattern.search(line, 0, LINE_LIMIT)
        if found and (printed := _printed(number, *found.group(*GROUPS))):
            yield printed


def _lines_of(stream: BinaryIO) -> Iterator[str]:
    """The lines without what is too long in them."""
    splitter = LineSplitter()
    while block := stream.read(READ_BYTES):
        yield from splitter.feed(block)
    yield from splitter.end()


class LineSplitter:
    """Makes lines of blocks of bytes, wherever a block ends; CR alone ends a line, too.

    Of a line longer than a block, what is beyond LINE_LIMIT is dropped.
    """

    def __init__(self) -> None:
        utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._decoder = io.IncrementalNewlineDecoder(utf8, translate=True)
        self._begun = ""

    def feed(self, block: bytes) -> list[str]:
        """The lines that end in the next block."""
        lines = (self._begun + self._decoder.decode(block)).split("\n")
        self._begun = lines.pop()[:LINE_LIMIT]
        return lines

    def end(self) -> list[str]:
        """What is left at the end: a line that has not ended, or nothing."""
        lines = (self._begun + self._decoder.decode(b"", final=True)).split("\n")
        self._begun = ""
        return [line for line in lines if line]


def _printed(line: int, iteration: str | None, loss: str | None) -> PrintedLoss | None:
    """What a line says, if both are numbers."""
    number, value = iteration_in(iteration), loss_in(loss)
    if number is None or value is None:
        return None
    return PrintedLoss(line, number, value.loss, value.unit)


def iteration_in(text: str | None) -> int | None:
    """The iteration that a text is, if it is one; of a float that counts, as in 3.0, the start."""
    whole = re.fullmatch(r"(\d{1,10})(?:\.0*)?", (text or "").strip(), re.A)
    return int(whole[1]) if whole and int(whole[1]) <= LARGEST_ITERATION else None


class LossText(NamedTuple):
    """A loss, and what one is worth in its last digit."""

    loss: float
    unit: float


def loss_in(text: str | None) -> LossText | None:
    """The loss that a text is, if it is a number."""
    number = _NUMBER.fullmatch(text := (text or "").strip())
    if not number:
        return None
    decimals = len(number[1] or number[2] or "")
    value, exponent = float(text), int(number[3] or 0) - decimals
    # Finite numbers end below 1e309, and their digits far above 1e-300.
    unit = 10.0 ** min(max(exponent, -300), 308) if math.isfinite(value) else 0.0
    return LossText(value, unit)
