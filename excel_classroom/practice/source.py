"""The network of an exercise: made from its source, made again from a key, and with other numbers for each student.

Inputs and parameters are drawn anew, the same again for the same text. They are of the size of the old numbers, and
have few digits, so that one can compute with them by hand. Training cases, such as the four of exclusive or, come in
another order: none is missing, and none comes twice.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import nn

from excel_classroom.practice.key import Key, keyed_hash
from excel_export.compiler.confirm.confirmation import confirmed_trace, traced_again
from excel_export.compiler.confirm.near_ties import has_near_ties
from excel_export.compiler.reference.arguments import Inputs, bind, mapped_inputs
from excel_export.compiler.reference.float64_copy import copied
from excel_export.graph.graph import Graph
from excel_export.graph.whole_numbers import Limits, whole_numbers
from excel_export.lessons.catalogue import module_and_inputs
from excel_export.shared.errors import ExportError

TRIES = 400
"""The number of draws after which no numbers are found for a variant."""
ALIVE = 0.5
"""The least share of the parameters with a non-zero gradient in the original that must have one: dead units teach
little."""
DIGITS = 2
"""The decimals of numbers, unless they are small."""
WIDTH = math.sqrt(3)
"""A uniform number from −WIDTH to WIDTH has the root mean square 1."""
SMALL = 0.05
"""The size of numbers below which they are drawn with more than two decimals."""
WHOLE_FROM = 10
"""Whole numbers of which one has this size are drawn as whole ones, such as pixels from 0 to 255."""
ZERO_BECOMES = 0.3
"""The size of the numbers that are drawn for a tensor of zeros, such as a bias: zeros would teach nothing."""


def hash_random(secret: str, purpose: str, variant: str) -> random.Random:
    """Return a generator of random numbers made from three texts: the same texts give the same numbers.

    Use only its `random()`, whose numbers are the same in every version of Python.

    Args:
        secret: the secret of the key: '3f…'.
        purpose: what the numbers are for: 'numbers 0'.
        variant: the text of the variant, as a rule a student's name: 'Ada'.
    """
    return random.Random(int.from_bytes(keyed_hash(secret, purpose, variant), "big"))


class Drawing:
    """The random numbers of one variant, drawn tensor by tensor: like([0.31, -1.2]) may give [0.87, 0.44]."""

    def __init__(self, source: random.Random, graph: Graph) -> None:
        """Take the random numbers, and the graph of the network with its own numbers."""
        self._source = source
        self._allowed: Mapping[str, Limits] = {
            value.name: limits for value, limits in whole_numbers(graph).items() if value.kind == "input"
        }
        self._sizes = {value.name for value in graph.size_inputs}
        self._orders: dict[int, list[int]] = {}

    def input(self, name: str, old: np.ndarray) -> np.ndarray:
        """Return new numbers for an input: rows of integers in another order, [2, 0, 1] of [0, 1, 2]; or as by `like`.

        Inputs with as many rows, such as cases and their classes, are reordered alike. A single integer is drawn anew.

        Args:
            name: the name of the input in the graph; '' if it has none.
            old: its numbers.
        """
        if name in self._sizes:
            return old
        limits = self._allowed.get(name)
        if old.ndim and len(old) > 1 and (old.dtype.kind in "iu" or limits or _is_truth(old)):
            # What belongs together, such as cases and their classes, has as many rows, and comes in the same order.
            if len(old) not in self._orders:
                self._orders[len(old)] = sorted(range(len(old)), key=lambda _: self._source.random())
            return old[self._orders[len(old)]]
        if old.dtype.kind == "f" and limits is None:
            return self.like(old)
        if old.dtype.kind == "b" or not old.size:
            return old
        kept = (old.min(), old.max())
        own = (limits.lowest, limits.highest) if limits else kept
        # By an element without limits nothing is found: it stays among the numbers that were there.
        ends = (np.where(np.isfinite(each), each, end) for each, end in zip(own, kept, strict=True))
        lowest, highest = (np.broadcast_to(each, old.shape).astype(int) for each in ends)
        # What stands outside means something of its own, such as a label that does not count.
        inside = (old >= lowest) & (old <= highest)
        spans = zip(lowest.ravel().tolist(), highest.ravel().tolist(), strict=True)
        numbers = [low + int(self._source.random() * (high - low + 1)) for low, high in spans]
        return np.where(inside, np.reshape(np.asarray(numbers, dtype=old.dtype), old.shape), old)

    def like(self, old: np.ndarray) -> np.ndarray:
        """Return random numbers with about the root mean square of the old ones: [0.87, 0.44] for [0.31, -1.2].

        Of 0 and 1, 0 and 1 are drawn; numbers of one sign keep it; rows that sum to 1 are reordered; zeros alone become
        others.
        """
        finite = old[np.isfinite(old)]
        if not finite.size:
            return old
        size, most = float(np.sqrt((finite**2).mean())), float(np.abs(finite).max())
        if not most:  # a bias that begins at zero would teach nothing
            return self._spread(old.shape, ZERO_BECOMES)
        if old.ndim and old.shape[-1] > 1 and (old >= 0).all() and (np.abs(old.sum(axis=-1) - 1) < 1e-6).all():
            # The shares of each line in another order.
            order = np.asarray([self._source.random() for _ in range(old.size)]).reshape(old.shape).argsort(axis=-1)
            return np.take_along_axis(old, order, axis=-1)
        if _is_truth(old):
            drawn = np.reshape([float(self._source.random() < 0.5) for _ in range(old.size)], old.shape)
        elif (finite >= 0).all() or (finite <= 0).all():
            drawn = np.sign(finite.sum()) * np.abs(self._spread(old.shape, min(size, most / WIDTH)))
        else:
            drawn = self._spread(old.shape, size)
        if most >= WHOLE_FROM and (finite == np.round(finite)).all():
            drawn = np.round(drawn)
        return np.where(np.isfinite(old), drawn, old)

    def _spread(self, shape: tuple[int, ...], size: float) -> np.ndarray:
        """Return numbers of a root mean square, none of them 0, with two decimals, or more if they are small."""
        decimals = DIGITS + max(0, math.ceil(math.log10(SMALL / size)))
        numbers = []
        for _ in range(math.prod(shape)):
            drawn = size * WIDTH * (2 * self._source.random() - 1)
            numbers.append(round(drawn, decimals) or math.copysign(10.0**-decimals, drawn))
        return np.asarray(numbers, dtype=np.float64).reshape(shape)


def _is_truth(numbers: np.ndarray) -> bool:
    return numbers.dtype.kind == "f" and {*numbers.ravel().tolist()} == {0, 1}


@dataclass(frozen=True)
class ExerciseNetwork:
    """A module that returns a loss, its inputs, {'x': tensor}, and its trace, as `network_of('one-neuron')` returns."""

    module: nn.Module
    """The module, whose result is a scalar loss."""
    inputs: Inputs
    """Its arguments, as a tuple, or as a dict by argument name."""
    graph: Graph
    """The recorded computation."""

    @classmethod
    def of(cls, module: nn.Module, inputs: Inputs) -> ExerciseNetwork:
        """Return the network of a module and its inputs, {'x': tensor}; the trace is compared with PyTorch's own run.

        Raises:
            ExportError: it cannot be traced.
        """
        return cls(module, inputs, confirmed_trace(module, inputs)[0])

    def draw(self, secret: str, variant: str, draw: int) -> ExerciseNetwork | None:
        """Return the network with a variant's numbers; None if these are poor.

        That is if a whole float input is 0, or if fewer gradients of parameters than `ALIVE`, as a share of those with
        the network's own numbers, are not 0.

        Args:
            secret: the key's secret.
            variant: the text by which numbers are drawn; '' keeps the network's own numbers.
            draw: the number of the draw, from 0 on; each gives other numbers.

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

    @cached_property
    def has_near_ties(self) -> bool:
        """True if gradients jump when the numbers change in their last digits: a ReLU at 1e-17, maxima that tie.

        There, a spreadsheet engine can decide differently from PyTorch, and a right formula gives a wrong number.
        """
        return has_near_ties(self.module, self.inputs)

    @property
    def _alive(self) -> int:
        gradients = [value.gradient for value in self.graph.of_kind("parameter") if value.gradient is not None]
        return sum(int(np.count_nonzero(gradient)) for gradient in gradients)

    def _redrawn_inputs(self, drawing: Drawing) -> Inputs | None:
        """Return the inputs with new numbers, in the order of the arguments; None if a tensor is all zero."""
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
        """Yield (draw, network) for each draw of a variant's numbers that is not poor: (0, network), (2, network), ….

        Draws from 0 to `TRIES` − 1 are tried in turn; those for which `draw` returns None, or fails, are left out. The
        same texts give the same numbers.

        Args:
            secret: the key's secret.
            variant: the text by which numbers are drawn, 'Ada'; '' for the network's own numbers, the only draw then.

        Raises:
            ExportError: all draws are left out.
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
    """Return the network of FILE.py:FACTORY, 'net.py:tiny', or of a lesson, 'one-neuron'.

    Raises:
        ExportError: there is no such function or lesson, it fails, or its network cannot be traced.
    """
    return ExerciseNetwork.of(*module_and_inputs(source))


def digest_of(network: ExerciseNetwork) -> str:
    """Return the SHA-256 of a network's operators, inputs and parameters, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for call in network.graph.calls:
        digest.update(f"{call.kind} {[value.name for value in (*call.inputs, *call.outputs)]}".encode())
    for value in network.graph.values:
        if value.kind != "intermediate":
            digest.update(f"{value.name} {value.shape} ".encode() + np.ascontiguousarray(value.data).tobytes())
    return digest.hexdigest()


def network_of_key(key: Key, beside: Path | None = None) -> ExerciseNetwork:
    """Return the network of a key again, from 'net.py:tiny' or a lesson; it must be unchanged.

    Args:
        key: the key.
        beside: the folder of the key's file, to which its source may have moved with it; None if it is not known.

    Raises:
        ExportError: the source has changed, is missing, or cannot be traced.
    """
    network = network_of(current_source(key, beside))
    if key.digest and digest_of(network) != key.digest:
        raise ExportError(f"{key.source}: changed since the exercise was written: its numbers would be others")
    return network


def current_source(key: Key, beside: Path | None) -> str:
    """Return the key's source with the folder in which its file is now, '/home/a/net.py:tiny'.

    The folders `beside` (that of the key; None if not known), the working directory and `key.folder` are tried in this
    order. If the file is in none, or the source is a lesson, it is returned as the key has it.
    """
    file, colon, factory = key.source.rpartition(":")
    for path in (file, Path(file).name):
        for folder in (beside, Path(), Path(key.folder)):
            if colon and folder is not None and (folder / path).is_file():
                return f"{folder / path}:{factory}"
    return key.source
