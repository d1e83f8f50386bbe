"""transpose: two dimensions swapped; x.T, x.mT and x.t() swap the last two."""

from collections.abc import Callable
from typing import Any

import torch

from excel_export.formulas.operator import operator
from excel_export.ops._movement import Shuffle

_SWAPS = (torch.transpose, torch.swapaxes, torch.swapdims)
_METHODS = (torch.Tensor.transpose, torch.Tensor.swapaxes, torch.Tensor.swapdims)
_LAST_TWO = (torch.t, torch.Tensor.t, torch.Tensor.T.__get__, torch.Tensor.mT.__get__)  # type: ignore[attr-defined]


@operator(*_SWAPS, *_METHODS, *_LAST_TWO)
class transpose(Shuffle):
    """Swap the dimensions `dim0` and `dim1`."""

    forward_math = "yᵢⱼ = xⱼᵢ"

    def bind(self, function: Callable, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if function not in _LAST_TWO:
            return super().bind(function, *args, **kwargs)
        rank = args[0].dim()
        if rank > 2 and function != _LAST_TWO[-1]:
            raise TypeError("x.T of more than two dimensions is not supported: use x.mT or x.permute")
        return {"input": args[0], "dim0": -1, "dim1": -2 if rank > 1 else -1}

    def move(self, input: torch.Tensor, dim0: int, dim1: int) -> Any:
        return torch.transpose(input, dim0, dim1)
