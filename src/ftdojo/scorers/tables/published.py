"""What RD-Agent's evaluators and the official ones make of one output, for the figures of a whole split."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ftdojo.scorers.tables import official, rdagent
from ftdojo.scorers.tables.csv_file import csv_text
from ftdojo.scorers.tables.studio import Chart, Drawn, studio

Metric = Literal["EM", "EM_with_error_10", "ROUGE_L"]
Mark = Mapping[str, Any]


def text_mark(output: str, answer: str, metric: Metric) -> dict[str, float]:
    """Return what both published evaluators give a text answer, 0-100."""
    told = official.parsed(output)
    match metric:
        case "EM":
            ours, theirs = rdagent.exact_match(output, answer), official.exact_match(told, answer)
        case "EM_with_error_10":
            ours = rdagent.within_10_percent(output, answer)
            theirs = official.within_10_percent(told, answer)
        case "ROUGE_L":
            return {
                "rdagent": rdagent.rouge_l(output, answer),
                "official": official.rouge_l(told, answer),
            }
    return {"rdagent": 100.0 * ours, "official": 100.0 * theirs}


def chart_mark(output: str, answer: str, table: Mapping[str, Any]) -> dict[str, float]:
    """Return RD-Agent's three figures of a chart, 0 or 100.

    Raises:
        SandboxError: the sandbox does not work here, whatever the output.
    """
    code = rdagent.code_of(output)
    chart = Chart(code=code, kind="", table=csv_text(table), mode="capture")
    return rdagent_chart(output, answer, studio().draw([chart])[0] if code else Drawn(ran=False))


def rdagent_chart(output: str, answer: str, seen: Drawn) -> dict[str, float]:
    """Return RD-Agent's three figures, 0 or 100, of a chart that was drawn to capture what it is given."""
    has_code, wanted = bool(rdagent.code_of(output)), rdagent.references(answer)
    ran = has_code and wanted is not None and seen.ran
    right = ran and rdagent.passes(seen.values, wanted or [])
    return {"Pass@1": 100.0 * right, "ECR@1": 100.0 * ran, "Parse@1": 100.0 * has_code}


def average(marks: Sequence[Mark], figure: str) -> float:
    """Return the mean of one figure over ``marks``, 0 of none."""
    return official.mean([float(mark[figure]) for mark in marks])
