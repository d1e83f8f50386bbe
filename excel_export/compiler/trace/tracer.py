"""Trace a module to a graph of operator calls, with PyTorch's float64 numbers for every tensor.

A float64 copy of the module runs once on the inputs, as it is, while a recorder writes down what it does to tensors;
then PyTorch's own backward pass gives the gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules import module as modules

from excel_export.compiler.reference.arguments import Bound, Inputs, bind
from excel_export.compiler.reference.chance import SEED, sources
from excel_export.compiler.reference.eager import is_changed_since, undisturbed
from excel_export.compiler.reference.float64_copy import float64_copy
from excel_export.compiler.reference.loss import loss_of
from excel_export.compiler.refuse.hooks import TriedHooks, refuse_hooks_of_parameters
from excel_export.compiler.refuse.infinite_numbers import refuse_infinite_arguments, refuse_infinite_values
from excel_export.compiler.refuse.shared_numbers import memory
from excel_export.compiler.refuse.users_code import failing_line, is_raised
from excel_export.compiler.trace.custom_functions import custom_functions_recorded
from excel_export.compiler.trace.data_dependent_reads import Alter
from excel_export.compiler.trace.function_transforms import transforms_run_plainly
from excel_export.compiler.trace.infinite import without_infinity
from excel_export.compiler.trace.masked import mark_masked
from excel_export.compiler.trace.patches import patched, run_plainly
from excel_export.compiler.trace.recorder import Recorder
from excel_export.compiler.trace.same_formula import same_formula
from excel_export.compiler.trace.watched import Watch, watching
from excel_export.graph.display_names import display_names, given_names
from excel_export.graph.graph import Frozen, Graph, Kind
from excel_export.graph.keys import check_names, name_apart
from excel_export.graph.parts import without_unread
from excel_export.shared.errors import ExportError, first_line


class LeavesForward(ExportError):
    """An error of the module's own, that it does not catch."""

    @property
    def is_raised(self) -> bool:
        """Whether `raise` or `assert` did it, and not a function that got what it cannot use."""
        return is_raised(self.__cause__)


def trace(
    module: nn.Module,
    inputs: Inputs,
    frozen: Sequence[Frozen] | None = None,
    created: Collection[int] = (),
    *,
    widens: bool = False,
    fixed: Collection[str] = (),
) -> Graph:
    """Trace `module(*inputs)`, which returns a scalar loss, forward and backward in float64.

    Args:
        module: any module; it is copied, never changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        frozen: what Python read out of tensors in an earlier run, to be given again; None where nothing may be read.
        created: as `drawn_creations` returns it.
        widens: compute constants in float64 where the module asks for a narrower type.
        fixed: the inputs that get no gradient. So are those that came without one, where the code asks for it, or
            where theirs is not finite, as that of a label of 0 in `kl_div`.

    Raises:
        UnsupportedOperator: an operator that no file under `excel_export/ops/` covers.
        ExportError: the module cannot be run or recorded, the inputs do not fit, the result is not a scalar
            loss, or a number of the inputs, parameters, results or gradients is infinite or NaN.
    """
    try:
        return _trace(module, inputs, frozen, created, widens=widens, fixed=fixed)
    except ExportError as error:
        if not is_changed_since(error):
            raise
    # Only the gradient of an input may need it, as `run_eagerly` sees.
    return _trace(module, inputs, frozen, created, widens=widens, fixed=fixed, keeps_saved=True)


