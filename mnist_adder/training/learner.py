"""A network in training: its steps, and its whole state, to stop and to resume."""

import copy
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import torch
from torch import Tensor, nn

from mnist_adder.compute.compiled import Compiled
from mnist_adder.compute.config import ComputeConfig
from mnist_adder.compute.device import move
from mnist_adder.compute.memory import keep_freed_memory
from mnist_adder.compute.precision import pick_precision
from mnist_adder.data.batches import Batch, spread_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.batch_norm import BatchNormNetwork
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Tally
from mnist_adder.training.ema import EVERY, make_ema
from mnist_adder.training.objective import Objective
from mnist_adder.training.optimizer_memory import check_alike, memory, recall
from mnist_adder.training.optimizers import make_optimizers
from mnist_adder.training.recipe import Recipe
from mnist_adder.training.schedule import learning_rate_factor

UPDATE_BN_IMAGES, UPDATE_BN_BATCH_SIZE = 2500, 250


class Learner:
    """A network in training, with its optimizers, its average and its random numbers.

    Attributes:
        network: the network as the last step left it.
        ema: the average of its weights, or None if the recipe wants none.
        generator: the source of the random numbers of the batches.
        optimizers: what moves the parameters.
        steps: how many steps were made.
    """

    def __init__(self, recipe: Recipe, network: AdderNetwork, objective: nn.Module, compute: ComputeConfig) -> None:
        """Prepare a network for training.

        Args:
            recipe: how to train.
            network: the network, on its device.
            objective: an `Objective` of this network, or a compiled one.
            compute: how to compute.
        """
        self.recipe = recipe
        self.network = network
        self.ema = make_ema(network, recipe.ema_decay) if recipe.ema_decay else None
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.optimizers = make_optimizers(recipe, network)
        self.steps = 0
        self._objective = compute.workers.wrap(objective)
        self._compute = compute
        self._peak_rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in self.optimizers]

    def step(self, batch: Batch, batch_size: int, progress: float, tally: Tally) -> list[Tensor]:
        """Make one step.

        Args:
            batch: this process's share of the batch.
            batch_size: how many images the batch has over all processes.
            progress: how much of the whole training is over, 0 to 1.
            tally: counts the loss and the right answers.

        Returns:
            The sum of the losses of each part of this process's share. A compiled network overwrites them.
        """
        factor = learning_rate_factor(self.recipe.schedule, progress, self.recipe.final_lr_fraction)
        for optimizer, peaks in zip(self.optimizers, self._peak_rates, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = factor * peak
        parts = list(zip(*(tensor.chunk(self._compute.accumulate) for tensor in batch), strict=True))
        losses = []
        for part in parts:
            with nullcontext() if part is parts[-1] else self._no_sync():
                loss, digit_right, sum_right = self._objective(*part)
                # DistributedDataParallel takes the mean of the gradients of all processes; this makes it their sum.
                (loss * (self._compute.workers.world_size / batch_size)).backward()
            tally.add(loss, digit_right, sum_right)
            losses.append(loss.detach())
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.steps += 1
        if self.ema and self.steps % EVERY == 0:
            self.ema.update_parameters(self.network)
        return losses

    def _no_sync(self) -> AbstractContextManager[Any]:
        """Add up gradients in this process, without sending them to the others."""
        wrapped = self._objective
        return wrapped.no_sync() if isinstance(wrapped, nn.parallel.DistributedDataParallel) else nullcontext()

    def result(self, images: DigitDataset) -> AdderNetwork:
        """Give the network that training would return if it ended now.

        Args:
            images: the training images, by some of which batch normalisation computes its statistics.

        Returns:
            A plain network of its own, in evaluation mode.
        """
        network = copy.deepcopy(cast(AdderNetwork, self.ema.module) if self.ema else self.network)
        if isinstance(network, BatchNormNetwork):
            network.update_bn(spread_batches(images, UPDATE_BN_IMAGES, UPDATE_BN_BATCH_SIZE))
            network = network.folded()
        return network.eval()

    def _tensors(self) -> dict[str, Tensor]:
        """Give the parameters and buffers of the network and of its average, by name."""
        modules = {"network": self.network, "ema": self.ema} if self.ema else {"network": self.network}
        return {
            f"{prefix}.{name}": tensor
            for prefix, module in modules.items()
            for name, tensor in module.state_dict().items()
        }

    def state(self) -> dict[str, Tensor]:
        """Give all tensors that the next step depends on, by name, on the CPU."""
        tensors = {"generator": self.generator.get_state(), "steps": torch.tensor(self.steps), **self._tensors()}
        for i, optimizer in enumerate(self.optimizers):
            for j, kept in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{i}.{j}.{name}": tensor for name, tensor in kept.items()}
        return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go back to an earlier state.

        Args:
            tensors: what `state` gave, for the same recipe.

        Raises:
            ValueError: a tensor is missing, is one too many, has another shape or type, or holds what is no number.
        """
        expected = {"generator": self.generator.get_state(), "steps": torch.tensor(self.steps), **self._tensors()}
        for i, optimizer in enumerate(self.optimizers):
            expected |= memory(i, optimizer)
        check_alike(tensors, expected)
        for name, tensor in self._tensors().items():
            tensor.copy_(tensors[name])
        for i, optimizer in enumerate(self.optimizers):
            recall(i, optimizer, tensors)
        self.generator.set_state(tensors["generator"])
        self.steps = int(tensors["steps"])


def make_learner(recipe: Recipe, device: torch.device, compute: ComputeConfig, log: Callable[[str], None]) -> Learner:
    """Make a network with random parameters, ready for its first step.

    Args:
        recipe: which network, and how to train it.
        device: where to train it.
        compute: how to compute.
        log: gets a line when the precision or the compiler that was asked for isn't there.

    Returns:
        The network in training.
    """
    keep_freed_memory()
    torch.manual_seed(recipe.seed)
    network = (
        BatchNormNetwork(recipe.preset, recipe.head, compute.workers)
        if recipe.normalise
        else AdderNetwork(recipe.preset, recipe.head)
    )
    move(network, device)
    precision = pick_precision(recipe.precision, device, log)
    objective: nn.Module = Objective(network, precision, recipe.label_smoothing, recipe.sum_weight)
    if compute.compile:
        objective = Compiled(objective, log)
    return Learner(recipe, network, objective, compute)
