"""Every lesson that ships is right: read back as if a stranger had made it, there is nothing to find."""

from __future__ import annotations

from pathlib import Path

import pytest

from excel_export.shared.errors import ExportError
from spreadsheet_autograd.worker import check_here
from tests.support.long_proofs import only_quick

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
LESSONS = WORKBOOKS / "lessons"


@pytest.mark.parametrize(
    "path",
    only_quick(sorted(LESSONS.glob("*.xlsx")), LESSONS / "01-one-neuron.xlsx", LESSONS / "03-softmax.xlsx"),
    ids=lambda path: path.stem,
)
def test_nothing_is_found(path):
    found = check_here(path)
    assert found["claims"]
    assert {claim["verdict"] for claim in found["claims"]} == {"right"}
    assert not found["learning"]
    for left in found["left out"]:  # a step's sheet heads its operands with "∂L/∂ there", which names no number
        assert left["cell"][0].isdigit() or left["why"].startswith("no number "), left
        assert left["why"].startswith(("no number ", "the function TEXT")), left


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(WORKBOOKS.glob("*.xlsx")), ids=lambda path: path.stem)
def test_what_is_too_large_is_said_in_one_line(path):
    with pytest.raises(ExportError, match=r"formulas"):
        check_here(path)
