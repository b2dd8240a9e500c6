"""`ftdojo ask`: put questions to a model that came out of a run."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.cli.records import ROOT
from ftdojo.cli.tables import one_line, printable
from ftdojo.errors import Interrupted, SourceError, UnknownName, UsageError

if TYPE_CHECKING:
    from ftdojo.dojo.asking import Askable
    from ftdojo.export import AskedAs
    from ftdojo.records import Completion, Message


STDIN = "-"
NAMES = ("question", "prompt", "text", "input")
"""What the column of a question is called where a task does not say."""


def questions_of(file: str, asked: "AskedAs", *, raw: bool = False) -> list[str]:
    """Return the questions in ``file``: lines of text (``.txt``, ``-`` for stdin), or rows of any kind that is read.

    Where a question is made of several columns, stdin holds rows: a JSON object a line. ``raw`` leaves a line as it is.

    Raises:
        UsageError: it holds no question, an empty one, or rows without the columns that make up a question.
        SourceError: it cannot be read; the place is named.
    """
    from ftdojo.sources import read_lines, read_rows
    from ftdojo.sources.kinds import kind_of

    whole = str if raw else asked.whole
    if file == STDIN and len(asked.columns) > 1:
        found = [_of_row(row, asked, f"stdin, line {at}") for at, row in _stdin_rows(asked)]
    elif file == STDIN:
        found = [whole(each) for each in _of_lines(_stdin_lines(), "stdin")]
    elif kind_of(Path(file)) == ".txt":
        found = [whole(each) for each in _of_lines(read_lines(Path(file)), file)]
    else:
        found = [_of_row(row, asked, f"{file}, line {at}") for at, row in read_rows(Path(file))]
    if not found:
        raise UsageError(f"{file} holds no question; write one a line, or one a row.")
    return found


def require_text(text: str, where: str) -> str:
    """Return ``text``, a question.

    Raises:
        UsageError: it is empty, or no Unicode.
    """
    if not text.strip():
        raise UsageError(f"{where} is empty; a question has at least one word.")
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise UsageError(f"{where} is not text in UTF-8; save it as UTF-8.")
    return text


def _of_lines(numbered: Iterable[tuple[int, str]], where: str) -> list[str]:
    """Return the lines; empty ones after the last question are no questions."""
    found = [(at, line.rstrip("\r\n")) for at, line in numbered]
    while found and not found[-1][1].strip():
        found.pop()
    return [require_text(line, f"{where}, line {at},") for at, line in found]


def _stdin_rows(asked: "AskedAs") -> Iterator[tuple[int, dict[str, Any]]]:
    from ftdojo.sources.json_rows import parse

    for at, line in _stdin_lines():
        if not line.strip():
            continue
        try:
            yield at, parse(line, Path("stdin"), at)
        except SourceError as error:
            made = ", ".join(asked.columns)
            raise UsageError(
                f"{error} A question of {asked.task} is made of {made}, so stdin holds a JSON object with them a line."
            ) from error


def _stdin_lines() -> Iterable[tuple[int, str]]:
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"Byte {error.start + 1} of stdin is not UTF-8; send text in UTF-8."
        ) from error
    return enumerate(text.split("\n"), start=1)


def _of_row(row: Mapping[str, Any], asked: "AskedAs", where: str) -> str:
    from ftdojo.records import filled, hole

    columns = asked.columns or (_only_column(row, where),)
    missing = [column for column in columns if column not in row]
    if missing:
        raise UsageError(
            f"{where}, has no {missing[0]!r}; it has {', '.join(map(str, row))}. A question of {asked.task} is made of "
            f"{', '.join(columns)}."
        )
    asking = {column: row[column] for column in columns}
    for column, value in asking.items():
        if isinstance(value, bytes):
            raise UsageError(f"{where}, has bytes in {column!r}; a question is text.")
    return require_text(filled(asked.question or hole(columns[0]), asking), f"{where},")


def _only_column(row: Mapping[str, Any], where: str) -> str:
    named = list(row) if len(row) == 1 else [name for name in NAMES if name in row]
    if len(named) != 1:
        which = " and ".join(named) or "none of them"
        raise UsageError(
            f"{where}, has {', '.join(map(str, row)) or 'no column'}, and the question may be {which}; call that column "
            f"{NAMES[0]}, and leave out {', '.join(NAMES[1:])}."
        )
    return str(named[0])


NAME = 100
"""How much of an unknown name is repeated."""


def ask(
    model: str = typer.Argument(
        help="A run's id or folder, or the folder of an exported adapter or merged model."
    ),
    text: str | None = typer.Argument(None, help="One question."),
    file: str = typer.Option(
        "", "--file", help="Questions instead: a .txt by lines, a table by rows, - for stdin."
    ),
    experiment: str = typer.Option("", help="Of a run: another experiment than the chosen one."),
    base: bool = typer.Option(False, "--base", help="Of a run: its untouched base model."),
    max_new_tokens: int | None = typer.Option(
        None, min=1, max=1_000_000, help="Longest answer in tokens (default: the task's)."
    ),
    raw: bool = typer.Option(
        False, "--raw", help="The question alone: no system text, no template of the task."
    ),
    as_json: bool = typer.Option(
        False, "--json", help="An object a line: prompt, answer, tokens, finished."
    ),
    runs: Path | None = ROOT,
) -> None:
    """Ask the model that came out, exactly as its task asked it.

    Answers go to stdout: one question's as it stands, a file's one a line.

    Example: ftdojo ask runs/RUN/model "What is 12 + 30?"
    """
    if (text is None) == (not file):
        raise UsageError('Give one question, as in `ftdojo ask MODEL "..."`, or --file FILE.')
    if text is not None:
        require_text(text, "The question")
    found = _found(model, experiment=_experiment(experiment, base=base), runs=runs)
    put = str if raw else found.asked.whole
    questions = questions_of(file, found.asked, raw=raw) if text is None else [put(text)]
    _say_who(found, raw=raw, whole=text is not None or ".txt" in Path(file).suffixes)
    show = _json_line if as_json else _one_answer if text is not None else _one_line
    cap = max_new_tokens or found.asked.max_new_tokens
    try:
        _answer(found, questions, raw=raw, cap=cap, show=show)
    except KeyboardInterrupt:
        raise Interrupted("interrupted.") from None


def _answer(
    found: "Askable",
    questions: Sequence[str],
    *,
    raw: bool,
    cap: int,
    show: Callable[[str, "Completion"], str],
) -> None:
    """Print what ``show`` makes of each question and its answer as they come, and say at the end which were cut."""
    from ftdojo.dojo.asking import asking

    prompts = [_raw(each) if raw else found.asked.prompt(each) for each in questions]
    with asking(found) as asker:
        lengths = asker.lengths(prompts)
        answers: list[Completion] = []
        for each in asker.answers(prompts, max_new_tokens=cap):
            print(show(questions[len(answers)], each), flush=True)
            answers.append(each)
    _say_cut(answers, lengths, cap=cap, context=found.base.context)


def _experiment(name: str, *, base: bool) -> str:
    from ftdojo.records import BASE

    if base and name not in ("", BASE):
        raise UsageError(f"--base and --experiment {name} are two models; ask one at a time.")
    return BASE if base else name


def _found(model: str, *, experiment: str, runs: Path | None) -> "Askable":
    """Return the run or the exported folder that ``model`` names."""
    from ftdojo.config import cache_dir, runs_dir
    from ftdojo.dojo.asking import of_export, of_run
    from ftdojo.store import RunFolder, run_ids

    def say(line: str) -> None:
        typer.echo(line, err=True)

    root, path = runs or runs_dir(), Path(model)
    if not _is_folder(root / model) and not _is_folder(path):
        hint = f"Looked in {root}; the path of a run folder or of an exported model works too."
        raise UnknownName("run or folder", model[:NAME], run_ids(root), hint)
    if any((each / "run.json").is_file() for each in (root / model, path)):
        folder = RunFolder.open(model if (root / model / "run.json").is_file() else path, root)
        return of_run(folder, experiment=experiment, cache=cache_dir(), on_progress=say)
    if experiment:
        raise UsageError(
            f"{model} is not a run, so it has no experiments; leave out --experiment and --base, or name the run."
        )
    return of_export(path, cache=cache_dir(), on_progress=say)


def _is_folder(path: Path) -> bool:
    """Return whether ``path`` is a folder; a question in its place may be longer than any name."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _raw(question: str) -> "tuple[Message, ...]":
    from ftdojo.records import Message

    return (Message(role="user", content=question),)


