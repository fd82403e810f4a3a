"""Reading a dataset: text in columns, by line and column."""

from gdtui.dataset.dataset import DataError, Dataset
from gdtui.dataset.formats import read_dataset

__all__ = ["DataError", "Dataset", "read_dataset"]
