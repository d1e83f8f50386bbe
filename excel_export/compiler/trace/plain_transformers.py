"""PyTorch's transformers without their short cuts: fused code that cannot be recorded, and a mask that is only read."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.modules import transformer

from excel_export.compiler.trace.patches import Patch
from excel_export.shared.errors import ExportError
from excel_export.shared.infinity import NEVER


def transformers_run_plainly(is_live: Callable[[torch.Tensor], bool]) -> list[Patch]:
    """Return patches with which each step of a transformer is one that can be recorded.

    Args:
        is_live: whether a tensor may be changed in a workbook. Whether such a mask is the causal one, is not asked: it
            stands on the sheet, whatever it holds.

    Raises:
        ExportError: where a mask with a gradient is causal: PyTorch then leaves it out, and its gradient is 0.
    """
    detect = transformer._detect_is_causal_mask

    def detect_if_constant(mask: torch.Tensor | None, is_causal: bool | None = None, size: int | None = None) -> bool:
        if is_causal is not None or mask is None or not is_live(mask):
            return detect(mask, is_causal, size)
        with torch._C.DisableTorchFunction():
            if mask.requires_grad and detect(mask.detach().masked_fill(mask <= NEVER, -torch.inf), None, size):
                raise ExportError(
                    "an attention mask that is an input is the causal one: PyTorch then leaves it out, so changing it "
                    "would do other things here and there; give is_causal (tgt_is_causal), truth values, or a buffer"
                )
        return False

    return [
        (torch.backends.mha, "get_fastpath_enabled", lambda: False),
        (transformer, "_detect_is_causal_mask", detect_if_constant),
    ]
