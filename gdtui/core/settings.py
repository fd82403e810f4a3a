"""Every hyperparameter of a run, declared once; panel, command line and help are made from here."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from gdtui.core.hyperparameter import Hyperparameter, Value, declare
from gdtui.core.methods import LR, METHODS, Method


@dataclass(frozen=True)
class Settings:
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
        left_out=None,
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
    own: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for parameter in SHARED:
            if self[parameter] is None:
                object.__setattr__(self, parameter.name, self.chosen_method.lr)
            object.__setattr__(self, parameter.name, self._checked(parameter))
        own = {p.name: self._checked(p) for p in METHODS[self.method].hyperparameters}
        object.__setattr__(self, "own", own)

    def _checked(self, parameter: Hyperparameter) -> Value:
        try:
            return parameter.check(self[parameter])
        except ValueError as reason:
            raise ValueError(f"{parameter.label}: {reason}") from None

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
            return replace(self, own=self.own | changes)
        changed = replace(self, own={}, **changes)  # type: ignore[arg-type]
        mine, theirs = self.chosen_method.hyperparameters, changed.chosen_method.hyperparameters
        return replace(changed, own={p.name: self[p] for p in mine if p in theirs})

    def same_start(self, other: Settings) -> bool:
        """Whether the two differ in nothing but what can be tuned within a run."""
        return self.hyperparameters == other.hyperparameters and all(
            self[parameter] == other[parameter]
            for parameter in self.hyperparameters
            if not parameter.tunable
        )


SHARED: tuple[Hyperparameter, ...] = tuple(
    f.metadata["hyperparameter"].named(f.name) for f in fields(Settings) if f.metadata
)
