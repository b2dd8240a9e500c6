"""From one line of an outside agent to one line of answer. What cannot be carried out changes nothing and says why."""

from typing import Any, assert_never

from ftdojo.errors import FtdojoError, UsageError
from ftdojo.records import LOOKS, Action, parse_action
from ftdojo.serve.keeper import Keeper
from ftdojo.serve.looking import entries, page
from ftdojo.serve.status import status
from ftdojo.serve.words import (
    CheckRequest,
    FinishRequest,
    LookRequest,
    Request,
    StatusRequest,
    TrainRequest,
    read_request,
)
from ftdojo.store import codec

PROMPT_S = 1.0
"""An action that ends within this time is answered with what came of it: a refusal, or a fault of the first rung."""
LOOK_S = 60.0


def answer(keeper: Keeper, line: bytes) -> bytes:
    """Answer one request."""
    try:
        found = {"ok": True, "answer": _answered(keeper, line)}
    except FtdojoError as error:
        found = {"ok": False, "error": str(error), "code": error.exit_code}
    return codec.dump_object(found).encode() + b"\n"


def _answered(keeper: Keeper, line: bytes) -> dict[str, Any]:
    request = read_request(line)
    match request:
        case StatusRequest():
            if request.wait_s:
                keeper.wait(None, request.wait_s)
            return status(keeper.folder, keeper.standing())
        case LookRequest():
            return _looked(keeper, request)
        case CheckRequest() | TrainRequest():
            return _begun(keeper, _action(request))
        case FinishRequest():
            chosen = request.experiment or keeper.seen().best
            return _begun(keeper, _action(request, experiment=chosen))
        case _:
            assert_never(request)


def _action(request: Request, **chosen: str) -> Action:
    """Return the action that a request spells, with the fields in ``chosen`` in place of its own."""
    return parse_action(request.verb, request.model_dump(exclude={"verb"}) | chosen)


def _begun(keeper: Keeper, action: Action) -> dict[str, Any]:
    """Begin ``action`` and return how the run stands, with the id of the job under ``asked``."""
    doing = keeper.begin(action)
    assert doing.job
    asked = doing.job.id
    keeper.wait(doing, PROMPT_S)
    if doing.step and doing.step.notice and not doing.step.truncated:
        raise UsageError(doing.step.notice)
    return status(keeper.folder, keeper.standing()) | {"asked": asked}


def _looked(keeper: Keeper, request: LookRequest) -> dict[str, Any]:
    if request.what not in LOOKS or request.what == "rows":  # the last observation has the answer
        found = entries(request, keeper.seen(), keeper.standing().last)
        return page(request, found, total=len(found))
    doing = keeper.begin(_action(request))
    keeper.wait(doing, LOOK_S)
    if doing.step is None:
        raise UsageError("The look took longer than a minute; ask again.")
    if doing.step.truncated:
        raise UsageError(
            f"The limit on {doing.step.stopped_by} was reached, so the run was ended; `ftdojo play status` shows how."
        )
    if doing.step.notice:
        raise UsageError(doing.step.notice)
    seen = doing.step.observation
    return page(request, entries(request, seen, None), total=None)
