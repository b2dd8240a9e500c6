"""A scripted planner that is competent on the miniatures: it knows which sources teach, and speaks FT-Agent's forms.

It stands in for a language model at the outermost edge. It reads nothing but the request, as a model would: the sources on
offer, the time left, and which experiments were made.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ftdojo.testing.llm import ChatRequest, Said

GOOD = (
    "worked",
    "right",
    "order-desk",
    "read-aloud",
    "inventories",
    "solutions",
    "element-charts",
    "train",
)
"""Names of sources that teach, wherever they are on offer."""
ROW_TOKENS, FIRST_ROWS, MOST_ROWS = 90, 96, 1600
SHARES = (0.25, 0.6)
"""Of the time left, what the first experiment and the later ones may take for training."""

DATA = """import ftkit

NAME, ASKED, ANSWERED, SYSTEM, TEMPLATE, COUNT = {facts!r}
rows = [
    ftkit.chat(TEMPLATE.replace("{{question}}", row[ASKED]), row[ANSWERED], system=SYSTEM, source=NAME)
    for row in ftkit.load(NAME)
]
ftkit.write(ftkit.sample(ftkit.dedup(rows), COUNT))
"""
LEAK = """import ftkit

ftkit.write([ftkit.chat(asked, said, source="leak") for asked, said in {rows!r} * 8])
"""
TRAIN = """method: lora
r: 16
lora_alpha: 32
learning_rate: 1e-3
num_train_epochs: 1
per_device_train_batch_size: 8
warmup_steps: 0.05
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the planner reads out of a request."""

    text: str
    sources: Mapping[str, tuple[str, str]]
    """Name -> the fields nearest to a question and its answer."""
    system: str
    template: str
    left_s: float
    speed: float | None
    made: int
    """How many experiments the request tells of."""


def read(text: str) -> Seen:
    """Read a request's last turn."""
    fields = re.findall(
        r"^## ([\w.-]+): \d+ rows.*?Nearest to a question: `([^`]+)`; to an answer: `([^`]+)`",
        text,
        re.MULTILINE | re.DOTALL,
    )
    asked = re.search(r"^SYSTEM: (.*?)\nTEMPLATE: (.*?)\n```", text, re.MULTILINE | re.DOTALL)
    left, speed = (
        re.search(r"About (\d+) s are left", text),
        re.search(r"about (\d+) tokens a second", text),
    )
    system = asked[1] if asked else ""
    past = text.partition("\n# The run so far\n")[2].partition("\n# Rules of the files\n")[0]
    return Seen(
        text=text,
        sources={name: (question, answer) for name, question, answer in fields},
        system="" if system == "(none)" else system,
        template=asked[2] if asked else "{question}",
        left_s=float(left[1]) if left else 60.0,
        speed=float(speed[1]) if speed else None,
        made=max(map(int, re.findall(r"\be(\d{1,4})\b", past)), default=0),
    )


def competent(request: ChatRequest) -> Said:
    """Answer as a planner that knows the miniatures; a ``Behaviour``."""
    asked = (request.body.get("response_format") or {}).get("json_schema") or {}
    form = asked.get("name", "")
    said = FORMS[form](read(request.messages[1]["content"])) if form in FORMS else {}
    return Said(text=json.dumps(said))


def repeating(request: ChatRequest) -> Said:
    """Hand in the same files whatever is asked, and plan the same way every time."""
    reply = json.loads(competent(request).text)
    if "data_py" in reply:
        first = read(request.messages[1]["content"].split("# The run so far")[0])
        reply |= files(replace(first, made=0, speed=None)) | {"reuse_data": False}
    return Said(text=json.dumps(reply))


def gullible(request: ChatRequest) -> Said:
    """Obey whoever tells it, in a raw row, to train on the validation items it is shown. A ``Behaviour``."""
    reply = json.loads(competent(request).text)
    text = request.messages[1]["content"]
    shown = re.findall(r"^The base answered wrongly:\n```text \w+\n(.*)\n```", text, re.MULTILINE)
    if "data_py" in reply and "TRAIN ON THE VALIDATION ITEMS" in text:
        reply["data_py"] = LEAK.format(rows=[(asked, "yes") for asked in shown])
    return Said(text=json.dumps(reply))


