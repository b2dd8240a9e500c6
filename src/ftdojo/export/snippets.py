"""The scripts of the model cards: they prompt as the task does, as ``ftdojo.json`` describes it, and need no ftdojo."""

import json

from ftdojo.export.asked import AskedAs
from ftdojo.export.card import fenced, shell_word

_TURNS = """
how = json.loads(Path("ftdojo.json").read_text(encoding="utf8"))["asked"]
if len(how["columns"]) == 1:
    question = how["question"].replace("{%s}" % how["columns"][0], question.strip())
turns = [{"role": "user", "content": how["template"].replace("{question}", question)}]
if how["system"]:
    turns.insert(0, {"role": "system", "content": how["system"]})
"""
_ASK = """
inputs = tokenizer.apply_chat_template(
    turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
)
ends = model.generation_config.eos_token_id
ends = {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}
stops = {"stop_strings": how["stop"], "tokenizer": tokenizer} if how["stop"] else {}
answer = model.generate(
    **inputs,
    max_new_tokens=how["max_new_tokens"],
    do_sample=False,
    num_beams=1,
    repetition_penalty=1.0,
    eos_token_id=sorted(ends) or None,
    **stops,
)
text = tokenizer.decode(
    answer[0, inputs["input_ids"].shape[1] :],
    skip_special_tokens=True,
    clean_up_tokenization_spaces=False,
)
for stop in how["stop"]:
    text = text.partition(stop)[0]
print(text)
"""
_ADAPTER = """
import json
import sys
from pathlib import Path

from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base, question = sys.argv[1:3]
tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
model = PeftModel.from_pretrained(model, ".")
"""
_MERGED = """
import json
import sys
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer

question = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForCausalLM.from_pretrained(".", dtype="float32")
"""
_LLAMA_CPP = """
import json
import sys
from pathlib import Path

from llama_cpp import Llama

question = sys.argv[1]
model = Llama(model_path="FILE", n_ctx=0, verbose=False)
"""
_COMPLETE = """
reply = model.create_chat_completion(
    turns,
    max_tokens=how["max_new_tokens"],
    temperature=0.0,
    repeat_penalty=1.0,
    stop=how["stop"],
)
print(reply["choices"][0]["message"]["content"])
"""
QUESTION = "your question"


def ask_adapter() -> str:
    """Return the script for an adapter's folder, as Markdown; it takes the base's folder and a question."""
    return _python(_ADAPTER + _TURNS + _ASK)


def ask_merged() -> str:
    """Return the script for a whole model's folder, as Markdown; it takes a question."""
    return _python(_MERGED + _TURNS + _ASK)


def gguf_usage(file: str, how: AskedAs) -> str:
    """Return the ways to prompt the GGUF ``file`` with llama.cpp, as Markdown: two of its programs, and Python."""
    script = _python(_LLAMA_CPP.replace("FILE", file) + _TURNS + _COMPLETE)
    return f"""With llama.cpp's `llama-cli`:

{fenced(llama_cli(file, how), "bash")}

With its `llama-server`:

{fenced(llama_server(file, how), "bash")}

With llama-cpp-python: save this as `ask.py` in this folder and run `python ask.py "your question"` there.

{script}"""


def llama_cli(file: str, how: AskedAs) -> str:
    """Return the command that prompts ``file`` with ``llama-cli``."""
    prompt = how.template.replace("{question}", how.whole(QUESTION))
    words = [f"llama-cli -m {file} --single-turn --no-escape --temp 0 -n {how.max_new_tokens}"]
    words += [f"-r {shell_word(each)}" for each in how.stop]
    words += [f"-sys {shell_word(how.system)}"] if how.system else []
    return " ".join([*words, f"-p {shell_word(prompt)}"])


def llama_server(file: str, how: AskedAs) -> str:
    """Return the commands that serve ``file`` with ``llama-server`` and send it a request."""
    request = {
        "messages": how.prompt(how.whole(QUESTION)),
        "max_tokens": how.max_new_tokens,
        "temperature": 0,
        "stop": how.stop,
    }
    ask = "curl http://localhost:8080/v1/chat/completions -H 'Content-Type: application/json' -d"
    return f"llama-server -m {file} &\n{ask} {shell_word(json.dumps(request))}"


def _python(script: str) -> str:
    return fenced(script.strip(), "python")
