"""The program as a process of its own."""

import os
import sys
from pathlib import Path

import gdtui

# The package under test, wherever the program is started.
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(gdtui.__file__).parents[1]),
    "PYTHONIOENCODING": "utf-8",
    "COLUMNS": "200",
    "PYTHONUNBUFFERED": "",
}


PROGRAM = [sys.executable, "-m", "gdtui"]
