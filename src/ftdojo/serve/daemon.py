"""The process that holds a run: ``python -m ftdojo.serve.daemon``, told on stdin which.

It leaves the shell that started it at once (a session of its own, another parent), so it outlives it; that comes before
any library is loaded that has threads.
"""

import os
import sys


def main() -> None:
    """Hold the run that stdin asks for, to its end."""
    if os.fork():
        os._exit(0)
    os.setsid()
    from ftdojo.serve.process import host

    sys.exit(host(sys.stdin.readline()))


if __name__ == "__main__":
    main()
