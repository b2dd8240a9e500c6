"""Raw data sets on disk: written once, verified ever after, profiled, and read back in slices."""

from ftdojo.sources import licences
from ftdojo.sources.arrow_rows import label_names
from ftdojo.sources.cards import card, provenance
from ftdojo.sources.client import Download, local_only, on_download
from ftdojo.sources.fetch import dataset_rows, pull, where
from ftdojo.sources.folders import split_files
from ftdojo.sources.profile import ESTIMATED, Tokens
from ftdojo.sources.reading import read_lines, read_rows
from ftdojo.sources.stored import StoredSource, each_row, head, materialise, rows, spread

__all__ = [
    "ESTIMATED",
    "Download",
    "StoredSource",
    "Tokens",
    "card",
    "dataset_rows",
    "each_row",
    "head",
    "label_names",
    "licences",
    "local_only",
    "materialise",
    "on_download",
    "provenance",
    "pull",
    "read_lines",
    "read_rows",
    "rows",
    "split_files",
    "spread",
    "where",
]
