"""A module that PyTorch compiles, where it can."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class Compiled(nn.Module):
    """Run `module` through `torch.compile`, with CUDA graphs on a GPU, once for each shape of its inputs.

    Where compiling fails, for want of a compiler for example, `say` gets one line, and the module runs as it is.
    """

    def __init__(self, module: nn.Module, say: Callable[[str], None]) -> None:
        super().__init__()
        self.module = module
        self._say = say
        self._run: Callable[..., Any] = torch.compile(module, mode="reduce-overhead", dynamic=False)
        self._proven = False

    def forward(self, *inputs: torch.Tensor) -> Any:
        """Do what `module` does."""
        if self._proven:
            return self._run(*inputs)
        try:
            result = self._run(*inputs)
        # What a compiler or a driver can raise has no common parent.
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            self._say(f"training isn't compiled here, which takes longer ({reason})")
            self._run = self.module
            result = self.module(*inputs)
        self._proven = True
        return result
