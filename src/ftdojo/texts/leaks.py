"""The contamination gate: which training rows hold a held-out question.

This is what a leak is, wherever the word is used. A row is an *exact* leak if one of its turns is a held-out question
once both are normalised (``words_of``) and the task's template is taken off. It is a *near* leak if it holds

- as many consecutive words of a held-out question as the task says (``overlap_words``), the whole of a shorter one, or
  the sum that makes up most of one, whatever words stand between its numbers. A sum inside a longer sum is another sum.
- four in five of the words that identify a question, in any order and among any others, if they are too many and too
  rare to meet by chance (``texts.telling``).

Turns are read one by one, one after the other and without the assistant's between them, without the words that no question
has, and what is encoded or turned round is read as well (``texts.disguises``). Runs of words that three or more held-out questions share are the task's way of speaking and
identify none of them; nor do those of further questions that are known to be asked the same way. Time grows with the
length of the rows only.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, filterfalse, groupby, pairwise
from typing import Literal

from ftdojo.records import Message, Overlap, Task
from ftdojo.texts.disguises import Turned, decoded
from ftdojo.texts.telling import Bag, Telling, bag_of, codes_in, pairs_of, parts_of
from ftdojo.texts.words import SIGNS, Words, figures_of, is_number, sum_in, ways_to_read, words_of

SHARED_BY = 3
"""A run of words found in this many questions identifies none of them."""
SHORTEST = 4
"""Questions of fewer words are looked for as whole turns only; inside other text they occur by chance."""
SUM = 5
"""Words of the shortest sum that identifies a question: three numbers and two operators."""

WHOLE_ONLY = 1_000
"""A task that asks for so many words in a row has questions that share nearly all of theirs, such as a whole patent; a
question is then not known by its words in any other order."""
MANY = 12
"""Of a question of so many words hardly another one is made of the same words and numbers."""
CUT = frozenset("+-*/\u2212\u2013\u00d7\u22c5\u00f7")
"""What a turn ends with if it was cut off after an operator."""

Leak = Literal["exact", "near"]


class Gate:
    """Finds held-out questions in training rows.

    Args:
        questions: the text of each held-out question, with or without the template.
        overlap_words: how many consecutive words of one are a leak.
        template: what the task puts around all of them, with a hole ``{question}``.
        phrasing: bare questions beside them, such as those of raw rows that were split off from the same file.

    Example:
        >>> gate = Gate(["Where did the old brown fox sleep last night?"], overlap_words=8)
        >>> gate.holds("He knew where did the old brown fox sleep last, mostly."), gate.holds("A brown fox.")
        (True, False)
    """

    def __init__(
        self,
        questions: Iterable[str],
        *,
        overlap_words: int,
        template: str = "{question}",
        phrasing: Iterable[str] = (),
    ) -> None:
        before, _, after = template.partition("{question}")
        self._frame = words_of(before), words_of(after)
        self._length = max(2, overlap_words)
        asked = {found: text for text in questions if (found := self._unframed(words_of(text)))}
        beside = {found: text for text in phrasing if (found := words_of(text)) not in asked}
        self._whole = frozenset(asked)
        prose = (words for words, text in asked.items() if _is_text(words) and not codes_in(text))
        self._shuffled = set(map(_shuffled, prose)) - {()}
        self._sizes = frozenset(map(len, self._shuffled))
        self._runs = _runs_in(asked, self._length)
        self._phrases, self._sums = _phrases_in(asked, self._length), _sums_in(asked)
        self._forget_phrases(asked.keys(), beside.keys())
        told = self._length < WHOLE_ONLY
        scattered = {words: text for words, text in asked.items() if told and not _is_sum(words)}
        self._telling = Telling(scattered, beside, frame=template)
        self._known = frozenset(chain(*asked))
        self._turned = Turned(self._known.union(*map(codes_in, asked.values())))

    @classmethod
    def of(cls, task: Task, questions: Iterable[str], *, phrasing: Iterable[str] = ()) -> "Gate":
        """Return the gate that finds ``questions`` of ``task``."""
        words, template = task.overlap_words, task.template
        return cls(questions, overlap_words=words, template=template, phrasing=phrasing)

    def overlap(self, rows: Iterable[tuple[int, Sequence[Message]]]) -> Overlap:
        """Count the leaks among numbered training rows and name their numbers; nothing of a question is quoted."""
        found = [(number, leak) for number, turns in rows if (leak := self.leak(turns))]
        return Overlap(
            exact=sum(leak == "exact" for _, leak in found),
            near=sum(leak == "near" for _, leak in found),
            rows=tuple(number for number, _ in found),
        )

    def holds(self, *texts: str) -> bool:
        """Return whether a row of these turns, or of one of them alone, is a leak: among more words the same ones tell less."""
        turns = [Message(role="user", content=text) for text in texts]
        rows = [[turn] for turn in turns] + ([turns] if len(turns) > 1 else [])
        return any(self.leak(row) for row in rows)

    def leak(self, turns: Sequence[Message]) -> Leak | None:
        """Return how one row leaks, or None."""
        said = [turn["content"] for turn in turns]
        ways = [self._ways(text) for text in said]
        if any(words in self._whole for each in ways for words in each):
            return "exact"
        fitting = (words for each in ways for words in each if len(words) in self._sizes)
        if any(_shuffled(words) in self._shuffled for words in fitting):
            return "near"
        users = [at for at, turn in enumerate(turns) if turn["role"] == "user"]
        orders = [range(len(turns)), *([users] if 1 < len(users) < len(turns) else [])]
        if any(
            self._in([said[at] for at in order], [ways[at] for at in order]) for order in orders
        ):
            return "near"
        hidden = decoded(said)
        read = [*zip(said, ways, strict=True), *((text, self._ways(text)) for text in hidden)]
        hidden += [other for text, each in read for other in self._turned.back(text, each[0])]
        return (
            "near" if hidden and self._in(hidden, [self._ways(text) for text in hidden]) else None
        )

    def _in(self, texts: Sequence[str], ways: Sequence[Sequence[Words]]) -> bool:
        """Return whether a question stands in turns that are read one after the other."""
        if any(
            text.rstrip()[-1:] in CUT for text in texts[:-1]
        ):  # an operator, if a number follows
            ways = [self._ways("\n".join(texts))]
        joined = "\n".join(texts)
        first, last = (tuple(chain.from_iterable(each[way] for each in ways)) for way in (0, -1))
        streams = {first: self._figures(joined), last: self._figures(ways_to_read(joined)[-1])}
        streams.setdefault(self._unfilled(first), ())
        return any(self._holds(*each) for each in streams.items()) or self._tells(
            first, codes_in(joined)
        )

    def _figures(self, text: str) -> Words:
        """Return the numbers and operators of ``text`` if sums are looked for."""
        return figures_of(text) if self._sums else ()

    def _tells(self, words: Words, codes: Bag) -> bool:
        """Return whether the words that identify a question are there, in any order."""
        bags = [bag_of(part) | codes for part in parts_of(words)]
        known = tuple(filter(self._known.__contains__, words))
        pairs = [pairs_of(part) for part in parts_of(known)]
        everything = bags[0] if len(bags) == 1 else frozenset().union(*bags)
        return self._telling.holds(bags, pairs, everything)

    def _unfilled(self, words: Words) -> Words:
        """Return ``words`` without those that no question has; numbers and signs stay, as others ask another question."""
        fillers = frozenset(filter(str.isalpha, frozenset(words) - self._known))
        return tuple(filterfalse(fillers.__contains__, words)) if fillers else words

    def _forget_phrases(self, asked: Collection[Words], beside: Iterable[Words]) -> None:
        """Keep only what identifies a question among all that are asked the same way.

        A run of words that one of ``beside`` has is no leak, unless that one holds a whole question. What short questions
        are known by is kept until ``SHARED_BY`` questions have it, for whoever has it holds the whole of one.
        """
        counts: Counter[int] = Counter()
        for words in asked:
            if len(words) > self._length:
                counts.update(set(_hashes(words, self._length)))
        common = {run for run, count in counts.items() if count >= SHARED_BY}
        opening: defaultdict[int, list[Words]] = defaultdict(list)
        for words in asked:
            opening[hash(words[: self._length])].append(words)
        short: Counter[Words] = Counter()
        for words in beside:
            short.update(set(self._found(words)))
            runs = self._runs.intersection(_hashes(words, self._length))
            wholes = [whole for run in runs & opening.keys() for whole in opening[run]]
            if not any(_holds_all(words, whole) for whole in wholes):
                common |= runs
        self._runs -= common
        for sizes in (*self._phrases.values(), *self._sums.values()):
            for known in sizes.values():
                known -= {words for words in known if 1 + short[words] >= SHARED_BY}

    def _ways(self, text: str) -> list[Words]:
        return [self._unframed(words_of(way)) for way in ways_to_read(text)]

    def _unframed(self, words: Words) -> Words:
        """Take the task's template off, and an equals sign that only asks."""
        before, after = self._frame
        framed = words[: len(before)] == before and words[len(words) - len(after) :] == after
        if framed and len(words) >= len(before) + len(after):
            words = words[len(before) : len(words) - len(after)]
        return words[:-1] if words and words[-1] == "=" else words

    def _holds(self, words: Words, figures: Words) -> bool:
        return self._has_run(words) or next(self._found(words, figures), None) is not None

    def _has_run(self, words: Words) -> bool:
        if len(words) < self._length or not self._runs:
            return False
        stretches = (
            tuple(stretch) for known, stretch in groupby(words, self._known.__contains__) if known
        )
        return any(not self._runs.isdisjoint(_hashes(each, self._length)) for each in stretches)

    def _found(self, words: Words, figures: Words = ()) -> Iterator[Words]:
        """Yield what short questions are known by that stands in ``words``, and sums in ``figures`` too."""
        for text, known in ((words, self._phrases), (words, self._sums), (figures, self._sums)):
            if known.keys().isdisjoint(pairwise(text)):
                continue
            for at, pair in enumerate(pairwise(text)):
                for size, patterns in known.get(pair, {}).items():
                    found = text[at : at + size]
                    if found in patterns and not _inside(text, at, found):
                        yield found


