"""The descent methods, simplest first. A new method is one more definition in this file.

A method is a rule: a function of the surface and the settings that gives an update. The update is
pure: from a point, the slopes there and the method's own memory it gives the next point and memory,
or None when it knows no better point. So a descent can go on from any point, and does so with new
settings when a hyperparameter is tuned in mid-run.

Names, definitions and defaults are those of PyTorch's torch.optim, so that runs can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gdtui.core.equations import Equation, Format, equation, for_parameter, solve
from gdtui.core.hyperparameter import Hyperparameter

if TYPE_CHECKING:
    from gdtui.core.batches import BatchMeasure
    from gdtui.core.settings import Settings
    from gdtui.core.surface import Surface

Memory = tuple[float, ...]

# The learning rate of a method that declares none.
LR = 0.001
# Stands for an eps of 0: it changes no other sum, and where all slopes were 0, 0 / 0 becomes 0.
SMALLEST = 5e-324


class State(NamedTuple):
    """What an update is given: an iteration, where it stands, the slopes there, and the memory."""

    iteration: int
    w: float
    b: float
    dw: float
    db: float
    memory: Memory


class Update(Protocol):
    """One iteration: from where we are to the next (w, b, memory), or None to stop.

    `db` is 0 while the bias is off. Randomness must be a function of the iteration and a seed.
    """

    def __call__(
        self, iteration: int, w: float, b: float, dw: float, db: float, memory: Memory, /
    ) -> tuple[float, float, Memory] | None:
        """The next weight, bias and memory."""


Rule = Callable[["Surface", "Settings"], Update]
# What a method computes in a state for "w" or "b", the last equation being the new parameter.
Arithmetic = Callable[["Surface", "Settings", State, str, Format], list[Equation]]
# The learning rate above which a method diverges, from the largest curvature and the settings.
Critical = Callable[[float, "Settings"], float]


class Recurrence(NamedTuple):
    """How the distance c from the minimum goes on along an axis of a quadratic surface.

    With the curvature k and z = lr*k, from rest the first step multiplies it by `first`, and then
    c[t+1] = c[t] - z*c[t] + kept*(c[t] - c[t-1]).
    """

    kept: float
    first: float


# The recurrence of a method, from z and the settings.
Linear = Callable[[float, "Settings"], Recurrence]


class Method(NamedTuple):
    """A descent method: its rule, its own hyperparameters, and what theory knows of it.

    `formula` says in equations what the rule does to w, and `remembers` which of their names it
    keeps from one iteration to the next: those of w come first in its memory, then those of b.
    `bound` says which learning rates work, and `critical`, where theory knows one, gives the
    learning rate above which the method diverges. `linear` is there where the update is linear and
    always the same: how it goes on along an axis.
    """

    key: str
    name: str
    help: str
    rule: Rule
    hyperparameters: tuple[Hyperparameter, ...] = ()
    memory: Memory = ()
    remembers: tuple[str, ...] = ()
    lr: float = LR
    formula: tuple[str, ...] = ()
    when: str = ""
    source: str = ""
    bound: str = ""
    critical: Critical | None = None
    linear: Linear | None = None
    own_arithmetic: Arithmetic | None = None

    def arithmetic(
        self, surface: Surface, settings: Settings, state: State, parameter: str, format: Format
    ) -> list[Equation]:
        """What the rule computes in a state for "w" or "b"; the last is the new parameter."""
        own = self.own_arithmetic or solved
        return own(surface, settings, state, parameter, format)


METHODS: dict[str, Method] = {}


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
    lr: float = LR,
    critical: Critical | None = None,
    linear: Linear | None = None,
    arithmetic: Arithmetic | None = None,
) -> Callable[[Rule], Rule]:
    """Enter the decorated rule into METHODS; its docstring becomes the help."""

    def enter(rule: Rule) -> Rule:
        METHODS[key] = Method(
            key=key,
            name=name,
            help=" ".join((rule.__doc__ or "").split()),
            rule=rule,
            hyperparameters=hyperparameters,
            memory=(0.0,) * (2 * len(remembers)),
            remembers=remembers,
            lr=lr,
            formula=formula,
            when=when,
            source=source,
            bound=bound,
            critical=critical,
            linear=linear,
            own_arithmetic=arithmetic,
        )
        return rule

    return enter


def numbers(settings: Settings) -> dict[str, float]:
    """The learning rate and the method's own hyperparameters, by name in their order."""
    values = {"lr": settings.lr}
    for parameter in settings.chosen_method.hyperparameters:
        values[parameter.name] = float(settings[parameter])
    if values.get("eps") == 0:
        values["eps"] = SMALLEST
    return values


