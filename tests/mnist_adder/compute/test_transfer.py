"""Tensors that are sent from a device together."""

import torch

from mnist_adder.compute.transfer import on_cpu


def test_values_shapes_types_and_the_order_stay():
    sent = {
        "image": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "steps": torch.tensor(7),
        "weight": torch.randn(3, 2).mT.requires_grad_(),
        "nothing": torch.empty(0, 3),
        "state": torch.arange(5, dtype=torch.uint8),
    }
    found = on_cpu(sent)
    assert list(found) == list(sent)
    for name, tensor in sent.items():
        assert torch.equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype
        assert found[name].is_contiguous()
        assert not found[name].requires_grad


def test_a_copy_has_its_own_memory():
    first, second = torch.zeros(3), torch.zeros(2)
    found = on_cpu({"first": first, "second": second})
    found["first"].add_(1)
    assert (first.sum(), second.sum(), found["second"].sum()) == (0, 0, 0)
    assert found["first"].untyped_storage().nbytes() == 12
