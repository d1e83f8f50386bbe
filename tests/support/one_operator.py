"""All tests of one operator, on every engine that is installed: python -m tests.support.one_operator softplus.

Operators are tested many at a time, so `pytest -k softplus` selects only the tests of its words.
"""

import sys

import pytest

from excel_export import ops

TESTS = (
    "tests/excel_export/test_operators.py::test_an_operator_explains_itself",
    "tests/excel_export/test_operators.py::test_there_are_cases_the_first_of_them_small_and_plain",
    "tests/excel_export/test_operators.py::test_every_call_comes_down_to_its_operator",
    "tests/excel_export/test_operators.py::test_a_whole_workbook_equals_autograd",
    "tests/excel_export/pages/test_page_numbers.py::test_every_example_equals_autograd",
    "tests/excel_export/test_every_example.py::test_every_tensor_equals_autograd",
    "tests/excel_export/test_extremes.py::test_the_workbook_shows_what_pytorch_shows",
)
"""The tests that every operator gets from its cases."""


def main(name: str, *options: str) -> int:
    """Run the tests of the operator with this name, such as 'softplus', and return pytest's exit code.

    `options` are pytest's, such as '-x'.
    """
    found = [each for each in ops.all_operators() if each.name == name]
    if not found:
        names = ", ".join(sorted(each.name for each in ops.all_operators()))
        print(f"Error: there is no operator {name!r}; there are {names}", file=sys.stderr)
        return 2
    ops.all_operators = lambda: found
    return pytest.main(["-q", "-n0", "-m", "", "-k", "not composite", *options, *TESTS])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"Error: name an operator.\n\n{__doc__}")
    sys.exit(main(*sys.argv[1:]))
