"""An operator is a row, and its cases another, as in CONTRIBUTING.md, in files of their own or in others."""

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
from tests.support.engines import require_engine
from tests.support.one_operator import TESTS
from tests.test_readme import ROOT, blocks

SHOWN, CASES, *_ = blocks((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "python")
EXPLAINS = "tests/excel_export/test_operators.py::test_an_operator_explains_itself"
EVERY_EXAMPLE = "tests/excel_export/test_every_example.py::test_every_tensor_equals_autograd"
EXTREMES = "tests/excel_export/test_extremes.py::test_the_workbook_shows_what_pytorch_shows"
# Which of them are enough: of the examples those on a fast engine; of large numbers, those on one that calls infinity
# an error, as Excel does.
CHOSEN = {EXPLAINS: "softsign", EVERY_EXAMPLE: "ironcalc and not composite", EXTREMES: "formualizer"}

# In a process of its own: no other test shall know the operator.
ADD = """
import sys

from excel_export import ops
from tests.support import cases

ops.__path__.insert(0, sys.argv[1] + "/ops")
cases.__path__.insert(0, sys.argv[1] + "/cases")
[added] = [each for each in ops.all_operators() if each.name == "softsign"]
"""
PAGE = """
from tests.test_operators_page import load

make_operators = load()
assert make_operators.section(added) in make_operators.page()
print(make_operators.section(added))
"""
RUN_TESTS = """
import pytest

ops.all_operators = lambda: [added]
sys.exit(pytest.main(sys.argv[2:]))
"""


def tried(code, folder, program, file="softsign.py", cases=CASES, tests=TESTS):
    """Put files with the operator and its cases into empty folders, looked into first, and run the operator's tests."""
    chosen = (
        CHOSEN[tests[0]] if len(tests) == 1 else "not (composite or libreoffice or gnumeric or cellrune or formulon)"
    )
    written = {folder / "ops" / file: code, folder / "cases" / file: cases}
    for path, text in written.items():
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", program, folder, "-xq", "-n0", "-m", "", "-p", "no:cacheprovider", "-k", chosen, *tests],
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert {*folder.rglob("*.py")} == {*written}
    return done


def test_a_file_with_a_row_and_one_with_its_cases_is_an_operator(tmp_path):
    assert importlib.util.find_spec("excel_export.ops.softsign") is None, "show an operator that there is none of"
    with pytest.raises(UnsupportedOperator, match=r"add excel_export/ops/softsign\.py to support it"):
        find_operator(F.softsign, "here")
    done = tried(SHOWN, tmp_path, ADD + RUN_TESTS, tests=[EVERY_EXAMPLE])
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_its_page_and_all_tests_of_operators_need_nothing_else(tmp_path):
    done = tried(SHOWN, tmp_path, ADD + PAGE + RUN_TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"<td>y</td><td>\w+:\w+</td><td><code>=(\w+)/\(1\+ABS\(\1\)\)</code>", done.stdout)
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_rows_in_the_files_of_its_kind_are_all_that_an_operator_needs(tmp_path):
    code, cases = (
        (ROOT / folder / "activations.py").read_text(encoding="utf-8") + shown[shown.index(row) :]
        for folder, shown, row in (
            ("excel_export/ops", SHOWN, "\nelementwise("),
            ("tests/support/cases", CASES, "\nsoftsign ="),
        )
    )
    done = tried(code, tmp_path, ADD + PAGE + RUN_TESTS, "activations.py", cases, [EVERY_EXAMPLE])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "file: excel_export/ops/activations.py" in done.stdout
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


GRADIENT = "g / (1 + ABS(x)) / (1 + ABS(x))"
WRONG = {
    "a gradient": (GRADIENT, "g / (1 + ABS(x))", EVERY_EXAMPLE, "softsign: grad.cases.0.inputs.0 shows"),
    "a result": ("lambda x: x / (1 + ABS(x))", "lambda x: x / (2 + ABS(x))", EVERY_EXAMPLE, "softsign"),
    "a gradient of large numbers": (GRADIENT, "g / ((1 + ABS(x)) * (1 + ABS(x)))", EXTREMES, "shows nan for 0.0"),
    "no textbook": ('"y = x / (1 + |x|)"', '""', EXPLAINS, "AssertionError"),
    "an unknown word": ("forward_words", "words", EXPLAINS, "softsign: an operator has no words"),
    "an unknown tensor": ("lambda g, x: g", "lambda g, z: g", EXPLAINS, "softsign: an operator has no z"),
}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_in_the_file_is_found(wrong, tmp_path):
    right, other, test, found = WRONG[wrong]
    assert right in SHOWN
    if test is EXTREMES:
        require_engine("formualizer")
    done = tried(SHOWN.replace(right, other), tmp_path, ADD + RUN_TESTS, tests=[test])
    assert done.returncode
    assert found in done.stdout + done.stderr


def test_a_function_belongs_to_one_operator():
    with pytest.raises(ValueError, match=r"functional\.relu .*excel_export\.ops\.activations\.relu and .*\.rectifier$"):

        @operator(F.softsign, F.relu)
        class rectifier(Elementwise):
            """Another rectified linear unit."""

    assert find_operator(F.relu, "here").__module__ == "excel_export.ops.activations"
    with pytest.raises(UnsupportedOperator):  # nothing of it was registered
        find_operator(F.softsign, "here")
