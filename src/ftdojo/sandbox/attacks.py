"""Small hostile scripts, one for each promise of the sandbox; harmless where nothing stops them.

A script ends with 0 if it was kept out, and else writes to standard error what it could do. What it needs to know
comes in its environment: ``SECRET`` (a host file), ``PORT`` (a listener on the host), ``DATA`` (a read-only mount),
``MARK`` (a word to find its processes by, and in the name of a file that lies wherever held-out items may: ``PLACES``).
"""

from dataclasses import dataclass, replace

from ftdojo.sandbox.base import Ending, Limits

LIMITS = Limits(
    wall_s=20.0,
    cpu_s=10.0,
    memory_bytes=256 * 2**20,
    processes=32,
    file_bytes=16 * 2**20,
    folder_bytes=32 * 2**20,
    log_bytes=4096,
)

_PRELUDE = """
import ctypes, os, pathlib, shutil, socket, subprocess, sys, time

def attempt(what, act, *args):
    try:
        act(*args)
    except OSError:
        return
    sys.exit(f"it could {what}")

secret, port, data = pathlib.Path(os.environ["SECRET"]), int(os.environ["PORT"]), os.environ["DATA"]
libc = ctypes.CDLL(None, use_errno=True)

def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(name)
"""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One hostile script, and how it may end; by itself means with 0, having been kept out."""

    name: str
    body: str
    limits: Limits = LIMITS
    endings: tuple[Ending, ...] = ("exit",)

    @property
    def script(self) -> str:
        """Return the whole Python text."""
        return _PRELUDE + self.body


_NETWORK = """
attempt("reach a listener on this machine", socket.create_connection, ("127.0.0.1", port), 2)
attempt("send a datagram", socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect, ("192.0.2.1", 53))
attempt("reach the host of a virtual machine", socket.socket, getattr(socket, "AF_VSOCK", 999))
"""

_READ = """
attempt("read a file of yours", secret.read_text)
attempt("read it through another process", pathlib.Path(f"/proc/1/root{secret}").read_text)
attempt("read the password hashes", pathlib.Path("/etc/shadow").read_text)
"""

_CANARY = """
def search(folder, names):
    if any(os.environ["MARK"] in name for name in names):
        sys.exit(f"it could find held-out items in {folder}")

for folder in filter(os.path.isdir, os.environ["PLACES"].split(os.pathsep)):
    search(folder, os.listdir(folder))
for top in sorted(set(os.listdir("/")) - {"proc", "dev"}):
    for folder, _, files in os.walk("/" + top):
        search(folder, files)
"""

_WRITE = """
def plant(folder):
    planted = pathlib.Path(folder, f"planted-{os.environ['MARK']}")
    planted.touch()
    planted.unlink()

attempt("write beside a file of yours", plant, secret.parent)
attempt("write into a read-only mount", plant, data)
for folder in ("/", "/usr", "/etc", "/dev", sys.prefix):
    attempt(f"write into {folder}", plant, folder)
"""

_ENVIRONMENT = """
known = set(os.environ)
for each in pathlib.Path("/proc").glob("[0-9]*/environ"):
    try:
        names = {part.split("=")[0] for part in each.read_text(errors="replace").split(chr(0)) if part}
    except OSError:
        continue
    if names - known:
        sys.exit("it could read the environment of another process")
"""

_PRIVILEGES = """
attempt("become another user in a new namespace", call, "unshare", 0x10000000)
attempt("trace another process", call, "ptrace", 16, os.getppid(), 0, 0)
attempt("mount", call, "mount", b"none", b"/tmp", b"tmpfs", 0, None)
"""

_SETUID = """
shutil.copy("/bin/true", "left")
os.chmod("left", 0o6755)
"""

_LINK = """
os.symlink(secret, "rows.jsonl")
"""

_DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        nothing = os.open(os.devnull, os.O_RDWR)
        for each in range(3):
            os.dup2(nothing, each)
        sleep = "import time; time.sleep(15)"
        os.execv(sys.executable, [sys.executable, "-c", sleep, os.environ["MARK"]])
    os._exit(0)
os.wait()
"""

_FORKS = """
for count in range(100):
    try:
        if os.fork() == 0:
            time.sleep(15)
            os._exit(0)
    except OSError:
        sys.exit(0)
    time.sleep(0.01)
sys.exit(f"it could start {count + 1} processes")
"""

_BALLOON = """
kept = []
for _ in range(64):
    kept.append(b"x" * 2**24)
sys.exit(f"it could hold {len(kept) * 16} MiB")
"""

_FILE = """
with open("large", "wb") as out:
    for _ in range(64):
        out.write(bytes(2**20))
sys.exit("it could write a file of 64 MiB")
"""

_FOLDER = """
for count in range(128):
    pathlib.Path(f"part-{count}").write_bytes(bytes(2**20))
    time.sleep(0.03)
sys.exit("it could fill a folder with 128 MiB")
"""

_NAMELESS = """
held = []
for count in range(128):
    held.append(open("part", "wb"))
    held[-1].write(bytes(2**20))
    held[-1].flush()
    os.unlink("part")
    time.sleep(0.03)
sys.exit("it could fill the disk with 128 MiB of deleted files")
"""

_FLOOD = """
for _ in range(64):
    os.write(1, b"x" * 2**20)
    os.write(2, b"y" * 2**20)
"""

ATTACKS = (
    Attack(name="no network", body=_NETWORK),
    Attack(name="host files cannot be read", body=_READ),
    Attack(
        name="held-out items are out of sight",
        body=_CANARY,
        limits=replace(LIMITS, wall_s=300.0, cpu_s=120.0),  # it walks through all that is in sight
    ),
    Attack(name="only the folder can be written", body=_WRITE),
    Attack(name="no foreign environment", body=_ENVIRONMENT),
    Attack(name="no privileges to gain", body=_PRIVILEGES),
    Attack(name="no set-user-id file survives", body=_SETUID),
    Attack(name="a link is not followed out", body=_LINK),
    Attack(name="daemons die with the script", body=_DAEMON),
    Attack(name="a fork bomb stops", body=_FORKS, endings=("exit", "killed")),
    Attack(name="memory is bounded", body=_BALLOON, endings=("memory",)),
    Attack(
        name="processor time is bounded",
        body="while True: pass",
        limits=replace(LIMITS, cpu_s=1.0),
        endings=("cpu-time",),
    ),
    Attack(
        name="wall time is bounded",
        body="time.sleep(15)",
        limits=replace(LIMITS, wall_s=1.0),
        endings=("wall-time",),
    ),
    Attack(name="one file is bounded", body=_FILE, endings=("file-size",)),
    Attack(name="the folder is bounded", body=_FOLDER, endings=("folder-size",)),
    Attack(name="deleted files count", body=_NAMELESS, endings=("folder-size",)),
    Attack(name="output is bounded", body=_FLOOD),
)
