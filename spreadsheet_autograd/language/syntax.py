"""Formulas as trees: the kinds of nodes, how to walk and change a tree, and how to write it as a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import is_not

from excel_export.formulas.writing import ATOM, NEGATED, OPERATORS, PERCENT
from excel_export.shared.a1_notation import Place
from excel_export.shared.cells import letters_of

_PLAIN = re.compile(r"[^\W\d]\w*")
_LIKE_A_CELL = re.compile(r"[A-Z]{1,3}\d+|R\d*C?\d*|C\d*", re.I)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a formula: Number(2.0)."""

    value: float
    """The number."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a formula, Text('yes'); or an error value, Text('#N/A', is_error=True)."""

    value: str
    """The text, without quotation marks."""
    is_error: bool = False
    """True for an error value."""


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE in a formula: Truth(True)."""

    value: bool
    """True for TRUE."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An argument that is left out, such as the second one of IF(A1,,2)."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that LET or LAMBDA defines, or that nothing defines: Name('x')."""

    text: str
    """The name, as written."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A reference to a cell: Cell('Sheet1', 3, 2) is B3."""

    sheet: str
    """The name of the sheet."""
    row: int
    """The row, from 1 on."""
    col: int
    """The column, from 1 on: 2 for B."""
    fixed_row: bool = False
    """True for $ before the row, as in B$3."""
    fixed_col: bool = False
    """True for $ before the column, as in $B3."""

    @property
    def place(self) -> Place:
        """The cell as (sheet, row, column): ('Sheet1', 3, 2)."""
        return self.sheet, self.row, self.col

    def moved(self, rows: int, cols: int) -> Cell:
        """Return a reference to the cell some rows down and columns right, even if it has $: C$5 for B$3, 2 and 1."""
        return Cell(self.sheet, self.row + rows, self.col + cols, self.fixed_row, self.fixed_col)

    def copied(self, rows: int, cols: int) -> Cell:
        """Return the reference after its formula was copied some rows down and columns right: C$3 for B$3, 2 and 1."""
        down, right = 0 if self.fixed_row else rows, 0 if self.fixed_col else cols
        return self.moved(down, right) if down or right else self


@dataclass(frozen=True, slots=True)
class Range:
    """A rectangle of cells, both corners included: Range(Cell('S', 1, 1), Cell('S', 3, 2)) is A1:B3."""

    first: Cell
    """The cell at the top left."""
    last: Cell
    """The cell at the bottom right."""

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns: (3, 2) for A1:B3."""
        return self.last.row - self.first.row + 1, self.last.col - self.first.col + 1

    def beside(self, at: Place) -> Cell | None:
        """Return the cell of a single column in the row of `at`, or of a single row in its column; None for none.

        A2 of A1:A3 for C2: a spreadsheet takes that cell where one number is expected. None for a rectangle of several
        rows and columns, and where the range has no cell in that row or column. Sheets are not compared.
        """
        _, row, col = at
        rows, cols = self.shape
        if cols == 1 and self.first.row <= row <= self.last.row:
            return Cell(self.first.sheet, row, self.first.col)
        if rows == 1 and self.first.col <= col <= self.last.col:
            return Cell(self.first.sheet, self.first.row, col)
        return None

    def places(self) -> Iterator[Place]:
        """Yield the cells, row by row: ('S', 1, 1), ('S', 1, 2), …."""
        for row in range(self.first.row, self.last.row + 1):
            for col in range(self.first.col, self.last.col + 1):
                yield self.first.sheet, row, col


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function: Call('SUM', (Cell('S', 1, 1), Number(2.0))) is SUM(A1,2)."""

    name: str
    """The name of the function, in capitals and without a prefix such as _xlfn."""
    arguments: tuple[Node, ...]
    """The arguments in their order; () for a call such as PI()."""


