"""Instance normalisation: each channel of each sample by itself."""

from typing import Any

import torch.nn.functional as F
from torch import nn

from excel_export.composites._composite import ExampleTable, composite
from excel_export.ops._numbers import IMAGE, randn


@composite(F.instance_norm)
def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """A group normalisation with one channel a group; with running statistics a batch normalisation in eval mode."""
    if use_input_stats:
        return F.group_norm(input, input.shape[1], weight, bias, eps)
    return F.batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)


def examples() -> ExampleTable:
    """The calls that these composites are tested with."""
    yield instance_norm.example("", nn.InstanceNorm1d(2), randn(1, 2, 3))
    yield instance_norm.example(
        "of images", lambda x, w: F.instance_norm(x, weight=w[0], bias=w[1]), IMAGE, randn(2, 3)
    )
    yield instance_norm.example("of one image", nn.InstanceNorm2d(3, affine=True), IMAGE[0])
    yield instance_norm.example("in training", nn.InstanceNorm2d(3, affine=True, track_running_stats=True), IMAGE)
    yield instance_norm.example("with running statistics", nn.InstanceNorm2d(3, track_running_stats=True).eval(), IMAGE)
    yield instance_norm.example("of volumes", nn.InstanceNorm3d(2, eps=0.1), randn(2, 2, 2, 3, 2))
