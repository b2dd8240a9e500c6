"""What a tool call led to, as text of bounded length."""

import json

from ftdojo.agents.showing import cut
from ftdojo.records import Observation

MOST = 3000


def result_of(tool: str, seen: Observation) -> str:
    """Return what the last action brought, as the model is shown it."""
    if tool in {"shell", "look"}:
        found = "\n".join(
            json.dumps(entry, ensure_ascii=False, default=str) for entry in seen.found
        )
        return cut(found or "nothing was found; check the name", MOST)
    if tool == "check":
        return cut(_checked(seen), MOST)
    if tool == "train":
        return cut(_trained(seen), MOST)
    return "the run goes on: that experiment cannot be chosen"


def _checked(seen: Observation) -> str:
    if seen.failure:
        return f"failed at {seen.failure.stage} ({seen.failure.kind}): {seen.failure.message}\n{seen.failure.log_tail[-800:]}"
    data = seen.checked.data if seen.checked else None
    fit = seen.checked.fit if seen.checked else None
    rows = f"; {data.rows} rows, {data.tokens.mean:.0f} tokens on average" if data else ""
    return "passed" + rows + (f"; training would take {fit.train_forecast_s:.0f} s" if fit else "")


def _trained(seen: Observation) -> str:
    if seen.failure or not seen.experiments:
        return _checked(seen)
    made = seen.experiments[-1]
    if made.evaluation is None:
        return f"{made.id} has no score"
    score = made.evaluation.score
    told = [f"{made.id}: {score.score:.3f} [{score.low:.3f}, {score.high:.3f}], n = {score.n}"]
    for against in made.feedback.comparisons.values() if made.feedback else ():
        told.append(
            f"against {against.against}: {against.difference.score:+.3f}, {against.verdict}"
        )
    told.append(f"{made.evaluation.unreadable_share:.0%} of its answers are unreadable")
    told += made.feedback.remarks if made.feedback else ()
    for wrong in made.evaluation.wrong[:3]:
        told.append(f"wrong: {cut(wrong.output, 200)!r} to {cut(wrong.prompt, 200)!r}")
    return "\n".join(told)
