"""Random networks, random blanks, random slips: the grader finds the cells that were spoiled, and no others."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from excel_classroom.grading.papers import papers_of
from excel_classroom.practice.key import Options
from tests.support.handed_in import HandedOut, hand_out

SOURCE = """
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed({seed})
        self.first, self.last = nn.Linear({inputs}, {width}), nn.Linear({width}, 3)

    def forward(self, x, t):
        h = {activation}(self.first(x))
        return {loss}(self.last({join}), t)


def net():
    torch.manual_seed({seed})
    return Net(), (torch.randn({batch}, {inputs}), {target})
"""
LOSSES = {"F.mse_loss": "torch.randn({batch}, 3)", "F.cross_entropy": "torch.arange({batch}) % 3"}


@st.composite
def networks(draw):
    loss = draw(st.sampled_from(sorted(LOSSES)))
    given = {
        "seed": draw(st.integers(0, 99)), "inputs": draw(st.integers(1, 3)), "width": draw(st.integers(1, 3)),
        "batch": draw(st.integers(1, 3)),
        "activation": draw(st.sampled_from(["F.relu", "torch.tanh", "torch.sigmoid"])),
        "join": draw(st.sampled_from(["h", "h + h * h", "2 * h"])), "loss": loss,
    }  # fmt: skip
    return SOURCE.format(**given, target=LOSSES[loss].format(**given))


@pytest.mark.slow
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(networks(), st.integers(3, 14), st.data())
def test_the_cells_that_were_spoiled_are_found(source, count, data):
    folder = Path(tempfile.mkdtemp())
    try:
        key = hand_out(folder / "in", ["Anna"], source, Options(count=count))
        with papers_of(key) as papers:
            handed_out = HandedOut(key, folder / "in" / "Anna.xlsx", papers)
            right, count = handed_out.right, len(key.blanks)
            spoiled = data.draw(st.sets(st.integers(0, count - 1), max_size=3))
            typed = {k: right[k] for k in data.draw(st.sets(st.integers(0, count - 1)))}
            for k in spoiled:
                typed[k] = right[k] + data.draw(st.sampled_from([0.5, -0.37, 2.2])) * (1 + abs(right[k]))
            found = handed_out.answered(folder, typed)
        assert {k for k, each in enumerate(found.marks) if not each.is_good} == spoiled
        assert found.points >= found.of - len(spoiled)
        # Whether a formula follows other inputs has nothing to do with slips further up.
        assert all(each.answer.holds for each in found.marks if each.answer.kind == "formula")
        assert all(each.answer.holds is None for each in found.marks if each.answer.kind == "number")
    finally:
        shutil.rmtree(folder)
