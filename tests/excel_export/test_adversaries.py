"""Random modules that read numbers out of tensors: exported, edited, and compared with PyTorch; or refused."""

import numpy as np
import pytest
import torch

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.adversaries import Adversary
from tests.support.coverage.judge import plain_run
from tests.support.edited import differing, edited, named
from tests.support.passes import write_passes

DRAWN, EDITS = 16, 3
REFUSED, EQUAL = "refused", "equal"
MOST_REFUSED = 0.1
"""Of what only seems to decide."""


def outcome(seed, folder):
    """Say how it goes with the module of a seed: 'refused', 'equal', or what is wrong."""
    module = Adversary(seed)
    try:
        graph, _ = confirmed_trace(module, module.inputs(seed))
    except ExportError as refusal:
        return REFUSED if f"adversary_{seed}.py" in str(refusal) else f"{module.case}: {refusal}"
    write_passes(graph, folder / "net.xlsx")
    for other, given in strangest(graph, seed):
        path = edited(folder / "net.xlsx", other, given, folder / "edited.xlsx")
        wrong = differing(path, "ironcalc", other, given, folder)
        if wrong:
            return f"{module.case}: {wrong[0]}\n{module.source}"
    return EQUAL


def strangest(graph, seed):
    """Of the edits that are drawn, those with which the recorded calls are farthest from PyTorch's numbers."""
    found = []
    for number in range(DRAWN):
        module, given = drawn_edit(seed, number)
        try:
            expected = plain_run(module, given, 0)
        except (AssertionError, ValueError):  # its own check
            continue
        if all(np.isfinite(numbers).all() for numbers in expected.values()):
            found.append((distance(graph, module, given, expected), -number, module, given))
    found.sort(key=lambda each: each[:2], reverse=True)
    return [each[2:] for each in found[:EDITS]]


def drawn_edit(seed, number):
    """Other weights, inputs and labels."""
    module, scale = Adversary(seed), (0.3, 1, 2, 4, 8)[number % 5]
    generator = torch.Generator().manual_seed(1000 + number)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    return module, module.inputs(1000 + number, scale)


def distance(graph, module, given, expected):
    tensors = {
        name: tensor.detach().numpy()
        for name, tensor in (dict(module.named_parameters()) | named(module, given)).items()
    }
    kinds = [*graph.of_kind("input"), *graph.of_kind("parameter")]
    replayed = graph.replay({value: tensors[value.name] for value in kinds if value.name in tensors})
    numbers = {"loss": replayed.values[graph.loss].numpy(force=True).reshape(())}
    numbers |= {f"grad.{value.name}": grad for value, grad in replayed.gradients.items() if grad is not None}
    return max(np.abs(numbers[key] - expected[key]).max() for key in numbers if key in expected)


def outcomes(seeds, folder):
    """How it goes with the modules of some seeds; none is wrong, and of what only seems to decide few are refused."""
    found = {seed: outcome(seed, folder) for seed in seeds}
    wrong = [text for text in found.values() if text not in (REFUSED, EQUAL)]
    assert not wrong, "\n".join(wrong)
    idle = [seed for seed in found if not Adversary(seed).decides]
    refused = [Adversary(seed).case for seed in idle if found[seed] == REFUSED]
    assert len(refused) <= MOST_REFUSED * len(idle), refused
    return found


@pytest.fixture(autouse=True)
def one_thread():
    """Several threads wait longer for each other than they compute: the tensors are small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_reads_at_random(tmp_path, capsys):
    """Few of what only seems to decide: it takes longest, as all numbers are tried."""
    idle = [seed for seed in range(60) if not Adversary(seed).decides]
    found = outcomes(sorted({*range(60)} - {*idle})[:6] + idle[:1], tmp_path)
    assert {REFUSED, EQUAL} == {*found.values()}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 2100, 100))
def test_many_reads_at_random(first, tmp_path, capsys):
    outcomes(range(first, first + 100), tmp_path)
