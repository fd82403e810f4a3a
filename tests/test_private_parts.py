"""Private parts of libraries are used only where each such use says why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

import pytest

import gdtui

PACKAGE = Path(gdtui.__file__).parent
LIBRARIES = {"textual", "rich", "plotext"}
FIXES = "gdtui.ui.textual_fixes"
KERNEL = "gdtui.ui.canvas.plotext_kernel"
# What a NamedTuple makes public in spite of its name.
PUBLIC = {"_replace", "_asdict", "_fields", "_make"}


class Use(NamedTuple):
    """A private name of somebody else's, and the module of ours that uses it."""

    module: str
    name: str


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
UI = [module for module in FILES if module.startswith("gdtui.ui")]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name not in PUBLIC


def defined(tree: ast.Module) -> Iterator[str]:
    """The names that a module gives to something of its own."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name


def imported(tree: ast.Module) -> Iterator[str]:
    """The private modules and names that come from libraries."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] in LIBRARIES and any(map(is_private, parts)):
                yield name


def reached(tree: ast.Module) -> Iterator[str]:
    """The private attributes that are not the module's own, or are those of what it overrides."""
    own = set(defined(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
                foreign = True
            # Public, and named so of old.
            case ast.Attribute(value=ast.Name(id="os"), attr="_exit"):
                continue
            case ast.Attribute(attr=name):
                foreign = name not in own
            case _:
                continue
        if foreign and is_private(name):
            yield name


def hidden(module: str) -> Iterator[str]:
    """The private names of libraries' classes that a class of ours gives to something else."""
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    written = set(defined(tree))
    for _, ours in getmembers(import_module(module), isclass):
        if ours.__module__ != module:
            continue
        theirs: set[str] = set()
        for base in ours.__mro__[1:]:
            if base.__module__.partition(".")[0] in LIBRARIES:
                theirs |= set(vars(base)) | attributes_of(base)
        yield from filter(is_private, theirs & written & used_by(ours))


def attributes_of(kind: type) -> set[str]:
    """What instances of a class are given as they are made."""
    made = vars(kind).get("__init__")
    return set(made.__code__.co_names) if isinstance(made, FunctionType) else set()


def used_by(kind: type) -> set[str]:
    """What a class defines, and the attributes of which its methods speak."""
    methods = [member for member in vars(kind).values() if isinstance(member, FunctionType)]
    return set(vars(kind)).union(*(method.__code__.co_names for method in methods))


def uses(module: str) -> set[Use]:
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    names = {*imported(tree), *reached(tree), *(hidden(module) if module in UI else ())}
    return {Use(module, name) for name in names}


@pytest.mark.parametrize("module", UI)
def test_private_parts_are_used_in_files_of_their_own_alone(module: str) -> None:
    if not module.startswith(f"{FIXES}.") and module != KERNEL:
        assert not uses(module)


@pytest.mark.parametrize("module", [module for module in FILES if module not in UI])
def test_what_has_no_screen_uses_no_private_part_of_a_library_of_the_screen(module: str) -> None:
    assert not set(imported(ast.parse(FILES[module].read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    "line",
    [
        "from textual._compositor import Compositor",
        "import rich._spinners",
        "from rich.text import _private",
        "screen._dirty_widgets.clear()",
        "self._invoke_later(call)",
        "def _display(self): super()._display()",
    ],
)
def test_the_search_finds(line: str) -> None:
    tree = ast.parse(line)
    assert [*imported(tree), *reached(tree)]


@pytest.mark.parametrize(
    "line",
    [
        "self._a = 1; self._a",
        "def _f(self): self._f()",
        "point._replace(x=1)",
        "a.__doc__",
        "os._exit(1)",
    ],
)
def test_the_search_leaves_alone(line: str) -> None:
    tree = ast.parse(line)
    assert not [*imported(tree), *reached(tree)]
