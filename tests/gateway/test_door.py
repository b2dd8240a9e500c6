"""Through the door of a sandbox: the plain openai client works, the key stays outside, a script looks as before."""

import os
import select
import shutil
import subprocess
import sys
import threading
import time

import pytest

from ftdojo.gateway import bridge
from ftdojo.gateway.sandbox_access import AT_ONCE
from ftdojo.sandbox import Limits
from ftdojo.testing.llm import Said, behaviours

CLIENT = """
from openai import OpenAI
client = OpenAI()
def ask(text, model="weak", **options):
    turns = [{"role": "user", "content": text}]
    made = client.chat.completions.create(model=model, messages=turns, **options)
    return made.choices[0].message.content
"""
KIT = "from ftkit import ask\n"
"""Asks as the client does, and starts faster."""
THREADS = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor({}) as pool:
    print(sorted(pool.map(ask, map(str, range({})))))
"""


def last(outcome):
    return outcome.log.rstrip().rpartition("\n")[2]


def test_the_plain_openai_client_works_unchanged(serve, opened, run, each_sandbox):
    server = serve(price=("1", "2"))
    gateway = opened(server)
    code = CLIENT + "print(ask('two words'), ask('three more words', model='strong', seed=3))"
    outcome = run(
        gateway, code + "\nprint([each.id for each in client.models.list()])", sandbox=each_sandbox
    )
    assert outcome.log.splitlines() == ["two words three more words", "['strong', 'weak']"]
    assert [each.body["model"] for each in server.requests] == ["small", "big"]
    spent, tally = gateway.ledger.spend(), server.tally
    assert (spent.llm_calls, spent.llm_input_tokens) == (tally.replies, tally.input_tokens)


def test_a_reply_has_the_form_that_was_asked_for(serve, opened, run, sandbox):
    code = (
        CLIENT
        + """
from pydantic import BaseModel
class Row(BaseModel):
    answer: str
turns = [{"role": "user", "content": "x"}]
made = client.chat.completions.parse(model="weak", messages=turns, response_format=Row)
print(made.choices[0].message.parsed, made.usage.total_tokens)
"""
    )
    outcome = run(opened(serve(behaviours.obliging)), code, sandbox=sandbox)
    assert outcome.log == "answer='words' 3\n"


SCRIPTS = (
    "raise ValueError('no luck')",
    "print('é')\nif True\n",
    "import sys; print(sys.argv, __name__, __file__, sys.path[0]); sys.exit(3)",
    "import multiprocessing, os\n"
    "def double(x): return 2 * x\n"
    "if __name__ == '__main__':\n"
    "    with multiprocessing.get_context('spawn').Pool(1) as pool: print(pool.map(double, [4]))",
    "import os, signal; os.kill(os.getpid(), signal.SIGABRT)",
)


@pytest.mark.parametrize("code", SCRIPTS)
def test_a_script_ends_as_it_would_without_the_door(serve, opened, run, each_sandbox, job, code):
    (job / "data.py").write_text(code, encoding="utf8")
    plain = each_sandbox.run_python("data.py", workdir=job, readonly={}, env={}, limits=Limits())
    outcome = run(opened(serve()), code, sandbox=each_sandbox)
    before = plain.log.replace(str(job), "")
    after = outcome.log.replace(str(job.parent / "job1"), "")
    assert (after, outcome.exit_code, outcome.ended) == (before, plain.exit_code, plain.ended)


SEARCH = """
import os, pathlib
key = "".join(reversed("{backwards}"))
places = [*pathlib.Path("/proc").glob("*/environ"), *pathlib.Path("/proc").glob("*/cmdline")]
for top in {{*os.listdir("/")}} - {{"usr", "lib", "proc", "sys"}}:
    for folder, below, names in os.walk("/" + top):
        below[:] = [name for name in below if name not in {{"lib", "lib64", "share", "bin", "proc", "sys"}}]
        places += [pathlib.Path(folder, name) for name in names]
found = [name for name, value in os.environ.items() if key in value]
read = 0
for place in places:
    try:
        if place.is_file() and place.stat().st_size < 1 << 20:
            found += [str(place)] if key.encode() in place.read_bytes() else []
            read += 1
    except OSError:
        pass
print(found, read > 3, open("/llm/bridge.py").read()[:3])
"""


def test_the_key_is_nowhere_to_be_found_inside(serve, opened, run, sandbox, key):
    code = CLIENT + "ask('hello')\n" + SEARCH.format(backwards=key[::-1])
    outcome = run(opened(serve()), code, sandbox=sandbox)
    assert outcome.log == '[] True """\n'


def test_the_door_leads_to_the_gateway_and_nowhere_else(serve, opened, run, sandbox):
    server = serve()
    port = server.url.split(":")[2].removesuffix("/v1")
    outcome = run(
        opened(server),
        f"import socket; socket.create_connection(('127.0.0.1', {port}))",
        sandbox=sandbox,
    )
    assert last(outcome).startswith("ConnectionRefusedError")


