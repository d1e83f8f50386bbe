"""A name of a class means one thing, and a docstring says what the thing is."""

import ast
import re
from collections import defaultdict

from tests.support.scripts import ROOT

PACKAGES = ("excel_export", "spreadsheet_autograd", "excel_classroom", "mnist_adder")
STILL = {"Call", "Cell", "Name", "Part", "Text"}
"""Of a formula that somebody typed, nodes have the names of textbooks, which other classes have, too."""


def test_two_classes_never_have_one_name():
    found = defaultdict(set)
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    found[node.name].add(str(file.relative_to(ROOT)))
    twice = {name: sorted(files) for name, files in found.items() if len(files) > 1 and name not in STILL}
    assert not twice


def test_a_docstring_says_what_a_thing_is():
    """Who has read nothing else does not know what is the same as what, or who they are."""
    vague = re.compile(r'"""(The same|Whether it|Those|What it)\b')
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    assert not [str(file) for file in files if vague.search(file.read_text(encoding="utf-8"))]