@dataclass(frozen=True, slots=True)
class Unary:
    """An operand with a sign before it, Unary('-', Cell('S', 1, 1)) for -A1, or with a % behind it, A1%."""

    operator: str
    """'-', '+' or '%'."""
    operand: Node
    """The operand."""


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands with an operator between them: Binary('+', a1, b1) is A1+B1."""

    operator: str
    """The sign: '+', '-', '*', '/', '^', '&', or a comparison such as '<='."""
    left: Node
    """The operand before the sign."""
    right: Node
    """The operand behind the sign."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Constants in braces: Matrix(((Number(1.0), Number(2.0)), (Number(3.0), Number(4.0)))) is {1,2;3,4}."""

    rows: tuple[tuple[Node, ...], ...]
    """The rows, each a tuple of constants."""


@dataclass(frozen=True, slots=True)
class Part:
    """A cell of an array formula: Part(array, 0, 1) is the second element of the first row of its result."""

    array: Place
    """The key of the whole formula: the sheet, and the row and the column of its first cell as negative numbers."""
    row: int
    """The row in the result, from 0 on."""
    col: int
    """The column in the result, from 0 on."""


Node = Number | Text | Truth | Missing | Name | Cell | Range | Call | Unary | Binary | Matrix | Part
"""A formula, or a piece of one."""
Path = tuple[int, ...]
"""The way from a formula to one of its pieces: for each level the index of the operand or the argument, from 0 on."""


def children(node: Node) -> tuple[Node, ...]:
    """Return the operands or the arguments of a node, (A1, B1) of A1+B1; () for cells, ranges, names and constants."""
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return node.left, node.right
    return ()


def with_children(node: Node, new: tuple[Node, ...]) -> Node:
    """Return a node of the same kind with other operands or arguments, as many as before; `node` stays as it is.

    Example:
        >>> a, b = Cell("S", 1, 1), Cell("S", 1, 2)
        >>> written(with_children(Binary("+", a, b), (b, a)), "S")
        'B1+A1'
    """
    if isinstance(node, Call):
        return Call(node.name, new)
    if isinstance(node, Unary):
        return Unary(node.operator, new[0])
    if isinstance(node, Binary):
        return Binary(node.operator, new[0], new[1])
    return node


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every piece of a formula, itself first, with its path, the indices of operands from 0 on.

    A1+B1 gives (), A1+B1; (0,), A1; (1,), B1. All paths begin with `path`.
    """
    yield path, node
    for k, child in enumerate(children(node)):
        yield from walk(child, (*path, k))


def size_of(node: Node) -> int:
    """Return the number of pieces of a formula, itself included: 3 for A1+B1."""
    return sum(1 for _ in pieces(node))


def pieces(node: Node) -> Iterator[Node]:
    """Yield every node of a formula's tree, an operation before its operands: for A1*2+B1 the sum, A1*2, A1, 2, B1.

    It is faster than `walk`, which yields paths, too.
    """
    stack = [node]
    while stack:
        piece = stack.pop()
        yield piece
        if type(piece) is Binary:
            stack += (piece.right, piece.left)
        elif type(piece) is Call:
            stack += reversed(piece.arguments)
        elif type(piece) is Unary:
            stack.append(piece.operand)


def replaced(node: Node, path: Path, new: Node) -> Node:
    """Return a formula with the piece at a path, as `walk` gives it, replaced: A1+2 for A1+B1, (1,) and 2."""
    if not path:
        return new
    pieces = list(children(node))
    pieces[path[0]] = replaced(pieces[path[0]], path[1:], new)
    return with_children(node, tuple(pieces))


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return a formula with every piece replaced by change(piece): first operands, then what they are operands of.

    With a change that returns Cell('S', 9, 9), I9, for B1 and any other piece as it is, A1*B1 becomes A1*I9.
    """
    pieces = children(node)
    return change(with_children(node, tuple(mapped(piece, change) for piece in pieces)) if pieces else node)


