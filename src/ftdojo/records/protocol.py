"""The waist of the package: what an agent may do, what it sees, and what a step returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args, runtime_checkable

from ftdojo.records.budget import Budget, Outlook, Spend
from ftdojo.records.experiments import BASE, Experiment, Submission
from ftdojo.records.feedback import CheckReport, EvaluationReport, Failure, Quantiles
from ftdojo.records.guidance import Guidance

LookKind = Literal[
    "source",
    "experiment",
    "rows",
    "predictions",
    "losses",
    "likelihood",
    "agreement",
    "fits",
    "ledger",
]
LOOKS: tuple[LookKind, ...] = get_args(LookKind)


@dataclass(frozen=True, kw_only=True)
class Look:
    """Look something up; recorded, and free of charge but for what is measured.

    ``what``: ``source`` (raw rows of source ``name``), ``experiment`` (its files), ``rows`` (the training rows that its
    script built), ``predictions`` (outputs of experiment ``name`` to the validation items that are shown, as far as the
    task shows them; with ``only="wrong"``, the wrong ones), ``ledger``.

    Measured, which takes wall time once: ``losses`` (the loss of each row of ``SOURCE[@EXPERIMENT][:ROWS]``, a source as
    training rows or the rows that an experiment's script built, under the base or an experiment's weights); ``likelihood``
    (how likely the validation gold answers are to experiment ``name``, or the base, after its own working: a mean, which is
    a validation query); ``agreement`` (which sources ask alike, and how often they answer differently; of source ``name``
    only, if there is one); ``fits`` (seconds and memory of a planned training: ``name`` is ``ROWSxTOKENS``, or a source or an
    experiment for rows like its own, with ``:ROWS`` for how many; ``train`` is the text of its ``train.yaml``).
    """

    what: LookKind
    name: str = ""
    offset: int = 0
    limit: int = 20
    only: Literal["all", "wrong"] = "all"
    train: str = ""
    verb: Literal["look"] = field(default="look", repr=False)


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Run a shell command in the sandbox, with the raw sources at ``/data``; costs wall time and nothing else.

    ``wall_s`` is at most 120. The outcome's ``found`` then holds one entry: ``exit_code``, ``ended``, ``seconds``, ``output``.
    """

    command: str
    wall_s: float = 60.0
    verb: Literal["shell"] = field(default="shell", repr=False)


@dataclass(frozen=True, kw_only=True)
class Check:
    """Run the check only, stage by stage."""

    submission: Submission
    verb: Literal["check"] = field(default="check", repr=False)


@dataclass(frozen=True, kw_only=True)
class Train:
    """Run the check, then train and validate.

    ``validate_items`` scores only that many validation items, always the same ones: cheaper, and a rougher verdict.
    None scores all.
    """

    submission: Submission
    validate_items: int | None = None
    verb: Literal["train"] = field(default="train", repr=False)


MergeMethod = Literal["linear", "ties", "dare_ties", "slerp"]


@dataclass(frozen=True, kw_only=True)
class Merge:
    """Merge the weights of two or more experiments into one, and validate it: an experiment without training.

    ``weights`` are the shares of ``parents``, positive numbers that are scaled to a sum of 1; equal where left out. ``density``
    (0 to 1) is the share of each parent's changes that ``ties`` and ``dare_ties`` keep; ``slerp`` takes two parents.
    What the methods do is in ``ftdojo.training.merging``.
    """

    parents: tuple[str, ...]
    method: MergeMethod = "linear"
    weights: tuple[float, ...] = ()
    density: float = 0.5
    verb: Literal["merge"] = field(default="merge", repr=False)

    @property
    def shares(self) -> tuple[float, ...]:
        """Return the weight of each parent."""
        return self.weights or (1.0,) * len(self.parents)

    @property
    def submission(self) -> Submission:
        """Return what stands for it among the experiments: a plan that says what is merged, and nothing to run."""
        shares = ", ".join(
            f"{name} ({share:g})" for name, share in zip(self.parents, self.shares, strict=True)
        )
        dense = f", density {self.density:g}" if "ties" in self.method else ""
        return Submission(plan=f"Merge {shares} by {self.method}{dense}.\n", data="", train="")


