"""The recording so far: the calls, and the graph's value of each tensor that takes part."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.composites._composite import StepLabel
from excel_export.graph.graph import Call, Graph, Kind, Value
from excel_export.shared.errors import ExportError
from excel_export.shared.trees import Change


@dataclass
class Known:
    """A tensor and its node in the graph, a `Value`: Known(x, Value('w', 'parameter', …), learns=True)."""

    tensor: torch.Tensor
    """A tensor of any shape, held so that its id is not used again."""
    value: Value
    """A value of the same shape, with the tensor's numbers."""
    learns: bool = False
    """True if gradients go on from here to the tensors that it was computed from: PyTorch's `requires_grad`."""
    linked: bool = False
    """True if gradients would go on by the formulas of the calls, also where PyTorch had them switched off."""
    version: int = 0
    """The number of changes in place when the value was made."""


@dataclass(frozen=True)
class Evaluation:
    """A recorded call that can be made again: evaluate(lambda x: x * 2) makes it on tensors twice as large."""

    evaluate: Callable[[Change], Any]
    """A function that makes the call again; its argument, a function, changes each tensor first."""
    drawing: torch.Tensor | None
    """The state of PyTorch's random numbers before the call; None if it draws none."""
    values: dict[int, Value | torch.Tensor]
    """The values of the call's tensors, by the tensors' ids; for a constant that may change later, a copy."""
    without: frozenset[int]
    """The ids of the tensors for which PyTorch has no gradient."""
    operands: tuple[torch.Tensor, ...]
    """The tensors that the call reads."""
    results: tuple[torch.Tensor, ...]
    """The tensors that it returns."""
    contributions: list[tuple[torch.Tensor, Value]]
    """Aliases of operands for this call alone, each with the operand's value: their gradients are what this
    call adds."""


