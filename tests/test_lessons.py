"""The lessons that ship, walked through; how lessons are read, checked and gone through."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdtui.bench import Bench
from gdtui.core.landscapes import LANDSCAPES
from gdtui.core.methods import METHODS
from gdtui.dataset import Dataset, read_dataset
from gdtui.lessons.checking import bench_on, check, check_all
from gdtui.lessons.course import Course
from gdtui.lessons.facts import NAMES, facts_of
from gdtui.lessons.lesson import (
    MOST_CARD_CHARACTERS,
    MOST_LESSON_BYTES,
    Card,
    Lesson,
    LessonError,
    lesson_at,
    read_lesson,
    shipped,
    start_from,
)
from gdtui.lessons.solution import obey
from gdtui.problem import Problem
from gdtui.samples import sample_path

SHIPPED = ["downhill", "overshooting", "canyon", "momentum", "rough-ground"]
# What fits beside the plots of a terminal of 80 columns and 24 rows.
COLUMNS, ROWS, MOST_ASK, MOST_HINT, MOST_HEADING = 44, 10, 58, 150, 42


def made(mean: float, spread: float, slope: float, noise: float) -> Problem:
    """Examples in units of their own."""
    random = np.random.default_rng(5)
    x = random.normal(mean, spread, 40)
    y = slope * x + 7 + random.normal(0, 1, 40) * noise
    return Problem.of_dataset(Dataset("made", "x", "y", x, y))


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "pizza": lambda: Problem.of_dataset(read_dataset(sample_path("pizza.txt"))),
    "anscombe": lambda: Problem.of_dataset(read_dataset(sample_path("anscombe.csv"))),
    "thousands": lambda: made(2000, 300, -3, 100),
    "around 0": lambda: made(0, 1, 2, 0.5),
    "a perfect line": lambda: made(50, 30, 1, 0),
    "negative": lambda: made(-5, 2, -1, 1),
    "millions": lambda: made(1e6, 2e5, 3e-3, 100),
    "three examples": lambda: Problem.of_dataset(
        Dataset("three", "x", "y", np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 5.0]))
    ),
}


@pytest.fixture(scope="module")
def pizza_problem() -> Problem:
    return PROBLEMS["pizza"]()


def wrongs(lesson: Lesson, problem: Problem) -> dict[str, str]:
    """What is wrong, by the titles of the cards."""
    return {card.title: wrong for card, wrong in check(lesson, problem) if wrong}


# The lessons that ship


def test_these_ship_in_this_order() -> None:
    assert list(shipped()) == SHIPPED
    for number, (name, path) in enumerate(shipped().items(), 1):
        assert path.name == f"{number}-{name}.md"


@pytest.mark.parametrize("data", PROBLEMS)
@pytest.mark.parametrize("name", SHIPPED)
def test_each_start_fails_its_goal_and_each_solution_meets_it(name: str, data: str) -> None:
    assert not wrongs(lesson_at(name), PROBLEMS[data]())


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_broken_is_told(name: str, pizza_problem: Problem) -> None:
    lesson = lesson_at(name)

    def broken(card: Card) -> Card:
        if card.choices:
            return replace(card, choices=dict.fromkeys(card.choices, *card.choices.values()))
        return replace(card, solution=card.solution[:-1], answer=None)

    goals = [card for card in lesson.cards if card.goal]
    for card in goals:
        without = replace(lesson, cards=tuple(broken(c) if c is card else c for c in lesson.cards))
        found = wrongs(without, pizza_problem)
        assert list(found) == [card.title]
        assert found[card.title].startswith("the solution does not meet the goal; ")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_fits_the_smallest_screen(name: str, pizza_problem: Problem) -> None:
    course = Course(lesson_at(name))
    assert 5 <= len(course.lesson.cards) <= 8
    for card in course.lesson.cards:
        bench = bench_for(course, pizza_problem)
        parts = [course.read(card.text, bench), course.read(card.ask, bench)]
        assert len(parts[1]) <= MOST_ASK, card.title
        assert len(course.heading) <= MOST_HEADING
        for command in card.solution:
            obey(bench, command)
        if card.is_task:
            parts.append(f"✓ {course.read(card.after, bench)}")
        rows = [row for part in parts if part for row in (*wrapped(part), "")][:-1]
        assert max(map(len, rows)) <= COLUMNS, card.title
        assert len(rows) <= ROWS, card.title
        for words in (*card.hints, card.after):
            assert len(course.read(words, bench)) <= MOST_HINT, card.title
        assert bool(card.after and card.hints) == card.is_task, card.title
        course.turn(1)


def wrapped(text: str) -> list[str]:
    """The rows of a text; what is indented is as it is."""
    return [
        row
        for line in text.splitlines()
        for row in ([line] if line.startswith("    ") else textwrap.wrap(line, COLUMNS) or [""])
    ]


def bench_for(course: Course, problem: Problem) -> Bench:
    """A bench on which the card in hand is laid out."""
    start = course.card.start
    surface = start.surface if start else None
    bench = bench_on(Problem.of_landscape(LANDSCAPES[surface]) if surface else problem)
    course.lay_out(bench)
    return bench


def on_surface(start: str, *commands: str) -> Bench:
    course = Course(Lesson("x", "x", "", (Card("x", "", start_from(start)),)))
    bench = bench_for(course, PROBLEMS["pizza"]())
    for command in commands:
        obey(bench, command)
    return bench


def test_what_the_lessons_say_of_the_surfaces_is_so() -> None:
    """The few figures that stand there as such, and not as facts."""
    canyon = "--surface canyon --lr"
    assert facts_of(on_surface(f"{canyon} 0.01"))["predicted"] == 195
    assert facts_of(on_surface(f"{canyon} 0.01 --method momentum"))["predicted"] == 24
    race = f"race {' '.join(METHODS)}"
    winners = {"0.01": "nesterov", "0.018": "momentum", "0.5": "rmsprop"}
    for rate, winner in winners.items():
        assert facts_of(on_surface(f"{canyon} {rate}", race))["winner"] == winner
    assert facts_of(on_surface(f"{canyon} 0.5", "run"))["diverging"]
    assert (
        f"{facts_of(on_surface(f'{canyon} 0.018 --method nesterov'))['critical']:.5f}" == "0.01357"
    )
    for momentum, comes_to_rest in {"0.99": False, "0.9": True, "0.8": True, "0.5": False}.items():
        settings = f"--surface canyon --method momentum --momentum {momentum} --lr 0.01"
        gap = facts_of(on_surface(settings, "run"))["gap"]
        assert isinstance(gap, float)
        assert (gap < 0.01) == comes_to_rest
    hill = facts_of(on_surface("--surface himmelblau", "run"))
    assert isinstance(hill["w"], float)
    assert isinstance(hill["b"], float)
    assert max(hill["w"], hill["b"]) < 0


def test_the_keys_that_the_hints_name_lead_there() -> None:
    saddle = on_surface("--surface saddle", "view Contour")
    saddle.lift()
    saddle.climb(-1)
    assert saddle.run.step[1:3] == (1.5, -0.05)
    hill = on_surface("--surface himmelblau", "view Contour")
    hill.lift()
    hill.move(1)
    obey(hill, "run")
    assert hill.run.step.w > 3


# How a lesson is read


def lesson_of(block: str, text: str = "Do it.") -> Lesson:
    return read_lesson(
        f"# A lesson\n\nAbout.\n\n## A card\n\n{text}\n\n```gdtui\n{block}\n```\n", "x"
    )


def test_a_lesson_is_read_as_markdown_shows_it() -> None:
    lesson = read_lesson(
        "\n# A *lesson*\n\nAbout\nit.\n\n## One\n\nTwo\nlines.\n\n    w <- w - lr * g\n\n"
        "Then:\n```python\n## no card\n\nprint(1)\n```\nAnd so on.\n"
        "## Two\n~~~gdtui\nstart = '--lr=0.5 --no-bias'\n"
        "view='Fit'\n~~~\nBelow.\n",
        "made",
    )
    assert (lesson.name, lesson.title, lesson.about) == ("made", "A *lesson*", "About it.")
    one, two = lesson.cards
    code = "    w <- w - lr * g\n\nThen:\n\n    ## no card\n\n    print(1)"
    assert one == Card("One", f"Two lines.\n\n{code}\n\nAnd so on.")
    assert two.start is not None
    assert (two.title, two.text, two.view, two.start.settings.lr) == ("Two", "Below.", "Fit", 0.5)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("goals = 'w > 1'", "there is no 'goals'"),
        ("goal = 'w > 1'", "a goal needs a solution"),
        ("goal = 'speed > 1'\nsolution = ['run']", "'speed' in 'speed > 1' is no fact"),
        ("goal = 'w ** 2 > 1'\nsolution = ['run']", "** is not understood"),
        ("goal = 'w > 1'\nask = '?'\nanswer = 'w'", "a goal or asks, not both"),
        ("ask = '?'", "'ask' goes with"),
        ("answer = 'w'", "'ask' goes with"),
        ("ask = '?'\nchoices = {yes = 'w > 1'}", "at least two answers"),
        ("ask = '?'\nanswer = 'w'\ntolerance = 5", "tolerance is a part of the answer"),
        ("ask = '?'\nanswer = 'w'\ntolerance = nan", "tolerance is a part of the answer"),
        ("hints = ['x']", "nothing to be done"),
        ("hints = 'x'", "hints is not a list of texts"),
        ("hints = [1]", "hints is not a text"),
        ("view = 'Hill'", "view 'Hill' is none of Loss by iteration"),
        ("view = 2", "view is not a text"),
        ("start = 'lr'", "'lr' is no option"),
        ("start = '--lr'", "--lr needs a value"),
        ("start = '--lr fast'", "--lr: 'fast' is not a number"),
        ("start = '--lr -1'", "--lr: -1 is out of bounds"),
        ("start = '--momentum 0.9'", "there is no option --momentum of gd"),
        ("start = '--surface moon'", "'moon' is none of bowl"),
        ("start = '--method {w}'", "--method: only a number can be in braces"),
        ("start = '--bias={w}'", "--bias: only a number can be in braces"),
        ("start = '--speed {w}'", "there is no option --speed of gd"),
        ("start = '--lr {speed}'", "'speed' in 'speed' is no fact"),
        ('start = "--lr \'"', "No closing quotation"),
        ("goal = 'w > 1'\nsolution = ['lr {speed}']", "'speed' in 'speed' is no fact"),
        ("view = ", "the block can't be read"),
        (f"tolerance = {'9' * 5000}", "the block can't be read: Exceeds the limit"),
        ("hints = " + "[" * 5000, "the block can't be read: maximum recursion depth"),
        ("a" + ".a" * MOST_CARD_CHARACTERS, "longer than 8,000 characters"),
        ("```\n\n```gdtui\n", "more than one block"),
    ],
)
def test_what_is_wrong_with_a_card_is_said_in_a_line(block: str, reason: str) -> None:
    with pytest.raises(LessonError) as refusal:
        lesson_of(block)
    words = str(refusal.value)
    assert words.startswith("x, card 'A card': ")
    assert reason in words
    assert words.isprintable()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begins with its title"),
        ("## A card\n", "begins with its title"),
        ("# A lesson\n", "there is no card"),
        ("# A lesson\n## A\n## B\n## A\n", "2 cards are called 'A'"),
        ("# A lesson\n## A\n```gdtui\n## B\n", "the block for gdtui on card 'A' does not end"),
        ("# A lesson\n## A\n{w.real}\n", "a dot is not understood"),
        ("# A lesson\n## A\n" + "{w} " * MOST_CARD_CHARACTERS, "longer than 8,000 characters"),
    ],
)
def test_what_is_wrong_with_a_lesson_is_said_in_a_line(text: str, reason: str) -> None:
    with pytest.raises(LessonError, match=f"^x.*{reason}"):
        read_lesson(text, "x")


def test_a_file_is_read_or_refused_in_a_line(tmp_path: Path) -> None:
    contents = {
        "image.md": b"\x89PNG\r\n\x1a\n\0\0\xff",
        "long.md": b"# T\n\n" + b"\n" * MOST_LESSON_BYTES,
        "null.md": b"# T\n## C\n\0\n",
        "marked.md": b"\xef\xbb\xbf# T\r\n## C\r\nText.\r\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "endless.md").symlink_to("/dev/zero")
    refused = {
        "image.md": "is no text in UTF-8",
        "long.md": "at most 1,000,000 bytes",
        "endless.md": "at most 1,000,000 bytes",
        "folder.md": "Is a directory",
        "missing.md": "No such file",
        "a\0b.md": "is no text in UTF-8",
        "lesson.txt": "no lesson '.*'; there are downhill, .*FILE.md",
        "down\x1b[31mhill": r"no lesson '.*\\x1b",
    }
    for name, reason in refused.items():
        with pytest.raises(LessonError, match=reason) as refusal:
            lesson_at(os.path.join(tmp_path, name))
        assert str(refusal.value).isprintable()
    assert lesson_at(str(tmp_path / "marked.md")).cards == (Card("C", "Text."),)
    assert lesson_at(str(tmp_path / "null.md")).cards[0].title == "C"


def assert_is_read_or_refused(text: str) -> None:
    try:
        lesson = read_lesson(text, "x")
    except LessonError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert lesson.cards
    assert refusal.isprintable()


@given(st.data())
def test_a_lesson_that_was_tampered_with_is_read_or_refused_in_a_line(data: st.DataObject) -> None:
    path = shipped()[data.draw(st.sampled_from(SHIPPED))]
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        line, other = lines[at], data.draw(st.sampled_from(lines))
        middle = data.draw(st.integers(0, len(line)))
        inserted = f"{line[:middle]}{data.draw(st.text())}{line[middle:]}"
        lines[at] = data.draw(
            st.sampled_from(["", line * 2, other, line[:middle], line[middle:], inserted])
        )
    assert_is_read_or_refused("".join(lines))


@given(st.binary(max_size=200).map(lambda content: content.decode("utf-8", "replace")) | st.text())
def test_any_card_is_read_or_refused_in_a_line(text: str) -> None:
    assert_is_read_or_refused(f"# T\n## C\n{text}")
    assert_is_read_or_refused(f"# T\n## C\n```gdtui\n{text}\n```\n")
    assert_is_read_or_refused(f"# T\n## C\n```gdtui\nstart = {json.dumps(text)}\n```\n")
    assert_is_read_or_refused(f"# T\n## C\n```gdtui\nview = {json.dumps(text)}\n```\n")


# Numbers that the data decide


def test_a_start_relative_to_the_data_is_rounded_to_two_digits(pizza_problem: Problem) -> None:
    course = Course(lesson_of("start = '--lr {0.22 * critical} --w-start={1 + 1/3}'"))
    bench = bench_for(course, pizza_problem)
    assert (bench.wanted.lr, bench.wanted.w_start) == (0.001, 1.3)
    assert [entry.number for entry in bench.history.entries] == [1]


def test_a_start_where_there_is_no_such_number_stays_as_it_is(pizza_problem: Problem) -> None:
    for rate in ("critical", "1 / 0", "0 - 1", "'fast' + 1"):
        course = Course(lesson_of(f'start = "--method adam --lr {{{rate}}}"'))
        assert bench_for(course, pizza_problem).wanted.lr == 0.001


def test_a_command_may_have_numbers_of_the_moment(pizza_problem: Problem) -> None:
    bench = bench_on(pizza_problem)
    obey(bench, "lr {0.5 * critical}")
    assert bench.wanted.lr == 0.5 * float(facts_of(bench)["critical"])
    obey(bench, "step 20")
    obey(bench, "look_at {iteration / 2}")
    assert bench.cursor == 10


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("jump", "no command 'jump'; there are run, step,"),
        ("", "no command ''"),
        ("step -1", "-1 is out of bounds"),
        ("step x", "'x' is not a number"),
        ("lr", "a number is missing"),
        ("lr {1 / 0}", "nan is not a finite number"),
        ("view Hill", "no view 'Hill'"),
        ("race gd", "a race is of two methods or more"),
        ("race gd hare", "a race is of two methods or more"),
        ("place x", "'x' is not a number"),
    ],
)
def test_a_solution_that_cannot_be_obeyed_is_told(
    command: str, reason: str, pizza_problem: Problem
) -> None:
    lesson = lesson_of(f"goal = 'runs > 9'\nsolution = ['{command}']")
    assert reason in wrongs(lesson, pizza_problem)["A card"]


def test_what_else_checking_tells(pizza_problem: Problem) -> None:
    told: list[str] = []
    lessons = [
        lesson_of("goal = 'w < 1'\nsolution = ['run']"),
        lesson_of("ask = '?'\nchoices = {yes = 'w == 0', maybe = 'b == 0', no = 'w > 0'}"),
        lesson_of("ask = '?'\nchoices = {yes = 'w > 0', no = 'w < 0'}"),
        lesson_of("ask = '?'\nanswer = '1 / w'"),
        lesson_of("goal = 'finished and within <= 7'\nsolution = ['run']"),
    ]
    assert not check_all(lessons, pizza_problem, told.append)
    assert told == [
        "x 1 A card: the start meets the goal already",
        "x 1 A card: one answer should be right, but 'yes' and 'maybe' is",
        "x 1 A card: one answer should be right, but none is",
        "x 1 A card: one answer should be right, but none is",
        "x 1 A card: ok",
    ]
    assert check_all(lessons[-1:], pizza_problem, told.append)


# A lesson in progress

TASK = "goal = 'finished and lr > 0.001'\nsolution = ['lr 0.002', 'run']\nhints = ['One.', 'Two.']"


def test_each_run_that_ends_without_the_goal_brings_a_hint(pizza_problem: Problem) -> None:
    course = Course(lesson_of(TASK))
    bench = bench_for(course, pizza_problem)
    given = []
    for command in ("step 5", "run", "look_at 3", "newest", "run", "run"):
        obey(bench, command)
        course.observe(bench)
        course.observe(bench)
        given.append(course.hints)
    assert given == [(), ("One.",), ("One.",), ("One.",), ("One.", "Two."), ("One.", "Two.")]
    assert not course.has_hint
    for command in ("lr 0.002", "run"):
        obey(bench, command)
    course.observe(bench)
    assert course.is_done
    assert course.hints == ()


def test_hints_can_be_asked_for_and_begin_anew_when_the_card_does(pizza_problem: Problem) -> None:
    course = Course(lesson_of(TASK))
    bench = bench_for(course, pizza_problem)
    obey(bench, "run")
    course.lay_out(bench)
    course.observe(bench)
    given = []
    for _ in range(4):
        given.append((len(course.hints), course.has_hint))
        course.give_hint()
    assert given == [(0, True), (1, True), (2, False), (2, False)]


def test_what_is_done_is_kept_whatever_comes_after(pizza_problem: Problem) -> None:
    lesson = read_lesson(
        "# T\n## Read\nThis.\n## Do\n```gdtui\ngoal = 'iteration >= 1'\nsolution = ['step']\n```\n"
        "## Answer\n```gdtui\nask = '?'\nanswer = 'w'\n```\n## End\nThat was it.\n",
        "x",
    )
    kept: list[set[str]] = []
    course = Course(lesson, changed=lambda done: kept.append(set(done)))
    assert course.heading == "T 1/4: Read"
    assert not course.turn(-1)
    assert course.turn(1)
    bench = bench_for(course, pizza_problem)
    assert course.done == {"Read"}
    obey(bench, "step")
    course.observe(bench)
    course.observe(bench)
    assert course.is_done
    course.lay_out(bench)
    obey(bench, "restart")
    course.observe(bench)
    assert course.is_done
    assert course.turn(1)
    assert course.turn(1)
    assert course.is_last
    assert not course.turn(1)
    assert kept == [{"Read"}, {"Read", "Do"}, {"Read", "Do", "End"}]
    assert Course(lesson, {"Read", "Do", "End"}).card.title == "Answer"
    assert Course(lesson, {card.title for card in lesson.cards}).card.title == "Read"


def test_a_number_may_be_off_by_its_tolerance(pizza_problem: Problem) -> None:
    block = "ask = '?'\nanswer = 'w - lr * gradient'\ntolerance = 0.05\nhints = ['One.', 'Two.']"
    for text, is_right in {
        "0.8068": True,
        "0.84": True,
        "0.7665": True,
        "0.848": False,
        "0.766": False,
        "-0.8068": False,
    }.items():
        course = Course(lesson_of(block))
        bench = bench_for(course, pizza_problem)
        course.check(text)
        assert course.answer(text, bench) == course.is_done == is_right
        assert course.hints == (() if is_right else ("One.",))
    for text in ("", "many", "nan", "inf", "1_0", "٣"):
        with pytest.raises(ValueError, match=r"number"):
            course.check(text)


def test_an_answer_is_right_as_things_stand(pizza_problem: Problem) -> None:
    block = (
        "ask = '?'\nchoices = {low = 'lr < critical', high = 'lr >= critical'}\nhints = ['One.']"
    )
    course = Course(lesson_of(block))
    bench = bench_for(course, pizza_problem)
    obey(bench, "lr 1")
    assert not course.answer("low", bench)
    assert course.hints == ("One.",)
    assert not course.answer("neither", bench)
    assert course.answer("high", bench)


def test_a_text_has_the_numbers_of_the_moment(pizza_problem: Problem) -> None:
    course = Course(lesson_of(""))
    bench = bench_for(course, pizza_problem)
    assert course.read("{w}, {within}, {cursor}, {bias}, {view}, {lr * 2}, {", bench) == (
        "0, never, nothing, off, Loss by iteration, 0.002, {"
    )
    obey(bench, "run")
    assert course.read("{w} after {within}", bench) == "1.844 after 7"


# Facts


def test_there_are_all_facts_whatever_is_looked_at(pizza_problem: Problem) -> None:
    for bench in (
        bench_on(pizza_problem),
        on_surface("--surface plateau --method adam", "run", "look_at 5"),
        on_surface("--surface canyon", "race gd momentum", "sweep"),
    ):
        assert facts_of(bench).keys() == NAMES


def test_what_theory_tells_are_facts(pizza_problem: Problem) -> None:
    bench = bench_on(pizza_problem)
    facts = facts_of(bench)
    assert facts["curvature"] == pytest.approx(2 / float(facts["critical"]))
    assert (facts["stretch"], facts["predicted"], facts["winner"]) == (1, 7, "")
    obey(bench, "run")
    assert facts_of(bench)["within"] == 7
    obey(bench, "method adam")
    assert facts_of(bench)["predicted"] == float("inf")
