"""The exponential moving average (EMA) of the weights, which reads digits better than the weights of the last step."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import PARAM_LIST, AveragedModel

EVERY = 4  # steps from one update to the next; an average over hundreds of steps needs no more


def make_ema(network: nn.Module, decay: float) -> AveragedModel:
    """Make the average of a network's parameters and running statistics.

    Call its `update_parameters` after every `EVERY`th step. The first updates keep less than `decay`, so that the
    random start is soon forgotten.

    Args:
        network: the network, before its first step.
        decay: the part of the average that an update keeps, 0 to 1.

    Returns:
        The average; its `module` is a network of the same kind.
    """

    @torch.no_grad()
    def update(averages: PARAM_LIST, values: PARAM_LIST, _updates: Tensor | int) -> None:
        if averages[0].is_floating_point():  # the others are counters
            # The average's own count is on the CPU; for the one that is given here, the CPU would wait for the GPU.
            updates = ema.n_averaged
            kept = min(decay, float(updates) / (float(updates) + 9))
            torch._foreach_lerp_(averages, values, 1 - kept)

    ema = AveragedModel(network, multi_avg_fn=update, use_buffers=True)
    # The start counts as the first update. Otherwise the first one would only copy the network.
    ema.n_averaged += 1
    return ema
