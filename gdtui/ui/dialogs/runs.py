"""The table of the session's runs, and the choice of those that race."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import DataTable, Input
from textual.widgets.selection_list import Selection

from gdtui.core.methods import METHODS
from gdtui.core.printable import printable
from gdtui.core.settings import Settings
from gdtui.drawing import short
from gdtui.runs.history import Entry, History, Summary
from gdtui.scene import GHOSTS
from gdtui.theory import divergence
from gdtui.ui.dialogs.dialog import Choices, Dialog, TextField

# How much of a name there is room for.
NAME = 12
# How many characters of the settings that differ are worth a column: under full heads, and at all.
_CHANGES = (12, 8)
# The blanks on both sides of a cell.
_PADDING = 2
# The run that is looked at, and those beside it.
RACERS = 1 + GHOSTS


class RunRow(NamedTuple):
    """What the table shows of a run."""

    entry: Entry
    summary: Summary

    @property
    def status(self) -> str:
        """Where the run stands, in a word."""
        return divergence.standing(self.entry.run.snapshot(), self.entry.run.surface)


class Column(NamedTuple):
    """A column: its head, what a cell says, and what rows are sorted by.

    Where room is short the head is the `brief` one, and the columns go that `stay` the shortest.
    """

    head: str
    cell: Callable[[RunRow], str]
    key: Callable[[RunRow], Any]
    brief: str = ""
    stays: int = 9


def _within(row: RunRow) -> float:
    return float("inf") if row.summary.within is None else row.summary.within


def _origin(row: RunRow) -> tuple[int, int]:
    return row.entry.parent or (0, 0)


COLUMNS = (
    Column(
        "run",
        lambda row: f"{row.entry.number}{' hidden' if row.entry.hidden else ''}",
        lambda row: row.entry.number,
    ),
    Column(
        "name", lambda row: printable(row.entry.name, NAME), lambda row: row.entry.name, stays=2
    ),
    Column(
        "changed settings",
        lambda row: row.summary.changes,
        lambda row: row.summary.changes,
        brief="changes",
        stays=3,
    ),
    Column(
        "iterations",
        lambda row: f"{row.summary.iterations}",
        lambda row: row.summary.iterations,
        brief="iter",
        stays=4,
    ),
    Column("loss", lambda row: short(row.summary.loss, 8), lambda row: row.summary.loss),
    Column(
        "above min",
        lambda row: f"{short(row.summary.gap.percent, 4)}%",
        lambda row: row.summary.gap.percent,
        brief="above",
        stays=5,
    ),
    Column(
        "within 1%",
        lambda row: "-" if row.summary.within is None else f"{row.summary.within}",
        _within,
        brief="in 1%",
    ),
    Column("status", lambda row: row.status, lambda row: row.status),
    Column(
        "guess",
        lambda row: row.entry.guess.brief if row.entry.guess else "",
        lambda row: row.entry.guess.brief if row.entry.guess else "",
        stays=1,
    ),
    Column(
        "left",
        lambda row: "{} at {}".format(*row.entry.parent) if row.entry.parent else "",
        _origin,
        stays=1,
    ),
)


_CHANGED, _WITHIN, _STATUS = (
    next(i for i, column in enumerate(COLUMNS) if column.head == head)
    for head in ("changed settings", "within 1%", "status")
)


def shown_columns(
    rows: Sequence[Sequence[str]], sorted_by: int, room: int
) -> dict[int, tuple[str, int]]:
    """The head and the width of each column that is shown, by its place among all.

    First the settings that differ are cut, and what says nothing goes, then heads are brief; then
    columns go, but never the one that the rows are sorted by.
    """

    def widths(shown: Sequence[int], brief: bool) -> dict[int, tuple[str, int]]:
        heads = {at: (COLUMNS[at].brief if brief else "") or COLUMNS[at].head for at in shown}
        # With room for the arrow.
        longest = {
            at: max(len(head) + 2 * (at == sorted_by), *(len(row[at]) for row in rows), 0)
            for at, head in heads.items()
        }
        if _CHANGED in longest:
            least = max(_CHANGES[brief], len(heads[_CHANGED]) + 2 * (sorted_by == _CHANGED))
            over = sum(longest.values()) + _PADDING * len(longest) - room
            longest[_CHANGED] = max(min(least, longest[_CHANGED]), longest[_CHANGED] - max(over, 0))
        return {at: (head, longest[at]) for at, head in heads.items()}

    every = list(range(len(COLUMNS)))
    telling = [at for at in every if at == sorted_by or any(row[at] for row in rows)]
    going = sorted((at for at in telling if at != sorted_by), key=lambda at: COLUMNS[at].stays)
    fewer = [[at for at in telling if at not in going[:count]] for count in range(len(going))]
    tries = [(every, False), (telling, False), *((shown, True) for shown in fewer)]
    for shown, brief in tries:
        found = widths(shown, brief)
        if sum(width + _PADDING for _, width in found.values()) <= room:
            break
    return found


class RunsScreen(Dialog[int | None]):
    """The runs in a table; ends with the number of the one to be looked at.

    `changed` is called after each change of the history.
    """

    BINDINGS = [
        Binding("escape,h,q", "back", "Back"),
        Binding("s", "sort", "Sort by the next column"),
        Binding("space", "hide", "Hide in the plots, or show"),
        Binding("n", "name", "Name"),
        Binding("d,delete", "delete", "Delete"),
        Binding("u", "undo", "Bring back"),
    ]

    COMPONENT_CLASSES = {"runs--alarm"}

    def __init__(self, history: History, current: int, changed: Callable[[], None]) -> None:
        super().__init__()
        self._history, self._current, self._changed = history, current, changed
        self._column, self._descending = 0, False
        # The width that the columns are fitted to.
        self._fitted = 0

    def compose(self) -> ComposeResult:
        """The table in a frame that names the keys."""
        with Vertical(classes="dialog wide") as box:
            box.border_title = "Runs of this session"
            box.border_subtitle = (
                "enter look · s sort · space hide · n name · d delete · u undo · esc back"
            )
            yield DataTable(cursor_type="row", zebra_stripes=True)
            yield TextField(placeholder="a name for the run", replaced=True)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the columns to the width; at first, with the cursor on the run that is looked at."""
        super().on_resize(event)
        if self._fitted != self.size.width:
            chosen = self._chosen if self._fitted else self._current
            self._fitted = self.size.width
            self._fill(chosen)

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one(DataTable)

    @property
    def _chosen(self) -> int | None:
        """The number of the run at the cursor."""
        if not self._table.row_count:
            return None
        key = self._table.coordinate_to_cell_key(self._table.cursor_coordinate).row_key
        return int(str(key.value))

    @property
    def _alarm(self) -> Style:
        return self.get_component_rich_style("runs--alarm", partial=True)

    def _rows(self) -> list[RunRow]:
        entries = self._history.entries
        rows = [RunRow(*pair) for pair in zip(entries, self._history.summaries(), strict=True)]
        return sorted(rows, key=COLUMNS[self._column].key, reverse=self._descending)

    def _fill(self, chosen: int | None) -> None:
        """Make the table anew, and leave the cursor on the same run."""
        table, rows = self._table, self._rows()
        first = min(
            (row.summary.within for row in rows if row.summary.within is not None), default=-1
        )
        cells = [[column.cell(row) for column in COLUMNS] for row in rows]
        for row, told in zip(rows, cells, strict=True):
            told[_WITHIN] += " first" if row.summary.within == first else ""
        # Beside the table stand its frame, two blanks and perhaps a scroll bar.
        shown = shown_columns(cells, self._column, self.size.width - 5)
        table.clear(columns=True)
        for number, (head, width) in shown.items():
            arrow = (" ▲", " ▼")[self._descending] if number == self._column else ""
            table.add_column(Text(head + arrow), key=str(number), width=width)
        for row, told in zip(rows, cells, strict=True):
            style = "bold" if row.entry.number == self._current else ""
            texts = {at: Text(printable(told[at], shown[at][1]), style) for at in shown}
            if row.status in divergence.ALARMING and _STATUS in texts:
                texts[_STATUS].stylize(self._alarm)
            table.add_row(*texts.values(), key=str(row.entry.number))
        numbers = [row.entry.number for row in rows]
        if chosen in numbers:
            table.move_cursor(row=numbers.index(chosen))

    def _fill_changed(self, chosen: int | None) -> None:
        """Tell of a change, and show it."""
        self._changed()
        self._fill(chosen)

    @on(DataTable.RowSelected)
    def _look_at(self, event: DataTable.RowSelected) -> None:
        event.stop()
        number = int(str(event.row_key.value))
        # It may have been deleted while the click was on its way.
        if number in self._history:
            self.dismiss(number)

    @on(DataTable.HeaderSelected)
    def _sort_by(self, event: DataTable.HeaderSelected) -> None:
        event.stop()
        column = int(str(event.column_key.value))
        self._descending = column == self._column and not self._descending
        self._column = column
        self._fill(self._chosen)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._column, self._descending = (self._column + 1) % len(COLUMNS), False
        self._fill(self._chosen)

    def action_hide(self) -> None:
        """Leave the run out of the plots, or take it in again."""
        number = self._chosen
        if number is not None:
            self._history.hide(number, not self._history[number].hidden)
            self._fill_changed(number)

    def action_name(self) -> None:
        """Ask for the run's name."""
        if self._chosen is not None:
            field = self.query_one(Input)
            field.value = self._history[self._chosen].name
            field.display = True
            field.focus()

    @on(Input.Submitted)
    def _rename(self, event: Input.Submitted) -> None:
        event.stop()
        if self._chosen is not None:
            self._history.rename(self._chosen, event.value)
        self._fill_changed(self._chosen)
        self._table.focus()

    @on(Input.Blurred)
    def _leave_name(self) -> None:
        self.query_one(Input).display = False

    def action_back(self) -> None:
        """Close the table, or the name that is being typed."""
        if self.query_one(Input).has_focus:
            self._table.focus()
        else:
            self.dismiss(None)

    def action_delete(self) -> None:
        """Delete the run, unless it is the one on screen."""
        number = self._chosen
        if number == self._current:
            self.notify("This run is on screen: look at another one, then delete it.")
        elif number is not None:
            self._history.delete(number)
            self._fill_changed(None)
            self.notify(f"Run {number} is deleted; u brings it back.")

    def action_undo(self) -> None:
        """Bring back what was deleted last."""
        entry = self._history.undo()
        self._fill_changed(entry.number if entry else self._chosen)


