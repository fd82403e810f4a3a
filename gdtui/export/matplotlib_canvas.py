"""The one place where matplotlib draws: drawings as a figure for a page or a slide.

Every plot is a box from 0 to 1 both ways, as a log axis may go beyond the largest float. All that
comes into it has been mapped to that box and clipped to it, and is finite. What letters stand
where, and how large all is, is reckoned here in points, so that every box has the same size.
"""

from __future__ import annotations

import logging
import math
import threading
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path

from gdtui.clipping import pieces_within
from gdtui.core.model import Vector
from gdtui.drawing import (
    BAND_ROLES,
    BRAILLE,
    GHOST_ROLES,
    Contours,
    Drawing,
    Label,
    Layer,
    Role,
    evened,
    short,
)
from gdtui.schemes import Scheme

# What a box is wide and high, and what is around it, in points.
BOX_WIDTH, BOX_HEIGHT = 380.0, 250.0
_MARGIN, _BESIDE, _ABOVE, _BELOW = 14.0, 76.0, 26.0, 44.0
# A scale of heights beside the box, and how much wider it makes a plot.
_SCALE_LEFT, _SCALE_WIDTH, _SCALE_ROOM = 12.0, 10.0, 66.0
_TITLE, _NAME, _TICK, _WORD, _CAPTION = 13.0, 11.0, 9.5, 9.5, 9.0
_LEADING = 1.45
# No more plots than these stand side by side.
MOST_COLUMNS = 3
_DOTS_PER_INCH = 200
# What marks look like: matplotlib's name for it, its size, and whether it is filled with its colour
# or the background's, or else what is below is seen. ⊕ is made of two.
MARKS: Mapping[str, tuple[tuple[str, float, bool | None], ...]] = {
    "●": (("o", 9.0, True),),
    "○": (("o", 8.0, False),),
    "◇": (("D", 7.0, False),),
    "✚": (("P", 10.0, True),),
    "⊕": (("o", 14.0, None), ("+", 14.0, True)),
    "×": (("x", 7.0, True),),
    BRAILLE: ((".", 4.0, True),),
}
_EXAMPLE_SIZE = 6.0
# More examples than these are fine dots: rings would be a solid block.
_FEW_EXAMPLES, _DOT_SIZE = 500, 2.5
# A page is white; the screen's light ground is a shade darker, for the eye.
_PAPER = "#ffffff"
# The direction of each arrow where it has no shaft, counterclockwise from the right in degrees.
ANGLES = dict(zip("→↗↑↖←↙↓↘", range(0, 360, 45), strict=True)) | {"▶": 0, "◀": 180}
_HEAD_SIZE = 24.0
# At the right end of a line in a legend.
_LEGEND_HEAD = ((0.9, 0.0), (-0.1, 0.42), (-0.1, -0.42))
_WIDTHS = {Role.LIVE: 2.2, Role.CURVE: 1.8, Role.STEP: 2.2, Role.GRADIENT: 1.8, Role.PATH: 1.1}
_DASHES = {Role.QUIET: (0, (4, 3)), Role.MINIMUM: (0, (6, 2)), Role.ALARM: (0, (6, 2))}
# So many steps of a path are seen one by one.
_FEW_STEPS = 60
# From so many marks on they are drawn as dots of a picture: a page of vectors would be a burden.
_MANY_MARKS = 3000
# Marks of which no two are nearer than this, in points, are told apart by the eye.
_APART = 0.5
# The heights of a landscape are measured at so many places, to the right and up.
_HEIGHTS = 320, 210
# No date: equal figures are equal to the byte.
_METADATA = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
# It comes with matplotlib, and has all marks.
_FONT = "DejaVu Sans"
# What matplotlib is set up for is the same for all threads.
_LOCK = threading.Lock()
# What it has to say is of fonts, and for nobody who asked for a figure.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


class _Entry(NamedTuple):
    """A line of a legend: what its sign is made of, and what it is."""

    sign: tuple[Line2D, ...]
    word: str


def figure_bytes(
    drawings: Sequence[Drawing], caption: Sequence[str], scheme: Scheme, form: str
) -> bytes:
    """The drawings side by side above a caption, as a file: svg, pdf or png."""
    scheme = scheme if scheme.dark else scheme._replace(background=_PAPER)
    title = "; ".join(drawing.title for drawing in drawings)
    metadata = {"Title": title, **_METADATA.get(form, {})}
    buffer = BytesIO()
    with _LOCK, matplotlib.rc_context(), warnings.catch_warnings():
        # Where no font has a letter there is a box in its place.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        _set_up([*caption, *(text for drawing in drawings for text in _texts(drawing))])
        figure = _figure(drawings, caption, scheme)
        figure.savefig(buffer, format=form, dpi=_DOTS_PER_INCH, metadata=metadata)
    return buffer.getvalue()


