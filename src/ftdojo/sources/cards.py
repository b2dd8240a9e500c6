"""The card of a raw source: its declaration, and figures measured in one pass over the stored rows.

What the pass found is kept beside the data, under the digest of their bytes.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ftdojo.errors import SourceError
from ftdojo.records import Dataset, Quantiles, Source, SourceCard
from ftdojo.sources import hub, licences
from ftdojo.sources.fetch import in_mirror
from ftdojo.sources.files import read_json, write_json
from ftdojo.sources.profile import ESTIMATED, Profile, Tokens
from ftdojo.sources.stored import StoredSource, each_row

SAMPLES = 3
SAMPLE_CHARS = 300
_PROFILE_VERSION = 2
_DISTRIBUTIONS = ("words", "characters", "tokens")
_log = logging.getLogger(__name__)


def card(
    source: Source, stored: StoredSource, *, path: str, tokens: Tokens = ESTIMATED
) -> SourceCard:
    """Return the card of ``source``; ``path`` is where a data script finds its rows, ``tokens`` counts theirs.

    ``words``, ``characters`` and ``tokens`` are of question and answer together; ``duplicate_share`` is the share of
    rows whose question and answer, apart from case and spacing, an earlier row has. Samples are spread over the file,
    long strings cut.
    """
    profile = _profile(source, stored, tokens)
    apart = {"made_from", "samples", *_DISTRIBUTIONS}
    found = {name: value for name, value in profile.items() if name not in apart}
    found |= {name: Quantiles(**profile[name]) for name in _DISTRIBUTIONS}
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
        prompt_template=source.templates[0],
        response_template=source.templates[1],
        path=path,
        digest=stored.digest,
        samples=tuple(profile["samples"]),
        **found,
        **provenance(source.dataset),
    )


def provenance(dataset: Dataset | None) -> dict[str, Any]:
    """Return what a card says about where rows come from: hub, revision (the commit, once known), licence."""
    if dataset is None:
        return {}
    commit = hub.commit_of(dataset)
    try:
        mirrored = any(in_mirror(dataset, part) for part in dataset.parts)
    except SourceError:
        mirrored = False
    return {
        "hub_id": dataset.hub_id,
        "revision": dataset.revision if mirrored else commit or dataset.revision,
        "origin": "mirror" if mirrored else "hub",
        "commercial": dataset.commercial,
        "warning": licences.warning(dataset),
    }


def _profile(source: Source, stored: StoredSource, tokens: Tokens) -> dict[str, Any]:
    """Return the measured figures, from beside the data if they are of the same bytes."""
    home = stored.path.with_name("profile.json")
    fields = [source.prompt_field, source.response_field]
    made_from = [_PROFILE_VERSION, stored.digest, *fields, tokens.name]
    kept = read_json(home)
    if kept.get("made_from") == made_from:
        return kept
    profile = {"made_from": made_from, **_measure(source, stored, tokens)}
    try:
        write_json(home, profile)
    except OSError as error:
        _log.warning("The profile of %r cannot be kept in %s: %s.", source.name, home, error)
    return profile


def _measure(source: Source, stored: StoredSource, tokens: Tokens) -> dict[str, Any]:
    profile = Profile(source.prompt_field, source.response_field, tokens)
    samples: list[Mapping[str, Any]] = []
    shown = {at * stored.rows // SAMPLES for at in range(SAMPLES)}
    for number, row in enumerate(each_row(stored)):
        profile.add(row)
        if number in shown:
            samples.append({key: _cut(value) for key, value in row.items()})
    found = profile.found()
    return found | {name: asdict(found[name]) for name in _DISTRIBUTIONS} | {"samples": samples}


def _cut(value: Any) -> Any:
    """Return ``value`` small enough for a card; a long list or object is shown as the start of its JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[:SAMPLE_CHARS] + "…" if len(text) > SAMPLE_CHARS else value
