"""Trainings of networks that courses build: after some steps the parameters are those of torch.optim."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import Training, export
from excel_export.workbook.read import AFTER_TRAINING, read_all
from tests.support.coverage.course_networks import NETWORKS
from tests.support.engines import recalculate
from tests.support.long_proofs import only_quick

STEPS, RATE = 4, 0.05


class Mixed(nn.Module):
    """Mixes types of numbers, as PyTorch allows where the module is in float32."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(3, 2)

    def forward(self, x, y):
        h = self.layer(x)
        sums = torch.zeros(2, 2).index_add(0, y, h)
        return F.mse_loss(sums[y], h * 2)


def mixed():
    return Mixed(), (torch.randn(4, 3), torch.tensor([0, 1, 1, 0]))


CASES = {
    "mixed types": mixed,
    **{name: NETWORKS[name] for name in ("makeMoE", "Mixtral, sparse experts", "DDPM", "DimeNet, forces",
                                         "PINN, Black and Scholes", "PINN, y'' = -y")},
}  # fmt: skip


@pytest.mark.parametrize("case", only_quick(CASES, "mixed types"))
def test_steps_are_those_of_torch_optim(case, tmp_path):
    module, inputs = CASES[case]()
    examples = [inputs, tuple(x * 0.9 + 0.05 if x.is_floating_point() else x.flip(0) for x in inputs)]
    training = Training(examples, STEPS, RATE)
    assert export(module, inputs, tmp_path / "net.xlsx", training=training).ok
    found = read_all(recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path)
    torch.set_default_dtype(torch.float64)
    try:
        module = module.double()
        optimizer = torch.optim.SGD([each for each in module.parameters() if each.requires_grad], RATE)
        for step in range(STEPS):
            optimizer.zero_grad()
            module(*(x.double() if x.is_floating_point() else x for x in examples[step % 2])).backward()
            optimizer.step()
    finally:
        torch.set_default_dtype(torch.float32)
    shown = [name for name, _ in module.named_parameters() if (name, AFTER_TRAINING) in found]
    assert shown
    for name in shown:
        parameter = module.get_parameter(name).detach().numpy()
        np.testing.assert_allclose(found[name, AFTER_TRAINING], parameter, rtol=1e-7, atol=1e-9)
