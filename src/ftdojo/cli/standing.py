"""How a run that is played from outside stands, and pages of what was looked up, as text."""

from collections.abc import Mapping
from typing import Any

import yaml

from ftdojo.cli.plain import one_line, verdict
from ftdojo.cli.tables import table, wrapped

LABEL = len("failure: ")
COLUMNS = ("id", "parent", "status", "score", "low", "high", "n", "verdict", "seconds", "failure")
MOST = 30
"""Experiments that are listed; the earlier ones are counted."""


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and escapes whatever a terminal would obey."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def show_standing(found: Mapping[str, Any]) -> None:
    """Print how a run stands, as ``ftdojo.serve.status`` tells it."""
    for label, text in _lines(found):
        print(wrapped(f"{label + ':':<{LABEL}}{one_line(text)}", indent=LABEL))
    rows = [_row(each) for each in found["experiments"]]
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
        lines.append(("base", f"{_score(found['base'])} on validation"))
    if found["best"]:
        lines.append(("best", found["best"]))
    last = found["last"]
    if last:
        lines.append(("last", _last(last)))
        lines += _checked(last["checked"]) if last["checked"] else []
    if found["failure"]:
        lines.append(("failure", _failure(found["failure"])))
    return lines


def _state(found: Mapping[str, Any]) -> str:
    job, state = found["job"], found["state"]
    if state == "busy" and not job:
        return "busy getting ready again"
    if state == "busy":
        at = f", {job['step']} of {job['of']}" if job["of"] else ""
        stage = f": {job['stage']}{at}" if job["stage"] else ""
        name = f"{job['verb']} {job['experiment']}".strip()
        return f"busy with {job['id']} ({name}{stage}) for {job['seconds']:.0f} s"
    if state == "stopped":
        return f"stopped. {found['error']}".strip()
    return "waiting for you; the clock runs" if state == "waiting" else str(state)


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
    """Say what the ladder measured."""
    rungs = ", ".join(checked["rungs"]) or "none"
    lines = [("rungs", rungs)]
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
    if fit:
        forecast = f"{fit['steps']} steps in {fit['train_forecast_s']:.0f} s at {fit['tokens_per_s']:.0f} tokens/s"
        lines.append(("forecast", forecast))
    return lines


def _failure(failure: Mapping[str, Any]) -> str:
    return f"{failure['stage']} ({failure['kind']}): {failure['message']}"


def _score(found: Mapping[str, Any]) -> str:
    return f"{found['score']:.3f} [{found['low']:.3f}, {found['high']:.3f}], n = {found['n']}"


def _row(each: Mapping[str, Any]) -> dict[str, Any]:
    score = each["score"] or {}
    judged = verdict(each["verdict"], each["against"]) if each["verdict"] else ""
    failure = each["failure"]
    return {
        **{name: each[name] for name in ("id", "parent", "status", "seconds")},
        **{name: score.get(name) for name in ("score", "low", "high", "n")},
        "verdict": judged,
        "failure": _failure(failure) if failure else "",
    }
