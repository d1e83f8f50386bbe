"""What a mask picks, as x[mask]: how many elements that are depends on the inputs, so all stay, and the mask counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Any

import numpy as np
import torch

from excel_export.compiler.refuse.users_code import calling_line
from excel_export.graph.graph import Call, Value
from excel_export.shared.errors import UnsupportedOperator

_EACH = {"add", "radd", "sub", "rsub", "mul", "rmul", "div", "truediv", "rtruediv", "pow", "rpow", "neg", "abs",
         "exp", "log", "log1p", "log2", "log10", "expm1", "sqrt", "rsqrt", "reciprocal", "square", "sin", "cos",
         "sigmoid", "tanh", "relu", "gelu", "elu", "silu", "leaky_relu", "softplus", "logsigmoid", "clamp",
         "clamp_min", "clamp_max", "clip", "sign", "round", "floor", "eq", "ne", "lt", "le", "gt", "ge", "maximum",
         "minimum", "where", "logical_not", "invert", "float", "double", "long", "bool", "int", "to", "type_as",
         "detach", "clone", "contiguous", "ones_like", "zeros_like", "lerp", "multiply", "subtract",
         "divide"}  # fmt: skip
"""Functions of single elements, of tensors that broadcast."""
_ROWS = {"softmax", "log_softmax", "logsumexp", "sum", "mean", "argmax", "amax", "amin", "squeeze", "norm", "normalize",
         "cosine_similarity"}  # fmt: skip
"""Functions along a dimension, behind the first."""
_DIM_NAMED = {"norm", "normalize", "cosine_similarity"}
"""Of these, the second argument is no dimension."""
_WEIGHED = {"linear", "matmul", "layer_norm", "embedding"}
"""Functions of each row and of parameters."""
_LOSSES = {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "nll_loss", "cross_entropy",
           "binary_cross_entropy_with_logits", "kl_div"}  # fmt: skip
_LABELLED = {"nll_loss", "cross_entropy"}
_SAID = {"dtype", "device", "ndim", "dim", "is_floating_point", "is_complex", "requires_grad", "layout", "is_cuda"}
_SHAPES = {"reshape", "flatten", "unflatten", "squeeze", "unsqueeze"}
_DEEPEST = 9
"""How many steps of two masks are compared."""


@dataclass(frozen=True, eq=False)
class Mask:
    """What a mask is, so that two which are computed in the same way are known to be alike."""

    value: Value
    calls: Sequence[Call]
    """All that were recorded."""

    def is_like(self, other: Mask) -> bool:
        """Whether both have the same elements, whatever the inputs are."""
        return self._alike(self._in_a_line(self.value), self._in_a_line(other.value), _DEEPEST)

    def _in_a_line(self, value: Value) -> Value:
        """Return the value that a mask has the elements of, in the same order."""
        maker = next((call for call in reversed(self.calls) if value in call.outputs), None)
        return self._in_a_line(maker.inputs[0]) if maker and maker.operator.name in _SHAPES else value

    def _alike(self, one: Any, other: Any, deepest: int) -> bool:
        if one is other:
            return True
        if type(one) is not type(other) or isinstance(one, (np.ndarray, torch.Tensor)):
            return False
        if isinstance(one, (tuple, list)):
            return len(one) == len(other) and all(self._alike(*pair, deepest) for pair in zip(one, other, strict=True))
        if not isinstance(one, Value):
            return bool(one == other)
        makers = [
            next((call for call in reversed(self.calls) if value in call.outputs), None) for value in (one, other)
        ]
        if not deepest or None in makers:
            return False
        first, second = (call for call in makers if call)
        if type(first.operator) is not type(second.operator) or first.outputs.index(one) != second.outputs.index(other):
            return False
        pairs = (
            (getattr(first.operator, each.name), getattr(second.operator, each.name)) for each in fields(first.operator)
        )
        return all(self._alike(*pair, deepest - 1) for pair in pairs)


class MaskedRows:
    """The rows that a mask picks. PyTorch's functions take them for a tensor.

    Args:
        rows: all of them, of shape (N, …), with other numbers in place of those that are left out.
        mask: which are picked, of shape (N,).
        by: what the mask is, so that two of one mask are known to belong together.
    """

    FILLED = 0.5
    """Stands for each number that the mask leaves out: here hardly a function is infinite."""

    def __init__(self, rows: torch.Tensor, mask: torch.Tensor, by: Mask) -> None:
        self.rows, self.mask, self.by = rows, mask, by

    @classmethod
    def of(cls, whole: torch.Tensor, mask: torch.Tensor, by: Mask) -> MaskedRows:
        """Return `whole[mask]`.

        Args:
            whole: of shape (*mask.shape, …).
            mask: truth values, of any shape.
            by: what the mask is.
        """
        rows, mask = whole.reshape(-1, *whole.shape[mask.dim() :]), mask.reshape(-1)
        if rows.dtype == torch.bool:
            return cls(rows, mask, by)
        return cls(torch.where(wide(mask, rows), rows, cls.FILLED if rows.is_floating_point() else 0), mask, by)

    def put_into(self, before: torch.Tensor) -> torch.Tensor:
        """Return what `before[mask] = self` makes of a tensor of the mask's shape and further dimensions."""
        return torch.where(wide(self.mask, self.rows), self.rows, before.reshape(self.rows.shape)).reshape(before.shape)

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of PyTorch's, of what is picked.

        Raises:
            UnsupportedOperator: it is none of those that are known here.
        """
        kwargs = {key: item for key, item in (kwargs or {}).items() if item is not None}
        given = [item for item in (*args, *kwargs.values()) if isinstance(item, MaskedRows)]
        name = getattr(function, "__name__", "").strip("_")
        name = function.__self__.__name__ if name == "get" else name
        if name in _SAID:
            return function(*(item.rows if isinstance(item, MaskedRows) else item for item in args), **kwargs)
        alike = bool(given) and all(item.by.is_like(given[0].by) for item in given)
        if name == "index_add" and alike and len(args) == 4 and len(given) == 2:
            whole, dim, places, source = args
            counted = torch.where(wide(source.mask, source.rows), source.rows, 0)
            return function(whole, dim, places.rows, counted, **kwargs)
        if not alike or not _is_known(name, args, kwargs):
            raise UnsupportedOperator(_refusal(name))
        one = given[0]
        args = tuple(item.rows if isinstance(item, MaskedRows) else item for item in args)
        kwargs = {key: item.rows if isinstance(item, MaskedRows) else item for key, item in kwargs.items()}
        if name in _LOSSES:
            return one._loss(name, function, args, kwargs)
        if _goes_over_rows(name, args, kwargs):
            along = (0,) if _dim(args, kwargs, one.rows.dim()) == 0 else tuple(range(one.rows.dim()))
            total = torch.where(wide(one.mask, args[0]), args[0], 0).sum(along)
            return total / (one.mask.sum() * prod(args[0].shape[1 : len(along)])) if name == "mean" else total
        return MaskedRows(function(*args, **kwargs), one.mask, one.by)

    def _loss(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        reduction = kwargs.pop("reduction", "mean")
        each = function(*args, **kwargs, reduction="none")
        if reduction == "none":
            return MaskedRows(each, self.mask, self.by)
        counted = self.mask
        if name in _LABELLED:
            counted = counted & (args[1] != kwargs.get("ignore_index", -100))
        total = torch.where(wide(counted, each), each, 0).sum()
        if reduction == "sum":
            return total
        return total / (counted.sum() * (prod(each.shape[1:]) if reduction == "mean" else 1))

    def __getattr__(self, name: str) -> Any:
        """Return what a tensor has of this name."""
        if name.startswith("__") or not hasattr(torch.Tensor, name):
            raise AttributeError(name)
        found = getattr(torch.Tensor, name)
        if name in _SAID and not callable(found):
            return getattr(self.rows, name)
        if not callable(found):
            raise UnsupportedOperator(_refusal(name))
        return lambda *args, **kwargs: self.__torch_function__(found, (), (self, *args), kwargs)

    def __len__(self) -> int:
        raise UnsupportedOperator(_refusal("len"))

    def __bool__(self) -> bool:
        raise UnsupportedOperator(_refusal("bool"))


def _of_python(name: str) -> Callable[..., Any]:
    return lambda self, *others: MaskedRows.__torch_function__(getattr(torch.Tensor, name), (), (self, *others))


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg", "abs", "eq",
              "ne", "lt", "le", "gt", "ge", "invert", "matmul", "getitem", "iter"):  # fmt: skip
    setattr(MaskedRows, f"__{_name}__", _of_python(f"__{_name}__"))
MaskedRows.__hash__ = object.__hash__  # type: ignore[method-assign]


def wide(mask: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Return a mask of rows, ready to broadcast over their elements."""
    return mask.reshape(-1, *[1] * (rows.dim() - 1)) if rows.dim() > 1 else mask


