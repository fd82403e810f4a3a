"""The panel of hyperparameters: a field, a switch or a select for each that there is."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, Select, Switch
from textual.widgets._select import SelectOverlay

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.methods import METHODS
from gdtui.core.settings import SHARED, Settings

SPELLS_A_NUMBER = frozenset("0123456789.+-eE")


class NumberField(Input):
    """A number: takes what spells one, and lets every other key through to the app."""

    BINDINGS = [
        Binding("up", "step(True)", "Next value up", show=False),
        Binding("down", "step(False)", "Next value down", show=False),
    ]

    class Stepped(Message):
        """An arrow asks for the next value."""

        def __init__(self, up: bool) -> None:
            super().__init__()
            self.up = up

    def __init__(self, value: str) -> None:
        super().__init__(value, compact=True, restrict=r"[0-9.eE+\-]*")
        self.cursor_blink = False

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed into the field."""
        return character is not None and character in SPELLS_A_NUMBER

    async def _on_key(self, event: events.Key) -> None:
        if event.is_printable and event.character not in SPELLS_A_NUMBER:
            event.prevent_default()

    def action_step(self, up: bool) -> None:
        """Ask for the next value up or down."""
        self.post_message(self.Stepped(up))


class Choice(Select[str], inherit_bindings=False):
    """A select that leaves the space bar to the app."""

    BINDINGS = [Binding("enter,up,down", "show_overlay", "Choose", show=False)]

    def on_mount(self) -> None:
        """Take the page keys, which are the log's, from a list that fails where it has no height.

        As the command palette closes, a key pressed in it may find its way there.
        """
        for key in ("pageup", "pagedown"):
            del self.query_one(SelectOverlay)._bindings.key_to_bindings[key]


class Toggle(Switch, inherit_bindings=False):
    """A switch of one row that leaves the space bar to the app."""

    BINDINGS = [Binding("enter", "toggle_switch", "Toggle", show=False)]

    def render(self) -> str:
        """The state in words: a slider of one row says too little."""
        return "● on" if self.value else "○ off"


class Field(Vertical):
    """One hyperparameter: its label, its control, and what is wrong with what was typed."""

    class Edited(Message):
        """The user set another value."""

    def __init__(self, parameter: Hyperparameter, value: Value) -> None:
        super().__init__()
        self.parameter = parameter
        self._value = value
        self._reason = Label(classes="reason", markup=False)
        self._control = self._make_control(value)
        self._control.tooltip = parameter.help

    def _make_control(self, value: Value) -> NumberField | Choice | Toggle:
        if isinstance(value, bool):
            return Toggle(value, animate=False)
        if isinstance(value, str):
            options = [(choice.name, key) for key, choice in self.parameter.choices.items()]
            return Choice(
                options, value=value, allow_blank=False, compact=True, type_to_search=False
            )
        return NumberField(self.parameter.format(value))

    def compose(self) -> ComposeResult:
        """Label and control side by side, the reason below."""
        with Horizontal():
            yield Label(self.parameter.label, classes="label", markup=False)
            yield self._control
        yield self._reason

    @property
    def value(self) -> Value:
        """The last good value that was entered."""
        return self._value

    def enter(self) -> None:
        """Take what is typed as the value, if it is good."""
        if isinstance(self._control, NumberField):
            with suppress(ValueError):
                self._value = self.parameter.parse(self._control.value)
                self.remove_class("-pending")

    def set(self, value: Value) -> None:
        """Show and take another value."""
        self._value = value
        self._explain("")
        self.remove_class("-pending")
        with self.prevent(Input.Changed, Select.Changed, Switch.Changed):
            if isinstance(self._control, NumberField):
                self._control.value = self.parameter.format(value)
            elif isinstance(self._control, Choice):
                self._control.value = str(value)
            else:
                self._control.value = bool(value)

    def _explain(self, reason: str) -> None:
        self._reason.update(reason)
        self._reason.display = bool(reason)
        self._control.set_class(bool(reason), "-wrong")

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        event.stop()
        try:
            typed = self.parameter.parse(event.value)
        except ValueError as reason:
            self._explain(f"{reason}; {self.parameter.format(self._value)} stays")
            return
        self._explain("")
        self.set_class(typed != self._value, "-pending")

    @on(Input.Submitted)
    @on(Input.Blurred)
    def _enter(self, event: Input.Submitted | Input.Blurred) -> None:
        event.stop()
        self.enter()
        self.post_message(self.Edited())

    @on(NumberField.Stepped)
    def _step(self, event: NumberField.Stepped) -> None:
        event.stop()
        self.enter()
        self.set(self.parameter.stepped(float(self._value), event.up))
        self.post_message(self.Edited())

    @on(Select.Changed)
    @on(Switch.Changed)
    def _choose(self, event: Select.Changed | Switch.Changed) -> None:
        event.stop()
        if event.value != self._value and isinstance(event.value, (bool, str)):
            self._value = event.value
            self.post_message(self.Edited())


class SettingsPanel(Vertical):
    """A field for every hyperparameter; those of other methods than the chosen one are hidden."""

    class Changed(Message):
        """The settings of the panel are others now."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(id="settings")
        self.border_title = "Hyperparameters"
        self._settings = settings
        own = (parameter for method in METHODS.values() for parameter in method.hyperparameters)
        self._fields = {p: Field(p, settings[p]) for p in dict.fromkeys((*SHARED, *own))}

    def compose(self) -> ComposeResult:
        """The fields in the order of their declaration; neighbouring switches may share a row."""
        fields = self._fields.values()
        for are_switches, group in groupby(fields, lambda field: isinstance(field.value, bool)):
            if are_switches:
                yield Container(*group, classes="switches")
            else:
                yield from group

    def on_mount(self) -> None:
        """Show the fields of the chosen method."""
        self._show_own()

    @property
    def settings(self) -> Settings:
        """What the fields say, each by the last good value that was entered."""
        settings = self._settings
        for parameter, field in self._fields.items():
            if parameter in settings.hyperparameters:
                settings = settings.change(parameter, field.value)
        return settings

    def enter(self) -> None:
        """Take what is typed in any field, as the enter key would."""
        for field in self._fields.values():
            field.enter()

    def change(self, parameter: Hyperparameter, value: Value) -> None:
        """Set one value, as if the user had."""
        self._fields[parameter].set(value)
        self._show_own()

    def adopt(self, settings: Settings) -> None:
        """Show other settings."""
        self._settings = settings
        for parameter, field in self._fields.items():
            field.set(settings[parameter])
        self._show_own()

    def _show_own(self) -> None:
        shown = self.settings.hyperparameters
        for parameter, field in self._fields.items():
            field.display = parameter in shown

    @on(Field.Edited)
    def _tell(self, event: Field.Edited) -> None:
        event.stop()
        self._show_own()
        self.post_message(self.Changed())
