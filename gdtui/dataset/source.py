"""From a path or a stream to blocks of lines of text, and what is no text."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from gdtui.core.printable import printable
from gdtui.dataset.dataset import LineError

Progress = Callable[[float | None], None]

# Larger blocks are slower: numpy.loadtxt would fetch the memory for their fields anew each time.
BLOCK_BYTES = 1 << 15
# So much tells what a file is.
_HEAD_BYTES = 512

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_UNPACK = "so unpack it first, with"
_WORKBOOK = "this is a workbook of a spreadsheet, so save its sheet as CSV first"
_UTF16 = "this is UTF-16 text, so save the file as UTF-8 first"
# Files that are no text, by how they begin.
_NO_TEXT = [
    (re.compile(pattern, re.DOTALL), what)
    for pattern, what in [
        (rb"PK\x03\x04.{26}(\[Content_Types\]|_rels/|docProps/|xl/|mimetype)", _WORKBOOK),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _WORKBOOK),
        (rb"PK(\x03\x04|\x05\x06|\x07\x08)", f"this is a zip archive, {_UNPACK} unzip"),
        (rb"\xfd7zXZ\0", f"this is packed by xz, {_UNPACK} unxz"),
        (rb"BZh[1-9](1AY&SY|\x17rE8P\x90)", f"this is packed by bzip2, {_UNPACK} bunzip2"),
        (rb"\x28\xb5\x2f\xfd", f"this is packed by zstd, {_UNPACK} unzstd"),
        (rb"PAR1[^ -~\t\r\n]", "this is a Parquet file, so save its table as CSV first"),
        (rb"\xff\xfe|\xfe\xff|([^\0]\0){2,}|(\0[^\0]){2,}", _UTF16),
    ]
]


class OpenFile(NamedTuple):
    """The bytes, and how much of them is read, if that can be told."""

    data: BinaryIO
    fraction: Callable[[], float | None]


class Block(NamedTuple):
    """Whole lines, each ended by LF, and the number of the first of them."""

    line: int
    data: bytes


@contextmanager
def opened(path: str, stream: BinaryIO | None) -> Iterator[OpenFile]:
    """The bytes of a file, or of the stream if the path is "-"; gzip is unpacked."""
    with ExitStack() as stack:
        file: io.BufferedReader
        size = 0  # as the system says of pipes, too
        try:
            if path == "-":
                file = io.BufferedReader(cast(io.RawIOBase, stream or sys.stdin.buffer))
                stack.callback(file.detach)  # or the stream would be closed along with its reader
            else:
                file = stack.enter_context(open(path, "rb"))
                size = os.fstat(file.fileno()).st_size
            is_gzip = path.lower().endswith(".gz") or file.peek(2)[:2] == b"\x1f\x8b"
        except OSError as error:
            raise LineError(_why_unreadable(error, path)) from None
        except ValueError:
            raise LineError("this cannot be the name of a file") from None
        data = stack.enter_context(gzip.GzipFile(fileobj=file)) if is_gzip else file
        yield OpenFile(cast(BinaryIO, data), lambda: min(1.0, file.tell() / size) if size else None)


def _why_unreadable(error: OSError, path: str = "") -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if os.path.isdir(path):  # some systems refuse the permission to open a folder
        return "this is a folder, not a file"
    if isinstance(error, PermissionError):
        return "there is no permission to read it"
    return f"it cannot be read ({printable(error.strerror or str(error))})"


def blocks_of(source: OpenFile, progress: Progress) -> Iterator[Block]:
    """All lines; asking for the next block reports the progress so far."""
    return _blocks(_unix_lines(_chunks(source, progress)))


def _chunks(source: OpenFile, progress: Progress) -> Iterator[bytes]:
    """The bytes as they come, if they are text."""
    chunk = _read(source.data, _HEAD_BYTES)
    _refuse_no_text(chunk)
    while chunk:
        yield chunk
        progress(source.fraction())
        chunk = _read(source.data, BLOCK_BYTES)
    progress(None if source.fraction() is None else 1.0)


def _read(data: BinaryIO, size: int) -> bytes:
    try:
        return data.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise LineError("the gzip file is damaged or cut short") from None
    except OSError as error:
        raise LineError(_why_unreadable(error)) from None


def _refuse_no_text(head: bytes) -> None:
    for pattern, what in _NO_TEXT:
        if pattern.match(head):
            raise LineError(what)


def _unix_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same text, where CRLF and CR have become LF."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""  # its LF may come with the next chunk
        text = text.removesuffix(held)
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield text
    if held:
        yield b"\n"


def _blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    line = 1
    parts: list[bytes] = []
    # The last line may lack its end; if it does not, a blank line more does no harm.
    for chunk in chain(chunks, (b"\n",)):
        end = chunk.rfind(b"\n") + 1
        if end:
            data = b"".join((*parts, memoryview(chunk)[:end]))
            yield Block(line, data.removeprefix(codecs.BOM_UTF8) if line == 1 else data)
            line += int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))
            parts = []
        else:
            _refuse_control(chunk, line)  # an endless line of zeros must not fill the memory
        parts.append(chunk[end:])


# The errors of spreadsheets begin like a comment, but are cells: a row must not vanish.
_COMMENT_LINE = re.compile(r" *#(?!N/A|DIV/0!|REF!|VALUE!|NUM!|NAME\?|NULL!)")


def rows_of(block: Block) -> Iterator[tuple[int, str]]:
    """The lines that hold more than blanks or a comment, and their numbers."""
    for line, raw in enumerate(block.data[:-1].split(b"\n"), block.line):
        _refuse_control(raw, line)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            what = "this is not UTF-8 text, so save the file as UTF-8 first"
            raise LineError(what, line) from None
        if text.strip(" \t") and not _COMMENT_LINE.match(text):
            yield line, text


def _refuse_control(raw: bytes, line: int) -> None:
    if found := _CONTROL.search(raw):
        what = f"the control byte 0x{found[0][0]:02x} is here, but a dataset is plain UTF-8 text"
        raise LineError(what, line)
