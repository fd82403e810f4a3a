"""Following another program: the losses in the lines that it prints, as they come.

Its lines are data: one of any length, and any number of them, does no harm. A loss takes eight
bytes, and all else next to nothing.
"""

from __future__ import annotations

import math
import os
import re
import stat
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread
from typing import BinaryIO, NamedTuple

import numpy as np

from gdtui.core.model import Vector
from gdtui.core.printable import PATH_CHARACTERS, printable
from gdtui.drawing import short
from gdtui.transcript import (
    LARGEST_ITERATION,
    LINE_LIMIT,
    READ_BYTES,
    LineSplitter,
    TranscriptError,
    matched,
    why_unreadable,
)

FORMS_LOOKED_FOR = "'Iteration 12 => Loss: 0.5', 'step 12: loss=0.5' or '{\"loss\": 0.5}'"
# A loss as such or in training: that of a validation or a test is another one. The classes in front
# spell what the engine can search for; `(?i:...)` there would take three times as long.
_LOSS = re.compile(
    r"""[Ll][Oo][Ss][Ss]
    (?: (?<![\w/.-].{4}) | (?<=(?i:train)[_/.\ -].{4}) | (?<=(?i:training)[_/.\ -].{4}) )
    (?<!(?i:\bval)\ .{4}) (?<!(?i:\bvalidation)\ .{4}) (?<!(?i:\beval)\ .{4}) (?<!(?i:\btest)\ .{4})
    (?:/train)? ["']? \s* (?: => | -> | [:=] )? \s* (?:tensor\()?
    ( [-+]? (?: (?: \d++ (?:\.\d*+)? | \.\d++ ) (?: [eE][-+]?\d{1,4}+ )?
      | (?i: inf(?:inity)?+ | nan ) ) )
    (?! \w | [.,]\d )""",
    re.ASCII | re.VERBOSE,
)
# What sets colours and moves the cursor of a terminal.
_ESCAPE_CODE = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]")
# What counts the iterations; a step more finely than an epoch, where a line has both.
_STEP, _EPOCH = (
    re.compile(
        rf"""{word} ["'\]]? [\s:=\#\[(]* (\d{{1,9}}+) (?:\.0*+)? (?![\w.])""",
        re.ASCII | re.VERBOSE,
    )
    for word in (r"[SsIiBb](?: tep | ter (?:ation)?+ | atch | TEP | TER )", r"[Ee](?:poch|POCH)")
)
# What a pipe may hold.
PIPE_BYTES = 1 << 20
# Seconds after which to look whether a file has grown.
LOOK_AGAIN = 0.1
# Losses that are kept in one piece.
PIECE = 1 << 16
# The most stretches that stand for all losses in a plot.
STRETCHES = 4096
# How often it is remembered that iterations do not go on as evenly as before.
MOST_TURNS = 1 << 18
# From so many losses on the last tenth of them tells something.
TELLING = 100
# A loss that changes by a smaller part is level; a change is clear beyond so many standard errors.
LEVEL_PART, CLEAR = 1e-3, 3.0
# A loss has grown that is so many times the median of those before it.
GROWN = 10.0
# Of a loss that is told.
_DIGITS = 10


class Noted(NamedTuple):
    """Where a loss was printed: as which one of them all, counted from 0, and in which line."""

    at: int
    line: int
    loss: float


