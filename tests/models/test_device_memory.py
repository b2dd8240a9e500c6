"""The memory that training takes is the GPU's where there is one."""

from types import SimpleNamespace

from ftdojo.models import device


def test_a_gpus_memory_is_all_that_it_has_and_a_processor_has_none(monkeypatch):
    properties = {1: SimpleNamespace(total_memory=24 * 2**30)}
    monkeypatch.setattr("torch.cuda.current_device", lambda: 1)
    monkeypatch.setattr("torch.cuda.get_device_properties", properties.get)
    found = []
    for kind in ("cpu", "cuda"):
        monkeypatch.setattr(device, "device", lambda kind=kind: kind)
        found.append(device.device_bytes.__wrapped__())
    assert found == [0, 24 * 2**30]
