"""``ftdojo models``: what there is, and what a model stands."""

import json
from dataclasses import asdict

import typer

JSON = typer.Option(False, "--json", help="Print JSON instead of a table.")

models_app = typer.Typer(no_args_is_help=True, help="List base models, get them and try them out.")


@models_app.command("list")
def list_models(as_json: bool = JSON) -> None:
    """List the base models that are known here.

    Any model of the hub (org/name) and any folder works, too.
    """
    from ftdojo.cli.tables import table
    from ftdojo.config import cache_dir
    from ftdojo.models import known

    rows = [asdict(each) for each in known(cache=cache_dir())]
    if as_json:
        print(json.dumps(rows, default=str))
        return
    table(rows, tuple(rows[0]))


@models_app.command("pull")
def pull_model(
    name: str = typer.Argument(help="A known name, a folder, or a hub id org/name[@revision]."),
    as_json: bool = JSON,
) -> None:
    """Get a base model and print its identity."""
    from ftdojo.config import cache_dir
    from ftdojo.models import pull

    model = pull(name, cache=cache_dir(), on_progress=lambda text: typer.echo(text, err=True))
    row = asdict(model) | {"path": str(model.path), "identity": model.identity}
    del row["put_on"], row["amended"]  # only a run puts a template on
    print(json.dumps(row) if as_json else "\n".join(f"{key + ':':<16}{row[key]}" for key in row))


@models_app.command("check")
def check_model(
    name: str = typer.Argument(help="A known name, a folder, or a hub id org/name[@revision]."),
    as_json: bool = JSON,
) -> None:
    """Try out which shortcuts a base model stands.

    Refuses a model that cannot be used.
    """
    from ftdojo.config import cache_dir
    from ftdojo.models import prepare
    from ftdojo.store import Cache
    from ftdojo.worker import tried

    model = prepare(
        name,
        chat_template="",
        cache=cache_dir(),
        on_progress=lambda text: typer.echo(text, err=True),
    )
    found = tried(model, Cache(cache_dir()))
    if as_json:
        print(json.dumps({"name": model.name, "identity": model.identity, **asdict(found)}))
        return
    print(
        f"{model.name}: "
        + ("; ".join(found.words()) or "every shortcut leaves its outputs as they are")
    )
