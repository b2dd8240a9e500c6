"""How a run stands, and how it ended, as people and programs read it."""

import json
import math
import shlex
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import yaml

from ftdojo.cli.tables import one_line, printable, table, verdict, wrapped
from ftdojo.errors import GaveUp, StoreError
from ftdojo.records import BASE, EvaluationReport, Result, Spend
from ftdojo.store import RunFolder, load

FACT_LABEL = len("forecast: ")
COLUMNS = ("id", "parent", "status", "score", "low", "high", "n", "verdict", "seconds", "failure")
MOST = 30
"""Experiments that are listed; the earlier ones are counted."""
INLINE = 6


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, unless many are empty, and escapes whatever a terminal would obey."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text and "\n\n\n" not in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _mapping(dumper: _Dumper, found: dict[str, Any]) -> yaml.MappingNode:
    """Write a few numbers in one line, such as an interval or a point of a curve."""
    numbers = all(each is None or isinstance(each, int | float) for each in found.values())
    flow = numbers and len(found) <= INLINE
    return dumper.represent_mapping("tag:yaml.org,2002:map", found, flow_style=flow)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)


def show_standing(found: Mapping[str, Any]) -> None:
    """Print how a run stands, as ``ftdojo.serve.views`` tells it."""
    for label, text in _lines(found):
        print(wrapped(f"{label + ':':<{FACT_LABEL}}{one_line(text)}", indent=FACT_LABEL))
    rows = [_status_row(each) for each in found["experiments"]]
    if not rows:
        return
    print()
    if len(rows) > MOST:
        print(f"({len(rows) - MOST} earlier experiments are not listed; --json has them all)")
    table(rows[-MOST:], COLUMNS)


def show_page(found: Mapping[str, Any]) -> None:
    """Print a page of what was looked up: one YAML document an entry, and where the next page begins."""
    for entry in found["entries"]:
        print("---")
        print(
            yaml.dump(entry, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110), end=""
        )
    if found["next"] is not None:
        print(f"# more: --offset {found['next']}")


