"""Merging trained weights into one set: what each parent changed of the base is combined, tensor by tensor.

Everything happens on full changes ("deltas": trained less base). Factors of adapters must not be combined element by element:
the sum of two products is not the product of two sums. How far an adapter's factors count (``lora_alpha``, rsLoRA, rank
patterns) is in its delta already.

- ``linear``: the weighted mean (Wortsman et al., 2022, https://huggingface.co/papers/2203.05482).
- ``ties``: of each delta only the largest entries (``density``) stay; at each place the sign with more weight wins, and the
  mean is over those that have it (Yadav et al., 2023, https://huggingface.co/papers/2306.01708).
- ``dare_ties``: entries stay at random (``density``), scaled up to make up for the others, then signs as in ``ties`` (Yu et
  al., 2023, https://huggingface.co/papers/2311.03099).
- ``slerp``: between two deltas along the sphere, lengths between theirs (Shoemake, 1985).

Parents that are adapters give an adapter where one of the sum of their ranks holds the merged delta (``EXACT``), as it does
for ``linear`` and ``slerp``; else, as parents that are full models do, a full model.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ftdojo.errors import ModelError, UsageError
from ftdojo.models import tensor_digest
from ftdojo.models.weights import tensors, weight_files
from ftdojo.records import Weights

if TYPE_CHECKING:  # the controller lists methods without torch
    from torch import Tensor

Method = Literal["linear", "ties", "dare_ties", "slerp"]
EXACT = 1e-4
"""Relative error (Frobenius norm) up to which an adapter is the merged delta, and not an approximation of it."""
MAX_RANK = 256
PREFIX, END_A, END_B = "base_model.model.", ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """How to merge: the share of each parent (positive, scaled to a sum of 1), and the method with its options.

    ``density`` (0 to 1) is the share of entries that ``ties`` and ``dare_ties`` keep; ``seed`` draws those of the latter.
    """

    method: Method
    shares: tuple[float, ...]
    density: float = 0.5
    seed: int = 0


def merge(
    parents: Sequence[Weights], mixture: Mixture, *, base: Path, to: Path
) -> tuple[Weights, float]:
    """Merge ``parents``, trained on the model in folder ``base``, into the new folder ``to``.

    Returns:
        The merged weights, and the relative error of the adapter they would be, or are, written as (0 for full models).

    Raises:
        UsageError: kinds differ, or an adapter is one that has no delta of its own (DoRA, embeddings).
        ModelError: a file is damaged, or does not fit the base.
    """
    kinds = {each.kind for each in parents}
    if len(kinds) > 1 or any(each.over for each in parents):
        named = ", ".join(f"{each.path.parent.name} is {each.kind}" for each in parents)
        raise UsageError(
            f"Adapters and full models cannot be merged with each other ({named}); merge weights of one kind."
        )
    to.mkdir(parents=True)
    if kinds == {"adapter"}:
        return _merged_adapters(parents, mixture, base=base, to=to)
    merged = _combined([_ModelDeltas(each.path, base) for each in parents], mixture)
    _write_model(merged, base, files=parents[0].path, to=to)
    return Weights(path=to, digest=tensor_digest(to), kind="full"), 0.0


def beyond_factors(folder: Path) -> str:
    """Return in one line why the adapter in ``folder`` has no delta of its own; "" if it has.

    Raises:
        ModelError: its file is damaged.
    """
    names = (each.name for each in tensors(folder))
    odd = next((name for name in names if not name.endswith((END_A, END_B))), "")
    said = (
        f"{folder.parent.name} holds {odd}, which is more than a product of two factors (DoRA, an embedding or a saved "
        "module); merge adapters without it."
    )
    return said if odd else ""


def _merged_adapters(
    parents: Sequence[Weights], mixture: Mixture, *, base: Path, to: Path
) -> tuple[Weights, float]:
    adapters = [_AdapterDeltas(each.path) for each in parents]
    rank = min(MAX_RANK, sum(each.rank for each in adapters))
    merged = dict(_combined(adapters, mixture))
    factors = {name: _factored(delta, rank) for name, delta in merged.items()}
    error = _relative_error(merged, factors)
    if error <= EXACT:
        _write_adapter(factors, rank, like=parents[0].path, base=base, to=to)
        return Weights(path=to, digest=tensor_digest(to), kind="adapter"), error
    turned = adapters[0].turned
    whole = ((name, delta.T if turned else delta) for name, delta in merged.items())
    _write_model(whole, base, files=base, to=to)
    return Weights(path=to, digest=tensor_digest(to), kind="full"), error


class _AdapterDeltas:
    """What an adapter adds to each weight of the base that it adapts, by the weight's name."""

    def __init__(self, folder: Path) -> None:
        self._config = json.loads((folder / "adapter_config.json").read_text(encoding="utf8"))
        self._file = folder / "adapter_model.safetensors"
        if why := beyond_factors(folder):
            raise UsageError(why)
        stored = {each.name: each for each in tensors(folder)}
        ranks = {name: each.shape[0] for name, each in stored.items() if name.endswith(END_A)}
        self._ranks = {_module(name): rank for name, rank in ranks.items()}
        self.turned = bool(self._config.get("fan_in_fan_out"))  # the base stores (in, out)
        self.rank = max(self._ranks.values())
        self.names = sorted(f"{module}.weight" for module in self._ranks)

    def delta(self, name: str) -> "Tensor":
        """Return the change (out, in) of the weight ``name``, in float32."""
        module = name.removesuffix(".weight")
        down = _tensor(self._file, f"{PREFIX}{module}{END_A}")
        up = _tensor(self._file, f"{PREFIX}{module}{END_B}")
        return self._scale(module) * (up @ down)

    def _scale(self, module: str) -> float:
        alpha, rank = self._config["lora_alpha"], self._ranks[module]
        for pattern, own in (self._config.get("alpha_pattern") or {}).items():
            if module == pattern or module.endswith(f".{pattern}"):
                alpha = own
        return float(alpha) / (rank**0.5 if self._config.get("use_rslora") else rank)


