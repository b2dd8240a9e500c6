"""What runs cost together, and on average."""

from collections.abc import Sequence
from dataclasses import replace

from ftdojo.bench.words import Cost
from ftdojo.records import Spend


def summed_cost(spends: Sequence[Spend | None]) -> Cost | None:
    """Return the sum over the runs that began; None if none did.

    Money is None, not 0, as soon as one price was unknown.
    """
    known = [each for each in spends if each]
    if not known:
        return None
    money = [each.llm_usd for each in known if each.llm_usd is not None]
    return Cost(
        runs=len(known),
        experiments=sum(each.experiments for each in known),
        seconds=sum(each.wall_s for each in known),
        llm_calls=sum(each.llm_calls for each in known),
        llm_tokens=sum(_tokens(each) for each in known),
        usd=sum(money) if len(money) == len(known) else None,
    )


def mean_cost(spends: Sequence[Spend | None]) -> Cost | None:
    """Return the mean over the runs that began; None if none did."""
    total = summed_cost(spends)
    if total is None:
        return None
    n = total.runs
    return replace(
        total,
        experiments=total.experiments / n,
        seconds=total.seconds / n,
        llm_calls=total.llm_calls / n,
        llm_tokens=total.llm_tokens / n,
        usd=None if total.usd is None else total.usd / n,
    )


def _tokens(spend: Spend) -> int:
    return spend.llm_input_tokens + spend.llm_output_tokens
