"""Putting back the dots between molecules that ChemCoTBench's retro answers have lost.

The molecules were canonical, so a part of the text can only be one if it is its own canonical form. Where the text falls
into such parts in one way only, that way is taken: 41 of the benchmark's 100 answers, 40 of them rightly. Only
``rdkit_helper`` calls this.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from ftdojo.scorers.chemistry.rdkit_parts import rdkit

_TOKEN = re.compile(r"\[[^\]]*\]|Br|Cl|%\d\d|.")
_NO_START = re.compile(r"[()=#.+/\\-]|%?\d+")


def dotted(joined: str) -> str | None:
    """Return ``joined`` with its dots, None where there are several ways to put them or none.

    Example:
        >>> dotted("C1CC1FC(F)F")
        'C1CC1.FC(F)F'
        >>> dotted("CCO") is None  # It may be C.C.O, CC.O or C.CO, too.
        True
    """
    tokens = _TOKEN.findall(joined)
    ways = _ways(tokens)
    first, second = next(ways, None), next(ways, None)
    return ".".join(first) if first and second is None else None


def _ways(tokens: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every way to cut ``tokens`` into molecules."""

    @cache
    def possible(start: int) -> bool:
        """Return whether the tokens from ``start`` on can be cut at all; keeps dead ends from being walked twice."""
        return start == len(tokens) or any(possible(end) for end in ends(start))

    @cache
    def ends(start: int) -> list[int]:
        return [end for end in _closed(tokens, start) if _is_canonical("".join(tokens[start:end]))]

    def cut(start: int) -> Iterator[tuple[str, ...]]:
        if start == len(tokens):
            yield ()
        for end in ends(start):
            if possible(end):
                yield from (("".join(tokens[start:end]), *rest) for rest in cut(end))

    return cut(0)


def _closed(tokens: Sequence[str], start: int) -> Iterator[int]:
    """Yield where a molecule that begins at ``start`` may end: all rings and brackets are closed there."""
    depth, rings = 0, Counter[str]()
    for at in range(start, len(tokens)):
        token = tokens[at]
        depth += (token == "(") - (token == ")")
        if token.strip("%").isdigit():
            rings[token] += 1
        if depth < 0:
            return
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if depth == 0 and not any(n % 2 for n in rings.values()) and not _NO_START.match(following):
            yield at + 1


@cache
def _is_canonical(smiles: str) -> bool:
    chem = rdkit("Chem")
    mol = chem.MolFromSmiles(smiles)
    return mol is not None and chem.MolToSmiles(mol) == smiles
