"""The bench: each command, what may be asked about it and what a screen may draw from.

There is no screen here. Time goes by in a virtual clock, and the workers with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import VirtualClock
from support.sessions import problem
from support.strategies import another, plain_critical

from gdtui.bench import HOW_TO_BRANCH, Bench, Fact
from gdtui.core.descent import Status
from gdtui.core.hyperparameter import Value
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.core.pacemaker import FULL_SPEED, Schedule
from gdtui.core.run import Run
from gdtui.core.settings import LEARNING_RATE, METHOD, SHARED, Settings
from gdtui.core.surface import LossSurface
from gdtui.problem import Problem
from gdtui.runs.history import Branch, Entry, History
from gdtui.runs.sweep import Sweep
from gdtui.scene import CONTOUR, LOSS, SWEEP, THIS_STEP, VALLEY, Scale

PROBLEM = problem()
BY_NAME = {parameter.name: parameter for parameter in SHARED}
KEYS = list(METHODS)
# Long enough for whatever goes on at a pace that was not chosen.
LONG = 10.0


class Seat:
    """A bench, the time that goes by at it, and how often something was to be kept."""

    def __init__(
        self,
        settings: Settings | None = None,
        problem: Problem = PROBLEM,
        pace: float | None = None,
        history: History | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.kept = 0
        self.bench = Bench(
            problem,
            settings or Settings(),
            self.clock.worker(),
            self.clock.worker(),
            self.clock.now,
            views=[LOSS, VALLEY, CONTOUR, THIS_STEP, SWEEP],
            pace=pace,
            history=history,
            changed=self.keep,
        )

    def keep(self) -> None:
        self.kept += 1

    def want(self, name: str, value: Value) -> str:
        parameter = next(p for p in self.bench.wanted.hyperparameters if p.name == name)
        return self.bench.want(parameter, value)

    def sweep(self, seconds: float = LONG) -> Sweep:
        self.bench.begin_sweep()
        self.clock.advance(seconds)
        assert self.bench.sweep
        return self.bench.sweep


def seated(settings: Settings | None = None, steps: int = 0) -> Seat:
    """A bench whose run has made so many iterations, and stands."""
    seat = Seat(settings)
    if steps:
        seat.bench.step(steps)
    return seat


# What may be asked


def _do(*commands: Callable[[Bench], object]) -> Callable[[Seat], None]:
    def act(seat: Seat) -> None:
        for command in commands:
            command(seat.bench)

    return act


def _run(seconds: float) -> Callable[[Seat], None]:
    def act(seat: Seat) -> None:
        seat.bench.toggle_run()
        seat.clock.advance(seconds)

    return act


def _tuned(seat: Seat) -> None:
    seat.bench.step(40)
    seat.want("lr", 0.002)
    seat.bench.step(5)
    seat.bench.look_at(30)


def _race(seat: Seat) -> None:
    seat.bench.start_race([Settings(method=key) for key in ("gd", "momentum")])
    seat.clock.advance(2.2)


BIAS = Settings(bias=True, lr=0.004, iterations=2000)
SITUATIONS: dict[str, tuple[Settings, Callable[[Seat], None], dict[str, Fact]]] = {
    "opened": (Settings(), _do(), {"status": "ready", "iteration": 0, "w": 0.0, "view": LOSS}),
    "stepped": (Settings(), _do(lambda b: b.step(3)), {"status": "paused", "iteration": 3}),
    "running": (Settings(), _run(2.2), {"status": "running", "iteration": 9}),
    "ended": (Settings(), _run(LONG), {"status": "finished", "iteration": 100}),
    "diverged": (BIAS.replace(lr=0.005), _run(LONG), {"status": "diverged", "lr": 0.005}),
    "diverging": (
        BIAS.replace(lr=0.005),
        _do(lambda b: b.step(10)),
        {"status": "diverging", "iteration": 10},
    ),
    "before it was diverging": (
        BIAS.replace(lr=0.005),
        _do(lambda b: b.step(10), lambda b: b.look_at(2)),
        {"status": "paused", "cursor": 2},
    ),
    "diverging in the past": (
        Settings(lr=0.005),
        _do(lambda b: b.step(100), lambda b: b.look_at(3)),
        {"status": "diverging", "cursor": 3},
    ),
    "converged": (
        Settings(method="search", lr=0.01, iterations=1000),
        _run(LONG),
        {"status": "converged", "iteration": 184, "critical": None},
    ),
    "near": (BIAS, _run(LONG), {"status": "finished", "bias": True}),
    "in the past": (
        Settings(),
        _do(lambda b: b.step(50), lambda b: b.move(-7)),
        {"status": "paused", "iteration": 43, "cursor": 43},
    ),
    "at the start": (
        Settings(w_start=3.0),
        _do(lambda b: b.step(50), lambda b: b.look_at_start()),
        {"status": "ready", "iteration": 0, "cursor": 0, "w": 3.0},
    ),
    "before it was tuned": (Settings(), _tuned, {"cursor": 30, "lr": 0.001}),
    "two runs": (
        Settings(),
        _do(lambda b: b.step(5), lambda b: b.restart(), lambda b: b.choose(SWEEP)),
        {"status": "ready", "runs": 2, "view": SWEEP},
    ),
    "race": (Settings(), _race, {"status": "running", "runs": 2, "iteration": 9}),
    "method": (Settings(method="adam"), _do(), {"beta1": 0.9, "critical": None}),
    "scaled": (Settings(standardize=True, lr=0.1), _do(lambda b: b.step(9)), {"iteration": 9}),
}
ASKED = {
    *("status", "iteration", "loss", "w", "b", "gap", "within", "critical", "view", "cursor"),
    *("gradient", "gradient_b", "best_w", "best_b", "best_loss", "along", "race", "swept"),
}


@pytest.mark.parametrize("situation", list(SITUATIONS))
def test_the_facts_are_what_the_examples_say(situation: str) -> None:
    settings, act, expected = SITUATIONS[situation]
    seat = Seat(settings)
    act(seat)
    facts, run = seat.bench.facts(), seat.bench.run
    assert set(facts) == {p.name for p in settings.hyperparameters} | ASKED | {"runs"}
    named = {
        **{"cursor": None, "view": LOSS, "runs": 1, "along": "w", "swept": False},
        **{"race": situation == "race"},
        **settings.values,
        **expected,
    }
    assert {name: facts[name] for name in named} == named
    data = PROBLEM.dataset
    assert data
    x = (data.x - data.x.mean()) / data.x.std() if settings.standardize else data.x
    assert isinstance(facts["w"], float)
    assert isinstance(facts["b"], float)
    loss = np.mean((facts["w"] * x + facts["b"] - data.y) ** 2)
    assert facts["loss"] == pytest.approx(loss, rel=1e-9)
    columns = np.stack([x, np.ones_like(x)] if settings.bias else [x])
    solved, *_ = np.linalg.lstsq(columns.T, data.y, rcond=None)
    lowest = np.mean((columns.T @ solved - data.y) ** 2)
    error = facts["w"] * x + facts["b"] - data.y
    assert facts["gradient"] == pytest.approx(2 * np.mean(x * error), rel=1e-9, abs=1e-9)
    assert facts["gradient_b"] == pytest.approx(2 * np.mean(error), rel=1e-9, abs=1e-9)
    assert facts["best_loss"] == pytest.approx(lowest)
    best = [facts["best_w"], facts["best_b"]][: len(solved)]
    assert best == pytest.approx(solved)
    assert facts["gap"] == pytest.approx(100 * (loss / lowest - 1), rel=1e-6, abs=1e-6)
    near = [step.iteration for step in run.steps(0, 10**6) if step.loss <= 1.01 * lowest]
    assert facts["within"] == (near[0] if near else None)
    if "critical" not in expected:
        steepest = np.linalg.eigvalsh(2 * columns @ columns.T / len(x))[-1]
        assert facts["critical"] == pytest.approx(2 / steepest)


def test_a_scene_never_changes_whatever_the_bench_does() -> None:
    seat = seated(BIAS, 60)
    seat.bench.restart()
    seat.bench.toggle_run()
    seat.clock.advance(0.05)
    scene = seat.bench.scene()
    with pytest.raises(FrozenInstanceError):
        scene.number = 7  # type: ignore[misc]
    (ghost,) = scene.ghosts
    before = [getattr(scene, field.name) for field in fields(scene)]
    at, trail = scene.snapshot.step, scene.snapshot.trail["w"].copy()
    lines = scene.steps(0, scene.newest.lines)
    _tuned(seat)
    seat.sweep()
    seat.bench.next_scale()
    seat.bench.cut()
    _race(seat)
    assert [getattr(scene, field.name) for field in fields(scene)] == before
    assert (scene.snapshot.step, ghost.snapshot.step.iteration) == (at, 60)
    assert np.array_equal(scene.snapshot.trail["w"], trail)
    assert scene.steps(0, scene.newest.lines) == lines


def test_the_scene_is_of_what_one_looks_at() -> None:
    seat = seated(BIAS, 60)
    bench = seat.bench
    seat.want("lr", 0.002)
    bench.look_at(20)
    seat.want("lr", 0.005)
    scene = bench.scene()
    assert (scene.cursor, scene.snapshot.step, scene.newest.step) == (
        20, bench.run.step_at(20), bench.run.step_at(60),
    )  # fmt: skip
    assert (scene.snapshot.settings.lr, scene.newest.settings.lr, scene.wanted.lr) == (
        0.004, 0.002, 0.005,
    )  # fmt: skip
    assert (scene.number, scene.pace, scene.names) == (
        1,
        Schedule(2000),
        ("Reservations", "Pizzas"),
    )
    assert (scene.now, scene.goes_on, scene.live) == (0, False, scene.newest)
    bench.follow_newest()
    assert bench.scene().live is None
    seat.clock.advance(2)
    bench.toggle_run()
    assert (bench.scene().now, bench.scene().goes_on) == (2, True)
    bench.toggle_run()
    bench.begin_sweep()
    assert bench.scene().goes_on
    bench.cancel()
    assert not bench.scene().goes_on


# The wanted settings


CHANGES: list[tuple[str, tuple[Any, ...], str, Value]] = [
    ("rate", (True,), "lr", 0.002),
    ("rate", (False,), "lr", 0.0005),
    ("toggle", ("bias",), "bias", True),
    ("toggle", ("standardize",), "standardize", True),
    ("next_method", (), "method", KEYS[KEYS.index("gd") + 1]),
    *(("want", (p, another(p)), p.name, another(p)) for p in SHARED),
]


def test_commands_to_the_settings_tune_the_run_or_begin_another() -> None:
    for command, said, name, value in CHANGES:
        tunes = BY_NAME[name].tunable
        seat = seated(steps=20)
        bench, run, kept, before = seat.bench, seat.bench.run, seat.kept, seat.bench.wanted
        assert not getattr(bench, command)(*said)
        assert bench.wanted == bench.run.settings == before.change(BY_NAME[name], value)
        assert bench.wanted != before
        assert (bench.run is run) == tunes, name
        assert bench.run.status is (Status.PAUSED if tunes else Status.READY)
        assert seat.kept > kept
        assert [entry.number for entry in bench.history.entries] == [1, 2][: 2 - tunes]


def test_a_tuned_run_goes_on_and_what_was_stays() -> None:
    seat = Seat(pace=20.0)
    seat.bench.toggle_run()
    seat.clock.advance(1.0)
    run, step = seat.bench.run, seat.bench.run.step
    seat.bench.rate(True)
    assert run.status is Status.RUNNING
    seat.clock.advance(1.0)
    assert run.step_at(step.iteration) == step
    assert run.step_at(step.iteration + 1).w == step.w - 0.002 * step.dw


def test_what_is_out_of_bounds_is_refused_and_nothing_changes() -> None:
    seat = seated(steps=5)
    kept = seat.kept
    with pytest.raises(ValueError, match="out of bounds"):
        seat.want("lr", -1.0)
    assert (seat.bench.wanted, seat.bench.facts()["lr"], seat.kept) == (Settings(), 0.001, kept)


def test_the_methods_come_in_turn_and_find_their_own_hyperparameters_as_they_were() -> None:
    seat, seen = Seat(), []
    wanted: dict[str, Settings] = {}
    for turn in range(2 * len(METHODS)):
        settings = seat.bench.wanted
        if turn < len(METHODS):
            seen.append(settings.method)
            for own in settings.chosen_method.hyperparameters:
                if settings[own] == own.default:
                    seat.bench.want(own, another(own))
            wanted[settings.method] = seat.bench.wanted
        else:
            assert settings == wanted[settings.method]
        seat.bench.next_method()
    assert seen == KEYS[KEYS.index("gd") :] + KEYS[: KEYS.index("gd")]


def test_an_ended_run_is_extended_by_more_iterations_and_else_another_begins() -> None:
    seat = Seat()
    seat.bench.step(100)
    ended = seat.bench.run
    seat.want("iterations", 150)
    assert (seat.bench.run, ended.status) == (ended, Status.PAUSED)
    seat.bench.step(100)
    assert ended.iteration == 150
    seat.bench.rate(False)
    assert (seat.bench.run.settings.lr, seat.bench.run.status) == (0.0005, Status.READY)


def test_settings_changed_in_the_past_are_those_of_a_branch_or_of_none() -> None:
    seat = seated(steps=50)
    bench, run = seat.bench, seat.bench.run
    bench.look_at(20)
    assert seat.want("lr", 0.001) == ""
    assert bench.rate(False) == HOW_TO_BRANCH
    assert bench.toggle("bias") == ""
    assert (bench.wanted.lr, bench.wanted.bias, run.settings) == (0.0005, True, Settings())
    bench.follow_newest()
    assert (bench.wanted, bench.run) == (Settings(), run)
    bench.move(-1)
    assert bench.rate(True) == HOW_TO_BRANCH
    bench.step()
    assert (bench.cursor, run.iteration, bench.wanted) == (None, 51, Settings())
    bench.look_at(20)
    bench.rate(True)
    bench.branch()
    assert (bench.wanted.lr, run.settings.lr, bench.entry.parent) == (0.002, 0.001, (1, 20))


def test_a_surface_has_no_feature_to_scale() -> None:
    seat = Seat(problem=Problem.of_landscape(LANDSCAPES["saddle"]))
    for words in (seat.bench.toggle("standardize"), seat.want("standardize", True)):
        assert words == "A surface has no feature to standardize."
    assert not seat.bench.wanted.standardize
    assert not seat.bench.toggle("bias")


@pytest.mark.parametrize("lr", [0.005, 0.001])
def test_advised_is_half_the_critical_rate_and_runs(lr: float) -> None:
    assert isinstance(PROBLEM.surface, LossSurface)
    bench = seated(Settings(lr=lr, bias=True), 50).bench
    assert not bench.advised()
    half = plain_critical(PROBLEM.surface, bias=True) / 2
    assert 0.95 * half < bench.wanted.lr <= half
    assert (bench.run.status, bench.facts()["runs"]) == (Status.RUNNING, 2)


def test_where_theory_knows_no_bound_nothing_is_advised() -> None:
    bench = seated(Settings(method="adam"), 5).bench
    run = bench.run
    assert "The learning rate has no limit" in bench.advised()
    assert bench.run is run


# The run, and its pace


def test_by_default_a_run_is_watched_in_six_seconds_whatever_it_does() -> None:
    for acts in ([], ["pause"], ["tune"], ["race"], ["branch"]):
        seat = Seat(Settings(iterations=1000))
        bench = seat.bench
        if acts == ["branch"]:
            bench.step(400)
            bench.branch()
        if acts == ["race"]:
            bench.begin_race([Settings(iterations=10), Settings(iterations=1000)])
        bench.toggle_run()
        seat.clock.advance(3.0)
        assert 10 <= max(entry.run.taken for entry in bench.history.entries[-2:]) <= 450
        if acts == ["pause"]:
            bench.toggle_run()
            seat.clock.advance(60.0)
            bench.toggle_run()
        if acts == ["tune"]:
            seat.want("lr", 0.002)
        seat.clock.advance(2.6)
        assert bench.scene().goes_on, acts
        seat.clock.advance(0.6)
        assert not bench.scene().goes_on, acts
        assert bench.history.entries[-1].run.iteration == 1000


def test_from_the_schedule_the_pace_goes_to_the_rungs_beside_its_speed() -> None:
    for act, up, expected in (
        ((lambda bench: None), True, 5.0),
        ((lambda bench: None), False, 2.0),
        ((lambda bench: bench.step(100)), True, 100.0),
        ((lambda bench: bench.step(100)), False, 50.0),
        ((lambda bench: bench.start_race([Settings(), Settings()])), True, 5.0),
    ):
        bench = Seat().bench
        act(bench)
        bench.faster(up)
        assert bench.scene().pace == bench.run.pace == expected


def test_below_the_slowest_pace_there_is_the_schedule_again() -> None:
    for race in (False, True):
        bench = Seat().bench
        if race:
            bench.start_race([Settings(iterations=5), Settings(iterations=50)])
        schedules = bench.scene().pace, bench.run.pace
        for up in (True, False, False):
            bench.faster(up)
            assert isinstance(bench.scene().pace, float)
        bench.faster(up=False)
        assert (bench.scene().pace, bench.run.pace) == schedules


def test_run_pause_and_run_again() -> None:
    seat = Seat()
    for expected in (Status.RUNNING, Status.PAUSED, Status.RUNNING):
        at = seat.bench.run.iteration
        seat.bench.toggle_run()
        assert seat.bench.run.status is expected
        seat.clock.advance(1.0)
        assert (seat.bench.run.iteration > at) == (expected is Status.RUNNING)
    seat.clock.advance(LONG)
    ended = seat.bench.run
    seat.bench.toggle_run()
    assert (ended.status, seat.bench.run.status) == (Status.FINISHED, Status.RUNNING)
    assert seat.bench.run is not ended


def test_the_pace_climbs_to_full_speed_and_back_and_is_that_of_later_runs() -> None:
    bench = Seat(pace=1.0).bench
    rungs = [m * 10.0**d for d in range(6) for m in (1, 2, 5)] + [1e6]
    for up, expected in ((True, [*rungs[1:], *[FULL_SPEED] * 3]), (False, rungs[::-1])):
        for pace in expected:
            bench.faster(up)
            assert bench.run.pace == bench.scene().pace == pace
    bench.faster(up=True)
    bench.step()
    bench.restart()
    bench.start_race([Settings(), Settings(lr=0.002)])
    assert bench.scene().pace == bench.run.pace == 2.0
    bench.faster(up=True)
    assert bench.scene().pace == bench.run.pace == 5.0


def test_finish_hurries_whatever_the_pace() -> None:
    seat = Seat(pace=1.0)
    seat.bench.finish()
    seat.clock.advance(0.1)
    assert (seat.bench.facts()["status"], seat.bench.scene().pace) == ("finished", 1.0)


def test_a_run_that_took_no_step_is_not_kept() -> None:
    seat = Seat()
    for command in (lambda b: b.toggle("bias"), Bench.next_method, Bench.restart):
        command(seat.bench)
        assert [entry.number for entry in seat.bench.history.entries] == [1]
    seat.bench.step()
    seat.bench.restart()
    assert (seat.bench.entry.number, seat.bench.facts()["runs"]) == (2, 2)
    assert seat.bench.run.settings == seat.bench.history[1].run.settings


def test_what_only_looks_changes_nothing_that_is_kept() -> None:
    bench = (seat := seated(steps=50)).bench
    record, kept = bench.run.record, seat.kept
    for command in (Bench.next_scale, Bench.cut, Bench.zoom, Bench.look_at_start, Bench.facts,
                    Bench.scene, Bench.follow_newest, lambda b: b.choose(SWEEP),
                    lambda b: b.look_at(3), lambda b: b.move_percent(True)):  # fmt: skip
        command(bench)
    assert (bench.run.record, seat.kept) == (record, kept)


# The cursor


def test_the_cursor_goes_where_it_is_sent_and_never_leaves_the_run() -> None:
    bench = seated(Settings(iterations=50_000), 20_000).bench
    for command, at in (
        (lambda b: b.move(-1), 19_999),
        (lambda b: b.move(-20), 19_979),
        (lambda b: b.move_percent(False), 19_500),
        (Bench.look_at_start, 0),
        (lambda b: b.move(-1), 0),
        (lambda b: b.move_percent(False), 0),
        (lambda b: b.move(12), 12),
        (lambda b: b.move_percent(True), 500),
        (lambda b: b.look_at(7777), 7777),
        (lambda b: b.look_at(-3), 0),
        (lambda b: b.look_at(20_000), None),
        (lambda b: b.move_percent(True), None),
        (lambda b: b.look_at(19_995), 19_995),
        (lambda b: b.move(10), None),
    ):
        command(bench)
        assert bench.cursor == bench.facts()["cursor"] == bench.scene().cursor == at
        shown = bench.run.step_at(20_000 if at is None else at)
        assert bench.looked_at.step == bench.scene().snapshot.step == shown
    bench.move(10)
    assert (bench.cursor, bench.run.iteration) == (None, 20_010)


def test_before_a_run_there_is_no_past() -> None:
    for run in (Seat(), seated(steps=50)):
        bench = run.bench
        if bench.run.iteration:
            bench.look_at(30)
            bench.branch()
        for command in (lambda b: b.move(-1), lambda b: b.move_percent(False), Bench.look_at_start):
            command(bench)
            assert bench.cursor is None
        assert not bench.rate(False)
        assert bench.run.settings.lr == 0.0005


def test_the_past_stays_while_the_run_goes_on() -> None:
    seat = Seat(Settings(iterations=1000))
    seat.bench.toggle_run()
    seat.clock.advance(1.0)
    seat.bench.look_at(1)
    for _ in range(5):
        before = seat.bench.run.iteration
        seat.clock.advance(1.02)
        assert seat.bench.run.iteration > before
        assert seat.bench.facts()["iteration"] == 1
    seat.bench.follow_newest()
    assert seat.bench.facts()["iteration"] == seat.bench.run.iteration == 1000


# Branches and other runs


def test_a_branch_begins_where_the_cursor_is_with_what_the_method_remembers() -> None:
    seat = Seat(Settings(iterations=200, bias=True))
    for _ in METHODS:
        seat.bench.step(50)
        parent, number = seat.bench.run, seat.bench.entry.number
        seat.bench.move(-1)
        assert not seat.bench.branch()
        child = seat.bench.run
        assert seat.bench.entry.parent == Branch(number, 49)
        assert child.start_point.memory == parent.snapshot_at(49).memory
        assert (child.status, child.iteration, parent.iteration) == (Status.READY, 49, 50)
        seat.bench.step()
        assert child.step_at(50) == parent.step_at(50)
        seat.bench.restart()
        assert (seat.bench.run.start_point, seat.bench.entry.parent) == (
            child.start_point, Branch(number, 49),
        )  # fmt: skip
        seat.bench.next_method()
    assert {e.run.settings.method for e in seat.bench.history.entries} == set(METHODS)


def test_a_branch_over_a_scaled_feature_begins_on_the_same_line() -> None:
    bench = seated(Settings(iterations=200, bias=True), 50).bench
    bench.move(-1)
    bench.toggle("standardize")
    bench.branch()
    run = bench.run
    assert run.surface.is_standardized
    line = run.surface.raw(run.start_point.w, run.start_point.b)
    assert line == pytest.approx(bench.history[1].run.step_at(49)[1:3])


def test_where_no_branch_can_be_it_is_said() -> None:
    for steps, words in ((0, "has not begun"), (100, "Iteration 100 is the last")):
        bench = seated(steps=steps).bench
        run = bench.run
        assert words in bench.branch()
        assert (bench.run, bench.entry.parent) == (run, None)


def test_another_run_is_looked_at_with_its_settings() -> None:
    seat = seated(steps=5)
    bench = seat.bench
    bench.toggle("bias")
    bench.toggle_run()
    seat.clock.advance(1.0)
    bench.look_at_run(2)
    assert bench.run.status is Status.RUNNING
    bench.look_at_run(1)
    assert (bench.entry.number, bench.wanted) == (1, Settings())
    assert bench.history[2].run.status is Status.PAUSED
    bench.toggle_run()
    seat.clock.advance(LONG)
    assert bench.facts()["status"] == "finished"


def test_a_run_that_has_not_begun_is_kept_when_it_is_looked_at() -> None:
    bench = seated(steps=5).bench
    bench.begin_race([Settings(), Settings(lr=0.002)])
    bench.rate(True)
    bench.look_at_run(3)
    assert [entry.number for entry in bench.history.entries] == [1, 3]
    assert bench.history[3] is bench.entry
    bench.history.rename(3, "late")
    bench.history_changed()
    assert bench.entry.name == "late"


def test_runs_are_renamed_hidden_deleted_and_brought_back() -> None:
    seat = seated(BIAS, 5)
    bench = seat.bench
    for _ in range(2):
        bench.rate(True)
        bench.restart()
        bench.step(5)
    kept = seat.kept
    for change, labels in (
        (lambda h: h.rename(1, "[red]\x1b[31m"), ["[red]\\x1b[31m", "lr 0.01, bias"]),
        (lambda h: h.hide(2, True), ["[red]\\x1b[31m"]),
        (lambda h: h.delete(1), []),
        (History.undo, ["[red]\\x1b[31m"]),
    ):
        change(bench.history)
        bench.history_changed()
        assert [ghost.label for ghost in bench.scene().ghosts] == labels
        assert seat.kept == (kept := kept + 1)


# Races


def test_methods_race_in_step_and_the_first_is_named() -> None:
    racers = [Settings(method=key, bias=True, iterations=3000) for key in METHODS]
    seat = Seat()
    bench = seat.bench
    bench.start_race(racers)
    race = bench.race
    assert race
    assert [run.settings for run in race.runs] == racers
    assert [entry.run for entry in bench.history.entries] == list(race.runs)
    seat.clock.advance(3.0)
    before = bench.run.iteration
    assert before == pytest.approx(1 + Schedule(3000).ahead(1, 3.0), abs=2)
    bench.step()
    assert {run.iteration for run in race.runs if not run.ended} == {before + 1}
    bench.look_at_run(2)
    assert (bench.race, bench.wanted) == (race, racers[1])
    assert not bench.scene().winner
    bench.finish()
    seat.clock.advance(LONG)
    first = bench.scene().racers[0]
    number, settings = first.entry.number, first.entry.run.settings
    assert first.within == min(filter(None, (e.first_within for e in bench.history.entries)))
    words = f"{settings.method} lr {settings.lr:g} wins after {first.within}"
    assert bench.scene().winner == words
    bench.look_at_run(number % len(racers) + 1)
    bench.history.delete(number)
    assert not bench.scene().winner
    assert [racer.place for racer in bench.scene().racers] == [*range(2, len(racers) + 1)]
    bench.history.undo()
    assert bench.scene().winner == words
    bench.toggle_run()
    assert bench.race
    assert bench.race is not race
    assert [run.settings for run in bench.race.runs] == racers
    assert bench.race.running


def test_the_leader_is_looked_at_unless_another_is_chosen_or_one_looks_back() -> None:
    seat = Seat(pace=10.0)
    bench = seat.bench
    bench.follow_leader()
    bench.start_race([Settings(lr=lr, bias=True, iterations=50) for lr in (0.003, 0.001, 0.002)])

    def followed() -> int:
        bench.follow_leader()
        assert bench.wanted == bench.run.settings or bench.cursor is not None
        return bench.entry.number

    def leader() -> int:
        return bench.scene().racers[0].entry.number

    assert (followed(), leader()) == (1, 1)
    seat.clock.advance(0.25)
    assert followed() == leader() == 3
    bench.look_at(0)
    seat.clock.advance(LONG)
    assert (followed(), leader()) == (3, 1)
    bench.follow_newest()
    assert followed() == 1
    bench.look_at_run(2)
    assert followed() == 2
    bench.follow_newest()
    assert followed() == 1
    bench.look_at_run(1)
    bench.look_at(3)
    bench.toggle_run()
    seat.clock.advance(0.25)
    assert followed() == leader() == 6


def test_a_racer_that_is_tuned_goes_on_alone() -> None:
    seat = Seat(pace=100.0)
    bench = seat.bench
    bench.start_race([Settings(), Settings(lr=0.002)])
    seat.clock.advance(0.1)
    racers = [entry.run for entry in bench.history.entries]
    bench.rate(False)
    assert bench.race is None
    assert [run.status for run in racers] == [Status.RUNNING, Status.PAUSED]
    before = [run.iteration for run in racers]
    seat.clock.advance(0.1)
    assert [run.iteration for run in racers] == [before[0] + 11, before[1]]


# The sweep


def test_a_rate_is_picked_in_the_sweep_and_adopted() -> None:
    seat = Seat()
    bench, sweep = seat.bench, seat.sweep()
    assert (sweep.done, bench.view) == (True, SWEEP)
    last = len(sweep.trials) - 1
    assert bench.adopt_picked() is None
    bench.move(1)
    picked = bench.scene().picked
    assert picked is not None
    assert sweep.trials[picked].lr == bench.wanted.lr
    for by, at in ((-1, picked - 1), (-1, picked - 2), (1, picked - 1), (-99, 0), (99, last)):
        bench.move(by)
        assert bench.scene().picked == at
    bench.move(-last + 3)
    assert bench.adopt_picked() == ""
    assert bench.run.settings.lr == sweep.trials[3].lr
    assert (bench.run.iteration, bench.cursor) == (0, None)
    assert seat.sweep(0.0) is not sweep
    assert bench.scene().picked is None


def test_a_rate_adopted_in_the_past_is_that_of_a_branch() -> None:
    seat = seated(steps=50)
    seat.bench.look_at(20)
    seat.sweep()
    seat.bench.move(1)
    seat.bench.move(1)
    assert seat.bench.adopt_picked() == HOW_TO_BRANCH
    assert seat.bench.wanted.lr > seat.bench.run.settings.lr == 0.001


def test_a_sweep_that_is_stopped_keeps_its_trials_and_a_new_one_stops_the_old() -> None:
    seat = Seat(Settings(iterations=5000))
    stopped = seat.sweep(0.05)
    seat.bench.cancel()
    assert stopped.done
    assert 0 < (made := len(stopped.trials)) < len(stopped.rates)
    seat.clock.advance(LONG)
    assert len(stopped.trials) == made
    seat.bench.move(1)
    assert seat.bench.scene().picked is not None
    old, new = seat.sweep(0.05), seat.sweep()
    assert old.done
    assert len(new.trials) == len(new.rates) > len(old.trials)


def test_nothing_is_picked_outside_the_sweep() -> None:
    seat = seated(steps=20)
    seat.bench.choose(SWEEP)
    seat.bench.move(-1)
    seat.sweep()
    seat.bench.choose(LOSS)
    seat.bench.move(-1)
    assert seat.bench.adopt_picked() is None
    assert (seat.bench.scene().picked, seat.bench.cursor) == (None, 18)


# Views


def test_scale_cut_view_and_zoom_are_in_the_scene_and_the_facts() -> None:
    bench = Seat().bench
    scales = []
    for _ in range(len(Scale) + 1):
        scales.append(bench.scene().scale)
        bench.next_scale()
    assert scales == [*Scale, Scale.LINEAR]
    assert "once the bias is trained" in bench.cut()
    assert bench.scene().along == "w"
    bench.toggle("bias")
    for along in "bw":
        assert not bench.cut()
        assert bench.scene().along == along
    views = list(bench.views)
    for view in (SWEEP, LOSS, LOSS, THIS_STEP):
        bench.choose(view)
        assert bench.view == bench.facts()["view"] == view
        assert sorted(bench.views) == sorted(views)
    for zoomed in (True, False):
        bench.zoom()
        assert bench.zoomed == zoomed


# Runs that were kept


def test_a_kept_run_is_replayed_unless_it_is_paused() -> None:
    kept = Run(PROBLEM.surface, Settings(iterations=100_000))
    kept.advance(50_000)
    entries = [Entry(n, Run.replayed(PROBLEM.surface, kept.record)) for n in (1, 2)]
    seat = Seat(history=History(entries), pace=10.0)
    bench, (one, two) = seat.bench, [entry.run for entry in entries]
    assert bench.run is two
    one.pause()
    bench.tend()
    seat.clock.advance(0.01)
    assert one.iteration == 0 < two.iteration < 50_000
    bench.restart()
    assert not two.ended
    assert [entry.number for entry in bench.history.entries] == [1, 2, 3]
    bench.toggle_run()
    seat.clock.advance(1.0)
    assert bench.run.iteration == 11
    one.start()
    bench.tend()
    seat.clock.advance(1.0)
    assert one.record == kept.record
    assert (one.status, one.replaying) == (Status.PAUSED, False)
    bench.tend()
    seat.clock.advance(1.0)
    assert bench.run.iteration > 11


# Another start


def test_the_walker_is_carried_along_the_valley_and_begins_where_it_is_put() -> None:
    bench = seated(steps=100).bench
    bench.lift()
    assert (bench.view, bench.placing) == (VALLEY, True)
    assert bench.run.step.w == pytest.approx(1.8436928702, abs=1e-9)
    for _ in range(4):
        bench.move(-1)
    # From one round number to the next.
    assert (bench.run.step.w, bench.run.settings.w_start) == (1.65, 1.65)
    bench.climb(1)
    assert bench.run.settings.b_start == 0
    bench.put_down()
    assert not bench.placing
    assert (bench.facts()["status"], bench.wanted.w_start) == ("ready", 1.65)
    assert [entry.number for entry in bench.history.entries] == [1, 2]
    # No longer the walker, but time.
    bench.move(1)
    assert (bench.run.step.iteration, bench.run.step_at(0).w) == (1, 1.65)


def test_in_the_plane_the_walker_goes_four_ways() -> None:
    bench = seated(Settings(bias=True)).bench
    bench.choose(CONTOUR)
    bench.lift()
    bench.move(2)
    bench.climb(1)
    (right, up), bench = bench.run.step[1:3], bench
    bench.move(-4)
    bench.climb(-2)
    assert min(right, up) > 0
    assert bench.run.step[1:3] == (-right, -up)
    assert bench.view == CONTOUR


@pytest.mark.parametrize(("cursor", "steps"), [(None, 0), (None, 30), (12, 30)])
def test_put_back_all_is_as_it_was(cursor: int | None, steps: int) -> None:
    bench = seated(Settings(bias=True), steps).bench
    if cursor:
        bench.look_at(cursor)
        bench.rate(up=True)
    before = bench.facts(), bench.wanted, bench.run.record
    bench.lift()
    bench.move(3)
    assert bench.facts()["w"] != before[0]["w"]
    bench.cancel()
    assert not bench.placing
    bench.choose(str(before[0]["view"]))
    assert (bench.facts(), bench.wanted, bench.run.record) == before
    assert len(bench.history.entries) == 1
    # There is nothing left to put back.
    bench.cancel()
    assert bench.facts() == before[0]


def test_with_the_first_step_the_walker_is_placed() -> None:
    bench = seated(steps=10).bench
    bench.lift()
    bench.move(-3)
    bench.step(1)
    assert not bench.placing
    bench.cancel()
    assert bench.entry.number == 2


@pytest.mark.parametrize(
    ("view", "along", "moved"),
    [(VALLEY, "w", (True, False)), (VALLEY, "b", (False, True)), (CONTOUR, "w", (True, True))],
)
@pytest.mark.parametrize("standardize", [False, True])
def test_where_one_points_the_walker_begins(
    view: str, along: str, moved: tuple[bool, bool], standardize: bool
) -> None:
    """In the units of the picture, whatever those of the settings are; to a nearby round number."""
    bench = seated(Settings(bias=True, standardize=standardize), 40).bench
    bench.choose(view)
    bench.along = along
    here, target = bench.run.step[1:3], (0.637, -3.217)
    bench.point_at(*(target if view == CONTOUR else (target[along == "b"], 100.0)))
    for at, is_moved in enumerate(moved):
        expected, near = (target[at], 0.5) if is_moved else (here[at], 1e-9)
        assert bench.run.step[1 + at] == pytest.approx(expected, abs=near)
    assert bench.run.status is Status.READY
    assert bench.placing


def test_pointing_at_the_loss_is_looking_at_an_iteration_and_elsewhere_nothing() -> None:
    bench = seated(steps=40).bench
    bench.point_at(12.3, 500.0)
    assert (bench.cursor, bench.placing) == (12, False)
    for view in (THIS_STEP, SWEEP):
        bench.choose(view)
        bench.point_at(3.0, 3.0)
        assert (bench.cursor, len(bench.history.entries)) == (12, 1)


def test_what_was_to_be_seen_stays_in_the_scene_while_the_walker_is_carried() -> None:
    seat = seated(steps=40)
    bench = seat.bench
    before = bench.run.record
    assert bench.scene().held is None
    bench.lift()
    bench.move(5)
    held = bench.scene().held
    assert held
    assert held.step.iteration == before.reached
    bench.put_down()
    assert bench.scene().held is None


def test_the_walker_is_taken_off_a_run_that_runs() -> None:
    seat = Seat()
    seat.bench.toggle_run()
    seat.clock.advance(2.0)
    seat.bench.lift()
    seat.clock.advance(2.0)
    assert seat.bench.history[1].run.status is Status.PAUSED
    assert seat.bench.run.step.iteration == 0


# Whatever is done


SHORT = Settings(iterations=40, bias=True)
# A command by its name, with what may be said along with it.
Command = tuple[str, tuple[object, ...]]
_booleans = [(up,) for up in (False, True)]
_numbers = [(by,) for by in range(-60, 61)]
_wants = [
    *((p, value) for p in SHARED if p != METHOD for value in (p.default, another(p))),
    *((METHOD, key) for key in METHODS),
    (BY_NAME["iterations"], 40),
    (LEARNING_RATE, 0.01),
]
_races = [([SHORT, SHORT.replace(lr=0.002)],)]
_SAID: dict[str, Sequence[tuple[object, ...]]] = {
    **dict.fromkeys(["rate", "faster", "move_percent"], _booleans),
    **dict.fromkeys(["move", "look_at"], _numbers),
    **dict.fromkeys(["begin_race", "start_race"], _races),
    "step": [(1,), (7,), (30,)],
    "climb": [(1,), (-3,)],
    "point_at": [(1.0, 20.0), (-2.5, 5.0)],
    "want": _wants,
    "choose": [(LOSS,), (SWEEP,), (VALLEY,), (CONTOUR,)],
    "wait": [(0.01,), (1.0,), (3.0,)],
    "look_at_another": [(which,) for which in range(9)],
}
# fmt: off
_UNSAID = [
    "toggle_run", "finish", "restart", "advised", "next_method", "branch", "next_scale", "cut",
    "look_at_start", "follow_newest", "follow_leader", "begin_sweep", "cancel", "adopt_picked",
    "delete", "undo", "hide", "lift", "put_down",
]
# fmt: on
_commands = st.sampled_from([*_SAID, *_UNSAID]).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(_SAID.get(name, [()])))
)


def obey(seat: Seat, name: str, *said: Any) -> None:
    bench, history = seat.bench, seat.bench.history
    others = [entry.number for entry in history.entries if entry is not bench.entry]
    match name:
        case "wait":
            seat.clock.advance(*said)
        case "look_at_another":
            bench.look_at_run(history.entries[said[0] % len(history.entries)].number)
        case "delete" | "hide" | "undo":
            if name == "undo":
                history.undo()
            elif others:
                history.delete(others[0]) if name == "delete" else history.hide(others[0], True)
            bench.history_changed()
        case _:
            getattr(bench, name)(*said)


def has_begun(run: Run) -> bool:
    return run.ended or run.iteration > run.start_point.iteration


@given(st.lists(_commands, min_size=5, max_size=30))
def test_whatever_is_done_the_bench_agrees_with_itself(commands: list[Command]) -> None:
    seat = Seat(SHORT)
    bench = seat.bench
    for name, said in commands:
        begun = {e.number for e in bench.history.entries if has_begun(e.run)}
        obey(seat, name, *said)
        run, cursor, facts = bench.run, bench.cursor, bench.facts()
        there = {entry.number for entry in bench.history.entries}
        assert name == "delete" or begun <= there
        assert bench.history[bench.entry.number] is bench.entry
        assert facts["iteration"] == (run.iteration if cursor is None else cursor)
        assert bench.scene().snapshot.step == run.step_at(bench.looked_at.step.iteration)
        assert bench.scene().newest.step == run.step
        if cursor is None:
            assert bench.wanted == run.settings
        else:
            assert run.start_point.iteration <= cursor < run.iteration
        going = {e.run for e in bench.history.entries if e.run.status is Status.RUNNING}
        assert going <= set(bench.race.runs if bench.race else [run])
        assert bench.entry.parent is None or bench.entry.parent.number != bench.entry.number
    for entry in bench.history.entries:
        entry.run.pause()
        again = Run.replayed(PROBLEM.surface, entry.run.record)
        while again.replaying:
            again.drive(0.0)
        assert again.record == entry.run.record
        assert again.steps(0, 10_000) == entry.run.steps(0, 10_000)
