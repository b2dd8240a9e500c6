"""Reading one of a task's labels out of an answer that may say more.

A label counts where the answer is nothing else, behind the last ``Answer:``, alone on the first line, at the end, or
at the beginning before a stop. Blanks, ``-`` and ``_`` within a label are the same. ``not spam`` is not ``spam``, and
the last of several listed labels is not an answer.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ftdojo.records import Grade
from ftdojo.tasks.own.answer_text import AnswerText, bare, behind_answer, opens, plain, shown

MOST_NAMED = 8
_JOINT = re.compile(r"(?<=[^\s_\-‐–])[\s_\-‐–]+(?=[^\s_\-‐–])")
_CLOSING = r"[\s.!。\"'”’»`*_)\]}」』|]*\Z"
_DENIED = re.compile(
    r"(?:\b(?:not|non|never|no|without|out of)|n['’]t)(?: an?| the)?[\s\"'“‘*]*\Z|[不非无無未没沒]\Z"
)
_LISTED = re.compile(r"(?:[,;/|&\n]|\s[*•\-–]|\b(?:and|or|und|oder|et|ou))[\s*•\-–]*\Z")
"""What stands between a label and the next one of a list."""
_STOP = re.compile(r"[\"'”’»`*)\]]*(?:[.!](?!\w)|[。,、]|\s[-–—]\s)\s*")


@dataclass(frozen=True, kw_only=True)
class _Label:
    """A label as the task writes it, its plain form, and where it ends a text."""

    name: str
    key: str
    ends: re.Pattern[str]
    begins: re.Pattern[str]


def label_grade(said: AnswerText, gold: str, labels: tuple[str, ...]) -> Grade:
    """1 for the right label; ``extracted`` is the label as ``labels`` has it."""
    known = _known(labels)
    given = _read(said, known)
    if given is None:
        return Grade(score=0.0, readable=False)
    right = known.get(_key(gold))
    return Grade(
        score=float(right is not None and right.name == given), readable=True, extracted=given
    )


def label_fault(gold: str, labels: tuple[str, ...]) -> str:
    """Return why ``gold`` is not a label that can be told from the others; "" where it is."""
    found = _known(labels).get(_key(gold))
    if found is None:
        named = ", ".join(map(shown, labels[:MOST_NAMED])) or "none"
        more = ", ..." if len(labels) > MOST_NAMED else ""
        return f"{shown(gold)} is not one of the labels ({named}{more})"
    other = _twins(labels).get(found.key)
    if other is None:
        return ""
    return f"the labels {shown(found.name)} and {shown(other)} read the same, so give them one spelling"


def _read(said: AnswerText, known: Mapping[str, _Label]) -> str | None:
    if found := known.get(_key(said.text)):
        return found.name
    if not said.marked and (answer := behind_answer(said.text)) is not None:
        return _read(AnswerText(text=answer, marked=True), known)
    if found := known.get(_key(said.line)):
        return found.name
    texts = (said.line, said.text) if said.marked else (said.text,)
    read = (find(text, known.values()) for find in (_at_end, _at_start) for text in texts)
    return next(filter(None, read), None)


def _at_end(text: str, labels: Iterable[_Label]) -> str | None:
    """Return the longest label that ``text`` ends in as whole words, unless it is denied there or the last of a list."""
    tail = bare(text[-2_000:])
    for label in labels:
        match = label.ends.search(tail)
        if match and _opens(tail, match.start()):
            before = tail[: match.start()]
            if _DENIED.search(before):
                return None
            joint = _LISTED.search(before)
            listed = joint and _at_end(before[: joint.start()], labels)
            return label.name if listed in (None, label.name) else None
    return None


def _at_start(text: str, labels: Iterable[_Label]) -> str | None:
    """Return the longest label that ``text`` begins with, if a stop follows it and not another label."""
    head = bare(text[:2_000]).lstrip("\"'“‘«`*([ ")
    for label in labels:
        match = label.begins.match(head)
        if match and (stop := _STOP.match(head, match.end())):
            rest = re.sub(r"\A(?:and|or)\s", "", head[stop.end() :])
            listed = any(each.begins.match(rest) for each in labels)
            return None if listed else label.name
    return None


def _opens(text: str, start: int) -> bool:
    """Tell whether a label may begin at ``start``; ``non-spam`` and ``4/5`` hold none."""
    hyphen = start > 1 and text[start - 1] in "-‐–" and text[start - 2].isalnum()
    return opens(text, start) and not hyphen


def _key(text: str) -> str:
    return _JOINT.sub(" ", plain(text) or bare(text))


@lru_cache(maxsize=64)
def _twins(labels: tuple[str, ...]) -> dict[str, str]:
    """Return the labels that read as another one does which is spelt differently, by their plain form."""
    known = _known(labels)
    keys = ((_key(name), name) for name in labels)
    return {key: name for key, name in keys if key in known and known[key].name != name}


@lru_cache(maxsize=64)
def _known(labels: tuple[str, ...]) -> dict[str, _Label]:
    """Return the labels by their plain form, the longest first; of two that read the same, the first."""
    found: dict[str, _Label] = {}
    for name in labels:
        key = _key(name)
        if key and key not in found:
            written = r"[\s_\-‐–]+".join(map(re.escape, _JOINT.split(plain(name) or bare(name))))
            found[key] = _Label(
                name=name, key=key, ends=re.compile(written + _CLOSING), begins=re.compile(written)
            )
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))
