"""patent/noc4pc: is a claim allowed, not novel (102) or obvious (103), as PANORAMA asks?

The score is the unweighted mean F1 of the labels; an unreadable answer misses its label, where the published evaluator
leaves it out. Prompts are far too long for a small model; nothing is cut.
"""

import json
from functools import cache
from typing import Any

from ftdojo.records import Aggregate, Direction, Grade, Item, Reference, Split, Task
from ftdojo.scorers.patents.noc4pc import CODES, noc4pc_grade, reference_mark, reference_total
from ftdojo.scorers.patents.prompts import noc4pc_prompt, unpacked
from ftdojo.tasks.patent import panorama
from ftdojo.tasks.patent.datasets import NOC4PC

NAME = "patent/noc4pc"
MAX_NEW_TOKENS = 32
Row = dict[str, Any]


def _code(row: Row) -> str:
    return str(unpacked(row["answer"]).get("code", "")).strip().upper()


BENCHMARK = panorama.Benchmark(
    dataset=NOC4PC,
    prompt=noc4pc_prompt,
    gold=lambda row: json.dumps({"code": _code(row)}) if _code(row) in CODES else "",
    facts=lambda row: {"code": _code(row)},
    slices=lambda row: {"label": _code(row)},
    reason=lambda row: str(unpacked(row["answer"]).get("reason", "")),
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the claims of ``split``, always the same ones in the same order."""
    return BENCHMARK.items(split)


def grade(output: str, item: Item) -> Grade:
    """Compare the code in the last JSON object with the examiner's; without one the output is unreadable."""
    return noc4pc_grade(output, item.facts["code"])


task = Task(
    name=NAME,
    version=1,
    domain="patent",
    summary=(
        "Given a patent application, one of its claims and the earlier patents cited, decide as the examiner did: 102 if "
        "one of them shows the whole claim, 103 if the claim is obvious from them, else ALLOW. The score is the mean F1 of "
        f"the labels, so a constant answer is worth little. {panorama.LENGTH}; a model with a short context cannot read it."
    ),
    answer_format=(
        'One JSON object with the key code, one of "102", "103" and "ALLOW", as in {"code": "102"}. The last object counts; '
        f"text before it is ignored. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without such a code "
        "the output is unreadable and counts as a miss of its label."
    ),
    system="",
    template="{question}",
    metric="macro_f1",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=BENCHMARK.sources("panorama-noc4pc"),
    items=items,
    grade=grade,
    overlap_words=panorama.OVERLAP_WORDS,
    datasets=(NOC4PC,),
    aggregate=Aggregate(kind="macro-f1", over="label"),
    slices={"label": "the examiner's decision: 102, 103 or ALLOW"},
    reference=Reference(
        mark=lambda output, item: reference_mark(output, item.facts["code"]),
        total=reference_total,
        origin="NOC4PCEvaluator of RD-Agent's OpenCompass fork, which leaves unreadable rows out",
    ),
    reference_items=BENCHMARK.reference_items,
    published=panorama.published(
        "macro_f1",
        ("Qwen2.5-7B-Instruct", "base", 26.20),
        ("Qwen2.5-7B-Instruct", "FT-Agent", 36.81),
    ),
)
