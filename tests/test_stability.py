"""What is said of a learning rate, against what runs with it do."""

import math
import warnings
from fractions import Fraction
from itertools import islice, pairwise, product

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.descents import ended_as
from support.strategies import bowls, lrs, plain_critical

from gdtui.core.descent import Descent, Outcome, Status, Step, descend, starting_point
from gdtui.core.hyperparameter import Value
from gdtui.core.landscapes import LANDSCAPES, Landscape
from gdtui.core.methods import METHODS
from gdtui.core.settings import LEARNING_RATE, Settings
from gdtui.core.surface import LossSurface, Minimum, Surface
from gdtui.theory.axis import axis_of
from gdtui.theory.explanation import explanation, warning
from gdtui.theory.goal import OF_MINIMUM, OF_START, gap, goal
from gdtui.theory.prediction import predicted_iterations
from gdtui.theory.verdict import Verdict, advised_rate, critical_rate, stability

Vector = NDArray[np.float64]

NARROW = 28
FLAT = LossSurface.of(np.zeros(2), np.array([1.0, 3.0]))
ENDLESS = LossSurface.of(np.array([1e200, 2e200]), np.ones(2))
# Its minimum loss is not 0, but as small as rounding makes it.
STRAIGHT = LossSurface.of(np.array([0.1, 0.2, 0.7]), np.array([1.3, 1.6, 3.1]))
starts = st.floats(-1000, 1000).map(lambda value: round(value, 3))
parts = st.floats(0.001, 1.3) | st.sampled_from([0.5, 1.0, 0.05])


def around_critical(surface: LossSurface, part: float, settings: Settings) -> Settings:
    """The settings with a part of 2 / the largest curvature as the learning rate."""
    critical = plain_critical(surface, settings.bias)
    assume(0 < critical < math.inf)
    return settings.replace(lr=part * critical)


# The curvature


def test_figures_of_pizza(surface: LossSurface) -> None:
    both, alone = stability(surface, Settings(bias=True)), stability(surface, Settings())
    assert [f"{value:.2f}" for value in both.eigenvalues] == ["0.53", "439.07"]
    assert f"{both.condition:.0f} {both.critical:.6f}" == "826 0.004555"
    assert (alone.condition, f"{alone.critical:.6f}") == (1, "0.004570")
    assert both.ratio == pytest.approx(0.001 / 0.004555, rel=1e-3)


@given(bowls, st.booleans())
def test_the_critical_rate_is_that_of_the_surface(surface: LossSurface, bias: bool) -> None:
    found = stability(surface, Settings(bias=bias))
    steepest = surface.eigenvalues(bias)[-1]
    assert found.critical == (2 / steepest if steepest else math.inf)
    assert found.eigenvalues == pytest.approx(surface.eigenvalues(bias), rel=1e-6, abs=1e-9)
    assert list(found.eigenvalues) == sorted(found.eigenvalues)


