"""``ftdojo tasks score``: scorers on case files, without a model."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import typer

from ftdojo.errors import FtdojoError, UsageError


def score_cases(
    name: str = typer.Argument("", help="A task's name, or the name of a data set."),
    cases: Path | None = typer.Option(None, "--cases", help="A JSONL file of cases."),
    all_cases: Path | None = typer.Option(
        None, "--all-cases", help="A folder; every golden*.jsonl below it is scored."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
) -> None:
    """Score a file of cases, or all expected scores in a folder.

    A line of --cases is {"case": ..., "input": {...}}; a line of the answer holds what the published
    evaluator says (reference) and what ours says (strict). A case that lacks something is named, the others are scored.
    """
    if cases and name and not all_cases:
        _each(name, cases)
    elif all_cases and not cases and not name:
        _agreement(all_cases, as_json=as_json)
    else:
        raise UsageError(
            "Give either a name with --cases FILE, or --all-cases DIR: "
            "`ftdojo tasks score gsm8k --cases golden.jsonl`."
        )


def _each(name: str, path: Path) -> None:
    from ftdojo.cli.tables import one_line
    from ftdojo.tasks.cases import cases, lines, score

    cases.get(name)
    scored = lacking = 0
    for line in lines(path):
        try:
            found = score(name, line, path)
        except UsageError as error:
            lacking += 1
            print(one_line(str(error)), file=sys.stderr)
            continue
        scored += 1
        said = {"case": line.case.name, "reference": found.reference, "strict": found.strict}
        print(json.dumps(said))
    if lacking:
        raise UsageError(
            f"{lacking} of {lacking + scored} cases could not be scored; fix the lines above."
        )


def _agreement(folder: Path, *, as_json: bool) -> None:
    from ftdojo.cli.tables import one_line, table
    from ftdojo.tasks.cases import agreement, golden_files

    found = [agreement(name, path) for name, path in golden_files(folder)]
    if as_json:
        print(json.dumps([asdict(each) for each in found]))
    else:
        table([asdict(each) for each in found], ("name", "cases", "agreed"))
    for each in found:
        for said in each.wrong:
            print(one_line(f"{each.name}: {said}"), file=sys.stderr)
    total = sum(each.cases for each in found)
    if wrong := total - sum(each.agreed for each in found):
        raise FtdojoError(f"{wrong} of {total} cases disagree; see above.")
