"""patent/pi4pc: which of five paragraphs was cited against a claim (PANORAMA).

The score is the share of claims with a gold paragraph; guessing gives 0.2. Prompts are far too long for a small model;
nothing is cut.

``reference`` repeats RD-Agent's evaluator: the answer's number, or else the first number in the text; silver paragraphs
are not given to it and never count. ``official`` are the authors' formulas, with silver. ``strict`` reads the number under
``answer`` and nothing else; a silver paragraph is worth a half in a secondary figure.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Published, Replication, Split, Task
from ftdojo.scorers.answers import without_thinking
from ftdojo.tasks.patent import panorama
from ftdojo.tasks.patent.panorama import (
    MISSING,
    PI4PC,
    Mode,
    claim_at,
    fenced,
    last_object,
    parsed,
    ratio,
    unpacked,
)

HEAD = """You are an expert patent examiner reviewing a patent application.
Your task is to identify the **single most relevant paragraph** from the provided Prior Art Specification that is cited to reject Claim {number} of the Target Application ({application}).

**Target Application Context:**
* **Title:** {title}
* **Abstract:** {abstract}
* **Claim {number}:** {claim}

**Prior Art Specification Context:**
* **Patent ID:** {patent_id}
* **Title:** {art_title}
* **Abstract:** {art_abstract}
* **Full Specification Text:**
{specification}

* **Cited Paragraph Options (Excerpts from the Full Specification above):**
Review the following paragraphs, which are excerpts from the full specification provided above. Choose the **one paragraph key (integer)** from the list below that best supports the rejection of Claim {number}.

Options:
{options}

**CRITICAL INSTRUCTION:**
Based on your analysis of the **Full Specification Text** and the **Target Application Claim {number}**, you **MUST** select **EXACTLY ONE** integer key from the **5 options** provided above.
Under no circumstances should you choose a key not present in the options or provide multiple keys, ranges, reasoning, or explanations.
"""
TAILS = {
    "zero-shot": """
Answer format (JSON only)
Return ONLY this JSON object - DO NOT INCLUDE ANY REASON IN THE ANSWER.
```json
{"answer": ##}
```
""",
    "cot": """
**Step-by-Step Method**
*Use the Broadest-Reasonable-Interpretation (BRI) standard throughout.*

1.  **BRI Claim Deconstruction**
    • Break the claim {number} into **numbered limitations** (e.g., [1A]-[1F]).
    • Write each limitation in examiner-style "element : function / relationship" form.
    • Try to include as much of the claim as possible.

2.  **Key Distinguishing Feature(s)**
    • Identify which limitation(s) the applicant asserts as novel / non-obvious.
    • List all the features that should be considered when evaluating novelty and non-obviousness.

3.  **Prior-Art Mapping Table (one table per option paragraph)**
    • For each of the five option paragraphs, provide a detailed mapping to Claim {number} elements.
    • Use the table format to score the degree of overlap between each option paragraph and the claim limitations.
    • IMPORTANT: **Do not skip any options** — evaluate all five paragraphs.
    | Opt# | Maps to elements | Exact term / BRI synonym | Col-Line (or ¶) | Match score* |
    |------|-----------------|--------------------------|-----------------|-------------|
    |  ##  |                 |                          |                 |             |
    *Scoring: 0 = missing, 1 = mention, 2 = partial, 3 = full & explicit.*

4.  **Select the Most Relevant Paragraph for Patentability Evaluation**
    • Your goal is to identify exactly ONE paragraph most relevant to evaluate the novelty/non-obviousness of the applicant's claimed invention.
    • Select exactly one paragraph based on its relevance to the novelty or non-obviousness of the Key Distinguishing Features (KD-x) in Claim {number}.
    • Do not select multiple keys or provide general reasoning.
    • Focus on technical relevance, improvements, and system integration when selecting your paragraph.
    Selection Criteria:
    • Consider paragraphs that scored ≥ 1 points in Step 3.
    • Technical Objectives: Does the paragraph directly support the technical objectives of the Claim?
    • Prior Art Improvements: Does the paragraph present innovative improvements to existing systems?
    • System Integration: Does the paragraph explain how elements integrate with each other?
    • Motivation to Combine: Does the paragraph offer a motivational context for combining features?

5. **Consistency & Inherency Check**
   • Verify the selected paragraph does not contradict any claim limitation.

6. **Output (JSON only)**
    Always write the "reason" first and then write the "answer".
   • 'reason' MUST list Step1-Step6 in order, each separated by ';'.
   • Keep "reason" ≤ 1000 words.
   • "answer" = single paragraph key (int).

