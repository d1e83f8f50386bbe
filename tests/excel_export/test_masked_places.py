"""Places where something is true, as torch.where(c) and c.nonzero(as_tuple=True) say: read, added to, written."""

import pytest
import torch
import torch.nn.functional as F

from excel_export import ExportError, export
from tests.support.retyped import Apply, reports_after_edits

X = torch.tensor([[1.0, -2, 0.5], [0.3, 2, -1], [-0.4, 0.1, 0.8]])
Y = torch.tensor([[0.2, 1, 0.1], [0.5, -1, 3], [0.4, 0.3, -2]])


def experts(x, y):
    """Mixtral's, as in transformers: each expert's tokens, and where they belong."""
    weights, chosen = y.softmax(1).topk(2, dim=-1)
    out = torch.zeros_like(x)
    for number, mask in enumerate(F.one_hot(chosen, 3).permute(2, 1, 0)):
        place, token = torch.where(mask)
        taken = x[None, token].reshape(-1, 3)
        out.index_add_(0, token, (taken * (number + 1)).tanh() * weights[token, place, None])
    return out


def experts_written(x, y):
    """Mistral's reference: results of several experts for one token."""
    weights, chosen = y.topk(2)
    results = torch.zeros_like(x)
    for number in range(3):
        token, place = torch.where(chosen == number)
        results[token] += weights[token, place, None] * F.silu(x[token] * (number + 1))
    return results


def by_masks(x, y):
    """makeMoE's: masks of tokens, and a column of what a gate says."""
    gate = y.softmax(1)
    out, mask = torch.zeros_like(x), (gate > 0.3).view(1, 3, 3)
    for number in range(3):
        of_tokens = mask[..., number]
        out[of_tokens.view(-1)] += (x[of_tokens.squeeze(0)].exp() * gate[of_tokens.flatten(), number].unsqueeze(1)) * 2
    return out


def several_times(x, y):
    row, column = torch.where(y > 0.3)
    out = x.clone()
    out[row] = x[row] * y[row, column][:, None]
    return out


def cells_written(x, y):
    row, column = (y > 0.3).nonzero(as_tuple=True)
    out = x * 1
    out[row, column] = x[column, row].square()
    out[y[:, 0] > 0.3, 1] = 5.0
    out[y[:, 1] > 0.3, :2] = y[0, :2]
    return out


def pairs(x, y):
    one, other = torch.where(torch.cdist(x, x).triu(1) > 1)
    return x + (x[one] - x[other]).pow(2).sum(1).mean() + y


CASES = {each.__name__.replace("_", " "): each
         for each in (experts, experts_written, by_masks, several_times, cells_written, pairs)}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_other_places_after_an_edit(case, tmp_path):
    edits = [[Y, X], [X.flip(0), Y * 3], [X, Y.T.contiguous()]]
    reports = reports_after_edits(CASES[case], [X, Y], edits, ["ironcalc"], tmp_path)
    assert all(report.ok for report in reports), [report.complaint for report in reports]


@pytest.mark.parametrize(
    ("function", "refused"),
    [
        (lambda x: x * torch.where(x > 0)[0].sum() * len(torch.where(x > 0)[0]), "'len' of them is not supported"),
        (lambda x: x[:, torch.where(x[0] > 0)[0]], r"x\[…\] in this form in .*, at places that depend on the inputs"),
        (lambda x: x[None, torch.where(x[0] > 0)[0]].sum(), "sum in .*, at places that depend on the inputs"),
        (lambda x: x[torch.where(x[0] > 0)[0], torch.where(x[1] > 0)[0]], r"x\[…\] by two masks in "),
        (lambda x: x * (x > 0).nonzero().sum(), r"how many elements nonzero\(\) gives in "),
    ],
)
def test_what_has_no_formula_is_refused(function, refused, tmp_path):
    with pytest.raises(ExportError, match=refused) as error:
        export(Apply(function, 3), (X,), tmp_path / "net.xlsx")
    assert "\n" not in str(error.value)


def test_places_may_be_frozen(tmp_path):
    report = export(
        Apply(lambda x: x[torch.where(x[:, 0] > 0)[0]], 6), (X,), tmp_path / "net.xlsx", freeze_branches=True
    )
    assert report.ok
