"""reasoning-gym/<name>: any data set of the package reasoning-gym, some hundred kinds of puzzles made on the spot.

``family`` makes the task of a data set with its default settings. Seeds of validation, confirmation, test and sources lie far
apart; a question that was drawn before is dropped, so that no split or source holds one of another. Before its first
question is used a data set has to prove itself: its own scorer must give its own answers full marks, and garbage none.
Some do not, and are refused.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from ftdojo.errors import SourceError, UnknownName
from ftdojo.records import Direction, Grade, Item, Source, Split, Task
from ftdojo.scorers.general import procedural
from ftdojo.tasks.miniature import small_talk

FAMILY = "reasoning-gym"
COUNTS: dict[Split, int] = {"validation": 100, "confirm": 100, "test": 200}
ROWS = 1000
DRAWS_EACH = 3
"""How many questions are drawn at most for each one that is wanted; a data set of few questions has small splits."""
LONGEST_QUESTION, LONGEST_ANSWER = 6_000, 800
MAX_NEW_TOKENS = 512
SWAPPED = 0.4
PROBES = ("?!", "Answer", "wrong")
"""Right for no question of any data set."""
CONSTANTS = ("0", "1", "True", "Yes", "A", "[]")
"""Right for some questions, but not for most of those that have another answer."""
PROVED = 8
HELD_OUT: tuple[Split, ...] = ("validation", "confirm", "test")
LICENCE = "Apache-2.0"


@dataclass(frozen=True, kw_only=True)
class Puzzle:
    """One question of a data set; ``seed`` and ``index`` make it again."""

    seed: int
    index: int
    question: str
    answer: str


def family(name: str) -> Task:
    """Any data set of reasoning-gym: some hundred kinds of puzzles, made on the spot.

    Raises:
        MissingExtra: the package is not installed.
        UnknownName: it has no data set called ``name``.
    """
    known = _names()
    if name not in known:
        raise UnknownName(
            "reasoning-gym data set", name, known, f"Write the task as {FAMILY}/<name>."
        )
    return _task(name)


def items(name: str, split: Split) -> tuple[Item, ...]:
    """Return the questions of ``split`` of a data set, always the same ones in the same order."""
    return tuple(
        Item(
            id=f"{split}-{puzzle.index:04}",
            messages=_task(name).prompt(puzzle.question),
            gold=procedural.in_format(puzzle.answer),
            facts={"seed": puzzle.seed, "index": puzzle.index, "answer": puzzle.answer},
        )
        for puzzle in _drawn(name)[split]
    )


def grade(name: str, output: str, item: Item) -> Grade:
    """Grade one output by the package's own scorer; only full marks count."""
    return procedural.grade(
        output,
        item.facts["answer"],
        name=name,
        seed=item.facts["seed"],
        index=item.facts["index"],
    )


@cache
def _names() -> tuple[str, ...]:
    return procedural.shared().names()


@cache
def _drawn(name: str) -> dict[Split, tuple[Puzzle, ...]]:
    seen: set[str] = set()
    drawn = {part: tuple(_fresh(name, part, COUNTS[part], seen)) for part in HELD_OUT}
    _prove(name, drawn["validation"])
    return drawn


@cache
def _training(name: str) -> tuple[Puzzle, ...]:
    held = [_plain(puzzle.question) for puzzles in _drawn(name).values() for puzzle in puzzles]
    closed = frozenset(_reordered(question) for question in held)
    return tuple(_fresh(name, "train", ROWS, set(held), closed))


def _fresh(
    name: str, part: str, count: int, seen: set[str], closed: frozenset[str] = frozenset()
) -> Iterator[Puzzle]:
    """Yield up to ``count`` questions that are not ``seen`` yet, and note them there.

    The words of ``closed`` are in no question, whatever their order: the gate takes such a row for a held-out one.
    """
    found = 0
    for puzzle in _stream(name, part, count * DRAWS_EACH):
        plain = _plain(puzzle.question)
        if found < count and plain not in seen and _reordered(plain) not in closed:
            seen.add(plain)
            found += 1
            yield puzzle
        if found == count:
            return


def _stream(name: str, part: str, most: int) -> Iterator[Puzzle]:
    seed = int.from_bytes(hashlib.sha256(f"{name} {part} v1".encode()).digest()[:4], "big") // 2
    for index in range(most):
        found = procedural.shared().question(name, seed, index)
        if found is None:
            raise _refused(
                name, f"question {index} cannot be made in {procedural.QUESTION_S:.0f} s"
            )
        question, answer = found
        if answer is None:
            raise _refused(name, "its questions have no answer that could be shown to a model")
        fits = len(question) <= LONGEST_QUESTION and len(answer) <= LONGEST_ANSWER
        if fits and procedural.can_be_scored(name, answer.strip()):
            yield Puzzle(seed=seed, index=index, question=question, answer=answer)


