"""The descent methods, simplest first. A new method is one more definition at the end of this file.

A method is a rule: a function of the surface and the settings that gives an update. The update is
pure: from a point, the slopes there and the method's own memory it gives the next point and memory,
or None when it knows no better point. So a descent can go on from any point, and does so with new
settings when a hyperparameter is tuned in mid-run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gdtui.core.hyperparameter import Hyperparameter

if TYPE_CHECKING:
    from gdtui.core.settings import Settings
    from gdtui.core.surface import LossSurface

Memory = tuple[float, ...]


class Update(Protocol):
    """One iteration: from where we are to the next (w, b, memory), or None to stop.

    `db` is 0 while the bias is off. Randomness must be a function of the iteration and a seed.
    """

    def __call__(
        self, iteration: int, w: float, b: float, dw: float, db: float, memory: Memory, /
    ) -> tuple[float, float, Memory] | None:
        """The next weight, bias and memory."""


Rule = Callable[["LossSurface", "Settings"], Update]


@dataclass(frozen=True)
class Method:
    """A descent method, with the hyperparameters of its own and the memory that it starts with."""

    key: str
    name: str
    help: str
    rule: Rule
    hyperparameters: tuple[Hyperparameter, ...] = ()
    memory: Memory = ()
    has_critical_rate: bool = False


METHODS: dict[str, Method] = {}


def method(
    key: str,
    name: str,
    *,
    hyperparameters: tuple[Hyperparameter, ...] = (),
    memory: Memory = (),
    has_critical_rate: bool = False,
) -> Callable[[Rule], Rule]:
    """Enter the decorated rule into METHODS; its docstring becomes the help."""

    def enter(rule: Rule) -> Rule:
        help = " ".join((rule.__doc__ or "").split())
        METHODS[key] = Method(key, name, help, rule, hyperparameters, memory, has_critical_rate)
        return rule

    return enter


@method("search", "step search")
def step_search(surface: LossSurface, settings: Settings) -> Update:
    """Try w + lr, then w - lr (then b likewise); take the first that lowers the loss."""
    lr, bias, loss = settings.lr, settings.bias, surface.loss

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory] | None:
        here = loss(w, b)
        candidates = [(w + lr, b), (w - lr, b)]
        if bias:
            candidates += [(w, b + lr), (w, b - lr)]
        for new_w, new_b in candidates:
            if loss(new_w, new_b) < here:
                return new_w, new_b, memory
        return None

    return update


@method("gd", "gradient descent", has_critical_rate=True)
def gradient_descent(surface: LossSurface, settings: Settings) -> Update:
    """Step against the slope, by the learning rate times the gradient."""
    lr = settings.lr

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory]:
        return w - lr * dw, b - lr * db, memory

    return update
