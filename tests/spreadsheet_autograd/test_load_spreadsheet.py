"""A sheet as a module: the same numbers, the same training."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import excel_export
from tests.support.sheets_by_hand import blocks_of_matrices, one_row_a_step, save


def mazur(weights, inputs, targets):
    w = weights.reshape(4, 2)
    hidden = torch.sigmoid(w[:2] @ inputs)
    return 0.5 * ((targets - torch.sigmoid(w[2:] @ hidden)) ** 2).sum()


def test_a_sheet_trains_as_the_network_that_it_shows(tmp_path):
    path = save(one_row_a_step(steps=1), tmp_path / "sheet.xlsx")
    module = excel_export.load_spreadsheet(path, loss="W4", parameters="E4:L4")
    own = nn.Parameter(torch.tensor([0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55], dtype=torch.float64))
    inputs, targets = torch.tensor([[0.05, 0.1], [0.01, 0.99]], dtype=torch.float64)
    assert module().item() == pytest.approx(0.24252, abs=1e-5)
    optimizers = [torch.optim.SGD([*module.parameters()], lr=0.5), torch.optim.SGD([own], lr=0.5)]
    for _ in range(10):
        for optimizer, loss in zip(optimizers, (module(), mazur(own, inputs, targets)), strict=True):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    torch.testing.assert_close(module.E4_L4.detach().reshape(-1), own.detach(), rtol=1e-12, atol=0)


def test_array_formulas_have_the_gradients_of_the_network(tmp_path):
    sheets = blocks_of_matrices()
    path = save(sheets, tmp_path / "sheet.xlsx")
    module = excel_export.load_spreadsheet(path, loss="L23", parameters=["A11:D13", "F11:G14"])
    cells = sheets["Net"]

    def block(rows, columns):
        return torch.tensor([[float(cells[f"{c}{r}"]) for c in columns] for r in rows], dtype=torch.float64)

    x, y = block(range(4, 8), "ABC"), block(range(4, 8), "EF")
    w1, w2 = block(range(11, 14), "ABCD").requires_grad_(), block(range(11, 15), "FG").requires_grad_()
    loss = nn.functional.cross_entropy(torch.relu(x @ w1) @ w2, y)
    loss.backward()
    found = module()
    found.backward()
    torch.testing.assert_close(found, loss, rtol=1e-12, atol=0)
    torch.testing.assert_close(module.A11_D13.grad, w1.grad, rtol=1e-10, atol=1e-14)
    torch.testing.assert_close(module.F11_G14.grad, w2.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    ("loss", "parameters", "message"),
    [
        ("E4", "E4:L4", "holds no formula"),
        ("W4", "X4", "doesn't depend on"),
        ("W4", "E3", "doesn't depend on"),
        ("W4", "nonsense", "names no cells"),
        ("Other!W4", "E4", "there is no sheet"),
    ],
)
def test_what_cannot_be_loaded(loss, parameters, message, tmp_path):
    path = save(one_row_a_step(steps=1), tmp_path / "sheet.xlsx")
    with pytest.raises(excel_export.ExportError, match=message):
        excel_export.load_spreadsheet(path, loss=loss, parameters=parameters)
