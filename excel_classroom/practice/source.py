"""The network of an exercise: from its source, and again from a key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from excel_classroom.practice.key import Key
from excel_classroom.practice.variants import redrawn
from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.arguments import Inputs
from excel_export.graph.graph import Graph
from excel_export.lessons.catalogue import made_by
from excel_export.shared.errors import ExportError

TRIES = 100
"""So often numbers are drawn until they can be used."""


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
        made = redrawn(self.module, self.inputs, self.graph, secret, variant, draw)
        return ExerciseNetwork(*made) if made else None

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
