"""What an agent outside can do, as functions of plain values that answer within seconds: the verbs of ``ftdojo play`` for a server.

A verb that takes longer goes on as a job (``Verbs.status`` tells of it), whoever asked. Nothing is kept between two calls
but runs that are still being made.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from ftdojo import tasks
from ftdojo.errors import RunBusy, UnknownName, UsageError
from ftdojo.records import (
    OPTIONS,
    OUTSIDE,
    Guidance,
    MergeMethod,
    Option,
    Result,
    RunSpec,
    run_spec,
)
from ftdojo.serve.client import (
    AskedFor,
    Say,
    ask,
    await_quiet,
    begin,
    hand_in,
    played_run,
    read_submission,
)
from ftdojo.serve.protocol import (
    CheckRequest,
    FinishRequest,
    LookRequest,
    MergeRequest,
    Start,
    StopRequest,
    TrainRequest,
    Whats,
)
from ftdojo.serve.views import cut, guide
from ftdojo.store import RunFolder, new_run_id, said
from ftdojo.store.codec import dump_object

MOST_WAIT_S = 20.0
"""Clients give up on a call after 10 to 60 s, and tell nobody what came of it."""
LEAST_MAKING_S = 5.0
"""A start is given this long in any case: what is wrong with it is mostly seen by then."""
MOST_LISTED = 20
"""Experiments that are listed; the earlier ones are counted."""
MOST_CHARS = 20_000
"""Characters of one page of a text."""
MOST_ANSWER = 80_000
"""Characters of what was looked up, above which long texts in it are cut: clients refuse some 25,000 tokens."""
NO_OPTIONS = {"agent", "agent_options", "model", "seed"}

Answer = dict[str, Any]
Run = Annotated[
    str, Field(description="The run's id or folder; left out: the one that is being played.")
]
Wait = Annotated[
    float,
    Field(
        ge=0.0,
        le=MOST_WAIT_S,
        description="Seconds to wait for the job; it goes on by itself, and status tells how.",
    ),
]
Folder = Annotated[
    str, Field(description="The whole path of a folder with plan.md, data.py and train.yaml.")
]
Offset = Annotated[int, Field(ge=0, le=10**9, description="Entries to pass over.")]

GUIDE = f"""\
The page below is for a shell. Here every `play` verb is a tool with the same name and options as arguments: what it calls
`play check try1 --wait 60` is check(folder="/whole/path/of/try1", wait_s={MOST_WAIT_S:.0f}); --wrong is only="wrong". No call waits
longer than {MOST_WAIT_S:.0f} s; ask status again until the job is done. `look tokens` and `look fits` take text and train as texts.

