"""Scorers by benchmark: text in, a grade out. ``reference`` repeats the published evaluator, ``strict`` is ours.

``cases`` names, for each data set and each task, the function that scores one case of a case file.
"""

from ftdojo.registry import Registry
from ftdojo.scorers.case import Case, CaseScorer, Variants

cases: Registry[CaseScorer] = Registry(
    "case scorer",
    {
        "agnews": "ftdojo.scorers.labels:score_line",
        "banking77": "ftdojo.scorers.labels:score_line",
        "sst2": "ftdojo.scorers.labels:score_word",
        "pubmedqa": "ftdojo.scorers.labels:score_word",
        "bioprobench": "ftdojo.scorers.biology.bioprobench_cases:score",
        "biology/protocol-qa": "ftdojo.scorers.biology.bioprobench_cases:score",
        "biology/protocol-ordering": "ftdojo.scorers.biology.bioprobench_cases:score",
        "biology/protocol-error": "ftdojo.scorers.biology.bioprobench_cases:score",
        "biology/protocol-generation": "ftdojo.scorers.biology.bioprobench_cases:score",
        "biology/pubmedqa": "ftdojo.scorers.labels:score_word",
    },
)

__all__ = ["Case", "CaseScorer", "Variants", "cases"]
