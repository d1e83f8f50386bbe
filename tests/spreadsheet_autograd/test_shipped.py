"""Every workbook that ships is right: read back as if a stranger had made it, there is nothing to find."""

from __future__ import annotations

from pathlib import Path

import pytest

from spreadsheet_autograd.worker import check_here
from tests.support.long_proofs import only_quick

WORKBOOKS = Path(__file__).parents[2] / "workbooks"


@pytest.mark.parametrize(
    "path",
    only_quick(sorted(WORKBOOKS.rglob("*.xlsx")), WORKBOOKS / "lessons" / "01-one-neuron.xlsx"),
    ids=lambda path: path.stem,
)
def test_nothing_is_found(path):
    found = check_here(path)
    assert found["claims"]
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    assert not found["learning"]
    assert not found["left out"]