class Tape:
    """The recorded calls and values, in order: `add` makes a tensor's value, `value_of` finds it; `graph` has all."""

    def __init__(self, module: nn.Module, *, forward_only: bool = False) -> None:
        """Begin a recording of a run of a module, whose parameters and buffers have names; `forward_only` is without
        gradients.
        """
        self.forward_only = forward_only
        self.known: dict[int, Known] = {}
        """Tensors with a value, by the id of the tensor."""
        self.calls: list[Call] = []
        self.evaluations: list[Evaluation] = []
        """The evaluation of each call, in the order of `calls`."""
        self.aliases: dict[str, Value] = {}
        """Further names of values: {'flatten': x}."""
        self.parameters = {id(parameter): name for name, parameter in module.named_parameters()}
        """The names of the module's parameters, by the id of the tensor: {140: 'fc.weight'}."""
        self.constants = {id(buffer): name for name, buffer in module.named_buffers()}
        """The names of buffers and other tensors of the module, by the id of the tensor."""
        for path, part in module.named_modules():
            for name, item in vars(part).items():
                if isinstance(item, torch.Tensor):
                    self.constants.setdefault(id(item), f"{path}.{name}" if path else name)
        self.labels: dict[Value, str] = {}
        """The names that composites have for their results."""
        self.rounds = False
        """True if there was a cast to a type of few digits."""
        self._serial = 0
        self._held: list[torch.Tensor] = []
        """Tensors that are held so that their ids are not used again."""
        self._earlier: list[Value] = []
        """Values of constants before they were changed."""

    def say(self, value: Value, label: StepLabel) -> None:
        """Store a label's name, 'forget gate 3', for a value, and its words and step for the value's call.

        '' changes nothing, and words and step that the call has already stay.
        """
        if label.name:
            self.labels[value] = label.name
        maker = self.maker_of(value)
        assert maker
        maker.words, maker.step = maker.words or label.words, maker.step or label.step

    def maker_of(self, value: Value) -> Call | None:
        """Return the call of which a value is a result, the last one that was recorded; None for an input, a parameter
        or a constant.
        """
        return next((call for call in reversed(self.calls) if value in call.outputs), None)

    def name_constant(self, tensor: torch.Tensor, name: str) -> None:
        """Give a constant a name, such as 'mask', if it has none."""
        if id(tensor) not in self.known:
            self._held.append(tensor)
            self.constants.setdefault(id(tensor), name)

    def is_live(self, tensor: torch.Tensor) -> bool:
        """Return whether a tensor is an input, a parameter, or made of one: False for a constant, torch.ones(3)."""
        known = self.known.get(id(tensor))
        if known:
            return known.value.kind != "constant" or known.learns
        return id(tensor) in self.parameters and tensor.numel() > 0

    def let_learn(self, tensor: torch.Tensor) -> None:
        """Let a tensor take gradients from now on, requires_grad=True; a constant becomes a value that they reach."""
        self.value_of(tensor)
        self.known[id(tensor)].learns = True

    def learns(self, tensor: torch.Tensor) -> bool:
        """Return a tensor's requires_grad in PyTorch's run: True for a weight, False for labels or under no_grad."""
        if id(tensor) in self.parameters:
            return tensor.requires_grad
        return id(tensor) in self.known and self.known[id(tensor)].learns

    def value_of(self, tensor: torch.Tensor) -> Value:
        """Return a tensor's value in the graph; a new one, 'fc.weight' or 'constant_1', if it has none."""
        known = self.known.get(id(tensor))
        if known and (known.value.kind != "constant" or known.version == version(tensor)):
            return known.value
        if id(tensor) in self.parameters:
            return self.add(tensor, self.parameters[id(tensor)], "parameter", learns=tensor.requires_grad)
        name = None if known else self.constants.get(id(tensor))  # a constant that has changed is another one
        self._earlier += [known.value] if known else []
        self._serial += name is None
        return self.add(tensor, name or f"constant_{self._serial}", "constant")

    def add(
        self,
        tensor: torch.Tensor,
        name: str,
        kind: Kind,
        path: str = "",
        *,
        learns: bool = False,
        linked: bool | None = None,
    ) -> Value:
        """Return a new value for a tensor, Value('relu_1', 'intermediate', data).

        Args:
            tensor: of any shape, also (); floats of any width, integers or truth values.
            name: the value's name in Python: 'relu_1'.
            kind: 'input', 'parameter', 'constant' or 'intermediate'.
            path: of the module that computes it; '' for the outermost.
            learns: True if it gets a gradient (see `Known`).
            linked: see `Known`; None for the same as `learns`.

        Returns:
            A value of the same shape. Its `data` is float64, or int64 for truth values; other integers keep their type.
            Floating results store the gradient that arrives at them, in this shape too.
        """
        # A float32 of 0.1 is not the double 0.1, and a spreadsheet's SUM passes over TRUE and FALSE.
        data = (tensor.detach().double() if tensor.is_floating_point() else tensor.detach()).numpy()
        if tensor.dtype == torch.bool:
            data = data.astype(np.int64)
        elif kind == "constant":
            data = data.copy()  # the module may go on to change it
        value = Value(name, kind, data, module_path=path)
        value.is_truth = tensor.dtype == torch.bool
        if kind == "intermediate" and tensor.is_floating_point() and not self.forward_only:
            if not tensor.requires_grad:
                # A cast from whole numbers cuts autograd's chain. Starting a new one here shows the
                # gradient that arrives at the cut; no other gradient changes by it.
                tensor.requires_grad_()
            tensor.retain_grad()
        self.known[id(tensor)] = Known(tensor, value, learns, learns if linked is None else linked, version(tensor))
        return value

    def again(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return another object with a tensor's numbers and value, which keeps them if x.add_(1) is recorded later."""
        self.value_of(tensor)
        with torch.enable_grad():
            other = tensor.view_as(tensor)
        self.known[id(other)] = self.known[id(tensor)]
        self._held.append(other)
        return other

    def draw(self, tensor: torch.Tensor, name: str) -> None:
        """Make a tensor of random numbers an input of the graph, called `name`, that the caller did not give."""
        value = self.add(tensor, name, "input")
        value.data, value.drawn, value.note = value.data.copy(), True, "drawn at random"

    def take_gradients(self) -> None:
        """Store the gradients that backward() left in tensor.grad in the values, and what each call adds to them.

        value.gradient is an array, of zeros if none arrives, but None for integers and frozen parameters;
        call.contributions is a list such as [(w, array)].
        """
        for known in self.known.values():
            tensor, value = known.tensor, known.value
            if value.kind == "constant" or (value.kind != "intermediate" and not tensor.requires_grad):
                continue  # also labels and frozen parameters
            grad = tensor.grad if value.is_float else None
            value.gradient = np.zeros(value.shape) if grad is None else grad.numpy(force=True)
            value.is_reached = grad is not None
        for call, evaluation in zip(self.calls, self.evaluations, strict=True):
            call.contributions = [
                (value, alias.grad.numpy(force=True))
                for alias, value in evaluation.contributions if alias.grad is not None
            ]  # fmt: skip

    def graph(self, loss: torch.Tensor) -> Graph:
        """Return the recording as a `Graph`: all values and calls up to `loss`, a tensor of one element.

        Raises:
            ExportError: the loss depends on no input and no parameter.
        """
        if not self.is_live(loss):
            raise ExportError("the loss is a constant: no input and no parameter has a part in it")
        result = self.value_of(loss)
        read = {value for call in self.calls for value in call.inputs}
        values = [value for value in dict.fromkeys((*self._earlier, *(known.value for known in self.known.values())))
                  if value in read or not (value.drawn or value.kind == "constant")]  # fmt: skip
        return Graph(values, self.calls, result, self.aliases, {result: np.ones(result.shape)})


def version(tensor: torch.Tensor) -> int:
    """Return the number of times that a tensor was changed in place: 1 after x.add_(1); 0 for an inference tensor."""
    return 0 if tensor.is_inference() else tensor._version
