"""The numbers that a network computes, at its own parameters and inputs and at others, to compare a sheet with.

The network runs in the caller's process. The process that reads the sheet gets only numbers.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import islice
from random import Random
from threading import Lock
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from excel_export.compiler.reference.arguments import Inputs, bind
from excel_export.compiler.reference.eager import loss_of, undisturbed
from excel_export.compiler.reference.float64_copy import float64_copy
from excel_export.shared.errors import ExportError, first_line
from excel_export.shared.trees import tensors_in
from spreadsheet_autograd.graph.sample_points import other_number

SAMPLES = 10
"""The number of choices of numbers of each kind."""
ATTEMPTS = 30
"""The most choices that are tried, as the loss is infinite at some of them."""
MOST_NUMBERS = 20_000
"""The most numbers of a network, of parameters, inputs and results together."""
FREE = "free"
"""The kind of choice at which all inputs are drawn freely."""
SHUFFLED = "kept"
"""The kind of choice at which labels, counts and shares are only shuffled."""
LOSS = "loss"
Fixed = tuple[str, int]
"""A number that keeps its value, ('fc1.bias', 0): the tensor's name, and the index, from 0 on, among its elements."""


class _Tensor(NamedTuple):
    name: str
    is_parameter: bool
    values: torch.Tensor


