"""What docs/extending.md shows is done to a copy of the package, and then used."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gdtui

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "extending.md").read_text()
CHANGES = re.findall(
    r"^(At the end of|A new file) `(.*?)`:\n\n```python\n(.*?)```",
    DOCUMENT,
    re.DOTALL | re.MULTILINE,
)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with all that the document adds."""
    home = tmp_path_factory.mktemp("extended")
    shutil.copytree(Path(gdtui.__file__).parent, home / "gdtui")
    shutil.copytree(ROOT / "data", home / "data", dirs_exist_ok=True)
    for place, path, code in CHANGES:
        file = home / path
        assert file.exists() == (place == "At the end of")
        with open(file, "a", encoding="utf-8") as end:
            end.write(f"\n\n{code}" if place == "At the end of" else code)
    return home


def python(home: Path, code: str) -> str:
    """What some code prints in the extended copy."""
    done = subprocess.run([sys.executable, "-c", code], cwd=home, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_document_has_a_change_for_each_file() -> None:
    assert len(CHANGES) == len({path for _, path, _ in CHANGES}) == 5


def test_a_method_with_a_hyperparameter_is_everywhere(extended: Path) -> None:
    command = ["--plain", "--method", "decayed", "--decay", "0.5", "--iterations", "3"]
    printed = python(
        extended, f"from gdtui.cli.main import main; assert main({['pizza.txt', *command]}) == 0"
    )
    x, y = [], []
    for line in (extended / "data" / "pizza.txt").read_text().splitlines()[1:]:
        reservations, pizzas = line.split()
        x.append(float(reservations))
        y.append(float(pizzas))
    w, expected = 0.0, []
    for t in range(1, 4):
        errors = [w * one - other for one, other in zip(x, y, strict=True)]
        expected.append(f"{sum(error * error for error in errors) / len(x):.10f}")
        slope = 2 * sum(error * one for error, one in zip(errors, x, strict=True)) / len(x)
        w -= 0.001 / (1 + 0.5 * t) * slope
    assert re.findall(r"Loss: (\S+)", printed) == expected
    assert f"w={w:.10f}" in printed
    code = """
from gdtui import Run, Settings, read_dataset
from gdtui.core.arithmetic import State, arithmetic
settings = Settings(method="decayed", decay=0.5)
run = Run(read_dataset("data/pizza.txt"), settings)
run.advance(1)
first, second = run.steps(0, 2)
told = arithmetic(run.surface, settings, State(*first[:3], first.dw, 0.0, ((), ())), "w", repr)
assert abs(told[-1].value - second.w) < 1e-12, (told, second)
"""
    python(extended, code)


def test_a_view_has_its_key_and_draws(extended: Path) -> None:
    code = """
from gdtui import Run, Settings, read_dataset
from gdtui.scene import Scene
from gdtui.ui.canvas.canvas import Canvas
from gdtui.views import VIEWS
from gdtui.ui.workbench import Workbench
assert list(VIEWS)[6] == "Weight"
assert any(binding.key == "7" for binding in Workbench.BINDINGS)
run = Run(read_dataset("data/pizza.txt"), Settings())
run.advance(50)
drawing = VIEWS["Weight"](Scene(run.surface, run.snapshot()))
rows = Canvas().render(drawing, 60, 15)
assert len(rows) == 15 and any(text.strip() for row in rows for text, role in row if role == "live")
"""
    python(extended, code)


def test_an_exporter_writes_its_file(extended: Path, tmp_path: Path) -> None:
    code = f"""
from gdtui import Run, Settings, read_dataset
from gdtui.export.registry import EXPORTERS, ExportRequest
from gdtui.problem import Problem
from gdtui.runs.history import History
problem = Problem.of_dataset(read_dataset("data/pizza.txt"))
entry = History().add(Run(problem.surface, Settings(iterations=2)))
entry.run.advance(2)
request = ExportRequest({str(tmp_path)!r}, problem, entry, [entry], dict, lambda: None)
(path,) = EXPORTERS["this run as a Markdown table"](request)
"""
    python(extended, code)
    (written,) = tmp_path.iterdir()
    assert written.suffix == ".md"
    assert written.read_text().splitlines()[2] == "| 0 | 812.8666666667 |"


def test_a_data_format_is_read(extended: Path, tmp_path: Path) -> None:
    code = f"""
import numpy as np
from gdtui import DataError, read_dataset
np.save({str(tmp_path / "few.npy")!r}, np.array([[1.0, 2.0], [3.0, 5.0]]))
data = read_dataset({str(tmp_path / "few.npy")!r})
assert data.x.tolist() == [1, 3] and data.y.tolist() == [2, 5]
np.save({str(tmp_path / "bad.npy")!r}, np.ones(5))
try:
    read_dataset({str(tmp_path / "bad.npy")!r})
except DataError as error:
    print(error)
"""
    assert "bad.npy: this is no array of shape (m, 2)" in python(extended, code)


def test_a_hypothesis_is_tried(extended: Path) -> None:
    code = """
from dataclasses import replace
from gdtui import Settings, read_dataset
from gdtui.core.surface import LossSurface
from gdtui.diagnosis.judgement import judged
from gdtui.diagnosis.variant import Variant
from gdtui.transcript import PrintedLoss, Transcript
data = read_dataset("data/pizza.txt")
surface, settings = LossSurface.of(data.x, data.y), Settings(lr=0.0001, bias=True)
variant = replace(Variant.asked_for(surface, settings), w_factor=2.0)
transcript = Transcript()
for at, (loss, _) in zip(range(100), variant.replay()):
    transcript.append(PrintedLoss(at + 1, at, round(loss, 8), 1e-8))
(explained,) = judged(surface, settings, transcript).explanations
assert explained.words == "dL/dw has a factor 2 too many", explained
"""
    python(extended, code)
