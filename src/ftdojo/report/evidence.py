"""The contents of a run folder, read once, and the few queries that every part of the page needs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from ftdojo.records import BASE, EvaluationReport, Experiment, Result, Spend, Status, Verdict
from ftdojo.report.numbers import Scale
from ftdojo.store import Ledger, RunConfig, RunFolder

PAGE = "report.html"
Look = Literal["better", "worse", "undecided", "failed", "running", "unscored"]
"""How an experiment is coloured and marked; never by colour alone."""

SYMBOLS: dict[str, str] = {
    "better": "▲",
    "worse": "▼",
    "undecided": "●",
    "failed": "✕",
    "running": "…",
    "unscored": "○",
    "base": "■",
}


@dataclass(frozen=True)
class RunEvidence:
    """A run as its folder records it."""

    folder: RunFolder
    config: RunConfig
    base: EvaluationReport | None
    experiments: tuple[Experiment, ...]
    result: Result | None
    spent: Spend

    @classmethod
    def read(cls, folder: RunFolder) -> "RunEvidence":
        """Read ``folder``.

        Raises:
            StoreError: a file in it is damaged.
        """
        return cls(
            folder=folder,
            config=folder.config,
            base=folder.base(),
            experiments=tuple(folder.experiments()),
            result=folder.result(),
            spent=_spent(folder),
        )

    @cached_property
    def scale(self) -> Scale:
        """The task's unit and direction, as far as they were recorded."""
        reports = [self.base, *(each.evaluation for each in self.experiments)]
        return Scale.of(next(filter(None, reports), self.result.test if self.result else None))

    @cached_property
    def best(self) -> str:
        """The best validation score among complete passes: an experiment's id or ``base``."""
        scored = {each.id: each.evaluation for each in self.experiments}
        whole = {BASE: self.base} | scored
        worth = {
            name: self.scale.sign * report.score.score
            for name, report in whole.items()
            if report and not report.raced_out and math.isfinite(report.score.score)
        }
        return max(worth, key=worth.__getitem__, default=BASE)

    @property
    def chosen(self) -> str:
        """The selected model: the sealed choice, or the best so far while there is none."""
        return self.result.chosen if self.result else self.best

    def evaluation(self, name: str) -> EvaluationReport | None:
        """Return the validation report of an experiment or of ``base``."""
        if name == BASE:
            return self.base
        return next((each.evaluation for each in self.experiments if each.id == name), None)

    def scored(self) -> Iterator[tuple[Experiment, EvaluationReport]]:
        """Yield the experiments that have a validation score, e1 first."""
        for each in self.experiments:
            if each.evaluation:
                yield each, each.evaluation


def _spent(folder: RunFolder) -> Spend:
    """Return the ledger's sums; an earlier page is not part of the run, so its disk space is not counted."""
    spent, page = Ledger(folder.path).spend(), folder.path / PAGE
    bytes_of_page = page.stat().st_size if page.exists() else 0
    return replace(spent, disk_bytes=spent.disk_bytes - bytes_of_page)


def look(experiment: Experiment) -> Look:
    """Return how ``experiment`` is marked: its verdict against the best so far, or why it has none."""
    if experiment.status is Status.FAILED:
        return "failed"
    verdict = verdict_of(experiment)
    if verdict:
        return verdict.value
    return "running" if experiment.status is Status.RUNNING else "unscored"


def verdict_of(experiment: Experiment) -> Verdict | None:
    """Return the verdict against the best so far, or else against the base or the parent."""
    known = experiment.feedback.comparisons if experiment.feedback else {}
    order = ("best", BASE, "parent")
    return next((known[rival].verdict for rival in order if rival in known), None)


def headline_of(plan: str, *, limit: int = 90) -> str:
    """Return the first line of a plan that has text, without its front matter and Markdown signs."""
    lines = body_of(plan)[1].splitlines()
    texts = (line.strip().strip("#*_-> `").strip() for line in lines)
    return cut(next(filter(None, texts), ""), limit)


def body_of(plan: str) -> tuple[str, str]:
    """Split a plan into its front matter and its Markdown."""
    text = plan.removeprefix("\ufeff").replace("\r\n", "\n")
    front, fence, body = text.removeprefix("---\n").partition("\n---\n")
    return (front, body) if fence and text.startswith("---\n") else ("", text)


def cut(text: str, limit: int) -> str:
    """Return at most ``limit`` characters, with a sign where some are missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