def _dim(args: tuple[Any, ...], kwargs: Mapping[str, Any], rank: int) -> Any:
    """The dimension that a function goes along, counted from the first; None where it says none."""
    dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return dim % rank if isinstance(dim, int) and -rank <= dim < rank else dim


def _goes_over_rows(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a function adds up all rows."""
    rank = args[0].dim()
    return (
        name in ("sum", "mean") and len(args) < 3 and kwargs.keys() <= {"dim"} and _dim(args, kwargs, rank) in (None, 0)
    )


def _is_known(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a function does to each picked row what it would do to all rows.

    Args:
        name: the function's.
        args: its arguments, of which some are picked.
        kwargs: likewise.
    """
    picked = [item for item in (*args, *kwargs.values()) if isinstance(item, MaskedRows)]
    others = [item for item in (*args, *kwargs.values()) if isinstance(item, torch.Tensor)]
    rank = max(item.dim() for item in picked)
    alike = all(item.dim() == rank for item in picked)
    broadcast = alike and all(other.dim() < rank or other.numel() == 1 for other in others)
    if name in _EACH:
        return broadcast
    if name in _LOSSES:
        two = len(args) == 2 and all(isinstance(item, MaskedRows) for item in args)
        if kwargs.keys() & {"size_average", "reduce"}:
            return False
        if name in _LABELLED:
            return two and "weight" not in kwargs and args[0].dim() == 2 and args[1].dim() == 1
        return two and broadcast
    if not isinstance(args[0] if args else None, MaskedRows) or len(picked) > 1 + (name == "cosine_similarity"):
        return False
    if name in _WEIGHED:
        sizes = len(args[1]) if name == "layer_norm" else others[0].dim() if others else 0
        return name == "embedding" or bool(rank > 1 and sizes < (rank if name == "layer_norm" else 3))
    if name == "getitem":
        inside = args[1][1:] if isinstance(args[1], tuple) and args[1][:1] == (slice(None),) else (...,)
        return all(each is None or isinstance(each, int | slice) for each in inside)
    if name == "unsqueeze":
        return bool(_dim(args, kwargs, rank + 1) != 0)
    if name not in _ROWS or not kwargs.keys() <= {"dim", "keepdim", "p", "eps"}:
        return False
    if _goes_over_rows(name, args, kwargs):
        return True
    if name in _DIM_NAMED:
        dim = kwargs.get("dim", None if name == "norm" else 1)
        return len(args) <= 1 + (name == "cosine_similarity") and isinstance(dim, int) and dim % rank > 0 and alike
    dim = _dim(args, kwargs, rank)
    return isinstance(dim, int) and dim > 0


def _refusal(name: str) -> str:
    return (
        f"how many elements the mask picks in {calling_line()} depends on the inputs, and a sheet cannot grow, so "
        f"'{name}' of them is not supported: take their sum, mean or loss, or use torch.where, multiply by the mask, "
        "or freeze it as it is now (freeze_branches=True, --freeze-branches)"
    )