def solved(
    surface: Surface, settings: Settings, state: State, parameter: str, format: Format
) -> list[Equation]:
    """The formula of the chosen method, solved for one parameter."""
    chosen, of_w = settings.chosen_method, parameter == "w"
    here, slope = (state.w, state.dw) if of_w else (state.b, state.db)
    half = len(chosen.remembers)
    kept = state.memory[:half] if of_w else state.memory[half:]
    names = numbers(settings) | dict(zip(chosen.remembers, kept, strict=True))
    names |= {parameter: here, "g": slope, "t": state.iteration + 1}
    lines = [for_parameter(line, parameter) for line in chosen.formula]
    return solve(lines, names, format)


# Step search


def _tried(
    surface: Surface, settings: Settings, state: State, parameter: str, format: Format
) -> list[Equation]:
    """The losses that were looked at for one parameter, and what was taken."""
    names = {"w": state.w, "b": state.b, "lr": settings.lr}
    here, taken = surface.loss(state.w, state.b), parameter
    tried = [equation("here", "L(w, b)", here, names, format)]
    for tries in ("w", "b") if settings.bias else ("w",):
        for sign in "+-":
            there = f"{tries} {sign} lr"
            step = settings.lr if sign == "+" else -settings.lr
            at = (state.w + step, state.b) if tries == "w" else (state.w, state.b + step)
            loss = surface.loss(*at)
            if tries == parameter:
                formula = f"L({there}, b)" if tries == "w" else f"L(w, {there})"
                tried.append(equation("there", formula, loss, names, format))
            if loss < here:
                if tries == parameter:
                    taken = there
                value = at[0] if parameter == "w" else at[1]
                return [*tried, equation(parameter, taken, value, names, format)]
    return [*tried, equation(parameter, taken, names[parameter], names, format)]


@method(
    "search",
    "step search",
    formula=(
        "w <- w + lr  if L(w + lr, b) < L(w, b)",
        "w <- w - lr  else, if L(w - lr, b) < L(w, b)",
    ),
    when="Where there is a loss and no slope; the learning rate is the step itself.",
    source='Hooke and Jeeves, "Direct Search", Journal of the ACM, 1961',
    bound="no rate diverges: it takes no step that raises the loss",
    arithmetic=_tried,
)
def step_search(surface: Surface, settings: Settings) -> Update:
    """Try w + lr, then w - lr (then b likewise); take the first that lowers the loss."""
    lr, bias, measure = settings.lr, settings.bias, surface.measurer()

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory] | None:
        here = measure(w, b)[0]
        candidates = [(w + lr, b), (w - lr, b)]
        if bias:
            candidates += [(w, b + lr), (w, b - lr)]
        for new_w, new_b in candidates:
            if measure(new_w, new_b)[0] < here:
                return new_w, new_b, memory
        return None

    return update


# Gradient descent, on the whole loss and on batches


@method(
    "gd",
    "gradient descent",
    formula=("w <- w - lr * g",),
    when="Where the loss has a slope: the steps shrink by themselves as the ground levels out.",
    source='Cauchy, "Methode generale", Comptes rendus, 1847',
    bound="diverges above 2 / largest curvature",
    critical=lambda curvature, settings: 2 / curvature,
    linear=lambda z, settings: Recurrence(0.0, 1 - z),
)
def gradient_descent(surface: Surface, settings: Settings) -> Update:
    """Step against the slope, by the learning rate times the gradient."""
    lr = settings.lr

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory]:
        return w - lr * dw, b - lr * db, memory

    return update


BATCH = Hyperparameter(
    "batch",
    "batch size",
    8,
    "examples in a batch; PyTorch's 1 shows little but noise",
    low=1,
    high=1_000_000_000,
    ladder=True,
)
SEED = Hyperparameter("seed", "seed", 0, "draws other batches", low=0, high=1_000_000_000)


def _batch_measure(surface: Surface, settings: Settings) -> BatchMeasure:
    return surface.batch_measurer(int(settings[BATCH]), int(settings[SEED]))


def _in_batch(
    surface: Surface, settings: Settings, state: State, parameter: str, format: Format
) -> list[Equation]:
    """The formula of the chosen method, with the slopes of the batch."""
    _, dw, db = _batch_measure(surface, settings)(*state[:3])
    state = state._replace(dw=dw, db=db if settings.bias else 0.0)
    return solved(surface, settings, state, parameter, format)