```json
{"reason":"Step1 ... ; Step2 ... ; Step3 ... ; Step4 ...; Step5 ...; Step6 ...","answer": 17}
```
""",
}
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r'"answer"\s*:\s*(\d+)',
        r'"answer"\s*:\s*"(\d+)"',
        r"answer\s*[:=]\s*(\d+)",
    )
)
_NUMBER = re.compile(r"\b(\d+)\b")
_BROKEN = re.compile(
    r'\banswer"?\s{0,9}[:=]\s{0,9}\[?\s{0,9}"?(\d{1,9})(?!\d)', re.ASCII | re.IGNORECASE
)
_ALONE = re.compile(r"[\[(]?\s*(\d{1,9})\s*[\])]?\.?", re.ASCII)
NAME = "patent/pi4pc"
MAX_NEW_TOKENS = 32
Row = dict[str, Any]


def pi4pc_prompt(row: Mapping[str, Any], mode: Mode = "zero-shot") -> str:
    """Return the question which of five paragraphs was cited against a claim."""
    context, art = unpacked(row["context"]), unpacked(row["prior_art_specification"])
    number, options = row["claim_number"], unpacked(row["options"])
    head = HEAD.format(
        number=number,
        application=row["application_number"],
        title=context.get("title", MISSING),
        abstract=context.get("abstract", MISSING),
        claim=_numbered_claim(context.get("claims", []), number),
        patent_id=art.get("patent_id", MISSING),
        art_title=art.get("title", MISSING),
        art_abstract=art.get("abstract", MISSING),
        specification=art.get("specification", "Full specification text not available."),
        options="\n".join(f"{key}: {options[key]}" for key in sorted(options, key=int)),
    )
    return head + TAILS[mode].replace("{number}", str(number))


def _numbered_claim(claims: list[Any], number: Any) -> str:
    """Return the claim that is numbered ``number``, or else the one at that place."""
    for claim in claims:
        if isinstance(claim, dict) and claim.get("claimNumber") == number:
            return str(claim.get("claim_text", MISSING))
    return claim_at(claims, number)


def pi4pc_grade(output: str, gold: Collection[int], silver: Collection[int] = ()) -> Grade:
    """Return 1 for a gold paragraph under ``answer`` in the last JSON object.

    Secondary: ``half_silver``, which gives a silver paragraph a half.

    Example:
        >>> pi4pc_grade('{"answer": 9}', [9]).score
        1.0
    """
    key = strict_key(without_thinking(output))
    hit = float(key in gold)
    return Grade(
        score=hit,
        readable=key is not None,
        extracted="" if key is None else str(key),
        secondary={"half_silver": hit or 0.5 * (key in silver)},
    )


def strict_key(text: str) -> int | None:
    """Return the one paragraph an answer names, or None where it cannot be read.

    Example:
        >>> strict_key('{"answer": ["9"]}'), strict_key("Paragraph 66, then 9")
        (9, None)
    """
    found = last_object(text, "answer")
    if found is not None:
        return _whole(found["answer"])
    if broken := list(_BROKEN.finditer(text[-5_000:])):
        return int(broken[-1][1])
    return _whole(text.strip()) if len(text) < 100 else None


def _whole(value: Any) -> int | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _ALONE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(match[1]) if match else None


def reference_key(output: str) -> int | None:
    """Return what RD-Agent's evaluator reads, or None."""
    text = output.strip()
    text = fenced(text) if "```" in text else text
    value = parsed(text)
    if isinstance(value, dict) and (key := _as_int(value.get("answer"))) is not None:
        return key
    for pattern in _PATTERNS:
        if (match := pattern.search(text)) and (key := _as_int(match[1])) is not None:
            return key
    match = _NUMBER.search(text)
    return _as_int(match[1]) if match else None


def _as_int(value: Any) -> int | None:
    """Return ``int(value)`` for whatever Python takes for one, a truth value or ``1_0`` included."""
    try:
        return int(value)
    except (ValueError, TypeError, OverflowError):
        return None


def keys(answers: Any) -> list[int]:
    """Return the paragraph numbers of a gold field: a number, a list, or digits in a text."""
    if isinstance(answers, str):
        return [int(digits) for digits in re.findall(r"\d{1,18}", answers)]
    values = answers if isinstance(answers, list | tuple) else [answers]
    return [key for each in values if (key := _as_int(each)) is not None]


def reference_mark(output: str, gold: Any, silver: Any = ()) -> Mapping[str, Any]:
    """Return the paragraph RD-Agent reads in one output and what it is."""
    key, right, half = reference_key(output), set(keys(gold)), set(keys(silver))
    return {
        "extracted": key,
        "gold": key in right,
        "silver": key in half - right,
        "asked": len(right | half),
    }


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return RD-Agent's figures: rates 0-100, and counts."""
    n = len(marks)
    gold, silver = (sum(mark[kind] for mark in marks) for kind in ("gold", "silver"))
    return {
        "gold_hit_rate": 100 * ratio(gold, n),
        "custom_score": 100 * ratio(2 * gold + silver, 2 * n),
        "accuracy": 100 * ratio(gold + silver, n),
        "gold_hits": float(gold),
        "silver_hits": float(silver),
        "valid_count": float(sum(mark["extracted"] is not None for mark in marks)),
        "total_count": float(n),
    }


def official_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the authors' figures on the same answers: custom score 0-2, the others 0-1 over gold and silver."""
    gold, silver = (sum(mark[kind] for mark in marks) for kind in ("gold", "silver"))
    hits, said = gold + silver, sum(mark["extracted"] is not None for mark in marks)
    precision, recall = ratio(hits, said), ratio(hits, sum(mark["asked"] for mark in marks))
    return {
        "precision": precision,
        "recall": recall,
        "f1_score": ratio(2 * precision * recall, precision + recall),
        "custom_score": ratio(2 * gold + silver, len(marks)),
    }


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
    replication=Replication(
        mark=lambda output, item: reference_mark(output, item.facts["gold"]),
        total=reference_total,
        origin="PI4PCEvaluator of RD-Agent's OpenCompass fork, without the silver paragraphs",
        items=BENCHMARK.reference_items,
        published=Published.figures(
            "gold_hit_rate",
            ("Qwen2.5-7B-Instruct", "base", 34.0),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 49.0),
            ("Qwen2.5-3B-Instruct", "base", 21.0),
            ("Qwen2.5-3B-Instruct", "FT-Agent", 34.0),
        ),
    ),
)
