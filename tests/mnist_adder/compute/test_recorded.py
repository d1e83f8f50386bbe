"""Steps that are recorded. A recording for CPUs knows, as CUDA's do, operations and memory, and no values of Python."""

from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

from mnist_adder.compute.device import ComputeConfig
from mnist_adder.data.batches import epoch_batches
from mnist_adder.training.learner import Learner, make_learner
from mnist_adder.training.recipe import OPTIMIZERS

CPU = torch.device("cpu")


class Recorder(TorchDispatchMode):
    """Keeps each operation with its tensors, and what those held that are written to."""

    def __init__(self, operations: list, before: dict) -> None:
        super().__init__()
        self.operations, self.before = operations, before

    def __torch_dispatch__(self, operation, types, inputs=(), named=None):
        if operation is torch.ops.aten._local_scalar_dense.default:
            raise RuntimeError("read from the device\nwhile recording")
        named = named or {}
        writes = operation._schema.is_mutable
        if writes or operation is torch.ops.aten.native_batch_norm.default:  # it doesn't say so of its statistics
            for tensor in tree_flatten((inputs, named))[0]:
                if isinstance(tensor, torch.Tensor):
                    self.before.setdefault(tensor.data_ptr(), (tensor, tensor.clone()))
        result = operation(*inputs, **named)
        is_view = any(output.alias_info for output in operation._schema.returns) and not writes
        if not is_view:
            self.operations.append((operation, inputs, named, None if writes else result))
        return result


class FakeGraph:
    """A recording on a CPU."""

    made: ClassVar[list["FakeGraph"]] = []

    def __init__(self) -> None:
        self.operations, self.replays = [], 0
        FakeGraph.made.append(self)

    def aside(self, function):
        return function()

    def record(self, function):
        before: dict = {}
        with Recorder(self.operations, before):
            result = function()
        with torch.no_grad():
            for tensor, value in before.values():  # a recording does nothing
                tensor.copy_(value)
        return result

    @torch.no_grad()
    def replay(self):
        self.replays += 1
        for operation, inputs, named, result in self.operations:
            again = operation(*inputs, **named)
            if result is not None:
                tree_map(lambda kept, new: kept.copy_(new) if isinstance(kept, torch.Tensor) else None, result, again)


class Refusing(FakeGraph):
    def record(self, function):
        super().record(function)
        raise RuntimeError("no graphs here\nand more")


@pytest.fixture(autouse=True)
def one_hot(monkeypatch):
    """On a CPU, not on a GPU, PyTorch's own looks at the values."""
    monkeypatch.setattr(F, "one_hot", lambda classes, count: torch.eye(count, dtype=torch.long)[classes])


@pytest.fixture
def trained(few, recipe_of, lines):
    """Makes steps of two epochs, the last of each with fewer images; gives the learner, its losses and its scores."""

    def trained(new_graph, **changes) -> tuple[Learner, list[float], list]:
        learner = make_learner(recipe_of(**changes), CPU, ComputeConfig(new_graph=new_graph), lines.append)
        losses, scores = [], []
        for epoch in range(2):
            learner.tally.clear()
            for i, batch in enumerate(epoch_batches(few[0], 64, learner.generator)):
                losses.append(float(learner.step(batch, (epoch + i / 9) / 2)))
            scores.append(learner.tally.score())
        return learner, losses, scores

    return trained


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("head", ["regression", "onehot"])
def test_a_recorded_step_learns_what_a_step_learns(trained, lines, optimizer, head):
    """Forward, backward, the rule, the schedule, the average and the tally: all of them go on in a replay."""
    changes = {"optimizer": optimizer, "head": head, "learning_rate": 0.002, "weight_decay": 0.1}
    FakeGraph.made.clear()
    (recorded, losses, scores), (plain, expected, plain_scores) = (
        trained(FakeGraph, **changes),
        trained(None, **changes),
    )
    assert lines == []
    assert [graph.replays for graph in FakeGraph.made] == [len(losses) - 3 - 2]  # of the full batches, but for three
    assert losses == pytest.approx(expected, rel=2e-3)
    for found, wanted in zip(scores, plain_scores, strict=True):
        assert found.images == wanted.images
        assert found.loss == pytest.approx(wanted.loss, rel=2e-3)
    state, wanted = recorded.state(), plain.state()
    assert state.keys() == wanted.keys()
    for name, tensor in wanted.items():
        torch.testing.assert_close(state[name], tensor, rtol=0.02, atol=2e-3, msg=name)


def test_where_it_cant_be_recorded_steps_go_on_and_it_says_so_once(trained, lines):
    learner, losses, _ = trained(Refusing)
    plain, expected, _ = trained(None)
    assert lines == ["steps aren't recorded here, which takes longer (no graphs here)"]
    assert losses == pytest.approx(expected, rel=1e-3)
    assert learner.steps == plain.steps


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_recording_goes_on_from_a_state_that_is_restored(trained, few, optimizer):
    FakeGraph.made.clear()
    learner, *_ = trained(FakeGraph, optimizer=optimizer)
    state = {name: tensor.clone() for name, tensor in learner.state().items()}
    batches = list(epoch_batches(few[0], 64, torch.Generator().manual_seed(1)))[:5]
    for batch in batches:  # away from that state
        learner.step(batch, 0.2)
    learner.restore(state)
    plain = make_learner(learner.recipe, CPU, ComputeConfig(), print)
    plain.restore(state)
    for batch in batches:
        found, wanted = (float(one.step(batch, 0.5)) for one in (learner, plain))
        assert found == pytest.approx(wanted, rel=1e-3)
    assert len(FakeGraph.made) == 1


def test_too_little_memory_is_no_reason_to_go_on(trained, lines):
    class Full(FakeGraph):
        def record(self, function):
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        trained(Full)
    assert lines == []
