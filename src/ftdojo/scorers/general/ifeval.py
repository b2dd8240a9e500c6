"""IFEval: whether an output follows one verifiable instruction, by the strict rule of its authors.

The rules are those of google-research's ``instruction_following_eval``, quirks included: keywords are regular expressions,
a bullet may be ``-`` or ``*``, ``1-2`` are two words. An output of white space follows nothing. Two rules lean on models
that are not at hand, and are replaced by rules of our own (``sentences``, ``languages``): where a sentence ends after
an abbreviation, and which language a text is in. An instruction that its authors would complete by a random draw (a
missing argument, or a letter to count that is none) is refused or taken as it stands.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ftdojo.errors import UnknownName, UsageError
from ftdojo.scorers.case import Case, Variants, given
from ftdojo.scorers.general.sentences import capital_words, language, sentence_count

MOST_CHARS = 200_000
CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
FENCES = ("```json", "```Json", "```JSON", "```")
_RELATIONS: Mapping[str, Callable[[int, int], bool]] = {
    "less than": lambda count, limit: count < limit,
    "at least": lambda count, limit: count >= limit,
}
Arguments = Mapping[str, Any]
Check = Callable[[str, Arguments], bool]


def follows(output: str, instruction: str, arguments: Arguments) -> bool:
    """Return whether ``output`` follows ``instruction``.

    Args:
        output: whatever the model wrote; the first 200,000 characters are read.
        instruction: its name, such as ``punctuation:no_comma``.
        arguments: what the instruction is about; a None counts as not given.

    Raises:
        UnknownName: no instruction is called that.
        UsageError: an argument is missing or cannot be one.

    Example:
        >>> follows("Yes, here.", "punctuation:no_comma", {})
        False
    """
    if instruction not in CHECKS:
        raise UnknownName("instruction", instruction, CHECKS)
    known = {name: value for name, value in arguments.items() if value is not None}
    text = output[:MOST_CHARS]
    try:
        return bool(text.strip()) and CHECKS[instruction](text, known)
    except KeyError as error:
        raise UsageError(f"{instruction} needs the argument {error}; add it to kwargs.") from error
    except (TypeError, AttributeError, re.error) as error:
        raise UsageError(f"{instruction} cannot be checked with {known}: {error}.") from error


def score(case: Case) -> Variants:
    """Score a case with ``prediction``, ``instruction_id`` and ``kwargs``; both variants are the authors' rule."""
    arguments = case.input.get("kwargs") or {}
    if not isinstance(arguments, dict):
        raise UsageError(
            f"The kwargs of the case {case.name!r} are not an object; give a JSON object."
        )
    figures = {
        "followed": follows(
            given(case, "prediction", str), given(case, "instruction_id", str), arguments
        )
    }
    return Variants(reference=figures, strict=figures)


def _compared(count: int, limit: int, relation: str) -> bool:
    if relation not in _RELATIONS:
        raise UsageError(f"{relation!r} is not a relation; give one of {', '.join(_RELATIONS)}.")
    return _RELATIONS[relation](count, limit)


def _has_keywords(text: str, about: Arguments) -> bool:
    return all(re.search(word, text, re.IGNORECASE) for word in about["keywords"])


def _keyword_count(text: str, about: Arguments) -> bool:
    count = len(re.findall(about["keyword"].strip(), text, re.IGNORECASE))
    return _compared(count, about["frequency"], about["relation"])


def _lacks_words(text: str, about: Arguments) -> bool:
    return not any(
        re.search(rf"\b{word}\b", text, re.IGNORECASE) for word in about["forbidden_words"]
    )


def _letter_count(text: str, about: Arguments) -> bool:
    count = text.lower().count(about["letter"].strip().lower())
    return _compared(count, about["let_frequency"], about["let_relation"])


def _sentence_count(text: str, about: Arguments) -> bool:
    return _compared(sentence_count(text), about["num_sentences"], about["relation"])


def _word_count(text: str, about: Arguments) -> bool:
    return _compared(len(re.findall(r"\w+", text)), about["num_words"], about["relation"])


def _capital_count(text: str, about: Arguments) -> bool:
    return _compared(capital_words(text), about["capital_frequency"], about["capital_relation"])


def _paragraphs(text: str, about: Arguments) -> bool:
    parts = _filled(re.split(r"\s?\*\*\*\s?", text))
    return parts is not None and len(parts) == about["num_paragraphs"]


def _filled(parts: list[str]) -> list[str] | None:
    """Return the parts with something in them, or None where one is empty that is neither the first nor the last."""
    if not all(part.strip() for part in parts[1:-1]):
        return None
    return [part.strip() for part in parts if part.strip()]