class Followed:
    """The losses that a program has printed so far, each at the iteration that its line named.

    Where a line names none, it is the one after the last. Where the program begins to count again,
    as in each epoch, the count goes on; `begins_again` is the first such line.

    One thread feeds it, others may look: all below `count` is there to stay.
    """

    def __init__(self, name: str, pattern: re.Pattern[str] | None = None) -> None:
        self.name = name
        self.count = 0
        self.lines = 0
        self.lowest: Noted | None = None
        self.last: Noted | None = None
        self.broken: Noted | None = None
        """The first loss that is no finite number."""
        self.before_broken: Noted | None = None
        self.broken_count = 0
        self.begins_again: int | None = None
        self.envelope: tuple[int, Vector] = 1, np.empty((3, 0))
        """How many losses make a stretch; of each that is whole the iteration at which it begins,
        the lowest loss and the highest."""
        self._pattern = pattern
        self._splitter = LineSplitter()
        self._pieces: list[Vector] = []
        # From which loss on iterations go on from where, by how many at a time.
        self._turns: list[tuple[int, int, int]] = []
        self._named: int | None = None
        self._ahead: int | None = None
        self._offset, self._iteration = 0, -1

    @property
    def short_name(self) -> str:
        """The name without the folders."""
        return os.path.basename(self.name) or self.name

    @property
    def has_pattern(self) -> bool:
        """Whether its lines are read by the user's own pattern."""
        return self._pattern is not None

    # What comes

    def feed(self, block: bytes) -> None:
        """Read the next bytes."""
        self._read(self._splitter.feed(block))

    def end(self) -> None:
        """Read what is left: no more will come."""
        self._read(self._splitter.end())

    def _read(self, lines: Sequence[str]) -> None:
        read = self._search if self._pattern is None else self._match
        fresh: list[float] = []
        # Plain tuples while they come: to make a Noted of each would take a third of the time.
        last, lowest = None, self.lowest
        least = lowest.loss if lowest else math.inf
        for number, line in enumerate(lines, self.lines + 1):
            if "\x1b" in line:
                line = _ESCAPE_CODE.sub("", line[:LINE_LIMIT])
            found = read(number, line)
            if found is None:
                continue
            named, loss = found
            at = self.count + len(fresh)
            self._count_on(at, named, number)
            fresh.append(loss)
            if loss - loss != 0.0:
                self._note_broken(Noted(at, number, loss), Noted(*last) if last else self.last)
                continue
            last = at, number, loss
            if loss < least:
                lowest, least = Noted(*last), loss
        self.lowest = lowest
        self.last = Noted(*last) if last else self.last
        self.lines += len(lines)
        self._keep(fresh)

    def _search(self, number: int, line: str) -> tuple[int | None, float] | None:
        """The iteration and the loss of a line in one of our forms."""
        counted = _STEP.search(line, 0, LINE_LIMIT) or _EPOCH.search(line, 0, LINE_LIMIT)
        found = _LOSS.search(line, 0, LINE_LIMIT)
        if found is None:
            # A line ahead of it that tells which one comes, as "Epoch 3".
            self._ahead = int(counted[1]) if counted else self._ahead
            return None
        named = int(counted[1]) if counted else self._ahead
        self._ahead = None
        return named, float(found[1])

    def _match(self, number: int, line: str) -> tuple[int | None, float] | None:
        """The iteration and the loss of a line by the user's own pattern."""
        printed = matched(number, line, self._pattern) if self._pattern else None
        return printed and (printed.iteration, printed.loss)

    def _count_on(self, index: int, named: int | None, line: int) -> None:
        """Find the iteration of the next loss."""
        last = self._iteration
        if named is None:
            iteration = last + 1
        elif self._named is None or named > self._named:
            iteration = max(self._offset + named, last + 1)
        elif named == self._named:
            iteration = last + 1
        else:
            self.begins_again = self.begins_again or line
            iteration = last + max(named, 1)
        if iteration > LARGEST_ITERATION:
            iteration = last + 1
        if named is not None:
            self._named, self._offset = named, iteration - named
        turns = self._turns
        if not turns or iteration != turns[-1][1] + (index - turns[-1][0]) * turns[-1][2]:
            self._turn(index, iteration, last)
        self._iteration = iteration

    def _turn(self, index: int, iteration: int, last: int) -> None:
        """Remember that iterations go on from elsewhere, or by another step."""
        turns = self._turns
        if turns and turns[-1][0] == index - 1:
            turns[-1] = index - 1, last, iteration - last
        elif len(turns) < MOST_TURNS:
            turns.append((index, iteration, 1))

    def _note_broken(self, place: Noted, before: Noted | None) -> None:
        self.broken_count += 1
        if self.broken is None:
            self.broken, self.before_broken = place, before

    def _keep(self, fresh: list[float]) -> None:
        values, at = np.array(fresh), 0
        while at < len(values):
            within = self.count % PIECE
            if within == 0:
                self._pieces.append(np.empty(PIECE))
            part = values[at : at + PIECE - within]
            self._pieces[-1][within : within + len(part)] = part
            self.count += len(part)
            at += len(part)
            self._widen()

    def _widen(self) -> None:
        """Sum up the stretches that have become whole."""
        spacing, rows = self.envelope
        done = rows.shape[1] * spacing
        if self.count < done + spacing:
            return
        whole = self.losses(done, self.count // spacing * spacing).reshape(-1, spacing)
        begun = [self.iteration(done + row * spacing) for row in range(len(whole))]
        summed = [begun, np.fmin.reduce(whole, axis=1), np.fmax.reduce(whole, axis=1)]
        rows = np.hstack([rows, summed])
        while rows.shape[1] > STRETCHES:
            even = rows[:, : rows.shape[1] // 2 * 2]
            at, low, high = even[:, 0::2], even[1, 1::2], even[2, 1::2]
            rows = np.stack([at[0], np.fmin(at[1], low), np.fmax(at[2], high)])
            spacing *= 2
        self.envelope = spacing, rows

    # What there is

    def losses(self, start: int, stop: int) -> Vector:
        """Some of the losses, of shape (stop - start,)."""
        first, last = start // PIECE, (stop - 1) // PIECE
        pieces = self._pieces[first : last + 1] if stop > start else [np.empty(0)]
        joined = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        return joined[start - first * PIECE : stop - first * PIECE]

    def curve(self) -> tuple[Vector, Vector]:
        """The loss over the iterations, with both extremes of each stretch."""
        count, (spacing, rows) = self.count, self.envelope
        done = rows.shape[1] * spacing
        if done < count:
            rest = self.losses(done, count)
            last = self.iteration(done), np.fmin.reduce(rest), np.fmax.reduce(rest)
            rows = np.column_stack([rows, last])
        if spacing == 1 or not count:
            return rows[0], rows[1]
        newest = self.iteration(count - 1)
        middle = (rows[0] + np.append(rows[0, 1:], newest)) / 2
        x = np.column_stack([rows[0], middle]).ravel()
        y = np.column_stack([rows[1], rows[2]]).ravel()
        return np.append(x, newest), np.append(y, self.losses(count - 1, count))

    def iteration(self, index: int) -> int:
        """The iteration of a loss."""
        begun, iteration, step = self._turns[bisect_right(self._turns, index, key=_index_of) - 1]
        return iteration + (index - begun) * step

    def index(self, iteration: int) -> int:
        """The last loss that is not after an iteration; the first where all are."""
        low, high = 0, self.count
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.iteration(middle) <= iteration else (low, middle)
        return low


def _index_of(turn: tuple[int, int, int]) -> int:
    return turn[0]


class LineReader:
    """Reads what a program prints in a thread of its own, and waits for more at the end of a file.

    It reads while it is its `turn`, and calls `news` when there is some, once until that is seen.
    """

    def __init__(self, followed: Followed, path: str, stream: BinaryIO | None = None) -> None:
        self.followed = followed
        self.ended = False
        """Whether no more will come."""
        self.trouble = ""
        """Why it can't be read, if so."""
        self._path, self._stream = path, stream
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
        self.ended = True
        self._tell()

    def _read(self, handle: int) -> None:
        grows = stat.S_ISREG(os.fstat(handle).st_mode)
        _enlarge(handle)
        while not self._stopped.is_set():
            block = os.read(handle, READ_BYTES)
            if block:
                self._turn.wait()
                self.followed.feed(block)
                self._tell()
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
    except ValueError:  # of a path that holds a null character
        raise TranscriptError(f"{followed.name}: this cannot be the name of a file") from None
    followed.end()
    if not followed.count:
        raise TranscriptError(without_loss(followed))


def _feed(followed: Followed, stream: BinaryIO) -> None:
    while block := stream.read(READ_BYTES):
        followed.feed(block)


def without_loss(followed: Followed) -> str:
    """That a program has printed no loss, and what one looks like."""
    if not followed.lines:
        return f"{followed.name}: there is no line in it"
    of = "the one line" if followed.lines == 1 else f"any of the {followed.lines} lines"
    return f"{followed.name}: there is no loss in {of}; {_looked_for(followed)}"


def _looked_for(followed: Followed) -> str:
    if followed.has_pattern:
        return "--pattern matches none"
    return f"one looks like {FORMS_LOOKED_FOR} (--pattern reads others)"


def source_name(path: str) -> str:
    """How a source of lines is named on screen."""
    return "standard input" if path == "-" else printable(path, PATH_CHARACTERS)


# What is said of it


def summary(followed: Followed) -> list[str]:
    """What has been printed, in a few sentences; there is a loss."""
    losses = f"{followed.count} losses" if followed.count > 1 else "1 loss"
    lines = f"{followed.lines} lines" if followed.lines > 1 else "1 line"
    told = [f"{followed.name}: {losses} in {lines}."]
    if followed.lowest and followed.last:
        first = float(followed.losses(0, 1)[0])
        told.append(
            f"First {short(first, _DIGITS)} (iteration {followed.iteration(0)}), "
            f"last {_at(followed, followed.last)}, lowest {_at(followed, followed.lowest)}."
        )
    if trouble := broken_words(followed):
        told.append(trouble)
    else:
        told.append(tendency(followed))
    if followed.begins_again:
        told.append(
            f"Line {followed.begins_again} begins to count again; the iterations go on from there."
        )
    return told


def _at(followed: Followed, place: Noted) -> str:
    where = f"iteration {followed.iteration(place.at)}, line {place.line}"
    return f"{short(place.loss, _DIGITS)} ({where})"


def broken_words(followed: Followed) -> str:
    """Where the loss became no finite number, if it did, and what to look at."""
    place, before = followed.broken, followed.before_broken
    if not place:
        return ""
    kind = "no number (nan)" if math.isnan(place.loss) else f"infinite ({place.loss})"
    where = f"iteration {followed.iteration(place.at)}, line {place.line}"
    told = f"The loss is {kind} from {where} on"
    if followed.count - place.at > followed.broken_count:
        told = f"The loss is {kind} at {where}"
        if followed.broken_count > 1:
            told += f", and is not finite {followed.broken_count} times in all"
    return f"{told}. {_what_to_look_at(followed, place, before)}"


def _what_to_look_at(followed: Followed, place: Noted, before: Noted | None) -> str:
    if before is None:
        return (
            "It never was a number: look for missing values in the data, and for a division by 0 "
            "at the start."
        )
    known = followed.losses(max(0, before.at - TELLING), before.at + 1)
    if before.loss > GROWN * float(np.median(np.abs(known))):
        return (
            f"It had grown up to {short(before.loss, _DIGITS)} before: the learning rate is likely "
            "too large; try a tenth of it, or clip the gradients."
        )
    return (
        f"It had not grown before, it was {short(before.loss, _DIGITS)}: look at the examples "
        "of that step for missing values, and for the logarithm of 0, a division by 0 or a root of "
        "less than 0."
    )


def tendency(followed: Followed) -> str:
    """Whether the loss still falls, is level or grows over the last tenth of the losses."""
    count = followed.count
    if count < TELLING:
        return f"Too few losses to tell whether it still falls; {TELLING} would tell."
    part = count // 10
    values = followed.losses(count - part, count)
    earlier, later = values[: part // 2], values[part // 2 :]
    before, after = float(earlier.mean()), float(later.mean())
    change = after - before
    error = math.sqrt(earlier.var() / len(earlier) + later.var() / len(later))
    since = f"over the last tenth, from iteration {followed.iteration(count - part)} on"
    if abs(change) <= max(CLEAR * error, LEVEL_PART * abs(before)):
        return f"It is level {since}."
    return f"It {'still falls' if change < 0 else 'grows'} {since}."
