"""A run as a script: a few lines of numpy that print by themselves what gdtui prints.

It takes the means of the textbook, where they print the same: in a long run some rounding may show
in a last digit, and then the script sums up as gdtui does. It does so too where a run is not a
plain walk to the end of its iterations.
"""

from __future__ import annotations

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Iterator, Sequence

import numpy as np

from gdtui.core.landscapes import Landscape
from gdtui.core.methods import BATCH, Method, numbers
from gdtui.core.model import Vector
from gdtui.core.printable import printable
from gdtui.core.run import Record
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, surface_of
from gdtui.dataset.text import Dataset
from gdtui.export.files import ExportError
from gdtui.export.lines import OF_BATCH, TEXT_LINE, Bursts, Data, needs_both, text_lines

# More of them would bury the lines that a reader looks for.
MOST_EXAMPLES = 1000
# Iterations over which a script is tried before it is written, which takes about a second.
MOST_TRIED = 20_000
WIDTH = 96

# Nothing of the data stands in the first two lines: Python looks for an encoding there.
HEAD = """\
#!/usr/bin/env python3
# Gradient descent, step by step: it prints the lines of gdtui --plain, and needs numpy at most."""

FIVE_NUMBERS = """\
# Five numbers stand for all examples, as in gdtui: the same sums in the same order. To take the
# mean of the squared errors themselves would round otherwise, and give other last digits."""

TEXTBOOK = """\
def measure(w, b{and_batch}):
    e = x * w + b - y
    return np.mean(e * e), 2 * np.mean(x * e), 2 * np.mean(e)"""

EXACT = """\
def measure(w, b{and_batch}):
    e, r = w - w_hat, w * xm + b - ym
    return res + vxx * e * e + r * r, 2 * (vxx * e + xm * r), 2 * r"""

BATCH_OF = """\
def batch_of(iteration):
    epoch, number = divmod(iteration, -(-len(x) // batch))
    order = np.random.default_rng([seed, epoch]).permutation(len(x))
    chosen = order[number * batch : (number + 1) * batch]
    return {drawn}"""

FIVE_OF_BATCH = """\
def mean(values):
    return float(np.add.reduceat(values, [0])[0]) / len(values)

def five_numbers(x, y):
    xm, ym = mean(x), mean(y)
    dx, dy = x - xm, y - ym
    vxx = mean(dx * dx)
    w_hat = mean(dx * dy) / vxx if vxx > 0 else 0.0
    return xm, ym, vxx, w_hat, mean((dy - w_hat * dx) ** 2)"""

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
    _refuse_what_is_long(data, record.tunings[-1][1])
    plain = _textbook(data, record)
    return plain if plain and _prints_the_same(plain, data, record) else _exact(data, record)


def _refuse_what_is_long(data: Data, settings: Settings) -> None:
    method = settings.chosen_method
    if not method.formula:
        raise ExportError(f"{method.name} has no script: nothing says its formula")
    if isinstance(data, Dataset) and len(data.x) > MOST_EXAMPLES:
        raise ExportError(
            f"a script holds its examples, {MOST_EXAMPLES} at most, and these are {len(data.x)}"
        )


def _textbook(data: Data, record: Record) -> str | None:
    """The script in the words of the textbook; None for a run that these are too few for."""
    settings = record.tunings[-1][1]
    count = settings.iterations - record.start.iteration
    if count > MOST_TRIED or _has_tolerance(record) or _has_conditions(settings.chosen_method):
        return None
    measure = _landscape(data) if isinstance(data, Landscape) else _means(data, settings)
    loop = [*_begin(record), *_walk(data, record)]
    return _program(data, [*measure, "\n".join(loop)], [*_answer(settings)])


def _exact(data: Data, record: Record) -> str:
    """The script that goes through the same arithmetic as gdtui."""
    settings = record.tunings[-1][1]
    measure = _landscape(data) if isinstance(data, Landscape) else _five(data, settings)
    beside = [LOSS] if any("L(" in line for line in settings.chosen_method.formula) else []
    loop = [*_begin(record, "w, b = reached"), *_loop(data, record)]
    answer = ["w, b = reached", *_answer(settings)]
    return _program(data, [*measure, *beside, "\n".join(loop)], answer)


