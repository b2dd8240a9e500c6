r"""Attacks on the contamination gate and honest look-alikes, and how often the gate is right about them.

A trick makes training rows of a held-out question. Most of them hide it: in other words around it, over several turns, in
another order, behind look-alike characters or an encoding. The honest ones only look like it and have to pass, as have the
rows of the task's own sources. ``assault`` runs them all on the tasks whose data are here; ``ftdojo doctor --attack``
prints what it finds. A file is what one trick makes of some items of one task.
"""

import base64
import codecs
import json
import operator
import random
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import islice, pairwise
from typing import Literal, get_args

from ftdojo import tasks
from ftdojo.errors import FtdojoError
from ftdojo.records import Estimate, Message, Split, Task
from ftdojo.sources.client import local_only
from ftdojo.stats import estimate
from ftdojo.texts import Gate
from ftdojo.texts.words import is_number, sum_in, words_of

Kind = Literal["words", "encoding", "honest"]
Turns = tuple[Message, ...]
TASKS = (
    *("math/mini", "tables/mini", "finance/mini", "patent/mini", "chemistry/mini", "text/extract"),
    *("math/gsm8k", "finance/financeiq", "biology/pubmedqa", "chemistry/mol-und"),
    *("tables/data-analysis", "text/agnews", "biology/protocol-error"),
)
"""Tasks of every domain; those whose data are not here are left out."""
FILLERS = ["well", "um", "actually", "hmm", "basically", "honestly", "okay", "anyway", "er", "like"]
LOOKALIKES = str.maketrans(
    "aceiopxyABEHKMOPCTX",
    "\u0430\u0441\u0435\u0456\u043e\u0440\u0445\u0443"
    "\u0410\u0412\u0415\u041d\u041a\u041c\u041e\u0420\u0421\u0422\u0425",
)
"""Letters of the Latin script, and those of the Cyrillic one that look the same."""


