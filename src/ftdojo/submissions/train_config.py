"""How to train, as an agent writes it: the names are those of TRL, PEFT and transformers.

The model is the single source of defaults, ranges and documentation; the error messages and the table for prompts are
made from it. Where the three libraries have no word (``start_from``, ``eval_share``) the dojo adds one.
"""

from collections.abc import Mapping
from math import ceil
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from ftdojo.records import Failure, FailureKind, Stage
from ftdojo.submissions.dialects import IGNORED, about_unknown
from ftdojo.submissions.strict_yaml import YamlFault, read_mapping, write_mapping
from ftdojo.submissions.texts import short

MAX_BATCH_ROWS = 1024
"""Most rows an optimizer step may see: batch size times accumulation."""
MAX_SEED = 2**32 - 1
_LORA_PLACES = frozenset({"target_modules", "layers_to_transform"})
LORA_FIELDS = _LORA_PLACES | {"r", "lora_alpha", "lora_dropout", "use_rslora", "use_dora"}
"""Fields that mean nothing when every weight is trained."""
ADAPTER_FIELDS = LORA_FIELDS - {"lora_dropout"}
"""Fields that an adapter is made by: one that training goes on from has its own."""
DPO_FIELDS = frozenset({"loss_type", "rpo_alpha", "label_smoothing"})
"""Fields that mean nothing without ``objective: dpo``."""
PAIRS = frozenset({"dpo", "orpo"})
"""Objectives that learn from pairs of answers."""
EVAL_FIELDS = frozenset({"eval_steps", "early_stopping_patience", "early_stopping_threshold"})
"""Fields that mean nothing without an eval split."""


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("true and false are not numbers")
    return value


def _whole_from_one(value: float) -> float:
    if value >= 1 and value != int(value):
        raise ValueError("from 1 on it counts steps")
    return value


Whole = Annotated[int, BeforeValidator(_no_bool)]
Number = Annotated[float, BeforeValidator(_no_bool)]
ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,128}$")]
ObjectiveName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{0,100}$")]
ModuleNames = Annotated[tuple[ModuleName, ...], Field(min_length=1, max_length=64)]
StartName = Annotated[str, Field(pattern=r"^(base|e[1-9][0-9]{0,5})$")]
Blocks = Annotated[tuple[Annotated[Whole, Field(ge=0, le=999)], ...], Field(min_length=1)]
Steps = Annotated[Number, AfterValidator(_whole_from_one)]


def _default_rate(given: dict[str, Any]) -> float:
    highest = 2e-5 if given.get("objective") in PAIRS else 2e-4
    return highest / 10 if given.get("method") == "full" else highest


