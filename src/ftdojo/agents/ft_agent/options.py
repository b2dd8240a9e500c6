"""What may be chosen about FT-Agent: the search policy, and which of its parts are switched off."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ftdojo.config import cases_dir
from ftdojo.errors import UnknownName, UsageError
from ftdojo.search import policies

Part = Literal["exploration", "design", "probes", "planning", "checks", "analysis", "memory"]
PARTS: tuple[Part, ...] = get_args(Part)
NAMES = ("policy", "without", "repairs", "cases")
OFF = "off"
REPAIRS, MOST_REPAIRS = 3, 20


@dataclass(frozen=True, kw_only=True)
class Options:
    """FT-Agent's dials.

    ``without`` names parts that are left out, for ablations: without ``exploration`` nothing is looked at before the first
    plan; without ``design`` the first turn has one candidate; without ``probes`` the design with the highest prediction is
    trained in place of the one that a short training taught most; without ``planning`` the writer decides as it writes;
    without ``checks`` a first draft is trained as it is; without ``analysis`` only scores are seen; without ``memory``
    neither lessons, nor failures, nor earlier runs. ``repairs`` is how often a draft is repaired before it is dropped.
    ``cases`` is the folder of what earlier runs taught; None: they are neither read nor added to.
    """

    policy: str = "greedy"
    without: frozenset[Part] = frozenset()
    repairs: int = REPAIRS
    cases: Path | None = None

    def has(self, part: Part) -> bool:
        """Return whether ``part`` is switched on."""
        return part not in self.without


def read_options(given: Mapping[str, str]) -> Options:
    """Return the options that ``given`` says.

    Raises:
        UnknownName: an option, a policy or a part that does not exist.
        UsageError: a number that is none, or out of range.
    """
    for name in given:
        if name not in NAMES:
            raise UnknownName("option of ft-agent", name, NAMES)
    policy = given.get("policy", "greedy")
    policies.get(policy)
    return Options(
        policy=policy,
        without=_parts(given.get("without", "")),
        repairs=_repairs(given.get("repairs", str(REPAIRS))),
        cases=_cases(given.get("cases", "")),
    )


def _parts(text: str) -> frozenset[Part]:
    named = [each.strip() for each in text.split(",") if each.strip()]
    for each in named:
        if each not in PARTS:
            raise UnknownName("part of ft-agent", each, PARTS)
    return frozenset(part for part in PARTS if part in named)


def _cases(text: str) -> Path | None:
    if text == OFF:
        return None
    return Path(text).expanduser() if text else cases_dir()


def _repairs(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_REPAIRS:
        raise UsageError(f"repairs={text!r} must be a whole number from 0 to {MOST_REPAIRS}.")
    return int(text)
