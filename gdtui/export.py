"""Taking runs away: the command that repeats one, files of all their steps, and reading these."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from gdtui.core.dataset import Dataset
from gdtui.core.descent import starting_point
from gdtui.core.history import Branch, Entry, differences
from gdtui.core.landscapes import LANDSCAPES, Landscape
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.source import Source
from gdtui.core.text import printable
from gdtui.records import (
    Kept,
    fingerprint,
    kept_by_name,
    read_kept,
    read_source,
    read_text,
    refuse,
    source_by_name,
)
from gdtui.report import Bursts, Data, csv_line, csv_lines, header, json_line, json_lines

# The column and the field that tell one run from another, where there are several.
RUN = "run"
# How a data file's name may begin the name of a new file, in bytes: few systems take over 255.
NAME_BYTES = 100
# What may stand in the name of a new file, besides letters and digits.
NAME_MARKS = "-_."
# How many files of one name there may be.
SAME_NAMES = 10_000
# Parts of a text to write between two pauses: about a millisecond's work.
PARTS = 100


class ExportError(Exception):
    """Why something can't be written or read back, in one sentence that is safe to print."""


# The command


def command(source: Source, settings: Settings) -> str:
    """The command line that repeats a run with these settings, quoted for a shell."""
    words = ["gdtui", *_named(source)]
    defaults = LANDSCAPES[source.surface].defaults if source.surface else {}
    left_out = Settings(method=settings.method, **defaults)  # type: ignore[arg-type]
    for parameter in settings.hyperparameters:
        # In letters: -0 is another number than 0, though equal to it.
        value, default = (parameter.format(each[parameter]) for each in (settings, left_out))
        if parameter.name == "method":
            default = str(parameter.default)
        if value == default:
            continue
        if isinstance(parameter.default, bool):
            words.append(parameter.flag if settings[parameter] else f"--no-{parameter.flag[2:]}")
        else:
            words += [parameter.flag, value]
    return " ".join(map(_quoted, words))


def _named(source: Source) -> Iterator[str]:
    """The words that name the data or the landscape."""
    if source.surface is not None:
        yield from ("--surface", source.surface)
    if source.path is not None:
        is_file = source.path.startswith("-") and not source.is_stream
        yield f"./{source.path}" if is_file else source.path
    for flag, column in (("--x", source.x), ("--y", source.y)):
        if column is not None:
            # Joined, a name that begins with a dash is no option.
            yield from [f"{flag}={column}"] if column.startswith("-") else [flag, column]


def _quoted(word: str) -> str:
    """A word for a shell; in bash's way where it has what a terminal might obey."""
    if word.isprintable():
        return shlex.quote(word)
    octets = (char.encode("utf-8", "surrogateescape") for char in word)
    return "$'" + "".join(map(_escaped, word, octets)) + "'"


def _escaped(char: str, octets: bytes) -> str:
    if char.isprintable():
        return f"\\{char}" if char in "\\'" else char
    return "".join(f"\\{octet:03o}" for octet in octets)


def not_carried(source: Source, run: Run, parent: Branch | None = None) -> str:
    """What the command of a run's settings can't carry, in a sentence; empty if it carries all."""
    record, settings = run.record, run.settings
    missing = []
    if source.is_stream:
        missing.append("the data from standard input (pipe them in again)")
    if record.start != starting_point(run.surface, settings):
        left = f", where it left run {parent.number}" if parent else ""
        missing.append(f"that the run began at iteration {record.start.iteration}{left}")
    changes = [
        f"{', '.join(words)} from iteration {since}"
        for (_, before), (since, after) in pairwise(record.tunings)
        if (words := differences(before.replace(iterations=after.iterations), after))
    ]
    if changes:
        missing.append(f"what was changed within the run: {'; '.join(changes)}")
    return f"The command can't carry {', nor '.join(missing)}." if missing else ""


# All steps of a run, or of several


def runs_as_csv(entries: Sequence[Entry]) -> Iterator[str]:
    """A header and a row for every step; of several runs, each with the number of its run.

    What was tuned within a run has a column of its own.
    """
    runs = [(entry.number, Bursts(entry.run.surface, entry.run.record)) for entry in entries]
    found = dict.fromkeys(name for _, bursts in runs for name in bursts.columns)
    several = len(runs) > 1
    columns = [RUN, *found] if several else list(found)
    yield csv_line(columns)
    for number, bursts in runs:
        fixed = {p.name: p.format(bursts.settings[p]) for p in bursts.settings.hyperparameters}
        yield from csv_lines(bursts, columns, fixed | {RUN: str(number)})


