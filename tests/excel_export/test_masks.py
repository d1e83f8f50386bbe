"""Masks: where −∞ goes in, the workbook shows what PyTorch shows, also after the mask was changed."""

import re
import zipfile

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from openpyxl import load_workbook
from torch import nn

from excel_export import export, read_tensors, verify
from excel_export.compiler.trace.tracer import trace
from excel_export.shared.difference import difference
from tests.support.edited import edited
from tests.support.engines import each_engine, recalculate, sheet_parts
from tests.support.passes import each_writer, write_passes

CAUSAL = nn.Transformer.generate_square_subsequent_mask(3)


class Masked(nn.Module):
    """Scores, masked in one of the usual ways, and their softmax."""

    def __init__(self, mask):
        super().__init__()
        torch.manual_seed(0)
        self.mask = mask
        self.key = nn.Linear(4, 4)
        self.register_buffer("causal", CAUSAL)
        self.register_buffer("lower", torch.tril(torch.ones(3, 3)))
        self.register_buffer("least", torch.full((3, 3), torch.finfo(torch.float64).min, dtype=torch.float64).triu(1))

    def forward(self, x, added):
        scores = self.mask(self, x @ self.key(x).T, added)
        return F.mse_loss(scores.softmax(-1) @ x, x.flip(0))


MASKS = {
    "a buffer": lambda net, s, added: s + net.causal,
    "an input": lambda net, s, added: s + added,
    "both": lambda net, s, added: s + net.causal + added,
    "masked_fill": lambda net, s, added: s.masked_fill(net.lower == 0, float("-inf")),
    "masked_fill_": lambda net, s, added: (s * 1).masked_fill_(net.lower == 0, -torch.inf),
    "where": lambda net, s, added: torch.where(net.lower > 0, s, -torch.inf),
    "the least number there is": lambda net, s, added: s + net.least,
    "made in forward": lambda net, s, added: s + torch.full_like(s, -torch.inf).triu(1),
    "moved and indexed": lambda net, s, added: s + torch.full((3, 3), -torch.inf).triu(1).to(s)[:2].repeat(2, 1)[:3],
    "moved and viewed": lambda net, s, added: (
        s + torch.full((3, 3), -torch.inf).triu(1).to(s).T[None].expand(1, 3, 3)[0]
    ),
    "of what is computed": lambda net, s, added: s.masked_fill(s < s.mean(-1, keepdim=True), -torch.inf),
}


@pytest.mark.parametrize("mask", MASKS)
def test_a_mask_of_infinity_is_as_in_pytorch(mask, tmp_path):
    net, inputs = Masked(MASKS[mask]), (torch.randn(3, 4), CAUSAL)
    write_passes(trace(net, inputs), tmp_path / "net.xlsx")
    report = verify(recalculate(tmp_path / "net.xlsx", "ironcalc", tmp_path).path, net, inputs)
    assert report.ok, report


class Padded(nn.Module):
    """Rows of scores, in which a mask hides some."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.function = function

    def forward(self, x, hidden):
        return self.function(self, x, hidden).square().sum()


PADDED = {
    "softmax": lambda net, x, hidden: x[:, 0, :3].masked_fill(hidden, -torch.inf).softmax(-1),
    "log_softmax": lambda net, x, hidden: torch.where(hidden, -torch.inf, x[:, 0, :3]).log_softmax(-1)[:, 0],
    "the least number there is": lambda net, x, hidden: (
        x[:, 0, :3].masked_fill(hidden, torch.finfo(x.dtype).min).softmax(-1)
    ),
    "logaddexp": lambda net, x, hidden: torch.logaddexp(x[:, 0, :3].masked_fill(hidden, -torch.inf), x[:, 1, :3]),
    "attention": lambda net, x, hidden: net.attention(x, x, x, key_padding_mask=hidden)[0],
    "the least number there is, added in attention": lambda net, x, hidden: F.scaled_dot_product_attention(
        x, x, x, torch.where(hidden, torch.finfo(x.dtype).min, x[:, 0, :3])[:, None]
    ),
    "attention without weights": lambda net, x, hidden: net.attention(
        x, x, x, key_padding_mask=hidden, need_weights=False
    )[0],
}


@pytest.mark.parametrize("case", PADDED)
@each_engine
def test_a_row_that_is_hidden_whole_has_numbers_where_pytorch_has_some(engine, case, tmp_path):
    net, x = Padded(PADDED[case]).double(), torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0)).double()
    inputs = (x, torch.tensor([[False, False, True]] * 2))
    write_passes(trace(net, inputs), tmp_path / "net.xlsx")
    for k, rows in enumerate(([[True] * 3, [False] * 3], [[False, False, False], [False, True, True]])):
        x, hidden = x.detach().requires_grad_(), torch.tensor(rows)
        path = edited(tmp_path / "net.xlsx", net, (x, hidden), tmp_path / f"edited{k}.xlsx")
        found = read_tensors(recalculate(path, engine, tmp_path / str(k)).path)
        loss = net(x, hidden)
        loss.backward()
        np.testing.assert_allclose(found["loss"], loss.item(), rtol=1e-9)
        np.testing.assert_allclose(found["grad.x"], x.grad, rtol=1e-9, atol=1e-12)


@each_writer
def test_only_a_mask_that_can_be_typed_costs_longer_formulas(write, tmp_path):
    def looks_for_it(mask):
        write(Masked(MASKS[mask]), (torch.randn(3, 4), CAUSAL), tmp_path / "net.xlsx")
        with zipfile.ZipFile(tmp_path / "net.xlsx") as package:
            return b"NA()" in package.read(sheet_parts(package)["Network"])

    assert looks_for_it("an input")
    assert looks_for_it("of what is computed")
    assert not looks_for_it("a buffer")
    assert not looks_for_it("masked_fill")


@pytest.mark.slow
@each_engine
def test_every_engine_knows_what_stands_for_infinity(engine, tmp_path):
    net, inputs = Masked(MASKS["both"]), (torch.randn(3, 4), CAUSAL)
    export(net, inputs, tmp_path / "net.xlsx")
    assert verify(recalculate(tmp_path / "net.xlsx", engine, tmp_path).path, net, inputs).ok


def test_beside_infinity_other_numbers_still_count():
    expected = np.array([-np.inf, 1.0, 2.0])
    assert difference(np.array([-1e300, 1.0, 2.0]), expected) == 0
    assert difference(np.array([-2e300, 1.0, 2.5]), expected) == 0.25
    assert difference(np.array([1e300, 1.0, 2.0]), expected) == np.inf
    assert difference(np.array([0.0, 1.0, 2.0]), expected) == np.inf


class Scores(nn.Module):
    """Scores of which some are −∞, as an attention's mask has them."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([0.5, -1.5, 2.0]))

    def forward(self, mask):
        scores = torch.where(mask, self.w, -torch.inf)
        return (scores + 1).softmax(0)[0] ** 2


def test_no_text_writes_the_number_that_stands_for_minus_infinity(tmp_path):
    """TEXT once wrote it with 300 zeros."""
    assert export(Scores(), (torch.tensor([True, False, True]),), tmp_path / "masked.xlsx").ok
    book = load_workbook(tmp_path / "masked.xlsx", read_only=True, data_only=True)
    texts = [cell.value for sheet in book for row in sheet for cell in row if isinstance(cell.value, str)]
    assert texts
    assert not [text for text in texts if re.search(r"\d{20}|E\+?(29|30)\d", text)]
