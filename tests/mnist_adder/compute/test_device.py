from types import SimpleNamespace

import pytest
import torch

from excel_export.shared.errors import UserError
from mnist_adder.compute.device import pick_device

CPU = torch.device("cpu")


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    # Where other tests have frozen its flags, the true one takes none.
    monkeypatch.setattr(torch.backends, "cudnn", SimpleNamespace(benchmark=False))
    return chosen


def test_auto_takes_the_fastest_there_is(two_gpus, monkeypatch):
    assert pick_device("auto") == torch.device("cuda", 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device("auto") == CPU


def test_each_process_gets_a_gpu_of_its_own(two_gpus, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert pick_device("cuda") == torch.device("cuda", 1)
    assert two_gpus == [torch.device("cuda", 1)]
    assert torch.backends.cudnn.benchmark
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(UserError, match="this machine has 2 GPU"):
        pick_device("cuda")
