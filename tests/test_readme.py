"""The README is true: its commands, its keys, and its example for a notebook."""

import re
from pathlib import Path

import pytest

import gdtui
from gdtui.cli.parser import EXAMPLES
from gdtui.core.methods import METHODS
from gdtui.ui.follow_keys import FOLLOW_KEYS
from gdtui.ui.keys import GROUPS
from gdtui.ui.widgets.help_panel import key_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_each_of_the_first_two_shell_blocks_is_one_line() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    assert [block.count("\n") for block in blocks[:2]] == [1, 1]
    assert "gdtui data/pizza.txt" in blocks[0]
    assert "pytest" in blocks[1]


def test_the_table_of_keys_is_that_of_the_bindings() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in section("Keys").splitlines()
        if line.startswith("|")
    ]
    table = [
        row
        for title, bindings in GROUPS.items()
        for row in [(f"**{title}**", ""), *key_table(bindings)]
    ]
    assert rows[2:] == table


def test_the_guide_to_following_has_the_keys_of_its_screen() -> None:
    guide = (ROOT / "docs" / "following.md").read_text()
    rows = re.findall(
        r"^\| (\S+|\*\*.*\*\*) \| (.*?) ?\|$", guide.partition("## On screen")[2], re.M
    )
    chosen = [key for group in FOLLOW_KEYS.values() for key in group if "choose" in key.action]
    table = [
        row
        for title, bindings in FOLLOW_KEYS.items()
        for row in [(f"**{title}**", ""), *key_table([b for b in bindings if b not in chosen])]
    ]
    assert [row for row in rows if row not in [("key", "what it does"), ("---", "---")]] == table
    assert f"| 1 ... {len(chosen)} | show the losses of that program |" in guide


@pytest.mark.parametrize("line", [line for line in EXAMPLES.splitlines() if line.startswith("  ")])
def test_it_shows_the_examples_of_the_help(line: str) -> None:
    assert f"  {line}" in section("Command line")


@pytest.mark.parametrize("key", METHODS)
def test_it_names_every_method(key: str) -> None:
    assert f"`{key}`" in section("Methods")


@pytest.mark.parametrize("path", sorted((ROOT / "data").iterdir()), ids=lambda path: path.name)
def test_it_has_a_line_on_every_sample(path: Path) -> None:
    assert f"- `{path.name}`" in section("Data")


def test_its_picture_is_there() -> None:
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / path).is_file()


def test_its_example_for_a_notebook_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(code, {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["0", "1", "2", "3", "4"]
    assert lines[0].endswith("812.8666666666667")
    assert "iteration" in lines[6]
    assert "(1001,)" in lines[6]
    assert "1.09 times the limit 0.00457" in lines[7]


def test_the_public_names_are_listed_and_are_what_they_are_called() -> None:
    listed = set(gdtui.__all__)
    assert listed < set(dir(gdtui))
    for name in listed:
        value = getattr(gdtui, name)
        assert getattr(value, "__name__", name) == name
    # What a type checker sees is what is imported when asked for.
    typed = re.findall(r"(\w+) as \1\b", Path(gdtui.__file__).read_text())
    assert set(typed) == listed
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = gdtui.nothing
