"""gdtui: a gradient-descent laboratory for the terminal, and its core for a notebook."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.2.0.dev0"

if TYPE_CHECKING:
    from gdtui.core.descent import Descent as Descent
    from gdtui.core.descent import Outcome as Outcome
    from gdtui.core.descent import Point as Point
    from gdtui.core.descent import Status as Status
    from gdtui.core.descent import Step as Step
    from gdtui.core.descent import descend as descend
    from gdtui.core.landscapes import LANDSCAPES as LANDSCAPES
    from gdtui.core.methods import METHODS as METHODS
    from gdtui.core.run import Run as Run
    from gdtui.core.settings import Settings as Settings
    from gdtui.core.surface import LossSurface as LossSurface
    from gdtui.core.surface import Minimum as Minimum
    from gdtui.core.surface import Surface as Surface
    from gdtui.dataset import DataError as DataError
    from gdtui.dataset import Dataset as Dataset
    from gdtui.dataset import read_dataset as read_dataset
    from gdtui.runs.sweep import Trial as Trial
    from gdtui.runs.sweep import sweep as sweep
    from gdtui.theory.explanation import explanation as explanation
    from gdtui.theory.goal import gap as gap
    from gdtui.theory.verdict import Stability as Stability
    from gdtui.theory.verdict import advised_rate as advised_rate
    from gdtui.theory.verdict import critical_rate as critical_rate
    from gdtui.theory.verdict import stability as stability

# Where each public name lives. It is imported when asked for: `gdtui --help` needs no numpy.
_HOMES = {
    "gdtui.core.descent": ("Descent", "Outcome", "Point", "Status", "Step", "descend"),
    "gdtui.core.landscapes": ("LANDSCAPES",),
    "gdtui.core.methods": ("METHODS",),
    "gdtui.core.run": ("Run",),
    "gdtui.core.settings": ("Settings",),
    "gdtui.core.surface": ("LossSurface", "Minimum", "Surface"),
    "gdtui.dataset": ("DataError", "Dataset", "read_dataset"),
    "gdtui.runs.sweep": ("Trial", "sweep"),
    "gdtui.theory.explanation": ("explanation",),
    "gdtui.theory.goal": ("gap",),
    "gdtui.theory.verdict": ("Stability", "advised_rate", "critical_rate", "stability"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*_HOME_OF]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