def _set_up(texts: Iterable[str]) -> None:
    """Set matplotlib up for these texts, whatever a person has set: their TeX would run on names.

    Letters stay letters, in SVG (to be found, read aloud, edited, and shown in any script) and in
    PDF (where many a journal refuses type 3). The salt makes equal figures equal to the byte.
    """
    matplotlib.rcdefaults()
    matplotlib.rc("svg", fonttype="none", hashsalt="gdtui")
    matplotlib.rc("pdf", fonttype=42)
    # Who reads an SVG where there is none of these fonts has another one without serifs.
    families = [*_families("".join(texts)), "sans-serif"]
    matplotlib.rc("font", **{"family": families, "sans-serif": [_FONT]})


def _texts(drawing: Drawing) -> Iterator[str]:
    yield from (drawing.title, *drawing.names)
    yield from (layer.word for layer in drawing.layers if isinstance(layer, Layer))


def _families(text: str) -> Iterator[str]:
    """_FONT, and fonts that have the letters that it lacks, where there are any."""
    yield _FONT
    missing = _missing(set(text) - {"\n"}, findfont(_FONT))
    for font in fontManager.ttflist if missing else []:
        # That one has a box for everything.
        left = missing if "Last Resort" in font.name else _missing(missing, font.fname)
        if left != missing:
            yield font.name
            missing = left


def _missing(letters: set[str], path: str) -> set[str]:
    font = get_font(path)
    return {letter for letter in letters if not font.get_char_index(ord(letter))}


def _figure(drawings: Sequence[Drawing], caption: Sequence[str], scheme: Scheme) -> Figure:
    """The plots in rows, each as high as its legend asks for, and the caption below."""
    plots = [_Plot(drawing, scheme) for drawing in drawings]
    rows = [plots[at : at + MOST_COLUMNS] for at in range(0, len(plots), MOST_COLUMNS)]
    width = max(sum(plot.width for plot in row) for row in rows) + 2 * _MARGIN
    left = _MARGIN + _BESIDE
    room = width - left - _MARGIN
    lines = [line for text in caption for line in _wrapped(text, _CAPTION, room)]
    heights = [max(plot.height for plot in row) for row in rows]
    below = _CAPTION * _LEADING * len(lines) + _MARGIN
    height = sum(heights) + below + _MARGIN
    size = width, height
    figure = Figure((width / 72, height / 72), facecolor=scheme.background)
    top = height - _MARGIN
    for row, deep in zip(rows, heights, strict=True):
        begin = _MARGIN
        for plot in row:
            plot.draw(figure, size, begin, top)
            begin += plot.width
        top -= deep
    for at, line in enumerate(lines):
        place = below - _CAPTION * _LEADING * (at + 0.5)
        figure.text(
            left / width, place / height, line, va="center", size=_CAPTION, parse_math=False,
            color=scheme.colour(Role.QUIET),
        )  # fmt: skip
    return figure