class Network:
    """A module and its inputs, Network(module, (x, y)), whose numbers, as `sampled`, are compared with a sheet."""

    def __init__(self, module: nn.Module, inputs: Inputs) -> None:
        """Run the module once.

        Args:
            module: `module(*inputs)` returns a scalar loss.
            inputs: its arguments, as a tuple, or as a dict by argument name.

        Raises:
            ExportError: PyTorch can't run it, it returns no loss, or it is too large to compare it with a sheet.
        """
        self._module, self._inputs = module, inputs
        self._lock = Lock()
        self._sampled: dict[tuple[Fixed, ...], dict[str, Any]] = {}
        self._tensors = [_Tensor(name, True, _decimal(parameter)) for name, parameter in module.named_parameters()]
        leaves = bind(module, inputs).leaves.items()
        self._tensors += [_Tensor(name, False, _decimal(leaf)) for name, leaf in leaves if leaf.is_floating_point()]
        self._first = self._run([each.values for each in self._tensors])
        count = sum(tensor.numel() for _, tensor in self._first) + sum(each.values.numel() for each in self._tensors)
        if count > MOST_NUMBERS:
            raise ExportError(f"the network has {count:,} numbers: too many to look for in a sheet")

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of `sampled()` in 64 hexadecimal digits, 'a3f9…', which is another one for another network."""
        return hashlib.sha256(json.dumps(self.sampled()).encode()).hexdigest()

    def sampled(self, fixed: Collection[Fixed] = ()) -> dict[str, Any]:
        """Return the network's numbers at random parameters and inputs, as JSON types; a repeated call gives the same.

        Args:
            fixed: the numbers that keep their own value: [('fc1.bias', 0)], a tensor's name and an index, from 0 on.

        Returns:
            'given': [{'name': 'fc1.weight', 'is_parameter': True, 'shape': [1, 2], 'own': [0.5, -1.0]}, …], the
                parameters and inputs; 'computed': [{'name': 'fc1', 'shape': [1, 1], 'is_layer': True}, …], the results,
                the loss last; 'fixed'; and 'points': by the kind of choice, 'free' (all drawn) and perhaps 'kept'
                (labels only shuffled), a list of {'given': [[numbers of each tensor], …], 'computed': [[…], …]}.
        """
        with self._lock:  # running a module changes global state of PyTorch
            key = tuple(sorted(fixed))
            if key not in self._sampled:
                self._sampled[key] = self._sample(key)
            return self._sampled[key]

    def _sample(self, fixed: Collection[Fixed]) -> dict[str, Any]:
        inputs = (each.values for each in self._tensors if not each.is_parameter)
        kinds = (FREE, SHUFFLED) if any(_shuffled(own, Random(0)) is not None for own in inputs) else (FREE,)
        layers = {path for path, _ in self._module.named_modules()}
        points = {}
        for kind in kinds:
            tried = (self._point(kind == SHUFFLED, seed, fixed) for seed in range(1, ATTEMPTS))
            points[kind] = [*islice(filter(None, tried), SAMPLES)]
        return {
            "given": [
                {"name": each.name, "is_parameter": each.is_parameter, "shape": [*each.values.shape],
                 "own": each.values.flatten().tolist()}
                for each in self._tensors
            ],
            "computed": [
                {"name": name, "shape": [*tensor.shape], "is_layer": name in layers} for name, tensor in self._first
            ],
            "points": points,
            "fixed": [*fixed],
        }  # fmt: skip

    def _point(self, shuffle: bool, seed: int, fixed: Collection[Fixed]) -> dict[str, Any] | None:
        """Return its numbers at one choice; None if the loss is infinite, or other operations are called there."""
        values = []
        for given in self._tensors:
            random = Random(f"{seed}:{given.name}")
            shuffled = _shuffled(given.values, random) if shuffle and not given.is_parameter else None
            value = _other(given, seed, random) if shuffled is None else shuffled
            for name, k in fixed:
                if name == given.name:
                    value.view(-1)[k] = given.values.flatten()[k]
            values.append(value)
        with suppress(ExportError):
            found = self._run(values)
            same_way = [(name, t.shape) for name, t in found] == [(name, t.shape) for name, t in self._first]
            if same_way and bool(found[-1][1].isfinite().all()):
                return {
                    "given": [value.flatten().tolist() for value in values],
                    "computed": [tensor.flatten().tolist() for _, tensor in found],
                }
        return None

    def _run(self, values: Sequence[torch.Tensor]) -> list[tuple[str, torch.Tensor]]:
        kind = type(self._module).__name__
        with undisturbed(), torch.no_grad():
            copied = float64_copy(self._module)
            call = bind(copied, self._inputs)
            for tensor, value in zip(self._tensors, values, strict=True):
                target = copied.get_parameter(tensor.name) if tensor.is_parameter else call.leaves[tensor.name]
                target.copy_(value)
            try:
                with _Computed(copied) as computed:
                    loss = loss_of(copied(*call.args, **call.kwargs), kind)
            except ExportError:
                raise
            except Exception as error:
                raise ExportError(f"PyTorch itself cannot run {kind} in float64: {first_line(error)}") from error
        return [*computed.results, (LOSS, loss.detach().reshape(()).double())]


class _Computed(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records the results of PyTorch's functions, with the name of the module that returns them or of the function."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.results: list[tuple[str, torch.Tensor]] = []
        self._path: list[str] = []
        self._modules = {part: path for path, part in module.named_modules() if path}
        for part in self._modules:
            part.register_forward_pre_hook(self._enter)
            part.register_forward_hook(self._leave)

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if function.is_view:  # the same numbers once more
            return result
        name = function.overloadpacket.__name__.strip("_")
        for tensor in tensors_in(result):
            self._keep(name, tensor)
        if name == "log_softmax":
            self._keep("softmax", result.exp())
        if name == "binary_cross_entropy_with_logits":
            self._keep("sigmoid", args[0].sigmoid())
        return result

    def _keep(self, name: str, tensor: torch.Tensor) -> None:
        if tensor.is_floating_point() and tensor.numel():
            within = f"{self._path[-1]}." if self._path else ""
            self.results.append((within + name, tensor.detach().clone().double()))

    def _enter(self, module: nn.Module, args: Any) -> None:
        self._path.append(self._modules[module])

    def _leave(self, module: nn.Module, args: Any, result: Any) -> None:
        path = self._path.pop()
        # A tensor that a layer passes on unchanged keeps the name of the layer that computed it.
        if isinstance(result, torch.Tensor) and self.results and self.results[-1][0] not in self._modules.values():
            last = self.results[-1][1]
            if last.numel() == result.numel() and last.flatten().equal(result.flatten().double()):
                self.results[-1] = path, last.reshape(result.shape)


def _decimal(tensor: torch.Tensor) -> torch.Tensor:
    tensor = tensor.detach().cpu().double()
    pairs = zip(tensor.flatten().tolist(), tensor.float().numpy().ravel(), strict=True)
    numbers = [float(str(short)) if float(short) == number else number for number, short in pairs]
    return torch.tensor(numbers, dtype=torch.float64).reshape(tensor.shape)


def _other(tensor: _Tensor, seed: int, random: Random) -> torch.Tensor:
    values = tensor.values.flatten().tolist()
    numbers = [other_number(each, random, seed, is_parameter=tensor.is_parameter) for each in values]
    return torch.tensor(numbers, dtype=torch.float64).reshape(tensor.values.shape)


def _shuffled(x: torch.Tensor, random: Random) -> torch.Tensor | None:
    """Return labels, counts or shares in another order; None if the tensor holds none of these."""
    if x.dim() and x.shape[-1] > 1 and bool((x >= 0).all()) and bool(((x.sum(-1) - 1).abs() <= 1e-6).all()):
        rows = x.reshape(-1, x.shape[-1]).tolist()
        for row in rows:
            random.shuffle(row)
        return torch.tensor(rows, dtype=torch.float64).reshape(x.shape)
    if not bool((x == x.round()).all()):
        return None
    numbers = x.flatten().tolist()
    if len(numbers) == 1 and numbers[0] in (0, 1):
        numbers = [float(random.random() < 0.5)]
    random.shuffle(numbers)
    return torch.tensor(numbers, dtype=torch.float64).reshape(x.shape)
