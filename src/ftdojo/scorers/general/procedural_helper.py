"""The child process behind ``procedural``: reads one request a line, writes the reply of reasoning-gym.

A request is a JSON list: ``names``; ``question`` with a place; ``score`` with a place and an answer; a place is a data set,
its seed and size, and an index. Some of the package's scorers evaluate what a model wrote, as Python or with sympy. So
this process has no secrets, writes no file, and once it is warm can start no program and open no connection.
"""

import os
import resource
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ftdojo.scorers.warm import serve

MEMORY_BYTES = 4 << 30
FORBIDDEN = (
    "ctypes.dlopen",
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.putenv",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.system",
    "os.truncate",
    "pty.spawn",
    "shutil.",
    "socket.",
    "subprocess.",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def names() -> list[str]:
    """Return the data sets that need no others; a composite is made of some that would have to be chosen."""
    from reasoning_gym.factory import DATASETS

    return sorted(set(DATASETS) - {"composite"})


def question(name: str, seed: int, size: int, index: int) -> list[str | None]:
    """Return one question and its answer, None where it has none that is a text."""
    entry = _entry(name, seed, size, index)
    answer = entry["answer"]
    return [entry["question"], answer if isinstance(answer, str) and answer.strip() else None]


def score(name: str, seed: int, size: int, index: int, answer: str) -> float:
    """Return the package's own score of an answer to one question."""
    entry = _entry(name, seed, size, index)
    return float(_data_set(name, seed, size).score_answer(answer, entry))


@lru_cache(maxsize=8)
def _data_set(name: str, seed: int, size: int) -> Any:
    import reasoning_gym

    return reasoning_gym.create_dataset(name, seed=seed, size=size)


@lru_cache(maxsize=4096)
def _entry(name: str, seed: int, size: int, index: int) -> Any:
    return _data_set(name, seed, size)[index]


REQUESTS: dict[str, Callable[..., Any]] = {"names": names, "question": question, "score": score}


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
    if writes or event.startswith(FORBIDDEN):
        raise PermissionError(f"{event} is not for an answer to do.")


def _answer_to(request: list[Any]) -> Any:
    kind, *arguments = request
    return REQUESTS[kind](*arguments)


def _prepare() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _data_set("chain_sum", 1, 1)
    sys.addaudithook(_guard)


def main() -> None:
    """Answer line by line until the input ends."""
    serve(_answer_to, memory_bytes=MEMORY_BYTES, prepare=_prepare)


if __name__ == "__main__":
    main()