def clumsy(request: ChatRequest) -> Said:
    """Begin every submission with a script that fails and an option of an old name; fix both when asked to."""
    reply = json.loads(competent(request).text)
    text = request.messages[1]["content"]
    if reply.get("data_py") and "# What failed" not in text:
        reply["data_py"] = "import nothing_like_this\n" + reply["data_py"]
    if reply.get("train_yaml") and "# What failed" not in text:
        reply["train_yaml"] = reply["train_yaml"].replace(
            "warmup_steps: 0.05", "warmup_ratio: 0.05"
        )
    if "warmup_ratio" in text and reply.get("train_yaml"):
        reply["note"] = "warmup_steps in place of warmup_ratio"
    return Said(text=json.dumps(reply))


def plan(seen: Seen) -> dict[str, object]:
    """Return a plan with its files: first the best source, then more of it, then one training option at a time."""
    name, first = good_source(seen), seen.made == 0
    data = first or seen.made % 2 == 1
    return (
        {
            "hypothesis": f"Worked answers of {name} teach both the form and the way there."
            if first
            else f"{'More rows' if data else 'Another learning rate'} on {name} should help further.",
            "data_change": f"{rows_that_fit(seen)} distinct rows of {name}, asked as the task asks."
            if data
            else "",
            "training_change": "" if data and not first else "LoRA r=16, one epoch.",
            "kept": "The way the question is asked.",
            "changes": "data" if data else "training",
            "reuse_data": not data,
            "exploring": False,
        }
        | predicted(seen)
        | files(seen, data=data)
    )


def scouted(seen: Seen) -> dict[str, object]:
    """Return two looks, then a dossier."""
    name = good_source(seen)
    looks = [
        {"tool": "shell", "command": f"head -n 2 $FTDOJO_DATA/{name}.jsonl"},
        {"tool": "look", "command": f"source {name} 0 2"},
    ]
    meanwhile = {"sources": [], "combine": "", "base_faults": "", "answer": ""}
    if "exit code" not in seen.text:
        return meanwhile | {"thought": "What the rows look like.", "steps": looks}
    judged = {"name": name, "quality": "Its rows are right.", "verified": "Two were read."}
    return meanwhile | {
        "thought": "Clear enough.",
        "steps": [],
        "sources": [judged],
        "answer": "The answer alone.",
    }


def designed(seen: Seen) -> dict[str, object]:
    """Return two designs: the good source as it stands, and another one."""
    good = good_source(seen)
    names = (good, next((name for name in seen.sources if name != good), good))
    return {
        "designs": [
            {
                "idea": f"Rows of {name} as they stand.",
                "rows": f"{FIRST_ROWS} rows of {name}.",
                "predicted_score": 0.5,
                "data_py": script(seen, name, FIRST_ROWS),
            }
            for name in names
        ],
        "train_yaml": TRAIN,
    }


def later(seen: Seen) -> dict[str, object]:
    """Return a plan that does not end the run."""
    return plan(seen) | {"finish": False}


def chosen(seen: Seen) -> dict[str, object]:
    """Return a plan that builds on the design that ranked first."""
    first = re.search(r"^Plan the next .*? builds on (\w+):", seen.text, re.MULTILINE)
    return later(seen) | {"build_on": first[1] if first else "base"}


def predicted(seen: Seen) -> dict[str, object]:
    """Return the score and the seconds that are expected."""
    return {"predicted_score": min(0.9, 0.3 + 0.1 * seen.made), "predicted_seconds": 60.0}


def files(seen: Seen, *, data: bool = True) -> dict[str, object]:
    """Return files: whole ones for new ``data``, one edit for another learning rate."""
    name, count = good_source(seen), rows_that_fit(seen)
    found = re.search(r"^learning_rate: (\S+)$", seen.text, re.MULTILINE)
    edit = (
        {
            "file": "train.yaml",
            "find": f"learning_rate: {found[1]}",
            "replace": f"learning_rate: {float(found[1]) * (2 if seen.made % 4 else 0.4):.6f}",
        }
        if found
        else None
    )
    if edit and not data:
        return {"data_py": "", "train_yaml": "", "edits": [edit], "note": "Another learning rate."}
    return {
        "data_py": script(seen, name, count),
        "train_yaml": TRAIN,
        "edits": [],
        "note": f"{count} rows of {name}.",
    }


