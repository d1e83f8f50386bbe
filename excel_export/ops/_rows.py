"""Operators that are rows of a table: they differ from what they have in common by a few words."""

from collections.abc import Sequence
from typing import Any

from excel_export.formulas import Operator, operator


def row(name: str, functions: Sequence[Any], *bases: type[Operator], **members: Any) -> None:
    """Register an operator.

    Args:
        name: what it is called.
        functions: PyTorch's functions and methods that it is.
        bases: what it has in common with others; it belongs to the file of the last one, if not said otherwise.
        members: what a class of its own would say.
    """
    operator(*functions)(type(name, bases, {"__module__": bases[-1].__module__, **members}))
