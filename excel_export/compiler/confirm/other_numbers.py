"""Sets of other numbers for the inputs and parameters of a module, on which a workbook is tried."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import torch

from excel_export.shared.trees import Change

Limits = tuple[float, float]
"""The least and the largest integer that an input may hold."""
_TINY = 2.0**-20
"""A step so small that hardly a branch, a label or the position of a maximum changes, and so large that a sum
shows it."""
_NEAR, _LEAST_SPREAD, _MOST_WHOLE = 1e-2, 0.3, 64
Draw = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@dataclass(frozen=True)
class NumberSet:
    """Other numbers on which a module is tried, made from the user's: NumberSet('of zeros', …) replaces inputs by 0."""

    name: str
    """The set's name, as in the message 'on numbers with signs turned'."""
    inputs: Draw
    """A function from a float64 input and a torch.Generator to other numbers, float64 in the same shape."""
    parameters: Draw
    """A function from a parameter and a generator to other numbers, float64 in the same shape."""
    whole: Callable[[torch.Tensor, Limits, torch.Generator], torch.Tensor]
    """A function from an integer or boolean input, (lowest, highest) and a generator to other numbers, between these
    limits."""

    def input_changed(self, limits: Mapping[int, Limits], seed: int, still: Collection[int] = ()) -> Change:
        """Return a function to be called with one tensor argument after another, which returns other numbers: zeros.

        Args:
            limits: (lowest, highest) of integer inputs, by their position among the arguments that have elements, from
                0 on: {1: (0, 9)} for labels; without limits, an input [5, 7] gets 0 to 7, its own range with 0 and 1.
            seed: of the random numbers.
            still: the positions, counted likewise, of inputs that stay as they are.
        """
        generator, place = torch.Generator().manual_seed(seed), -1

        def changed(tensor: torch.Tensor) -> torch.Tensor:
            nonlocal place
            place += bool(tensor.numel())
            if not tensor.numel() or place in still:
                return tensor
            if tensor.is_floating_point():
                return self.inputs(tensor.detach().double(), generator)
            return self.whole(tensor, limits.get(place, _own_limits(tensor)), generator).to(tensor.dtype)

        return changed

    def parameter_changed(self, seed: int) -> Change:
        """Return a function from a parameter to other numbers: w to −w for 'with signs turned', or random by `seed`."""
        generator = torch.Generator().manual_seed(seed)

        def changed(tensor: torch.Tensor) -> torch.Tensor:
            return self.parameters(tensor.detach().double(), generator) if tensor.is_floating_point() else tensor

        return changed


def _own_limits(tensor: torch.Tensor) -> Limits:
    """Return the limits of integers of which nothing else is known: those that the tensor holds, with 0 and 1."""
    if tensor.dtype == torch.bool:
        return 0, 1
    return min(0, int(tensor.min())), max(1, int(tensor.max()))


def _as_it_is(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return tensor


def _scaled(factor: float, by: float = 0.0) -> Draw:
    return lambda tensor, generator: factor * tensor + by


def _step(step: float) -> Draw:
    return lambda tensor, generator: tensor + step * (1 + tensor.abs())


def _near(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return tensor + _NEAR * torch.randn(tensor.shape, generator=generator, dtype=torch.float64)


def _mixed(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return tensor.flatten()[torch.randperm(tensor.numel(), generator=generator)].reshape(tensor.shape)


def _normal(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    spread = tensor.std(correction=0).clamp(min=_LEAST_SPREAD)
    return spread * torch.randn(tensor.shape, generator=generator, dtype=torch.float64)


def _uniform(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(tensor.shape, generator=generator, dtype=torch.float64)


def _moved(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    size = 0.5 * tensor.abs().mean().clamp(min=0.1)
    return tensor + size * torch.randn(tensor.shape, generator=generator, dtype=torch.float64)


def _eighths(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.randint(-12, 13, tensor.shape, generator=generator).double() / 8


def _same(tensor: torch.Tensor, limits: Limits, generator: torch.Generator) -> torch.Tensor:
    return tensor


def _lowest(tensor: torch.Tensor, limits: Limits, generator: torch.Generator) -> torch.Tensor:
    return torch.full_like(tensor, _usual(limits)[0])


def _highest(tensor: torch.Tensor, limits: Limits, generator: torch.Generator) -> torch.Tensor:
    return torch.full_like(tensor, _usual(limits)[1])


def _permuted(tensor: torch.Tensor, limits: Limits, generator: torch.Generator) -> torch.Tensor:
    return _mixed(tensor, generator)


def _drawn(tensor: torch.Tensor, limits: Limits, generator: torch.Generator) -> torch.Tensor:
    low, high = _usual(limits)
    return torch.randint(low, high + 1, tensor.shape, generator=generator)


def _opposite(tensor: torch.Tensor, limits: Limits, generator: torch.Generator) -> torch.Tensor:
    """Return integers of the same range in reverse, as they may be positions; truth values are negated."""
    if tensor.dtype == torch.bool:
        return ~tensor
    least, most = int(tensor.min()), int(tensor.max())
    return least + most - tensor if least < most else tensor + (1 if most < limits[1] else -1)


def _usual(limits: Limits) -> tuple[int, int]:
    low, high = max(limits[0], -_MOST_WHOLE), min(limits[1], _MOST_WHOLE)
    return (int(low), int(high)) if low <= high else (int(limits[0]), int(limits[0]))


NEAR = NumberSet("near those at first", _near, _near, _permuted)
RANDOM = NumberSet("drawn at random", _normal, _moved, _drawn)
SETS = (
    NumberSet("a little larger", _step(_TINY), _step(_TINY), _same),
    NumberSet("a little smaller", _step(-_TINY), _step(-_TINY), _same),
    NEAR,
    NumberSet("of other classes", _as_it_is, _as_it_is, _opposite),
    NumberSet("with signs turned", _scaled(-1.5, -0.5), _scaled(-1.0), _same),
    NumberSet("a thousandth as large", _scaled(1e-3), _as_it_is, _lowest),
    NumberSet("ten thousand times as large", _scaled(1e4), _as_it_is, _drawn),
    NumberSet("of parameters ten thousand times as large", _as_it_is, _scaled(1e4), _same),
    NumberSet("of zeros", _scaled(0.0), _as_it_is, _lowest),
    NumberSet("all alike", _scaled(0.0, 0.5), _as_it_is, _highest),
    NumberSet("in another order", _mixed, _mixed, _permuted),
    NumberSet("between 0 and 1", _uniform, _moved, _drawn),
    RANDOM,
)
"""The sets on which every module is tried. Small steps come first: they are possible wherever any is."""
FURTHER = (
    NumberSet("three times as large", _scaled(3.0), _as_it_is, _highest),
    NumberSet("ten times as large", _scaled(10.0), _scaled(2.0), _drawn),
    NumberSet("a hundred times as large", _scaled(100.0), _as_it_is, _drawn),
    NumberSet("in eighths", _eighths, _near, _drawn),
    NumberSet("drawn at random again", _normal, _normal, _drawn),
)
"""Further sets for a module that reads numbers out of tensors and may choose by them."""
OF_WHOLE = tuple(
    NumberSet(f"whose whole numbers are {name}", _as_it_is, _as_it_is, whole)
    for name, whole in (("the least", _lowest), ("the largest", _highest), ("the others", _opposite), ("drawn", _drawn))
)
"""Sets in which only labels, masks and other integers change."""
