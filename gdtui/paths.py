"""Where gdtui keeps what outlives it."""

from __future__ import annotations

from pathlib import Path

from platformdirs.unix import Unix


def state_folder() -> Path:
    """Our folder in that for the state of programs; raises RuntimeError where there is no home.

    That is $XDG_STATE_HOME if it is absolute, as the XDG Base Directory Specification has it, else
    ~/.local/state: on every system, as the sessions of the first release are there.
    """
    return Unix("gdtui", appauthor=False).user_state_path
