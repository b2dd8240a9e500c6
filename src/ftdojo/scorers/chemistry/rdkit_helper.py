"""The child process behind ``rdkit_process``: reads a question a line, writes the answer."""

from typing import Any

from ftdojo.scorers.chemistry.by_rdkit import questions
from ftdojo.scorers.chemistry.rdkit_parts import rdkit
from ftdojo.scorers.warm import serve

MEMORY_BYTES = 3 << 30


def _answer_to(question: list[Any]) -> Any:
    name, *given = question
    return questions()[name](*given)


def _prepare() -> None:
    rdkit("RDLogger").DisableLog("rdApp.*")  # RDKit's own log.
    questions()


if __name__ == "__main__":
    serve(_answer_to, memory_bytes=MEMORY_BYTES, prepare=_prepare)
