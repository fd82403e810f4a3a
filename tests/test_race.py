"""A race: nobody is ahead of anybody, and the first at the minimum is named."""

from __future__ import annotations

import pytest

from gdtui.core.descent import Status
from gdtui.core.methods import METHODS
from gdtui.core.pacemaker import FULL_SPEED, Pace, Schedule
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.runs.history import Entry
from gdtui.runs.race import Race, Racer, winner_of

ALL = [Settings(method=method, iterations=3000, bias=True) for method in METHODS]


def race_of(surface: LossSurface, *settings: Settings, pace: Pace = FULL_SPEED) -> Race:
    return Race([Run(surface, each) for each in settings], pace)


def entries_of(race: Race) -> list[Entry]:
    return [Entry(number, run) for number, run in enumerate(race.runs, 1)]


def racers_of(race: Race) -> tuple[Racer, ...]:
    return race.racers(entries_of(race))


@pytest.mark.parametrize("pace", [FULL_SPEED, 7.0, 1000.0, Schedule(3000)])
def test_nobody_is_ahead(pace: Pace, surface: LossSurface) -> None:
    race, now = race_of(surface, *ALL, pace=pace), 0.0
    race.start()
    for _ in range(10):
        delay = race.drive(now)
        assert delay is not None
        now += max(delay, 0.01)
        shown = [s for s in race.snapshots() if s.outcome is None]
        assert len({snapshot.step.iteration for snapshot in shown}) == 1
        assert all(snapshot.status is Status.RUNNING for snapshot in shown)
    assert shown[0].step.iteration > 0


def test_a_race_is_watched_by_the_run_that_has_come_furthest(surface: LossSurface) -> None:
    settings = Settings(iterations=3000)
    race = race_of(surface, Settings(iterations=1), settings, pace=Schedule(3000))
    alone = Run(surface, settings, Schedule(3000))
    race.start()
    alone.start()
    for tick in range(50):
        assert (race.drive(tick / 10), race.speed) == (alone.drive(tick / 10), alone.speed)
    assert race.runs[1].iteration == alone.iteration > 300


def test_every_run_is_what_it_would_be_alone(surface: LossSurface) -> None:
    race = race_of(surface, *ALL)
    race.start()
    while race.drive(0.0) is not None:
        pass
    for settings, run in zip(ALL, race.runs, strict=True):
        alone = Run(surface, settings)
        alone.advance(10_000)
        assert run.snapshot().outcome == alone.snapshot().outcome
        assert run.steps(0, 10_000) == alone.steps(0, 10_000)
    assert not race.running


def test_the_first_within_one_percent(surface: LossSurface) -> None:
    rates = (0.001, 0.003, 0.004, 0.0001)
    race = race_of(surface, *[Settings(lr=lr, bias=True, iterations=9000) for lr in rates])
    race.advance(1000)
    assert winner_of(racers_of(race)) is None
    race.advance(8000)
    allowed = 1.01 * surface.minimum(0, 0, bias=True).loss
    arrivals = {
        step.iteration: run.settings.lr
        for run in race.runs
        for step in [next((s for s in run.steps(0, 9001) if s.loss <= allowed), None)]
        if step
    }
    first = winner_of(racers_of(race))
    assert first is not None
    assert (first.within, first.entry.run.settings.lr) == min(arrivals.items())
    assert first.entry.run.settings.lr == 0.004


def test_the_arrived_lead_then_the_nearest_and_what_diverges_is_last(surface: LossSurface) -> None:
    rates = (0.0001, 0.005, 0.004, 0.001, 0.1, 0.003)
    race = race_of(surface, *[Settings(lr=lr, bias=True, iterations=8000) for lr in rates])
    assert [racer.entry.number for racer in racers_of(race)] == [1, 2, 3, 4, 5, 6]
    seen = []
    for count in (12, 988, 7000):
        race.advance(count)
        racers = racers_of(race)
        assert [racer.place for racer in racers] == [1, 2, 3, 4, 5, 6]
        seen.append([(racer.label, racer.status) for racer in racers])
        behind = [racer for racer in racers if racer.within is None][:-2]
        assert behind == sorted(behind, key=lambda racer: racer.loss)
    slow, wide, quick, calm, wild, good = (f"gd lr {lr:g}" for lr in rates)
    assert seen[0][-2:] == [(wide, "diverging"), (wild, "diverging")]
    assert seen[1][-2:] == [(wide, "diverging"), (wild, "diverged")]
    assert [label for label, _ in seen[2]] == [quick, good, calm, slow, wide, wild]
    assert seen[2][-2:] == [(wide, "diverged"), (wild, "diverged")]


def test_the_way_to_the_minimum_is_as_long_each_time_the_gap_is_halved(
    surface: LossSurface,
) -> None:
    race = race_of(surface, Settings(lr=0.004, bias=True, iterations=9000), Settings(lr=0.006))
    seen = []
    for count in (0, 400, 400, 400):
        race.advance(count)
        racer = next(racer for racer in racers_of(race) if racer.entry.number == 1)
        assert racer.within is None
        seen.append((racer.way, racer.gap.percent))
    # The gap shrinks by the same factor in the same time.
    ways = [way for way, _ in seen]
    assert ways[0] == 0 < ways[1]
    assert ways[3] - ways[2] == pytest.approx(ways[2] - ways[1], rel=1e-3)
    assert ways[3] == pytest.approx(1, abs=0.05)
    race.advance(400)
    assert {racer.entry.number: racer.way for racer in racers_of(race)} == {1: 1.0, 2: 0.0}


def test_who_diverges_after_all_has_not_won(surface: LossSurface) -> None:
    best = surface.minimum(0, 0, bias=True)
    start = Settings(bias=True, w_start=1.005 * best.w, b_start=best.b, iterations=2000)
    race = race_of(surface, start.replace(lr=0.005), Settings(bias=True, iterations=2000))
    race.advance(1)
    assert [racer.within for racer in racers_of(race)] == [0, None]
    assert winner_of(racers_of(race)) is not None
    race.advance(2000)
    assert [racer.status for racer in racers_of(race)] == ["finished", "diverged"]
    assert winner_of(racers_of(race)) is None


def test_one_that_is_deleted_leaves_its_place_empty(surface: LossSurface) -> None:
    race = race_of(surface, *[Settings(lr=lr, bias=True, iterations=9000) for lr in (0.004, 0.003)])
    race.finish()
    while race.drive(0.0) is not None:
        pass
    entries = entries_of(race)
    assert [racer.place for racer in race.racers(entries)] == [1, 2]
    (left,) = race.racers(entries[1:])
    assert (left.place, left.entry, left.within is None) == (2, entries[1], False)
    assert winner_of([left]) is None
    assert race.racers(()) == ()
    assert winner_of(()) is None


def test_pause_and_finish(surface: LossSurface) -> None:
    race = race_of(surface, *ALL, pace=1.0)
    race.start()
    race.drive(0.0)
    race.pause()
    assert race.drive(1.0) is None
    assert {run.status for run in race.runs} <= {Status.PAUSED, Status.DIVERGED, Status.CONVERGED}
    race.finish()
    for _ in range(3000):
        if race.drive(1.0) is None:
            break
    assert all(run.ended for run in race.runs)


def test_one_that_ends_does_not_hold_up_the_others(surface: LossSurface) -> None:
    race = race_of(surface, Settings(iterations=10), Settings(iterations=5000))
    race.finish()
    while race.drive(0.0) is not None:
        pass
    assert [snapshot.reached for snapshot in race.snapshots()] == [10, 5000]
