"""Serve a scripted model from a shell: ``python -m ftdojo.testing.llm --behaviour NAME --port 0``."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from ftdojo.errors import FtdojoError
from ftdojo.testing.llm.behaviours import BEHAVIOURS
from ftdojo.testing.llm.server import ScriptedLlm


def main() -> int:
    """Print the base URL, serve until a signal, then print what was counted (on stderr)."""
    known = f"one of {', '.join(BEHAVIOURS)}, or module:attribute (the current folder is searched)"
    parser = argparse.ArgumentParser(prog="python -m ftdojo.testing.llm", description=__doc__)
    parser.add_argument("--behaviour", default="obliging", help=known)
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument("--key", default="", help="the key that clients must send; any if empty")
    parser.add_argument(
        "--price", nargs=2, default=("0", "0"), metavar=("INPUT", "OUTPUT"), help="USD per million"
    )
    given = parser.parse_args()
    sys.path.insert(0, str(Path.cwd()))
    try:
        behaviour = BEHAVIOURS.get(given.behaviour)
    except FtdojoError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    price = (given.price[0], given.price[1])
    with ScriptedLlm(behaviour, key=given.key, price=price, port=given.port) as server:
        print(server.url, flush=True)
        stopped.wait()
    print(server.tally, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
