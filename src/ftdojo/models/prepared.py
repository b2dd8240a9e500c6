"""A model with a chat template put on: a folder in the cache beside the user's, which is never written into.

It holds links to the weights, copies of settings and tokenizer, and the template with its end token in every place where
transformers looks for them. So whatever loads, trains or exports a model folder takes this one as it is.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError, UsageError
from ftdojo.models.catalogue import pull, silent
from ftdojo.models.chat_templates import (
    CHATML,
    ChatTemplate,
    chatml,
    checked,
    is_sound,
    read_template,
    repaired,
)
from ftdojo.models.entries import Progress, filling, find_damage, locked, write_manifest
from ftdojo.models.loading import load_tokenizer
from ftdojo.models.local import (
    TOKENIZER_FILES,
    LocalModel,
    flat,
    read_config,
    read_object,
    with_settings,
)
from ftdojo.models.weights import weight_files

_GENERATION = "generation_config.json"
_SETTINGS = ("config.json", "*.safetensors.index.json")


def prepare(
    name: str, *, chat_template: str, cache: Path, on_progress: Progress = silent
) -> LocalModel:
    """Return the model called ``name`` ready to be prompted, with a chat template put on where one is needed.

    Args:
        name: what ``pull`` takes.
        chat_template: ``chatml``, or the path of a Jinja file, in place of the model's own template; empty for the
            model's own (amended where it takes no system turn, opens no answer, or ends one with a token that the
            model's settings do not name), and for ChatML where it has none.
        cache: where models are kept.
        on_progress: gets a line for each thing that takes time, and for the template that was put on and why.

    Raises:
        UnknownName: no such model.
        UsageError: the Jinja file cannot be used.
        ModelError: the model cannot be obtained, its tokenizer cannot be loaded, nothing could end an answer, or its own
            template cannot render a question and an answer.
    """
    text = read_template(Path(chat_template)) if chat_template not in ("", CHATML) else ""
    model = pull(name, cache=cache, on_progress=on_progress)
    if model.chat_template and not chat_template:
        return _own(model, cache=cache, on_progress=on_progress)
    tokenizer = load_tokenizer(model.path)
    rows = _rows(model.path, tokenizer)
    if text:
        template = checked(text, chat_template, tokenizer, rows=rows)
    else:
        template = chatml(tokenizer, declared=end_ids(model.path), rows=rows)
    why = "in place of its own" if model.chat_template else "since its tokenizer has none"
    on_progress(
        f"{model.name}: the chat template {template.name} is put on, {why}; the token {template.end} ends an answer."
    )
    return _put_on(model, template, tokenizer, cache=cache, on_progress=on_progress)


def _own(model: LocalModel, *, cache: Path, on_progress: Progress) -> LocalModel:
    """Return ``model`` with its own chat template, amended where it could not be prompted or trained with it."""
    if is_sound(*_template_and_end(model.path)):
        return model
    tokenizer = load_tokenizer(model.path)
    try:
        found = repaired(
            tokenizer,
            f"of {model.name}",
            declared=end_ids(model.path),
            rows=_rows(model.path, tokenizer),
        )
    except UsageError as error:
        raise ModelError(f"{error} Or put another on: --chat-template {CHATML}.") from error
    for clause in found.lacks:
        on_progress(f"{model.name}: its chat template {clause}.")
    if found.template is None:
        return model
    amended = _put_on(model, found.template, tokenizer, cache=cache, on_progress=on_progress)
    return replace(amended, amended=True)


def _template_and_end(folder: Path) -> tuple[str, str]:
    """Return the chat template in ``folder`` and the text of its end token, as plainly as files say them."""
    settings = read_object(folder / "tokenizer_config.json") or {}
    file, end = folder / "chat_template.jinja", settings.get("eos_token")
    text = (
        file.read_text("utf8", errors="replace")
        if file.is_file()
        else settings.get("chat_template")
    )
    end = end.get("content") if isinstance(end, dict) else end
    return text if isinstance(text, str) else "", end if isinstance(end, str) else ""


def _rows(folder: Path, tokenizer: Any) -> int:
    """Return how many tokens the model in ``folder`` has weights for."""
    stated = flat(read_config(folder)).get("vocab_size")
    return stated if isinstance(stated, int) else len(tokenizer)


def end_ids(folder: Path) -> list[int]:
    """Return the tokens that end an output by the settings of the model in ``folder``, by number."""
    settings = flat(read_config(folder)) | (read_object(folder / _GENERATION) or {})
    found = settings.get("eos_token_id")
    many = found if isinstance(found, list) else [found]
    return [each for each in many if isinstance(each, int)]


def _put_on(
    model: LocalModel,
    template: ChatTemplate,
    tokenizer: Any,
    *,
    cache: Path,
    on_progress: Progress,
) -> LocalModel:
    """Return ``model`` in a folder of its own, which is made where it is absent or no longer as it was made."""
    texts = _texts(model.path, template, tokenizer)
    digest = _digest(texts)
    entry = cache / "templated" / f"{model.digest[:20]}-{digest[:20]}"
    with locked(entry, on_progress):
        if find_damage(entry) or any(_read(entry / name) != text for name, text in texts.items()):
            with filling(entry) as fresh:
                for name, content in texts.items():
                    (fresh / name).write_bytes(content)
                for file in weight_files(model.path):
                    _link(file, fresh / file.name)
                _require_taken(fresh, template, tokenizer)
                write_manifest(replace(model, path=fresh), fresh)
    return replace(with_settings(replace(model, path=entry)), put_on=True)


def _texts(folder: Path, template: ChatTemplate, tokenizer: Any) -> dict[str, bytes]:
    """Return what the new folder holds beside weights, by file name."""
    patterns = (*TOKENIZER_FILES, *_SETTINGS)
    found = {file.name: file for pattern in patterns for file in folder.glob(pattern)}
    texts = {name: file.read_bytes() for name, file in found.items() if file.is_file()}
    for name in [name for name in texts if name.startswith("chat_template")]:
        del texts[name]
    ends = {} if template.end == tokenizer.eos_token else {"eos_token": template.end}
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        settings = read_object(folder / name) or {}
        settings.pop("chat_template", None)
        if name in texts or (ends and name == "tokenizer_config.json"):
            texts[name] = _json(settings | ends)
    texts[_GENERATION] = _json(_generation(folder, tokenizer.get_vocab()[template.end]))
    texts["chat_template.jinja"] = template.text.encode()
    return texts


def _generation(folder: Path, end: int) -> dict[str, Any]:
    """Return how plain transformers is to generate: as before, and up to the token ``end`` as well."""
    config = read_config(folder)
    settings = read_object(folder / _GENERATION)
    if settings is None:  # transformers then takes these from config.json
        settings = {key: config[key] for key in ("bos_token_id", "pad_token_id") if key in config}
    settings.pop("_from_model_config", None)  # or transformers takes the end from config.json again
    others = [each for each in end_ids(folder) if each != end]
    return settings | {"eos_token_id": [end, *others] if others else end}


def _require_taken(folder: Path, template: ChatTemplate, before: Any) -> None:
    """Refuse a tokenizer that takes the template or its end token otherwise than meant, or grows by it."""
    after = load_tokenizer(folder)
    found = (after.eos_token, after.chat_template, len(after))
    if found != (template.end, template.text, len(before)):
        raise ModelError(
            f"The tokenizer of {before.name_or_path} does not take the chat template {template.name} with the end token "
            f"{template.end!r}; save it again with transformers, as a tokenizer.json."
        )


def _digest(texts: Mapping[str, bytes]) -> str:
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in texts.items()}
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


def _link(file: Path, to: Path) -> None:
    """Give weights a second name, which costs no room; on another disk it points to them."""
    source = file.resolve()
    try:
        os.link(source, to)
    except OSError:
        to.symlink_to(source)


def _read(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _json(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a character, which only an escape can write
        return json.dumps(content, indent=2).encode()
