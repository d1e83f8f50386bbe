"""Trace a module to a graph of operator calls, with PyTorch's float64 numbers for every tensor.

A float64 copy of the module runs once on the inputs, unchanged, while a recorder notes its calls; then PyTorch's own
backward pass gives the gradients.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace

import numpy as np
import torch
from torch import nn
from torch.nn.modules import module as modules

from excel_export.compiler.reference.answers import ReadAnswers
from excel_export.compiler.reference.arguments import Bound, Inputs, bind
from excel_export.compiler.reference.chance import SEED, sources
from excel_export.compiler.reference.eager import is_changed_since, loss_of, undisturbed
from excel_export.compiler.reference.float64_copy import float64_copy
from excel_export.compiler.refuse.hooks import TriedHooks, refuse_hooks_of_parameters
from excel_export.compiler.refuse.shared_numbers import memory
from excel_export.compiler.trace.custom_functions import custom_functions_recorded
from excel_export.compiler.trace.function_transforms import transforms_run_plainly
from excel_export.compiler.trace.infinite import (
    mark_masked,
    refuse_infinite_arguments,
    refuse_infinite_values,
    without_infinity,
)
from excel_export.compiler.trace.patches import patched, run_plainly
from excel_export.compiler.trace.recorder import Recorder
from excel_export.compiler.trace.replay import Replay, same_results
from excel_export.graph.display_names import check_names, display_names, given_names, name_apart
from excel_export.graph.graph import Graph, RecordingSettings
from excel_export.graph.subgraphs import without_unread
from excel_export.shared.errors import ExportError, first_line
from excel_export.shared.trees import Change, Function
from excel_export.shared.users_code import failing_line

_AT_FIRST = RecordingSettings()


class LeavesForward(ExportError):
    """Raised for a module whose forward() fails with an error of its own, such as a KeyError."""


def trace(module: nn.Module, inputs: Inputs, settings: RecordingSettings = _AT_FIRST) -> Graph:
    """Return the graph of `module(*inputs)`, a scalar loss: all values and calls, forward and backward in float64.

    Args:
        module: any module; it is copied, never changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        settings: the results of earlier runs. An input that came without requires_grad gets no gradient if the module
            asks for it, or if its gradient is not finite, as that of a label of 0 in `kl_div`.

    Raises:
        UnsupportedOperator: an operator that no file under `excel_export/ops/` covers.
        ExportError: the module cannot be run or recorded, the inputs do not fit, the result is not a scalar
            loss, or a number of the inputs, parameters, results or gradients is infinite or NaN.
    """
    try:
        return _trace(module, inputs, settings, nullcontext)
    except ExportError as error:
        if not is_changed_since(error):
            raise
    # Only the gradient of an input may need what was there when it was read, as `run_eagerly` sees.
    return _trace(module, inputs, settings, torch.autograd.graph.allow_mutation_on_saved_tensors)


def _trace(module: nn.Module, inputs: Inputs, settings: RecordingSettings, saved: Function) -> Graph:
    copied = float64_copy(module)
    check_names(module)
    called_by_module = given_names(module)
    call = bind(copied, inputs, finite=without_infinity, fixed=settings.fixed)
    refuse_infinite_arguments("input", call.leaves)
    refuse_infinite_arguments("parameter", dict(copied.named_parameters()))
    outside = {memory(parameter): name for name, parameter in module.named_parameters() if parameter.numel()}
    recorder = Recorder(copied, outside, settings)
    refuse_hooks_of_parameters(module, recorder)
    with undisturbed(), torch.enable_grad(), saved():
        before = {source: source.state() for source in sources(copied)}
        loss = _run(recorder, copied, call)
        chance = [source.name for source, state in before.items() if source.state() != state]
        if loss.requires_grad:
            try:
                torch.autograd.backward(loss)
            except RuntimeError as error:
                raise ExportError(f"PyTorch cannot compute the gradients of the module: {_reason(error)}") from error
        recorder.tape.take_gradients()
        graph = _graph(recorder, loss)
    graph.settings, graph.chance = settings, chance

    def without(names: Collection[str]) -> Graph:
        return _trace(module, inputs, replace(settings, fixed=settings.fixed.union(names)), saved)

    with_gradients = [value for kind in ("input", "parameter") for value in graph.of_kind(kind) if value.has_grad]
    learning = {each.name: each.gradient for each in with_gradients if each.kind == "input" and each.name in call.plain}
    if recorder.asks_gradient and learning:
        as_given = without(learning)
        if not same_results(graph, as_given):
            return as_given
    strange = {name for name, grad in learning.items() if grad is not None and not np.isfinite(grad).all()}
    if strange and len(strange) < len(with_gradients):
        return without(strange)
    refuse_infinite_values(graph)
    mark_masked(graph)
    name_apart(graph)
    for value, called in display_names(graph, called_by_module, recorder.tape.labels).items():
        value.called = called
    return graph


def trace_forward(
    module: nn.Module,
    inputs: Inputs,
    before: Graph,
    move: Change | None = None,
    *,
    seed: int = SEED,
    answers: ReadAnswers | None = None,
) -> Graph:
    """Return the graph of a module once more, forward only, so without gradients, on these inputs.

    Args:
        module: any module; it is copied, never changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        before: its graph; the reads in its `frozen` get the same answers again.
        move: move(w) returns other numbers in the shape of a parameter w; None for its own.
        seed: of all generators of random numbers.
        answers: other answers to reads out of tensors; None for the true ones.

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
    settings = replace(before.settings, frozen=before.frozen or None)
    recorder = Recorder(copied, {}, settings, forward_only=True)
    recorder.reads.answers = answers
    with _drawing(copied, seed):
        loss = _run(recorder, copied, bind(copied, inputs, finite=without_infinity, fixed=settings.fixed))
        if not loss.isfinite().all():
            raise ExportError("the loss is infinite or NaN")
        graph = _graph(recorder, loss)
    name_apart(graph)
    return graph


