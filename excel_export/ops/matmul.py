"""matmul: rows times columns."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch

from excel_export.formulas import WRITTEN_OUT, Gradients, Grid, Helper, OperandLike, Operator, Region, Tensor, operator
from excel_export.formulas.arrays import sum_of_products
from excel_export.formulas.grid import matching_cuts

_FUNCTIONS = (torch.matmul, torch.mm, torch.bmm, torch.mv, torch.dot)
_METHODS = (torch.Tensor.matmul, torch.Tensor.mm, torch.Tensor.bmm, torch.Tensor.mv, torch.Tensor.dot)
_EVERY = slice(None)
At = int | slice


@operator(*_FUNCTIONS, *_METHODS, torch.Tensor.__matmul__)
class matmul(Operator):
    """The matrix product of vectors, matrices, or batches of matrices, with broadcasting over the batch.

    A vector is a matrix with one row (left) or one column (right), taken out of the result: (2, 3) by (3,) is (2,).
    """

    input: Tensor
    other: Tensor
    grows: ClassVar[bool] = True
    """True: products of integers can be too large for a cell to hold exactly, so integer inputs get limits."""

    called = "{input} · {other}"
    forward_words = "Each result takes a row of the first, a, and a column of the second, b, multiplies them pair by pair, and adds up the {terms:product}."
    forward_math = "yᵢⱼ = Σₖ aᵢₖ bₖⱼ"
    backward_words = (
        "A number of a meets a whole row of b, one number for each result: its gradient adds up g times that number. "
        "The numbers of b alike."
    )
    backward_math = "∂L/∂aᵢₖ = Σⱼ gᵢⱼ bₖⱼ,  ∂L/∂bₖⱼ = Σᵢ aᵢₖ gᵢⱼ"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"terms": self.input.shape[-1]}

    @property
    def has_row(self) -> bool:
        """True if the left operand is a matrix, or a batch of them; False for a vector."""
        return len(self.input.shape) > 1

    @property
    def has_column(self) -> bool:
        """True if the right operand is a matrix, or a batch of them; False for a vector."""
        return len(self.other.shape) > 1

    def helpers(self, y: Tensor) -> dict[str, Helper]:
        # SUMPRODUCT wants both ranges in the same direction.
        a, b = self.input, self.other
        if a.shape[-1] <= WRITTEN_OUT or len(a.shape) == len(b.shape) == 1:
            return {}
        rows = a.shape if self.has_row else (1, *a.shape)
        *batch, k, columns = b.shape if self.has_column else (*b.shape, 1)

        def across() -> OperandLike:
            return b.cells.reshape(*batch, k, columns).swapped

        return {
            "rows": Helper(tuple(rows), "a, each row laid across", lambda: a.cells.reshape(*rows), layout="matrix"),
            "columns": Helper((*batch, columns, k), "b, each column laid across", across, layout="matrix"),
        }

    def forward(self, y: Tensor) -> OperandLike:
        def row_and_column(*index: int) -> tuple[Region, Region]:
            batch, i, j = _split(index, self.has_row, self.has_column)
            if "rows" in y.helpers:
                return _part(y.helpers["rows"], batch, (i, _EVERY)), _part(y.helpers["columns"], batch, (j, _EVERY))
            return (
                _part(self.input.value, batch, (i, _EVERY)[not self.has_row :]),
                _part(self.other.value, batch, (_EVERY, j)[: 1 + self.has_column]),
            )

        return sum_of_products(y.shape, row_and_column)

    def backward(self, y: Tensor) -> Gradients:
        has_row, has_column = self.has_row, self.has_column
        matrix = has_row + has_column

        def arriving(batch: Sequence[At], i: At, j: At) -> Region:
            return _part(y.grad, batch, (i,) * has_row + (j,) * has_column)

        def by_row(*index: int) -> tuple[Region, Region]:
            batch, i, k = _split(index, has_row, True)
            spread = _spread(batch, self.input.shape[: len(self.input.shape) - 1 - has_row], y.shape, matrix)
            met = [_part(self.other.value, spread, (k, _EVERY)[: 1 + has_column])]
            if "columns" in y.helpers and has_column:
                met.append(_part(y.helpers["columns"], spread, (_EVERY, k)))
            return _fewest(arriving(spread, i, _EVERY), met)

        def by_column(*index: int) -> tuple[Region, Region]:
            batch, k, j = _split(index, True, has_column)
            spread = _spread(batch, self.other.shape[: len(self.other.shape) - 1 - has_column], y.shape, matrix)
            met = [_part(self.input.value, spread, (_EVERY, k)[not has_row :])]
            if "rows" in y.helpers and has_row:
                met.append(_part(y.helpers["rows"], spread, (_EVERY, k)))
            return _fewest(arriving(spread, _EVERY, j), met)

        yield self.input, sum_of_products(self.input.shape, by_row)
        yield self.other, sum_of_products(self.other.shape, by_column)


def _split(index: Sequence[int], has_row: bool, has_column: bool) -> tuple[Sequence[int], int, int]:
    """Cut an index into batch, row and column, 0 for those that a vector lacks."""
    batch = len(index) - has_row - has_column
    row, column = index[batch : batch + has_row], index[batch + has_row :]
    return index[:batch], *(row or (0,)), *(column or (0,))  # type: ignore[return-value]


def _part(grid: Grid, batch: Sequence[At], matrix: Sequence[At]) -> Region:
    """A part of the matrix that a batch index, which belongs to the result, meets in an operand."""
    lead = grid.shape[: len(grid.shape) - len(matrix)]
    own = zip(batch[len(batch) - len(lead) :], lead, strict=True)
    return grid[(*(at if isinstance(at, slice) or n > 1 else 0 for at, n in own), *matrix)]


def _spread(batch: Sequence[int], lead: Sequence[int], result: Sequence[int], matrix: int) -> list[At]:
    """All batch indices of the result that an operand's batch index was spread to."""
    whole = result[: len(result) - matrix]
    missing = len(whole) - len(lead)
    own = zip(batch, lead, whole[missing:], strict=True)
    return [_EVERY] * missing + [_EVERY if size == 1 != n else at for at, size, n in own]


def _fewest(left: Region, factors: list[Region]) -> tuple[Region, Region]:
    """The left factor with the right one that it matches in the fewest rectangles."""
    return left, min(factors, key=lambda right: len(matching_cuts((left.dims, right.dims))[0].steps))
