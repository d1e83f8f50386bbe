"""`excel-export practice`: a workbook with blanks to fill in, or one for each student of a class.

Other commands that write practice workbooks have the same options, and do the same.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from excel_classroom.practice.blanks import Direction
from excel_export.shared.output_option import output_option, refuse_to_replace, written
from excel_export.shared.terminal import START, stages

WRITING = "make the files"
FILE = click.Path(dir_okay=False, path_type=Path)
OPTIONS = [
    output_option("The .xlsx file; of a class, the folder.", folder=True),
    click.option("--forward", is_flag=True, help="Ask for results of the forward pass."),
    click.option("--backward", is_flag=True, help="Ask for gradients."),
    click.option("--update", is_flag=True, help="Ask for parameters after a step.  [default: all three]"),
    click.option("--blanks", type=click.IntRange(1, 500), default=12, show_default=True, help="How many cells."),
    click.option("--level", type=click.IntRange(1, 2), default=2, show_default=True,
                 help="1: one product; 2: sums, too."),
    click.option("--questions", type=click.IntRange(0, 2),
                 help="How many are to be answered in words.  [default: 1 with --class or --exam, else 0]"),
    click.option("--learning-rate", type=float, default=0.1, show_default=True, help="Of the step."),
    click.option("--exam", is_flag=True, help="No marks, no hints, no formulas, and no answer anywhere in the file."),
    click.option("--variant", metavar="TEXT", help="Other numbers and blanks, the same again for the same text."),
    click.option("--class", "class_list", type=FILE, metavar="LIST.csv",
                 help="The same blanks with other numbers for each student of a list: as Moodle or Canvas exports it, "
                 "or names."),
    click.option("--name-column", metavar="TITLE", help="The list's column of names, where it has an unusual title."),
    click.option("--id-column", metavar="TITLE", help="The list's column of IDs, where it has an unusual title."),
    click.option("--solutions", is_flag=True, help="Write each workbook filled in, too."),
    click.option("--rubric", type=FILE, metavar="FILE",
                 help="What counts as right and what it is worth: a .toml file, as `excel-export grade` writes one."),
    click.option("--key", "key_path", type=FILE, metavar="FILE",
                 help="Where the teacher's key is kept, for grading.  "
                 "[default with --class or --exam: OUTPUT.key.json]"),
]  # fmt: skip


def practice_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of an exercise, -o, --blanks, --class and the rest of `OPTIONS`, to a function; a decorator.

    The function gets them as the keyword arguments of `write_practice`: output, blanks, class_list and so on.
    """
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def write_practice(
    source: str, *, output: Path, forward: bool, backward: bool, update: bool, blanks: int, level: int,
    questions: int | None, learning_rate: float, exam: bool, variant: str | None, class_list: Path | None,
    name_column: str | None, id_column: str | None, solutions: bool, rubric: Path | None, key_path: Path | None,
) -> None:  # fmt: skip
    """Write one practice workbook, or one for each student of a class, and print 'wrote …'.

    Args:
        source: FILE.py:FACTORY, or the name of a lesson.
        output: the workbook, or with a class list the folder of the workbooks.
        forward: True to take blanks from the forward pass; if all three are False, from all of them.
        backward: True to take blanks from the backward pass.
        update: True to take blanks from the update.
        blanks: the number of blanks.
        level: 1 for cells with one product only; 2 for sums of products, too.
        questions: the number of questions in words; None for 1 in an exam or with a class list, else 0.
        learning_rate: the rate of the update.
        exam: True for an exam: no marks, no hints, numbers in place of formulas.
        variant: the text by which numbers are drawn; None for the network's own numbers. With a class list: None.
        class_list: a CSV file with the students; None for one workbook.
        name_column: the title of the column of names; None for a known one, such as 'name'.
        id_column: the title of the column of IDs; None for a known one, such as 'id'.
        solutions: True to write the solutions, too: 'week3 solutions.xlsx' beside week3.xlsx; for the folder of a class
            the folder 'week3 solutions', whose files have the same names.
        rubric: a TOML file with points and tolerance; None for the proposed one.
        key_path: the file of the key; None for 'week3.key.json' beside the output in an exam or with a class list, else
            for no key.

    Raises:
        ExportError: the source, the list, the rubric or the key cannot be read, or nothing can be left empty.
        click.UsageError: the options do not go together, as `variant` and `class_list`.
    """
    is_file = output.suffix.lower() == ".xlsx"
    if variant is not None and class_list:
        raise click.UsageError("--variant and --class: say one of them.")
    if not class_list and not is_file:
        raise click.UsageError(f"{output}: name a file that ends in .xlsx, or a folder with --class.")
    if class_list and is_file:
        raise click.UsageError(f"{output}: with --class, name a folder.")
    if (name_column or id_column) and not class_list:
        raise click.UsageError("--name-column and --id-column go with --class.")
    with stages({START: 1}) as progress:
        progress(START, 0)
        from excel_classroom.practice.class_list import distinct, read_class
        from excel_classroom.practice.handout import SOLUTIONS, handout_of, key_for
        from excel_classroom.practice.key import Options
        from excel_classroom.practice.rubric import read_rubric
        from excel_classroom.practice.source import network_of
        from excel_export.formulas.words import counted

    folder, kept = output.with_name(f"{output.stem} {SOLUTIONS}{output.suffix}") if solutions else None, 0
    if folder:
        refuse_to_replace(folder)
    handed_in = exam or class_list is not None
    if key_path is None and handed_in:
        key_path = output.with_name(f"{output.stem}.key.json")
    people = read_class(class_list, name_column, id_column).people if class_list else ()
    wanted: dict[Direction, bool] = {"forward": forward, "backward": backward, "update": update}
    directions = tuple(what for what in wanted if wanted[what] or not any(wanted.values()))
    in_words = int(handed_in) if questions is None else questions
    options = Options(directions, blanks, level, exam, in_words, learning_rate)
    rubric_text = read_rubric(rubric).text if rubric else ""
    # Without the bar: what the user's file prints would stand in it.
    network = network_of(source)
    key = key_for(source, network, options, key_path, rubric_text, secret=handed_in)
    with stages({WRITING: 1}) as progress:
        progress(WRITING, 0)
        variants = distinct(people) if people else [variant or ""]
        handout = handout_of(network, key, variants, many=bool(people))
        if people and key_path:
            key, kept = handout.write_class(output, people, folder, key_path, lambda share: progress(WRITING, share))
        else:
            key = handout.write_one(output, variant or "", folder)
            if key_path:
                key.save(key_path)
    count = len(handout.key.blanks)
    if people:
        click.echo(f"wrote {output}: {counted(len(people) - kept, 'file')}, each with {counted(count, 'blank')}")
    else:
        click.echo(f"{written(output)} with {counted(count, 'blank')}")
    if kept:
        click.echo(f"kept {counted(kept, 'file')} that were given out before: delete one to write it anew")
    if folder:
        click.echo(f"wrote {folder}: for you alone")
    if key_path:
        click.echo(f"wrote {key_path}: keep it, and give it to nobody")
    right = [f"blank {k} ({'; '.join(blank.untold)})" for k, blank in enumerate(key.blanks, 1) if blank.untold]
    if right and handed_in:  # without a secret, a new key gives the same blanks
        advice = "for other blanks, use another -o and --key"
        click.echo(f"even with a mistake, the answer is right at {', '.join(right)}: {advice}")
    if count < blanks:
        click.echo(f"fewer blanks than {blanks}: this network has no more of this kind")
    if not people:
        click.echo(f"open {output}: begin on the sheet Practice")


EXAMPLES = """\b
Examples:
  excel-export practice one-neuron -o practice.xlsx
  excel-export practice net.py:tiny -o practice.xlsx --backward --blanks 8 --questions 1
  excel-export practice net.py:tiny -o week3 --class list.csv --exam --solutions
"""


@click.command("practice", epilog=EXAMPLES)
@click.argument("source", metavar="SOURCE")
@practice_options
def command(source: str, **given: Any) -> None:
    """Write a workbook in which cells of a network are left empty, for a learner to fill in.

    SOURCE is FILE.py:FACTORY, as for `excel-export export`, or the name of a lesson, as `excel-export lesson --list`
    shows them.

    Each blank is marked at once: right, wrong, or right from your numbers. With --class, each student gets a
    file with the same blanks and other numbers; the key, which the students must not see, is what `excel-export grade`
    needs. What --exam protects, and what it doesn't, stands in docs/teaching.md.
    """
    write_practice(source, **given)
