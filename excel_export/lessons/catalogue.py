"""The lessons of this folder, and those of other packages."""

from __future__ import annotations

from collections import Counter
from importlib.metadata import entry_points

from torch import nn

from excel_export.compiler.reference.arguments import Inputs
from excel_export.factories import Factories
from excel_export.lessons.lesson import Lesson
from excel_export.shared.errors import ExportError
from excel_export.shared.modules import modules_in

GROUP = "excel_export.lessons"
"""The group of entry points by which a package adds its lessons; each leads to a `Lesson`."""


def own_lessons() -> dict[str, Lesson]:
    """Return every `Lesson` in the files of this folder, in the order of the course: {'one-neuron': Lesson, …}."""
    modules = modules_in("excel_export.lessons")
    return _ordered([thing for module in modules for thing in vars(module).values() if isinstance(thing, Lesson)])


def all_lessons() -> dict[str, Lesson]:
    """Return the lessons of this folder and of other packages, in the order of the course: {'one-neuron': Lesson, …}.

    Raises:
        ExportError: an entry point cannot be loaded, or is no lesson; or two lessons have the same name.
    """
    found = [*own_lessons().values()]
    # An older installation in the same folder may announce a lesson once more.
    for point in {point.value: point for point in entry_points(group=GROUP)}.values():
        try:
            thing = point.load()
        except Exception as error:
            raise ExportError(f"the lesson '{point.name}' of {point.value} cannot be loaded: {error}") from error
        if not isinstance(thing, Lesson):
            raise ExportError(f"the lesson '{point.name}' of {point.value} is no excel_export.lessons.lesson.Lesson")
        found.append(thing)
    return _ordered(found)


def lesson(name: str) -> Lesson:
    """Return a lesson by its name, such as 'one-neuron'.

    Raises:
        ExportError: there is no such lesson.
    """
    lessons = all_lessons()
    if name not in lessons:
        raise ExportError(f"there is no lesson '{name}'; there are: {', '.join(lessons)}")
    return lessons[name]


def module_and_inputs(source: str) -> tuple[nn.Module, Inputs]:
    """Return a network and its inputs, {'x': tensor}, by 'net.py:tiny' (file and function) or by a lesson's name.

    Raises:
        ExportError: there is no such function or lesson, or it fails.
    """
    if source.endswith(".py") or ":" in source:
        return Factories().network(source)
    return lesson(source).make()


def _ordered(lessons: list[Lesson]) -> dict[str, Lesson]:
    lessons.sort(key=lambda lesson: lesson.number)
    names = Counter(lesson.name for lesson in lessons)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise ExportError(f"two lessons have the name '{twice[0]}'")
    return {lesson.name: lesson for lesson in lessons}
