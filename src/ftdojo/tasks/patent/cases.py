"""Scoring cases of the three PANORAMA tasks: single outputs, batches, and prompts."""

import hashlib
import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case, Variants, beside, given
from ftdojo.tasks.patent import noc4pc, par4pc, pi4pc
from ftdojo.tasks.patent.noc4pc import noc4pc_prompt
from ftdojo.tasks.patent.panorama import MODES, ratio
from ftdojo.tasks.patent.par4pc import par4pc_prompt
from ftdojo.tasks.patent.pi4pc import pi4pc_prompt

Figures = Mapping[str, Any]
EDGE = {"head": 300, "tail": 400}
"""How many characters of a prompt a case shows, beside its digest."""


def score_par4pc(case: Case) -> Variants:
    """Score a case of PAR4PC."""
    if "prompt_mode" in case.input:
        return _prompted(case, par4pc_prompt, dataset="panorama_par4pc")
    outputs, golds, silvers = _rows(case, "gold_answers")
    rows = list(zip(outputs, golds, silvers, strict=True))
    marks = [par4pc.reference_mark(output, gold) for output, gold, _ in rows]
    totals = dict(par4pc.reference_total(marks))
    official = totals.pop("official_macro_f1")
    strict = _strict_par4pc(rows)
    if _official(case):
        return _variants({"macro_f1": official}, {"macro_f1": strict["macro_f1"] / 100})
    if "prediction" in case.input:
        totals["extracted"] = marks[0]["extracted"]
        strict["extracted"] = sorted(par4pc.strict_letters(outputs[0]) or ())
    return _variants(totals, strict)


def _strict_par4pc(rows: list[tuple[str, Any, Any]]) -> dict[str, Any]:
    """Return our figures under the published names, 0-100, each the mean over rows."""
    graded = [
        (par4pc.par4pc_grade(output, par4pc.named(gold), par4pc.named(silver)), par4pc.named(gold))
        for output, gold, silver in rows
    ]
    counts = [
        par4pc.counted([*filter(None, each.extracted.split(","))], gold) for each, gold in graded
    ]
    n = len(graded)
    means = {
        "exact_match": sum(each.secondary["exact"] for each, _ in graded),
        "custom_score": sum(each.secondary["custom"] for each, _ in graded),
        "macro_f1": sum(each.score for each, _ in graded),
        "precision": sum(ratio(each.hits, each.hits + each.wrong) for each in counts),
        "recall": sum(ratio(each.hits, each.hits + each.missed) for each in counts),
    }
    valid = sum(each.readable for each, _ in graded)
    shares = {name: 100 * ratio(value, n) for name, value in means.items()}
    return {**shares, "total_count": float(n), "valid_count": float(valid)}


def score_pi4pc(case: Case) -> Variants:
    """Score a case of PI4PC."""
    if "prompt_mode" in case.input:
        return _prompted(case, pi4pc_prompt, dataset="panorama_pi4pc")
    outputs, golds, silvers = _rows(case, "gold_answers")
    rows = list(zip(outputs, golds, silvers, strict=True))
    ours = [_strict_pi4pc(*row) for row in rows]
    if _official(case):
        marks = [pi4pc.reference_mark(*row) for row in rows]
        return _variants(pi4pc.official_total(marks), pi4pc.official_total(ours))
    # RD-Agent's evaluator does not get the silver paragraphs.
    marks = [pi4pc.reference_mark(output, gold) for output, gold, _ in rows]
    reference, strict = dict(pi4pc.reference_total(marks)), dict(pi4pc.reference_total(ours))
    if "prediction" in case.input:
        reference |= {"extracted": marks[0]["extracted"]}
        strict |= {"extracted": ours[0]["extracted"]}
    return _variants(reference, strict)