@dataclass(frozen=True, kw_only=True)
class Finish:
    """Choose one experiment, or ``base``; the test is scored, once, and the episode ends.

    ``gave_up`` says in one line why an agent that had more to do ends early, such as a language model that says nothing
    usable; "" for one that is done.
    """

    experiment: str = BASE
    gave_up: str = ""
    verb: Literal["finish"] = field(default="finish", repr=False)


Action = Look | Shell | Check | Train | Merge | Finish
"""What an agent may do. ``verb`` says which it is where an action is written down (see ``grammar``); leave it as it is."""


@dataclass(frozen=True, kw_only=True)
class TaskCard:
    """The task as an agent reads it; nothing that decides the score is left out."""

    name: str
    version: int
    domain: str
    summary: str
    answer_format: str
    system: str
    template: str
    metric: str
    direction: str
    unit: str
    max_new_tokens: int
    stop: tuple[str, ...]
    decoding: str
    validation_items: int
    detectable: float
    """The smallest true difference in the metric that the items which decide show four times in five."""
    aggregate: str = "mean"
    """How items make up the score, in words."""
    secondary: Mapping[str, str] = field(default_factory=dict)
    """What is measured beside the metric, one sentence each; it decides nothing."""
    slices: Mapping[str, str] = field(default_factory=dict)
    """By what the score is also given in parts, and what the parts are."""
    shown_items: int = 0
    """Of the validation items, so many are shown to agents; the others decide verdicts and choices."""


