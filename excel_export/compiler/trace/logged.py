"""Numbers that Python has read out of tensors, as to log them: whatever decides something by one is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from excel_export.compiler.trace.guards import only_guards
from excel_export.shared.errors import ExportError

_ASKED = ("__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__", "__bool__", "__int__", "__trunc__", "__floor__",
          "__ceil__")  # fmt: skip
_COMPUTED = ("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__",
             "__neg__", "__abs__", "__pow__", "__rpow__")  # fmt: skip


class Logged(float):
    """Such a number, and what is computed from it. It can be kept and printed, but not compared."""

    refusal: str
    __hash__ = float.__hash__

    def __new__(cls, number: float, refusal: str) -> Logged:
        """Take a number, and what to say where something depends on it."""
        new = super().__new__(cls, number)
        new.refusal = refusal
        return new

    def __reduce__(self) -> Any:
        """Copy it as a plain number."""
        return float, (float.__float__(self),)


def _refuses(name: str) -> Callable[..., Any]:
    def refuse(self: Logged, *others: object) -> Any:
        if only_guards():
            return getattr(float, name)(self, *others)
        raise ExportError(self.refusal)

    return refuse


def _computes(name: str) -> Callable[..., Any]:
    def compute(self: Logged, *others: Any) -> Any:
        result = getattr(float, name)(self, *others)
        return Logged(result, self.refusal) if type(result) is float else result

    return compute


for _name in _ASKED:
    setattr(Logged, _name, _refuses(_name))
for _name in _COMPUTED:
    setattr(Logged, _name, _computes(_name))