class _ModelDeltas:
    """What full training changed of each weight of the base, by the weight's name."""

    def __init__(self, folder: Path, base: Path) -> None:
        self._own, self._base = _places(folder), _places(base)
        self.names = sorted(self._own)
        if self._own.keys() != self._base.keys():
            odd = min(self._own.keys() ^ self._base.keys())
            raise ModelError(f"The weights in {folder} are not those of the base model: {odd!r}.")

    def delta(self, name: str) -> "Tensor":
        """Return the change of the weight ``name``, in float32."""
        return _tensor(self._own[name], name) - _tensor(self._base[name], name)


def _combined(
    parents: Sequence[_AdapterDeltas | _ModelDeltas], mixture: Mixture
) -> Iterator[tuple[str, "Tensor"]]:
    """Yield each weight's name with its merged delta; one that a parent does not change is 0 there."""
    import torch

    total = sum(mixture.shares)
    shares = [share / total for share in mixture.shares]
    draw = torch.Generator().manual_seed(mixture.seed)
    for name in sorted({name for each in parents for name in each.names}):
        known = [each.delta(name) if name in each.names else None for each in parents]
        zero = torch.zeros_like(next(each for each in known if each is not None))
        deltas = torch.stack([zero if each is None else each for each in known])
        yield name, _METHODS[mixture.method](deltas, shares, mixture.density, draw)


def _linear(deltas: "Tensor", shares: Sequence[float], density: float, draw: Any) -> "Tensor":
    return _weighted(deltas, shares).sum(0)


def _ties(deltas: "Tensor", shares: Sequence[float], density: float, draw: Any) -> "Tensor":
    import torch

    flat = deltas.flatten(1)
    keep = max(1, round(density * flat.shape[1]))
    kept = torch.zeros_like(flat)
    for at, each in enumerate(flat):
        places = each.abs().topk(keep).indices
        kept[at, places] = each[places]
    return _by_sign(kept.view_as(deltas), shares)


def _dare_ties(deltas: "Tensor", shares: Sequence[float], density: float, draw: Any) -> "Tensor":
    import torch

    kept = torch.rand(deltas.shape, generator=draw) < density
    return _by_sign(deltas * kept / density, shares)


def _slerp(deltas: "Tensor", shares: Sequence[float], density: float, draw: Any) -> "Tensor":
    import torch

    norms = deltas.flatten(1).norm(dim=1)
    if not bool(norms.all()):  # a delta of length 0 has no direction
        return _linear(deltas, shares, density, draw)
    one, other = (delta / norm for delta, norm in zip(deltas, norms, strict=True))
    angle = torch.acos((one * other).sum().clamp(-1, 1))
    length = shares[0] * norms[0] + shares[1] * norms[1]
    if float(torch.sin(angle)) < EXACT:  # parallel: nothing lies between them but the line
        return _linear(deltas, shares, density, draw)
    parts = torch.sin(shares[0] * angle) * one + torch.sin(shares[1] * angle) * other
    between: Tensor = length * parts / torch.sin(angle)
    return between


