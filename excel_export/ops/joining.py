"""cat: tensors one after another along a dimension they have; stack: side by side along a new one.

split_heads and merge_heads: the features of a sequence, cut into heads of attention, and put together again. PyTorch
takes half a dozen views to do either.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.overrides import handle_torch_function, has_torch_function_unary

from excel_export.formulas import Gradients, OperandLike, Operator, Tensor, operator
from excel_export.formulas.expression import rearranged
from excel_export.ops._movement import Movement


class _Joined(Operator):
    tensors: Sequence[Tensor]
    dim: int = 0

    called = "{tensors}"
    backward_words = (
        "The numbers only moved: each input takes back the part of the gradient that stands where its numbers went."
    )
    forward_math = "y = (x₁, x₂, …)"


@operator(torch.cat, torch.concat, torch.concatenate)
class cat(_Joined):
    """Join tensors along the existing dimension `dim`: (2, 3) and (4, 3) become (6, 3) along 0."""

    forward_words = "The inputs are joined, one after the other: {parts} = {whole}. Nothing is computed."
    backward_math = "∂L/∂xₖ = the part of g that came from xₖ"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"parts": " + ".join(str(x.shape[self.dim]) for x in self.tensors), "whole": y.shape[self.dim]}

    def forward(self, y: Tensor) -> OperandLike:
        return rearranged([x.cells for x in self.tensors], lambda *texts: np.concatenate(texts, axis=self.dim))

    def backward(self, y: Tensor) -> Gradients:
        ends = np.cumsum([x.shape[self.dim] for x in self.tensors])
        for k, x in enumerate(self.tensors):
            yield x, rearranged([y.grad.cells], lambda g, k=k: np.split(g, ends[:-1], axis=self.dim)[k])


@operator(torch.stack)
class stack(_Joined):
    """Join tensors of one shape along a new dimension `dim`: two of shape (3,) become (2, 3) along 0."""

    forward_words = "{inputs} inputs are put side by side. Nothing is computed."
    backward_math = "∂L/∂xₖ = gₖ"

    def pieces(self, y: Tensor) -> dict[str, Any]:
        return {"inputs": len(self.tensors)}

    def forward(self, y: Tensor) -> OperandLike:
        return rearranged([x.cells for x in self.tensors], lambda *texts: np.stack(texts, axis=self.dim))

    def backward(self, y: Tensor) -> Gradients:
        for k, x in enumerate(self.tensors):
            yield x, rearranged([y.grad.cells], lambda g, k=k: np.take(g, k, axis=self.dim))


def split_heads(input: Any, num_heads: int, part: int = 0, parts: int = 1, role: str = "") -> Any:
    """Return one of several equal parts of the features, cut into H heads of D features each.

    Args:
        input: (L, N, parts · H · D), or (L, parts · H · D) without a batch.
        num_heads: H.
        part: which part, from 0 on.
        parts: how many there are side by side: 3 for queries, keys and values.
        role: the name of this part in the workbook, 'keys'; '' for none.

    Returns:
        (N, H, L, D), or (H, L, D).
    """
    if has_torch_function_unary(input):
        return handle_torch_function(split_heads, (input,), input, num_heads, part, parts, role)
    cut = input.unflatten(-1, (parts, num_heads, -1)).select(-3, part)
    return cut.movedim(0, -2)


def merge_heads(input: Any) -> Any:
    """Return the heads of (N, H, L, D) side by side, (L, N, H · D); those of (H, L, D) as (L, H · D)."""
    if has_torch_function_unary(input):
        return handle_torch_function(merge_heads, (input,), input)
    return input.movedim(-2, 0).flatten(-2)


@operator(split_heads)
class heads(Movement):
    """The features of each place, (L, N, parts · H · D), cut into heads of attention, (N, H, L, D)."""

    num_heads: int
    part: int = 0
    """Which of the equal parts of the features is cut, from 0 on."""
    parts: int = 1
    """The number of these parts: 3 for queries, keys and values."""
    role: str = ""
    """The name of the result, 'keys'; '' for 'heads of x'."""

    of_sequences = True
    called = "heads of {input}"
    forward_words = "{these}Each of the {num_heads} heads gets {each} of the features of each place, as they are."
    forward_math = "y = x, a part of the features for each head"

    def text(self, what: str, y: Tensor) -> str:
        return self.role if what == "called" and self.role else super().text(what, y)

    def pieces(self, y: Tensor) -> dict[str, Any]:
        these = f"These are the {self.role}. " if self.role else ""
        return super().pieces(y) | {"these": these, "each": y.shape[-1]}

    def index_names(self, y: Tensor) -> tuple[str, ...]:
        return (*("sample", "head")[4 - len(y.shape) :], "place", "number")


@operator(merge_heads)
class merged_heads(Movement):
    """What the heads of attention have found, (N, H, L, D), side by side again, (L, N, H · D)."""

    called = "heads side by side"
    forward_words = "What the heads have found is put side by side: one list of features for each place."
    forward_math = "y = the heads, side by side"
