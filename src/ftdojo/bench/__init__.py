"""Agents compared: a matrix of tasks, agents, models and seeds, run cell by cell and read from the run folders."""

from ftdojo.bench.cells import base_cells, cells, most_s, require_names
from ftdojo.bench.comparing import compare, read, write
from ftdojo.bench.matrix_file import read_matrix
from ftdojo.bench.place import Place
from ftdojo.bench.plain import facts, failures, notes, overall_table, row_table
from ftdojo.bench.reading import is_finished, outcome
from ftdojo.bench.running import Runner
from ftdojo.bench.words import Bench, Cell, Matrix, Outcome, State

__all__ = [
    "Bench",
    "Cell",
    "Matrix",
    "Outcome",
    "Place",
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
