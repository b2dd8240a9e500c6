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
        "text/agnews": "ftdojo.scorers.labels:score_line",
        "text/sst2": "ftdojo.scorers.labels:score_word",
        "bbh": "ftdojo.scorers.general.bbh:score",
        "restaurant8k": "ftdojo.scorers.general.restaurant8k:score",
        "text2sql_geo": "ftdojo.scorers.general.sql:score",
        "ifeval": "ftdojo.scorers.general.ifeval:score",
        "_common": "ftdojo.scorers.think:score",
        "think_strip": "ftdojo.scorers.think:score",
        "aime24": "ftdojo.scorers.maths.aime:score",
        "aime25": "ftdojo.scorers.maths.aime:score",
        "math/aime24": "ftdojo.scorers.maths.aime:score",
        "math/aime25": "ftdojo.scorers.maths.aime:score",
        "gsm8k": "ftdojo.scorers.maths.gsm8k:score",
        "math/gsm8k": "ftdojo.scorers.maths.gsm8k:score",
        "financeiq": "ftdojo.scorers.finance.financeiq:score",
        "finance/financeiq": "ftdojo.scorers.finance.financeiq:score",
        "finance/banking77": "ftdojo.scorers.labels:score_line",
        "panorama_par4pc": "ftdojo.scorers.patents.cases:score_par4pc",
        "patent/par4pc": "ftdojo.scorers.patents.cases:score_par4pc",
        "panorama_pi4pc": "ftdojo.scorers.patents.cases:score_pi4pc",
        "patent/pi4pc": "ftdojo.scorers.patents.cases:score_pi4pc",
        "panorama_noc4pc": "ftdojo.scorers.patents.cases:score_noc4pc",
        "patent/noc4pc": "ftdojo.scorers.patents.cases:score_noc4pc",
        "tablebench": "ftdojo.scorers.tables.cases:score",
        "tables/data-analysis": "ftdojo.scorers.tables.cases:score",
        "tables/fact-checking": "ftdojo.scorers.tables.cases:score",
        "tables/numerical-reasoning": "ftdojo.scorers.tables.cases:score",
        "tables/visualization": "ftdojo.scorers.tables.cases:score",
        "chemcotbench": "ftdojo.scorers.chemistry.cases:score",
        "chemistry/mol-und": "ftdojo.scorers.chemistry.cases:score",
        "chemistry/mol-edit": "ftdojo.scorers.chemistry.cases:score",
        "chemistry/mol-opt": "ftdojo.scorers.chemistry.cases:score",
        "chemistry/reaction": "ftdojo.scorers.chemistry.cases:score",
    },
)

__all__ = ["Case", "CaseScorer", "Variants", "cases"]
