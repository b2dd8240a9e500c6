"""Attacks the sandbox in force, for real, and reports promise by promise what held."""

import os
import secrets
import socket
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from ftdojo.sandbox.attacks import ATTACKS, Attack
from ftdojo.sandbox.base import Sandbox, SandboxOutcome
from ftdojo.sandbox.outputs import HostileOutput, take_file
from ftdojo.sandbox.view import held_out_places

_TEARDOWN_S = 2.0
"""The kernel ends the processes of a namespace soon after its first one, but not in the same instant."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One promise, whether it held against a script that tried to break it, and what was seen."""

    name: str
    holds: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """A host to attack: a secret file, a listener, a read-only mount and a mark for stray processes."""

    workdir: Path
    secret: Path
    data: Path
    port: int
    mark: str


def prove(sandbox: Sandbox, attacks: Sequence[Attack] = ATTACKS) -> list[Proof]:
    """Run the attacks in ``sandbox``, one after the other (all of them take some ten seconds).

    Raises:
        SandboxError: the sandbox itself failed.
    """
    return [_prove(sandbox, attack) for attack in attacks]


def _prove(sandbox: Sandbox, attack: Attack) -> Proof:
    with _scene() as scene, _canaries(scene.mark):
        (scene.workdir / "attack.py").write_text(attack.script, encoding="utf8")
        env = {"SECRET": str(scene.secret), "PORT": str(scene.port), "MARK": scene.mark}
        env["PLACES"] = os.pathsep.join(str(each.absolute()) for each in held_out_places())
        outcome = sandbox.run_python(
            "attack.py",
            workdir=scene.workdir,
            readonly={"/data": scene.data},
            env={**env, "DATA": sandbox.path_of("/data", scene.data)},
            limits=attack.limits,
        )
        harm = _harm(attack, outcome) or _left_behind(scene, outcome, attack)
    return Proof(name=attack.name, holds=not harm, detail=harm or _how(outcome))


@contextmanager
def _scene() -> Iterator[_Scene]:
    with (
        tempfile.TemporaryDirectory(prefix="ftdojo-proof-") as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        root = Path(folder)
        for each in ("job", "data", "private"):
            (root / each).mkdir(mode=0o755)
        secret = root / "private" / "secret"
        secret.write_text("not for scripts", encoding="utf8")
        yield _Scene(
            workdir=root / "job",
            secret=secret,
            data=root / "data",
            port=listener.getsockname()[1],
            mark=secrets.token_hex(8),
        )


@contextmanager
def _canaries(mark: str) -> Iterator[None]:
    """Lay an empty file into each folder that may hold held-out items and can be written."""
    with ExitStack() as stack:
        for folder in filter(Path.is_dir, held_out_places()):
            with suppress(OSError):
                stack.enter_context(tempfile.NamedTemporaryFile(dir=folder, prefix=f".{mark}-"))
        yield


def _harm(attack: Attack, outcome: SandboxOutcome) -> str:
    """Return what the script could do, or nothing where it was stopped as it should be."""
    if outcome.ended in attack.endings and (outcome.ok or outcome.ended != "exit"):
        return ""
    last = outcome.log.strip().rpartition("\n")[2]
    return last or f"it ended by {outcome.ended}, not by {' or '.join(attack.endings)}"


def _left_behind(scene: _Scene, outcome: SandboxOutcome, attack: Attack) -> str:
    """Return what outlived the run, or nothing; a stray process is ended here."""
    strays = _marked(scene.mark)
    for process in psutil.wait_procs(strays, timeout=_TEARDOWN_S)[1]:
        process.kill()
        return "a daemon outlived it"
    if any(_is_setuid(path) for path in scene.workdir.iterdir()):
        return "a set-user-id file is left"
    if len(outcome.log.encode()) > attack.limits.log_bytes:
        return f"{len(outcome.log)} characters of output were kept"
    return _followed(scene)


def _marked(mark: str) -> list[psutil.Process]:
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if mark in (process.info["cmdline"] or ())]


def _is_setuid(path: Path) -> bool:
    return bool(path.lstat().st_mode & (stat.S_ISUID | stat.S_ISGID))


def _followed(scene: _Scene) -> str:
    try:
        taken = take_file(scene.workdir, "rows.jsonl", to=scene.data / "taken", max_bytes=1000)
    except HostileOutput:
        return ""
    return f"{taken} bytes were read through a link"


def _how(outcome: SandboxOutcome) -> str:
    how = f"stopped by {outcome.ended}" if outcome.ended != "exit" else "kept out"
    return f"{how} after {outcome.seconds:.1f} s"