def shifted(node: Node, rows: int, cols: int) -> Node:
    """Return the formula as it reads after it was copied some rows down and some columns right.

    Pieces that do not change remain the same objects.

    Example:
        >>> from spreadsheet_autograd.language.parser import parse
        >>> written(shifted(parse("A1*$B$1", "Sheet1"), 2, 1), "Sheet1")
        'B3*$B$1'
    """
    if type(node) is Cell:
        return node.copied(rows, cols)
    if type(node) is Binary:
        left, right = shifted(node.left, rows, cols), shifted(node.right, rows, cols)
        return node if left is node.left and right is node.right else Binary(node.operator, left, right)
    if type(node) is Range:
        return Range(node.first.copied(rows, cols), node.last.copied(rows, cols))
    before = children(node)
    after = tuple([shifted(piece, rows, cols) for piece in before])
    return with_children(node, after) if any(map(is_not, before, after)) else node


@cache
def sheet_name(sheet: str) -> str:
    """Return the name of a sheet as formulas write it, in quotes where it needs them.

    Example:
        >>> sheet_name("Data"), sheet_name("Step 2")
        ('Data', "'Step 2'")
    """
    plain = _PLAIN.fullmatch(sheet) and not _LIKE_A_CELL.fullmatch(sheet)
    return sheet if plain else "'" + sheet.replace("'", "''") + "'"


def address(place: Place) -> str:
    """Return the address of a cell as tables and JSON show it; of an array formula, that of its first cell.

    Example:
        >>> address(("Sheet1", 3, 2)), address(("Sheet1", -3, -2))
        ('Sheet1!B3', 'Sheet1!B3')
    """
    return f"{place[0]}!{letters_of(abs(place[2]))}{abs(place[1])}"


def fixed_address(place: Place) -> str:
    """Return the address of a cell with $ and without its sheet: '$B$3' for ('S', 3, 2)."""
    return f"${letters_of(abs(place[2]))}${abs(place[1])}"


def written(node: Node, home: str = "") -> str:
    """Return a formula as a text without '='; references to cells of the sheet `home` do not name the sheet.

    Example:
        >>> written(Binary("+", Cell("Sheet1", 3, 2), Cell("Sheet2", 3, 2)), "Sheet1")
        'B3+Sheet2!B3'
    """
    return written_and_binding(node, home)[0]


def written_and_binding(node: Node, home: str) -> tuple[str, int]:
    """Return a formula as text without '=', and the precedence of its outermost operator, larger if it binds tighter.

    References to cells of the sheet `home` do not name it. A cell, number or call has the precedence `ATOM`.

    Example:
        >>> cell = Cell("Data", 3, 2)
        >>> written_and_binding(cell, "Data") == ("B3", ATOM), written_and_binding(cell, "Other")[0]
        (True, 'Data!B3')
    """
    # The most frequent first.
    if isinstance(node, Cell):
        sheet = "" if node.sheet == home else sheet_name(node.sheet) + "!"
        return f"{sheet}{'$' * node.fixed_col}{letters_of(node.col)}{'$' * node.fixed_row}{node.row}", ATOM
    if isinstance(node, Binary):
        binds = OPERATORS[node.operator]
        return _inside(node.left, home, binds) + node.operator + _inside(node.right, home, binds + 1), binds
    if isinstance(node, Number):
        text = f"{node.value:.15g}".upper()
        return text, ATOM if node.value >= 0 else NEGATED
    if isinstance(node, Call):
        return f"{node.name}({','.join([written(argument, home) for argument in node.arguments])})", ATOM
    if isinstance(node, Range):
        return f"{written_and_binding(node.first, home)[0]}:{written_and_binding(node.last, node.first.sheet)[0]}", ATOM
    if isinstance(node, Unary):
        if node.operator == "%":
            return _inside(node.operand, home, PERCENT) + "%", PERCENT
        return node.operator + _inside(node.operand, home, NEGATED), NEGATED
    if isinstance(node, Text):
        return (node.value if node.is_error else '"' + node.value.replace('"', '""') + '"'), ATOM
    if isinstance(node, Truth):
        return str(node.value).upper(), ATOM
    if isinstance(node, Name):
        return node.text, ATOM
    if isinstance(node, Matrix):
        return "{" + ";".join(",".join(written(item, home) for item in row) for row in node.rows) + "}", ATOM
    return "", ATOM


def _inside(node: Node, home: str, least: int) -> str:
    text, binds = written_and_binding(node, home)
    return text if binds >= least else f"({text})"
