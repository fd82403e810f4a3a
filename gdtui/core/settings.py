"""Every hyperparameter of a run, declared once; panel, command line and help are made from here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn, Self, dataclass_transform

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.methods import LR, METHODS, Method


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Values:
    """Values by name that never change: to a reader and to a type checker, a frozen dataclass.

    Not one of the library's, whose import would make `gdtui --help` take a quarter longer.
    """

    def __init__(self, **given: Any) -> None:
        if unknown := given.keys() - type(self).__annotations__.keys():
            raise TypeError(f"{type(self).__name__} have no {', '.join(sorted(unknown))}")
        vars(self).update(self._complete(given))

    def _complete(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """All values, from those that are given."""
        raise NotImplementedError

    def replace(self, **changes: Any) -> Self:
        """The same values but for these; what is wrong with them is raised as by the class."""
        return type(self)(**vars(self) | changes)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name} never changes; `replace` gives new values")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name} can't be deleted")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"


def declare(default: Any, label: str, help: str, **options: Any) -> Any:
    """A field that is a hyperparameter of the field's name."""
    return Hyperparameter("", label, default, help, **options)


class Settings(Values):
    """The hyperparameters of a run; raises ValueError, in words, where one is out of its bounds.

    `own` holds those that only the chosen method has, by name. Without an `lr` the method takes
    the one that it declares.
    """

    method: str = declare(
        "gd",
        "method",
        "how the next point is found",
        choices=METHODS,
    )
    lr: float = declare(
        LR,
        "learning rate",
        "how far to step along the slope",
        low=1e-12,
        high=1e6,
        tunable=True,
        ladder=True,
    )
    iterations: int = declare(
        100,
        "iterations",
        "how many updates to make",
        low=1,
        high=1_000_000_000,
        tunable=True,
        ladder=True,
    )
    w_start: float = declare(0.0, "w start", "the weight to start from", low=-1e100, high=1e100)
    b_start: float = declare(0.0, "b start", "the bias to start from", low=-1e100, high=1e100)
    bias: bool = declare(False, "bias", "train b too; off, it stays at its start")
    standardize: bool = declare(False, "standardize", "scale the feature to mean 0 and deviation 1")
    tolerance: float = declare(
        0.0,
        "tolerance",
        "stop when the gradient is shorter than this; 0 = never",
        low=0,
        high=1e100,
        tunable=True,
        ladder=True,
    )
    own: Mapping[str, Value] = MappingProxyType({})

    def _complete(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        method = METHODS[_checked(METHOD, given)]
        shared = {p.name: _checked(p, {"lr": method.lr, **given}) for p in SHARED}
        own = given.get("own", {})
        return shared | {"own": {p.name: _checked(p, own) for p in method.hyperparameters}}

    @property
    def chosen_method(self) -> Method:
        """The method that `method` is the key of."""
        return METHODS[self.method]

    @property
    def hyperparameters(self) -> tuple[Hyperparameter, ...]:
        """What can be set: the shared hyperparameters and those of the chosen method."""
        return SHARED + self.chosen_method.hyperparameters

    def __getitem__(self, parameter: Hyperparameter) -> Value:
        if parameter in SHARED:
            value: Value = getattr(self, parameter.name)
            return value
        if parameter in self.chosen_method.hyperparameters:
            return self.own.get(parameter.name, parameter.default)
        # Another method may have a hyperparameter of this name, with a default of its own.
        return parameter.default

    def change(self, parameter: Hyperparameter, value: Value) -> Settings:
        """These settings with one value changed; raises ValueError where it is out of bounds."""
        changes: dict[str, Value] = {parameter.name: value}
        if parameter not in SHARED:
            return self.replace(own={**self.own, **changes})
        changed = self.replace(own={}, **changes)
        mine, theirs = self.chosen_method.hyperparameters, changed.chosen_method.hyperparameters
        return changed.replace(own={p.name: self[p] for p in mine if p in theirs})

    def same_start(self, other: Settings) -> bool:
        """Whether the two differ in nothing but what can be tuned within a run."""
        return self.hyperparameters == other.hyperparameters and all(
            self[parameter] == other[parameter]
            for parameter in self.hyperparameters
            if not parameter.tunable
        )


def _checked(parameter: Hyperparameter, values: Mapping[str, Value]) -> Any:
    try:
        return parameter.check(values.get(parameter.name, parameter.default))
    except ValueError as reason:
        raise ValueError(f"{parameter.label}: {reason}") from None


SHARED: tuple[Hyperparameter, ...] = tuple(
    field._replace(name=name)
    for name, field in vars(Settings).items()
    if isinstance(field, Hyperparameter)
)
METHOD = SHARED[0]
