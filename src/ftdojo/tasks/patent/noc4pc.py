"""patent/noc4pc: is a claim allowed, not novel (102) or obvious (103), as PANORAMA asks?

The score is the unweighted mean F1 of the labels; an unreadable answer misses its label, where the published evaluator
leaves it out. Prompts are far too long for a small model; nothing is cut.

``reference`` repeats RD-Agent's evaluator, which takes the first of ALLOW, 102 and 103 that occurs anywhere ("not
allowable under 103" reads ALLOW) and leaves unreadable rows out of every figure, so failing to answer pays. ``official``
is the authors' formula: an unreadable row is a label of its own, which lowers the mean. ``strict`` reads the code of the
JSON answer; an unreadable row misses its label.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ftdojo.records import Aggregate, Direction, Grade, Item, Published, Replication, Split, Task
from ftdojo.scorers.answers import without_thinking
from ftdojo.tasks.patent import panorama
from ftdojo.tasks.patent.panorama import (
    MISSING,
    NOC4PC,
    Mode,
    claim_at,
    claim_text,
    fenced,
    last_object,
    parsed,
    ratio,
    unpacked,
)

HEAD = """You are an expert AI acting as a U.S. Patent Examiner.
Your task is to analyze **Target Claim {number}** of the **Target Patent Application** in view of the provided **Prior Art Specifications**.

Determine if **Target Claim {number}** is allowable or should be rejected under 35 U.S.C. § 102 (lack of novelty) or 35 U.S.C. § 103 (obviousness).

**Target Patent Application Information:**
*   Application Number: {application}
*   Target Claim Number: {number}
*   Title: {title}
*   Abstract: {abstract}
*   Target Claim {number} Text to Analyze:
    ```
    {claim}
    ```

**Prior Art Specifications (Cited as Basis for Potential Rejection):**
The following prior art documents and specific paragraphs were cited as potentially relevant for the rejection of the target claim. Analyze the target claim against the information presented in these specific paragraphs **and the claims** of the prior art.
"""
ART = """
--- Prior Art #{place} ---
*   Patent ID: {patent_id}
*   Title: {title}
*   Abstract: {abstract}
*   Claims:
{claims}*   Cited Paragraphs from Specification (Basis for Analysis):
{paragraphs}"""
NO_ART = "No prior art specifications provided for analysis.\n"
NO_CLAIMS = "    (No claims provided for this prior art)\n"
NO_PARAGRAPHS = "    (No specific paragraphs cited for this prior art)\n"
TAILS = {
    "zero-shot": """
**Select Conclusion Code**
Choose one: "ALLOW", "102", or "103".
    *   `"ALLOW"`: If your reasoning concluded the claim is novel and non-obvious over the cited art.
    *   `"102"` (Rejected - Novelty): If your reasoning concluded the claim is anticipated by a single cited reference.
    *   `"103"` (Rejected - Obviousness): If your reasoning concluded the claim is obvious over the cited art.

**Answer Format (JSON only)**
Return ONLY this JSON object - DO NOT INCLUDE ANY REASON IN THE ANSWER.

```json
{"code": "102"}
```
""",
    "cot": """
**Analysis Task and Response Instructions:**

Perform your internal reasoning first, then draft the *Office-Action-style* text.

---

### INTERNAL REASONING (not shown to applicant)
1. Apply the Broadest-Reasonable-Interpretation (BRI) to Claim {number}; chart every limitation [L1]-[Ln].
   1-a. *Statutory check* - confirm Claim{number} fits a statutory class (process, machine, manufacture, composition).
   1-b. *Limitation numbering*-  break the claim into [L1]-[Ln] and record in "element : function / relationship" form.
   1-c. *Key-feature flag* - mark limitations asserted (or apparent) as novel / non-obvious.
