"""`excel-export grade`: a folder of practice workbooks → a table, and pages for the students and the teacher."""

from __future__ import annotations

from pathlib import Path

import click

from excel_export.shared.errors import ExportError
from excel_export.shared.terminal import stages

START, LOOK, GRADE = "load the exercise", "look at the files", "grade the files"
PARTS = {START: 2, LOOK: 2, GRADE: 10}
RUBRIC = "rubric.toml"
FILE, FOLDER = click.Path(dir_okay=False, path_type=Path), click.Path(file_okay=False, path_type=Path)
EXAMPLES = """\b
Examples:
  excel-export grade handed-in/ --key week3.key.json -o grades.csv --report report/
  excel-export grade submissions.zip --key week3.key.json -o grades.csv --report report/ \\
      --format moodle --class worksheet.csv
"""


@click.command("grade", epilog=EXAMPLES)
@click.argument("submissions", metavar="SUBMISSIONS", type=click.Path(path_type=Path))
@click.option("--key", "key_path", type=click.Path(path_type=Path), required=True, help="The key of the exercise.")
@click.option("-o", "--output", type=FILE, required=True, help="The .csv file.")
@click.option("--report", type=FOLDER, help="A folder for the pages.")
@click.option("--rubric", "rubric_path", type=FILE, help="What counts as right and what it is worth: a .toml file.")
@click.option(
    "--keep",
    type=click.Choice(["newest", "best", "first"]),
    default="newest",
    show_default=True,
    help="Which of several files of a student counts.",
)
@click.option("--separator", type=click.Choice(["comma", "semicolon", "tab"]), default="comma", show_default=True)
@click.option("--decimal", type=click.Choice(["point", "comma"]), default="point", show_default=True)
@click.option("--format", "platform", type=click.Choice(["moodle", "canvas"]), help="Write what it imports, too.")
@click.option("--class", "class_list", type=FILE, metavar="LIST.csv", help="With --format: the table that it exported.")
@click.option("--assignment", metavar="TITLE", help="With --format canvas: the column.  [default: the exercise's name]")
@click.option("--anonymous", is_flag=True, help="Show the answers in words without names.")
@click.option("--marked", type=FILE, metavar="FILE.csv", help="What the page marking.html of a former run saved.")
@click.option("--resume", is_flag=True, help="Go on where a run was stopped.")
@click.option("--seconds", type=click.IntRange(1, 3600), default=60, show_default=True, help="At most for each file.")
def command(
    submissions: Path,
    key_path: Path,
    output: Path,
    report: Path | None,
    rubric_path: Path | None,
    keep: str,
    separator: str,
    decimal: str,
    platform: str | None,
    class_list: Path | None,
    assignment: str | None,
    anonymous: bool,
    marked: Path | None,
    resume: bool,
    seconds: int,
) -> None:
    """Grade a folder or a zip of practice workbooks, as Excel, LibreOffice or Google Sheets saved them.

    Each blank is right; right, given the student's earlier numbers; wrong, with the mistake where it is a known one;
    empty; or uncertain. What cannot be graded has a line that says why. What a teacher should look at stands in
    "OUTPUT by hand.csv" and on the page marking.html: points that you give there count, and survive grading again.

    The report has a page and an annotated copy for each file; for you a page about the class, one with pairs of files
    that are worth a look, one with the answers in words; and rubric.toml: change a copy of it, and pass that on with
    --rubric.
    """
    if output.suffix.lower() != ".csv":
        raise ExportError(f"{output}: name a file that ends in .csv")
    if bool(platform) != bool(class_list):
        raise click.UsageError("--format and --class go together: the table that the platform exported is filled in.")
    with stages(PARTS) as progress:
        progress(START, 0)
        from concurrent.futures import ThreadPoolExecutor

        from excel_classroom.grading.attribution import attribute
        from excel_classroom.grading.by_hand import read_by_hand
        from excel_classroom.grading.grade_all import Grading, Settings
        from excel_classroom.grading.marked_pages import exercise_name
        from excel_classroom.grading.papers import papers_of
        from excel_classroom.practice.class_list import read_class
        from excel_classroom.practice.key import load
        from excel_classroom.practice.processes import cores
        from excel_classroom.practice.rubric import read_rubric
        from excel_classroom.results.collected import REPORT, collected
        from excel_classroom.results.platforms import write_feedback, write_grades
        from excel_classroom.results.tables import Layout
        from excel_export.shared.files import make_directory, write_atomically

        key = load(key_path)
        rubric, rubric_text = read_rubric(rubric_path, key.rubric)
        listed = read_class(class_list) if class_list else None
        layout = Layout.of(separator, decimal)
        settings = Settings(rubric, output, report, keep, layout, seconds, anonymous, resume)
        given = read_by_hand(settings.by_hand, key) | (read_by_hand(marked, key) if marked else {})
        ours = [path for path in (report, output, key_path, settings.by_hand, class_list, rubric_path) if path]
        with collected(submissions, ours) as (files, skipped), papers_of(key, key_path.resolve().parent) as papers:
            if report:
                make_directory(report)
                write_atomically(report / RUBRIC, rubric_text.encode())
            progress(LOOK, 0)
            with ThreadPoolExecutor(cores() + 1) as pool:
                handed_in = attribute(files, key, seen=lambda count: progress(LOOK, count / len(files)), each=pool.map)
            progress(GRADE, 0)
            grading = Grading(handed_in, papers, given, settings)
            try:
                grades = grading.run(lambda count: progress(GRADE, count / len(files)))
            except KeyboardInterrupt:
                click.echo(f"{output} has what is graded so far: to go on, add --resume", err=True)
                raise
    for line in skipped:
        click.echo(f"skipped {line}")
    for grade in grades:
        if not grade.marks:
            click.echo(f"{grade.file.name}: not graded: {grade.file.problem}")
    graded = sum(grade.marks is not None for grade in grades)
    click.echo(f"{graded} of {len(grades)} files graded; wrote {output}")
    if grading.waiting:
        click.echo(f"{grading.waiting} answers to look at: {settings.by_hand}")
    if platform and listed:
        table = output.with_name(f"{output.stem} {platform}.csv")
        write_grades(table, platform, listed, grades, assignment or exercise_name(key), layout)
        click.echo(f"wrote {table}: import it into {platform.capitalize()}")
        if report:
            bundle = output.with_name(f"{output.stem} {platform} feedback.zip")
            count = write_feedback(bundle, platform, listed, grades, grading.for_students)
            nothing = f"no {bundle.name}: neither the names of the files nor {class_list} say whom {platform} means"
            click.echo(f"wrote {bundle} with {count} files for the students" if count else nothing)
    if report:
        click.echo(f"open {report / REPORT}")