"""


class RunUnmade(RunBusy):
    """The run is still being made; raised and caught in this module."""


class Verbs:
    """The verbs, on the runs below ``root``.

    Args:
        root: the folder of the runs.
        prepare: is given what a run is asked to be, gets what it reads, and returns it with whole paths.
        facts: tells how a run ended as plain data.
        say: is given what is to be told beside the answers.
    """

    def __init__(
        self,
        root: Path,
        *,
        prepare: Callable[[RunSpec], RunSpec],
        facts: Callable[[RunFolder, Result], Mapping[str, Any]],
        say: Say,
    ) -> None:
        self._root, self._prepare, self._facts, self._say = root, prepare, facts, say
        self._making: dict[str, Future[RunFolder]] = {}

    def guide(self) -> Answer:
        """Read this first: how to play, what a submission is, what costs what; and the tasks there are."""
        return {"guide": GUIDE + guide(), "tasks": [*tasks.tasks]}

    def start(
        self,
        task: Annotated[str, Field(description="A task's name, such as math/mini.")],
        model: Annotated[str, Field(description="The base model; tiny is a toy.")] = "",
        budget: Annotated[str, Field(description="Wall time, such as 30m.")] = "",
        seed: Annotated[int, Field(ge=0, description="Decides choices, never questions.")] = 0,
        name: Annotated[str, Field(description="The run's id; made up if left out.")] = "",
        options: Annotated[
            dict[str, str | int | float | bool],
            Field(
                description='Further options of `ftdojo play start`, such as {"max_experiments": 8}.'
            ),
        ] = {},
        wait_s: Wait = 10.0,
    ) -> Answer:
        """Make a run: its clock starts, and the base model is validated. Ask status until its state is waiting."""
        given = {"task": task, "model": model, "budget": budget, "seed": seed}
        spec = replace(run_spec(_read(options) | given), agent=OUTSIDE)
        place = tasks.folder_of(task)
        run = name or new_run_id(place.name if place else task, OUTSIDE, spec.seed, self._root)
        if run in self._making:
            raise self._unmade(run)
        made: Future[RunFolder] = Future()
        self._making[run] = made
        Thread(target=_make, args=(made, self._made, spec, run), daemon=True).start()
        return self.status(run, max(wait_s, LEAST_MAKING_S))

    def look(
        self,
        what: Annotated[
            Whats,
            Field(
                description="task, sources, setting, base, source NAME (raw rows), experiment NAME, feedback NAME, rows "
                "[NAME], predictions NAME, ledger, tokens (of text); measured: losses SOURCE[@EXPERIMENT][:ROWS], "
                "likelihood NAME, agreement [NAME], fits ROWSxTOKENS."
            ),
        ],
        name: Annotated[str, Field(description="A source, an experiment, or base.")] = "",
        offset: Offset = 0,
        limit: Annotated[int, Field(ge=1, le=100, description="Entries on the page.")] = 10,
        only: Annotated[
            Literal["all", "wrong"], Field(description="Of predictions, which.")
        ] = "all",
        text: Annotated[str, Field(description="For tokens: rows or any text.")] = "",
        train: Annotated[str, Field(description="For fits: the planned train.yaml.")] = "",
        run: Run = "",
    ) -> Answer:
        """Look something up, or have it measured; free but for the time. `next` is the offset of the next page."""
        request = LookRequest(
            what=what,
            name=name,
            offset=offset,
            limit=limit,
            only=only,
            text=text,
            train=train,
            wait_s=MOST_WAIT_S,
        )
        found = ask(self._open(run), request, say=self._say)
        return found if len(dump_object(found)) <= MOST_ANSWER else cut(found)

    def check(self, folder: Folder, run: Run = "", wait_s: Wait = 10.0) -> Answer:
        """Run the check of a submission only, stage by stage. Costs time, no experiment."""
        given = read_submission(_whole(folder))
        request = CheckRequest(plan=given.plan, data=given.data, train=given.train)
        return self._handed_in(self._open(run), request, wait_s)

    def train(
        self,
        folder: Folder,
        validate_items: Annotated[
            int,
            Field(
                ge=0, le=10**9, description="Score only so many items: a rougher verdict. 0: all."
            ),
        ] = 0,
        run: Run = "",
        wait_s: Wait = 10.0,
    ) -> Answer:
        """Run a submission as an experiment: check, training, validation. `asked` is the id of its job."""
        given = read_submission(_whole(folder))
        request = TrainRequest(
            plan=given.plan,
            data=given.data,
            train=given.train,
            validate_items=validate_items or None,
        )
        return self._handed_in(self._open(run), request, wait_s)

    def merge(
        self,
        parents: Annotated[list[str], Field(description='Experiments, such as ["e1", "e2"].')],
        method: MergeMethod = "linear",
        weights: Annotated[list[float], Field(description="Shares; equal if left out.")] = [],
        density: Annotated[
            float, Field(description="Share of changes that ties and dare_ties keep.")
        ] = 0.5,
        run: Run = "",
        wait_s: Wait = 10.0,
    ) -> Answer:
        """Merge the weights of experiments, and validate the result: an experiment without training."""
        request = MergeRequest(parents=parents, method=method, weights=weights, density=density)
        return self._handed_in(self._open(run), request, wait_s)

    def status(self, run: Run = "", wait_s: Wait = 0.0) -> Answer:
        """Tell how a run stands: its state, its job, what is left, its experiments; at its end, its result."""
        until = time.monotonic() + wait_s
        try:
            folder = self._open(run, wait_s)
        except RunUnmade as error:
            return {"run": run, "state": "busy", "job": None, "note": str(error)}
        return self._standing(folder, max(0.0, until - time.monotonic()))

    def say(
        self,
        text: Annotated[str, Field(description="What is to be taken up.")] = "",
        require: Annotated[
            list[str],
            Field(description='Conditions on the model, such as "output_tokens.p95 <= 8".'),
        ] = [],
        run: Run = "",
    ) -> Answer:
        """Say something to a run on a person's behalf; a model that breaks a condition is not chosen."""
        given = [Guidance(text=text)] if text else []
        given += [Guidance(require=each) for each in require]
        if not given:
            raise UsageError("Nothing was said; give a text, or require with a condition.")
        folder = self._open(run)
        said.say(folder, *given)
        return self._standing(folder, 0.0)

    def stop(
        self,
        keep: Annotated[
            bool, Field(description="Validate what was trained; false: drop it.")
        ] = True,
        run: Run = "",
        wait_s: Wait = 10.0,
    ) -> Answer:
        """End the training under way after the step it is at."""
        folder = self._open(run)
        ask(folder, StopRequest(keep=keep), say=self._say)
        return self._standing(folder, wait_s)

    def finish(
        self,
        experiment: Annotated[
            str, Field(description="Its id, or base; left out: the best by the dojo's statistics.")
        ] = "",
        run: Run = "",
        wait_s: Wait = 10.0,
    ) -> Answer:
        """End a run with one experiment: it is confirmed, tested once and exported. Ask status until it has ended."""
        folder = self._open(run)
        found = self._standing(folder, 0.0)
        ending = found["job"] and found["job"]["verb"] in {"finish", "end"}
        if found["state"] == "ended" or ending:
            return self._standing(folder, wait_s)
        return self._handed_in(folder, FinishRequest(experiment=experiment or None), wait_s)

    def report(self, run: Run = "", offset: Offset = 0) -> Answer:
        """Write the page about a run, and tell the run as a story, in Markdown; offset and next count characters."""
        from ftdojo.report import write, write_story  # loads the agents: too slow for a start

        folder = self._open(run)
        page, story = write(folder), write_story(folder)
        end = offset + MOST_CHARS
        return {
            "page": str(page.absolute()),
            "story": story[offset:end],
            "total": len(story),
            "next": end if end < len(story) else None,
        }

    def _open(self, run: str, wait_s: float = LEAST_MAKING_S) -> RunFolder:
        """Return the run that is meant: of those below the root, or one that is being made, once it is there.

        Raises:
            FtdojoError: there is no such run, or it could not be made.
        """
        named = run or next(iter(self._making), "")
        made = self._making.get(named)
        if made is None:
            return played_run(run, self._root)
        try:
            return made.result(timeout=wait_s)
        except NotYet:
            raise self._unmade(named) from None
        finally:
            if made.done():
                self._making.pop(named, None)

    def _unmade(self, run: str) -> RunUnmade:
        return RunUnmade(f"The run {run} is being made; ask status until its state is waiting.")

    def _made(self, spec: RunSpec, run: str) -> RunFolder:
        return begin(Start(spec=self._prepare(spec), name=run, root=self._root), say=self._say)

    def _handed_in(self, folder: RunFolder, request: AskedFor, wait_s: float) -> Answer:
        until = time.monotonic() + wait_s
        asked = hand_in(folder, request, say=self._say)["asked"]
        return {"asked": asked} | self._standing(folder, max(0.0, until - time.monotonic()))

    def _standing(self, folder: RunFolder, wait_s: float) -> Answer:
        found = await_quiet(folder, seconds=wait_s, say=self._say)
        result = folder.result() if found["state"] == "ended" else None
        listed = found["experiments"]
        found["experiments"] = listed[-MOST_LISTED:]
        found["earlier_experiments"] = len(listed[:-MOST_LISTED])
        return found | {"result": self._facts(folder, result) if result else None}


