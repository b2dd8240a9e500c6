"""A run played by the real client of the Model Context Protocol: over stdio, and over HTTP."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager

import httpx2
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from ftdojo.store import RunFolder

PROGRAM = ("-m", "ftdojo.cli.main", "serve", "mcp")
INHERITED = ("PATH", "HOME", "LANG", "PYTHONPATH", "FTDOJO_CACHE", "OMP_NUM_THREADS")
DATA = """import json, os
with open(os.environ["FTDOJO_DATA"] + "/worked.jsonl") as raw, open("train.jsonl", "w") as out:
    for row in map(json.loads, list(raw)[:200]):
        made = {"prompt": row["question"], "completion": row["solution"], "source": "worked"}
        out.write(json.dumps(made) + "\\n")
"""


@pytest.fixture
def environment(toy, tmp_path):
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {"FTDOJO_HOME": str(tmp_path / "runs")}


@pytest.fixture
def played(environment):
    """Return a function that has a client of a fresh server over stdio do as ``player(session)`` says."""

    def play(player):
        server = StdioServerParameters(
            command=sys.executable, args=[*PROGRAM], env={"PYTHONWARNINGS": "ignore"} | environment
        )
        return asyncio.run(_session(stdio_client(server), player))

    return play


@pytest.fixture
def listening(environment):
    """A server over HTTP: what it printed at its start."""
    command = [sys.executable, *PROGRAM, "--http"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        yield json.loads(server.stdout.readline())
        server.terminate()


async def _session(transport, player):
    async with transport as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        return await player(session)


async def call(session, tool, **given):
    """Return the answer of a tool, or the line that refuses the call."""
    found = await session.call_tool(tool, given)
    (content,) = found.content
    return content.text if found.is_error else json.loads(content.text)


async def quiet(session):
    """Return how the run stands once no job is under way."""
    while (found := await call(session, "status", wait_s=20))["state"] == "busy":
        pass
    return found


BAD_CALLS = [
    ("nope", {}, "No tool is called 'nope'."),
    ("guide", {"x": 1}, "No argument of guide is called 'x'."),
    ("start", {"task": "math/mni"}, "No task is called 'math/mni'. Did you mean 'math/mini'?"),
    ("start", {"task": "math/mini", "budget": "soon"}, "'soon' is not a duration"),
    ("start", {"task": "math/mini", "options": {"agent": "x"}}, "No option is called 'agent'."),
    ("start", {"task": "math/mini", "options": {"max_experiments": 0}}, "max_experiments=0"),
    ("look", {"what": "tsk"}, "look, what 'tsk': Input should be 'task'"),
    ("look", {"what": "source", "name": "x" * 201}, "look, name 'xxxx"),
    ("check", {"folder": "here"}, "'here' is not a whole path; "),
    ("train", {"folder": "/nowhere"}, "/nowhere is not a folder; "),
    ("train", {}, "train, folder: Field required."),
    ("merge", {"parents": ["e1"], "method": "x"}, "merge, method 'x': Input should be 'linear'"),
    ("status", {"wait_s": 90}, "status, wait_s 90: Input should be less than or equal to 20."),
    ("say", {}, "Nothing was said; "),
    ("stop", {"keep": "perhaps"}, "stop, keep 'perhaps': "),
    ("finish", {"run": "nobody"}, "No run is called 'nobody'."),
    ("report", {"offset": -1}, "report, offset -1: "),
]


def test_a_client_finds_the_verbs_and_every_bad_call_is_answered_in_one_line(played):
    async def player(session):
        tools = (await session.list_tools()).tools
        return tools, [await call(session, tool, **given) for tool, given, _ in BAD_CALLS]

    tools, said = played(player)
    assert {each.name for each in tools} == {
        *("guide", "start", "look", "check", "train", "merge"),
        *("status", "say", "stop", "finish", "report"),
    }
    assert all(each.description for each in tools)
    for line, (_, _, begun) in zip(said, BAD_CALLS, strict=True):
        assert line.startswith(begun)
        assert "\n" not in line


def test_over_http_only_those_with_the_token_get_in(listening):
    @asynccontextmanager
    async def to(authorization):
        async with (
            httpx2.AsyncClient(headers={"Authorization": authorization}) as http,
            streamable_http_client(listening["url"], http_client=http) as streams,
        ):
            yield streams

    async def player(session):
        return await call(session, "guide")

    page = asyncio.run(_session(to(listening["authorization"]), player))
    assert "math/mini" in page["tasks"]
    assert "check(folder=" in page["guide"]
    for wrong in ("", "Bearer x", listening["authorization"].lower()):
        reply = httpx2.post(listening["url"], json={}, headers={"Authorization": wrong})
        assert (reply.status_code, len(reply.text.splitlines())) == (401, 1)


@pytest.mark.slow
def test_a_run_is_played_from_start_to_its_result(played, tmp_path):
    folder = tmp_path / "try1"
    folder.mkdir()
    (folder / "plan.md").write_text("Worked steps.")
    (folder / "data.py").write_text(DATA)
    (folder / "train.yaml").write_text("method: full\nlearning_rate: 2e-3\nmax_steps: 30\n")

    async def player(session):
        yield await call(session, "start", task="math/mini", model="tiny", budget="10m", name="one")
        yield await quiet(session)
        yield await call(session, "look", what="source", name="worked", limit=2)
        await call(session, "check", folder=str(folder))
        yield await quiet(session)
        yield await call(session, "train", folder=str(folder), wait_s=0)
        yield await call(session, "say", text="few tokens")
        yield await quiet(session)
        await call(session, "finish", experiment="e1", wait_s=0)
        yield await quiet(session)
        yield await call(session, "report")

    async def whole(session):
        return [each async for each in player(session)]

    started, ready, rows, checked, train, heard, trained, ended, told = played(whole)
    assert started["run"] == "one"
    assert started["state"] in {"busy", "waiting"}  # as quick as the machine is
    assert (ready["state"], ready["budget"]["wall_s"]) == ("waiting", 600.0)
    assert (len(rows["entries"]), rows["next"]) == (2, 2)
    assert checked["last"]["checked"]["stages"][-1] == "probe"
    assert (train["asked"], train["state"]) == ("j3", "busy")
    assert [each["text"] for each in heard["guidance"]] == ["few tokens"]
    assert [each["status"] for each in trained["experiments"]] == ["done"]
    assert (ended["state"], ended["result"]["status"]) == ("ended", "finished")
    assert told["story"].startswith("# math/mini; agent outside")
    assert RunFolder(tmp_path / "runs" / "one").result().chosen == ended["result"]["chosen"]
