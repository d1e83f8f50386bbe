"""Each class of `torch.nn`, once."""

from tests.support.coverage import torch_nn


def test_every_class_is_called():
    assert set(torch_nn.CALLS) == set(torch_nn.classes())
