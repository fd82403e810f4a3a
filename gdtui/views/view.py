"""What a view is, and the registry that all views are entered into."""

from __future__ import annotations

from collections.abc import Callable

from gdtui.drawing import (
    Drawing,
    Page,
)
from gdtui.scene import Scene

View = Callable[[Scene], Drawing | Page]


# By the key that chooses it: the name of a view, and the view.
ENTERED: dict[int, tuple[str, View]] = {}


def view(key: int, name: str) -> Callable[[View], View]:
    """Enter a view among all that there are, under the key that chooses it: 1, 2, ..."""

    def enter(function: View) -> View:
        ENTERED[key] = name, function
        return function

    return enter


def short_name(name: str) -> str:
    """The noun of a view's name: of "Loss by iteration" it is "Loss", of "This step" "Step"."""
    return name.partition(" by ")[0].split()[-1].capitalize()
