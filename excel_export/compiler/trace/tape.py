"""What was recorded so far: calls, and the value of each tensor that takes part."""

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
    """A tensor that has a value."""

    tensor: torch.Tensor
    """Of any shape. Kept, so that its id is not used again."""
    value: Value
    """Of the same shape, with the tensor's numbers."""
    learns: bool = False
    """Whether gradients go on from here to what it was computed from: PyTorch's `requires_grad`."""
    linked: bool = False
    """Whether they would, by the formulas of the calls that it comes from."""
    version: int = 0
    """How often its numbers were changed in place."""


@dataclass(frozen=True)
class Evaluation:
    """How a call was made, and what its gradients are asked of."""

    evaluate: Callable[[Change], Any]
    """The call, of tensors that are changed first."""
    drawing: torch.Tensor | None
    """The state of PyTorch's generator before it, where it draws numbers."""
    values: dict[int, Value | torch.Tensor]
    """The values that the call was given, by the id of the tensor; of a constant that may change later, a copy."""
    without: frozenset[int]
    """The ids of those for which PyTorch has no gradient."""
    given: tuple[torch.Tensor, ...]
    results: tuple[torch.Tensor, ...]
    contributions: list[tuple[torch.Tensor, Value]]
    """Values under names of their own for this call: the gradients that arrive there are what it adds to theirs."""


class Tape:
    """Calls and values, in the order in which they were made; parameters and buffers have the module's names."""

    def __init__(self, module: nn.Module, *, forward_only: bool = False) -> None:
        self.forward_only = forward_only
        self.known: dict[int, Known] = {}
        """By the id of the tensor."""
        self.calls: list[Call] = []
        self.evaluations: list[Evaluation] = []
        """That of each call."""
        self.aliases: dict[str, Value] = {}
        self.parameters = {id(parameter): name for name, parameter in module.named_parameters()}
        self.constants = {id(buffer): name for name, buffer in module.named_buffers()}
        for path, part in module.named_modules():
            for name, item in vars(part).items():
                if isinstance(item, torch.Tensor):
                    self.constants.setdefault(id(item), f"{path}.{name}" if path else name)
        self.said: dict[Value, str] = {}
        """What composites call their results."""
        self.rounds = False
        """Whether there was a cast to a type of few digits."""
        self._serial = 0
        self._held: list[torch.Tensor] = []
        """Kept, so that their ids are not used again."""
        self._earlier: list[Value] = []
        """What constants were before they were changed."""

    def say(self, value: Value, said: StepLabel) -> None:
        """Keep what a composite says of a result."""
        if said.name:
            self.said[value] = said.name
        maker = self.maker_of(value)
        assert maker
        maker.words, maker.step = maker.words or said.words, maker.step or said.step

    def maker_of(self, value: Value) -> Call | None:
        """The call that a value is a result of; None for what is given."""
        return next((call for call in reversed(self.calls) if value in call.outputs), None)

    def name_constant(self, tensor: torch.Tensor, name: str) -> None:
        """Give a constant a name, unless it has one."""
        if id(tensor) not in self.known:
            self._held.append(tensor)
            self.constants.setdefault(id(tensor), name)

    def is_live(self, tensor: torch.Tensor) -> bool:
        """Whether a tensor is an input, a parameter, or computed from one."""
        known = self.known.get(id(tensor))
        if known:
            return known.value.kind != "constant" or known.learns
        return id(tensor) in self.parameters and tensor.numel() > 0

    def let_learn(self, tensor: torch.Tensor) -> None:
        """Let a tensor take gradients from now on; a constant is then recorded, so that they find their way to it."""
        self.value_of(tensor)
        self.known[id(tensor)].learns = True

    def learns(self, tensor: torch.Tensor) -> bool:
        """Whether PyTorch says that it requires a gradient."""
        if id(tensor) in self.parameters:
            return tensor.requires_grad
        return id(tensor) in self.known and self.known[id(tensor)].learns

    def value_of(self, tensor: torch.Tensor) -> Value:
        """Return a tensor's value; what has none yet is a parameter or a constant."""
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
        """Give a tensor a value.

        Args:
            tensor: of any shape, also (); floats of any width, whole numbers or truth values.
            name: for programs.
            kind: of the value.
            path: of the module that computes it.
            learns: see `Known`.
            linked: likewise; `learns` where it is not given.

        Returns:
            a value of the same shape. Its `data` is float64, or int64 for truth values; other whole numbers keep their
            type. Floating results keep the gradient that arrives at them, in this shape too.
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
        """Return another object of the same shape for the value of a tensor: changes of the first one pass it by."""
        self.value_of(tensor)
        with torch.enable_grad():
            other = tensor.view_as(tensor)
        self.known[id(other)] = self.known[id(tensor)]
        self._held.append(other)
        return other

    def draw(self, tensor: torch.Tensor, name: str) -> None:
        """Give numbers that were drawn at random, of any shape, a value: an input that the caller did not give."""
        value = self.add(tensor, name, "input")
        value.data, value.drawn, value.note = value.data.copy(), True, "drawn at random"

    def take_gradients(self) -> None:
        """Give values and calls the gradients that PyTorch's backward pass has left, each in its value's shape.

        Where none has arrived, it is 0; whole numbers and frozen parameters have none.
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
        """Return all that was recorded, to a loss of one element: the backward pass starts from ones of its shape.

        Raises:
            ExportError: it depends on no input and no parameter.
        """
        if not self.is_live(loss):
            raise ExportError("the loss is a constant: no input and no parameter has a part in it")
        result = self.value_of(loss)
        read = {value for call in self.calls for value in call.inputs}
        values = [value for value in dict.fromkeys((*self._earlier, *(known.value for known in self.known.values())))
                  if value in read or not (value.drawn or value.kind == "constant")]  # fmt: skip
        return Graph(values, self.calls, result, self.aliases, {result: np.ones(result.shape)})


def version(tensor: torch.Tensor) -> int:
    """How often a tensor was changed in place."""
    return 0 if tensor.is_inference() else tensor._version