@pytest.mark.parametrize(
    ("method", "own", "times"),
    [
        ("gd", {}, 1),
        ("momentum", {"momentum": 0.9}, 1.9),
        ("momentum", {"momentum": 0}, 1),
        ("nesterov", {"momentum": 0.9}, 1.9 / 2.8),
        ("nesterov", {"momentum": 0}, 1),
    ],
)
@pytest.mark.parametrize("bias", [False, True])
def test_the_critical_rate_is_a_multiple_of_that_of_plain_descent(
    surface: LossSurface, method: str, own: dict[str, Value], times: float, bias: bool
) -> None:
    critical = critical_rate(surface, Settings(method=method, bias=bias).replace(**own))
    assert critical == pytest.approx(times * plain_critical(surface, bias), rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_the_critical_rate_of_flat_and_endless_surfaces(method: str) -> None:
    known = METHODS[method].critical is not None
    assert critical_rate(FLAT, Settings(method=method)) == (math.inf if known else None)
    assert critical_rate(ENDLESS, Settings(method=method)) == (0 if known else None)


@pytest.mark.parametrize("far", [0, 10, 10**4, 10**7])
def test_an_ill_conditioned_surface_has_the_condition_of_exact_arithmetic(far: int) -> None:
    surface = LossSurface.of(np.array([far - 2.0, far, far + 2.0]), np.ones(3))
    trace, product = 2 * (Fraction(8, 3) + far**2) + 2, 4 * Fraction(8, 3)
    discriminant = math.sqrt(1 - 4 * product / trace**2)
    largest = float(trace) * (1 + discriminant) / 2
    expected = largest * largest / float(product)
    assert stability(surface, Settings(bias=True)).condition == pytest.approx(expected, rel=1e-9)


def test_where_it_is_flat_the_condition_is_infinite() -> None:
    for bias in (False, True):
        assert stability(FLAT, Settings(bias=bias)).condition == math.inf
    found = stability(FLAT, Settings(lr=1e6))
    assert (found.critical, found.ratio) == (math.inf, None)
    assert (found.verdict, found.short) == (Verdict.NO_BOUND, "flat at the minimum")


def test_a_method_without_a_bound_has_none(surface: LossSurface) -> None:
    found = stability(surface, Settings(method="search", lr=1))
    assert (found.critical, found.ratio, found.verdict) == (None, None, "no bound")
    assert (found.short, found.predicted, found.outlook) == (
        "no limit known",
        None,
        "no closed form",
    )
    assert found.why == "theory knows no limit of the learning rate for step search"


# The verdict


@pytest.mark.parametrize(
    ("lr", "word", "short", "effect"),
    [
        (
            0.0001,
            "crawls",
            "goes 4.4% of the way",
            "each step goes only 4.4% of the way to the minimum along the steepest axis",
        ),
        (
            0.001,
            "good",
            "never past the minimum",
            "no step goes past the minimum along the steepest axis",
        ),
        (
            0.0045,
            "oscillates",
            "lands 0.98 times as far",
            "each step lands on the other side of the minimum, 0.98 times as far from it",
        ),
        (
            0.005,
            "diverges",
            "lands 1.20 times as far",
            "each step overshoots the minimum and lands 1.20 times as far on the other side",
        ),
    ],
)
def test_verdicts_on_pizza(
    surface: LossSurface, lr: float, word: str, short: str, effect: str
) -> None:
    found = stability(surface, Settings(lr=lr, bias=True))
    assert (found.verdict, found.short) == (word, short)
    assert found.ratio
    part = f"{found.ratio:.2f}" if found.ratio > 0.1 else "0.022"
    assert found.why == f"the learning rate {lr:g} is {part} times the limit 0.004555: {effect}"


def test_beside_the_wall_it_is_said_on_which_side() -> None:
    bowl = LossSurface(0.0, 0.0, 1.0, 0.0, 0.0)
    words = [stability(bowl, Settings(lr=lr)) for lr in (0.9999, 1.0, 1.0001)]
    assert [found.verdict for found in words] == ["oscillates", "oscillates", "diverges"]
    assert [found.short for found in words] == [
        "lands 0.9998 times as far",
        "lands 1 times as far",
        "lands 1.0002 times as far",
    ]


def along_steepest(surface: LossSurface, settings: Settings) -> list[float]:
    """The distances from the minimum along the steepest axis, as far as rounding leaves them."""
    minimum = surface.minimum(*starting_point(surface, settings)[1:3], settings.bias)
    axis = np.linalg.eigh(surface.hessian(settings.bias))[1][:, -1]
    path = Descent.of(surface, settings).take(300)
    places = np.array([measured[1:3] for measured in path])
    away = (places - minimum[:2])[:, : len(axis)]
    distances: list[float] = (away @ axis).tolist()
    # The minimum can be near 0 where the labels are not: then it is their rounding that counts.
    sizes = (places[0], minimum[:2], away[0], surface.x, surface.y)
    scale = sum(float(np.max(np.abs(size))) for size in sizes)
    assume(abs(distances[0]) > 1e-4 * scale)
    enough = next((i for i, c in enumerate(distances) if abs(c) < 1e-9 * scale), len(distances))
    return distances[:enough]


@given(bowls, parts, starts, starts, st.booleans())
def test_a_verdict_never_contradicts_the_run(
    surface: LossSurface, part: float, w: float, b: float, bias: bool
) -> None:
    # Within so much of where one word ends, rounding decides.
    assume(all(abs(part - limit) > 1e-6 for limit in (0.5, 1)))
    begin = around_critical(surface, part, Settings(w_start=w, b_start=b, bias=bias))
    verdict = stability(surface, begin).verdict
    for here, there in pairwise(along_steepest(surface, begin)):
        changes_side, share = here * there < 0, abs(there / here)
        assert changes_side == (verdict in (Verdict.OSCILLATES, Verdict.DIVERGES))
        assert (share > 1) == (verdict is Verdict.DIVERGES)
        if not changes_side:
            assert (share > 0.9 - 1e-4) == (verdict is Verdict.CRAWLS) or abs(share - 0.9) < 1e-4


@given(bowls, st.floats(0.1, 1.5), starts, starts, st.booleans())
def test_what_is_said_to_diverge_does(
    surface: LossSurface, part: float, w: float, b: float, bias: bool
) -> None:
    assume(abs(part - 1) > 0.02)
    begin = around_critical(surface, part, Settings(w_start=w, b_start=b, bias=bias))
    along_steepest(surface, begin)
    begin = begin.replace(iterations=20_000)
    diverged = ended_as(surface, begin).status is Status.DIVERGED
    assert diverged == (stability(surface, begin).verdict is Verdict.DIVERGES)


@given(bowls, st.floats(0.001, 0.049), st.booleans())
def test_what_crawls_takes_ten_times_as_long_as_half_the_critical_rate(
    surface: LossSurface, part: float, bias: bool
) -> None:
    begin = around_critical(surface, part, Settings(w_start=500, b_start=-300, bias=bias))
    assert stability(surface, begin).verdict is Verdict.CRAWLS
    slow = predicted_iterations(surface, begin)
    quick = predicted_iterations(surface, around_critical(surface, 0.5, begin))
    assert slow is not None
    assert quick is not None
    assert slow >= 10 * (quick - 1)


@pytest.mark.parametrize("key", METHODS)
@given(bowls, lrs, st.booleans(), starts)
def test_the_words_fit_into_a_narrow_panel(
    key: str, surface: LossSurface, lr: float, bias: bool, w: float
) -> None:
    found = stability(surface, Settings(method=key, lr=lr, bias=bias, w_start=w))
    for words in (found.verdict, found.short, found.outlook):
        assert 0 < len(words) <= NARROW
    assert "\n" not in found.why


BOUNDED = [
    key
    for key in METHODS
    if stability(LossSurface(0, 0, 1, 0, 0), Settings(method=key)).critical is not None
]


@pytest.mark.parametrize("key", BOUNDED)
@pytest.mark.parametrize("bias", [False, True])
def test_every_bound_is_where_runs_begin_to_diverge(
    surface: LossSurface, key: str, bias: bool
) -> None:
    begin = Settings(method=key, bias=bias, w_start=5, iterations=30_000)
    critical = stability(surface, begin).critical
    assert critical
    for part in (0.2, 0.45, 0.7, 0.97, 1.03, 2):
        begin = begin.replace(lr=part * critical)
        diverged = ended_as(surface, begin).status is Status.DIVERGED
        assert diverged == (part > 1) == (stability(surface, begin).verdict is Verdict.DIVERGES)


# One axis


@pytest.mark.parametrize("key", [key for key, method in METHODS.items() if method.linear])
@given(st.floats(1e-6, 2.5), st.floats(0, 0.99))
@example(1.0, 0.0)
@example(1.0, 0.5)
@example(0.25, 0.25)
@example(2.0, 0.9)
def test_an_axis_goes_on_as_a_run_does(key: str, z: float, kept: float) -> None:
    own: dict[str, Value] = {parameter.name: kept for parameter in METHODS[key].hyperparameters}
    begin = Settings(method=key, lr=z / 2, w_start=1).replace(**own)
    axis = axis_of(begin, 2.0)
    assert axis
    bowl = LossSurface(0.0, 0.0, 1.0, 0.0, 0.0)
    run = [measured[1] for measured in Descent.of(bowl, begin).take(60)]
    largest = max(map(abs, run))
    assert list(islice(axis.distances(), 60)) == pytest.approx(run, rel=1e-9, abs=1e-9 * largest)
    assert all(abs(c) <= axis.bound(t) * (1 + 1e-6) + 1e-12 for t, c in enumerate(run))
    if not axis.swings:
        assert all(here > there > 0 for here, there in pairwise(run) if abs(there) > 1e-12)
    if axis.is_geometric or not axis.swings:
        log_distance = axis.log_distance()
        for t in range(2, 60):
            assert math.exp(log_distance(t)) == pytest.approx(abs(run[t]), rel=1e-6, abs=1e-12)


# The prediction


def first_within(surface: Surface, settings: Settings, most: int, slack: float) -> int | None:
    """The first iteration of the run within 1% of the minimum, give or take some slack."""
    target = goal(surface, settings)
    allowed = target.minimum.loss + (target.allowed - target.minimum.loss) * (1 + slack)
    steps = Descent.of(surface, settings).take(most + 1)
    return next((measured[0] for measured in steps if measured[3] <= allowed), None)


def check_prediction(surface: Surface, begin: Settings, most: int = 3000) -> None:
    """The prediction lies between the first iterations at a goal a millionth wider and narrower.

    There the rounding of the run's loss makes either of them right.
    """
    predicted = predicted_iterations(surface, begin)
    if predicted is None:
        return
    earliest = first_within(surface, begin, most, 1e-6)
    latest = first_within(surface, begin, most, -1e-6)
    assert (math.inf if earliest is None else earliest) <= predicted or predicted > most
    assert earliest is not None or predicted > most
    assert latest is None or predicted <= latest


@pytest.mark.parametrize(("lr", "within"), [(0.001, 4979), (0.003, 1659), (0.0045, 1106)])
def test_known_iterations_of_pizza(surface: LossSurface, lr: float, within: int) -> None:
    found = stability(surface, Settings(lr=lr, bias=True))
    assert found.predicted == within
    assert found.outlook == f"within 1% after {within}"


@given(bowls, parts, starts, starts, st.booleans())
def test_gradient_descent_is_near_when_predicted(
    surface: LossSurface, part: float, w: float, b: float, bias: bool
) -> None:
    begin = around_critical(surface, part, Settings(w_start=w, b_start=b, bias=bias))
    assert predicted_iterations(surface, begin) is not None
    check_prediction(surface, begin)


@pytest.mark.parametrize("key", ["momentum", "nesterov"])
@given(
    bowls,
    st.floats(0.001, 2) | st.just(0.5),
    starts,
    starts,
    st.booleans(),
    st.sampled_from([0.0, 0.3, 0.5, 0.9, 0.99, 0.999]),
)
def test_momentum_is_near_when_predicted(
    key: str, surface: LossSurface, part: float, w: float, b: float, bias: bool, kept: float
) -> None:
    begin = Settings(method=key, w_start=w, b_start=b, bias=bias, momentum=kept)
    check_prediction(surface, around_critical(surface, part, begin), most=6000)


@pytest.mark.long(keep=4)
@pytest.mark.parametrize("key", ["momentum", "nesterov"])
@pytest.mark.parametrize("lr", [0.001, 0.003, 1e-4, 1e-5, 1e-6])
def test_momentum_on_pizza_has_a_prediction(surface: LossSurface, key: str, lr: float) -> None:
    begin = Settings(method=key, lr=lr, bias=True)
    predicted = predicted_iterations(surface, begin)
    assert predicted == first_within(surface, begin, 1_000_000, 0)
    assert predicted


def test_what_swings_for_long_has_no_closed_form(surface: LossSurface) -> None:
    begin = Settings(method="momentum", lr=1e-7, bias=True, momentum=0.99999)
    assert stability(surface, begin).outlook == "no closed form"


@given(bowls, st.floats(0.001, 0.99), starts, starts, st.booleans(), st.floats(0, 1))
def test_from_any_step_on_so_many_more_are_predicted(
    surface: LossSurface, part: float, w: float, b: float, bias: bool, share: float
) -> None:
    begin = around_critical(surface, part, Settings(w_start=w, b_start=b, bias=bias))
    whole = predicted_iterations(surface, begin)
    assert whole is not None
    assume(whole <= 1e6)
    made = int(share * min(whole, 500))
    steps = list(descend(surface, begin.replace(iterations=made + 1)))
    left = predicted_iterations(surface, begin, (steps[-1].w, steps[-1].b))
    assert left is not None
    assert left == pytest.approx(whole - made, abs=1)


def test_what_never_comes_near_is_said_to(surface: LossSurface) -> None:
    for lr in (0.0046, 0.005, 1, 1e6):
        assert stability(surface, Settings(lr=lr, bias=True)).outlook == "never within 1%"
    bowl = LossSurface(0.0, 0.0, 1.0, 0.0, 0.0)
    assert predicted_iterations(bowl, Settings(lr=1, w_start=1)) == math.inf
    assert predicted_iterations(ENDLESS, Settings()) == math.inf


def test_a_diverging_run_can_come_near_before() -> None:
    """Little lies along the steepest axis, and much along the other."""
    narrow = LossSurface(0.0, 0.0, 1.5, 0.0, 0.0)
    begin = Settings(lr=0.7, w_start=1e-9, b_start=1, bias=True)
    assert stability(narrow, begin).verdict is Verdict.DIVERGES
    assert predicted_iterations(narrow, begin) == first_within(narrow, begin, 100, 0) == 3
    assert predicted_iterations(narrow, begin.replace(w_start=0.5)) == math.inf
    # Near for a few iterations alone: at 8 not yet, and at 16 no longer.
    briefly = begin.replace(lr=0.9, w_start=8e-5)
    assert predicted_iterations(narrow, briefly) == first_within(narrow, briefly, 100, 0) == 11


def test_with_momentum_too_what_grows_from_next_to_nothing_counts() -> None:
    narrow = LossSurface(0.0, 0.0, 100.0, 0.0, 0.0)
    begin = Settings(method="momentum", lr=0.014, bias=True, b_start=1, momentum=0.1)
    assert predicted_iterations(narrow, begin) == first_within(narrow, begin, 300, 0)
    assert predicted_iterations(narrow, begin.replace(w_start=3e-9)) == math.inf
    assert first_within(narrow, begin.replace(w_start=3e-9), 3000, 0) is None


def test_a_start_at_the_minimum_is_near() -> None:
    for surface in (FLAT, STRAIGHT, LossSurface.of(np.array([1.0, 2]), np.zeros(2))):
        minimum = surface.minimum(0, 0, bias=True)
        begin = Settings(w_start=minimum.w, b_start=minimum.b, bias=True)
        found = stability(surface, begin)
        assert (found.predicted, found.outlook) == (0, "within 1% at the start")
        # No run could come any nearer: the last digit decides.
        beside = begin.replace(w_start=math.nextafter(minimum.w, math.inf))
        assert predicted_iterations(surface, beside) == 0


# How near


def test_near_is_a_hundredth_above_the_minimum(surface: LossSurface) -> None:
    target = goal(surface, Settings(bias=True))
    assert target.allowed == 1.01 * surface.minimum(0, 0, bias=True).loss
    assert target.of == OF_MINIMUM


def test_above_no_loss_it_is_a_hundredth_of_the_start() -> None:
    begin = Settings(w_start=1, bias=True)
    start = STRAIGHT.loss(1, 0)
    assert 0 < STRAIGHT.minimum(0, 0, bias=True).loss < 1e-28
    target = goal(STRAIGHT, begin)
    assert target.allowed == pytest.approx(0.01 * start)
    assert target.of == OF_START
    step = Step(9, 1, 0, start / 4, 0, 0)
    assert str(gap(STRAIGHT, step, begin)) == "25% of the starting loss"


def test_gap_is_what_is_above_the_minimum(surface: LossSurface) -> None:
    least = surface.minimum(0, 0, bias=True)
    for loss, percent, text in (
        (least.loss * 1.5, 50, "50% above the minimum"),
        (least.loss, 0, "at the minimum"),
        (least.loss * (1 - 1e-15), 0, "at the minimum"),
        (math.inf, math.inf, "far above the minimum"),
    ):
        found = gap(surface, Step(3, 1, 2, loss, 0, 0), Settings(bias=True))
        assert found.percent == pytest.approx(percent, abs=1e-9)
        assert found.of == OF_MINIMUM
        assert str(found) == text
        assert len(text) <= NARROW


def test_with_the_bias_off_the_minimum_is_that_along_w(surface: LossSurface) -> None:
    begin = Settings(b_start=5)
    assert goal(surface, begin).minimum == surface.minimum(0, 5, bias=False)


def test_above_no_loss_and_no_start_any_gap_is_endless() -> None:
    bowl = LossSurface(0.0, 0.0, 1.0, 0.0, 0.0)
    assert gap(bowl, Step(0, 0, 0, 0, 0, 0), Settings()).percent == 0
    assert gap(bowl, Step(0, 1, 0, 1, 2, 0), Settings()).percent == math.inf


@given(bowls, starts, starts, st.booleans(), starts, starts)
def test_a_gap_of_a_hundredth_is_near(
    surface: LossSurface, w: float, b: float, bias: bool, to_w: float, to_b: float
) -> None:
    begin = Settings(w_start=w, b_start=b, bias=bias)
    to_b = to_b if bias else starting_point(surface, begin).b
    found = gap(surface, Step(1, to_w, to_b, loss := surface.loss(to_w, to_b), 0, 0), begin)
    assert found.percent >= 0
    assume(abs(found.percent - 1) > 1e-6)
    assert (found.percent < 1) == (loss <= goal(surface, begin).allowed)


# The advice


def test_advised_is_half_the_critical_rate_of_pizza(surface: LossSurface) -> None:
    assert advised_rate(surface, Settings(lr=0.005, bias=True)) == 0.0022


@given(bowls, st.booleans())
def test_the_advised_rate_is_good(surface: LossSurface, bias: bool) -> None:
    advised = advised_rate(surface, Settings(bias=bias))
    critical = plain_critical(surface, bias)
    assert (advised is None) == (critical == math.inf)
    if advised is not None:
        assert 0.9 * critical / 2 < advised <= critical / 2
        assert float(f"{advised:.1e}") == advised
        assert stability(surface, Settings(lr=advised, bias=bias)).verdict is Verdict.GOOD


def test_where_nothing_can_be_advised() -> None:
    steep = LossSurface.of(np.array([1e60, 2e60]), np.ones(2))
    for surface in (FLAT, ENDLESS, steep):
        assert advised_rate(surface, Settings()) is None
    assert advised_rate(STRAIGHT, Settings(method="search")) is None


def test_the_advised_rate_can_be_set() -> None:
    wide = LossSurface.of(np.array([1e-9, 2e-9]), np.ones(2))
    assert advised_rate(wide, Settings()) == LEARNING_RATE.high


# The warning


def test_the_warning_compares_with_the_critical_rate(surface: LossSurface) -> None:
    assert warning(surface, Settings(lr=0.005, bias=True), (0, 0)) == (
        "the learning rate 0.005 is 1.10 times the limit 0.004555: each step overshoots the "
        "minimum and lands 1.20 times as far on the other side; try 0.0022"
    )


@pytest.mark.parametrize("bias", [False, True])
def test_it_is_given_above_the_critical_rate_alone(surface: LossSurface, bias: bool) -> None:
    critical = plain_critical(surface, bias)
    assert warning(surface, Settings(lr=critical, bias=bias), (0, 0)) == ""
    assert warning(surface, Settings(lr=math.nextafter(critical, 1), bias=bias), (0, 0))


@pytest.mark.parametrize("key", METHODS)
def test_it_is_given_only_where_a_critical_rate_is_known(surface: LossSurface, key: str) -> None:
    warned = bool(warning(surface, Settings(method=key, lr=1), (0, 0)))
    assert warned == (METHODS[key].critical is not None)


def test_where_the_curvature_varies_it_is_about_the_nearest_minimum() -> None:
    begin = Settings(lr=0.02, bias=True)
    assert warning(HILLS, begin, (3, 2)) == ""
    assert warning(HILLS, begin, (3.5, -1.8)) == (
        "the learning rate 0.02 is 1.05 times the limit 0.01897 at the minimum (3.584, -1.848): "
        "the descent can't settle there; try 0.0094"
    )


def test_it_knows_flat_and_endless_surfaces() -> None:
    assert warning(FLAT, Settings(lr=1e6), (0, 0)) == ""
    warned = warning(ENDLESS, Settings(), (0, 0))
    assert warned.startswith("the learning rate 0.001 is above the limit 0: ")


# The words about a run


@pytest.mark.parametrize(
    ("begin", "sentence"),
    [
        (Settings(), "finished after 100 iterations: the loss is at the minimum"),
        (
            Settings(iterations=10),
            "finished after 10 iterations: the loss is 0.0108% above the minimum",
        ),
        (
            Settings(bias=True),
            "finished after 100 iterations: the loss is still 179% above the minimum; "
            "4879 more iterations bring it within 1%",
        ),
        (
            Settings(bias=True, lr=0.0001),
            "finished after 100 iterations: the loss is still 198% above the minimum; try 0.0022",
        ),
        (
            Settings(lr=0.005, bias=True, iterations=10_000),
            "diverged at iteration 1961: the learning rate 0.005 is 1.10 times the limit "
            "0.004555: each step overshoots the minimum and lands 1.20 times as far on the other "
            "side; try 0.0022",
        ),
        (
            Settings(lr=0.005, bias=True),
            "finished after 100 iterations: the learning rate 0.005 is 1.10 times the limit "
            "0.004555: each step overshoots the minimum and lands 1.20 times as far on the other "
            "side; try 0.0022",
        ),
        (
            Settings(w_start=1e100, lr=1e6, iterations=1000),
            "diverged at iteration 7: the learning rate 1e+06 is 2.2e+08 times the limit "
            "0.00457: each step overshoots the minimum and lands 4.4e+08 times as far on the other "
            "side; try 0.0022",
        ),
        (
            Settings(tolerance=0.5, iterations=1000),
            "converged at iteration 13: the gradient is shorter than 0.5",
        ),
        (
            Settings(tolerance=30),
            "converged at iteration 6: the gradient is shorter than 30, yet it is 1.08% above the "
            "minimum; try a smaller tolerance",
        ),
        (
            Settings(method="search", lr=0.01, iterations=1000),
            "converged at iteration 184: no step lowers the loss",
        ),
        (
            Settings(method="search", lr=1),
            "converged at iteration 2: no step lowers the loss, yet it is 7.73% above the minimum; "
            "try a smaller learning rate",
        ),
        (
            Settings(method="search"),
            "finished after 100 iterations: the loss is still 962% above the minimum",
        ),
        (
            Settings(method="search", lr=0.01, iterations=1000, tolerance=1e-9),
            "converged at iteration 184: no step lowers the loss",
        ),
        (
            Settings(method="search", lr=0.01, iterations=1000, tolerance=100),
            "converged at iteration 162: the gradient is shorter than 100, yet it is 15.8% above "
            "the minimum; try a smaller tolerance",
        ),
    ],
)
def test_explanations_on_pizza(surface: LossSurface, begin: Settings, sentence: str) -> None:
    assert str(explanation(surface, begin, ended_as(surface, begin))) == sentence


def test_a_step_does_not_tell_how_long_momentum_still_takes(surface: LossSurface) -> None:
    begin = Settings(method="momentum", bias=True, iterations=10)
    assert predicted_iterations(surface, begin)
    assert explanation(surface, begin, ended_as(surface, begin)).advice == ""


def test_a_start_that_is_already_too_high_is_no_overshoot(surface: LossSurface) -> None:
    at_once = Outcome(Status.DIVERGED, 0, 0, Step(0, 1e200, 0, math.inf, math.inf, 0))
    assert str(explanation(surface, Settings(lr=1), at_once)) == (
        "diverged at iteration 0: the loss at the start is not a finite number; start nearer"
    )


def test_where_no_start_is_low_enough_none_is_advised() -> None:
    surface = LossSurface.of(np.ones(2), np.array([1e200, -1e200]))
    assert str(explanation(surface, Settings(), ended_as(surface, Settings()))) == (
        "diverged at iteration 0: the loss at the start is not a finite number"
    )


def test_divergence_for_no_known_reason(surface: LossSurface) -> None:
    ended = Outcome(Status.DIVERGED, 7, 7, Step(6, 1, 0, 1, 1, 0))
    assert str(explanation(surface, Settings(method="search"), ended)) == (
        "diverged at iteration 7: the loss is no longer a finite number; "
        "try a smaller learning rate"
    )


def test_a_surface_too_steep_for_floats_is_to_be_scaled() -> None:
    ended = Outcome(Status.DIVERGED, 1, 1, Step(0, 0, 0, 1, 1, 0))
    assert str(explanation(ENDLESS, Settings(), ended)) == (
        "diverged at iteration 1: the learning rate 0.001 is above the limit 0: "
        "each step overshoots the minimum further than the last; standardize the feature"
    )


@pytest.mark.parametrize("key", METHODS)
@given(bowls, parts, starts, starts, st.booleans(), st.integers(1, 300))
def test_no_overshoot_is_claimed_below_the_critical_rate(
    key: str, surface: LossSurface, part: float, w: float, b: float, bias: bool, iterations: int
) -> None:
    begin = Settings(method=key, w_start=w, b_start=b, bias=bias, iterations=iterations)
    begin = around_critical(surface, part, begin)
    critical = stability(surface, begin).critical
    said = str(explanation(surface, begin, ended_as(surface, begin)))
    assert "\n" not in said
    if "overshoots" in said:
        assert critical is not None
        assert begin.lr > critical


# Surfaces whose curvature changes from place to place


every_landscape = pytest.mark.parametrize("landscape", LANDSCAPES.values(), ids=LANDSCAPES)
HILLS = LANDSCAPES["himmelblau"]


@pytest.mark.parametrize("landscape", LANDSCAPES.values(), ids=LANDSCAPES)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("method", ["gd", "momentum", "nesterov"])
def test_on_a_landscape_as_curved_everywhere_the_way_is_predicted(
    landscape: Landscape, bias: bool, method: str
) -> None:
    begin = Settings(**{**landscape.defaults, "bias": bias, "method": method})  # type: ignore[arg-type]
    assert (predicted_iterations(landscape, begin) is not None) == landscape.is_quadratic
    check_prediction(landscape, begin)
    check_prediction(landscape, begin.replace(lr=landscape.lr / 7))
    if landscape.is_quadratic:
        places = np.random.default_rng(1).normal(size=(9, 2)) * 100
        curved = [landscape.hessian(True, w, b).tolist() for w, b in places.tolist()]
        assert curved == [landscape.hessian(True).tolist()] * 9


@pytest.mark.parametrize("minimum", HILLS.minima)
def test_the_curvature_is_that_at_the_nearest_minimum(minimum: Minimum) -> None:
    w, b = minimum.w + 0.1, minimum.b - 0.1
    values = np.linalg.eigvalsh(HILLS.hessian(True, minimum.w, minimum.b))
    begin = Settings(lr=0.01, bias=True)
    for found in (
        stability(HILLS, begin, (w, b)),
        stability(HILLS, begin.replace(w_start=w, b_start=b)),
    ):
        assert found.eigenvalues == pytest.approx(values)
        assert found.critical == pytest.approx(2 / values[1]) == critical_rate(HILLS, begin, (w, b))
        assert found.predicted is None
        assert f" at the minimum ({minimum.w:.4g}, {minimum.b:.4g}): " in found.why
    advised = advised_rate(HILLS, begin, (w, b))
    assert advised
    assert 0.9 / values[1] < advised <= 1 / values[1]


@every_landscape
def test_beside_a_minimum_a_run_settles_unless_it_is_said_to_diverge(landscape: Landscape) -> None:
    for key, part, minimum in product(BOUNDED, (0.1, 0.7, 1.2), landscape.minima):
        steepest = np.linalg.eigh(landscape.hessian(True, minimum.w, minimum.b))[1][:, -1]
        w, b = (np.array(minimum[:2]) + 1e-7 * steepest).tolist()
        begin = Settings(method=key, bias=True, w_start=w, b_start=b)
        critical = stability(landscape, begin).critical
        assert critical
        begin = begin.replace(lr=part * critical)
        path = Descent.of(landscape, begin).take(300)
        distances = [math.dist(measured[1:3], minimum[:2]) for measured in path]
        assert (max(distances) > 1e-5) == (part > 1)
        assert (stability(landscape, begin).verdict is Verdict.DIVERGES) == (part > 1)


@every_landscape
@pytest.mark.parametrize("bias", [False, True])
def test_the_gap_is_that_to_the_nearest_minimum(landscape: Landscape, bias: bool) -> None:
    w, b = landscape.start
    begin = Settings(w_start=w, b_start=b, bias=bias)
    start, least = landscape.loss(w, b), landscape.minimum(w, b, bias).loss
    of = OF_START if bias or least < 1e-12 else OF_MINIMUM
    for part in (1, 0.5, 0.011, 0.009, 0):
        loss = least + part * (start - least)
        found = gap(landscape, Step(1, w, b, loss, 0, 0), begin)
        unit = start - least if of == OF_START else least
        assert found.of == of
        assert found.percent == pytest.approx(100 * (loss - least) / unit)
        assert (found.percent <= 1) == (loss <= goal(landscape, begin).allowed)


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("bowl", {}, "finished after 100 iterations: the loss is at the minimum"),
        (
            "rosenbrock",
            {},
            "finished after 100 iterations: the loss is still 15.7% of the starting loss",
        ),
        (
            "rosenbrock",
            {"lr": 0.0025},
            "finished after 100 iterations: the learning rate 0.0025 is 1.25 times the limit "
            "0.001997 at the minimum (1, 1): the descent can't settle there; try 0.00099",
        ),
        (
            "himmelblau",
            {"lr": 0.3},
            "diverged at iteration 7: the learning rate 0.3 is 12.34 times the limit 0.02431 at "
            "the minimum (3, 2): the descent can't settle there; try 0.012",
        ),
        (
            "himmelblau",
            {"lr": 0.02, "w_start": 6, "b_start": 6},
            "diverged at iteration 6: the learning rate 0.02 is too large for the gradients on the "
            "way; try a smaller learning rate",
        ),
        (
            "plateau",
            {"lr": 0.01},
            "finished after 100 iterations: the loss is still 100% of the starting loss; "
            "try a larger learning rate",
        ),
    ],
)
def test_explanations_on_landscapes(name: str, changes: dict[str, Value], sentence: str) -> None:
    landscape = LANDSCAPES[name]
    begin = Settings(**(landscape.defaults | changes))  # type: ignore[arg-type]
    assert str(explanation(landscape, begin, ended_as(landscape, begin))) == sentence


