"""patent/par4pc: which of eight patents were cited against a claim (PANORAMA).

The score is the mean F1 per claim. What RD-Agent calls macro F1 pools all claims and reads letters out of words; the
reference evaluator has both. Prompts are far too long for a small model; nothing is cut.

``reference`` repeats RD-Agent's evaluator. Its ``macro_f1`` pools hits and misses of all rows, which is micro F1, and it
picks letters out of any text: the a and e of the word "answer", or the article in "a good match". ``official`` is the
authors' formula, mean F1 per row, over the same letters. ``strict`` is that mean over the JSON answer and
nothing else: an answer that names anything but single letters is unreadable and scores 0.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ftdojo.records import Direction, Grade, Item, Published, Replication, Split, Task
from ftdojo.scorers.answers import without_thinking
from ftdojo.tasks.patent import panorama
from ftdojo.tasks.patent.panorama import (
    MISSING,
    PAR4PC,
    UNPARSED,
    Mode,
    fenced,
    last_object,
    parsed,
    ratio,
    unpacked,
)

HEAD = """You are a patent expert tasked with identifying cited patents for a specific claim rejection based *only* on the provided context and options.

**Context:**
*   **Application Number:** {application}
*   **Title:** {title}
*   **Abstract:** {abstract}
*   **Initial Claims:**
    {claims}

**Target Claim for Analysis:** Claim {number}

**Options (Potential Cited Patents):**
"""
OPTION = """
{letter}: Patent ID: {patent_id}
   Title: {title}
   Abstract: {abstract}
   Claims: {claims}
"""
TAILS = {
    "zero-shot": """
Based only on the provided context and options, which patent(s) (A-H) were cited?
Answer format (JSON only):
```json
{"answer": "A"}
```
If multiple patents are cited:
```json
{"answer": ["A","C","F"]}
```
""",
    "cot": """
**Step-by-Step Instruction**
*Apply the Broadest Reasonable Interpretation (BRI) standard.*

1. **BRI Claim Charting**
   • Decompose Claim {number} into numbered limitations [L1]-[Ln] and record element : function/relationship.

2. **Core Inventive Concept & Problem**
   • Summarise in ≤ 20 words the inventive concept + technical problem.

3. **Single-Replication Screening (§102)**
   • For each option (A-H) rate coverage:
     | Opt | Maps limits | Term/synonym | Field match | Score* |
     |-----|------------|---------------|-------------|--------|
     *Score: 0 = no key feature, 1 = partial, 2 = full anticipation.*

4. **Multi-Replication Analysis (§103)**
   a. Pick options with Score ≥ 1.
   b. Build coverage matrix to find smallest combo covering all limits.
   c. For each viable combo, supply a motivation-to-combine (same field, complementary function, predictable substitution, etc.).
   d. Rank: full coverage → clear motivation → earliest primary art.

5. **Consistency & Inherency Check**
   • Reject art that contradicts any limitation; accept inherent feature only if necessarily present.

6. **Output (JSON only)**
    Always write the "reason" **first** and then write the "answer".
   • "reason" MUST include:
     Step1 <claim focus>; Step2 <mapping & motivation> ; Step3 <§102 or §103>.
   • Keep "reason" ≤ 200 words.
   • "answer" = single letter **or** list of letters.

