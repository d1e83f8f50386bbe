"""Numbers in order, which a learner makes equal: of equal ones, the first counts, and nothing is lost."""

import numpy as np
import pytest
import torch

from excel_export import ExportError, export, read_tensors
from tests.support.cases._example import randn
from tests.support.retyped import Apply, retyped

TIED = torch.tensor([[2.0, 1, 2, 2, 0], [0, 0, 0, 0, 0], [-1, 3, 3, -1, 5]])


def sort(x, dim=1, **kwargs):
    return torch.sort(x, dim=dim, stable=True, **kwargs)


# What is exported, and what it must be like when numbers are equal: PyTorch promises an order only of a stable sort.
CASES = {
    "sort": (lambda x: (pair := x.sort(1))[0] * (1 + pair[1]), lambda x: (pair := sort(x))[0] * (1 + pair[1])),
    "sort down": (lambda x: x.sort(0, descending=True)[0], lambda x: sort(x, 0, descending=True)[0]),
    "topk": (lambda x: x.topk(3, 1).values, lambda x: sort(x, descending=True).values[:, :3]),
    "lowest": (lambda x: x.topk(2, 0, largest=False)[0], lambda x: sort(x, 0).values[:2]),
}


@pytest.mark.parametrize("case", CASES)
def test_numbers_can_be_made_equal(case, tmp_path):
    function, reference = CASES[case]
    [(path, module, (x,))] = retyped(function, [randn(3, 5)], [[TIED]], ["ironcalc"], tmp_path)
    found = read_tensors(path)
    module.function = reference
    loss = module(x.requires_grad_())
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(found["grad.x"], x.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_equal_numbers_that_pytorch_orders_in_another_way_are_refused(tmp_path):
    with pytest.raises(ExportError, match="some of the numbers are equal, and PyTorch leaves open"):
        export(Apply(lambda x: x.flatten().topk(8).values, 1), (TIED,), tmp_path / "net.xlsx")
