"""Which runs are told to be diverging, and from which iteration on: long before they overflow."""

from __future__ import annotations

import numpy as np
import pytest

from gdtui.core.descent import Status
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface
from gdtui.core.trail import Trail
from gdtui.theory.divergence import DIVERGING, is_diverging, standing

LONG = Settings(iterations=1000)
# Settings, and from which iteration on a run with them is told to be diverging.
GROWING = {
    "above the critical rate": (LONG.replace(lr=0.005), 3),
    "with the bias": (LONG.replace(lr=0.005, bias=True), 3),
    "hardly above the critical rate": (LONG.replace(lr=0.0046), 3),
    "far above the critical rate": (LONG.replace(lr=0.1), 3),
    "with a scaled feature": (LONG.replace(lr=1.1, standardize=True), 3),
    "momentum": (LONG.replace(method="momentum", lr=0.009), 3),
    "nesterov": (LONG.replace(method="nesterov", lr=0.005), 3),
    "batches": (LONG.replace(method="sgd", lr=0.006, bias=True), 7),
}
SETTLING = {
    "below the critical rate": LONG.replace(lr=0.0045),
    "with the bias": LONG.replace(lr=0.0045, bias=True),
    "momentum that overshoots": LONG.replace(method="momentum", lr=0.004),
    # Its loss grows for many iterations, to a hundred times that of the start, before it settles.
    "momentum close to the critical rate": LONG.replace(method="momentum", lr=0.00865),
    "nesterov": LONG.replace(method="nesterov", lr=0.002),
    "batches from the start": LONG.replace(method="sgd", lr=0.002),
    "noise at the minimum": LONG.replace(method="sgd", lr=0.003, w_start=1.84),
    "much noise at the minimum": LONG.replace(method="sgd", lr=0.004, bias=True, w_start=1.84),
    "adam far too fast": LONG.replace(method="adam", lr=100.0),
    "rmsprop never nearer": LONG.replace(method="rmsprop", lr=100.0),
    "rounding at the minimum": LONG.replace(lr=0.005, w_start=1.8436928702, iterations=100),
}


def told(surface: Surface, settings: Settings) -> list[int]:
    """The iterations at which a run is told to be diverging."""
    run, iterations = Run(surface, settings), []
    for _ in range(settings.iterations + 1):
        if is_diverging(run.snapshot(), surface):
            iterations.append(run.iteration)
        run.advance(1)
    return iterations


def of(surface: LossSurface, settings: Settings) -> LossSurface:
    return surface.standardized() if settings.standardize else surface


def test_a_run_whose_loss_grows_is_diverging_and_remains_so(surface: LossSurface) -> None:
    for name, (settings, first) in GROWING.items():
        run = Run(of(surface, settings), settings)
        run.advance(1000)
        last = run.iteration - (run.status is Status.DIVERGED)
        found = [i for i in told(run.surface, settings) if i <= last]
        assert found == list(range(first, last + 1)), name


def test_a_run_that_settles_never_is(surface: LossSurface) -> None:
    for name, settings in SETTLING.items():
        assert told(surface, settings) == [], name


def test_momentum_rises_far_before_it_settles(surface: LossSurface) -> None:
    # What makes the table above worth something.
    run = Run(surface, SETTLING["momentum close to the critical rate"])
    run.advance(1000)
    losses = [step.loss for step in run.steps(0, 1000)]
    assert max(losses) > 20 * losses[0]
    assert losses[-1] < losses[0]
    assert max(losses) == max(losses[6:])


@pytest.mark.parametrize("name", LANDSCAPES)
def test_no_landscape_with_its_own_settings_is(name: str) -> None:
    surface = LANDSCAPES[name]
    assert told(surface, LONG.replace(**surface.defaults)) == []


def test_what_a_run_is_told_to_be_is_said_of_what_runs_pauses_and_has_finished(
    surface: LossSurface,
) -> None:
    run = Run(surface, Settings(lr=0.005, iterations=100))
    words = [standing(run.snapshot(), surface)]
    run.start()
    run.advance(2)
    words.append(standing(run.snapshot(), surface))
    run.advance(8)
    words.append(standing(run.snapshot(), surface))
    run.pause()
    words.append(standing(run.snapshot(), surface))
    words += [standing(run.snapshot_at(at), surface) for at in (0, 2, 3)]
    run.advance(100)
    words.append(standing(run.snapshot(), surface))
    assert words == [
        *("ready", "running", DIVERGING, DIVERGING),
        *("ready", "paused", DIVERGING),
        DIVERGING,
    ]
    assert run.status is Status.FINISHED
    run = Run(surface, Settings(lr=0.005, iterations=100_000))
    run.advance(100_000)
    assert standing(run.snapshot(), surface) == run.status == "diverged"


def test_it_follows_what_is_tuned(surface: LossSurface, monkeypatch: pytest.MonkeyPatch) -> None:
    # Stretches of many iterations, too.
    monkeypatch.setattr(Trail, "ROWS", 64)
    for method, too_large in (("gd", 0.005), ("sgd", 0.008)):
        settings = Settings(method=method, iterations=10_000)
        run = Run(surface, settings)
        run.advance(400)
        assert not is_diverging(run.snapshot(), surface)
        run.tune(settings.replace(lr=too_large))
        run.advance(200)
        assert is_diverging(run.snapshot(), surface), method
        run.tune(settings)
        run.advance(50)
        assert not is_diverging(run.snapshot(), surface), method
        run.advance(1000)
        assert not is_diverging(run.snapshot(), surface), method


def test_a_line_without_residuals_is_not_told_by_rounding() -> None:
    x = np.arange(1.0, 9.0)
    exact = LossSurface.of(x, 0.1 * x)
    for method in ("gd", "sgd", "adam"):
        settings = Settings(method=method, lr=0.01, w_start=0.1, iterations=300)
        assert told(exact, settings) == [], method