def _say_who(found: "Askable", *, raw: bool, whole: bool) -> None:
    """Say on stderr which model answers and how it is asked."""
    how = "asked without the task's own words" if raw else f"asked as {found.asked.task} asks"
    typer.echo(one_line(f"{found.name}, {how}"), err=True)
    if found.remark:
        typer.echo(one_line(found.remark), err=True)
    if whole and len(found.asked.columns) > 1:
        made = ", ".join(found.asked.columns)
        typer.echo(
            one_line(
                f"a question of this task is made of {made}: this text is taken for a whole one; --file takes rows"
            ),
            err=True,
        )


def _say_cut(
    answers: "Sequence[Completion]", lengths: Sequence[int], *, cap: int, context: int
) -> None:
    """Say on stderr which answers are not to be trusted to their ends."""
    cut = sum(not each.finished for each in answers)
    if cut:
        typer.echo(
            f"{cut} of {len(answers)} answers cut at {cap} tokens; --max-new-tokens allows more",
            err=True,
        )
    past = sum(
        bool(context) and asked + each.tokens > context
        for asked, each in zip(lengths, answers, strict=True)
    )
    if past:
        typer.echo(
            f"{past} of {len(answers)} answers went past the model's context of {context} tokens; do not trust their ends",
            err=True,
        )


def _json_line(question: str, answer: "Completion") -> str:
    row = {
        "prompt": question,
        "answer": answer.text,
        "tokens": answer.tokens,
        "finished": answer.finished,
    }
    return json.dumps(row, ensure_ascii=False)


def _one_answer(_question: str, answer: "Completion") -> str:
    return "\n".join(printable(line) for line in answer.text.split("\n"))


def _one_line(_question: str, answer: "Completion") -> str:
    return one_line(answer.text)
