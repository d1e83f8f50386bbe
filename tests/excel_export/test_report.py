"""A report: what counts as a difference, and how much of it is too much."""

from pathlib import Path

import numpy as np
import pytest

from excel_export.report import Report, TensorRow, compare
from excel_export.shared.difference import difference

EXPECTED = {"w": np.array([[3.0, -4.0]]), "grad.w": np.array([[0.25, -0.5]]), "loss": np.array(2.0)}


@pytest.mark.parametrize(
    ("found", "expected", "error"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([1.0, 2.5], [1.0, 2.0], 0.25),
        ([1.0, 1.5], [1.0, 2.0], 0.25),  # too small is as wrong as too large
        ([0.1, 0.3], [0.1, 0.2], 0.1),  # below 1, the difference itself
        ([-1000.0, 1.0], [-1000.0, 0.0], 0.001),
        ([1000.0, 1.0], [1000.0, 0.0], 0.001),
        ([[1.0, 2.0]], [1.0, 2.0], np.inf),
        ([1.0], [1.0, 1.0], np.inf),  # though it could be broadcast
        ([1.0, np.nan], [1.0, 2.0], np.inf),
        ([1.0, np.inf], [1.0, 2.0], np.inf),
        ([1.0, np.inf], [1.0, np.inf], 0),  # a mask's, which the sheets show as it is
        ([1.0, 2.0], [1.0, np.nan], np.inf),
        ([], [], 0),
        (None, [1.0, 2.0], np.inf),
        (None, [], np.inf),
    ],
)
def test_difference(found, expected, error):
    found = None if found is None else np.array(found)
    assert difference(found, np.array(expected)) == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize("key", EXPECTED)
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("size", "ok"), [(0.99e-9, True), (1.01e-9, False), (1e-7, False), (1.0, False)])
def test_each_tensor_counts_and_the_limit_is_1e_9(key, sign, size, ok):
    scale = max(1, np.abs(EXPECTED[key]).max())
    found = EXPECTED | {key: EXPECTED[key] + sign * size * scale}
    report = compare(Path("out.xlsx"), found, EXPECTED)
    assert report.ok == ok
    assert report.max_error == pytest.approx(size, rel=1e-3)
    assert {row.key: row.error > 1e-12 for row in report.table} == {name: name == key for name in EXPECTED}
    assert ok or report.complaint.startswith(f"out.xlsx: '{key}' differs from PyTorch's by {size:.0e}"[:-5])


@pytest.mark.parametrize("key", EXPECTED)
def test_a_missing_tensor_is_no_agreement(key):
    report = compare(Path("out.xlsx"), {name: array for name, array in EXPECTED.items() if name != key}, EXPECTED)
    assert not report.ok
    assert report.max_error == np.inf


def test_the_report_as_text():
    rows = [TensorRow("w", (1, 2), 0.0), TensorRow("loss", (), 2e-3)]
    text = str(Report(Path("out.xlsx"), rows, 7, "computed otherwise")).splitlines()
    assert text[0].split() == ["w", "(1,", "2)", "0.0e+00"]
    assert text[2:] == ["2 tensors DO NOT all agree with PyTorch; largest error 2.0e-03", "computed otherwise"]
    assert str(Report(Path("out.xlsx"), rows[:1])).endswith("1 tensors agree with PyTorch; largest error 0.0e+00")
