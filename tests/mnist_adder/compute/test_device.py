import pytest
import torch

from excel_export.shared.errors import UserError
from mnist_adder.compute.device import available_devices, pick_device


@pytest.mark.parametrize("name", ["cuda", "mps", "cpu"])
def test_auto_takes_the_fastest_there_is(name):
    devices = ["cuda", "mps", "cpu"]
    assert [*available_devices()] == devices
    available = {device: devices.index(device) >= devices.index(name) for device in devices}
    # Where other tests have frozen its flags, cuDNN takes them only so.
    with torch.backends.cudnn.flags(benchmark=False), torch.backends.__allow_nonbracketed_mutation():
        assert pick_device("auto", available) == torch.device(name, 0 if name == "cuda" else None)
        assert torch.backends.cudnn.benchmark == (name == "cuda")


def test_what_is_there_is_taken_and_what_is_not_is_said():
    assert available_devices()["cpu"]
    for name, is_there in available_devices().items():
        if is_there:
            assert pick_device(name).type == name
        else:
            with pytest.raises(UserError, match=f"this machine or this PyTorch has no {name}"):
                pick_device(name)