```json
{"reason":"Step1 ... ; Step2 ... ; Step3 ...", "answer":"A"}
```
If multiple patents are cited:
```json
{"reason":"Step1 ... ; Step2 ... ; Step3 ...", "answer": ["A","C","F"]}
```
""",
}
Letters = frozenset[str]
LETTERS = frozenset("ABCDEFGH")
_QUOTED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r'"answer"\s*:\s*\[\s*"([A-H])"\s*(?:,\s*"([A-H])"\s*)*\]',
        r'"answer"\s*:\s*"([A-H](?:,\s*[A-H])*)"',
        r'"answer"\s*:\s*"([A-H])"',
    )
)
_ANY = re.compile(r"[A-H]", re.IGNORECASE)
_ALONE = re.compile(r"\b([A-H])\b", re.IGNORECASE)
_BROKEN = re.compile(
    r'\banswer"?\s{0,9}[:=]\s{0,9}\[?((?:[\s,]{0,9}"?[A-H]"?(?![\w"])){1,8})(?=\s{0,9}(?:[\]},.]|$))',
    re.IGNORECASE,
)
"""An answer in JSON that is broken or left out: ``"answer": ["A", "C"`` or ``Answer: A, C``."""
_BETWEEN = re.compile(r"[,;/\s]+")
NAME = "patent/par4pc"
MAX_NEW_TOKENS = 64
Row = dict[str, Any]


def par4pc_prompt(row: Mapping[str, Any], mode: Mode = "zero-shot") -> str:
    """Return the question which of eight patents were cited against a claim."""
    context, number = unpacked(row["context"]), row["claim_number"]
    head = HEAD.format(
        application=row["application_number"],
        title=context.get("title", MISSING),
        abstract=context.get("abstract", MISSING),
        claims=json.dumps(context.get("claims", []), indent=4),
        number=number,
    )
    options = sorted(unpacked(row["options"]).items())
    body = "".join(_option(letter, unpacked(patent)) for letter, patent in options)
    tail = TAILS[mode].replace("{number}", str(number))
    return head + body + tail


def _option(letter: str, patent: Mapping[str, Any]) -> str:
    claims = patent.get("claims", [])
    return OPTION.format(
        letter=letter,
        patent_id=patent.get("patent_id", MISSING),
        title=patent.get("title", MISSING),
        abstract=patent.get("abstract", MISSING),
        claims=json.dumps(claims, indent=4) if claims else "[]",
    )


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How an answer's letters meet the gold ones; ``beside`` counts the wrong ones that are not silver either."""

    hits: int
    wrong: int
    beside: int
    missed: int

    @property
    def f1(self) -> float:
        """F1 of the row; 0 where nothing was given and nothing was expected."""
        return ratio(2 * self.hits, 2 * self.hits + self.wrong + self.missed)

    @property
    def custom(self) -> float:
        """The published custom score: a hit is worth two, a slip or a miss costs one; never below 0."""
        gold = self.hits + self.missed
        if not gold:
            return float(not self.wrong)
        return max(0.0, (2 * self.hits - self.beside - self.missed) / (2 * gold))


def counted(given: Collection[str], gold: Collection[str], silver: Collection[str] = ()) -> Counts:
    """Compare ``given`` with ``gold``; ``silver`` is neither right nor counted as ``beside``."""
    said, right = set(given), set(gold)
    return Counts(
        hits=len(said & right),
        wrong=len(said - right),
        beside=len(said - right - set(silver)),
        missed=len(right - said),
    )


def par4pc_grade(output: str, gold: Collection[str], silver: Collection[str] = ()) -> Grade:
    """Return F1 of the letters under ``answer`` in the last JSON object against ``gold``.

    Secondary: ``exact``, 1 for the very set; ``custom``, the published custom score, silver patents forgiven.

    Example:
        >>> par4pc_grade('It is B. {"answer": ["A", "G"]}', ["A"]).score
        0.6666666666666666
    """
    letters = strict_letters(without_thinking(output))
    counts = counted(letters or (), gold, silver)
    return Grade(
        score=counts.f1,
        readable=letters is not None,
        extracted=",".join(sorted(letters or ())),
        secondary={
            "exact": float(letters == Letters(gold)),
            "custom": counts.custom if letters else 0.0,
        },
    )


def strict_letters(text: str) -> Letters | None:
    """Return the letters an answer names, or None where it cannot be read.

    Example:
        >>> sorted(strict_letters('{"answer": "A, g"}')), strict_letters("It is a good match")
        (['A', 'G'], None)
    """
    found = last_object(text, "answer")
    if found is not None:
        return _only_letters(found["answer"])
    if broken := list(_BROKEN.finditer(text[-5_000:])):
        return Letters(_ANY.findall(broken[-1][1].upper()))
    return _only_letters(text.strip(" \n.")) if len(text) < 100 else None


def _only_letters(value: Any) -> Letters | None:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in values):
        return None
    words = [word for each in values for word in _BETWEEN.split(each.strip().upper())]
    return Letters(words) if words and LETTERS.issuperset(words) else None


def reference_letters(output: str) -> list[str]:
    """Return what RD-Agent's evaluator reads, sorted."""
    text = output.strip()
    text = fenced(text) if "```" in text else text
    value = parsed(text)
    answer = value.get("answer", []) if isinstance(value, dict) else UNPARSED
    if isinstance(answer, str):
        return named(answer)
    if isinstance(answer, list):
        single = {each.strip().upper() for each in answer if isinstance(each, str)}
        return sorted(single & LETTERS)
    return _picked(text)


def named(answer: Any) -> list[str]:
    """Return the letters of ``A, G`` or of a list of such, in any case; a longer word up to H stays as it is."""
    if isinstance(answer, list):
        return sorted({letter for each in answer for letter in named(each)})
    words = re.split(r"[,\s]+", str(answer or "").upper())
    return sorted({word for word in words if word and "A" <= word <= "H"})


def _picked(text: str) -> list[str]:
    for pattern in _QUOTED:
        if match := pattern.search(text):
            return sorted({letter.upper() for letter in _ANY.findall(match[0])})
    return sorted({letter.upper() for letter in _ALONE.findall(text)})


def reference_mark(output: str, gold: Any) -> Mapping[str, Any]:
    """Return the letters RD-Agent reads in one output and how they meet the gold ones; it does not get silver ones."""
    letters, right = reference_letters(output), named(_listed(gold))
    return {"extracted": letters, "counts": counted(letters, right), "exact": letters == right}


def _listed(letters: Any) -> Any:
    return list(letters) if isinstance(letters, tuple | set | frozenset) else letters


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return RD-Agent's figures, 0-100, and the authors' ``official_macro_f1``, 0-1."""
    counts: list[Counts] = [mark["counts"] for mark in marks]
    hits = sum(each.hits for each in counts)
    precision = ratio(hits, hits + sum(each.beside for each in counts))
    recall = ratio(hits, hits + sum(each.missed for each in counts))
    return {
        "exact_match": 100 * ratio(sum(mark["exact"] for mark in marks), len(marks)),
        "custom_score": 100 * ratio(sum(each.custom for each in counts), len(marks)),
        "macro_f1": 100 * ratio(2 * precision * recall, precision + recall),
        "precision": 100 * precision,
        "recall": 100 * recall,
        "total_count": float(len(marks)),
        "official_macro_f1": ratio(sum(each.f1 for each in counts), len(marks)),
    }


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
    replication=Replication(
        mark=lambda output, item: reference_mark(output, item.facts["gold"]),
        total=reference_total,
        origin="PAR4PCEvaluator of RD-Agent's OpenCompass fork; official_macro_f1 (0-1) is the authors' formula",
        items=BENCHMARK.reference_items,
        published=Published.figures(
            "macro_f1",
            ("Qwen2.5-7B-Instruct", "base", 57.78),
            ("Qwen2.5-7B-Instruct", "FT-Agent", 67.61),
        ),
    ),
)
