"""What explains the screen: whatever there is has words of its own, and the card has them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.desk import Desk, opened, pauses_until
from textual.command import Hit

from gdtui.core.descent import Point
from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.core.run import Run
from gdtui.core.settings import SHARED, Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.drawing import Role
from gdtui.now import ROWS, VERDICTS, Now, rows_explained, settings_explained
from gdtui.runs.sweep import Sweep
from gdtui.scene import Ghost, Program, Scene
from gdtui.schemes import ON_DARK, ON_LIGHT
from gdtui.theory.verdict import Verdict
from gdtui.ui.commands import Commands
from gdtui.ui.dialogs.explain import ExplainScreen, Paragraph
from gdtui.ui.keys import GROUPS
from gdtui.ui.widgets.plot import Plot
from gdtui.ui.widgets.readout import Readout
from gdtui.views import VIEWS
from gdtui.views.view import SIGNS, explained, pieces

OWN = [p for method in METHODS.values() for p in method.hyperparameters]
ROOT = Path(__file__).parents[1]
# The picture of a walker, who knows no gradient yet.
UNDERFOOT = "the slope under its feet"
# What is said in other words here, or not before the second lesson.
JARGON = ["slope", "critical", "hessian", "eigenvalue", "scaled", "converge"]


def assert_it_explains(words: str) -> None:
    """Whether it is a sentence or a few that a student understands."""
    assert re.match(r"[A-Z0-9]|[wb]\b", words), words
    assert words.endswith("."), words
    assert 30 < len(words) < 400, words
    assert not any(word in words.lower() for word in JARGON), words
    assert "  " not in words
    assert not re.search(r"-0(\.0*)?(?![\d.e])", words), words


def scenes(surface: Surface, *changes: Settings) -> Iterator[Scene]:
    """Scenes before, in the middle of and after runs, with others beside and the past looked at."""
    for settings in changes:
        over = surface.standardized() if settings.standardize else surface
        other = Run(over, settings)
        other.advance(9)
        ghost = Ghost("2", "lr 0.5", other.snapshot(), over, 1)
        run = Run(over, settings)
        for count in (0, 3, 300):
            run.advance(count)
            scene = Scene(over, run.snapshot(), (ghost,), wanted=settings)
            yield scene
            yield replace(
                scene, along="b", snapshot=run.snapshot_at(0), live=run.snapshot(), cursor=0
            )


def all_scenes(surface: LossSurface) -> list[Scene]:
    """Scenes over examples and over a landscape, of each method, and with all else that differs."""
    methods = [Settings(method=method, bias=True) for method in METHODS]
    settings = Settings(lr=0.006), Settings(standardize=True, lr=0.3), Settings(w_start=1.8436929)
    landscape = LANDSCAPES["himmelblau"]
    found = [*scenes(surface, *settings, *methods), *scenes(landscape, *methods)]
    swept = Sweep(surface, Settings(iterations=50))
    while swept.drive() is not None:
        pass
    left = found[0].ghosts[0].snapshot.step
    branch = Run(surface, Settings(), start=Point(*left[:3], METHODS["gd"].memory))
    found += [replace(found[0], snapshot=branch.snapshot())]
    program = Program("train.py", np.arange(3.0), np.array([800.0, 700.0, 600.0]))
    found += [replace(found[0], program=program)]
    return [*found, replace(found[0], sweep=swept.snapshot(), picked=3)]


@pytest.mark.parametrize("parameter", [*SHARED, *OWN], ids=lambda p: p.name)
def test_each_hyperparameter_says_what_it_does(parameter: Hyperparameter) -> None:
    assert_it_explains(parameter.meaning)
    assert parameter.help not in parameter.meaning


def test_nothing_has_two_names() -> None:
    """The gradient is no slope, what is standardized is not scaled, the limit not critical."""
    bindings = [binding for group in GROUPS.values() for binding in group]
    said = [
        *(f"{m.help} {m.when} {m.bound}" for m in METHODS.values()),
        *(f"{binding.description} {binding.tooltip}" for binding in bindings),
        *(parameter.help for parameter in (*SHARED, *OWN)),
        *(landscape.help for landscape in LANDSCAPES.values()),
        re.sub(r"`[^`]*`", "", (ROOT / "README.md").read_text().replace(UNDERFOOT, "")),
    ]
    for text in said:
        assert not re.search(r"\bslopes?\b|\bscale the|\bscaled (?!to)|\bcritical\b", text), text


@pytest.mark.parametrize("role", Role)
def test_each_role_says_what_it_stands_for(role: Role) -> None:
    assert_it_explains(role.meaning)


def test_each_verdict_is_explained() -> None:
    assert VERDICTS.keys() == set(Verdict)


def test_each_row_of_now_is_explained_by_the_numbers_of_the_moment(surface: LossSurface) -> None:
    told = set()
    for scene in all_scenes(surface):
        now = Now.of(scene)
        for row in ROWS:
            if row.value(now, 40):
                told.add(row)
                assert_it_explains(row.explain(now))
        assert {name for name, _, _ in rows_explained(now)} <= {row.label for row in ROWS}
    assert told == set(ROWS)


def test_each_piece_of_a_plot_has_a_sign_of_its_view(surface: LossSurface) -> None:
    seen = set()
    for scene in all_scenes(surface):
        now = Now.of(scene)
        for name, view in VIEWS.items():
            shown = view(scene)
            entries = explained(name, shown, now)
            for entry in entries:
                assert_it_explains(entry.words)
            own = {sign.name for sign in SIGNS[name]}
            assert {entry.name for entry in entries} <= own, name
            seen |= {(name, entry.name) for entry in entries}
            # Each piece is there once.
            looks = [span for entry in entries for span in entry.looks]
            assert len(looks) == len(set(pieces(shown)))
    declared = {(name, sign.name) for name, signs in SIGNS.items() for sign in signs}
    assert declared == seen


def test_the_words_have_the_numbers_of_the_moment(surface: LossSurface) -> None:
    settings = Settings(lr=0.005)
    scene = Scene(surface, Run(surface, settings).snapshot(), wanted=settings)
    told = explained("Valley", VIEWS["Valley"](scene), Now.of(scene))
    words = {entry.name: entry.words for entry in told}
    assert "-806.8" in words["gradient"]
    assert "to the left" in words["gradient"]
    assert "changes by 4.034" in words["step"]
    assert "higher than now" in words["hollow dot"]
    assert "0.005" in settings_explained(settings)[1].words


@pytest.mark.parametrize("size", [(80, 24), (200, 55)])
async def test_the_card_has_all_that_is_on_screen(size: tuple[int, int]) -> None:
    async with opened(size=size) as desk:
        await desk.press("2", "s", "i")
        card = desk.app.screen
        assert isinstance(card, ExplainScreen)
        told = [paragraph.explained for paragraph in card.query(Paragraph)]
        scene = desk.bench.scene()
        expected = [*rows_explained(now := Now.of(scene)), *settings_explained(scene.wanted)]
        for name in desk.plots:
            expected += explained(name, VIEWS[name](scene), now)
        assert sorted(told) == sorted(expected)
        # The chosen plot comes first.
        assert told[0].name == SIGNS["Valley"][0].name
        walker = desk.workbench.query_one(Readout).style_of(Role.WALKER)
        strips = desk.app.screen._compositor.render_strips()
        dots = {s.style.color for strip in strips for s in strip if s.text == "●" and s.style}
        assert walker.color in dots
        await desk.press("escape")
        assert desk.app.screen is desk.workbench


@pytest.mark.parametrize("few", [False, True])
async def test_the_card_shows_the_ground_as_the_contour_does(few: bool) -> None:
    async with opened(size=(80, 24)) as desk:
        desk.app.set_class(few, "-few-colours")
        await desk.press("4", "i", "pagedown")
        await desk.pilot.pause()
        (line,) = (line for line in desk.lines if " ground: " in line)
        assert ("`,;~=!*&$W# ground" in line) == few


async def test_the_ground_on_the_card_is_that_of_the_theme() -> None:
    async with opened(size=(80, 24)) as desk:
        for theme, scheme in (("gdtui-dark", ON_DARK), ("gdtui-light", ON_LIGHT)):
            desk.app.set_class(False, "-few-colours")
            desk.app.theme = theme
            await desk.press("4", "i", "pagedown")
            await desk.pilot.pause()
            (y,) = (y for y, line in enumerate(desk.lines) if " ground: " in line)
            strip = desk.app.screen._compositor.render_strips()[y]
            shown = {s.style.bgcolor.name for s in strip if s.style and s.style.bgcolor}
            assert shown >= {colour.lower() for colour in scheme.bands.values()}
            await desk.press("escape")


async def test_the_mouse_is_told_the_same() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.press("2")
        now = Now.of(desk.bench.scene())
        readout = desk.workbench.query_one(Readout)
        await desk.pilot.hover(readout, offset=(3, 1))
        assert str(readout.tooltip) == ROWS[0].explain(now)
        await desk.pilot.hover(readout, offset=(3, 0))
        assert readout.tooltip is None
        plot = desk.plot("Valley")
        texts = ["".join(text for text, _ in row) for row in plot.rows]
        (row,) = (y for y, text in enumerate(texts) if "●" in text)
        await desk.pilot.hover(plot, offset=(texts[row].index("●"), row))
        assert str(plot.tooltip) == SIGNS["Valley"][0].explain(now)
        await desk.pilot.hover(plot, offset=(texts[row].index("●"), row - 2))
        assert plot.tooltip is None
        await desk.pilot.hover(plot, offset=(0, 0))
        assert plot.tooltip is None
        assert isinstance(plot, Plot)


async def found_by(desk: Desk, query: str) -> list[Hit]:
    """What the palette offers for a query, the best first."""
    found = [hit async for hit in Commands(desk.workbench).search(query)]
    assert all(isinstance(hit, Hit) for hit in found)
    return sorted((hit for hit in found if isinstance(hit, Hit)), key=lambda hit: -hit.score)


@pytest.mark.parametrize(
    ("query", "title", "words"),
    [
        ("green cross", "Explain: green cross (i)", "The lowest place of this curve."),
        ("diverges", "Explain: gauge (i)", "The scale goes from a hundredth of the limit"),
        ("back in time", "Back in time (←)", "look an iteration back"),
        ("farther minimum", "Explain: learning rate (i)", "each step lands farther"),
        ("too many [b] words", "", ""),
    ],
)
async def test_the_palette_finds_it(query: str, title: str, words: str) -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.press("2")
        hits = await found_by(desk, query)
        told = [(str(hit.match_display), hit.help) for hit in hits]
        assert any(name == title and words in (help or "") for name, help in told) == bool(title)


async def test_the_palette_opens_the_card_at_what_was_sought() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.press("2", "ctrl+p", *"best", "space", *"loss")
        await pauses_until(desk.pilot, lambda: "Explain: best loss" in desk.text)
        await desk.press("enter")
        await pauses_until(desk.pilot, lambda: isinstance(desk.app.screen, ExplainScreen))
        await desk.pilot.pause()
        top = desk.app.screen.query_one("#explanations").scrollable_content_region.y
        assert "best loss" in desk.lines[top]
        await desk.press("escape")
        assert desk.app.screen is desk.workbench
