"""The panel of hyperparameters, by itself: for every one that there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from support.strategies import another
from textual import events, on
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.methods import METHODS, Method
from gdtui.core.settings import SHARED, Settings
from gdtui.ui.widgets.settings_panel import Choice, Field, NumberField, SettingsPanel, Toggle

NUMBERS = [p for p in SHARED if not isinstance(p.default, (bool, str))]
BY_NAME = {p.name: p for p in SHARED}


class PanelApp(App[None]):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.told = 0

    def compose(self) -> ComposeResult:
        yield SettingsPanel(self._settings)
        yield Input(id="elsewhere")

    @on(SettingsPanel.Changed)
    def _count(self) -> None:
        self.told += 1


class Desk:
    """A panel on screen, and the words that the tests use for it."""

    def __init__(self, app: PanelApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.panel = app.query_one(SettingsPanel)

    def field(self, parameter: Hyperparameter) -> Field:
        return next(f for f in self.panel.query(Field) if f.parameter == parameter)

    def number(self, parameter: Hyperparameter) -> NumberField:
        return self.field(parameter).query_one(NumberField)

    def reason(self, parameter: Hyperparameter) -> str:
        label = self.field(parameter).query_one(".reason")
        return str(label.render()) if label.display else ""

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
            field = desk.field(parameter)
            control = field.query_one("NumberField, Toggle, Choice")
            assert control.tooltip == parameter.help
            assert isinstance(control, (NumberField, Choice, Toggle))
            shown = control.value
            assert shown == settings[parameter] or shown == parameter.format(settings[parameter])
        assert desk.panel.settings == settings


async def test_the_arrows_step_every_value_and_tell() -> None:
    async with opened() as desk:
        for parameter in NUMBERS:
            desk.number(parameter).focus()
            await desk.pilot.pause()
            value = float(parameter.default)
            for key, up in (("up", True), ("up", True), ("down", False)):
                before = desk.app.told
                await desk.pilot.press(key)
                value = float(parameter.stepped(value, up))
                now = desk.panel.settings[parameter]
                assert (parameter.name, now) == (parameter.name, value)
                assert desk.number(parameter).value == parameter.format(now)
                assert desk.app.told == before + 1


async def test_the_arrows_stop_at_the_bounds() -> None:
    async with opened() as desk:
        for parameter in NUMBERS:
            for key, bound in (("up", parameter.high), ("down", parameter.low)):
                desk.panel.change(parameter, bound)
                desk.number(parameter).focus()
                await desk.pilot.press(key)
                assert (parameter.name, desk.panel.settings[parameter]) == (parameter.name, bound)
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
                desk.panel.enter()
                assert desk.panel.settings == Settings()
            await desk.type(parameter, "7")
            assert not desk.reason(parameter)
            assert not desk.number(parameter).has_class("-wrong")
            desk.panel.change(parameter, parameter.default)


async def test_what_is_typed_is_marked_and_does_not_count_before_it_is_entered() -> None:
    async with opened() as desk:
        for parameter, take in zip(NUMBERS * 2, ["enter", "tab", "enter()"] * 4, strict=False):
            await desk.type(parameter, "5")
            assert desk.panel.settings == Settings()
            assert desk.field(parameter).has_class("-pending")
            told = desk.app.told
            if take == "enter()":
                desk.panel.enter()
            else:
                await desk.pilot.press(take)
                assert desk.app.told > told
            assert desk.panel.settings == Settings().change(parameter, 5)
            assert not desk.field(parameter).has_class("-pending")
            desk.panel.change(parameter, parameter.default)
            assert desk.panel.settings == Settings()


async def test_a_value_typed_back_is_no_longer_marked() -> None:
    parameter = BY_NAME["lr"]
    async with opened() as desk:
        await desk.type(parameter, "0.01")
        assert desk.field(parameter).has_class("-pending")
        await desk.type(parameter, "1e-3")
        assert not desk.field(parameter).has_class("-pending")


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
    parameter = BY_NAME["lr"]
    async with opened() as desk:
        await desk.type(parameter, "0.3")
        await desk.pilot.press("up")
        assert desk.panel.settings.lr == 0.5


@pytest.mark.parametrize("parameter", [p for p in SHARED if isinstance(p.default, bool)],
                         ids=lambda p: p.name)  # fmt: skip
async def test_enter_and_a_click_switch(parameter: Hyperparameter) -> None:
    async with opened() as desk:
        toggle = desk.field(parameter).query_one(Toggle)
        toggle.focus()
        await desk.pilot.press("enter")
        assert desk.panel.settings[parameter] is True
        assert toggle.render() == "● on"
        await desk.pilot.click(toggle)
        assert desk.panel.settings[parameter] is False
        assert toggle.render() == "○ off"
        assert desk.app.told == 2


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("parameter", [p for p in SHARED if isinstance(p.default, str)],
                         ids=lambda p: p.name)  # fmt: skip
async def test_every_choice_can_be_chosen(parameter: Hyperparameter) -> None:
    async with opened() as desk:
        for number, value in enumerate(parameter.choices, 1):
            desk.field(parameter).query_one(Choice).focus()
            await desk.pilot.press("enter", "home", *["down"] * (number - 1), "enter")
            assert desk.panel.settings[parameter] == value
            shown = {f.parameter for f in desk.panel.query(Field) if f.display}
            assert shown == set(desk.panel.settings.hyperparameters)


async def test_a_change_from_outside_shows_and_tells_nobody() -> None:
    changes: dict[str, Value] = {"method": "search", "lr": 0.5, "bias": True, "w_start": -2.0}
    async with opened() as desk:
        await desk.type(BY_NAME["lr"], "1e")
        for name, value in changes.items():
            desk.panel.change(BY_NAME[name], value)
        await desk.pilot.pause()
        assert not desk.reason(BY_NAME["lr"])
        assert desk.panel.settings == Settings(method="search", lr=0.5, bias=True, w_start=-2.0)
        assert desk.number(BY_NAME["lr"]).value == "0.5"
        assert desk.field(BY_NAME["bias"]).query_one(Toggle).value is True
        assert desk.field(BY_NAME["method"]).query_one(Choice).value == "search"
        assert desk.app.told == 0


async def test_fields_of_one_name_belong_to_their_own_methods() -> None:
    begin = Settings(method="adagrad", own={"eps": 0.5})
    of_adagrad, of_adam = (METHODS[key].hyperparameters[-1] for key in ("adagrad", "adam"))
    async with opened(begin) as desk:
        assert desk.number(of_adagrad).value == "0.5"
        assert desk.number(of_adam).value == "1e-08"
        desk.panel.change(BY_NAME["method"], "adam")
        assert desk.field(of_adam).display
        assert not desk.field(of_adagrad).display
        await desk.type(of_adam, "0.25")
        await desk.pilot.press("enter")
        assert desk.panel.settings.own == {"beta1": 0.9, "beta2": 0.999, "eps": 0.25}
        desk.panel.change(BY_NAME["method"], "adagrad")
        assert desk.panel.settings == begin


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
async def test_every_own_hyperparameter_has_a_field_that_the_arrows_step(method: Method) -> None:
    async with opened(Settings(method=method.key)) as desk:
        for parameter in method.hyperparameters:
            assert desk.field(parameter).display
            desk.number(parameter).focus()
            await desk.pilot.press("up")
            assert desk.panel.settings[parameter] == another(parameter)
