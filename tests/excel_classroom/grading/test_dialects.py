"""Sixty hand-ins, each as one of eight programs or platforms saves it, in one run: every point as it must be."""

import re

import pytest

from tests.excel_classroom.grading.test_class import (
    Class,
    grade,
    hand_in,
    handed_out_to,
    is_as_the_script_knows,
    known_to,
)  # fmt: skip
from tests.support import simulated_class
from tests.support.dialects import DIALECTS
from tests.support.engines import require_engine
from tests.support.simulated_class import NAMES, mixed

KINDS = ("formulas", "numbers", "slip", "empty", "text", "sign", "own numbers", "guarded")


def handed_in_by(tmp_path, names, dialects):
    """Hand an exam out to a class, let each of them do something with it, and save each file in another dialect."""
    key, sources = handed_out_to(tmp_path, names), {name: [] for name in dialects}
    made = Class(key, tmp_path / "in", [], {}, ["--report", str(tmp_path / "report")])
    for k, student in enumerate(key.students):
        dialect, me = [*dialects][k % len(dialects)], known_to(key, k, tmp_path)
        kind = KINDS[k // len(dialects) % len(KINDS)]
        work = mixed(me) if k % 5 == 4 else simulated_class.works(me)[kind]
        made.kinds.append(f"{dialect}: {kind}")
        made.expected[student.variant] = work
        stem = {
            "Moodle": f"{student.name.replace('/', ' ')}_{student.platform}",
            "Canvas": f"{re.sub(r'[^a-z]', '', student.name.casefold()) or 'x'}_{student.platform}",
        }.get(dialect, student.file.removesuffix(".xlsx"))
        sources[dialect].append(tmp_path / "filled" / dialect / f"{stem}.xlsx")
        hand_in(work, student, key.blanks, tmp_path / "out", sources[dialect][-1], tmp_path / "scratch")
    for dialect, paths in sources.items():
        DIALECTS[dialect](paths, made.folder / dialect)
    return made


@pytest.mark.slow
def test_sixty_hand_ins_in_eight_dialects(tmp_path):
    for engine in ("libreoffice", "gnumeric"):
        require_engine(engine)
    assert len(DIALECTS) == 8
    made = handed_in_by(tmp_path, NAMES, DIALECTS)
    rows = grade(made.folder, tmp_path / "key.json", tmp_path, *made.more)
    assert len(rows) == len(NAMES) == 60
    is_as_the_script_knows(made, rows)
    by_id = {row["id"]: row for row in rows.values()}
    for student, kind in zip(made.key.students, made.kinds, strict=True):
        if kind.endswith(": formulas") and not made.expected[student.variant].states:
            own = "holds macros, which were not run" if kind.startswith(".xlsm") else ""
            assert by_id[student.id]["remarks"] == own, (student.name, kind)


def test_dialects_that_need_no_program(tmp_path):
    made = handed_in_by(tmp_path, NAMES[3:7], ["Google Sheets", ".xlsm", "Moodle", "Canvas"])
    is_as_the_script_knows(made, grade(made.folder, tmp_path / "key.json", tmp_path, *made.more))
