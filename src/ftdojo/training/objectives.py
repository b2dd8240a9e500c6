"""What a training learns from its rows: the seam behind which another objective fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ftdojo.errors import SubmissionRefused
from ftdojo.records import Message
from ftdojo.registry import Registry
from ftdojo.submissions import Row, TrainConfig, conversation
from ftdojo.training.encode import Encoded, encode

if TYPE_CHECKING:  # checks read rows without torch
    from torch import Tensor

    from ftdojo.training.forward import Batch


@dataclass(frozen=True, kw_only=True)
class BatchLoss:
    """The loss of a batch: ``value`` (0-d, with gradient) is the sum over its ``terms``.

    ``figures`` are further sums over the terms (0-d, without gradient) by the name that their mean is shown under.
    """

    value: "Tensor"
    terms: int
    figures: "Mapping[str, Tensor]" = field(default_factory=dict)


class Objective(Protocol):
    """How a row is read, which of its texts are looked at, how it is encoded, and its loss.

    An objective has no state; ``ftdojo.testing.contracts.ObjectiveContract`` is the promise as tests.
    """

    def identity(self) -> tuple[str, ...]:
        """Return what weights depend on beside rows and configuration: a name, a version. Part of their cache key."""
        ...

    def read(self, entry: Mapping[str, Any]) -> Row:
        """Return one JSON object of the row file as a row (``Row`` or a subclass).

        Raises:
            ShapeError: it cannot be trained on; the text says what to write instead.
        """
        ...

    def conversations(self, row: Row) -> Iterable[Sequence[Message]]:
        """Return every text of the row that may teach, as conversations.

        The contamination gate and the duplicate finder look at each of them, so nothing that is learnt may be missing.
        """
        ...

    def answer(self, row: Row) -> str | None:
        """Return what the row teaches to answer, which the task's scorer must be able to read; None if it is no answer."""
        ...

    def encode(self, tokenizer: Any, row: Row, config: TrainConfig) -> Encoded:
        """Return the row as token ids, cut at ``config.max_length``, and which of them carry loss."""
        ...

    def loss(self, model: Any, batch: "Batch", config: TrainConfig) -> BatchLoss:
        """Return the summed loss of a batch, whose terms are those of its rows (``Encoded.terms``)."""
        ...


@runtime_checkable
class Referring(Protocol):
    """An objective that compares with the weights as they were before the first step."""

    def referred(
        self, model: Any, rows: Sequence[Encoded], *, size: int, share: bool
    ) -> list[Encoded]:
        """Return ``rows``, in batches of ``size``, with what ``model`` makes of them before it is trained."""
        ...


class Sft:
    """Supervised fine-tuning: the negative log-likelihood of answers, in nats per token."""

    def identity(self) -> tuple[str, ...]:
        """Return its name and version."""
        return ("sft", "2")

    def read(self, entry: Mapping[str, Any]) -> Row:
        """Read any of the known shapes."""
        return conversation(entry)

    def conversations(self, row: Row) -> Iterable[Sequence[Message]]:
        """Return the one conversation."""
        return (row.messages,)

    def answer(self, row: Row) -> str | None:
        """Return the last turn."""
        return row.messages[-1]["content"]

    def encode(self, tokenizer: Any, row: Row, config: TrainConfig) -> Encoded:
        """Let the last answer carry loss, or every token if ``completion_only_loss`` is off.

        Raises:
            SubmissionRefused: every token is to, and the row says of a turn that it is not to be learnt.
        """
        if row.masked and not config.completion_only_loss:
            raise SubmissionRefused(
                "a turn is marked as not to be learnt, and completion_only_loss: false learns every token; take one of "
                "them back."
            )
        return encode(
            tokenizer,
            row.messages,
            max_length=config.max_length,
            completion_only=config.completion_only_loss,
        )

    def loss(self, model: Any, batch: "Batch", config: TrainConfig) -> BatchLoss:
        """Return the summed negative log-likelihood of labelled tokens, and their number."""
        from ftdojo.training.forward import loss_sum

        value, terms = loss_sum(model, batch)
        return BatchLoss(value=value, terms=terms)


SFT = Sft()
objectives: Registry[Objective] = Registry(
    "objective",
    {
        "sft": "ftdojo.training.objectives:SFT",
        "dpo": "ftdojo.training.preferences:DPO",
        "orpo": "ftdojo.training.preferences:ORPO",
    },
)
"""Name -> the objective. ``train.yaml`` takes names only; ``ftdojo run --objective`` takes ``module:attribute`` as well."""


def objective_of(config: TrainConfig) -> Objective:
    """Return the objective of a configuration; one that names none is supervised.

    Raises:
        UnknownName: there is none of that name.
    """
    return objectives.get(config.objective or "sft")