class TrainConfig(BaseModel):
    """One training, resolved and checked.

    Frozen. ``model_copy(update=...)`` checks nothing: to change a field, build a new config from the fields that were
    set (``model_dump(exclude_unset=True)``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: Literal["lora", "full"] = Field(
        "lora", description="Train a LoRA adapter, or every weight."
    )
    objective: ObjectiveName = Field(
        "",
        description="What the rows teach and how: sft learns answers; dpo and orpo learn from pairs to prefer one answer; a "
        "plugin may register more; the run's if left out.",
        json_schema_extra={
            "allowed": "sft, dpo, orpo, or the name of a plugin's",
            "default_text": "the run's, sft",
        },
    )
    start_from: StartName = Field(
        "base",
        description="The experiment whose weights training goes on from; what made its adapter (r to use_dora) then holds "
        "here too.",
        json_schema_extra={"allowed": "base, or an earlier experiment such as e3"},
    )
    beta: Number = Field(
        0.1,
        gt=0,
        le=10,
        description="DPO: how dear it is to move away from the weights before training. ORPO: weight of the odds ratio.",
    )
    loss_type: Literal["sigmoid", "hinge", "ipo", "robust"] = Field(
        "sigmoid", description="DPO: the loss of a pair, as TRL names it."
    )
    rpo_alpha: Number | None = Field(
        None,
        gt=0,
        le=100,
        description="DPO: weight of the chosen answers' loss per token beside it (in later TRL: loss_type [.., sft] with "
        "loss_weights [1, rpo_alpha]); keeps them likely; off if left out.",
        json_schema_extra={"allowed": "a number above 0, at most 100"},
    )
    label_smoothing: Number = Field(
        0.0,
        ge=0,
        lt=0.5,
        description="DPO, loss_type robust: share of pairs that are the wrong way round.",
    )
    r: Whole = Field(16, ge=1, le=256, description="LoRA: rank of the adapter.")
    lora_alpha: Whole = Field(
        32,
        ge=1,
        le=1024,
        description="LoRA: the update is scaled by lora_alpha / r (/ sqrt(r) with use_rslora).",
    )
    lora_dropout: Number = Field(
        0.0, ge=0, lt=1, description="LoRA: share of adapter inputs dropped."
    )
    target_modules: Literal["all-linear"] | ModuleNames = Field(
        "all-linear",
        description="LoRA: which linear layers are adapted.",
        json_schema_extra={"allowed": "all-linear or a list of names such as [q_proj, v_proj]"},
    )
    layers_to_transform: Blocks | None = Field(
        None,
        description="LoRA: adapt only these blocks, counted from 0; every block if left out.",
        json_schema_extra={"allowed": "a list of whole numbers from 0 such as [0, 1, 2]"},
    )
    use_rslora: bool = Field(False, description="LoRA: rank-stabilised scaling.")
    use_dora: bool = Field(
        False, description="LoRA: weight-decomposed update; slower, at times better at low rank."
    )

    learning_rate: Number = Field(
        default_factory=_default_rate,
        gt=0,
        le=0.1,
        description="Peak learning rate of AdamW.",
        json_schema_extra={
            "default_text": "2e-4 (lora), 2e-5 (full); for dpo and orpo 2e-5 (lora), 2e-6 (full)"
        },
    )
    lr_scheduler_type: Literal[
        "linear", "cosine", "constant", "constant_with_warmup", "inverse_sqrt"
    ] = Field("linear", description="Course of the learning rate after warm-up.")
    warmup_steps: Steps = Field(
        0.03,
        ge=0,
        le=100_000,
        description="Optimizer steps of linear warm-up; below 1, their share of all steps.",
        json_schema_extra={"allowed": "a share below 1 or a whole number up to 100000"},
    )
    num_train_epochs: Number = Field(
        1.0, gt=0, le=100, description="Passes over the rows; may be a fraction."
    )
    max_steps: Whole = Field(
        -1,
        ge=-1,
        le=1_000_000,
        description="Optimizer steps; if positive it overrides num_train_epochs.",
        json_schema_extra={"allowed": "-1 (by epochs) or a whole number from 1 to 1000000"},
    )
    fit: Literal["refuse", "cut", "fill"] = Field(
        "refuse",
        description="A training too long for the time left is refused, or cut to the steps that fit; fill takes as many steps "
        "as fill that time.",
    )
    per_device_train_batch_size: Whole = Field(
        8, ge=1, le=256, description="Rows per forward pass."
    )
    gradient_accumulation_steps: Whole = Field(
        1, ge=1, le=256, description="Forward passes per optimizer step."
    )
    weight_decay: Number = Field(0.0, ge=0, le=1, description="AdamW's decoupled weight decay.")
    max_grad_norm: Number = Field(
        1.0, ge=0, le=1000, description="Gradients are clipped to this norm; 0 clips nothing."
    )
    adam_beta1: Number = Field(0.9, ge=0, lt=1, description="AdamW: decay of the first moment.")
    adam_beta2: Number = Field(0.999, ge=0, lt=1, description="AdamW: decay of the second moment.")
    adam_epsilon: Number = Field(1e-8, gt=0, le=0.01, description="AdamW: term for stability.")
    optim: Literal["adamw_torch"] = Field(
        "adamw_torch", description="The optimizer; fused by the dojo where the machine can."
    )

    max_length: Whole = Field(
        1024, ge=16, le=131_072, description="Tokens a row is cut to, chat template included."
    )
    packing: bool = Field(False, description="Join short rows up to max_length.")
    completion_only_loss: bool = Field(
        True, description="Loss on the last assistant turn only; false: on every token of the row."
    )
    neftune_noise_alpha: Number | None = Field(
        None,
        gt=0,
        le=50,
        description="NEFTune: noise on the embeddings; off if left out.",
        json_schema_extra={"allowed": "a number above 0, at most 50"},
    )
    gradient_checkpointing: bool = Field(
        False,
        description="Save memory by computing activations twice.",
        json_schema_extra={"default_text": "only where a step does not fit without"},
    )
    seed: Whole = Field(42, ge=0, le=MAX_SEED, description="Seed of weights, dropout and noise.")
    data_seed: Whole | None = Field(
        None,
        ge=0,
        le=MAX_SEED,
        description="Seed of the rows' order and the eval split; seed if left out.",
        json_schema_extra={"allowed": f"a whole number from 0 to {MAX_SEED}"},
    )

    eval_share: Number = Field(
        0.0,
        ge=0,
        le=0.5,
        description="Share of the rows kept back to measure the eval loss; above 0, the weights of its lowest are kept.",
    )
    eval_steps: Steps = Field(
        0.2,
        gt=0,
        le=100_000,
        description="Steps between two eval losses; below 1, as a share of all steps.",
        json_schema_extra={"allowed": "a share above 0 and below 1 or a whole number up to 100000"},
    )
    early_stopping_patience: Whole = Field(
        0,
        ge=0,
        le=100,
        description="Stop after this many eval losses in a row without a gain; 0 never stops.",
    )
    early_stopping_threshold: Number = Field(
        0.0, ge=0, le=10, description="The fall of the eval loss, in nats, that counts as a gain."
    )

    @property
    def batch_rows(self) -> int:
        """Return how many rows one optimizer step sees."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps

    def warmup(self, total_steps: int) -> int:
        """Return the optimizer steps of warm-up in a training of ``total_steps``."""
        return _resolved(self.warmup_steps, total_steps)

    def eval_every(self, total_steps: int) -> int:
        """Return the optimizer steps between two eval losses, at least 1."""
        return max(1, _resolved(self.eval_steps, total_steps))

    @property
    def learns_pairs(self) -> bool:
        """Return whether rows are pairs of answers of which one is to be preferred."""
        return self.objective in PAIRS

    def idle(self) -> dict[str, str]:
        """Return the fields that change nothing here, each with the reason."""
        why = self._idle_with_objective()
        if self.method == "full":
            why |= dict.fromkeys(LORA_FIELDS, "it means nothing with method: full")
        if self.lr_scheduler_type == "constant":
            why["warmup_steps"] = "constant has no warm-up, constant_with_warmup has"
        if not self.eval_share:
            why |= dict.fromkeys(EVAL_FIELDS, "it needs eval_share above 0")
        return why

    def _idle_with_objective(self) -> dict[str, str]:
        why: dict[str, str] = {}
        if self.objective != "dpo":
            why |= dict.fromkeys(DPO_FIELDS, "it needs objective: dpo")
        elif self.loss_type != "robust":
            why["label_smoothing"] = "it needs loss_type: robust"
        if not self.learns_pairs:
            return why | {"beta": "it needs objective: dpo or orpo"}
        why |= dict.fromkeys(
            ("completion_only_loss", "packing"),
            f"it means nothing with objective: {self.objective}",
        )
        return why | {"lora_dropout": "pairs are learnt without dropout, as TRL does by default"}

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        idle = self.idle()
        faults = [
            f"leave out {name}: {idle[name]}"
            for name in sorted(self.model_fields_set & idle.keys())
        ]
        if self.max_steps == 0:
            faults.append("max_steps 0 trains nothing; write -1 (by epochs) or a positive number")
        if self.layers_to_transform is not None and self.target_modules == "all-linear":
            faults.append("layers_to_transform needs target_modules as a list of names")
        if self.batch_rows > MAX_BATCH_ROWS:
            faults.append(
                f"per_device_train_batch_size * gradient_accumulation_steps is {self.batch_rows}, "
                f"at most {MAX_BATCH_ROWS} is allowed"
            )
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _resolved(steps: float, total_steps: int) -> int:
    return ceil(steps * total_steps) if steps < 1 else int(steps)


