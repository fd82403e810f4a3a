"""A run as a script: a few lines of numpy that print by themselves what gdtui prints."""

from __future__ import annotations

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Iterator

import numpy as np

from gdtui.core.dataset import Dataset
from gdtui.core.landscapes import Landscape
from gdtui.core.methods import BATCH, Method, numbers
from gdtui.core.model import Vector
from gdtui.core.run import Record
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.core.text import printable
from gdtui.export import ExportError
from gdtui.report import TEXT_LINE, Data, needs_both

# More of them would bury the lines that a reader looks for.
MOST_EXAMPLES = 1000
WIDTH = 96

# Nothing of the data stands in the first two lines: Python looks for an encoding there.
HEAD = """\
#!/usr/bin/env python3
# Gradient descent, step by step: it prints the lines of gdtui --plain, and needs numpy at most."""

FIVE_NUMBERS = """\
# Five numbers stand for all examples, as in gdtui: the same sums in the same order. To take the
# mean of the squared errors themselves would round otherwise, and give other last digits."""

MEASURE = """\
def measure(w, b):
    e, r = w - w_hat, w * xm + b - ym
    return res + vxx * e * e + r * r, 2 * (vxx * e + xm * r), 2 * r"""

LOSS = """\
def L(w, b):
    return measure(w, b)[0]"""

# A name that stands for a number; one before a bracket is a function.
_NAME = re.compile(r"\b[A-Za-z]\w*\b(?!\()")
# A loss looked at beside the point, along w, in the conditions of a formula.
_BESIDE_W = re.compile(r"L\(w( [+-] \w+)?, b\)")


def script(data: Data, record: Record) -> str:
    """A script of the run from its start to the end of its iterations.

    Raises ExportError, in words, where it would not be short and plain.
    """
    settings = record.tunings[-1][1]
    _refuse_what_is_long(data, settings)
    formula = settings.chosen_method.formula
    of_data = _landscape(data) if isinstance(data, Landscape) else _dataset(data, settings)
    parts = [
        HEAD,
        "\n".join(_imports(record, isinstance(data, Landscape))),
        *of_data,
        *([LOSS] if any("L(" in line for line in formula) else []),
        "\n".join([*_begin(record), *_loop(data, record)]),
        "\n".join(_answer(settings)),
    ]
    return "\n\n".join(parts) + "\n"


def _refuse_what_is_long(data: Data, settings: Settings) -> None:
    method = settings.chosen_method
    if BATCH in settings.hyperparameters:
        raise ExportError(f"{method.name} has no short script: it draws batches, as gdtui does")
    if not method.formula:
        raise ExportError(f"{method.name} has no script: nothing says its formula")
    if isinstance(data, Dataset) and len(data.x) > MOST_EXAMPLES:
        raise ExportError(
            f"a script holds its examples, {MOST_EXAMPLES} at most, and these are {len(data.x)}"
        )


def _imports(record: Record, is_landscape: bool) -> Iterator[str]:
    settings = record.tunings[0][1]
    used = ["hypot"] if _has_tolerance(record) else []
    used += ["inf"] if is_landscape else []
    if settings.standardize or any("sqrt(" in line for line in settings.chosen_method.formula):
        used.append("sqrt")
    if used:
        yield f"from math import {', '.join(used)}"
    if not is_landscape:
        yield from ([""] if used else [])
        yield "import numpy as np"


# The loss


def _landscape(landscape: Landscape) -> list[str]:
    """The formula as it stands in its module, without words and types."""
    try:
        (function,) = ast.parse(textwrap.dedent(inspect.getsource(landscape.formula))).body
    except (OSError, TypeError):
        raise ExportError(f"the formula of {landscape.name} can't be read") from None
    assert isinstance(function, ast.FunctionDef)
    function.name, function.decorator_list, function.returns = "measure", [], None
    for argument in function.args.args:
        argument.annotation = None
    if ast.get_docstring(function) is not None:
        del function.body[0]
    title = f"# The surface {landscape.name}: its loss, and the slopes along w and b."
    return [f"{title}\n{ast.unparse(function)}"]


def _dataset(data: Dataset, settings: Settings) -> list[str]:
    title = " ".join(map(printable, (data.name, "·", data.feature, "->", data.label)))
    lines = [f"# {title}", _array("x", data.x), _array("y", data.y)]
    x = data.x
    if settings.standardize:
        lines += _scaling(x)
        x = LossSurface.of(x, data.y).standardized().x
    return ["\n".join(lines), "\n".join(_five_numbers(x, settings.standardize)), MEASURE]