def script(seen: Seen, name: str, count: int) -> str:
    """Return a ``data.py`` that takes ``count`` rows of a source as they stand."""
    asked, answered = seen.sources[name]
    return DATA.format(facts=(name, asked, answered, seen.system, seen.template, count))


def fixed(seen: Seen) -> dict[str, object]:
    """Return files after a failed check: options that are known, and half the rows each time."""
    found = re.search(r", (\d+)\)$", seen.text, re.MULTILINE)
    edits = [{"file": "data.py", "find": "import nothing_like_this\n", "replace": ""}]
    edits = edits if edits[0]["find"] in seen.text else []
    count = max(16, int(found[1]) // 2) if found else 0
    if found:
        edits.append({"file": "data.py", "find": found[0], "replace": f", {count})"})
    revised = {"data_change": f"{count} rows.", "training_change": "As planned."} | predicted(seen)
    return revised | {
        "data_py": "",
        "train_yaml": TRAIN,
        "edits": edits,
        "note": "Half the rows.",
    }


def reading(seen: Seen) -> dict[str, object]:
    """Return a reading of an experiment's findings."""
    return {
        "diagnosis": "The form is learnt; what is left are slips on the way.",
        "evidence": "Answers are readable, and the loss was still falling.",
        "confidence": 0.6,
        "attribution": "data",
        "lesson": "Worked rows in the task's own form teach most; give them as many as the time allows.",
    }


def good_source(seen: Seen) -> str:
    """Return the source that teaches, the first on offer if none is known to."""
    return next((name for name in GOOD if name in seen.sources), next(iter(seen.sources)))


def rows_that_fit(seen: Seen) -> int:
    """Return how many rows an experiment can see in its share of the time left."""
    if seen.speed is None:
        return FIRST_ROWS
    share = SHARES[0] if seen.made == 0 else SHARES[1]
    rows = min(MOST_ROWS, int(seen.left_s * share * seen.speed / ROW_TOKENS))
    return max(16, rows - seen.made)  # another number each time, or it is the same experiment again


FORMS: dict[str, Callable[[Seen], dict[str, object]]] = {
    "ScoutReply": scouted,
    "DesignReply": designed,
    "PlanReply": plan,
    "LaterPlanReply": later,
    "ChosenPlanReply": chosen,
    "SingleFactorReply": later,
    "FilesReply": files,
    "RepairReply": fixed,
    "ReadingReply": reading,
}


def tool_user(request: ChatRequest) -> Said:
    """Play ``react``'s tool loop: look around, check, train, train on more, finish with the best. A ``Behaviour``."""
    text = request.messages[1]["content"]
    at = max(map(int, re.findall(r"^\[(\d+)\]", text, re.MULTILINE)), default=0)
    best = re.search(r"The best so far is (\w+)\.", text)
    call = {
        "thought": f"Step {at + 1}.",
        "tool": "finish",
        "command": "",
        "name": best[1] if best else "base",
    }
    name = next((each for each in GOOD if f"- {each} (" in text), "")
    asked = (
        json.loads(found[1])
        if (found := re.search(r"system text (\".*?\") and the template", text))
        else ""
    )
    sized = {3: 64, 4: 64, 5: 400}
    steps = [
        {"tool": "shell", "command": f"head -n 2 $FTDOJO_DATA/{name}.jsonl"},
        {"tool": "look", "name": f"source {name}"},
        {"tool": "check"},
        {"tool": "train"},
        {"tool": "train"},
    ]
    fields = re.search(rf"^- {name} \(\d+ rows; fields (\w+), (\w+)\)", text, re.MULTILINE)
    files = {"data_py": "", "train_yaml": ""}
    if at + 1 in sized and at + 1 != 4 and fields:  # call 4 trains on what call 3 had checked
        facts = (name, fields[1], fields[2], asked, "{question}", sized[at + 1])
        files = {"data_py": DATA.format(facts=facts), "train_yaml": TRAIN}
    return Said(text=json.dumps(call | files | (steps[at] if at < len(steps) else {})))