def runs_as_json(data: Data, source: Source, entries: Sequence[Entry]) -> Iterator[str]:
    """For each run an object with all that it is made from, one for every step, and the outcome.

    Where there are several, each object has the number of its run.
    """
    mark = fingerprint(data)
    for entry in entries:
        kept = Kept.of(entry)
        fixed = {RUN: entry.number} if len(entries) > 1 else {}
        yield json_line(
            {
                **fixed,
                **header(data, kept.record.tunings[0][1]),
                "source": source_by_name(source),
                "fingerprint": mark,
                **kept_by_name(kept),
            }
        )
        yield from json_lines(Bursts(entry.run.surface, kept.record), fixed)


# Reading them back


# A run, and the source and the fingerprint of its data.
_Found = tuple[Source, str, Kept]


@dataclass(frozen=True)
class RunsFile:
    """The runs of a file, and the data they ran over."""

    name: str
    source: Source
    fingerprint: str
    runs: tuple[Kept, ...]


def read_runs(path: str) -> RunsFile:
    """Read runs that were exported as JSON Lines; raises ExportError with file and line."""
    name, line = printable(Path(path).name or path) or "''", 0
    found: list[_Found] = []
    is_open = False
    try:
        for number, text in _lines(path, name):
            line = number
            content = _object(text)
            if "record" in content and not is_open:
                found.append(_read_run(content))
                _check_fits(found)
            elif "iteration" not in content or not is_open:
                refuse("this is not what gdtui exports as a run")
            is_open = "outcome" not in content
        if is_open or not found:
            refuse("the file ends within a run" if found else "the file is empty")
    except ValueError as reason:
        raise ExportError(f"{name}:{max(line, 1)}: {printable(str(reason), 200)}") from None
    source, mark, _ = found[0]
    return RunsFile(name, source, mark, tuple(run for _, _, run in found))


def _lines(path: str, name: str) -> Iterator[tuple[int, str]]:
    """The lines of a file and their numbers; raises ExportError where it can't be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            yield from enumerate(file, 1)
    except FileNotFoundError:
        raise ExportError(f"{name}: there is no such file") from None
    except OSError as error:
        raise ExportError(f"{name}: it can't be read: {printable(str(error.strerror))}") from None
    except ValueError:
        raise ExportError(f"{name}: this can't be the name of a file") from None


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        refuse("this is not JSON")
    if not isinstance(content, dict):
        refuse("this is not what gdtui exports as a run")
    return content


def _check_fits(found: Sequence[_Found]) -> None:
    """Refuse a run that does not belong to those above it."""
    *before, (_, mark, run) = found
    if before and before[0][1] != mark:
        refuse("this run is over other data than the one above")
    if run.number in [other.number for *_, other in before]:
        refuse(f"there is a run {run.number} above already")


def _read_run(content: Mapping[str, Any]) -> _Found:
    source = read_source(content.get("source"))
    return source, read_text(content.get("fingerprint")), read_kept(content)


# New files


def write_new(
    folder: str | os.PathLike[str],
    name: str,
    suffix: str,
    text: Iterable[str],
    pause: Callable[[], None] = lambda: None,
) -> Path:
    """Write a text, whole or in parts, to a file that was not there; returns where.

    It gets its name once it is complete; where that is taken it is name-2, name-3 and so on. Every
    few parts there is a pause, which may raise to have nothing written.
    """
    home = Path(folder)
    unfinished = home / f".gdtui-{secrets.token_hex(8)}.tmp"
    try:
        with open(unfinished, "x", encoding="utf-8", errors="backslashreplace", newline="") as file:
            parts = iter([text] if isinstance(text, str) else text)
            while some := list(islice(parts, PARTS)):
                file.writelines(some)
                pause()
        return _named_new(unfinished, home, safe_name(name), suffix)
    except OSError as error:
        reason = printable(error.strerror or str(error), 100)
        place = printable(str(home / f"{safe_name(name)}{suffix}"), 200)
        raise ExportError(f"{place} can't be written: {reason}") from None
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _named_new(unfinished: Path, home: Path, name: str, suffix: str) -> Path:
    for number in range(1, SAME_NAMES):
        path = home / f"{name}{f'-{number}' if number > 1 else ''}{suffix}"
        with suppress(FileExistsError):
            _rename(unfinished, path)
            return path
    raise OSError(f"there are {SAME_NAMES - 1} such files already")


def _rename(unfinished: Path, path: Path) -> None:
    """Give a file its name; raises FileExistsError where another has it."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system knows links: there the name is taken first, and filled after.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(unfinished, path)


def safe_name(name: str) -> str:
    """A name for a file, made from a name that may be anything."""
    kept = "".join(char if _fits_a_name(char) else "-" for char in name)
    short = re.sub("-+", "-", kept).encode()[:NAME_BYTES].decode(errors="ignore")
    return short.strip("-.") or "run"


def _fits_a_name(char: str) -> bool:
    return char in NAME_MARKS or (char.isalnum() and printable(char) == char)


def stem(data: Dataset | Landscape) -> str:
    """What the files of a dataset or a landscape are called."""
    return safe_name(Path(data.name).stem)