def _trace(
    module: nn.Module,
    inputs: Inputs,
    frozen: Sequence[Frozen] | None,
    created: Collection[int],
    *,
    widens: bool,
    fixed: Collection[str],
    keeps_saved: bool = False,
) -> Graph:
    """Trace it; where that `keeps_saved`, the backward pass reads what was there when it was read."""
    copied = float64_copy(module)
    check_names(module)
    called_by_module = given_names(module)
    refuse_hooks_of_parameters(module)
    call = bind(copied, inputs, finite=without_infinity, fixed=fixed)
    refuse_infinite_arguments({"input": call.leaves, "parameter": dict(copied.named_parameters())})
    outside = {memory(parameter): name for name, parameter in module.named_parameters() if parameter.numel()}
    recorder = Recorder(copied, outside, frozen, created=created, widens=widens)
    saved = torch.autograd.graph.allow_mutation_on_saved_tensors() if keeps_saved else nullcontext()
    with undisturbed(), torch.enable_grad(), saved:
        before = {source: source.state() for source in sources(copied)}
        loss = _run(recorder, copied, call)
        chance = [source.name for source, state in before.items() if source.state() != state]
        if loss.requires_grad:
            _run_backward(loss)
        recorder.tape.take_gradients()
        graph = _graph(recorder, loss)
    without = partial(_trace, module, inputs, frozen, created, widens=widens, keeps_saved=keeps_saved)
    learning = {name: grad for name, grad in _gradients(graph) if name in call.plain}
    if recorder.asks_gradient and learning:
        as_given = without(fixed={*fixed, *learning})
        if not same_formula(graph, as_given):
            return as_given
    strange = {name for name, grad in learning.items() if not np.isfinite(grad).all()}
    if strange and len(strange) < len([*_gradients(graph, "parameter", "input")]):
        return without(fixed={*fixed, *strange})
    graph.chance, graph.created, graph.widened, graph.fixed = chance, frozenset(created), widens, frozenset(fixed)
    refuse_infinite_values(graph)
    mark_masked(graph)
    name_apart(graph)
    for value, called in display_names(graph, called_by_module, recorder.tape.said).items():
        value.called = called
    return graph


def _gradients(graph: Graph, *kinds: Kind) -> Iterator[tuple[str, np.ndarray]]:
    """The gradients of the inputs, or of what else is given, by name."""
    for kind in kinds or ("input",):
        yield from ((value.name, value.gradient) for value in graph.of_kind(kind) if value.gradient is not None)


def trace_forward(
    module: nn.Module,
    inputs: Inputs,
    before: Graph,
    move: Callable[[torch.Tensor], torch.Tensor] | None = None,
    *,
    alter: Alter | None = None,
    watch: Watch | None = None,
    seed: int = SEED,
) -> Graph:
    """Trace a module once more, forward only, on other numbers; return its graph, without gradients.

    Args:
        module: one that could be traced.
        inputs: its arguments, with the same shapes.
        before: its graph; what is frozen there is frozen again.
        move: what becomes of each parameter.
        alter: what becomes of the numbers that Python reads out of tensors.
        watch: sees what is asked of them.
        seed: of the random numbers.

    Raises:
        LeavesForward: `forward` raised an error of its own.
        ExportError: the module cannot be recorded, or its loss is infinite or NaN.
    """
    copied = float64_copy(module)
    if move:
        with torch.no_grad():
            for parameter in copied.parameters():
                if parameter.is_floating_point():
                    parameter.copy_(move(parameter))
    recorder = Recorder(
        copied, {}, before.frozen or None, alter=alter, watch=watch, forward_only=True, created=before.created,
        widens=before.widened,
    )  # fmt: skip
    with undisturbed(seed), torch.enable_grad(), watching(watch) if watch else nullcontext():
        _seed_held(copied, seed)
        loss = _run(recorder, copied, bind(copied, inputs, finite=without_infinity, fixed=before.fixed))
        if not loss.isfinite().all():
            raise ExportError("the loss is infinite or NaN")
        graph = _graph(recorder, loss)
    name_apart(graph)
    return graph


