"""Compare a traced graph with PyTorch: its loss and its gradients must be what the module itself computes."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from excel_export.compiler.confirm.chance import confirm_chance
from excel_export.compiler.confirm.comparison import first_difference, pairs
from excel_export.compiler.confirm.frozen import refuse_unfollowed, without_idle
from excel_export.compiler.confirm.witness import Mode, Witness
from excel_export.compiler.reference.arguments import Inputs, bind
from excel_export.compiler.reference.eager import EagerRun, loss_in_own_types, run_eagerly
from excel_export.compiler.reference.state import kept_state
from excel_export.compiler.reference.widen import Widen
from excel_export.compiler.trace.tracer import drawn_creations, trace
from excel_export.composites import find_composite
from excel_export.graph.graph import Graph, RecordingSettings
from excel_export.ops import find_operator
from excel_export.shared.difference import TOLERANCE, difference
from excel_export.shared.errors import ExportError

ROUNDING = 1e-6
"""The largest relative change by a module's casts to float32 that is allowed."""
ROUNDING_OF_FLOAT32 = 1e-5
"""The relative change that computing in float32 instead of float64 may make without a remark."""
ROUNDING_OF_A_SUM = 1e-12
"""The change that another order of a sum may make, relative to the largest result."""
_CONVOLUTIONS = {function: find_operator(function, "") for function in (F.conv1d, F.conv2d, F.conv3d)}


Record = Callable[[nn.Module, Inputs, RecordingSettings], Graph]
"""A function that records a module as a graph: record(module, inputs, settings); see `trace`."""


def confirmed_trace(
    module: nn.Module, inputs: Inputs, *, freeze_branches: bool = False, record: Record = trace
) -> tuple[Graph, str]:
    """Record a module as a graph, and make sure that the graph computes what PyTorch does, on other numbers, too.

    The loss and the gradients of the parameters and the inputs are those of the module, run by PyTorch. What else is
    in the graph, the intermediate values, has the tracer's numbers.

    Args:
        module: its result is a scalar loss; it is not changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        freeze_branches: True to let Python read numbers out of tensors, as for a branch; they stay as they are. False
            to refuse a module that does so, if the result depends on it.
        record: makes the graph, record(module, inputs, settings); another than `trace` only in tests.

    Returns:
        The graph, and remarks for the report, such as 'computed in float64 where the module casts to a narrower type';
        '' for none.

    Raises:
        UnsupportedOperator: an operator that no file under `excel_export/ops/` covers.
        ExportError: the module cannot be traced, PyTorch cannot run it, or the two differ.
    """
    settings = RecordingSettings(frozen=[] if freeze_branches else None)
    graph, note, mode = _held_against_pytorch(module, inputs, settings, record)
    if graph.frozen:
        graph.tried, keeps_state = refuse_unfollowed(graph, module, inputs), True
    else:
        witness = Witness(graph, module, inputs, mode, (Widen, *_OTHER_WAYS))
        graph.tried, keeps_state, graph.witness = witness.refuse(), witness.keeps_state, witness
    _refuse_cut_off(graph)
    is_drawn = graph.chance or any(value.drawn for value in graph.values)  # another type has other random numbers
    own = "" if is_drawn else _in_own_types(graph, module, inputs)
    graph.state += kept_state(module, [inputs], calls=2) if keeps_state else []
    drawn = confirm_chance(graph, module, inputs, may_freeze=freeze_branches)
    graph.frozen = without_idle(graph, module, inputs)
    return graph, "; ".join(filter(None, (note, own, drawn)))


def traced_again(module: nn.Module, inputs: Inputs, before: Graph) -> Graph:
    """Record a module whose graph `confirmed_trace` has returned once more, as a new graph with other numbers.

    Its loss and gradients are compared with PyTorch's, on these numbers only (but as at first if it draws random ones).

    Args:
        module: the module.
        inputs: the other numbers, of the same shapes.
        before: the graph that `confirmed_trace` returned.

    Raises:
        ExportError: the module cannot be traced, PyTorch cannot run it, or the two differ.
    """
    if before.chance:
        return confirmed_trace(module, inputs)[0]
    graph, *_ = _held_against_pytorch(module, inputs, RecordingSettings())
    graph.state, graph.replay = before.state, None
    return graph


