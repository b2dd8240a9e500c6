"""Scoring models on held-out items: the vault, the contamination gate, passes that race, and their report."""

from ftdojo.evaluation.passes import Race, evaluate
from ftdojo.evaluation.reports import is_wrong, judged, report, scores
from ftdojo.evaluation.vault import Vault, leaks

__all__ = [
    "Race",
    "Vault",
    "evaluate",
    "is_wrong",
    "judged",
    "leaks",
    "report",
    "scores",
]
