"""`excel-export grade`: a folder of practice workbooks → a table, and pages for the students and the teacher."""

from __future__ import annotations

from pathlib import Path

import click

from excel_export.shared.errors import ExportError
from excel_export.shared.terminal import stages

START, ROLL, GRADE = "load the exercise", "look at the files", "grade the files"
PARTS = {START: 2, ROLL: 2, GRADE: 10}
RUBRIC = "rubric.toml"


@click.command("grade", epilog="Example: excel-export grade handed-in/ --key key.json -o grades.csv --report report/")
@click.argument("submissions", metavar="SUBMISSIONS", type=click.Path(path_type=Path))
@click.option("--key", "key_path", type=click.Path(path_type=Path), required=True, help="The key of the exercise.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .csv file.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="A folder for the pages.")
@click.option("--rubric", "rubric_path", type=click.Path(path_type=Path), help="What a blank is worth: a .toml file.")
@click.option("--seconds", type=click.IntRange(1, 3600), default=60, show_default=True, help="At most for each file.")
def command(
    submissions: Path, key_path: Path, output: Path, report: Path | None, rubric_path: Path | None, seconds: int
) -> None:
    """Grade a folder of practice workbooks, as Excel, LibreOffice or Google Sheets saved them.

    Each blank is right; right, given the student's earlier numbers; wrong, with the mistake where it is a known one; or
    empty. What cannot be graded has a line that says why. The report has a page for each file, one for the class, and
    rubric.toml: change a copy of it, and pass that on with --rubric.
    """
    with stages(PARTS) as progress:
        progress(START, 0)
        from excel_export.grading.attribution import attribute, files_in
        from excel_export.grading.grade_all import CLASS_PAGE, grade_all
        from excel_export.grading.papers import papers_of
        from excel_export.grading.rubric import DEFAULT, read_rubric
        from excel_export.practice.key import load
        from excel_export.shared.files import make_directory, write_atomically

        if output.suffix.lower() != ".csv":
            raise ExportError(f"{output}: name a file that ends in .csv")
        key, rubric, files = load(key_path), read_rubric(rubric_path), files_in(submissions)
        if report:
            make_directory(report)
            text = rubric_path.read_bytes() if rubric_path else DEFAULT.encode()
            write_atomically(report / RUBRIC, text)
        with papers_of(key) as papers:
            progress(ROLL, 0)
            roll = attribute(submissions, files, key, lambda count: progress(ROLL, count / len(files)))
            progress(GRADE, 0)
            grades = grade_all(
                roll, key, papers, rubric, output, report,
                seconds=seconds, done=lambda count: progress(GRADE, count / len(files)),
            )  # fmt: skip
    for grade in grades:
        if not grade.marks:
            click.echo(f"{grade.file.name}: not graded: {grade.file.problem}")
    graded = sum(grade.marks is not None for grade in grades)
    click.echo(f"{graded} of {len(grades)} files graded; wrote {output}")
    if report:
        click.echo(f"open {report / CLASS_PAGE}")
