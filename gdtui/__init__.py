"""gdtui: a gradient-descent laboratory for the terminal, and its core for a notebook."""

from __future__ import annotations

__version__ = "0.1.0"

# Where each public name lives. It is imported when asked for: `gdtui --help` needs no numpy.
_HOMES = {
    "DataError": "dataset",
    "Dataset": "dataset",
    "LossSurface": "surface",
    "METHODS": "methods",
    "Outcome": "descent",
    "Run": "run",
    "Settings": "settings",
    "Status": "descent",
    "Step": "descent",
    "descend": "descent",
    "read_dataset": "dataset",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"gdtui.core.{_HOMES[name]}"), name)
