"""Functions without formulas of their own, replaced by PyTorch's Python code of them, or its basic functions (ATen).

PyTorch runs such a function once on plain copies and says which basic functions it calls. The recorder then calls
these, one after the other.
"""

import inspect
from functools import cache
from types import CellType, FunctionType
from typing import Any

import torch
import torch.nn.functional as F
from torch._decomp import core_aten_decompositions, decomposition_table

from excel_export.compiler.trace.aten_calls import ATen, Steps, steps_of
from excel_export.composites import find_composite
from excel_export.ops import has_operator
from excel_export.shared.errors import ExportError, first_line
from excel_export.shared.trees import Args, Function, Kwargs, tree_flatten, tree_unflatten

SHAPED_LIKE = {"zeros_like", "ones_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full", "new_empty",
               "new_tensor", "rand_like", "randn_like", "randint_like"}  # fmt: skip
"""Functions that read only the shape of their first argument."""
aten = torch.ops.aten
_HOMES = ("torch.nn.functional", "torch.functional", "torch._tensor", "torch._jit_internal")
_CHECKS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


def taken_apart(function: Function, args: Args, kwargs: Kwargs) -> Function | None:
    """Return a function that computes the same by functions with formulas: F.silu(x) by exp, add and so on.

    None for a basic function without a formula. The result is for arguments of the same types, shapes and settings.

    Raises:
        NotTakenApart: PyTorch doesn't show what it calls, or one of the basic functions has no formula.
    """
    if isinstance(function, ATen) and function.namespace not in ("aten", "prims"):
        raise NotTakenApart(
            "it is a custom operator, whose code PyTorch does not show: compute the same with PyTorch's own functions"
        )
    leaves, shape = tree_flatten((args, kwargs))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
    try:
        key = (function, str(shape), torch.get_default_dtype(), *map(_kind, leaves))
        if key not in _asked:
            _asked[key] = _steps(function, leaves, shape, places)
        steps = _asked[key]
    except TypeError:  # a setting that cannot be looked up, such as a generator of random numbers
        steps = _steps(function, leaves, shape, places)
    if isinstance(steps, str):
        raise NotTakenApart(steps)
    without = missing(steps)
    if without == [getattr(function, "__name__", "").strip("_")]:
        return None
    if without:
        raise NotTakenApart(
            f"PyTorch makes it of {' and '.join(without)}, for which there are no formulas: where it learns "
            "nothing, compute it before the export, and give what it gives as an input"
        )

    def replayed(*args: Any, **kwargs: Any) -> Any:
        given, _ = tree_flatten((args, kwargs))
        # Each basic function is called by the name that users call it by.
        return steps.run([given[place] for place in places], as_users_call_it)

    return replayed


@cache
def body(function: Function) -> Function | None:
    """Return PyTorch's Python code of a function, such as F.tanhshrink, whose calls can be seen; None if it is in C++.

    The code is without the call of the active mode, which would call the function again, for ever.
    """
    found = inspect.unwrap(function)
    if not isinstance(found, FunctionType) or found.__globals__.get("__name__") not in _HOMES:
        return None
    # Where a function only chooses between two others, those ask.
    cells = tuple(
        CellType(body(cell.cell_contents) or cell.cell_contents)
        if isinstance(cell.cell_contents, FunctionType)
        else cell
        for cell in found.__closure__ or ()
    )
    asked: dict[str, Any] = {name: lambda *args: False for name in _CHECKS if name in found.__globals__}
    copy = FunctionType(found.__code__, found.__globals__ | asked, found.__name__, found.__defaults__, cells)
    copy.__kwdefaults__ = found.__kwdefaults__
    return copy


class NotTakenApart(Exception):
    """Raised if a function cannot be taken apart; str(error) says why: 'PyTorch makes it of svd, for which …'."""


_asked: dict[tuple[Any, ...], Steps | str] = {}
"""PyTorch's earlier answers by function and arguments: the steps, or why there are none."""


def _kind(leaf: Any) -> Any:
    """Return all of an argument that may decide how a function is taken apart; the key in `_asked`."""
    if isinstance(leaf, torch.Tensor):
        numbers = None if leaf.is_floating_point() else leaf.detach().numpy().tobytes()  # places may decide of shapes
        return leaf.shape, leaf.stride(), leaf.dtype, numbers
    hash(leaf)
    return type(leaf), repr(leaf) if isinstance(leaf, float) else leaf


def _steps(function: Function, leaves: list[Any], shape: Any, places: list[int]) -> Steps | str:
    def of_tensors(*tensors: torch.Tensor) -> Any:
        filled = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            filled[place] = tensor
        again, named = tree_unflatten(filled, shape)
        return function(*again, **named)

    try:
        with torch.inference_mode(False), torch.no_grad(), torch.random.fork_rng(devices=[]):
            copies = [leaves[place].detach().clone() for place in places]
            return steps_of(of_tensors, copies, decompositions())
    except Exception as error:
        reason = first_line(error)
        if "_local_scalar_dense" in reason:
            reason = "it asks for a plain number here, and is given one that depends on inputs or parameters"
        return reason


def missing(steps: Steps) -> list[str]:
    """Return the names of basic functions without formulas, ['svd'], among the steps that depend on an input."""
    functions = (step.function for step in steps.steps if step.depends and not _known(step.function))
    return list(dict.fromkeys(function._schema.name.split("::")[-1] for function in functions))


def as_users_call_it(target: Any) -> Function:
    """Return the function with formulas for a basic one, torch.exp for aten.exp; the basic one itself if none has."""
    return _known(target) or target


