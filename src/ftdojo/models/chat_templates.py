"""Chat templates: from turns to tokens, and those that are put on a model, ChatML made of its tokens or a Jinja file.

Nothing is ever added to a vocabulary. What ends an answer is one token that the model knows: it is trained like the rest
of the answer, and generation stops at it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError, UsageError
from ftdojo.records import Message

CHATML = "chatml"
OPEN, CLOSE = "<|im_start|>", "<|im_end|>"
MAX_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ChatTemplate:
    """A template: ``text`` is Jinja, ``end`` the one token that ends an answer, ``name`` what a message calls it."""

    name: str
    text: str
    end: str


@dataclass(frozen=True, kw_only=True)
class Repair:
    """What a model's own template lacks, each as a clause after "its chat template"; ``template`` fills it in.

    ``template`` is None where the model's own serves as it is.
    """

    template: ChatTemplate | None
    lacks: tuple[str, ...]


def template_ids(tokenizer: Any, messages: Sequence[Message], *, ask: bool = False) -> list[int]:
    """Render ``messages`` with the model's chat template; ``ask`` opens the assistant's turn.

    Raises:
        jinja2.TemplateError: the template refuses them, or fails on them.
    """
    from jinja2 import TemplateError

    try:
        return list(
            tokenizer.apply_chat_template(
                list(messages), tokenize=True, add_generation_prompt=ask, return_dict=False
            )
        )
    except _WRONG as error:
        raise TemplateError(f"{type(error).__name__}: {error}") from error


@lru_cache(maxsize=8)
def closing_ids(tokenizer: Any) -> tuple[tuple[int, ...], bool]:
    """Return the tokens that close an answer, and whether the chat template puts them there by itself.

    Where it ends an answer with no special token, the model's own end token has to: nothing else would stop it.
    """
    turns = [{"role": "user", "content": "2+3?"}, {"role": "assistant", "content": _ANSWERS[0]}]
    tail = tokenizer.apply_chat_template(turns, tokenize=False).rpartition(_ANSWERS[0])[2]
    if first_special(tokenizer, tail):
        return tuple(_ids(tokenizer, tail)), True
    end = tokenizer.eos_token_id
    return () if end is None else (end,), False


def chatml(tokenizer: Any, *, declared: Iterable[int], rows: int) -> ChatTemplate:
    """Return ChatML for ``tokenizer``.

    Where its two markers are tokens, they are used. Elsewhere they would be many tokens each, so turns are opened by the
    plain text, and only the assistant's turn is closed, by the model's own end token: after a question, that token would
    mean that what follows has nothing to do with what came before.

    Args:
        tokenizer: the model's.
        declared: numbers of the tokens that the model's settings call its end, the first one first.
        rows: how many tokens the model has weights for.

    Raises:
        ModelError: no token can end an answer.
    """
    if all(is_token(tokenizer, each, rows=rows) for each in (OPEN, CLOSE)):
        end, close = CLOSE, f"'{CLOSE}'"
    else:
        end = _end_token(tokenizer, declared, rows=rows)
        close = "(eos_token if message['role'] == 'assistant' else '')"
    text = (
        f"{'{{ bos_token }}' if _begins_with_bos(tokenizer) else ''}"
        "{% for message in messages %}"
        f"{{{{ '{OPEN}' + message['role'] + '\\n' + message['content'] + {close} + '\\n' }}}}"
        "{% endfor %}"
        f"{{% if add_generation_prompt %}}{{{{ '{OPEN}assistant\\n' }}}}{{% endif %}}"
    )
    return ChatTemplate(name="ChatML", text=text, end=end)


def read_template(file: Path) -> str:
    """Return the text of a Jinja file.

    Raises:
        UsageError: there is none.
    """
    advice = f"give {CHATML}, or the path of a Jinja file."
    if not file.is_file():
        raise UsageError(f"There is no chat template {str(file)!r}; {advice}")
    try:
        text = file.read_text(encoding="utf8") if file.stat().st_size <= MAX_BYTES else ""
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"The chat template {file} cannot be read ({why}); {advice}") from error
    if not text.strip():
        raise UsageError(f"The chat template {file} is empty or above {MAX_BYTES} bytes; {advice}")
    return text


def checked(text: str, name: str, tokenizer: Any, *, rows: int) -> ChatTemplate:
    """Return the template ``text``, once it is known that a model can be trained and prompted through it.

    Args:
        text: Jinja.
        name: what a message calls it.
        tokenizer: the model's.
        rows: how many tokens the model has weights for.

    Raises:
        UsageError: it does not render, leaves something out, opens an answer otherwise than it renders it, or puts no
            token after it.
    """
    trial = _Trial(text, name, tokenizer)
    tails = [trial.tail(answer) for answer in _ANSWERS]
    ends = {first_special(tokenizer, each) for each in tails}
    end = ends.pop()
    if ends or not is_token(tokenizer, end, rows=rows):
        raise trial.fault(
            f"puts {tails[0][:40]!r} after the assistant's text, which begins with no special token of this model, so "
            "nothing would end an answer; write {{ eos_token }} there."
        )
    if "eos_token" in text and end != tokenizer.eos_token:
        raise trial.fault(
            f"ends an answer with {end!r} and names eos_token, which is {tokenizer.eos_token!r} here; write that token "
            "out instead of naming it."
        )
    return ChatTemplate(name=name, text=text, end=end)


FOLDED = (
    "{%- if messages and messages[0]['role'] == 'system' -%}"
    "{%- set told = messages[0]['content'] -%}"
    "{%- if messages | length > 1 and messages[1]['role'] == 'user' -%}"
    "{%- set first = {'role': 'user', 'content': told + '\\n\\n' + messages[1]['content']} -%}"
    "{%- set messages = [first] + messages[2:] -%}"
    "{%- else -%}"
    "{%- set messages = [{'role': 'user', 'content': told}] + messages[1:] -%}"
    "{%- endif -%}"
    "{%- endif %}\n"
)
"""Put before a template that takes no system turn: the system text opens the first question, as in Gemma 3's own."""