class _Plot:
    """One drawing: what room it takes, in points, and how it is drawn into it."""

    def __init__(self, drawing: Drawing, scheme: Scheme) -> None:
        self._drawing, self._scheme = drawing, scheme
        self._plain = [layer for layer in drawing.layers if isinstance(layer, Layer)]
        self._x, self._y = drawing.x, drawing.y
        if drawing.even:
            self._x, self._y = evened(drawing.x, drawing.y, BOX_WIDTH, BOX_HEIGHT)
        self._entries = list(self._legend())
        self._columns = self._legend_columns()
        self._has_scale = any(isinstance(layer, Contours) for layer in drawing.layers)

    @property
    def width(self) -> float:
        return _BESIDE + BOX_WIDTH + (_SCALE_ROOM if self._has_scale else _MARGIN)

    @property
    def height(self) -> float:
        rows = math.ceil(len(self._entries) / self._columns)
        return _ABOVE + BOX_HEIGHT + _BELOW + _WORD * _LEADING * rows + _MARGIN / 2

    def draw(self, figure: Figure, size: tuple[float, float], left: float, top: float) -> None:
        """Draw all, with the upper left corner of its room at a place in points."""
        x, y = left + _BESIDE, top - _ABOVE - BOX_HEIGHT
        axes = _axes(figure, size, (x, y, BOX_WIDTH, BOX_HEIGHT), self._scheme)
        self._draw_frame(axes)
        for order, layer in enumerate(self._drawing.layers, 2):
            if isinstance(layer, Contours):
                bands = _Bands.of(layer, self._x.at, self._y.at)
                if bands:
                    bands.draw(axes, self._scheme, order)
                    room = x + BOX_WIDTH + _SCALE_LEFT, y, _SCALE_WIDTH, BOX_HEIGHT
                    bands.draw_scale(_axes(figure, size, room, self._scheme), self._scheme)
            elif layer.line:
                self._draw_line(axes, layer, order)
            else:
                self._draw_marks(axes, layer, order)
        self._draw_words(axes)
        self._draw_legend(axes)

    # The frame

    def _draw_frame(self, axes: Axes) -> None:
        drawing, quiet = self._drawing, self._scheme.colour(Role.QUIET)
        title = _cut(drawing.title, _TITLE, BOX_WIDTH + _BESIDE)
        axes.text(
            0, 1 + 9 / BOX_HEIGHT, title, size=_TITLE, parse_math=False, weight="bold",
            color=self._scheme.foreground,
        )  # fmt: skip
        for axis, scale, count in ((axes.xaxis, self._x, 7), (axes.yaxis, self._y, 6)):
            ticks = scale.ticks(count)
            axis.set_ticks([place for place, _ in ticks], [label for _, label in ticks])
            name = drawing.names[axis is axes.yaxis]
            named = f"{name}, log" if name and scale.log else name
            length = BOX_HEIGHT if axis is axes.yaxis else BOX_WIDTH
            axis.set_label_text(
                _cut(named, _NAME, length), parse_math=False, color=quiet, size=_NAME
            )
        axes.set_axisbelow(True)
        axes.grid(color=self._scheme.colour(Role.FRAME), linewidth=0.5, alpha=0.6)
        axes.tick_params(labelsize=_TICK, colors=quiet, length=3)

    # Layers

    def _draw_line(self, axes: Axes, layer: Layer, order: int) -> None:
        pieces = pieces_within(*self._units(layer))
        if len(pieces) and self._has_head(layer):
            pieces[-1] = _shortened(pieces[-1])
        x, y = _chained(pieces)
        line = _line_of(layer.role, self._scheme)
        line.set_data(x, y)
        if layer.role is Role.PATH and np.count_nonzero(~np.isnan(x)) <= _FEW_STEPS:
            line.set(marker="o", markersize=3.0)
        line.set(zorder=order, clip_on=False, solid_capstyle="round")
        axes.add_line(line)

    def _draw_marks(self, axes: Axes, layer: Layer, order: int) -> None:
        x, y = _seen(*self._units(layer))
        if layer.glyph in ANGLES:
            for u, v in zip(x.tolist(), y.tolist(), strict=True):
                self._draw_head(axes, layer, (u, v), order)
        elif layer.glyph in MARKS:
            x, y = _thinned(x, y)
            for mark in _marks_of(layer, self._scheme, len(layer.points[0]) <= _FEW_EXAMPLES):
                mark.set_data(x, y)
                mark.set(zorder=order, clip_on=False, rasterized=len(x) > _MANY_MARKS)
                axes.add_line(mark)

    def _draw_head(self, axes: Axes, layer: Layer, place: tuple[float, float], order: int) -> None:
        """An arrow head along its shaft: the line of the same role that ends there."""
        angle = math.radians(ANGLES[layer.glyph])
        for shaft in self._plain:
            if shaft.line and shaft.role is layer.role and self._has_head(shaft):
                pieces = pieces_within(*self._units(shaft))
                angle = _direction(pieces[-1]) if len(pieces) else angle
        head = _marker(layer.role, self._scheme, _arrow_head(angle), _HEAD_SIZE, filled=True)
        head.set_data([place[0]], [place[1]])
        head.set(zorder=order, clip_on=False, markeredgewidth=0)
        axes.add_line(head)

    def _has_head(self, line: Layer) -> bool:
        """Whether it is the shaft of an arrow: there is a head of its role where it ends."""
        x, y = self._units(line)
        return any(
            layer.glyph in ANGLES
            and layer.role is line.role
            and len(ends := np.column_stack(self._units(layer))) == 1
            and np.allclose(ends[0], (x[-1], y[-1]))
            for layer in self._plain
            if not layer.line
        )

    def _units(self, layer: Layer) -> tuple[Vector, Vector]:
        return self._x.unit(layer.x), self._y.unit(layer.y)

    # Words

    def _draw_words(self, axes: Axes) -> None:
        """Labels, and marks that are letters: those that would hide one another stand in a row."""
        taken: list[tuple[float, float, float]] = []
        for u, v, text, role in self._words():
            width = _width(text, _WORD) + 6
            x, y = free_place(u * BOX_WIDTH, v * BOX_HEIGHT, width, taken)
            taken.append((x, y, width))
            axes.text(
                x / BOX_WIDTH, y / BOX_HEIGHT, text, ha="center", va="center", size=_WORD,
                weight="bold", parse_math=False, color=self._scheme.background, zorder=200,
                bbox={"boxstyle": "round,pad=0.22", "linewidth": 0,
                      "facecolor": self._scheme.colour(role)},
            )  # fmt: skip

    def _words(self) -> Iterator[tuple[float, float, str, Role]]:
        """Each word, with its place in units of the box."""
        letters = [
            Label(float(x), float(y), layer.glyph, layer.role)
            for layer in self._plain
            if not layer.line and layer.glyph not in {**MARKS, **ANGLES}
            for x, y in zip(*layer.points, strict=True)
        ]
        for label in [*self._drawing.labels, *letters]:
            u, v = float(self._x.unit(label.x)), float(self._y.unit(label.y))
            if 0 <= u <= 1 and 0 <= v <= 1:
                yield u, v, label.text, label.role

    # The legend

    def _legend(self) -> Iterator[_Entry]:
        """What can be seen, each word once, from the back to the front, other runs last."""
        words = {layer.word: layer for layer in self._plain if layer.word and self._is_seen(layer)}
        for word, layer in sorted(words.items(), key=lambda pair: pair[1].role in GHOST_ROLES):
            shown = _cut(word, _WORD, BOX_WIDTH - 40)
            if layer.line:
                line = _line_of(layer.role, self._scheme)
                if self._has_head(layer):
                    line.set(marker=_LEGEND_HEAD, markersize=_HEAD_SIZE, markeredgewidth=0)
                yield _Entry((line,), shown)
            else:
                yield _Entry(tuple(_marks_of(layer, self._scheme)), shown)

    def _is_seen(self, layer: Layer) -> bool:
        """Whether there is anything of it in the box: of a line, more than a point."""
        x, y = self._units(layer)
        if not layer.line:
            return len(_seen(x, y)[0]) > 0
        pieces = pieces_within(x, y)
        return bool(np.any(pieces[:, :2] != pieces[:, 2:]))

    def _legend_columns(self) -> int:
        widest = max((_width(entry.word, _WORD) for entry in self._entries), default=0.0)
        return max(1, min(len(self._entries), int((BOX_WIDTH + _BESIDE / 2) / (widest + 48))))

    def _draw_legend(self, axes: Axes) -> None:
        if not self._entries:
            return
        legend = axes.legend(
            [entry.sign for entry in self._entries],
            [entry.word for entry in self._entries],
            handler_map={tuple: HandlerTuple(ndivide=1, pad=0)},
            loc="upper left",
            bbox_to_anchor=(0, -(_BELOW - 4) / BOX_HEIGHT),
            ncols=self._columns,
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            labelspacing=_LEADING - 1,
            columnspacing=1.4,
            handlelength=2.2,
            handletextpad=0.7,
            prop={"size": _WORD},
        )
        for text in legend.get_texts():
            text.set(parse_math=False, color=self._scheme.foreground)


