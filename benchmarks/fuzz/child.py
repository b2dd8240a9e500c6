"""One target under libFuzzer, in a process of its own: ``python -m benchmarks.fuzz.child TARGET OUT [-libfuzzer=flags]``.

Every package below is instrumented, ours and the parsers in pure Python that it calls. A broken contract is noted once
and fuzzing goes on; what takes the process down (a hang, a crash in C) is left to the parent.
"""

import hashlib
import random
import resource
import sys
from pathlib import Path

import atheris

from benchmarks.fuzz.contract import Breach, Target, breach
from benchmarks.fuzz.mutate import mutated

INSTRUMENTED = ["ftdojo", "yaml", "json_repair", "tomllib", "http.server", "http.client", "email"]
MOST_MEMORY = 6 * 2**30
_AS_JSON = 0.6
"""The share of changes that are made in the tree of JSON, where a target reads that."""


def main() -> None:
    """Fuzz one target for as long as the flags of libFuzzer tell."""
    name, out, *flags = sys.argv[1:]
    with atheris.instrument_imports(include=INSTRUMENTED):
        from benchmarks.fuzz.catalogue import target_named

        target = target_named(name)
        notes = Notes(Path(out) / "findings" / name)
        for (
            seed
        ) in target.seeds:  # what is imported late is instrumented, and costs no input its time
            breach(target.run, seed)
    _limited()
    corpus = _corpus(Path(out), target)
    atheris.Setup(
        [sys.argv[0], *flags, f"-max_len={target.longest}", *corpus],
        lambda data: notes.look(target, data),
        custom_mutator=_as_json if target.is_json else None,
    )
    atheris.Fuzz()


class Notes:
    """The broken contracts of one target, a file of bytes and one of text for each."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._known: set[Breach] = set()

    def look(self, target: Target, data: bytes) -> None:
        """Run ``target`` on ``data``, and note what is new."""
        found = breach(target.run, data)
        if found is None or found in self._known:
            return
        self._known.add(found)
        what = f"{found.kind} {found.place}".strip()
        name = hashlib.sha256(what.encode()).hexdigest()[:10]
        if not (self._folder / name).exists():
            (self._folder / name).write_bytes(data)
            text = f"{what}\n{found.detail[:6000]}\n"
            (self._folder / f"{name}.txt").write_text(text, "utf8", errors="backslashreplace")


def _as_json(data: bytes, most: int, seed: int) -> bytes:
    made = mutated(data, most, seed) if random.Random(seed).random() < _AS_JSON else None
    return made if made is not None else bytes(atheris.Mutate(data, most))


def _corpus(out: Path, target: Target) -> list[str]:
    """Write the seeds and the words; return the flags that name them."""
    folder, words = out / "corpus" / target.name, out / f"{target.name}.dict"
    folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds:
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    lines = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words)
    words.write_text("".join(f'"{line}"\n' for line in lines))
    return [str(folder), *([f"-dict={words}"] if target.words else [])]


def _limited() -> None:
    """Give memory an end that is an error of Python rather than of the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
