"""Stage three, second half: are these rows what they should be, and do they hold anything held out?"""

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean

from ftdojo.checks.build import build
from ftdojo.checks.context import CheckContext, CheckFailed, fail
from ftdojo.errors import UsageError
from ftdojo.records import DataReport, FailureKind, Item, Overlap, Stage, Task
from ftdojo.submissions import Row, RowFault, TrainConfig, read_rows
from ftdojo.submissions.texts import short
from ftdojo.texts import duplicates
from ftdojo.training.objectives import Objective, objective_of, objectives
from ftdojo.worker import MAX_ROW_BYTES, MAX_ROWS, TokenReport, WorkerFault

AUDIT_S = 600.0
NAMED = 5
SHOWN = 80


def audit(
    rows_file: Path, config: TrainConfig, context: CheckContext, *, log_tail: str, seconds: float
) -> DataReport:
    """Describe the rows in ``rows_file``, or end the check with what is wrong with them."""
    objective = objective_of(config)
    rows = _read(rows_file, objective)
    _refuse_too_many(len(rows), context.max_rows)
    texts = [tuple(chain.from_iterable(objective.conversations(row))) for row in rows]
    overlap = context.vault.overlap(enumerate(texts, start=1))
    _refuse_leaks(overlap, rows)
    tokens = _tokens(rows_file, config, context)
    _refuse_unlabelled(tokens, config)
    ignored = dict(Counter(key for row in rows for key in row.ignored))
    readable = _readable(rows, objective, context)
    exact, near = duplicates(texts)
    with rows_file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return DataReport(
        rows=tokens.rows,
        bytes=rows_file.stat().st_size,
        digest=digest,
        seconds=seconds,
        formats=dict(Counter(row.format for row in rows)),  # asdict makes nonsense of a Counter
        tokens=tokens.tokens,
        label_tokens=tokens.label_tokens,
        total_tokens=tokens.total_tokens,
        label_share=tokens.label_share,
        truncated_share=tokens.truncated_share,
        exact_duplicates=exact,
        near_duplicates=near,
        lineage=dict(Counter(row.source or "unknown" for row in rows)),
        readable=readable,
        overlap=overlap,
        samples=tokens.samples,
        log_tail=log_tail,
        ignored=ignored,
        notes=(
            *_notes(rows, tokens, ignored, context.task),
            *_avoided(rows, objective, context),
        ),
    )


def built(script: str, objective: str, context: CheckContext, *, wall_s: float) -> Iterator[Row]:
    """Yield the rows that ``script`` built; they are built again, within ``wall_s``, if the cache was cleared.

    Raises:
        UsageError: the script fails now.
    """
    try:
        path, _ = build(script, context, wall_s=wall_s)
        rows = _read(path, objectives.get(objective))
    except CheckFailed as failed:
        raise UsageError(f"The rows cannot be built again: {failed}") from failed
    yield from rows


def _read(rows_file: Path, objective: Objective) -> list[Row]:
    limits = {"max_rows": MAX_ROWS, "max_row_bytes": MAX_ROW_BYTES}
    try:
        return list(read_rows(rows_file, **limits, read=objective.read))
    except RowFault as error:
        return fail(Stage.DATA, error.kind, str(error), file="data.py")


def _tokens(rows_file: Path, config: TrainConfig, context: CheckContext) -> TokenReport:
    """Return the rows as the model sees them; a row that cannot be shown to it is the fault of the data."""
    try:
        return context.worker.audit(rows_file, config, timeout_s=AUDIT_S)
    except WorkerFault as error:
        if error.kind != FailureKind.SCHEMA:
            raise
        fail(Stage.DATA, FailureKind.SCHEMA, str(error), file="data.py", log_tail=error.log_tail)


def _notes(
    rows: Sequence[Row], tokens: TokenReport, ignored: Mapping[str, int], task: Task
) -> Iterator[str]:
    """Yield what the rows say and the model does not learn, and what it learns and is not asked."""
    of = f"of {len(rows)} rows"
    if ignored:
        named = ", ".join(f"{short(key)} in {count}" for key, count in ignored.items())
        yield f"Keys that are not used, {of}: {named}."
    if tokens.lost:
        yield (
            f"{len(tokens.lost)} {of} say more than reaches the model, whose chat template or tokenizer leaves text out: "
            f"row {tokens.lost[0]} loses {tokens.lost_text}."
        )
    if tokens.unclosed:
        yield (
            f"The model is prompted with an opened <think>, and {tokens.unclosed} {of} answer without closing it: as "
            "they stand, they teach to answer without a thought."
        )
    firsts = [row.messages[0] for row in rows]
    systems = [each["content"] if each["role"] == "system" else "" for each in firsts]
    other = len(rows) - systems.count(task.system)
    if other and task.system:
        said = f"The task asks with the system text {short(task.system)}, and {other} {of} have"
        yield f"{said} another one or none."
    elif other:
        yield f"The task asks without a system text, and {other} {of} have one."


