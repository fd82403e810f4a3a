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
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gdtui.core import quadratic
from gdtui.core.landscapes import Landscape
from gdtui.core.method import Method
from gdtui.core.model import Vector
from gdtui.core.printable import printable
from gdtui.core.run import Record
from gdtui.core.settings import Settings
from gdtui.core.surface import Surface
from gdtui.export.files import ExportError
from gdtui.export.lines import OF_BATCH, TEXT_LINE, ReportedSteps, needs_both, text_lines
from gdtui.problem import Problem

# More of them would bury the lines that a reader looks for.
MOST_EXAMPLES = 1000
# Iterations over which a script is tried before it is written, which takes about a second.
MOST_TRIED = 20_000
SCRIPT_WIDTH = 96

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
def measure(w, b, five=five):
    return bowl_of(*five)(w, b)"""

BATCH_OF = """\
def batch_of(iteration):
    epoch, number = divmod(iteration, -(-len(x) // batch))
    order = np.random.default_rng([seed, epoch]).permutation(len(x))
    chosen = order[number * batch : (number + 1) * batch]
    return {drawn}"""

SCALING = """\
# The feature with mean 0 and deviation 1.
shift = float(five_numbers(x, y)[0])
x = x - shift
farthest = float(np.max(np.abs(x))) or 1.0
scale = farthest * sqrt(np.mean((x / farthest) ** 2)) or 1.0
x = x / scale"""

FIVE_OF_BATCH = """\
def mean_of_batch(values):
    return np.add.reduceat(values, [0])[0] / len(values)"""

LOSS_CODE = """\
def L(w, b):
    return measure(w, b)[0]"""

# A name that stands for a number; one before a bracket is a function.
_NAME = re.compile(r"\b[A-Za-z]\w*\b(?!\()")
# A loss looked at beside the point, along w, in the conditions of a formula.
_BESIDE_W = re.compile(r"L\(w( [+-] \w+)?, b\)")


def script(problem: Problem, record: Record) -> str:
    """A script of the run from its start to the end of its iterations.

    Raises ExportError, in words, where it would not be short and plain.
    """
    _refuse_what_is_long(problem, record.tunings[-1][1])
    plain = _textbook(problem, record)
    return plain if plain and _prints_the_same(plain, problem, record) else _exact(problem, record)


def _refuse_what_is_long(problem: Problem, settings: Settings) -> None:
    method = settings.chosen_method
    if not method.formula:
        raise ExportError(f"{method.name} has no script: nothing says its formula")
    count = problem.example_count
    if count > MOST_EXAMPLES:
        raise ExportError(
            f"a script holds its examples, {MOST_EXAMPLES} at most, and these are {count}"
        )


def _textbook(problem: Problem, record: Record) -> str | None:
    """The script in the words of the textbook; None for a run that these are too few for."""
    settings = record.tunings[-1][1]
    count = settings.iterations - record.start.iteration
    if count > MOST_TRIED or _has_tolerance(record) or _has_conditions(settings.chosen_method):
        return None
    landscape = problem.landscape
    measure = _landscape(landscape) if landscape else _means(problem, settings)
    loop = [*_begin(record), *_walk(problem, record)]
    return _program(problem, [*measure, "\n".join(loop)], [*_answer(settings)])


def _exact(problem: Problem, record: Record) -> str:
    """The script that goes through the same arithmetic as gdtui."""
    settings = record.tunings[-1][1]
    landscape = problem.landscape
    measure = _landscape(landscape) if landscape else _five(problem, settings)
    beside = [LOSS_CODE] if any("L(" in line for line in settings.chosen_method.formula) else []
    loop = [*_begin(record, "w, b = reached"), *_loop(problem, record)]
    answer = ["w, b = reached", *_answer(settings)]
    return _program(problem, [*measure, *beside, "\n".join(loop)], answer)


def _program(problem: Problem, parts: Sequence[str], answer: Sequence[str]) -> str:
    body = "\n\n".join([*parts, "\n".join(answer)])
    imports = "\n".join(_imports(body, problem.landscape is not None))
    return "\n\n".join(filter(None, [HEAD, imports, body])) + "\n"


def _prints_the_same(text: str, problem: Problem, record: Record) -> bool:
    """Whether a script prints what gdtui does."""
    whole = Record(record.start, record.tunings, record.tunings[-1][1].iterations)
    printed: list[str] = []
    try:
        with np.errstate(all="ignore"):
            exec(compile(text, "script", "exec", dont_inherit=True), {"print": printed.append})
    except ArithmeticError:
        return False
    expected = text_lines(ReportedSteps(problem.surface_for(whole.tunings[0][1]), whole))
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
    title = f"# The surface {landscape.name}: its loss, and the gradients along w and b."
    try:
        return [f"{title}\n{_source(landscape.formula, 'measure')}"]
    except (OSError, TypeError):
        raise ExportError(f"the formula of {landscape.name} can't be read") from None


def _source(function: Callable[..., object], name: str | None = None) -> str:
    """The code of a function of ours without words and types, under a name if one is given."""
    (code,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(code, ast.FunctionDef)
    code.name, code.decorator_list = name or code.name, []
    for inner in ast.walk(code):
        if isinstance(inner, ast.FunctionDef):
            inner.returns = None
            if ast.get_docstring(inner) is not None:
                del inner.body[0]
        elif isinstance(inner, ast.arg):
            inner.annotation = None
    return ast.unparse(code)


def _means(problem: Problem, settings: Settings) -> list[str]:
    """The examples, and the loss and the slopes as means over them."""
    lines = _examples(problem)
    if settings.standardize:
        lines += ["shift, scale = np.mean(x), np.std(x)", "x = (x - shift) / scale"]
    measure = TEXTBOOK.format(and_batch=", x=x, y=y" if _draws(problem, settings) else "")
    drawn = [BATCH_OF.format(drawn="x[chosen], y[chosen]")] if _draws(problem, settings) else []
    return ["\n".join(lines), measure, *drawn]


def _five(problem: Problem, settings: Settings) -> list[str]:
    """The examples, and the loss and the slopes from five numbers."""
    parts = ["\n".join(_examples(problem)), *_functions()]
    if settings.standardize:
        parts.append(SCALING)
    parts += ["\n".join(_five_numbers(problem.surface_for(settings), settings)), EXACT]
    if not _draws(problem, settings):
        return parts
    drawn = BATCH_OF.format(drawn="five_numbers(x[chosen], y[chosen], mean_of_batch),")
    return [*parts, FIVE_OF_BATCH, drawn]


def _examples(problem: Problem) -> list[str]:
    data = problem.dataset
    assert data
    title = " ".join(map(printable, (data.name, "·", data.feature, "->", data.label)))
    return [f"# {title}", _array("x", data.x), _array("y", data.y)]


def _has_batches(settings: Settings) -> bool:
    return settings.chosen_method.has_batches


def _draws(problem: Problem, settings: Settings) -> bool:
    """Whether each iteration draws a batch; one of all examples takes them in their order."""
    return _has_batches(settings) and settings.batch < problem.example_count


def _array(name: str, values: Vector) -> str:
    text = f"{name} = np.array([{', '.join(map(repr, values.astype(float).tolist()))}])"
    return textwrap.fill(text, SCRIPT_WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _functions() -> Iterator[str]:
    """How gdtui sums up the examples, and measures the loss from these sums."""
    limits = f"{quadratic.SMALLEST_SQUARE!r}, {quadratic.ROUNDING!r}"
    yield "\n".join([FIVE_NUMBERS, f"SMALLEST_SQUARE, ROUNDING = {limits}"])
    yield _source(quadratic.slope)
    yield _source(quadratic.rounded_off)
    yield _source(quadratic.five_numbers)
    yield _source(quadratic.bowl_of)


def _five_numbers(surface: Surface, settings: Settings) -> Iterator[str]:
    yield "five = tuple(map(float, five_numbers(x, y)))"
    if settings.standardize and surface.examples:
        # What scaling makes of them, to the digit.
        scaled = surface.examples
        yield f"five = ({scaled.xm!r}, five[1], {scaled.vxx!r}, *five[3:])"
    yield "largest = np.finfo(float).max / len(x)  # a larger mean is of an infinite sum"


# The descent


def _has_tolerance(record: Record) -> bool:
    return any(settings.tolerance for _, settings in record.tunings)


def _has_conditions(method: Method) -> bool:
    return any("  if " in line for line in method.formula)


def _values(record: Record, settings: Settings) -> dict[str, float]:
    """What the lines of the loop need to know, by name."""
    whole = {p.name for p in settings.hyperparameters if isinstance(p.default, int)}
    values = {n: int(v) if n in whole else v for n, v in settings.numbers.items()}
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
        numbers = settings.chosen_method.numbers_of(start.memory)
        kept = dict(zip(memory, numbers, strict=True))
        yield _assigned({n: v for n, v in kept.items() if settings.bias or n.endswith("_w")})


def _walk(problem: Problem, record: Record) -> Iterator[str]:
    """The loop of a run that goes on to the end of its iterations."""
    yield from _measured(record, "iterations")
    yield from _line(problem, record)
    yield from _update(record)


def _loop(problem: Problem, record: Record) -> Iterator[str]:
    """The loop of a run that may diverge or converge."""
    settings = record.tunings[0][1]
    highest = "loss < inf" if problem.landscape else "loss <= largest"
    yield from _measured(record, "iterations + 1")
    yield f"    if not ({highest} and dw * 0 == db * 0):"
    yield "        break  # diverged: infinity times 0 is not equal to itself"
    yield "    reached = w, b"
    yield "    if iteration == iterations:"
    yield "        break"
    yield from _line(problem, record)
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


def _line(problem: Problem, record: Record) -> Iterator[str]:
    """Print the line of an iteration; where it draws a batch, that comes before."""
    settings = record.tunings[0][1]
    if not _has_batches(settings):
        yield f'    print("{TEXT_LINE}" % (iteration, loss))'
        return
    drawn = ", *batch_of(iteration)" if _draws(problem, settings) else ""
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
