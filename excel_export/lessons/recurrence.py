"""Lesson 8: a recurrent network with one number of memory, three time steps, and backpropagation through time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from excel_export.lessons.lesson import Network, read_lesson

W, U = 0.8, 0.5


class Recurrence(nn.Module):
    """A recurrent layer with one unit, new state = tanh(w·x + u·old state); the first old state is 0.

    `Recurrence()(x, target)` is (last state − target)², a scalar, for `x` (T, 1, 1) and `target` (1, 1, 1).
    """

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(1, 1, bias=False)
        for name, number in (("weight_ih_l0", W), ("weight_hh_l0", U)):
            nn.init.constant_(self.rnn.get_parameter(name), number)
        self.tensor_names = {"rnn.weight_ih_l0": "w", "rnn.weight_hh_l0": "u"}

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return (last state − target)², a scalar; `x` is (T, 1, 1) for T steps, `target` (1, 1, 1)."""
        _, last = self.rnn(x)
        return F.mse_loss(last, target)


def recurrence() -> Network:
    """Return (Recurrence(), {'x': tensor (3, 1, 1), 'target': tensor (1, 1, 1)}); x is 1, 0, 0."""
    return Recurrence(), {
        "x": torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1),
        "target": torch.full((1, 1, 1), 0.6, dtype=torch.float64),
    }


def slopes(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the slope of the second and third state by the state before: {'factor_2': 0.449, 'factor_3': 0.487}.

    The slope is u·(1 − state²), a scalar tensor. `module` is a `Recurrence`, `inputs` has its 'x', of three steps or
    more.
    """
    rnn = module.rnn
    states = rnn(inputs["x"])[0].flatten()  # type: ignore[operator]
    u = rnn.weight_hh_l0.flatten()[0]  # type: ignore[union-attr, operator]
    return {f"factor_{k}": u * (1 - states[k - 1] ** 2) for k in (2, 3)}


LESSON = read_lesson(__file__, make=recurrence, also=slopes)
