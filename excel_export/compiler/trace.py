"""Trace a module to a graph of operator calls, with PyTorch's float64 numbers for every tensor.

`torch.fx` names the nodes. Each node is then run once in float64 while a torch-function mode watches
which functional operators it really calls, so that `nn.ReLU()`, `F.relu(x)` and `x.relu()` are one
and the same operator, and a module that is a leaf to `torch.fx` needs no translation of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import fx, nn
from torch.overrides import TorchFunctionMode, resolve_name

from excel_export.compiler.arguments import Inputs, bind, holds_tensor
from excel_export.compiler.finite import refuse_infinite_arguments, refuse_infinite_values
from excel_export.compiler.float64_copy import float64_copy
from excel_export.graph.graph import Call, Graph, Kind, Value
from excel_export.graph.keys import check_names, name_apart
from excel_export.graph.people import given_names, names_for_people
from excel_export.ops import find_operator
from excel_export.shared.errors import ExportError, UnsupportedOperator, first_line


def trace(module: nn.Module, inputs: Inputs) -> Graph:
    """Trace `module(*inputs)`, which returns a scalar loss, forward and backward in float64.

    Args:
        module: any module that `torch.fx` can trace; it is copied, never changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.

    Raises:
        UnsupportedOperator: an operator that no file under `excel_export/ops/` covers.
        ExportError: the module cannot be traced, the inputs do not fit, the result is not a scalar
            loss, or a number of the inputs, parameters, results or gradients is infinite or NaN.
    """
    check_names(module)
    called_by_module = given_names(module)
    module = float64_copy(module)
    arguments = bind(module, inputs)
    refuse_infinite_arguments({"input": arguments, "parameter": dict(module.named_parameters())})
    settings = {name: item for name, item in arguments.items() if not isinstance(item, torch.Tensor)}
    try:
        traced = fx.symbolic_trace(module, concrete_args=settings)
    except Exception as error:
        raise ExportError(
            f"torch.fx cannot trace {type(module).__name__}: {first_line(error)}; "
            "move branches and loops that depend on tensors out of forward()"
        ) from error
    run = _Run(traced)
    with torch.enable_grad():
        try:
            loss = run.run(*arguments.values())
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            where = f"node '{run.node.name}'"
            raise ExportError(
                f"PyTorch cannot run the module on these inputs, at {where}: {first_line(error)}"
            ) from error
        if not isinstance(loss, torch.Tensor) or loss.numel() != 1 or not loss.is_floating_point():
            kind = tuple(loss.shape) if isinstance(loss, torch.Tensor) else type(loss).__name__
            raise ExportError(f"{type(module).__name__} must return a scalar loss, but it returned {kind}")
        if loss.requires_grad:
            torch.autograd.backward(loss)
    graph = run.traced_graph(loss)
    refuse_infinite_values(graph)
    name_apart(graph)
    for value, called in names_for_people(graph, called_by_module).items():
        value.called = called
    return graph


class _Recorder(TorchFunctionMode):
    """Sees every functional operator that is called on tensors."""

    def __init__(self, record: Callable[..., Any]) -> None:
        super().__init__()
        self.record = record

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.record(function, args, kwargs or {})


class _Run(fx.Interpreter):
    """Runs the traced module node by node and writes down what happened."""

    def __init__(self, traced: fx.GraphModule) -> None:
        super().__init__(traced, garbage_collect_values=False)
        self.extra_traceback = False
        self.calls: list[Call] = []
        self.aliases: dict[str, Value] = {}
        self.unnamed: set[int] = set()
        # For each call, its inputs under a name of their own: what arrives there is this call's share.
        self.shares: list[list[tuple[torch.Tensor, Value]]] = []
        self.node: fx.Node
        # Insertion-ordered; keeping the tensor alive keeps its id from being used again.
        self.seen: dict[int, tuple[torch.Tensor, Value]] = {}
        self.leaves: dict[int, tuple[str, Kind]] = {
            id(buffer): (name, "constant") for name, buffer in traced.named_buffers()
        }
        self.leaves |= {id(parameter): (name, "parameter") for name, parameter in traced.named_parameters()}

    def run_node(self, n: fx.Node) -> Any:
        self.node = n
        if n.op == "output":
            return super().run_node(n)
        with _Recorder(self._call):
            result = super().run_node(n)
        if not isinstance(result, torch.Tensor):
            return result
        if n.op == "placeholder":
            self._add(result, n.name, "input")
        elif id(result) in self.unnamed:
            self.unnamed.remove(id(result))
            self.seen[id(result)][1].name = n.name
        elif id(result) in self.seen and self.seen[id(result)][1].kind == "intermediate":
            self.aliases[n.name] = self.seen[id(result)][1]
        return result

    def traced_graph(self, loss: torch.Tensor) -> Graph:
        for tensor, value in self.seen.values():
            if value.kind == "constant" or (value.kind != "intermediate" and not tensor.requires_grad):
                continue  # also labels and frozen parameters
            grad = tensor.grad if value.is_float else None
            value.gradient = np.zeros(value.shape) if grad is None else grad.numpy()
        for call, shares in zip(self.calls, self.shares, strict=True):
            call.shares = [(value, alias.grad.numpy()) for alias, value in shares if alias.grad is not None]
        values = [value for _, value in self.seen.values()]
        result = self.seen[id(loss)][1]
        return Graph(values, self.calls, result, self.aliases, {result: np.ones(result.shape)})

    def _add(self, tensor: torch.Tensor, name: str, kind: Kind, path: str = "") -> Value:
        # A float32 of 0.1 is not the double 0.1, and a spreadsheet's SUM passes over TRUE and FALSE.
        data = (tensor.detach().double() if tensor.is_floating_point() else tensor.detach()).numpy()
        if tensor.dtype == torch.bool:
            data = data.astype(np.int64)
        value = Value(name, kind, data, module_path=path)
        if kind == "intermediate" and tensor.is_floating_point():
            if not tensor.requires_grad:
                # A cast from whole numbers cuts autograd's chain. Starting a new one here shows the
                # gradient that arrives at the cut; no other gradient changes by it.
                tensor.requires_grad_()
            tensor.retain_grad()
        self.seen[id(tensor)] = (tensor, value)
        return value

    def _value(self, tensor: torch.Tensor) -> Value:
        """Return the value that a tensor is."""
        if id(tensor) in self.seen:
            return self.seen[id(tensor)][1]
        return self._add(tensor, *self.leaves.get(id(tensor), (f"constant_{len(self.seen)}", "constant")))

    def _call(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = resolve_name(function) or ""
        if name.endswith("__get__"):
            result = function(*args, **kwargs)
            if not isinstance(result, torch.Tensor):
                return result
        tensors = [item for item in (*args, *kwargs.values()) if holds_tensor(item)]
        known = [item for item in tensors if self._is_known(item)]
        if not known:
            return function(*args, **kwargs)
        path = _module_path(self.node)
        where = f"node '{self.node.name}'" + (f" in module '{path}'" if path else "")
        if not _depends_on_numbers(name) or self._counts(name, known[0]):
            return function(*args, **kwargs)
        kind = find_operator(function, where)
        try:
            bound = kind.bind(function, *args, **kwargs)
        except TypeError as error:
            raise UnsupportedOperator(f"operator '{kind.name}' ({where}): {first_line(error)}") from error
        for key in kind.settings:
            if self._is_traced(bound.arguments[key]):
                reason = f"{key} must not depend on the inputs"
                raise UnsupportedOperator(f"operator '{kind.name}' ({where}): {reason}")
        operator = bound.on_values(self._value)
        refusal = operator.check()
        if refusal:
            raise UnsupportedOperator(f"operator '{kind.name}' ({where}): {refusal}")
        shares: list[tuple[torch.Tensor, Value]] = []
        result = kind.evaluate(function, *self._share(args, shares), **self._share(kwargs, shares))
        for alias, value in shares:
            if result is alias:  # an operator that changed nothing
                result = next(tensor for tensor, seen in self.seen.values() if seen is value)
        if id(result) in self.seen:
            return result
        outputs = [result] if isinstance(result, torch.Tensor) else list(result)
        serial = sum(call.name == self.node.name for call in self.calls)
        values = tuple(
            self._add(tensor, f"{self.node.name}.{serial}.{k}", "intermediate", path)
            for k, tensor in enumerate(outputs)
        )
        self.unnamed |= {id(tensor) for tensor in outputs}
        self.calls.append(Call(self.node.name, operator, values, path))
        self.shares.append(shares)
        return result

    def _share(self, item: Any, shares: list[tuple[torch.Tensor, Value]]) -> Any:
        """Return the argument with each tensor that has a gradient under a new name, and note the names."""
        if isinstance(item, torch.Tensor):
            if id(item) not in self.seen or not item.requires_grad:
                return item
            alias = item.view_as(item)
            alias.retain_grad()
            shares.append((alias, self.seen[id(item)][1]))
            return alias
        if isinstance(item, dict):
            return {key: self._share(part, shares) for key, part in item.items()}
        if isinstance(item, (list, tuple)) and holds_tensor(item):
            return type(item)(self._share(part, shares) for part in item)
        return item

    def _counts(self, name: str, tensor: Any) -> bool:
        """Whether this is a module counting its calls, as batch norm does, in a buffer of whole numbers."""
        in_place = name.endswith("_") and not name.endswith("__")
        return in_place and id(tensor) in self.leaves and not tensor.is_floating_point()

    def _is_traced(self, item: Any) -> bool:
        """Whether an argument holds a tensor that is an input, or was computed from one."""
        if isinstance(item, torch.Tensor):
            return id(item) in self.seen and self.seen[id(item)][1].kind != "constant"
        return isinstance(item, (list, tuple)) and any(self._is_traced(part) for part in item)

    def _is_known(self, item: Any) -> bool:
        if isinstance(item, torch.Tensor):
            return id(item) in self.seen or id(item) in self.leaves
        return isinstance(item, (list, tuple)) and any(self._is_known(part) for part in item)


_QUERIES = {"dim", "size", "numel", "ndimension", "is_floating_point", "is_contiguous", "stride", "nelement",
            "__len__", "__repr__", "__hash__", "is_complex", "get_device", "is_signed"}  # fmt: skip
_SHAPED_LIKE = {"zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full", "new_tensor"}


def _depends_on_numbers(name: str) -> bool:
    """Whether a function looks at a tensor's numbers, not only at its shape and type."""
    return name.rsplit(".", 1)[-1] not in _QUERIES | _SHAPED_LIKE


def _module_path(node: fx.Node) -> str:
    """Return the path of the innermost module that a node was called in, '' for the top."""
    stack = node.meta.get("nn_module_stack") or {}
    path = list(stack.values())[-1][0] if stack else ""
    return str(node.target) if node.op == "call_module" else str(path)
