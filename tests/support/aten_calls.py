"""ATen calls with their numbers, as PyTorch's own samples of its operators make them, and a workbook of their rows.

Each call is put on a sheet by itself: its tensors as plain numbers, its results as the formulas of its row. What is in
the way of a row in a network, such as ids and places, takes no part.
"""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from openpyxl import Workbook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from excel_export.formulas import Grid, as_expression
from excel_export.recorder.rows import ROWS, Cells
from excel_export.recorder.rows.linear import LINEAR, by_basis
from excel_export.recorder.rows.table import READ_RESULTS, NoRow
from excel_export.shared.infinity import NEVER
from tests.support.engines import recalculate

FURTHER = (
    (F.unfold, (1, 1, 3, 3), (2,)),
    (F.max_pool3d, (1, 1, 2, 2, 3), (2,)), (F.adaptive_avg_pool3d, (1, 1, 2, 3, 3), (2,)),
    *((F.pad, (1, 1, 2, 3, 3), ((1, 0, 1, 1, 0, 1), mode)) for mode in ("reflect", "replicate")),
    (partial(F.interpolate, scale_factor=2, mode="trilinear"), (1, 1, 2, 1, 2), ()),
    *((partial(F.interpolate, scale_factor=2, mode=mode), (1, 1, *[2] * rank), ())
      for mode in ("nearest", "nearest-exact") for rank in (1, 2, 3)),
)  # fmt: skip
"""Small calls for what has large samples only: a function, the shape of its input, and further arguments."""
SAMPLED = """
    H abs acos acosh add addmm addmv amax amin argmax argmin asin asinh atan atan2 atanh baddbmm bmm ceil clamp
    clamp_max clamp_min cos cosh cov cumprod cumsum div dot eq erf exp exp2 expm1 floor fmod fmax gather ge gt
    index_add index_reduce index_select isclose le log log10 log1p log2 logical_and logical_not logical_or logical_xor
    lt masked.median matmul max mean min minimum maximum mm mul mv nansum ne neg norm pow prod reciprocal remainder
    round rsqrt rsub scatter scatter_add sgn sigmoid sign sin sinh sqrt sub sum tan tanh trunc var var_mean vdot where
    all any long bitwise_and bitwise_or bitwise_xor bitwise_not masked_fill __getitem__ index_put topk sort
    logcumsumexp nn.functional.adaptive_max_pool1d nn.functional.adaptive_max_pool2d nn.functional.adaptive_max_pool3d
    nn.functional.adaptive_avg_pool1d nn.functional.adaptive_avg_pool2d nn.functional.adaptive_avg_pool3d
    nn.functional.avg_pool1d nn.functional.avg_pool2d nn.functional.avg_pool3d nn.functional.conv1d
    nn.functional.conv2d nn.functional.conv3d nn.functional.conv_transpose1d nn.functional.conv_transpose2d
    nn.functional.embedding nn.functional.hardsigmoid nn.functional.interpolate nn.functional.linear
    nn.functional.max_pool1d nn.functional.max_pool2d nn.functional.max_pool3d
    nn.functional.multi_head_attention_forward nn.functional.pad nn.functional.relu nn.functional.threshold
    nn.functional.unfold nn.functional.upsample_nearest nn.functional.upsample_bilinear
"""
"""The operators of PyTorch's own database whose samples make calls of every row."""
SAMPLES = 40
"""At most so many samples of an operator are tried."""
TYPES = (torch.float64, torch.int64, torch.bool)


@dataclass
class AtenCall:
    """A call with PyTorch's numbers, before and after."""

    name: str
    function: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: list[torch.Tensor]

    @property
    def size(self) -> int:
        """The number of elements of its tensors."""
        return sum(each.numel() for each in [*_tensors((self.args, self.kwargs)), *self.results])


def _tensors(tree: Any) -> list[torch.Tensor]:
    return [each for each in tree_flatten(tree)[0] if isinstance(each, torch.Tensor)]


def name_of(function: Any) -> str:
    """'add' for aten::add.Tensor, aten::add_ and aten::add.out."""
    name: str = function._schema.name.split("::")[1]
    return name if name.endswith("__") else name.removesuffix("_")


class Calls(TorchDispatchMode):
    """Keeps the calls of some names: with Calls({'mm'}) as calls: x @ w."""

    def __init__(self, wanted: set[str], largest: int) -> None:
        super().__init__()
        self.wanted, self.largest = wanted, largest
        self.found: dict[str, dict[str, AtenCall]] = defaultdict(dict)

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, kwargs = name_of(function), kwargs or {}
        if name not in self.wanted:
            return function(*args, **kwargs)
        before = tree_map(lambda x: x.detach().clone() if isinstance(x, torch.Tensor) else x, (args, kwargs))
        result = function(*args, **kwargs)
        results = [each.detach().clone() for each in _tensors(result)]
        call = AtenCall(name, function, *before, results)
        tensors = [*_tensors(before), *results]
        if name == "index" and any(x.dtype is torch.bool for x in tensors):
            return result  # a mask that decides a shape
        is_plain = all(
            x.dtype in TYPES and x.layout is torch.strided and bool((x.double().abs() < -NEVER).all()) for x in tensors
        )
        is_plain &= not any(isinstance(x, float) and math.isinf(x) for x in tree_flatten(before)[0])
        if name == "_to_copy":
            is_plain &= tensors[0].is_floating_point() and not results[0].is_floating_point()
        if results and is_plain and 0 < call.size <= self.largest and all(x.numel() for x in results):
            like = tree_map(lambda x: tuple(x.shape) if isinstance(x, torch.Tensor) else x, before)
            self.found[name].setdefault(repr((function, like)), call)
        return result


