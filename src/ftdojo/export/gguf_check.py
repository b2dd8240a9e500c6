"""A written GGUF file, read back and compared with what it is to hold.

transformers and the gguf library read the file with code of their own, so what was written under a wrong name, in a wrong
order or not at all shows as an inequality. Everything that can be wrong is compared exactly; what rounding to the file's
format costs is a property of the weights, which is measured and never a reason to refuse.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError
from ftdojo.models import load_tokenizer, quiet
from ftdojo.models.gguf_import import read_tokenizer

_NOISE = 1e-3
"""What equal float32 weights may differ by in their logits, in standard deviations of the logits: the shape in the file
(epsilon, base of the rotation) is float32, too. A wrong shape or activation makes it above 0.01."""

_PROBES = (
    "Sum  12 and 3456?\n\n7 Tabs\tand\u00a0caf\u00e9 \u4f60\u597d \U0001f642 ",
    "   three spaces, \r\n two lines;\n\n\nit's 1,000.5 \u00bd e\u0301 \u0645\u0631\u062d\u0628\u0627",
    "def f(x_1):\n        return {'a': [x_1 ** 2]}  # 0x1F != 31\n",
)


@dataclass(frozen=True, kw_only=True)
class RoundingCost:
    """What rounding changes: the largest logit difference over a probe, and the standard deviation of the logits."""

    difference: float
    scale: float


def check_weights(file: Path, model: Any, *, narrow: bool) -> RoundingCost:
    """Compare the weights and the shape in ``file`` with ``model``, whose matrices are rounded to f16 if ``narrow``.

    ``model`` is a float32 one and is left rounded: a copy would take its memory once more.

    Raises:
        ModelError: a tensor is missing or is not the rounded one, or the logits differ by more than float noise.
    """
    again = _read(file, model)
    exact = _logits(model)
    if narrow:
        _round_matrices(model)
    _compare_tensors(file, model, again)
    rounded, read, scale = _logits(model), _logits(again), float(exact.std())
    noise = float((rounded - read).abs().max())
    if not noise <= _NOISE * scale:
        raise _refusal(
            file,
            f"gives other logits than the same weights do (by {noise:.3g}, where at most {_NOISE * scale:.3g} is noise)",
        )
    return RoundingCost(difference=float((exact - read).abs().max()), scale=scale)


def check_tokenizer(file: Path, folder: Path) -> None:
    """Compare the tokenizer in ``file`` with that in ``folder``: every token, special ids, template, and how text is cut.

    Raises:
        ModelError: something differs.
    """
    ours = load_tokenizer(folder)
    _compare_tokens(file, ours)
    try:
        theirs = read_tokenizer(file)
    except (ValueError, KeyError, OSError) as error:
        raise _refusal(file, f"has no tokenizer that transformers reads ({error!r})") from error
    for role in ("bos", "eos", "unk", "pad"):
        wanted, found = (getattr(each, f"{role}_token_id") for each in (ours, theirs))
        if found != wanted:
            raise _refusal(
                file, f"has {found} for the {role} token where the tokenizer has {wanted}"
            )
    if theirs.chat_template != ours.chat_template:
        raise _refusal(file, "has another chat template")
    every = ours.decode(range(len(ours)))  # each token, between neighbours it seldom has
    special = [
        f"a {token.content} {token.content}b" for token in ours.added_tokens_decoder.values()
    ]
    for text in (*_PROBES, *special, every):
        if theirs(text)["input_ids"] != ours(text)["input_ids"]:
            raise _refusal(file, f"cuts {text[:80]!r} into other tokens")


def _read(file: Path, model: Any) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    try:
        with quiet():
            again, loading = AutoModelForCausalLM.from_pretrained(
                file.parent,
                gguf_file=file.name,
                dtype=torch.float32,
                local_files_only=True,
                output_loading_info=True,
            )
    except (ValueError, KeyError, RuntimeError, OSError) as error:
        raise _refusal(file, f"is not read by transformers ({error!r})") from error
    # What the file lacks was made up: a norm's ones are as often as not the right ones.
    if missing := sorted(loading["missing_keys"]):
        raise _refusal(file, f"lacks the tensor {missing[0]!r}")
    for name in ("max_position_embeddings", "vocab_size"):
        wanted, found = getattr(model.config, name), getattr(again.config, name)
        if found != wanted:
            raise _refusal(file, f"has {name} = {found} where the model has {wanted}")
    return again.eval()


def _round_matrices(model: Any) -> None:
    for weight in model.parameters():
        if weight.ndim > 1:
            weight.data.copy_(weight.data.half())


def _compare_tensors(file: Path, model: Any, again: Any) -> None:
    import torch

    wanted, found = model.state_dict(), again.state_dict()
    for name, tensor in wanted.items():
        if name not in found or not torch.equal(tensor, found[name]):
            raise _refusal(file, f"holds other values for the tensor {name!r}")


def _compare_tokens(file: Path, ours: Any) -> None:
    from gguf import GGUFReader, TokenType

    reader = GGUFReader(file)
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    wanted = ours.convert_ids_to_tokens(range(len(ours)))
    wrong = [at for at, token in enumerate(wanted) if tokens[at : at + 1] != [token]]
    if wrong:
        raise _refusal(file, f"has another token {wrong[0]} than {wanted[wrong[0]]!r}")
    types = reader.get_field("tokenizer.ggml.token_type").contents()
    control = {at for at, kind in enumerate(types) if kind == TokenType.CONTROL}
    special = {at for at, token in ours.added_tokens_decoder.items() if token.special}
    if control != special:
        raise _refusal(file, f"marks other tokens as special: {sorted(control ^ special)}")


def _logits(model: Any) -> Any:
    import torch

    drawn = torch.Generator().manual_seed(0)
    probe = torch.randint(model.config.vocab_size, (1, 64), generator=drawn)
    with torch.inference_mode():
        return model(probe).logits


def _refusal(file: Path, found: str) -> ModelError:
    return ModelError(f"{file.name}, read back, {found}; export it merged instead and report this.")
