"""Where gdtui keeps what outlives it."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """Our folder under the XDG state folder; raises RuntimeError where there is no home."""
    state = os.environ.get("XDG_STATE_HOME", "")
    # The XDG Base Directory Specification has a relative path ignored.
    folder = Path(state) if os.path.isabs(state) else Path.home() / ".local" / "state"
    return folder / "gdtui"
