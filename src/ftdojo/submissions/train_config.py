"""How to train, as an agent writes it: the names are those of TRL, PEFT and transformers.

The model is the single source of defaults, ranges and documentation; the error messages and the table for prompts are
made from it (``train_file.py``). Where the three libraries have no word (``start_from``, ``eval_share``) the dojo adds one.
"""

from math import ceil
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

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
