"""Where the loss is in a line, and the iteration, in the forms that are in use."""

from __future__ import annotations

import re
from typing import NamedTuple

from gdtui.transcript import LINE_LIMIT, iteration_in, loss_in

FORMS_LOOKED_FOR = "'Iteration 12 => Loss: 0.5', 'step 12: loss=0.5' or '{\"loss\": 0.5}'"
# A loss as such, in training or in total: that of a validation or a test is another one. What is in
# front spells what the engine can search for; `(?i:...)` there would take three times as long.
_LOSS = re.compile(
    r"""[Ll][Oo][Ss][Ss]
    (?: (?<![\w/.-].{4}) | (?<=(?i:train|total)[_/.\ -].{4}) | (?<=(?i:training)[_/.\ -].{4}) )
    (?<!(?i:\bval)\ .{4}) (?<!(?i:\bvalidation)\ .{4}) (?<!(?i:\beval)\ .{4}) (?<!(?i:\btest)\ .{4})
    (?:/train)? ["']? \s*+ (?: => | -> | [:=] )? \s*+ ["']? (?:tensor\()?
    ( [-+]? (?: (?: \d++ (?:\.\d*+)? | \.\d++ ) (?: [eE][-+]?\d{1,4}+ )?
      | (?i: inf(?:inity)?+ | nan ) ) )
    (?! \w | [.,]\d )""",
    re.ASCII | re.VERBOSE,
)
# What counts the iterations; a step more finely than an epoch, where a line has both.
_STEP, _EPOCH = (
    re.compile(
        rf"""{word} ["'\]]? [\s:=\#\[(]* (\d{{1,9}}+) (?:\.0*+)? (?![\w.])""",
        re.ASCII | re.VERBOSE,
    )
    for word in (r"[SsIiBb](?: tep | ter (?:ation)?+ | atch | TEP | TER )", r"[Ee](?:poch|POCH)")
)
# How the columns of a table are called that have them, in the order in which they are looked for.
_LOSS_COLUMNS = ("loss", "train_loss", "train/loss", "training_loss", "total_loss")
_ITERATION_COLUMNS = ("iteration", "iter", "step", "global_step", "batch", "epoch")
# What sets colours and moves the cursor of a terminal.
_ESCAPE_CODE = re.compile(r"\x1b\[[0-?]*+[ -/]*+[@-~]")


class _Columns(NamedTuple):
    """How many columns a table has; which of them, from 0, are the loss and the iteration."""

    width: int
    loss: int
    iteration: int | None


def without_codes(line: str) -> str:
    """The part of a line that is looked at, without what sets the colours of a terminal."""
    return _ESCAPE_CODE.sub("", line[:LINE_LIMIT]) if "\x1b" in line else line[:LINE_LIMIT]


class LossFinder:
    """Finds the loss in one line after the other, by the user's own pattern or in our forms.

    An iteration may be named in a line ahead of the loss, as in "Epoch 3", and the columns of a
    table by its head.
    """

    def __init__(self, pattern: re.Pattern[str] | None = None) -> None:
        self.find = self._match if pattern else self._search
        """The iteration in a line, if one is named, and the loss; None where there is no loss."""
        self._pattern = pattern
        self._ahead: int | None = None
        self._columns: _Columns | None = None

    def _search(self, line: str) -> tuple[int | None, float] | None:
        """What a line says in one of our forms."""
        counted = _STEP.search(line, 0, LINE_LIMIT) or _EPOCH.search(line, 0, LINE_LIMIT)
        found = _LOSS.search(line, 0, LINE_LIMIT)
        if found is None:
            self._ahead = int(counted[1]) if counted else self._ahead
            return self._in_table(line) if "," in line else None
        named = int(counted[1]) if counted else self._ahead
        self._ahead = None
        return named, float(found[1])

    def _in_table(self, line: str) -> tuple[int | None, float] | None:
        """What a row says below a head that names the loss."""
        cells = [cell.strip(" \t\"'") for cell in line[:LINE_LIMIT].split(",")]
        if self._columns is None or len(cells) != self._columns.width:
            self._columns = _columns_of([cell.lower() for cell in cells]) or self._columns
            return None
        value, place = loss_in(cells[self._columns.loss]), self._columns.iteration
        named = None if place is None else iteration_in(cells[place])
        return value and (named, value.loss)

    def _match(self, line: str) -> tuple[int | None, float] | None:
        """What a line says by the user's own pattern."""
        found = self._pattern.search(line, 0, LINE_LIMIT) if self._pattern else None
        if not found:
            return None
        groups = found.groupdict()
        value = loss_in(groups["loss"])
        if "iteration" not in groups:
            return value and (None, value.loss)
        named = iteration_in(groups["iteration"])
        return None if value is None or named is None else (named, value.loss)


def _columns_of(names: list[str]) -> _Columns | None:
    """The columns of a table that has this head, if it is one with a loss."""
    loss = next((names.index(name) for name in _LOSS_COLUMNS if name in names), None)
    iteration = next((names.index(name) for name in _ITERATION_COLUMNS if name in names), None)
    # What has a blank in it is a sentence rather than a head.
    if loss is None or any(" " in name for name in names):
        return None
    return _Columns(len(names), loss, iteration)
