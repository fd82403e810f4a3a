"""The command line that repeats a run."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from gdtui.core.descent import starting_point
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.printable import printable
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.problem import Source
from gdtui.runs.history import Branch, differences


def command(source: Source, settings: Settings) -> str:
    """The command line that repeats a run with these settings, quoted for a shell."""
    words = ["gdtui", *_named(source)]
    defaults: dict[str, Any] = LANDSCAPES[source.surface].defaults if source.surface else {}
    left_out = Settings(method=settings.method, **defaults)
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
    if source.sample is not None:
        yield source.sample
    elif source.path is not None:
        is_file = source.path.startswith("-") and not source.is_stream
        yield f"./{source.path}" if is_file else source.path
    for flag, column in (("--x", source.x), ("--y", source.y)):
        if column is not None:
            # Joined, a name that begins with a dash is no option.
            yield from [f"{flag}={column}"] if column.startswith("-") else [flag, column]
    if source.drop_missing:
        yield "--drop-missing"


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
    if source.sample is not None and os.path.exists(source.sample):
        shown = printable(source.sample)
        missing.append(f"that {shown} is the sample (the file of this name goes before it here)")
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
