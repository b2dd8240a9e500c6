"""patent/pi4pc: which of five paragraphs was cited against a claim (PANORAMA).

The score is the share of claims with a gold paragraph; guessing gives 0.2. Prompts are far too long for a small model;
nothing is cut.
"""

import json
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Reference, Split, Task
from ftdojo.scorers.patents.pi4pc import keys, pi4pc_grade, reference_mark, reference_total
from ftdojo.scorers.patents.prompts import pi4pc_prompt
from ftdojo.tasks.patent import panorama
from ftdojo.tasks.patent.datasets import PI4PC

NAME = "patent/pi4pc"
MAX_NEW_TOKENS = 32
Row = dict[str, Any]


def _keys(row: Row, kind: str) -> list[int]:
    return keys(row[f"{kind}_answers"])


BENCHMARK = panorama.Benchmark(
    dataset=PI4PC,
    prompt=pi4pc_prompt,
    gold=lambda row: json.dumps({"answer": min(_keys(row, "gold"))}) if _keys(row, "gold") else "",
    facts=lambda row: {"gold": _keys(row, "gold"), "silver": _keys(row, "silver")},
    slices=lambda row: {"silver": "yes" if _keys(row, "silver") else "no"},
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the claims of ``split``, always the same ones in the same order."""
    return BENCHMARK.items(split)


def grade(output: str, item: Item) -> Grade:
    """Compare the number in the last JSON object with the paragraphs cited; without one the output is unreadable."""
    return pi4pc_grade(output, item.facts["gold"], item.facts["silver"])


task = Task(
    name=NAME,
    version=1,
    domain="patent",
    summary=(
        "Given a patent application, one of its claims, an earlier patent in full and five of its paragraphs, name the "
        "paragraph that the examiner cited against the claim. Guessing gives 0.2. "
        f"{panorama.LENGTH}; a model with a short context cannot read it."
    ),
    answer_format=(
        'One JSON object with the key answer, the number of one paragraph, as in {"answer": 9}. The last object counts; text '
        f"before it is ignored. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without such a number the "
        "output is unreadable and scores 0."
    ),
    system="",
    template="{question}",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=BENCHMARK.sources("panorama-pi4pc"),
    items=items,
    grade=grade,
    overlap_words=panorama.OVERLAP_WORDS,
    datasets=(PI4PC,),
    secondary={
        "half_silver": "accuracy with a half for a paragraph cited against another claim, 0 to 1; higher is better"
    },
    slices={"silver": "whether one of the five was cited against another claim"},
    reference=Reference(
        mark=lambda output, item: reference_mark(output, item.facts["gold"]),
        total=reference_total,
        origin="PI4PCEvaluator of RD-Agent's OpenCompass fork, without the silver paragraphs",
    ),
    reference_items=BENCHMARK.reference_items,
    published=panorama.published(
        "gold_hit_rate",
        ("Qwen2.5-7B-Instruct", "base", 34.0),
        ("Qwen2.5-7B-Instruct", "FT-Agent", 49.0),
        ("Qwen2.5-3B-Instruct", "base", 21.0),
        ("Qwen2.5-3B-Instruct", "FT-Agent", 34.0),
    ),
)
