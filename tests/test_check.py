"""`gdtui --check`: what is said of a program's lines, where, and with which status."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.program import ENVIRONMENT, PROGRAM

from gdtui.cli.main import main
from gdtui.cli.parser import read_options

ROOT = Path(__file__).parents[1]
# As a learner has it; what stands for the gradient is filled in.
TRAIN = """
import numpy as np
X, Y = np.loadtxt("data/pizza.txt", skiprows=1, unpack=True)
w = 0
for i in range(100):
    error = X * w - Y
    print("Iteration %4d => Loss: %.10f" % (i, np.average(error ** 2)))
    w -= {gradient} * 0.001
"""
RIGHT = "2 * np.average(X * error)"
NO_LINE = "there is no line such as 'Iteration    0 => Loss: 812.8666666667'"


def piped(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What is said of the lines of a program that is run on the other side of a pipe."""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT
    ) as train:
        return subprocess.run(
            [*PROGRAM, *arguments, "--check", "-"],
            stdin=train.stdout,
            capture_output=True,
            encoding="utf-8",
            env=ENVIRONMENT,
            cwd=ROOT,
            timeout=60,
            check=False,
        )


def test_a_right_program() -> None:
    result = piped(TRAIN.format(gradient=RIGHT), "data/pizza.txt", "--lr", "0.001")
    same = "The same: all 100 losses are those of this run, to the digits printed.\n"
    assert (result.returncode, result.stdout, result.stderr) == (0, same, "")


def test_a_wrong_program() -> None:
    result = piped(TRAIN.format(gradient="-" + RIGHT), "data/pizza.txt", "--lr", "0.001")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.splitlines() == [
        "Different: line 2 says 1606.2155679787 for iteration 1, "
        "where this run has 304.3630879787.",
        "Diagnosis: either the sign of the gradient is wrong, and it steps uphill, or the learning "
        "rate is 0.005570383912. Either way all 100 losses are explained.",
    ]


def test_a_file_of_other_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("epoch 0, loss 812.87\nepoch 1, loss 304.36\nepoch 0, loss 1\n")
    pattern = r"epoch (?P<iteration>\d+), loss (?P<loss>\S+)"
    arguments = ["--check", str(path), "--iterations", "2", "--pattern", pattern]
    assert main(["pizza.txt", *arguments]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("The same: all 2 losses are ")
    assert said.err == "gdtui: line 3 begins another run, which is not looked at\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--check", "none.txt"], "none.txt: there is no such file"),
        (["--check", "pizza.txt"], f"pizza.txt: {NO_LINE} (--pattern reads others)"),
        (["--check", "-"], f"standard input: {NO_LINE} (--pattern reads others)"),
        (["none.csv", "--check", "-"], "none.csv: there is no such file"),
        (["--check", "-", "--pattern", "(?P<iteration>.)(?P<loss>.)"], "standard input: there is "
         "no line that --pattern matches"),
    ],
)  # fmt: skip
def test_what_cannot_be_read(arguments: list[str], reason: str) -> None:
    result = subprocess.run(
        [*PROGRAM, *arguments],
        input="",
        capture_output=True,
        encoding="utf-8",
        env=ENVIRONMENT,
        cwd=ROOT / "data",
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"gdtui: {reason}\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-", "--check", "-"], "argument --check: standard input can't be both the data and"),
        (["--pattern", "(?P<iteration>.)(?P<loss>.)"], "argument --pattern: it says how the lines"),
        (["--check", "a", "--pattern", "(?P<loss>"], "argument --pattern: this is no regular exp"),
        (["--check", "a", "--pattern", "."], "argument --pattern: it lacks the group (?P<iterati"),
        (["--check", "a", "--format", "csv"], "argument --check: it shows no run, so no --format"),
        (["--check", "a", "--resume"], "argument --check: it shows no run, so no --resume"),
        (["--check", "a", "--run"], "argument --check: it shows no run, so no --run"),
    ],
)
def test_what_is_asked_wrongly(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        read_options(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith(f"gdtui: {reason}")


def test_nobody_waits_for_a_terminal_to_say_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gdtui.cli.main.is_terminal", lambda stream: stream is sys.stdin)
    assert main(["--check", "-"]) == 2
    said = "there are no lines on standard input; pipe them in, or name a file"
    assert capsys.readouterr().err == f"gdtui: {said}\n"
