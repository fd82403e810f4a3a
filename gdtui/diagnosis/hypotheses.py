"""What a learner's program may do otherwise. A new hypothesis is one more definition in this file.

A hypothesis changes a variant, or gives None where it changes nothing in it. Its words are a clause
that tells what was done. One that is a number to be found names the field of the variant that holds
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from gdtui.core.methods import METHODS
from gdtui.diagnosis.variant import RATE, SCALINGS, SINGLE, STARTS, Variant, can_scale

Change = Callable[[Variant], Variant | None]


class Hypothesis(NamedTuple):
    """Something that a program may do otherwise, in words; in these, {} stands for its number."""

    words: str
    change: Change
    number: str = ""


HYPOTHESES: list[Hypothesis] = []


class Suspicion(NamedTuple):
    """One hypothesis or two, applied to a variant; the numbers are still to be found."""

    hypotheses: tuple[Hypothesis, ...]
    variant: Variant

    @property
    def numbers(self) -> tuple[str, ...]:
        """The fields of the variant whose numbers are to be found."""
        return tuple(one.number for one in self.hypotheses if one.number)


def alone(variant: Variant) -> Iterator[Suspicion]:
    """Each hypothesis by itself."""
    for one in HYPOTHESES:
        changed = one.change(variant)
        if changed:
            yield Suspicion((one,), changed)


def in_pairs(variant: Variant) -> Iterator[Suspicion]:
    """Each two hypotheses that do not contradict one another."""
    for pair in combinations(HYPOTHESES, 2):
        there, back = _both(variant, *pair), _both(variant, *pair[::-1])
        # Of two that set the same thing the last one counts, and so the order tells.
        if there and back and there != back:
            continue
        changed = there or back
        suspicion = Suspicion(pair, changed or variant)
        if changed and (changed != variant or suspicion.numbers):
            yield suspicion


def _both(variant: Variant, one: Hypothesis, other: Hypothesis) -> Variant | None:
    changed = one.change(variant)
    changed = other.change(changed) if changed else None
    # Another method has not the number that this one was to have.
    return changed if changed is None or not one.number else one.change(changed)


def hypothesis(words: str) -> Callable[[Change], Change]:
    """Enter the decorated change into HYPOTHESES."""

    def enter(change: Change) -> Change:
        HYPOTHESES.append(Hypothesis(words, change))
        return change

    return enter


def _has_examples(variant: Variant) -> bool:
    return variant.data.examples is not None


# What is read


@hypothesis("the first example is not read (a line too many taken for a header?)")
def _first_left_out(variant: Variant) -> Variant | None:
    return replace(variant, left_out="first") if _has_several(variant) else None


@hypothesis("the last example is not read")
def _last_left_out(variant: Variant) -> Variant | None:
    return replace(variant, left_out="last") if _has_several(variant) else None


def _has_several(variant: Variant) -> bool:
    examples = variant.data.examples
    return examples is not None and len(examples.x) > 1 and not variant.left_out


@hypothesis("x and y are swapped")
def _swapped(variant: Variant) -> Variant | None:
    return replace(variant, swapped=True) if _has_examples(variant) else None


def _scaled(scaling: str) -> Change:
    def change(variant: Variant) -> Variant | None:
        if variant.scaling == scaling or not can_scale(variant.data, scaling):
            return None
        settings = variant.settings
        # What is asked for as the start is taken as it is, over whatever feature.
        return replace(variant, scaling=scaling, w=settings.w_start, b=settings.b_start)

    return change


HYPOTHESES += [Hypothesis(f"the feature is {scaling}", _scaled(scaling)) for scaling in SCALINGS]


# Where it starts, and how far it steps


def _is_to_be_found(variant: Variant) -> Variant:
    return variant


HYPOTHESES += [
    Hypothesis("the learning rate is {}", _is_to_be_found, RATE),
    *(Hypothesis(f"{name} starts at {{}}", _is_to_be_found, name) for name in STARTS),
]


# The gradient


@hypothesis("the factor 2 is missing in the gradient")
def _without_2(variant: Variant) -> Variant:
    return replace(variant, w_factor=variant.w_factor / 2, b_factor=variant.b_factor / 2)


@hypothesis("the gradient is a sum over the examples, and not divided by their number")
def _summed(variant: Variant) -> Variant | None:
    if not _has_several_read(variant) or variant.w_summed or variant.b_summed:
        return None
    return replace(variant, w_summed=True, b_summed=True)


def _has_several_read(variant: Variant) -> bool:
    return variant.example_count > 1


@hypothesis("the sign of the gradient is wrong, and it steps uphill")
def _uphill(variant: Variant) -> Variant:
    return replace(variant, w_factor=-variant.w_factor, b_factor=-variant.b_factor)


@hypothesis("the factor 2 is missing in dL/dw alone")
def _w_without_2(variant: Variant) -> Variant | None:
    return replace(variant, w_factor=variant.w_factor / 2) if variant.trains_b else None


@hypothesis("the factor 2 is missing in dL/db alone")
def _b_without_2(variant: Variant) -> Variant | None:
    return replace(variant, b_factor=variant.b_factor / 2) if variant.trains_b else None


@hypothesis("dL/dw alone is a sum over the examples, and not divided by their number")
def _w_summed(variant: Variant) -> Variant | None:
    if not variant.trains_b or not _has_several_read(variant) or variant.w_summed:
        return None
    return replace(variant, w_summed=True)


@hypothesis("dL/db alone is a sum over the examples, and not divided by their number")
def _b_summed(variant: Variant) -> Variant | None:
    if not variant.trains_b or not _has_several_read(variant) or variant.b_summed:
        return None
    return replace(variant, b_summed=True)


@hypothesis("the sign of dL/dw alone is wrong")
def _w_uphill(variant: Variant) -> Variant | None:
    return replace(variant, w_factor=-variant.w_factor) if variant.trains_b else None


@hypothesis("the sign of dL/db alone is wrong")
def _b_uphill(variant: Variant) -> Variant | None:
    return replace(variant, b_factor=-variant.b_factor) if variant.trains_b else None


@hypothesis("the factor x is missing in dL/dw")
def _without_x(variant: Variant) -> Variant | None:
    return replace(variant, w_without_x=True) if _has_examples(variant) else None


@hypothesis("the gradient is that of the root of the loss")
def _descends_root(variant: Variant) -> Variant:
    return replace(variant, descends="root")


@hypothesis("the gradient is that of the mean absolute error")
def _descends_amounts(variant: Variant) -> Variant | None:
    return replace(variant, descends="amounts") if _has_examples(variant) else None


# The update


@hypothesis("b is trained, and should be held")
def _trains_b(variant: Variant) -> Variant | None:
    return None if variant.trains_b else replace(variant, trains_b=True)


@hypothesis("b is held, and should be trained")
def _holds_b(variant: Variant) -> Variant | None:
    return replace(variant, trains_b=False) if variant.trains_b else None


@hypothesis("dL/db is taken after w was updated")
def _w_first(variant: Variant) -> Variant | None:
    return replace(variant, first="w") if variant.trains_b else None


@hypothesis("dL/dw is taken after b was updated")
def _b_first(variant: Variant) -> Variant | None:
    return replace(variant, first="b") if variant.trains_b else None


def _by_method(key: str) -> Change:
    def change(variant: Variant) -> Variant | None:
        if variant.settings.method == key:
            return None
        return replace(variant, settings=variant.settings.replace(method=key))

    return change


# Which examples were in the batches of another program, nobody can tell.
HYPOTHESES += [
    Hypothesis(f"the method is {method.name} ({key})", _by_method(key))
    for key, method in METHODS.items()
    if not method.has_batches
]


def _shares() -> dict[str, str]:
    """What methods keep of what they remember: the labels by name."""
    of_all = [parameter for method in METHODS.values() for parameter in method.hyperparameters]
    return {parameter.name: parameter.label for parameter in of_all if parameter.complement}


def _has(name: str) -> Change:
    def change(variant: Variant) -> Variant | None:
        return variant if name in dict(variant.settings.own) else None

    return change


HYPOTHESES += [
    Hypothesis(f"{label} is {{}}", _has(name), name) for name, label in _shares().items()
]


# What is printed


@hypothesis("the loss is printed after the update")
def _after_update(variant: Variant) -> Variant:
    return replace(variant, after_update=True)


@hypothesis("the loss printed is a sum over the examples, and not their mean")
def _prints_sum(variant: Variant) -> Variant | None:
    return replace(variant, print_summed=True) if _has_several_read(variant) else None


@hypothesis("the loss printed is half the mean squared error")
def _prints_half(variant: Variant) -> Variant:
    return replace(variant, print_factor=0.5)


@hypothesis("the loss printed is the root of the mean squared error")
def _prints_root(variant: Variant) -> Variant:
    return replace(variant, prints="root")


@hypothesis("the loss printed is the mean absolute error")
def _prints_amounts(variant: Variant) -> Variant | None:
    return replace(variant, prints="amounts") if _has_examples(variant) else None


@hypothesis("it computes in single precision (float32)")
def _in_single(variant: Variant) -> Variant:
    return replace(variant, precision=SINGLE)