def _program(data: Data, parts: Sequence[str], answer: Sequence[str]) -> str:
    body = "\n\n".join([*parts, "\n".join(answer)])
    imports = "\n".join(_imports(body, isinstance(data, Landscape)))
    return "\n\n".join(filter(None, [HEAD, imports, body])) + "\n"


def _prints_the_same(text: str, data: Data, record: Record) -> bool:
    """Whether a script prints what gdtui does."""
    whole = Record(record.start, record.tunings, record.tunings[-1][1].iterations)
    printed: list[str] = []
    try:
        with np.errstate(all="ignore"):
            exec(text, {"print": printed.append})
    except ArithmeticError:
        return False
    expected = text_lines(Bursts(surface_of(data, whole.tunings[0][1]), whole))
    return "".join(f"{line}\n" for line in printed) == "".join(expected)


def _imports(body: str, is_landscape: bool) -> Iterator[str]:
    """What the script uses, and no more."""
    used = [name for name in ("hypot", "inf", "sqrt") if re.search(rf"\b{name}\b", body)]
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


def _means(data: Dataset, settings: Settings) -> list[str]:
    """The examples, and the loss and the slopes as means over them."""
    lines = _examples(data)
    if settings.standardize:
        lines += ["shift, scale = np.mean(x), np.std(x)", "x = (x - shift) / scale"]
    measure = TEXTBOOK.format(and_batch=", x=x, y=y" if _draws(data, settings) else "")
    drawn = [BATCH_OF.format(drawn="x[chosen], y[chosen]")] if _draws(data, settings) else []
    return ["\n".join(lines), measure, *drawn]


def _five(data: Dataset, settings: Settings) -> list[str]:
    """The examples, and the loss and the slopes from five numbers."""
    lines, x = _examples(data), data.x
    if settings.standardize:
        lines += _scaling(x)
        x = LossSurface.of(x, data.y).standardized().x
    parts = ["\n".join(lines), "\n".join(_five_numbers(x, settings.standardize))]
    if not _draws(data, settings):
        return [*parts, EXACT.format(and_batch="")]
    of_batch = ", xm=xm, ym=ym, vxx=vxx, w_hat=w_hat, res=res"
    drawn = BATCH_OF.format(drawn="five_numbers(x[chosen], y[chosen])")
    return [*parts, EXACT.format(and_batch=of_batch), FIVE_OF_BATCH, drawn]


def _examples(data: Dataset) -> list[str]:
    title = " ".join(map(printable, (data.name, "·", data.feature, "->", data.label)))
    return [f"# {title}", _array("x", data.x), _array("y", data.y)]


def _has_batches(settings: Settings) -> bool:
    return BATCH in settings.hyperparameters


def _draws(data: Data, settings: Settings) -> bool:
    """Whether each iteration draws a batch; one of all examples takes them in their order."""
    examples = len(data.x) if isinstance(data, Dataset) else 0
    return _has_batches(settings) and float(settings[BATCH]) < examples


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


def _has_conditions(method: Method) -> bool:
    return any("  if " in line for line in method.formula)


def _values(record: Record, settings: Settings) -> dict[str, float]:
    """What the lines of the loop need to know, by name."""
    whole = {p.name for p in settings.hyperparameters if isinstance(p.default, int)}
    values = {n: int(v) if n in whole else v for n, v in numbers(settings).items()}
    return values | ({"tolerance": settings.tolerance} if _has_tolerance(record) else {})


def _assigned(values: dict[str, float]) -> str:
    return f"{', '.join(values)} = {', '.join(map(_literal, values.values()))}"


def _literal(value: float) -> str:
    return repr(value) if math.isfinite(value) else f"float('{value}')"


