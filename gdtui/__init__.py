"""gdtui: a gradient-descent laboratory for the terminal, and its core for a notebook."""

from __future__ import annotations

__version__ = "0.1.0"

# Where each public name lives. It is imported when asked for: `gdtui --help` needs no numpy.
_HOMES = {
    "DataError": "gdtui.dataset.text",
    "Dataset": "gdtui.dataset.text",
    "LossSurface": "gdtui.core.surface",
    "METHODS": "gdtui.core.methods",
    "Outcome": "gdtui.core.descent",
    "Run": "gdtui.core.run",
    "Settings": "gdtui.core.settings",
    "Status": "gdtui.core.descent",
    "Step": "gdtui.core.descent",
    "descend": "gdtui.core.descent",
    "read_dataset": "gdtui.dataset.text",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
