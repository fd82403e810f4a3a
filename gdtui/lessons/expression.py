"""Expressions over facts: the goals and the answers of lessons.

Numbers, texts in quotes, names of facts, + - * /, comparisons, and, or, not. Nothing else is
understood, and nothing is evaluated but by this module: a lesson may come from anywhere.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Collection, Mapping

from gdtui.core.printable import printable

Result = float | str | bool
# Longer ones nobody could read, and Python's parser should not have to.
LONGEST_EXPRESSION = 300

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARED: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_EQUAL: dict[type[ast.cmpop], bool] = {ast.Eq: True, ast.NotEq: False}
_WORDS: dict[type[ast.AST], str] = {
    ast.Pow: "**",
    ast.Mod: "%",
    ast.FloorDiv: "//",
    ast.Call: "a call",
    ast.Attribute: "a dot",
    ast.Subscript: "brackets",
    ast.NamedExpr: ":=",
    ast.IfExp: "if",
    ast.In: "in",
}


class Expression:
    """One that was read from a text; raises ValueError, in words, for what it can't be."""

    def __init__(self, text: str) -> None:
        self.text = text
        shown = printable(text, 60)
        if len(text) > LONGEST_EXPRESSION:
            raise ValueError(f"'{shown}' is longer than {LONGEST_EXPRESSION} characters")
        try:
            with warnings.catch_warnings():
                # What Python's parser thinks of the style would be written over the screen.
                warnings.simplefilter("ignore")
                self._root = ast.parse(text.strip(), mode="eval").body
            self.names = frozenset(_checked(self._root))
        # Python's parser has limits of its own: to what is nested too deeply it says so.
        except (SyntaxError, RecursionError, MemoryError):
            raise ValueError(f"'{shown}' can't be read as an expression") from None
        except ValueError as reason:
            raise ValueError(f"'{shown}': {reason}") from None

    def unknown(self, facts: Collection[str]) -> list[str]:
        """The names in it that are no facts."""
        return sorted(self.names - set(facts))

    def value(self, facts: Mapping[str, Result]) -> Result:
        """What it comes to; where a number has none, as in 1 / 0, it is NaN."""
        return _value(self._root, facts)

    def holds(self, facts: Mapping[str, Result]) -> bool:
        """Whether it is so; a number is so unless it is 0 or NaN."""
        value = self.value(facts)
        return bool(value) and value == value


def _checked(node: ast.expr) -> set[str]:
    """The names in what may be in an expression; raises ValueError for all else."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str()):
            return set()
        case ast.Name(id=name):
            return {name}
        case ast.BoolOp(values=values):
            return set().union(*map(_checked, values))
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=operand):
            return _checked(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _checked(left) | _checked(right)
        case ast.BinOp(op=op):
            raise ValueError(f"{_WORDS.get(type(op), 'that sign')} is not understood")
        case ast.Compare(left=left, ops=ops, comparators=others):
            for sign in ops:
                if type(sign) not in _COMPARED and type(sign) not in _EQUAL:
                    raise ValueError(f"{_WORDS.get(type(sign), 'that sign')} is not understood")
            return set().union(*map(_checked, [left, *others]))
        case _:
            raise ValueError(f"{_WORDS.get(type(node), 'a part of it')} is not understood")


def _value(node: ast.expr, facts: Mapping[str, Result]) -> Result:
    match node:
        case ast.Constant(value=bool() | str() as value):
            return value
        case ast.Constant(value=int() | float() as value):
            return _number(value)
        case ast.Name(id=name):
            return facts[name]
        case ast.BoolOp(op=op, values=values):
            truths = (
                bool(value) and value == value for value in (_value(v, facts) for v in values)
            )
            return all(truths) if isinstance(op, ast.And) else any(truths)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            value = _value(operand, facts)
            return not (value and value == value)
        case ast.UnaryOp(op=op, operand=operand):
            number = _number(_value(operand, facts))
            return -number if isinstance(op, ast.USub) else number
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _number(_value(left, facts)), _number(_value(right, facts))
            try:
                return _ARITHMETIC[type(op)](one, other)
            except ZeroDivisionError:
                return math.nan
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(side, facts) for side in (left, *others)]
            return all(map(_compare, ops, sides, sides[1:]))
        case _:
            raise AssertionError(f"unchecked: {node!r}")


def _compare(sign: ast.cmpop, one: Result, other: Result) -> bool:
    if type(sign) in _EQUAL:
        same = one == other if isinstance(one, str) == isinstance(other, str) else False
        return same == _EQUAL[type(sign)]
    return _COMPARED[type(sign)](_number(one), _number(other))


def _number(value: Result) -> float:
    """A text is no number; nor is a whole one that no float can hold."""
    if isinstance(value, str):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf
