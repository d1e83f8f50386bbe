"""The network of an exercise: from its source, again from a key, and with the numbers of a variant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from excel_classroom.practice.key import Key
from excel_classroom.practice.variants import Drawing, hash_random
from excel_export.compiler.confirm.confirmation import confirmed_trace, traced_again
from excel_export.compiler.reference.arguments import Inputs, bind, mapped_inputs
from excel_export.compiler.reference.functions_of_a_copy import copied
from excel_export.graph.graph import Graph
from excel_export.lessons.catalogue import made_by
from excel_export.shared.errors import ExportError

TRIES = 100
"""So often numbers are drawn until they can be used."""
ALIVE = 0.5
"""Of the parameters that get a gradient in the original, so many must get one: dead units teach little."""


@dataclass(frozen=True)
class ExerciseNetwork:
    """A module, what it is called with, and their trace, which is what PyTorch computes."""

    module: nn.Module
    inputs: Inputs
    graph: Graph

    @classmethod
    def of(cls, module: nn.Module, inputs: Inputs) -> ExerciseNetwork:
        """Trace a module.

        Raises:
            ExportError: it cannot be traced.
        """
        return cls(module, inputs, confirmed_trace(module, inputs)[0])

    def draw(self, secret: str, variant: str, draw: int) -> ExerciseNetwork | None:
        """The same network with the numbers of a variant, drawn once more; '' are its own; None where they are poor.

        Raises:
            ExportError: it cannot be computed with these numbers.
        """
        if not variant:
            return self
        drawing = Drawing(hash_random(secret, f"numbers {draw}", variant), self.graph)
        module = copied(self.module)
        for parameter in module.parameters():
            # In float32, 0.18 would be 0.18000000715.
            parameter.data = torch.as_tensor(drawing.like(_array(parameter)))
        inputs = self._redrawn_inputs(drawing)
        if inputs is None:
            return None
        made = ExerciseNetwork(module, inputs, traced_again(module, inputs, self.graph))
        return made if made._alive >= ALIVE * self._alive else None

    @property
    def _alive(self) -> int:
        """How many numbers of the parameters get a gradient that is not zero."""
        gradients = [value.gradient for value in self.graph.of_kind("parameter") if value.gradient is not None]
        return sum(int(np.count_nonzero(gradient)) for gradient in gradients)

    def _redrawn_inputs(self, drawing: Drawing) -> Inputs | None:
        """Draw each tensor among the inputs anew, in the order of the arguments; None where one has become all zero."""
        originals: list[torch.Tensor] = []

        def note(tensor: torch.Tensor) -> torch.Tensor:
            originals.append(tensor)
            return tensor

        leaves = bind(self.module, self.inputs, finite=note).leaves
        names = {id(item): name for name, item in zip(leaves, [x for x in originals if x.numel()], strict=False)}
        vanished = False

        def changed(tensor: torch.Tensor) -> torch.Tensor:
            nonlocal vanished
            old = _array(tensor)
            new = drawing.input(names.get(id(tensor), ""), old)
            vanished |= old.dtype.kind == "f" and bool(old.any()) and not new.any()
            return torch.as_tensor(new)

        made = mapped_inputs(self.inputs, changed)
        return None if vanished else made

    def draws(self, secret: str, variant: str) -> Iterator[tuple[int, ExerciseNetwork]]:
        """Draw the numbers of a variant again and again, and yield what can be used.

        Raises:
            ExportError: none was found in many tries.
        """
        refusal: ExportError | str = "too many gradients were zero"
        found = 0
        for draw in range(TRIES if variant else 1):
            try:
                made = self.draw(secret, variant, draw)
            except ExportError as error:
                refusal = error
                continue
            if made:
                found += 1
                yield draw, made
        if not found:
            raise ExportError(f"no other numbers were found for this network in {TRIES} tries: {refusal}")


def _array(tensor: torch.Tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    return np.asarray((tensor.double() if tensor.is_floating_point() else tensor).numpy())


def network_of(source: str) -> ExerciseNetwork:
    """Make the network of FILE.py:FACTORY, or of the lesson of that name.

    Raises:
        ExportError: there is no such function or lesson, it fails, or its network cannot be traced.
    """
    return ExerciseNetwork.of(*made_by(source))


def digest_of(network: ExerciseNetwork) -> str:
    """What a network is, as a hash: its operators and its numbers, whatever files they come from."""
    digest = hashlib.sha256()
    for call in network.graph.calls:
        digest.update(f"{call.operator.name} {[value.name for value in (*call.inputs, *call.outputs)]}".encode())
    for value in network.graph.values:
        if value.kind != "intermediate":
            digest.update(f"{value.name} {value.shape} ".encode() + np.ascontiguousarray(value.data).tobytes())
    return digest.hexdigest()


def network_of_key(key: Key, beside: Path | None = None) -> ExerciseNetwork:
    """Make the network of a key again; `beside` is where the key is, since its source may have moved there with it.

    Raises:
        ExportError: its source is another one now, is missing, or cannot be traced.
    """
    network = network_of(found_source(key, beside))
    if key.digest and digest_of(network) != key.digest:
        raise ExportError(f"{key.source}: changed since the exercise was written: its numbers would be others")
    return network


def found_source(key: Key, beside: Path | None) -> str:
    """The source, with the folder in which its file is now."""
    file, colon, factory = key.source.rpartition(":")
    for path in (file, Path(file).name):
        for folder in (beside, Path(), Path(key.folder)):
            if colon and folder is not None and (folder / path).is_file():
                return f"{folder / path}:{factory}"
    return key.source
