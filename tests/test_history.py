"""The runs of a session: kept, told apart, compared, hidden, deleted and brought back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import another

from gdtui.core.descent import Status
from gdtui.core.methods import METHODS
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.runs.history import Branch, Entry, History, differences
from gdtui.theory.goal import gap


def filled(surface: LossSurface, *settings: Settings) -> History:
    history = History()
    for each in settings:
        run = Run(surface, each)
        run.advance(each.iterations)
        history.add(run)
    return history


def numbers(history: History) -> list[int]:
    return [entry.number for entry in history.entries]


def test_runs_are_numbered_from_one_and_keep_their_numbers(surface: LossSurface) -> None:
    history = filled(surface, *[Settings(iterations=1)] * 3)
    assert numbers(history) == [1, 2, 3]
    history.delete(3)
    assert history.add(Run(surface, Settings())).number == 4
    assert numbers(history) == [1, 2, 4]
    assert 3 not in history
    assert 4 in history


def test_a_history_goes_on_from_given_entries(surface: LossSurface) -> None:
    history = History([Entry(7, Run(surface, Settings()), name="old")])
    assert history.add(Run(surface, Settings()), Branch(7, 0)).number == 8
    assert history[8].parent == (7, 0)
    assert history[7].name == "old"


@given(st.lists(st.tuples(st.sampled_from(["delete", "undo"]), st.integers(1, 6)), max_size=20))
def test_what_is_deleted_comes_back_as_it_was(actions: list[tuple[str, int]]) -> None:
    surface = LossSurface(0, 0, 1, 1, 1)
    history = filled(surface, *[Settings(iterations=1)] * 6)
    everything, there = {e.number: e for e in history.entries}, set(range(1, 7))
    gone: list[int] = []
    for action, number in actions:
        if action == "undo":
            entry = history.undo()
            assert (entry.number if entry else None) == (gone[-1] if gone else None)
            there |= {gone.pop()} if gone else set()
        elif number in there:
            history.delete(number)
            there.remove(number)
            gone.append(number)
        assert set(numbers(history)) == there
        assert all(everything[entry.number] is entry for entry in history.entries)


def test_names_and_hiding(surface: LossSurface) -> None:
    history = filled(surface, Settings(iterations=1), Settings(iterations=1))
    history.rename(2, "  the best ")
    history.hide(1, True)
    assert [(e.name, e.hidden) for e in history.entries] == [("", True), ("the best", False)]
    history.hide(1, False)
    history.rename(2, "")
    assert [(e.name, e.hidden) for e in history.entries] == [("", False), ("", False)]


def test_a_summary_is_what_the_run_says(surface: LossSurface) -> None:
    begin = Settings(lr=0.004, bias=True, iterations=3000)
    diverging = begin.replace(lr=0.005)
    history = filled(surface, begin, diverging, Settings(bias=True))
    first, second, third = history.summaries()
    run = history[1].run
    last = run.snapshot().step
    assert first[:4] == (1, "lr 0.004, iterations 3000, bias on", 3000, last.loss)
    assert first.gap == gap(surface, last, begin)
    lowest = surface.minimum(0, 0, bias=True).loss
    near = next(s.iteration for s in run.steps(0, 3001) if s.loss <= 1.01 * lowest)
    assert first.within == near
    assert first.status is Status.FINISHED
    assert (second.changes, second.status, second.within) == (
        "lr 0.005",
        Status.DIVERGED,
        None,
    )
    assert second.iterations == 1961
    assert third.changes == "lr 0.001, iterations 100"
    assert third.within is None


@pytest.mark.parametrize("method", METHODS)
def test_each_difference_is_named_with_its_value(method: str) -> None:
    before = Settings(method=method)
    for parameter in before.hyperparameters:
        if parameter.name == "method":
            continue
        value = another(parameter)
        after = before.change(parameter, value)
        assert differences(before, after) == [
            f"{parameter.name.replace('_', ' ')} {parameter.format(value)}"
        ]
        assert differences(after, after) == []
    changed = differences(Settings(method="gd"), before)
    own = [parameter.name.replace("_", " ") for parameter in METHODS[method].hyperparameters]
    assert all(any(words.startswith(label) for words in changed) for label in own)


def test_glyphs_are_single_and_differ_for_a_while(surface: LossSurface) -> None:
    glyphs = [Entry(number, Run(surface, Settings())).glyph for number in range(1, 60)]
    assert all(len(glyph) == 1 for glyph in glyphs)
    assert len(set(glyphs[:35])) == 35