def sampled_calls(largest: int) -> dict[str, list[AtenCall]]:
    """The calls of every row that the samples make, forward and backward, by name: different ones only."""
    from torch.testing._internal.common_methods_invocations import op_db

    sampled = SAMPLED.split()
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        calls = Calls({*ROWS, *LINEAR}, largest)
        for operator in op_db:
            if operator.name in sampled:
                _run(operator, calls)
        for function, shape, rest in FURTHER:
            with calls:
                result = function(torch.randn(shape, dtype=torch.float64, requires_grad=True), *rest)
                result.backward(torch.randn_like(result))
    return {name: list(found.values()) for name, found in calls.found.items()}


def _run(operator: Any, calls: Calls) -> None:
    dtype = next(each for each in TYPES if each in operator.supported_dtypes("cpu"))
    dtypes = [torch.bool] if operator.name.startswith("bitwise") else [dtype]
    for each in dtypes:
        samples = operator.sample_inputs("cpu", each, requires_grad=each.is_floating_point)
        for sample in islice(samples, SAMPLES):  # of pools there are thousands
            try:
                with calls:
                    result = operator(sample.input, *sample.args, **sample.kwargs)
                    learn = [x for x in _tensors(result) if x.requires_grad]
                    if learn:
                        torch.autograd.backward(learn, [torch.randn_like(x) for x in learn])
            except (RuntimeError, ValueError):  # a sample that has no gradient, or none of this type
                continue


@dataclass
class Placed:
    """A call on a sheet: where its results stand, and PyTorch's."""

    call: AtenCall
    sheet: str
    grids: list[Grid | None]


def placed(calls: Sequence[AtenCall], path: Path) -> list[Placed]:
    """Write a workbook of calls, one below the other on a sheet for each name, without any stored value."""
    workbook, found = Workbook(write_only=False), []
    workbook.remove(workbook.active)
    by_name: dict[str, list[AtenCall]] = defaultdict(list)
    for call in calls:
        by_name[call.name].append(call)
    for name, several in by_name.items():
        sheet = workbook.create_sheet(f"{name[-30:]} ")
        row = 1
        for call in several:
            with suppress(NoRow):
                grids, row = _put(sheet, call, row)
                found.append(Placed(call, sheet.title, grids))
    workbook.save(path)
    return found


def _put(sheet: Any, call: AtenCall, row: int) -> tuple[list[Grid | None], int]:
    next_row = row

    def cells(tensor: torch.Tensor) -> Cells:
        nonlocal next_row
        lead = tensor.shape[:-1]
        strides = [math.prod(lead[k + 1 :]) for k in range(len(lead))]
        down, right = ((*strides, 0), (*[0] * len(lead), 1)) if tensor.shape else ((), ())
        grid = Grid(sheet.title, next_row, 2, tuple(tensor.shape), down, right)
        next_row += math.prod(lead) + 1
        data = tensor.to(torch.int64).numpy() if tensor.dtype is torch.bool else tensor.numpy()
        made = Cells(call.name, data, grid)
        made.is_truth = tensor.dtype is torch.bool
        return made

    def given(item: Any) -> Any:
        if not isinstance(item, torch.Tensor):
            return item
        made = cells(item)
        for at in np.ndindex(made.shape):
            cell = made.at(*at)
            sheet.cell(cell.row, cell.col, made.data[at].item())
        return made

    results = [cells(each) for each in call.results]
    if call.name in LINEAR:
        formulas = by_basis(call.function, given(call.args[0]), call.args[1:], call.kwargs)
    else:
        args, kwargs = tree_map(given, (call.args, call.kwargs))
        read = results if call.name in READ_RESULTS else []
        formulas = ROWS[call.name](*read, *args, **kwargs)
    made = formulas if isinstance(formulas, tuple) else (formulas,)
    made = tuple(each for each in made if each is not None)
    assert len(made) == len(results), f"{call.name}: {len(made)} formulas for {len(results)} results"
    for result, each in zip(results, made, strict=True):
        whole = as_expression(each)
        whole = whole.reshape(*result.shape) if math.prod(whole.shape) == result.data.size else whole
        texts = whole.in_shape(result.shape).texts(sheet.title)
        for at in np.ndindex(result.shape):
            cell = result.at(*at)
            sheet.cell(cell.row, cell.col, f"={texts[at]}")
    return [each.value for each in results], next_row + 1


def differing(found: Sequence[Placed], path: Path, engine: str, folder: Path) -> Iterator[str]:
    """The results that an engine computes otherwise than PyTorch, each with the call and the first difference."""
    workbook = recalculate(path, engine, folder)
    for each in found:
        for grid, expected in zip(each.grids, each.call.results, strict=True):
            right = expected.double().numpy()
            allowed = 1e-9 * max(1.0, float(np.abs(right).max(initial=0)))
            for at in np.ndindex(right.shape):
                cell = grid.at(*at)
                value = workbook.value(each.sheet, cell.area)
                if not isinstance(value, (int, float)) or not abs(value - right[at]) <= allowed:
                    settings = [x for x in tree_flatten((each.call.args, each.call.kwargs))[0]
                                if not isinstance(x, torch.Tensor)]  # fmt: skip
                    yield f"{each.call.function} {settings} at {at}: {value!r} for {right[at]}"
                    break
