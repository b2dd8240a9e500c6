"""Write ``docs/cli.md`` from the program's own help: ``python docs/cli.py``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from ftdojo.cli.main import app

PAGE = Path(__file__).with_name("cli.md")
HEAD = """\
# The command line

Made by `python docs/cli.py` from the help texts of the program; a test compares this page with them. `--help` (`-h`) after
any command prints its part of this page, `ftdojo --version` the version.

## The usual calls

```sh
ftdojo run TASK --agent explorer --model smollm2-135m --budget 10m --seed 0   # ends with a tested model
ftdojo run TASK --max-experiments 8 --max-train-seconds 300 --max-disk 2G     # further hard limits
ftdojo run TASK --data-cap 2000             # at most this many training rows in an experiment
ftdojo run TASK --trainer trl               # train with TRL, the slower reference
ftdojo run TASK --chat-template chatml      # or a Jinja file: in place of the model's own template
ftdojo run TASK@without=SOURCE              # leave a raw source out; see docs/sources.md
ftdojo resume RUN                           # go on after the last finished stage
ftdojo resume RUN --budget 20m              # the same, with another budget for the whole run from now on
ftdojo say RUN "at most 8 tokens an answer"  # to its agent, while it goes on; also: --require "output_tokens.p95 <= 8"
ftdojo report RUN                           # write the page and print its path
ftdojo report RUN --story                   # the run as a story in Markdown
ftdojo export RUN --to FOLDER               # the PEFT adapter
ftdojo export RUN --to FOLDER --merge       # a whole model that plain transformers loads
ftdojo export RUN --to FOLDER --gguf        # a GGUF file, read back before it is believed
ftdojo export RUN --trajectory steps.jsonl   # what was done and what came of it; also: --trajectory-form chat
ftdojo ask RUN "your question"              # as the task asks; also: ftdojo ask FOLDER --file rows.csv --json
ftdojo runs list                            # every run; also: ftdojo runs show RUN
ftdojo runs compare RUN OTHER               # two runs on one task, item by item
ftdojo bench MATRIX --dry-run               # agents, tasks and seeds compared; see docs/bench.md
ftdojo play guide                           # for coding agents; see docs/outside-agents.md
ftdojo serve mcp                            # the same as tools, for agents that speak MCP; see docs/mcp.md
ftdojo skill install --for claude           # the same as a skill; also: ftdojo skill show
ftdojo tasks list                           # also: ftdojo tasks show TASK
ftdojo tasks check TASK                     # prove a task without a model
ftdojo tasks score TASK --cases FILE        # the published scorer and ours, case by case
ftdojo tasks new NAME --data rows.csv       # a task of your own
ftdojo sources list                         # also: ftdojo sources show TASK SOURCE
ftdojo sources pull --task TASK             # published data, beforehand; see docs/sources.md
ftdojo models list                          # also: ftdojo models pull MODEL
ftdojo models check MODEL                   # which shortcuts a model stands
ftdojo doctor                               # machine, what is missing for a run, attacks on the sandbox
```

## What holds for every command

Data goes to stdout, progress and remarks to stderr; whatever lists something or ends a run takes `--json`. Exit codes: 0, 1
for a foreseen error, 2 for a wrong call, 3 for a run whose agent gave up (its language model said nothing usable; there is
a result all the same); 130 when interrupted, 143 after SIGTERM, 129 after SIGHUP (a terminal that was closed), all three
with the command that goes on; 141 where whoever read the output went away (`| head`), 1 where it cannot be written
(a full disk, a closed stdout). Errors are one line. Escape codes and invisible characters in what agents, models and files wrote are
written out (`\\u001b`) instead of reaching the terminal.

| variable | meaning |
|---|---|
| `FTDOJO_HOME` | the folder of runs (default `./runs`) |
| `FTDOJO_CACHE` | the folder of everything that can be made again: models, raw sources, built rows, weights, scores (default: the user's cache folder) |
| `FTDOJO_LOW_PRECISION` | `0` or `1` switches bfloat16 off or on where the processor's own choice is not wanted |

`ftdojo doctor` prints all three. Those of language models are in [language models](llm.md), those of published data in
[sources](sources.md).
"""
EXAMPLE = "Example: "


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(f"\n{section}" for section in sections(typer.main.get_command(app)))


def sections(command: Any, path: str = "ftdojo") -> Iterator[str]:
    """Yield the section of each command below ``command``, which is called as ``path``."""
    for name, inner in command.commands.items():
        called = f"{path} {name}"
        if hasattr(inner, "commands"):
            yield from sections(inner, called)
        else:
            yield section(inner, called)


def section(command: Any, called: str) -> str:
    """Return heading, help, example and the table of arguments and options of one command."""
    parts = command.help.split("\n\n")
    examples = [part.removeprefix(EXAMPLE) for part in parts if part.startswith(EXAMPLE)]
    prose = [part for part in parts if not part.startswith(EXAMPLE)]
    shown = [f"```sh\n{example}\n```" for example in examples]
    rows = [row(parameter) for parameter in command.params if not parameter.hidden]
    table = ["\n".join(["| | | default |", "|---|---|---|", *rows])] if rows else []
    return "\n\n".join([f"## {called}", *prose, *shown, *table]) + "\n"


def row(parameter: Any) -> str:
    """Return one argument or option as a row: how it is written, what it means, what it is if left out."""
    cells = [f"`{written(parameter)}`", parameter.help or "", default(parameter)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def written(parameter: Any) -> str:
    """Return how a parameter is written in a call: ``TASK``, ``--budget BUDGET``, ``-q, --quiet``."""
    if parameter.param_type_name == "argument":
        name: str = (parameter.metavar or parameter.name).upper()
        return name if parameter.required else f"[{name}]"
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.is_flag:
        return " / ".join([names, *parameter.secondary_opts])
    return f"{names} {parameter.metavar or names.rpartition('-')[2].upper()}"


def default(parameter: Any) -> str:
    """Return what holds when the parameter is left out, or nothing where its text says so."""
    if parameter.required:
        return "required"
    if parameter.is_flag if hasattr(parameter, "is_flag") else False:
        return f"`{parameter.opts[0]}`" if parameter.default else ""
    return "" if parameter.default in (None, "", []) else f"`{parameter.default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf8")
