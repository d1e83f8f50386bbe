"""The rows of `x[mask]`. Their number depends on the inputs, so all rows stay, and the mask says which count."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import torch

from excel_export.graph.graph import Value
from excel_export.shared.errors import UnsupportedOperator
from excel_export.shared.trees import Args, Function, Kwargs, mapped
from excel_export.shared.users_code import calling_line

_LOSSES = {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy", "nll_loss", "cross_entropy",
           "binary_cross_entropy_with_logits", "kl_div"}  # fmt: skip
_LABELLED = {"nll_loss", "cross_entropy"}
_SAID = {"dtype", "device", "ndim", "dim", "is_floating_point", "is_complex", "requires_grad", "layout", "is_cuda"}


def are_alike(one: Value, other: Value) -> bool:
    """Return whether two masks, of any shape, hold the same truth values on the user's numbers."""
    return one is other or np.array_equal(one.data.ravel(), other.data.ravel())


class MaskedRows:
    """The rows that a mask picks, x[mask], kept as all rows and the mask. PyTorch's functions take it for a tensor.

    [1, 2, 3][[True, False, True]] is MaskedRows([1.0, 0.5, 3.0], [True, False, True], …), and its sum() is 4.

    Args:
        rows: all rows, of shape (N, …), with 0.5, or 0 for integers, in those that are left out.
        mask: True for each row that is picked, of shape (N,).
        by: the mask's value in the graph, which tells whether two such tensors have the same rows.
    """

    FILLED = 0.5
    """The number in the place of each that the mask leaves out: hardly a function is infinite at 0.5."""

    def __init__(self, rows: torch.Tensor, mask: torch.Tensor, by: Value) -> None:
        self.rows, self.mask, self.by = rows, mask, by

    @classmethod
    def of(cls, whole: torch.Tensor, mask: torch.Tensor, by: Value) -> MaskedRows:
        """Return `whole[mask]` as all rows, (N, …), and the mask, (N,), for a `whole` of shape (*mask.shape, …).

        The rows that are left out hold 0.5, or 0 if they are integers; truth values stay. `by` is the mask's value in
        the graph.
        """
        rows, mask = whole.reshape(-1, *whole.shape[mask.dim() :]), mask.reshape(-1)
        if rows.dtype == torch.bool:
            return cls(rows, mask, by)
        return cls(torch.where(wide(mask, rows), rows, cls.FILLED if rows.is_floating_point() else 0), mask, by)

    def put_into(self, before: torch.Tensor) -> torch.Tensor:
        """Return what `before` is after `before[mask] = self`, as a new tensor: [1, 9, 3] for [8, 9, 8]."""
        return torch.where(wide(self.mask, self.rows), self.rows, before.reshape(self.rows.shape)).reshape(before.shape)

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of PyTorch's on picked rows.

        Raises:
            UnsupportedOperator: it neither does the same to each row, nor adds the rows up.
        """
        kwargs = {key: item for key, item in (kwargs or {}).items() if item is not None}
        given = [item for item in (*args, *kwargs.values()) if isinstance(item, MaskedRows)]
        name = getattr(function, "__name__", "").strip("_")
        name = function.__self__.__name__ if name == "get" else name
        if name in _SAID:
            return function(*(item.rows if isinstance(item, MaskedRows) else item for item in args), **kwargs)
        alike = bool(given) and all(are_alike(item.by, given[0].by) for item in given)
        if name == "index_add" and alike and len(args) == 4 and len(given) == 2:
            whole, dim, places, source = args
            counted = torch.where(wide(source.mask, source.rows), source.rows, 0)
            return function(whole, dim, places.rows, counted, **kwargs)
        is_loss, over_rows = name in _LOSSES, _goes_over_rows(name, args, kwargs)
        is_known = _loses_by_rows if is_loss else _goes_by_rows
        if not alike or not (over_rows or is_known(function, args, kwargs)):
            raise UnsupportedOperator(_refusal(name))
        one = given[0]
        args = tuple(item.rows if isinstance(item, MaskedRows) else item for item in args)
        kwargs = {key: item.rows if isinstance(item, MaskedRows) else item for key, item in kwargs.items()}
        if is_loss:
            return one._loss(name, function, args, kwargs)
        if over_rows:
            along = (0,) if _dim(args, kwargs, one.rows.dim()) == 0 else tuple(range(one.rows.dim()))
            total = torch.where(wide(one.mask, args[0]), args[0], 0).sum(along)
            return total / (one.mask.sum() * prod(args[0].shape[1 : len(along)])) if name == "mean" else total
        return MaskedRows(function(*args, **kwargs), one.mask, one.by)

    def _loss(self, name: str, function: Function, args: Args, kwargs: Kwargs) -> Any:
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
        """Return a tensor's attribute or method of this name, for the picked rows."""
        if name.startswith("__") or not hasattr(torch.Tensor, name):
            raise AttributeError(name)
        found = getattr(torch.Tensor, name)
        if name in _SAID and not callable(found):
            return getattr(self.rows, name)
        if not callable(found):
            raise UnsupportedOperator(_refusal(name))
        return lambda *args, **kwargs: self.__torch_function__(found, (), (self, *args), kwargs)