def _strict_pi4pc(output: str, gold: Any, silver: Any) -> Figures:
    key, right, half = pi4pc.strict_key(output), set(pi4pc.keys(gold)), set(pi4pc.keys(silver))
    return {
        "extracted": key,
        "gold": key in right,
        "silver": key in half - right,
        "asked": len(right | half),
    }


def score_noc4pc(case: Case) -> Variants:
    """Score a case of NOC4PC."""
    if "prompt_mode" in case.input:
        return _prompted(case, noc4pc_prompt, dataset="panorama_noc4pc")
    outputs, golds, _ = _rows(case, "gold_code")
    marks = [
        noc4pc.reference_mark(output, str(gold))
        for output, gold in zip(outputs, golds, strict=True)
    ]
    ours = [
        noc4pc.noc4pc_grade(output, mark["gold"])
        for output, mark in zip(outputs, marks, strict=True)
    ]
    if "prediction" in case.input and not _official(case):
        read, grade = marks[0], ours[0]
        return _variants(
            {"extracted": read["extracted"], "correct": read["correct"]},
            {"extracted": grade.extracted or None, "correct": grade.score == 1.0},
        )
    pairs = [(mark["gold"], grade.extracted) for mark, grade in zip(marks, ours, strict=True)]
    labels = sorted({gold for gold, _ in pairs})
    strict = {"accuracy": noc4pc.accuracy(pairs), "macro_f1": noc4pc.macro_f1(pairs, labels)}
    if _official(case):
        return _variants(noc4pc.official_total(marks), strict)
    counts = {
        "valid_count": float(sum(grade.readable for grade in ours)),
        "total_count": float(len(ours)),
    }
    shares = {name: 100 * value for name, value in strict.items()}
    return _variants(noc4pc.reference_total(marks), {**shares, **counts})


def _rows(case: Case, gold: str) -> tuple[list[str], list[Any], list[Any]]:
    """Return outputs, gold answers and silver answers of a case, one or many."""
    if "predictions" in case.input:
        outputs, golds = given(case, "predictions", list), given(case, "gold", list)
        silvers = given(case, "silver", list) if case.input.get("silver") else [[]] * len(golds)
    else:
        outputs, golds = [given(case, "prediction", str)], [given(case, gold)]
        silvers = [case.input.get("silver_answers", [])]
    if not len(outputs) == len(golds) == len(silvers):
        raise UsageError(
            f"The case {case.name!r} has {len(outputs)} predictions for {len(golds)} gold answers; give one each."
        )
    return [str(output) for output in outputs], golds, silvers


def _official(case: Case) -> bool:
    """Return whether the authors' formula is meant: the inputs are equal, so the names must decide."""
    return case.scorer.startswith("official") or (not case.scorer and "official" in case.name)


def _prompted(case: Case, prompt: Callable[..., str], *, dataset: str) -> Variants:
    mode, at = given(case, "prompt_mode", str), given(case, "row", int)
    if mode not in MODES:
        raise UsageError(
            f"prompt_mode={mode!r} of the case {case.name!r} is unknown; write one of {MODES}."
        )
    path = beside(case, given(case, "file", str), dataset=dataset)
    try:
        with path.open(encoding="utf8") as file:
            row = json.loads(next(islice(file, at, None)))
    except (OSError, StopIteration, ValueError) as error:
        raise UsageError(
            f"The case {case.name!r} needs row {at} of {path}, which is not there; put the file beside the cases."
        ) from error
    try:
        text = prompt(row, mode)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"Row {at} of {path}, for the case {case.name!r}, is none of {dataset} ({error}); name another."
        ) from error
    figures = {
        "chars": len(text),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "head": text[: EDGE["head"]],
        "tail": text[-EDGE["tail"] :],
    }
    return Variants(reference=figures, strict=figures)


def _variants(reference: Figures, strict: Figures) -> Variants:
    return Variants(reference=_rounded(reference), strict=_rounded(strict))


def _rounded(figures: Figures) -> Figures:
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in figures.items()
    }
