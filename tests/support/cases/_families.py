"""Cases that many operators have in common. Each function gets the first of an operator's functions in PyTorch."""

from dataclasses import fields

import torch

from excel_export.ops import find_operator
from tests.support.cases._example import BORDERS, EXTREME, FAR, IMAGE, NUMBERS, PAIRS, ROW, Example, Extreme, randn


def functions_of(function):
    """PyTorch's functions and methods that stand for the same operator: (torch.exp, torch.Tensor.exp) for torch.exp."""
    return find_operator(function, "a case").functions


def elementwise(function, *more, within=torch.clone, numbers=NUMBERS, module=None, has_gradient=True, **kind):
    """Cases of a function of each element: usual numbers, 0, and numbers of all sizes, from 1e-320 to 1e300.

    Args:
        function: a function of a tensor, such as torch.exp.
        more: further cases: Example('far', torch.exp, torch.tensor([-700.0])).
        within: applied to the usual numbers, −1 to 1 and random ones: torch.abs for a function of positive numbers.
        numbers: the numbers of all sizes; those where PyTorch's result or gradient is not finite are left out.
        module: PyTorch's module, nn.Sigmoid, which is tested with numbers from −1000 to 1000; None for no such test.
        has_gradient: True if PyTorch has a gradient for it; else the numbers x of all sizes test f(x) + x.
        kind: what `Extreme` says of it, decides=True or cancels=True.
    """
    operator = find_operator(function, "a case")
    other, last = operator.functions[len(operator.functions) // 2], operator.functions[-1]
    yield Example("", function, within(ROW))
    yield Example("random", last, within(3 * randn(3, 4)))
    yield Example("at zero", other, within(BORDERS))
    if any(field.name == "inplace" for field in fields(operator)):
        yield Example("in place", lambda x: function(x * 1, inplace=True), randn(3, 4))
    if module is not None:
        yield Example("saturated", module(), FAR)
    yield from more
    yield Extreme("", function if has_gradient else lambda x: function(x) + x, numbers, by_element=True, **kind)


def pairwise(function, far=0):
    """Cases of a function of two operands with broadcasting.

    `far` is added to random numbers to get the second operand: 4 keeps a divisor away from 0.
    """
    method = functions_of(function)[-1]
    yield Example("", function, ROW, far + ROW)
    yield Example("number", lambda x: method(x, 2.5), randn(3, 4))
    yield Example("negative number", lambda x: function(x, -1.5), randn(3, 4))
    yield Example("random", method, randn(3, 4), far + randn(3, 4))
    for what, shape, other in (
        ("", (3, 4), (4,)),
        (" a column", (3, 4), (3, 1)),
        (" first", (4,), (3, 4)),
        (" both", (3, 1), (1, 4)),
        (" nothing", (1, 3), (3,)),
        (" over images", IMAGE.shape, (3, 1, 1)),
        (" outer", (2, 1, 1, 5), (3, 4, 1)),
    ):
        yield Example(f"broadcast{what}", function, randn(*shape), far + randn(*other))
    yield Extreme("", function, *PAIRS, by_element=True)


def reduction(function, numbers=EXTREME, cancels=False):
    """Cases of a reduction over one dimension, several and all; `numbers` has rows of all sizes."""
    method = functions_of(function)[-1]
    yield Example("", lambda x: method(x, dim=1), ROW)
    yield Example("over all", function, randn(3, 4))
    yield Example("over one", lambda x: function(x, dim=0, keepdim=True), randn(3, 4))
    yield Example("over several", lambda x: method(x, dim=(0, -1), keepdim=True), randn(2, 3, 4))
    yield Example("over channels", lambda x: method(x, dim=1), IMAGE)
    yield Example("of images", lambda x: function(x, dim=(2, 3)), IMAGE)
    yield Extreme("", lambda x: method(x, dim=1), numbers, cancels=cancels)


def with_settings(function):
    """A function that takes settings and returns a function of a tensor: pool(2) is lambda x: avg_pool2d(x, 2)."""
    return lambda *settings, **more: lambda x: function(x, *settings, **more)
