"""Takes rounding out of formulas: people round to show fewer digits, not to change the slope."""

from spreadsheet_autograd.graph.graph import SpreadsheetGraph
from spreadsheet_autograd.graph.tolerance import FEWEST_DECIMALS
from spreadsheet_autograd.language.syntax import Call, Node, Number, mapped, pieces

_NAMES = {"ROUND", "ROUNDUP", "ROUNDDOWN", "TRUNC"}


def take_out_rounding(graph: SpreadsheetGraph) -> None:
    """Replace each call that rounds to three decimals or more, ROUND(A1*2,3), by its argument, A1*2, in `graph` itself.

    The calls are ROUND, ROUNDUP, ROUNDDOWN and TRUNC with a typed number of decimals; ROUND(A1,2) stays.
    """
    rounded = {at: node for at, node in graph.formulas.items() if any(map(_is_rounded, pieces(node)))}
    if rounded:
        graph.formulas |= {at: mapped(node, _unrounded) for at, node in rounded.items()}
        del graph.numbers


def _is_rounded(node: Node) -> bool:
    if not isinstance(node, Call) or node.name not in _NAMES or len(node.arguments) != 2:
        return False
    decimals = node.arguments[1]
    return isinstance(decimals, Number) and decimals.value >= FEWEST_DECIMALS


def _unrounded(node: Node) -> Node:
    return node.arguments[0] if isinstance(node, Call) and _is_rounded(node) else node