def drawn_creations(module: nn.Module, inputs: Inputs, settings: RecordingSettings) -> frozenset[int]:
    """Return which tensors made of plain numbers, as torch.tensor(random.random()), differ with another seed.

    {0, 2} for the first and the third that the module makes; `settings` are those of the recording.
    """
    found = []
    for seed in (SEED, SEED + 1):
        copied = float64_copy(module)
        recorder = Recorder(copied, {}, settings, forward_only=True)
        with _drawing(copied, seed), suppress(ExportError):
            _run(recorder, copied, bind(copied, inputs, finite=without_infinity))
        found.append(recorder.constants.creations)
    return frozenset(k for k, (one, other) in enumerate(zip(*found, strict=False)) if not torch.equal(one, other))


@contextmanager
def _drawing(module: nn.Module, seed: int) -> Iterator[None]:
    with undisturbed(seed), torch.enable_grad():
        for source in sources(module) if seed != SEED else ():
            source.seed(seed)
        yield


def _run(recorder: Recorder, module: nn.Module, call: Bound) -> torch.Tensor:
    for name, leaf in call.leaves.items():
        recorder.scopes.namespace.take(name)
        recorder.tape.add(leaf, name, "input", learns=leaf.requires_grad)
    kind = type(module).__name__

    def is_live(tensor: torch.Tensor) -> bool:
        return recorder.tape.is_live(recorder.changes.current(tensor))

    def learns(tensor: torch.Tensor) -> bool:
        return recorder.tape.learns(recorder.changes.current(tensor))

    from_numpy = torch.from_numpy  # which calls no mode
    patches = [
        (torch, "from_numpy", lambda array: recorder.constants.take(from_numpy(array), "from_numpy")),
        *transforms_run_plainly(is_live),
        *custom_functions_recorded(recorder, is_live),
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
        plain = re.search(r"argument '(\w+)'.* must be (Number|float|int|bool), not Tensor", str(error))
        if plain and _runs(module, call):
            raise ExportError(
                f"a number that depends on inputs or parameters is given as a plain one, '{plain[1]}', in "
                f"{failing_line(error)}; a workbook cannot follow it: write it out with tensors, as h + a * t "
                "for torch.add(h, t, alpha=a), or give a.item() and freeze it as it is now (freeze_branches=True, "
                "--freeze-branches)"
            ) from error
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


def _runs(module: nn.Module, call: Bound) -> bool:
    try:
        module(*call.args, **call.kwargs)
    except Exception:  # any code of the caller's may fail in any way
        return False
    return True


def _graph(recorder: Recorder, loss: torch.Tensor) -> Graph:
    known, unnamed = recorder.tape.known, recorder.scopes.unnamed
    inner = {*recorder.tape.labels, *(known[key].value for key in unnamed if key in known)}
    graph = recorder.tape.graph(loss)
    graph.custom, graph.rounds = recorder.custom, recorder.tape.rounds
    graph.state, graph.has_narrow_constants = recorder.changes.changed_parameters, recorder.constants.are_narrow
    graph.frozen, graph.reads = recorder.reads.frozen, recorder.reads.noted
    graph.size_inputs = frozenset(recorder.reads.size_inputs)
    graph.replay = Replay(recorder.tape, graph.loss)
    return without_unread(graph, inner)


def _reason(error: Exception) -> str:
    """Return the text of an error; of an error of Python's own with its type, as in `KeyError: 'x'`."""
    kind, text = type(error).__name__, first_line(error)
    return text if isinstance(error, RuntimeError) or text == kind else f"{kind}: {text}"
