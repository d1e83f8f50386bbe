"""Every tensor of all examples, of operators and composites, against float64 autograd, on every engine, from files
without values.
"""

import pytest

from excel_export import read_tensors
from excel_export.composites import all_composites
from excel_export.ops import all_operators
from tests.support.engines import ENGINES, recalculate
from tests.support.sweep import Case, Swept, examples_of, name_of, sweep, title_of, to_nine_digits

# Operators with some hundred examples: formualizer refuses a workbook of very many formulas.
KINDS = ((all_operators(), 15), (all_composites(), 50))
WORKBOOKS = [each[k : k + size] for each, size in KINDS for k in range(0, len(each), size)]
OTHERS = ("cellrune", "formualizer", "formulon")
ENGINES_OF_WORKBOOKS = [
    pytest.param(
        group,
        engine,
        id=f"from {title_of(group[0])}-{engine}",
        marks=[] if engine == "ironcalc" or (k % 3 == 0 and engine == OTHERS[k // 3 % 3]) else pytest.mark.slow,
    )
    for k, group in enumerate(WORKBOOKS)
    for engine in ENGINES
]
"""Every workbook on every engine; among the quick tests, on ironcalc, and every third on another, by turns."""


@pytest.fixture(scope="module")
def swept(request, tmp_path_factory) -> Swept:
    examples = [(name_of(each, example), example) for each in request.param for example in examples_of(each)]
    cases = {name: Case(example.function, *example.inputs) for name, example in examples}
    assert len(cases) == len(examples), "two have one name"
    return sweep(cases, tmp_path_factory.mktemp("examples") / "swept.xlsx")


@pytest.mark.parametrize(("swept", "engine"), ENGINES_OF_WORKBOOKS, indirect=["swept"])
def test_every_tensor_equals_autograd(engine, swept, tmp_path):
    found = read_tensors(recalculate(swept.path, engine, tmp_path).path)
    wrong = swept.differing(found, to_nine_digits)
    assert not wrong, "\n".join(wrong)
