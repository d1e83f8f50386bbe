"""Modules that cast to narrower types: computed in float64, if that changes no more than rounding does."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import ExportError, export, read_tensors, verify
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.eager import run_eagerly
from excel_export.compiler.reference.widen import Widen
from tests.support.tiny import doubled_unseen

X = torch.tensor([[1.0, -2.0, 0.3]])
NARROW = torch.tensor([0.1, 0.7, 0.3])


class Layer(nn.Module):
    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.l = nn.Linear(3, 3)
        self.function = function

    def forward(self, x):
        return self.function(self, x).sum()


def into_a_buffer(self, x):
    kept = torch.zeros(3, dtype=torch.float32)
    kept[:] = self.l(x)[0] / 3
    kept += x[0] / 3
    kept.mul_(self.l(x)[0])
    return kept


CASTS = {
    "half": torch.Tensor.half,
    "bfloat16": torch.Tensor.bfloat16,
    "to": lambda h: h.to(torch.float32),
    "to by name": lambda h: h.to(dtype=torch.half),
    "to another's": lambda h: h.to(NARROW),
    "type": lambda h: h.type(torch.FloatTensor),
    "type by its name": lambda h: h.type(dtype=torch.float32),
    "type_as": lambda h: h.type_as(NARROW),
}
WIDENED = {
    name: (lambda self, x, cast=cast: cast(self.l(x / 3)).exp(), lambda self, x: self.l(x / 3).exp())
    for name, cast in CASTS.items()
} | {
    "float": (lambda self, x: self.l(x / 3).float().pow(2), lambda self, x: self.l(x / 3).pow(2)),
    "into double": (lambda self, x: self.l((x / 3).float()), lambda self, x: self.l(x / 3)),
    "whole numbers": (lambda self, x: self.l(x.long().float()), lambda self, x: self.l(x.long().double())),
    "sum": (lambda self, x: self.l(x).sum(dtype=torch.float32), lambda self, x: self.l(x).sum()),
    "softmax": (
        lambda self, x: F.softmax(self.l(x), -1, dtype=torch.float32) * x,
        lambda self, x: self.l(x).softmax(-1) * x,
    ),
    "closure": (lambda self, x: x @ NARROW, lambda self, x: x @ NARROW.double()),
    "list": (
        lambda self, x: torch.linalg.multi_dot([x, NARROW]),
        lambda self, x: torch.linalg.multi_dot([x, NARROW.double()]),
    ),
    "constant": (lambda self, x: F.linear(x, torch.tensor([[0.1, 0.2, 0.3]])), lambda self, x: x @ f32(0.1, 0.2, 0.3)),
    "constant of a type": (
        lambda self, x: x * torch.tensor([0.1, 0.2, 0.3], dtype=torch.float32),
        lambda self, x: x @ f32(0.1, 0.2, 0.3),
    ),
    "new constant": (
        lambda self, x: x * x.new_tensor([0.1, 0.2, 0.3], dtype=torch.float32),
        lambda self, x: x @ f32(0.1, 0.2, 0.3),
    ),
    "constant of its shape": (
        lambda self, x: x * torch.full_like(x, 0.1, dtype=torch.float32),
        lambda self, x: x @ f32(0.1, 0.1, 0.1),
    ),
    "places": (lambda self, x: x[0, x.abs().long()] * x.half(), lambda self, x: x[0, x.abs().long()] * x),
    "buffer": (into_a_buffer, lambda self, x: (self.l(x) / 3 + x / 3) * self.l(x)),
}


def f32(*numbers):
    """Float32 numbers, as float64."""
    return torch.tensor(numbers).double()


def assert_same(one, other):
    for a, b in zip((one, *one.parameters, *one.inputs), (other, *other.parameters, *other.inputs), strict=True):
        for name in ("loss", "grad"):
            if getattr(b, name, None) is not None:
                np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("case", WIDENED)
def test_all_is_computed_in_float64(case):
    narrow, wide = (Layer(function) for function in WIDENED[case])
    assert_same(run_eagerly(narrow, (X,), Widen()), run_eagerly(wide, (X,)))


@pytest.mark.parametrize(
    ("cast", "dtype"), [("float", torch.float32), ("half", torch.half), ("bfloat16", torch.bfloat16)]
)
def test_rounding_keeps_what_a_cast_rounds(cast, dtype):
    rounded = run_eagerly(Layer(lambda self, x: getattr(x / 3, cast)() @ self.l.weight), (X,), Widen(rounds=True))
    asked = run_eagerly(Layer(lambda self, x: (x / 3).to(dtype) @ self.l.weight), (X,), Widen(rounds=True))
    by_hand = run_eagerly(Layer(lambda self, x: (x / 3).to(dtype).double() @ self.l.weight), (X,))
    assert_same(rounded, by_hand)
    assert_same(asked, by_hand)


def test_what_rounds_like_float32_is_exported_with_a_note(tmp_path):
    module = Layer(WIDENED["float"][0])
    report = export(module, (X,), tmp_path / "out.xlsx")
    assert report.ok
    assert report.note.startswith("computed in float64 where the module casts to a narrower type, which changes its")
    assert report.note in str(report)
    assert verify(tmp_path / "out.xlsx", module, (X,)).note == report.note
    in_float64 = run_eagerly(Layer(WIDENED["float"][1]), (X,))
    assert read_tensors(tmp_path / "out.xlsx")["loss"] == pytest.approx(in_float64.loss, rel=1e-12)
    assert run_eagerly(module, (X,)).loss != pytest.approx(in_float64.loss, rel=1e-9)


def test_a_layer_behind_a_cast_is_exported(tmp_path):
    # PyTorch cannot run it in float64: the layer would get float32.
    module = Layer(lambda self, x: self.l((x / 3).float()))
    with pytest.raises(ExportError, match="dtype"):
        run_eagerly(module, (X,))
    assert export(module, (X,), tmp_path / "out.xlsx").note
    in_float64 = run_eagerly(Layer(lambda self, x: self.l(x / 3)), (X,))
    assert read_tensors(tmp_path / "out.xlsx")["loss"] == pytest.approx(in_float64.loss, rel=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda self, x: self.l(x).half(),
        lambda self, x: self.l((x / 3).bfloat16()),
        lambda self, x: self.l(x).half().float(),
        lambda self, x: x[0, :2].half().double() * self.l.weight[0, :2],  # rounds a gradient, and not the loss
    ],
)
def test_what_rounds_more_is_refused(function, tmp_path):
    with pytest.raises(ExportError, match=r"the casts to narrower types in Layer change its numbers by .*e-0[345]"):
        export(Layer(function), (X,), tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("cast", [torch.Tensor.half, torch.Tensor.bfloat16])
def test_what_would_round_another_number_is_refused(cast, tmp_path):
    module = Layer(lambda self, x: self.l(x) * cast(x.detach()).double())
    with pytest.raises(ExportError, match="the casts to narrower types in Layer round its numbers, and a workbook"):
        export(module, (torch.tensor([[1.0, -2.0, 0.5]]),), tmp_path / "out.xlsx")


def test_truth_values_are_the_same_in_any_type():
    assert confirmed_trace(Layer(lambda self, x: self.l(x) * (x > 0).half()), (X,))[1] == ""


def test_casts_that_change_nothing_need_no_note():
    assert confirmed_trace(Layer(lambda self, x: self.l(x) * x.long().float()), (X,))[1] == ""


def test_a_cast_to_eight_bits_is_a_cast(tmp_path):
    with pytest.raises(ExportError, match=r"the casts to narrower types in Layer change its numbers by .*e-0[123]"):
        export(Layer(lambda self, x: self.l(x).to(torch.float8_e5m2).double()), (X,), tmp_path / "out.xlsx")


def test_a_cast_hides_nothing(tmp_path):
    for function in (
        lambda self, x: (doubled_unseen(self.l(x)) / 3).float() * self.l(x),
        lambda self, x: self.l((x / 3).float()) * doubled_unseen(self.l(x)),
    ):
        with pytest.raises(ExportError, match=r"'grad\.l\.weight' is off by"):
            export(Layer(function), (X,), tmp_path / "out.xlsx")
    assert not list(tmp_path.iterdir())


def test_whole_numbers_are_divided_in_float64():
    def function(self, x):
        return self.l(x) * (x.argmin(1) / 3) + x.long() * 0.1

    graph, note = confirmed_trace(Layer(function), (X,))
    assert graph.loss.data == run_eagerly(Layer(function), (X,), Widen()).loss
    assert graph.loss.data != run_eagerly(Layer(function), (X,)).loss
    assert "which changes its numbers by" in note


def test_a_function_that_is_asked_for_float32_computes_in_float64(tmp_path):
    module = Layer(lambda self, x: self.l(x).softmax(-1, dtype=torch.float32) * x)
    report = export(module, (X,), tmp_path / "out.xlsx")
    assert report.ok
    assert "narrower type" in report.note


def test_a_constant_that_is_rounded_beside_numbers_that_are_not():
    def function(self, x):
        angles = (torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64) / 7).float()
        return self.l(x).float() * angles.cos()

    graph, note = confirmed_trace(Layer(function), (X,))
    assert graph.loss.data == run_eagerly(Layer(function), (X,), Widen()).loss
    assert "which changes its numbers by" in note


def test_a_part_of_rows_is_cast_into_numbers_that_lie_dense():
    """As DeepSeek's attention turns a part of each key."""

    def turned(self, x):
        part = torch.cat([self.l(x), x, x[:, :1]], 1).split([3, 4], dim=-1)[1]
        turns = torch.polar(torch.ones(1, 2).double(), torch.tensor([[0.3, 1.0]]).double())
        return torch.view_as_real(torch.view_as_complex(part.float().view(1, 2, 2)) * turns).to(x.dtype).square() / 3

    _, note = confirmed_trace(Layer(turned).double(), (X.double(),))
    assert "computed in float64 where the module casts" in note