# Extremes


def check_words(surface: Surface, begin: Settings) -> None:
    """That all that is said of settings, and of a run with them, is short and without a NaN."""
    found = stability(surface, begin)
    assert max(map(len, (found.verdict, found.short, found.outlook))) <= NARROW
    outcome = ended_as(surface, begin)
    said = str(explanation(surface, begin, outcome))
    warned = warning(surface, begin, outcome.step[1:3])
    assert len(said) <= 220
    for text in (said, warned, found.outlook, found.short):
        assert "nan" not in text
        assert "inf" not in text.replace("infinite", "").replace("finite", "")
        assert "\n" not in text
    assert bool(warned) == ("above the limit" in warned or " times the limit " in warned)
    for loss in (outcome.step.loss, 0.0, 1e300, math.inf, math.nan):
        left = gap(surface, outcome.step._replace(loss=loss), begin)
        assert left.percent >= 0
        assert "nan" not in str(left)
        assert "inf" not in str(left)
    goal(surface, begin)
    advised_rate(surface, begin)


EXTREME_RUNS = [
    Settings(method=key, lr=lr, w_start=w, b_start=w, bias=bias, iterations=5)
    for key in METHODS
    for lr in (1e-100, 1e6)
    for w in (0.0, 1e100)
    for bias in (False, True)
]


@pytest.mark.parametrize("size", [5e-324, 1e-170, 1e-9, 1e9, 1e77, 1e150, 1.3e154, 1e300])
@pytest.mark.parametrize("x", [[1.0], [1.0, 1.0], [1.0, -1.0, 0.5], [1.0, 0.99, 0.98]])
@pytest.mark.parametrize("scaled", [False, True])
def test_extremes_give_neither_exception_nor_warning(
    size: float, x: list[float], scaled: bool
) -> None:
    feature = np.array(x) * size
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        surface = LossSurface.of(feature, feature[::-1].copy())
        surface = surface.standardized() if scaled else surface
        for begin in EXTREME_RUNS:
            check_words(surface, begin)


@every_landscape
def test_extremes_on_landscapes_give_neither_exception_nor_warning(landscape: Landscape) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for begin in EXTREME_RUNS:
            check_words(landscape, begin)
            w, b = landscape.start
            check_words(landscape, begin.replace(w_start=w, b_start=b))
