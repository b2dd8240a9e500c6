"""The program ``ftdojo``: its commands, and how errors leave it."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import typer

from ftdojo.cli import (
    ask,
    bench,
    doctor,
    listings,
    play,
    records,
    run,
    serve,
    skill,
    sources,
    tasks,
)
from ftdojo.cli.streams import exit_code, guard
from ftdojo.cli.tables import one_line
from ftdojo.errors import FtdojoError, MissingExtra

TRAIN_EXTRA = {
    "accelerate",
    "datasets",
    "gguf",
    "huggingface_hub",
    "peft",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
    "trl",
}
"""What the extra ``train`` brings; the core works without any of it."""
BAD_CALL: type[Exception] = typer.BadParameter.__bases__[0]
"""What typer raises for an option, argument or command that is wrong; its home differs between typer's releases."""
INTERRUPTED = 130

app = typer.Typer(
    name="ftdojo",
    help="Let agents fine-tune language models, with numbers people can believe.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
run.register(app)
records.register(app)
app.add_typer(play.play_app, name="play")
app.add_typer(serve.serve_app, name="serve")
app.add_typer(skill.skill_app, name="skill")
app.add_typer(tasks.tasks_app, name="tasks")
app.add_typer(sources.sources_app, name="sources")
app.add_typer(listings.models_app, name="models")
app.command("ask")(ask.ask)
app.command("bench")(bench.bench)
app.command("doctor")(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        from ftdojo import __version__

        typer.echo(f"ftdojo {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Let agents fine-tune language models, with numbers people can believe."""


def main() -> None:
    """Run the program.

    Exit codes: 0, 1 for a foreseen error, 2 for a wrong call, 3 for a run whose agent gave up, 130 when interrupted, 143
    (SIGTERM), 129 (SIGHUP), 141 where whoever read the output is gone; one line on stderr says which. A traceback is a
    bug, of ours or of an agent's.
    """
    guard()
    try:
        code = _called(lambda: app(prog_name="ftdojo", standalone_mode=False))
        sys.stdout.flush()
    except FtdojoError as error:
        code = _said(str(error), exit_code(error))
    except KeyboardInterrupt as error:
        code = _said("interrupted.", exit_code(error))
    with suppress(FtdojoError):  # what went wrong first is the better reason
        sys.stdout.flush()
    sys.exit(code)


def _called(program: Callable[[], Any]) -> int:
    """Run ``program`` and return its exit code; errors of the libraries it is built on become ours.

    Raises:
        MissingExtra: a package of an extra is not installed.
    """
    try:
        code = program()
    except BAD_CALL as error:
        return _bad_call(error)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in TRAIN_EXTRA:
            raise
        raise MissingExtra(
            f"Models, training and evaluation need the train extra, of which {package} is not installed: "
            "pip install 'ftdojo[train]'."
        ) from error
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return int(code or 0)


def _bad_call(error: Any) -> int:
    """Say what is wrong with the call; a command that was given nothing shows its help instead."""
    called = error.ctx.command_path if error.ctx else "ftdojo"
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message(), file=sys.stderr)
        return int(error.exit_code)
    close = getattr(error, "possibilities", None)
    said = (error.message if close else error.format_message()).strip()
    stop = "" if said.endswith(("?", ".")) else "."
    nearest = f" Did you mean {' or '.join(sorted(close))}?" if close else ""
    return _said(f"{said}{stop}{nearest} `{called} --help` shows what is right.", 2)


def _said(message: str, code: int) -> int:
    print(f"ftdojo: {one_line(message)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
