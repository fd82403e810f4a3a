"""What a descent is about: a surface, with the examples that it is made of if it has any."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, NamedTuple

from gdtui.core.landscapes import Landscape
from gdtui.core.printable import printable
from gdtui.core.settings import Settings
from gdtui.core.surface import LossSurface, Surface, surface_of
from gdtui.dataset import Dataset
from gdtui.samples import DEFAULT_SAMPLE, sample_at, sample_path

STDIN = "-"


class Source(NamedTuple):
    """What was asked for: a file or a sample and its columns, or the name of a landscape.

    Without any of them it is the sample that opens by itself.
    """

    path: str | None = None
    x: str | None = None
    y: str | None = None
    surface: str | None = None
    sample: str | None = None
    drop_missing: bool = False

    @property
    def is_stream(self) -> bool:
        """Whether the data came from standard input, which can't be read again."""
        return self.path == STDIN

    @property
    def file(self) -> str:
        """The file to read."""
        source = self.found
        return (
            source.path if source.path is not None else sample_path(source.sample or DEFAULT_SAMPLE)
        )

    @property
    def name(self) -> str:
        """The name of the file, the sample or the landscape; as it is, so not safe to show."""
        if self.surface is not None:
            return self.surface
        return os.path.basename(self.path or self.sample or DEFAULT_SAMPLE)

    @property
    def found(self) -> Source:
        """The same, but a sample is known by its name: its place is another in another gdtui."""
        if self.surface is not None or self.is_stream or self.sample is not None:
            return self
        sample = DEFAULT_SAMPLE if self.path is None else sample_at(self.path)
        return self._replace(path=None, sample=sample) if sample else self

    @property
    def found_again(self) -> Source:
        """The same, but the sample where gdtui 0.1.0 wrote a place at which it no longer is."""
        folder, name = os.path.split(self.path or "")
        if os.path.basename(folder) != "data" or os.path.exists(self.path or ""):
            return self
        return self._replace(path=None, sample=name) if sample_at(sample_path(name)) else self

    @property
    def from_anywhere(self) -> Source:
        """The same, that can be opened from any folder."""
        if self.path is None or self.is_stream:
            return self
        return self._replace(path=os.path.abspath(self.path))


@dataclass(frozen=True, eq=False)
class Problem:
    """A surface to descend, and where it comes from; of a landscape there is no dataset."""

    source: Source
    surface: Surface
    dataset: Dataset | None = None

    @classmethod
    def of_dataset(cls, dataset: Dataset, source: Source | None = None) -> Problem:
        """The loss of a line over the examples of a dataset."""
        return cls(source or Source(), LossSurface.of(dataset.x, dataset.y), dataset)

    @classmethod
    def of_landscape(cls, landscape: Landscape) -> Problem:
        """A surface that needs no data."""
        return cls(Source(surface=landscape.name), landscape)

    @property
    def landscape(self) -> Landscape | None:
        """The surface, where it needs no data."""
        return self.surface if isinstance(self.surface, Landscape) else None

    def surface_for(self, settings: Settings) -> Surface:
        """The surface that a descent with these settings runs over; always the same two."""
        return surface_of(self.surface, settings)

    @property
    def name(self) -> str:
        """The name of the data's file, or of the landscape; as it is, so not safe to show."""
        return self.dataset.name if self.dataset else (self.source.surface or "")

    @property
    def names(self) -> tuple[str, str]:
        """What the feature and the label are called, safe to show."""
        if self.dataset is None:
            return "x", "y"
        return printable(self.dataset.feature), printable(self.dataset.label)

    @property
    def example_count(self) -> int:
        """How many examples there are; none of a landscape."""
        return len(self.dataset.x) if self.dataset else 0

    @property
    def title(self) -> str:
        """What the descent is on, in a line that is safe to show."""
        if self.dataset is None:
            return self.surface.title
        count = self.example_count
        examples = "1 example" if count == 1 else f"{count:,} examples"
        caveat = f" · {self.dataset.caveat}" if self.dataset.caveat else ""
        return f"{printable(self.dataset.name)} · {' -> '.join(self.names)} · {examples}{caveat}"

    @property
    def fingerprint(self) -> str:
        """What tells these data from any other; of a landscape, its name."""
        return self.dataset.fingerprint if self.dataset else self.name

    @property
    def description(self) -> dict[str, Any]:
        """What it is, for whoever reads an export."""
        if self.dataset is None:
            return {"surface": self.name}
        return {
            "name": self.dataset.name,
            "feature": self.dataset.feature,
            "label": self.dataset.label,
            "examples": self.example_count,
        }
