"""Determinants, inverses and the like of small matrices, written out element by element."""

from typing import Any

import torch

from excel_export.composites._composite import composite
from excel_export.formulas import Example, Examples
from excel_export.ops._numbers import randn
from excel_export.shared.errors import UnsupportedOperator

LARGEST = 4
"""How many rows a matrix may have: the next size has 120 products in its determinant."""


def _size(x: Any, name: str) -> int:
    rows: int = x.shape[-1]
    if rows > LARGEST:
        raise UnsupportedOperator(
            f"{name} of a {rows}×{rows} matrix is not supported: written out, it has too many products beyond {LARGEST}×{LARGEST}, and spreadsheets do it with array formulas only"
        )
    return rows


@composite(torch.det, torch.Tensor.det, torch.linalg.det)
def det(A: Any) -> Any:
    """The determinant, by its first row."""
    rows = _size(A, "det")
    return _minor(A, tuple(range(rows)), tuple(range(rows)))


def _minor(A: Any, rows: tuple[int, ...], columns: tuple[int, ...]) -> Any:
    """The determinant of some rows and columns."""
    if not rows:
        return torch.ones(A.shape[:-2]).to(A)
    if len(rows) == 1:
        return A[..., rows[0], columns[0]]
    if len(rows) == 2:
        (i, j), (k, m) = rows, columns
        return A[..., i, k] * A[..., j, m] - A[..., i, m] * A[..., j, k]
    total: Any = 0
    for n, column in enumerate(columns):
        term = A[..., rows[0], column] * _minor(A, rows[1:], (*columns[:n], *columns[n + 1 :]))
        total = total + term if n % 2 == 0 else total - term
    return total


@det.examples
def _() -> Examples:
    yield Example("", lambda x: torch.det(x), randn(2, 2))
    yield Example("batch", lambda x: torch.linalg.det(x), randn(2, 3, 3))
    yield Example("four rows", lambda x: x.det(), randn(4, 4))


@composite(torch.slogdet, torch.Tensor.slogdet, torch.linalg.slogdet)
def slogdet(A: Any) -> Any:
    """The sign of the determinant, and the logarithm of its size."""
    found = torch.det(A)
    return torch.return_types.slogdet((found.detach().sign(), found.abs().log()))


@slogdet.examples
def _() -> Examples:
    yield Example("", lambda x: torch.linalg.slogdet(x)[1] * x, randn(2, 2))


@composite(torch.logdet, torch.Tensor.logdet)
def logdet(input: Any) -> Any:
    """The logarithm of the determinant."""
    return torch.det(input).log()


@logdet.examples
def _() -> Examples:
    yield Example("", lambda x: torch.logdet(x @ x.T), randn(2, 2))


@composite(torch.inverse, torch.Tensor.inverse, torch.linalg.inv)
def inverse(A: Any) -> Any:
    """The inverse: each minor, over the determinant."""
    rows = _size(A, "the inverse")
    if rows == 1:
        return 1 / A
    every = tuple(range(rows))
    found = [
        [
            (-1) ** (i + j) * _minor(A, _without(every, j), _without(every, i))  # transposed
            for j in every
        ]
        for i in every
    ]
    return torch.stack([torch.stack(line, -1) for line in found], -2) / _minor(A, every, every)[..., None, None]


def _without(every: tuple[int, ...], k: int) -> tuple[int, ...]:
    return (*every[:k], *every[k + 1 :])


@inverse.examples
def _() -> Examples:
    yield Example("", lambda x: torch.linalg.inv(x), randn(2, 2))
    yield Example("batch", lambda x: torch.inverse(x), randn(2, 3, 3))
    yield Example("one row", lambda x: x.inverse(), randn(1, 1))


@composite(torch.linalg.solve)
def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """X, so that A X = B."""
    if not left:
        return B @ torch.linalg.inv(A)
    is_vector = B.dim() == 1 or (A.dim() - 1 == B.dim() and B.shape == A.shape[:-1])
    return (torch.linalg.inv(A) @ B[..., None])[..., 0] if is_vector else torch.linalg.inv(A) @ B


@solve.examples
def _() -> Examples:
    yield Example("", lambda x, y: torch.linalg.solve(x, y), randn(2, 2), randn(2))
    yield Example("batch", lambda x, y: torch.linalg.solve(x, y), randn(2, 3, 3), randn(2, 3, 2))