FILE = "train.yaml"
MAX_CLAUSES = 5


def read_train(text: str) -> TrainConfig | Failure:
    """Read the text of ``train.yaml``; an empty one means every default.

    Options that only decide what is logged are passed over (``about_ignored``).

    Returns:
        The config, or one failure whose message names up to ``MAX_CLAUSES`` faults, each with what would be right.
    """
    try:
        given = read_mapping(text)
    except YamlFault as fault:
        kind = FailureKind.SYNTAX if fault.syntax else FailureKind.SCHEMA
        return _failure(kind, [str(fault)])
    given = {name: value for name, value in given.items() if name not in IGNORED}
    fields = TrainConfig.model_fields
    unknown = [name for name in given if name not in fields]
    faults = [about_unknown(name, fields) for name in unknown[:MAX_CLAUSES]]
    faults += [""] * (len(unknown) - len(faults))  # counted, not shown
    try:
        config = TrainConfig.model_validate({k: v for k, v in given.items() if k in fields})
    except ValidationError as error:
        faults += _clauses(error, given)
        return _failure(FailureKind.SCHEMA, faults)
    return _failure(FailureKind.SCHEMA, faults) if faults else config


def about_ignored(text: str) -> tuple[str, ...]:
    """Return a sentence on the options of a ``train.yaml`` that can be read and that were passed over; none if all count."""
    names = [name for name in read_mapping(text) if name in IGNORED]
    said = f"{', '.join(names)} in {FILE} changes nothing: the dojo decides what is logged."
    return (said,) if names else ()


