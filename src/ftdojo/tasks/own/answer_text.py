"""What an answer in words says: its plain form, where another text stands in it whole, and whether it says anything.

Scripts that put no blanks between words (Han, kana, Thai and their like) have no word borders to look for.
"""

import re
import unicodedata
from collections import deque
from dataclasses import dataclass

_MARKUP = re.compile(r"<\|[^|<>]{0,40}\|>|\\boxed\b")
NO_BLANKS = re.compile(
    r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff"
    r"\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""A sign of a script that puts no blanks between words."""
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_NEWLINE = re.compile(r"\r\n?|\n")
_ANSWER = re.compile(r"answer[*_]{0,2}\s?[:\uff1a]", re.IGNORECASE)
_SAME = {0xFE0F: "", 0xFEFF: "", 0x200B: "", 0x2212: "-"}
"""Characters that nobody sees, and the two minus signs."""
_PAIRS = {'"': '"', "'": "'", "`": "`", "*": "*", "“": "”", "‘": "’", "«": "»", "„": "“"} | {
    "「": "」",
    "『": "』",
}
_CLOSING = ".!。"
LOOP_WORDS = 20
"""So many words of which not one in ten is new are a loop, and no answer."""


@dataclass(frozen=True, kw_only=True)
class AnswerText:
    """What of an output is its answer; ``marked`` if it stood behind a marker."""

    text: str
    marked: bool = False

    @property
    def line(self) -> str:
        """The first line that is not blank."""
        return first_line(self.text)


def first_line(text: str) -> str:
    """Return the first line of ``text`` that is not blank, without outer blanks; "" without one."""
    return _NEWLINE.split(text.strip(), maxsplit=1)[0].strip()


def is_one_line(text: str) -> bool:
    """Tell whether ``text`` has one line only, apart from blank ones around it."""
    return _NEWLINE.search(text.strip()) is None


def behind(text: str, start: int, end: int) -> str:
    """Return what stands behind the marker ``text[start:end]``, without the end of bold type begun before it."""
    rest, bold = text[end:], text[:start].endswith("**") and "**" not in text[start:end]
    return (rest.replace("**", "", 1) if bold else rest).strip()


def behind_answer(text: str) -> str | None:
    """Return what stands behind the last ``Answer:``, in any case of letters; None without one.

    Example:
        >>> behind_answer("I add. **Answer:** 12")
        '12'
    """
    last = last_match(_ANSWER, text)
    return None if last is None else behind(text, *last.span())


def last_match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the last place of ``text`` where ``pattern`` matches, or None."""
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)


def bare(text: str) -> str:
    """Return ``text`` without case, surplus spacing and what nobody sees."""
    seen = unicodedata.normalize("NFKC", text).translate(_SAME)
    return " ".join(seen.casefold().split())


def plain(text: str) -> str:
    """Return ``text`` without case, surplus spacing, marks that surround it, and full stops and ``!`` behind it.

    Example:
        >>> plain('  "The  **Hague**". ')
        'the **hague**'
        >>> plain("*.NET*"), plain("C*"), plain("!")
        ('.net', 'c*', '')
    """
    said = bare(text)
    start, end = 0, len(said)
    while start < end:
        first, last = said[start], said[end - 1]
        if last in _CLOSING or last == " ":
            end -= 1
        elif first == " ":
            start += 1
        elif _PAIRS.get(first) == last and end - start > 1:
            start, end = start + 1, end - 1
        else:
            break
    return said[start:end]


def stands_in(wanted: str, text: str) -> bool:
    """Tell whether ``wanted`` stands in ``text`` as whole words; both are plain.

    Example:
        >>> [stands_in("c", said) for said in ("i use c.", "i use c++.", "basic")]
        [True, False, False]
        >>> stands_in("東京", "東京です"), stands_in("5", "1.5")
        (True, False)
    """
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        if opens(text, at) and closes(text, at + len(wanted)):
            return True
        at = text.find(wanted, at + 1)
    return False


def opens(text: str, start: int) -> bool:
    """Tell whether a word, a number or a symbol begins at ``start``, rather than goes on there."""
    if start == 0:
        return True
    edge, before = text[start], text[start - 1]
    far = text[start - 2] if start > 1 else " "
    if NO_BLANKS.match(edge) or NO_BLANKS.match(before):
        return True
    if edge.isdigit() and _within_number(before, far):
        return False
    if _in_word(edge):
        return not _in_word(before)
    return before != edge and not (edge.isascii() and before.isalnum())


def closes(text: str, end: int) -> bool:
    """Tell whether a word, a number or a symbol ends before ``end``, rather than goes on there."""
    if end == len(text):
        return True
    edge, after, far = text[end - 1], text[end], text[end + 1 : end + 2]
    if NO_BLANKS.match(edge) or NO_BLANKS.match(after):
        return True
    if _HANGUL.match(edge) and _HANGUL.match(after):
        return True  # a particle follows its word without a blank
    if edge.isdigit() and after in ".,/:" and far.isdigit():
        return False
    if _in_word(edge):
        return not _in_word(after) and (after not in "+#" or far.isalnum())  # C is not C++
    joined = unicodedata.category(after) in {"Mn", "Me", "Sk", "Cf"}  # a skin tone, a joined emoji
    return after != edge and not joined and not (edge.isascii() and after.isalnum())


def legible(text: str) -> bool:
    """Tell whether ``text`` says anything: it has letters, digits or symbols beside markup, and is not a loop."""
    said = _MARKUP.sub(" ", text)
    if not any(unicodedata.category(char)[0] in "LNS" for char in said):
        return False
    words = said.split(maxsplit=10 * LOOP_WORDS)[: 10 * LOOP_WORDS]
    return len(words) < LOOP_WORDS or 10 * len(set(words)) >= len(words)


def shown(text: str) -> str:
    """Return ``text`` as a message quotes it: in quotes, on one line, at most some 60 characters."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M"


def _within_number(before: str, far: str) -> bool:
    if before == "-":
        return not far.isalnum()  # a sign; 1990-1995 holds 1995
    return (before in ".,/:" and far.isdigit()) or (before == "." and not far.isalnum())
