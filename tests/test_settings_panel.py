"""The panel of hyperparameters, by itself: for every one that there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from support.strategies import another
from textual import events, on
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Input

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.methods import METHODS
from gdtui.core.settings import LEARNING_RATE, METHOD, SHARED, Settings
from gdtui.ui.widgets.settings_panel import Choice, Field, NumberField, SettingsPanel, Toggle

NUMBERS = [p for p in SHARED if not isinstance(p.default, (bool, str))]
SWITCHES = [p for p in SHARED if isinstance(p.default, bool)]


class PanelApp(App[None]):
    """In the place of the bench: it wants what it is asked for."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.wanted = settings
        self.told = 0

    def compose(self) -> ComposeResult:
        yield SettingsPanel(self.wanted)
        yield Input(id="elsewhere")

    @on(SettingsPanel.Asked)
    def _want(self, event: SettingsPanel.Asked) -> None:
        self.told += 1
        # A field that is hidden while it has the focus still enters what is in it.
        if event.parameter in self.wanted.hyperparameters:
            self.want(event.parameter, event.value)

    def want(self, parameter: Hyperparameter, value: Value) -> None:
        self.wanted = self.wanted.change(parameter, value)
        self.query_one(SettingsPanel).show(self.wanted)


class Desk:
    """A panel on screen, and the words that the tests use for it."""

    def __init__(self, app: PanelApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.panel = app.query_one(SettingsPanel)

    @property
    def wanted(self) -> Settings:
        return self.app.wanted

    def field(self, parameter: Hyperparameter) -> Field:
        return next(f for f in self.panel.query(Field) if f.parameter == parameter)

    def control(self, parameter: Hyperparameter) -> NumberField | Choice | Toggle:
        control = self.field(parameter).query_one("NumberField, Choice, Toggle")
        assert isinstance(control, NumberField | Choice | Toggle)
        return control

    def number(self, parameter: Hyperparameter) -> NumberField:
        return self.field(parameter).query_one(NumberField)

    def reason(self, parameter: Hyperparameter) -> str:
        labels = self.field(parameter).query(".reason")
        return "".join(str(label.render()) for label in labels if label.display)

    async def type(self, parameter: Hyperparameter, text: str) -> None:
        """Replace what is in a number field, and do not enter it."""
        self.number(parameter).focus()
        await self.pilot.pause()
        self.number(parameter).value = ""
        await self.pilot.press(*text)


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncIterator[Desk]:
    app = PanelApp(settings or Settings())
    async with app.run_test(size=(60, 40)) as pilot:
        yield Desk(app, pilot)


async def test_there_is_a_control_for_every_hyperparameter_with_its_value() -> None:
    settings = Settings(lr=0.25, bias=True, w_start=-3, method="search")
    async with opened(settings) as desk:
        assert [f.parameter for f in desk.panel.query(Field)][: len(SHARED)] == list(SHARED)
        for parameter in SHARED:
            control = desk.control(parameter)
            assert control.tooltip == Content(parameter.meaning)
            shown = control.value
            assert shown == settings[parameter] or shown == parameter.format(settings[parameter])
        assert not desk.panel.entered()


async def test_the_arrows_step_every_value_and_ask() -> None:
    async with opened() as desk:
        for parameter in NUMBERS:
            desk.number(parameter).focus()
            await desk.pilot.pause()
            value = float(parameter.default)
            for key, up in (("up", True), ("up", True), ("down", False)):
                before = desk.app.told
                await desk.pilot.press(key)
                value = float(parameter.stepped(value, up))
                now = desk.wanted[parameter]
                assert (parameter.name, now) == (parameter.name, value)
                assert desk.number(parameter).value == parameter.format(now)
                assert desk.app.told == before + 1


async def test_the_arrows_stop_at_the_bounds() -> None:
    async with opened() as desk:
        for parameter in NUMBERS:
            for key, bound in (("up", parameter.high), ("down", parameter.low)):
                desk.app.want(parameter, bound)
                desk.number(parameter).focus()
                await desk.pilot.press(key)
                assert (parameter.name, desk.wanted[parameter]) == (parameter.name, bound)
                assert not desk.reason(parameter)


def wrong_texts(parameter: Hyperparameter) -> list[str]:
    fraction = ["1.5"] if isinstance(parameter.default, int) else []
    return ["", "e", "1e", "--1", "1e999", f"{parameter.high * 10:g}", "1.2.3", *fraction]


@pytest.mark.long
async def test_a_wrong_text_shows_its_reason_and_keeps_the_last_good_value() -> None:
    async with opened() as desk:
        for parameter in NUMBERS:
            for text in wrong_texts(parameter):
                with pytest.raises(ValueError, match=r".") as reason:
                    parameter.parse(text)
                desk.number(parameter).value = text
                await desk.pilot.pause()
                stays = f"{parameter.format(parameter.default)} stays"
                assert desk.reason(parameter) == f"{reason.value}; {stays}"
                assert desk.number(parameter).has_class("-wrong")
                assert not desk.panel.entered()
            await desk.type(parameter, "7")
            assert not desk.reason(parameter)
            assert not desk.number(parameter).has_class("-wrong")
            assert desk.panel.entered() == [(parameter, 7)]
            desk.panel.show(desk.wanted)


async def test_what_is_typed_is_marked_and_does_not_count_before_it_is_entered() -> None:
    async with opened() as desk:
        for parameter, take in zip(NUMBERS * 2, ["enter", "tab", "entered()"] * 4, strict=False):
            await desk.type(parameter, "5")
            assert desk.wanted == Settings()
            assert desk.field(parameter).has_class("-pending")
            told = desk.app.told
            if take == "entered()":
                ((asked, value),) = desk.panel.entered()
                desk.app.want(asked, value)
            else:
                await desk.pilot.press(take)
                assert desk.app.told > told
            assert desk.wanted == Settings().change(parameter, 5)
            assert not desk.panel.entered()
            assert not desk.field(parameter).has_class("-pending")
            desk.app.want(parameter, parameter.default)
            assert desk.number(parameter).value == parameter.format(parameter.default)


async def test_a_value_typed_back_is_no_longer_marked() -> None:
    async with opened() as desk:
        await desk.type(LEARNING_RATE, "0.01")
        assert desk.field(LEARNING_RATE).has_class("-pending")
        await desk.type(LEARNING_RATE, "1e-3")
        assert not desk.field(LEARNING_RATE).has_class("-pending")


@pytest.mark.long
async def test_letters_can_be_neither_typed_nor_pasted() -> None:
    async with opened() as desk:
        for parameter in NUMBERS:
            number = desk.number(parameter)
            await desk.type(parameter, "1xz\u0663")
            assert number.value == "1"
            for pasted, value in (("rm -rf", "1"), ("[b]2[/b]", "1"), ("34", "134")):
                number.post_message(events.Paste(pasted))
                await desk.pilot.pause()
                assert number.value == value


async def test_an_arrow_steps_from_what_is_typed() -> None:
    async with opened() as desk:
        await desk.type(LEARNING_RATE, "0.3")
        await desk.pilot.press("up")
        assert desk.wanted.lr == 0.5


async def test_enter_and_a_click_switch() -> None:
    async with opened() as desk:
        for parameter in SWITCHES:
            toggle, told = desk.control(parameter), desk.app.told
            toggle.focus()
            await desk.pilot.press("enter")
            assert (parameter.name, desk.wanted[parameter]) == (parameter.name, True)
            assert toggle.render() == "● on"
            await desk.pilot.click(toggle)
            assert (parameter.name, desk.wanted[parameter]) == (parameter.name, False)
            assert toggle.render() == "○ off"
            assert desk.app.told == told + 2


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("parameter", [p for p in SHARED if isinstance(p.default, str)],
                         ids=lambda p: p.name)  # fmt: skip
async def test_every_choice_can_be_chosen(parameter: Hyperparameter) -> None:
    async with opened() as desk:
        for number, value in enumerate(parameter.choices, 1):
            desk.control(parameter).focus()
            await desk.pilot.press("enter", "home", *["down"] * (number - 1), "enter")
            assert desk.wanted[parameter] == value
            shown = {f.parameter for f in desk.panel.query(Field) if f.display}
            assert shown == set(desk.wanted.hyperparameters)


async def test_what_is_shown_from_outside_asks_for_nothing() -> None:
    changes: dict[str, Value] = {"method": "search", "lr": 0.5, "bias": True, "w_start": -2.0}
    async with opened() as desk:
        await desk.type(LEARNING_RATE, "1e")
        desk.panel.show(Settings().replace(**changes))
        await desk.pilot.pause()
        assert not desk.reason(LEARNING_RATE)
        for parameter in SHARED:
            if parameter.name in changes:
                value = changes[parameter.name]
                assert desk.control(parameter).value in (value, parameter.format(value))
        assert desk.app.told == 0


async def test_what_is_typed_stays_while_its_value_is_shown_again() -> None:
    async with opened() as desk:
        await desk.type(LEARNING_RATE, "0.3")
        desk.panel.show(Settings())
        desk.panel.show(Settings(bias=True))
        assert desk.number(LEARNING_RATE).value == "0.3"
        assert desk.panel.entered() == [(LEARNING_RATE, 0.3)]


async def test_what_was_asked_for_in_vain_is_taken_back() -> None:
    async with opened() as desk:
        await desk.type(LEARNING_RATE, "0.3")
        assert desk.panel.entered()
        desk.panel.show(Settings())
        assert desk.number(LEARNING_RATE).value == "0.001"


async def test_fields_of_one_name_belong_to_their_own_methods() -> None:
    of_adagrad, of_adam = (METHODS[key].hyperparameters[-1] for key in ("adagrad", "adam"))
    async with opened(Settings(method="adagrad", eps=0.5)) as desk:
        assert desk.number(of_adagrad).value == "0.5"
        desk.app.want(METHOD, "adam")
        await desk.pilot.pause()
        assert desk.number(of_adam).value == "1e-08"
        assert desk.field(of_adam).display
        assert not desk.field(of_adagrad).display
        await desk.type(of_adam, "0.25")
        await desk.pilot.press("enter")
        assert dict(desk.wanted.own) == {"beta1": 0.9, "beta2": 0.999, "eps": 0.25}
        assert desk.number(of_adagrad).value == "0.5"


async def test_every_own_hyperparameter_has_a_field_that_the_arrows_step() -> None:
    async with opened() as desk:
        for key, method in METHODS.items():
            desk.app.wanted = Settings(method=key)
            desk.panel.show(desk.wanted)
            await desk.pilot.pause()
            shown = (field.parameter for field in desk.panel.query(Field) if field.display)
            assert tuple(shown) == desk.wanted.hyperparameters
            for parameter in method.hyperparameters:
                desk.number(parameter).focus()
                await desk.pilot.press("up")
                now = desk.wanted[parameter]
                assert (key, parameter.name, now) == (key, parameter.name, another(parameter))


async def test_what_stood_in_a_field_comes_back() -> None:
    async with opened() as desk:
        for keys in (["5"], ["e"], ["up"], ["7", "up", "up"], ["up", "e"]):
            for parameter in NUMBERS:
                desk.number(parameter).focus()
                await desk.pilot.pause()
                await desk.pilot.press(*keys)
                desk.panel.cancel()
                await desk.pilot.pause()
                assert desk.number(parameter).value == parameter.format(parameter.default)
                assert not desk.reason(parameter)
                assert desk.wanted == Settings()
                assert not desk.panel.entered()
        # What a command has taken stands.
        await desk.type(LEARNING_RATE, "0.3")
        desk.app.want(*desk.panel.entered()[0])
        await desk.pilot.press("up")
        desk.panel.cancel()
        await desk.pilot.pause()
        assert desk.wanted.lr == 0.3
