"""What the time that is left buys: rows of a length, a training of use, short trainings that compare designs."""

from ftdojo.agents.ft_agent.changes import data_of
from ftdojo.records import Observation

LENGTHS = (50, 100, 200, 400)
LEAST_S = 20.0
"""An experiment takes at least so long, and more once it is known what checks, validations and trainings take."""
USEFUL = 0.1
"""A training that sees less than this share of the tokens of the longest one cannot be expected to win."""


def training_s(seen: Observation) -> float:
    """Return the seconds that the next training may take, its check and its validation taken off."""
    outlook = seen.outlook
    return max(0.0, outlook.left_s - (outlook.validation_s or 0.0) - (outlook.check_s or 0.0))


def useful_s(seen: Observation) -> float:
    """Return the seconds of the shortest experiment that may still win, its check and its validation included."""
    outlook = seen.outlook
    trained = [each.feedback.training for each in seen.experiments if each.feedback]
    tokens = max((each.tokens for each in trained if each), default=0)
    train_s = USEFUL * tokens / outlook.train_tokens_per_s if outlook.train_tokens_per_s else 0.0
    return (outlook.validation_s or 0.0) + max(LEAST_S, (outlook.check_s or 0.0) + train_s)


def fits(seen: Observation) -> tuple[str, ...]:
    """Return what a row costs here and how many fit now, a sentence each; nothing before a speed was measured."""
    speed, room_s = seen.outlook.train_tokens_per_s, training_s(seen)
    if not speed:
        return ()
    check = f"{seen.outlook.check_s:.0f} s" if seen.outlook.check_s is not None else "a while"
    rows = ", ".join(
        f"{tokens} tokens {tokens / speed:.2g} s (at most {_about(room_s * speed / tokens)} fit now)"
        for tokens in LENGTHS
    )
    lines = [
        f"A check takes about {check}. About {_about(room_s)} s can go into the next training, {_about(room_s * speed)} tokens.",
        f"A row that is seen once costs, by its length: {rows}. Epochs and repeats count again.",
    ]
    for each in seen.experiments[-2:]:
        data = data_of(each)
        if data:
            cost_s = data.tokens.mean / speed
            lines.append(
                f"A row like those of {each.id} ({data.tokens.mean:.0f} tokens) costs {cost_s:.2g} s; at most "
                f"{_about(room_s / cost_s)} fit now."
            )
    return tuple(lines)


def _about(value: float) -> int:
    """Return ``value`` to two digits: more would only make every prompt another one."""
    return int(float(f"{value:.2g}"))