def _holds_all(words: Words, question: Words) -> bool:
    size = len(question)
    return any(words[at : at + size] == question for at in range(len(words) - size + 1))


def _runs_in(questions: Iterable[Words], length: int) -> frozenset[int]:
    """Return the hashes of the runs of ``length`` words that longer questions are made of."""
    longer = (words for words in questions if len(words) > length)
    return frozenset(run for words in longer for run in _hashes(words, length))


def _hashes(words: Words, length: int) -> Iterable[int]:
    """Return the hashes of all runs of ``length`` words."""
    if len(words) < length:
        return ()
    return map(hash, zip(*(words[at:] for at in range(length)), strict=False))


Openings = Mapping[Words, Mapping[int, set[Words]]]
"""Words by their first two, and by how many they are."""


def _by_opening(found: Iterable[Words]) -> Openings:
    known: defaultdict[Words, dict[int, set[Words]]] = defaultdict(dict)
    for words in found:
        known[words[:2]].setdefault(len(words), set()).add(words)
    return dict(known)


def _phrases_in(questions: Iterable[Words], length: int) -> Openings:
    """Return the questions of ``SHORTEST`` to ``length`` words."""
    short = (words for words in questions if SHORTEST <= len(words) <= length)
    return _by_opening(words for words in short if len(sum_in(words)) < len(words))


def _is_text(words: Words) -> bool:
    """Return whether most of a question is words, so that nobody means another one if they are turned round."""
    return len(words) >= SHORTEST and 2 * sum(word.isalpha() for word in words) > len(words)


def _shuffled(words: Words) -> Words:
    """Return ``words`` in an order that does not depend on theirs; nothing if few of them say to which one a number belongs."""
    alone = len(words) >= MANY or sum(map(is_number, words)) < 2
    return tuple(sorted(words)) if alone else ()


def _is_sum(words: Words) -> bool:
    return len(sum_in(words)) >= max(SUM, len(words) / 2)


def _sums_in(questions: Iterable[Words]) -> Openings:
    """Return the sums that make up most of a question."""
    return _by_opening(map(sum_in, filter(_is_sum, questions)))


def _inside(words: Words, at: int, pattern: Words) -> bool:
    """Return whether ``pattern``, found at ``at``, is only a part of a longer sum."""
    end = at + len(pattern)
    led = at > 0 and words[at - 1] in SIGNS and is_number(pattern[0])
    return led or (end < len(words) and words[end] in SIGNS and is_number(pattern[-1]))
