"""The trusted parts of one run, put together once and handed to every stage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ftdojo.checks import CheckContext
from ftdojo.dojo.meter import Meter
from ftdojo.errors import LlmError
from ftdojo.evaluation import Vault
from ftdojo.evaluation.engine import Engine
from ftdojo.llm import Ask, Llm
from ftdojo.models import LocalModel
from ftdojo.records import JudgeLost, Listener, Machine, Message, SourceCard, Task
from ftdojo.sources import StoredSource
from ftdojo.store import Cache, Ledger, RunFolder
from ftdojo.training.trainer import Trainer
from ftdojo.worker import Worker


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What every stage of a run works with."""

    task: Task
    model: LocalModel
    machine: Machine
    seed: int
    folder: RunFolder
    cache: Cache
    ledger: Ledger
    meter: Meter
    vault: Vault
    worker: Worker
    engine: Engine
    trainer: Trainer
    context: CheckContext
    stored: Mapping[str, StoredSource]
    cards: tuple[SourceCard, ...]
    scratch: Path
    emit: Listener
    llm: Llm | None = None

    @property
    def judge(self) -> Callable[[tuple[Message, ...]], str] | None:
        """What puts a question to the run's judge; None unless the run asked for one. An equal question is asked once."""
        return self._judged if self.llm and self.folder.config.spec.judge else None

    def _judged(self, messages: tuple[Message, ...]) -> str:
        assert self.llm
        named = sha256("\n".join(turn["content"] for turn in messages).encode()).hexdigest()
        ask = Ask(purpose=f"judge/{named}", messages=messages, role="judge", max_tokens=1024)
        try:
            return self.llm.ask(ask).text
        except LlmError as error:  # a lost judge leaves the rule's word, and says so
            self.emit(JudgeLost(message=str(error)))
            return ""
