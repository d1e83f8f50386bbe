"""Every tensor of all examples, of operators and composites, against float64 autograd, on every engine, from files
without values.
"""

import pytest

from excel_export import read_tensors
from excel_export.composites import all_composites
from excel_export.composites._composite import Composite
from excel_export.ops import all_operators
from tests.support.cases import examples_of
from tests.support.engines import ENGINES, recalculate
from tests.support.sweep import Case, Swept, name_of, sweep, title_of, to_nine_digits

# Operators with some hundred examples: formualizer refuses a workbook of very many formulas.
WORKBOOKS = [(each[k : k + size], None) for each, size in ((all_operators(), 15), (all_composites(), 50))
             for k in range(0, len(each), size)]  # fmt: skip
FIRST = (all_composites(), 1)
"""The first example of each composite."""


def is_quick(group: list, most: int | None, engine: str) -> bool:
    return engine == "ironcalc" and (most == 1 or not isinstance(group[0], Composite))


ENGINES_OF_WORKBOOKS = [
    pytest.param(
        (group, most),
        engine,
        id=f"{'the first ' if most else ''}from {title_of(group[0])}-{engine}",
        marks=[] if is_quick(group, most, engine) else pytest.mark.slow,
    )
    for group, most in [*WORKBOOKS, FIRST]
    for engine in (ENGINES if most is None else ["ironcalc"])
]
"""Every workbook on every engine; among the quick tests, on ironcalc, with the first example only of each composite."""


@pytest.fixture(scope="module")
def swept(request, tmp_path_factory) -> Swept:
    group, most = request.param
    examples = [(name_of(each, example), example) for each in group for example in examples_of(each)[:most]]
    cases = {name: Case(example.function, *example.inputs) for name, example in examples}
    assert len(cases) == len(examples), "two have one name"
    return sweep(cases, tmp_path_factory.mktemp("examples") / "swept.xlsx")


@pytest.mark.parametrize(("swept", "engine"), ENGINES_OF_WORKBOOKS, indirect=["swept"])
def test_every_tensor_equals_autograd(engine, swept, tmp_path):
    found = read_tensors(recalculate(swept.path, engine, tmp_path).path)
    wrong = swept.differing(found, to_nine_digits)
    assert not wrong, "\n".join(wrong)


def test_composites_compute_what_pytorchs_own_functions_do():
    """What is recorded of each example, before any formula: its gradients are those of the function itself."""
    examples = [(name_of(each, example), example) for each in all_composites() for example in examples_of(each)]
    swept = sweep({name: Case(example.function, *example.inputs) for name, example in examples})
    wrong = swept.differing(swept.recorded, to_nine_digits)
    assert not wrong, "\n".join(wrong)