_METHODS: Mapping[str, Callable[["Tensor", Sequence[float], float, Any], "Tensor"]] = {
    "linear": _linear,
    "ties": _ties,
    "dare_ties": _dare_ties,
    "slerp": _slerp,
}
METHODS = tuple(_METHODS)


def _weighted(deltas: "Tensor", shares: Sequence[float]) -> "Tensor":
    import torch

    return deltas * torch.tensor(shares).view(-1, *[1] * (deltas.ndim - 1))


def _by_sign(deltas: "Tensor", shares: Sequence[float]) -> "Tensor":
    """Return the weighted mean at each place over the deltas whose sign has more weight there."""
    weighted = _weighted(deltas, shares)
    agree = (weighted.sign() == weighted.sum(0).sign()) & (weighted != 0)
    weight = (_weighted(agree.float(), shares)).sum(0)
    return (weighted * agree).sum(0) / weight.clamp(min=1e-12)


def _factored(delta: "Tensor", rank: int) -> tuple["Tensor", "Tensor"]:
    """Return the best factors up (out, rank) and down (rank, in) of ``delta``, filled up with zeros."""
    import torch

    left, sizes, right = torch.linalg.svd(delta, full_matrices=False)
    some = min(rank, len(sizes))
    root = sizes[:some].sqrt()
    up, down = delta.new_zeros(delta.shape[0], rank), delta.new_zeros(rank, delta.shape[1])
    up[:, :some], down[:some] = left[:, :some] * root, root[:, None] * right[:some]
    return up, down


def _relative_error(
    merged: Mapping[str, "Tensor"], factors: Mapping[str, tuple["Tensor", "Tensor"]]
) -> float:
    lost = sum(
        float((merged[name] - up @ down).square().sum()) for name, (up, down) in factors.items()
    )
    whole = sum(float(delta.square().sum()) for delta in merged.values())
    return float((lost / whole) ** 0.5) if whole else 0.0


def _write_adapter(
    factors: Mapping[str, tuple["Tensor", "Tensor"]],
    rank: int,
    *,
    like: Path,
    base: Path,
    to: Path,
) -> None:
    from safetensors.torch import save_file

    config = json.loads((like / "adapter_config.json").read_text(encoding="utf8"))
    modules = {name.removesuffix(".weight") for name in factors}
    config |= {"r": rank, "lora_alpha": rank, "use_rslora": False}
    config |= {"rank_pattern": {}, "alpha_pattern": {}, "layers_to_transform": None}
    config |= {"target_modules": _targets(modules, base), "lora_dropout": 0.0}
    made = {}
    for name, (up, down) in factors.items():
        module = name.removesuffix(".weight")
        made[f"{PREFIX}{module}{END_A}"] = down.contiguous()
        made[f"{PREFIX}{module}{END_B}"] = up.contiguous()
    save_file(made, to / "adapter_model.safetensors", metadata={"format": "pt"})
    (to / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf8")


def _targets(modules: set[str], base: Path) -> list[str]:
    """Return the names by which PEFT finds ``modules``: the last parts of theirs, where no other module has such a one."""
    last = {name.rpartition(".")[2] for name in modules}
    found = {name.removesuffix(".weight") for name in _places(base) if name.endswith(".weight")}
    alike = {name for name in found if name.rpartition(".")[2] in last}
    return sorted(last if alike == modules else modules)


def _write_model(
    merged: Iterator[tuple[str, "Tensor"]], base: Path, *, files: Path, to: Path
) -> None:
    """Write base and deltas as one model in float32, with what else lies in the folder ``files``."""
    from safetensors.torch import save_file

    places, deltas = _places(base), dict(merged)
    if strange := deltas.keys() - places.keys():
        raise ModelError(f"The base model in {base} has no weight {min(strange)!r} to merge into.")
    made = {}
    for name, place in places.items():
        whole = _tensor(place, name)
        made[name] = whole + deltas[name] if name in deltas else whole
    weights = {*weight_files(files), files / "model.safetensors.index.json"}
    for each in files.iterdir():
        if each.is_file() and each not in weights:
            shutil.copyfile(each, to / each.name)
    save_file(made, to / "model.safetensors", metadata={"format": "pt"})


def _places(folder: Path) -> dict[str, Path]:
    return {each.name: each.file for each in tensors(folder)}


def _tensor(file: Path, name: str) -> "Tensor":
    """Return one tensor of a file in float32."""
    from safetensors import safe_open

    with safe_open(file, framework="pt") as opened:
        return opened.get_tensor(name).float()  # type: ignore[no-any-return]  # safetensors ships it untyped


def _module(name: str) -> str:
    return name.removeprefix(PREFIX).removesuffix(END_A).removesuffix(END_B)