def _nth_paragraph(text: str, about: Arguments) -> bool:
    """Look at the nth of the parts between blank lines; empty parts have a number but do not count."""
    parts = text.split("\n\n")
    count, nth = sum(bool(part.strip()) for part in parts), about["nth_paragraph"]
    if not 0 < nth <= count or not parts[nth - 1].strip():
        return False
    word = parts[nth - 1].split()[0].lstrip("'").lstrip('"')
    first = re.split(r"[.,?!'\"]", word, maxsplit=1)[0].lower()
    return bool(count == about["num_paragraphs"] and first == about["first_word"].lower())


def _placeholders(text: str, about: Arguments) -> bool:
    """Count brackets that close on their line; written out, for a search would take time squared in open ones."""
    count = 0
    for line in text.split("\n"):
        at = -1
        while (start := line.find("[", at + 1)) >= 0 and (at := line.find("]", start)) >= 0:
            count += 1
    return bool(count >= about["num_placeholders"])


def _postscript(text: str, about: Arguments) -> bool:
    marker = about["postscript_marker"].strip()
    known = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return bool(re.search(known.get(marker, marker.lower()), text.lower()))


def _bullets(text: str, about: Arguments) -> bool:
    """Count lines that begin with ``-``, or with ``*`` and no second one; a lone ``*`` takes the next line with it."""
    lines = [line.lstrip() for line in text.split("\n")]
    count, at = sum(line.startswith("-") for line in lines), 0
    while at < len(lines):
        lone = lines[at] == "*"
        has_more = at + 1 < len(lines) if lone else lines[at][1:2] not in {"", "*"}
        count += lines[at].startswith("*") and has_more
        at += 2 if lone else 1
    return bool(count == about["num_bullets"])


def _highlights(text: str, about: Arguments) -> bool:
    single = re.findall(r"\*([^\n*]*)\*", text)
    double = re.findall(r"\*\*([^\n*]*)\*\*", text)
    count = sum(bool(each.strip()) for each in [*single, *double])
    return bool(count >= about["num_highlights"])


def _sections(text: str, about: Arguments) -> bool:
    marker = rf"\s?{about['section_spliter'].strip()}\s?\d+\s?"
    return bool(sum(1 for _ in re.finditer(marker, text)) >= about["num_sections"])


def _json(text: str, _: Arguments) -> bool:
    bare = text.strip()
    for fence in FENCES:
        bare = bare.removeprefix(fence)
    try:
        json.loads(bare.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def _title(text: str, _: Arguments) -> bool:
    """Look for ``<<...>>`` on a line, from the first ``<<`` to the last ``>>``."""
    for line in text.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if 0 <= start < end - 2 and line[start:end].lstrip("<").rstrip(">").strip():
            return True
    return False


def _two_responses(text: str, _: Arguments) -> bool:
    said = _filled(text.split("******"))
    return said is not None and len(said) == 2 and said[0] != said[1]


def _repeats_prompt(text: str, about: Arguments) -> bool:
    return text.strip().lower().startswith(about["prompt_to_repeat"].strip().lower())


def _ends_with(text: str, about: Arguments) -> bool:
    return text.strip().strip('"').lower().endswith(about["end_phrase"].strip().lower())


def _quoted(text: str, _: Arguments) -> bool:
    bare = text.strip()
    return len(bare) > 1 and bare[0] == bare[-1] == '"'


def _in_language(text: str, about: Arguments) -> bool:
    """Compare the language; a text without letters is in any."""
    return language(text) in {None, about["language"]}


def _english(text: str, *, cased: bool) -> bool:
    return cased and language(text) in {None, "en"}


CHECKS: Mapping[str, Check] = {
    "keywords:existence": _has_keywords,
    "keywords:frequency": _keyword_count,
    "keywords:forbidden_words": _lacks_words,
    "keywords:letter_frequency": _letter_count,
    "language:response_language": _in_language,
    "length_constraints:number_sentences": _sentence_count,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_words": _word_count,
    "length_constraints:nth_paragraph_first_word": _nth_paragraph,
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:constrained_response": lambda text, _: any(each in text for each in CHOICES),
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json,
    "detectable_format:title": _title,
    "combination:two_responses": _two_responses,
    "combination:repeat_prompt": _repeats_prompt,
    "startend:end_checker": _ends_with,
    "startend:quotation": _quoted,
    "change_case:capital_word_frequency": _capital_count,
    "change_case:english_capital": lambda text, _: _english(text, cased=text.isupper()),
    "change_case:english_lowercase": lambda text, _: _english(text, cased=text.islower()),
    "punctuation:no_comma": lambda text, _: "," not in text,
}