@cache
def _known(target: Any) -> Function | None:
    """Return the function by which users know a basic one; None if it has no formula."""
    if not isinstance(target, ATen):
        return None
    if target in _OTHERWISE:
        return _OTHERWISE[target]
    name = target._schema.name.removeprefix("aten::")
    homes = (torch, torch.Tensor, F)
    found = (getattr(home, name) for home in homes if hasattr(home, name))
    return next((each for each in found if has_operator(each) or find_composite(each) or name in SHAPED_LIKE), None)


@cache
def decompositions() -> dict[Any, Function]:
    """Return functions that compute a basic one without formulas by others: {aten.silu.default: PyTorch's code}."""
    prims = torch.ops.prims
    found: list[Any] = [getattr(getattr(prims, name), "default", None) for name in dir(prims)]
    basic = {target: target.impl_aten for target in found if hasattr(target, "impl_aten")}
    # What is basic itself would be made of itself, for ever; some have another name there, such as bessel_i0 for i0.
    names = {target._schema.name.split("::")[-1] for target in basic} | {each.__name__ for each in basic.values()}
    known = {
        target: apart
        for target, apart in {**decomposition_table, **core_aten_decompositions()}.items()
        if isinstance(target, ATen)
        and not _known(target)
        and target._schema.name.split("::")[-1] not in names
        and any("Tensor" in str(argument.type) for argument in target._schema.arguments)
    } | basic
    known[prims.copy_strided.default] = lambda x, strides: x.clone()
    return known


def _moving(target: Any) -> Function:
    def moved(x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        numbers = torch.arange(x.numel()).reshape(x.shape)
        if target is aten.as_strided.default:  # it counts in the memory, not in the tensor
            numbers = torch.empty_like(x, dtype=torch.long).copy_(numbers)
            if numbers.stride() != x.stride() or x.storage_offset():
                raise ExportError("as_strided of a part of a tensor could reach beyond it: take it of the whole one")
        return x.reshape(-1)[target(numbers, *args, **kwargs)]

    return moved


def _put(x: Any, places: Any, values: Any, accumulate: bool = False) -> Any:
    """Return `x[places] = values` as a new tensor; a place None is the whole dimension."""
    given = [k for k, place in enumerate(places) if place is not None]
    first, last = given[0], given[-1]
    if not first:
        return torch.index_put(x, tuple(places[: last + 1]), values, accumulate)
    if len(given) <= last - first:
        raise ExportError("x[i, :, j] = y, or its gradient, is not supported: bring these dimensions side by side")
    n = max(places[k].dim() for k in given)
    after = x.dim() - last - 1
    whole = [torch.arange(x.shape[k]).reshape(-1, *[1] * (first - k - 1 + n + after)) for k in range(first)]
    chosen = [places[k].reshape(*places[k].shape, *[1] * after) for k in given]
    behind = [torch.arange(x.shape[last + 1 + k]).reshape(-1, *[1] * (after - k - 1)) for k in range(after)]
    return torch.index_put(x, (*whole, *chosen, *behind), values, accumulate)


def _convolution(
    input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, transposed: bool, *rest: Any
) -> Any:
    dimensions = weight.dim() - 2
    if transposed:
        function: Any = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[dimensions - 1]
        return function(input, weight, bias, stride, padding, *rest, dilation)
    function = (F.conv1d, F.conv2d, F.conv3d)[dimensions - 1]
    return function(input, weight, bias, stride, padding, dilation, rest[1])


_OTHERWISE: dict[Any, Function] = {
    aten._softmax.default: lambda x, dim, half: torch.softmax(x, dim),
    aten._log_softmax.default: lambda x, dim, half: torch.log_softmax(x, dim),
    aten._to_copy.default: lambda x, dtype=None, **rest: x.clone() if dtype is None else x.to(_whole(dtype)),
    aten.embedding.default: lambda weight, indices, padding=-1, *rest: F.embedding(
        indices, weight, padding if padding >= 0 else None
    ),
    aten.linalg_vector_norm.default: lambda x, ord=2, dim=None, keepdim=False, dtype=None: torch.linalg.vector_norm(
        x, ord, dim, keepdim
    ),
    aten.convolution.default: _convolution,
    aten._unsafe_view.default: torch.Tensor.reshape,
    aten.bitwise_and.Scalar: lambda x, bits: torch.remainder(x, bits + 1) if bits & (bits + 1) == 0 else x & bits,
    aten.view.default: torch.Tensor.reshape,
    aten.alias.default: lambda x: x,
    aten.copy.default: lambda x, source, *rest: (source if source.shape == x.shape else source.expand(x.shape)).to(
        x.dtype
    ),
    aten.fill.Scalar: torch.full_like,
    aten.lift_fresh_copy.default: lambda x: x,
    aten.slice.Tensor: lambda x, dim=0, start=None, end=None, step=1: x[
        (slice(None),) * (dim % x.dim()) + (slice(start, end, step),)
    ],
    aten.index.Tensor: lambda x, places: x[tuple(slice(None) if place is None else place for place in places)],
    aten.index_put.default: _put,
    aten.diagonal.default: _moving(aten.diagonal.default),
    aten.unfold.default: _moving(aten.unfold.default),
    aten.as_strided.default: _moving(aten.as_strided.default),
    aten.sub.Tensor: lambda x, y, **more: torch.sub(x, y, **more) if isinstance(x, torch.Tensor) else x - y,
    aten.native_dropout.default: lambda x, p, train: (F.dropout(x, p, bool(train)),),
}
"""Basic functions whose arguments come in another order, or that only move numbers."""


def _whole(kind: torch.dtype) -> torch.dtype:
    """Return int64 for a type of few bits, as the formulas have no such range; other types as they are."""
    return torch.long if kind in (torch.int8, torch.int16, torch.uint8) else kind
