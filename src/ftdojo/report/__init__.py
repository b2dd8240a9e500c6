"""The page about a run: one self-contained HTML file, made from the run folder alone, at any time."""

from ftdojo.report.page import render, write

__all__ = ["render", "write"]
