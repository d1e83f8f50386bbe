"""Which call in the user's code each ATen call belongs to, forward and backward.

A span is one call of a PyTorch function as the user's module makes it: `conv2d`, `cross_entropy`, `*`, a whole LSTM.
Forward, the ATen calls inside it are its own. Backward, those are of the autograd nodes that it made: PyTorch counts
nodes upwards as it makes them, so a node's number tells its span. Nothing is changed in what runs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch._C._functorch import peek_interpreter_stack
from torch.overrides import TorchFunctionMode, resolve_name

from excel_export.shared.trees import leaves, mapped
from excel_export.shared.users_code import Place, users_place

Edge = tuple[Any, int]
"""A node of autograd, and which of the gradients that arrive there: (grad_fn, 0)."""


@dataclass(eq=False)
class Span:
    """One call in the user's code: Span('conv2d', F.conv2d, 'body.first', ('net.py', 12), …)."""

    name: str
    """The function's name: 'conv2d', '__mul__'."""
    function: Any
    """The function or method."""
    module: str
    """The path of the module in whose forward() it is called, 'body.first'; '' for the outermost."""
    place: Place
    """The line of the user's code: ('/home/a/net.py', 12)."""
    first_node: int
    """The number of the first autograd node that it can have made."""
    arguments: Any = None
    """Its arguments, (args, kwargs), with `Numbers` in place of tensors; None in those of a torch.func.vmap."""
    results: Any = None
    """What it returned, likewise."""
    forward: list[Any] = field(default_factory=list)
    """Its ATen calls forward, those that were recorded."""
    backward: list[Any] = field(default_factory=list)
    """Its ATen calls backward."""
    passed_on: list[tuple[Edge, np.ndarray]] = field(default_factory=list)
    """What it adds to the gradients of what it was computed from: the edge to its maker, and ids."""


class Spans(TorchFunctionMode):
    """A context that notes the spans of what runs inside: with Spans(numbers_of) as spans: loss = net(x)."""

    def __init__(self, numbers_of: Callable[[torch.Tensor], Any], ids_of: Callable[[torch.Tensor], np.ndarray]) -> None:
        """Take two functions that say which numbers stand in a tensor: as `Numbers`, and as ids alone."""
        super().__init__()
        self._numbers_of, self._ids_of = numbers_of, ids_of
        self.found: list[Span] = []
        """The spans, in order."""
        self.open: Span | None = None
        """The span that is running forward; None outside of one."""
        self.module = ""
        """The path of the module whose forward() is running."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.open is not None or function in (torch.Tensor.backward, torch.Tensor.requires_grad_):
            return function(*args, **kwargs)
        name = (resolve_name(function) or getattr(function, "__name__", str(function))).rpartition(".")[2]
        if name == "__get__":  # an attribute, x.T or x.shape
            name = function.__self__.__name__
        span = Span(name, function, self.module, users_place(), torch.autograd._get_sequence_nr())
        span.arguments = self._described((args, kwargs))
        self.open = span
        try:
            result = function(*args, **kwargs)
        finally:
            self.open = None
        if span.forward or _tensors(result):
            span.results = self._described(result)
            self.found.append(span)
            self._watch(span, result)
        return result

    def of_node(self, number: int) -> Span | None:
        """Return the span that made the autograd node of this number; None for none."""
        place = bisect_right(self.found, number, key=lambda span: span.first_node)
        return self.found[place - 1] if place else None

    @contextmanager
    def naming(self, module: nn.Module) -> Iterator[None]:
        """Keep `module` the path of the part of a module that is running, in a `with` block."""
        hooks = []
        for path, part in module.named_modules():
            hooks.append(part.register_forward_pre_hook(lambda *_, path=path: setattr(self, "module", path)))
            above = path.rpartition(".")[0]
            hooks.append(part.register_forward_hook(lambda *_, above=above: setattr(self, "module", above)))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _described(self, tree: Any) -> Any:
        return mapped(tree, torch.Tensor, self._numbers_of if peek_interpreter_stack() is None else lambda _: None)

    def _watch(self, span: Span, result: Any) -> None:
        """Note, on the way back, what leaves the span's nodes for nodes that other spans made, and for parameters."""
        if peek_interpreter_stack() is not None:
            return
        waiting = [x.grad_fn for x in _tensors(result) if x.grad_fn is not None]
        seen = set()
        while waiting:
            node = waiting.pop()
            if node in seen or not _is_of(span, node):
                continue
            seen.add(node)
            leaving = {k: edge for k, edge in enumerate(node.next_functions) if edge[0] and not _is_of(span, edge[0])}
            waiting += [edge[0] for k, edge in enumerate(node.next_functions) if edge[0] and k not in leaving]
            if leaving:
                node.register_hook(self._noting(span, leaving))

    def _noting(self, span: Span, leaving: dict[int, Edge]) -> Callable[..., None]:
        def note(given: tuple[torch.Tensor | None, ...], _: Any) -> None:
            for k, edge in leaving.items():
                grad = given[k]
                if grad is not None:
                    span.passed_on.append((edge, self._ids_of(grad)))

        return note


def edge_of(tensor: torch.Tensor) -> Edge:
    """Return the edge along which gradients arrive at a tensor: at its maker, or where a parameter's are added up."""
    edge = torch.autograd.graph.get_gradient_edge(tensor)
    return edge.node, edge.output_nr


def node_span(spans: Spans) -> Span | None:
    """Return the span whose way back is running in this moment; None outside of a backward pass."""
    node = torch._C._current_autograd_node()
    if node is None or _is_leaf(node):
        return None
    return spans.of_node(node._sequence_nr())


def _is_of(span: Span, node: Any) -> bool:
    return not _is_leaf(node) and node._sequence_nr() >= span.first_node


def _is_leaf(node: Any) -> bool:
    return bool(node.name().endswith("AccumulateGrad"))


def _tensors(tree: Any) -> list[torch.Tensor]:
    return leaves(tree, torch.Tensor)
