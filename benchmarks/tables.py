"""Results as Markdown for people and as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import OURS, Contest, spread

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def markdown(contests: Sequence[Contest], machine: Mapping[str, Any]) -> str:
    """Return a heading with the machine and one table a contest."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    head = (
        f"{datetime.now(UTC):%Y-%m-%d}, {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB, {machine['device']}; Python {machine['python']}, {versions}."
    )
    return "\n\n".join([head, *map(_section, contests)])


def _section(contest: Contest) -> str:
    better = "higher" if contest.higher_is_better else "lower"
    rounds = len(contest.readings[OURS])
    lines = [
        f"### {contest.name}",
        "",
        f"{contest.unit}, {better} is better; {contest.n}; rounds: {rounds}.",
        "",
        "| | min | median | max | ours is better by (min / median / max of pairs) | aim |",
        "|---|---:|---:|---:|---:|---:|",
        *(_row(contest, who) for who in contest.readings),
        *(f"\n{note}" for note in contest.notes),
    ]
    return "\n".join(lines)


def _row(contest: Contest, who: str) -> str:
    values = " | ".join(_number(each) for each in spread(contest.readings[who]))
    ratio = ""
    if who != OURS:
        ratio = " / ".join(f"{each:.2f}x" for each in spread(contest.ratios(who)))
    return f"| {who} | {values} | {ratio} | {contest.aims.get(who, '')} |"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def save(contests: Sequence[Contest], machine: Mapping[str, Any], folder: Path) -> Path:
    """Write everything that was read, with its ratios, to a file of its own in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    made = datetime.now(UTC)
    file = folder / f"{made:%Y%m%d-%H%M%S}.json"
    facts = {
        "made": made.isoformat(timespec="seconds"),
        "machine": machine,
        "contests": [asdict(each) | {"ratios": _ratios(each)} for each in contests],
    }
    file.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf8")
    return file


def _ratios(contest: Contest) -> dict[str, list[float]]:
    return {who: contest.ratios(who) for who in contest.readings if who != OURS}


def put_into(readme: Path, table: str) -> None:
    """Replace the figures in ``readme``, between their two marks, with ``table``."""
    before, _, rest = readme.read_text(encoding="utf8").partition(BEGIN)
    after = rest.partition(END)[2]
    readme.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}", encoding="utf8")
