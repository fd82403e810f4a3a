"""The program without a screen: what it prints, where, and with which status."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.program import ENVIRONMENT, PROGRAM
from support.sessions import read
from support.strategies import another
from support.terminal import Terminal

import gdtui
from gdtui.cli.main import main
from gdtui.cli.parser import REPORT_NAMES, make_parser, read_options
from gdtui.core.descent import Step, descend
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.method import METHODS, Method
from gdtui.core.run import Run
from gdtui.core.settings import SHARED, Settings
from gdtui.dataset import Dataset
from gdtui.export.runs import runs_as_json
from gdtui.loading import Loading
from gdtui.problem import Source
from gdtui.runs.history import Entry
from gdtui.samples import sample_folder

Result = subprocess.CompletedProcess[str]


def run(*arguments: str, stdin: str = "", cwd: Path | None = None) -> Result:
    return subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env=ENVIRONMENT,
        cwd=cwd,
        timeout=60,
        check=False,
    )


def start(*arguments: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*PROGRAM, *arguments], stdout=pipe, stderr=pipe, env=ENVIRONMENT)


@pytest.mark.parametrize("arguments", [(), ("pizza.txt", "--plain"), ("--format", "text")])
def test_default_is_the_lesson_line_by_line(reference: str, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.returncode, result.stdout, result.stderr) == (0, reference, "")


def test_csv() -> None:
    result = run("--format", "csv", "--iterations", "25", "--every", "10", "--no-bias")
    lines = result.stdout.splitlines()
    assert (result.returncode, result.stderr) == (0, "")
    assert lines[0] == "iteration,w,b,loss,dw,db"
    assert [line.partition(",")[0] for line in lines[1:]] == ["0", "10", "20", "24"]


def test_options_reach_the_settings(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b,c\n1,2,3\n4,5,6\n7,8,10\n")
    options = "--lr 0.002 --bias --w-start -1.5 --b-start 2 --iterations 7 --tolerance 1e-3"
    result = run(str(table), "--x", "b", "--y", "1", "--format", "json", *options.split())
    head = json.loads(result.stdout.partition("\n")[0])
    assert head["data"] == {"name": "table.csv", "feature": "b", "label": "a", "examples": 3}
    assert head["settings"] == {
        "method": "gd",
        "lr": 0.002,
        "iterations": 7,
        "w_start": -1.5,
        "b_start": 2,
        "bias": True,
        "standardize": False,
        "tolerance": 0.001,
    }


@pytest.mark.parametrize("value", ["-1e5", "-.5", "-5", "-1.5e+3", "-2e-7", "-0x"])
def test_what_begins_like_a_negative_number_is_no_option(value: str) -> None:
    if value == "-0x":
        assert run("--w-start", value).stderr.startswith("gdtui: argument --w-start: '-0x' is not")
    else:
        assert make_parser().parse_args(["--w-start", value]).w_start == float(value)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_can_be_chosen(method: str) -> None:
    result = run("--method", method, "--format", "json", "--iterations", "2")
    assert result.returncode == 0
    assert json.loads(result.stdout.partition("\n")[0])["settings"]["method"] == method


def test_data_from_standard_input(reference: str) -> None:
    result = run("-", stdin=(Path(sample_folder()) / "pizza.txt").read_text())
    assert (result.returncode, result.stdout, result.stderr) == (0, reference, "")


def test_a_file_goes_before_the_sample_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "pizza.txt").write_text("1 2\n")
    result = run("pizza.txt", "--format", "json", "--iterations", "1", cwd=tmp_path)
    assert json.loads(result.stdout.partition("\n")[0])["data"]["examples"] == 1


NOTE = "gaps.csv: 1 row is left out, where a number is missing"


@pytest.fixture
def gaps(tmp_path: Path) -> Path:
    file = tmp_path / "gaps.csv"
    file.write_text("a,b\n1,2\n3,NA\n4,5\n6,1\n")
    return file


@pytest.mark.parametrize("options", [[], ["--format", "csv"], ["--format", "json"]])
def test_what_is_left_out_of_the_data_is_told_once(gaps: Path, options: list[str]) -> None:
    refused = run(str(gaps), *options)
    assert (refused.returncode, refused.stdout) == (2, "")
    result = run(str(gaps), "--drop-missing", "--iterations", "2", *options)
    assert (result.returncode, result.stderr) == (0, f"gdtui: {NOTE}\n")


def test_what_is_left_out_is_told_on_a_terminal_too_and_where_runs_are_compared(
    gaps: Path, tmp_path: Path
) -> None:
    told = f"gdtui: {NOTE}".encode()
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    with Terminal(
        *("-m", "gdtui", str(gaps), "--drop-missing", "--iterations", "9"), environment=state
    ) as terminal:
        terminal.wait_for("gaps.csv", "ready")
        terminal.send("f")
        terminal.wait_for("finished")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert terminal.output.count(told) == 1
    with Terminal("-m", "gdtui", "--resume", environment=state) as terminal:
        terminal.wait_for("Go on with which session?")
        terminal.send("\r")
        terminal.wait_for("finished")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert terminal.output.count(told) == 1
    problem = read(Loading(Source(str(gaps), drop_missing=True)))
    entry = Entry(1, Run(problem.surface, Settings()))
    (tmp_path / "runs.jsonl").write_text("".join(runs_as_json(problem, [entry])))
    result = run("--compare", str(tmp_path / "runs.jsonl"))
    assert (result.returncode, result.stderr) == (0, f"gdtui: {NOTE}\n")


# Surfaces in place of data


def rows(text: str) -> list[Step]:
    return [
        Step(int(first), *map(float, rest[:5]))
        for first, *rest in (line.split(",") for line in text.splitlines()[1:])
    ]


@pytest.mark.parametrize("name", LANDSCAPES)
def test_a_surface_has_a_start_and_a_learning_rate_of_its_own(name: str) -> None:
    surface = LANDSCAPES[name]
    result = run("--surface", name, "--format", "csv", "--iterations", "20")
    w, b = surface.start
    settings = Settings(lr=surface.lr, w_start=w, b_start=b, bias=True, iterations=20)
    assert (result.returncode, result.stderr) == (0, "")
    assert rows(result.stdout) == list(descend(surface, settings))


def test_what_the_user_gives_goes_before_what_a_surface_has() -> None:
    given = ["--lr", "0.0005", "--w-start", "0.5", "--b-start", "2", "--no-bias"]
    result = run("--surface", "rosenbrock", "--format", "csv", "--iterations", "20", *given)
    settings = Settings(lr=0.0005, w_start=0.5, b_start=2, iterations=20)
    assert rows(result.stdout) == list(descend(LANDSCAPES["rosenbrock"], settings))


def test_a_default_of_the_settings_can_be_given_on_a_surface() -> None:
    result = run("--surface", "saddle", "--w-start", "0", "--format", "json", "--iterations", "1")
    head = json.loads(result.stdout.partition("\n")[0])
    assert head["data"] == {"surface": "saddle"}
    assert [head["settings"][name] for name in ("w_start", "b_start", "lr")] == [0, 0.01, 0.02]


def test_a_surface_is_descended_in_the_lines_of_the_lesson() -> None:
    result = run("--surface", "bowl", "--plain", "--iterations", "3")
    assert result.stdout == (
        "Iteration    0 => Loss: 25.0000000000\n"
        "Iteration    1 => Loss: 16.0000000000\n"
        "Iteration    2 => Loss: 10.2400000000\n"
        "\n"
        "w=-2.0480000000, b=1.5360000000\n"
    )


def test_on_a_surface_the_critical_rate_is_that_of_the_nearest_minimum() -> None:
    result = run("--surface", "rosenbrock", "--lr", "0.0025", "--every", "100")
    assert (result.returncode, result.stderr) == (
        0,
        "gdtui: the learning rate 0.0025 is 1.25 times the limit 0.001997 at the minimum "
        "(1, 1): the descent can't settle there; try 0.00099\n",
    )
    result = run("--surface", "himmelblau", "--lr", "1", "--w-start", "-5", "--b-start", "4")
    assert result.returncode == 1
    assert result.stderr.startswith("gdtui: diverged at iteration ")
    assert result.stderr.count("\n") == 1


# Standardized

NORRIS = Path(__file__).parent / "data" / "norris.txt"
# Certified by NIST: slope and intercept.
CERTIFIED = 1.00211681802045, -0.262323073774029


def reached(form: str, text: str) -> tuple[float, float]:
    if form == "json":
        last = json.loads(text.splitlines()[-1])
        return last["w"], last["b"]
    if form == "csv":
        return rows(text)[-1][1:3]
    w, b = text.splitlines()[-1].split(", ")
    return float(w.removeprefix("w=")), float(b.removeprefix("b="))


@pytest.mark.parametrize("form", REPORT_NAMES)
def test_standardized_descent_reaches_the_certified_line(form: str) -> None:
    options = "--standardize --bias --lr 0.1 --iterations 1000 --format"
    result = run(str(NORRIS), *options.split(), form)
    assert (result.returncode, result.stderr) == (0, "")
    assert reached(form, result.stdout) == pytest.approx(CERTIFIED, rel=1e-9)


def test_without_standardizing_it_does_not() -> None:
    result = run(str(NORRIS), "--bias", "--lr", "1e-6", "--iterations", "1000", "--every", "1000")
    assert reached("text", result.stdout) != pytest.approx(CERTIFIED, rel=1e-3)


# What goes wrong


def test_divergence_is_told_in_one_line() -> None:
    result = run("--lr", "0.005", "--bias", "--iterations", "3000", "--every", "1000")
    assert result.returncode == 1
    assert result.stderr == (
        "gdtui: diverged at iteration 1961: the learning rate 0.005 is 1.10 times the limit "
        "0.004555: each step overshoots the minimum and lands 1.20 times as far on the other side; "
        "try 0.0022\n"
    )
    assert [line.split()[1] for line in result.stdout.splitlines()[:3]] == ["0", "1000", "1960"]


def test_a_rate_above_the_critical_one_is_told_even_if_all_stays_finite() -> None:
    result = run("--lr", "0.005", "--bias")
    assert result.returncode == 0
    assert result.stderr.startswith("gdtui: the learning rate 0.005 is 1.10 times the limit")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("form", REPORT_NAMES)
def test_divergence_at_the_start(tmp_path: Path, form: str) -> None:
    (tmp_path / "huge.csv").write_text("1e100,1\n2e100,2\n")
    result = run(
        "huge.csv", "--w-start", "1e100", "--format", form, "--method", "search", cwd=tmp_path
    )
    assert result.returncode == 1
    assert result.stderr == (
        "gdtui: diverged at iteration 0: the loss at the start is not a finite number; "
        "start nearer\n"
    )


@pytest.mark.long(keep=18)
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nofile.csv"], "nofile.csv: there is no such file"),
        (["folder"], "folder: this is a folder, not a file"),
        (["bad.csv"], "bad.csv:3: 'x' in column 2 (b) is not a number"),
        (["--x", "Size"], "pizza.txt: there is no column 'Size' among Reservations, Pizzas"),
        (["-"], "standard input: the file is empty"),
        (["--lr", "0"], "argument --lr: 0 is out of bounds: from 1e-100 to 1000000"),
        (["--lr", "fast"], "argument --lr: 'fast' is not a number"),
        (["--lr", ""], "argument --lr: a number is missing"),
        (["--lr=--"], "argument --lr: '--' is not a number"),
        (["--method=--"], "argument --method: '--' is none of"),
        (["--format=--"], "argument --format: invalid choice: '--'"),
        (["--x=--"], "pizza.txt: there is no column '--' among"),
        (["--lr", "-1e400"], "argument --lr: -inf is not a finite number"),
        (["--lr", "-inf"], "argument --lr: -inf is not a finite number"),
        (["--lr", "x" * 10_000], f"argument --lr: '{'x' * 38}… is not a number (gdtui --help"),
        (["--lr", "1\n2"], "argument --lr: '1\\n2' is not a number"),
        (["--lr"], "argument --lr: expected one argument"),
        (["--iterations", "1.5"], "argument --iterations: 1.5 is not a whole number"),
        (["--method", "adma"], f"argument --method: 'adma' is none of {', '.join(METHODS)}"),
        (["--every", "0"], "argument --every: 0 is out of bounds: from 1 to 1000000000"),
        (["--pace", "0"], "argument --pace: 0 is out of bounds: from 0.1 to 1000000000"),
        (["--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["--fast"], "unrecognized arguments: --fast"),
        (["--iter", "5"], "unrecognized arguments: --iter"),
        (["--surface", "hill"], f"argument --surface: 'hill' is none of {', '.join(LANDSCAPES)}"),
        (["--surface", "\x1b[1m"], "argument --surface: '\\x1b[1m' is none of "),
        (["--surface"], "argument --surface: expected one argument"),
        *(
            (["--surface", "bowl", *data], "argument --surface: it takes the place of data, so no")
            for data in (["pizza.txt"], ["-"], ["--x", "1"], ["--y", "1"], ["--drop-missing"])
        ),
        (["--surface", "bowl", "--standardize"], "argument --standardize: a surface has no feat"),
        *(
            (["--resume", *own], f"argument --resume: the session has its own, so no {own[0]}")
            for own in (["--no-bias"], ["--seed", "1"], ["--y", "1"], ["--drop-missing"])
        ),
        (["pizza.txt", "more.txt"], "unrecognized arguments: more.txt"),
        (["--fa\nst"], "unrecognized arguments: --fa"),
        (["--fa\x1b[1mst"], "unrecognized arguments: --fa"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3,x\n")
    result = run(*arguments, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"gdtui: {complaint}")
    assert result.stderr.endswith("\n")
    assert result.stderr[:-1].isprintable()


# Ending early


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    with start("--iterations", "1000000") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"Iteration    0 => Loss: 812.8666666667\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("arguments", [[], ["--samples"], ["--help"], ["--version"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_is_gone_is_no_failure(arguments: list[str], unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run(
            [*PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT | {"PYTHONUNBUFFERED": unbuffered},
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_an_interrupt_ends_in_silence() -> None:
    with start("--iterations", "1000000000") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (130, b"")


# Help


def test_help_shows_every_hyperparameter_with_its_default() -> None:
    result = run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    text = " ".join(result.stdout.split())
    for parameter in SHARED:
        described = f"{parameter.help} (default: {parameter.format(parameter.default)}"
        (option,) = re.findall(rf"{parameter.flag}\b.*? {re.escape(described)}[,)]", text)
        assert all(choice in option for choice in parameter.choices)
    for method in METHODS.values():
        for own in method.hyperparameters:
            ((_, defaults),) = re.findall(
                rf"{own.flag} N ({re.escape(own.help)}) \(default: (.*?)\)", text
            )
            assert re.search(rf"\b{own.format(own.default)} in [a-z ]*\b{method.key}\b", defaults)


def test_help_names_the_learning_rates_that_differ() -> None:
    text = " ".join(make_parser().format_help().split())
    assert "against the gradient (default: 0.001, 0.01 in adagrad and rmsprop)" in text


def settings_of(*arguments: str) -> Settings:
    return read_options(arguments)[1]


@pytest.mark.parametrize("method", METHODS)
def test_what_is_left_out_has_its_default(method: str) -> None:
    assert settings_of() == Settings()
    assert settings_of("--method", method) == Settings(method=method)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_hyperparameter_of_a_method_is_an_option(method: Method) -> None:
    begin = Settings(method=method.key)
    for own in method.hyperparameters:
        value = another(own)
        given = settings_of(own.flag, own.format(value), "--method", method.key)
        assert given == begin.change(own, value) != begin


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("--beta1 0.5", "--beta1: gd has none; adam would"),
        ("--method gd --momentum 0.5", "--momentum: gd has none; momentum and nesterov would"),
        ("--method adam --seed x", "--seed: adam has none; sgd would"),
        ("--method adam --beta1 1", "--beta1: 1 is out of bounds: from 0 to 0.999999"),
        ("--method sgd --batch 1.5", "--batch: 1.5 is not a whole number"),
        ("--method rmsprop --eps -1", "--eps: -1 is out of bounds: from 0 to 1"),
    ],
)
def test_an_option_that_the_method_has_no_use_for_or_bad_is_refused(
    arguments: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"gdtui: argument {complaint} (gdtui --help shows what there is)\n"


def test_hyperparameters_of_a_method_become_options(
    heavy_ball: Method, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--method", "ball", "--inertia", "0.5", "--format", "json", "--iterations", "1"]
    assert main(arguments) == 0
    head = json.loads(capsys.readouterr().out.partition("\n")[0])
    assert (head["settings"]["method"], head["settings"]["inertia"]) == ("ball", 0.5)


def test_version() -> None:
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"gdtui {gdtui.__version__}\n")


def test_samples_are_listed_and_can_be_read(pizza: Dataset) -> None:
    result = run("--samples")
    samples, surfaces = (
        [line for line in result.stdout.splitlines() if line.startswith("--surface ") == wanted]
        for wanted in (False, True)
    )
    lines = {line.split()[0]: line for line in samples}
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(lines) == sorted(os.listdir(sample_folder()))
    assert [line.split()[1] for line in surfaces] == list(LANDSCAPES)
    assert "Reservations -> Pizzas, 30 examples" in lines["pizza.txt"]
    assert np.array_equal(pizza.x[:2], [13, 2])
    for name in lines:
        assert run(name, "--iterations", "1").returncode == 0


# Modules that can wait

REPORT_MODULES = """
import sys
try:
    from gdtui.cli.main import main
    main(sys.argv[2:])
finally:
    seen = [name for name in sys.argv[1].split(",") if name in sys.modules]
    print(*seen, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("heavy", "arguments"),
    [
        ("textual,plotext,numpy", ["--help"]),
        ("textual,plotext,numpy", ["--version"]),
        ("textual,plotext,numpy", ["--lr", "x"]),
        ("textual,plotext,numpy.ma,gdtui.serialization", []),
        ("textual,plotext", ["--format", "json"]),
        ("textual,plotext", ["--samples"]),
        ("textual,plotext", ["nofile.csv"]),
        ("textual,plotext", ["--surface", "beale"]),
        ("textual,plotext", ["--compare", "nofile.jsonl"]),
    ],
)
def test_what_is_not_needed_is_not_imported(heavy: str, arguments: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", REPORT_MODULES, heavy, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=ENVIRONMENT,
        timeout=60,
        check=False,
    )
    assert result.stderr.splitlines()[-1] == ""
