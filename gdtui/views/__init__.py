"""The views: each a function from a scene to a drawing, in a file of its own.

Whatever stands in this folder is imported, and so enters its view into `VIEWS`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from gdtui.views.view import ENTERED, View, short_name

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

# In the order of their keys.
VIEWS: dict[str, View] = {name: view for _, (name, view) in sorted(ENTERED.items())}
# Where there is little room: a word for each.
SHORT_NAMES: dict[str, str] = {name: short_name(name) for name in VIEWS}

__all__ = ["SHORT_NAMES", "VIEWS", "View"]