def _array(name: str, values: Vector) -> str:
    text = f"{name} = np.array([{', '.join(map(repr, values.astype(float).tolist()))}])"
    return textwrap.fill(text, WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _scaling(x: Vector) -> list[str]:
    return [
        "# The feature with mean 0 and deviation 1.",
        f"shift = {_mean_of('x', x)}",
        "x = x - shift",
        "farthest = float(np.max(np.abs(x))) or 1.0",
        "scale = farthest * sqrt(np.mean((x / farthest) ** 2)) or 1.0",
        "x = x / scale",
    ]


def _mean_of(name: str, values: Vector) -> str:
    """The mean; where all values are the same it is that one, and not what rounding leaves."""
    return f"float({name}[0])" if np.all(values == values[0]) else f"float(np.mean({name}))"


def _five_numbers(x: Vector, scaled: bool) -> Iterator[str]:
    yield FIVE_NUMBERS
    yield f"xm, ym = {_mean_of('x', x)}, float(np.mean(y))"
    yield "dx, dy = x - xm, y - ym"
    yield "vxx = float(np.mean(dx * dx))"
    with np.errstate(all="ignore"):
        varies = LossSurface.of(x, x).vxx > 0
    yield f"w_hat = {'float(np.mean(dx * dy)) / vxx' if varies else '0.0'}"
    yield "res = float(np.mean((dy - w_hat * dx) ** 2))"
    if scaled:
        yield f"xm, vxx = 0.0, {1.0 if np.any(x) else 0.0}  # what scaling makes them, to the digit"
    yield "largest = np.finfo(float).max / len(x)  # a larger mean is of a sum that overflows"


# The descent


def _has_tolerance(record: Record) -> bool:
    return any(settings.tolerance for _, settings in record.tunings)


def _values(record: Record, settings: Settings) -> dict[str, float]:
    """What the lines of the loop need to know, by name."""
    tolerance = {"tolerance": settings.tolerance} if _has_tolerance(record) else {}
    return numbers(settings) | tolerance


def _assigned(values: dict[str, float]) -> str:
    return f"{', '.join(values)} = {', '.join(map(_literal, values.values()))}"


def _literal(value: float) -> str:
    return repr(value) if math.isfinite(value) else f"float('{value}')"


def _begin(record: Record) -> Iterator[str]:
    start, settings = record.start, record.tunings[0][1]
    yield _assigned({"iterations": record.tunings[-1][1].iterations})
    yield _assigned(_values(record, settings))
    yield f"w, b = reached = {_literal(start.w)}, {_literal(start.b)}"
    names = settings.chosen_method.remembers
    memory = [f"{name}_{parameter}" for parameter in "wb" for name in names]
    if memory:
        kept = dict(zip(memory, start.memory, strict=True))
        yield _assigned({n: v for n, v in kept.items() if settings.bias or n.endswith("_w")})


def _loop(data: Data, record: Record) -> Iterator[str]:
    settings = record.tunings[0][1]
    method = settings.chosen_method
    highest = "loss < inf" if isinstance(data, Landscape) else "loss <= largest"
    first = f"{record.start.iteration}, " if record.start.iteration else ""
    yield f"for iteration in range({first}iterations + 1):"
    yield from _tuned(record)
    yield "    loss, dw, db = measure(w, b)"
    yield f"    if not ({highest} and dw * 0 == db * 0):"
    yield "        break  # diverged: infinity times 0 is not equal to itself"
    yield "    reached = w, b"
    yield "    if iteration == iterations:"
    yield "        break"
    yield f'    print("{TEXT_LINE}" % (iteration, loss))'
    if _has_tolerance(record):
        yield f"    if hypot(dw, {'db' if settings.bias else '0'}) < tolerance:"
        yield "        break"
    if any(re.search(r"\bt\b", line) for line in method.formula):
        yield "    t = iteration + 1"
    parameters = "wb" if settings.bias else "w"
    if any("  if " in line for line in method.formula):
        yield from _choices(method, parameters)
    else:
        yield from (f"    {line}" for p in parameters for line in _equations(method, p))


def _tuned(record: Record) -> Iterator[str]:
    before = _values(record, record.tunings[0][1])
    for iteration, settings in record.tunings[1:]:
        values = _values(record, settings)
        changed = {name: value for name, value in values.items() if value != before[name]}
        if changed:
            yield f"    if iteration == {iteration}:"
            yield f"        {_assigned(changed)}"
        before = values


def _equations(method: Method, parameter: str) -> Iterator[str]:
    """The formula of a method as assignments, for one parameter."""
    pairs = [line.partition(" <- ")[::2] for line in method.formula]
    own = {name for name, _ in pairs} - {"w"} | set(method.remembers)
    names = {"w": parameter, "g": f"d{parameter}"} | {n: f"{n}_{parameter}" for n in own}
    for name, formula in pairs:
        yield f"{names[name]} = {_NAME.sub(lambda found: names.get(found[0], found[0]), formula)}"


def _choices(method: Method, parameters: str) -> Iterator[str]:
    """A formula whose lines have conditions: the first one met counts, and none is the end."""
    word = "if"
    for parameter in parameters:
        for line in method.formula:
            equation, _, condition = line.partition("  ")
            formula = re.sub(r"\bw\b", parameter, equation.replace(" <- ", " = "))
            condition = condition.removeprefix("else, ").removeprefix("if ")
            if parameter == "b":
                condition = _BESIDE_W.sub(lambda found: f"L(w, b{found[1] or ''})", condition)
            yield f"    {word} {condition}:"
            yield f"        {formula}"
            word = "elif"
    yield "    else:"
    yield "        break"


def _answer(settings: Settings) -> Iterator[str]:
    yield "w, b = reached"
    if settings.standardize:
        yield "w = w / scale"
        yield "b = b - w * shift"
    yield (
        r'print("\nw=%.10f, b=%.10f" % (w, b))'
        if needs_both(settings)
        else r'print("\nw=%.10f" % w)'
    )
