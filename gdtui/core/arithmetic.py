"""What one iteration computes, equation by equation: the method's formula with its own numbers."""

from __future__ import annotations

from typing import NamedTuple

from gdtui.core.batches import BatchMeasure
from gdtui.core.equations import Equation, Format, equation, for_parameter, solve
from gdtui.core.method import Memory
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface


class State(NamedTuple):
    """What an iteration begins with: where it stands, the slopes there, and the memory."""

    iteration: int
    w: float
    b: float
    dw: float
    db: float
    memory: Memory


def batch_measure(surface: Surface, settings: Settings) -> BatchMeasure | None:
    """A function of (iteration, w, b): the batch's (loss, dL/dw, dL/db) in this iteration.

    None where all examples count.
    """
    if not settings.chosen_method.has_batches:
        return None
    return surface.batch_measurer(int(settings.batch), int(settings.seed))


def arithmetic(
    surface: Surface, settings: Settings, state: State, parameter: str, format: Format
) -> list[Equation]:
    """What the method computes in a state for "w" or "b"; the last is the new parameter."""
    if settings.chosen_method.search:
        return _tried(surface, settings, state, parameter, format)
    measure = batch_measure(surface, settings)
    if measure:
        _, dw, db = measure(*state[:3])
        state = state._replace(dw=dw, db=db)
    return _solved(settings, state, parameter, format)


def _solved(settings: Settings, state: State, parameter: str, format: Format) -> list[Equation]:
    """The formula of the method, solved for one parameter."""
    method, of_w = settings.chosen_method, parameter == "w"
    here, slope = (state.w, state.dw) if of_w else (state.b, state.db)
    count, remembered = len(method.remembers), method.numbers_of(state.memory)
    kept = remembered[:count] if of_w else remembered[count:]
    names = settings.numbers | dict(zip(method.remembers, kept, strict=True))
    names |= {parameter: here, "g": slope, "t": state.iteration + 1}
    lines = [for_parameter(line, parameter) for line in method.formula]
    return solve(lines, names, format)


def _tried(
    surface: Surface, settings: Settings, state: State, parameter: str, format: Format
) -> list[Equation]:
    """The losses that a search looked at for one parameter, and what was taken."""
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
