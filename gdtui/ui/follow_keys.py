"""The keys of the screen that follows programs, each declared once, and what its last row says."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from gdtui.ui.keys import Hint, written

# Programs that a key chooses.
CHOSEN_BY_KEY = 9
FOLLOW_NOTE = """\
The losses are read from the lines of the program as it prints them; up and down scroll them, a \
click on one looks at its loss. What needs the surface that is descended, such as the valley, is \
not to be had of another program."""
# Offered in the last row.
HINTS_OF_FOLLOWING = [
    Hint("l", "l", "Scale"),
    Hint("left", "left", "Back"),
    Hint("z", "z", "Zoom"),
    Hint("e", "e", "Export"),
]
HINTS_OF_PAST = [
    Hint("left", "left", "Through time"),
    Hint("right", "right", "Through time"),
    Hint("home", "home", "Start"),
    Hint("end", "end", "Newest"),
    Hint("g", "g", "Go to"),
]


def _key(key: str, action: str, name: str, sentence: str, priority: bool = False) -> Binding:
    words = f"{name} ({written(key)})"
    return Binding(key, action, words, show=False, priority=priority, tooltip=sentence)


FOLLOW_KEYS: dict[str, list[Binding]] = {
    "Choose what is shown": [
        *(
            _key(str(n), f"choose({n - 1})", f"Program {n}", f"show the losses of program {n}")
            for n in range(1, CHOSEN_BY_KEY + 1)
        ),
        _key("l", "next_scale", "Scale of the loss", "draw it linear, log, log-log, above lowest"),
        _key("z", "zoom", "Zoom", "show only the plot, or the lines as well"),
    ],
    "Go through time": [
        _key("left", "move(-1)", "Back in time", "look a loss back"),
        _key("right", "move(1)", "Forth in time", "look a loss on"),
        _key("shift+left", "move(-10)", "Ten losses back", "look ten losses back"),
        _key("shift+right", "move(10)", "Ten losses forth", "look ten losses on"),
        _key("ctrl+left", "move_percent(-1)", "A percent back", "look a percent back"),
        _key("ctrl+right", "move_percent(1)", "A percent forth", "look a percent on"),
        _key("home", "start", "To the start", "look at the first loss"),
        _key("end", "live", "To the end", "look at the newest loss, and follow it"),
        _key("g", "go", "Go to", "look at an iteration by its number"),
        _key("n", "broken", "No number", "look at the first loss that is no finite number"),
    ],
    "Take away": [_key("e", "export", "Export", "write the losses or the plot to a new file")],
    "Find one's way": [
        _key("pageup", "log('page_up')", "Page up", "scroll lines or help a page up", True),
        _key("pagedown", "log('page_down')", "Page down", "scroll lines or help a page down", True),
        _key("escape", "escape", "Close", "leave the help, stop the export"),
        _key("question_mark", "help", "Help", "show all keys, or hide them"),
        _key("ctrl+p", "app.command_palette", "Palette", "search every command, and the themes"),
        _key("q", "app.quit", "Quit", "leave gdtui"),
    ],
}
FOLLOW_BINDINGS: list[BindingType] = [key for group in FOLLOW_KEYS.values() for key in group]
