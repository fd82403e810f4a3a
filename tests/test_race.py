"""A race: nobody is ahead of anybody, and the first at the minimum is named."""

from __future__ import annotations

import pytest

from gdtui.core.descent import Status
from gdtui.core.methods import METHODS
from gdtui.core.pacemaker import FULL_SPEED, Pace, Schedule
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface
from gdtui.runs.race import Race

ALL = [Settings(method=method, iterations=3000, bias=True) for method in METHODS]


def race_of(surface: LossSurface, *settings: Settings, pace: Pace = FULL_SPEED) -> Race:
    return Race([Run(surface, each) for each in settings], pace)


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
    assert race.first is None
    race.advance(8000)
    allowed = 1.01 * surface.minimum(0, 0, bias=True).loss
    arrivals = {
        step.iteration: run.settings.lr
        for run in race.runs
        for step in [next((s for s in run.steps(0, 9001) if s.loss <= allowed), None)]
        if step
    }
    assert race.first is not None
    run, within = race.first
    assert (within, run.settings.lr) == min(arrivals.items())
    assert run.settings.lr == 0.004


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
