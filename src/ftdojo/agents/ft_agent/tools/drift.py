"""Whether answers became longer, shorter or less readable than the rival's."""

from collections.abc import Iterator

from ftdojo.agents.ft_agent.tools.evidence import Evidence

LENGTH, SHARE = 0.25, 0.05


def drift(evidence: Evidence) -> Iterator[str]:
    """Yield each thing about the form of answers that moved."""
    now, before, rival = evidence.scored, evidence.rival, evidence.rival_name
    if now is None:
        return
    shares = {
        "unreadable answers": (before.unreadable_share, now.unreadable_share),
        "answers cut by the token cap": (before.unfinished_share, now.unfinished_share),
    }
    for name, (was, is_now) in shares.items():
        if abs(is_now - was) >= SHARE:
            yield f"Form: {name} {was:.0%} ({rival}) to {is_now:.0%}."
        elif is_now >= SHARE:
            yield f"Form: {name} {is_now:.0%}, as {rival}'s."
    was_long, is_long = before.output_tokens.mean, now.output_tokens.mean
    if was_long and abs(is_long / was_long - 1) > LENGTH:
        yield f"Form: answers have {is_long:.0f} tokens on average, {rival}'s {was_long:.0f}."
