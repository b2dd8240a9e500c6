"""What FT-Agent says to a language model, and the forms that replies take.

Prompts are Jinja2 files. Only our own files are templates; what an agent, a model or a row wrote is only ever filled in.
Forms are flat and without defaults: strict JSON schemas allow no other.
"""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ftdojo.agents.showing import fenced, line
from ftdojo.records import Message

if TYPE_CHECKING:
    from jinja2 import Environment


def prompt(name: str, **values: Any) -> tuple[Message, ...]:
    """Return the system turn and the user turn ``name`` as the files ``system.md.j2`` and ``<name>.md.j2`` make them.

    ``fits`` are sentences on what the time left buys; with ``lean`` the raw sources are left out.
    """
    made, values = _environment(), {"fits": (), "lean": False} | values
    return (
        Message(role="system", content=made.get_template("system.md.j2").render(**values).strip()),
        Message(role="user", content=made.get_template(f"{name}.md.j2").render(**values).strip()),
    )


@cache
def _environment() -> "Environment":
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    made = SandboxedEnvironment(
        loader=FunctionLoader(_text),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown for a model, not HTML
    )
    made.filters |= {"fenced": fenced, "line": line}
    return made


def _text(name: str) -> str:
    return (resources.files("ftdojo.agents.ft_agent") / "prompts" / name).read_text("utf8")


MOST = 1e12
"""A larger prediction is a slip, and no plan could be handed in with it."""
Change = Literal["data", "training", "both"]


class Form(BaseModel):
    """A reply; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class PlanFields(Form):
    """Data and training as one hypothesis."""

    hypothesis: str = Field(
        min_length=1, description="Why the change should raise the score: one or two sentences."
    )
    data_change: str = Field(
        description="What changes in the rows against the parent; empty if nothing."
    )
    training_change: str = Field(
        description="What changes in train.yaml against the parent; empty if nothing."
    )
    kept: str = Field(description="What stays as in the parent.")
    changes: Change = Field(
        description="Which of the two changes; 'both' only where one alone makes no sense. More rows with the steps that "
        "they need are 'data'."
    )
    reuse_data: bool = Field(description="Use the parent's data.py as it is.")
    exploring: bool = Field(
        description="True if the aim is to learn something rather than to win at once."
    )
    predicted_score: float = Field(
        ge=-MOST, le=MOST, description="The validation score you expect, in the metric's unit."
    )
    predicted_seconds: float = Field(
        ge=0, le=MOST, description="Seconds that training and validation will take."
    )


class MayFinish(Form):
    """The choice to stop, once something was scored."""

    finish: bool = Field(
        description="True to end the run with the best so far, because nothing that fits into the time can win: say why as "
        "the hypothesis, and leave the files empty."
    )


class Revision(Form):
    """The plan as it stands after a repair."""

    data_change: str = Field(
        description="What now changes in the rows against the parent, after the repair."
    )
    training_change: str = Field(
        description="What now changes in train.yaml against the parent, after the repair."
    )
    predicted_score: float = Field(
        ge=-MOST, le=MOST, description="The validation score you expect of it now."
    )
    predicted_seconds: float = Field(
        ge=0, le=MOST, description="Seconds that training and validation will take now."
    )


class Edit(Form):
    """One replacement in a file of the parent."""

    file: Literal["data.py", "train.yaml"]
    find: str = Field(min_length=1, description="A text that occurs exactly once in the file.")
    replace: str


class FilesReply(Form):
    """A submission, as whole files or as edits."""

    data_py: str = Field(description="The whole data.py; empty to start from the earlier one.")
    train_yaml: str = Field(
        description="The whole train.yaml; empty to start from the earlier one."
    )
    edits: list[Edit] = Field(description="Applied in order to the files as they stand then.")
    note: str = Field(description="One sentence: what was done.")


class PlanReply(FilesReply, PlanFields):
    """One experiment, planned and written."""


class LaterPlanReply(PlanReply, MayFinish):
    """The same, once an experiment was scored."""


class ChosenPlanReply(LaterPlanReply):
    """The same, after designs were compared."""

    build_on: str = Field(description="The design to build on, by the id of its short training.")


class SingleFactorReply(LaterPlanReply):
    """The same, when the last compound change did harm: one thing at a time, so that its effect can be told."""

    changes: Literal["data", "training"] = Field(
        description="The one that changes; the other stays as it is. More rows with the steps that they need are 'data'."
    )


class RepairReply(FilesReply, Revision):
    """Files that fix what failed, and the plan that they carry out."""


class ReadingReply(Form):
    """What an experiment taught."""

    diagnosis: str = Field(
        min_length=1, description="What the model does wrong now and why, from the findings."
    )
    evidence: str = Field(description="The findings that carry the diagnosis.")
    confidence: float = Field(ge=0, le=1)
    attribution: Literal["data", "training", "both", "unclear"] = Field(
        description="Which change the effect comes from."
    )
    lesson: str = Field(
        min_length=1,
        description="One rule for later experiments, in one sentence of at most 40 words, without quoting items.",
    )


class LookStep(Form):
    """One look around."""

    tool: Literal["shell", "look"]
    command: str = Field(
        min_length=1,
        description="For shell: a command for sh. For look: what to look at, such as source NAME, or predictions base; an offset and a limit may follow.",
    )


class JudgedSource(Form):
    """What a raw source is worth."""

    name: str
    quality: str = Field(
        description="What share of its rows is right, in which form they are, and what is wrong with the others."
    )
    verified: str = Field(description="How that was verified, with counts; or that it was not.")


class ScoutReply(Form):
    """Either further looks, or what was found."""

    thought: str = Field(description="What is to be found out next, or what is clear now.")
    steps: list[LookStep] = Field(
        description="Further looks, carried out in order; empty once the dossier is written."
    )
    sources: list[JudgedSource] = Field(description="The dossier: every source. Empty meanwhile.")
    combine: str = Field(
        description="The dossier: what a script can recompute, verify, relabel, generate or combine, and how. Empty meanwhile."
    )
    base_faults: str = Field(
        description="The dossier: what the base model does wrong, by kind. Empty meanwhile."
    )
    answer: str = Field(
        description="The dossier: what a worked answer should look like, piece by piece, so that each piece is easy to write "
        "given those before it and the whole stays within the cap on tokens. Empty meanwhile."
    )


class RowDesign(Form):
    """One way to build training rows."""

    idea: str = Field(
        min_length=1,
        description="What the model is to write on the way to the answer, and why each step is easy.",
    )
    rows: str = Field(description="Which rows, of which sources, verified or made how.")
    predicted_score: float = Field(
        ge=-MOST, le=MOST, description="The validation score you expect after a whole training."
    )
    data_py: str = Field(min_length=1, description="The whole data.py.")


class DesignReply(Form):
    """Ways to build training rows that differ in what the model has to write."""

    designs: list[RowDesign] = Field(min_length=1)
    train_yaml: str = Field(description="The train.yaml that all of them share.")