def is_sound(text: str, end: str) -> bool:
    """Return whether a template surely lacks nothing, as far as plain Jinja and the end token's text ``end`` show.

    It spares loading a tokenizer, which takes seconds. False says nothing.
    """
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    turns = [*_ASKED, {"role": "assistant", "content": _ANSWERS[0]}]
    try:
        template = environment.from_string(text)
        given = {"eos_token": end, "bos_token": ""}
        asked = template.render(messages=_ASKED, add_generation_prompt=True, **given)
        whole = template.render(messages=turns, add_generation_prompt=False, **given)
        closed = template.render(messages=_ASKED, add_generation_prompt=False, **given)
    except (TemplateError, *_WRONG):
        return False
    opened = asked != closed and all(turn["content"] in asked for turn in _ASKED)
    return bool(opened and end and whole.startswith(asked + _ANSWERS[0] + end))


def repaired(tokenizer: Any, name: str, *, declared: Iterable[int], rows: int) -> Repair:
    """Return what a model's own chat template lacks to be prompted and trained with, and the template that has it.

    Args:
        tokenizer: the model's, with a chat template.
        name: what a message calls the template.
        declared: numbers of the tokens that the model's settings call its end.
        rows: how many tokens the model has weights for.

    Raises:
        UsageError: it does not render a question and an answer.
        ModelError: no token can end an answer.
    """
    own = text = str(tokenizer.get_chat_template())
    lacks = []
    if not _Trial(text, name, tokenizer).takes_system():
        text = FOLDED + text
        lacks.append("takes no system turn: the system text is put before the first question")
    trial = _Trial(text, name, tokenizer)
    asked, whole = trial.rendered(_ASKED, ask=True), trial.answered(_ANSWERS[0])
    opening, _, tail = whole.removeprefix(asked).rpartition(_ANSWERS[0])
    if not whole.startswith(asked):
        lacks.append(
            f"prompts with {asked[-20:]!r} and renders answers otherwise: they are learnt after the prompt"
        )
    elif asked == trial.rendered(_ASKED) and opening.strip():
        text += f"{{% if add_generation_prompt %}}{{{{ {_quoted(opening)} }}}}{{% endif %}}"
        lacks.append(f"does not open an answer: prompts end with {opening!r} now")
    ends = {tokenizer.eos_token_id, *declared}
    end = first_special(tokenizer, tail)
    if not end:
        end = _end_token(tokenizer, declared, rows=rows)
        lacks.append(f"puts no token after an answer: {end} is learnt there")
    elif tokenizer.get_vocab().get(end) not in ends:
        lacks.append(
            f"ends answers with {end}, which the model's settings do not call an end: outputs end there now"
        )
    if text == own and tokenizer.get_vocab().get(end) in ends:
        return Repair(template=None, lacks=tuple(lacks))
    if end != tokenizer.eos_token and "eos_token" in text:
        text = f"{{%- set eos_token = {_quoted(tokenizer.eos_token or '')} %}}\n{text}"
    return Repair(template=ChatTemplate(name="its own", text=text, end=end), lacks=tuple(lacks))


