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

SHARE = 1 / 4096  # of a case in the loss, and so how large its gradients are
# Operators with some hundred examples: formualizer refuses a workbook of very many formulas.
WORKBOOKS = [each[k : k + n] for each, n in ((all_operators(), 15), (all_composites(), 50)) for k in range(0, len(each), n)]


@pytest.fixture(scope="module", params=WORKBOOKS, ids=lambda group: f"from {group[0].name}")
def swept(request, tmp_path_factory) -> Swept:
    examples = [(name_of(each, example), example) for each in request.param for example in examples_of(each)]
    cases = {name: Case(example.function, *example.inputs) for name, example in examples}
    assert len(cases) == len(examples), "two have one name"
    return sweep(cases, tmp_path_factory.mktemp("examples") / "swept.xlsx")


def allowed(name: str, expected: np.ndarray) -> np.ndarray:
    return np.full(expected.shape, 1e-9 * max(SHARE, np.abs(expected).max(initial=0)))


@each_engine_but_slowly
def test_every_tensor_equals_autograd(engine, swept, tmp_path):
    found = read_tensors(recalculate(swept.path, engine, tmp_path).path)
    wrong = swept.differing(found, allowed)
    assert not wrong, "\n".join(wrong)
