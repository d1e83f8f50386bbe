"""Cholesky decompositions, and equations with triangular matrices: row by row, in as many products as they need."""

from typing import Any

import torch
import torch.nn.functional as F

from excel_export.composites._composite import composite
from excel_export.formulas import Example, Examples
from excel_export.ops._numbers import randn


@composite(torch.linalg.cholesky, torch.cholesky, torch.Tensor.cholesky)
def cholesky(A: Any, *, upper: bool = False) -> Any:
    """L, a triangle of numbers, so that L times its transpose is A. PyTorch looks at the lower half of A only."""
    rest = _symmetric(A)
    columns = []
    for k in range(A.shape[-1]):
        column = rest[..., 0] / rest[..., :1, 0].sqrt()
        columns.append(F.pad(column, (k, 0)) if k else column)
        below = column[..., 1:]
        if below.shape[-1]:
            rest = rest[..., 1:, 1:] - below[..., :, None] * below[..., None, :]
    return torch.stack(columns, -2 if upper else -1)


def _symmetric(A: Any) -> Any:
    """The numbers of the lower half on both sides; the gradient goes to both, as PyTorch takes A for symmetric."""
    ahead = ((A - A.mT) / 2).detach().tril()
    return (A + A.mT) / 2 + ahead + ahead.mT


@cholesky.examples
def _() -> Examples:
    yield Example("", lambda x: torch.linalg.cholesky(x @ x.T), randn(2, 2))
    yield Example("batch", lambda x: torch.linalg.cholesky(x @ x.mT), randn(2, 3, 3))
    yield Example("upper", lambda x: torch.linalg.cholesky(x @ x.T + torch.eye(3), upper=True), randn(3, 3))
    yield Example("one row", lambda x: torch.linalg.cholesky(x * x), randn(1, 1))
    yield Example("six rows", lambda x: torch.linalg.cholesky(x @ x.T + torch.eye(6)), randn(6, 6))


@composite(torch.linalg.cholesky_ex)
def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False) -> Any:
    """The same, and a 0: the decomposition was found."""
    found = torch.linalg.cholesky(A, upper=upper)
    kinds: Any = torch.return_types
    return kinds.linalg_cholesky_ex((found, torch.zeros(A.shape[:-2], dtype=torch.int32)))


@cholesky_ex.examples
def _() -> Examples:
    yield Example("", lambda x: torch.linalg.cholesky_ex(x @ x.mT + torch.eye(2)).L, randn(3, 2, 2))


@composite(torch.linalg.solve_triangular)
def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X, so that A X = B: each row of X by those that are known already."""
    return _solved(A, B, upper, unitriangular) if left else _solved(A.mT, B.mT, not upper, unitriangular).mT


def _solved(A: Any, B: Any, upper: bool, unitriangular: bool) -> Any:
    rows = A.shape[-1]
    found: list[Any] = []
    for k in range(rows):
        row = rows - 1 - k if upper else k
        known = A[..., row, row + 1 :] if upper else A[..., row, :row]
        rest = B[..., row, :]
        if k:
            rest = rest - (known[..., None, :] @ torch.stack(found, -2))[..., 0, :]
        solved = rest if unitriangular else rest / A[..., row, row, None]
        found = [solved, *found] if upper else [*found, solved]
    return torch.stack(found, -2)


@solve_triangular.examples
def _() -> Examples:
    solve, A = torch.linalg.solve_triangular, randn(3, 3) + 2 * torch.eye(3)
    yield Example("", lambda x, y: solve(x, y, upper=False), A, randn(3, 2))
    yield Example("upper", lambda x, y: solve(x, y, upper=True), A, randn(3, 1))
    yield Example("batch", lambda x, y: solve(x, y, upper=False), A.expand(2, 3, 3) * 1.0, randn(2, 3, 2))
    yield Example("of ones", lambda x, y: solve(x, y, upper=False, unitriangular=True), A, randn(3, 2))
    yield Example("from the right", lambda x, y: solve(x, y, upper=True, left=False), A, randn(2, 3))


@composite(torch.cholesky_solve, torch.Tensor.cholesky_solve)
def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """X, so that A X = B, by the Cholesky decomposition of A."""
    lower = L.mT if upper else L
    halfway = torch.linalg.solve_triangular(lower, B, upper=False)
    return torch.linalg.solve_triangular(lower.mT, halfway, upper=True)


@cholesky_solve.examples
def _() -> Examples:
    def solved(A: torch.Tensor, B: torch.Tensor, upper: bool = False) -> torch.Tensor:
        A = A @ A.mT + torch.eye(3)
        return torch.cholesky_solve(B, torch.linalg.cholesky(A, upper=upper), upper=upper)

    yield Example("", solved, randn(3, 3), randn(3, 2))
    yield Example("upper", lambda A, B: solved(A, B, upper=True), randn(2, 3, 3), randn(2, 3, 1))


@composite(torch.cholesky_inverse, torch.Tensor.cholesky_inverse)
def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """The inverse of A, by its Cholesky decomposition."""
    return torch.cholesky_solve(torch.eye(L.shape[-1]).to(L), L, upper=upper)


@cholesky_inverse.examples
def _() -> Examples:
    yield Example("", lambda x: torch.cholesky_inverse(torch.linalg.cholesky(x @ x.T + torch.eye(3))), randn(3, 3))
