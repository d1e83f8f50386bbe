"""matrix_exp: e to the power of a matrix, as orthogonal weights and acyclic graphs have it."""

from typing import Any

import torch

from excel_export.composites._composite import composite
from excel_export.formulas import Example, Examples
from excel_export.ops._numbers import randn

_HALVINGS = 8
_INVERSE_FACTORIALS = [1.0]
for _k in range(1, 13):
    _INVERSE_FACTORIALS.append(_INVERSE_FACTORIALS[-1] / _k)


@composite(torch.matrix_exp, torch.Tensor.matrix_exp, torch.linalg.matrix_exp)
def matrix_exp(A: Any) -> Any:
    """Its power series up to the twelfth power, of a 256th of the matrix, which is then squared eight times.

    What is left out is below a double's last digits as long as no column's sum of sizes is beyond some hundred.
    """
    x = A / 2**_HALVINGS
    one = torch.eye(A.shape[-1], dtype=torch.float64)
    square = x @ x
    cube = square @ x
    fourth = square @ square
    result: Any = one * _INVERSE_FACTORIALS[12]
    for k in (8, 4, 0):  # four powers at a time, so that there are few products
        a, b, c, d = _INVERSE_FACTORIALS[k : k + 4]
        result = result @ fourth + (one * a + x * b + square * c + cube * d)
    for _ in range(_HALVINGS):
        result = result @ result
    return result


@matrix_exp.examples
def _() -> Examples:
    yield Example("", lambda x: torch.matrix_exp(x), randn(2, 2))
    yield Example("of several", lambda x: torch.linalg.matrix_exp(x - x.mT), 3 * randn(2, 3, 3))
    yield Example("larger", lambda x: (x @ x).matrix_exp().trace().log(), 3 * randn(3, 3))