class RaceScreen(Dialog[list[Settings] | None]):
    """The methods, and the runs so far, of which those chosen race; ends with their settings."""

    BINDINGS = [
        Binding("escape,q", "dismiss", "Back"),
        Binding("t", "start", "Start"),
        Binding("a", "every_method", "All methods"),
    ]

    def __init__(self, settings: Settings, entries: Sequence[Entry]) -> None:
        super().__init__()
        lr = None if settings.lr == settings.chosen_method.lr else settings.lr
        self._racers = [_with_method(settings, key, lr) for key in METHODS]
        names = [method.name for method in METHODS.values()]
        self._words = [
            f"{name}, lr {racer.lr:g}" for name, racer in zip(names, self._racers, strict=True)
        ]
        for entry in entries:
            theirs = entry.run.settings
            self._racers.append(theirs)
            name = f"{printable(entry.name, NAME)}, " if entry.name else ""
            self._words.append(f"run {entry.number}: {name}{theirs.method}, lr {theirs.lr:g}")

    def compose(self) -> ComposeResult:
        """The list in a frame that names the keys; nobody is chosen at first."""
        with Vertical(classes="dialog") as box:
            box.border_title = "Race: choose two or more"
            box.border_subtitle = (
                "space choose · a all methods · [@click=screen.start]enter start[/] · esc back"
            )
            yield Choices(
                *(Selection(Text(words), number) for number, words in enumerate(self._words)),
                compact=True,
            )

    def action_every_method(self) -> None:
        """Choose all methods, or none if they are."""
        choices, methods = self.query_one(Choices), range(len(METHODS))
        are_chosen = set(methods) <= set(choices.selected)
        for number in methods:
            choices.deselect(number) if are_chosen else choices.select(number)

    def action_start(self) -> None:
        """End with the settings of the chosen ones; the line at the cursor may be the second."""
        choices = self.query_one(Choices)
        if len(choices.selected) < 2 and choices.highlighted is not None:
            choices.select(choices.highlighted)
        chosen = choices.selected
        if len(chosen) < 2:
            self.notify("A race takes at least two: choose another one.")
            return
        if len(chosen) > RACERS:
            self.notify(f"A race takes {RACERS} at most, each in a colour of its own.")
            return
        self.dismiss([self._racers[number] for number in sorted(chosen)])


def _with_method(settings: Settings, key: str, lr: float | None) -> Settings:
    """The settings with another method; at its own learning rate where none is given."""
    method = next(p for p in settings.hyperparameters if p.name == "method")
    changed = settings.change(method, key)
    rate = next(p for p in settings.hyperparameters if p.name == "lr")
    return changed.change(rate, changed.chosen_method.lr if lr is None else lr)