def _lines(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines = [("run", f"{found['run']} ({found['folder']})"), ("state", _state(found))]
    if found["state"] != "ended" and "left_s" in found["budget"]:
        lines.append(("left", _left(found["budget"])))
    if found["base"]:
        lines.append(("base", f"{_scored(found['base'])} on validation"))
    if found["best"]:
        lines.append(("best", found["best"]))
    job, last = found["job"], found["last"]
    if job and job["forecast_s"] is not None:
        lines.append(("training", _training(job)))
    if last:
        lines.append(("last", _last(last)))
        # Beside an action that is under way, the forecast of an earlier one would be taken for its own.
        lines += _checked(last["checked"]) if last["checked"] and not job else []
    for each in found["guidance"]:
        lines.append(("said", each["text"] or f"required of a model: {each['require']}"))
    if found["failure"]:
        lines.append(("failure", _failure(found["failure"])))
    return lines


def _state(found: Mapping[str, Any]) -> str:
    job, state = found["job"], found["state"]
    if state == "busy" and not job:
        return "busy getting ready again"
    if state == "busy":
        return f"busy for {job['seconds']:.0f} s with {_words(job)}"
    if state == "stopped":
        return f"stopped. {found['error']}".strip()
    return "waiting for you; the clock runs" if state == "waiting" else str(state)


def _words(job: Mapping[str, Any]) -> str:
    from ftdojo.serve import Job, words

    return words(load(Job, json.dumps(job)))


def _training(job: Mapping[str, Any]) -> str:
    return (
        f"{job['forecast_s']:.0f} s by the forecast of its check; ended after {job['most_s']:.0f} s at most, and validated "
        "with what it has then"
    )


def _left(budget: Mapping[str, Any]) -> str:
    more = [
        f"{budget['left_s']:.0f} s for you",
        f"{budget['reserve_s']:.0f} s set aside for the end",
    ]
    if budget["experiments_left"] is not None:
        more.append(f"{budget['experiments_left']} experiments")
    if budget["validation_s"]:
        more.append(f"a full validation takes {budget['validation_s']:.0f} s")
    return "; ".join(more)


def _last(last: Mapping[str, Any]) -> str:
    name = f"{last['verb']} {last['experiment']}".strip()
    failed = " and failed" if last["failure"] else ""
    note = f". {last['note']}" if last["note"] else ""
    return f"{last['id']} ({name}): {last['state']}{failed} after {last['seconds']:.0f} s{note}"


def _checked(checked: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the check measured."""
    stages = ", ".join(checked["stages"]) or "none"
    lines = [("stages", stages)]
    data, fit = checked["data"], checked["fit"]
    if data:
        tokens = data["tokens"]
        lines.append(
            (
                "rows",
                f"{data['rows']}, tokens {tokens['low']:.0f} to {tokens['high']:.0f} a row, {data['truncated_share']:.0%} "
                f"cut, {data['exact_duplicates']} exact and {data['near_duplicates']} near duplicates",
            )
        )
        readable = ", ".join(f"{share:.0%} of {name}" for name, share in data["readable"].items())
        if readable:
            lines.append(("readable", f"{readable} (answers that the scorer can read)"))
        lines += [("note", note) for note in data["notes"]]
    if fit:
        forecast = f"{fit['steps']} steps in {fit['train_forecast_s']:.0f} s at {fit['tokens_per_s']:.0f} tokens/s"
        lines.append(("forecast", forecast))
    return lines


def _failure(failure: Mapping[str, Any]) -> str:
    return f"{failure['stage']} ({failure['kind']}): {failure['message']}"


def _scored(found: Mapping[str, Any]) -> str:
    return f"{found['score']:.3f} [{found['low']:.3f}, {found['high']:.3f}], n = {found['n']}"


def _status_row(each: Mapping[str, Any]) -> dict[str, Any]:
    score = each["score"] or {}
    judged = verdict(each["verdict"], each["against"]) if each["verdict"] else ""
    failure = each["failure"]
    return {
        **{name: each[name] for name in ("id", "parent", "status", "seconds")},
        **{name: score.get(name) for name in ("score", "low", "high", "n")},
        "verdict": judged,
        "failure": _failure(failure) if failure else "",
    }


LABEL, MESSAGE = len("chosen:   "), 400
"""How wide a label is, and how many characters of a failure's message are printed."""
LITTLE, MORE = 0.5, 3
"""Below this share of a run's time for training, so many times the budget is proposed."""
USED = 0.4
"""A run that ended on less of its budget was not short of time."""


def close(folder: RunFolder, *, as_json: bool) -> None:
    """Write the report of a run that ended, and print how it ended.

    Raises:
        GaveUp: its agent could not go on; all is printed.
    """
    from ftdojo.report import write

    write(folder)
    show(folder, as_json=as_json)
    result = folder.result()
    if result and result.gave_up:
        sys.stdout.flush()
        raise GaveUp(
            f"The agent gave up, and the result is that of {result.chosen}: {result.gave_up}"
        )


def show(folder: RunFolder, *, as_json: bool) -> None:
    """Print how a run ended.

    Raises:
        StoreError: it has not ended yet.
    """
    result = folder.result()
    if result is None:
        raise StoreError(
            f"The run {folder.config.id} has no result yet; `ftdojo resume {folder.config.id}` goes on with it."
        )
    if as_json:
        print(json.dumps(facts(folder, result), ensure_ascii=False))
        return
    rows = _rows(folder, result)
    table(rows, tuple(rows[0]))
    print()
    for line in _closing(folder, result):
        print(wrapped(line, indent=LABEL))


def facts(folder: RunFolder, result: Result) -> dict[str, Any]:
    """Return a run's end as plain data; scores carry n and a 95 % interval."""
    config = folder.config
    chosen = next((each for each in folder.experiments() if each.id == result.chosen), None)
    validation = chosen.evaluation if chosen and chosen.evaluation else result.base
    return {
        "run": config.id,
        "task": config.spec.task,
        "model": config.spec.model,
        "agent": config.spec.agent,
        "seed": config.spec.seed,
        "status": result.status,
        "stopped_by": result.stopped_by,
        "gave_up": result.gave_up,
        "base": _score(result.base),
        "validation": _score(validation),
        "base_test": _score(result.base_test),
        "test": _score(result.test),
        "gain": asdict(result.gain) if result.gain else None,
        "metric": result.test.metric,
        "chosen": result.chosen,
        "why": result.why,
        "experiments": result.spent.experiments,
        "seconds": round(result.spent.wall_s, 2),
        "ledger": asdict(result.spent),
        "export": str(folder.path / result.export) if result.export else "",
        "report": str(folder.path / "report.html"),
    }


def _score(report: EvaluationReport) -> dict[str, Any]:
    score = report.score
    return {
        "score": score.score,
        "n": score.n,
        "low": score.low,
        "high": score.high,
        "unreadable": report.unreadable_share,
        "reference": {name: asdict(found) for name, found in report.reference.items()},
    }


def _rows(folder: RunFolder, result: Result) -> list[dict[str, Any]]:
    scored = [("base, validation", result.base)]
    chosen = next((each for each in folder.experiments() if each.id == result.chosen), None)
    if chosen and chosen.evaluation:
        scored.append((f"{chosen.id}, validation", chosen.evaluation))
    scored.append(("base, test", result.base_test))
    if result.chosen != BASE:
        scored.append((f"{result.chosen}, test", result.test))
    return [_row(folder.config.spec.task, name, report) for name, report in scored]


def _row(task: str, name: str, report: EvaluationReport) -> dict[str, Any]:
    score = report.score
    return {
        task: name,
        report.metric: score.score,
        "95 % interval": f"{score.low:.3f} to {score.high:.3f}",
        "n": score.n,
        "unreadable": f"{report.unreadable_share:.0%}",
    }


def _closing(folder: RunFolder, result: Result) -> list[str]:
    gain, spent, many = result.gain, result.spent, result.spent.experiments
    lines = [
        f"chosen:   {result.chosen}. {result.why}",
        *([f"gave up:  {one_line(result.gave_up)}"] if result.gave_up else []),
        *_failed(folder, result),
        *_short_of_time(folder, result),
        f"spent:    {_time(spent.wall_s, folder.budget.wall_s)}, {many} experiment{'' if many == 1 else 's'}; training "
        f"{spent.train_s:.0f} s, evaluation {spent.eval_s:.0f} s, checks {spent.check_s:.0f} s",
        *_asked(spent),
        f"model:    {folder.path / result.export if result.export else 'the base stands; nothing to export'}",
        f"report:   {folder.path / 'report.html'}",
        f'ask:      ftdojo ask {address(folder)} "..."',
    ]
    lines[:0] = _published(result)
    if gain:
        difference = gain.difference
        lines.insert(
            0,
            f"gain:     {difference.score:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}] on {difference.n} test "
            f"items, {gain.fixed} fixed, {gain.broken} broken, p = {gain.p_value:.2g}",
        )
    return lines


def _time(spent_s: float, budget_s: float) -> str:
    """Return what a run took, and by how much that was more than its budget: the end is never cut short."""
    over = f" ({spent_s - budget_s:.0f} s over)" if spent_s > budget_s else ""
    return f"{spent_s:.0f} of {budget_s:.0f} s{over}"


def _failed(folder: RunFolder, result: Result) -> list[str]:
    """Return a line on the first failure where the base stands, so that nobody has to look for it in the report."""
    failures = [(each.id, each.failure) for each in folder.experiments() if each.failure]
    if result.chosen != BASE or not failures:
        return []
    name, first = failures[0]
    among = f", the first of {len(failures)} that failed" if len(failures) > 1 else ""
    said = textwrap.shorten(printable(first.message), MESSAGE, placeholder=" ...")
    return [f"failed:   {name}{among}: {said}"]


def _short_of_time(folder: RunFolder, result: Result) -> list[str]:
    """Return a line where the base stands and the trainings had so little of the time that more of it may help."""
    spent, budget = result.spent, folder.budget
    if result.chosen != BASE or not any(each.evaluation for each in folder.experiments()):
        return []
    capped = budget.max_train_s is not None or spent.wall_s < USED * budget.wall_s
    if capped or spent.train_s > LITTLE * spent.wall_s:
        return []
    more = math.ceil(MORE * budget.wall_s / 60)
    return [
        f"short:    {spent.train_s:.0f} of {spent.wall_s:.0f} s went into training; what evaluation takes stays the same, so "
        f"`--budget {more}m` would give training several times as much"
    ]


def address(folder: RunFolder) -> str:
    """Return what names a run in a later call: its id, or its folder where the id alone would not be found."""
    from ftdojo.config import runs_dir

    found = folder.path.parent.absolute() == runs_dir().absolute()
    return folder.path.name if found else shlex.quote(str(folder.path))


def _asked(spent: Spend) -> list[str]:
    """Return what language models cost, if any was asked; a sum with an unknown part is unknown."""
    if not spent.llm_calls:
        return []
    usd = "an unknown price" if spent.llm_usd is None else f"${spent.llm_usd:.4f}"
    return [
        f"llm:      {spent.llm_calls} call{'' if spent.llm_calls == 1 else 's'}, {spent.llm_input_tokens} tokens in, "
        f"{spent.llm_output_tokens} out, {usd}; the agent waited {spent.llm_s:.0f} s"
    ]


def _published(result: Result) -> list[str]:
    """Return a line a metric of the published evaluator, in its own units."""
    lines = []
    for name, found in result.test.reference.items():
        base = result.base_test.reference.get(name)
        before = f"{base.score:.4g} -> " if base and result.chosen != BASE else ""
        lines.append(
            f"as published: {name} {before}{found.score:.4g} [{found.low:.4g}, {found.high:.4g}], test, n = {found.n}"
        )
    return lines
