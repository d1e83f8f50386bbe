"""x[mask], where the mask depends on the inputs: what is picked is added up, averaged, or written back."""

import pytest
import torch
import torch.nn.functional as F

from excel_export import ExportError, export
from tests.support.retyped import Apply, reports_after_edits

X, Y = torch.tensor([[1.0, -2, 0.5], [0.3, 2, -1]]), torch.tensor([[0.2, 1, 0], [0.5, -1, 3]])
LABELS = torch.tensor([2, -100])


def farthest(x, y):
    """PointNet++'s furthest points: the distance to the nearest point so far."""
    far = torch.full_like(x, 0.7)
    for row in y:
        away = (x - row).square()
        near = away < far
        far[near] = away[near]
    return far


def doubled(x, y):
    z = x * 1
    above = x > 0.4
    z[above] *= 2
    z[~above] = (z + y)[~above].exp()
    return z


def part_written(x, y):
    above = y[0] > 0.3
    x[0][above] = (y[1] * x[1].clone())[above]
    x[above[:2]] -= 1
    return x


CASES = {
    "mean": lambda x, y: x[x > y].mean() + x[x > y].square().sum() + y.masked_select(x > y).sum(),
    "broadcast": lambda x, y: x.masked_select(y[:, :1] > 0.1).mean() + torch.masked_select(x, y[0] > 0.3).mean(),
    "of a part": lambda x, y: part_written(x * 1, y),
    "of a function that is infinite elsewhere": lambda x, y: (x[x > 0].log() * y[y < 9].sum()).sum(),
    "a loss": lambda x, y: F.smooth_l1_loss(x[y > 0], y[y > 0]) + F.mse_loss(x[x > y], y[x > y], reduction="sum"),
    "rows": lambda x, y: F.cross_entropy(x[y[:, 0] > 0], LABELS[y[:, 0] > 0], reduction="mean"),
    "rows, changed": lambda x, y: ((x[y[:, 0] > 0.1] @ y.T).softmax(-1) * y[0, :2]).sum(0),
    "columns of rows": lambda x, y: (x[y[:, 0] > 0.1][:, 1] * x[y[:, 0] > 0.1].gt(0)[:, 2]).mean(dim=-1),
    "lengths": lambda x, y: (F.normalize(x[y[:, 0] > 0.1], dim=-1) - x[y[:, 0] > 0.1].norm(dim=1).unsqueeze(-1)).mean(),
    "functions that nobody has thought of": lambda x, y: (
        torch.cdist(x[y[:, 0] > 0.1].cumsum(1).clamp(max=2.0), y).std(1) * F.pad(x[y[:, 0] > 0.1], (1, 0)).prod(1)
    ).sum(),
    "a weighted loss": lambda x, y: F.binary_cross_entropy_with_logits(
        x[y[:, 0] > 0.1], y[y[:, 0] > 0.1].sigmoid(), pos_weight=torch.tensor([1.0, 2.0, 0.5]).double()
    ),
    "written where it came from": doubled,
    "farthest points": farthest,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_other_elements_are_picked_after_an_edit(case, tmp_path):
    edits = [[Y, X], [-Y + 1, X.abs()], [X * 2, Y.abs() + 0.11]]
    reports = reports_after_edits(CASES[case], [X, Y.abs() + 0.11], edits[1:], ["ironcalc"], tmp_path)
    assert all(report.ok for report in reports), [report.complaint for report in reports]


@pytest.mark.parametrize(
    ("function", "refused"),
    [
        (lambda x: x[x > 0].sort()[0], "'sort' of them is not supported: take their sum, mean or loss"),
        (lambda x: x * len(x[x > 0]), "'len' of them"),
        (lambda x: x * x[x > 0].shape[0], "'shape' of them"),
        (lambda x: x[x > 0] + x[x > -9], "'add' of them"),
        (lambda x: x * x[x[:, 0] > -9].flip(0).sum(), "'flip' of them"),
        (lambda x: x * (x > -9).long()[x[:, 0] > -9].cumprod(0).sum(), "'cumprod' of them"),
        (lambda x: x * F.mse_loss(x[x > 0], x[x > 0] * 2, weight=torch.ones(4).double()), "'mse_loss' of them"),
        (lambda x: x[x > 0], "."),
        (lambda x: x * F.normalize(x[x[:, 0] > 0], 2, 0).sum(), "'normalize' of them"),
        (lambda x: x * x[x[:, 0] > 0].norm(), "'norm' of them"),
        (lambda x: x * x[x[:, 0] > 0].sum(axis=0), "'sum' of them"),
        (lambda x: x * (x[x[:, 0] > 0] * x[:, 0][x[:, 0] > 0]).sum(), "'mul' of them"),
    ],
)
def test_what_needs_their_number_is_refused(function, refused, tmp_path):
    with pytest.raises(ExportError, match=refused) as error:
        export(Apply(function, 3), (X,), tmp_path / "net.xlsx")
    assert "\n" not in str(error.value)
