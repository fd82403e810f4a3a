"""What the painter sends gives the same screen as what Textual itself would send."""

from collections.abc import Iterable, Mapping

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from gdtui.ui.textual_fixes.changed_cells import Painter

WIDTH, HEIGHT, MIDDLE = 20, 3, 8
CONSOLE = Console(color_system="truecolor", force_terminal=True)

styles = st.sampled_from(
    [
        Style.parse(words)
        for words in (
            "none",
            "#ff0000",
            "#ff0000 on #000080",
            "on #000080",
            "bold #ff0000",
            "bold",
            "reverse #00ff00",
            "underline bold #00ff00 on #101010",
        )
    ]
)


def strips(width: int) -> st.SearchStrategy[Strip]:
    """Strips of a width: mostly plain letters, at times wide characters."""
    texts = st.text(alphabet="ab 漢⠿│", max_size=width)
    parts = st.lists(st.tuples(texts, styles), max_size=4)
    return parts.map(
        lambda pairs: Strip([Segment(text, style) for text, style in pairs]).adjust_cell_length(
            width, Style.parse("on #000080")
        )
    )


@st.composite
def layouts(draw: st.DrawFn) -> LayoutUpdate:
    rows = [[draw(strips(MIDDLE)), draw(strips(WIDTH - MIDDLE))] for _ in range(HEIGHT)]
    return LayoutUpdate([iter(row) for row in rows], Region(0, 0, WIDTH, HEIGHT))


@st.composite
def chops(draw: st.DrawFn) -> ChopsUpdate:
    """Whole widgets' rows: the part of a row left of the middle, the part right of it, or both."""
    spans: list[tuple[int, int, int]] = []
    rows: list[Mapping[int, Strip | None]] = []
    for y in range(HEIGHT):
        left, right = draw(st.sampled_from([(0, MIDDLE), (MIDDLE, WIDTH), (0, WIDTH)]))
        if draw(st.booleans()):
            spans.append((y, left, right))
        rows.append({0: draw(strips(MIDDLE)), MIDDLE: draw(strips(WIDTH - MIDDLE))})
    return ChopsUpdate(rows, spans or [(0, 0, WIDTH)], [[MIDDLE, WIDTH]] * HEIGHT)


def fed(screen: pyte.Screen, sequence: str) -> None:
    pyte.Stream(screen).feed(sequence.replace("\n", ""))


def twice(update: CompositorUpdate) -> tuple[CompositorUpdate, CompositorUpdate]:
    """A layout can be read only once."""
    if isinstance(update, LayoutUpdate):
        rows: list[Iterable[Strip]] = [list(row) for row in update.strips]
        return LayoutUpdate(rows, update.region), LayoutUpdate(rows, update.region)
    return update, update


@given(layouts(), st.lists(st.one_of(chops(), layouts()), max_size=6))
def test_the_screen_is_the_same(first: LayoutUpdate, others: list[CompositorUpdate]) -> None:
    painter = Painter(ColorSystem.TRUECOLOR)
    ours, theirs = pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
    for update in [first, *others]:
        one, other = twice(update)
        fed(ours, painter.paint(one))
        fed(theirs, other.render_segments(CONSOLE))
        for y in range(HEIGHT):
            assert [ours.buffer[y][x] for x in range(WIDTH)] == [
                theirs.buffer[y][x] for x in range(WIDTH)
            ]


@given(layouts(), chops())
def test_what_the_terminal_shows_already_is_not_sent(
    first: LayoutUpdate, then: ChopsUpdate
) -> None:
    painter = Painter(ColorSystem.TRUECOLOR)
    painter.paint(first)
    painter.paint(then)
    assert painter.paint(then) == ""


def test_a_changed_cell_costs_a_move_a_colour_and_the_cell() -> None:
    painter = Painter(ColorSystem.TRUECOLOR)
    assert painter.paint(red("aaaa")) == "\x1b[1;1H\x1b[38;2;255;0;0maaaa\x1b[0m"
    assert painter.paint(red("aaba")) == "\x1b[1;3H\x1b[38;2;255;0;0mb\x1b[0m"


def red(text: str) -> ChopsUpdate:
    strip = Strip([Segment(text, Style.parse("#ff0000"))])
    row: Mapping[int, Strip | None] = {0: strip}
    return ChopsUpdate([row], [(0, 0, len(text))], [[len(text)]])
