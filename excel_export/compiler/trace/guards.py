"""Questions that only decide whether an error is raised: `assert (x >= 0).all()`, and `if x.min() < 0: raise …`.

No number of the loss follows from them, so nothing on a sheet need follow their answers.
"""

from __future__ import annotations

import ast
import linecache
import sys
from functools import lru_cache
from itertools import islice
from types import FrameType
from typing import TypeGuard

from excel_export.compiler.refuse.users_code import is_the_users

Place = tuple[int, int]
"""A line, and a column."""


def only_guards() -> bool:
    """Whether the user's code is in an `assert`, or in an `if` that does nothing but raise."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_the_users(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return False
    line, end_line, column, end_column = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    if line is None or end_line is None or column is None or end_column is None:
        return False
    here = (line, column), (end_line, end_column)
    lines = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    return any(begin <= here[0] and here[1] <= end for begin, end in _statements(lines))


@lru_cache(maxsize=8)
def _statements(source: str) -> tuple[tuple[Place, Place], ...]:
    """Where the statements stand that only guard."""
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError:
        return ()
    found = filter(_guards, nodes)
    return tuple(((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)) for node in found)


def _guards(node: ast.AST) -> TypeGuard[ast.If | ast.Assert]:
    """Whether a statement does nothing but raise, and keeps no answer."""
    if isinstance(node, ast.If) and (node.orelse or [type(each) for each in node.body] != [ast.Raise]):
        return False
    return isinstance(node, (ast.If, ast.Assert)) and not any(
        isinstance(part, ast.NamedExpr) for part in ast.walk(node.test)
    )
