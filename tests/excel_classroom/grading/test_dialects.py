"""Sixty hand-ins, each as one of eight programs or platforms saves it, in one run: every point as it must be."""

import random
import re

import pytest

from excel_classroom.practice.key import load
from excel_export.cli import main
from tests.excel_classroom.grading.test_class import Class, grade, hand_in, is_as_the_script_knows, right_numbers
from tests.support import simulated_class
from tests.support.dialects import DIALECTS
from tests.support.engines import require_engine
from tests.support.handed_in import NET
from tests.support.simulated_class import NAMES, Me, mixed

KINDS = ("formulas", "numbers", "slip", "empty", "text", "sign", "own numbers", "guarded")


def handed_in_by(tmp_path, names, dialects):
    """Hand an exam out to a class, let each of them do something with it, and save each file in another dialect."""
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "list.csv").write_text(simulated_class.worksheet(names), "utf-8")
    listed = ["--class", str(tmp_path / "list.csv"), "--key", str(tmp_path / "key.json"), "--exam", "--solutions"]
    assert main(["practice", f"{tmp_path / 'net.py'}:net", "-o", str(tmp_path / "out"), *listed]) == 0
    key, sources = load(tmp_path / "key.json"), {name: [] for name in dialects}
    made = Class(key, tmp_path / "in", [], {}, ["--report", str(tmp_path / "report")])
    for k, student in enumerate(key.students):
        dialect, solution = [*dialects][k % len(dialects)], tmp_path / "out solutions" / student.file
        me = Me(key.blanks, right_numbers(solution, key.blanks), solution, random.Random(k))
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
