"""PyTorch's numbers for the texts of a lesson, at the beginning and after a change."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import torch
from torch import nn

from excel_export.compiler.confirm.confirmation import confirmed_trace, traced_again
from excel_export.compiler.reference.float64_copy import float64_copy
from excel_export.graph.graph import Graph
from excel_export.lessons.lesson import Lesson, Network
from excel_export.lessons.lesson_places import split
from excel_export.shared.errors import ExportError


class LessonNumbers:
    """PyTorch's numbers for the texts of a lesson: `at_first` is {'w': tensor(2.), 'grad.w': tensor(-18.), …}.

    Results have the names of `read_tensors`; a parameter after one step of SGD has 'after.' + its name. These are
    float64; the numbers of `Lesson.also` have their own names and types.
    """

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson

    @property
    def graph(self) -> Graph:
        """The recorded network, before any change: of one neuron the calls mul, add, sub and square."""
        return self._at_first[0]

    @property
    def at_first(self) -> dict[str, torch.Tensor]:
        """The numbers before any change, {'loss': tensor(9.), 'w': tensor(2.), …}."""
        return self._at_first[1]

    def after(self, change: Mapping[str, float]) -> dict[str, torch.Tensor]:
        """Return the numbers, {'loss': tensor(36.), …}, after a change of parameters and inputs, {'w': 1.0, 'x[0]': 2}.

        Raises:
            ExportError: there is no such parameter or input.
        """
        if not change:
            return self.at_first
        module, inputs = changed(self._lesson.make(), change)
        return self._tensors(traced_again(module, inputs, self.graph), module, inputs)

    @cached_property
    def _at_first(self) -> tuple[Graph, dict[str, torch.Tensor]]:
        module, inputs = changed(self._lesson.make(), {})
        graph, _ = confirmed_trace(module, inputs)
        return graph, self._tensors(graph, module, inputs)

    def _tensors(self, graph: Graph, module: nn.Module, inputs: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        found = {name: torch.as_tensor(array) for name, array in graph.tensors.items()}
        found["grad.loss"] = torch.tensor(1.0, dtype=torch.float64)
        for name, parameter in module.named_parameters():
            if f"grad.{name}" in found:
                found[f"after.{name}"] = parameter.detach() - self._lesson.learning_rate * found[f"grad.{name}"]
        also = self._lesson.also(module, inputs) if self._lesson.also else {}
        return found | {name: torch.as_tensor(tensor).detach() for name, tensor in also.items()}


def changed(network: Network, change: Mapping[str, float]) -> Network:
    """Return a float64 copy of a network, (module, inputs), with other numbers at some places; the original stays.

    Args:
        network: the module, and its inputs by name.
        change: the new number for each place, a parameter or input and its index from 0 on: {'w[0, 1]': 1.0, 'x': 2.0}.

    Raises:
        ExportError: there is no such parameter or input.
    """
    module = float64_copy(network[0])
    inputs = {
        name: tensor.clone().double() if tensor.is_floating_point() else tensor.clone()
        for name, tensor in network[1].items()
    }
    tensors = inputs | {name: parameter.data for name, parameter in module.named_parameters()}
    for place, value in change.items():
        name, index = split(place)
        if name not in tensors:
            raise ExportError(f"a lesson changes '{place}'; what can be changed: {', '.join(tensors)}")
        tensors[name][index] = value
    return module, inputs
