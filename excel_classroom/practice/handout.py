"""The files of an exercise: one practice workbook, or one for each student of a class, and the teacher's key.

The files of a class are made and checked in a temporary folder, in as many processes as there are cores. When all are
there, the key is written, and then each file is moved to its place: a class never has only some of its files.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from excel_classroom.practice import private
from excel_classroom.practice.blanks import questions_about
from excel_classroom.practice.class_list import distinct, file_name
from excel_classroom.practice.exercise import Exercise, blanks_of, make_exercise
from excel_classroom.practice.exercise_plan import ExercisePlan, make_plan
from excel_classroom.practice.key import Key, Options, Student, fingerprint, load
from excel_classroom.practice.leakage import guessable
from excel_classroom.practice.private import write_private
from excel_classroom.practice.processes import each_in_processes
from excel_classroom.practice.source import ExerciseNetwork, current_source, digest_of, network_of
from excel_export.shared.cells import name_of
from excel_export.shared.errors import ExportError
from excel_export.shared.files import make_directory, write_atomically

SOLUTIONS = "solutions"
"""The folder of the solutions, beside the files of a class."""
ROUNDS = 64
"""The number of times that numbers are drawn again for students whose answers could be guessed."""
FEW = 8
"""The number of files up to which all are made in this process: another one takes seconds to start."""


@dataclass(frozen=True)
class Handout:
    """An exercise that writes its files, 'Ada.xlsx' for one student or all of a class; `handout_of` returns one."""

    network: ExerciseNetwork
    """The network with its own numbers."""
    plan: ExercisePlan
    """The blanks."""

    @property
    def key(self) -> Key:
        """The teacher's key with its blanks, which grading needs: it is saved as 'week3.key.json'."""
        return self.plan.key

    def make(self, variant: str, draw: int | None = None) -> tuple[int, Exercise]:
        """Return the draw and the workbooks of a variant, 'Ada': (0, Exercise(b'PK…', b'PK…')).

        Args:
            variant: the text by which numbers are drawn, as a rule the student's name; '' for the network's own
                numbers.
            draw: which numbers of the variant: 0 for the first drawn, 1 for the next; None for the first that suit the
                blanks.

        Raises:
            ExportError: no numbers suit the blanks, or the workbook's numbers differ from PyTorch's.
        """
        made = None if draw is None else self.network.draw(self.key.secret, variant, draw)
        if made is None:
            draw, made = next(self.plan.draws(self.network, variant))
        return draw or 0, make_exercise(made, self.plan, variant)

    def write_one(self, path: Path, variant: str, solution: Path | None) -> Key:
        """Write the workbook of one variant, such as 'Ada', and its solution; return the key with this student.

        `solution` is the path of the solution; None for none.
        """
        known = {each.variant: each.draw for each in self.key.students}
        draw, exercise = self.make(variant, known.get(variant))
        if solution:
            write_private(solution, exercise.solution)
        write_atomically(path, exercise.workbook)
        mark = fingerprint(self.key.secret, variant)
        student = Student(variant, variant=variant, file=path.name, fingerprint=mark, draw=draw, untold=exercise.untold)
        return self.key.with_students((student,))

    def write_class(
        self, folder: Path, people: Sequence[Student], solutions: Path | None, key_path: Path,
        progress: Callable[[float], None],
    ) -> tuple[Key, int]:  # fmt: skip
        """Write a workbook for each student, and the key; return (the key with all students, the number of kept files).

        A student's workbook that exists already is kept as it is. All files are made before the first is put into the
        folder.

        Args:
            folder: the folder of the workbooks, which is made if needed.
            people: the students.
            solutions: the folder of the solutions; None for none.
            key_path: the file of the key.
            progress: called with the fraction of files that are made, up to 1.

        Raises:
            ExportError: a file there belongs to another key, or no numbers suit the blanks for a student.
        """
        students = self._students(people)
        kept = {student.file for student in students if (folder / student.file).exists()}
        known = {student.fingerprint for student in self.key.students}
        stranger = next((each for each in students if each.file in kept and each.fingerprint not in known), None)
        if stranger:
            raise ExportError(
                f"{folder / stranger.file} is there already, and of another exercise: name another folder"
            )
        for directory in filter(None, (folder, solutions)):
            make_directory(directory)
        if solutions:
            solutions.chmod(private.FOLDER)
        todo = [student for student in students if solutions or student.file not in kept]
        with TemporaryDirectory(prefix=f".tmp-{folder.name}-", dir=folder.parent) as made:
            draws = self.draws([student.variant for student in students])
            few = len(todo) <= FEW
            make = partial(_make_files, self if few else None, current_source(self.key, None), self.key)
            jobs = [(each, Path(made), draws.get(each.variant)) for each in todo]
            made_of = {student.variant: student for student in students}
            for count, (variant, draw, untold) in enumerate(each_in_processes(make, jobs, alone=few), 1):
                made_of[variant] = replace(made_of[variant], draw=draw, untold=untold)
                progress(count / len(jobs))
            key = self.key.with_students(tuple(made_of.values()))
            key.save(key_path)
            for student in todo:
                if student.file not in kept:
                    os.replace(Path(made, student.file), folder / student.file)
                if solutions:
                    own = Path(made, SOLUTIONS, student.file)
                    own.chmod(private.FILE)
                    shutil.move(own, solutions / student.file)
        return key, len(kept)

    def draws(self, variants: Sequence[str]) -> dict[str, int]:
        """Return for variants the number of draws before their numbers, {'Ada': 0}; those that have a file keep theirs.

        In an exam, all are returned, and numbers are drawn again where a guess would earn too much. Outside of exams,
        only those with a file are returned: for others, numbers are drawn when the file is made.

        Raises:
            ExportError: no numbers suit the blanks for a student.
        """
        draws = {student.variant: student.draw for student in self.key.students}
        waiting = {each: self.plan.draws(self.network, each) for each in variants if each not in draws}
        if not self.key.options.exam or not waiting:
            return draws
        answers: dict[str, tuple[np.ndarray, ...]] = {}
        for variant, draw in draws.items():
            if made := self.network.draw(self.key.secret, variant, draw):
                answers[variant] = self.plan.answers(made.graph)
        again = [*waiting]
        for _ in range(ROUNDS):
            for variant in again:
                if found := next(waiting[variant], None):
                    draws[variant] = found[0]
                    answers[variant] = self.plan.answers(found[1].graph)
            poor = guessable(*(np.stack(each) for each in zip(*answers.values(), strict=True)))
            again = [variant for k, variant in enumerate(answers) if k in poor and variant in waiting]
        return draws

    def _students(self, people: Sequence[Student]) -> list[Student]:
        variants, taken = distinct(people), {each.file.casefold() for each in self.key.students}
        students = []
        for person, variant in zip(people, variants, strict=True):
            mine = [each for each in self.key.students if person.is_same(each)]
            owner = next((each for each in mine if each.variant == variant), mine[0] if mine else None)
            if owner is None:
                mark = fingerprint(self.key.secret, variant)
                owner = Student(person.name, variant=variant, file=file_name(variant, taken), fingerprint=mark)
            who = {each: getattr(person, each) for each in ("name", "id", "email", "platform")}
            students.append(replace(owner, **who))
        return students


