"""What can be said of a formula without numbers: ROW(), COLUMN(B3), OFFSET with constant arguments."""

from __future__ import annotations

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.functions.evaluate import evaluate
from spreadsheet_autograd.functions.values import CellError
from spreadsheet_autograd.language.syntax import (
    Binary,
    Call,
    Cell,
    Name,
    Node,
    Number,
    Part,
    Range,
    Unary,
    children,
    walk,
)


def written_out(node: Node, at: Place) -> Node:
    """The number or the reference that a piece of the formula in a cell stands for; the piece itself elsewhere."""
    if not isinstance(node, Call):
        return node
    if node.name in ("ROW", "COLUMN"):
        target = node.arguments[0] if node.arguments else Cell(*at)
        target = target.first if isinstance(target, Range) else target
        if isinstance(target, Cell):
            return Number(float(target.row if node.name == "ROW" else target.col))
    if node.name in ("ROWS", "COLUMNS") and len(node.arguments) == 1 and isinstance(node.arguments[0], Range):
        return Number(float(node.arguments[0].shape[node.name == "COLUMNS"]))
    if node.name == "OFFSET" and len(node.arguments) >= 3:
        base = node.arguments[0]
        steps = [_constant(argument) for argument in node.arguments[1:]]
        if isinstance(base, (Cell, Range)) and None not in steps[:2]:
            first, last = (base, base) if isinstance(base, Cell) else (base.first, base.last)
            rows, cols = int(steps[0] or 0), int(steps[1] or 0)
            sizes = [last.row - first.row + 1, last.col - first.col + 1]
            for k, size in enumerate(steps[2:4]):
                if size is not None:
                    sizes[k] = int(size)
            one = first.moved(rows, cols)
            other = one.moved(sizes[0] - 1, sizes[1] - 1)
            if min(one.row, one.col, *sizes) >= 1:
                return one if sizes == [1, 1] else Range(one, other)
    return node


def _constant(node: Node) -> float | None:
    if any(isinstance(piece, (Cell, Range, Name, Part)) for _, piece in walk(node)):
        return None
    if not isinstance(node, (Number, Unary, Binary)) and children(node) == ():
        return None
    try:
        value = evaluate(node, {}, ("", 1, 1), False)
    except CellError:
        return None
    return value if isinstance(value, float) else None
