"""Write the workbooks of the lessons into workbooks/lessons/, or of those whose names are given, and a list of all.

python docs/make_lessons.py [NAME …]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from excel_export.lessons.catalogue import lesson, own_lessons
from excel_export.lessons.lesson_workbook import file_name, write_lesson

FOLDER = Path(__file__).parents[1] / "workbooks" / "lessons"
LIST = """\
# Lessons

A course in backpropagation with one workbook per lesson. Open a workbook and start on the *Lesson* sheet: answer each
question in its yellow cell, then follow the link to check. Every number comes from a live formula and equals PyTorch's.

Teachers: delete the last sheet, *Answers*, before you hand out a file. No other sheet refers to it.

| | lesson | minutes |
|---|---|---|
{}

Lesson 10 is the trained network that reads a digit and adds a number: `excel-export lesson adder -o adder.xlsx`. The
same command writes the other lessons; `excel-export lesson --list` lists their names.

{}
"""
IMAGES = Path(__file__).parent / "images"


def main(names: list[str]) -> None:
    """Write them."""
    lessons = [lesson(name) for name in names] if names else [*own_lessons().values()]
    FOLDER.mkdir(exist_ok=True)
    for each in tqdm(lessons, disable=None):
        write_lesson(each, FOLDER / file_name(each))
    rows = [
        f"| {each.number} | [{each.title}]({file_name(each)}) | {each.minutes} |" for each in own_lessons().values()
    ]
    (FOLDER / "README.md").write_text(LIST.format("\n".join(rows), "\n\n".join(_pictures())), encoding="utf-8")


def _pictures() -> Iterator[str]:
    for each in own_lessons().values():
        picture = IMAGES / f"lesson-{Path(file_name(each)).stem}.png"
        if picture.exists():
            yield f"## {each.number} · {each.title}\n\n![{each.title}](../../docs/images/{picture.name})"


if __name__ == "__main__":
    main(sys.argv[1:])
