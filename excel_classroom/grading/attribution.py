"""The owner of each file: by the fingerprint in the file, by the platform's name for it, and by the name of the file.

The fingerprint counts first, then the platform, then the name; a remark says where two differ. A file that does not
fit, such as a workbook of another exercise or another student's file, is reported and not guessed.
"""

from collections.abc import Callable, Sequence
from itertools import count

from excel_classroom.grading.grading_process import ask
from excel_classroom.practice.key import FINGERPRINT_NAME, Key
from excel_classroom.practice.processes import cores
from excel_classroom.results.handed_in import HandedIn, owner
from excel_classroom.results.progress import each_of
from excel_classroom.results.tables import clean
from excel_export.shared.grouped import grouped
from excel_export.shared.sandbox import NotGraded

TAKEN = "another student's file"
"""The beginning of a file's problem if it belongs to another student."""
SHOWN = 3
"""The number of files that a remark lists."""
READ = (".xlsx", ".xlsm")
"""The suffixes of the files that are read; macros in them are not run."""
MAILS = (".eml", ".msg")
"""The suffixes of mails, which may hold a workbook but are not opened."""


def attribute(files: Sequence[HandedIn], *keys: Key, progress: Callable[[int], None] = lambda number: None) -> None:
    """Set `student` of each file to the one to whom it was handed out, by its fingerprint in one of the keys.

    A file that gets no grade, as one of another exercise, gets the reason as `problem`: 'a workbook of another
    exercise: …'. `progress` is called with the number of files that are done, from 1 on.
    """
    numbers = count(1)
    each_of(lambda file: _look(file, keys), files, lambda _: progress(next(numbers)), cores() + 1)
    owned = [file for file in files if file.fingerprint and file.student and not file.problem]
    for group in grouped(owned, lambda file: file.fingerprint).values():
        _settle(group)


def _look(file: HandedIn, keys: Sequence[Key]) -> None:
    for key in keys:
        by_platform, by_name, file.late = owner(file.name, key.students)
        file.student = file.student or by_platform or by_name
    file.problem = file.problem or _read(file, keys)


def _read(file: HandedIn, keys: Sequence[Key]) -> str:
    """Read the fingerprint and who saved the file; return why it gets no grade, or ''."""
    path = file.path
    if path.is_symlink() or not path.is_file():
        return "a link or a device, no file: it is not followed"
    if path.suffix.lower() not in READ:
        if path.suffix.lower() in MAILS:
            return "a mail: save what is attached to it, and put that file into the folder instead"
        return f"no .xlsx file, but {clean(path.suffix) or 'without an ending'}: save it as .xlsx"
    try:
        answer = ask("look", path, name=FINGERPRINT_NAME)
    except NotGraded as error:
        return str(error)
    file.note_properties(answer["properties"])
    if answer["macros"]:
        file.remarks.append("holds macros, which were not run")
    file.fingerprint = answer["fingerprint"]
    if not file.fingerprint:
        return "a spreadsheet, but none of this exercise's: it has no fingerprint"
    for key in keys:
        if handed_to := key.student(file.fingerprint):
            by_platform, by_name, _ = owner(file.name, key.students)
            file.student, other = handed_to, by_platform or by_name
            if other and other is not handed_to:
                file.other = other
            elif by_name and by_name is not handed_to:
                file.remarks.append(f"its name says {by_name.name}")
            return ""
    which = "this key" if len(keys) == 1 else "these keys"
    return f"a workbook of another exercise: its fingerprint is not in {which}"


def _settle(group: list[HandedIn]) -> None:
    handed_to = group[0].student
    assert handed_to
    own = [file for file in group if not file.other]
    strangers = [file for file in group if file.other]
    for file in strangers:
        assert file.other
        said = f"it was handed out to {handed_to.name}, but comes as {file.other.name}'s"
        if own:
            named = "; ".join(f"{other.name} (saved {other.saved_words})" for other in own[:SHOWN])
            file.problem = f"{TAKEN}: {said}; this one was saved {file.saved_words}, and so is {named}"
            file.student = file.other
        else:
            file.remarks.append(said)
    for file in own:
        for each in strangers[:SHOWN]:
            whose = each.other.name if each.other else ""
            file.remarks.append(f"{each.name} is the same file, as {whose}'s: {each.saved_words}")
