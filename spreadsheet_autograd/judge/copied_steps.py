"""Tells whether a loss and its claims are a copy of others: the same formulas of other cells, as in each step."""

from collections.abc import Collection, Hashable, Iterator, Sequence

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.find.claims import Claim
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.syntax import Binary, Call, Cell, Node, Part, Range, Unary, pieces


def shape_of_step(
    graph: SpreadsheetGraph, states: Collection[Place], loss: Place, claims: Sequence[Claim]
) -> Hashable | None:
    """Return a value that is equal for two steps if their formulas are the same but for the cells that they read.

    A step is a loss with the claims to be its gradients, often one row a step. What is right at random numbers in one
    is right in its copy. None if a cell can't be computed.

    Args:
        graph: the workbook.
        states: the parameters of all steps.
        loss: the loss of the step.
        claims: the claims to be its gradients.

    Example:
        With A1 `=B1^2` and the claim C1 `=2*B1`, the shape is that of A2 `=B2^2` with C2 `=2*B2`.
    """
    return _Shape(graph, states).of(loss, claims)


class _Shape:
    def __init__(self, graph: SpreadsheetGraph, states: Collection[Place]) -> None:
        self._graph, self._states = graph, states
        self._numbers: dict[Place, int] = {}
        """The cells, numbered as they are met."""

    def of(self, loss: Place, claims: Sequence[Claim]) -> Hashable | None:
        told: list[Hashable] = [self._number(loss)]
        done = self._describe(told, 0)
        is_drawn = {*self._numbers}  # the typed numbers from which the loss is computed
        for claim in claims:
            told += [self._number(claim.cell), self._number(self._graph.repeated(claim.of)), self._number(claim.of)]
            told += self._pieces(claim.formula, claim.cell) if claim.formula is not None else ()
        self._describe(told, done, is_drawn)
        return None if any(at in self._graph.left_out for at in self._numbers) else tuple(told)

    def _describe(self, told: list[Hashable], done: int, is_drawn: Collection[Place] | None = None) -> int:
        """Add to `told` what stands in the cells that are numbered from `done` on, and in all that they read."""
        cells = [*self._numbers][done:]
        for at in cells:
            told += self._content(at, is_drawn is None or at in is_drawn)
            cells += [*self._numbers][done + len(cells) :]
        return done + len(cells)

    def _content(self, at: Place, is_drawn: bool) -> Iterator[Hashable]:
        graph, node = self._graph, self._graph.formulas.get(at)
        if at in self._states:
            yield "parameter"
        elif node is not None:
            yield at in graph.arrays
            yield from self._pieces(node, at)
        else:
            value = graph.constant(at)
            if isinstance(value, float) and is_drawn:
                yield 0 <= value <= 1, value in (0.0, 1.0), value == -1.0
            else:
                yield value.code if isinstance(value, CellError) else value, type(value)

    def _pieces(self, node: Node, at: Place) -> Iterator[Hashable]:
        for piece in pieces(node):
            if isinstance(piece, Cell):
                yield self._number(piece.place)
            elif isinstance(piece, Range):
                beside = piece.beside(at)
                yield piece.shape, beside and self._number(beside.place)
                yield from map(self._number, piece.places())
            elif isinstance(piece, Part):
                yield self._number(piece.array), piece.row, piece.col
            elif isinstance(piece, (Binary, Unary)):
                yield piece.operator
            elif isinstance(piece, Call):
                yield piece.name, len(piece.arguments)
            else:
                yield piece

    def _number(self, at: Place) -> int:
        return self._numbers.setdefault(at, len(self._numbers))
