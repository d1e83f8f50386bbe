"""Every tensor that a page computes, against float64 autograd, in a JavaScript engine."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from torch import nn

from excel_export import ExportError, page
from excel_export.composites import all_composites
from excel_export.ops import all_operators
from excel_export.pages import document
from excel_export.views.alike import Outlines
from tests.excel_export.test_random_networks import COMMON
from tests.support.cases import examples_of
from tests.support.random_building import overwrites
from tests.support.random_networks import networks
from tests.support.sweep import Case, Learns, name_of, title_of

QUICK = {"relu", "softmax", "sort", "nll_loss", "max_pool2d", "linear"}
NO_GRADIENT = {"scatter_add a part of a constant"}
"""PyTorch itself has no gradient for all of its inputs together."""
EACH = [
    pytest.param(each, id=title_of(each), marks=[] if title_of(each) in QUICK else pytest.mark.slow)
    for each in (*all_operators(), *all_composites())
]


@pytest.mark.parametrize("tried", EACH)
def test_every_example_equals_autograd(tried, tmp_path):
    """A page whose numbers are others is not written; here, the examples beside the quick ones are slow."""
    for example in examples_of(tried):
        name = name_of(tried, example)
        if name in NO_GRADIENT:
            continue
        report = page(Learns(Case(example.function, *example.inputs)), (), tmp_path / "case.html")
        assert report.max_error < 1e-9, name


@pytest.mark.slow
@settings(max_examples=100, **COMMON)
@given(networks())
def test_random_networks_equal_autograd(case):
    network, inputs = case
    with tempfile.TemporaryDirectory() as folder:
        try:
            report = page(network, inputs, Path(folder) / "net.html")
        except ExportError:
            assert overwrites(network, inputs)
            return
    assert report.max_error < 1e-9


class Tanh(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.5, -1.5]))

    def forward(self, x):
        return (self.weight * x).tanh().sum()


INPUTS = (torch.tensor([2.0, 3.0]),)


def test_a_page_with_wrong_numbers_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "tanh.html"
    path.write_text("the former one")
    right = document.asset

    def wrong(name):
        return right(name).replace("tanh: TANH", "atan: TANH") if name == "spreadsheet.js" else right(name)

    monkeypatch.setattr("excel_export.pages.write_page.asset", wrong)
    with pytest.raises(ExportError, match="differs from PyTorch"):
        page(Tanh(), INPUTS, path)
    assert path.read_text() == "the former one"
    assert [each.name for each in tmp_path.iterdir()] == ["tanh.html"]


def test_a_page_is_one_file_that_asks_for_nothing(tmp_path):
    page(Tanh(), INPUTS, tmp_path / "tanh.html")
    text = (tmp_path / "tanh.html").read_text()
    assert "default-src 'none'" in text
    assert "unsafe" not in text
    known = ("http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML")
    assert "://" not in functools.reduce(lambda rest, each: rest.replace(each, ""), known, text)
    assert len(text) < 300_000


def test_the_same_module_gives_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        page(Tanh(), INPUTS, tmp_path / f"{name}.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


@pytest.mark.parametrize("name", ["tanh.xlsx", "tanh"])
def test_another_kind_of_file_is_refused(name, tmp_path):
    with pytest.raises(ExportError, match="name a file that ends in"):
        page(Tanh(), INPUTS, tmp_path / name)


def test_a_rate_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(ExportError, match="learning rate"):
        page(Tanh(), INPUTS, tmp_path / "tanh.html", learning_rate=float("nan"))


def test_what_cannot_be_exported_is_refused(tmp_path):
    class Singular(nn.Module):
        def forward(self, x):
            return torch.linalg.svdvals(x).sum()

    with pytest.raises(ExportError):
        page(Singular(), (torch.eye(2),), tmp_path / "singular.html")
    assert not [*tmp_path.iterdir()]


def test_numbers_survive_as_they_are(tmp_path):
    # 0.1 has no exact float32, 0.5 has.
    packed = document.packed(np.full(20, 0.1))
    assert packed[0] == "f8"
    assert document.packed(np.full(20, 0.5))[0] == "f4"
    assert document.packed(np.full(20, 255.0))[0] == "u1"


class Helped(nn.Module):
    """Its formulas read helpers, by rows, by columns, by channels, and one after another; some rows are shorter."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.norm, self.mix, self.channels = nn.LayerNorm(4), nn.Linear(4, 8), nn.BatchNorm1d(3)
        self.double()

    def forward(self, x, label):
        queries, keys = self.mix(self.norm(x)).chunk(2, dim=-1)
        seen = F.scaled_dot_product_attention(queries, keys, F.gelu(keys), is_causal=True)
        pooled = F.max_pool1d(F.softmax(self.channels(seen).cumsum(1), dim=1), 2)
        return F.cross_entropy(pooled.flatten(1) * 3, label)


def test_elements_that_are_alike_are_made_as_each_is_by_itself(tmp_path, monkeypatch):
    inputs = {"x": torch.rand(2, 3, 4, dtype=torch.float64), "label": torch.tensor([1, 4])}
    page(Helped(), inputs, tmp_path / "page.html")
    by_kind = (tmp_path / "page.html").read_bytes()
    asked = []

    def each_by_itself(outlines, formulas, index, made_of):
        asked.append(index)
        return object(), {}

    monkeypatch.setattr(Outlines, "of", each_by_itself)
    page(Helped(), inputs, tmp_path / "page.html")
    assert len(asked) > 300
    assert (tmp_path / "page.html").read_bytes() == by_kind
