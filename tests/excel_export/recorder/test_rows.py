"""Each row alone, in an engine, against PyTorch: on PyTorch's own samples, forward and backward."""

import pytest

from excel_export.recorder.rows import ROWS
from excel_export.recorder.rows.linear import LINEAR
from tests.support.aten_calls import differing, placed, sampled_calls
from tests.support.engines import ENGINES

FEW, MANY = 3, 24


@pytest.fixture(scope="module")
def calls():
    return sampled_calls(largest=900)


def test_every_row_has_samples(calls):
    assert {*ROWS, *LINEAR} - calls.keys() == set()


def test_every_row_computes_what_pytorch_does(calls, tmp_path):
    found = placed([call for several in calls.values() for call in sorted(several, key=lambda each: each.size)[:FEW]],
                   tmp_path / "rows.xlsx")  # fmt: skip
    wrong = [*differing(found, tmp_path / "rows.xlsx", "ironcalc", tmp_path)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_every_row_computes_it_on_all_samples_in_every_engine(calls, engine, tmp_path):
    found = placed([call for several in calls.values() for call in several[:MANY]], tmp_path / "rows.xlsx")
    wrong = [*differing(found, tmp_path / "rows.xlsx", engine, tmp_path)]
    assert not wrong, "\n".join(wrong)
