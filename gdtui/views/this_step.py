"""The arithmetic of one iteration, in letters and in numbers."""

from __future__ import annotations

from gdtui.core.arithmetic import State, arithmetic, batch_measure
from gdtui.core.equations import Equation
from gdtui.drawing import (
    Page,
    Role,
    Span,
    short,
)
from gdtui.now import Now
from gdtui.scene import THIS_STEP, Scene
from gdtui.views.view import Sign, view


def _sum(now: Now) -> str:
    step, data = now.scene.snapshot.step, now.scene.surface.examples
    if data is None:
        return f"The gradient along w where we are: {short(step.dw)}. The step goes the other way."
    return (
        f"The gradient: each of the {data.m} examples says how the loss would change, and 2/m "
        f"times the sum of it is {short(step.dw)} along w. Enter shows each one's part."
    )


@view(
    5,
    THIS_STEP,
    Sign("gradient in numbers", (Role.GRADIENT,), (), _sum),
    Sign(
        "new parameter",
        (Role.WALKER,),
        (),
        lambda now: "Where the step leads: with this parameter the next iteration begins.",
    ),
    Sign(
        "letters and numbers",
        (Role.PLAIN,),
        (),
        lambda now: "Each formula stands in letters first, and below it with the numbers put in.",
    ),
    Sign(
        "what is worked out",
        (Role.QUIET,),
        (),
        lambda now: (
            f"The method, {now.scene.snapshot.settings.chosen_method.name}, and the iteration "
            f"whose arithmetic this is, {now.scene.snapshot.step.iteration}."
        ),
    ),
)
def this_step(scene: Scene) -> Page:
    """The arithmetic of the iteration where we are, with your own numbers put in."""
    surface, snapshot = scene.surface, scene.snapshot
    step, settings = snapshot.step, snapshot.settings
    method = settings.chosen_method
    state = State(*step[:3], step.dw, step.db if settings.bias else 0.0, snapshot.memory)
    over = ", feature standardized" if surface.is_standardized else ""
    heading = f"{method.name}, iteration {step.iteration}{over}"
    lines = [(heading, Role.QUIET), *_batch_lines(scene)]
    for parameter in ("w", "b")[: 1 + settings.bias]:
        lines += _gradient_lines(scene, parameter)
        for equation in arithmetic(surface, settings, state, parameter, short):
            role = Role.WALKER if equation.name == parameter else Role.PLAIN
            # What the letters stand for is said once, for w: for b it is the same.
            lines += [] if parameter == "b" else [_in_letters(equation)]
            lines.append(_in_numbers(equation, parameter == "b", role))
    note = "enter: the examples one by one" if surface.examples else ""
    return Page("This step", lines, note)


def _in_letters(equation: Equation) -> Span:
    return f"{equation.name} <- {equation.formula}", Role.PLAIN


def _in_numbers(equation: Equation, named: bool, role: Role) -> Span:
    """The equation with its numbers, behind its name or below its letters."""
    start = f"{equation.name} <- " if named else "  = "
    # Where there is nothing to put in, the numbers say no more than the letters.
    is_said = equation.numbers == equation.formula and not named
    numbers = "" if is_said else f"{equation.numbers} = "
    return f"{start}{numbers}{short(equation.value)}", role


def _gradient_lines(scene: Scene, parameter: str) -> list[Span]:
    """How the gradient along a parameter is the sum of what each example says."""
    surface, step = scene.surface, scene.snapshot.step
    gradient = step.dw if parameter == "w" else step.db
    data = surface.examples
    if data is None:
        return [(f"g = dL/d{parameter} = {short(gradient)}", Role.GRADIENT)]
    summed = "x * (w*x + b - y)" if parameter == "w" else "w*x + b - y"
    total = short(gradient * data.m / 2)
    total = f"({total})" if total.startswith("-") else total
    return [
        (f"g = dL/d{parameter} = 2/m * sum({summed})", Role.PLAIN),
        (f"  = 2/{data.m} * {total} = {short(gradient)}", Role.GRADIENT),
    ]


def _batch_lines(scene: Scene) -> list[Span]:
    """The loss of the batch, where the method looks at one."""
    settings, step = scene.snapshot.settings, scene.snapshot.step
    measure = batch_measure(scene.surface, settings)
    if measure is None:
        return []
    loss = measure(*step[:3])[0]
    words = f"loss {short(step.loss)}; of the batch of {settings.batch}: {short(loss)}"
    return [(words, Role.QUIET)]
