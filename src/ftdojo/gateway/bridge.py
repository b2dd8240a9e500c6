"""The sandbox's end of the way to the gateway; runs there by itself, before the script.

A script finds the gateway as any OpenAI-compatible server: an address on the loopback, in ``OPENAI_BASE_URL``. A child
process carries the bytes on to the socket that lies beside this file. This process becomes the script, which therefore
starts as if there were no bridge.
"""

import asyncio
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib would cost a start-up
CHUNK = 2**16
LOOK_S = 0.5


def main() -> None:
    """Listen, leave the carrying to a child, and become the script that ``FTDOJO_SCRIPT`` names."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    script = os.environ.pop("FTDOJO_SCRIPT")
    os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    parent = os.getpid()
    if os.fork():
        os.execv(sys.executable, [sys.executable, script])
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    asyncio.run(serve(listener, parent))


async def serve(listener: socket.socket, parent: int) -> None:
    """Carry every connection on, as long as the script lives."""
    server = await asyncio.start_server(connect, sock=listener)
    while os.getppid() == parent:
        await asyncio.sleep(LOOK_S)
    server.close()


async def connect(near: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
    """Carry one connection's bytes both ways until both ends have sent all."""
    try:
        far, requests = await asyncio.open_unix_connection(os.path.join(HERE, "socket"))  # noqa: PTH118
    except OSError:
        answers.close()
        return
    await asyncio.gather(carry(near, requests), carry(far, answers))


async def carry(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    """Carry bytes one way; the end of ``source`` is the end of ``to``."""
    try:
        while part := await source.read(CHUNK):
            to.write(part)
            await to.drain()
    except OSError:
        pass
    finally:
        to.close()


if __name__ == "__main__":
    main()
