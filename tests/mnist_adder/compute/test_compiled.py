"""What happens where a network can't be compiled, or a GPU can't record its steps."""

import pytest
import torch
from torch import nn

from mnist_adder.compute.device import ComputeConfig, compiled, compute_config
from mnist_adder.data.batches import epoch_batches
from mnist_adder.data.dataset import DigitDataset
from mnist_adder.training.learner import Learner, make_learner

CPU = torch.device("cpu")


class Failing(nn.Module):
    """A compiled module that fails at its third call, in its forward or its backward pass."""

    def __init__(self, module: nn.Module, error: Exception, backward: bool) -> None:
        super().__init__()
        self.module, self.error, self.backward, self.calls = module, error, backward, 0

    def forward(self, *inputs):
        self.calls += 1
        loss, *rest = self.module(*inputs)
        if self.calls == 3:
            if not self.backward:
                raise self.error
            loss.register_hook(self.fail)
        return loss, *rest

    def fail(self, _gradient):
        raise self.error


@pytest.fixture
def steps(few, recipe_of, lines):
    """Makes five steps; gives the learner."""

    def steps(compiled=None, images=few[0]) -> Learner:
        learner = make_learner(recipe_of(normalise=False), CPU, ComputeConfig(compile=compiled), lines.append)
        for batch in epoch_batches(images, 128, learner.generator):
            learner.step(batch, 0.5)
        return learner

    return steps


@pytest.mark.parametrize("backward", [False, True])
def test_where_it_fails_it_runs_all_the_same_and_says_so_once(steps, lines, backward):
    error = RuntimeError("no compiler\nand much more")
    learner, plain = steps(lambda module: Failing(module, error, backward)), steps()
    assert lines == ["training isn't compiled here, which takes longer (no compiler)"]
    for one, other in zip(learner.network.parameters(), plain.network.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory")])
def test_too_little_memory_is_not_taken_for_a_missing_compiler(steps, lines, error):
    with pytest.raises(torch.OutOfMemoryError):
        steps(lambda module: Failing(module, error, False))
    assert lines == []


@pytest.mark.parametrize("compiled", [None, lambda module: module])
def test_an_error_that_is_not_the_compilers_is_raised(steps, few, compiled):
    no_digits = DigitDataset(few[0].pixels.numpy(), few[0].labels.numpy() + 10)
    with pytest.raises(IndexError, match="out of bounds"):
        steps(compiled, no_digits)


@pytest.mark.parametrize("head", ["regression", "onehot"])
def test_the_objective_is_one_graph(few, recipe_of, head):
    learner = make_learner(recipe_of(head=head, precision="bf16"), CPU, ComputeConfig(), print)
    batch = next(epoch_batches(few[0], 128, learner.generator))
    explained = torch._dynamo.explain(learner._plain)(*batch)
    assert (explained.graph_count, explained.graph_break_count) == (1, 0), explained.break_reasons


def test_a_gpu_records_and_compiles_only_if_asked_for():
    gpu = torch.device("cuda")
    assert [compute_config(gpu, compile).compile for compile in (False, True)] == [None, compiled]
    assert compute_config(gpu).new_graph
    assert compute_config(gpu, compile=True).new_graph
    assert compute_config(CPU) == ComputeConfig()
