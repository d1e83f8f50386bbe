"""One formula of an expression: as a formula of its own, and the cells that it reads."""

from __future__ import annotations

from excel_export.formulas import Expression, FormulaTable, GridCells, Leaf, Rearranged, Reference
from excel_export.formulas.writing import Index, Token, own_index, token_text


def element_of(expression: Expression, index: Index) -> Expression:
    """One formula of an expression, as a formula of its own."""
    own = own_index(index, expression.shape)
    if isinstance(expression, GridCells):
        return expression.grid.at(*own).cells
    if isinstance(expression, Rearranged):
        return element_of(*expression.origin(own))
    if isinstance(expression, FormulaTable):
        return expression.formula(own)
    return expression if not expression.shape else Element(expression, own)


def cells_of(expression: Expression, index: Index) -> list[Reference]:
    """Every cell that one formula reads, once each, in the order of the formula; not those that it reads by name."""
    found: dict[Reference, None] = {}
    for reference in ranges_of(expression, index):
        found |= dict.fromkeys(plain(cell) for cell in reference.each())
    return list(found)


def ranges_of(expression: Expression, index: Index) -> list[Reference]:
    """The cells and the rectangles of cells that one formula reads; not those that it reads by name."""
    found: list[Reference] = []
    for token in expression.tokens(own_index(index, expression.shape)):
        references = token if isinstance(token, tuple) else [token] if isinstance(token, Reference) else []
        found += map(plain, references)
    return found


def plain(cell: Reference) -> Reference:
    """A reference without fixed rows and columns: the same cell is the same reference."""
    if not (cell.row_fixed or cell.col_fixed):
        return cell
    return Reference(cell.sheet, cell.row, cell.col, cell.height, cell.width)


class Element(Leaf):
    """One formula of an expression."""

    def __init__(self, expression: Expression, index: Index) -> None:
        self.expression, self.index = expression, index
        self._tokens = expression.tokens(index)
        self.precedence = expression.precedence
        self.begins_with_power = expression.begins_with_power

    def column(self, home: str):  # type: ignore[no-untyped-def]
        """Not needed: it is a single formula."""
        raise NotImplementedError

    def single(self, home: str) -> str:
        """Return the formula."""
        return "".join(token_text(token, home) for token in self._tokens)

    def element(self, index: Index) -> list[Token]:
        """Return its pieces."""
        return self._tokens
