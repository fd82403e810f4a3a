"""The grammar of goals: against Python's own, and against those who mean harm."""

from __future__ import annotations

import builtins
import math
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gdtui.lessons.expression import LONGEST_EXPRESSION, Expression, Result
from gdtui.lessons.facts import NAMES

FACTS = {"w": 2.5, "b": -3.0, "lr": 0.001, "gap": math.inf, "cursor": math.nan}


def join(parts: list[str], between: str) -> str:
    return f"({between.join(parts)})"


numbers = st.recursive(
    st.sampled_from(sorted(FACTS)) | st.integers(0, 9).map(str) | st.floats(0, 9).map(repr),
    lambda inner: (
        st.tuples(st.lists(inner, min_size=2, max_size=3), st.sampled_from("+-*/")).map(
            lambda pair: join(*pair)
        )
        | inner.map("-{}".format)
        | inner.map("(+{})".format)
    ),
    max_leaves=8,
)
compared = st.lists(
    st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="])), min_size=1, max_size=3
).flatmap(
    lambda pairs: numbers.map(
        lambda last: f"({' '.join(f'{number} {sign}' for number, sign in pairs)} {last})"
    )
)
conditions = st.recursive(
    compared,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: join(parts, " and "))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: join(parts, " or "))
        | inner.map("(not {})".format)
    ),
    max_leaves=4,
)


@given(numbers | conditions)
def test_it_comes_to_what_python_makes_of_it(text: str) -> None:
    assume(len(text) <= LONGEST_EXPRESSION)
    try:
        expected = eval(text, {"__builtins__": {}}, FACTS)
    except ZeroDivisionError:
        return
    found = Expression(text).value(FACTS)
    assert found == expected or (found != found and expected != expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / 0 > 5", False),
        ("not 1 / 0", True),
        ("1 / 0 == 1 / 0", False),
        ("view == 'Fit'", True),
        ("view != 'Fit'", False),
        ("view == 1", False),
        ("view != 1", True),
        ("view > 1", False),
        ("view + 1 == view + 1", False),
        ("bias", True),
        ("bias + bias == 2", True),
        ("not bias or view", True),
        ("within < 100", False),
        ("2 < w < 3", True),
        ("2 < w < 2.1", False),
        ("9" * LONGEST_EXPRESSION + " > 1", None),
        ("9" * 290 + " > 1", True),
        ("1e999 == within", True),
    ],
)
def test_what_has_no_number_is_never_so(text: str, expected: bool | None) -> None:
    facts: dict[str, Result] = {"view": "Fit", "bias": True, "within": math.inf, "w": 2.5}
    if expected is None:
        with pytest.raises(ValueError, match="longer than 300 characters"):
            Expression(text)
    else:
        assert Expression(text).holds(facts) == expected


HOSTILE = """
    __import__('os').system('true')
    open('/etc/passwd')
    w.real
    w.__class__.__bases__
    ().__class__
    (lambda: 1)()
    lambda: 1
    [w for w in b]
    {w for w in b}
    {w: w for w in b}
    (w for w in b)
    [w][0]
    w[0]
    (w := 1)
    f'{w}'
    f'{open(1)}'
    b'bytes'
    1j
    w if b else lr
    w ** 9
    9 ** 9 ** 9 ** 9
    w % 2
    w // 2
    w @ b
    w << 9
    w | b
    ~w
    w in b
    w is b
    *w
    await w
    yield
    yield w
    (yield w)
    w, b
    ()
    []
    {}
    {**w}
    ...
    None
    w; b
    w = 1
    import os
    del w
    'a' 'b' 'c
    0b
    1__1
    $w
    w?
""".strip().splitlines()


@pytest.mark.parametrize("text", [line.strip() for line in HOSTILE])
def test_nothing_else_is_understood_or_evaluated(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        # Whoever called them would see another error.
        for name in ("open", "print", "__import__"):
            patched.setattr(builtins, name, None)
        with pytest.raises(ValueError, match=r"understood|can't be read"):
            Expression(text)


def test_what_python_knows_by_name_is_no_fact() -> None:
    assert Expression("print > __debug__").unknown(NAMES) == ["__debug__", "print"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "\0",
            "w\0",
            "\0w",
            "w\n> 1",
            "\x1b[31m",
            "'\\",
            "(" * 299,
            "[" * 299,
            "'" * 299,
        ),
        *(
            "(" * 149 + ")" * 149,
            "w." * 140,
            "w(" * 140,
            "not " * 74,
            "-" * 299,
            "\ud800",
            "'\ud800",
        ),
        "1 " + "x" * LONGEST_EXPRESSION,
    ],
)
def test_what_cannot_be_read_is_refused_in_one_harmless_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^'.*$") as refusal:
        Expression(text)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 150


@pytest.mark.parametrize(
    "text", ["-" * 298 + "1", "not " * 74 + "1", "1+" * 149 + "1", "(" * 149 + "w" + ")" * 149]
)
def test_what_is_nested_as_deeply_as_can_be_has_a_value(text: str) -> None:
    assert Expression(text).value(FACTS) in (1.0, True, False, 150.0, 2.5)


def test_python_says_nothing_of_the_style_of_an_expression() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Expression(r"1or '\d' == 'd'").holds({})


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                *("w", "b", "1", "'", '"', "(", ")", "[", "]", "{", "}", ".", ",", ":", "="),
                *(" and ", " or ", " not ", " if ", " else ", " in ", " is ", " lambda ", " for "),
                *("+", "-", "*", "/", "%", "@", "~", "<", ">", "\n", "\\", "#", "f'", "1e9", "0x"),
            ]
        )
    ).map("".join)
)
def test_any_text_is_refused_or_asks_for_nothing_but_facts(text: str) -> None:
    try:
        expression = Expression(text)
    except ValueError:
        return
    facts = dict.fromkeys(expression.names, 2.0)
    assert isinstance(expression.value(facts), float | bool | str)
    assert isinstance(expression.holds(facts), bool)
