"""Functions without formulas of their own: composites, and what PyTorch takes apart."""

import math

import pytest
import torch
import torch.nn.functional as F

from excel_export import export, read_tensors
from excel_export.composites._composite import composite
from excel_export.shared.errors import UnsupportedOperator
from tests.excel_export.test_operators import Apply
from tests.support.engines import recalculate
from tests.support.sweep import Case, sweep, to_nine_digits
from tests.support.traps import Layers

X = torch.linspace(-1, 2, 9).reshape(3, 3).sin()
SIGNS = torch.tensor([1.0, -1, 1])


def infinite(x):
    return x.masked_fill(x > 0.5, math.inf).masked_fill(x < -0.5, -math.inf)


TAKEN_APART = {
    "einsum": lambda x: torch.einsum("ij,kj->ik", x, x),
    "einsum of three": lambda x: torch.einsum("ij,jk,ik->i", x, x, x),
    "einsum of a list": lambda x: torch.einsum("ij,kj->ik", [x, x]),
    "a grid of two vectors": lambda x: torch.meshgrid(x[0], x[1], indexing="ij")[1] * x,
    "what PyTorch does in place itself": lambda x: F.margin_ranking_loss(x, x.T, torch.ones(3, 3), margin=0.5),
    "kron": lambda x: torch.kron(x, x[:2]),
    "windows": lambda x: x.unfold(0, 2, 1),
    "diagonal": lambda x: x.diagonal(1).sum() * x.T.diagonal(),
    "hardswish": F.hardswish,
    "mish": F.mish,
    "pairwise distance": lambda x: F.pairwise_distance(x, x.T),
    "tensordot": lambda x: torch.tensordot(x, x, dims=([1], [0])),
    "lerp": lambda x: torch.lerp(x, x.T, 0.3),
    "several results": lambda x: torch.tensor_split(x, 2)[1] * 2,
    "along the first dimension": lambda x: torch.take_along_dim(x, x.argsort(0), 0),
    "a view of the memory": lambda x: x.T.as_strided((2, 2), (3, 1)),
    "a sum with a product": lambda x: torch.addcmul(x, x, x.T, value=-0.5),
    "a sum with a quotient": lambda x: torch.addcdiv(x, x, x.T + 4),
    "degrees": lambda x: torch.rad2deg(x) + torch.deg2rad(x),
    "a power in float64": lambda x: torch.float_power(x, 2),
    "logit": lambda x: x.sigmoid().logit(0.3),
    "entropy of each": lambda x: torch.special.entr(x.exp()),
    "the normal distribution": lambda x: torch.special.ndtr(x * 2),
    "infinite ones": lambda x: torch.where(infinite(x).isinf(), 0.5, x) * infinite(x).isfinite(),
    "infinity replaced": lambda x: infinite(x).nan_to_num(0.0, 2.0, -3.0),
    "numbers": lambda x: torch.where(torch.isnan(x), 0.0, +x),
    "close ones": lambda x: torch.isclose(x, x.T, atol=0.5) * x,
    "variance and mean": lambda x: torch.cat(torch.var_mean(x, (0, 1), correction=0, keepdim=True)),
    "deviation and mean": lambda x: torch.stack(torch.std_mean(x, 1, False)),
    "correlations": torch.corrcoef,
    "elements by their numbers": lambda x: x.take(torch.tensor([[8, 0], [-1, 3]])),
    "elements along a dimension": lambda x: x.take_along_dim(x.argmax(1, keepdim=True), 1),
    "where one number stands among sorted ones": lambda x: x * torch.searchsorted(x[0].detach().sort()[0], 0.2),
    "along a dimension of one number": lambda x: x.sum().cumsum(0) * x + x.mean().max(0)[0],
    "slices replaced": lambda x: x.index_copy(1, torch.tensor([0, 2, 0]), x.T),
    "combinations": lambda x: torch.combinations(x[0], 2, True),
    "a hinge": lambda x: F.hinge_embedding_loss(x, SIGNS.expand(3, 3), 0.3, reduction="sum"),
    "a ranking": lambda x: F.margin_ranking_loss(x[0], x[1], SIGNS, 0.5, reduction="none"),
    "cosines": lambda x: F.cosine_embedding_loss(x, x.T * x, SIGNS, -0.5, reduction="none"),
    "a cosine of one pair": lambda x: F.cosine_embedding_loss(x[0], x[1], torch.tensor(-1)),
    "KL divergence": lambda x: F.kl_div(x.log_softmax(1), x.T.softmax(1), reduction="batchmean"),
    "KL divergence of logarithms": lambda x: F.kl_div(
        x.log_softmax(1), x.T.log_softmax(1), reduction="none", log_target=True
    ),
    "KL divergence of certainty": lambda x: F.kl_div(x.log_softmax(1), torch.eye(3), reduction="sum"),
}


def test_pytorch_takes_functions_apart(tmp_path):
    swept = sweep({name: Case(function, X) for name, function in TAKEN_APART.items()}, tmp_path / "swept.xlsx")
    assert {*swept.case_of.values()} == {*TAKEN_APART}
    found = read_tensors(recalculate(swept.path, "ironcalc", tmp_path).path)
    assert not swept.differing(found, to_nine_digits)


def test_constants_of_a_narrower_type(tmp_path):
    module = Layers(lambda self, x: torch.quantile(self.m(x), torch.tensor([0.25, 0.75]), dim=0).square().sum())
    assert export(module, (X,), tmp_path / "quantile.xlsx").ok


def test_a_result_has_the_name_of_the_function(tmp_path):
    module = Apply(lambda x: torch.kron(x, x), X)
    path = tmp_path / "kron.xlsx"
    export(module, (X.double(),), path)
    assert "kron" in read_tensors(path)


def test_what_cannot_be_taken_apart_is_named(tmp_path):
    refused = r"operator 'polygamma' \(node 'polygamma'\) is not supported, as nobody .* excel_export/ops/polygamma\.py"
    with pytest.raises(UnsupportedOperator, match=refused):
        export(Apply(lambda x: torch.polygamma(1, x + 4), X), (X.double(),), tmp_path / "no.xlsx")
    assert not list(tmp_path.iterdir())


def test_numbers_that_decide_the_way_are_not_frozen(tmp_path):
    with pytest.raises(UnsupportedOperator, match="how many elements the mask picks"):
        export(Apply(lambda x: torch.masked_select(x, x > 0).sort()[0], X), (X.double(),), tmp_path / "no.xlsx")


def by_hand(x):
    y = ((x / 0.25 + 3).round().clamp(0, 15) - 3) * 0.25
    return (x + (y - x).detach()).square().sum()


def test_quantized_by_hand_as_the_refusal_says(tmp_path):
    with pytest.raises(UnsupportedOperator, match=r"has no formulas: write y = .*round\(\)\.clamp.*\(y - x\)\.detach"):
        export(Apply(lambda x: torch.fake_quantize_per_tensor_affine(x, 0.25, 3, 0, 15).square().sum(), X),
               (X.double(),), tmp_path / "no.xlsx")  # fmt: skip
    assert export(Apply(by_hand, X), (X.double(),), tmp_path / "net.xlsx").ok


def test_a_function_has_one_composite():
    with pytest.raises(ValueError, match=r"torch\.addmm has a composite already: addmm"):
        composite(torch.addmm)(lambda: None)
