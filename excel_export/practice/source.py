"""The network of an exercise: from its source, and again from a key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from torch import nn

from excel_export.compiler.confirm.confirmation import confirmed_trace
from excel_export.compiler.reference.arguments import Inputs
from excel_export.factories import Factories
from excel_export.graph.graph import Graph
from excel_export.lessons.catalogue import lesson
from excel_export.practice.key import Key
from excel_export.practice.variants import redrawn
from excel_export.shared.errors import ExportError


@dataclass(frozen=True)
class Network:
    """A module, what it is called with, and their trace, which is what PyTorch computes."""

    module: nn.Module
    inputs: Inputs
    graph: Graph

    @classmethod
    def of(cls, module: nn.Module, inputs: Inputs) -> Network:
        """Trace a module.

        Raises:
            ExportError: it cannot be traced.
        """
        return cls(module, inputs, confirmed_trace(module, inputs)[0])

    def variant(self, secret: str, variant: str) -> Network:
        """The same network with the numbers of a variant; '' are its own.

        Raises:
            ExportError: no numbers were found with which it can be computed.
        """
        return Network(*redrawn(self.module, self.inputs, self.graph, secret, variant)) if variant else self


def network_of(source: str) -> Network:
    """Make the network of FILE.py:FACTORY, or of the lesson of that name.

    Raises:
        ExportError: there is no such function or lesson, it fails, or its network cannot be traced.
    """
    if source.endswith(".py") or ":" in source:
        return Network.of(*Factories().network(source))
    return Network.of(*lesson(source).make())


def digest_of(network: Network) -> str:
    """What a network is, as a hash: its operators and its numbers, whatever files they come from."""
    digest = hashlib.sha256()
    for call in network.graph.calls:
        digest.update(f"{call.operator.name} {[value.name for value in (*call.inputs, *call.outputs)]}".encode())
    for value in network.graph.values:
        if value.kind != "intermediate":
            digest.update(f"{value.name} {value.shape} ".encode() + np.ascontiguousarray(value.data).tobytes())
    return digest.hexdigest()


def network_of_key(key: Key) -> Network:
    """Make the network of a key again.

    Raises:
        ExportError: its source is another one now, is missing, or cannot be traced.
    """
    network = network_of(key.source)
    if key.digest and digest_of(network) != key.digest:
        raise ExportError(f"{key.source}: changed since the exercise was written: its numbers would be others")
    return network
