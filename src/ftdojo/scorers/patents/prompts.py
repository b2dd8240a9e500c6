"""The published PANORAMA prompts, character by character: scores compare only where the question is the same.

Two modes: ``zero-shot`` requests the bare answer, ``cot`` prescribes steps and requests a reason first. A prompt holds
the whole application and the whole prior art, 35,000 to 90,000 characters; nothing is cut.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

from ftdojo.scorers.patents import noc4pc_words, par4pc_words, pi4pc_words

Mode = Literal["zero-shot", "cot"]
MODES = get_args(Mode)
Row = Mapping[str, Any]
MISSING = "N/A"


def unpacked(value: Any) -> Any:
    """Return a field of a hub row, which may be JSON text, as what it means.

    Example:
        >>> unpacked('{"code": "102"}'), unpacked(["A"])
        ({'code': '102'}, ['A'])
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return {}


def par4pc_prompt(row: Row, mode: Mode = "zero-shot") -> str:
    """Return the question which of eight patents were cited against a claim."""
    context, number = unpacked(row["context"]), row["claim_number"]
    head = par4pc_words.HEAD.format(
        application=row["application_number"],
        title=context.get("title", MISSING),
        abstract=context.get("abstract", MISSING),
        claims=json.dumps(context.get("claims", []), indent=4),
        number=number,
    )
    options = sorted(unpacked(row["options"]).items())
    body = "".join(_option(letter, unpacked(patent)) for letter, patent in options)
    tail = par4pc_words.TAILS[mode].replace("{number}", str(number))
    return head + body + tail


def _option(letter: str, patent: Row) -> str:
    claims = patent.get("claims", [])
    return par4pc_words.OPTION.format(
        letter=letter,
        patent_id=patent.get("patent_id", MISSING),
        title=patent.get("title", MISSING),
        abstract=patent.get("abstract", MISSING),
        claims=json.dumps(claims, indent=4) if claims else "[]",
    )


def pi4pc_prompt(row: Row, mode: Mode = "zero-shot") -> str:
    """Return the question which of five paragraphs was cited against a claim."""
    context, art = unpacked(row["context"]), unpacked(row["prior_art_specification"])
    number, options = row["claim_number"], unpacked(row["options"])
    head = pi4pc_words.HEAD.format(
        number=number,
        application=row["application_number"],
        title=context.get("title", MISSING),
        abstract=context.get("abstract", MISSING),
        claim=_numbered_claim(context.get("claims", []), number),
        patent_id=art.get("patent_id", MISSING),
        art_title=art.get("title", MISSING),
        art_abstract=art.get("abstract", MISSING),
        specification=art.get("specification", "Full specification text not available."),
        options="\n".join(f"{key}: {options[key]}" for key in sorted(options, key=int)),
    )
    return head + pi4pc_words.TAILS[mode].replace("{number}", str(number))


def _numbered_claim(claims: list[Any], number: Any) -> str:
    """Return the claim that is numbered ``number``, or else the one at that place."""
    for claim in claims:
        if isinstance(claim, dict) and claim.get("claimNumber") == number:
            return str(claim.get("claim_text", MISSING))
    return _claim_at(claims, number)


def _claim_at(claims: list[Any], number: Any) -> str:
    at = int(number) - 1 if str(number).isdecimal() else -1
    return _claim_text(claims[at]) if 0 <= at < len(claims) else MISSING


def _claim_text(claim: Any) -> str:
    return str(claim["claim_text"] if isinstance(claim, dict) and "claim_text" in claim else claim)


def noc4pc_prompt(row: Row, mode: Mode = "zero-shot") -> str:
    """Return the question whether a claim is allowed, not novel (102) or obvious (103)."""
    context, number = unpacked(row["context"]), row["claim_number"]
    head = noc4pc_words.HEAD.format(
        number=number,
        application=row["application_number"],
        title=context.get("title", MISSING),
        abstract=context.get("abstract", MISSING),
        claim=_claim_at(context.get("claims", []), number),
    )
    arts = unpacked(row["prior_art_specifications"])
    body = "".join(_prior_art(place, art) for place, art in enumerate(arts, start=1))
    tail = noc4pc_words.TAILS[mode].replace("{number}", str(number))
    return head + (body or noc4pc_words.NO_ART) + tail


def _prior_art(place: int, art: Row) -> str:
    claims = [_hung(f"    {at}.", _claim_text(claim), 7) for at, claim in _counted(art, "claims")]
    paragraphs = [
        _hung(f"    [{each.get('key', MISSING)}]:", each.get("content", ""), 10)
        for _, each in _counted(art, "paragraphs")
    ]
    return noc4pc_words.ART.format(
        place=place,
        patent_id=art.get("patent_id", MISSING),
        title=art.get("title", MISSING),
        abstract=art.get("abstract", MISSING),
        claims="".join(claims) or noc4pc_words.NO_CLAIMS,
        paragraphs="".join(paragraphs) or noc4pc_words.NO_PARAGRAPHS,
    )


def _counted(art: Row, field: str) -> list[tuple[int, Any]]:
    return list(enumerate(art.get(field) or [], start=1))


def _hung(label: str, text: str, indent: int) -> str:
    """Return ``text`` behind ``label``, further lines indented."""
    first, *rest = text.splitlines() or [""]
    lines = [f"{label} {first}" if text else label, *(" " * indent + line for line in rest)]
    return "".join(f"{line}\n" for line in lines)
