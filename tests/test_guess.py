"""Guesses: what may be said of a run before it begins, and how the run answers."""

from __future__ import annotations

import pytest
from support.clock import VirtualClock
from support.desk import Desk, messages, opened
from support.sessions import problem
from textual.widgets import Input

from gdtui.bench import TOO_LATE, Bench
from gdtui.core.descent import Status
from gdtui.core.run import Run
from gdtui.core.settings import Settings
from gdtui.drawing import Layer, Role
from gdtui.now import WITHHELD
from gdtui.runs.guess import DOES, EXPECTED, Guess, answered
from gdtui.scene import LOSS, VALLEY
from gdtui.serialization import SavedRun, read_saved_run, saved_run_by_name
from gdtui.theory.verdict import Verdict
from gdtui.ui.widgets.readout import Readout
from gdtui.views import VIEWS
from gdtui.views.marks import LANDING

SURFACE = problem().surface


def ended(settings: Settings) -> Run:
    run = Run(SURFACE, settings)
    run.advance(settings.iterations)
    return run


def bench(settings: Settings | None = None) -> Bench:
    clock = VirtualClock()
    workers = clock.worker(), clock.worker()
    return Bench(problem(), settings or Settings(), *workers, clock.now, views=list(VIEWS))


def test_every_verdict_of_theory_but_none_may_be_guessed() -> None:
    assert list(DOES) == list(EXPECTED) == [v for v in Verdict if v is not Verdict.NO_BOUND]


@pytest.mark.parametrize(
    ("lr", "verdict"),
    [(1e-4, Verdict.CRAWLS), (1e-3, Verdict.GOOD), (4e-3, Verdict.OSCILLATES),
     (5e-3, Verdict.DIVERGES)],
)  # fmt: skip
def test_a_verdict_is_right_where_it_is_that_of_the_panel(lr: float, verdict: Verdict) -> None:
    run = ended(Settings(lr=lr))
    for guess in DOES:
        said = answered(Guess(verdict=guess), run)
        assert (f"and so it does: the learning rate {lr:g} is " in said) == (guess is verdict)
        assert (f"but it {DOES[verdict]}: " in said) == (guess is not verdict)
    assert not answered(Guess(verdict=verdict), Run(SURFACE, Settings(lr=lr)))


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        (Settings(method="adam", lr=0.1), Verdict.GOOD),
        (Settings(method="adam", lr=1e-4), Verdict.CRAWLS),
        (Settings(method="rmsprop", lr=1, iterations=60), Verdict.OSCILLATES),
    ],
)
def test_where_theory_does_not_tell_the_run_does(settings: Settings, verdict: Verdict) -> None:
    run = ended(settings)
    assert "so it does: its losses show it" in answered(Guess(verdict=verdict), run)


# At lr 0.001 it takes seven iterations: seen in the lines, 69.9 and then 69.4.
@pytest.mark.parametrize(
    ("guess", "words"),
    [
        (7, "and 7 it took: exactly."),
        (8, "You said 8, it took 7: close."),
        (50, "You said 50, it took 7: the gradient is steep at the start"),
        (2, "You said 2, it took 7: the nearer the minimum, the smaller the gradient"),
    ],
)
def test_a_number_is_compared_exactly_and_kindly(guess: int, words: str) -> None:
    run = ended(Settings())
    losses = [step.loss for step in run.steps(0, 101)]
    assert next(i for i, loss in enumerate(losses) if loss <= 1.01 * losses[-1]) == 7
    assert words in answered(Guess(within=guess), run)


def test_a_number_that_never_comes_and_one_in_a_canyon() -> None:
    canyon = Settings(bias=True, iterations=100)
    assert "in 100 iterations it did not come" in answered(Guess(within=9), ended(canyon))
    found = answered(Guess(within=9), ended(canyon.replace(iterations=10_000, lr=0.004)))
    assert "the valley is stretched 826 times" in found
    away = Settings(lr=0.1, iterations=1000)
    assert answered(Guess(within=9), ended(away)) == "You said 9, but it diverged."
    assert not answered(Guess(within=9), Run(SURFACE, Settings()))


def test_the_first_step_answers_where_it_leads() -> None:
    run = Run(SURFACE, Settings())
    assert not answered(Guess(w=0.5), run)
    run.advance(1)
    assert "w = 0.5, the first step led to 0.8068: lr * gradient is 0.001 * -806.8" in answered(
        Guess(w=0.5), run
    )
    assert "0.8068: well guessed." in answered(Guess(w=0.8), run)


def test_a_guess_is_part_of_the_session_and_one_from_before_there_were_any_has_none() -> None:
    seat = bench()
    for guess in (Guess(verdict=Verdict.GOOD), Guess(within=7), Guess(w=0.25)):
        seat.guess(guess)
        kept = saved_run_by_name(SavedRun.of(seat.entry))
        assert read_saved_run(kept).guess == seat.entry.guess == guess
        del kept["guess"]
        assert read_saved_run(kept).guess is None
    for damaged in ("x", {"verdict": "magic"}, {"within": -1}, {"w": "x"}, {"verdict": ["good"]}):
        with pytest.raises(ValueError, match=r"\w"):
            read_saved_run({**kept, "guess": damaged})


