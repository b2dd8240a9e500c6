"""How far the job under way is, from what the dojo tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Tell = Callable[[str, Mapping[str, Any]], None]
OFTEN = {"step", "scoring"}
"""Told many times a second: good for a display, too much for a log."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where an action is."""

    experiment: str = ""
    stage: str = ""
    step: int = 0
    of: int = 0


class Watch:
    """Is told what happens in the dojo, and remembers where things are.

    Args:
        log: is told all but what comes many times a second; may be replaced.
    """

    def __init__(self, log: Tell) -> None:
        self.log, self.now = log, Progress()

    def __call__(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Take note of one event."""
        if kind not in OFTEN:
            self.log(kind, facts)
        found = _progress(kind, facts)
        if found:
            self.now = found

    def clear(self) -> None:
        """Forget where the last action was."""
        self.now = Progress()


def _progress(kind: str, facts: Mapping[str, Any]) -> Progress | None:
    name = str(facts.get("experiment", ""))
    if kind == "rung":
        return Progress(experiment=name, stage=f"check: {facts['rung']}")
    if kind == "step":
        return Progress(experiment=name, stage="training", step=facts["step"], of=facts["of"])
    if kind == "scoring":
        stage = f"scoring {facts['split']}"
        return Progress(experiment=name, stage=stage, step=facts["done"], of=facts["of"])
    if kind == "experiment":
        return Progress(experiment=name, stage="check")
    if kind == "finish":
        return Progress(experiment=str(facts["proposed"]), stage="confirmation and test")
    return None
