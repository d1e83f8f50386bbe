"""Whole numbers that would become too large after an edit are not used: the yellow cell refuses them."""

import pytest
import torch
from torch import nn

from excel_export import export
from excel_export.sheets.start import left_open
from tests.support.cells import cell, cells_of
from tests.support.live import Live
from tests.support.long_proofs import only_quick

HASHES = {
    "of 64 bits": (lambda ids: (ids * ids * 1_000_003 + 12345) % 97, 94_000, 99_999),
    "of 32 bits": (lambda ids: ((ids.int() * 40503) % 97).long(), 32_768, 99_999),
    "of two together": (lambda ids: (ids[:2] * ids[1:] * ids[:1] * 7 + ids[1:]) % 97, 65_536, 999_999),
}


class Hashed(nn.Module):
    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.table, self.function = nn.Embedding(97, 2), function
        self.double()

    def forward(self, ids):
        return self.table(self.function(ids)).square().sum()


@pytest.mark.parametrize("case", only_quick(HASHES, "of 32 bits"))
def test_hashed_ids(case, tmp_path):
    function, fine, too_large = HASHES[case]
    net, ids = Hashed(function), torch.tensor([3, 5, 11])
    export(net, (ids,), tmp_path / "net.xlsx")
    live, place = Live(tmp_path / "net.xlsx", tmp_path), cells_of(tmp_path / "net.xlsx", "ids")[1]
    for typed, used in ((fine, fine), (-fine, -fine), (too_large, 5), (-too_large, 5)):
        live.type({place: typed})
        assert live.value("loss") == pytest.approx(net(torch.tensor([3, used, 11])).item(), rel=1e-12), typed
        texts = [live.value(("Start", cell(row, col))) for row in range(1, 61) for col in range(1, 9)]
        assert left_open.LARGE not in texts
