"""BioProBench GEN: the steps of a protocol, compared with the published ones by ROUGE.

ROUGE-1, -2 and -L (F1, with Porter's stemmer) are those of the package rouge-score, as in the published evaluator, which
leaves out answers without tags; ``strict`` gives these 0 and reads the last pair of tags, not the first. BLEU, METEOR and
the keyword and step metrics of the paper are not offered: they need corpora and embedding models from the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ftdojo.errors import MissingExtra
from ftdojo.records import Grade
from ftdojo.scorers.biology.tagged import answers, behind, last_answer, thought_out

MOST_CHARS = 20_000
"""What is read of an answer, twice the longest protocol: ROUGE-L takes time that grows with both lengths."""
FIGURES = ("rouge1", "rouge2", "rougeL")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What was read of one output, None where nothing was; ``rouge`` holds shares in the order of ``FIGURES``."""

    given: str | None
    rouge: tuple[float, ...] = (0.0,) * len(FIGURES)


def reference(output: str, gold: Sequence[str] | str) -> Mark:
    """Read one output as the published evaluator does: the first pair of tags."""
    text = behind(thought_out(output), "</Structure>")
    return _mark(next(iter(answers(text)), None), gold)


def strict(output: str, gold: Sequence[str] | str) -> Mark:
    """Read one output: the last pair of tags."""
    return _mark(last_answer(output), gold)


def grade(output: str, gold: Sequence[str] | str) -> Grade:
    """Grade one output by ROUGE-L.

    Raises:
        MissingExtra: rouge-score is not installed.
    """
    mark = strict(output, gold)
    return Grade(
        score=mark.rouge[2],
        readable=bool(mark.given),
        extracted=(mark.given or "")[:200],
        secondary=dict(zip(FIGURES[:2], mark.rouge[:2], strict=True)),
    )


def reference_total(marks: Sequence[Mark]) -> dict[str, float]:
    """Sum up as published: over the rows with tags; without one there are no figures."""
    read = [mark for mark in marks if mark.given is not None]
    counts = {"failed": float(len(marks) - len(read)), "total": float(len(marks))}
    return (_means(read) if read else {}) | counts


def strict_total(marks: Sequence[Mark]) -> dict[str, float]:
    """Sum up over all rows."""
    failed = sum(not mark.given for mark in marks)
    return _means(marks) | {"failed": float(failed), "total": float(len(marks))}


def _means(marks: Sequence[Mark]) -> dict[str, float]:
    columns = zip(*(mark.rouge for mark in marks), strict=True)
    return {
        name: 100 * sum(column) / len(marks) for name, column in zip(FIGURES, columns, strict=False)
    }


def _mark(given: str | None, gold: Sequence[str] | str) -> Mark:
    if given is None:
        return Mark(given=None)
    right = gold if isinstance(gold, str) else " ".join(gold)
    scores = _rouge().score(right[:MOST_CHARS], given[:MOST_CHARS])
    return Mark(given=given, rouge=tuple(float(scores[name].fmeasure) for name in FIGURES))


@cache
def _rouge() -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingExtra(
            "Scoring protocol generation needs the package rouge-score: pip install 'ftdojo[text]'."
        ) from error
    return RougeScorer(list(FIGURES), use_stemmer=True)
