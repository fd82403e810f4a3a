"""The arithmetic of one iteration, equation by equation, in letters and in numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

Format = Callable[[float], str]

# A name that stands for a number; one before a bracket is a function.
_NAME = r"\b[A-Za-z]\w*\b(?!\()"


class Equation(NamedTuple):
    """A name, the formula it stands for, the same in numbers, and what comes out."""

    name: str
    formula: str
    numbers: str
    value: float


def in_numbers(formula: str, names: dict[str, float], format: Format) -> str:
    """A formula with numbers in the place of its names, negative ones in brackets."""

    def number(name: re.Match[str]) -> str:
        text = format(names[name[0]])
        return f"({text})" if text.startswith("-") else text

    return re.sub(_NAME, number, formula)


def equation(name: str, formula: str, value: float, names: dict[str, float], f: Format) -> Equation:
    """An equation whose value is known."""
    return Equation(name, formula, in_numbers(formula, names, f), value)


def solve(lines: Sequence[str], names: dict[str, float], format: Format) -> list[Equation]:
    """The equations of lines such as "w <- w - lr * g", each of which may use those before it."""
    names, solved = dict(names), []
    for line in lines:
        name, _, formula = line.partition(" <- ")
        value = float(eval(formula, {"__builtins__": {}, "sqrt": math.sqrt}, names))
        solved.append(equation(name, formula, value, names, format))
        names[name] = value
    return solved


def for_parameter(line: str, parameter: str) -> str:
    """A line that is written for w, for another parameter."""
    return re.sub(r"\bw\b", parameter, line)
