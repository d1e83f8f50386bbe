"""Compile a module with `torch.compile`, or run it as it is where that fails."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def is_compiled_by_default(device: torch.device) -> bool:
    """Tell whether a network is compiled where nobody says so: on a GPU, which starts many small steps slowly."""
    return device.type == "cuda"


class Compiled(nn.Module):
    """A compiled module, which on a GPU uses CUDA graphs; it is compiled once for each shape of its inputs.

    Where it can't be compiled, for example because there is no compiler, it runs as it is.
    """

    def __init__(self, module: nn.Module, log: Callable[[str], None]) -> None:
        """Prepare the module; it is compiled when it is first called.

        Args:
            module: the module to compile.
            log: gets one line when the module can't be compiled.
        """
        super().__init__()
        self.module = module
        self._log = log
        self._run: Callable[..., Any] = torch.compile(module, mode="reduce-overhead", dynamic=False)
        self._has_run = False

    def forward(self, *inputs: torch.Tensor) -> Any:
        """Compute what `module` computes."""
        if self._has_run:
            return self._run(*inputs)
        try:
            result = self._run(*inputs)
        except torch.OutOfMemoryError:  # without a compiler, it would need even more
            raise
        # The errors of compilers and drivers have no class in common.
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            self._log(f"training isn't compiled here, which takes longer ({reason})")
            self._run = self.module
            result = self.module(*inputs)
        self._has_run = True
        return result
