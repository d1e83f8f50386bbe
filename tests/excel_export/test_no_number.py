"""Where PyTorch has infinity or no number after an edit, the sheet shows an error, or what stands for infinity."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from excel_export import read_tensors
from tests.support.engines import each_engine
from tests.support.retyped import reports_after_edits, retyped

POWERS = {
    "cube root": lambda x: x ** (1 / 3),
    "fifth root": lambda x: x**0.2,
    "seventh root": lambda x: x ** (1 / 7),
    "over the cube root": lambda x: x ** (-1 / 3),
    "square of the cube root": lambda x: x ** (2 / 3),
    "fraction": lambda x: x**0.3,
}


def expected_and_found(path, module, inputs):
    """Yield each tensor by its name, as PyTorch has it, and as a file has it."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    loss = module(*leaves)
    loss.backward()
    found = read_tensors(path)
    yield "loss", np.array(loss.item()), found["loss"]
    for name, leaf in zip("xyz", leaves, strict=False):
        yield name, leaf.grad.numpy(), found[f"grad.{name}"]


@pytest.mark.parametrize("case", POWERS)
@each_engine
def test_a_negative_number_has_no_root(engine, case, tmp_path):
    x, edit = torch.tensor([8.0, 3]), torch.tensor([-8.0, 2])
    for path, module, inputs in retyped(POWERS[case], [x], [[edit]], [engine], tmp_path):
        for name, expected, found in expected_and_found(path, module, inputs):
            assert np.isnan(found).tolist() == np.isnan(expected).tolist(), name


@each_engine
def test_the_root_of_zero_is_zero(engine, tmp_path):
    """The gradient there is infinite, the number is not."""
    x, edit = torch.tensor([8.0, 3]), torch.tensor([0.0, 2])
    [(path, module, inputs)] = retyped(POWERS["cube root"], [x], [[edit]], [engine], tmp_path)
    _, expected, found = next(expected_and_found(path, module, inputs))
    assert found == pytest.approx(expected, rel=1e-12)


@each_engine
def test_an_exponent_that_is_typed_makes_no_root_of_a_negative_number(engine, tmp_path):
    edits = [[torch.tensor([-8.0, 8, -2]), torch.tensor([1 / 3, 1 / 3, 3], dtype=torch.float64)]]
    for path, _, _ in retyped(
        torch.pow, [torch.tensor([8.0, 3, 2]), torch.tensor([0.5, 2, 2])], edits, [engine], tmp_path
    ):
        found = read_tensors(path)["pow_1"]
        assert np.isnan(found).tolist() == [True, False, False]
        assert found[1:] == pytest.approx([2, -8], rel=1e-12)


@pytest.mark.parametrize("engine", ["ironcalc", "formulon"])
@pytest.mark.parametrize("p", [1e-300, 1e-7, 0.3, 1 - 1e-12, 0.0, 1.0])
def test_the_gradient_of_a_target_is_not_bounded(p, engine, tmp_path):
    inputs, edit = [torch.tensor([0.5, 0.5]), torch.tensor([0.3, 1.0])], torch.tensor([p, 0.5], dtype=torch.float64)
    for path, module, typed in retyped(F.binary_cross_entropy, inputs, [[edit, inputs[1]]], [engine], tmp_path):
        for name, expected, found in expected_and_found(path, module, typed):
            has_number = np.isfinite(expected)
            assert np.isfinite(found).tolist() == has_number.tolist(), name
            np.testing.assert_allclose(found[has_number], expected[has_number], rtol=1e-12, err_msg=name)


INFINITE = {
    "isinf": lambda v: torch.where(v.isinf(), 0.5, v),
    "isfinite": lambda v: torch.where(v.isfinite(), v, 0.5),
    "isneginf": lambda v: torch.where(torch.isneginf(v), 0.5, v),
    "isposinf": lambda v: torch.where(torch.isposinf(-v), 0.5, v),
    "isnan": lambda v: torch.where(v.isnan(), 0.5, v).clamp(-3, 3),
    "nan_to_num": lambda v: torch.nan_to_num(v, neginf=-2.5),
    "nan_to_num of more": lambda v: torch.nan_to_num(-v, posinf=2.5),
    "the largest": lambda v: torch.where(v.amax(1).isinf(), 0.5, v.amax(1)),
}


@pytest.mark.parametrize("case", INFINITE)
def test_what_stands_for_infinity_counts_as_infinite(case, tmp_path):
    def function(x, mask):
        return INFINITE[case](x.masked_fill(~mask, -torch.inf))

    x, mask = torch.tensor([[1.0, 2], [-1, 3]]), torch.ones(2, 2, dtype=torch.bool)
    edits = [[x, mask & False], [x, torch.tensor([[True, False], [True, True]])]]
    for report in reports_after_edits(function, [x, mask], edits, ["ironcalc"], tmp_path):
        assert report.ok, report
