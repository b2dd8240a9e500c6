"""Safetensors files read natively: which tensors a model folder holds, and the digest that is its identity.

Only headers are parsed and bytes hashed, so no torch is needed and a hostile file can do nothing but be refused.
"""

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from ftdojo.errors import ModelError

_MAX_HEADER = 100_000_000  # the limit of the safetensors format itself
_CHUNK = 1 << 20
_NOT_AS_EXPECTED = (ValueError, KeyError, AttributeError, TypeError, OverflowError, RecursionError)
"""What reading JSON of another shape than expected raises."""


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """One tensor of a safetensors file; ``start`` and ``size`` are bytes in ``file``."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: Path
    start: int
    size: int


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files that transformers would load from ``folder``, sorted by name.

    One whole file comes before an index of shards, and an index before whatever else lies there, as in transformers.

    Raises:
        ModelError: there is none, or the index names a shard that is absent or lies elsewhere.
    """
    whole, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if whole.is_file():
        return [whole]
    if index.is_file():
        return _shards(index)
    found = sorted(path for path in folder.glob("*.safetensors") if path.is_file())
    if not found:
        raise ModelError(
            f"{folder} holds no safetensors file; ftdojo reads weights as safetensors only, so convert other formats first."
        )
    return found


def tensors(folder: Path) -> list[Tensor]:
    """Return every tensor of the model in ``folder``, sorted by name.

    Raises:
        ModelError: a file is damaged or cut short, or two shards hold the same tensor.
    """
    found = [tensor for file in weight_files(folder) for tensor in _read_header(file)]
    names = [tensor.name for tensor in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ModelError(f"{folder} holds the tensor {twice!r} in two files; keep one of them.")
    return sorted(found, key=lambda tensor: tensor.name)


def tensor_digest(folder: Path) -> str:
    """Return the identity of the weights in ``folder``: SHA-256 over names, dtypes, shapes and bytes of all tensors.

    Tensors are taken in the order of their names, so the digest does not depend on how the model is cut into shards,
    on the order in a file or on metadata. It is computed afresh at every call (about a second for each 500 MB).

    Raises:
        ModelError: the folder holds no readable safetensors.
    """
    digest = hashlib.sha256()
    with ExitStack() as stack:
        handles: dict[Path, BinaryIO] = {}
        for tensor in tensors(folder):
            if tensor.file not in handles:
                handles[tensor.file] = stack.enter_context(tensor.file.open("rb"))
            line = json.dumps([tensor.name, tensor.dtype, tensor.shape])
            digest.update(line.encode() + b"\n")
            _hash_bytes(handles[tensor.file], tensor, digest)
    return digest.hexdigest()


def parameters(folder: Path) -> int:
    """Return how many numbers the tensors in ``folder`` hold; tied weights are stored, and counted, once."""
    return sum(prod(tensor.shape) for tensor in tensors(folder))


def _hash_bytes(handle: BinaryIO, tensor: Tensor, digest: "hashlib._Hash") -> None:
    handle.seek(tensor.start)
    left = tensor.size
    while left:
        chunk = handle.read(min(left, _CHUNK))
        if not chunk:
            raise _damaged(tensor.file, "it ends too early")
        digest.update(chunk)
        left -= len(chunk)


def _shards(index: Path) -> list[Path]:
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf8"))["weight_map"].values()))
    except _NOT_AS_EXPECTED as error:
        raise _damaged(index, "it has no weight_map") from error
    for name in names:
        if not isinstance(name, str) or Path(name).name != name:
            raise ModelError(
                f"{index} names the shard {name!r}; a shard must lie beside its index."
            )
        if not (index.parent / name).is_file():
            raise ModelError(f"{index.parent} lacks the shard {name!r}; download the model again.")
    return [index.parent / name for name in names]


def _read_header(file: Path) -> list[Tensor]:
    """Parse one header and check that the file is as long as its header says."""
    total = file.stat().st_size
    with file.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        if not 2 <= length <= min(_MAX_HEADER, total - 8):
            raise _damaged(file, f"its {total} bytes do not hold a header")
        raw = handle.read(length)
    try:
        header = json.loads(raw)
        header.pop("__metadata__", None)
        found = [_tensor(name, entry, file, 8 + length) for name, entry in header.items()]
    except _NOT_AS_EXPECTED as error:
        raise _damaged(file, "its header cannot be read") from error
    end = max((tensor.start + tensor.size for tensor in found), default=8 + length)
    if end != total:
        raise _damaged(file, f"it has {total} bytes where its header promises {end}")
    return found


def _tensor(name: str, entry: dict[str, Any], file: Path, base: int) -> Tensor:
    start, end = (int(offset) for offset in entry["data_offsets"])
    shape = tuple(int(side) for side in entry["shape"])
    if not 0 <= start <= end or min(shape, default=0) < 0:
        raise ValueError(f"{name}: bytes {start} to {end}, shape {shape}")
    return Tensor(
        name=name,
        dtype=str(entry["dtype"]),
        shape=shape,
        file=file,
        start=base + start,
        size=end - start,
    )


def _damaged(file: Path, what: str) -> ModelError:
    return ModelError(f"{file} is damaged: {what}; delete it and get the model again.")