class _Bands(NamedTuple):
    """The heights of a landscape at places in the unit box, and the levels between its bands.

    Heights are square roots above the lowest: along any way out of the pit of a bowl they grow
    evenly, so that straight lines between places are right.
    """

    heights: Vector
    levels: tuple[float, ...]
    losses: tuple[float, ...]

    @classmethod
    def of(cls, contours: Contours, x_at: Any, y_at: Any) -> _Bands | None:
        """None where no two heights differ."""
        u, v = (np.linspace(0, 1, count) for count in _HEIGHTS)
        with np.errstate(all="ignore"):
            losses = contours.height(x_at(u), y_at(v)[:, None])
            losses = np.broadcast_to(losses, _HEIGHTS[::-1])
            finite = losses[np.isfinite(losses)]
            if not len(finite) or not len(contours.levels):
                return None
            low, high = float(finite.min()), float(finite.max())
            # Halved, no difference of two floats overflows.
            span = high / 2 - low / 2
            if not span > 0:
                return None

            def root(values: Any) -> Any:
                return np.sqrt(np.clip((values / 2 - low / 2) / span, 0, 1))

            heights = np.where(np.isnan(losses), np.nan, root(np.minimum(losses, high)))
            pairs = [
                (float(root(np.array(level))), level)
                for level in contours.levels[: len(BAND_ROLES) - 1]
            ]
        pairs = [pair for pair in pairs if 0 < pair[0] < 1]
        pairs = [pair for at, pair in enumerate(pairs) if at == 0 or pair[0] > pairs[at - 1][0]]
        if not pairs:
            return None
        return cls(heights, *map(tuple, zip(*pairs, strict=True)))

    def draw(self, axes: Axes, scheme: Scheme, order: int) -> None:
        u, v = (np.linspace(0, 1, count) for count in _HEIGHTS)
        heights = np.ma.masked_invalid(self.heights)
        edges = [-1.0, *self.levels, 2.0]
        axes.contourf(u, v, heights, edges, colors=self._colours(scheme), zorder=order - 1)
        axes.contour(
            u, v, heights, self.levels, colors=[scheme.colour(Role.CONTOUR)], linewidths=0.6,
            zorder=order,
        )  # fmt: skip

    def _colours(self, scheme: Scheme) -> list[str]:
        """As many of the bands as there are here, the highest last."""
        return [scheme.colour(role) for role in BAND_ROLES[-len(self.levels) - 1 :]]

    def draw_scale(self, axes: Axes, scheme: Scheme) -> None:
        """The bands one above the other, with the loss at which each begins."""
        colours = self._colours(scheme)
        for at, colour in enumerate(colours):
            low, high = at / len(colours), (at + 1) / len(colours)
            axes.add_patch(Rectangle((0, low), 1, high - low, facecolor=colour, linewidth=0))
        axes.set_xticks([])
        places = [(at + 1) / len(colours) for at in range(len(self.losses))]
        axes.set_yticks(places, [short(loss, 4) for loss in self.losses])
        quiet = scheme.colour(Role.QUIET)
        axes.yaxis.tick_right()
        axes.tick_params(labelsize=_TICK - 2, colors=quiet, length=2)
        axes.text(0, 1 + 8 / BOX_HEIGHT, "loss", size=_TICK, color=quiet)


