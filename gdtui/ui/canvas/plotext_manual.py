"""plotext, imported without its own manual.

Without it: plotext formats the pages of its manual as it is imported, for each of its hundreds of
names, and nobody reads them here. Measured: it is imported in 50 ms in place of 140.
Seen in plotext 6.1.0; no upstream issue found. `tests/test_textual_fixes.py` has a test with
plain plotext that fails once it does so no more: then this file goes.
"""

from __future__ import annotations

import sys
from types import ModuleType

_MANUAL = "plotext._doc.doc"


class _NoManual(ModuleType):
    """Stands where plotext looks for its manual, until it is imported."""

    docs = None


if "plotext" in sys.modules:
    import plotext
else:
    sys.modules[_MANUAL] = _NoManual(_MANUAL)
    try:
        import plotext
    finally:
        del sys.modules[_MANUAL]

__all__ = ["plotext"]
