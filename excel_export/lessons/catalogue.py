"""Which lessons there are: those of this folder, and those that other packages announce."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.metadata import entry_points

import excel_export.lessons as folder
from excel_export.lessons.lesson import Lesson
from excel_export.shared.errors import ExportError

GROUP = "excel_export.lessons"
"""Of the entry points by which a package announces its lessons; each leads to a `Lesson`."""


def all_lessons() -> dict[str, Lesson]:
    """Return every lesson by its name, in the order of the course.

    Every `Lesson` that a file of this folder holds is one of them. A lesson of another package that cannot be loaded
    is left out: it has no part in the others.
    """
    found = []
    for item in pkgutil.iter_modules(folder.__path__):
        module = import_module(f"{folder.__name__}.{item.name}")
        found += [thing for thing in vars(module).values() if isinstance(thing, Lesson)]
    for point in entry_points(group=GROUP):
        try:
            thing = point.load()
        except (ImportError, AttributeError):
            continue
        if isinstance(thing, Lesson):
            found.append(thing)
    found.sort(key=lambda lesson: lesson.number)
    return {lesson.name: lesson for lesson in found}


def lesson(name: str) -> Lesson:
    """Return a lesson by its name.

    Raises:
        ExportError: there is no such lesson.
    """
    lessons = all_lessons()
    if name not in lessons:
        raise ExportError(f"there is no lesson '{name}'; there are: {', '.join(lessons)}")
    return lessons[name]