def drawn_creations(module: nn.Module, inputs: Inputs, frozen: Sequence[Frozen] | None) -> frozenset[int]:
    """Return which of the tensors that a module makes of plain numbers, as those of NumPy, are others with other seeds.

    They are counted in the order in which they are made.

    Args:
        module: one that could be traced.
        inputs: its arguments.
        frozen: what Python read out of tensors in that run, to be given again; None where nothing may be read.
    """
    found = []
    for seed in (SEED, SEED + 1):
        copied = float64_copy(module)
        recorder = Recorder(copied, {}, frozen, forward_only=True)
        with undisturbed(seed), torch.enable_grad(), suppress(ExportError):
            _seed_held(copied, seed)
            _run(recorder, copied, bind(copied, inputs, finite=without_infinity))
        found.append(recorder.creations.made)
    return frozenset(k for k, (one, other) in enumerate(zip(*found, strict=False)) if not torch.equal(one, other))


def _seed_held(module: nn.Module, seed: int) -> None:
    """Let the generators that a module holds draw other numbers than the module would next."""
    for source in sources(module) if seed != SEED else ():
        source.seed(seed)


def _run(recorder: Recorder, module: nn.Module, call: Bound) -> torch.Tensor:
    """Run a module while it is recorded; return its loss."""
    for name, leaf in call.leaves.items():
        recorder.scopes.namespace.take(name)
        recorder.tape.add(leaf, name, "input", learns=leaf.requires_grad)
    kind = type(module).__name__

    def is_live(tensor: torch.Tensor) -> bool:
        return recorder.tape.is_live(recorder.changes.current(tensor))

    def made(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return recorder.creations.take(function(*args), "from_numpy")

    def learns(tensor: torch.Tensor) -> bool:
        return recorder.tape.learns(recorder.changes.current(tensor))

    from_numpy = torch.from_numpy  # which calls no mode
    patches = [
        (torch, "from_numpy", lambda array: recorder.reads.of_constants(made, "", from_numpy, (array,), {})),
        *transforms_run_plainly(is_live),
        *custom_functions_recorded(
            recorder.changes.current,
            recorder.refusals_kept,
            recorder.custom,
            is_live,
            recorder.constants.call_of_tensors,
        ),
        (modules, "BackwardHook", TriedHooks),
        *run_plainly(is_live),
    ]
    try:
        with patched(patches), recorder:
            result = module(*call.args, **call.kwargs)
    except ExportError:
        raise
    except Exception as error:
        if recorder.refusal:
            raise recorder.refusal from error
        where = f"node '{recorder.scopes.failed}', " if recorder.scopes.failed else ""
        raise LeavesForward(
            f"PyTorch cannot run the module on these inputs, at {where}{failing_line(error)}: {_reason(error)}"
        ) from error
    if recorder.refusal:
        raise recorder.refusal
    loss = recorder.passing(recorder.changes.current(loss_of(result, kind, learns)))
    if recorder.tape.is_live(loss) and recorder.tape.value_of(loss).kind != "intermediate":
        loss = recorder.record(torch.clone, loss)  # the sheets begin with a call
    return loss


def _graph(recorder: Recorder, loss: torch.Tensor) -> Graph:
    """Return what was recorded, without what nobody reads."""
    known, unnamed = recorder.tape.known, recorder.scopes.unnamed
    inner = {*recorder.tape.said, *(known[key].value for key in unnamed if key in known)}
    graph = recorder.tape.graph(loss)
    graph.custom, graph.rounds = recorder.custom, recorder.tape.rounds
    graph.state, graph.has_narrow_constants = recorder.changes.changed_parameters, recorder.constants.are_narrow
    graph.frozen, graph.reads = recorder.reads.frozen, recorder.reads.noted
    return without_unread(graph, inner)


def _run_backward(loss: torch.Tensor) -> None:
    try:
        torch.autograd.backward(loss)
    except RuntimeError as error:
        raise ExportError(f"PyTorch cannot compute the gradients of the module: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return what an error says; of an error of Python's own also what it is, as in `KeyError: 'x'`."""
    kind, text = type(error).__name__, first_line(error)
    return text if isinstance(error, RuntimeError) or text == kind else f"{kind}: {text}"