def _axes(
    figure: Figure,
    size: tuple[float, float],
    room: tuple[float, float, float, float],
    scheme: Scheme,
) -> Axes:
    """A box from 0 to 1 both ways; its place and size are in points."""
    (width, height), (x, y, wide, high) = size, room
    axes = figure.add_axes((x / width, y / height, wide / width, high / height))
    axes.set(xlim=(0, 1), ylim=(0, 1), facecolor=scheme.background)
    for spine in axes.spines.values():
        spine.set(color=scheme.colour(Role.AXIS), linewidth=0.8)
    return axes


# Lines and marks


def _line_of(role: Role, scheme: Scheme) -> Line2D:
    return Line2D(
        [],
        [],
        color=scheme.colour(role),
        linewidth=_WIDTHS.get(role, 0.9 if role in (Role.RESIDUAL, Role.QUIET) else 1.4),
        linestyle=_DASHES.get(role, "-"),
    )


def _marks_of(layer: Layer, scheme: Scheme, few: bool = True) -> list[Line2D]:
    """What a mark is made of, where there are few of it or many."""
    if layer.role is Role.EXAMPLE:
        mark = _marker(layer.role, scheme, "o", _EXAMPLE_SIZE if few else _DOT_SIZE, filled=True)
        # Where several lie on one another it is darker.
        mark.set(markerfacecolor=(scheme.foreground, 0.25), markeredgewidth=0.8 if few else 0)
        return [mark]
    parts = MARKS.get(layer.glyph, MARKS["●"])
    return [_marker(layer.role, scheme, *part) for part in parts]


