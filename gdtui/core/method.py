"""What a descent method is: a rule that is written once and serves each parameter by itself.

A rule is given the learning rate and the method's own hyperparameters, and gives an update: a pure
function of a gradient and of what the method remembers for the parameter. So a descent can go on
from any point, and does so with new settings when a hyperparameter is tuned in mid-run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from gdtui.core.hyperparameter import Hyperparameter

if TYPE_CHECKING:  # `gdtui --help` lists the methods, and waits for no numpy
    from gdtui.core.quadratic import Measure

# What a method remembers for one parameter: nothing, a number (several made an iteration a third
# slower in a tuple of one), or a tuple of numbers; the rule alone knows which.
Remembered = Any
# For w and for b.
Memory = tuple[Remembered, Remembered]

# The learning rate of a method that declares none.
DEFAULT_RATE = 0.001


# One iteration of one parameter: (g, memory, t) -> (step, memory), pure. `g` is the gradient along
# the parameter, t counts the iterations from 1, and the step is taken off the parameter.
Update = Callable[[float, Remembered, int], tuple[float, Remembered]]


class Search(Protocol):
    """One iteration without a gradient: the next (w, b), or None where it knows no better point."""

    def __call__(
        self, measure: Measure, w: float, b: float, bias: bool, /
    ) -> tuple[float, float] | None:
        """The next place; `measure` gives the loss at any, and b is held while the bias is off."""


# From the hyperparameters by name to what is done in each iteration.
Rule = Callable[..., Update]
SearchRule = Callable[..., Search]
# The learning rate above which a method diverges: (largest curvature, own hyperparameters by name).
Critical = Callable[..., float]


class Recurrence(NamedTuple):
    """How the distance c from the minimum goes on along an axis of a quadratic surface.

    With the curvature k and z = lr*k, from rest the first step multiplies it by `first`, and then
    c[t+1] = c[t] - z*c[t] + kept*(c[t] - c[t-1]).
    """

    kept: float
    first: float


# The recurrence of a method: (z, own hyperparameters by name).
Linear = Callable[..., Recurrence]


class Method(NamedTuple):
    """A descent method: its rule, its own hyperparameters, and what theory knows of it.

    `formula` says in equations what the rule does to w, and `remembers` which of their names it
    keeps from one iteration to the next. A method that looks at losses alone has a `search` in
    place of a `rule`. `bound` says which learning rates work, and `critical`, where theory knows
    one, gives the learning rate above which the method diverges. `linear` is there where the update
    is linear and always the same: how it goes on along an axis.
    """

    key: str
    name: str
    help: str
    rule: Rule | None = None
    search: SearchRule | None = None
    hyperparameters: tuple[Hyperparameter, ...] = ()
    remembers: tuple[str, ...] = ()
    lr: float = DEFAULT_RATE
    formula: tuple[str, ...] = ()
    when: str = ""
    source: str = ""
    bound: str = ""
    critical: Critical | None = None
    linear: Linear | None = None

    @property
    def memory(self) -> Memory:
        """What it remembers before the first iteration, for w and for b."""
        return self.remembering((0.0,) * 2 * len(self.remembers))

    def remembering(self, numbers: Sequence[float]) -> Memory:
        """The memory made of numbers: what `remembers` names, first those of w, then those of b."""
        count = len(self.remembers)
        of_w, of_b = tuple(numbers[:count]), tuple(numbers[count:])
        return (of_w[0], of_b[0]) if count == 1 else (of_w, of_b)

    def numbers_of(self, memory: Memory) -> tuple[float, ...]:
        """The numbers that a memory is made of."""
        return memory if len(self.remembers) == 1 else (*memory[0], *memory[1])

    @property
    def has_batches(self) -> bool:
        """Whether it looks at a few examples in each iteration."""
        return BATCH in self.hyperparameters


METHODS: dict[str, Method] = {}

BATCH = Hyperparameter(
    "batch",
    "batch size",
    8,
    "examples in a batch; PyTorch's 1 shows little but noise",
    "How many examples each iteration looks at. Of few the gradient is a rough guess, and the path "
    "shivers; with more the path is calmer, and each iteration takes more work.",
    low=1,
    high=1_000_000_000,
    ladder=True,
)
SEED = Hyperparameter(
    "seed",
    "seed",
    0,
    "draws other batches",
    "Which examples come together in a batch is drawn by chance: each seed draws others, and the "
    "same seed the same ones again. It changes the luck of a run, not how well it can do.",
    low=0,
    high=1_000_000_000,
)


def method(
    key: str,
    name: str,
    *,
    formula: tuple[str, ...],
    when: str,
    source: str,
    bound: str,
    hyperparameters: tuple[Hyperparameter, ...] = (),
    remembers: tuple[str, ...] = (),
    lr: float = DEFAULT_RATE,
    critical: Critical | None = None,
    linear: Linear | None = None,
) -> Callable[[Rule], Rule]:
    """Enter the decorated rule into METHODS; its docstring becomes the help."""

    def enter(rule: Rule) -> Rule:
        METHODS[key] = Method(
            key=key,
            name=name,
            help=_words(rule),
            rule=rule,
            hyperparameters=hyperparameters,
            remembers=remembers,
            lr=lr,
            formula=formula,
            when=when,
            source=source,
            bound=bound,
            critical=critical,
            linear=linear,
        )
        return rule

    return enter


def search_method(
    key: str, name: str, *, formula: tuple[str, ...], when: str, source: str, bound: str
) -> Callable[[SearchRule], SearchRule]:
    """Enter a rule that looks at losses alone into METHODS; its docstring becomes the help."""

    def enter(search: SearchRule) -> SearchRule:
        METHODS[key] = Method(
            key=key,
            name=name,
            help=_words(search),
            search=search,
            formula=formula,
            when=when,
            source=source,
            bound=bound,
        )
        return search

    return enter


def _words(rule: Rule | SearchRule) -> str:
    return " ".join((rule.__doc__ or "").split())
