"""`excel-export lesson`: a lesson's workbook, or a list of the lessons."""

from pathlib import Path

import click

from excel_export.shared.output_option import output_option, written
from excel_export.shared.terminal import STAGES, STAGES_OF_A_PAGE, START, stages


@click.command("lesson", epilog="Example: excel-export lesson one-neuron -o one-neuron.xlsx")
@click.argument("name", metavar="NAME", required=False)
@output_option("The .xlsx file; with --page, the .html file.", required=False)
@click.option("--list", "listed", is_flag=True, help="Show which lessons there are.")
@click.option("--page", "as_page", is_flag=True, help="Write one page for a browser, not a workbook.")
@click.option("--practice", is_flag=True, help="Leave cells empty, to be filled in; `excel-export practice` has more.")
@click.pass_context
def command(
    context: click.Context, name: str | None, output: Path | None, listed: bool, practice: bool, as_page: bool
) -> None:
    """Write the workbook, or the page, of a lesson: a small network, and questions about it.

    NAME is 'one-neuron' or another that --list shows. Give NAME with -o, or --list alone.
    """
    if listed == (name is not None) or (name and output is None):
        raise click.UsageError("Say NAME and -o FILE.xlsx, or --list.")
    if practice and as_page:
        raise click.UsageError("A page has no cells to be filled in: leave out --practice or --page.")
    if practice and name and output:
        group = context.find_root().command
        assert isinstance(group, click.Group)
        context.invoke(group.commands["practice"], source=name, output=output, overwrite=True)
        return
    with stages({START: 1}) as progress:
        progress(START, 0)
        from excel_export.lessons import catalogue
        from excel_export.lessons.lesson_page import write_lesson_page
        from excel_export.lessons.lesson_workbook import write_lesson

        lessons = catalogue.all_lessons()
    if name is None or output is None:
        width = max(map(len, lessons))
        for item in lessons.values():
            click.echo(f"{item.number:>2}  {item.name:<{width}}  {item.title} (about {item.minutes} minutes)")
        return
    chosen = catalogue.lesson(name)
    with stages(STAGES_OF_A_PAGE if as_page else STAGES) as progress:
        report = (write_lesson_page if as_page else write_lesson)(chosen, output, progress)
    click.echo(f"every number agrees with PyTorch; the largest difference is {report.largest_difference}")
    click.echo(written(output))
    click.echo(report.how_to_begin)