2. Compare each limitation to the teachings (claims + cited paragraphs) of every prior-art reference.
3. Decide:
   • §102 anticipation if a single reference explicitly, implicitly, or inherently discloses each and every limitation.
        Under BRI, interpret broadly: functional equivalence or conventional components (processors, databases, modules, memory, standard network elements, known protocols, etc.) count as implicit disclosures.
    • §103 obviousness if any of the following apply:
        (a) A primary reference discloses at least 70% of the limitations explicitly or implicitly, and remaining limitations constitute routine modifications, predictable optimizations (e.g., efficiency, speed, cost reduction, miniaturization), or standard practices known to a person of ordinary skill in the field.
        (b) A combination of references collectively covers all limitations and demonstrates a clear, implicit or explicit KSR rationale, such as addressing the same technical problem, improving performance, enhancing usability, or following common industry practices.
        (c) The limitations not explicitly disclosed are obvious through common general knowledge or widely recognized industry standards or textbooks in the field.
    • ALLOW Only if:
    No single reference or combination of references, even considering implicit disclosures and general knowledge, discloses or renders obvious specific, detailed implementation aspects (unique structures, algorithmic specifics, or non-trivial process steps), AND
    No reasonable motivation or rationale (performance improvement, standard practice, or known solution) can be objectively articulated to bridge these gaps.

---

### DRAFT OA LANGUAGE (will be revealed)
Write the *reason* paragraph exactly like an Office Action:

* Start: **"Regarding Claim {number}, ..."**
* Use examiner diction:
  - "Reference X (Col. Y, lines Z) discloses ..."
  - "Therefore, Claim {number} is rejected under 35 U.S.C. § 102(a) as being anticipated by Reference X."
  - or "It would have been obvious to one of ordinary skill to modify X with Y (same field, predictable results) ... ⇒ § 103 rejection."
  - or "The cited references do not teach or render obvious limitation [Lk] ... Claim {number} is allowable."

* If § 103, list **all** references in the combination (e.g., "in view of Smith '123").
* Cite at least one column-line or paragraph for each matched limitation.
* Keep length ≤ 200 words.

---

### OUTPUT (JSON only)
Always write the "reason" first and then write the "answer".
Return exactly one JSON object:

```json
{
  "reason": "<OA-style paragraph above>",
  "code": "102" | "103" | "ALLOW"
}
```
""",
}
CODES = ("102", "103", "ALLOW")
FAILED = "PREDICTION_FAILED"
Pair = tuple[str, str]
"""(gold, given)"""
_ONE = "(ALLOW|102|103)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf'"code"\s*:\s*"{_ONE}"',
        rf"\"code\"\s*:\s*'{_ONE}'",
        rf"\bcode\s*[:=]\s*{_ONE}\b",
    )
)
_SAID = re.compile(rf"\bcode\b[\s\"':=]{{1,9}}{_ONE}\b", re.IGNORECASE)
_ALONE = re.compile(rf"\W{{0,9}}{_ONE}\W{{0,9}}", re.IGNORECASE)
NAME = "patent/noc4pc"
MAX_NEW_TOKENS = 32
Row = dict[str, Any]


def noc4pc_prompt(row: Mapping[str, Any], mode: Mode = "zero-shot") -> str:
    """Return the question whether a claim is allowed, not novel (102) or obvious (103)."""
    context, number = unpacked(row["context"]), row["claim_number"]
    head = HEAD.format(
        number=number,
        application=row["application_number"],
        title=context.get("title", MISSING),
        abstract=context.get("abstract", MISSING),
        claim=claim_at(context.get("claims", []), number),
    )
    arts = unpacked(row["prior_art_specifications"])
    body = "".join(_prior_art(place, art) for place, art in enumerate(arts, start=1))
    tail = TAILS[mode].replace("{number}", str(number))
    return head + (body or NO_ART) + tail


def _prior_art(place: int, art: Mapping[str, Any]) -> str:
    claims = [_hung(f"    {at}.", claim_text(claim), 7) for at, claim in _counted(art, "claims")]
    paragraphs = [
        _hung(f"    [{each.get('key', MISSING)}]:", each.get("content", ""), 10)
        for _, each in _counted(art, "paragraphs")
    ]
    return ART.format(
        place=place,
        patent_id=art.get("patent_id", MISSING),
        title=art.get("title", MISSING),
        abstract=art.get("abstract", MISSING),
        claims="".join(claims) or NO_CLAIMS,
        paragraphs="".join(paragraphs) or NO_PARAGRAPHS,
    )


def _counted(art: Mapping[str, Any], field: str) -> list[tuple[int, Any]]:
    return list(enumerate(art.get(field) or [], start=1))


def _hung(label: str, text: str, indent: int) -> str:
    """Return ``text`` behind ``label``, further lines indented."""
    first, *rest = text.splitlines() or [""]
    lines = [f"{label} {first}" if text else label, *(" " * indent + line for line in rest)]
    return "".join(f"{line}\n" for line in lines)


def noc4pc_grade(output: str, gold: str) -> Grade:
    """Return 1 where the code of the last JSON object is ``gold``; ``extracted`` is the code, for F1 over a split.

    Example:
        >>> noc4pc_grade('{"code": "allow"}', "ALLOW").score
        1.0
    """
    code = strict_code(without_thinking(output))
    return Grade(score=float(code == gold), readable=code is not None, extracted=code or "")


def strict_code(text: str) -> str | None:
    """Return the code an answer gives, or None where it cannot be read.

    Example:
        >>> strict_code("code: 103"), strict_code("The claim is not allowable under 103.")
        ('103', None)
    """
    found = last_object(text, "code")
    if found is not None:
        code = str(found["code"]).strip().upper()
        return code if code in CODES else None
    if said := list(_SAID.finditer(text[-5_000:])):
        return said[-1][1].upper()
    alone = _ALONE.fullmatch(text) if len(text) < 100 else None
    return alone[1].upper() if alone else None


def reference_code(output: str) -> str | None:
    """Return what RD-Agent's evaluator reads, or None."""
    text = output.strip()
    text = fenced(text) if "```" in text else text
    value = parsed(text)
    if isinstance(value, dict) and (code := str(value.get("code")).strip().upper()) in CODES:
        return code
    for pattern in _PATTERNS:
        if match := pattern.search(text):
            return match[1].upper()
    upper = text.upper()
    return next((code for code in ("ALLOW", "102", "103") if code in upper), None)


