"""`excel-export grade`: a folder of practice workbooks → a table, and pages for the students and the teacher."""

from pathlib import Path
from typing import Any

import click

from excel_classroom.results.tables import is_table_of_grades
from excel_export.shared import sandbox
from excel_export.shared.errors import ExportError
from excel_export.shared.output_option import output_option, written
from excel_export.shared.sandbox_option import sandbox_option
from excel_export.shared.terminal import stages

START, LOOK, GRADE = "load the exercise", "look at the files", "grade the files"
PARTS = {START: 2, LOOK: 2, GRADE: 10}
ANY, FILE = click.Path(path_type=Path), click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
KEEP, SEPARATOR = click.Choice(["newest", "best", "first"]), click.Choice(["comma", "semicolon", "tab"])
EXAMPLES = """\b
Examples:
  excel-export grade handed-in/ --key week3.key.json -o grades.csv --report report/
  excel-export grade submissions.zip --key week3.key.json -o grades.csv --report report/ \\
      --format moodle --class worksheet.csv
  excel-export grade term/ --key week1.key.json --key week2.key.json -o term.csv --report report/
"""


@click.command("grade", epilog=EXAMPLES)
@click.argument("submissions", metavar="SUBMISSIONS", type=ANY)
@click.option(
    "--key", "keys", type=ANY, required=True, multiple=True, help="The key of the exercise; of a term, all keys."
)
@click.option("--weights", metavar="1,2,…", help="Of a term: what each sheet counts.  [default: all the same]")
@click.option("--drop-lowest", type=click.IntRange(0), default=0, metavar="N", help="Of a term: the N worst sheets.")
@output_option("The .csv file.", may_go=is_table_of_grades)
@click.option("--report", type=FOLDER, help="A folder for the pages.")
@click.option("--rubric", type=FILE, help="What counts as right and what it is worth: a .toml file.")
@click.option(
    "--keep", type=KEEP, default="newest", show_default=True, help="Which of several files of a student counts."
)
@click.option("--separator", type=SEPARATOR, default="comma", show_default=True)
@click.option("--decimal", type=click.Choice(["point", "comma"]), default="point", show_default=True)
@click.option("--format", "platform", type=click.Choice(["moodle", "canvas"]), help="Write what it imports, too.")
@click.option(
    "--class",
    "class_list",
    type=FILE,
    multiple=True,
    metavar="LIST.csv",
    help="With --format: the table that it exported; of a term, one for all keys or one for each, in their order.",
)
@click.option(
    "--assignment",
    multiple=True,
    metavar="TITLE",
    help="With --format canvas: the column; of a term, one for each key.  [default: the exercise's or the key's name]",
)
@click.option("--anonymous", is_flag=True, help="Show the answers in words without names.")
@click.option(
    "--marked",
    type=THERE,
    multiple=True,
    metavar="FILE.csv",
    help="What a page marking.html of a former run saved; of a term, it must keep its name.",
)
@click.option("--resume", is_flag=True, help="Go on where a run was stopped.")
@click.option("--seconds", type=click.IntRange(1, 3600), default=60, show_default=True, help="At most for each file.")
@sandbox_option
def command(**given: Any) -> None:
    """Grade a folder or a zip of practice workbooks, as Excel, LibreOffice or Google Sheets saved them.

    Each blank is right; right, given the student's earlier numbers; wrong, with the mistake where it is a known one;
    empty; or uncertain. What cannot be graded has a line that says why. What a teacher should look at stands in
    "OUTPUT by hand.csv" and on the page marking.html: points that you give there count, and survive grading again.

    The report has a page and an annotated copy for each file; for you a page about the class, one with pairs of files
    that are worth a look, one with the answers in words; and rubric.toml: change a copy of it, and pass that on with
    --rubric.

    With several keys, SUBMISSIONS holds the files of a term. Each sheet has a table and a report of its own, and OUTPUT
    is the gradebook: of each student the points of every sheet, all of them by their weights, and what is missing.
    """
    output, is_term = given["output"], len(given["keys"]) > 1
    if output.suffix.lower() != ".csv":
        raise ExportError(f"{output}: name a file that ends in .csv")
    if bool(given["platform"]) != bool(given["class_list"]):
        raise click.UsageError("--format and --class go together: the table that the platform exported is filled in.")
    if not is_term and max(len(given["class_list"]), len(given["assignment"])) > 1:
        raise click.UsageError("several files with --class, or titles with --assignment, go with several keys.")
    if is_term and len(given["assignment"]) == 1:
        raise click.UsageError("--assignment: with several keys, say one title for each of them.")
    if not is_term and len(given["marked"]) > 1:
        raise click.UsageError("several files with --marked go with several keys: name the newest one.")
    for option in ("weights", "drop_lowest"):
        if given[option] and not is_term:
            raise click.UsageError(f"--{option.replace('_', '-')} goes with several keys: the sheets of a term.")
    with stages(PARTS) as progress:
        progress(START, 0)
        from excel_classroom.grading.grade_run import GradeRun

        run = GradeRun(**given)
        try:
            run.grade(lambda share: progress(LOOK, share), lambda share: progress(GRADE, share))
        except KeyboardInterrupt:
            click.echo(f"{output} has what is graded so far: to go on, add --resume", err=True)
            raise
    for line in run.messages(written(output)):
        click.echo(line)
    if sandbox.warning():
        click.echo(sandbox.warning(), err=True)
