"""The panel of hyperparameters: a field, a switch or a select for each that there is."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Select, Switch

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.settings import Settings
from gdtui.ui.textual_fixes.select_page_keys import WithoutPageKeys

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

    def on_key(self, event: events.Key) -> None:
        """Let every other key through."""
        if event.is_printable and event.character not in SPELLS_A_NUMBER:
            event.prevent_default()

    def action_step(self, up: bool) -> None:
        """Ask for the next value up or down."""
        self.post_message(self.Stepped(up))


class Choice(WithoutPageKeys, inherit_bindings=False):
    """A select that leaves the space bar to the app, and the page keys to the log."""

    BINDINGS = [Binding("enter,up,down", "show_overlay", "Choose", show=False)]


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
            self.value = value

    class Left(Message):
        """The number is as it shall be: the focus may go."""

    def __init__(self, parameter: Hyperparameter, value: Value) -> None:
        super().__init__()
        self.parameter = parameter
        self._value = value
        # What escape brings back.
        self._stood = value
        self._reason: Label | None = None
        self._control = self._make_control(value)
        self._control.tooltip = Content(parameter.meaning)

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
        """Label and control side by side; below them the reason, once there is one."""
        with Horizontal():
            yield Label(self.parameter.label, classes="label", markup=False)
            yield self._control

    def on_descendant_focus(self) -> None:
        """Mark the label too; the style sheet would restyle the control alone."""
        self.add_class("-focused")

    def on_descendant_blur(self) -> None:
        """Mark the label no more."""
        self.remove_class("-focused")

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
        self._stood = self._value

    def set(self, value: Value) -> None:
        """Show and take another value."""
        self._value = self._stood = value
        self._explain("")
        self.remove_class("-pending")
        with self.prevent(Input.Changed, Select.Changed, Switch.Changed):
            if isinstance(self._control, NumberField):
                self._control.value = self.parameter.format(value)
            elif isinstance(self._control, Choice):
                self._control.value = str(value)
            else:
                self._control.value = bool(value)

    def cancel(self) -> None:
        """Let the number stand again, and be asked for, that stood here before it was edited."""
        if isinstance(self._control, NumberField):
            self.set(self._stood)
            self.post_message(self.Edited(self.parameter, self._value))

    def _explain(self, reason: str) -> None:
        if self._reason is None and reason:
            self.mount(reason_label := Label(classes="reason", markup=False))
            self._reason = reason_label
        if self._reason is not None:
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
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self._ask()
        # What is wrong is left to be put right.
        if not self._control.has_class("-wrong"):
            self.post_message(self.Left())

    @on(Input.Blurred)
    def _leave(self, event: Input.Blurred) -> None:
        event.stop()
        self._ask()

    def _ask(self) -> None:
        before = self._value
        self.enter()
        if self._value != before:
            self.post_message(self.Edited(self.parameter, self._value))

    @on(NumberField.Stepped)
    def _step(self, event: NumberField.Stepped) -> None:
        event.stop()
        stood = self._stood
        self.enter()
        self.set(self.parameter.stepped(float(self._value), event.up))
        self._stood = stood
        self.post_message(self.Edited(self.parameter, self._value))

    @on(Select.Changed)
    @on(Switch.Changed)
    def _choose(self, event: Select.Changed | Switch.Changed) -> None:
        event.stop()
        if event.value != self._value and isinstance(event.value, (bool, str)):
            self._value = event.value
            self.post_message(self.Edited(self.parameter, self._value))


class SettingsPanel(Vertical):
    """A field for every hyperparameter of the chosen method.

    Those of another one are made when it is first chosen, and hidden later.
    """

    class Asked(Message):
        """The user asks for another value of a hyperparameter."""

        def __init__(self, parameter: Hyperparameter, value: Value) -> None:
            super().__init__()
            self.parameter = parameter
            self.value = value

    def __init__(self, settings: Settings) -> None:
        super().__init__(id="settings")
        self.border_title = "Hyperparameters"
        self._settings = settings
        self._fields = {p: Field(p, settings[p]) for p in settings.hyperparameters}

    def compose(self) -> ComposeResult:
        """The fields in the order of their declaration; neighbouring switches may share a row."""
        fields = self._fields.values()
        for are_switches, group in groupby(fields, lambda field: isinstance(field.value, bool)):
            if are_switches:
                yield Container(*group, classes="switches")
            else:
                yield from group

    def show(self, settings: Settings) -> None:
        """Show these settings; what is typed in a field stays, where its value is as it was."""
        if settings == self._settings and not self._is_ahead:
            return
        self._settings = settings
        self._make_missing()
        shown = settings.hyperparameters
        for parameter in shown:
            if self._fields[parameter].value != settings[parameter]:
                self._fields[parameter].set(settings[parameter])
        for parameter, field in self._fields.items():
            field.display = parameter in shown

    def _make_missing(self) -> None:
        """Make the fields of the method that are not there, in the order of its declaration."""
        following: Field | None = None
        for parameter in reversed(self._settings.chosen_method.hyperparameters):
            if parameter not in self._fields:
                self._fields[parameter] = field = Field(parameter, self._settings[parameter])
                self.mount(field, before=following)
            following = self._fields[parameter]

    @property
    def _is_ahead(self) -> bool:
        """Whether a field has a value that nobody has taken."""
        shown = self._settings
        return any(self._fields[p].value != shown[p] for p in shown.hyperparameters)

    def entered(self) -> list[tuple[Hyperparameter, Value]]:
        """What is typed in any field and has not been asked for yet, as the enter key would."""
        shown = self._settings
        for parameter in shown.hyperparameters:
            self._fields[parameter].enter()
        fields = ((p, self._fields[p].value) for p in shown.hyperparameters)
        return [(parameter, value) for parameter, value in fields if value != shown[parameter]]

    def cancel(self) -> None:
        """Bring back what stood in the field that has the focus."""
        for field in self._fields.values():
            if field.has_focus_within:
                field.cancel()

    @on(Field.Edited)
    def _ask(self, event: Field.Edited) -> None:
        event.stop()
        self.post_message(self.Asked(event.parameter, event.value))