@method(
    "sgd",
    "stochastic descent",
    formula=("w <- w - lr * g",),
    hyperparameters=(BATCH, SEED),
    when="With more examples than one wants to look at for a single step.",
    source='Robbins and Monro, "A Stochastic Approximation Method", 1951',
    bound="no sharp bound: each batch has a curvature of its own",
    arithmetic=_in_batch,
)
def stochastic_descent(surface: Surface, settings: Settings) -> Update:
    """Step against the slope of the loss over a few examples, others in each iteration."""
    lr, bias, measure = settings.lr, settings.bias, _batch_measure(surface, settings)

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory]:
        _, dw, db = measure(iteration, w, b)
        return w - lr * dw, b - lr * db if bias else b, memory

    return update


def sampled(surface: Surface, settings: Settings) -> BatchMeasure | None:
    """The batch's loss and slopes in an iteration at (w, b); None where all examples count."""
    return _batch_measure(surface, settings) if BATCH in settings.hyperparameters else None


# Methods that remember which way they went


def _share(name: str, label: str, default: float, help: str) -> Hyperparameter:
    """How much of something is kept: never all of it."""
    return Hyperparameter(
        name, label, default, help, low=0, high=0.999999, tunable=True, complement=True
    )


MOMENTUM = _share(
    "momentum", "momentum", 0.9, "share of its speed that a step keeps; PyTorch's 0 would be gd"
)


@method(
    "momentum",
    "momentum",
    formula=("buffer <- momentum * buffer + g", "w <- w - lr * buffer"),
    hyperparameters=(MOMENTUM,),
    remembers=("buffer",),
    when="In a long narrow valley: speed adds up along it, and cancels out across.",
    source='Polyak, "Some methods of speeding up the convergence", 1964',
    bound="diverges above 2 * (1 + momentum) / largest curvature",
    critical=lambda curvature, settings: 2 * (1 + float(settings[MOMENTUM])) / curvature,
    linear=lambda z, settings: Recurrence(float(settings[MOMENTUM]), 1 - z),
)
def heavy_ball(surface: Surface, settings: Settings) -> Update:
    """Roll like a heavy ball: each step keeps a share of the speed of the last."""
    lr, momentum = numbers(settings).values()

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory]:
        buffer_w, buffer_b = memory
        buffer_w = momentum * buffer_w + dw
        buffer_b = momentum * buffer_b + db
        return w - lr * buffer_w, b - lr * buffer_b, (buffer_w, buffer_b)

    return update


def _nesterov_critical(curvature: float, settings: Settings) -> float:
    """On a quadratic, with k = lr * curvature, an iteration takes (w, lr * buffer) to

        [ 1 - k*(1 + momentum)   -momentum^2 ]
        [ k                       momentum   ]  times it,

    which shrinks as long as trace > -1 - determinant, that is (1 + 2*momentum) * (1 - k) > -1.
    """
    momentum = float(settings[MOMENTUM])
    return 2 * (1 + momentum) / (1 + 2 * momentum) / curvature


def _nesterov_recurrence(z: float, settings: Settings) -> Recurrence:
    momentum = float(settings[MOMENTUM])
    return Recurrence(momentum * (1 - z), 1 - z - momentum * z)


@method(
    "nesterov",
    "Nesterov momentum",
    formula=("buffer <- momentum * buffer + g", "w <- w - lr * (g + momentum * buffer)"),
    hyperparameters=(MOMENTUM,),
    remembers=("buffer",),
    when="Where momentum runs past the minimum: looking ahead, it brakes in time.",
    source="Nesterov, Soviet Mathematics Doklady, 1983; as in Sutskever et al., 2013",
    bound="diverges above 2 * (1 + momentum) / (1 + 2 * momentum) / largest curvature",
    critical=_nesterov_critical,
    linear=_nesterov_recurrence,
)
def nesterov(surface: Surface, settings: Settings) -> Update:
    """Momentum that looks ahead: it steps by the speed that it is about to have."""
    lr, momentum = numbers(settings).values()

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory]:
        buffer_w, buffer_b = memory
        buffer_w = momentum * buffer_w + dw
        buffer_b = momentum * buffer_b + db
        new_w = w - lr * (dw + momentum * buffer_w)
        return new_w, b - lr * (db + momentum * buffer_b), (buffer_w, buffer_b)

    return update


# Methods that measure each parameter's slopes by their own size


