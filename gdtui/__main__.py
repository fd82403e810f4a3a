"""The program: the command `gdtui`, and `python -m gdtui`."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run gdtui; returns the exit status."""
    # What an import makes stays to the end: to look through it for garbage, meanwhile and once more
    # at the exit, would take a tenth of the time of `--help`.
    gc.disable()
    from gdtui.cli.main import main as run

    gc.freeze()
    gc.enable()
    return run()


if __name__ == "__main__":
    sys.exit(main())
