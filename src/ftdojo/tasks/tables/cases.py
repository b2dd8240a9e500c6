"""Scores one TableBench case by RD-Agent's rule, by the official one and by ours."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ftdojo.errors import UsageError
from ftdojo.scorers.case import Case, Variants, beside, given
from ftdojo.scorers.studio import Chart, Drawn, csv_text, ready, studio
from ftdojo.tasks.tables import answers, charts, official, published

OFFICIAL_SECONDS = 15.0
"""What the published script gives each of its two runs."""
FIELDS = frozenset({"qtype", "qsubtype", "prediction", "answer", "table", "parsed_result"})
"""What a row of a file of parsed outputs has; a chart's has its ``chart_type`` too."""
Row = Mapping[str, Any]


def score(case: Case) -> Variants:
    """Score a text answer, a chart (it has a ``chart_type``) or a whole file of parsed outputs.

    Raises:
        UsageError: an input is missing, or the file cannot be read.
        SandboxError: a chart is to be drawn and the sandbox does not work here.
    """
    if "file" in case.input:
        return _file(_rows(beside(case, given(case, "file", str), dataset="tablebench")))
    output, answer = given(case, "prediction", str), given(case, "reference", str, int, float, list)
    if "chart_type" in case.input or "table" in case.input:
        return _chart(case, output, str(answer))
    return _text(output, str(answer))


def _text(output: str, answer: str) -> Variants:
    parsed = official.parsed(output)
    return Variants(
        reference={
            "rdagent": {
                "EM": 100.0 * published.exact_match(output, answer),
                "EM_with_error_10": 100.0 * published.within_10_percent(output, answer),
                "ROUGE_L": round(published.rouge_l(output, answer), 4),
            },
            "official": {
                "parsed": parsed,
                "EM": 100.0 * official.exact_match(parsed, answer),
                "EM_with_error_10": 100.0 * official.within_10_percent(parsed, answer),
                "ROUGE_L": round(official.rouge_l(parsed, answer), 2),
            },
        },
        strict={
            "EM": 100.0 * answers.grade(output, answer, rule="exact").score,
            "EM_with_error_10": 100.0 * answers.grade(output, answer, rule="within-10").score,
            "ROUGE_L": round(100.0 * answers.grade(output, answer, rule="rouge-l").score, 2),
            "readable": answers.final_answer(output) != "",
        },
    )


def _chart(case: Case, output: str, answer: str) -> Variants:
    ready()
    kind, table = given(case, "chart_type", str), _table(case)
    seen, fresh, twice = studio().draw(_published(output, kind, csv_text(table)))
    grade = charts.grade(output, answer=answer, kind=kind, table=table)
    ours = {
        "Pass@1": 100.0 * grade.score,
        "ECR@1": 100.0 * grade.secondary["ran"],
        "Parse@1": 100.0 * grade.readable,
    }
    return Variants(
        reference={
            "rdagent": published.rdagent_chart(output, answer, seen),
            "official": {
                "parsed_prediction": _verdict(output, answer, kind, twice),
                "ecr_1": bool(official.code_of(output)) and twice.ran,
            },
            "official_fresh_figure": _verdict(output, answer, kind, fresh),
        },
        strict=ours,
    )


def _table(case: Case) -> Row:
    table = case.input.get("table") or {}
    known = table if isinstance(table, dict) else {"columns": table}
    columns, data = known.get("columns", []), known.get("data", [])
    if not isinstance(data, list) or not all(isinstance(row, list) for row in (columns, *data)):
        raise UsageError(
            f"The table of the case {case.name!r} is {str(table)[:60]!r}; give columns, a list, and data, a list of rows."
        )
    return known


def _published(output: str, kind: str, table: str) -> list[Chart]:
    code = official.code_of(output)
    return [
        Chart(code=published.code_of(output), kind=kind, table=table, mode="capture"),
        Chart(code=code, kind=kind, table=table, mode="fresh", seconds=OFFICIAL_SECONDS),
        Chart(code=code, kind=kind, table=table, mode="twice", seconds=2 * OFFICIAL_SECONDS),
    ]


def _verdict(output: str, answer: str, kind: str, drawn: Drawn) -> bool | str:
    wanted = charts.published_values(answer)
    if wanted is None or not official.code_of(output):
        return ""
    return official.chart_verdict(drawn.values, drawn.printed, wanted, pie=kind == "pie")


def _file(rows: list[Row]) -> Variants:
    """Return the official figures of a file of parsed outputs; strict ones are over what the model wrote."""
    return Variants(
        reference={
            "FactChecking_EM": _official_em(rows, "FactChecking"),
            "NumericalReasoning_EM": _official_em(rows, "NumericalReasoning"),
            "DataAnalysis_Mix": round(official.mix(_parsed(rows, "DataAnalysis")), 2),
            "Visualization_Pass1": _percent(
                [_told(row) is True for row in _of(rows, "Visualization")]
            ),
        },
        strict={
            "FactChecking_EM": _strict(rows, "FactChecking"),
            "NumericalReasoning_EM": _strict(rows, "NumericalReasoning"),
            "DataAnalysis_Mix": _strict(rows, "DataAnalysis"),
            "Visualization_Pass1": _strict(rows, "Visualization"),
        },
    )


def _strict(rows: list[Row], qtype: str) -> float:
    scores = [
        charts.grade(
            row["prediction"],
            answer=row["answer"],
            kind=row.get("chart_type", ""),
            table=row["table"],
        )
        if qtype == "Visualization"
        else answers.grade(row["prediction"], row["answer"], rule=answers.rule_of(row["qsubtype"]))
        for row in _of(rows, qtype)
    ]
    return _percent([each.score for each in scores])


def _official_em(rows: list[Row], qtype: str) -> float:
    return _percent(
        [official.exact_match(told, answer) for _, told, answer in _parsed(rows, qtype)]
    )


def _parsed(rows: list[Row], qtype: str) -> list[tuple[str, str, str]]:
    return [(row["qsubtype"], str(_told(row)), row["answer"]) for row in _of(rows, qtype)]


def _told(row: Row) -> Any:
    return row["parsed_result"]["parsed_prediction"]


def _of(rows: list[Row], qtype: str) -> list[Row]:
    return [row for row in rows if row["qtype"] == qtype]


def _percent(shares: list[Any]) -> float:
    return round(100.0 * official.mean(shares), 2)


def _rows(path: Path) -> list[Row]:
    try:
        with path.open(encoding="utf8") as file:
            rows = [json.loads(line) for line in file]
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path.name} cannot be read ({error}); put it beside the case file."
        ) from error
    if not all(isinstance(row, dict) and row.keys() >= FIELDS for row in rows):
        raise UsageError(f"{path.name} lacks fields; every row needs {', '.join(sorted(FIELDS))}.")
    return rows
