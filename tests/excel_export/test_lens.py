"""Every number that the Lens shows equals autograd's: for each step, tensor and element, on every engine."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from excel_export import export
from tests.support.lens import Places
from tests.support.lens_choices import check_random_choices
from tests.support.lens_truth import Truth
from tests.support.live import Live


class Net(nn.Module):
    """A convolution with all its settings, a pool, a residual, a value that is used twice, two results of one call."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(2, 4, 3, stride=2, padding=1, dilation=1, groups=2)
        self.linear = nn.Linear(16, 10)

    def forward(self, x, label):
        y = F.relu(self.conv(x))
        y = y + torch.tanh(y) * y
        y = F.max_pool2d(y, 2, stride=1, padding=0)
        z = self.linear(F.pad(y, (0, 1, 0, 1)).reshape(y.shape[0], -1)[:, :16])
        one, other = z.chunk(2, 1)
        return F.cross_entropy(torch.cat((one * one, other + one), 1), label) + z.max(1).values.mean()


def inputs_of_net():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 2, 5, 6, generator=generator), torch.tensor([3, 0])


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    path = tmp_path_factory.mktemp("lens") / "net.xlsx"
    export(Net(), inputs_of_net(), path)
    return path


def test_every_step_shows_what_autograd_says(net, tmp_path):
    live = Live(net, tmp_path)
    places, truth = Places(net, live), Truth(Net(), inputs_of_net())
    assert live.value("steps") == len(truth.steps)
    check_random_choices(live, places, truth, seed=0)