def test_a_cap_is_a_clear_error_inside_and_nothing_is_asked_again(serve, opened, run, each_sandbox):
    server = serve()
    gateway = opened(server, max_llm_calls=2)
    began = time.monotonic()
    outcome = run(gateway, CLIENT + "for n in range(9): ask(str(n))", sandbox=each_sandbox)
    assert outcome.exit_code == 1
    assert last(outcome).startswith("openai.APIStatusError: Error code: 402")
    assert "The cap of 2 calls on language models is reached" in last(outcome)
    assert (server.tally.requests, gateway.unanswered) == (2, 1)
    assert time.monotonic() - began < 20


def test_a_model_that_cannot_be_asked_is_an_error_at_once(serve, opened, run, sandbox):
    server = serve(behaviours.unknown_model)
    outcome = run(opened(server), CLIENT + "ask('x')", sandbox=sandbox)
    assert last(outcome).startswith("openai.InternalServerError: Error code: 502")
    assert server.tally.requests == 1


def test_an_equal_question_is_asked_once_also_by_many_at_a_time(serve, opened, run, sandbox):
    server = serve()
    same = "    print(set(pool.map(ask, ['0'] * 8)))"
    outcome = run(opened(server), KIT + THREADS.format(8, 3) + same, sandbox=sandbox)
    assert outcome.log.splitlines() == ["['0', '1', '2']", "{'0'}"]
    assert server.tally.requests == 3


class Crowd:
    """Answers slowly and remembers how many asked at the same time."""

    def __init__(self, seconds):
        self.seconds, self.lock, self.now, self.most = seconds, threading.Lock(), 0, 0

    def __call__(self, request):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.seconds)
        with self.lock:
            self.now -= 1
        return Said(text=request.last)


def test_only_a_few_questions_are_with_the_model_at_a_time(serve, opened, run, sandbox):
    crowd = Crowd(0.2)
    outcome = run(opened(serve(crowd)), KIT + THREADS.format(24, 40), sandbox=sandbox)
    assert outcome.ok, outcome.log
    assert crowd.most == AT_ONCE


@pytest.mark.slow
def test_a_script_that_is_ended_leaves_nobody_asking_and_nothing_unpaid(
    serve, opened, run, sandbox
):
    server = serve(Crowd(4.0))
    gateway = opened(server)
    outcome = run(gateway, KIT + THREADS.format(20, 40), sandbox=sandbox, wall_s=5.0)
    assert outcome.ended == "wall-time"
    time.sleep(1)
    assert server.tally.requests == server.tally.replies == gateway.ledger.spend().llm_calls
    assert AT_ONCE <= server.tally.requests <= 2 * AT_ONCE


def test_what_was_answered_before_a_kill_is_not_asked_again(serve, opened, run, sandbox):
    server = serve()
    first = "for n in range(5): print(ask(str(n)))\nimport os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    run(opened(server), KIT + first, sandbox=sandbox)
    again = opened(server)  # as a resumed run opens it
    outcome = run(again, KIT + "print(sum(int(ask(str(n))) for n in range(10)))", sandbox=sandbox)
    assert (outcome.log, server.tally.requests) == ("45\n", 10)
    assert again.ledger.spend().llm_calls == 10


def test_the_bridge_ends_with_the_script_without_being_killed(job):
    (job / "data.py").write_text("print('done')")
    shutil.copyfile(bridge.__file__, job / "bridge.py")
    held, inherited = os.pipe()  # whoever lives among the script's processes keeps this open
    given = {"cwd": job, "env": {"FTDOJO_SCRIPT": "data.py"}, "pass_fds": [inherited]}
    ran = subprocess.run([sys.executable, "bridge.py"], capture_output=True, **given)
    os.close(inherited)
    assert (ran.stdout, ran.stderr) == (b"done\n", b"")
    with os.fdopen(held, "rb") as last:
        assert select.select([last], [], [], 30)[0], "the bridge outlives the script"
        assert last.read() == b""


def test_a_folder_with_a_long_name_is_no_hindrance(serve, opened, run, each_sandbox, tmp_path):
    gateway = opened(serve())
    gateway._folder = tmp_path / ("long" * 30)
    gateway._folder.mkdir()
    assert run(gateway, KIT + "print(ask('x'))", sandbox=each_sandbox).log == "x\n"


def test_other_users_of_the_host_do_not_get_to_the_socket(serve, opened, sandbox):
    with opened(serve()).open(sandbox, "data.py") as door:
        (place,) = door.mounts.values()
        assert place.parent.stat().st_mode & 0o077 == 0
        assert (place / "socket").exists()
    assert not place.parent.exists()
