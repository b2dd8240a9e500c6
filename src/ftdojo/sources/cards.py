"""The card of a raw source: its declaration, and figures measured in one pass over the stored rows.

The pass keeps a counter of lengths and eight bytes a row, never the rows; what it found is kept beside the data.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import accumulate
from typing import Any

from ftdojo.records import Quantiles, Source, SourceCard
from ftdojo.sources.files import read_json, write_json
from ftdojo.sources.stored import StoredSource, each_row

SAMPLES = 3
SAMPLE_CHARS = 300
_PROFILE_VERSION = 1


def card(source: Source, stored: StoredSource, *, path: str) -> SourceCard:
    """Return the card of ``source``; ``path`` is where a data script finds its rows.

    ``words`` counts words of question and answer together; ``duplicate_share`` is the share of rows whose question
    and answer, apart from case and spacing, an earlier row has. Samples are spread over the file, long strings cut.
    """
    profile = _profile(source, stored)
    return SourceCard(
        name=source.name,
        summary=source.summary,
        licence=source.licence,
        rows=stored.rows,
        bytes=stored.bytes,
        fields=source.fields,
        prompt_field=source.prompt_field,
        response_field=source.response_field,
        notes=source.notes,
        path=path,
        words=Quantiles(**profile["words"]),
        duplicate_share=profile["duplicate_share"],
        samples=tuple(profile["samples"]),
        digest=stored.digest,
    )


def _profile(source: Source, stored: StoredSource) -> dict[str, Any]:
    """Return the measured figures, from beside the data if they are of the same bytes."""
    home = stored.path.with_name("profile.json")
    made_from = [_PROFILE_VERSION, stored.digest, source.prompt_field, source.response_field]
    kept = read_json(home)
    if kept.get("made_from") == made_from:
        return kept
    profile = {"made_from": made_from, **_measure(source, stored)}
    write_json(home, profile)
    return profile


def _measure(source: Source, stored: StoredSource) -> dict[str, Any]:
    lengths: Counter[int] = Counter()
    seen: set[bytes] = set()
    samples: list[Mapping[str, Any]] = []
    shown = {at * stored.rows // SAMPLES for at in range(SAMPLES)}
    for number, row in enumerate(each_row(stored)):
        words = _words(row, (source.prompt_field, source.response_field))
        lengths[len(words)] += 1
        seen.add(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest())
        if number in shown:
            samples.append({key: _cut(value) for key, value in row.items()})
    duplicates = 1 - len(seen) / stored.rows if stored.rows else 0.0
    words_card = asdict(quantiles(lengths))
    return {"words": words_card, "duplicate_share": duplicates, "samples": samples}


def quantiles(counts: Mapping[int, int]) -> Quantiles:
    """Return the distribution of values given as value -> how often; all zeros where there is none.

    A quantile is the smallest value that at least that share of the values do not exceed.

    Example:
        >>> quantiles({1: 9, 5: 1})
        Quantiles(low=1.0, p50=1.0, p95=5.0, high=5.0, mean=1.4)
    """
    values = sorted(counts)
    if not values:
        return Quantiles(low=0.0, p50=0.0, p95=0.0, high=0.0, mean=0.0)
    below = list(accumulate(counts[value] for value in values))
    at = {
        share: float(
            next(value for value, n in zip(values, below, strict=True) if n >= share * below[-1])
        )
        for share in (0.5, 0.95)
    }
    mean = sum(value * counts[value] for value in values) / below[-1]
    low, high = float(values[0]), float(values[-1])
    return Quantiles(low=low, p50=at[0.5], p95=at[0.95], high=high, mean=mean)


def _words(row: Mapping[str, Any], fields: Iterable[str]) -> list[str]:
    return " ".join(str(row.get(field, "")) for field in fields).casefold().split()


def _cut(value: Any) -> Any:
    """Return ``value`` small enough for a card; a long list or object is shown as the start of its JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:SAMPLE_CHARS] + "…" if len(text) > SAMPLE_CHARS else value
