"""The page about a run: one self-contained HTML file, made from the run folder alone, at any time."""

from ftdojo.report.page import render, write
from ftdojo.report.story import write_story

__all__ = ["render", "write", "write_story"]
