"""`ftdojo serve`: runs played from outside over protocols that programs speak."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ftdojo.cli.play import say
from ftdojo.errors import MissingExtra

if TYPE_CHECKING:
    from ftdojo.records import RunSpec

serve_app = typer.Typer(no_args_is_help=True, help="Let programs play: the verbs of `ftdojo play`.")


@serve_app.callback()
def _serve() -> None:
    """Let programs play: the verbs of `ftdojo play`."""


@serve_app.command("mcp")
def mcp(
    http: bool = typer.Option(
        False, "--http", help="Serve HTTP on this machine instead of stdin and stdout."
    ),
    port: int = typer.Option(0, min=0, max=65535, help="The port for --http (0: any)."),
    runs: Path | None = typer.Option(
        None, "--runs", help="Folder of the runs (default: FTDOJO_HOME, else ./runs)."
    ),
) -> None:
    """Serve the Model Context Protocol: one tool a verb.

    With --http, the address and the token, made anew, are printed.

    Example: claude mcp add ftdojo -- ftdojo serve mcp
    """
    from ftdojo.cli.summary import facts
    from ftdojo.config import runs_dir
    from ftdojo.serve.verbs import Verbs

    try:
        from ftdojo.serve.mcp import serve_http, serve_stdio
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"Serving MCP needs the serve extra, of which {error.name} is not installed: pip install 'ftdojo[serve]'."
        ) from error
    root = (runs or runs_dir()).absolute()
    verbs = Verbs(root, prepare=lambda spec: _prepared(spec, root), facts=facts, say=say)
    if http:
        serve_http(verbs, port)
    else:
        serve_stdio(verbs)


def _prepared(spec: "RunSpec", root: Path) -> "RunSpec":
    """Return ``spec`` with whole paths, once what it reads is there."""
    from ftdojo.cli.run_options import checked, fetch

    spec = checked(spec, root)
    fetch(spec.task)
    return spec
