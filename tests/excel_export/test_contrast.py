"""Every number on a colour can be read, whatever it is: 4.5:1 at least at each end of a scale and between them."""

import pytest

from tests.support.colours import contrast, faint_cells
from tests.support.long_proofs import only_quick
from tests.support.scripts import ROOT

EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))


def test_the_contrast_of_known_colours():
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    assert contrast("777777", "FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert contrast("FFFFFF", "FFFFFF") == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["slice-regression", "slice-onehot", "random"])
def test_a_workbook_is_legible(kind, made_of):
    assert not faint_cells(made_of(kind).path)


@pytest.mark.parametrize("example", only_quick(EXAMPLES, "xor"))
def test_an_example_is_legible(example, made_of):
    assert not faint_cells(made_of(f"example {example}").path)
