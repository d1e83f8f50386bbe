"""Networks of courses, books and repositories that many learn from, built as there, in tiny configurations.

Each lets the exporter do what the others do not: it reaches three lines more of the front end, of operators or
composites, or a line that no quick test reaches; an operator counts as two lines. One that adds nothing of this kind
need not come in.
"""

from __future__ import annotations

from functools import partial

from excel_export.shared.modules import modules_in
from tests.support.coverage import courses
from tests.support.coverage.case import Case, Group
from tests.support.coverage.seeded import seeded

TITLE = "Networks of courses"
INTRODUCTION = (
    "Each network is built as in its source, but with fewer units. The tests also change parameters and inputs in the "
    "workbook and compare the result with PyTorch (`tests/coverage/test_course_networks.py`). These networks can be "
    "exported:"
)
NETWORKS = {
    name: partial(seeded, name, make) for file in modules_in(courses.__name__) for name, make in file.ZOO.items()
}
"""How each is made, by what it is called."""


def groups() -> list[Group]:
    """Return a group for each network."""
    return [Group(name, partial(_cases, make)) for name, make in NETWORKS.items()]


def _cases(make) -> list[Case]:
    return [Case("", make)]
