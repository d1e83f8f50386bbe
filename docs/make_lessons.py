"""Write the workbooks of the lessons into workbooks/lessons/, or of those whose names are given.

python docs/make_lessons.py [NAME …]
"""

import sys
from pathlib import Path

from tqdm import tqdm

from excel_export.lessons.catalogue import lesson, own_lessons
from excel_export.lessons.write import write_lesson

FOLDER = Path(__file__).parents[1] / "workbooks" / "lessons"


def main(names: list[str]) -> None:
    """Write them."""
    lessons = [lesson(name) for name in names] if names else [*own_lessons().values()]
    FOLDER.mkdir(exist_ok=True)
    for each in tqdm(lessons, disable=None):
        write_lesson(each, FOLDER / f"{each.number:02}-{each.name}.xlsx")


if __name__ == "__main__":
    main(sys.argv[1:])
