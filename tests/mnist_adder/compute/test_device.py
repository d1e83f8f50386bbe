from types import SimpleNamespace

import pytest
import torch

from excel_export.shared.errors import UserError
from mnist_adder.compute.device import pick_device

CPU = torch.device("cpu")


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    # Where other tests have frozen its flags, the true one takes none.
    monkeypatch.setattr(torch.backends, "cudnn", SimpleNamespace(benchmark=False))


def test_auto_takes_the_fastest_there_is(gpu, monkeypatch):
    assert pick_device("auto") == torch.device("cuda", 0)
    assert torch.backends.cudnn.benchmark
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device("auto") == CPU


def test_what_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="this machine or this PyTorch has no cuda"):
        pick_device("cuda")
