"""The settings of a run: the value of each hyperparameter, the shared ones and the method's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.method import DEFAULT_RATE, METHODS, Method
from gdtui.core.methods import Own

# Stands for an eps of 0: it changes no other sum, and where all slopes were 0, 0 / 0 becomes 0.
_SMALLEST = 5e-324


@dataclass(frozen=True, init=False, repr=False)
class Settings:
    """The hyperparameters of a run, those of its method by name among them: Settings(beta1=0.8).

    They never change: `replace` gives others. Without an `lr` the method takes the one that it
    declares. Raises ValueError, in words, where a value is out of its bounds, and TypeError for a
    name that is none of the method's.
    """

    method: str
    lr: float
    iterations: int
    w_start: float
    b_start: float
    bias: bool
    standardize: bool
    tolerance: float
    own: tuple[tuple[str, Value], ...]

    def __init__(
        self,
        *,
        method: str = "gd",
        lr: float | None = None,
        iterations: int = 100,
        w_start: float = 0.0,
        b_start: float = 0.0,
        bias: bool = False,
        standardize: bool = False,
        tolerance: float = 0.0,
        **own: Unpack[Own],
    ) -> None:
        chosen = METHODS[_checked(METHOD, method)]
        if unknown := own.keys() - {parameter.name for parameter in chosen.hyperparameters}:
            raise TypeError(f"{method} has no hyperparameter {', '.join(sorted(unknown))}")
        lr = chosen.lr if lr is None else lr
        shared = method, lr, iterations, w_start, b_start, bias, standardize, tolerance
        for parameter, value in zip(SHARED, shared, strict=True):
            object.__setattr__(self, parameter.name, _checked(parameter, value))
        given: Mapping[str, Any] = own
        values = [
            (p.name, _checked(p, given.get(p.name, p.default))) for p in chosen.hyperparameters
        ]
        object.__setattr__(self, "own", tuple(values))

    def __getattr__(self, name: str) -> float:
        # Asked for what is no field alone: the method's own hyperparameters.
        for own, value in vars(self).get("own", ()):
            if own == name:
                return float(value) if isinstance(value, float) else int(value)
        raise AttributeError(f"these settings have no {name}")

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.values.items())})"

    @property
    def chosen_method(self) -> Method:
        """The method that `method` is the key of."""
        return METHODS[self.method]

    @property
    def hyperparameters(self) -> tuple[Hyperparameter, ...]:
        """What can be set: the shared hyperparameters and those of the chosen method."""
        return SHARED + self.chosen_method.hyperparameters

    @property
    def values(self) -> dict[str, Value]:
        """The value of each hyperparameter, by name."""
        return {parameter.name: getattr(self, parameter.name) for parameter in SHARED} | dict(
            self.own
        )

    @property
    def numbers(self) -> dict[str, float]:
        """The learning rate and the method's own hyperparameters, as its rule takes them."""
        numbers = {"lr": self.lr} | {name: float(value) for name, value in self.own}
        if numbers.get("eps") == 0:
            numbers["eps"] = _SMALLEST
        return numbers

    def __getitem__(self, parameter: Hyperparameter) -> Value:
        if parameter in self.hyperparameters:
            value: Value = getattr(self, parameter.name)
            return value
        # Another method may have a hyperparameter of this name, with a default of its own.
        return parameter.default

    def replace(self, **changes: Any) -> Settings:
        """The same settings but for these; what is wrong with them is raised as by the class.

        Another method keeps of this one's hyperparameters those that it has too.
        """
        method = METHODS[_checked(METHOD, changes.get("method", self.method))]
        kept = {p.name for p in self.hyperparameters if p in SHARED + method.hyperparameters}
        values = {name: value for name, value in self.values.items() if name in kept}
        return Settings(**values | changes)

    def change(self, parameter: Hyperparameter, value: Value) -> Settings:
        """These settings with one value changed; raises ValueError where it is out of bounds."""
        return self.replace(**{parameter.name: value})

    def same_start(self, other: Settings) -> bool:
        """Whether the two differ in nothing but what can be tuned within a run."""
        return all(
            self[parameter] == other[parameter]
            for parameter in self.hyperparameters
            if not parameter.tunable
        )


def _checked(parameter: Hyperparameter, value: Any) -> Any:
    try:
        return parameter.check(value)
    except ValueError as reason:
        raise ValueError(f"{parameter.label}: {reason}") from None


_DEFAULTS: Mapping[str, Any] = Settings.__init__.__kwdefaults__ or {}


def _shared(name: str, label: str, help: str, meaning: str, **options: Any) -> Hyperparameter:
    """A hyperparameter of every method, with the default that the class has for it."""
    default = _DEFAULTS[name]
    return Hyperparameter(
        name, label, DEFAULT_RATE if default is None else default, help, meaning, **options
    )


METHOD = _shared(
    "method",
    "method",
    "how the next point is found",
    "How the next point is found from where we stand. Plain gradient descent steps against the "
    "gradient; the others search, look at a few examples, gather speed or fit their steps to each "
    "parameter. Help (key ?) has a card on each.",
    choices=METHODS,
)
LEARNING_RATE = _shared(
    "lr",
    "learning rate",
    "how far to step against the gradient",
    "How far to step: gradient descent takes lr * gradient off w. Too small, and the run crawls; "
    "too large, and each step lands farther from the minimum than it began. Keys - and + change it "
    "at any time.",
    low=1e-100,
    high=1e6,
    tunable=True,
    ladder=True,
)
W_START = _shared(
    "w_start",
    "w start",
    "the weight to start from",
    "The w that a run begins with. From far away it has a longer way to go; where there are "
    "several minima, the start decides which one is found.",
    low=-1e100,
    high=1e100,
)
B_START = _shared(
    "b_start",
    "b start",
    "the bias to start from",
    "The b that a run begins with. While the bias is off, b stays there.",
    low=-1e100,
    high=1e100,
)
# What all methods have, in the order of the class; panel, command line and help are made from here.
SHARED: tuple[Hyperparameter, ...] = (
    METHOD,
    LEARNING_RATE,
    _shared(
        "iterations",
        "iterations",
        "how many updates to make",
        "How many steps a run takes before it ends. With too few it ends on the way; with more "
        "than it needs, nothing is lost but time.",
        low=1,
        high=1_000_000_000,
        tunable=True,
        ladder=True,
    ),
    W_START,
    B_START,
    _shared(
        "bias",
        "bias",
        "train b too; off, it stays at its start",
        "Whether b is trained along with w. Off, only w changes, and the loss is a curve over it; "
        "on, the line may move up and down too, and the loss is a bowl over both.",
    ),
    _shared(
        "standardize",
        "standardize",
        "bring the feature to mean 0 and deviation 1",
        "Whether the run sees the feature shifted and stretched to mean 0 and deviation 1. That "
        "makes a long narrow valley round, so that a larger learning rate works and the run takes "
        "fewer iterations.",
    ),
    _shared(
        "tolerance",
        "tolerance",
        "stop when the gradient is shorter than this; 0 = never",
        "The run stops where the gradient is shorter than this: the ground is level enough. Too "
        "large, and it stops before the minimum; with 0 it takes all its iterations.",
        low=0,
        high=1e100,
        tunable=True,
        ladder=True,
    ),
)
