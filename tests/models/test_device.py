"""The number format: the processor's choice, or the user's. And whose memory training takes."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ftdojo.errors import UsageError
from ftdojo.models import device
from ftdojo.models.device import decided_by, dtype_name, is_fast_in_bfloat16, low_precision

SWITCH = "FTDOJO_LOW_PRECISION"


@pytest.mark.parametrize(("value", "name"), [("1", "bfloat16"), ("0", "float32")])
def test_the_switch_decides_against_any_processor_and_at_once(monkeypatch, value, name):
    low_precision("cpu")  # what was asked before is not kept
    monkeypatch.setenv(SWITCH, value)
    assert (dtype_name(), low_precision("cpu")) == (name, value == "1")
    assert decided_by() == f"{SWITCH}={value}"


@pytest.mark.parametrize("value", ["", "  ", None])
def test_without_the_switch_the_processor_decides(monkeypatch, value):
    monkeypatch.delenv(SWITCH, raising=False)
    if value is not None:
        monkeypatch.setenv(SWITCH, value)
    assert low_precision("cpu") == is_fast_in_bfloat16("cpu")
    assert decided_by() == "the processor"


@pytest.mark.parametrize("value", ["yes", "2", "-1", "float32"])
def test_any_other_word_is_refused(monkeypatch, value):
    monkeypatch.setenv(SWITCH, value)
    with pytest.raises(
        UsageError, match=f"{SWITCH}={value} says neither yes nor no; set it to 1 or 0, or unset it"
    ):
        low_precision("cpu")


def test_a_gpus_memory_is_all_that_it_has_and_a_processor_has_none(monkeypatch):
    properties = {1: SimpleNamespace(total_memory=24 * 2**30)}
    monkeypatch.setattr("torch.cuda.current_device", lambda: 1)
    monkeypatch.setattr("torch.cuda.get_device_properties", properties.get)
    found = []
    for kind in ("cpu", "cuda"):
        monkeypatch.setattr(device, "device", lambda kind=kind: kind)
        found.append(device.device_bytes.__wrapped__())
    assert found == [0, 24 * 2**30]


def test_the_kernel_names_the_instructions_for_bfloat16_that_torch_finds():
    if not Path("/proc/cpuinfo").exists():
        pytest.skip("only Linux lists them")
    assert device._instructions() & device.BFLOAT16 == (
        device._instructions_by_torch() & device.BFLOAT16
    )


def test_a_torch_for_processors_alone_is_believed_by_its_version(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    found = []
    for text in ("2.13.0+cpu", "2.13.0", "2.13.0+cu130"):
        monkeypatch.setattr(device, "version", lambda name, text=text: text)
        found.append(device.device.__wrapped__())
    assert found == ["cpu", "cuda", "cuda"]
