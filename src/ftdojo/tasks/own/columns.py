"""Which columns of a table ask and which one answers, as far as names and values tell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ftdojo.errors import UsageError
from ftdojo.records import columns_of, hole
from ftdojo.tasks.own.shapes import RowTable, text_of

ANSWERS = [
    "answer",
    "answers",
    "label",
    "labels",
    "target",
    "output",
    "outputs",
    "response",
    "completion",
    "chosen",
    "gold",
    "class",
    "category",
    "intent",
    "sentiment",
    "solution",
    "summary",
    "translation",
    "reply",
    "correct_answer",
    "answerkey",
    "answer_key",
    "expected",
    "y",
]
"""Names under which the right answer usually stands, the likeliest first."""
ASIDE = {
    "rejected",
    "rationale",
    "explanation",
    "reasoning",
    "system",
    "source",
    "split",
    "difficulty",
}
"""Names of what neither asks nor answers, as a rule."""
_NUMBERING = re.compile(
    r"(?i)^(?:id|ids|idx|index|no|nr|num|number|row|row_?id|uuid|guid|key|hash|url|link|timestamp|date|time|"
    r"(?:created|updated|modified)(?:_?(?:at|on))?|unnamed.*|__index.*|.*_(?:id|idx|uuid|url|hash))$"
)


@dataclass(frozen=True, kw_only=True)
class Roles:
    """``question`` is a template over columns, ``answer`` a column; ``aside`` is column -> why it is in no prompt.

    ``system`` is the system text that all rows share, if they do.
    """

    question: str
    answer: str
    aside: Mapping[str, str]
    system: str = ""


def roles(table: RowTable, *, question: Sequence[str] = (), answer: str = "") -> Roles:
    """Return what asks and what answers: as it is told, else as names and values tell.

    Args:
        table: at least one row.
        question: columns, or one template with ``{column}`` in it; empty to look for them.
        answer: a column; empty to look for it.

    Raises:
        UsageError: no such column, or the table does not tell; the line says which option does.
    """
    columns = table.columns
    if len(columns) < 2:
        raise UsageError(
            f"The rows have {_counted(columns)}; a task needs one that asks and one that answers."
        )
    answered = _known(answer, columns, "--answer") if answer else _answer(table, question)
    asked, aside = _question(table, answered, question)
    shared = {text_of(row["system"]) for row in table.rows} if "system" in aside else set[str]()
    if len(shared) == 1:
        aside = {name: why for name, why in aside.items() if name != "system"}
    system = shared.pop() if len(shared) == 1 else ""
    if {"chosen", "rejected"} <= set(columns) and answered == "chosen":
        aside = {**aside, "rejected": "pairs teach their chosen answers here"}
    return Roles(question=asked, answer=answered, aside=aside, system=system)


def template_of(columns: Sequence[str]) -> str:
    """Return the template that shows ``columns``: one as it stands, several a line each under their names.

    Example:
        >>> template_of(["ticket"]), template_of(["premise", "hypothesis"]).splitlines()
        ('{ticket}', ['premise: {premise}', 'hypothesis: {hypothesis}'])
    """
    if len(columns) == 1:
        return hole(columns[0])
    return "\n".join(
        hole(name) if name in {"choices", "options", "endings"} else f"{name}: {hole(name)}"
        for name in columns
    )


def _answer(table: RowTable, question: Sequence[str]) -> str:
    asked = {name for text in question for name in (columns_of(text, table.columns) or (text,))}
    left = [name for name in table.columns if name not in asked]
    by_name = {name.casefold().strip(): name for name in reversed(left)}
    for name in ANSWERS:
        if name in by_name and _filled(table, by_name[name]):
            return by_name[name]
    useful = [name for name in left if not _NUMBERING.match(name) and _filled(table, name)]
    if useful and (len(useful) == 1 if question else len(useful) == 2):
        return useful[-1]
    few = [name for name in useful if _repeats(table, name)]
    if len(few) == 1:
        return few[0]
    raise UsageError(
        f"Which column holds the right answer is not plain from {', '.join(table.columns)}; name it with --answer."
    )


def _question(table: RowTable, answer: str, given: Sequence[str]) -> tuple[str, Mapping[str, str]]:
    others = [name for name in table.columns if name != answer]
    if given:
        if len(given) == 1 and (shown := columns_of(given[0], table.columns)):
            asked, template = list(shown), given[0]
        else:
            asked = [_known(name, table.columns, "--question") for name in given]
            template = template_of(asked)
        if answer in asked:
            raise UsageError(f"The column {answer!r} cannot both ask and answer; name another.")
        return template, {name: "not named" for name in others if name not in asked}
    aside = {name: why for name in others if (why := _why_aside(table, name, answer))}
    asked = [name for name in others if name not in aside]
    if not asked:
        raise UsageError(
            f"No column is left that asks, beside {answer!r}: "
            + ", ".join(f"{name} ({why})" for name, why in aside.items())
            + "; name one with --question."
        )
    return template_of(asked), aside


def _why_aside(table: RowTable, name: str, answer: str) -> str:
    """Return why a column is no part of the question, or nothing."""
    values = [text_of(row[name]) for row in table.rows]
    golds = [text_of(row[answer]) for row in table.rows]
    if not any(values):
        return "empty"
    if _NUMBERING.match(name):
        return "numbering or origin"
    if name.casefold().strip() in ASIDE or name.casefold().strip() in ANSWERS:
        return "says more than a question"
    if len(set(values)) == 1 and len(values) > 1:
        return "always the same"
    pairs = set(zip(values, golds, strict=True))
    if len(pairs) == len(set(values)) == len(set(golds)) <= len(values) // 2:
        return f"says what {answer} says"
    return ""


def _filled(table: RowTable, name: str) -> bool:
    return any(text_of(row[name]) for row in table.rows)


def _repeats(table: RowTable, name: str) -> bool:
    """Return whether a column has few different values, as labels do."""
    values = {text_of(row[name]) for row in table.rows}
    return 2 <= len(values) <= min(200, len(table.rows) // 3)


def _known(name: str, columns: Sequence[str], option: str) -> str:
    if name in columns:
        return name
    near = get_close_matches(name, columns, n=1, cutoff=0.5)
    nearest = f" Did you mean {near[0]!r}?" if near else ""
    raise UsageError(
        f"No column is called {name!r}; there are {', '.join(columns)}.{nearest} Name columns with {option}."
    )


def _counted(columns: Sequence[str]) -> str:
    return f"one column, {columns[0]!r}" if columns else "no columns"
