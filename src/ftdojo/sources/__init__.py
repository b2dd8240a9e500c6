"""Raw data sets on disk: written once, verified ever after, profiled, and read back in slices."""

from ftdojo.sources.cards import card
from ftdojo.sources.fetch import dataset_rows
from ftdojo.sources.stored import StoredSource, head, materialise, rows

__all__ = ["StoredSource", "card", "dataset_rows", "head", "materialise", "rows"]
