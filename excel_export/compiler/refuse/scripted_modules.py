"""Modules that are TorchScript, of which a recorder sees nothing."""

from __future__ import annotations

import torch
from torch import nn

from excel_export.shared.errors import ExportError


def refuse_scripted_modules(module: nn.Module) -> None:
    """Refuse a module of which a part is TorchScript.

    Raises:
        ExportError: there is one.
    """
    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            raise ExportError(
                f"the module '{path}' is TorchScript, whose calls cannot be recorded: use the one that it was made of"
            )
