"""The descent methods, simplest first. A new method is one more definition in this file.

Names, definitions and defaults are those of PyTorch's torch.optim, so that runs can be compared.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, TypedDict

from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.method import (
    BATCH,
    METHODS,
    SEED,
    Recurrence,
    Remembered,
    Search,
    Update,
    method,
    search_method,
)

if TYPE_CHECKING:
    from gdtui.core.quadratic import Measure

__all__ = ["METHODS", "Own"]


class Own(TypedDict, total=False):
    """The hyperparameters that only some methods have, by name, as an editor knows them."""

    batch: int
    seed: int
    momentum: float
    eps: float
    alpha: float
    beta1: float
    beta2: float


# Step search


@search_method(
    "search",
    "step search",
    formula=(
        "w <- w + lr  if L(w + lr, b) < L(w, b)",
        "w <- w - lr  else, if L(w - lr, b) < L(w, b)",
    ),
    when="Where there is a loss and no gradient; the learning rate is the step itself.",
    source='Hooke and Jeeves, "Direct Search", Journal of the ACM, 1961',
    bound="no rate diverges: it takes no step that raises the loss",
)
def step_search(lr: float) -> Search:
    """Try w + lr, then w - lr (then b likewise); take the first that lowers the loss."""

    def search(measure: Measure, w: float, b: float, bias: bool) -> tuple[float, float] | None:
        here = measure(w, b)[0]
        along_b = [(w, b + lr), (w, b - lr)] if bias else []
        for place in [(w + lr, b), (w - lr, b), *along_b]:
            if measure(*place)[0] < here:
                return place
        return None

    return search


# Gradient descent, on the whole loss and on batches


@method(
    "gd",
    "gradient descent",
    formula=("w <- w - lr * g",),
    when="Where the loss has a gradient: the steps shrink by themselves as the ground levels out.",
    source='Cauchy, "Methode generale", Comptes rendus, 1847',
    bound="diverges above 2 / largest curvature",
    critical=lambda curvature: 2 / curvature,
    linear=lambda z: Recurrence(0.0, 1 - z),
)
def gradient_descent(lr: float) -> Update:
    """Step against the gradient: the step is the learning rate times the gradient."""

    def update(g: float, memory: Remembered, t: int) -> tuple[float, Remembered]:
        return lr * g, memory

    return update


@method(
    "sgd",
    "stochastic descent",
    formula=("w <- w - lr * g",),
    hyperparameters=(BATCH, SEED),
    when="With more examples than one wants to look at for a single step.",
    source='Robbins and Monro, "A Stochastic Approximation Method", 1951',
    bound="no sharp bound: each batch has a curvature of its own",
)
def stochastic_descent(lr: float, batch: float, seed: float) -> Update:
    """Step against the gradient of the loss over a few examples, others in each iteration."""
    return gradient_descent(lr)


# Methods that remember which way they went


def _share(name: str, label: str, default: float, help: str, meaning: str) -> Hyperparameter:
    """How much of something is kept: never all of it."""
    return Hyperparameter(
        name,
        label,
        default,
        help,
        meaning,
        low=0,
        high=0.999999,
        tunable=True,
        complement=True,
    )


MOMENTUM = _share(
    "momentum",
    "momentum",
    0.9,
    "share of its speed that a step keeps; PyTorch's 0 would be gd",
    "The share of its speed that each step keeps, like a ball that rolls. Nearer to 1 it is faster "
    "along a valley; too near, and it rolls far past the minimum and swings. 0 is plain descent.",
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
    critical=lambda curvature, momentum: 2 * (1 + momentum) / curvature,
    linear=lambda z, momentum: Recurrence(momentum, 1 - z),
)
def heavy_ball(lr: float, momentum: float) -> Update:
    """Roll like a heavy ball: each step keeps a share of the speed of the last."""

    def update(g: float, buffer: float, t: int) -> tuple[float, float]:
        buffer = momentum * buffer + g
        return lr * buffer, buffer

    return update


def _nesterov_critical(curvature: float, momentum: float) -> float:
    """On a quadratic, with k = lr * curvature, an iteration takes (w, lr * buffer) to

        [ 1 - k*(1 + momentum)   -momentum^2 ]
        [ k                       momentum   ]  times it,

    which shrinks as long as trace > -1 - determinant, that is (1 + 2*momentum) * (1 - k) > -1.
    """
    return 2 * (1 + momentum) / (1 + 2 * momentum) / curvature


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
    linear=lambda z, momentum: Recurrence(momentum * (1 - z), 1 - z - momentum * z),
)
def nesterov(lr: float, momentum: float) -> Update:
    """Momentum that looks ahead: it steps by the speed that it is about to have."""

    def update(g: float, buffer: float, t: int) -> tuple[float, float]:
        buffer = momentum * buffer + g
        return lr * (g + momentum * buffer), buffer

    return update


# Methods that measure each parameter's gradients by their own size


def _eps(default: float) -> Hyperparameter:
    return Hyperparameter(
        "eps",
        "eps",
        default,
        "keeps the divisor from 0",
        "A small number that is added to the divisor, so that nothing is divided by 0. Small, it "
        "hardly matters; too large, it makes all steps shorter, most of all where the gradient is "
        "small.",
        low=0,
        high=1,
        tunable=True,
        ladder=True,
    )


ADAGRAD_EPS, EPS = _eps(1e-10), _eps(1e-8)
_SQUARES = (
    "How much each iteration keeps of the mean of the squared gradients so far, by whose root it "
    "divides. Near 1 the size of the steps is steady and slow to adapt; too small, and it jumps "
    "with every gradient."
)
ALPHA = _share("alpha", "alpha", 0.99, "share of the old mean square that is kept", _SQUARES)
BETA1 = _share(
    "beta1",
    "beta1",
    0.9,
    "share of the old mean gradient that is kept",
    "How much each iteration keeps of the mean of the gradients so far, along which it steps. Near "
    "1 it changes its direction slowly, like a heavy ball, and may run past the minimum; 0 follows "
    "each gradient at once.",
)
BETA2 = _share("beta2", "beta2", 0.999, "share of the old mean square that is kept", _SQUARES)


@method(
    "adagrad",
    "Adagrad",
    formula=("squares <- squares + g * g", "w <- w - lr * g / (sqrt(squares) + eps)"),
    hyperparameters=(ADAGRAD_EPS,),
    remembers=("squares",),
    lr=0.01,
    when="Where parameters differ much in the size of their gradients, and some are rarely moved.",
    source='Duchi, Hazan and Singer, "Adaptive Subgradient Methods", JMLR, 2011',
    bound="no bound: a step is never longer than lr, and they get shorter",
)
def adagrad(lr: float, eps: float) -> Update:
    """Divide each gradient by the length of all gradients so far."""

    def update(g: float, squares: float, t: int) -> tuple[float, float]:
        squares = squares + g * g
        return lr * g / (sqrt(squares) + eps), squares

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
def rmsprop(lr: float, alpha: float, eps: float) -> Update:
    """Divide each gradient by the root of its mean square, in which older ones fade."""
    rest = 1 - alpha

    def update(g: float, squares: float, t: int) -> tuple[float, float]:
        squares = alpha * squares + rest * g * g
        return lr * g / (sqrt(squares) + eps), squares

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
def adam(lr: float, beta1: float, beta2: float, eps: float) -> Update:
    """Divide the mean gradient by the root of the mean square; older gradients fade in both."""
    rest1, rest2 = 1 - beta1, 1 - beta2
    # Both parameters ask for the same powers.
    at, part1, part2 = 0, 0.0, 0.0

    def update(g: float, memory: tuple[float, float], t: int) -> tuple[float, tuple[float, float]]:
        nonlocal at, part1, part2
        m, v = memory
        m = beta1 * m + rest1 * g
        v = beta2 * v + rest2 * g * g
        # Both means begin at 0: this takes that out again.
        if t != at:
            at, part1, part2 = t, 1 - beta1**t, 1 - beta2**t
        return lr * (m / part1) / (sqrt(v / part2) + eps), (m, v)

    return update
