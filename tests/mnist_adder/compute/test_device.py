import pytest
import torch

from excel_export.shared.errors import UserError
from mnist_adder.compute import device

CPU = torch.device("cpu")


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    return chosen


def test_auto_takes_the_fastest_there_is(two_gpus, monkeypatch):
    assert device.pick_device("auto") == torch.device("cuda", 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device.pick_device("auto") == torch.device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device.pick_device("auto") == CPU


def test_each_process_gets_a_gpu_of_its_own(two_gpus, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert device.pick_device("cuda") == torch.device("cuda", 1)
    assert two_gpus == [torch.device("cuda", 1)]
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(UserError, match="this machine has 2 GPU"):
        device.pick_device("cuda")


@pytest.mark.parametrize("has_it", [True, False])
def test_auto_precision_falls_back_and_says_so(monkeypatch, lines, has_it):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_it, raising=False)
    assert device.pick_precision("auto", CPU, lines.append) == ("bf16" if has_it else "float32")
    assert len(lines) == (not has_it)


@pytest.mark.parametrize("name", ["bf16", "float32"])
def test_a_precision_that_is_asked_for_is_taken(lines, name):
    assert device.pick_precision(name, CPU, lines.append) == name
    assert lines == []
