"""`torch.autocast`, which computes in 16 bits: a workbook has no such numbers."""

from __future__ import annotations

from typing import Any

import torch

from excel_export.compiler.refuse.users_code import calling_line
from excel_export.shared.errors import ExportError

_enter = torch.autocast.__enter__


def _refuse(self: Any) -> Any:
    if self._enabled and self.device == "cpu":
        kind = str(self.fast_dtype).removeprefix("torch.")
        raise ExportError(
            f"torch.autocast in {calling_line()} computes in {kind}, and a workbook has no such numbers: leave it out, "
            "or give enabled=False"
        )
    return _enter(self)  # type: ignore[no-untyped-call]


NO_AUTOCAST = (torch.autocast, "__enter__", _refuse)
"""What stands there while a module is recorded."""
