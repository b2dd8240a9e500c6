"""The training rows in two sentences: how many of what, and what is odd about them."""

from collections.abc import Iterator

from ftdojo.agents.ft_agent.tools.evidence import Evidence

MANY = 0.05
READABLE = 0.9


def row_facts(evidence: Evidence) -> Iterator[str]:
    """Yield what was trained on."""
    data = evidence.feedback.check.data if evidence.feedback else None
    if data is None:
        return
    mix = ", ".join(f"{count} {name or 'unnamed'}" for name, count in data.lineage.items())
    yield (
        f"Rows: {data.rows} ({mix}), {data.tokens.mean:.0f} tokens on average, {data.label_share:.0%} of them with loss."
    )
    odd = {
        "exact duplicates": data.exact_duplicates / data.rows,
        "near duplicates": data.near_duplicates / data.rows,
        "rows cut at max_length": data.truncated_share,
    }
    told = [f"{share:.0%} {name}" for name, share in odd.items() if share > MANY]
    if told:
        yield f"Odd about the rows: {', '.join(told)}."
    hidden = [f"{share:.0%} of {name}" for name, share in data.readable.items() if share < READABLE]
    if hidden:
        yield f"Answers that the scorer can read: {', '.join(hidden)}; such rows teach another answer format."