def _held_against_pytorch(
    module: nn.Module, inputs: Inputs, settings: RecordingSettings, record: Record = trace
) -> tuple[Graph, str, Mode]:
    graph = record(module, inputs, settings)
    if any(graph.chance):  # there is more than PyTorch's own, whose tensors are inputs already
        created = drawn_creations(module, inputs, settings)
        graph = record(module, inputs, replace(graph.settings, created=created))
    try:
        note, mode = _confirm(graph, module, inputs)
    except ExportError as refusal:
        without = _without_slopes(graph, module, inputs)
        if without:
            graph = record(module, inputs, replace(graph.settings, fixed=graph.settings.fixed | without))
            return graph, *_confirm(graph, module, inputs)
        if not graph.has_narrow_constants:
            raise
        try:
            graph, note, mode = _widened(graph, module, inputs, record)
        except ExportError:
            raise refusal from None
    if mode is Widen and graph.has_narrow_constants and not graph.settings.widens:
        with suppress(ExportError):
            graph, note, mode = _widened(graph, module, inputs, record)
    if graph.rounds:
        raise _narrower(module, "round its numbers")  # also where the numbers of today need no rounding
    return graph, note, mode


def _widened(graph: Graph, module: nn.Module, inputs: Inputs, record: Record) -> tuple[Graph, str, Mode]:
    """Trace once more with constants in float64, too: live numbers are never rounded, a constant may be."""
    graph = record(module, inputs, replace(graph.settings, widens=True))
    return graph, *_confirm(graph, module, inputs)


def _without_slopes(graph: Graph, module: nn.Module, inputs: Inputs) -> set[str]:
    try:
        leaves = run_eagerly(module, inputs, fixed=graph.settings.fixed).inputs
    except ExportError:
        return set()
    strange = {leaf.names[0] for leaf in leaves if leaf.grad is not None and not np.isfinite(leaf.grad).all()}
    return strange & bind(module, inputs).plain if strange else strange


class EvenRounding(TorchFunctionMode):
    """A context in which a convolution gives equal results for equal patches of an image: with EvenRounding(): net(x).

    PyTorch may round them differently, which would decide a tie between them.
    """

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        convolution = _CONVOLUTIONS.get(function)
        if convolution is None or not result.is_floating_point():
            return result
        even = convolution.evaluate(function, *args, **(kwargs or {}))
        moved = (even - result).detach().abs().max() if result.numel() else result.new_zeros(())
        if moved > ROUNDING_OF_A_SUM * result.detach().abs().max().clamp(min=1):
            raise ExportError(f"a convolution added up in another order differs by {float(moved):.1e}")
        return even


class ContiguousGradients(TorchFunctionMode):
    """A context in which batch normalization gets its gradient contiguous in memory, as by with …(): net(x).

    The numbers are the same, but for a batch of one: there, PyTorch's backward pass is wrong for a transposed gradient.
    """

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if function in (F.batch_norm, torch.batch_norm) and result.requires_grad:
            result.register_hook(torch.Tensor.contiguous)
        return result


