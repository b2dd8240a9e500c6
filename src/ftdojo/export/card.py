"""The model card: what was trained, from what, what it scored with which interval, and how it is prompted.

Texts of others appear in it as Markdown and as words of a shell: shown as they are, and never obeyed.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdojo.export.asked import FILE, FORMAT, AskCard, AskedAs, Form, Origin, dump_asked
from ftdojo.models import LocalModel, hub_id
from ftdojo.records import Estimate

_SPECIAL = re.compile(
    r"""
      [\\`*~\[\]<>|&]
    | (?<![^\W_])_ | _(?![^\W_])      # within a word it is a letter
    | ^[-+\#] | (?<=\d)[.)](?!\S)   # begins a list or a heading, also within a list
    | \#(?=\#*$)  # at the end of a heading they would close it
    """,
    re.VERBOSE,
)
UNSHOWN = "\ufffd"


def inline(text: str) -> str:
    r"""Return ``text`` as plain words within a line of Markdown.

    Example:
        >>> inline("a\n# <b> | *c*")
        'a # \\<b\\> \\| \\*c\\*'
    """
    line = " ".join(_shown(text).split())
    return _SPECIAL.sub(lambda found: "\\" + found[0], line)


def fenced(text: str, language: str = "text") -> str:
    r"""Return ``text`` as a code block that nothing in it can close.

    Example:
        >>> fenced("a```b").splitlines()
        ['````text', 'a```b', '````']
    """
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    lines = "\n".join(_shown(line) for line in text.split("\n"))
    return f"{ticks}{language}\n{lines}\n{ticks}"


def shell_word(text: str) -> str:
    r"""Return ``text`` as one word of bash, on one line, whatever is in it.

    Example:
        >>> print(shell_word("it's"), shell_word("two\nlines"))
        'it'"'"'s' $'two\nlines'
    """
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_escaped, text)) + "'"


def _escaped(each: str) -> str:
    if each == "\n":
        return "\\n"
    if each in "\\'":
        return "\\" + each
    return each if each.isprintable() else "".join(f"\\x{byte:02x}" for byte in each.encode())


def _shown(line: str) -> str:
    """Return a line with a mark for every character that is not to be seen; tabs become blanks."""
    return "".join(
        each if each.isprintable() else " " if each in "\t\n" else UNSHOWN for each in line
    )


_LIBRARIES = {"adapter": "peft", "merged": "transformers", "gguf": "gguf"}
"""What loads each form, as the hub spells it."""
UNNAMED = "unknown"
"""The source of rows for which the data script named none."""


_WHERE = {
    "test": "Both rows are scores on the same held-out test items, which were read once, after the selection was made."
}
_ELSEWHERE = (
    "Both rows are scores on validation items, which steered the search: this experiment was not selected, so it was never "
    "tested, and its score may flatter it."
)


@dataclass(frozen=True, kw_only=True)
class ExportCard:
    """What a model card holds beyond the files.

    ``asked`` is how the task prompts a model. ``base`` and ``score`` are the scores of the base model and of this one on
    the same items of ``split``: the test, or validation where this one was not selected. ``sources`` maps each raw source
    on offer to its licence; ``used`` maps the sources of the training rows, as the data script named them, to numbers of
    rows; ``versions`` maps packages to versions. ``chain`` are the experiments whose weights this training went on from, the
    first of which started from the base; empty where it did so itself.
    """

    asked: AskedAs
    metric: str
    unit: str
    split: str
    base: Estimate
    score: Estimate
    run: str
    experiment: str
    seed: int
    versions: Mapping[str, str]
    sources: Mapping[str, str]
    used: Mapping[str, int]
    chain: tuple[str, ...] = ()


def write_card(folder: Path, card: ExportCard, base: LocalModel, *, form: Form, usage: str) -> None:
    """Write README.md, for people, and ``ftdojo.json``, for ``ftdojo ask`` and the scripts in README.md.

    Args:
        folder: where the weights lie.
        card: the scores and where they come from.
        base: the model that training started from.
        form: what the weights are.
        usage: the Markdown of the section on how to load and prompt them.
    """
    import yaml

    front = yaml.safe_dump(_front_matter(card, base, _LIBRARIES[form]), sort_keys=False)
    parts = (f"---\n{front}---", _body(card, base), _asking(card.asked, form), usage.strip())
    (folder / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf8")
    made = AskCard(
        format=FORMAT,
        form=form,
        asked=card.asked,
        base=Origin(
            name=base.name,
            revision=base.revision,
            digest=base.digest,
            settings=base.settings,
            put_on=base.put_on and not base.amended,
        ),
        run=card.run,
        experiment=card.experiment,
        versions=card.versions,
    )
    (folder / FILE).write_text(dump_asked(made), encoding="utf8")


def _front_matter(card: ExportCard, base: LocalModel, library: str) -> dict[str, Any]:
    origin = hub_id(base)
    known = base.licence not in ("", "unknown")
    front: dict[str, Any] = {"base_model": origin} if origin else {}
    front |= {
        "library_name": library,
        "license": base.licence if known else "other",
        "pipeline_tag": "text-generation",
        "tags": ["ftdojo", card.asked.task],
        "model-index": [{"name": f"{card.run}-{card.experiment}", "results": [_result(card)]}],
    }
    return front


def _result(card: ExportCard) -> dict[str, Any]:
    interval = {"n": card.score.n, "low": card.score.low, "high": card.score.high}
    return {
        "task": {"type": "text-generation"},
        "dataset": {"name": card.asked.task, "type": card.asked.task, "split": card.split},
        "metrics": [
            {"type": card.metric, "name": card.metric, "value": card.score.score, "args": interval}
        ],
    }


def _body(card: ExportCard, base: LocalModel) -> str:
    name, metric = inline(base.name), inline(card.metric)
    versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    return f"""# {inline(card.run)}, experiment {card.experiment}

{name} fine-tuned on the task {inline(card.asked.task)} in an ftdojo run with seed {card.seed}.

| model | {metric} ({inline(card.unit)}) | 95 % interval | n |
|---|---|---|---|
| base, {name} | {card.base.score:.4g} | {card.base.low:.4g} to {card.base.high:.4g} | {card.base.n} |
| this model | {card.score.score:.4g} | {card.score.low:.4g} to {card.score.high:.4g} | {card.score.n} |

{_WHERE.get(card.split, _ELSEWHERE)}

## Base model

- name: {name}
- revision: {inline(base.revision) or "a local folder"}
- tensor digest: {base.digest}
- licence: {inline(base.licence)}
- chat template: {_template(base)}

`ftdojo models pull {base.name}` fetches exactly these weights and prints their folder.

## Raw sources used

{_used(card)}

## Raw sources on offer

{_offered(card)}

## Versions

{inline(versions) or "not recorded"}"""


def _template(base: LocalModel) -> str:
    own = "its own, amended by ftdojo" if base.amended else "put on by ftdojo"
    return f"{own}, and found here beside the weights" if base.put_on else "its own"


def _used(card: ExportCard) -> str:
    """Return a line for each source of training rows; only the data script knows where a row is from."""
    if not card.used:
        return "none: these are the base model's own weights."
    over = f"{', '.join(card.chain)} and {card.experiment}" if card.chain else ""
    whole = (
        f"Training went on from the weights of {card.chain[-1]}; these are the rows of {over}.\n\n"
        if over
        else ""
    )
    lines = [
        f"- {inline(name)}: {count} row{'' if count == 1 else 's'}, {_licence(card, name)}"
        for name, count in card.used.items()
    ]
    return whole + "\n".join(
        ["Training rows, by the source that the data script named for each:", "", *lines]
    )


def _licence(card: ExportCard, name: str) -> str:
    if name in card.sources:
        return inline(card.sources[name])
    return "whose source it did not name" if name == UNNAMED else "not a source on offer"


def _offered(card: ExportCard) -> str:
    lines = [f"- {inline(name)}: {inline(licence)}" for name, licence in card.sources.items()]
    return "\n".join(lines) or "none"


def _asking(how: AskedAs, form: Form) -> str:
    """Return the section on how the task prompts; a model prompted otherwise is not the one that was scored."""
    system = (
        f"after the system text\n\n{fenced(how.system)}" if how.system else "without a system text."
    )
    stops = "".join(f", or at\n\n{fenced(each)}" for each in how.stop)
    columns = (
        f"\n\nA question is made of a row's columns:\n\n{fenced(how.question)}"
        if how.question
        else ""
    )
    return f"""## Ask it

The scores hold for this model prompted as the task does it: through its chat template, {system}

The user's turn, in which `{{question}}` stands for the question, is

{fenced(how.template)}{columns}

The answer is decoded greedily and ends after {how.max_new_tokens} tokens at the latest{stops or "."}

{_ask_command(form)}"""


def _ask_command(form: Form) -> str:
    if form == "gguf":
        return "`ftdojo ask` prompts the other exports of this model, the adapter and the merged one, in this way."
    return '`ftdojo ask FOLDER "your question"` prompts in this way, with this folder as FOLDER.'
