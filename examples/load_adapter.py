"""Score an exported adapter with plain transformers and peft, to see that its score is not the dojo's alone.

    python examples/load_adapter.py --base FOLDER --adapter FOLDER --task math/mini
    python examples/load_adapter.py --base FOLDER --adapter FOLDER --data questions.jsonl

BASE is the folder of the base model (``ftdojo models pull NAME`` prints it); without ``--adapter`` the base itself is
scored. Chat template and end token are those of the adapter's folder, where it has a tokenizer. ``--task`` takes items and scorer from ``ftdojo.tasks``, and nothing else of ftdojo is used. A line of
``--data`` is ``{"prompt": text or turns, "answer": text}`` and counts if the output is that text. Prints one JSON
object.
"""

import argparse
import json
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(argv=None):
    """Load, answer, score, print."""
    given = arguments(argv)
    model, tokenizer = load(given.base, given.adapter, dtype_of(given.dtype))
    questions, score, limits = of_task(given) if given.task else of_file(given)
    outputs = answers(model, tokenizer, questions, batch=given.batch, **limits)
    scores = [score(at, output) for at, output in enumerate(outputs)]
    if given.outputs:
        lines = ({"output": text, "score": won} for text, won in zip(outputs, scores, strict=True))
        given.outputs.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    facts = {"score": sum(scores) / len(scores), "n": len(scores)}
    print(json.dumps(facts | {"dtype": str(model.dtype), "device": model.device.type}))


def arguments(argv):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, help="folder of the base model")
    parser.add_argument("--adapter", help="folder of the adapter")
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--task", help="a task of ftdojo")
    asked.add_argument("--data", type=Path, help="a JSONL file of prompts and answers")
    parser.add_argument("--split", default="test", choices=["validation", "confirm", "test"])
    parser.add_argument("--max-new-tokens", type=int, default=128, help="with --data")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--dtype", default="auto", choices=["auto", "bfloat16", "float32"])
    parser.add_argument("--outputs", type=Path, help="write outputs and scores to this file")
    return parser.parse_args(argv)


def dtype_of(name):
    """Return bfloat16 where the machine computes in it, float32 elsewhere."""
    if name != "auto":
        return getattr(torch, name)
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


def load(base, adapter, dtype):
    """Return the model, with the adapter added to its weights if there is one, and the tokenizer."""
    whole = adapter and (Path(adapter) / "tokenizer_config.json").exists()
    tokenizer = AutoTokenizer.from_pretrained(adapter if whole else base, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype)
    if adapter:
        model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    ends = model.generation_config.eos_token_id
    known = ends if isinstance(ends, list) else [ends]
    if tokenizer.eos_token_id not in known:  # a chat template was put on this model
        both = [tokenizer.eos_token_id, *known]
        model.generation_config.eos_token_id = [each for each in both if each is not None]
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval(), tokenizer


def of_task(given):
    """Return the chat turns of a task's items, its scorer and its limits."""
    from ftdojo import tasks

    task = tasks.get(given.task)
    items = task.items(given.split)
    limits = {"max_new_tokens": task.max_new_tokens, "stop": task.stop}
    return (
        [list(item.messages) for item in items],
        lambda at, output: task.grade(output, items[at]).score,
        limits,
    )


def of_file(given):
    """Return the chat turns in a file, a comparison with its answers, and limits."""
    lines = given.data.read_text("utf8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return (
        [turns(row["prompt"]) for row in rows],
        lambda at, output: float(output.strip() == rows[at]["answer"].strip()),
        {"max_new_tokens": given.max_new_tokens, "stop": ()},
    )


def turns(prompt):
    """Return a prompt as chat turns."""
    return prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}]


@torch.no_grad()
def answers(model, tokenizer, questions, *, batch, max_new_tokens, stop):
    """Answer greedily, batch by batch, padded on the left."""
    written = []
    for start in range(0, len(questions), batch):
        inputs = tokenizer.apply_chat_template(
            questions[start : start + batch],
            add_generation_prompt=True,
            padding=True,
            return_tensors="pt",
            return_dict=True,
        ).to(model.device)
        halt = {"stop_strings": list(stop), "tokenizer": tokenizer} if stop else {}
        output = model.generate(
            **inputs,
            max_new_tokens=max_new_tokens,
            do_sample=False,
            pad_token_id=tokenizer.pad_token_id,
            **halt,
        )
        fresh = output[:, inputs["input_ids"].shape[1] :]
        texts = tokenizer.batch_decode(
            fresh, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        written += [cut(text, stop) for text in texts]
    return written


def cut(text, stop):
    """Return ``text`` up to the first stop string."""
    return text[: min((text.find(each) for each in stop if each in text), default=len(text))]


if __name__ == "__main__":
    main()
