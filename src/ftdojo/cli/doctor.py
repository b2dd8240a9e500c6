"""``ftdojo doctor``: what this machine offers, and whether the sandbox holds what it promises."""

import json
import os
import resource
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer

from ftdojo.errors import FtdojoError, SandboxError

if TYPE_CHECKING:  # kept out of ``ftdojo --help``
    from ftdojo.sandbox.base import Sandbox

JSON = typer.Option(False, "--json", help="Print one JSON object instead of lines.")
TIER = typer.Option("auto", "--sandbox", help="The sandbox to prove: auto, bubblewrap or unsafe.")
ATTACK = typer.Option(
    False,
    "--attack",
    help="Attack the contamination gate instead: held-out items in disguise, and honest rows.",
)
NO_EXTRA = "not installed: pip install 'ftdojo[train]'"
LEAST_FREE_BYTES, LEAST_MEMORY_BYTES, LEAST_OPEN_FILES = 2 * 10**9, 2 * 10**9, 512
OUT_OF_SIGHT = "held-out items are out of sight"


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that a run needs: what was found, and what to do where that is not enough (``advice``, else "")."""

    about: str
    found: str
    advice: str = ""


def doctor(sandbox: str = TIER, attack: bool = ATTACK, as_json: bool = JSON) -> None:
    """Show what this machine offers and lacks, and attack the sandbox.

    Each line of `what a run needs` is ok, or a problem with what to do about it; the exit code is 1 if there is one.
    The number format is the one to train and answer in; FTDOJO_LOW_PRECISION=1 or 0 switches bfloat16 on or off.
    Every promise of the sandbox is tried by a script that wants to break it; the list says which ones held.
    With --attack the contamination gate is tried in its place, on every task whose data are here: a table of what it
    found, trick by trick, with the share of rows that it judged rightly and a 95 % interval.
    """
    if attack:
        _attack_gate(as_json)
        return
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
    findings = [*_of_sandbox(tier, fault, proofs), *_of_machine(facts), _of_models(), _of_servers()]
    if as_json:
        print(json.dumps(facts | {"proofs": proofs, "needs": [asdict(each) for each in findings]}))
    else:
        _show(facts, proofs, findings)
    if opened is None:
        raise SandboxError(fault)
    if problems := [each for each in findings if each.advice]:
        raise FtdojoError(f"{problems[0].about}: {problems[0].found}; {problems[0].advice}")


def _of_sandbox(tier: str, fault: str, proofs: list[dict[str, Any]]) -> Iterator[Need]:
    """Yield what scripts run in, and whether it holds; who asks for no protection knows that there is none."""
    advice = (
        "install it as its message says, or pass --sandbox unsafe to go without" if fault else ""
    )
    yield Need(about="sandbox", found=fault or tier, advice=advice)
    if tier in ("none", "unsafe-subprocess"):
        return
    broken = [proof for proof in proofs if not proof["holds"]]
    seen = next((proof["detail"] for proof in broken if proof["name"] == OUT_OF_SIGHT), "")
    away = "move that folder away from Python's and the system's, or start from another folder"
    yield Need(about="held-out items", found=seen or "out of sight", advice=away if seen else "")
    names = ", ".join(proof["name"] for proof in broken if proof["name"] != OUT_OF_SIGHT)
    yield Need(
        about="limits",
        found=f"not held: {names}" if names else f"{len(proofs)} attacks held off",
        advice="run no agent that you do not trust here, and report it" if names else "",
    )


def _of_machine(facts: Mapping[str, Mapping[str, Any]]) -> Iterator[Need]:
    """Yield whether there is room, memory and the right to open files."""
    from ftdojo.config import cache_dir, runs_dir
    from ftdojo.store.files import free_bytes, size

    places = {"runs": ("FTDOJO_HOME", runs_dir()), "cache": ("FTDOJO_CACHE", cache_dir())}
    for about, (variable, folder) in places.items():
        free, there = free_bytes(folder), folder.absolute()
        while not there.exists():
            there = there.parent
        advice = (
            "" if os.access(there, os.W_OK) else f"it cannot be written; set {variable} to another"
        )
        if not advice and free < LEAST_FREE_BYTES:
            advice = f"make room there, a run wants {size(LEAST_FREE_BYTES)}, or set {variable} to another"
        yield Need(about=f"disk of {about}", found=f"{size(free)} free in {folder}", advice=advice)
    memory = facts["machine"].get("memory_bytes", LEAST_MEMORY_BYTES)
    little = memory < LEAST_MEMORY_BYTES
    more = "give this machine or container more, or train the smallest models only"
    yield Need(about="memory", found=size(memory), advice=more if little else "")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    few = 0 <= files < LEAST_OPEN_FILES
    raise_it = f"raise it: ulimit -n {2 * LEAST_OPEN_FILES}"
    yield Need(about="open files", found=str(files), advice=raise_it if few else "")


def _of_models() -> Need:
    """Return whether the default model is here, or could be trained at all."""
    from importlib.util import find_spec

    from ftdojo.config import cache_dir

    if find_spec("torch") is None or find_spec("transformers") is None:
        return Need(about="model", found="the train extra is missing", advice=NO_EXTRA)
    from ftdojo.models import known

    default = known(cache=cache_dir())[0]
    where = "in the cache" if default.cached else "not here yet: the first run downloads it"
    return Need(about="model", found=f"{default.name}, {where}")


def _of_servers() -> Need:
    """Return which variables of language-model servers are set, without their values."""
    from ftdojo.config import api_key, base_url
    from ftdojo.llm.providers import PROVIDERS

    names = []
    for name, each in PROVIDERS.items():
        keys = each.keys or (f"{name.upper()}_API_KEY",)
        names += [key for key in keys if api_key(key)]
        names += [f"{name.upper()}_BASE_URL"] if base_url(name) else []
    none = "no key or address is set; only agents that ask a language model need one"
    return Need(about="language models", found=f"set: {', '.join(names)}" if names else none)


def _attack_gate(as_json: bool) -> None:
    from ftdojo.testing.cheats import assault, table

    found = assault()
    print(json.dumps([asdict(each) for each in found]) if as_json else table(found))


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


def _show(
    facts: Mapping[str, Mapping[str, Any]],
    proofs: list[dict[str, Any]],
    findings: Sequence[Need],
) -> None:
    for title, part in facts.items():
        print(title)
        for name, value in part.items():
            print(f"  {name.removesuffix('_bytes').replace('_', ' '):<16}{_text(name, value)}")
    if proofs:
        print("attacks on the sandbox")
    for proof in proofs:
        held = "held" if proof["holds"] else "NOT HELD"
        print(f"  {held:<10}{proof['name']}: {proof['detail']}")
    print("what a run needs")
    for each in findings:
        state, advice = ("problem", f"; {each.advice}") if each.advice else ("ok", "")
        print(f"  {state:<10}{each.about}: {each.found}{advice}")


def _text(name: str, value: Any) -> str:
    from ftdojo.store.files import size

    if name.endswith("_bytes"):
        return size(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{each} {version}" for each, version in value.items())
    return str(value)