def _eps(default: float) -> Hyperparameter:
    return Hyperparameter(
        "eps", "eps", default, "keeps the divisor from 0", low=0, high=1, tunable=True, ladder=True
    )


ADAGRAD_EPS, EPS = _eps(1e-10), _eps(1e-8)
ALPHA = _share("alpha", "alpha", 0.99, "share of the old mean square that is kept")
BETA1 = _share("beta1", "beta1", 0.9, "share of the old mean slope that is kept")
BETA2 = _share("beta2", "beta2", 0.999, "share of the old mean square that is kept")


@method(
    "adagrad",
    "Adagrad",
    formula=("squares <- squares + g * g", "w <- w - lr * g / (sqrt(squares) + eps)"),
    hyperparameters=(ADAGRAD_EPS,),
    remembers=("squares",),
    lr=0.01,
    when="Where parameters differ much in the size of their slopes, and some are rarely moved.",
    source='Duchi, Hazan and Singer, "Adaptive Subgradient Methods", JMLR, 2011',
    bound="no bound: a step is never longer than lr, and they get shorter",
)
def adagrad(surface: Surface, settings: Settings) -> Update:
    """Divide each slope by the length of all slopes so far."""
    lr, eps = numbers(settings).values()

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory]:
        squares_w, squares_b = memory
        squares_w += dw * dw
        squares_b += db * db
        new_w = w - lr * dw / (sqrt(squares_w) + eps)
        return new_w, b - lr * db / (sqrt(squares_b) + eps), (squares_w, squares_b)

    return update


@method(
    "rmsprop",
    "RMSprop",
    formula=(
        "squares <- alpha * squares + (1 - alpha) * g * g",
        "w <- w - lr * g / (sqrt(squares) + eps)",
    ),
    hyperparameters=(ALPHA, EPS),
    remembers=("squares",),
    lr=0.01,
    when="Where Adagrad gets too slow: what is long past no longer counts.",
    source="Tieleman and Hinton, Neural Networks for Machine Learning, lecture 6.5, 2012",
    bound="no bound: a step is never longer than lr / sqrt(1 - alpha)",
)
def rmsprop(surface: Surface, settings: Settings) -> Update:
    """Divide each slope by the root of its mean square, in which older slopes fade."""
    lr, alpha, eps = numbers(settings).values()
    rest = 1 - alpha

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory]:
        squares_w, squares_b = memory
        squares_w = alpha * squares_w + rest * dw * dw
        squares_b = alpha * squares_b + rest * db * db
        new_w = w - lr * dw / (sqrt(squares_w) + eps)
        return new_w, b - lr * db / (sqrt(squares_b) + eps), (squares_w, squares_b)

    return update


@method(
    "adam",
    "Adam",
    formula=(
        "m <- beta1 * m + (1 - beta1) * g",
        "v <- beta2 * v + (1 - beta2) * g * g",
        "m_hat <- m / (1 - beta1 ** t)",
        "v_hat <- v / (1 - beta2 ** t)",
        "w <- w - lr * m_hat / (sqrt(v_hat) + eps)",
    ),
    hyperparameters=(BETA1, BETA2, EPS),
    remembers=("m", "v"),
    when="As a first try at almost anything: its learning rate hardly depends on the problem.",
    source='Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR, 2015',
    bound="no bound: a step is about as long as lr, whatever the curvature",
)
def adam(surface: Surface, settings: Settings) -> Update:
    """Divide the mean of the slopes by the root of their mean square; older ones fade in both."""
    lr, beta1, beta2, eps = numbers(settings).values()
    rest1, rest2 = 1 - beta1, 1 - beta2

    def update(
        iteration: int, w: float, b: float, dw: float, db: float, memory: Memory
    ) -> tuple[float, float, Memory]:
        m_w, v_w, m_b, v_b = memory
        m_w = beta1 * m_w + rest1 * dw
        m_b = beta1 * m_b + rest1 * db
        v_w = beta2 * v_w + rest2 * dw * dw
        v_b = beta2 * v_b + rest2 * db * db
        # Both means begin at 0: this takes that out again.
        part1, part2 = 1 - beta1 ** (iteration + 1), 1 - beta2 ** (iteration + 1)
        new_w = w - lr * (m_w / part1) / (sqrt(v_w / part2) + eps)
        new_b = b - lr * (m_b / part1) / (sqrt(v_b / part2) + eps)
        return new_w, new_b, (m_w, v_w, m_b, v_b)

    return update