class AsWritten(TorchFunctionMode):
    """A context in which `ctc_loss`, `bucketize` and `searchsorted` run as the composites that formulas are made of.

    with AsWritten(): net(x) differs from net(x) only for arguments that PyTorch forbids: a blank among the letters of
    ctc_loss, bounds that are not sorted.
    """

    def __torch_function__(self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = find_composite(function) if function in (F.ctc_loss, torch.bucketize, torch.searchsorted) else None
        return (made or function)(*args, **(kwargs or {}))


_OTHER_WAYS: dict[type[TorchFunctionMode], str] = {
    AsWritten: "of letters that are the blank, and of bounds that are not in order, PyTorch gives other numbers",
    ContiguousGradients: (
        "PyTorch's own gradients are wrong behind batch normalization, for a batch of one: those here "
        "are what it gives when a gradient lies in the usual order in memory, and the slopes of the loss"
    ),
    EvenRounding: "of numbers that are equal but for rounding, the first counts as the largest",
}
"""The modes that are tried if PyTorch's plain run differs, each with the remark for the report."""


def _confirm(graph: Graph, module: nn.Module, inputs: Inputs) -> tuple[str, Mode]:
    """Compare the loss and the gradients of a graph with PyTorch's, and take PyTorch's numbers into the graph.

    Returns:
        A remark for the report ('' for none), and the mode in which PyTorch gives these numbers.
    """
    run = partial(run_eagerly, module, inputs, fixed=graph.settings.fixed)
    plain: EagerRun | None = None
    try:
        plain = run()
    except ExportError as error:
        refusal = error
    else:
        if not np.isfinite(plain.loss).all():  # in the graph, a large number stands for infinity
            raise ExportError(
                f"the loss is {plain.loss.item()} when PyTorch runs {type(module).__name__}: an infinite number, of an "
                "input or of a mask, must be gone before the loss, as by a softmax that has finite numbers, too"
            )
        wrong = _first_wrong(graph, plain)
        if not wrong:
            _adopt(graph, plain)
            return "", nullcontext
        for mode, note in _OTHER_WAYS.items():
            other = run(mode())
            if difference(other.loss, plain.loss) <= TOLERANCE and not _first_wrong(graph, other):
                _adopt(graph, other)
                return note, mode
        refusal = _with_cause(wrong, run)
    # Either the graph is wrong, or the module asks for narrow types, with which the exporter never computes.
    try:
        wide = run(Widen())
        rounding = _distance(wide, plain or run(Widen(rounds=True)))
    except ExportError:
        raise refusal from None
    wrong = _first_wrong(graph, wide)
    if wrong:
        raise _with_cause(wrong, run)
    if rounding > ROUNDING:
        raise _narrower(module, f"change its numbers by {rounding:.1e}")
    _adopt(graph, wide)
    by = f", which changes its numbers by {rounding:.0e}" if rounding else ""
    return f"computed in float64 where the module casts to a narrower type{by}", Widen


def _refuse_cut_off(graph: Graph) -> None:
    """Refuse a loss from which no gradient arrives at any parameter or input, as of an argmax."""
    given = [*graph.of_kind("parameter"), *graph.of_kind("input")]
    if any(value.gradient is not None for value in given) and not any(value.is_reached for value in given):
        raise ExportError(
            "no gradient leaves the loss: between it and all that learns stand argmax, comparisons, whole numbers, "
            "detach() or no_grad(); return the loss that is trained, not an accuracy"
        )


def _in_own_types(graph: Graph, module: nn.Module, inputs: Inputs) -> str:
    """Return a remark if the loss in the module's own types differs from float64's by more than rounding, else ''."""
    own = loss_in_own_types(module, inputs)
    # What has no narrower types goes the same way; a cast within it is rounded, and judged as such.
    if own is None or own[1] == torch.float64:
        return ""
    loss, kind = own
    expected = float(graph.loss.data.item())
    distance = abs(loss - expected) / max(1.0, abs(expected))
    if np.isfinite(loss) and distance > torch.finfo(kind).eps ** 0.5:
        raise ExportError(
            f"the loss is {loss:.6g} when PyTorch runs {type(module).__name__} in its own types, but {expected:.6g} in "
            "float64, in which a workbook computes: let nothing depend on the type of a tensor, or give "
            "module.double() and inputs of float64"
        )
    if distance <= ROUNDING_OF_FLOAT32:
        return ""
    return (
        f"in its own types, {str(kind).removeprefix('torch.')}, PyTorch's loss is {loss:.6g}, and here {expected:.6g}"
    )


def _narrower(module: nn.Module, effect: str) -> ExportError:
    return ExportError(
        f"the casts to narrower types in {type(module).__name__} {effect}, and a workbook has no such types: leave out "
        ".float(), .half() and the like"
    )


def _adopt(graph: Graph, reference: EagerRun) -> None:
    graph.loss.data = reference.loss
    for _, value, leaf in pairs(graph, reference):
        if value and leaf:
            value.gradient, value.is_reached = leaf.grad, leaf.is_reached


def _first_wrong(graph: Graph, reference: EagerRun) -> str | None:
    """Return a message on the first tensor that is not PyTorch's, and a possible cause; None if all are right."""
    found = first_difference(graph, reference)
    if not found:
        return None
    key, error = found
    amount = f"is off by {error:.1e}" if np.isfinite(error) else "is missing, of another shape, or no number"
    text = f"'{key}' {amount} when held against PyTorch's own run of the module; "
    if key == "loss":
        return text
    cause = "code that is not PyTorch's, or a function to which PyTorch gives another gradient"
    if graph.custom:
        cause = f"a custom autograd Function: {', '.join(graph.custom)}"
    return f"{text}it may come from {cause}"


def _with_cause(wrong: str, run: Callable[[], EagerRun]) -> ExportError:
    if not wrong.endswith("; "):
        return ExportError(wrong)
    try:
        is_same = bool(run().loss == run().loss)
    except ExportError:
        is_same = True
    if is_same:
        return ExportError(
            f"{wrong}it may come from code that is not PyTorch's, as in an extension, or from a question about how a "
            "tensor is held in memory"
        )
    return ExportError(
        f"{wrong}PyTorch itself gives another loss in each run, so forward() reads what changes from one to the next, "
        "as a global variable or the clock: keep it in an attribute of the module, or give it as an input"
    )


def _distance(one: EagerRun, other: EagerRun) -> float:
    errors = [difference(one.loss, other.loss)]
    for leaf, same in zip((*one.parameters, *one.inputs), (*other.parameters, *other.inputs), strict=True):
        if same.grad is not None:
            errors.append(difference(leaf.grad, same.grad))
    return max(errors)
