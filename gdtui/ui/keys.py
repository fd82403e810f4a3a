"""The keys of the workbench, each declared once.

`bench('...')` is a command of the bench, and takes what is typed in the panel along; `look('...')`
is one that leaves it alone. What opens a dialog is an action of the workbench itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

from textual.binding import Binding, BindingType
from textual.keys import format_key

from gdtui.bench import Bench
from gdtui.core.descent import Status
from gdtui.scene import CONTOUR, SWEEP, Scene
from gdtui.views import VIEWS


class Situation(Enum):
    """What one is in the middle of: it decides which keys matter."""

    READY = auto()
    RUNNING = auto()
    PAUSED = auto()
    FINISHED = auto()
    DIVERGED = auto()
    PLACING = auto()
    PLACING_IN_PLANE = auto()
    GUESSING = auto()
    PAST = auto()
    SWEEP = auto()
    RACE = auto()
    FIELD = auto()


class Hint(NamedTuple):
    """A key in the last row, how it is written there, and in which words."""

    key: str
    display: str
    words: str


# For each situation, the hints in the order of the keys below.
HINTS: dict[Situation, list[Hint]] = {situation: [] for situation in Situation}
_BY_STATUS = {
    Status.READY: Situation.READY,
    Status.RUNNING: Situation.RUNNING,
    Status.PAUSED: Situation.PAUSED,
    Status.FINISHED: Situation.FINISHED,
    Status.CONVERGED: Situation.FINISHED,
    Status.DIVERGED: Situation.DIVERGED,
}


def situation_of(bench: Bench, scene: Scene, in_field: bool) -> Situation:
    """The situation; what is nearest to the hand goes first."""
    if in_field:
        return Situation.FIELD
    if bench.guessing:
        return Situation.GUESSING
    if bench.placing:
        return Situation.PLACING_IN_PLANE if bench.view == CONTOUR else Situation.PLACING
    if bench.view == SWEEP and scene.sweep is not None:
        return Situation.SWEEP
    if scene.cursor is not None:
        return Situation.PAST
    if bench.race and scene.goes_on:
        return Situation.RACE
    return _BY_STATUS[scene.newest.status]


def written(keys: str) -> str:
    """Keys as they are shown, of several one after the other."""
    return " ".join(format_key(key) for key in keys.split(","))


def _key(
    key: str,
    action: str,
    name: str,
    sentence: str,
    hints: Mapping[Situation, str] | None = None,
    display: str | None = None,
    priority: bool = False,
) -> Binding:
    """A key of the workbench, with the words for it in each situation in which it matters.

    The palette shows its name with the key itself, and the sentence, which stands alone.
    """
    for situation, words in (hints or {}).items():
        HINTS[situation].append(Hint(key.split(",")[0], display or key, words))
    return Binding(
        key, action, f"{name} ({written(key)})", show=False, priority=priority, tooltip=sentence
    )


_READY, _RUNNING, _PAUSED, _FINISHED, _DIVERGED, *_others = Situation
_PLACING, _IN_PLANE, _GUESSING, _PAST, _SWEEP, _RACE, _FIELD = _others
_RATE = dict.fromkeys((_READY, _RUNNING, _PAUSED, _FINISHED), "Learning rate")
_CARRY = dict.fromkeys((_PLACING, _IN_PLANE, _GUESSING), "Move")
_THROUGH_TIME = {**_CARRY, _PAST: "Through time", _SWEEP: "Pick a rate"}
_BACK = dict.fromkeys((_RUNNING, _PAUSED, _FINISHED, _DIVERGED), "Back")
_PACE = {_RUNNING: "Pace", _RACE: "Pace"}

# Each key, once, by what one wants to do: the last row, the help panel, the palette and the table
# in the README follow.
GROUPS: dict[str, list[Binding]] = {
    "Run": [
        _key(
            "space",
            "run",
            "Run/Pause",
            "run, or pause",
            {
                _READY: "Run",
                _RUNNING: "Pause",
                _PAUSED: "Go on",
                _FINISHED: "Again",
                _DIVERGED: "Again",
                _PLACING: "Run",
                _RACE: "Pause",
            },
        ),
        _key(
            "s",
            "bench('step')",
            "One step",
            "take one iteration",
            {_READY: "Step", _PAUSED: "Step"},
        ),
        _key(
            "f",
            "bench('finish')",
            "Finish",
            "run to the end at full speed",
            dict.fromkeys((_READY, _RUNNING, _PAUSED, _RACE), "Finish"),
        ),
        _key(
            "r",
            "bench('restart')",
            "Restart",
            "begin again from the start, as a new run",
            {_PAUSED: "Restart", _RACE: "Restart"},
        ),
        _key(
            "less_than_sign",
            "look('faster', False)",
            "Slower",
            "run slower; below 1 a second: the pace to watch at",
            _PACE,
            "<",
        ),
        _key(
            "greater_than_sign",
            "look('faster', True)",
            "Faster",
            "run faster, up to full speed",
            _PACE,
            ">",
        ),
    ],
    "Change the settings": [
        _key(
            "minus",
            "bench('rate', False)",
            "Lower the learning rate",
            "lower the learning rate along 1-2-5",
            {**_RATE, _DIVERGED: "Lower rate"},
            "-",
        ),
        _key(
            "plus,equals_sign",
            "bench('rate', True)",
            "Raise the learning rate",
            "raise the learning rate along 1-2-5",
            _RATE,
            "+",
        ),
        _key(
            "a",
            "bench('advised')",
            "Advised learning rate",
            "start again at half the limit of the learning rate",
            {_DIVERGED: "Advised rate"},
        ),
        _key("m", "bench('next_method')", "Method", "take the next method", {_READY: "Method"}),
        _key("b", "bench('toggle', 'bias')", "Bias", "train the bias, or hold it"),
        _key(
            "x",
            "bench('toggle', 'standardize')",
            "Standardize",
            "standardize the feature, or take it as it is",
        ),
        _key(
            "p",
            "bench('lift')",
            "Place the walker",
            "start elsewhere: arrows, enter, esc; or the mouse",
            dict.fromkeys((_READY, _FINISHED), "Place"),
        ),
        _key(
            "up",
            "bench('climb', 1)",
            "Up",
            "placing the walker: up in the contour",
            {_IN_PLANE: "Move"},
        ),
        _key(
            "down",
            "bench('climb', -1)",
            "Down",
            "placing the walker: down in the contour",
            {_IN_PLANE: "Move"},
        ),
    ],
    "Choose what is shown": [
        *(
            _key(str(number), f"look('choose', {name!r})", name, f"show the plot: {name}")
            for number, name in enumerate(VIEWS, 1)
        ),
        _key("z", "look('zoom')", "Zoom", "show only the chosen plot, or all that fit"),
        _key(
            "l",
            "look('next_scale')",
            "Scale of the loss",
            "draw the loss linear, log, log-log, above minimum",
        ),
        _key("v", "look('cut')", "Cut of the valley", "cut the valley along w, or along b"),
    ],
    "Go through time": [
        _key(
            "left",
            "bench('move', -1)",
            "Back in time",
            "look an iteration back; sweep: a lower rate",
            {**_THROUGH_TIME, **_BACK},
        ),
        _key(
            "right",
            "bench('move', 1)",
            "Forth in time",
            "look an iteration on, or step; sweep: higher rate",
            _THROUGH_TIME,
        ),
        _key("shift+left", "bench('move', -10)", "Ten iterations back", "look ten iterations back"),
        _key("shift+right", "bench('move', 10)", "Ten iterations forth", "look ten iterations on"),
        _key(
            "ctrl+left",
            "look('move_percent', False)",
            "A percent back",
            "look a percent of the run back",
        ),
        _key(
            "ctrl+right",
            "look('move_percent', True)",
            "A percent forth",
            "look a percent of the run on",
        ),
        _key("home", "start", "To the start", "look at the start of the run", {_PAST: "Start"}),
        _key(
            "end",
            "live",
            "To the end",
            "look at the newest iteration, and follow it",
            {_PAST: "Newest"},
        ),
        _key("g", "go", "Go to", "look at an iteration by its number", {_PAST: "Go to"}),
    ],
    "Try and compare": [
        _key(
            "w",
            "bench('begin_sweep')",
            "Try rates",
            "try some sixty learning rates in a sweep",
            dict.fromkeys((_READY, _FINISHED, _DIVERGED), "Try rates"),
        ),
        _key(
            "n",
            "bench('branch')",
            "Branch",
            "begin a new run here, with the panel's settings",
            {_PAST: "Branch"},
        ),
        _key(
            "t",
            "race",
            "Race",
            "race methods and runs: which is first?",
            {_READY: "Race", _FINISHED: "Race"},
        ),
        _key(
            "h",
            "runs",
            "Runs",
            "all runs in a table: look, sort, hide, name, delete",
            dict.fromkeys((_FINISHED, _DIVERGED, _RACE), "Runs"),
        ),
    ],
    "Learn": [
        _key(
            "L",
            "lessons",
            "Lessons",
            "lessons, with tasks that check themselves",
            {_READY: "Lessons"},
        ),
        _key(
            "y",
            "guess",
            "Your guess",
            "say before a run what it will do; it answers",
            {_READY: "Your guess"},
        ),
        _key(
            "left_square_bracket", "leaf(-1)", "Card before", "lesson: the card before", None, "["
        ),
        _key("right_square_bracket", "leaf(1)", "Next card", "lesson: the next card", None, "]"),
        _key("k", "card", "Whole card", "lesson: the whole card, over the plots"),
    ],
    "Take away": [
        _key(
            "e",
            "export",
            "Export",
            "write runs, plots or a script to new files",
            {_FINISHED: "Export"},
        ),
        _key(
            "c", "copy", "Copy the command", "copy the command that repeats this run, and show it"
        ),
    ],
    "Find one's way": [
        _key(
            "enter",
            "open",
            "Open or adopt",
            "lesson: go on; put the walker down; adopt; open",
            {
                _FIELD: "Take",
                _SWEEP: "Adopt",
                _PLACING: "Start here",
                _IN_PLANE: "Start here",
                _GUESSING: "Guess this",
            },
        ),
        _key(
            "escape",
            "escape",
            "Stop or close",
            "stop, leave help or lesson; all as it was",
            {
                _FIELD: "Cancel",
                _PLACING: "Put back",
                _IN_PLANE: "Put back",
                _GUESSING: "Guess nothing",
            },
            "esc",
        ),
        # With priority: the list of a select has no use for them, and fails without a height.
        _key("pageup", "log('page_up')", "Page up", "scroll log or help a page up", priority=True),
        _key(
            "pagedown",
            "log('page_down')",
            "Page down",
            "scroll log or help a page down",
            priority=True,
        ),
        _key(
            "i",
            "explain",
            "Explain",
            "explain marks, figures and settings in words",
            dict.fromkeys((_READY, _PAUSED, _FINISHED), "Explain"),
        ),
        _key("question_mark", "help", "Help", "show all keys, or hide them"),
        _key("ctrl+p", "app.command_palette", "Palette", "search every command, and the themes"),
        _key("q", "app.quit", "Quit", "leave gdtui"),
    ],
}
BINDINGS: list[BindingType] = [binding for group in GROUPS.values() for binding in group]

# Those of a number field itself.
HINTS[_FIELD] += [Hint("up", "↑", "Step"), Hint("down", "↓", "Step"), Hint("tab", "tab", "Next")]
# How one learns the rest, and leaves.
ALWAYS = [Hint("question_mark", "?", "Help"), Hint("q", "q", "Quit")]
