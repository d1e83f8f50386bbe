"""A result that is used more than a dozen times: its gradient is a sum of shares, whatever operator has computed it."""

import pytest
import torch

from excel_export.compiler.place.gradient_accumulation import MOST_ADDED
from excel_export.compiler.trace.tracer import trace
from excel_export.ops import all_operators
from tests.support.cases import examples_of
from tests.support.passes import two_passes
from tests.support.retyped import Apply, reports_after_edits

X, Y = torch.tensor([[1.0, -2, 0.5], [0.3, 2, -1]]), torch.tensor([[0.2, 1, 4], [0.5, -1, 3]])


def often(function):
    def used(*inputs):
        found = function(*inputs)
        found = found if isinstance(found, torch.Tensor) else found[0]
        return torch.stack([(found * (k + 1)).sum() for k in range(MOST_ADDED + 2)]) * inputs[0].sum()

    return used


@pytest.mark.parametrize("operator", all_operators(), ids=lambda each: each.__name__)
def test_every_operator_is_placed(operator):
    example = next(iter(examples_of(operator)))
    inputs = tuple(x.double() if x.is_floating_point() else x for x in example.inputs)
    module = Apply(often(example.function), MOST_ADDED + 2)
    assert two_passes(trace(module, inputs))


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x / y,
        lambda x, y: x @ y.T,
        lambda x, y: x[0] @ y[1],
        lambda x, y: (x * y)[:, 1:].argmax(1) * y[0, 0],
    ],
    ids=["div", "matmul", "dot", "argmax"],
)
def test_their_gradients_are_right(function, tmp_path):
    [report] = reports_after_edits(often(function), [X, Y], [[Y, X]], ["ironcalc"], tmp_path)
    assert report.ok, report.complaint
