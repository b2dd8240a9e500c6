"""A seccomp filter, written out as BPF: the calls no data script needs and a hostile one would like.

It denies tracing and reading other processes, new namespaces and mounts, kernel keys, io_uring, BPF, memory that no
limit counts (memfd, System V), and sockets of families that a network namespace does not hold (vsock reaches a
virtual machine's host). Room on a disk cannot be set aside, only written: a file system gives gigabytes away in the
instant between two looks at a folder, and libraries then write instead. Numbers: the kernel's ``unistd_64.h`` and ``asm-generic/unistd.h``.
"""

import platform
import struct
from dataclasses import dataclass

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT, _AT_SECOND_ARGUMENT = 0, 4, 16, 24
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS, _EOPNOTSUPP, _EAFNOSUPPORT = 1, 38, 95, 97
_NEW_NAMESPACES = 0x7E020080
_FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink: all held by the network namespace
_SETS_ROOM_ASIDE = (0x40305828, 0x4030582A, 0x40305839)  # FS_IOC_RESVSP, RESVSP64, ZERO_RANGE
_X32_BIT = 0x40000000

# In both tables: io_uring (425-427), open_tree to fspick (428-433), pidfd_getfd, mount_setattr, memfd_secret.
_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442, 447)


@dataclass(frozen=True, kw_only=True)
class _Machine:
    audit: int
    clone: int
    socket: int
    fallocate: int
    ioctl: int
    denied: tuple[int, ...]


_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        socket=41,
        fallocate=285,
        ioctl=16,
        # shmget msgget ptrace pivot_root mount umount2 swapon init_module delete_module kexec_load add_key request_key
        # keyctl unshare perf_event_open open_by_handle_at setns process_vm_readv process_vm_writev kcmp finit_module
        # memfd_create kexec_file_load bpf userfaultfd
        denied=(
            *(29, 68, 101, 155, 165, 166, 167, 175, 176, 246, 248, 249),
            *(250, 272, 298, 304, 308, 310, 311, 312, 313, 319, 320, 321, 323),
        ),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        socket=198,
        fallocate=47,
        ioctl=29,
        # In the order of the table above.
        denied=(
            *(194, 186, 117, 41, 40, 39, 224, 105, 106, 104, 217, 218),
            *(219, 97, 241, 265, 268, 270, 271, 272, 273, 279, 294, 280, 282),
        ),
    ),
}
_CLONE3 = 435


def program(machine: str = "") -> bytes | None:
    """Return the filter as bubblewrap's ``--seccomp`` reads it, or None for a processor without a table."""
    target = _MACHINES.get(machine or platform.machine())
    if target is None:
        return None
    steps = [
        _step(_LOAD, _AT_ARCHITECTURE),
        _step(_EQUAL, target.audit, yes=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _AT_NUMBER),
        *_answer(_AT_LEAST, _X32_BIT, _ENOSYS),
        *_answer(
            _EQUAL, _CLONE3, _ENOSYS
        ),  # its flags lie in memory; glibc then falls back to clone
    ]
    for number in (*target.denied, *_EVERYWHERE):
        steps += _answer(_EQUAL, number, _EPERM)
    steps += [
        *_answer(_EQUAL, target.fallocate, _EOPNOTSUPP),
        _step(_EQUAL, target.ioctl, no=2 + 2 * len(_SETS_ROOM_ASIDE)),
        _step(_LOAD, _AT_SECOND_ARGUMENT),
        *(part for each in _SETS_ROOM_ASIDE for part in _answer(_EQUAL, each, _EOPNOTSUPP)),
        _step(_RETURN, _ALLOW),
        _step(_EQUAL, target.clone, no=4),
        _step(_LOAD, _AT_FIRST_ARGUMENT),
        *_answer(_ANY_BIT, _NEW_NAMESPACES, _EPERM),
        _step(_RETURN, _ALLOW),
        _step(_EQUAL, target.socket, no=2 + len(_FAMILIES)),
        _step(_LOAD, _AT_FIRST_ARGUMENT),
        *(_step(_EQUAL, each, yes=len(_FAMILIES) - at) for at, each in enumerate(_FAMILIES)),
        _step(_RETURN, _ERRNO | _EAFNOSUPPORT),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """Encode one instruction; ``yes`` and ``no`` are how many to skip where a test holds or not."""
    return struct.pack("=HBBI", code, yes, no, value)


def _answer(test: int, value: int, error: int) -> tuple[bytes, bytes]:
    return _step(test, value, no=1), _step(_RETURN, _ERRNO | error)
