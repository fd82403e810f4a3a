"""The rooms of the package and who may know whom, read from the files there are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import textual.containers
import textual.widgets
from textual.widgets._toast import ToastRack

import gdtui
from gdtui.views import VIEWS

PACKAGE = Path(gdtui.__file__).parent
# Each room knows those above it in this list, and none beside it in its line.
ROOMS = """
    gdtui
    core
    theory
    dataset
    runs
    samples paths transcript
    problem faults
    loading placing
    serialization diagnosis
    scene
    drawing clipping
    now schemes following
    bench views
    lessons
    export sessions
    ui
    cli
    __main__
"""
FLOORS = {room: floor for floor, line in enumerate(ROOMS.split("\n")) for room in line.split()}
# What widgets and dialogs derive from, and are made of.
BASES = {"gdtui.ui.widgets.rows", "gdtui.ui.dialogs.dialog"}
# What connects, and who alone may know it.
CONNECTORS = {
    "gdtui.cli.main": {"gdtui.__main__"},
    "gdtui.ui.app": {"gdtui.cli.main", "gdtui.cli.follow", "gdtui.cli.output"},
    "gdtui.ui.workbench": {"gdtui.ui.app"},
}
PRINTS = {"print", "input", "sys.stdout", "sys.stderr"}
EXITS = {"exit", "quit", "sys.exit", "os._exit", "SystemExit"}
# A signal, and a terminal that never lets the program go, are no way through the command line.
MAY_EXIT = {"gdtui.__main__", "gdtui.ui.app", "gdtui.ui.textual_fixes.forced_end"}


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


FILES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def below(*rooms: str) -> list[str]:
    """All modules of some rooms."""
    return [name for name in FILES if f"{name}.".startswith(tuple(f"gdtui.{r}." for r in rooms))]


PARTS = below("ui.widgets", "ui.dialogs")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def nodes(node: ast.AST, typed: bool) -> Iterator[ast.AST]:
    """All within a node; without what is there for type checking alone, unless that is wanted."""
    yield node
    skipped = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not typed
    for child in [] if skipped else ast.iter_child_nodes(node):
        yield from nodes(child, typed)


@cache
def imports(module: str, typed: bool = True) -> frozenset[str]:
    """What a module imports, anywhere in it; of the package, the modules."""
    found: set[str] = set()
    for node in nodes(tree(module), typed):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: relative imports hide where they lead"
            source = node.module or ""
            inner = {f"{source}.{alias.name}" for alias in node.names}
            found |= inner & FILES.keys() or {source}
    return frozenset(found)


def ours(module: str, typed: bool = True) -> set[str]:
    return {name for name in imports(module, typed) if name.partition(".")[0] == "gdtui"}


def others(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imports(module)} - {"gdtui"}


def names(module: str) -> set[str]:
    """The names and the attributes of names that a module uses, such as `print` or `sys.exit`."""
    used = (node for node in ast.walk(tree(module)) if isinstance(node, ast.Name | ast.Attribute))
    return {ast.unparse(node) for node in used}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def loaded_after(code: str) -> set[str]:
    """All modules that are there after some code has run."""
    code = f"import sys; {code}; print(); print(*sys.modules)"
    output = subprocess.check_output([sys.executable, "-c", code], cwd=PACKAGE.parent, text=True)
    return set(output.splitlines()[-1].split())


def test_all_rooms_have_a_floor() -> None:
    assert {room(module) for module in FILES} == FLOORS.keys()


def test_imports_lead_downwards() -> None:
    upwards = [
        f"{module} imports {name}"
        for module in FILES
        # The public face imports only what it is asked for.
        for name in ours(module, typed=module != "gdtui")
        if room(name) != room(module) and FLOORS[room(name)] >= FLOORS[room(module)]
    ]
    assert not upwards


def test_no_imports_lead_in_a_circle() -> None:
    TopologicalSorter({module: ours(module, typed=False) for module in FILES}).prepare()


def test_reading_knows_nothing_of_descents() -> None:
    known = {name for module in below("dataset") for name in ours(module)}
    assert {name for name in known if room(name) != "dataset"} == {"gdtui.core.printable"}


@pytest.mark.parametrize(
    ("libraries", "rooms"),
    [
        ({"textual", "rich"}, ["ui"]),
        ({"plotext"}, ["ui.canvas"]),
        ({"matplotlib"}, ["export.matplotlib_canvas"]),
    ],
)
def test_a_library_is_known_in_its_room_alone(libraries: set[str], rooms: list[str]) -> None:
    users = {module for module in FILES if others(module) & libraries}
    assert users
    assert users <= set(below(*rooms))


def test_the_mathematics_needs_numpy_and_python() -> None:
    for module in below("core", "theory", "runs"):
        assert others(module) <= sys.stdlib_module_names | {"numpy"}, module


def test_what_is_drawn_knows_no_widget() -> None:
    drawn = set(below("ui.canvas", "views", "drawing"))
    # How wide the letters of a name are is Rich's to say.
    for module in drawn - {"gdtui.ui.canvas.labels"}:
        assert not others(module) & {"textual", "rich"}, module
        assert {name for name in ours(module) if room(name) == "ui"} <= drawn, module


def test_each_view_is_a_file_that_the_registry_finds() -> None:
    files = set(below("views")) - {f"gdtui.views{part}" for part in ("", ".view", ".marks")}
    assert sorted(view.__module__ for view in VIEWS.values()) == sorted(files)


def test_widgets_and_dialogs_know_no_sibling_but_what_they_derive_from() -> None:
    for module in PARTS:
        assert not ours(module) & (set(PARTS) - BASES), module


def test_widgets_and_dialogs_are_told_what_to_show() -> None:
    """By method calls and with scenes, never with a run; they tell others by messages."""
    around = {f"self.{name}" for name in ("app", "screen", "parent", "ancestors", "siblings")}
    for module in PARTS:
        assert not names(module) & ({"Run", "Worker", "Trail", "Bench"} | around), module


@pytest.mark.parametrize(("module", "users"), CONNECTORS.items())
def test_what_connects_is_known_only_from_above(module: str, users: set[str]) -> None:
    assert {name for name in FILES if module in imports(name)} == users


def test_only_the_command_line_prints_and_exits() -> None:
    for module in set(FILES) - set(below("cli")):
        assert not names(module) & PRINTS, module
        assert module in MAY_EXIT or not names(module) & EXITS, module


PLAIN = "from gdtui.cli.main import main; main(['--plain'])"
HELP = "sys.argv[1:] = ['--help']; from gdtui.__main__ import main; main()"


@pytest.mark.parametrize(
    ("code", "needs", "does_not_load"),
    [
        ("import gdtui.bench", "gdtui.runs.sweep", {"textual", "rich", "plotext"}),
        (PLAIN, "gdtui.export.lines", {"textual", "rich", "plotext"}),
        (
            HELP,
            "gdtui.core.methods",
            {"textual", "rich", "plotext", "numpy", "platformdirs", "logging"},
        ),
    ],
    ids=["the bench", "plain output", "the help text"],
)
def test_nobody_waits_for_what_is_not_needed(
    code: str, needs: str, does_not_load: set[str]
) -> None:
    loaded = loaded_after(code)
    assert needs in loaded
    assert not {name.partition(".")[0] for name in loaded} & does_not_load


def test_the_first_paint_waits_for_no_plot_and_no_lesson() -> None:
    loaded = loaded_after("import gdtui.ui.app")
    assert "gdtui.ui.dialogs.loading" in loaded
    late = ("plotext", "matplotlib", "gdtui.views", "gdtui.lessons", "gdtui.bench", "gdtui.scene")
    assert not {name for name in loaded if name.startswith(late)}


def test_no_name_stands_for_two_things() -> None:
    homes: dict[str, list[str]] = {}
    for module in FILES:
        for node in tree(module).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            defined = {
                name.id for t in targets for name in ast.walk(t) if isinstance(name, ast.Name)
            }
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                defined = {node.name}
            for name in defined:
                homes.setdefault(name, []).append(module)
    # `main` is the program's and the command line's; a landscape is named as its formula is.
    twice = {
        name: modules
        for name, modules in homes.items()
        if len(modules) > 1 and not name.startswith("_") and name != "main"
    }
    assert not twice


def test_the_style_sheet_names_what_there_is() -> None:
    sheet = (PACKAGE / "ui" / "laboratory.tcss").read_text(encoding="utf-8")
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))
    named = {name for part in selectors for name in re.findall(r"(?<![.#\w-])[A-Z]\w+", part)}
    ours = {
        node.name
        for module in below("ui")
        for node in tree(module).body
        if isinstance(node, ast.ClassDef)
    }
    theirs = {*vars(textual.widgets)["__all__"], *dir(textual.containers), ToastRack.__name__}
    assert named
    assert named <= ours | theirs
