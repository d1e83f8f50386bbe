"""What the commands that write practice workbooks have in common: their options, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from excel_export.shared.stages import START
from excel_export.shared.terminal import stages

if TYPE_CHECKING:
    from excel_export.practice.key import Student

WRITING = "write the files"
OPTIONS = [
    click.option(
        "-o", "--output", type=click.Path(path_type=Path), required=True, help="The .xlsx file; of a class, the folder."
    ),
    click.option("--forward", is_flag=True, help="Ask for results of the forward pass."),
    click.option("--backward", is_flag=True, help="Ask for gradients."),
    click.option("--update", is_flag=True, help="Ask for parameters after a step.  [default: all three]"),
    click.option("--blanks", type=click.IntRange(1, 500), default=12, show_default=True, help="How many cells."),
    click.option(
        "--level",
        type=click.IntRange(1, 3),
        default=2,
        show_default=True,
        help="1: one product; 2: sums; 3: whole gradients, so that no neighbour's formula can be copied.",
    ),
    click.option("--learning-rate", type=float, default=0.1, show_default=True, help="Of the step."),
    click.option("--exam", is_flag=True, help="No marks, no hints, and no answer anywhere in the file."),
    click.option("--variant", metavar="TEXT", help="Other numbers and blanks, the same again for the same text."),
    click.option(
        "--class",
        "names",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="LIST.csv",
        help="A variant for each name of the first column.",
    ),
    click.option("--solutions", is_flag=True, help="Write each workbook filled in, too."),
    click.option(
        "--key",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Where the teacher's key is kept, for grading.  [default with --class or --exam: OUTPUT.key.json]",
    ),
]


def practice_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a practice workbook."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def write_practice(
    source: str,
    output: Path,
    forward: bool = False,
    backward: bool = False,
    update: bool = False,
    blanks: int = 12,
    level: int = 2,
    learning_rate: float = 0.1,
    exam: bool = False,
    variant: str | None = None,
    names: Path | None = None,
    solutions: bool = False,
    key: Path | None = None,
) -> None:
    """Write one practice workbook, or one for each student of a class, and say what was written.

    Raises:
        ExportError: see `network_of`, `make_exercise`, `key_for` and `read_names`.
        click.UsageError: the options do not go together.
    """
    if variant is not None and names:
        raise click.UsageError("--variant and --class: say one of them.")
    if names is None and output.suffix.lower() != ".xlsx":
        raise click.UsageError(f"{output}: name a file that ends in .xlsx, or a folder with --class.")
    if names and output.suffix.lower() == ".xlsx":
        raise click.UsageError(f"{output}: with --class, name a folder.")
    wanted = {"forward": forward, "backward": backward, "update": update}
    with stages({START: 1}) as progress:
        progress(START, 0)
        from excel_export.formulas.words import counted
        from excel_export.practice.handout import SOLUTIONS, Handout, key_for, read_names
        from excel_export.practice.key import Options
        from excel_export.practice.source import network_of

    students = read_names(names) if names else []
    directions = tuple(what for what in wanted if wanted[what] or not any(wanted.values()))
    options = Options(directions, blanks, level, exam, learning_rate)  # type: ignore[arg-type]
    if key is None and (exam or names):
        key = output.with_name(f"{output.stem}.key.json")
    # Without the bar: what the user's file prints would stand in it.
    network = network_of(source)
    kept = key_for(source, network, options, key, secret=exam or bool(names))
    handout = Handout(network, f"Practice: {type(network.module).__name__}", kept)
    folder = _beside(output, SOLUTIONS) if solutions else None
    given_out = handout.given_out(output, students)
    made: list[Student] = []
    try:
        with stages({WRITING: 1}) as progress:
            progress(WRITING, 0)
            if names:
                made.extend(
                    handout.write_class(output, students, given_out, folder, lambda share: progress(WRITING, share))
                )
            else:
                made.append(handout.write_one(output, variant or "", folder))
    finally:
        # Also of a class that was stopped: what was given out can be graded.
        if key and made:
            kept.with_students(tuple(made)).save(key)
    if names:
        click.echo(f"wrote {output}: {counted(len(made) - len(given_out), 'file')}")
        if given_out:
            click.echo(
                f"kept {counted(len(given_out), 'file')} that were given out before: delete one to write it anew"
            )
    else:
        click.echo(f"wrote {output} with {counted(len(made[0].blanks), 'blank')}")
    if folder:
        click.echo(f"wrote {folder}: for you alone")
    if key:
        click.echo(f"wrote {key}: keep it, and give it to nobody")
    if len(made[0].blanks) < blanks:
        click.echo(f"fewer blanks than {blanks}: this network has no more of this kind")
    if not names:
        click.echo(f"open {output}: begin on the sheet Practice")


def _beside(output: Path, what: str) -> Path:
    return output.with_name(f"{output.stem} {what}{output.suffix}")
