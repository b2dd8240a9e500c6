"""The filter, read by a small interpreter of its own: which calls pass, which fail and how."""

import struct

import pytest

from ftdojo.sandbox.seccomp import program

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE = {"x86_64": 56, "aarch64": 220}
SOCKET = {"x86_64": 41, "aarch64": 198}
MACHINES = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


def verdict(machine, number, argument=0, architecture=None, second=0):
    """Carry the program out on one call and return what the kernel would."""
    words = {0: number, 4: architecture or ARCHITECTURES[machine], 16: argument, 24: second}
    steps = list(struct.iter_unpack("=HBBI", program(machine)))
    at = value = 0
    while True:
        code, yes, no, k = steps[at]
        at += 1
        if code == 0x06:
            return {0x7FFF0000: "allow", 0x80000000: "kill"}.get(k, k & 0xFFFF)
        if code == 0x20:
            value = words[k]
            continue
        holds = {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[code]
        at += yes if holds else no


@MACHINES
def test_common_calls_pass(machine):
    common = {"x86_64": (0, 1, 9, 57, 59, 257), "aarch64": (63, 64, 222, 221, 56)}[machine]
    assert {verdict(machine, each) for each in common} == {"allow"}


@MACHINES
def test_tracing_mounting_and_memory_files_are_not_permitted(machine):
    hostile = {"x86_64": (101, 165, 272, 319, 29, 321), "aarch64": (117, 40, 97, 279, 194, 280)}
    assert {verdict(machine, each) for each in (*hostile[machine], 425, 447)} == {1}


@MACHINES
def test_a_fork_passes_and_a_new_namespace_does_not(machine):
    assert verdict(machine, CLONE[machine], 17) == "allow"
    for flag in (0x80, 0x20000, 0x02000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(machine, CLONE[machine], flag | 17) == 1
    assert verdict(machine, 435) == 38


@MACHINES
@pytest.mark.parametrize(
    ("family", "expected"),
    [(1, "allow"), (2, "allow"), (10, "allow"), (16, "allow"), (40, 97), (17, 97), (38, 97)],
)
def test_only_families_that_a_namespace_holds_pass(machine, family, expected):
    assert verdict(machine, SOCKET[machine], family) == expected


@MACHINES
def test_room_cannot_be_set_aside_by_any_call(machine):
    fallocate, ioctl = {"x86_64": (285, 16), "aarch64": (47, 29)}[machine]
    assert verdict(machine, fallocate) == 95
    assert {verdict(machine, ioctl, second=each) for each in (0x40305828, 0x4030582A)} == {95}
    assert verdict(machine, ioctl, second=0x5413) == "allow"


@MACHINES
def test_another_architectures_calls_kill(machine):
    assert verdict(machine, 0, architecture=0x40000003) == "kill"
    assert verdict(machine, 0x40000000) == 38


def test_a_processor_without_a_table_has_no_filter():
    assert program("riscv64") is None
