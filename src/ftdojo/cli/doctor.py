"""``ftdojo doctor``: what this machine offers, and whether the sandbox holds what it promises."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.errors import FtdojoError, SandboxError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.sandbox.base import Sandbox

JSON = typer.Option(False, "--json", help="Print one JSON object instead of lines.")
TIER = typer.Option("auto", "--sandbox", help="The sandbox to prove: auto, bubblewrap or unsafe.")
NO_EXTRA = "not installed: pip install 'ftdojo[train]'"


def doctor(sandbox: str = TIER, as_json: bool = JSON) -> None:
    """Show what this machine offers, and attack the sandbox.

    The number format is the one to train and answer in; FTDOJO_LOW_PRECISION=1 or 0 switches bfloat16 on or off.
    Every promise of the sandbox is tried by a script that wants to break it; the list says which ones held.
    """
    from ftdojo.sandbox import open_sandbox, prove

    fault, opened = "", None
    try:
        opened = open_sandbox(sandbox)
    except SandboxError as error:
        fault = str(error)
    tier = opened.tier if opened else "none"
    facts = {"machine": _machine(tier), "places": _places(), "sandbox": _described(opened, fault)}
    if opened and not as_json:
        typer.echo("Attacking the sandbox, which takes some ten seconds ...", err=True)
    proofs = [asdict(proof) for proof in prove(opened)] if opened else []
    if as_json:
        print(json.dumps(facts | {"proofs": proofs}))
    else:
        _show(facts, proofs)
    if opened is None:
        raise SandboxError(fault)
    if tier != "unsafe-subprocess" and not all(proof["holds"] for proof in proofs):
        raise FtdojoError(
            "The sandbox does not hold what it promises; see the lines marked NOT HELD."
        )


def _machine(tier: str) -> dict[str, Any]:
    """Describe the machine as far as it can be told without what is not installed."""
    from ftdojo.dojo import this_machine
    from ftdojo.models.device import decided_by

    try:
        return asdict(this_machine(tier)) | {"decided_by": decided_by()}
    except ModuleNotFoundError:
        return {"train_extra": NO_EXTRA}


def _places() -> dict[str, Any]:
    from ftdojo.config import cache_dir, runs_dir
    from ftdojo.store import free_bytes

    places = {"cache": cache_dir(), "runs": runs_dir()}
    free = {f"{name}_free_bytes": free_bytes(path) for name, path in places.items()}
    return {name: str(path.absolute()) for name, path in places.items()} | free


def _described(opened: "Sandbox | None", fault: str) -> dict[str, str]:
    return opened.describe() if opened else {"tier": "none", "fault": fault}


def _show(facts: Mapping[str, Mapping[str, Any]], proofs: list[dict[str, Any]]) -> None:
    for title, part in facts.items():
        print(title)
        for name, value in part.items():
            print(f"  {name.removesuffix('_bytes').replace('_', ' '):<16}{_text(name, value)}")
    if proofs:
        print("attacks on the sandbox")
    for proof in proofs:
        held = "held" if proof["holds"] else "NOT HELD"
        print(f"  {held:<10}{proof['name']}: {proof['detail']}")


def _text(name: str, value: Any) -> str:
    from ftdojo.store.files import size

    if name.endswith("_bytes"):
        return size(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{each} {version}" for each, version in value.items())
    return str(value)
