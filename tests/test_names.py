"""Two classes never have one name, so that a name in a message or a search means one thing."""

import ast
from collections import defaultdict

from tests.support.scripts import ROOT

PACKAGES = ("excel_export", "spreadsheet_autograd", "excel_classroom", "mnist_adder")
STILL = {
    "Adaptive", "Between", "Block", "Call", "Cell", "Choice", "Column", "Compared", "Convolution",
    "Grid", "Labels", "Line", "Name", "Operand", "Part", "Slot", "Step", "Table", "Text", "Windowed", "_Layout",
}  # fmt: skip
"""Names that several classes still have; none is added."""


def test_two_classes_never_have_one_name():
    found = defaultdict(set)
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    found[node.name].add(str(file.relative_to(ROOT)))
    twice = {name: sorted(files) for name, files in found.items() if len(files) > 1 and name not in STILL}
    assert not twice
