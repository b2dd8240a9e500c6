"""react, the loop: ask for one tool call, carry it out, show what came of it. What was said stays in the run's notes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from ftdojo.agents.enlisting import Backing
from ftdojo.agents.notebook import Notebook
from ftdojo.agents.showing import cut, fenced, paged, setting
from ftdojo.errors import LlmBudget, LlmTooLate, LlmUnusable, UnknownName, UsageError
from ftdojo.llm import Ask
from ftdojo.records import (
    BASE,
    Action,
    Agent,
    Check,
    Experiment,
    Finish,
    Look,
    Merge,
    Message,
    Observation,
    Outcome,
    Shell,
    Train,
    parse_action,
    parse_look,
)
from ftdojo.submissions import TrainConfig

if TYPE_CHECKING:
    from jinja2 import Environment

MOST, LOG_CHARS, WRONG_CHARS = 4000, 800, 200
ONLY_OPTIONS = "Only train.yaml is at fault: leave data_py empty to hand in the same one again."
WRONG, SLICES = 3, 8
"""How many wrong answers and slices of an experiment are shown."""


def result_of(last: Outcome, seen: Observation) -> str:
    """Return what came of the last action, as the model is shown it; a refusal is its reason."""
    if last.notice:
        return cut(f"refused: {last.notice}", MOST)
    match last.action:
        case Look():
            return paged(last.action, last.found, MOST)
        case Shell():
            return cut(_printed(last), MOST)
        case Check():
            return cut(_checked(last), MOST)
        case Train() | Merge():
            return cut("\n".join(_trained(last, seen)), MOST)
        case Finish():
            return "the run is over"


def _printed(last: Outcome) -> str:
    """Return what a command printed, and in front of it how it ended."""
    found = dict(last.found[0]) if last.found else {}
    printed = found.pop("output", "")
    how = ", ".join(f"{name} {value}" for name, value in found.items())
    return f"{how}\n{printed}".strip()


def _checked(last: Outcome) -> str:
    took = f"after {last.seconds:.0f} s"
    if last.failure:
        failure = last.failure
        head = f"failed at {failure.stage} ({failure.kind}) {took}: {failure.message}"
        alone = f"\n{ONLY_OPTIONS}" if failure.file == "train.yaml" else ""
        return f"{head}{alone}\n{failure.log_tail[-LOG_CHARS:]}".rstrip()
    data = last.checked.data if last.checked else None
    fit = last.checked.fit if last.checked else None
    rows = (
        f"; {data.rows} rows, {data.tokens.mean:.0f} tokens on average, answers of {data.label_tokens.low:.0f} to "
        f"{data.label_tokens.high:.0f} tokens"
        if data
        else ""
    )
    forecast = f"; training would take {fit.train_forecast_s:.0f} s" if fit else ""
    printed = f"\ndata.py printed:\n{data.log_tail[-LOG_CHARS:]}" if data and data.log_tail else ""
    notes = "".join(f"\n{note}" for note in data.notes) if data else ""
    note = f"\n{fit.note}" if fit and fit.note else ""
    return f"passed {took}{rows}{forecast}{note}{notes}{printed}"


def _trained(last: Outcome, seen: Observation) -> Iterator[str]:
    made = seen.experiment(last.experiment)
    if last.failure or made is None or made.evaluation is None:
        yield f"{last.experiment}: {_checked(last)}"
        return
    score = made.evaluation.score
    yield f"{made.id}: {score.score:.3f} [{score.low:.3f}, {score.high:.3f}], n = {score.n}"
    yield from _compared(made)
    training = made.feedback.training if made.feedback else None
    if training:
        yield (
            f"trained {training.steps} steps in {training.seconds:.0f} s, loss {training.loss_first:.3f} to "
            f"{training.loss_last:.3f}; the whole experiment took {last.seconds:.0f} s"
        )
    data = made.feedback.check.data if made.feedback else None
    yield from data.notes if data else ()
    yield f"{made.evaluation.unreadable_share:.0%} of its answers are unreadable"
    for name, part in made.evaluation.secondary.items():
        yield f"{name}: {part.score:.3f} [{part.low:.3f}, {part.high:.3f}]; it decides nothing"
    for name, part in islice(made.evaluation.slices.items(), SLICES):
        yield f"{name}: {part.score:.3f}, n = {part.n}"
    yield from made.feedback.remarks if made.feedback else ()
    for wrong in made.evaluation.wrong[:WRONG]:
        yield f"wrong: {cut(wrong.output, WRONG_CHARS)!r} to {cut(wrong.prompt, WRONG_CHARS)!r}"


def _compared(made: Experiment) -> Iterator[str]:
    """Yield the comparison with each rival once, and what the rival is: base, parent and best may be the same."""
    comparisons = made.feedback.comparisons if made.feedback else {}
    rivals = {each.against: each for each in comparisons.values()}
    for name, each in rivals.items():
        roles = [role for role in comparisons if comparisons[role].against == name]
        named = " and ".join(role for role in roles if role != name)
        as_what = f" ({named})" if named else ""
        yield f"against {name}{as_what}: {each.difference.score:+.3f}, {each.verdict}"


Tool = Literal["shell", "look", "check", "train", "merge", "finish"]
WHOLE, LINES, SHORT = 6, 30, 160
"""How many of the latest calls are shown whole, how many as a line, and how long a line is."""
MOST_IN_VAIN = 3
"""After this many unusable replies in a row the agent finishes with the best so far."""
PLAN = "What the tool loop handed in as call {at}: {thought}\n"


class Call(BaseModel):
    """One tool call."""

    model_config = ConfigDict(extra="forbid")
    thought: str = Field(description="Why this call, in one or two sentences.")
    tool: Tool
    command: str = Field(description="For shell; else empty.")
    name: str = Field(description="For look, merge and finish; else empty.")
    data_py: str = Field(description="For check and train: the whole data.py; else empty.")
    train_yaml: str = Field(description="For check and train: the whole train.yaml; else empty.")


@dataclass(frozen=True, kw_only=True)
class Called:
    """A call as it was asked for."""

    at: int
    thought: str
    tool: str
    command: str = ""
    name: str = ""
    data: str = ""
    train: str = ""
    after: int = 0
    """The number of the last action before it; 0 if there was none."""


@dataclass(frozen=True, kw_only=True)
class ToolResult:
    """What came of call ``at``, as it is shown."""

    at: int
    text: str


Note = Called | ToolResult
KINDS: dict[str, type[Note]] = {"called": Called, "result": ToolResult}


class React:
    """Asks a language model for one tool call at a time. Goes on after a kill where its notes end."""

    name = "react"

    def __init__(self, backing: Backing) -> None:
        self._llm = backing.require_llm(self.name)
        self._book: Notebook[Note] = Notebook(backing.folder / "notes.jsonl", KINDS)

    @classmethod
    def needs_llm(cls) -> bool:
        """Return True: a model calls the tools."""
        return True

    @classmethod
    def check(cls, options: Mapping[str, str]) -> None:
        """Refuse every option: there are none."""
        for name in options:
            raise UnknownName("option of react", name, ())

    @classmethod
    def backed(cls, backing: Backing) -> Agent:
        """Return the agent for one run."""
        return cls(backing)

    def act(self, observation: Observation) -> Action:
        """Return the next action.

        Raises:
            LlmError: the language model cannot be asked; the run can be resumed.
        """
        try:
            return self._chosen(observation)
        except LlmTooLate as outage:
            return Finish(experiment=observation.best, gave_up=str(outage))
        except LlmBudget:
            return Finish(experiment=observation.best)

    def _chosen(self, seen: Observation) -> Action:
        """Return the action of the next call; the end of the run when nothing usable is said any more."""
        called, why = self._unanswered(seen.last, seen), ""
        for _ in range(MOST_IN_VAIN):
            try:
                called = called or self._next(seen)
                return self._action(called)
            except LlmUnusable as fault:
                why = str(fault)
                break
            except UsageError as refusal:  # the call spells no action; the model reads why
                assert called
                why = f"{self._llm.name('planner')} called no tool that there is: {refusal}"
                self._book.add(ToolResult(at=called.at, text=f"refused: {refusal}"))
                called = None
        return Finish(experiment=seen.best, gave_up=why)

    def _unanswered(self, last: Outcome | None, seen: Observation) -> Called | None:
        """Note what came of the latest call; return it if it was not carried out yet, as after a kill."""
        notes = self._book.notes()
        called = notes[-1] if notes else None
        if not isinstance(called, Called):
            return None
        if last is None or last.number <= called.after:
            return called
        self._book.add(ToolResult(at=called.at, text=result_of(last, seen)))
        return None

    def _next(self, seen: Observation) -> Called:
        """Return the next call.

        Raises:
            LlmUnusable: nothing usable is said any more.
        """
        at = 1 + sum(isinstance(note, Called) for note in self._book.notes())
        for attempt in range(MOST_IN_VAIN):
            purpose = f"call/{at}" if not attempt else f"call/{at}/again-{attempt}"
            try:
                ask = Ask(purpose=purpose, messages=self._messages(seen), schema_name="call")
                reply = self._llm.ask_for(ask, Call)
            except LlmUnusable:
                if attempt + 1 == MOST_IN_VAIN:
                    raise
                continue
            called = Called(
                at=at,
                thought=cut(reply.thought, 600),
                tool=reply.tool,
                command=reply.command,
                name=reply.name,
                data=reply.data_py,
                train=reply.train_yaml,
                after=seen.last.number if seen.last else 0,
            )
            self._book.add(called)
            return called
        raise AssertionError("the last attempt returns or raises")

    def _messages(self, seen: Observation) -> tuple[Message, ...]:
        made = _environment()
        task = made.get_template("task.md.j2").render(
            **setting(seen),
            told=self._told(),
            best=seen.best,
            options=list(TrainConfig.model_fields),
        )
        return (
            Message(role="system", content=made.get_template("prompt.md.j2").render().strip()),
            Message(role="user", content=task.strip()),
        )

    def _told(self) -> list[str]:
        """Return the calls so far: the latest whole, those before as a line, the oldest not at all."""
        notes = self._book.notes()
        results = {note.at: note.text for note in notes if isinstance(note, ToolResult)}
        calls = [note for note in notes if isinstance(note, Called)]
        told = [f"... {len(calls) - LINES} earlier calls ..."] if len(calls) > LINES else []
        above: dict[str, int] = {}
        for call in calls[-LINES:]:
            whole = call.at > len(calls) - WHOLE
            told.append(_shown(call, results.get(call.at, ""), whole=whole, above=above))
            for text in (call.data, call.train) if whole else ():
                above.setdefault(text, call.at)
        return told

    def _action(self, called: Called) -> Action:
        """Return the action that a call spells.

        Raises:
            UsageError: it spells none.
        """
        match called.tool:
            case "look":
                look = parse_look(called.name)
                return replace(look, train=called.train) if look.what == "fits" else look
            case "shell":
                return parse_action("shell", {"command": called.command})
            case "merge":
                *parents, method = called.name.split() or [""]
                return parse_action("merge", {"parents": parents, "method": method})
            case "finish":
                return parse_action("finish", {"experiment": called.name or BASE})
            case _:
                return parse_action(called.tool, self._texts(called))

    def _texts(self, called: Called) -> dict[str, str]:
        """Return the files of a call; those that are empty are the latest that were handed in."""
        calls = [
            note
            for note in self._book.notes()
            if isinstance(note, Called) and note.at <= called.at and note.tool in {"check", "train"}
        ]
        data = next((note.data for note in reversed(calls) if note.data.strip()), "")
        train = next((note.train for note in reversed(calls) if note.train.strip()), "")
        plan = PLAN.format(at=called.at, thought=called.thought.strip() or "no reason given")
        return {"plan": plan, "data": data, "train": train}


def _shown(
    call: Called, result: str, *, whole: bool, above: Mapping[str, int] = MappingProxyType({})
) -> str:
    """Return a call with its result; a file that an earlier call shows already (``above``) is only named."""
    if not whole:
        line = " ".join(f"{call.tool} {call.name or call.command}: {result}".split())
        return f"[{call.at}] {cut(line, SHORT)}"
    files = "".join(
        f"\n{name}: as in call {above[text]}"
        if text in above
        else f"\n{name}:\n{fenced(cut(text, 4000))}"
        for name, text in (("data.py", call.data), ("train.yaml", call.train))
        if text.strip()
    )
    asked = f"{call.tool} {call.name or cut(call.command, 1500)}".strip()
    return f"[{call.at}] {call.thought}\n{asked}{files}\nResult:\n{fenced(result)}"


@cache
def _environment() -> "Environment":
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    def text(name: str) -> str:
        return resources.files("ftdojo.agents.react").joinpath(name).read_text("utf8")

    return SandboxedEnvironment(
        loader=FunctionLoader(text),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # plain text for a model, not HTML
    )
