"""The functions of formulas that are computed again and again, at other numbers."""

from __future__ import annotations

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.evaluate import Function, function_of
from excel_export.spreadsheets.syntax import Node


class Functions:
    """Keeps the function of a cell's formula when it is asked for a second time: most are needed only once."""

    def __init__(self) -> None:
        self._known: dict[Place, tuple[Node, Function | None]] = {}

    def of(self, node: Node, at: Place, is_array: bool) -> Function:
        """What a formula computes; arguments as of `function_of`."""
        known, function = self._known.get(at, (None, None))
        if known is not node or function is None:
            function = function_of(node, at, is_array)
            self._known[at] = node, function if known is node else None
        return function
