"""Runs as Gymnasium environments: the real package checks them, and loops of its users play them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

from ftdojo import gym, tasks
from ftdojo.errors import UnknownName, UsageError
from ftdojo.records import Finish, Train
from ftdojo.store import RunFolder, codec, trajectory

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "gymnasium.md"


@pytest.fixture(scope="module", autouse=True)
def _toys(warm_workers):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TESTS / "toys")
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("gym")


@pytest.fixture(scope="module")
def facts(home):
    """Return what makes an environment of a task that ``tiny`` learns in seconds."""
    facts = {"model": "tiny", "budget": "10m", "root": home / "runs", "cache": home / "cache"}
    return {name: str(each) for name, each in facts.items()} | {"task": "toy_yes:task"}


@pytest.fixture
def env(facts):
    made = gymnasium.make(gym.ANY, **facts)
    yield made
    made.close()


@pytest.mark.filterwarnings("error")
def test_the_checker_of_gymnasium_has_nothing_to_say(env):
    check_env(env.unwrapped)


def test_every_registered_task_has_an_id():
    ids = {gymnasium.spec(gym.env_id(name)).kwargs["task"] for name in tasks.tasks}
    assert ids == set(tasks.tasks)
    assert gymnasium.spec("FTDojo/math-mini-v0").kwargs == {"task": "math/mini"}


def test_a_task_of_a_plugin_has_an_id_too(tmp_path):
    info = tmp_path / "their_tasks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-tasks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ftdojo.tasks]\ntheirs/sums = their_tasks:task\n")
    program = "import gymnasium, ftdojo.gym; print(gymnasium.spec('FTDojo/theirs-sums-v0').kwargs)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "{'task': 'theirs/sums'}\n"


@pytest.mark.parametrize(
    "text",
    [
        "please train",
        "[]",
        "{}",
        '{"verb": "lok"}',
        '{"verb": "look", "what": "source", "offset": "1"}',
        '{"verb": "finish", "experiment": "\\ud800"}',
        "[" * 100_000,
        '{"verb": "finish", "experiment": "e9"}',
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_action_is_refused_in_one_line_and_changes_nothing(env, text):
    before, _ = env.reset(seed=1)
    after, reward, terminated, truncated, info = env.step(text)
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert info["refused"]
    assert len(info["refused"].splitlines()) == 1
    kept = ("best", "experiments", "budget", "base")
    assert [json.loads(before)[name] for name in kept] == [json.loads(after)[name] for name in kept]


def test_a_seed_is_that_of_the_run_and_the_observation_is_the_typed_one(env):
    text, info = env.reset(seed=7)
    seen = gym.read_observation(text)
    assert (seen.seed, seen.task.name, seen.model.name) == (7, "toy/yes", "tiny")
    assert codec.dump(seen) == text
    assert RunFolder(Path(info["folder"])).config.id == info["run"]


def test_a_loop_plays_a_run_to_its_end_and_its_record_says_the_same(env):
    from toy_yes import DATA, TRAIN

    env.reset(seed=0)
    train = {"verb": "train", "plan": "Say yes.", "data": DATA, "train": TRAIN}
    text, reward, terminated, truncated, info = env.step(json.dumps(train))
    assert (reward, terminated, truncated, info["refused"]) == (0.0, False, False, "")
    best = gym.read_observation(text).best
    _, reward, terminated, truncated, info = env.step(codec.dump_action(Finish(experiment=best)))
    assert (best, reward, terminated, truncated) == ("e1", 1.0, True, False)
    trained, finished = trajectory(RunFolder(Path(info["folder"])))
    assert isinstance(trained.outcome.action, Train)
    assert (trained.reward, finished.reward) == (0.0, 1.0)


def test_an_agent_that_writes_nothing_proper_is_truncated_when_its_time_is_up(env):
    env.reset(seed=0)
    env.unwrapped._dojo._run.ledger._started -= 600.0
    *_, terminated, truncated, info = env.step("hm")
    assert (terminated, truncated, info["stopped_by"]) == (False, True, "wall time")


def test_without_an_episode_a_step_is_refused(env):
    env.reset(seed=0)
    env.step('{"verb": "finish"}')
    with pytest.raises(UsageError, match=r"call reset\(\)"):
        env.step('{"verb": "finish"}')


@pytest.mark.parametrize(
    ("wrong", "error"), [({"task": "math/mni"}, UnknownName), ({"budget": "long"}, UsageError)]
)
def test_what_is_wrong_is_said_when_the_environment_is_made(facts, wrong, error):
    with pytest.raises(error):
        gymnasium.make(gym.ANY, **facts | wrong)


def test_options_of_a_reset_are_refused(env):
    with pytest.raises(UsageError, match="no option 'colour'"):
        env.reset(options={"colour": 1})


def test_environments_side_by_side_play_runs_of_their_own(facts):
    envs = gymnasium.make_vec(gym.ANY, num_envs=2, vectorization_mode="sync", **facts)
    seen, infos = envs.reset(seed=3)
    assert [gym.read_observation(text).seed for text in seen] == [3, 4]
    actions = ('{"verb": "look", "what": "ledger"}', '{"verb": "finish"}')
    _, rewards, terminated, _, infos = envs.step(actions)
    assert (list(terminated), list(rewards)) == ([False, True], [0.0, 0.0])
    assert len(set(infos["run"])) == 2
    envs.close()


@pytest.mark.slow
def test_the_loop_of_the_page_runs_as_it_is(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf8"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"FTDOJO_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *steps, last = done.stdout.splitlines()
    assert [line.split()[:2] for line in steps] == [
        [v, "done"] for v in ("look", "train", "finish")
    ]
    assert "terminated True" in last
