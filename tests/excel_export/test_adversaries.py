"""Random modules that read numbers out of tensors: exported, edited, and compared with PyTorch; or refused."""

import pytest
import torch

from excel_export import ExportError
from excel_export.compiler.confirm.confirmation import confirmed_trace
from tests.support.adversaries import Adversary, inputs_of
from tests.support.edited import differing, edited
from tests.support.passes import write_passes

EDITS = 5


def outcome(seed, folder):
    """Say how it goes with the module of a seed: 'refused', 'equal', or what is wrong."""
    module, inputs = Adversary(seed), inputs_of(seed)
    try:
        graph, _ = confirmed_trace(module, inputs)
    except ExportError as refusal:
        return "refused" if f"adversary_{seed}.py" in str(refusal) else f"{module.case}: {refusal}"
    write_passes(graph, folder / "net.xlsx")
    for number in range(EDITS):
        other, scale = Adversary(seed), (0.3, 1, 2, 4, 8)[number]
        generator = torch.Generator().manual_seed(1000 + number)
        with torch.no_grad():
            for parameter in other.parameters():
                parameter.copy_(scale * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
        given = tuple(scale * torch.randn(x.shape, generator=generator, dtype=torch.float64) for x in inputs)
        path = edited(folder / "net.xlsx", other, given, folder / "edited.xlsx")
        try:
            wrong = differing(path, "ironcalc", other, given, folder)
        except (AssertionError, ValueError):  # its own check
            continue
        if wrong:
            return f"{module.case}: {wrong[0]}\n{module.source}"
    return "equal"


def outcomes(seeds, folder):
    found = {seed: outcome(seed, folder) for seed in seeds}
    wrong = [text for text in found.values() if text not in ("refused", "equal")]
    assert not wrong, "\n".join(wrong)
    return found


def test_reads_at_random(tmp_path, capsys):
    found = outcomes(range(16), tmp_path)
    assert {"refused", "equal"} == {*found.values()}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 600, 50))
def test_many_reads_at_random(first, tmp_path, capsys):
    found = outcomes(range(first, first + 50), tmp_path)
    idle = [seed for seed in found if not Adversary(seed).decides]
    refused = [Adversary(seed).case for seed in idle if found[seed] == "refused"]
    assert len(refused) <= len(idle) / 4, refused
