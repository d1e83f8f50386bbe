"""The export of a module to a workbook: trace → place → emit → write → recalculate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from excel_export.book.composition import start_book
from excel_export.book.sheet import DIFFERS, SheetSpec, Story
from excel_export.compiler.confirm.near_ties import what_to_do
from excel_export.compiler.front_end import recorded
from excel_export.compiler.place.limits import refuse_large_graph
from excel_export.compiler.reference.arguments import Inputs
from excel_export.edits import EditableCells, refuse_wrong, trials
from excel_export.graph.subgraphs import part
from excel_export.optim import PLAIN, LearningRule, as_rule
from excel_export.report import Report, compare
from excel_export.shared.collection import collection_paused
from excel_export.shared.errors import ExportError
from excel_export.shared.files import failure_words, replacing
from excel_export.workbook import second_engine
from excel_export.workbook.read import read_written
from excel_export.workbook.recalculate import RecalculationError, with_values
from excel_export.workbook.write import bare_workbook

if TYPE_CHECKING:
    from excel_export.sheets.training.learning_rates import LearningRates
    from excel_export.sheets.training.training_options import Training


@collection_paused()
def export(
    module: nn.Module,
    inputs: Inputs,
    path: str | Path,
    *,
    story: Story | None = None,
    sheets: Sequence[SheetSpec[Any]] | None = None,
    learning_rate: float = 0.1,
    rule: str | LearningRule = PLAIN,
    start: str | None = None,
    stop: str | None = None,
    training: Training | None = None,
    rates: LearningRates | None = None,
    freeze_branches: bool = False,
    thorough: bool = False,
    keep_differing: bool = False,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> Report:
    """Write a module's forward and backward pass as a workbook of live formulas.

    Example::

        export(Net(), {"x": x, "target": target}, "net.xlsx")
        export(Net(), {"x": x, "target": target}, "plain.xlsx", sheets=())  # the sheet Network only

    Args:
        module: `module(*inputs)` returns a scalar loss; every operator it uses has a file under
            `excel_export/ops/`. It is not changed.
        inputs: its arguments, as a tuple, or as a dict by argument name.
        path: the .xlsx file to write; it is replaced only once the new one is complete.
        story: the author's additions: words on the start sheet, results, sheets; None for none.
        sheets: the sheets beside *Network*; () for none: then the workbook has the whole computation as one plain
            picture, and nothing that explains it is loaded. None for all sheets of `excel_export`.
        learning_rate: the rate of the one step of gradient descent that the workbook shows.
        rule: the learning rule of that step at first: its name, such as 'Adam', or a `LearningRule`, which has its
            numbers. Start lets a learner choose.
        start: the first layer to make live, by module path ('conv6') or traced name; what comes before
            is computed and pasted. None is the beginning.
        stop: the last layer to make live; the gradient that arrives behind it is computed and pasted.
            None is the end.
        training: steps of training to be unrolled on sheets of their own; None for none.
        rates: learning rates to be compared on sheets of their own; None for none.
        freeze_branches: let the module read numbers out of tensors, as in `if x.sum() > 0`. They stay as they are; the
            start sheet lists them, and says where they would be others after a change; `sheets` must include it.
        thorough: compute two edits of the finished workbook in an engine, whatever its size. Else it is edited if the
            network has up to `excel_export.edits.MOST_NUMBERS` numbers.
        keep_differing: write the file even if its numbers differ from PyTorch's, for a look at what is wrong.
        progress: called with the stage, one of `excel_export.STAGES`, and the share of it that is done, from 0 to 1.

    Returns:
        The comparison of the stored values, computed by a spreadsheet engine, with PyTorch's. It is `ok`, unless
        `keep_differing` lets others pass.

    Raises:
        UnsupportedOperator: an operator that has no file.
        ExportError: the module cannot be traced, or the trace is not what PyTorch computes; it is too large for a
            workbook; branches are frozen and there is no start sheet; there is no such layer; an example does not fit
            the module; the workbook's numbers differ from PyTorch's; or the file cannot be written.
    """
    if sheets is not None and (training or rates):
        raise ExportError("a training is drawn on sheets beside Network: leave out `sheets`, so that all are drawn")
    path, rule, is_part = Path(path), as_rule(rule), bool(start or stop)
    graph, note = recorded(
        module, inputs, path, (".xlsx",), learning_rate,
        freeze_branches=freeze_branches, is_part=is_part, progress=progress,
    )  # fmt: skip
    if graph.frozen and (training or rates):
        raise ExportError(
            f"{graph.frozen[0].words}: a training would not follow it, so a workbook with frozen branches has none"
        )
    if graph.frozen and sheets is not None and all(sheet.name != "Start" for sheet in sheets):
        raise ExportError(
            f"{graph.frozen[0].words}: only the sheet Start says when an edit would change it: leave out `sheets` "
            "(--only-network)"
        )
    if is_part:
        graph = part(graph, start, stop)
    refuse_large_graph(graph)
    try:
        with replacing(path) as file:
            progress("draw the sheets", 0)
            story = story or Story(type(module).__name__)
            edits = trials(graph, thorough=thorough)
            book = start_book(
                graph, learning_rate, rule, sheets,
                story=story, module=module, options=(training, rates), edits=len(edits),
            ).draw_all()  # fmt: skip
            bare = bare_workbook(book.canvases, book.names, story.title, partial(progress, "write formulas"))
            rounding, first_sheets = book.rounding, book.first_sheets
            of_pass = {sheet.name for sheet in book.placement.sheets}
            comparisons, cells, driven = book.drawn.comparisons, EditableCells.of(book), book.driven_inputs
            edits = trials(graph, driven, thorough=thorough) if driven else edits
            del book
            progress("compute values", 0)
            storing = partial(progress, "store values")

            def computed(engine: Callable[[str], Any] | None, note: str) -> Report:
                workbook = with_values(bare, file, rounding=rounding, engine=engine, progress=storing)
                file.flush()
                progress("compare with PyTorch", 0)
                wrong = [name for name, area in comparisons.items() if workbook.holds(DIFFERS, area)]
                if wrong:
                    wrong_words = (
                        f"please report this: a result on {', '.join(wrong)} is not the network's own number (≠)"
                    )
                    note = "; ".join(filter(None, (note, wrong_words)))
                # Before the file takes its place: from then on, another run may replace it.
                report = compare(path, read_written(file.name), graph.tensors, workbook.formulas, note)
                if report.ok and not engine:
                    refuse_wrong(workbook, cells, edits)
                return replace(report, tried=graph.tried, edits=0 if engine else len(edits))

            report = computed(None, note)
            if not report.ok and not second_engine.missing():
                file.seek(0)
                file.truncate()
                report = computed(second_engine.SecondEngine, "; ".join(filter(None, (note, second_engine.NOTE))))
            if not (report.ok or keep_differing):
                advice = what_to_do(module, inputs, second_engine.missing())
                raise ExportError(f"{report.complaint}, so no file was written; {advice}")
            return replace(report, first_sheets=first_sheets)
    except RecalculationError as error:
        if error.sheets and error.sheets.isdisjoint(of_pass):
            raise ExportError(
                f"{path}: after a step at the learning rate {learning_rate:g}, or one of a training, there is no "
                f"number, as of the logarithm of what has become negative: choose a smaller rate ({error})"
            ) from error
        raise ExportError(f"{path}: {error}") from error
    except OSError as error:
        raise ExportError(f"{path}: cannot write ({failure_words(error)})") from error