def _of_python(name: str) -> Function:
    return lambda self, *others: MaskedRows.__torch_function__(getattr(torch.Tensor, name), (), (self, *others))


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg", "abs", "eq",
              "ne", "lt", "le", "gt", "ge", "invert", "matmul", "getitem", "iter", "len", "bool"):  # fmt: skip
    setattr(MaskedRows, f"__{_name}__", _of_python(f"__{_name}__"))
MaskedRows.__hash__ = object.__hash__  # type: ignore[method-assign]


def wide(mask: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Return a mask (N,) with further dimensions of size 1, so that it broadcasts over rows (N, …)."""
    return mask.reshape(-1, *[1] * (rows.dim() - 1)) if rows.dim() > 1 else mask


def _dim(args: Args, kwargs: Mapping[str, Any], rank: int) -> Any:
    """Return the dimension that a function works along, from 0 on; None if it names none."""
    dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
    return dim % rank if isinstance(dim, int) and -rank <= dim < rank else dim


def _goes_over_rows(name: str, args: Args, kwargs: Mapping[str, Any]) -> bool:
    if name not in ("sum", "mean") or len(args) > 2 or not kwargs.keys() <= {"dim"}:
        return False
    return _dim(args, kwargs, args[0].dim()) in (None, 0)


def _loses_by_rows(function: Function, args: Args, kwargs: Kwargs) -> bool:
    two = len(args) == 2 and all(isinstance(item, MaskedRows) for item in args)
    if not two or kwargs.keys() & {"size_average", "reduce"}:
        return False
    if function.__name__ in _LABELLED and ("weight" in kwargs or args[0].dim() != 2 or args[1].dim() != 1):
        return False
    return _goes_by_rows(function, args, kwargs | {"reduction": "none"})


def _goes_by_rows(function: Function, args: Args, kwargs: Kwargs) -> bool:
    def tried(places: torch.Tensor | None) -> Any:
        torch.manual_seed(0)

        def taken(item: torch.Tensor | MaskedRows) -> torch.Tensor:
            if isinstance(item, torch.Tensor):
                return item.detach().clone()
            return stand_ins[id(item)] if places is None else stand_ins[id(item)][places]

        now, named = mapped((args, kwargs), (torch.Tensor, MaskedRows), taken)
        return function(*now, **named)

    picked = [item for item in (*args, *kwargs.values()) if isinstance(item, MaskedRows)]
    with torch._C.DisableTorchFunction(), torch.no_grad(), torch.random.fork_rng(devices=[]):
        stand_ins = {id(item): _other_numbers(item.rows) for item in picked}
        count = len(picked[0].rows)
        again = torch.tensor([*reversed(range(count)), 0])
        try:
            whole, some = tried(None), tried(again)
            return len(whole) == count and torch.allclose(whole[again].double(), some.double(), equal_nan=True)
        except Exception:  # it takes no other number of rows, or gives no tensor
            return False


def _other_numbers(rows: torch.Tensor) -> torch.Tensor:
    if rows.is_floating_point():
        return torch.empty(rows.shape, dtype=rows.dtype).uniform_(0.1, 0.9)
    count = max(2, int(rows.max()) + 1)  # they may be places
    return (torch.arange(rows.numel()) % count).reshape(rows.shape).to(rows.dtype)


def _refusal(name: str) -> str:
    return (
        f"how many elements the mask picks in {calling_line()} depends on the inputs, and a sheet cannot grow, so "
        f"'{name}' of them is not supported: take their sum, mean or loss, or use torch.where, multiply by the mask, "
        "or freeze it as it is now (freeze_branches=True, --freeze-branches)"
    )
