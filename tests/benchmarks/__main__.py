"""Measure gdtui, each figure beside its yardstick in the same run: python tests/benchmarks

Prints a table in Markdown. Name some measurements (`python tests/benchmarks keys bytes_sent`) to
run these alone.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

# For tests/terminal.py, which drives the real program.
sys.path.insert(0, str(Path(__file__).parents[1]))

import followed  # noqa: F401
import on_screen  # noqa: F401
import without_screen  # noqa: F401
from table import MEASUREMENTS, row


def main(wanted: list[str]) -> None:
    """Run the measurements that are wanted, or all, and print the table."""
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n")
    print("| what | measured | yardstick | ratio | wanted | |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in wanted or MEASUREMENTS:
        for figure in MEASUREMENTS[name]():
            print(row(figure), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
