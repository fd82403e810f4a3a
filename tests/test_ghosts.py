"""Which other runs are drawn beside the one that is looked at."""

from __future__ import annotations

from dataclasses import replace

from gdtui.core.methods import METHODS
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.runs.history import Entry, History
from gdtui.scene import GHOSTS, Ghosts
from gdtui.ui.dialogs.runs import RACERS


def history_of(surface: LossSurface, count: int) -> History:
    history = History()
    for number in range(count):
        run = Run(surface, Settings(lr=1e-3 / (1 + number)))
        run.advance(3 + number)
        history.add(run)
    return history


def glyphs(ghosts: Ghosts, entries: tuple[Entry, ...], current: int) -> str:
    return "".join(ghost.glyph for ghost in ghosts.of(entries, current, {}))


def test_the_newest_are_drawn_each_in_a_colour_of_its_own(surface: LossSurface) -> None:
    ghosts, history = Ghosts(), history_of(surface, GHOSTS + 3)
    shown = ghosts.of(history.entries, 5, {})
    assert [ghost.glyph for ghost in shown] == [
        entry.glyph for entry in history.entries[2:] if entry.number != 5
    ]
    assert len({ghost.colour for ghost in shown}) == GHOSTS


def test_all_methods_can_race_and_be_seen() -> None:
    assert len(METHODS) <= RACERS


def test_hidden_and_equal_runs_are_left_out(surface: LossSurface) -> None:
    ghosts, history = Ghosts(), history_of(surface, 3)
    twin = Run(surface, history[2].run.settings)
    twin.advance(4)
    history.add(twin)
    assert glyphs(ghosts, history.entries, 1) == "34"
    history.hide(3, True)
    assert glyphs(ghosts, history.entries, 1) == "4"


def test_a_ghost_is_made_anew_only_where_something_changed(surface: LossSurface) -> None:
    ghosts, history = Ghosts(), history_of(surface, 3)
    first, second = ghosts.of(history.entries, 3, {})
    assert ghosts.of(history.entries, 3, {}) == (first, second)
    history[1].run.advance(1)
    history.rename(2, "two")
    after = ghosts.of(history.entries, 3, {})
    assert [ghost.snapshot.step.iteration for ghost in after] == [4, 4]
    assert [ghost.label for ghost in after] == [first.label, "two"]


def test_another_run_under_a_number_is_not_taken_for_the_one_before(surface: LossSurface) -> None:
    ghosts = Ghosts()
    for w_start in (0.0, 1.0):
        run = Run(surface, Settings(w_start=w_start))
        run.advance(3)
        (ghost,) = ghosts.of([Entry(1, run)], 2, {})
        assert ghost.snapshot.step == run.step


def test_a_snapshot_that_is_at_hand_is_drawn(surface: LossSurface) -> None:
    history = history_of(surface, 2)
    run = history[1].run
    before = run.snapshot()
    run.advance(5)
    (ghost,) = Ghosts().of(history.entries, 2, {run: before})
    assert ghost.snapshot is before
    label = replace(history[1], name="x" * 40)
    assert len(Ghosts().of((label,), 2, {})[0].label) == 24
