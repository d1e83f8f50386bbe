"""Networks so small that no test need wait for them."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import _get_current_function_mode

from excel_export.compiler.trace.recorder import Recorder

X = torch.tensor([[1.0, -2.0, 0.5]])


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        return F.mse_loss(F.relu(self.layer(x)), torch.ones(1, 2))


class Net(nn.Module):
    """A square layer, other parts, and what becomes of them and of the inputs."""

    def __init__(self, function, size=3, **parts):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.function = nn.Linear(size, size), function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs):
        return self.function(self, *inputs)


class Fails(nn.Module):
    """Fails as a function does."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def doubled_unseen(h):
    """Return the same numbers, with twice their gradient where no recorder runs: a trace of it is wrong."""
    return h if isinstance(_get_current_function_mode(), Recorder) else h * 2 - h.detach()