def _make(made: "Future[RunFolder]", make: Callable[..., RunFolder], *given: Any) -> None:
    """Let ``made`` have what ``make`` returns or raises."""
    try:
        made.set_result(make(*given))
    except BaseException as error:  # whoever asks for the run is to have it
        made.set_exception(error)


def _whole(folder: str) -> Path:
    """Return the path ``folder``.

    Raises:
        UsageError: it depends on where the server was started.
    """
    path = Path(folder).expanduser()
    if not path.is_absolute():
        raise UsageError(
            f"{folder!r} is not a whole path; this server runs in {Path.cwd()}: write {Path.cwd() / path} if that is meant."
        )
    return path


def _read(options: Mapping[str, str | int | float | bool]) -> dict[str, Any]:
    """Return further options of a run as a command line gives them.

    Raises:
        UnknownName: there is no such option.
        UsageError: a value is of another kind, or too small.
    """
    known = {each.key: each for each in OPTIONS if each.path[0] not in NO_OPTIONS}
    for name in options:
        if name not in known:
            raise UnknownName("option", name, known, "model, budget and seed have arguments.")
    return {name: _value(known[name], value) for name, value in options.items()}


def _value(option: Option, value: str | int | float | bool) -> Any:
    kind: Any = Annotated[option.kind, Field(ge=option.least)]
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise UsageError(
            f"{option.key}={value!r} is wrong: {error.errors()[0]['msg']}. {option.help}"
        ) from None