def _begin(record: Record, names: str = "w, b") -> Iterator[str]:
    start, settings = record.start, record.tunings[0][1]
    yield _assigned({"iterations": record.tunings[-1][1].iterations})
    yield _assigned(_values(record, settings))
    yield f"{names} = {_literal(start.w)}, {_literal(start.b)}"
    remembered = settings.chosen_method.remembers
    memory = [f"{name}_{parameter}" for parameter in "wb" for name in remembered]
    if memory:
        kept = dict(zip(memory, start.memory, strict=True))
        yield _assigned({n: v for n, v in kept.items() if settings.bias or n.endswith("_w")})


def _walk(data: Data, record: Record) -> Iterator[str]:
    """The loop of a run that goes on to the end of its iterations."""
    yield from _measured(record, "iterations")
    yield from _line(data, record)
    yield from _update(record)


def _loop(data: Data, record: Record) -> Iterator[str]:
    """The loop of a run that may diverge or converge."""
    settings = record.tunings[0][1]
    highest = "loss < inf" if isinstance(data, Landscape) else "loss <= largest"
    yield from _measured(record, "iterations + 1")
    yield f"    if not ({highest} and dw * 0 == db * 0):"
    yield "        break  # diverged: infinity times 0 is not equal to itself"
    yield "    reached = w, b"
    yield "    if iteration == iterations:"
    yield "        break"
    yield from _line(data, record)
    if _has_tolerance(record):
        yield f"    if hypot(dw, {'db' if settings.bias else '0'}) < tolerance:"
        yield "        break"
    yield from _update(record)


def _measured(record: Record, end: str) -> Iterator[str]:
    """How each iteration begins."""
    first = f"{record.start.iteration}, " if record.start.iteration else ""
    yield f"for iteration in range({first}{end}):"
    yield from _tuned(record)
    yield "    loss, dw, db = measure(w, b)"


def _line(data: Data, record: Record) -> Iterator[str]:
    """Print the line of an iteration; where it draws a batch, that comes before."""
    settings = record.tunings[0][1]
    if not _has_batches(settings):
        yield f'    print("{TEXT_LINE}" % (iteration, loss))'
        return
    drawn = ", *batch_of(iteration)" if _draws(data, settings) else ""
    yield f"    of_batch, dw_batch, db_batch = measure(w, b{drawn})"
    yield f'    print("{TEXT_LINE}{OF_BATCH}" % (iteration, loss, of_batch))'


def _update(record: Record) -> Iterator[str]:
    """The formula of the method, for each parameter that is trained."""
    settings = record.tunings[0][1]
    method, parameters = settings.chosen_method, "wb" if settings.bias else "w"
    if any(re.search(r"\bt\b", line) for line in method.formula):
        yield "    t = iteration + 1"
    if _has_conditions(method):
        yield from _choices(method, parameters)
        return
    suffix = "_batch" if _has_batches(settings) else ""
    for parameter in parameters:
        yield from (f"    {line}" for line in _equations(method, parameter, suffix))


def _tuned(record: Record) -> Iterator[str]:
    before = _values(record, record.tunings[0][1])
    for iteration, settings in record.tunings[1:]:
        values = _values(record, settings)
        changed = {name: value for name, value in values.items() if value != before[name]}
        if changed:
            yield f"    if iteration == {iteration}:"
            yield f"        {_assigned(changed)}"
        before = values


def _equations(method: Method, parameter: str, suffix: str) -> Iterator[str]:
    """The formula of a method as assignments, for one parameter and the slope of that name."""
    pairs = [line.partition(" <- ")[::2] for line in method.formula]
    own = {name for name, _ in pairs} - {"w"} | set(method.remembers)
    names = {"w": parameter, "g": f"d{parameter}{suffix}"} | {n: f"{n}_{parameter}" for n in own}
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
    if settings.standardize:
        yield "w = w / scale"
        yield "b = b - w * shift"
    yield (
        r'print("\nw=%.10f, b=%.10f" % (w, b))'
        if needs_both(settings)
        else r'print("\nw=%.10f" % w)'
    )
