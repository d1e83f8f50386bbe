"""Which files of a class are worth a look, since they share what hardly any other has. It is never a verdict.

A formula that more than half of the class has, as of a template that was handed out, counts for nothing. Where most
formulas of a file are of that kind, its others count for nothing either: who does the exercise right has them. What
counts then are slips, pictures, and the person who saved the file.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from excel_classroom.report.checked_file import CheckedFile
from excel_classroom.similarity.pairs import LEAST_BITS, Work, pairs
from excel_export.shared.grouped import grouped

FEWEST, LEAST_SHARE = 5, 0.5
"""So many formulas, and such a part of them, must be common to two files before formulas alone make them alike."""
FEW_FILES, SHOWN = 3, 5
PROGRAMS = ("openpyxl", "xlsxwriter", "apache poi", "microsoft office user", "windows user", "user", "unknown", "admin",
            "administrator", "student", "excel services", "gnumeric")  # fmt: skip
"""Names that are no person's."""


@dataclass(frozen=True)
class AlikeFiles:
    """Files that are worth a look together."""

    files: tuple[CheckedFile, ...]
    shared: tuple[str, ...]
    """What they share, in words."""
    same_formulas: bool


def alike(checked: Sequence[CheckedFile]) -> list[AlikeFiles]:
    """Find the files that are worth a look together, first those with the same formulas."""
    files = [each for each in checked if each.formulas.elsewhere]
    holders = Counter(formula for each in files for formula in each.formulas.elsewhere)
    common = {formula for formula, count in holders.items() if count > max(2, len(files) / 2)}
    own = {each.name: each.formulas.elsewhere - common for each in files}
    needed = {each.name: max(FEWEST, LEAST_SHARE * len(each.formulas.elsewhere)) for each in files}
    telling = {name for name, formulas in own.items() if len(formulas) >= needed[name]}
    groups = grouped(files, lambda each: each.formulas.elsewhere if each.name in telling else each.name)
    by_name = {group[0].name: group[0] for group in groups.values()}
    works = [_work(each, own[each.name] if each.name in telling else frozenset()) for each in by_name.values()]
    found = [
        AlikeFiles(tuple(group), _shared(group), same_formulas=True) for group in groups.values() if len(group) > 1
    ]
    for pair in pairs(works, {}, FEW_FILES):
        one, other = by_name[pair.one.who], by_name[pair.other.who]
        both = own[one.name] & own[other.name]
        fewer = min(len(one.formulas.elsewhere), len(other.formulas.elsewhere))
        # A few formulas that are alike by chance make nobody a copy.
        without_formulas = pair.bits - pair.bits_by_kind.get("elsewhere", 0.0)
        if without_formulas >= LEAST_BITS or len(both) >= max(FEWEST, LEAST_SHARE * fewer):
            found.append(AlikeFiles((one, other), _shared([one, other]), same_formulas=False))
    return found


def _work(checked: CheckedFile, formulas: frozenset[str]) -> Work:
    slips = _slips(checked)
    return Work(
        checked.name,
        formulas={formula: formula for formula in slips},
        elsewhere=[(formula, 0, 0) for formula in formulas],
        slips={formula: slip["kind"] for formula, slip in slips.items()},
        drawings=checked.found.get("drawings", ()),
        saved_by=_person(checked),
        saved_at=checked.file.saved_at,
    )


def _person(checked: CheckedFile) -> str:
    who = checked.file.who_saved
    return "" if who.casefold() in PROGRAMS else who


def _shared(files: Sequence[CheckedFile]) -> tuple[str, ...]:
    """What files share, in words."""
    formulas = frozenset.intersection(*(each.formulas.elsewhere for each in files))
    most = max(len(each.formulas.elsewhere) for each in files)
    if len(formulas) == most:
        place = "in the same cells" if len({each.formulas.where for each in files}) == 1 else "in other cells"
        words = [f"the same {most} formulas, {place}"]
    else:
        words = [f"{len(formulas)} of their {most} formulas"]
    slips = [_slips(each) for each in files]
    both = [slip for formula, slip in slips[0].items() if all(formula in each for each in slips)]
    words += [f"the same slip: {slip['words']}" for slip in both[:SHOWN]]
    drawings = set.intersection(*({*each.found.get("drawings", ())} for each in files))
    if drawings:
        words.append(f"{len(drawings)} pictures and charts, the same to the last byte")
    people = {_person(each) for each in files}
    if len(people) == 1 and people != {""}:
        words.append(f"saved by '{people.pop()}'")
        times = {each.file.saved_at for each in files}
        words += [f"saved at the same second, {times.pop()}"] if len(times) == 1 and times != {""} else []
    return tuple(words)


def _slips(checked: CheckedFile) -> dict[str, Mapping[str, Any]]:
    """The slips of a file by the formulas that have them, as these are the same for copies."""
    slips = {checked.formulas.written(fault.cell): fault.slip for fault in checked.faults}
    return {formula: slip for formula, slip in slips.items() if formula}