def _make_files(
    handout: Handout | None, source: str, key: Key, job: tuple[Student, Path, int | None]
) -> tuple[str, int, tuple[tuple[int, str], ...]]:
    """Make the files of one student. Another process gets None as `handout` and makes it once."""
    handout = handout or _made_again(source, key)
    student, folder, draw = job
    drawn, exercise = handout.make(student.variant, draw)
    (folder / SOLUTIONS).mkdir(exist_ok=True)
    (folder / student.file).write_bytes(exercise.workbook)
    (folder / SOLUTIONS / student.file).write_bytes(exercise.solution)
    return student.variant, drawn, exercise.untold


@cache
def _made_again(source: str, key: Key) -> Handout:
    return handout_of(network_of(source), key)


def handout_of(network: ExerciseNetwork, key: Key, variants: Sequence[str] = ("",), *, many: bool = True) -> Handout:
    """Return the exercise of a key, whose `write_one` and `write_class` write files; a key without blanks gets some.

    Args:
        network: the network with its own numbers.
        key: the key, with the options.
        variants: the names by whose numbers cells are judged, ['Ada', 'Alan']; '' for the network's own.
        many: True for the same blanks in all files, and more may follow; False for those of the only variant.

    Raises:
        ExportError: nothing can be left empty.
    """
    plan = make_plan(network, key, variants, many=many)
    if not key.blanks:
        blanks = blanks_of(plan)
        questions = questions_about(blanks, key.options.questions)
        places = (plan.reference.places[k] for k in sorted(plan.withheld))
        withheld = tuple((sheet, name_of(row, col)) for sheet, row, col in places)
        plan = replace(plan, key=replace(key, blanks=blanks, questions=questions, withheld=withheld))
    return Handout(network, plan)


def key_for(
    source: str, network: ExerciseNetwork, options: Options, path: Path | None, rubric: str = "", *, secret: bool
) -> Key:
    """Return the key in a file, week3.key.json, or a new key if there is no such file.

    Args:
        source: FILE.py:FACTORY, or the name of a lesson.
        network: the network of that source.
        options: the options of the exercise.
        path: the file of the key; None for a new key that is not saved.
        rubric: the text of the rubric of a new key; '' for the proposed one.
        secret: True for numbers that nobody can foresee without the key; False for numbers that follow from the names.

    Raises:
        ExportError: the key at the path belongs to another exercise, or its source has changed.
    """
    digest = digest_of(network)
    if path is None or not path.exists():
        word = secrets.token_hex(16) if secret else ""
        return Key(word, source, options, digest, str(Path.cwd()), rubric=rubric)
    key = load(path)
    if (key.source, key.options) != (source, options):
        raise ExportError(f"{path}: the key of another exercise ({key.source}): name another file, or the same options")
    if key.digest != digest:
        # The files that were given out would be graded by other numbers.
        raise ExportError(f"{path}: {source} has changed since this key was written: name another file")
    return key
