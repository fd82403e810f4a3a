"""--figure: a figure from the command line, through the real program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.program import ENVIRONMENT, PROGRAM

from gdtui.cli.main import main
from gdtui.export.figures import FORMS
from gdtui.schemes import ON_DARK

BEGINNINGS = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG\r\n"}


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=ENVIRONMENT | environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def said(picture: Path) -> list[str]:
    root = ElementTree.fromstring(picture.read_text(encoding="utf-8"))
    return [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]


def drawn(folder: Path, *arguments: str) -> list[str]:
    """The words of a figure, drawn in this process, which is quicker."""
    picture = folder / "drawn.svg"
    assert main([*arguments, "--figure", str(picture)]) == 0
    return said(picture)


@pytest.mark.parametrize("form", FORMS)
def test_a_figure_is_drawn_without_a_screen(form: str, tmp_path: Path) -> None:
    file = tmp_path / f"out.{form}"
    result = run(tmp_path, "pizza.txt", "--figure", file.name, "--lr", "0.005")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert file.read_bytes().startswith(BEGINNINGS[form])
    assert os.listdir(tmp_path) == [file.name]
    if form == "svg":
        # The loss and the valley, as none is named.
        expected = {"Loss by iteration", "Valley: L(w) at b = 0", "gdtui pizza.txt --lr 0.005"}
        assert expected <= set(said(file))


def test_views_are_named_by_either_name_and_drawn_once(tmp_path: Path) -> None:
    words = drawn(tmp_path, "--view", "CONTOUR", "--view", "Loss by iteration", "--view", "loss")
    titles = [word for word in words if word.startswith(("Loss by", "Contour:", "Valley:"))]
    assert titles == ["Contour: L(w, b) · b held", "Loss by iteration"]


def test_a_sweep_is_made_where_it_is_named(tmp_path: Path) -> None:
    words = drawn(tmp_path, "--view", "sweep", "--lr", "0.002")
    assert {"diverges", "limit of the learning rate 0.00457", "lr 0.002: loss 69.12"} <= set(words)


def test_the_step_can_be_shown_at_any_iteration(tmp_path: Path) -> None:
    words = drawn(tmp_path, "--view", "valley", "--at", "0")
    assert {"step +0.807", "gradient -806.8", "iteration 0", "iteration 0 of 100"} <= set(words)


def test_the_caption_tells_nobody_in_which_folder_the_data_are(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("a,b\n1,2\n2,3\n4,4\n")
    assert "gdtui my.csv" in drawn(tmp_path, str(tmp_path / "my.csv"), "--view", "fit")
    assert str(tmp_path) not in (tmp_path / "drawn.svg").read_text()


def test_a_landscape_has_a_figure(tmp_path: Path) -> None:
    words = drawn(tmp_path, "--surface", "bowl", "--view", "contour")
    assert "Contour: L(w, b)" in words
    assert "gdtui --surface bowl" in words


def test_exported_runs_are_drawn_beside_each_other(tmp_path: Path) -> None:
    for lr in ("0.001", "0.002"):
        runs = run(tmp_path, "--format", "json", "--lr", lr, "--iterations", "20")
        (tmp_path / f"{lr}.jsonl").write_text(runs.stdout)
    paths = [str(tmp_path / f"{lr}.jsonl") for lr in ("0.001", "0.002")]
    words = drawn(tmp_path, "--compare", *paths, "--view", "loss")
    assert {"1 0.001.jsonl", "0.002.jsonl", "iteration 20: loss 69.121"} <= set(words)


@pytest.mark.parametrize(
    ("theme", "ground"),
    [((), "#ffffff"), (("--theme", "gdtui-light"), "#ffffff"),
     (("--theme", "gdtui-dark"), ON_DARK.background)],
)  # fmt: skip
def test_the_theme_decides_on_light_or_dark(
    theme: tuple[str, ...], ground: str, tmp_path: Path
) -> None:
    drawn(tmp_path, "--view", "fit", *theme)
    assert f"fill: {ground}" in (tmp_path / "drawn.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--figure", "a.gif"), "'a.gif' ends in none of .svg, .pdf, .png"),
        (("--figure", "svg"), "'svg' ends in none of .svg, .pdf, .png"),
        (("--figure", "a.svg", "--view", "Foo\x1b[1m"), r"'Foo\x1b[1m' is none of Loss, Valley, F"),
        (("--figure", "a.svg", "--view", "step"), "Step is text here and no plot"),
        (("--figure", "a.svg", "--view", "fit", "--surface", "bowl"), "Fit is text here and no"),
        (("--figure", "a.svg", "--theme", "nord"), "the colours of gdtui-dark or gdtui-light"),
        (("--figure", "a.svg", "--plain"), "argument --figure: it is drawn, so no --plain ("),
        (("--figure", "a.svg", "--resume"), "argument --figure: it is drawn, so no --resume ("),
        (("--figure", "a.svg", "--lesson"), "argument --figure: it is drawn, so no --lesson ("),
        (("--view", "fit"), "argument --view: it is of a figure, so name its file with --figure"),
        (("--at", "3"), "argument --at: it is of a figure, so name its file with --figure"),
        (("--figure", "a.svg", "--at", "-1"), "argument --at: -1 is out of bounds"),
        (("--figure", "no/a.svg"), "no/a.svg can't be written: No such file or directory"),
        (("nosuch.txt", "--figure", "a.svg"), "nosuch.txt"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_in_a_sentence(
    arguments: tuple[str, ...],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert sentence in err
    assert os.listdir(tmp_path) == []


def test_no_file_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "out.png").write_text("mine")
    (tmp_path / "link.svg").symlink_to("elsewhere")
    for name in ("out.png", "link.svg"):
        result = run(tmp_path, "--figure", name)
        said = f"gdtui: {name} can't be written: it is there already, and no file is written over\n"
        assert (result.returncode, result.stdout, result.stderr) == (2, "", said)
    assert (tmp_path / "out.png").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["link.svg", "out.png"]


def test_without_matplotlib_a_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "matplotlib.py").write_text("raise ImportError('no matplotlib')\n")
    path = f"{missing}{os.pathsep}{ENVIRONMENT['PYTHONPATH']}"
    result = run(tmp_path, "--figure", "a.svg", PYTHONPATH=path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "gdtui: figures are drawn by matplotlib (no matplotlib): pip install 'gdtui[figures]'\n"
    )
