"""Wrong answers as a model reads them: how many of which kind in which slice, and some of each beside what is right."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain, zip_longest

from ftdojo.agents.ft_agent.diagnosis import Evidence, Prediction, error_kind, is_wrong
from ftdojo.agents.showing import cut, line

MOST, ASKED, ANSWERED, SHORT, ALIKE = 6, 700, 500, 120, 0.2
MOST_SLICES, LEAST = 10, 8
"""Slices that get a line, and how many items one has at least."""


def by_slice(evidence: Evidence) -> Iterator[str]:
    """Yield for each slice how many answers are wrong, and in which ways; the slices with most wrong answers first."""
    parts: defaultdict[str, list[Prediction]] = defaultdict(list)
    for each in evidence.outputs.values():
        for name, part in each.slices.items():
            parts[f"{name}={part}"].append(each)
    wrong = {name: _wrong(evidence, found) for name, found in parts.items() if len(found) >= LEAST}
    for name in sorted(wrong, key=lambda name: len(wrong[name]), reverse=True)[:MOST_SLICES]:
        kinds = Counter(error_kind(each) for each in wrong[name])
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        yield f"Slice {name}: {len(wrong[name])} of {len(parts[name])} wrong{f' ({told})' if told else ''}."


def alike(evidence: Evidence) -> Iterator[str]:
    """Yield how many wrong answers are one and the same text, if they are many: such a model ignores the question."""
    wrong = Counter(
        each.output.strip() for each in _wrong(evidence, list(evidence.outputs.values()))
    )
    for text, count in wrong.most_common(1):
        if count >= max(LEAST, ALIKE * wrong.total()):
            yield (
                f"{count} of {wrong.total()} wrong answers are the same to the letter, whatever was asked: "
                f"{line(text, SHORT)!r}."
            )


def beside_gold(evidence: Evidence) -> list[dict[str, str]]:
    """Return a few wrong answers with question and right answer, in turn from each slice and kind of error."""
    groups: defaultdict[tuple[str, str], list[Prediction]] = defaultdict(list)
    for each in _wrong(evidence, list(evidence.outputs.values())):
        groups[" ".join(each.slices.values()), error_kind(each)].append(each)
    largest = sorted(groups.values(), key=len, reverse=True)
    dealt = [each for each in chain(*zip_longest(*largest)) if each]
    return [
        {
            "prompt": cut(each.prompt, ASKED),
            "output": cut(each.output, ANSWERED),
            "gold": cut(each.gold, ANSWERED),
        }
        for each in dealt[:MOST]
        if each.gold
    ]


def _wrong(evidence: Evidence, found: list[Prediction]) -> list[Prediction]:
    return [each for each in found if is_wrong(each, evidence.sign)]
