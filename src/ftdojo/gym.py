"""Gymnasium environments: ``gymnasium.make("ftdojo.gym:FTDojo/math-mini-v0", model="tiny", budget="10m")``.

Importing this module registers an environment for each task by name, those of plugins included: ``math/mini`` is
``FTDojo/math-mini-v0``. ``FTDojo/Task-v0`` takes any other task by ``task=`` (a folder, ``math/mini@without=worked``, a
member of a family). Actions and observations are texts, each one JSON object; an episode is a run with a folder of its own.
"""

import json
import re
import reprlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftdojo import tasks
from ftdojo.errors import MissingExtra, StoreError, UsageError
from ftdojo.records import Action, Budget, Look, Observation, RunSpec, Shell, Step, parse_action
from ftdojo.records.budget import seconds
from ftdojo.store import codec

try:
    import gymnasium
except ModuleNotFoundError as error:
    raise MissingExtra(
        "ftdojo.gym needs gymnasium, which is not installed: pip install 'ftdojo[gym]'."
    ) from error

if TYPE_CHECKING:
    from ftdojo.dojo import Dojo

NAMESPACE = "FTDojo"
ANY = f"{NAMESPACE}/Task-v0"
EXAMPLE = '{"verb": "look", "what": "ledger"}'


def env_id(task: str) -> str:
    """Return the id of the environment of a registered task.

    Example:
        >>> env_id("math/mini")
        'FTDojo/math-mini-v0'
    """
    return f"{NAMESPACE}/{re.sub(r'[^A-Za-z0-9_.-]+', '-', task)}-v0"


def read_action(text: str) -> Action:
    """Return the action that ``text`` spells: a JSON object with its ``verb`` and fields (``records.grammar``).

    Raises:
        UsageError: it spells none; says what is wrong with it.

    Example:
        >>> read_action('{"verb": "finish", "experiment": "e2"}')
        Finish(experiment='e2', gave_up='')
    """
    try:
        fields = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{reprlib.repr(text)} is not JSON ({error}); an action is an object such as {EXAMPLE}."
        ) from error
    if not isinstance(fields, dict):
        raise UsageError(
            f"{reprlib.repr(text)} is not a JSON object; an action is one, such as {EXAMPLE}."
        )
    action = parse_action(str(fields.pop("verb", "")), fields)
    try:
        codec.dump_action(action)
    except StoreError as error:  # JSON can spell half a character, which no file can hold
        raise UsageError(str(error)) from error
    return action


def read_observation(text: str) -> Observation:
    """Return the observation that an environment gave as ``text``, typed and whole.

    Raises:
        StoreError: it is not one.
    """
    return codec.load(Observation, text, where="the observation")


class Texts(gymnasium.Space[str]):
    """All texts. ``sample`` draws one of ``drawn``, which no run is harmed by.

    ``gymnasium.spaces.Text`` holds letters and digits up to a length; JSON has neither limit.
    """

    def __init__(self, drawn: tuple[str, ...]) -> None:
        super().__init__()
        self.drawn = drawn

    @property
    def is_np_flattenable(self) -> bool:
        """Return False: a text is not an array."""
        return False

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """Return one of ``drawn``; masks and probabilities are for spaces that can be counted, and not used."""
        return self.drawn[int(self.np_random.integers(len(self.drawn)))]

    def contains(self, x: Any) -> bool:
        """Return whether ``x`` is a text."""
        return isinstance(x, str)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Texts) and other.drawn == self.drawn

    __hash__ = None  # type: ignore[assignment]  # as every space, it has a state

    def __repr__(self) -> str:
        return f"Texts({len(self.drawn)} drawn)"


DRAWN = (
    Look(what="ledger"),
    Look(what="experiment"),
    Shell(command='ls -l "$FTDOJO_DATA"', wall_s=10.0),
)
"""What a random agent does: looks that cost nothing. One of them is refused, as looks may be."""


