"""The whole trained network of 100,461 parameters: every gradient, the step, and the loss after it."""

import re
import zipfile

import numpy as np
import pytest
import torch

from excel_export import read_tensors
from excel_export.workbook.read import read_all
from mnist_adder.network.checkpoint import bundled_checkpoint, load_checkpoint
from mnist_adder.network.loss import AdderLoss
from mnist_adder.workbook.teaching_workbook import LEARNING_RATE, write_workbook
from tests.support.engines import recalculate
from tests.support.kinds import DIGIT, NUMBER

pytestmark = pytest.mark.slow
INPUTS = (
    torch.tensor(DIGIT.pixels).double().reshape(1, 1, 28, 28),
    torch.tensor([float(NUMBER)]).double(),
    torch.tensor([DIGIT.label]),
)


@pytest.fixture(scope="module")
def module():
    network, _ = load_checkpoint(bundled_checkpoint("full", "regression"))
    return AdderLoss(network).double()


@pytest.fixture(scope="module")
def workbook(made_of):
    path = made_of("full-regression").path
    with zipfile.ZipFile(path) as package:
        sheets = (package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/sheet"))
        assert sum(len(re.findall(rb"<f[ >/]", sheet)) for sheet in sheets) > 1_000_000
    return path


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_all_22_gradients_are_those_of_plain_autograd(module, workbook, engine, tmp_path):
    module.zero_grad()
    loss = module(*INPUTS)
    loss.backward()
    path = recalculate(workbook, engine, tmp_path).path
    found = read_all(path)
    assert found["loss", "value"] == pytest.approx(loss.item(), rel=1e-9)
    parameters = dict(module.named_parameters())
    assert len(parameters) == 22
    for name, parameter in parameters.items():
        assert parameter.grad is not None
        ours = found[f"grad.{name}", "gradient"]
        np.testing.assert_allclose(ours, parameter.grad.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)

    optimiser = torch.optim.SGD(module.parameters(), lr=LEARNING_RATE)
    before = {name: parameter.detach().clone() for name, parameter in parameters.items()}
    optimiser.step()
    for name, parameter in parameters.items():
        ours = found[name, "after one step"]
        np.testing.assert_allclose(ours, parameter.detach().numpy(), rtol=1e-9, atol=1e-12, err_msg=name)
    # After a long step the loss is huge: compare it relative to its size.
    assert found["loss", "after one step"] == pytest.approx(module(*INPUTS).item(), rel=1e-9)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(before[name])


def test_a_part_of_it_has_the_gradients_of_the_whole(module, workbook, tmp_path):
    write_workbook(module, DIGIT, NUMBER, tmp_path / "part.xlsx", start="conv6")
    whole, found = read_tensors(workbook), read_tensors(recalculate(tmp_path / "part.xlsx", "ironcalc", tmp_path).path)
    assert {"grad.conv6.weight", "grad.relu_6", "grad.layer1.weight"} <= set(found)
    assert "grad.conv5.weight" not in found
    for key, array in found.items():
        np.testing.assert_allclose(array, whole[key], rtol=1e-9, atol=1e-12, err_msg=key)
