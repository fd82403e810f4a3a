"""What a view is, and the registry that all views are entered into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gdtui.drawing import BAND_ROLES, BRAILLE, Contours, Drawing, Layer, Page, Role, Row, Span
from gdtui.now import Explained, Now
from gdtui.scene import Scene

View = Callable[[Scene], Drawing | Page]

# In the place of a glyph: the lines of a page.
TEXT = "text"
# What stands for lines, and for the lines of a page, where all else is shown by its own glyph.
_SAMPLES = {BRAILLE: "⠤⠤", TEXT: "Aa"}


class Sign(NamedTuple):
    """What a view draws in some roles and with some glyphs, or any: its name, and what it says.

    A glyph is one character, BRAILLE for what is drawn of dots, or TEXT.
    """

    name: str
    roles: tuple[Role, ...]
    glyphs: tuple[str, ...]
    explain: Callable[[Now], str]

    def stands_for(self, role: Role, glyph: str) -> bool:
        """Whether this is what it explains."""
        return role in self.roles and (not self.glyphs or glyph in self.glyphs)


# By the key that chooses it: the name of a view, and the view.
ENTERED: dict[int, tuple[str, View]] = {}
# The signs of each view by its name, the most telling first; of two that fit the first counts.
SIGNS: dict[str, tuple[Sign, ...]] = {}


def view(key: int, name: str, *signs: Sign) -> Callable[[View], View]:
    """Enter a view among all that there are, under the key that chooses it: 1, 2, ...

    What no sign of it explains is explained by its role.
    """

    def enter(function: View) -> View:
        ENTERED[key] = name, function
        SIGNS[name] = signs
        return function

    return enter


def sign_of(name: str, role: Role, glyph: str) -> Sign:
    """What explains a piece of a view."""
    for sign in SIGNS[name]:
        if sign.stands_for(role, glyph):
            return sign
    return _sign_of_roles(role.meaning)


@lru_cache
def _sign_of_roles(meaning: str) -> Sign:
    """What explains all roles of one meaning; their names differ in a number, if at all."""
    roles = tuple(role for role in Role if role.meaning == meaning)
    return Sign(roles[0].rstrip("-1"), roles, (), lambda now: meaning)


def pieces(shown: Drawing | Page) -> Iterator[tuple[Role, str]]:
    """The role and the glyph of each piece of a drawing or a page that there is to be seen."""
    if isinstance(shown, Page):
        yield from ((role, TEXT) for _, role in shown.lines)
        return
    for layer in shown.layers:
        if isinstance(layer, Contours):
            yield from ((role, BRAILLE) for role in (layer.role, *BAND_ROLES))
        elif _is_seen(layer):
            yield layer.role, layer.glyph
    yield from ((label.role, label.text[-1:]) for label in shown.labels)


def _is_seen(layer: Layer) -> bool:
    """Whether there are points to be drawn: a line needs two of them."""
    places = np.isfinite(layer.points).all(axis=0)
    return int(np.count_nonzero(places)) > layer.line


def explained(name: str, shown: Drawing | Page, now: Now) -> list[Explained]:
    """Each sign that is seen in what a view has drawn, as it looks there, and what it says."""
    found: dict[Sign, list[Span]] = {}
    for role, glyph in dict.fromkeys(pieces(shown)):
        found.setdefault(sign_of(name, role, glyph), []).append((_SAMPLES.get(glyph, glyph), role))
    order = {sign: at for at, sign in enumerate(SIGNS[name])}
    return [
        Explained(sign.name, sign.explain(now), tuple(found[sign]))
        for sign in sorted(found, key=lambda sign: order.get(sign, len(order)))
    ]


def named(drawings: Iterable[Drawing | Page]) -> list[Row]:
    """Each mark and each line that some drawings name, as it looks, and the first word for it."""
    found: dict[Span, str] = {}
    for layer in (one for shown in drawings if isinstance(shown, Drawing) for one in shown.layers):
        if isinstance(layer, Layer) and layer.word and _is_seen(layer):
            sample = f"{_SAMPLES.get(layer.glyph, layer.glyph):2}"
            found.setdefault((sample, layer.role), layer.word)
    return [(sample, (f" {word}", Role.QUIET)) for sample, word in found.items()]


def short_name(name: str) -> str:
    """The noun of a view's name: of "Loss by iteration" it is "Loss", of "This step" "Step"."""
    return name.partition(" by ")[0].split()[-1].capitalize()