def _marker(role: Role, scheme: Scheme, form: Any, size: float, filled: bool | None) -> Line2D:
    colour = scheme.colour(role)
    faces = {True: colour, False: scheme.background, None: "none"}
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=form,
        markersize=size,
        markeredgecolor=colour,
        markerfacecolor=faces[filled],
        markeredgewidth=1.6 if form in ("x", "+") or not filled else 0.8,
    )


def _arrow_head(angle: float) -> list[tuple[float, float]]:
    """A triangle with its tip at the place that it marks."""
    right, up = math.cos(angle), math.sin(angle)
    corners = [(0.0, 0.0), (-1.0, 0.42), (-1.0, -0.42)]
    return [(x * right - y * up, x * up + y * right) for x, y in corners]


def _direction(piece: Vector) -> float:
    """The angle of a piece of a line, as it looks."""
    right, up = (piece[2:] - piece[:2]) * (BOX_WIDTH, BOX_HEIGHT)
    return math.atan2(up, right)


def _shortened(piece: Vector) -> Vector:
    """A piece of a line that ends within the arrow head that follows, and not beyond its tip."""
    length = math.hypot(*((piece[2:] - piece[:2]) * (BOX_WIDTH, BOX_HEIGHT)))
    part = max(length - _HEAD_SIZE / 4, 0) / length if length else 1.0
    return np.concatenate([piece[:2], piece[:2] + part * (piece[2:] - piece[:2])])


def _chained(pieces: Vector) -> tuple[Vector, Vector]:
    """Pieces of shape (n, 4) as the points of a line, with a NaN where it is parted."""
    if not len(pieces):
        return np.empty(0), np.empty(0)
    parted = np.any(pieces[1:, :2] != pieces[:-1, 2:], axis=1)
    starts = np.concatenate([[0], np.flatnonzero(parted) + 1])
    gap = np.full((1, 2), np.nan)
    parts: list[Vector] = []
    for start, end in zip(starts, [*starts[1:], len(pieces)], strict=True):
        parts += [pieces[start : start + 1, :2], pieces[start:end, 2:], gap]
    points = np.concatenate(parts[:-1])
    return points[:, 0], points[:, 1]


def _seen(x: Vector, y: Vector) -> tuple[Vector, Vector]:
    inside = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    return x[inside], y[inside]


def _thinned(x: Vector, y: Vector) -> tuple[Vector, Vector]:
    """The points, without those that hide others; a few are all kept, to be darker together."""
    if len(x) <= _MANY_MARKS:
        return x, y
    places = np.column_stack([x * BOX_WIDTH, y * BOX_HEIGHT]) / _APART
    first = np.unique(np.floor(places), axis=0, return_index=True)[1]
    return x[first], y[first]


def free_place(
    x: float, y: float, width: float, taken: Sequence[tuple[float, float, float]]
) -> tuple[float, float]:
    """The nearest place in its row, within the box, that hides no other."""
    high = _WORD * _LEADING
    y = min(max(y, high / 2), BOX_HEIGHT - high / 2)
    beside = [(at, wide) for at, row, wide in taken if abs(row - y) < high]
    clear = [at + sign * (wide + width) / 2 for at, wide in beside for sign in (-1, 1)]
    places = [min(max(place, width / 2), BOX_WIDTH - width / 2) for place in (x, *clear)]
    free = [
        place
        for place in places
        if all(abs(place - at) >= (wide + width) / 2 - 1e-6 for at, wide in beside)
    ]
    return min(free or places, key=lambda place: abs(place - x)), y


# Letters


def _width(text: str, size: float) -> float:
    """How wide a text is, in points."""
    width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), False)
    return float(width)


def _cut(text: str, size: float, width: float) -> str:
    """A text of one line, as much of it as fits."""
    if _width(text, size) <= width:
        return text
    # The longer, the wider: so the first that is too wide is soon found.
    lengths = range(len(text) + 1)
    too_long = bisect_right(lengths, width, key=lambda length: _width(text[:length] + "…", size))
    return text[: max(too_long - 1, 0)] + "…"


def _wrapped(text: str, size: float, width: float) -> list[str]:
    """A text in lines; a word that is wider than a line is parted."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer, size) <= width:
            lines[-1] = longer
            continue
        lines += [word] if lines[-1] else []
        lines[-1] = lines[-1] or word
        while _width(lines[-1], size) > width and len(lines[-1]) > 1:
            head = _cut(lines[-1], size, width)[:-1] or lines[-1][:1]
            lines[-1:] = [head, lines[-1][len(head) :]]
    return lines
