"""The page about a run, its story, and its steps as rows: made from the run folder alone, at any time."""

from ftdojo.report.page import render, write
from ftdojo.report.story import write_story
from ftdojo.report.trajectories import write_rows

__all__ = ["render", "write", "write_rows", "write_story"]
