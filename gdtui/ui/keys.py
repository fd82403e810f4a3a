"""The keys of the workbench, each declared once.

`bench('...')` is a command of the bench, and takes what is typed in the panel along; `look('...')`
is one that leaves it alone. What opens a dialog is an action of the workbench itself.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

from gdtui.ui.views import VIEWS

_GROUPS: dict[str, Binding.Group] = {}


def _key(
    key: str,
    action: str,
    description: str,
    tooltip: str,
    display: str | None = None,
    group: str | None = None,
    priority: bool = False,
) -> Binding:
    """A key of the workbench; those with a place in the footer have a display or a group."""
    together = _GROUPS.setdefault(group, Binding.Group(group)) if group else None
    show = display is not None
    return Binding(
        key,
        action,
        description,
        show=show,
        key_display=display,
        priority=priority,
        tooltip=tooltip,
        group=together,
    )


# Each key, once: the footer, the help panel, the palette and the README's table follow.
BINDINGS: list[BindingType] = [
    _key("space", "run", "Run/Pause", "run, or pause", "space"),
    _key("s", "bench('step')", "Step", "one iteration", "s"),
    _key("f", "bench('finish')", "Finish", "run to the end at full speed"),
    _key("r", "bench('restart')", "Restart", "back to the start, as a new run", "r"),
    _key(
        "minus",
        "bench('rate', False)",
        "Lower lr",
        "learning rate down 1-2-5",
        "-",
        "Learning rate",
    ),
    _key("plus,equals_sign", "bench('rate', True)", "Raise lr", "and up", "+", "Learning rate"),
    _key("less_than_sign", "look('faster', False)", "Slower", "fewer iterations a second"),
    _key("greater_than_sign", "look('faster', True)", "Faster", "more of them, up to full speed"),
    _key("a", "bench('advised')", "Advised lr", "start again at half the critical learning rate"),
    _key("b", "bench('toggle', 'bias')", "Bias", "train the bias, or hold it"),
    _key("m", "bench('next_method')", "Method", "the next method"),
    _key(
        "x",
        "bench('toggle', 'standardize')",
        "Standardize",
        "scale the feature, or take it as it is",
    ),
    _key("l", "look('next_scale')", "Scale", "loss: linear, log, log-log, or above the minimum"),
    _key("v", "look('cut')", "Cut", "valley along w, or along b"),
    _key("w", "bench('begin_sweep')", "Try rates", "run with some sixty learning rates"),
    *(
        # In the footer one entry stands for all of them.
        _key(
            str(number),
            f"look('choose', {name!r})",
            "Plot" if number == 1 else name,
            f"plot: {name}",
            f"1-{len(VIEWS)}" if number == 1 else None,
        )
        for number, name in enumerate(VIEWS, 1)
    ),
    _key("z", "look('zoom')", "Zoom", "only the chosen plot, or all"),
    _key("left", "bench('move', -1)", "Back", "look an iteration back; sweep: a lower rate"),
    _key(
        "right", "bench('move', 1)", "Forth", "and forth, at the end a step; sweep: a higher rate"
    ),
    _key("shift+left", "bench('move', -10)", "Ten back", "look ten iterations back"),
    _key("shift+right", "bench('move', 10)", "Ten forth", "and forth"),
    _key(
        "ctrl+left", "look('move_percent', False)", "Percent back", "look a percent of the run back"
    ),
    _key("ctrl+right", "look('move_percent', True)", "Percent forth", "and forth"),
    _key("home", "start", "To the start", "look at the start of the run"),
    _key("end", "live", "To the end", "look at the newest iteration, and follow it"),
    _key("g", "go", "Go to", "look at an iteration by its number"),
    _key("n", "bench('branch')", "Branch", "a new run from here, with the settings of the panel"),
    _key("h", "runs", "Runs", "all runs in a table: look, sort, hide, name, delete"),
    _key("t", "race", "Race", "methods and runs start together: which is first?"),
    _key("e", "export", "Export", "runs, plots or a script as new files"),
    _key("c", "copy", "Copy", "copy the command that repeats this run, and show it"),
    _key("enter", "open", "Open", "adopt the rate picked; open this step's examples"),
    _key(
        "escape",
        "escape",
        "Escape",
        "stop sweep or export; leave help; a field as it was",
    ),
    # With priority: the list of a select has no use for them, and fails where it has no height.
    _key("pageup", "log('page_up')", "Page up", "log: a page up", priority=True),
    _key("pagedown", "log('page_down')", "Page down", "log: a page down", priority=True),
    _key("question_mark", "help", "Help", "these keys, or hide them", "?"),
    _key("ctrl+p", "app.command_palette", "Palette", "every command, and the themes"),
    _key("q", "app.quit", "Quit", "leave gdtui", "q"),
]
