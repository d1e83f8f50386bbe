"""Lesson 8: a recurrent network with one number of memory, three time steps, and backpropagation through time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from excel_export.lessons.lesson import Lesson, Misconception, Network, Question

W, U = 0.8, 0.5


class Memory(nn.Module):
    """state = tanh(w·x + u·state before); the loss is the squared error of the last state."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(1, 1, bias=False)
        for name, number in (("weight_ih_l0", W), ("weight_hh_l0", U)):
            nn.init.constant_(self.rnn.get_parameter(name), number)
        self.tensor_names = {"rnn.weight_ih_l0": "w", "rnn.weight_hh_l0": "u"}

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        """Return the loss, a scalar; `x` is (T, 1, 1), `target` (1, 1, 1)."""
        _, last = self.rnn(x)
        return F.mse_loss(last, target)


def recurrence() -> Network:
    """A one, then two zeros: what is left of the one at the end?"""
    return Memory(), {
        "x": torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1),
        "target": torch.full((1, 1, 1), 0.6, dtype=torch.float64),
    }


def slopes(module: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What the gradient is multiplied by from each state to the one before, by hand: u·(1 − state²)."""
    rnn = module.rnn
    states = rnn(inputs["x"])[0].flatten()  # type: ignore[operator]
    u = rnn.weight_hh_l0.flatten()[0]  # type: ignore[union-attr, operator]
    return {f"factor_{k}": u * (1 - states[k - 1] ** 2) for k in (2, 3)}


LESSON = Lesson(
    name="recurrence",
    number=8,
    title="Recurrence",
    make=recurrence,
    also=slopes,
    minutes=45,
    before=("the chain rule (lesson 1)", "that tanh keeps every number between −1 and 1, with the slope 1 − tanh²"),
    questions=[
        Question(
            "predict",
            "At each time step, state = tanh(w·x + u·state before), with w = {rnn.weight_ih_l0[0, 0]} and "
            "u = {rnn.weight_hh_l0[0, 0]}. The state before the first step is 0. The inputs are 1, 0, 0. Compute the "
            "three states.",
            "tanh(0.8) = {rnn.hidden_state.1[0, 0]}, then tanh(0.5·{rnn.hidden_state.1[0, 0]}) = "
            "{rnn.hidden_state.2[0, 0]}, then {rnn.hidden_state.3[0, 0]}. The memory of the 1 fades.",
            where="rnn.hidden_state.3[0, 0]",
            on="Through time",
        ),
        Question(
            "predict",
            "The gradient goes back in time. From state 3 to state 2 it is multiplied by u·(1 − state 3²). Which "
            "factor is this? What of the gradient of state 3 is left at state 1?",
            "{factor_3}, and from state 2 to state 1 {factor_2}. State 3 has the gradient "
            "{grad.rnn.hidden_state.3[0, 0]}, state 1 has {grad.rnn.hidden_state.1[0, 0]}: about a fifth.",
            where="grad.rnn.hidden_state.1[0, 0]",
        ),
        Question(
            "change",
            "Now u is 0. What are states 2 and 3, and what is the gradient of w? Can the network learn to remember?",
            "Both are {rnn.hidden_state.3[0, 0]}, and the gradients of w and u are {grad.rnn.weight_ih_l0[0, 0]} and "
            "{grad.rnn.weight_hh_l0[0, 0]}. No way leads back to the first input, so no step changes anything: it "
            "cannot.",
            where="grad.rnn.weight_ih_l0[0, 0]",
            change={"rnn.weight_hh_l0[0, 0]": 0.0},
        ),
        Question(
            "change",
            "Now u is large, and the input is small. Does the gradient still shrink on its way back?",
            "It grows, from {grad.rnn.hidden_state.3[0, 0]} at state 3 to {grad.rnn.hidden_state.1[0, 0]} at state 1: "
            "the factors are {factor_3} and {factor_2}. Over many steps, such a gradient explodes.",
            where="grad.rnn.hidden_state.1[0, 0]",
            on="Through time",
            change={"rnn.weight_hh_l0[0, 0]": 3.0, "x[0, 0, 0]": 0.1},
        ),
        Question(
            "explain",
            "There is one u, and it is used at every time step. Why is its gradient a sum over the time steps?",
            "A small change of u acts at each step, and all these changes reach the loss. Each step adds the gradient "
            "of its sum, times the state before. At step 1 that state is 0, so two terms are left.",
            where="grad.rnn.weight_hh_l0[0, 0]",
        ),
        Question(
            "explain",
            "A network reads a hundred words. Why is it hard for it to learn from the first one?",
            "On its way back the gradient meets a hundred factors. If most are smaller than 1, nothing is left: it "
            "vanishes. If most are larger, it explodes. Only factors near 1 keep it, and for these LSTMs were made.",
            where="grad.rnn.hidden_state.1[0, 0]",
            on="Through time",
        ),
    ],
    misconceptions=[
        Misconception(
            "Each time step has weights of its own.",
            "rnn.weight_hh_l0[0, 0]",
            "There is this one u. All three steps read it, and its gradient is the sum of what they say.",
        ),
        Misconception(
            "The state is a copy of the first input.",
            "rnn.hidden_state.2[0, 0]",
            "The input was {x[0, 0, 0]:.0f}. The state is what tanh and the weights made of it, and it changes at each "
            "step.",
        ),
        Misconception(
            "All inputs count equally for the loss.",
            "grad.x[0, 0, 0]",
            "An early input has a smaller gradient here: it is {grad.x[0, 0, 0]} for the first, and {grad.x[2, 0, 0]} "
            "for the last.",
        ),
    ],
    glossary={
        "recurrent": "Its result of one time step is an input of the next.",
        "state": "What a recurrent network keeps from one time step to the next: its memory.",
        "backpropagation through time": "The backward pass of the network written out, a copy for each time step.",
        "vanish, explode": "Of a gradient: to become very small, or very large, on a long way back.",
    },
)
