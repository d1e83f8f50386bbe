"""Adding an operator is adding one file: the one that CONTRIBUTING.md shows, in a folder of its own."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest
import torch.nn.functional as F

from excel_export.formulas import operator
from excel_export.ops import find_operator
from excel_export.ops._elementwise import Elementwise
from excel_export.shared.errors import UnsupportedOperator
from tests.support.engines import ENGINES, require_engine
from tests.test_readme import ROOT, blocks

SHOWN, *_ = blocks((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "python")
# The tests that every operator gets from its examples.
TESTS = {
    "test_operators.py": (
        "test_an_operator_explains_itself",
        "test_an_operator_has_examples_and_extremes",
        "test_every_call_comes_down_to_its_operator",
        "test_a_whole_workbook_equals_autograd",
    ),
    "test_every_example.py": ("test_every_tensor_equals_autograd",),
    "test_extremes.py": ("test_the_workbook_shows_what_pytorch_shows",),
}

# In a process of its own: no other test shall know the operator.
ADD = """
import sys

from excel_export import ops

ops.__path__.append(sys.argv[1])
[added] = [each for each in ops.all_operators() if each.name == "softsign"]
"""
PAGE = """
from tests.test_operators_page import load

make = load()
assert make.section(added) in make.page()
print(make.section(added))
"""
RUN_TESTS = """
import pytest

ops.all_operators = lambda: [added]
sys.exit(pytest.main(sys.argv[2:]))
"""


def tried(code, folder, program, chosen="not composite"):
    """Put the file of an operator into an empty folder, and run the operator's tests."""
    (folder / "softsign.py").write_text(code, encoding="utf-8")
    tests = [f"tests/excel_export/{file}::{name}" for file, names in TESTS.items() for name in names]
    done = subprocess.run(
        [sys.executable, "-c", program, folder, "-xq", "-n0", "-m", "", "-p", "no:cacheprovider", "-k", chosen, *tests],
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["softsign.py"]
    return done


def test_the_file_is_all_that_an_operator_needs(tmp_path):
    assert importlib.util.find_spec("excel_export.ops.softsign") is None, "show an operator that there is none of"
    with pytest.raises(UnsupportedOperator, match=r"add excel_export/ops/softsign\.py to support it"):
        find_operator(F.softsign, "here")
    done = tried(SHOWN, tmp_path, ADD + PAGE + RUN_TESTS, "not composite and not libreoffice")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\| y \| \w+:\w+ \| `=(\w+)/\(1\+ABS\(\1\)\)` \|", done.stdout)
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


# The engine that calls an infinite number an error, as Excel does.
ENOUGH = "formulon"
GRADIENT = "return y.grad / (1 + ABS(self.input)) / (1 + ABS(self.input))"
WRONG = {
    "a gradient": (GRADIENT, "return y.grad / (1 + ABS(self.input))", "softsign: grad.cases.0.inputs.0 shows"),
    "a result": ("return self.input / (1 + ABS(self.input))", "return self.input / (2 + ABS(self.input))", "softsign"),
    "a gradient of large numbers": (
        GRADIENT,
        "return y.grad / ((1 + ABS(self.input)) * (1 + ABS(self.input)))",
        "shows nan for 0.0",
    ),
    "no words": ('    forward_math = "y = x / (1 + |x|)"\n', "", "no attribute 'forward_math'"),
    "no extremes": ("yield Extreme(", "yield from () if F else Extreme(", "test_an_operator_has_examples_and_extremes"),
}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_in_the_file_is_found(wrong, tmp_path):
    right, other, found = WRONG[wrong]
    assert right in SHOWN
    require_engine(ENOUGH)
    chosen = " and ".join(f"not {each}" for each in ("composite", *ENGINES) if each != ENOUGH)
    done = tried(SHOWN.replace(right, other), tmp_path, ADD + RUN_TESTS, chosen)
    assert done.returncode
    assert found in done.stdout + done.stderr


def test_a_function_belongs_to_one_operator():
    with pytest.raises(ValueError, match=r"functional\.relu .*excel_export\.ops\.relu\.relu and .*\.rectifier$"):

        @operator(F.softsign, F.relu)
        class rectifier(Elementwise):
            """Another rectified linear unit."""

    assert find_operator(F.relu, "here").__module__ == "excel_export.ops.relu"
    with pytest.raises(UnsupportedOperator):  # nothing of it was registered
        find_operator(F.softsign, "here")
