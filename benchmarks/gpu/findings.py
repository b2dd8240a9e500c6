"""What a part of the check found, a line each, and the table of all."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One figure or one fact.

    ``reached`` says whether the aim was met, where there is one; the check fails on what it ``must`` meet only, for an
    aim of speed is a wish and an agreement is not.
    """

    part: str
    what: str
    value: float | None = None
    unit: str = ""
    aim: str = ""
    reached: bool | None = None
    must: bool = False
    note: str = ""


class Report:
    """Takes the findings of one part and keeps each at once; made from a part's two arguments, file and device."""

    def __init__(self, part: str) -> None:
        self._part, self._file, self.device = part, Path(sys.argv[1]), sys.argv[2]

    @property
    def small(self) -> bool:
        """Return whether everything is to be small: on a CPU nothing but the device is missing."""
        return self.device == "cpu"

    def add(self, what: str, **facts: Any) -> None:
        """Write one finding down."""
        made = Finding(part=self._part, what=what, **facts)
        with self._file.open("a", encoding="utf8") as lines:
            lines.write(json.dumps(asdict(made)) + "\n")
        print(made, file=sys.stderr, flush=True)

    def require(self, what: str, fine: bool, **facts: Any) -> None:
        """Write down what has to be so."""
        self.add(what, reached=fine, must=True, **facts)


def read(file: Path) -> list[Finding]:
    """Return the findings in ``file``; a line that was cut off is left out."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf8").splitlines(keepends=True)
    return [Finding(**json.loads(line)) for line in lines if line.endswith("\n")]


def table(found: Sequence[Finding], facts: Mapping[str, Any]) -> str:
    """Return the findings as a Markdown page."""
    machine = ", ".join(f"{name} {facts[name]}" for name in _SHOWN if facts.get(name))
    rows = ["| part | what | figure | aim | reached | note |", "|---|---|---|---|---|---|"]
    rows += [_row(each) for each in found]
    missed = sum(each.reached is False for each in found if each.must)
    return f"# GPU check\n\n{machine}\n\nFailed: {missed}.\n\n" + "\n".join(rows) + "\n"


_SHOWN = (
    "cpu",
    "cores",
    "device",
    "device_name",
    "device_bytes",
    "number_format",
    "python",
    "versions",
)


def _row(each: Finding) -> str:
    figure = "" if each.value is None else f"{each.value:,.4g} {each.unit}".strip()
    reached = {None: "", True: "yes", False: "NO" if each.must else "no"}[each.reached]
    cells: Iterable[str] = (each.part, each.what, figure, each.aim, reached, each.note)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
