"""Every tensor of all examples, of operators and composites, against float64 autograd, on every engine, from files
without values.
"""

import numpy as np
import pytest

from excel_export import read_tensors
from excel_export.composites import all_composites
from excel_export.ops import all_operators
from tests.support.engines import each_engine_but_slowly, recalculate
from tests.support.sweep import Case, Swept, examples_of, name_of, sweep

OPERATORS = [(name_of(operator, example), example) for operator in all_operators() for example in examples_of(operator)]
COMPOSITES = [
    (f"composite {each.name} {example.what}".strip(), example)
    for each in all_composites()
    for example in (each.yield_examples() if each.yield_examples else ())
]
SHARE = 1 / 4096  # of a case in the loss, and so how large its gradients are
A_WORKBOOK = 100  # examples: formualizer refuses a workbook of very many formulas
WORKBOOKS = [each[k : k + A_WORKBOOK] for each in (OPERATORS, COMPOSITES) for k in range(0, len(each), A_WORKBOOK)]


@pytest.fixture(scope="module", params=WORKBOOKS, ids=lambda examples: f"from {examples[0][0]}")
def swept(request, tmp_path_factory) -> Swept:
    cases = {name: Case(example.function, *example.inputs) for name, example in request.param}
    return sweep(cases, tmp_path_factory.mktemp("examples") / "swept.xlsx")


def allowed(name: str, expected: np.ndarray) -> np.ndarray:
    return np.full(expected.shape, 1e-9 * max(SHARE, np.abs(expected).max(initial=0)))


@each_engine_but_slowly
def test_every_tensor_equals_autograd(engine, swept, tmp_path):
    found = read_tensors(recalculate(swept.path, engine, tmp_path).path)
    wrong = swept.differing(found, allowed)
    assert not wrong, "\n".join(wrong)
