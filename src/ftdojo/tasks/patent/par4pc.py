"""patent/par4pc: which of eight patents were cited against a claim (PANORAMA).

The score is the mean F1 per claim. What RD-Agent calls macro F1 pools all claims and reads letters out of words; the
reference evaluator has both. Prompts are far too long for a small model; nothing is cut.
"""

import json
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Reference, Split, Task
from ftdojo.scorers.patents.par4pc import named, par4pc_grade, reference_mark, reference_total
from ftdojo.scorers.patents.prompts import par4pc_prompt
from ftdojo.tasks.patent import panorama
from ftdojo.tasks.patent.datasets import PAR4PC

NAME = "patent/par4pc"
MAX_NEW_TOKENS = 64
Row = dict[str, Any]


def _letters(row: Row) -> list[str]:
    return named(row["gold_answers"])


BENCHMARK = panorama.Benchmark(
    dataset=PAR4PC,
    prompt=par4pc_prompt,
    gold=lambda row: json.dumps({"answer": _letters(row)}) if _letters(row) else "",
    facts=lambda row: {"gold": _letters(row), "silver": named(row["silver_answers"])},
    slices=lambda row: {"cited": "one" if len(_letters(row)) == 1 else "several"},
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the claims of ``split``, always the same ones in the same order."""
    return BENCHMARK.items(split)


def grade(output: str, item: Item) -> Grade:
    """Return F1 of the letters in the last JSON object against those cited; without any the output is unreadable."""
    return par4pc_grade(output, item.facts["gold"], item.facts["silver"])


task = Task(
    name=NAME,
    version=1,
    domain="patent",
    summary=(
        "Given a patent application, one of its claims and eight earlier patents, A to H, name those that the examiner "
        f"cited against the claim: one, or several. {panorama.LENGTH}; a model with a short context cannot read it."
    ),
    answer_format=(
        'One JSON object with the key answer, a letter or a list of letters, as in {"answer": ["A", "C"]}. The last object '
        "counts, and only single letters A to H in it; text before it is ignored. Each claim scores F1 of the letters, and "
        f"the score is the mean over claims. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without such "
        "an answer the output is unreadable and scores 0."
    ),
    system="",
    template="{question}",
    metric="macro_f1",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=BENCHMARK.sources("panorama-par4pc"),
    items=items,
    grade=grade,
    overlap_words=panorama.OVERLAP_WORDS,
    datasets=(PAR4PC,),
    secondary={
        "exact": "share of claims with the very set of letters; higher is better",
        "custom": (
            "the authors' score, 0 to 1: a hit is worth two, a slip or a miss costs one, a patent cited against another "
            "claim costs nothing; higher is better"
        ),
    },
    slices={"cited": "whether one patent was cited or several"},
    reference=Reference(
        mark=lambda output, item: reference_mark(output, item.facts["gold"]),
        total=reference_total,
        origin="PAR4PCEvaluator of RD-Agent's OpenCompass fork; official_macro_f1 (0-1) is the authors' formula",
    ),
    reference_items=BENCHMARK.reference_items,
    published=panorama.published(
        "macro_f1",
        ("Qwen2.5-7B-Instruct", "base", 57.78),
        ("Qwen2.5-7B-Instruct", "FT-Agent", 67.61),
    ),
)
