"""Tensors that are made of plain numbers: where Python or NumPy drew these at random, they are inputs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch

from excel_export.compiler.trace.namespace import Namespace
from excel_export.compiler.trace.tape import Tape


class Creations:
    """The tensors that were made so, in their order.

    Args:
        tape: where the values are.
        namespace: what inputs are called.
        drawn: which of them, counted from 0, were drawn at random.
    """

    def __init__(self, tape: Tape, namespace: Namespace, drawn: Collection[int]) -> None:
        self._tape, self._namespace, self._drawn = tape, namespace, drawn
        self.made: list[torch.Tensor] = []
        """Their numbers at first."""

    def take(self, result: Any, name: str, *, is_drawn: bool = False) -> Any:
        """Return what was made; it is an input if its numbers were drawn, be it by PyTorch itself."""
        if may_be_input(result):
            if is_drawn or len(self.made) in self._drawn:
                self._tape.draw(result, self._namespace.new(name))
            if not is_drawn:
                self.made.append(result.detach().clone())
        return result


def may_be_input(result: Any) -> bool:
    """Whether a result is shown as an input if it was drawn at random.

    Parts of others, and the parameters of a module that is made on the way, are not.
    """
    is_plain = isinstance(result, torch.Tensor) and not isinstance(result, torch.nn.Parameter)
    return is_plain and not result._is_view()
