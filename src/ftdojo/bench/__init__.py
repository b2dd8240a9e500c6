"""Agents compared: a matrix of tasks, agents, models and seeds, run cell by cell and read from the run folders."""

from ftdojo.bench.compare import compare, read, write
from ftdojo.bench.folder import BenchFolder, is_finished, outcome
from ftdojo.bench.matrix import base_cells, cells, most_s, read_matrix, require_names
from ftdojo.bench.runner import Runner
from ftdojo.bench.tables import facts, failures, notes, overall_table, row_table
from ftdojo.bench.types import BenchResult, Cell, CellOutcome, Matrix, State

__all__ = [
    "BenchFolder",
    "BenchResult",
    "Cell",
    "CellOutcome",
    "Matrix",
    "Runner",
    "State",
    "base_cells",
    "cells",
    "compare",
    "facts",
    "failures",
    "is_finished",
    "most_s",
    "notes",
    "outcome",
    "overall_table",
    "read",
    "read_matrix",
    "require_names",
    "row_table",
    "write",
]
