"""The tables of a checked class: class.csv has a row for each file, slips.csv one for each kind of slip."""

from collections.abc import Sequence

from excel_classroom.report.checked_file import WORDS, CheckedFile, Slip
from excel_classroom.results.collected import SLIP_FORMULA
from excel_classroom.results.tables import Layout, safe
from excel_export.shared.grouped import grouped

FEWEST = 5
"""The number of formulas below which two files have the same ones by chance."""
FILES = ("file", "student", "id", "saved", *WORDS["verdicts"], "learning", "forward", "slips", "same formulas as",
         "left out", "error", "remarks")  # fmt: skip
SLIPS = ("files", "slip", "in the first of them", SLIP_FORMULA, "which files")
Group = tuple[str, Slip, list[CheckedFile]]


def groups_of(checked: Sequence[CheckedFile]) -> list[Group]:
    """Return the kinds of mistakes, those in most files first: [('a sign is wrong', its first Slip, [files]), …]."""
    found: dict[str, Group] = {}
    for each in checked:
        for slip in each.slips:
            files = found.setdefault(slip.kind, (slip.kind, slip, []))[-1]
            if each not in files:
                files.append(each)
    return sorted(found.values(), key=lambda own: (-len(own[-1]), own[0]))


def class_table(checked: Sequence[CheckedFile], absent: Sequence[str], layout: Layout) -> bytes:
    """Return the content of class.csv: the titles `FILES`, a line for each file, then one for each name in `absent`.

    A file's line has its name, student, id and time, the numbers of gradients by verdict and of mistakes in updates and
    the forward pass, the mistakes in words, the files with equal formulas, what was left out, the problem, and remarks.
    """
    many = [each for each in checked if len(each.formulas) >= FEWEST]
    alike = grouped(many, lambda each: each.formulas)
    rows: list[Sequence[str]] = [FILES]
    for each in checked:
        student, found = each.file.student, each.found
        same = (other.file.name for other in alike.get(each.formulas, ()) if other is not each)
        left_out = (f"{left['cell']}: {left['why']}" for left in found.get("left out", []))
        texts = [" ".join(slip.words for slip in each.slips), ", ".join(same), "; ".join(left_out), each.problem,
                 "; ".join(each.remarks)]  # fmt: skip
        counts = [each.verdicts[kind] for kind in WORDS["verdicts"]]
        counts += [len(found["learning"]), len(found.get("forward", []))]
        who = [safe(student.name), safe(student.id)] if student else ["", ""]
        rows.append([safe(each.file.name), *who, each.file.saved_at, *map(str, counts), *map(safe, texts)])
    blank = [""] * (len(FILES) - 3)
    return layout.table([*rows, *(["", safe(name), *blank, "no file was handed in"] for name in absent)])


def slips_table(checked: Sequence[CheckedFile], layout: Layout) -> bytes:
    """Return the content of slips.csv: the titles `SLIPS`, and a line for each kind of mistake, the frequent first.

    '3,a sign is wrong,…,=-B3,"Ada.xlsx, …"': the number of files, the kind, the mistake in the first file in words, the
    right formula there, and the names of the files.
    """
    rows: list[Sequence[str]] = [SLIPS]
    for kind, first, files in groups_of(checked):
        names = ", ".join(each.file.name for each in files)
        rows.append([str(len(files)), safe(kind), safe(first.words), safe(first.mended), safe(names)])
    return layout.table(rows)
