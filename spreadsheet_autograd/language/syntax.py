"""A formula as a tree: what it is made of, how its pieces are replaced, and how it is written again."""

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
    """A number that is typed into a formula."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A text, or with `is_error` an error such as #N/A."""

    value: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """An argument that is left out."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that LET gives."""

    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A reference to a cell."""

    sheet: str
    row: int
    col: int
    fixed_row: bool = False
    fixed_col: bool = False

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.sheet, self.row, self.col

    def moved(self, rows: int, cols: int) -> Cell:
        """The reference to a neighbour."""
        return Cell(self.sheet, self.row + rows, self.col + cols, self.fixed_row, self.fixed_col)

    def copied(self, rows: int, cols: int) -> Cell:
        """The reference as it is when its formula is copied to another cell."""
        down, right = 0 if self.fixed_row else rows, 0 if self.fixed_col else cols
        return self.moved(down, right) if down or right else self


@dataclass(frozen=True, slots=True)
class Range:
    """A rectangle of cells."""

    first: Cell
    last: Cell

    @property
    def shape(self) -> tuple[int, int]:
        """Its rows and columns."""
        return self.last.row - self.first.row + 1, self.last.col - self.first.col + 1

    def beside(self, at: Place) -> Cell | None:
        """Of a single row or column the cell in line with another one: what it means where one number belongs."""
        _, row, col = at
        rows, cols = self.shape
        if cols == 1 and self.first.row <= row <= self.last.row:
            return Cell(self.first.sheet, row, self.first.col)
        if rows == 1 and self.first.col <= col <= self.last.col:
            return Cell(self.first.sheet, self.first.row, col)
        return None

    def places(self) -> Iterator[Place]:
        """Its cells, row by row."""
        for row in range(self.first.row, self.last.row + 1):
            for col in range(self.first.col, self.last.col + 1):
                yield self.first.sheet, row, col


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; its name is in capitals, without a prefix."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign in front, or a '%' behind."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Matrix:
    """Constants in braces."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A cell of an array formula: an element of what the formula gives."""

    array: Place
    row: int
    col: int


Node = Number | Text | Truth | Missing | Name | Cell | Range | Call | Unary | Binary | Matrix | Part
Path = tuple[int, ...]


def children(node: Node) -> tuple[Node, ...]:
    """The pieces right below a node."""
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return node.left, node.right
    return ()


def with_children(node: Node, new: tuple[Node, ...]) -> Node:
    """Return the node with other pieces below it."""
    if isinstance(node, Call):
        return Call(node.name, new)
    if isinstance(node, Unary):
        return Unary(node.operator, new[0])
    if isinstance(node, Binary):
        return Binary(node.operator, new[0], new[1])
    return node


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every piece with the way to it, from the outside."""
    yield path, node
    for k, child in enumerate(children(node)):
        yield from walk(child, (*path, k))


def size_of(node: Node) -> int:
    """How many pieces a formula has."""
    return sum(1 for _ in pieces(node))


def pieces(node: Node) -> Iterator[Node]:
    """Yield every piece, without the way to it: that is faster."""
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
    """The formula with one of its pieces replaced."""
    if not path:
        return new
    pieces = list(children(node))
    pieces[path[0]] = replaced(pieces[path[0]], path[1:], new)
    return with_children(node, tuple(pieces))


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """The formula with every piece changed, from the inside."""
    pieces = children(node)
    return change(with_children(node, tuple(mapped(piece, change) for piece in pieces)) if pieces else node)


def shifted(node: Node, rows: int, cols: int) -> Node:
    """The formula as it is when it is copied to another cell; pieces that stay as they are, are the same."""
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
    """A sheet's name as a reference writes it."""
    plain = _PLAIN.fullmatch(sheet) and not _LIKE_A_CELL.fullmatch(sheet)
    return sheet if plain else "'" + sheet.replace("'", "''") + "'"


def address(place: Place) -> str:
    """A cell with its sheet, such as Sheet1!B3, as the table and the JSON name it; of a whole array, its first cell."""
    return f"{place[0]}!{letters_of(abs(place[2]))}{abs(place[1])}"


def fixed_address(place: Place) -> str:
    """Write a place with $, as a formula on its sheet has it that is copied."""
    return f"${letters_of(abs(place[2]))}${abs(place[1])}"


def written(node: Node, home: str = "") -> str:
    """Write a formula; references to the sheet `home` don't name it."""
    return written_and_binding(node, home)[0]


def written_and_binding(node: Node, home: str) -> tuple[str, int]:
    """Write a formula, and say how tightly its last operator binds."""
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
