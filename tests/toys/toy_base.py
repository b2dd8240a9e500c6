"""Base models for the tests: the tiny model as it would be had nobody taught it to chat."""

import json
import shutil


def bare(tiny, to, *, markers=True, eos="<|endoftext|>"):
    """Copy the folder ``tiny`` to ``to`` without its chat template; ``eos`` is its end token, if any.

    Without ``markers`` its vocabulary has other tokens in the place of ChatML's two.
    """
    to.mkdir(parents=True)
    for file in tiny.iterdir():
        if file.name not in ("chat_template.jinja", "ftdojo.json"):
            shutil.copyfile(file, to / file.name)
    if not markers:
        text = (to / "tokenizer.json").read_text("utf8")
        (to / "tokenizer.json").write_text(text.replace("<|im_", "<|other_"), "utf8")
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        _end(to / name, eos)
    return to


def _end(file, eos):
    said = json.loads(file.read_text("utf8"))
    if file.name == "tokenizer_config.json":
        said |= {"bos_token": eos, "eos_token": eos, "pad_token": eos}
    else:
        number = {"<|pad|>": 0, "<|endoftext|>": 1}.get(eos)
        said |= {"bos_token_id": number, "eos_token_id": number, "pad_token_id": number}
    if file.name == "generation_config.json":
        said["_from_model_config"] = True  # as transformers writes it
    kept = {key: value for key, value in said.items() if value is not None}
    file.write_text(json.dumps(kept), "utf8")
