"""matmul: rows times columns."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from excel_export.formulas.formula import WRITTEN_OUT, dot, table
from excel_export.formulas.grid import Grid, Region
from excel_export.formulas.operator import Expressions, Operator, Workspace, operator

_FUNCTIONS = (torch.matmul, torch.mm, torch.bmm, torch.mv, torch.dot)
_METHODS = (torch.Tensor.matmul, torch.Tensor.mm, torch.Tensor.bmm, torch.Tensor.mv, torch.Tensor.dot)
_EVERY = slice(None)


@operator(*_FUNCTIONS, *_METHODS, torch.Tensor.__matmul__)
class matmul(Operator):
    """The matrix product of vectors, matrices, or batches of matrices, with broadcasting over the batch.

    A vector is a matrix with one row (on the left) or one column (on the right), taken out of the result.
    """

    forward_math = "yᵢⱼ = Σₖ aᵢₖ bₖⱼ"
    backward_math = "∂L/∂aᵢₖ = Σⱼ gᵢⱼ bₖⱼ,  ∂L/∂bₖⱼ = Σᵢ aᵢₖ gᵢⱼ"

    def workspace(self, y: Any, input: Any, other: Any) -> dict[str, Workspace]:
        # SUMPRODUCT wants both ranges in the same direction.
        if input.shape[-1] <= WRITTEN_OUT or len(input.shape) == len(other.shape) == 1:
            return {}
        rows = input.shape if len(input.shape) > 1 else (1, *input.shape)
        *batch, k, columns = other.shape if len(other.shape) > 1 else (*other.shape, 1)
        return {
            "rows": Workspace(tuple(rows), "a, each row laid across", matrix=True),
            "columns": Workspace((*batch, columns, k), "b, each column laid across", matrix=True),
        }

    def fill(self, y: Any, input: Any, other: Any) -> dict[str, Expressions]:
        if not y.work:
            return {}
        columns = other.refs if len(other.shape) > 1 else other.refs[:, None]
        return {"rows": input.refs.reshape(y.work["rows"].shape), "columns": columns.swapaxes(-1, -2)}

    def forward(self, y: Any, input: Any, other: Any) -> Expressions:
        has_row, has_column = len(input.shape) > 1, len(other.shape) > 1

        def row_times_column(*index: int) -> str:
            batch, i, j = _split(index, has_row, has_column)
            if y.work:
                return dot(
                    _part(y.work["rows"], batch, (i, _EVERY)),
                    _part(y.work["columns"], batch, (j, _EVERY)),
                )
            return dot(
                _part(input.value, batch, (i, _EVERY)[not has_row :]),
                _part(other.value, batch, (_EVERY, j)[: 1 + has_column]),
            )

        return table(y.shape, row_times_column)

    def backward(self, y: Any, input: Any, other: Any) -> Iterator[tuple[Any, Expressions]]:
        has_row, has_column = len(input.shape) > 1, len(other.shape) > 1

        def of_result(batch: Sequence[Any], i: Any, j: Any) -> Region:
            return _part(y.grad, batch, (i,) * has_row + (j,) * has_column)

        def by_row(*index: int) -> str:
            batch, i, k = _split(index, has_row, True)
            batch = _spread(batch, input.shape[: len(input.shape) - 1 - has_row], y.shape, has_row + has_column)
            factors = [_part(other.value, batch, (k, _EVERY)[: 1 + has_column])]
            if y.work and has_column:
                factors.append(_part(y.work["columns"], batch, (_EVERY, k)))
            return _shortest_dot(of_result(batch, i, _EVERY), factors)

        def by_column(*index: int) -> str:
            batch, k, j = _split(index, True, has_column)
            batch = _spread(batch, other.shape[: len(other.shape) - 1 - has_column], y.shape, has_row + has_column)
            factors = [_part(input.value, batch, (_EVERY, k)[not has_row :])]
            if y.work and has_row:
                factors.append(_part(y.work["rows"], batch, (_EVERY, k)))
            return _shortest_dot(of_result(batch, _EVERY, j), factors)

        yield input, table(input.shape, by_row)
        yield other, table(other.shape, by_column)


def _split(index: Sequence[int], has_row: bool, has_column: bool) -> tuple[Sequence[Any], int, int]:
    """Cut an index into batch, row and column, 0 for those that a vector lacks."""
    batch = len(index) - has_row - has_column
    row, column = index[batch : batch + has_row], index[batch + has_row :]
    return index[:batch], *(row or (0,)), *(column or (0,))  # type: ignore[return-value]


def _part(grid: Grid, batch: Sequence[Any], matrix: Sequence[Any]) -> Region:
    """A part of the matrix that a batch index, which belongs to the result, meets in an operand."""
    lead = grid.shape[: len(grid.shape) - len(matrix)]
    own = zip(batch[len(batch) - len(lead) :], lead, strict=True)
    return grid[(*(at if isinstance(at, slice) or n > 1 else 0 for at, n in own), *matrix)]


def _spread(batch: Sequence[int], lead: Sequence[int], result: Sequence[int], matrix: int) -> list[Any]:
    """All batch indices of the result that an operand's batch index was spread to."""
    whole = result[: len(result) - matrix]
    missing = len(whole) - len(lead)
    own = zip(batch, lead, whole[missing:], strict=True)
    return [_EVERY] * missing + [_EVERY if size == 1 != n else at for at, size, n in own]


def _shortest_dot(left: Region, factors: list[Region]) -> str:
    return min((dot(left, right) for right in factors), key=len)
