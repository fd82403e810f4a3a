"""What a hyperparameter is: its default, its bounds, and how its text is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from gdtui.core.ladder import rung_above, rung_below
from gdtui.core.printable import printable

Value = float | int | bool | str

_TRUE, _FALSE = ("on", "yes", "true", "1"), ("off", "no", "false", "0")


def _shown(value: Value) -> str:
    """What was given, harmlessly and in few words."""
    return printable(repr(value))


def _spelled(number: float) -> str:
    """The shortest digits that are this number and no other."""
    return repr(float(number)).removesuffix(".0")


class Named(Protocol):
    """What can be chosen: it has a name to show."""

    @property
    def name(self) -> str:
        """The name, in full."""


class Hyperparameter(NamedTuple):
    """One number, switch or choice that a user sets; its type is that of its default.

    `help` says in a few words what it is, `meaning` in whole sentences what it does, and what comes
    of too little of it or too much.
    `tunable` ones may change within a run; a change of any other begins a new run. Those with
    `ladder` step along 1-2-5, those with `complement` so that what is missing to 1 does (0.8, 0.9,
    0.95), the rest by one.
    """

    name: str
    label: str
    default: Value
    help: str
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    choices: Mapping[str, Named] = MappingProxyType({})
    tunable: bool = False
    ladder: bool = False
    complement: bool = False

    def __hash__(self) -> int:
        # Without the choices: a mapping has no hash.
        return hash((self.name, self.label, self.default))

    @property
    def flag(self) -> str:
        """The option of the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def bounds(self) -> str:
        """The bounds in words, or nothing where there are none."""
        low, high = _spelled(self.low), _spelled(self.high)
        if math.isinf(self.high):
            return "" if math.isinf(self.low) else f"at least {low}"
        return f"from {low} to {high}"

    def parse(self, text: str) -> Value:
        """The value that a text spells; raises ValueError with the reason in words."""
        text = text.strip()
        if isinstance(self.default, bool):
            if text.lower() not in _TRUE + _FALSE:
                raise ValueError(f"{_shown(text)} is neither on nor off")
            return text.lower() in _TRUE
        if isinstance(self.default, str):
            return self.check(text)
        return self.check(self._number(text))

    def _number(self, text: str) -> float:
        if not text:
            raise ValueError("a number is missing")
        if "_" in text or not text.isascii():
            raise ValueError(f"{_shown(text)} is not a number")
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"{_shown(text)} is not a number") from None

    def check(self, value: Value) -> Value:
        """The value in its own type; raises ValueError, in words, where it is out of bounds."""
        if isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise ValueError(f"{_shown(value)} is neither on nor off")
            return value
        if isinstance(self.default, str):
            if not isinstance(value, str) or value not in self.choices:
                raise ValueError(f"{_shown(value)} is none of {', '.join(self.choices)}")
            return value
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        except (TypeError, ValueError):
            raise ValueError(f"{_shown(value)} is not a number") from None
        if not math.isfinite(number):
            raise ValueError(f"{number} is not a finite number")
        if not self.low <= number <= self.high:
            raise ValueError(f"{_spelled(number)} is out of bounds: {self.bounds}")
        if isinstance(self.default, int):
            if not number.is_integer():
                raise ValueError(f"{_spelled(number)} is not a whole number")
            return int(number)
        return number

    def format(self, value: Value) -> str:
        """The shortest text that `parse` reads back as the same value."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, float):
            return _spelled(value)
        return str(value)

    def stepped(self, value: float, up: bool) -> Value:
        """The next value up or down, held within the bounds."""
        if self.complement:
            step = 1 - (rung_below(1 - value) if up else rung_above(1 - value))
        elif not self.ladder:
            step = value + (1 if up else -1)
        elif value <= 0:
            step = max(self.low, 0.0) if not up else 1e-6
        else:
            step = rung_above(value) if up else rung_below(value)
        return self.check(min(max(step, self.low), self.high))
