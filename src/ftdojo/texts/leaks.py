"""The contamination gate: which training rows hold a held-out question.

A row is an *exact* leak if one of its turns, or all of it, is a held-out question once both are normalised
(``words_of``) and the task's template is taken off. It is a *near* leak if it holds as many
consecutive words of a held-out question as the task says (``overlap_words``), or the whole of a shorter question, or
the sum that makes up most of one. A sum inside a longer sum is another sum. Runs of words that three or more held-out
questions share are the task's way of speaking and identify none of them; nor do those of further questions that are
known to be asked the same way. Time grows with the length of the rows only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ftdojo.records import Message, Overlap, Task
from ftdojo.texts.words import SIGNS, Words, is_number, sum_in, ways_to_read, words_of

SHARED_BY = 3
"""A run of words found in this many questions identifies none of them."""
SHORTEST = 4
"""Questions of fewer words are looked for as whole turns only; inside other text they occur by chance."""
SUM = 5
"""Words of the shortest sum that identifies a question: three numbers and two operators."""

Leak = Literal["exact", "near"]


class Gate:
    """Finds held-out questions in training rows.

    Args:
        questions: the text of each held-out question as the model is asked it, template included.
        task: gives the template and ``overlap_words``.
        phrasing: bare questions beside them, such as those of raw rows that were split off from the same file.
    """

    def __init__(
        self, questions: Iterable[str], task: Task, *, phrasing: Iterable[str] = ()
    ) -> None:
        before, _, after = task.template.partition("{question}")
        self._frame = words_of(before), words_of(after)
        self._length = max(2, task.overlap_words)
        self._whole = {found for text in questions if (found := self._unframed(words_of(text)))}
        self._runs = _runs_in(self._whole, self._length)
        self._short = _by_opening(self._whole, self._length)
        self._forget_phrases({words_of(text) for text in phrasing} - self._whole)

    def overlap(self, rows: Iterable[tuple[int, Sequence[Message]]]) -> Overlap:
        """Count the leaks among numbered training rows and name their numbers; nothing of a question is quoted."""
        found = [(number, leak) for number, turns in rows if (leak := self.leak(turns))]
        return Overlap(
            exact=sum(leak == "exact" for _, leak in found),
            near=sum(leak == "near" for _, leak in found),
            rows=tuple(number for number, _ in found),
        )

    def leak(self, turns: Sequence[Message]) -> Leak | None:
        """Return how one row leaks, or None."""
        ways = [self._ways(turn["content"]) for turn in turns]
        if any(words in self._whole for each in ways for words in each):
            return "exact"
        found = any(self._holds(words, range(len(words) - 1)) for each in ways for words in each)
        return "near" if found or self._hides_in_two([each[0] for each in ways]) else None

    def _forget_phrases(self, beside: Iterable[Words]) -> None:
        """Keep only what identifies a question among all that are asked the same way.

        A run of words that one of ``beside`` has is no leak, unless that one holds a whole question. What short questions
        are known by is kept until ``SHARED_BY`` questions have it, for whoever has it holds the whole of one.
        """
        counts: Counter[int] = Counter()
        for words in self._whole:
            if len(words) > self._length:
                counts.update(_hashes(words, self._length))
        common = {run for run, count in counts.items() if count >= SHARED_BY}
        opening: defaultdict[int, list[Words]] = defaultdict(list)
        for words in self._whole:
            opening[hash(words[: self._length])].append(words)
        short: Counter[Words] = Counter()
        for words in beside:
            short.update(
                {found for at in range(len(words) - 1) for found in self._found(words, at)}
            )
            runs = _hashes(words, self._length) & self._runs
            wholes = [whole for run in runs & opening.keys() for whole in opening[run]]
            if not any(_holds_all(words, whole) for whole in wholes):
                common |= runs
        self._runs -= common
        for known in self._short.values():
            known -= {words for words in known if 1 + short[words] >= SHARED_BY}

    def _ways(self, text: str) -> list[Words]:
        return [self._unframed(words_of(way)) for way in ways_to_read(text)]

    def _hides_in_two(self, turns: Sequence[Words]) -> bool:
        """Return whether a question starts in one turn and ends in a later one."""
        told: Words = ()
        for words in turns:
            seam = (*told, *words[: self._length])
            first = (
                1 if len(told) == self._length else 0
            )  # the word before a sum has to be in sight
            if self._holds(seam, range(first, len(told))):
                return True
            told = (*told, *words)[-self._length :]
        return False

    def _unframed(self, words: Words) -> Words:
        """Take the task's template off, and an equals sign that only asks."""
        before, after = self._frame
        framed = words[: len(before)] == before and words[len(words) - len(after) :] == after
        if framed and len(words) >= len(before) + len(after):
            words = words[len(before) : len(words) - len(after)]
        return _bare(words)

    def _holds(self, words: Words, starts: range) -> bool:
        length = self._length
        for at in starts:
            if self._runs and hash(words[at : at + length]) in self._runs:
                return True
            if next(self._found(words, at), None):
                return True
        return False

    def _found(self, words: Words, at: int) -> Iterator[Words]:
        """Yield what short questions are known by that stands at ``at``."""
        for pattern in self._short.get(words[at : at + 2], ()):
            if words[at : at + len(pattern)] == pattern and not _inside(words, at, pattern):
                yield pattern


def _bare(words: Words) -> Words:
    return words[:-1] if words and words[-1] == "=" else words


def _holds_all(words: Words, question: Words) -> bool:
    size = len(question)
    return any(words[at : at + size] == question for at in range(len(words) - size + 1))


def _runs_in(questions: Iterable[Words], length: int) -> frozenset[int]:
    """Return the hashes of the runs of ``length`` words that longer questions are made of."""
    longer = (words for words in questions if len(words) > length)
    return frozenset(run for words in longer for run in _hashes(words, length))


def _hashes(words: Words, length: int) -> set[int]:
    return {hash(words[at : at + length]) for at in range(len(words) - length + 1)}


def _by_opening(questions: Iterable[Words], length: int) -> dict[Words, set[Words]]:
    """Return what short questions are known by, under its first two words."""
    short: defaultdict[Words, set[Words]] = defaultdict(set)
    for words in questions:
        if len(words) > length:
            continue
        if len(words) >= SHORTEST:
            short[words[:2]].add(words)
        if len(made_of := sum_in(words)) >= max(SUM, len(words) / 2):
            short[made_of[:2]].add(made_of)
    return dict(short)


def _inside(words: Words, at: int, pattern: Words) -> bool:
    """Return whether ``pattern``, found at ``at``, is only a part of a longer sum."""
    end = at + len(pattern)
    led = at > 0 and words[at - 1] in SIGNS and is_number(pattern[0])
    return led or (end < len(words) and words[end] in SIGNS and is_number(pattern[-1]))