def _prove(name: str, puzzles: Sequence[Puzzle]) -> None:
    """Refuse a data set whose scorer cannot be relied on.

    Raises:
        SourceError: it takes its own answers for wrong, or garbage for right, or has too few questions.
    """
    if len(puzzles) < 2:
        raise _refused(name, "it has hardly any question that is short enough")
    several = puzzles[:PROVED]
    for puzzle in several:
        if _mark(name, puzzle, puzzle.answer.strip()) < procedural.FULL_MARKS:
            raise _refused(
                name, f"its scorer takes its own answer {puzzle.answer[:40]!r} for wrong"
            )
    for text in PROBES:
        if any(_mark(name, puzzle, text) >= procedural.FULL_MARKS for puzzle in several):
            raise _refused(name, f"its scorer takes {text!r} for right")
    for text in CONSTANTS:
        others = [each for each in several if each.answer.strip().casefold() != text.casefold()]
        right = sum(_mark(name, each, text) >= procedural.FULL_MARKS for each in others)
        if right > len(several) / 2:
            raise _refused(name, f"its scorer mostly takes {text!r} for right where it is not")


def _mark(name: str, puzzle: Puzzle, answer: str) -> float:
    return procedural.shared().mark(name, puzzle.seed, puzzle.index, answer)


def _refused(name: str, why: str) -> SourceError:
    return SourceError(
        f"{FAMILY}/{name} cannot be a task: {why}; choose another data set of the package."
    )


def _plain(question: str) -> str:
    return " ".join(question.casefold().split())


def _reordered(plain: str) -> str:
    return " ".join(sorted(plain.split()))


def _rows(name: str, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the training questions with answers in our format (``answers``), bare, or partly another question's."""
    puzzles, quirks = _training(name), random.Random(f"{name} {kind} v1")
    for number, puzzle in enumerate(puzzles):
        other, spoilt = quirks.choice(puzzles), quirks.random() < SWAPPED
        answer = other.answer if kind == "swapped" and spoilt else puzzle.answer
        said = answer.strip() if kind == "bare" else procedural.in_format(answer)
        yield {"id": number, "question": puzzle.question, "answer": said}


def _source(name: str, source: str, kind: str, *, about: str, notes: str) -> Source:
    return Source(
        name=source,
        summary=about,
        licence=LICENCE,
        fields={"id": "row number", "question": "the question", "answer": "the answer, as text"},
        prompt_field="question",
        response_field="answer",
        notes=notes,
        version=2,
        rows=partial(_rows, name, kind),
    )


def _sources(name: str) -> tuple[Source, ...]:
    return (
        _source(
            name,
            "answers",
            "answers",
            about="Questions of the same kind with their answers, in the format that is asked for.",
            notes="No steps, only the answers.",
        ),
        _source(
            name,
            "answers-bare",
            "bare",
            about="The same questions with their answers alone.",
            notes="Right, but without 'Answer:', so a model trained on these rows as they are writes nothing readable.",
        ),
        _source(
            name,
            "answers-swapped",
            "swapped",
            about="The same questions, answered in a hurry.",
            notes="Two answers in five are those of another question.",
        ),
        small_talk,
    )


@cache
def _task(name: str) -> Task:
    return Task(
        name=f"{FAMILY}/{name}",
        version=1,
        domain=FAMILY,
        summary=(
            f"Puzzles of the data set {name!r} of reasoning-gym 0.1, with its default settings, made on the spot. Each "
            "question says itself what is asked. An answer counts only if the package's own scorer gives it full marks."
        ),
        answer_format=(
            f"The last line that begins with '{procedural.CUE}' gives the answer, as in '{procedural.CUE} 7', and nothing behind "
            "it on that line. If nothing stands there, all lines below it are the answer. Steps before it are welcome. An "
            f"output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Without such a line, or with a formula or a list that "
            "is none where the scorer evaluates the answer, it is unreadable and scores 0."
        ),
        system="",
        template=(
            "{question}\n\n"
            f"End with a line that begins with '{procedural.CUE}' and gives the answer alone. If the answer has several "
            "lines, write them below it."
        ),
        metric="solved",
        direction=Direction.HIGHER,
        unit="share",
        max_new_tokens=MAX_NEW_TOKENS,
        stop=(),
        sources=_sources(name),
        items=partial(items, name),
        grade=partial(grade, name),
        # Questions of one kind share most of their words, so only a whole one gives itself away.
        overlap_words=5_000,
        secondary={
            "package_score": (
                "the package's own score, in [0, 1], which gives parts of a mark to some wrong answers; higher is better"
            )
        },
    )
