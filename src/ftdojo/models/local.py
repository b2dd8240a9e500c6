"""What a base model on this disk is, as read from its folder: identity, size, context and licence."""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError
from ftdojo.models.weights import parameters, tensor_digest

TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "vocab.*",
    "merges.txt",
    "*.model",
    "*.spm",
    "*.tiktoken",
    "tekken.json",
    "bpe.codes",
    "additional_chat_templates/*",
)
"""Patterns of the files that make a tokenizer and its chat templates."""
_SETTINGS = (*TOKENIZER_FILES, "config.json", "generation_config.json", "processor_config.json")
"""All that changes an output beside weights."""
_CONTEXT_KEYS = (
    "max_position_embeddings",
    "n_positions",
    "n_ctx",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
)


@dataclass(frozen=True, kw_only=True)
class LocalModel:
    """A base model that plain transformers loads from ``path``.

    ``digest`` is that of its tensors (see ``tensor_digest``), ``settings`` that of every other file that changes an
    output: tokenizer, chat template, config.json, generation_config.json. ``revision`` is where it came from: a commit of
    the hub, a pinned package, or nothing for a folder of the user's. ``context`` is the longest input in tokens, 0 if
    the model states none. ``chat_template`` is true where the tokenizer in ``path`` brings one, ``put_on`` where ftdojo
    put it there (see ``prepared``), and ``amended`` where that is the model's own with what it lacked.
    """

    name: str
    path: Path
    digest: str
    params: int
    licence: str
    revision: str
    context: int
    chat_template: bool
    settings: str = ""
    put_on: bool = False
    amended: bool = False

    @property
    def identity(self) -> str:
        """Return what distinguishes this model in records and caches: everything that changes an output."""
        return hashlib.sha256(f"{self.digest} {self.settings}".encode()).hexdigest()


def describe(folder: Path, *, name: str, revision: str, licence: str = "") -> LocalModel:
    """Read the model in ``folder``; hashes all of its weights.

    ``licence`` is taken from the front matter of the folder's README.md where none is given.

    Raises:
        ModelError: the folder lacks a config.json or safetensors, or one of them is damaged.
    """
    read_config(folder)  # whose absence is the better reason than what else the folder lacks
    model = LocalModel(
        name=name,
        path=folder,
        digest=tensor_digest(folder),
        params=parameters(folder),
        licence=licence or stated_licence(folder),
        revision=revision,
        context=0,
        chat_template=False,
    )
    return with_settings(model)


def with_settings(model: LocalModel) -> LocalModel:
    """Return ``model`` as its folder describes it now, weights apart: those files are small, and users edit them.

    Raises:
        ModelError: config.json is absent or holds no JSON object.
    """
    folder = model.path
    return replace(
        model,
        context=context_length(read_config(folder)),
        chat_template=has_chat_template(folder),
        settings=settings_digest(folder),
    )


def settings_digest(folder: Path) -> str:
    """Return SHA-256 over names and bytes of the files in ``folder`` that change an output, weights apart."""
    found = {path for pattern in _SETTINGS for path in folder.glob(pattern) if path.is_file()}
    names = sorted((str(path.relative_to(folder)), path) for path in found)
    sums = [(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in names]
    return hashlib.sha256(json.dumps(sums).encode()).hexdigest()


def read_config(folder: Path) -> dict[str, Any]:
    """Return the parsed config.json of the model in ``folder``.

    Raises:
        ModelError: the file is absent or holds no JSON object.
    """
    file = folder / "config.json"
    if not file.is_file():
        raise ModelError(
            f"{folder} is not a model folder: it has no config.json; name the folder that save_pretrained wrote."
        )
    config = read_object(file)
    if config is None:
        raise ModelError(f"{file} holds no JSON object; get the model again.")
    return config


def context_length(config: dict[str, Any]) -> int:
    """Return the longest input in tokens that ``config`` states, or 0."""
    merged = flat(config)
    stated = (merged.get(key) for key in _CONTEXT_KEYS)
    return next((value for value in stated if isinstance(value, int) and value > 0), 0)


def flat(config: dict[str, Any]) -> dict[str, Any]:
    """Return ``config`` with the part of the language model alone at its top, where it has such a part."""
    inner = config.get("text_config")
    return {**config, **inner} if isinstance(inner, dict) else config


def has_chat_template(folder: Path) -> bool:
    """Return whether the tokenizer in ``folder`` brings a chat template."""
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    return bool((read_object(folder / "tokenizer_config.json") or {}).get("chat_template"))


def stated_licence(folder: Path) -> str:
    """Return the ``license`` of the model card in ``folder``, or ``unknown``."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf8", errors="replace") if card.is_file() else ""
    front = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    found = re.search(r"^license:\s*['\"]?([\w.+-]+)", front[1], re.MULTILINE) if front else None
    return found[1] if found else "unknown"


def read_object(file: Path) -> dict[str, Any] | None:
    """Return the JSON object in ``file``, or None if there is none."""
    try:
        found = json.loads(file.read_text(encoding="utf8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