def test_a_guess_comes_before_the_run_and_the_picture_does_not_tell() -> None:
    seat = bench()
    assert seat.scene().landing
    assert not seat.begin_guess()
    seat.move(15)
    scene = seat.scene()
    assert (seat.view, scene.guessing, scene.landing) == (VALLEY, 0.75, None)
    dots = [p for p in VIEWS[VALLEY](scene).layers if isinstance(p, Layer) and p.glyph == LANDING]  # type: ignore[union-attr]
    assert [(dot.role, *map(float, dot.points[0])) for dot in dots] == [(Role.STEP, 0.75)]
    seat.put_down()
    assert (seat.entry.guess, seat.guessing) == (Guess(w=0.75), False)
    assert seat.scene().landing
    seat.step()
    assert seat.scene().answer.startswith("You said w = 0.75, the first step led to 0.8068")
    assert seat.guess(Guess(within=3)) == seat.begin_guess() == TOO_LATE
    assert seat.entry.guess == Guess(w=0.75)


def test_a_guess_that_is_taken_back_leaves_none() -> None:
    seat = bench()
    seat.begin_guess()
    seat.move(3)
    seat.cancel()
    assert (seat.entry.guess, seat.guessing, seat.run.status) == (None, False, Status.READY)


def test_the_mouse_moves_what_is_guessed_and_not_the_walker() -> None:
    seat = bench()
    seat.begin_guess()
    seat.point_at(0.72, 100.0)
    assert (seat.guessing, seat.placing, seat.run.step.w) == (True, False, 0)
    assert "is kept" in seat.put_down()
    assert seat.entry.guess == Guess(w=0.72)


def test_a_guess_is_of_the_run_before_one_and_along_w() -> None:
    seat = bench()
    for leave in (seat.lift, seat.restart):
        seat.begin_guess()
        leave()
        assert not seat.guessing
    seat.toggle("bias")
    seat.begin_guess()
    seat.cut()
    assert not seat.guessing
    seat.cut()
    assert seat.guessing


async def test_the_last_row_says_what_is_guessed_and_how_not_to() -> None:
    async with opened(size=(80, 24)) as desk:
        await desk.press("y", "end", "enter")
        assert " left right Move  enter Guess this  esc Guess nothing " in desk.lines[-1]
        await desk.press("escape", "p")
        words = " space Run  left right Move  enter Start here  esc Put back "
        assert desk.lines[-1].startswith(words)


async def test_keys_ask_for_the_guess_and_the_closing_words_and_the_table_answer() -> None:
    async with opened(size=(120, 36)) as desk:
        await desk.press("y", "down", "down", "down", "down", "enter")
        assert "Within 1% after how many iterations?" in desk.text
        desk.app.screen.query_one(Input).value = "-3"
        await desk.press("enter")
        assert "out of bounds" in desk.text
        desk.app.screen.query_one(Input).value = "50"
        await desk.press("enter")
        assert "will tell" in messages(desk)[-1]
        await desk.advance(100)
        assert "You said 50, it took 7" in desk.text
        await desk.press("h")
        assert "in 50" in desk.text
        await desk.press("escape", "y", "enter")
        assert messages(desk)[-1] == TOO_LATE
        await desk.press("1", "r", "y", "up", "enter")
        assert desk.bench.view == VALLEY
        assert "a step to 0?" in desk.text
        await desk.press("right", "right", "enter")
        assert desk.bench.entry.guess == Guess(w=0.1)
        assert desk.bench.view != LOSS


async def test_what_would_tell_holds_back_until_the_run_has_answered() -> None:
    def telling(desk: Desk) -> list[str]:
        rows = ["".join(text for text, _ in row) for row in desk.workbench.query_one(Readout).rows]
        shown = [" ".join(row.strip("│").split()) for row in rows]
        return [row for row in shown if row.startswith(("good", "gauge", "lr is", "near best"))]

    held = ["gauge ?", "lr is ?", "near best ?"]
    async with opened(size=(120, 36)) as desk:
        told = telling(desk)
        assert told[1:] == ["lr is 22% of limit 0.0045704", "near best after about 7"]
        await desk.press("y")
        await desk.press("escape")
        assert telling(desk) == told
        await desk.press("y", "down", "down", "down", "down", "enter")
        assert telling(desk) == held
        desk.app.screen.query_one(Input).value = "7"
        await desk.press("enter")
        assert telling(desk) == held
        words = {row.name: row.words for row in desk.workbench.explanations()["Now"]}
        assert words["near best"] == words["lr is"] == WITHHELD
        await desk.advance(100)
        assert "You said 7, and 7 it took" in desk.text
        assert telling(desk) == told
