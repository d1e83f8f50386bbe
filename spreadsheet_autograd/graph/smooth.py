"""Smooth formulas: if two of them agree at a few random choices of numbers, they agree everywhere."""

from collections.abc import Iterable

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.language.syntax import Binary, Call, pieces

SMOOTH = {
    "AVERAGE", "COS", "COUNT", "EXP", "LN", "LOG", "LOG10", "MMULT", "PI", "POWER", "PRODUCT", "SIN", "SQRT", "SUM",
    "SUMPRODUCT", "SUMSQ", "SUMXMY2", "TANH", "TRANSPOSE",
}  # fmt: skip
"""The usual spreadsheet functions without kinks, jumps and conditions."""
CHOOSES = {"<", ">", "=", "<=", ">=", "<>"}
"""The operators whose result jumps."""


def are_smooth(graph: SpreadsheetGraph, cells: Iterable[Place]) -> bool:
    """Return whether cells' formulas have no kinks, jumps or conditions: True for =EXP(-A1), False for =MAX(0,A1).

    Every function that is not in `SMOOTH` counts as one with kinks; cells without formulas are left out.
    """
    nodes = (graph.formulas[at] for at in cells if at in graph.formulas)
    return not any(
        piece.name not in SMOOTH if isinstance(piece, Call) else isinstance(piece, Binary) and piece.operator in CHOOSES
        for node in nodes for piece in pieces(node)
    )  # fmt: skip
