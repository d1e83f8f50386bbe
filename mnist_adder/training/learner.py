"""A network that learns: one step after the other, and all of its state, to stop and to go on."""

import copy
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from mnist_adder.compute.workers import Workers
from mnist_adder.data.dataset import Batch, Digits
from mnist_adder.network.batch_norm import NormalisedNetwork
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Tally
from mnist_adder.training.ema import Average
from mnist_adder.training.muon import Muon
from mnist_adder.training.recipe import Recipe
from mnist_adder.training.schedule import learning_rate_share

ADAM_BETAS = (0.9, 0.99)
SETTLED_BY, SETTLED_AT_ONCE = 2500, 250


class Learner:
    """A network in training, with what it needs beside its parameters: optimizers, an average, and chance.

    `objective` gives for a batch the sum of its losses and what is right; it holds `network`. `accumulate` is
    in how many parts a batch goes through it: more take less memory, and give the same but for rounding.
    """

    def __init__(
        self, recipe: Recipe, network: AdderNetwork, objective: nn.Module, workers: Workers, accumulate: int = 1
    ) -> None:
        self.recipe = recipe
        self.network = network
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.average = Average(network, recipe.average)
        self.steps = 0
        self._objective = workers.wrap(objective)
        self._workers = workers
        self._accumulate = accumulate
        self._optimizers = make_optimizers(recipe, network)
        self._peaks = [[group["lr"] for group in optimizer.param_groups] for optimizer in self._optimizers]

    def step(self, batch: Batch, batch_size: int, done: float, tally: Tally) -> None:
        """Learn from this worker's share of a batch of `batch_size` images, and count it.

        `done` is the share of the training that is over, 0 to 1.
        """
        share = learning_rate_share(self.recipe.schedule, done, self.recipe.end)
        for optimizer, peaks in zip(self._optimizers, self._peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = share * peak
        parts = list(zip(*(tensor.chunk(self._accumulate) for tensor in batch), strict=True))
        for part in parts:
            with nullcontext() if part is parts[-1] else self._apart():
                loss, digit_right, sum_right = self._objective(*part)
                # The workers' gradients are averaged, and each has only its share of the sum.
                (loss * (self._workers.count / batch_size)).backward()
            tally.add(loss, digit_right, sum_right)
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.steps += 1
        self.average.update(self.steps)

    def _apart(self) -> AbstractContextManager[Any]:
        """Let gradients add up here without being sent to the other workers."""
        wrapped = self._objective
        return wrapped.no_sync() if isinstance(wrapped, nn.parallel.DistributedDataParallel) else nullcontext()

    def result(self, images: Digits) -> AdderNetwork:
        """Give a copy of the network as it would be if training ended here, ready to evaluate.

        `images` are those that it learns from, by some of which it then normalises.
        """
        network = copy.deepcopy(self.network)
        self.average.write_to(network)
        if isinstance(network, NormalisedNetwork):
            network.settle(images.spread(SETTLED_BY, SETTLED_AT_ONCE))
            network = network.folded()
        return network.eval()

    def state(self) -> dict[str, Tensor]:
        """Give every tensor that the next step depends on, by a name of its own, on the CPU."""
        tensors = {"generator": self.generator.get_state(), "steps": torch.tensor(self.steps)}
        tensors |= {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"average.{i}": tensor for i, tensor in enumerate(self.average.tensors)}
        for i, optimizer in enumerate(self._optimizers):
            for j, memory in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{i}.{j}.{name}": tensor for name, tensor in memory.items()}
        return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go back to what `state` gave for the same recipe.

        Raises KeyError, RuntimeError or ValueError when the tensors are of another training.
        """
        for name, tensor in self.network.state_dict().items():
            tensor.copy_(tensors[f"network.{name}"])
        for i, tensor in enumerate(self.average.tensors):
            tensor.copy_(tensors[f"average.{i}"])
        for i, optimizer in enumerate(self._optimizers):
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            memories = {j: _memory(tensors, f"optimizer.{i}.{j}.", parameters[j]) for j in range(len(parameters))}
            optimizer.load_state_dict({**optimizer.state_dict(), "state": memories})
        self.generator.set_state(tensors["generator"])
        self.steps = int(tensors["steps"])


def _memory(tensors: Mapping[str, Tensor], prefix: str, parameter: Tensor) -> dict[str, Tensor]:
    """Give what an optimizer remembers of a parameter, laid out in memory as the parameter is.

    The fused optimizers walk through both side by side.
    """
    found = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    if not found:
        raise KeyError(prefix)
    return {
        name: torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
        for name, tensor in found.items()
    }


def make_optimizers(recipe: Recipe, network: AdderNetwork) -> list[Optimizer]:
    """Give what moves the parameters; between them the optimizers have every parameter once."""
    weights = [parameter for parameter in network.classifier_parameters() if parameter.ndim > 1]
    vectors = [parameter for parameter in network.classifier_parameters() if parameter.ndim == 1]
    rate, decay = recipe.learning_rate, recipe.weight_decay
    adder: dict[str, Any] = {"params": network.adder_parameters(), "lr": recipe.adder_speed * rate}
    if recipe.optimizer == "adam":
        return [Adam([{"params": weights + vectors, "lr": rate}, adder], fused=True)]
    if recipe.optimizer == "adamw":
        groups: list[dict[str, Any]] = [{"params": weights, "weight_decay": decay}, {"params": vectors}, adder]
        return [AdamW(groups, rate, ADAM_BETAS, weight_decay=0, fused=True)]
    # Muon is for matrices; what is none moves as Adam says.
    rest = AdamW([{"params": vectors}, adder], rate, ADAM_BETAS, weight_decay=0, fused=True)
    return [Muon(weights, rate, weight_decay=decay), rest]
