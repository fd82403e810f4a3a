"""The data sets that come with gdtui: their names work from anywhere."""

from __future__ import annotations

import os

DEFAULT_SAMPLE = "pizza.txt"


def sample_folder() -> str:
    """Where the samples are: inside the installed package, or beside it in a working copy."""
    package = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(package, "data")
    return installed if os.path.isdir(installed) else os.path.join(package, os.pardir, "data")


def sample_path(name: str) -> str:
    """Where the sample of a name is, be there one or not."""
    return os.path.join(sample_folder(), name)


def sample_at(path: str) -> str | None:
    """The name of the sample that a path leads to: by the name alone where no file has it."""
    name = os.path.basename(path)
    if not name or not os.path.isfile(sample_path(name)):
        return None
    if path == name and not os.path.exists(path):
        return name
    try:
        return name if os.path.samefile(path, sample_path(name)) else None
    except (OSError, ValueError):
        return None