def reference_mark(output: str, gold: str) -> Mapping[str, Any]:
    """Return the code RD-Agent reads in one output, and the gold one."""
    code, right = reference_code(output), gold.strip().upper()
    return {"extracted": code, "gold": right, "correct": code is not None and code == right}


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return RD-Agent's figures, 0-100, over the rows that could be read; 0 where none could."""
    pairs = [
        (mark["gold"], mark["extracted"]) for mark in marks if mark["extracted"] and mark["gold"]
    ]
    return {
        "accuracy": 100 * accuracy(pairs),
        "macro_f1": 100 * macro_f1(pairs, CODES) if pairs else 0.0,
        "valid_count": float(len(pairs)),
        "total_count": float(len(marks)),
    }


def official_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the authors' figures, 0-1, with unreadable rows as a label of their own."""
    pairs = [(mark["gold"], mark["extracted"] or FAILED) for mark in marks]
    labels = {*CODES, *(label for pair in pairs for label in pair)}
    return {"macro_f1": macro_f1(pairs, sorted(labels)), "accuracy": accuracy(pairs)}


def accuracy(pairs: Sequence[Pair]) -> float:
    """Return the share of pairs that agree."""
    return ratio(sum(gold == given for gold, given in pairs), len(pairs))


def macro_f1(pairs: Sequence[Pair], labels: Sequence[str]) -> float:
    """Return the unweighted mean of the F1 of each label; a label that occurs on neither side counts 0.

    Example:
        >>> macro_f1([("102", "102"), ("103", "102")], ["102", "103"])
        0.3333333333333333
    """
    return ratio(sum(_f1(pairs, label) for label in labels), len(labels))


def _f1(pairs: Sequence[Pair], label: str) -> float:
    hits = sum(gold == given == label for gold, given in pairs)
    named = sum(gold == label for gold, _ in pairs) + sum(given == label for _, given in pairs)
    return ratio(2 * hits, named)


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
    replication=Replication(
        mark=lambda output, item: reference_mark(output, item.facts["code"]),
        total=reference_total,
        origin="NOC4PCEvaluator of RD-Agent's OpenCompass fork, which leaves unreadable rows out",
        items=BENCHMARK.reference_items,
        published=Published.figures(
            "macro_f1",
            ("Qwen2.5-7B-Instruct", "base", 26.20),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 36.81),
        ),
    ),
)