def write_train(config: TrainConfig) -> str:
    """Write every field that has an effect; ``read_train`` returns an equal config."""
    idle = config.idle()
    values = config.model_dump(mode="json", exclude_none=True)
    return write_mapping({name: value for name, value in values.items() if name not in idle})


def describe_train() -> str:
    """Return a Markdown table of every field: what it does, what it may be, its default."""
    lines = ["| field | meaning | allowed | default |", "|---|---|---|---|"]
    for name, spec in _specs().items():
        default = spec.get("default_text", _plain(spec.get("default")))
        lines.append(f"| `{name}` | {spec['description']} | {_allowed(spec)} | {default} |")
    return "\n".join(lines) + "\n"


def _failure(kind: FailureKind, faults: list[str]) -> Failure:
    shown, more = faults[:MAX_CLAUSES], len(faults) - MAX_CLAUSES
    if more > 0:
        shown.append(f"and {more} more")
    count = f"{FILE} has {len(faults)} faults: " if len(faults) > 1 else f"{FILE}: "
    return Failure(stage=Stage.STATIC, kind=kind, message=count + "; ".join(shown) + ".", file=FILE)


def _clauses(error: ValidationError, given: Mapping[str, Any]) -> list[str]:
    """Return one clause a field, in the order of the fields."""
    specs, clauses = _specs(), dict[str, str]()
    for detail in error.errors(include_url=False):
        if detail["type"] != "default_factory_not_called":
            name = str(detail["loc"][0]) if detail["loc"] else ""
            clauses[name] = _clause(name, detail, given, specs)
    return list(clauses.values())


def _clause(
    name: str, detail: ErrorDetails, given: Mapping[str, Any], specs: Mapping[str, Any]
) -> str:
    if not name:  # a rule between fields has its own message
        return str(detail["ctx"]["error"])
    return f"{name} is {short(given[name])}, it must be {_allowed(specs[name])}"


def _specs() -> dict[str, dict[str, Any]]:
    specs: dict[str, dict[str, Any]] = TrainConfig.model_json_schema()["properties"]
    return specs


def _allowed(spec: Mapping[str, Any]) -> str:
    """Return in words what a field may hold."""
    if "allowed" in spec:
        return str(spec["allowed"])
    if "enum" in spec:
        return " or ".join([", ".join(spec["enum"][:-1]), spec["enum"][-1]])
    if "const" in spec:
        return str(spec["const"])
    if spec["type"] == "boolean":
        return "true or false"
    kind = "a whole number" if spec["type"] == "integer" else "a number"
    return f"{kind} {_range(spec)}"


def _range(spec: Mapping[str, Any]) -> str:
    if "exclusiveMinimum" in spec:
        return f"above {spec['exclusiveMinimum']}, at most {spec['maximum']}"
    if "exclusiveMaximum" in spec:
        return f"from {spec['minimum']}, below {spec['exclusiveMaximum']}"
    return f"from {spec['minimum']} to {spec['maximum']}"


def _plain(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