@dataclass(frozen=True, kw_only=True)
class SourceCard:
    """One raw source. ``path`` is where a data script finds it; ``words`` counts words of question and answer.

    ``hub_id`` and ``revision`` are those of the published data set behind it, if there is one, and ``origin`` where
    its rows came from: ``made here``, ``mirror`` or ``hub``. ``warning`` says what the licence forbids.
    """

    name: str
    summary: str
    licence: str
    rows: int
    bytes: int
    fields: Mapping[str, str]
    prompt_field: str
    response_field: str
    notes: str
    path: str
    words: Quantiles
    duplicate_share: float
    samples: tuple[Mapping[str, Any], ...]
    digest: str
    hub_id: str = ""
    revision: str = ""
    origin: str = "made here"
    commercial: bool = True
    warning: str = ""
    characters: Quantiles | None = None
    tokens: Quantiles | None = None
    total_tokens: int = 0
    tokens_by: str = ""
    """Whose tokens they are, or how they were estimated."""
    near_duplicate_share: float | None = None
    """Of different rows: those that share four in five of their runs of three words with an earlier one."""
    missing_answers: float = 0.0
    """Share of rows whose answer is empty."""
    scripts: Mapping[str, float] = field(default_factory=dict)
    """Script that most letters of a row belong to (Latin, Han, Cyrillic, other, none) -> share of rows."""
    measured_on: str = ""
    """Which of these figures are not of all rows."""
    prompt_template: str = ""
    response_template: str = ""
    """How a raw row becomes a question, and an answer that the task's scorer reads, as ``{field}`` in text."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """The base model, pinned by the digest of everything that changes an output (``models.LocalModel.identity``).

    ``chat_template``: rows and questions reach it through one, its own or the one put on.
    """

    name: str
    digest: str
    params: int
    dtype: str
    context: int
    licence: str
    chat_template: bool


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where the run happens.

    ``sandbox`` is the tier in force; ``number_format`` is what the base model is held and trained in (``bfloat16`` or
    ``float32``), or "" in a record that is older than it. ``device_name`` and ``device_bytes`` are the GPU's name and
    memory, "" and 0 where there is none.
    """

    cpu: str
    cores: int
    memory_bytes: int
    device: str
    sandbox: str
    python: str
    versions: Mapping[str, str] = field(default_factory=dict)
    number_format: str = ""
    device_name: str = ""
    device_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An action that was taken, and what came of it.

    ``number`` counts the actions of a run from 1; ``seconds`` is the wall time the action took, without the final evaluation.
    ``notice`` says in one line why the action was refused; it then changed nothing. "" where it was carried out.
    ``experiment`` is the id of the experiment that a ``Train`` or ``Merge`` became.
    """

    action: Action
    number: int = 0
    seconds: float = 0.0
    notice: str = ""
    experiment: str = ""
    found: tuple[Mapping[str, Any], ...] = ()
    """The answer to a ``Look`` or ``Shell``."""
    digest: str = ""
    """SHA-256 of what was found, by which a page that the record leaves out can be told; "" where nothing was."""
    checked: CheckReport | None = None
    """What the checks of a ``Check`` or ``Train`` measured."""
    failure: Failure | None = None
    """How a ``Check`` or ``Train`` failed; None if it did not."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """All an agent knows.

    ``best`` is an experiment's id or ``base``; ``last`` is the last action that was taken in this run and what came of
    it, also after a restart, and None before the first.
    """

    task: TaskCard
    sources: tuple[SourceCard, ...]
    model: ModelCard
    machine: Machine
    budget: Budget
    spent: Spend
    outlook: Outlook
    base: EvaluationReport
    experiments: tuple[Experiment, ...]
    best: str
    seed: int
    last: Outcome | None = None
    guidance: tuple[Guidance, ...] = ()
    """What a person said to the run, in order. An experiment that breaks a condition of it is neither best nor chosen."""

    @property
    def found(self) -> tuple[Mapping[str, Any], ...]:
        """Return the answer to the last action, if it was a ``Look`` or ``Shell``."""
        return self.last.found if self.last else ()

    @property
    def checked(self) -> CheckReport | None:
        """Return what the checks measured, if the last action was a ``Check`` or ``Train``."""
        return self.last.checked if self.last else None

    @property
    def failure(self) -> Failure | None:
        """Return how the last action failed, if it was a ``Check`` or ``Train`` that did."""
        return self.last.failure if self.last else None

    def experiment(self, name: str) -> Experiment | None:
        """Return the experiment called ``name``, or None."""
        return next((each for each in self.experiments if each.id == name), None)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one action led to; ``observation.last`` says it for the action itself.

    ``terminated``: the agent finished. ``truncated``: a limit, named in ``stopped_by``, was reached first, and the
    best validated experiment was finished for the agent. ``reward`` is the gain of the chosen model over the base on
    the test, in the metric's unit and positive when better; it is paid once.
    """

    observation: Observation
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    stopped_by: str | None = None

    @property
    def notice(self) -> str:
        """Return why the action was refused and so changed nothing; "" if it was carried out."""
        return self.observation.last.notice if self.observation.last else ""


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One step of a run as it is on record: the action with its outcome, and what the observation after it had new.

    With the experiments, which the record has one by one, and what does not change in a run, that is the observation.
    ``experiments`` is how many had ended. The rest is as in ``Step``.
    """

    outcome: Outcome
    experiments: int
    best: str
    spent: Spend
    outlook: Outlook
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    stopped_by: str | None = None


class Agent(Protocol):
    """Chooses the next action. ``play`` calls ``act`` once a step; an agent raises nothing and closes nothing.

    An agent that wants to know how it ended has a method ``ended(observation)`` too (``Attentive``).
    """

    name: str

    def act(self, observation: Observation) -> Action:
        """Return the next action; equal observations should give equal actions."""
        ...


@runtime_checkable
class Attentive(Protocol):
    """An agent that is told the end: the run has its result, finished by the agent or by a limit."""

    def ended(self, observation: Observation) -> None:
        """Take note of the last observation; nothing can be done any more, and nothing may be asked of a model."""
        ...
