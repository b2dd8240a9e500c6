"""BIG-Bench Hard: the answer behind "the answer is", as a letter (``mcq``) or as it stands (``free``).

``reference`` repeats the post-processing of OpenCompass: the first "answer is " counts, the first capital letter of what
follows is the choice, and case decides. ``strict`` is ours: the last "answer is" counts, or else the last line; a choice
is a letter by itself, in brackets or not; case and closing marks decide nothing. No answer at all is unreadable.
"""

import re
from typing import Literal

from ftdojo.errors import UsageError
from ftdojo.records import Grade
from ftdojo.scorers.case import Case, Variants, given

Kind = Literal["free", "mcq"]
TAIL_CHARS = 10_000
_CUE = "answer is "
_CUES = re.compile(r"answer is\b:?", re.IGNORECASE)
_BRACKETED = re.compile(r"\(([A-Z])")
_CAPITAL = re.compile(r"[A-Z]")
_BOLD = re.compile(r"\*\*(.*?)\*\*")
_CHOICE = re.compile(r"\(([A-Z])\)")
_LETTER = re.compile(r"\W*([A-Z])\W*", re.ASCII)


def reference(output: str, kind: Kind) -> str:
    """Return what OpenCompass takes for the answer."""
    parts = output.split(_CUE, 2)
    text = parts[1].strip() if len(parts) > 1 else output
    if kind == "mcq":
        found = _BRACKETED.search(text)
        letter = _CAPITAL.search(text)
        return found[1] if found else letter[0] if letter else text
    line = text.partition("\n")[0].strip()
    line = line[:-1].strip() if line.endswith(".") else line
    bold = _BOLD.search(line)
    return bold[1] if bold else line


def strict(output: str, kind: Kind) -> str:
    """Return what we take for the answer, or "" without one."""
    tail = output[-TAIL_CHARS:]
    cues = list(_CUES.finditer(tail))
    lines = (tail[cues[-1].end() :] if cues else tail).strip().splitlines()
    said = (lines[0] if cues else lines[-1]).strip() if lines else ""
    if kind == "free":
        return " ".join(said.replace("*", "").strip(" .\"'`").split())
    found = _CHOICE.search(said) or _LETTER.fullmatch(said)
    return found[1] if found else ""


def grade(output: str, gold: str, kind: Kind) -> Grade:
    """Compare the answer with ``gold``, a letter with or without brackets or any text."""
    said = strict(output, kind)
    return Grade(
        score=float(bool(said) and said.casefold() == strict(gold, kind).casefold()),
        readable=bool(said),
        extracted=said[:200],
    )


def score(case: Case) -> Variants:
    """Score a case with ``prediction``, ``reference`` and ``kind``; without a kind, ``(B)`` alone is a choice."""
    output, gold = given(case, "prediction", str), given(case, "reference", str)
    kind = _kind(case, gold)
    wanted = reference(gold, "mcq") if kind == "mcq" else gold
    published, ours = reference(output, kind), grade(output, gold, kind)
    return Variants(
        reference={"extracted": published, "correct": published == wanted},
        strict={"extracted": ours.extracted, "correct": bool(ours.score)},
    )


def _kind(case: Case, gold: str) -> Kind:
    kind = case.input.get("kind")
    if kind is None:
        kind = "mcq" if _CHOICE.fullmatch(gold.strip()) else "free"
    if kind not in {"free", "mcq"}:
        raise UsageError(f"The case {case.name!r} has the kind {kind!r}; give free or mcq.")
    return "mcq" if kind == "mcq" else "free"
