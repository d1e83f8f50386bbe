"""A network in training: its objective, its steps, and its whole state, to stop and to resume."""

import copy
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from excel_export.shared.errors import first_line
from mnist_adder.compute.device import ComputeConfig, keep_freed_memory, move, pick_precision
from mnist_adder.compute.recorded import Recorded
from mnist_adder.compute.transfer import on_cpu
from mnist_adder.data.batches import Batch, spread_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.network.batch_norm import BatchNormNetwork
from mnist_adder.network.loss import Objective
from mnist_adder.network.model import AdderNetwork
from mnist_adder.network.scoring import Tally
from mnist_adder.training.optimizers import (
    check_alike,
    ema_weight,
    make_optimizers,
    memory,
    peak_rates,
    recall,
    set_rates,
    update_ema,
)
from mnist_adder.training.recipe import Recipe
from mnist_adder.training.schedule import SCHEDULES

UPDATE_BN_IMAGES = 2500
"""The number of images by which batch normalisation computes its statistics at the end."""
UPDATE_BN_BATCH_SIZE = 250
"""The number of these images in a batch."""


class Learner:
    """A network in training: learner.step(batch, 0.1) is one step.

    Attributes:
        network: the network as the last step left it.
        ema: the average of its weights, or None if the recipe has none.
        generator: the source of the random numbers of the batches.
        optimizers: the optimizers, which together have all parameters.
        steps: the number of steps so far.
        tally: counts the losses and the right answers of all steps since it was cleared.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: AdderNetwork,
        objective: Objective,
        compute: ComputeConfig,
        log: Callable[[str], None],
    ) -> None:
        """Take a network, on its device, and its objective; `log` gets a line if it can't be compiled or recorded."""
        self.recipe = recipe
        self.network = network
        self.ema = copy.deepcopy(network).requires_grad_(False) if recipe.ema_decay else None
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.optimizers = make_optimizers(recipe, network)
        self.steps = 0
        self.tally = Tally(network.out2.weight.device)
        self._plain, self._log = objective, log
        self._is_compiled = compute.compile is not None
        self._objective = compute.compile(objective) if compute.compile else objective
        self._peak_rates = peak_rates(self.optimizers)
        self._recorded = Recorded(self._take_step, compute.new_graph, log) if compute.new_graph else None

    def step(self, batch: Batch, progress: float) -> Tensor:
        """Make one step with a batch; `progress`, 0 to 1, is the fraction of the training that is done.

        A `Batch` is (normalised images (N, 1, 28, 28), numbers to add (N,), true digits (N,)).

        Returns:
            The sum of the losses, a scalar. If steps are recorded, the next step overwrites it.
        """
        recipe = self.recipe
        factor = SCHEDULES[recipe.schedule](progress, recipe.final_lr_fraction)
        self.steps += 1
        weight = ema_weight(recipe.ema_decay, self.steps) if self.ema else 0.0
        return (self._recorded or self._take_step)(*batch, factor, weight)

    def _take_step(
        self,
        image: Tensor,
        number: Tensor,
        digit: Tensor,
        factor: float | Tensor,
        weight: float | Tensor,
    ) -> Tensor:
        """Do the whole work of a step on the device: forward, backward, the rule, the average and the tally.

        `factor` is the learning rate as a fraction of its peak, `weight` the network's weight in the average; in a
        recording they are tensors.
        """
        set_rates(self.optimizers, self._peak_rates, factor)
        loss, digit_right, sum_right = self._forward_backward(Batch(image, number, digit))
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        if self.ema and (isinstance(weight, Tensor) or weight > 0):
            update_ema(self.ema, self.network, weight)
        self.tally.add(loss, digit_right, sum_right)
        return loss.detach()

    def _forward_backward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        try:
            loss, digit_right, sum_right = self._objective(*batch)
            (loss * (1 / len(batch.digit))).backward()
        except torch.OutOfMemoryError:  # not compiled, it would need even more
            raise
        # The errors of compilers and drivers have no class in common.
        except Exception as error:
            if not self._is_compiled:
                raise
            self._log(f"training isn't compiled here, which takes longer ({first_line(error)})")
            self._is_compiled, self._objective = False, self._plain
            self.network.zero_grad()
            return self._forward_backward(batch)
        return loss, digit_right, sum_right

    def result(self, images: DigitDataset) -> AdderNetwork:
        """Return a copy of the network that training would return now, an `AdderNetwork` in evaluation mode.

        `images` are the training images, of which some give batch normalisation its statistics.
        """
        network = copy.deepcopy(self.ema or self.network)
        if isinstance(network, BatchNormNetwork):
            network.update_bn(spread_batches(images, UPDATE_BN_IMAGES, UPDATE_BN_BATCH_SIZE))
            network = network.folded()
        return network.eval()

    def _tensors(self) -> dict[str, Tensor]:
        modules = {"network": self.network, "ema": self.ema} if self.ema else {"network": self.network}
        return {
            f"{prefix}.{name}": tensor
            for prefix, module in modules.items()
            for name, tensor in module.state_dict().items()
        }

    def state(self) -> dict[str, Tensor]:
        """Return copies, on the CPU, of all tensors that the next step depends on, by name; `restore` takes them.

        Returns:
            'generator', 'steps' (a scalar), 'network.conv1.weight' and so on, 'ema.conv1.weight' and so on if weights
            are averaged, and after the first step 'optimizer.0.3.exp_avg' and so on: of the first optimizer, the fourth
            parameter's.
        """
        tensors = {"generator": self.generator.get_state(), "steps": torch.tensor(self.steps), **self._tensors()}
        for i, optimizer in enumerate(self.optimizers):
            for j, kept in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{i}.{j}.{name}": tensor for name, tensor in kept.items()}
        return on_cpu(tensors)

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go back to an earlier state, as `state` returned it for the same recipe.

        Memory that is there already is written to, so a recording of the step stays true.

        Raises:
            ValueError: a tensor is missing, is one too many, has another shape or type, or holds something that is no
                number.
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
    """Return a learner with random parameters by the recipe's seed, ready for `learner.step(batch, 0.0)`.

    With `normalise` in the recipe, its network is a `BatchNormNetwork`. `compute` is as `compute_config` returns it.
    `log` is called with a sentence if the hardware lacks the recipe's precision, or a step can't be compiled or
    recorded. PyTorch's global seed is set, too.
    """
    keep_freed_memory()
    torch.manual_seed(recipe.seed)
    network = (
        BatchNormNetwork(recipe.preset, recipe.head) if recipe.normalise else AdderNetwork(recipe.preset, recipe.head)
    )
    move(network, device)
    precision = pick_precision(recipe.precision, device, log)
    objective = Objective(network, precision, recipe.label_smoothing, recipe.sum_weight)
    return Learner(recipe, network, objective, compute, log)
