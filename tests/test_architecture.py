"""The import directions of the design, read from the files there are."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import gdtui

PACKAGE = Path(gdtui.__file__).parent
# Screens and app: they compose the widgets, so they may know them.
CONNECTORS = {"gdtui.ui.app", "gdtui.ui.workbench"}
DRAWS_ROWS = "gdtui.ui.widgets.rows"
# What widgets and screens derive from.
BASES = {DRAWS_ROWS, "gdtui.ui.textual_fixes.stale_sizes", "gdtui.ui.dialogs.dialog"}


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


FILES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
CORE = [name for name in FILES if name.startswith("gdtui.core")]
UI = [name for name in FILES if name.startswith("gdtui.ui")]


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def _targets(module: str, nodes: list[ast.AST]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: relative imports hide where they lead"
            source = node.module or ""
            inner = {f"{source}.{alias.name}" for alias in node.names}
            found |= inner & set(FILES) or {source}
    return found


def imports(module: str) -> set[str]:
    """What a module imports, anywhere in it."""
    return _targets(module, list(ast.walk(tree(module))))


def imports_at_once(module: str) -> set[str]:
    """What is imported when the module is: not in a function, nor for type checking alone."""
    return _targets(module, list(tree(module).body))


def roots(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def loaded_by(*modules: str) -> set[str]:
    """All that comes with the import of some modules of the package."""
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += imports_at_once(module) if module in FILES else ()
    return seen


def loaded_after(code: str) -> set[str]:
    """All modules that are there after some code has run."""
    code = f"import sys; {code}; print(); print(*sys.modules)"
    root = Path(gdtui.__file__).parents[1]
    output = subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True)
    return set(output.splitlines()[-1].split())


def calls(module: str) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


# By itself or by what it derives from.
IS_WIDGET = {module for module in UI if "textual" in roots(loaded_by(module))}


def test_the_files_are_found() -> None:
    assert {"gdtui.core.run", "gdtui.ui.drawing.canvas", "gdtui.cli.main"} <= set(FILES)
    assert CONNECTORS | {DRAWS_ROWS, "gdtui.ui.widgets.readout"} <= IS_WIDGET


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_only_itself_numpy_and_the_standard_library(module: str) -> None:
    own = {name for name in imports(module) if name.startswith("gdtui")}
    assert own <= set(CORE)
    assert roots(imports(module)) - {"gdtui"} <= sys.stdlib_module_names | {"numpy"}


@pytest.mark.parametrize("module", [name for name in FILES if name not in UI])
def test_only_the_screen_imports_textual_and_rich(module: str) -> None:
    assert not roots(imports(module)) & {"textual", "rich", "plotext"}


def test_only_the_canvas_imports_plotext() -> None:
    users = [module for module in FILES if "plotext" in roots(imports(module))]
    assert users == ["gdtui.ui.drawing.canvas"]


@pytest.mark.parametrize(
    "module", ["gdtui.ui.drawing.canvas", "gdtui.ui.drawing.drawing", "gdtui.ui.views"]
)
def test_what_is_drawn_knows_no_widget(module: str) -> None:
    assert not roots(loaded_by(module)) & {"textual", "rich"}
    assert not imports(module) & IS_WIDGET


@pytest.mark.parametrize("module", sorted(IS_WIDGET - CONNECTORS))
def test_a_widget_imports_no_sibling_but_the_one_it_derives_from(module: str) -> None:
    assert not imports(module) & (IS_WIDGET - BASES - {module})


@pytest.mark.parametrize("module", sorted(IS_WIDGET - CONNECTORS))
def test_a_widget_looks_neither_up_nor_around(module: str) -> None:
    """It is told what to show by method calls, and tells others by messages."""
    looks = {
        node.attr
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    assert not looks & {"app", "screen", "parent", "ancestors", "siblings"}


@pytest.mark.parametrize("module", sorted(IS_WIDGET - CONNECTORS))
def test_a_widget_is_given_snapshots_and_never_a_run(module: str) -> None:
    names = {node.id for node in ast.walk(tree(module)) if isinstance(node, ast.Name)}
    assert not names & {"Run", "Worker", "Trail"}


@pytest.mark.parametrize(
    ("module", "users"),
    [
        ("gdtui.cli.main", {"gdtui.__main__"}),
        ("gdtui.ui.app", {"gdtui.cli.main"}),
        ("gdtui.ui.workbench", {"gdtui.ui.app"}),
    ],
)
def test_what_connects_is_imported_only_from_above(module: str, users: set[str]) -> None:
    assert {name for name in FILES if module in imports(name)} == users


@pytest.mark.parametrize("module", list(FILES))
def test_only_the_command_line_prints(module: str) -> None:
    if module != "gdtui.cli.main":
        assert not calls(module) & {"print", "input", "exit", "quit"}


def test_plain_output_loads_neither_textual_nor_plotext() -> None:
    loaded = loaded_by("gdtui.cli.main", "gdtui.export.lines", "gdtui.dataset.text")
    assert not roots(loaded) & {"textual", "rich", "plotext"}


def test_the_help_text_needs_neither_numpy_nor_dataclasses() -> None:
    parser = "import argparse; argparse.ArgumentParser().format_help()"
    shown = "sys.argv[1:] = ['--help']; from gdtui.__main__ import main; main()"
    # From Python 3.14 on argparse itself imports dataclasses, for its colours.
    loaded = roots(loaded_after(shown)) - roots(loaded_after(parser))
    assert "gdtui" in loaded
    assert not loaded & {"numpy", "dataclasses", "inspect"}