@dataclass(frozen=True, kw_only=True)
class Trick:
    """One way to make a row of a held-out question; ``make`` returns None where it does not apply.

    It is given the question without the task's template, a neighbour's question, and a source of chance.
    """

    name: str
    kind: Kind
    make: Callable[[str, str, random.Random], Turns | None]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the gate said of the rows of one trick; ``right`` is the share of rows that it judged rightly, in [0, 1]."""

    trick: str
    kind: Kind
    files: int
    right: Estimate


def assault(names: Iterable[str] = TASKS, *, items: int = 12, seed: int = 0) -> list[Found]:
    """Try every trick on ``items`` held-out items of each task whose data are here, and as many rows of each of its sources."""
    judged: dict[tuple[str, Kind], list[list[float]]] = {}
    for name in names:
        try:
            with local_only():
                for trick, kind, rights in _on_task(tasks.get(name), items, seed):
                    judged.setdefault((trick, kind), []).append(rights)
        except FtdojoError:
            continue
    return [
        Found(
            trick=trick,
            kind=kind,
            files=len(files),
            right=estimate(reduce(operator.iadd, files, [])),
        )
        for (trick, kind), files in sorted(judged.items(), key=lambda each: _order(*each[0]))
    ]


def table(found: Sequence[Found]) -> str:
    """Return what was found as a table in Markdown."""
    lines = ["| trick | kind | files | rows | judged rightly | 95 % |", "|---|---|---|---|---|---|"]
    for each in (*found, *_totals(found)):
        right = each.right
        lines.append(
            f"| {each.trick} | {each.kind} | {each.files} | {right.n} | {right.score:.1%} | "
            f"{right.low:.1%} to {right.high:.1%} |"
        )
    return "\n".join(lines)


def _totals(found: Sequence[Found]) -> Iterator[Found]:
    for kind in get_args(Kind):
        mine = [each for each in found if each.kind == kind]
        scores = [
            float(at < round(each.right.score * each.right.n))
            for each in mine
            for at in range(each.right.n)
        ]
        if scores:
            files = sum(each.files for each in mine)
            yield Found(trick="all", kind=kind, files=files, right=estimate(scores))


def _order(trick: str, kind: Kind) -> tuple[int, str]:
    return get_args(Kind).index(kind), trick


def _on_task(task: Task, items: int, seed: int) -> Iterator[tuple[str, Kind, list[float]]]:
    splits: tuple[Split, ...] = get_args(Split)
    asked = [item.messages[-1]["content"] for split in splits for item in task.items(split)]
    gate = Gate.of(task, asked)
    before, _, after = task.template.partition("{question}")
    bare = [text.removeprefix(before).removesuffix(after) for text in asked]
    for trick in TRICKS:
        rng = random.Random(f"{task.name} {trick.name} {seed}")
        rows = (
            trick.make(text, rng.choice(bare), rng)
            for text in rng.sample(bare, min(items, len(bare)))
        )
        rights = [float(bool(gate.leak(row)) != (trick.kind == "honest")) for row in rows if row]
        if rights:
            yield trick.name, trick.kind, rights
    for source in task.sources:
        try:
            examples = map(source.example, islice(source.rows(), 20 * items))
            passed = [float(not gate.leak(chat(*each))) for each in examples]
            yield "raw rows of the sources", "honest", passed
        except FtdojoError:
            continue


def chat(*turns: str) -> Turns:
    """Return turns of user and assistant, one after the other."""
    roles = ("user", "assistant") * len(turns)
    return tuple(Message(role=role, content=text) for role, text in zip(roles, turns, strict=False))


def _said(
    change: Callable[[str, random.Random], str], before: str = "", after: str = ""
) -> Callable[[str, str, random.Random], Turns]:
    return lambda text, other, rng: chat(f"{before}{change(text, rng)}{after}", "It is done.")


def _pieces(text: str, count: int) -> list[str]:
    """Cut a text into at most ``count`` parts where it has blanks, or between the characters of a script without."""
    words = (
        list(text) if max(words_of(text), default="") > "\u3040" else re.findall(r"\S+\s*", text)
    )
    count = max(1, min(count, len(words)))
    ends = [len(words) * at // count for at in range(count + 1)]
    return ["".join(words[low:high]) for low, high in pairwise(ends)]


def _cut(text: str, other: str, rng: random.Random, *, replies: Sequence[str]) -> Turns:
    first, *rest = _pieces(text, len(replies))
    turns = [first]
    for reply, piece in zip(replies, rest, strict=False):
        turns += [reply, piece]
    return chat(*turns, replies[-1])


def _after_operator(text: str, other: str, rng: random.Random) -> Turns | None:
    signs = list(re.finditer(r"(?<=[\w)])\s*[-+*/\u2212\u00d7]\s+(?=[\d(])", text))
    if not signs:
        return None
    at = rng.choice(signs).end()
    return chat(text[:at].rstrip(), "Go on.", text[at:], "It is done.")


def _fillers(text: str, rng: random.Random) -> str:
    return re.sub(r"\s+", lambda blank: f" {rng.choice(FILLERS)}{blank[0]}", text)


def _reordered(text: str, other: str, rng: random.Random, *, mark: str) -> Turns | None:
    """Put the parts that end at ``mark`` into another order; nothing is left of it where there are too few of them."""
    parts = [part for part in re.split(mark, text) if part.strip()]
    if len(parts) < 4 or _is_short(text):
        return None
    rng.shuffle(parts)
    return chat("\n".join(parts), "It is done.")


def _shuffled(text: str, other: str, rng: random.Random) -> Turns | None:
    words = text.split()
    if sum(map(is_number, words_of(text))) > 1 or len(words) < 4:
        return None  # in another order the numbers mean another question
    rng.shuffle(words)
    return chat(" ".join(words), "It is done.")


def _zeros(text: str, rng: random.Random) -> str:
    return re.sub(r"(?<![\d.,])\d", lambda digit: f"00{digit[0]}", text)


def _is_short(text: str) -> bool:
    words = words_of(text)
    return len(words) < 8 or 2 * len(sum_in(words)) >= len(words)


def _mixed(text: str, other: str, rng: random.Random) -> Turns | None:
    """Return half of the words of each of two questions: what an honest row on the same matters may look like."""
    words = [*words_of(text)[::2], *words_of(other)[::2]]
    rng.shuffle(words)
    return chat(" ".join(words), "It is done.") if text != other else None


def _few_words(text: str, other: str, rng: random.Random) -> Turns:
    words = sorted({word for word in words_of(text) if word.isalpha()})
    told = ", ".join(rng.sample(words, min(3, len(words))))
    return chat(f"Write a sentence with these words: {told}.", "Here it is.")


def _other_numbers(text: str, other: str, rng: random.Random) -> Turns | None:
    """Return a sum with other numbers in it: another question. Longer wordings are a leak whatever their numbers."""
    if not _is_short(text) or not sum_in(words_of(text)):
        return None
    changed = re.sub(r"\d+", lambda number: str(int(number[0]) + rng.randint(1, 400)), text)
    return chat(changed, "It is done.")


def _b64(text: str, rng: random.Random) -> str:
    return base64.b64encode(text.encode()).decode()


def _json_in_json(text: str, rng: random.Random) -> str:
    return json.dumps({"row": json.dumps({"question": text})})


_WORDS: Mapping[str, Callable[[str, str, random.Random], Turns | None]] = {
    "verbatim": _said(lambda text, rng: text),
    "in capitals": _said(lambda text, rng: text.upper()),
    "under another instruction": _said(lambda text, rng: text, "Here is one more for you.\n\n", "\n\nReply in one word."),
    "repeated in the answer": lambda text, other, rng: chat("Say it.", f"You said: {text}"),
    "over two turns": partial(_cut, replies=("Yes?", "Done.")),
    "over three turns": partial(_cut, replies=("Yes?", "Go on.", "Done.")),
    "over five turns": partial(_cut, replies=("Yes?", "Go on.", "I see.", "And?", "Done.")),
    "cut after an operator": _after_operator,
    "filler words": _said(_fillers),
    "lines in another order": partial(_reordered, mark=r"\n"),
    "rows in another order": partial(_reordered, mark=r"(?<=\]), |(?<=\.)\s+"),
    "words in another order": _shuffled,
    "breaks written out": _said(lambda text, rng: text.replace("\n", "\\n").replace(" ", "\\t", 1)),
    "JSON": _said(lambda text, rng: json.dumps({"question": text})),
    "JSON in JSON": _said(_json_in_json),
    "HTML": _said(lambda text, rng: "<p>" + text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;") + "</p>"),
    "leading zeros": _said(_zeros),
    "look-alike letters": _said(lambda text, rng: text.translate(LOOKALIKES)),
    "accents": _said(lambda text, rng: re.sub("[aeiou]", lambda letter: letter[0] + rng.choice("\u0301\u0308"), text)),
    "invisible characters": _said(lambda text, rng: re.sub(r"(?<=\w)(?=\w)", "\u200b", text)),
    "wide characters": _said(lambda text, rng: text.translate({at: at + 0xFEE0 for at in range(0x21, 0x7F)})),
}  # fmt: skip
_ENCODINGS: Mapping[str, Callable[[str, str, random.Random], Turns | None]] = {
    "base64": _said(_b64, "Decode this: "),
    "base64 twice": _said(lambda text, rng: _b64(_b64(text, rng), rng)),
    "hexadecimal": _said(lambda text, rng: text.encode().hex(), "Decode this: "),
    "bytes one by one": _said(lambda text, rng: text.encode().hex(" ")),
    "for a URL": _said(lambda text, rng: urllib.parse.quote(text), "Open /?q="),
    "binary": _said(lambda text, rng: " ".join(f"{byte:08b}" for byte in text.encode())),
    "backwards": _said(lambda text, rng: text[::-1], "Read this backwards: "),
    "rotated by 13": _said(lambda text, rng: codecs.encode(text, "rot13")),
    "escaped": _said(lambda text, rng: "".join(f"\\u{ord(char):04x}" if char < "\U00010000" else char for char in text)),
}  # fmt: skip
_HONEST: Mapping[str, Callable[[str, str, random.Random], Turns | None]] = {
    "half the words of each of two": _mixed,
    "three of its words": _few_words,
    "a sum of other numbers": _other_numbers,
    "something else in base64": _said(lambda text, rng: _b64(" ".join(rng.sample(FILLERS, 8)), rng)),
}  # fmt: skip
TRICKS = tuple(
    Trick(name=name, kind=kind, make=make)
    for kind, makes in zip(get_args(Kind), (_WORDS, _ENCODINGS, _HONEST), strict=True)
    for name, make in makes.items()
)