class FineTuning(gymnasium.Env[str, str]):
    """A task to fine-tune a model for, as a Gymnasium environment; ``reset`` begins a run, ``close`` lets go of it.

    The observation is the whole ``records.Observation`` as JSON (``read_observation`` is the way back), an action what
    ``read_action`` reads. ``reward`` is 0 until the end, then the gain of the chosen model over the base on the test, in
    the metric's unit. ``truncated``: a limit was reached, and the best experiment was finished. ``info`` has ``refused``
    (why the action was not carried out, "" if it was; nothing but time is lost), ``run``, ``folder``, and ``stopped_by``
    (the limit, or "").

    Times are part of what is observed, so an equal seed gives an equal course but no equal texts.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - declared so by Gymnasium

    def __init__(
        self,
        task: str,
        *,
        model: str = RunSpec.model,
        budget: str | Budget = RunSpec.budget,
        root: str | Path | None = None,
        cache: str | Path | None = None,
        render_mode: None = None,
    ) -> None:
        """Declare a run for each episode; see ``ftdojo.make`` for the arguments.

        Raises:
            UnknownName: there is no such task.
            UsageError: the budget is not a duration.
        """
        tasks.get(task)
        self.observation_space = Texts(("{}",))
        self.action_space = Texts(tuple(codec.dump_action(each) for each in DRAWN))
        self._task, self._model = task, model
        self._budget = Budget(wall_s=seconds(budget)) if isinstance(budget, str) else budget
        self._root, self._cache = (Path(each) if each else None for each in (root, cache))
        self._dojo: Dojo | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin a run of this ``seed`` (0 to 2**32 - 1; drawn if left out) and return what its agent sees first.

        A run that was not played to its end is left as it is; `ftdojo resume` goes on with it.

        Raises:
            FtdojoError: as ``ftdojo.make`` and ``Dojo.reset`` do, or there are ``options``: none are known.
        """
        from ftdojo.dojo import make

        if options:
            raise UsageError(f"reset has no option {next(iter(options))!r}; give none.")
        super().reset(seed=seed)
        self.close()
        own = seed if seed is not None else int(self.np_random.integers(2**32))
        self._dojo = dojo = make(
            self._task,
            model=self._model,
            budget=self._budget,
            seed=own,
            root=self._root,
            cache=self._cache,
        )
        try:
            observation = dojo.reset()
        except BaseException:
            self.close()
            raise
        return codec.dump(observation), _info(dojo)

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Carry out ``action``; one that cannot be read or carried out is refused by ``info["refused"]``.

        Raises:
            UsageError: no episode is under way.
        """
        dojo = self._dojo
        if dojo is None:
            raise UsageError("No episode is under way; call reset() to begin one.")
        try:
            wanted = read_action(action)
        except UsageError as error:
            return self._returned(dojo, dojo.expire(), str(error))
        step = dojo.step(wanted)
        return self._returned(dojo, step, step.notice)

    def close(self) -> None:
        """Let go of the worker and the run folder; may be called twice."""
        dojo, self._dojo = self._dojo, None
        if dojo:
            dojo.close()

    def _returned(
        self, dojo: "Dojo", step: Step, refused: str
    ) -> tuple[str, float, bool, bool, dict[str, Any]]:
        info = _info(dojo, refused=refused, stopped_by=step.stopped_by or "")
        if step.terminated or step.truncated:
            self.close()
        seen = codec.dump(step.observation)
        return seen, float(step.reward), step.terminated, step.truncated, info


def _info(dojo: "Dojo", *, refused: str = "", stopped_by: str = "") -> dict[str, Any]:
    return {
        "run": dojo.run,
        "folder": str(dojo.folder.path),
        "refused": refused,
        "stopped_by": stopped_by,
    }


def _register(env: str, **kwargs: Any) -> None:
    """Register one environment; of two tasks with one id the first keeps it, and ``ANY`` takes the other."""
    if env not in gymnasium.registry:
        gymnasium.register(
            env, entry_point="ftdojo.gym:FineTuning", nondeterministic=True, kwargs=kwargs
        )


_register(ANY)
for _task in tasks.tasks:
    _register(env_id(_task), task=_task)
