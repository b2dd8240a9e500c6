"""Every request of a run to language models goes through ``Llm``: caps, record, price, form."""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from ftdojo.errors import LlmUnusable
from ftdojo.llm import forms
from ftdojo.llm.patience import ALONE, Waiting
from ftdojo.llm.record import Exchange, Exchanges, digest_of, redact
from ftdojo.llm.types import Ask, ChatModel, Reply
from ftdojo.records import Message, Role

if TYPE_CHECKING:
    from pydantic import BaseModel

T = TypeVar("T", bound="BaseModel")


class Llm:
    """Sends requests to models on behalf of one run. Threads may share it: different requests run at once.

    Args:
        models: which model answers for which role; a role without one is the planner's.
        exchanges: the run's record; a request that is on it is not sent again.
        charge: gets every new exchange, once, after it is on the disk.
        allow: is called before anything is sent; raises ``LlmBudget`` when a cap is reached.
        waiting: how much time the run has left, and where to show that a reply is waited for.
    """

    def __init__(
        self,
        models: Mapping[Role, ChatModel],
        *,
        exchanges: Exchanges,
        charge: Callable[[Exchange], None],
        allow: Callable[[], None],
        waiting: Waiting = ALONE,
    ) -> None:
        self._models, self._exchanges = models, exchanges
        self._charge, self._allow, self._waiting = charge, allow, waiting
        self._lock = threading.Lock()
        self._asking: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def name(self, role: Role) -> str:
        """Return the ``provider/model`` that answers for ``role``."""
        return self._model(role).name

    def ask(self, ask: Ask) -> Reply:
        """Return the reply to ``ask``: from the record, free of charge, if its purpose is on it; else by its role's model.

        A reply that was refused or cut is returned as such (``Reply.finish``). What is returned is what is recorded:
        without keys.

        Raises:
            LlmBudget: a cap is reached; nothing was sent.
            LlmError: no reply can be obtained.
        """
        with self._turn(ask.purpose):
            known = self._exchanges.find(ask.purpose)
            if known is not None:
                return known
            self._allow()
            model = self._model(ask.role)
            reply = _clean(model.chat(ask, self._waiting_for(ask.role)))
            self._keep(ask, model.name, reply)
            return reply

    def ask_for(self, ask: Ask, cls: type[T], *, tries: int = 3) -> T:
        """Return the reply to ``ask`` as a ``cls``; one that is not is sent back with the error, ``tries`` times at most.

        The attempts after the first have the purposes ``<purpose>#2``, ``#3``; each is recorded and charged.

        Raises:
            LlmUnusable: no reply could be used.
            LlmBudget: a cap is reached.
            LlmError: no reply can be obtained.
        """
        request = replace(ask, schema=forms.schema_of(cls), schema_name=cls.__name__)
        for attempt in range(1, tries + 1):
            reply = self.ask(request)
            try:
                return forms.read(reply, cls)
            except LlmUnusable as error:
                last = error
            request = replace(
                request,
                purpose=f"{ask.purpose}#{attempt + 1}",
                messages=(*ask.messages, *forms.correction(reply, str(last), request.schema)),
            )
        raise LlmUnusable(
            f"{self.name(ask.role)} gave no usable answer to {ask.purpose!r} in {tries} tries; the last one: {last}",
            why=last.why,
        ) from last

    def _model(self, role: Role) -> ChatModel:
        return self._models.get(role) or self._models["planner"]

    def _waiting_for(self, role: Role) -> Waiting:
        """Return how a role waits: the judge in the time of the final evaluation, which is set aside."""
        return replace(self._waiting, left_s=ALONE.left_s) if role == "judge" else self._waiting

    def _turn(self, purpose: str) -> threading.Lock:
        """Return the lock of one request: an equal one waits meanwhile, and finds the reply on record."""
        with self._lock:
            return self._asking[purpose]

    def _keep(self, ask: Ask, model: str, reply: Reply) -> None:
        shown = tuple(_shown(each) for each in ask.messages)
        exchange = Exchange(
            purpose=ask.purpose,
            role=ask.role,
            model=model,
            digest=digest_of(ask),
            messages=shown,
            reply=reply,
            t=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
        with self._lock:
            self._exchanges.add(exchange)
            self._charge(exchange)


def _shown(message: Message) -> Message:
    return {**message, "content": redact(message["content"])}


def _clean(reply: Reply) -> Reply:
    """Remove keys from a reply, and what no file can hold."""
    return replace(reply, text=redact(forms.legible(reply.text)))