def _quoted(text: str) -> str:
    """Return ``text`` as Jinja writes it."""
    return json.dumps(text, ensure_ascii=False)


_ASKED: tuple[Message, ...] = (
    {"role": "system", "content": "Sorted is the shelf."},
    {"role": "user", "content": "Which fruit is it?"},
)
_ANSWERS = ("Pear", "42", '{"a": 1}')
"""Two turns and ways to answer them; a template is tried out on these."""
_WRONG = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What an expression in a template can raise."""


class _Trial:
    """A template on trial with a tokenizer."""

    def __init__(self, text: str, name: str, tokenizer: Any) -> None:
        self._text, self._name, self._tokenizer = text, name, tokenizer

    def fault(self, why: str) -> UsageError:
        return UsageError(f"The chat template {self._name} {why}")

    def tail(self, answer: str) -> str:
        """Return what follows ``answer``; what precedes it must be what the model is prompted with."""
        asked, whole = self.rendered(_ASKED, ask=True), self.answered(answer)
        opened = _ids(self._tokenizer, asked)
        same = whole.startswith(asked) and _ids(self._tokenizer, whole)[: len(opened)] == opened
        if not same:
            raise self.fault(
                f"opens an answer with {asked[-40:]!r} and renders an answer otherwise, so the model would be prompted "
                "as it never was trained; let add_generation_prompt add what precedes an answer, no more, and no space "
                "at its end."
            )
        return whole[len(asked) :].partition(answer)[2]

    def takes_system(self) -> bool:
        """Return whether it renders a system text before a question."""
        try:
            return _ASKED[0]["content"] in self.rendered(_ASKED, ask=True)
        except UsageError:
            return False

    def answered(self, answer: str) -> str:
        """Return a conversation that ends with ``answer``, each of whose turns has to be there."""
        turns: list[Message] = [*_ASKED, {"role": "assistant", "content": answer}]
        whole = self.rendered(turns)
        for turn in turns:
            if turn["content"] not in whole:
                raise self.fault(
                    f"leaves out the text of the role {turn['role']}; let it render every turn's content."
                )
        return whole

    def rendered(self, turns: Sequence[Message], *, ask: bool = False) -> str:
        from jinja2 import TemplateError, TemplateSyntaxError

        given = {"chat_template": self._text, "tokenize": False, "add_generation_prompt": ask}
        try:
            return str(self._tokenizer.apply_chat_template(list(turns), **given))
        except TemplateSyntaxError as error:
            raise self.fault(
                f"is not Jinja (line {error.lineno}: {error.message}); correct it."
            ) from error
        except (TemplateError, *_WRONG) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise self.fault(
                f"refuses a conversation of system, user and assistant ({reason}); let it render all three."
            ) from error


def is_token(tokenizer: Any, text: str, *, rows: int) -> bool:
    """Return whether ``text`` is one token that the model has weights for."""
    number = tokenizer.get_vocab().get(text)
    return number is not None and number < rows and _ids(tokenizer, text) == [number]


def _end_token(tokenizer: Any, declared: Iterable[int], *, rows: int) -> str:
    """Return the model's own end token, or what comes closest to one."""
    vocabulary = tokenizer.get_vocab()
    named = (vocabulary.get(each) for each in _COMMON_ENDS)
    spare = (tokenizer.sep_token_id, tokenizer.pad_token_id)
    ids = (tokenizer.eos_token_id, *declared, *named, *spare)
    known = {number: token for token, number in vocabulary.items() if number < rows}
    found = next((known[each] for each in ids if each in known), None)
    if found is None:
        raise ModelError(
            f"The tokenizer of {tokenizer.name_or_path} has no end, separator or padding token, so nothing would end "
            "an answer; set eos_token in its tokenizer_config.json to a token that it has."
        )
    return str(found)


_COMMON_ENDS = ("<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>", "[EOS]")


def _begins_with_bos(tokenizer: Any) -> bool:
    """Return whether the tokenizer puts a first token before every text, as the model saw it when it was trained."""
    first = tokenizer("x")["input_ids"][:1]
    return tokenizer.bos_token_id is not None and first == [tokenizer.bos_token_id]


def first_special(tokenizer: Any, text: str) -> str:
    """Return the special token that ``text`` begins with, white space apart, or nothing."""
    added = (each.content for each in tokenizer.added_tokens_decoder.values())
    known = {*tokenizer.all_special_tokens, *added}
    return max((each for each in known if text.lstrip().startswith(each)), key=len, default="")


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False))