def _avoided(rows: Sequence[Row], objective: Objective, context: CheckContext) -> Iterator[str]:
    """Yield how many of the answers that are to be avoided the task's scorer can read, where rows have such answers."""
    others = [(row.source, list(objective.conversations(row))[1:]) for row in rows]
    answers = [(source, turns[-1]["content"]) for source, each in others for turns in each]
    readable = readable_shares(answers, context.task, context.vault.items("validation"))
    if readable:
        shares = ", ".join(f"{source} {share:.0%}" for source, share in readable.items())
        yield f"Of the rejected answers the task's scorer can read, right or wrong, by source: {shares}."


def _refuse_too_many(rows: int, most: int | None) -> None:
    if most is not None and rows > most:
        message = f"{rows} training rows are more than the {most} that this run allows; choose {most} of them."
        fail(Stage.DATA, FailureKind.SCHEMA, message, file="data.py")


def _refuse_leaks(overlap: Overlap, rows: Sequence[Row]) -> None:
    """Refuse rows that hold held-out questions; a model must not be trained on what it is asked."""
    count = overlap.exact + overlap.near
    if count:
        lineage = Counter(rows[at - 1].source or "unknown" for at in overlap.rows)
        origin = ", ".join(f"{name} {many}" for name, many in lineage.most_common())
        message = (
            f"{count} training row(s) hold held-out questions ({overlap.exact} exactly, {overlap.near} nearly; "
            f"rows {_some(overlap.rows)}): leave them out. By source: {origin}."
        )
        fail(Stage.DATA, FailureKind.CONTAMINATED, message, file="data.py")


def _refuse_unlabelled(tokens: TokenReport, config: TrainConfig) -> None:
    """Refuse rows of whose answer nothing is left at ``max_length``."""
    if tokens.unlabelled:
        message = (
            f"{len(tokens.unlabelled)} row(s) lose their whole answer at max_length={config.max_length} "
            f"(rows {_some(tokens.unlabelled)}; the longest has {tokens.tokens.high:.0f} tokens or more): "
            "raise max_length or shorten the prompts."
        )
        fail(Stage.DATA, FailureKind.SCHEMA, message, file="train.yaml")


def _readable(
    rows: Sequence[Row], objective: Objective, context: CheckContext
) -> Mapping[str, float]:
    """Return the share of readable answers by lineage, or refuse the rows if there is none at all."""
    known = ((row.source, objective.answer(row)) for row in rows)
    answers = [(source, answer) for source, answer in known if answer is not None]
    readable = readable_shares(answers, context.task, context.vault.items("validation"))
    _refuse_unreadable(readable, [answer for _, answer in answers], context.task)
    return readable


def _refuse_unreadable(readable: Mapping[str, float], answers: Sequence[str], task: Task) -> None:
    """Refuse rows none of whose answers would score if the model gave it: what they teach cannot be measured."""
    if not readable or any(readable.values()):
        return
    shown = answers[0][:SHOWN]
    message = (
        f"The task's scorer can read none of the answers of these {len(answers)} rows, the first of which is {shown!r}: a model "
        f"that learns them scores 0. Write answers as the task wants them; the templates on a source's card do. "
        f"{task.answer_format}"
    )
    fail(Stage.DATA, FailureKind.FORMAT_COLLAPSE, message, file="data.py")


def _some(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(str(number) for number in numbers[:NAMED])
    return shown + (", ..." if len(numbers) > NAMED else "")


ROWS_EACH, ITEMS = 24, 4
READ_S = 5.0
"""Reading stops after this long: some scorers run what they read."""
CHARACTERS_A_TOKEN = 16
"""More than an answer has on average; what lies beyond the output cap could not be written by the model."""


def readable_shares(
    answers: Iterable[tuple[str, str]], task: Task, items: Sequence[Item]
) -> dict[str, float]:
    """Return the share of readable answers by lineage, over the first ``ROWS_EACH`` rows of each.

    ``answers`` are (source, answer).

    An answer counts as readable if it would be as the output to one of a few of ``items``, which may ask for different
    things. Whether it is right is not looked at, so nothing about that gets out. What reading did not reach in time
    is left out.
    """
    ends, most = time.monotonic() + READ_S, CHARACTERS_A_TOKEN * task.max_new_tokens
    some = items[:: max(1, len(items) // ITEMS)][:ITEMS]
    found = defaultdict[str, list[bool]](list)
    for source, answer in answers:
        read = found[source or "unknown"]
        if len(read) < ROWS_EACH and time.monotonic() < ends:
            read.append(any(task.grade(answer[:most], item).readable for item in some))
    return {source: fmean(read) for source, read in found.items() if read}
