"""Counts sentences and capital words as IFEval's authors do, without their data files.

They count with NLTK: Punkt for sentences (Kiss and Strunk, 2006), the Treebank rules for words. The rules are written out
here; what Punkt learnt from a corpus of news is replaced by a list of abbreviations and of words that often begin a
sentence. So counts may differ where an abbreviation that is not listed ends in a period, or a rare capitalised word
follows a listed one.
"""

import re

_SHORTENED = (
    "adm ala ariz assn aug ave bros calif capt cie cmdr co col colo conn corp cos ct dec del dist dr fla fri ft ga gen "
    "gov ill inc jan jr kan ky lt ltd maj mass messrs mich minn mo mon mr mrs ms nev nov oct okla pa ph.d prof reps rep "
    "rev sat sen sens sep sept sgt sr st tenn tues thurs va vs vt wash wed wis yr "
    "a.d a.m b.c d.c e.h l.a m.b.a m.d n.c n.d n.h n.j n.m n.y p.m p.o r.i s.c s.d u.k u.n u.s u.s.a u.s.s.r w.va"
)
_OPENING = (
    "a about after all also although an and another any anyone are as at be because before both but by can did do does "
    "during each even every everyone few first for from given had has have he her here his how however i if in instead "
    "is it its just last later let like many maybe more most much my never next no not nothing now of on once one only "
    "or other our over perhaps please remember several she should since so some someone sometimes soon still such that "
    "the their then there these they this those though through thus to today together too under until we what whatever "
    "when where whether which while who why will with without would yes yet you your"
)
ABBREVIATIONS = frozenset(_SHORTENED.split())
STARTERS = frozenset(_OPENING.split())
_CLOSERS = "!?)\";}]*:@'({[\u2018\u2019\u201c\u201d\xab\xbb"
_CLOSER = f"[{re.escape(_CLOSERS)}]"
_MANY = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_TOKEN = re.compile(
    rf"{_MANY}"
    rf"|[^\s(\"`{{\[:;&#*@)}}\]\-,]\S*?(?=\s|$|{_CLOSER}|{_MANY}|,(?=$|\s|{_CLOSER}|{_MANY}))"
    r"|\S"
)
_NUMBER = re.compile(r"-?[.,]?\d[\d,.-]*")
_INITIAL = re.compile(r"[^\W\d]\.")
_ELLIPSIS = re.compile(r"\.{2,}$")
_REALIGNED = re.compile(r"[\"')\]}\u2018\u2019\u201c\u201d\xab\xbb]+(?=\s|--|$)")
LONGEST_WORD = 500
"""What is looked at of a chunk without spaces, at its end: no sentence ends deeper inside one."""

_APART = re.compile(
    r"--|\.{2,}|[][(){}<>;@#$%&?!*\"`\u2012-\u2015\xab\xbb\u2018\u2019\u201c-\u201e]|''|[:,](?!\d)"
)
_CLITIC = re.compile(r"(?<=[^' ])('[sS]|'[mM]|'[dD]|'ll|'LL|'re|'RE|'ve|'VE|n't|N'T)(?=\s|$)")
_JOINED = re.compile(
    r"\b(can)(not)\b|\b(d)('ye)\b|\b(gim|lem)(me)\b|\b(gon)(na)\b|\b(got)(ta)\b|\b(more)('n)\b"
    r"|\b(wan)(na)(?=\s)",
    re.IGNORECASE,
)


def capital_words(text: str) -> int:
    """Return how many words have letters, and only capital ones; ``IT'S`` and ``DON'T`` are two words each.

    Example:
        >>> capital_words("I said WELL-KNOWN, don't SHOUT!")
        3
    """
    spaced = _APART.sub(" ", f" {text} ")
    spaced = _CLITIC.sub(r" \1", spaced)
    spaced = _JOINED.sub(lambda found: " ".join(filter(None, found.groups())), spaced)
    return sum(word.isupper() for word in spaced.split())


def sentence_count(text: str) -> int:
    """Return how many sentences Punkt would find in ``text``.

    Example:
        >>> sentence_count("Dr. Smith came at 5 p.m. today. Really?! Yes.")
        3
    """
    chunks = text.split()
    following = [*chunks[1:], ""]
    return bool(chunks) + sum(map(_ends, chunks, following))


def _ends(chunk: str, behind: str) -> int:
    """Return how many sentences end in ``chunk``, a run of characters without spaces, and another one follows.

    Of the marks in a chunk the last one decides; one that the chunk begins with decides for itself.
    """
    tail = chunk[-LONGEST_WORD:]
    rests = {at: tail[at + 1 :] for at, char in enumerate(tail) if char in ".?!"}
    marks = [at for at, rest in rests.items() if (rest[0] in _CLOSERS if rest else behind)]
    deciding = {*marks[-1:], *(at for at in marks[:1] if at == 0)}
    return sum(_is_end_at(at, tail, behind) for at in deciding)


def _is_end_at(at: int, chunk: str, behind: str) -> bool:
    rest = chunk[at + 1 :]
    closed = _REALIGNED.match(rest)
    if not behind and not (rest[closed.end() :] if closed else rest):
        return False
    return _breaks(chunk[: at + 1] + (rest[:1] or f" {behind[:LONGEST_WORD]}"))


def _breaks(context: str) -> bool:
    """Return whether a token of ``context`` ends a sentence, the last one aside."""
    tokens = _TOKEN.findall(context)
    return any(map(_is_end, tokens, tokens[1:]))


def _is_end(token: str, following: str) -> bool:
    if token in {".", "?", "!"}:
        return True
    if _ELLIPSIS.search(token):
        return _starts(following)
    if not token.endswith("."):
        return False
    word = token[:-1].lower()
    initial = bool(_INITIAL.fullmatch(token))
    if not initial and not ABBREVIATIONS.isdisjoint({word, word.rpartition("-")[2]}):
        return _starts(following)
    if initial or _NUMBER.fullmatch(token):
        return not (following[0].islower() or following in {",", ":", ";", "!", "?", "."}) and (
            not initial or _starts(following) or not following[0].isupper()
        )
    return True


def _starts(token: str) -> bool:
    """Return whether a token looks like the first one of a sentence."""
    return token[0].isupper() and token.lower().rstrip(".") in STARTERS
